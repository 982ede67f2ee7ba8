package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
)

func TestSpace(t *testing.T) {
	for free, want := range map[int64]Result{99: Fail, 100: Warn, 399: Warn, 400: OK} {
		if got := space(free, 100, "data").Result; got != want {
			t.Errorf("%d MB of 100: %s, want %s", free, got, want)
		}
	}
	if f := one(t, Disk(filepath.Join(t.TempDir(), "not", "yet"), 1)); f.Result == Fail {
		t.Errorf("a folder that is not there yet: %+v", f)
	}
	if f := one(t, Disk(t.TempDir(), 1<<40)); f.Result != Fail {
		t.Errorf("an impossible wish: %+v", f)
	}
}

func TestClock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kiosk.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	if err := os.Chtimes(file, noon, noon); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		now  time.Time
		want Result
	}{
		"right":              {noon.Add(time.Hour), OK},
		"a little behind":    {noon.Add(-time.Minute), OK},
		"before the file":    {noon.Add(-time.Hour), Fail},
		"before the program": {noon.AddDate(0, -1, 0), Fail},
		"1970":               {time.Unix(60, 0), Fail},
		"far away":           {noon.AddDate(200, 0, 0), Fail},
	} {
		check := Clock(Time{Built: noon.AddDate(0, 0, -7), Now: func() time.Time { return c.now }, Files: []string{file, file + "-absent"}})
		if f := one(t, check); f.Result != c.want {
			t.Errorf("%s: %+v, want %s", name, f, c.want)
		}
	}
	if f := one(t, Clock(Time{Now: func() time.Time { return noon }})); f.Result != OK {
		t.Errorf("no build date: %+v", f)
	}
}

// models makes a folder of two files with their manifest.
func models(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text := `{"recogniser": "b.onnx", "models": [`
	for i, name := range []string{"a.onnx", "b.onnx"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		sum, err := sumOf(path)
		if err != nil {
			t.Fatal(err)
		}
		text += strings.Repeat(",", i) + fmt.Sprintf(`{"file": %q, "sha256": %q}`, name, sum)
	}
	if err := os.WriteFile(filepath.Join(dir, "MANIFEST.json"), []byte(text+"]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestModels(t *testing.T) {
	for name, c := range map[string]struct {
		change func(dir string) error
		want   Result
	}{
		"all there":       {func(string) error { return nil }, OK},
		"one missing":     {func(dir string) error { return os.Remove(filepath.Join(dir, "a.onnx")) }, Warn},
		"recogniser gone": {func(dir string) error { return os.Remove(filepath.Join(dir, "b.onnx")) }, Fail},
		"one changed":     {func(dir string) error { return os.WriteFile(filepath.Join(dir, "a.onnx"), []byte("x"), 0o600) }, Fail},
		"no manifest":     {func(dir string) error { return os.Remove(filepath.Join(dir, "MANIFEST.json")) }, Fail},
		"empty manifest":  {func(dir string) error { return os.WriteFile(filepath.Join(dir, "MANIFEST.json"), []byte("{}"), 0o600) }, Fail},
		"broken manifest": {func(dir string) error { return os.WriteFile(filepath.Join(dir, "MANIFEST.json"), []byte("{"), 0o600) }, Fail},
	} {
		dir := models(t)
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		if f := one(t, Models(dir)); f.Result != c.want {
			t.Errorf("%s: %+v, want %s", name, f, c.want)
		}
	}
}

func certificate(t *testing.T, from, to time.Time) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "device.crt")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCertificate(t *testing.T) {
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	path := certificate(t, from, from.AddDate(0, 0, 90))
	for days, want := range map[int]Result{-1: Fail, 10: OK, 59: OK, 61: Warn, 89: Warn, 91: Fail} {
		now := func() time.Time { return from.AddDate(0, 0, days) }
		if f := one(t, Certificate(path, now)); f.Result != want {
			t.Errorf("day %d: %+v, want %s", days, f, want)
		}
	}
	key := filepath.Join(t.TempDir(), "device.crt")
	if err := os.WriteFile(key, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{key, key + "-absent"} {
		if f := one(t, Certificate(bad, time.Now)); f.Result != Fail {
			t.Errorf("%+v", f)
		}
	}
}

func TestProbes(t *testing.T) {
	offline := &kiosk.Error{Code: kiosk.CodeOfficeOffline, Op: "ping", Hint: "check the network"}
	corrupt := &kiosk.Error{Code: kiosk.CodeStoreCorrupt, Op: "check database", Hint: "replace the disk"}
	missing := &kiosk.Error{Code: kiosk.CodeReaderMissing, Op: "list readers", Hint: "start pcscd"}
	stats := func(s kiosk.OutboxStats) Check {
		return Outbox(func(context.Context) (kiosk.OutboxStats, error) { return s, nil })
	}
	chain := func(broken int64) Check {
		return Audit(func(context.Context) (int64, int64, string, error) { return 7, broken, "hash", nil })
	}
	database := func(err error) Check {
		return Database(func(context.Context) (int64, error) { return 1 << 20, err })
	}
	office := func(err error) Check { return Office(func(context.Context) error { return err }) }
	trust := func(s TrustState, err error) Check {
		return Trust("trust", func(string) (TrustState, error) { return s, err }, time.Now)
	}
	catalogue := func(s CatalogueState, err error) Check {
		return Catalogue(func() (CatalogueState, error) { return s, err }, time.Now)
	}
	printer := func(device string, s PrinterState, err error) Check {
		return Printer(device, func(context.Context) (PrinterState, error) { return s, err })
	}
	reader := func(name string, err error) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return name, err }
	}
	for name, c := range map[string]struct {
		check Check
		want  Result
	}{
		"database whole":   {database(nil), OK},
		"database not yet": {database(&kiosk.Error{Code: kiosk.CodeNotFound}), Absent},
		"database damaged": {database(corrupt), Fail},
		"opencv":           {OpenCV(func(context.Context) (string, error) { return "works", nil }), OK},
		"opencv gone": {OpenCV(func(context.Context) (string, error) {
			return "", &kiosk.Error{Code: kiosk.CodeInternal, Hint: "install"}
		}), Fail},
		"reader none":      {Reader("none", nil), Absent},
		"reader":           {Reader("pcsc", reader("ACS ACR122U", nil)), OK},
		"reader away":      {Reader("pn532", reader("", missing)), Fail},
		"trust":            {trust(TrustState{Anchors: 3}, nil), OK},
		"trust empty":      {trust(TrustState{}, nil), Warn},
		"trust unreadable": {trust(TrustState{}, os.ErrPermission), Fail},
		"trust outdated":   {trust(TrustState{Anchors: 3, Problems: []string{"a.crl: revocation list ended on 2020-01-01"}}, nil), Warn},
		"trust old":        {trust(TrustState{Anchors: 3, Date: time.Now().AddDate(-2, 0, 0)}, nil), Warn},
		"trust new":        {trust(TrustState{Anchors: 3, Date: time.Now().AddDate(0, -2, 0)}, nil), OK},
		"catalogue":        {catalogue(CatalogueState{"v", 135, time.Time{}}, nil), OK},
		"catalogue new":    {catalogue(CatalogueState{"v", 135, time.Now().AddDate(0, -1, 0)}, nil), OK},
		"catalogue old":    {catalogue(CatalogueState{"v", 135, time.Now().AddDate(-1, 0, 0)}, nil), Warn},
		"catalogue broken": {catalogue(CatalogueState{}, &kiosk.Error{Code: kiosk.CodeCatalogue, Hint: "get it again"}), Fail},
		"card":             {Card("pcsc", reader("a chip answers", nil)), OK},
		"card none":        {Card("none", nil), Absent},
		"card away":        {Card("pcsc", reader("", ErrNoCard)), Warn},
		"card broken":      {Card("pcsc", reader("", &kiosk.Error{Code: kiosk.CodeCardProtocol, Hint: "try another"})), Fail},
		"calendar":         {Calendar(func() (time.Time, error) { return time.Now().AddDate(1, 0, 0), nil }, time.Now), OK},
		"calendar ends":    {Calendar(func() (time.Time, error) { return time.Now().AddDate(0, 1, 0), nil }, time.Now), Warn},
		"calendar broken": {Calendar(func() (time.Time, error) {
			return time.Time{}, &kiosk.Error{Code: kiosk.CodeCalendar, Hint: "get it again"}
		}, time.Now), Fail},
		"bundles":           {Bundles(func() ([]string, error) { return nil, nil }), OK},
		"bundle refused":    {Bundles(func() ([]string, error) { return []string{"a catalogue was refused: unsigned"}, nil }), Fail},
		"bundles no key":    {Bundles(func() ([]string, error) { return nil, &kiosk.Error{Code: kiosk.CodeKeyMissing, Hint: "name the keys"} }), Fail},
		"no places":         {Places(func() (int, error) { return 0, nil }), Absent},
		"places":            {Places(func() (int, error) { return 3355, nil }), OK},
		"places broken":     {Places(func() (int, error) { return 0, &kiosk.Error{Code: kiosk.CodeConfigInvalid, Hint: "name the folder"} }), Fail},
		"no languages":      {Languages("", func() ([]string, error) { return []string{"vi", "en"}, nil }), Absent},
		"languages":         {Languages("d", func() ([]string, error) { return []string{"vi", "en", "km"}, nil }), OK},
		"languages broken":  {Languages("d", func() ([]string, error) { return []string{"vi"}, errors.New("language pack km.json: no JSON") }), Warn},
		"office":            {office(nil), OK},
		"office offline":    {office(offline), Warn},
		"office impostor":   {office(&kiosk.Error{Code: kiosk.CodeOfficeUntrusted, Hint: "check the keys"}), Fail},
		"voice":             {Ready("voice", "speaks", func() error { return nil }), OK},
		"voice absent":      {Ready("voice", "", func() error { return &kiosk.Error{Code: kiosk.CodeUnavailable, Hint: "connect it"} }), Warn},
		"outbox empty":      {stats(kiosk.OutboxStats{}), OK},
		"outbox waits":      {stats(kiosk.OutboxStats{Unsent: 3, OldestAge: time.Hour}), OK},
		"outbox old":        {stats(kiosk.OutboxStats{Unsent: 3, OldestAge: 25 * time.Hour}), Warn},
		"outbox quarantine": {stats(kiosk.OutboxStats{Unsent: 3, Quarantine: 1}), Fail},
		"printer":           {printer("/dev/usb/lp0", PrinterState{}, nil), OK},
		"printer none":      {printer("none", PrinterState{}, nil), Absent},
		"printer held":      {printer("/dev/usb/lp0", PrinterState{Held: true}, nil), Warn},
		"printer low":       {printer("/dev/usb/lp0", PrinterState{Low: true}, nil), Warn},
		"printer open":      {printer("/dev/usb/lp0", PrinterState{}, &kiosk.Error{Code: kiosk.CodePrinterCover, Hint: "close it"}), Fail},
		"panel":             {Panel("gpio", func() (string, error) { return "three lamps", nil }), OK},
		"panel none":        {Panel("none", nil), Absent},
		"panel away":        {Panel("gpio", func() (string, error) { return "", &kiosk.Error{Code: kiosk.CodeUnavailable, Hint: "gpio"} }), Warn},
		"audit":             {chain(0), OK},
		"audit broken":      {chain(4), Fail},
	} {
		f := one(t, c.check)
		if f.Result != c.want {
			t.Errorf("%s: %+v, want %s", name, f, c.want)
		}
		told(t, f)
	}
}

// told wants every fault told in Vietnamese, with what to do, and silence where all is well.
func told(t *testing.T, f Finding) {
	t.Helper()
	is := f.Told()
	bad := f.Result == Warn || f.Result == Fail
	if is.Title == "" || (is.Text != "") != bad || (is.Fix != "") != bad || bad && f.Fault == "" {
		t.Errorf("%s %s %q is told as %+v", f.Name, f.Result, f.Fault, is)
	}
	if _, ok := sentences[f.Fault]; bad && !ok && f.Fault != FaultInternal && f.Fault != Fault(kiosk.CodeInternal) {
		t.Errorf("%s %s: the fault %q has no sentence", f.Name, f.Result, f.Fault)
	}
}
