package national_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/national"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/sqlite"
)

// system is a national system in the recorded shape, with faults that a test switches on. It keeps what it was told.
type system struct {
	t  *testing.T
	mu sync.Mutex

	records  map[string]map[string]any // by MaHoSo
	inserted int                       // creations that were carried out
	updated  int
	files    map[string]bool
	calls    map[string]int
	logins   int

	lose   map[string]int    // the next n calls of a service are carried out, but not answered
	refuse map[string]string // a service answers with this code
	expire bool              // the next call finds its session ended
	portal bool              // a captive portal answers instead
}

func newSystem(t *testing.T) (*system, string) {
	t.Helper()
	s := &system{t: t, records: map[string]map[string]any{}, files: map[string]bool{}, calls: map[string]int{}, lose: map[string]int{}, refuse: map[string]string{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL
}

func (s *system) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.portal {
		_, _ = io.WriteString(w, "<html>Đăng nhập Wi-Fi</html>")
		return
	}
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		s.t.Errorf("%s: %v", r.URL.Path, err)
	}
	service := strings.TrimPrefix(r.URL.Path, "/")
	if v, ok := body["service"].(string); ok {
		service = v
	}
	s.calls[service]++
	answer := s.handle(service, r, body)
	if s.lose[service] > 0 {
		s.lose[service]--
		panic(http.ErrAbortHandler) // carried out; the answer is lost
	}
	if answer == nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *system) handle(service string, r *http.Request, body map[string]any) map[string]any {
	if code := s.refuse[service]; code != "" {
		return map[string]any{"error_code": code, "code": code}
	}
	switch service {
	case "mapi/login", "token":
		if body["password"] != "bí mật" {
			return map[string]any{"error_code": "-1", "code": "SAI_MAT_KHAU"}
		}
		s.logins++
		word := fmt.Sprintf("s%d", s.logins)
		return map[string]any{"error_code": 0, "session": word, "access_token": word}
	}
	word := fmt.Sprintf("s%d", s.logins)
	if s.expire || body["session"] != word && r.Header.Get("Authorization") != "Bearer "+word {
		s.expire = false
		s.logins++ // the old word is dead
		return nil
	}
	switch service {
	case "TraCuuHoSo":
		found := []map[string]any{}
		if n, ok := body["mahoso"].(string); ok && s.records[n] != nil {
			found = append(found, map[string]any{"MaHoSo": n})
		}
		return map[string]any{"error_code": "00", "result": found}
	case "DongBoHoSoMC":
		return s.sync(r, body)
	case "CapNhatTienDoHoSoMC":
		return map[string]any{"error_code": "00"}
	case "TaiTepTin":
		data, err := base64.StdEncoding.DecodeString(fmt.Sprint(body["NoiDung"]))
		sum := sha256.Sum256(data)
		if err != nil || hex.EncodeToString(sum[:]) != body["HashTepTin"] {
			s.t.Errorf("file: %v", err)
		}
		s.files[hex.EncodeToString(sum[:])] = true
		return map[string]any{"code": "00", "IdTepTin": "F-" + hex.EncodeToString(sum[:4]), "HashTepTin": hex.EncodeToString(sum[:])}
	case "NoiHoSo":
		n := fmt.Sprint(body["MaHoSo"])
		if s.records[n] != nil {
			return map[string]any{"code": "DA_TON_TAI", "IdHoSo": "R-" + n}
		}
		s.records[n] = body
		s.inserted++
		return map[string]any{"code": "00", "IdHoSo": "R-" + n}
	case "CapNhatTrangThai":
		rec := s.records[fmt.Sprint(body["MaHoSo"])]
		if rec == nil {
			return map[string]any{"code": "KHONG_CO"}
		}
		rec["TrangThaiHoSo"] = fmt.Sprint(body["TrangThai"])
		s.updated++
		return map[string]any{"code": "00"}
	}
	s.t.Errorf("no service %q", service)
	return map[string]any{"error_code": "404", "code": "404"}
}

// sync inserts or updates as it is told: an insert of a number that is there makes a second record, which a test would see.
func (s *system) sync(r *http.Request, body map[string]any) map[string]any {
	if r.Header.Get("dstcode") == "" {
		s.t.Error("no dstcode")
	}
	for _, v := range body["data"].([]any) {
		rec := v.(map[string]any)
		n := fmt.Sprint(rec["MaHoSo"])
		switch body["isUpdating"] {
		case "True":
			if s.records[n] == nil {
				return map[string]any{"error_code": "02"}
			}
			s.updated++
		case "False":
			s.inserted++
		default:
			s.t.Errorf("isUpdating %v", body["isUpdating"])
		}
		s.records[n] = rec
	}
	return map[string]any{"error_code": "00"}
}

func newOffice(t *testing.T) (*onestoptest.Office, onestop.Account) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "onestop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	o := onestoptest.New(t, store, func(opt *onestop.Options) {
		opt.National = map[kiosk.DossierState]int{kiosk.StateSupplement: 11}
		opt.Place = func(name, _ string) onestop.Place {
			return onestop.Place{Receiver: "UBND", Resolver: "UBND", Field: "Hộ tịch", Channel: kiosk.ChannelDirect, Training: name == "kiosk-tap"}
		}
	})
	return o, o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
}

func move(t *testing.T, o *onestoptest.Office, a onestop.Account, id string, from, to kiosk.DossierState) {
	t.Helper()
	o.Clock.T = o.Clock.T.Add(time.Minute)
	if _, err := o.Desk.Move(t.Context(), a, onestop.MoveRequest{ID: id, From: from, To: to, Note: "ghi chú", Confirmed: true}); err != nil {
		t.Fatal(err)
	}
}

// targets makes each mapper against the system at an address.
func targets(t *testing.T, password string, c *http.Client) map[string]func(address string) onestop.Target {
	o := func(address string) national.Options {
		return national.Options{Address: address, Unit: "000.00.01.H00", User: "motcua", Password: password, Client: c}
	}
	return map[string]func(string) onestop.Target{
		"DongBoHoSoMC": func(address string) onestop.Target {
			m, err := national.NewMC(o(address))
			if err != nil {
				t.Fatal(err)
			}
			return m
		},
		"NoiHoSo": func(address string) onestop.Target {
			m, err := national.NewLGSP(o(address))
			if err != nil {
				t.Fatal(err)
			}
			return m
		},
	}
}

// Lost answers, ended sessions, repeated runs: one record, in its last state; training dossiers never.
func TestOneRecord(t *testing.T) {
	for name, target := range targets(t, "bí mật", nil) {
		t.Run(name, func(t *testing.T) {
			o, a := newOffice(t)
			s, address := newSystem(t)
			tg := target(address)
			id := o.Deliver(t, nil).Dossier.ID
			run := func(want onestop.SyncReport, fails bool) {
				t.Helper()
				rep, err := o.Desk.Sync(t.Context(), tg)
				if rep != want || (err != nil) != fails {
					t.Fatalf("%+v, %v; want %+v", rep, err, want)
				}
			}
			run(onestop.SyncReport{}, false) // not accepted: it has no number
			move(t, o, a, id, 1, 2)
			create := map[string]string{"DongBoHoSoMC": "DongBoHoSoMC", "NoiHoSo": "NoiHoSo"}[name]
			s.lose[create] = 2
			run(onestop.SyncReport{}, true) // carried out, answer lost
			run(onestop.SyncReport{}, true) // and again
			if known, err := o.Store.Synced(t.Context(), id, name); err != nil || known.Attempts != 2 || known.Error != kiosk.CodeOfficeOffline {
				t.Errorf("%+v, %v", known, err)
			}
			run(onestop.SyncReport{Sent: 1}, false)
			run(onestop.SyncReport{}, false) // nothing changed
			s.expire = true
			move(t, o, a, id, 2, 5)
			run(onestop.SyncReport{Sent: 1}, false)
			if s.inserted != 1 || len(s.records) != 1 {
				t.Errorf("%d inserted, %d records", s.inserted, len(s.records))
			}
			rec := s.records["H00.00-20261121-0000001"]
			if rec["TrangThaiHoSo"] != "11" || rec["MaTTHC"] != "1.001193" {
				t.Errorf("state %v of %v", rec["TrangThaiHoSo"], rec["MaTTHC"])
			}
			if name == "NoiHoSo" && len(s.files) != 1 {
				t.Errorf("%d files", len(s.files))
			}

			o.Kiosk = onestoptest.Enrol(t, o.Keys.CA, "kiosk-tap")
			train := o.Deliver(t, func(d *kiosk.Dossier) { d.Kiosk = "kiosk-tap" }).Dossier.ID
			move(t, o, a, train, 1, 2)
			run(onestop.SyncReport{}, false)
			if len(s.records) != 1 {
				t.Error("a training dossier was sent on")
			}
		})
	}
}

// What the shapes must hold, read back from the system.
func TestShape(t *testing.T) {
	o, a := newOffice(t)
	s, address := newSystem(t)
	id := o.Deliver(t, nil).Dossier.ID
	move(t, o, a, id, 1, 2)
	for _, target := range targets(t, "bí mật", nil) {
		if rep, err := o.Desk.Sync(t.Context(), target(address)); err != nil || rep.Sent != 1 {
			t.Fatalf("%+v, %v", rep, err)
		}
		rec := s.records["H00.00-20261121-0000001"]
		text, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{`Nguyễn Thị Thu Hà`, `"999201012345"`, `"KenhThucHien":"1"`, `Giấy chứng sinh`, `21/11/2026 19:0`} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s is missing in %s", want, text)
			}
		}
		clear(s.records)
	}
}

func TestFaults(t *testing.T) {
	for name, target := range targets(t, "bí mật", nil) {
		o, a := newOffice(t)
		s, address := newSystem(t)
		tg := target(address)
		id := o.Deliver(t, nil).Dossier.ID
		move(t, o, a, id, 1, 2)
		s.portal = true
		if _, err := o.Desk.Sync(t.Context(), tg); kiosk.CodeOf(err) != kiosk.CodeOfficeOffline {
			t.Errorf("%s, captive portal: %v", name, err)
		}
		s.portal = false
		s.refuse[name] = "27"
		if rep, err := o.Desk.Sync(t.Context(), tg); err != nil || rep.Failed != 1 {
			t.Errorf("%s, refused: %+v, %v", name, rep, err)
		}
		if known, err := o.Store.Synced(t.Context(), id, name); err != nil || known.Error != kiosk.CodeOfficeRefused {
			t.Errorf("%s: %+v, %v", name, known, err)
		}
		delete(s.refuse, name)
		if rep, err := o.Desk.Sync(t.Context(), tg); err != nil || rep.Sent != 1 {
			t.Errorf("%s, taken again: %+v, %v", name, rep, err)
		}
	}
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does a server see that the client went away
		<-r.Context().Done()
	}))
	defer slow.Close()
	for name, target := range targets(t, "bí mật", &http.Client{Timeout: 300 * time.Millisecond}) {
		o, a := newOffice(t)
		id := o.Deliver(t, nil).Dossier.ID
		move(t, o, a, id, 1, 2)
		_, err := o.Desk.Sync(t.Context(), target(slow.URL))
		if kiosk.CodeOf(err) != kiosk.CodeOfficeOffline || strings.Contains(err.Error(), "Thu Hà") {
			t.Errorf("%s, timeout: %v", name, err)
		}
	}
	for name, target := range targets(t, "sai", nil) {
		o, a := newOffice(t)
		_, address := newSystem(t)
		id := o.Deliver(t, nil).Dossier.ID
		move(t, o, a, id, 1, 2)
		if rep, err := o.Desk.Sync(t.Context(), target(address)); err != nil || rep.Failed != 1 {
			t.Errorf("%s, wrong password: %+v, %v", name, rep, err)
		}
	}
	if _, err := national.NewMC(national.Options{Address: "http://example.org"}); kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
		t.Errorf("plain http: %v", err)
	}
}
