package onestop_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newOffice makes an office over SQLite.
func newOffice(t *testing.T, change func(*onestop.Options)) *onestoptest.Office {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "onestop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return onestoptest.New(t, store, change)
}

func auditLog(w io.Writer, s kiosk.AuditStore) *audit.Log {
	return audit.New(slog.NewJSONHandler(w, nil), audit.Options{Strict: true, Chain: audit.NewChain(s, nil)})
}

func TestLogin(t *testing.T) {
	o := newOffice(t, nil)
	a := o.Officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	if a.Login != "lan.nt" {
		t.Fatalf("login %q", a.Login)
	}
	cookie, err := o.Desk.Login(t.Context(), " LAN.NT ", onestoptest.Password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	got, ok, err := o.Desk.Who(t.Context(), cookie)
	if err != nil || !ok || got != a {
		t.Fatalf("%v %v %v", got, ok, err)
	}
	is, csrf := onestop.IsFormWord, onestop.FormWord(cookie)
	if !is(cookie, csrf) || is(cookie, "") || is(cookie, csrf+"x") || is(cookie, cookie) || is("", onestop.FormWord("")) || is("x", "") {
		t.Error("the form's word is not this login's alone")
	}
	second, err := o.Desk.Login(t.Context(), "lan.nt", onestoptest.Password, "192.0.2.1")
	if err != nil || is(second, csrf) {
		t.Errorf("another login has the same word: %v", err)
	}

	// Disabled, given another role, idle, too long: each ends or changes the login at once.
	a.Role = onestop.RoleClerk
	if err := o.Store.SetAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if got, _, _ := o.Desk.Who(t.Context(), cookie); got.Role != onestop.RoleClerk {
		t.Errorf("role %s", got.Role)
	}
	for range 25 {
		o.Clock.T = o.Clock.T.Add(onestop.SessionIdle - time.Second)
		if _, ok, _ := o.Desk.Who(t.Context(), cookie); !ok {
			break
		}
	}
	if _, ok, _ := o.Desk.Who(t.Context(), cookie); ok {
		t.Error("a login outlives the working day")
	}
	if _, ok, _ := o.Desk.Who(t.Context(), second); ok {
		t.Error("an idle login lives on")
	}
	third, err := o.Desk.Login(t.Context(), "lan.nt", onestoptest.Password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	a.Disabled = true
	if err := o.Store.SetAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := o.Desk.Who(t.Context(), third); ok {
		t.Error("a disabled person is logged in")
	}
	if _, err := o.Desk.Login(t.Context(), "lan.nt", onestoptest.Password, "192.0.2.1"); !errors.Is(err, onestop.ErrLogin) {
		t.Errorf("a disabled person logs in: %v", err)
	}
}

func TestLoginThrottle(t *testing.T) {
	o := newOffice(t, nil)
	o.Officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	o.Officer(t, "Lê Văn Hòa", onestop.RoleReceiver)
	try := func(login, password, from string) error {
		_, err := o.Desk.Login(t.Context(), login, password, from)
		return err
	}
	for i := range 5 {
		if err := try("lan.nt", "sai mật khẩu", "192.0.2.1"); !errors.Is(err, onestop.ErrLogin) {
			t.Fatalf("failure %d: %v", i+1, err)
		}
	}
	var wait onestop.WaitError
	if err := try("lan.nt", onestoptest.Password, "192.0.2.1"); !errors.As(err, &wait) || wait.Wait <= 0 {
		t.Errorf("the sixth try, with the right password: %v", err)
	}
	if err := try("lan.nt", onestoptest.Password, "192.0.2.2"); err != nil {
		t.Errorf("the person at the own desk is locked out by a stranger: %v", err)
	}
	if err := try("hoa.lv", onestoptest.Password, "192.0.2.1"); err != nil {
		t.Errorf("another person at the same desk: %v", err)
	}
	first := wait.Wait
	o.Clock.T = o.Clock.T.Add(first)
	if err := try("lan.nt", "vẫn sai mật khẩu", "192.0.2.1"); !errors.Is(err, onestop.ErrLogin) {
		t.Errorf("after the wait: %v", err)
	}
	if err := try("lan.nt", "x", "192.0.2.1"); !errors.As(err, &wait) || wait.Wait <= first {
		t.Errorf("the wait does not grow: %v", err)
	}
	// a sweep over many logins from one address
	var err error
	for i := 0; i < 100 && !errors.As(err, &wait); i++ {
		err = try("ai."+strings.Repeat("a", i%30+1), "x", "198.51.100.9")
	}
	if !errors.As(err, &wait) {
		t.Error("a sweep over logins is not slowed")
	}
}

func TestChangePassword(t *testing.T) {
	o := newOffice(t, nil)
	a := o.Officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	login := func(password string) string {
		t.Helper()
		c, err := o.Desk.Login(t.Context(), a.Login, password, "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	here, elsewhere := login(onestoptest.Password), login(onestoptest.Password)
	const next = "một mật khẩu khác hẳn"
	if _, err := o.Desk.ChangePassword(t.Context(), a, "sai", next, "192.0.2.1"); !errors.Is(err, onestop.ErrLogin) {
		t.Errorf("wrong old password: %v", err)
	}
	if _, err := o.Desk.ChangePassword(t.Context(), a, onestoptest.Password, "ngắn", "192.0.2.1"); !errors.Is(err, onestop.ErrWeak) {
		t.Errorf("weak: %v", err)
	}
	renewed, err := o.Desk.ChangePassword(t.Context(), a, onestoptest.Password, next, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := o.Desk.Who(t.Context(), renewed); !ok || renewed == here {
		t.Error("no new login after the change")
	}
	for _, old := range []string{here, elsewhere} {
		if _, ok, _ := o.Desk.Who(t.Context(), old); ok {
			t.Error("a login with the old password lives on")
		}
	}
	login(next)
}

func TestPasswordHash(t *testing.T) {
	h, err := onestop.HashPassword("mật khẩu đủ dài", onestop.DefaultArgon2)
	if err != nil || !strings.HasPrefix(h, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Fatalf("%q, %v", h, err)
	}
	if good, err := onestop.CheckPassword(h, "mật khẩu đủ dài"); !good || err != nil {
		t.Errorf("right password: %v, %v", good, err)
	}
	if good, err := onestop.CheckPassword(h, "mật khẩu đủ dàj"); good || err != nil {
		t.Errorf("wrong password: %v, %v", good, err)
	}
	again, err := onestop.HashPassword("mật khẩu đủ dài", onestop.DefaultArgon2)
	if err != nil || again == h {
		t.Errorf("no salt: %v", err)
	}
	for _, weak := range []string{"", "ngắn quá", strings.Repeat("x", onestop.MaxPassword+1)} {
		if _, err := onestop.HashPassword(weak, onestoptest.Cheap); !errors.Is(err, onestop.ErrWeak) {
			t.Errorf("%d bytes: %v", len(weak), err)
		}
	}
	for _, bad := range []string{"", "x", "$argon2id$", strings.Replace(h, "m=65536", "m=4294967295", 1), strings.Replace(h, "t=3", "t=0", 1),
		strings.Replace(h, "v=19", "v=16", 1), h[:len(h)-2], h + "AA", strings.Replace(h, "$argon2id", "$argon2i", 1)} {
		if good, err := onestop.CheckPassword(bad, "x"); good || err == nil {
			t.Errorf("%.20q was taken for a hash", bad)
		}
	}
	a, b := onestop.NewPassword(), onestop.NewPassword()
	if a == b || len(a) != 23 {
		t.Errorf("%d characters, or twice the same", len(a))
	}
}

// An admin has no part in dossiers; nobody else manages accounts.
func TestMatrix(t *testing.T) {
	want := map[onestop.Role]string{
		onestop.RoleHead:       "inbox open photos receive process return correct audit forward sign compare queue feedback report kiosks export",
		onestop.RoleReceiver:   "inbox open photos receive return forward compare queue kiosks",
		onestop.RoleSpecialist: "inbox open photos process forward compare",
		onestop.RoleClerk:      "inbox open return forward queue report",
		onestop.RoleAdmin:      "accounts audit kiosks",
		"mayor":                "",
	}
	for role, list := range want {
		var got []string
		for _, p := range onestop.Permissions {
			if role.May(p) {
				got = append(got, string(p))
			}
		}
		if strings.Join(got, " ") != list {
			t.Errorf("%s: %q, want %q", role, got, list)
		}
		if role.Valid() != (role != "mayor") || (role.Title() == "") == role.Valid() {
			t.Errorf("%s: valid %v, title %q", role, role.Valid(), role.Title())
		}
	}
	if len(want)-1 != len(onestop.Roles) {
		t.Errorf("%d roles", len(onestop.Roles))
	}
}

func TestAccountRedacts(t *testing.T) {
	a := onestop.Account{ID: 7, Login: "lan.nt", Name: "Nguyễn Thị Lan", Role: onestop.RoleClerk, Hash: "$argon2id$secret"}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).LogAttrs(context.Background(), slog.LevelInfo, "x", slog.Any("account", a))
	if s := b.String() + a.String(); strings.Contains(s, "Lan") || strings.Contains(s, "secret") {
		t.Errorf("told too much: %s", s)
	}
}

func TestNewAccountRefuses(t *testing.T) {
	o := newOffice(t, nil)
	for name, f := range map[string]func() error{
		"no name":  func() error { return add(t, o, " ", "lan", onestop.RoleClerk, onestoptest.Password) },
		"login":    func() error { return add(t, o, "Lan", "Lan!", onestop.RoleClerk, onestoptest.Password) },
		"role":     func() error { return add(t, o, "Lan", "lan", "mayor", onestoptest.Password) },
		"password": func() error { return add(t, o, "Lan", "lan", onestop.RoleClerk, "ngắn") },
	} {
		if f() == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := add(t, o, "Lan", "lan", onestop.RoleClerk, onestoptest.Password); err != nil {
		t.Error(err)
	}
	if err := add(t, o, "Lan", "lan", onestop.RoleClerk, onestoptest.Password); !errors.Is(err, onestop.ErrTaken) {
		t.Errorf("taken login: %v", err)
	}
}

func add(t *testing.T, o *onestoptest.Office, name, login string, role onestop.Role, password string) error {
	_, err := onestop.NewAccount(t.Context(), o.Store, name, login, role, password, onestoptest.Cheap)
	return err
}

func TestLoginFor(t *testing.T) {
	for name, want := range map[string]string{
		"Nguyễn Thị Lan": "lan.nt", "Đỗ Đức Đạt": "dat.dd", "Y Moan": "moan.y", "Hoà": "hoa", "": "", "Lê Ánh-Ngọc": "anhngoc.l",
	} {
		if got := onestop.LoginFor(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// Receivers over one store know each other's logins; a picture's address is good at each, in its login only.
func TestLoginAtAnotherReceiver(t *testing.T) {
	o := newOffice(t, nil)
	second := o.Again(t)
	a := o.Officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	cookie, err := o.Desk.Login(t.Context(), a.Login, onestoptest.Password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if got, ok, err := second.Who(t.Context(), cookie); !ok || err != nil || got != a {
		t.Fatalf("the other receiver does not know the login: %v, %v", ok, err)
	}
	address := onestop.PictureAddress(cookie, "b3b1c6de-0000-4000-8000-000000000001", onestop.PicturePaper+"1")
	id, which, ok := onestop.OpenPictureAddress(cookie, address)
	if !ok || id != "b3b1c6de-0000-4000-8000-000000000001" || which != "paper.1" {
		t.Errorf("%q %q %v", id, which, ok)
	}
	if again := onestop.PictureAddress(cookie, id, which); again == address {
		t.Error("the same address twice tells that it is the same picture")
	}
	for _, bad := range []string{"", "x", address[1:], address + "AA", address[:len(address)-2] + "__", strings.Repeat("A", 4096)} {
		if _, _, ok := onestop.OpenPictureAddress(cookie, bad); ok {
			t.Errorf("%.30q opens a picture", bad)
		}
	}
	if _, _, ok := onestop.OpenPictureAddress(onestop.Secret(), address); ok {
		t.Error("the address is good in another login")
	}
	if err := second.LogoutEverywhere(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := o.Desk.Who(t.Context(), cookie); ok {
		t.Error("the login lives on where it began")
	}
}
