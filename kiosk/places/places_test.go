package places

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"motcua/kiosk"
)

// sharedDir is the development data beside the module; the test is skipped without it.
func sharedDir(t testing.TB) string {
	t.Helper()
	root := os.Getenv("KIOSK_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	dir := filepath.Join(root, "data", "places")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("development data is not here: places")
	}
	return dir
}

func TestTheCountry(t *testing.T) {
	p, err := Open(sharedDir(t))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, v := range p.Provinces() {
		list := p.Communes(v.Code)
		if len(list) == 0 {
			t.Errorf("%s has no communes", v.Name)
		}
		n += len(list)
	}
	if len(p.Provinces()) != 34 || n != 3321 || p.AsOf() == "" {
		t.Errorf("%d provinces, %d communes, as of %q", len(p.Provinces()), n, p.AsOf())
	}
	// Every former province belongs to exactly one present one, and no present one is missing from the list.
	former := 0
	for now, old := range joinedProvinces {
		if p.province(now) == nil {
			t.Errorf("no province is called %s", now)
		}
		for _, name := range old {
			former++
			if got := p.Renamed("Tỉnh " + name); len(got) != 1 || bare(got[0].Name) != now {
				t.Errorf("%s is %v now", name, got)
			}
		}
	}
	if former != 29+2 {
		t.Errorf("%d former names, 29 provinces were joined and Huế has two spellings", former)
	}
	v, err := p.Place("00004")
	if err != nil || v.Name != "Phường Ba Đình" || v.Province != "01" {
		t.Errorf("%+v, %v", v, err)
	}
	for _, q := range []string{"Ba Đình", "ba dinh", "phuong ba dinh", "P. Ba Đình"[3:], "ba đinh", "ba dihn"} {
		if got := p.Find(q, "01", 3); len(got) == 0 || got[0].Code != "00004" {
			t.Errorf("%q finds %v", q, got)
		}
	}
	if _, _, province := p.Resolve("Thôn 1, Xã Không Có, Huyện Bạch Thông, Tỉnh Bắc Kạn"); province == nil || bare(province.Name) != "thai nguyen" {
		t.Errorf("Bắc Kạn is %v", province)
	}
}

// small is a country that does not exist.
func small(t testing.TB) *Places {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "provinces.json", `{"as_of": "2026-07-25", "other": 1, "list": [{"code": "98", "name": "Tỉnh Thử"}, {"code": "97", "name": "Thành phố Mẫu", "was": ["Tỉnh Mẫu", "Tỉnh Cũ"]}]}`)
	write(t, dir, "communes.json", `[{"code": "99801", "name": "Xã Sông Thử", "province": "98", "was": ["Xã Bến Thử", "Xã Đò Thử", "99701"]},
		{"code": "99802", "name": "Xã Đồi Thử", "province": "98", "was": ["Xã Đò Thử"]}, {"code": "99803", "name": "Phường Thử Sông", "province": "98"},
		{"code": "99804", "name": "Xã Thử Sông", "province": "98"}, {"code": "99901", "name": "Xã Sông Thử", "province": "97"}]`)
	p, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t testing.TB, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func codes(list []kiosk.Place) string {
	var all []string
	for _, v := range list {
		all = append(all, v.Code)
	}
	return strings.Join(all, " ")
}

func TestFind(t *testing.T) {
	p := small(t)
	for _, c := range []struct{ query, province, want string }{
		{"Sông Thử", "98", "99801"}, {"song thu", "", "99801 99901"}, {"thử sông", "98", "99803 99804"}, {"xã thử sông", "98", "99804 99803"},
		{"bến thử", "", "99801"}, {"đò thử", "", "99801 99802"}, {"song", "98", "99801 99803 99804"}, {"sogn thu", "98", "99801"}, {"", "", ""}, {"xyzzy", "", ""},
	} {
		for _, form := range []string{c.query, norm.NFD.String(c.query), strings.ToUpper(c.query)} {
			if got := codes(p.Find(form, c.province, 10)); got != c.want {
				t.Errorf("%q in %q finds %q, want %q", form, c.province, got, c.want)
			}
		}
	}
	if got := p.Find("song", "", 1); len(got) != 1 {
		t.Errorf("%d with limit 1", len(got))
	}
}

func TestRenamedAndResolve(t *testing.T) {
	p := small(t)
	for old, want := range map[string]string{"Xã Bến Thử": "99801", "Xã Đò Thử": "99801 99802", "99701": "99801", "Tỉnh Cũ": "97", "Xã Lạ": ""} {
		if got := codes(p.Renamed(old)); got != want {
			t.Errorf("%s is %q now, want %q", old, got, want)
		}
	}
	for address, want := range map[string][3]string{
		"Tổ 1, Xã Bến Thử, Huyện Xa, Tỉnh Thử": {"Tổ 1", "99801", "98"}, "Xã Đò Thử, Huyện Xa, Tỉnh Thử": {"", "99801 99802", "98"},
		"Số 5, đường A, Xã Sông Thử, Huyện Gần, Tỉnh Cũ": {"Số 5, đường A", "99901", "97"}, "Thôn 2, Xã Lạ, Tỉnh Thử": {"Thôn 2", "", "98"},
		"Xã Lạ, Tỉnh Lạ": {}, "": {}, "Phường Thử Sông, Thành phố Sông Thử, Tỉnh Thử": {"", "99803 99804", "98"},
		"Thôn 3, Bến Thử, Xa, Thử": {"Thôn 3", "99801", "98"}, "Thôn 3, Đồi Thử, Sông Thử, Thử": {"Thôn 3", "99802 99801", "98"},
		"Thôn 4, TT Lạ, Huyện Xa, Thử": {"Thôn 4", "", "98"}, strings.Repeat("a", 2000) + ", Thử": {},
	} {
		line, commune, province := p.Resolve(address)
		code := ""
		if province != nil {
			code = province.Code
		}
		if line != want[0] || codes(commune) != want[1] || code != want[2] {
			t.Errorf("%q is %q, %q in %q, want %v", address, line, codes(commune), code, want)
		}
	}
	if _, err := p.Place("00000"); kiosk.CodeOf(err) != kiosk.CodeNotFound {
		t.Errorf("%v", err)
	}
}

func TestBrokenFilesAreRefused(t *testing.T) {
	const provinces, communes = `{"list": [{"code": "98", "name": "Tỉnh Thử"}]}`, `[{"code": "99801", "name": "Xã Thử", "province": "98"}]`
	for name, files := range map[string][2]string{
		"no JSON": {"x", communes}, "no provinces": {`{}`, communes}, "no communes": {provinces, `[]`}, "code": {strings.Replace(provinces, "98", "9", 1), communes},
		"province unknown": {provinces, strings.Replace(communes, `"98"`, `"97"`, 1)}, "name": {provinces, strings.Replace(communes, "Xã Thử", "", 1)},
		"twice": {provinces, strings.Replace(communes, "[", `[{"code": "99801", "name": "Xã Khác", "province": "98"},`, 1)},
	} {
		dir := t.TempDir()
		write(t, dir, "provinces.json", files[0])
		write(t, dir, "communes.json", files[1])
		if _, err := Open(dir); kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(t.TempDir()); kiosk.CodeOf(err) != kiosk.CodeConfigInvalid {
		t.Error("an empty folder is accepted")
	}
}

func TestFindNeverPanicsAndKeepsItsLimit(t *testing.T) {
	p := small(t)
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.String().Draw(t, "q")
		if n := len(p.Find(q, "", 2)); n > 2 {
			t.Fatalf("%d", n)
		}
		p.Renamed(q)
		p.Resolve(q)
	})
}
