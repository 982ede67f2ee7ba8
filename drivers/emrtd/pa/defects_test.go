package pa

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// defectStore makes a trust folder with a defects file.
func defectStore(t *testing.T, entry string, more map[string][]byte) *Store {
	t.Helper()
	all := map[string][]byte{
		"csca.cer":  authorityOf(t).CSCA,
		DefectsFile: fmt.Appendf(nil, `{"version": 1, "date": "2026-07-01", "defects": [%s]}`, entry),
	}
	for name, raw := range more {
		all[name] = raw
	}
	s, src := load(t, all)
	if src[DefectsFile].Err != nil {
		t.Fatal(src[DefectsFile].Err)
	}
	return s
}

// TestDefectEffects applies each entry to an object that has the defect, and to one that has not.
func TestDefectEffects(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	sign := func(opt emrtdtest.SODOptions) []byte {
		raw, err := a.SignSODWith(d.groups, opt)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	usual := sign(emrtdtest.SODOptions{})
	late := sign(emrtdtest.SODOptions{Certificate: emrtdtest.SignerOptions{NotAfter: day.AddDate(0, -1, 0)}})
	broken := sign(emrtdtest.SODOptions{EditSigner: func(s *emrtdtest.SignerInfo) { s.Signature[len(s.Signature)-1] ^= 1 }})
	own := mustParse(t, a.Signer)
	serial, sum := hex.EncodeToString(own.Serial), own.Fingerprint()
	for _, tt := range []struct {
		name, entry string
		sod         []byte
		check       kiosk.CheckName
		result      kiosk.CheckResult
		reason      string
	}{
		{"nothing", "", usual, kiosk.CheckSigner, kiosk.CheckSuccessful, ""},
		{"revoked, status left out", `{"code": "ds_revoked", "country": "VN", "serial": "` + serial + `"}`, usual, kiosk.CheckSigner, kiosk.CheckFailed, ReasonDefectRevoked},
		{"revoked by the issuer", `{"code": "ds_revoked", "certificate": "` + sum + `", "status": 3}`, usual, kiosk.CheckSigner, kiosk.CheckFailed, ReasonDefectRevoked},
		{"being looked into", `{"code": "ds_revoked", "country": "VN", "status": 1}`, usual, kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonDefectSuspect},
		{"proprietary", `{"code": "ds_revoked", "country": "VN", "status": 40}`, usual, kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonDefectSuspect},
		{"another's", `{"code": "ds_revoked", "country": "VN", "serial": "01"}`, usual, kiosk.CheckSigner, kiosk.CheckSuccessful, ""},
		{"another state's", `{"code": "ds_revoked", "country": "XX"}`, usual, kiosk.CheckSigner, kiosk.CheckSuccessful, ""},
		{"expired", ``, late, kiosk.CheckSigner, kiosk.CheckFailed, ReasonSignerExpired},
		{"expired, known", `{"code": "validity_incorrect", "country": "VN", "scope": "signer"}`, late, kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonDefectValidity},
		{"expired, csca's known", `{"code": "validity_incorrect", "country": "VN", "scope": "csca"}`, late, kiosk.CheckSigner, kiosk.CheckFailed, ReasonSignerExpired},
		{"badly encoded", `{"code": "ds_encoding", "country": "VN"}`, usual, kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonDefectEncoding},
		{"signature", ``, broken, kiosk.CheckSODSignature, kiosk.CheckFailed, ReasonSignature},
		{"signature, known", `{"code": "sod_malformed", "country": "VN"}`, broken, kiosk.CheckSODSignature, kiosk.CheckUndetermined, ReasonSODDefect},
		{"signature of another file, known", `{"code": "card_security_malformed", "country": "VN"}`, broken, kiosk.CheckSODSignature, kiosk.CheckFailed, ReasonSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Verify(tt.sod, d.groups, defectStore(t, tt.entry, nil), day)
			want(t, r, tt.check, tt.result, tt.reason)
			if good := r.Verdict() == kiosk.CheckSuccessful; good != (tt.result == kiosk.CheckSuccessful) {
				t.Errorf("verdict %s", r.Verdict())
			}
		})
	}
}

// TestDefectReplacement uses the certificates that entries bring along.
func TestDefectReplacement(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	stranger, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{NotBefore: day.AddDate(-2, 0, 0), Name: "Stranger"})
	if err != nil {
		t.Fatal(err)
	}
	// A signer whose identifier fits nothing: the entry says whose it is, and the chain is judged as ever.
	wrong := emrtdtest.SODOptions{EditInfo: func(s *emrtdtest.SignerInfo) { s.Identifier[len(s.Identifier)-1] ^= 1 }}
	raw, err := a.SignSODWith(d.groups, wrong)
	if err != nil {
		t.Fatal(err)
	}
	bad := mustParse(t, a.Signer).Serial
	bad = append([]byte{}, bad...)
	bad[len(bad)-1] ^= 1
	entry := fmt.Sprintf(`{"code": "signer_identifier", "country": "VN", "serial": "%x", "replacement": "ds.cer"}`, bad)
	if r := Verify(raw, d.groups, defectStore(t, entry, map[string][]byte{"ds.cer": a.Signer}), day); r.Verdict() != kiosk.CheckSuccessful {
		t.Errorf("identifier: %v", r.Checks)
	}
	r := Verify(raw, d.groups, defectStore(t, entry, map[string][]byte{"ds.cer": stranger.Signer}), day)
	if r.Trusted() || r.Verdict() != kiosk.CheckFailed {
		t.Errorf("identifier of another: %v", r.Checks)
	}
	// A signer of no known state: the entry's certificate stands in for the chain.
	raw, err = stranger.SignSOD(d.groups)
	if err != nil {
		t.Fatal(err)
	}
	entry = fmt.Sprintf(`{"code": "ds_malformed", "certificate": "%s", "replacement": "ds.cer"}`, strings.ToUpper(mustParse(t, stranger.Signer).Fingerprint()))
	if r := Verify(raw, d.groups, defectStore(t, entry, map[string][]byte{"ds.cer": stranger.Signer}), day); r.Verdict() != kiosk.CheckSuccessful {
		t.Errorf("replaced: %v", r.Checks)
	}
	want(t, Verify(raw, d.groups, defectStore(t, "", nil), day), kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonIssuerUnknown)
}

func TestDefectGroupsAndState(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	raw, err := a.SignSOD(d.groups)
	if err != nil {
		t.Fatal(err)
	}
	fewer := map[kiosk.FileID][]byte{
		kiosk.FileDG1: d.groups[kiosk.FileDG1], kiosk.FileDG13: d.groups[kiosk.FileDG13],
		kiosk.FileCOM: lds.COM{LDS: "0107", Unicode: "040000", Groups: []kiosk.FileID{"DG1"}}.Marshal(),
	}
	discrepancy := defectStore(t, `{"code": "com_sod_discrepancy", "country": "VN"}`, nil)
	want(t, Verify(raw, fewer, discrepancy, day), kiosk.CheckGroups, kiosk.CheckSuccessful, "")
	fewer[kiosk.FileCOM] = lds.COM{LDS: "0107", Unicode: "040000", Groups: []kiosk.FileID{"DG1", "DG15"}}.Marshal()
	want(t, Verify(raw, fewer, discrepancy, day), kiosk.CheckGroups, kiosk.CheckUndetermined, ReasonCOMDefect)

	abroad, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{NotBefore: day.AddDate(-2, 0, 0), Country: "TH"})
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = abroad.SignSOD(d.groups); err != nil {
		t.Fatal(err)
	}
	more := map[string][]byte{"th.cer": abroad.CSCA}
	want(t, Verify(raw, d.groups, defectStore(t, "", more), day), kiosk.CheckIssuer, kiosk.CheckFailed, ReasonStateDiffers)
	want(t, Verify(raw, d.groups, defectStore(t, `{"code": "issuing_country", "country": "TH", "state": "VNM"}`, more), day), kiosk.CheckIssuer, kiosk.CheckSuccessful, "")
	want(t, Verify(raw, d.groups, defectStore(t, `{"code": "issuing_country", "country": "TH", "state": "XXX"}`, more), day), kiosk.CheckIssuer, kiosk.CheckFailed, ReasonStateDiffers)
}

func TestDefectKeys(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	raw, err := a.SignSOD(d.groups)
	if err != nil {
		t.Fatal(err)
	}
	r := Verify(raw, d.groups, defectStore(t, `{"code": "ca_keys_compromised", "country": "VN"}, {"code": "protocol_failure", "country": "VN", "scope": "active_auth"}`, nil), day)
	if !r.Compromised(kiosk.CheckChipAuth) || r.Compromised(kiosk.CheckActiveAuth) || r.Compromised(kiosk.CheckHashes) ||
		!r.Excused(kiosk.CheckActiveAuth) || r.Excused(kiosk.CheckChipAuth) || r.Excused(kiosk.CheckAccess) || r.Verdict() != kiosk.CheckSuccessful {
		t.Errorf("%+v", r.Defects)
	}
}

// TestDefectTable holds the table to the guideline: fifteen entries, each with section and effect.
func TestDefectTable(t *testing.T) {
	rules := DefectRules()
	if len(rules) != 15 {
		t.Errorf("%d rules", len(rules))
	}
	seen := map[DefectCode]bool{}
	for _, r := range rules {
		if seen[r.Code] || !strings.HasPrefix(r.Section, "5.8.2.") || r.Title == "" || r.Effect == "" {
			t.Errorf("%+v", r)
		}
		seen[r.Code] = true
	}
}

func TestDefectsFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ds.cer"), authorityOf(t).Signer, 0o600); err != nil {
		t.Fatal(err)
	}
	entry := func(s string) string { return `{"version": 1, "date": "2026-07-01", "defects": [` + s + `]}` }
	for name, text := range map[string]string{
		"nothing": "", "no object": "[]", "version": `{"version": 2, "date": "2026-07-01"}`, "no date": `{"version": 1}`, "two objects": entry("") + "{}",
		"unknown key": entry(`{"code": "ds_revoked", "country": "VN", "state_of": "x"}`), "unknown code": entry(`{"code": "ds_revokt", "country": "VN"}`),
		"nobody's": entry(`{"code": "ds_revoked"}`), "serial alone": entry(`{"code": "ds_revoked", "serial": "01"}`), "country": entry(`{"code": "ds_revoked", "country": "vn"}`),
		"half a serial": entry(`{"code": "ds_revoked", "country": "VN", "serial": "123"}`), "short hash": entry(`{"code": "ds_revoked", "certificate": "12"}`),
		"no scope": entry(`{"code": "validity_incorrect", "country": "VN"}`), "scope": entry(`{"code": "validity_incorrect", "country": "VN", "scope": "pace"}`),
		"scope too much": entry(`{"code": "ds_revoked", "country": "VN", "scope": "csca"}`), "status": entry(`{"code": "ds_revoked", "country": "VN", "status": -1}`),
		"status too much": entry(`{"code": "ds_encoding", "country": "VN", "status": 1}`), "group": entry(`{"code": "dg_malformed", "country": "VN", "groups": [17]}`),
		"no groups": entry(`{"code": "dg_malformed", "country": "VN"}`), "state": entry(`{"code": "issuing_country", "country": "VN", "state": "vnm"}`),
		"a state's signers replaced": entry(`{"code": "ds_malformed", "country": "VN", "replacement": "ds.cer"}`),
		"replacement elsewhere":      entry(`{"code": "ds_malformed", "country": "VN", "serial": "01", "replacement": "../ds.cer"}`),
		"replacement missing":        entry(`{"code": "ds_malformed", "country": "VN", "serial": "01", "replacement": "no.cer"}`),
	} {
		s := emptyStore()
		if src := s.addDefects(dir, DefectsFile, []byte(text)); src.Err == nil || !s.unsure() || len(s.defects) != 0 {
			t.Errorf("%s: %v", name, src.Err)
		}
	}
	s := emptyStore()
	good := entry(`{"code": "ds_malformed", "country": "VN", "serial": "00AB", "replacement": "ds.cer", "note": "x"}`)
	if src := s.addDefects(dir, DefectsFile, []byte(good)); src.Err != nil || s.unsure() || src.Date.IsZero() || s.defects[0].Serial != "ab" || s.defects[0].replacement == nil {
		t.Errorf("%+v, %v", s.defects, src.Err)
	}
}

// TestDefectsUnusable does not let a mistyped file pass for none.
func TestDefectsUnusable(t *testing.T) {
	a, d := authorityOf(t), newDocument(t)
	raw, err := a.SignSOD(d.groups)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := load(t, map[string][]byte{"csca.cer": a.CSCA, DefectsFile: []byte("{")})
	want(t, Verify(raw, d.groups, s, day), kiosk.CheckSigner, kiosk.CheckUndetermined, ReasonDefectsUnusable)
}

func FuzzDefects(f *testing.F) {
	f.Add([]byte(`{"version": 1, "date": "2026-07-01", "defects": [{"code": "ds_revoked", "country": "VN", "serial": "01", "status": 3}]}`))
	f.Add([]byte(`{"version": 1, "date": "2026-07-01", "defects": [{"code": "dg_malformed", "certificate": "` + strings.Repeat("0a", 32) + `", "groups": [2]}]}`))
	f.Add([]byte(`{"version": 1, "date": "2026-07-01", "defects": [{"code": "ds_malformed", "country": "VN", "serial": "01", "replacement": "a.cer"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		list, date, err := parseDefects(raw, func(name string) (*Certificate, error) {
			if name != filepath.Base(name) {
				t.Fatalf("asked for %q", name)
			}
			return &Certificate{}, nil
		})
		if err != nil {
			return
		}
		if date.IsZero() {
			t.Fatal("no date, and no error")
		}
		for _, d := range list {
			if d.Country == "" && d.Certificate == "" {
				t.Fatal("an entry for everybody")
			}
		}
	})
}
