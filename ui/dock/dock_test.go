package dock

import (
	"bytes"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/printer"
	"motcua/drivers/sim"
	"motcua/kiosk"
)

// open serves a dock over a world of two people.
func open(t *testing.T) (*sim.World, *httptest.Server) {
	t.Helper()
	authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var people []sim.Person
	for _, p := range []emrtdtest.Person{
		{Number: "999301012345", Name: "Nguyễn Thị Thử", Birth: "15/01/2001", Sex: "Nữ", Issued: "02/03/2024"},
		{Number: "999072054321", Name: "Trần <Mẫu>", Birth: "20/11/1972", Sex: "Nam", Issued: "11/08/2022", NameMRZ: "TRAN MAU"},
	} {
		card, err := emrtdtest.Issue(p, emrtdtest.Silhouette(90), authority)
		if err != nil {
			t.Fatal(err)
		}
		people = append(people, sim.Person{Key: p.Number[3:6], Name: p.Name, Number: p.Number, Card: card})
	}
	w := sim.New(people)
	d, err := New(Options{World: w, Photo: func(key string) ([]byte, bool) { return []byte("jpeg"), key == "301" }, Kiosk: "http://127.0.0.1:1/", Officer: "http://127.0.0.1:2/"})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	return w, s
}

func press(t *testing.T, s *httptest.Server, form url.Values, header ...string) int {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.URL+"/do", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func get(t *testing.T, s *httptest.Server, path string) (int, string) {
	t.Helper()
	resp, err := http.Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b.String()
}

// TestEveryButtonOnThePage presses each button that the page shows, as the page shows it.
func TestEveryButtonOnThePage(t *testing.T) {
	w, s := open(t)
	_, page := get(t, s, "/")
	buttons := regexp.MustCompile(`name="do" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(buttons) < 15 {
		t.Fatalf("%d buttons", len(buttons))
	}
	for _, b := range buttons {
		if code := press(t, s, url.Values{"do": {b[1]}, "key": {"301"}}); code != http.StatusSeeOther {
			t.Errorf("%s: status %d", b[1], code)
		}
	}
	for _, b := range []string{"thaw", "light", "camera-in", "form", "mend", "paper-camera-in", "reader-in", "roll-in", "roll-full", "cover-close", "unjam", "printer-in", "earphones-out", "tear-off"} { // shown only after their opposites
		if code := press(t, s, url.Values{"do": {b}}); code != http.StatusSeeOther {
			t.Errorf("%s: status %d", b, code)
		}
	}
	press(t, s, url.Values{"do": {"arrive"}, "key": {"301"}, "fault": {"forged-dg2"}})
	if key, fault := w.Placed(); key != "301" || fault != "forged-dg2" || len(w.Scene().Who) != 1 {
		t.Errorf("%q with fault %q is on the reader, %v stand there", key, fault, w.Scene().Who)
	}
	if _, page = get(t, s, "/"); !strings.Contains(page, "Thẻ đang ở trên đầu đọc") || strings.Contains(page, "<Mẫu>") {
		t.Error("the page does not show the card, or shows a name as markup")
	}
}

// TestReceiptIsShown prints on the world's printer and looks at the dock.
func TestReceiptIsShown(t *testing.T) {
	w, s := open(t)
	if code, _ := get(t, s, "/receipt.png"); code != http.StatusNotFound {
		t.Errorf("a receipt before one was printed: %d", code)
	}
	d := printer.New(printer.Options{Open: w.Printer().Open})
	defer func() {
		if err := d.Halt(); err != nil {
			t.Error(err)
		}
	}()
	b := printer.NewBitmap(printer.Width80, 200)
	b.Set(3, 5, true)
	press(t, s, url.Values{"do": {"roll-out"}})
	if err := d.PrintBitmap(t.Context(), b); kiosk.CodeOf(err) != kiosk.CodePrinterPaper {
		t.Errorf("printing without paper: %v", err)
	}
	press(t, s, url.Values{"do": {"roll-in"}})
	if err := d.PrintBitmap(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if code, body := get(t, s, "/receipt.png"); code != http.StatusOK || !strings.Contains(body, "image/png") {
		t.Errorf("the receipt: %d", code)
	}
	m, err := png.Decode(bytes.NewReader(w.Receipt()))
	if err != nil || m.Bounds().Dx() != printer.Width80 {
		t.Fatalf("the picture: %v", err)
	}
	if r, _, _, _ := m.At(3, 5).RGBA(); r != 0 {
		t.Error("the picture is not what was printed")
	}
	w.Panel().Light(kiosk.LampStaff, true)
	if _, page := get(t, s, "/"); !strings.Contains(page, "/receipt.png?1") || !strings.Contains(page, "gọi cán bộ: sáng") {
		t.Error("the page shows neither the receipt nor the lamp")
	}
	press(t, s, url.Values{"do": {"tear-off"}})
	if code, _ := get(t, s, "/receipt.png"); code != http.StatusNotFound {
		t.Errorf("a receipt that was taken: %d", code)
	}
}

func TestDockRefuses(t *testing.T) {
	_, s := open(t)
	if code := press(t, s, url.Values{"do": {"explode"}}); code != http.StatusBadRequest {
		t.Errorf("an unknown button: %d", code)
	}
	if code := press(t, s, url.Values{"do": {"put"}, "key": {"nobody"}}); code != http.StatusBadRequest {
		t.Errorf("an unknown person: %d", code)
	}
	if code := press(t, s, url.Values{"do": {"cut"}}, "Sec-Fetch-Site", "cross-site"); code != http.StatusForbidden {
		t.Errorf("another site's post: %d", code)
	}
	req := httptest.NewRequest(http.MethodGet, "http://evil.example/", nil)
	rec := httptest.NewRecorder()
	s.Config.Handler.ServeHTTP(rec, req)
	if rec.Code != http.StatusForbidden {
		t.Errorf("another host: %d", rec.Code)
	}
	if code, _ := get(t, s, "/photo/072"); code != http.StatusNotFound {
		t.Errorf("a photo that is not there: %d", code)
	}
	if code, page := get(t, s, "/"); code != http.StatusOK || !strings.Contains(page, "Content-Security-Policy: default-src 'none'") {
		t.Errorf("no policy: %d", code)
	}
}
