package officer_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/dossier"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/sqlite"
	"motcua/ui/officer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desk is an office with its pages and a browser.
type desk struct {
	*onestoptest.Office
	server *httptest.Server
	file   string // of the database
}

func newDesk(t *testing.T, change func(*onestop.Options)) *desk {
	t.Helper()
	file := filepath.Join(t.TempDir(), "onestop.db")
	store, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{Office: onestoptest.New(t, store, change), file: file}
	pages, err := officer.New(officer.Options{Desk: d.Desk})
	if err != nil {
		t.Fatal(err)
	}
	d.server = httptest.NewServer(pages)
	t.Cleanup(d.server.Close)
	return d
}

// browser is one person's browser. It follows no redirects, so that tests see them.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

func (d *desk) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, base: d.server.URL, client: &http.Client{
		Jar: jar, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	t.Cleanup(b.client.CloseIdleConnections)
	return b
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	body string
}

func (b *browser) do(r *http.Request) answer {
	b.t.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res, string(body)}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, form url.Values, header ...string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.do(r)
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (a answer) csrf(t *testing.T) string {
	t.Helper()
	m := csrfField.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no form with a CSRF word in a page with status %d", a.StatusCode)
	}
	return m[1]
}

func (a answer) has(t *testing.T, words ...string) {
	t.Helper()
	text := html.UnescapeString(a.body)
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("the page does not say %q", w)
		}
	}
}

func (a answer) hasNot(t *testing.T, words ...string) {
	t.Helper()
	text := html.UnescapeString(a.body)
	for _, w := range words {
		if strings.Contains(text, w) {
			t.Errorf("the page says %q", w)
		}
	}
}

func (b *browser) login(login, password string) answer {
	b.t.Helper()
	word := b.get("/dang-nhap").csrf(b.t)
	return b.post("/dang-nhap", url.Values{"csrf": {word}, "login": {login}, "password": {password}})
}

// officer logs a new person in.
func (d *desk) officer(t *testing.T, name string, role onestop.Role) *browser {
	t.Helper()
	a := d.Officer(t, name, role)
	b := d.browser(t)
	if res := b.login(a.Login, onestoptest.Password); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/" {
		t.Fatalf("login: %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
	return b
}

func TestLoginPage(t *testing.T) {
	d := newDesk(t, nil)
	a := d.Officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	b := d.browser(t)
	for _, path := range []string{"/", "/ho-so/" + onestoptest.UUID(), "/mat-khau", "/anh/x"} {
		if res := b.get(path); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/dang-nhap" {
			t.Errorf("%s without a login: %d", path, res.StatusCode)
		}
	}
	b.get("/dang-nhap").has(t, "Đăng nhập", "Mật khẩu", "UBND xã Thử Nghiệm")
	wrong := b.login(a.Login, "sai mật khẩu rồi")
	if wrong.StatusCode != http.StatusUnauthorized {
		t.Errorf("wrong password: %d", wrong.StatusCode)
	}
	wrong.has(t, "chưa đúng", `value="lan.nt"`)
	unknown := b.login("khong.co", "sai mật khẩu rồi")
	if strings.ReplaceAll(csrfField.ReplaceAllString(unknown.body, ""), "khong.co", "lan.nt") != csrfField.ReplaceAllString(wrong.body, "") {
		t.Error("an unknown login is answered differently")
	}
	if res := b.post("/dang-nhap", url.Values{"csrf": {"x"}, "login": {a.Login}, "password": {onestoptest.Password}}); res.StatusCode != http.StatusForbidden {
		t.Errorf("a login form from elsewhere: %d", res.StatusCode)
	}
	res := b.login(a.Login, onestoptest.Password)
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("login: %d", res.StatusCode)
	}
	for _, c := range res.Cookies() {
		if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
			t.Errorf("cookie %s: %+v", c.Name, c)
		}
	}
	b.get("/").has(t, "Hộp hồ sơ", "Nguyễn Thị Lan", "Cán bộ tiếp nhận", "Chưa có hồ sơ nào")
}

func TestLoginThrottlePage(t *testing.T) {
	d := newDesk(t, nil)
	a := d.Officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	b := d.browser(t)
	for range 5 {
		b.login(a.Login, "sai mật khẩu rồi")
	}
	res := b.login(a.Login, onestoptest.Password)
	if res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" {
		t.Errorf("%d", res.StatusCode)
	}
	res.has(t, "Mời đợi")
}

func TestHeaders(t *testing.T) {
	d := newDesk(t, nil)
	b := d.officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	for _, path := range []string{"/", "/dang-nhap", "/khong-co", "/tra-cuu/AAAAA-AAAAA", "/mat-khau"} {
		h := b.get(path).Header
		if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(csp, "unsafe") ||
			strings.Contains(csp, "script-src") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", path, h)
		}
	}
	// the policy would break any of these silently
	for _, path := range []string{"/", "/dang-nhap", "/mat-khau"} {
		b.get(path).hasNot(t, "<script", "style=", "onclick", "javascript:", "http://", "https://")
	}
	for path, kind := range map[string]string{
		"/static/officer.css": "text/css; charset=utf-8", "/static/fonts/noto-sans-vietnamese-400-normal.woff2": "font/woff2",
	} {
		if res := b.get(path); res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.Header.Get("Content-Type"))
		}
	}
	for _, path := range []string{"/static/fonts/OFL.txt", "/static/fonts/..%2fidiomorph.min.js", "/static/fonts/none.woff2"} {
		if res := b.get(path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	for _, font := range regexp.MustCompile(`/static/fonts/[^"]+`).FindAllString(b.get("/static/officer.css").body, -1) {
		if res := b.get(font); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", font, res.StatusCode)
		}
	}
	if res := b.get("/suc-khoe"); res.StatusCode != http.StatusNoContent {
		t.Errorf("health: %d", res.StatusCode)
	}
}

// A secure site's cookies go over https only.
func TestSecureCookies(t *testing.T) {
	d := newDesk(t, nil)
	pages, err := officer.New(officer.Options{Desk: d.Desk, Secure: true})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	pages.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/dang-nhap", http.NoBody))
	c := w.Result().Cookies()
	if len(c) != 1 || !c[0].Secure || !strings.HasPrefix(c[0].Name, "__Host-") || w.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("%+v", c)
	}
}

func TestInboxAndDossier(t *testing.T) {
	d := newDesk(t, nil)
	c := d.Deliver(t, nil)
	d.Clock.T = d.Clock.T.Add(26 * time.Hour)
	d.Deliver(t, func(x *kiosk.Dossier) { x.Chip.Files[kiosk.FileSOD] = []byte("unknown issuer") })
	b := d.officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	in := b.get("/")
	in.has(t, "2 chờ tiếp nhận", onestoptest.Citizen.Name, "Đăng ký khai sinh", "1.001193", "kiosk-01", "Đã xác thực", "Chưa xác định",
		"26 giờ", "chờ lâu", "Mới đăng ký", "chưa cấp", "/ho-so/"+c.Dossier.ID)
	b.get("/?trang-thai=3").has(t, "Không có hồ sơ nào ở mục này")
	b.get("/?ma=khong-co").has(t, "Không có hồ sơ nào mang mã này")

	page := b.get("/ho-so/" + c.Dossier.ID)
	page.has(t, onestoptest.Citizen.Name, onestoptest.Citizen.Number, "Đã xác thực", "0,612", "ngưỡng 0,363", "0,249 trên ngưỡng",
		"SOD ký bởi chứng thư ký tài liệu", "5/5 đạt", `<td class="by">Văn phòng</td>`, `<td class="by">Ki-ốt</td>`, "Không hỗ trợ", "Thẻ không có DG15",
		"Chip · DG1", "Chip · DG13", "Công dân khai", "Đã sửa so với chip", "Trên chip: Thôn Đông", "Giấy chứng sinh",
		"consent.chip/1", "Qua bưu chính công ích", "Thôn Tây", "CN=Demo CSCA 01", "PACE-CAN", "Tiếp nhận", "Yêu cầu bổ sung", "Từ chối",
		fmt.Sprintf("%x", sha256.Sum256(c.Dossier.Papers[0].Page.Data))[:8], "Gửi đến văn phòng", "Lượt xem (1)")
	page.hasNot(t, "Bắt đầu xử lý", "Trả kết quả", c.Token, "<script", "style=")
	if strings.Contains(page.Request.URL.String(), "Thu") {
		t.Error("a name in an address")
	}
}

var picturePath = regexp.MustCompile(`<img src="(/anh/[^"]+)"`)

func TestPictures(t *testing.T) {
	d := newDesk(t, nil)
	c := d.Deliver(t, nil)
	b := d.officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	page := b.get("/ho-so/" + c.Dossier.ID)
	links := picturePath.FindAllStringSubmatch(page.body, -1)
	if len(links) != 3 {
		t.Fatalf("%d pictures", len(links))
	}
	other := d.officer(t, "Lê Văn Hòa", onestop.RoleReceiver)
	for _, l := range links {
		res := b.get(l[1])
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/jpeg" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("picture: %d %v", res.StatusCode, res.Header)
		}
		if strings.Contains(l[1], c.Dossier.ID) {
			t.Error("the address tells the dossier")
		}
		if res := other.get(l[1]); res.StatusCode != http.StatusNotFound {
			t.Errorf("another person's login: %d", res.StatusCode)
		}
	}
	b.get("/ho-so/"+c.Dossier.ID).has(t, "Lượt xem (5)")

	clerk := d.officer(t, "Phạm Văn Thư", onestop.RoleClerk)
	page = clerk.get("/ho-so/" + c.Dossier.ID)
	page.has(t, "không xem ảnh khuôn mặt")
	if n := len(picturePath.FindAllString(page.body, -1)); n != 1 {
		t.Errorf("a clerk gets %d pictures, not the paper alone", n)
	}
}

func TestAdminSeesNoDossier(t *testing.T) {
	d := newDesk(t, nil)
	c := d.Deliver(t, nil)
	b := d.officer(t, "Quản Trị", onestop.RoleAdmin)
	b.get("/").hasNot(t, onestoptest.Citizen.Name)
	res := b.get("/ho-so/" + c.Dossier.ID)
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("%d", res.StatusCode)
	}
	res.hasNot(t, onestoptest.Citizen.Name)
	if res := b.get("/ho-so/" + c.Dossier.ID + "/chuyen/2"); res.StatusCode != http.StatusForbidden {
		t.Errorf("%d", res.StatusCode)
	}
}

// From intake to the result, by the buttons, as a citizen sees it.
func TestWholeWay(t *testing.T) {
	d := newDesk(t, nil)
	c := d.Deliver(t, nil)
	b := d.officer(t, "Trần Văn Bình", onestop.RoleHead)
	id := c.Dossier.ID
	citizen := d.browser(t)
	citizen.get("/tra-cuu/"+kiosk.FormatToken(c.Token)).has(t, "Mới đăng ký", "chờ cán bộ tiếp nhận", "Đăng ký khai sinh")
	steps := []struct {
		from, to int
		label    string
		note     string
		says     string
	}{
		{1, 5, "Yêu cầu bổ sung", "Bổ sung <b>bản chính</b> giấy chứng sinh", "Yêu cầu bổ sung giấy tờ"},
		{5, 2, "Tiếp nhận", "", "Được tiếp nhận"},
		{2, 4, "Bắt đầu xử lý", "", "Đang xử lý"},
		{4, 9, "Xử lý xong", "", "Đã xử lý xong"},
		{9, 10, "Trả kết quả", "", "Đã trả kết quả"},
	}
	for _, s := range steps {
		path := fmt.Sprintf("/ho-so/%s/chuyen/%d", id, s.to)
		b.get("/ho-so/"+id).has(t, s.label, path)
		form := b.get(path)
		form.has(t, s.label, onestoptest.Citizen.Name)
		res := b.post(path, url.Values{
			"csrf": {form.csrf(t)}, "from": {fmt.Sprint(s.from)}, "note": {s.note}, "confirm": {"yes"},
		})
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d to %d: %d", s.from, s.to, res.StatusCode)
		}
		st := citizen.get("/tra-cuu/" + c.Token)
		st.has(t, s.says, s.note)
		st.hasNot(t, onestoptest.Citizen.Name, onestoptest.Citizen.Number, "Trần Văn Bình")
		if strings.Contains(st.body, "<b>bản chính") {
			t.Error("an officer's words became markup")
		}
	}
	page := b.get("/ho-so/" + id)
	page.has(t, "H00.00-20261121-0000001", "Đã trả kết quả", "Trần Văn Bình, Trưởng bộ phận", "Không có việc nào")
	b.get("/?ma=H00.00-20261121-0000001").has(t, onestoptest.Citizen.Name)
	b.get("/?trang-thai=10").has(t, onestoptest.Citizen.Name)
	citizen.get("/tra-cuu/"+c.Token).has(t, "H00.00-20261121-0000001")
}

func TestMoveFormSaysWhatIsMissing(t *testing.T) {
	d := newDesk(t, nil)
	c := d.Deliver(t, func(x *kiosk.Dossier) { x.Chip.Files[kiosk.FileSOD] = []byte("unknown issuer") })
	b := d.officer(t, "Trần Văn Bình", onestop.RoleHead)
	path := "/ho-so/" + c.Dossier.ID + "/chuyen/"
	csrf := b.get(path + "3").csrf(t)
	for _, tt := range []struct {
		to   string
		form url.Values
		want string
	}{
		{"3", url.Values{"confirm": {"yes"}, "note": {" "}}, "Cần ghi nội dung cho công dân"},
		{"3", url.Values{"note": {"Lý do đã viết"}}, "Cần đánh dấu vào ô xác nhận"},
		{"2", url.Values{"confirm": {"yes"}}, "Danh tính chưa được máy xác thực"},
		{"5", url.Values{"note": {strings.Repeat("ạ", onestop.MaxNote+1)}}, "dài quá 1000 ký tự"},
	} {
		tt.form.Set("csrf", csrf)
		tt.form.Set("from", "1")
		res := b.post(path+tt.to, tt.form)
		if res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", tt.want, res.StatusCode)
		}
		res.has(t, tt.want, strings.TrimSpace(tt.form.Get("note")))
	}
	// what the table does not allow, and what another officer did before
	for to, form := range map[string]url.Values{
		"10": {"csrf": {csrf}, "from": {"1"}, "confirm": {"yes"}}, "4": {"csrf": {csrf}, "from": {"2"}}, "99": {"csrf": {csrf}, "from": {"1"}},
	} {
		if res := b.post(path+to, form); res.StatusCode != http.StatusConflict {
			t.Errorf("to %s: %d", to, res.StatusCode)
		}
		if res := b.get(path + to); res.StatusCode != http.StatusConflict {
			t.Errorf("page to %s: %d", to, res.StatusCode)
		}
	}
	if it, err := d.Store.Item(t.Context(), c.Dossier.ID); err != nil || it.State != 1 {
		t.Errorf("state %d, %v", it.State, err)
	}
	if res := b.post(path+"5", url.Values{"csrf": {csrf}, "from": {"1"}, "note": {strings.Repeat("x", 100_000)}}); res.StatusCode < 400 {
		t.Errorf("a form of 100 KB: %d", res.StatusCode)
	}
}

// A second request for supplements makes a dossier late by the official formula: the officer is told before.
func TestSecondSupplementWarns(t *testing.T) {
	d := newDesk(t, nil)
	c := d.Deliver(t, nil)
	b := d.officer(t, "Trần Văn Bình", onestop.RoleHead)
	path := "/ho-so/" + c.Dossier.ID + "/chuyen/"
	first := b.get(path + "5")
	first.hasNot(t, "trễ hạn")
	for _, s := range [][2]string{{"1", "5"}, {"5", "2"}} {
		res := b.post(path+s[1], url.Values{"csrf": {first.csrf(t)}, "from": {s[0]}, "note": {"Bổ sung"}, "confirm": {"yes"}})
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%v: %d", s, res.StatusCode)
		}
	}
	b.get(path+"5").has(t, "đã được yêu cầu bổ sung 1 lần", "trễ hạn")
}

// Every POST needs the CSRF word of this login, and none is obeyed that another site started.
func TestCSRF(t *testing.T) {
	d := newDesk(t, nil)
	c := d.Deliver(t, nil)
	b := d.officer(t, "Trần Văn Bình", onestop.RoleHead)
	other := d.officer(t, "Lê Văn Hòa", onestop.RoleHead)
	foreign := other.get("/mat-khau").csrf(t)
	own := b.get("/mat-khau").csrf(t)
	posts := map[string]url.Values{
		"/ho-so/" + c.Dossier.ID + "/chuyen/2": {"from": {"1"}, "confirm": {"yes"}},
		"/mat-khau":                            {"old": {onestoptest.Password}, "next": {"mật khẩu của kẻ khác"}, "again": {"mật khẩu của kẻ khác"}},
		"/dang-xuat":                           {},
		"/dang-xuat-moi-noi":                   {},
	}
	for path, form := range posts {
		for _, word := range []string{"", "x", foreign} {
			form.Set("csrf", word)
			if res := b.post(path, form); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s with the word %.4q: %d", path, word, res.StatusCode)
			}
		}
		form.Set("csrf", own)
		for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://example.org"}} {
			if res := b.post(path, form, header...); res.StatusCode != http.StatusForbidden {
				t.Errorf("%s from another site: %d", path, res.StatusCode)
			}
		}
	}
	if it, err := d.Store.Item(t.Context(), c.Dossier.ID); err != nil || it.State != 1 {
		t.Errorf("state %d, %v", it.State, err)
	}
	if res := b.get("/"); res.StatusCode != http.StatusOK {
		t.Errorf("logged out by another site: %d", res.StatusCode)
	}
	if res := b.get("/dang-xuat"); res.StatusCode == http.StatusSeeOther {
		t.Error("a GET logs out")
	}
	if res := b.post("/dang-xuat", url.Values{"csrf": {own}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("logout: %d", res.StatusCode)
	}
	if res := b.get("/"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("after logout: %d", res.StatusCode)
	}
}

// Several receivers over one store serve one officer: the page comes from one, its pictures from another, and what the form does is
// done at a third request wherever it lands. Logging out everywhere is so at each.
func TestReceiversShareLogins(t *testing.T) {
	d := newDesk(t, nil)
	c := d.Deliver(t, nil)
	pages, err := officer.New(officer.Options{Desk: d.Again(t)})
	if err != nil {
		t.Fatal(err)
	}
	second := httptest.NewServer(pages)
	t.Cleanup(second.Close)
	b := d.officer(t, "Trần Văn Bình", onestop.RoleHead)
	there := *b // the same cookies; they are of a host, whatever the port
	there.base = second.URL
	page := b.get("/ho-so/" + c.Dossier.ID)
	for _, l := range picturePath.FindAllStringSubmatch(page.body, -1) {
		if res := there.get(l[1]); res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "image/jpeg" {
			t.Errorf("picture at the other receiver: %d", res.StatusCode)
		}
	}
	path := "/ho-so/" + c.Dossier.ID + "/chuyen/2"
	if res := there.post(path, url.Values{"csrf": {b.get(path).csrf(t)}, "from": {"1"}, "confirm": {"yes"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("move at the other receiver: %d", res.StatusCode)
	}
	if it, err := d.Store.Item(t.Context(), c.Dossier.ID); err != nil || it.State != kiosk.StateReceived {
		t.Errorf("state %d, %v", it.State, err)
	}
	other := d.browser(t)
	other.login("binh.tv", onestoptest.Password)
	if res := there.post("/dang-xuat-moi-noi", url.Values{"csrf": {b.get("/mat-khau").csrf(t)}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("logout everywhere: %d", res.StatusCode)
	}
	for name, b := range map[string]*browser{"here": b, "elsewhere": other} {
		if res := b.get("/"); res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/dang-nhap" {
			t.Errorf("%s after logout everywhere: %d", name, res.StatusCode)
		}
	}
}

func TestUnopenable(t *testing.T) {
	d := newDesk(t, nil)
	c := d.NewCase(t, nil)
	c.Sealed.Body[len(c.Sealed.Body)-1] ^= 1
	c.Sealed.SHA256 = sha256.Sum256(c.Sealed.Body)
	if _, _, err := d.Desk.Receive(t.Context(), onestoptest.KioskName, c.Sealed); err != nil {
		t.Fatal(err)
	}
	b := d.officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	b.get("/").has(t, "Không mở được", "chưa rõ tên")
	b.get("/?loi=1").has(t, "/ho-so/"+c.Dossier.ID)
	page := b.get("/ho-so/" + c.Dossier.ID)
	if page.StatusCode != http.StatusOK {
		t.Errorf("%d", page.StatusCode)
	}
	page.has(t, "Không mở được hồ sơ", "Phong bì bị thay đổi")
	page.hasNot(t, "/chuyen/2")
	b.get("/tra-cuu/"+c.Token).has(t, "chưa mở được")
}

// A forged document is shown as such, with the reason in words.
func TestRefusedIdentity(t *testing.T) {
	d := newDesk(t, nil)
	c := d.Deliver(t, func(x *kiosk.Dossier) {
		x.Chip.Files[kiosk.FileSOD] = []byte("forged")
		x.Face.Score = 0.11
	})
	b := d.officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	page := b.get("/ho-so/" + c.Dossier.ID)
	page.has(t, "Không khớp", "Chữ ký trên EF.SOD không đúng", "Ki-ốt ghi: đạt", "0,253 dưới ngưỡng", "không đạt")
}

func TestChangePasswordPage(t *testing.T) {
	d := newDesk(t, nil)
	b := d.officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	csrf := b.get("/mat-khau").csrf(t)
	post := func(old, next, again string) answer {
		return b.post("/mat-khau", url.Values{"csrf": {csrf}, "old": {old}, "next": {next}, "again": {again}})
	}
	post(onestoptest.Password, "mật khẩu mới hơn", "mật khẩu khác mất rồi").has(t, "không giống nhau")
	post("sai rồi", "mật khẩu mới hơn", "mật khẩu mới hơn").has(t, "hiện tại chưa đúng")
	post(onestoptest.Password, "ngắn", "ngắn").has(t, "ít nhất 12 ký tự")
	post(onestoptest.Password, "mật khẩu mới hơn", "mật khẩu mới hơn").has(t, "Đã đổi mật khẩu")
	if res := d.browser(t).login("lan.nt", "mật khẩu mới hơn"); res.StatusCode != http.StatusSeeOther {
		t.Errorf("login with the new password: %d", res.StatusCode)
	}
}

// A store that fails gives a page, not a trace, and nothing is shown without being logged.
func TestStoreFails(t *testing.T) {
	broken := &brokenStore{}
	d := newDesk(t, func(o *onestop.Options) { broken.Store = o.Store; o.Store = broken })
	c := d.Deliver(t, nil)
	b := d.officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver)
	broken.events = errors.New("disk gone")
	res := b.get("/ho-so/" + c.Dossier.ID)
	if res.StatusCode != http.StatusInternalServerError {
		t.Errorf("%d", res.StatusCode)
	}
	res.has(t, "Trang gặp lỗi")
	res.hasNot(t, "disk gone", onestoptest.Citizen.Name)
}

// The evidence is handed out by the head of the office alone, with a reason that stays in the log, and checks offline.
func TestEvidence(t *testing.T) {
	var log bytes.Buffer
	d := newDesk(t, func(o *onestop.Options) {
		o.Audit = audit.New(slog.NewJSONHandler(&log, nil), audit.Options{Strict: true, Chain: audit.NewChain(o.Store, nil)})
	})
	c := d.Deliver(t, nil)
	path := "/ho-so/" + c.Dossier.ID + "/chung-cu"
	d.officer(t, "Nguyễn Thị Lan", onestop.RoleReceiver).get("/ho-so/"+c.Dossier.ID).hasNot(t, "Xuất tệp chứng cứ")
	b := d.officer(t, "Trần Văn Bình", onestop.RoleHead)
	b.get("/ho-so/"+c.Dossier.ID).has(t, "Xuất tệp chứng cứ")
	form := b.get(path)
	form.has(t, onestoptest.Citizen.Name, "Ai yêu cầu", "kioskctl evidence verify")
	post := func(reason string) answer {
		return b.post(path, url.Values{"csrf": {form.csrf(t)}, "reason": {reason}})
	}
	for _, reason := range []string{"", "  ", strings.Repeat("x", onestop.MaxNote+1)} {
		if res := post(reason); res.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("reason of %d characters: %d", len(reason), res.StatusCode)
		}
	}
	if strings.Contains(log.String(), "evidence.exported") {
		t.Error("logged, although nothing was given")
	}
	const reason = "Tòa án nhân dân khu vực 1, công văn số 12/2026"
	res := post(reason)
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "application/zip" || res.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", res.StatusCode, res.Header)
	}
	e, err := dossier.OpenExport(strings.NewReader(res.body), int64(len(res.body)))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := e.Package()
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := dossier.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	chip := onestoptest.Chip()
	r := pkg.Verify(dossier.VerifyOptions{Devices: d.Keys.CA.Pool(), Now: onestoptest.At, PassiveAuth: chip.PassiveAuth, Decode: chip.Decode, Page: e.Page})
	if r.Verdict != kiosk.Verified || pkg.Manifest.ID != c.Dossier.ID {
		t.Errorf("%s %+v", r.Verdict, r.Checks)
	}
	b.get("/ho-so/"+c.Dossier.ID).has(t, "Xuất tệp chứng cứ ra ngoài", "Nội bộ: "+reason, "Trần Văn Bình")
	if !strings.Contains(log.String(), `"evidence.exported"`) || strings.Contains(log.String(), "công văn") {
		t.Error("the audit log has no entry, or tells too much")
	}
	// What cannot be opened has no evidence to hand out.
	bad := d.NewCase(t, nil)
	bad.Sealed.Body[len(bad.Sealed.Body)-1] ^= 1
	bad.Sealed.SHA256 = sha256.Sum256(bad.Sealed.Body)
	if _, _, err := d.Desk.Receive(t.Context(), onestoptest.KioskName, bad.Sealed); err != nil {
		t.Fatal(err)
	}
	path = "/ho-so/" + bad.Dossier.ID + "/chung-cu"
	if get, sent := b.get(path), post(reason); get.StatusCode != http.StatusConflict || sent.StatusCode != http.StatusConflict {
		t.Errorf("unopenable: %d, %d", get.StatusCode, sent.StatusCode)
	}
}
