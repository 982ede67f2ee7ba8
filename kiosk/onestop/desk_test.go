package onestop_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/sqlite"
)

func TestReceive(t *testing.T) {
	o := newOffice(t, nil)
	c := o.NewCase(t, nil)
	ack, replay, err := o.Desk.Receive(t.Context(), onestoptest.KioskName, c.Sealed)
	if err != nil || replay {
		t.Fatalf("replay %v, %v", replay, err)
	}
	if err := backoffice.VerifyAck(o.Keys.Office("x", "https://localhost", "1", "https://localhost/").AckKey, ack); err != nil {
		t.Error(err)
	}
	if ack.DossierID != c.Dossier.ID || ack.BodySHA256 != c.Sealed.SHA256 || ack.State != kiosk.StateRegistered || ack.Number != "" {
		t.Errorf("acknowledgement %+v", ack)
	}
	it, err := o.Store.Item(t.Context(), c.Dossier.ID)
	if err != nil || it.Fault != "" || it.Verdict != kiosk.Verified || it.Code != "1.001193" || it.State != 1 {
		t.Errorf("item %+v, %v", it, err)
	}

	// The same delivery after the dossier went on gives the same acknowledgement, byte for byte.
	a := o.Officer(t, "Trần Văn Bình", onestop.RoleHead)
	if _, err := o.Desk.Move(t.Context(), a, onestop.MoveRequest{ID: it.ID, From: 1, To: 2, Confirmed: true}); err != nil {
		t.Fatal(err)
	}
	o.Clock.T = o.Clock.T.Add(time.Hour)
	again, replay, err := o.Desk.Receive(t.Context(), onestoptest.KioskName, c.Sealed)
	if err != nil || !replay {
		t.Fatalf("again: replay %v, %v", replay, err)
	}
	if d := cmp.Diff(ack, again); d != "" {
		t.Error(d)
	}
}

func TestReceiveRefuses(t *testing.T) {
	o := newOffice(t, nil)
	c := o.NewCase(t, nil)
	if _, _, err := o.Desk.Receive(t.Context(), onestoptest.KioskName, c.Sealed); err != nil {
		t.Fatal(err)
	}
	other := o.NewCase(t, nil)
	tests := map[string]struct {
		device   string
		change   func(s *kiosk.Sealed)
		conflict bool
	}{
		"another kiosk's envelope": {"kiosk-2", func(*kiosk.Sealed) {}, false},
		"another dossier's id":     {onestoptest.KioskName, func(s *kiosk.Sealed) { s.ID = onestoptest.UUID() }, false},
		"wrong SHA-256":            {onestoptest.KioskName, func(s *kiosk.Sealed) { s.SHA256[0] ^= 1 }, false},
		"token of another dossier": {onestoptest.KioskName, func(s *kiosk.Sealed) { s.TokenID = c.Sealed.TokenID }, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := other.Sealed
			tt.change(&s)
			_, _, err := o.Desk.Receive(t.Context(), tt.device, s)
			if kiosk.CodeOf(err) != kiosk.CodeBadInput || errors.Is(err, backoffice.ErrConflict) != tt.conflict {
				t.Errorf("%v", err)
			}
		})
	}
	if n, err := o.Store.Counts(t.Context()); err != nil || n.Total() != 1 {
		t.Errorf("%d dossiers, %v", n.Total(), err)
	}
}

// What was acknowledged but cannot be opened stays visible, and the citizen learns of it.
func TestReceiveUnopenable(t *testing.T) {
	o := newOffice(t, nil)
	head := o.Officer(t, "Trần Văn Bình", onestop.RoleHead)
	spoil := map[string]func(t *testing.T) kiosk.Sealed{
		"a bit changed in the ciphertext": func(t *testing.T) kiosk.Sealed {
			s := o.NewCase(t, nil).Sealed
			s.Body[len(s.Body)/2] ^= 1
			return s
		},
		"a header that is none": func(t *testing.T) kiosk.Sealed {
			s := o.NewCase(t, nil).Sealed
			s.Body[0] ^= 1
			return s
		},
		"sealed to another office": func(t *testing.T) kiosk.Sealed {
			other := newOffice(t, nil)
			return other.NewCase(t, nil).Sealed
		},
		"no package inside": func(t *testing.T) kiosk.Sealed {
			return o.SealBytes(t, o.NewCase(t, nil).Dossier, []byte("not a package"))
		},
		"another dossier inside": func(t *testing.T) kiosk.Sealed {
			s := o.NewCase(t, nil).Sealed
			s.TokenID = strings.Repeat("ab", 32)
			return s
		},
	}
	for name, f := range spoil {
		t.Run(name, func(t *testing.T) {
			s := f(t)
			s.SHA256 = sha256.Sum256(s.Body)
			if _, _, err := o.Desk.Receive(t.Context(), onestoptest.KioskName, s); err != nil {
				t.Fatal(err)
			}
			in, err := o.Desk.Inbox(t.Context(), head, onestop.Filter{Fault: true, Search: s.ID, Limit: 10})
			if err != nil || len(in.Entries) != 1 || in.Entries[0].Fault == "" || in.Entries[0].Verdict != kiosk.Undetermined {
				t.Fatalf("inbox %+v, %v", in.Entries, err)
			}
			v, err := o.Desk.View(t.Context(), head, s.ID)
			if err != nil || v.Fault == "" || v.Dossier != nil || len(v.Moves) != 0 {
				t.Fatalf("view %+v, %v", v, err)
			}
			if _, err := o.Desk.Move(t.Context(), head, onestop.MoveRequest{ID: s.ID, From: 1, To: 2, Reason: "x", Confirmed: true}); !errors.Is(err, onestop.ErrFault) {
				t.Errorf("accepted unread: %v", err)
			}
			body, err := o.Store.Body(t.Context(), s.ID)
			if err != nil || !bytes.Equal(body, s.Body) {
				t.Errorf("envelope is not kept as received: %v", err)
			}
			if st, err := o.Desk.StatusByToken(t.Context(), s.TokenID); err != nil || st.Note == "" {
				t.Errorf("the citizen is not told: %+v, %v", st, err)
			}
		})
	}
}

// The office verifies again: what the kiosk says of a chip it does not prove.
func TestVerifiesAgain(t *testing.T) {
	o := newOffice(t, nil)
	a := o.Officer(t, "Lê Thị Mai", onestop.RoleReceiver)
	tests := map[string]struct {
		change func(*kiosk.Dossier)
		want   kiosk.Verdict
		check  kiosk.CheckName
		result kiosk.CheckResult
	}{
		"as it should be": {nil, kiosk.Verified, kiosk.CheckHashes, kiosk.CheckSuccessful},
		"forged SOD": {func(d *kiosk.Dossier) { d.Chip.Files[kiosk.FileSOD] = []byte("forged") }, kiosk.Refused,
			kiosk.CheckSODSignature, kiosk.CheckFailed},
		"forged DG2": {func(d *kiosk.Dossier) { d.Chip.Files[kiosk.FileDG2] = []byte("GIF89a") }, kiosk.Refused, kiosk.CheckHashes,
			kiosk.CheckFailed},
		"unknown issuer": {func(d *kiosk.Dossier) { d.Chip.Files[kiosk.FileSOD] = []byte("unknown issuer") }, kiosk.Undetermined,
			kiosk.CheckSigner, kiosk.CheckUndetermined},
		"score at the threshold": {func(d *kiosk.Dossier) { d.Face.Score = d.Face.Threshold }, kiosk.Refused, kiosk.CheckFaceMatch,
			kiosk.CheckFailed},
		"consent refused": {func(d *kiosk.Dossier) { d.Consents[1].Given = false }, kiosk.Refused, "package_consent", kiosk.CheckFailed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := o.Deliver(t, tt.change)
			v, err := o.Desk.View(t.Context(), a, c.Dossier.ID)
			if err != nil || v.Fault != "" {
				t.Fatalf("%v %v", v.Fault, err)
			}
			defer v.Wipe()
			got, _ := v.Report.Check(tt.check)
			if v.Report.Verdict != tt.want || v.Item.Verdict != tt.want || got.Result != tt.result {
				t.Errorf("verdict %s, index %s, check %+v", v.Report.Verdict, v.Item.Verdict, got)
			}
		})
	}
}

// Without the functions that read a chip nothing is taken for verified.
func TestNoChipFunctions(t *testing.T) {
	o := newOffice(t, func(opt *onestop.Options) { opt.Chip = onestop.Chip{} })
	c := o.Deliver(t, nil)
	it, err := o.Store.Item(t.Context(), c.Dossier.ID)
	if err != nil || it.Verdict != kiosk.Undetermined {
		t.Errorf("verdict %s, %v", it.Verdict, err)
	}
}

// Neither the database nor its journal holds a citizen's data in plain.
func TestNothingPlainOnDisk(t *testing.T) {
	db := filepath.Join(t.TempDir(), "onestop.db")
	store, err := sqlite.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	o := onestoptest.New(t, store, nil)
	a := o.Officer(t, "Lê Thị Mai", onestop.RoleReceiver)
	c := o.Deliver(t, nil)
	v, err := o.Desk.View(t.Context(), a, c.Dossier.ID)
	if err != nil {
		t.Fatal(err)
	}
	if v.Name() != onestoptest.Citizen.Name {
		t.Errorf("name %q", v.Name())
	}
	v.Wipe()
	if _, err := o.Desk.Picture(t.Context(), a, c.Dossier.ID, onestop.PictureLive); err != nil {
		t.Fatal(err)
	}
	in, err := o.Desk.Inbox(t.Context(), a, onestop.Filter{Limit: 10})
	if err != nil || len(in.Entries) != 1 || in.Entries[0].Name != onestoptest.Citizen.Name {
		t.Fatalf("inbox %+v, %v", in, err)
	}
	canaries := map[string][]byte{
		"name": []byte("Thu Hà"), "number": []byte(onestoptest.Citizen.Number), "phone": []byte("0999 123 456"),
		"token": []byte(c.Token), "picture": {0xff, 0xd8, 0xff}, "address": []byte("Thôn Tây"),
	}
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(db + suffix)
		if err != nil {
			t.Fatal(err)
		}
		for what, canary := range canaries {
			// three bytes may well occur in a megabyte of ciphertext: a picture is looked for with its marker
			if what == "picture" {
				canary = append(canary, 0xdb, 0x00, 0x84)
			}
			if bytes.Contains(b, canary) {
				t.Errorf("the %s stands in %s", what, "onestop.db"+suffix)
			}
		}
	}
}

func TestStatus(t *testing.T) {
	o := newOffice(t, nil)
	a := o.Officer(t, "Lê Thị Mai", onestop.RoleReceiver)
	c := o.Deliver(t, nil)
	if _, err := o.Desk.Move(t.Context(), a, onestop.MoveRequest{ID: c.Dossier.ID, From: 1, To: 5, Note: "  Bổ sung\r\ngiấy chứng sinh\x00 "}); err != nil {
		t.Fatal(err)
	}
	got, err := o.Desk.Status(t.Context(), kiosk.FormatToken(c.Token), "192.0.2.1")
	want := kiosk.Status{
		State: 5, Procedure: "Đăng ký khai sinh", Submitted: c.Sealed.Created, Updated: onestoptest.At, Note: "Bổ sung\ngiấy chứng sinh",
		Office: "UBND xã Thử Nghiệm",
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	var wait onestop.WaitError
	tries := 0
	for ; tries < 50 && !errors.As(err, &wait); tries++ {
		_, err = o.Desk.Status(t.Context(), "AAAAA-AAAAA", "192.0.2.2")
		if !errors.As(err, &wait) && kiosk.CodeOf(err) != kiosk.CodeNotFound {
			t.Fatal(err)
		}
	}
	if tries >= 50 {
		t.Error("guessing is not slowed")
	}
	if _, err := o.Desk.Status(t.Context(), c.Token, "192.0.2.3"); err != nil {
		t.Errorf("others must not wait: %v", err)
	}
	o.Clock.T = o.Clock.T.Add(time.Hour)
	if _, err := o.Desk.Status(t.Context(), c.Token, "192.0.2.2"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestMoveNeeds(t *testing.T) {
	o := newOffice(t, nil)
	head := o.Officer(t, "Trần Văn Bình", onestop.RoleHead)
	c := o.Deliver(t, nil)
	doubt := o.Deliver(t, func(d *kiosk.Dossier) { d.Chip.Files[kiosk.FileSOD] = []byte("unknown issuer") })
	id := c.Dossier.ID
	long := strings.Repeat("ạ", onestop.MaxNote+1)
	for name, tt := range map[string]struct {
		r    onestop.MoveRequest
		want error
	}{
		"no confirmation":    {onestop.MoveRequest{ID: id, From: 1, To: 2}, onestop.ErrConfirm},
		"refusal, no reason": {onestop.MoveRequest{ID: id, From: 1, To: 3, Confirmed: true, Note: " \n"}, onestop.ErrNote},
		"supplement, none":   {onestop.MoveRequest{ID: id, From: 1, To: 5}, onestop.ErrNote},
		"too long":           {onestop.MoveRequest{ID: id, From: 1, To: 5, Note: long}, onestop.ErrLong},
		"not UTF-8":          {onestop.MoveRequest{ID: id, From: 1, To: 5, Note: "\xff"}, onestop.ErrLong},
		"not in the table":   {onestop.MoveRequest{ID: id, From: 1, To: 10, Confirmed: true}, onestop.ErrRefused},
		"another state":      {onestop.MoveRequest{ID: id, From: 2, To: 4}, onestop.ErrMoved},
		"unknown dossier":    {onestop.MoveRequest{ID: onestoptest.UUID(), From: 1, To: 2, Confirmed: true}, onestop.ErrNotFound},
		"doubtful identity":  {onestop.MoveRequest{ID: doubt.Dossier.ID, From: 1, To: 2, Confirmed: true}, onestop.ErrReason},
	} {
		if _, err := o.Desk.Move(t.Context(), head, tt.r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	it, err := o.Desk.Move(t.Context(), head, onestop.MoveRequest{ID: doubt.Dossier.ID, From: 1, To: 2, Confirmed: true, Reason: "Đã xem thẻ gốc tại quầy"})
	if err != nil || it.Number == "" {
		t.Fatal(err)
	}
	ev, err := o.Store.Events(t.Context(), doubt.Dossier.ID)
	if err != nil || ev[len(ev)-1].Reason != "Đã xem thẻ gốc tại quầy" || ev[len(ev)-1].Actor != head.Actor() {
		t.Errorf("events %+v, %v", ev, err)
	}
	if s, err := o.Desk.StatusByToken(t.Context(), doubt.Sealed.TokenID); err != nil || s.Note != "" {
		t.Errorf("the office's own reason reached the citizen: %+v, %v", s, err)
	}
}

// Every role against every action of the desk.
func TestRoles(t *testing.T) {
	o := newOffice(t, nil)
	c := o.Deliver(t, nil)
	id := c.Dossier.ID
	want := map[onestop.Role]string{
		onestop.RoleHead: "inbox open chip paper", onestop.RoleReceiver: "inbox open chip paper",
		onestop.RoleSpecialist: "inbox open chip paper", onestop.RoleClerk: "inbox open paper", onestop.RoleAdmin: "",
	}
	for _, role := range onestop.Roles {
		a := o.Officer(t, "Cán Bộ "+string(role), role)
		var may []string
		try := func(what string, err error) {
			switch {
			case err == nil:
				may = append(may, what)
			case !errors.Is(err, onestop.ErrDenied):
				t.Errorf("%s %s: %v", role, what, err)
			}
		}
		_, err := o.Desk.Inbox(t.Context(), a, onestop.Filter{Limit: 1})
		try("inbox", err)
		v, err := o.Desk.View(t.Context(), a, id)
		try("open", err)
		if err == nil && v.Photos != role.May(onestop.PermPhotos) {
			t.Errorf("%s: photos %v", role, v.Photos)
		}
		_, err = o.Desk.Picture(t.Context(), a, id, onestop.PictureChip)
		try("chip", err)
		_, err = o.Desk.Picture(t.Context(), a, id, "paper.1")
		try("paper", err)
		if got := strings.Join(may, " "); got != want[role] {
			t.Errorf("%s may %q, want %q", role, got, want[role])
		}
		for _, m := range onestop.Moves {
			_, err := o.Desk.Move(t.Context(), a, onestop.MoveRequest{ID: onestoptest.UUID(), From: m.From, To: m.To, Note: "x", Confirmed: true})
			if denied := errors.Is(err, onestop.ErrDenied); denied == role.May(m.Perm) {
				t.Errorf("%s, %d to %d: %v", role, m.From, m.To, err)
			}
		}
	}
}

func TestAccessIsLogged(t *testing.T) {
	var log bytes.Buffer
	o := newOffice(t, func(opt *onestop.Options) { opt.Audit = auditLog(&log, opt.Store) })
	a := o.Officer(t, "Lê Thị Mai", onestop.RoleReceiver)
	c := o.Deliver(t, nil)
	if _, err := o.Desk.View(t.Context(), a, c.Dossier.ID); err != nil {
		t.Fatal(err)
	}
	for _, p := range []onestop.Picture{onestop.PictureChip, onestop.PictureLive, "paper.1"} {
		img, err := o.Desk.Picture(t.Context(), a, c.Dossier.ID, p)
		if err != nil || img.Type != "image/jpeg" || !bytes.HasPrefix(img.Data, []byte{0xff, 0xd8}) {
			t.Errorf("%s: %v, %v", p, img, err)
		}
	}
	for _, p := range []onestop.Picture{"", "paper.0", "paper.2", "paper.01x", "paper.-1", "EF.SOD", "../x"} {
		if _, err := o.Desk.Picture(t.Context(), a, c.Dossier.ID, p); !errors.Is(err, onestop.ErrNotFound) {
			t.Errorf("%q: %v", p, err)
		}
	}
	ev, err := o.Store.Events(t.Context(), c.Dossier.ID)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range ev {
		kinds = append(kinds, string(e.Kind)+" "+e.Note+" "+e.Actor.Name)
	}
	want := []string{"taken_in  ", "viewed  Lê Thị Mai", "picture chip Lê Thị Mai", "picture live Lê Thị Mai", "picture paper.1 Lê Thị Mai"}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Error(d)
	}
	rep, err := audit.Verify(t.Context(), o.Store)
	if err != nil || rep.Broken != 0 || rep.Records != 5 {
		t.Errorf("audit chain %+v, %v", rep, err)
	}
	for _, secret := range []string{onestoptest.Citizen.Name, "Mai", onestoptest.Citizen.Number, c.Token, c.Dossier.ID} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// The inbox pages through everything once, whatever a page's size.
func TestInboxPages(t *testing.T) {
	o := newOffice(t, nil)
	a := o.Officer(t, "Lê Thị Mai", onestop.RoleReceiver)
	var want []string
	for range 5 {
		want = append(want, o.Deliver(t, nil).Dossier.ID)
	}
	for size := 1; size <= 6; size++ {
		var got []string
		f := onestop.Filter{Limit: size}
		for {
			in, err := o.Desk.Inbox(t.Context(), a, f)
			if err != nil || len(in.Entries) > size || in.Counts.Total() != 5 {
				t.Fatalf("%d entries of %d, %v", len(in.Entries), in.Counts.Total(), err)
			}
			for _, e := range in.Entries {
				got = append(got, e.ID)
			}
			if f.After = in.Next; in.Next == 0 {
				break
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("pages of %d:\n%s", size, d)
		}
	}
}

// A label is bound to its dossier and its length tells nothing of the name's.
func TestLabels(t *testing.T) {
	o := newOffice(t, nil)
	l, err := onestop.NewLabels(o.Keys.Seal)
	if err != nil {
		t.Fatal(err)
	}
	other, err := onestop.NewLabels(newOffice(t, nil).Keys.Seal)
	if err != nil {
		t.Fatal(err)
	}
	id := onestoptest.UUID()
	for _, name := range []string{"", "Y", "Nguyễn Thị Thu Hà", strings.Repeat("ạ", 200)} {
		sealed := l.Seal(id, name)
		if got, err := l.Open(id, sealed); err != nil || got != name {
			t.Errorf("%d bytes: %v", len(name), err)
		}
		if _, err := l.Open(onestoptest.UUID(), sealed); err == nil {
			t.Error("a label opens for another dossier")
		}
		if _, err := other.Open(id, sealed); err == nil {
			t.Error("a label opens with another office's key")
		}
		for i := range sealed {
			sealed[i] ^= 1
			if _, err := l.Open(id, sealed); err == nil {
				t.Errorf("a changed byte %d is not noticed", i)
			}
			sealed[i] ^= 1
		}
		if _, err := l.Open(id, sealed[:10]); err == nil {
			t.Error("a cut label opens")
		}
	}
	if a, b := l.Seal(id, "Y"), l.Seal(id, "Nguyễn Thị Thu Hà"); len(a) != len(b) || bytes.Equal(a, l.Seal(id, "Y")) {
		t.Errorf("lengths %d and %d, or twice the same", len(a), len(b))
	}
}
