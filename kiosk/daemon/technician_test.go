package daemon_test

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/kiosk/daemon"
	"motcua/kiosk/provision"
	"motcua/kiosk/statement"
	"motcua/vision"
	"motcua/vision/qr"
)

const workshop = "/technician/"

// typePIN types the PIN at the pad, as fingers do.
func (b *browser) typePIN(pin string) string {
	b.t.Helper()
	b.get(workshop)
	for _, d := range pin {
		b.post(workshop+"pin", url.Values{"key": {string(d)}})
	}
	return b.post(workshop+"pin", url.Values{"key": {"enter"}})
}

// TestTechnician: nobody without the PIN; behind it every fault with its fix, tests of the devices, and a signed statement that
// the office's authority alone verifies.
func TestTechnician(t *testing.T) {
	h := open(t)
	office := h.config().Office.Dir
	if body := h.page.typePIN("246802"); !strings.Contains(body, "chưa đặt mã PIN") {
		t.Errorf("no PIN was set: %.200s", body)
	}
	if err := daemon.SetPIN(office, "246802"); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"tools", "group/devices", "check/reader", "statement", "picture/face", "wipe"} {
		if body := h.page.get(workshop + path); !strings.Contains(body, "Nhập mã PIN") {
			t.Errorf("%s without a PIN: %.200s", path, body)
		}
	}
	if body := h.page.typePIN("999999"); !strings.Contains(body, "Sai mã PIN") || strings.Contains(body, "Công cụ") {
		t.Errorf("a wrong PIN: %.300s", body)
	}
	h.world.Printer().SetPaper(false)
	body := h.page.typePIN("246802")
	if !strings.Contains(body, "Máy in hết giấy") || !strings.Contains(body, "Thay cuộn giấy") || !strings.Contains(body, "việc cần làm") {
		t.Errorf("the summary: %.1500s", body)
	}
	if other := enter(t, h.kiosk.PageURL()).get(workshop + "tools"); !strings.Contains(other, "Nhập mã PIN") {
		t.Error("another browser is in")
	}
	h.page.enterAgain()
	h.world.Printer().SetPaper(true)
	if body := h.page.post(workshop+"check/printer", nil); !strings.Contains(body, "Máy in phiếu: Tốt") {
		t.Errorf("the printer again: %.600s", body)
	}
	for group, want := range map[string]string{"devices": "Đầu đọc thẻ", "machine": "Đồng hồ", "network": "Máy chủ một cửa", "data": "Danh mục thủ tục"} {
		if body := h.page.get(workshop + "group/" + group); !strings.Contains(body, want) {
			t.Errorf("%s: %.300s", group, body)
		}
	}
	before := h.world.Receipts()
	h.page.post(workshop+"print", nil)
	if h.world.Receipts() != before+1 {
		t.Error("no test slip came")
	}
	for dot := range 9 {
		body = h.page.post(workshop+"touch", url.Values{"dot": {fmt.Sprint(dot)}})
	}
	if !strings.Contains(body, "Màn hình cảm ứng tốt") {
		t.Errorf("nine dots: %.300s", body)
	}
	if body := h.page.post(workshop+"sound", url.Values{"step": {"2"}}); !strings.Contains(body, "Đã phát") {
		t.Errorf("sound: %.300s", body)
	}
	if said := h.heard.keys(); len(said) == 0 || said[len(said)-1] != "welcome" {
		t.Errorf("heard %v", said)
	}
	h.page.get(workshop + "picture/face")
	if _, err := jpeg.Decode(strings.NewReader(h.page.body)); err != nil {
		t.Errorf("the picture: %v", err)
	}
	h.readStatement(office)
	if body := h.page.post(workshop+"leave", nil); strings.Contains(body, "Công cụ") {
		t.Error("still in after leaving")
	}
	if body := h.page.get(workshop + "tools"); !strings.Contains(body, "Nhập mã PIN") {
		t.Error("still in after leaving")
	}
	if strings.Contains(h.logs.String(), "246802") {
		t.Error("the log tells the PIN")
	}
}

// enterAgain takes the session back from another browser's look at the pad.
func (b *browser) enterAgain() { b.typePIN("246802") }

// readStatement draws the page's code as a screen does, reads it as a telephone does, and verifies it.
func (h *hall) readStatement(office string) {
	h.t.Helper()
	body := h.page.get(workshop + "statement")
	side := regexp.MustCompile(`viewBox="0 0 (\d+) `).FindStringSubmatch(body[strings.Index(body, `class="qr"`):])
	path := regexp.MustCompile(`fill="#000" d="([^"]+)"`).FindStringSubmatch(body)
	if side == nil || path == nil {
		h.t.Fatalf("no code: %.500s", body)
	}
	text := readSVG(h.t, side[1], path[1])
	o, err := provision.LoadOffice(office)
	if err != nil {
		h.t.Fatal(err)
	}
	roots, err := o.Pool()
	if err != nil {
		h.t.Fatal(err)
	}
	s, err := statement.Verify(text, roots)
	if err != nil || s.Kiosk != "demo-01" || s.Version != "test" || len(s.Program) != 64 || s.OK < 10 || time.Since(s.At).Abs() > time.Minute {
		h.t.Errorf("the statement: %+v, %v", s, err)
	}
}

// TestWipe: the technician's wipe leaves nothing of what the machine kept, and needs the number that the screen shows.
func TestWipe(t *testing.T) {
	h := open(t)
	if err := daemon.SetPIN(h.config().Office.Dir, "246802"); err != nil {
		t.Fatal(err)
	}
	if err := h.kiosk.Close(); err != nil {
		t.Fatal(err)
	}
	h.kiosk = nil
	cfg := h.config()
	canary := []byte("CANARY-" + strings.Repeat("7", 40))
	if err := os.WriteFile(filepath.Join(cfg.Data.Dir, "kept.bin"), bytes.Repeat(canary, 50), 0o400); err != nil {
		t.Fatal(err)
	}
	p, err := h.demo.StartKiosk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.page = enter(t, h.demo.PageURL())
	h.page.typePIN("246802")
	body := h.page.get(workshop + "wipe")
	if !strings.Contains(body, "Không có hồ sơ nào chờ gửi") {
		t.Errorf("the first step: %.600s", body)
	}
	body = h.page.post(workshop+"wipe", url.Values{"key": {"next"}})
	number := regexp.MustCompile(`Gõ số (\d{4})`).FindStringSubmatch(body)
	if number == nil {
		t.Fatalf("the second step: %.600s", body)
	}
	if body = h.page.post(workshop+"wipe", url.Values{"key": {"enter"}}); !strings.Contains(body, "Chưa xóa gì") {
		t.Errorf("nothing typed: %.600s", body)
	}
	for _, d := range number[1] {
		h.page.post(workshop+"wipe", url.Values{"key": {string(d)}})
	}
	h.page.post(workshop+"wipe", url.Values{"key": {"enter"}})
	select {
	case <-p.Done():
	case <-time.After(40 * time.Second):
		t.Fatal("kioskd goes on")
	}
	if p.Err() != nil {
		t.Errorf("kioskd: %v\n%s", p.Err(), h.logs.String())
	}
	err = filepath.WalkDir(filepath.Dir(cfg.Data.Dir), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		if strings.HasPrefix(path, cfg.Data.Dir) || strings.HasPrefix(path, cfg.Office.Dir) || filepath.Base(path) == "kiosk.toml" {
			t.Errorf("left behind: %s", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// readSVG draws a code's path and reads it with OpenCV.
func readSVG(t *testing.T, side, path string) string {
	t.Helper()
	n, err := strconv.Atoi(side)
	if err != nil {
		t.Fatal(err)
	}
	const zoom = 6
	img := image.NewGray(image.Rect(0, 0, n*zoom, n*zoom))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-\d+z`).FindAllStringSubmatch(path, -1) {
		var v [3]int
		for i := range v {
			if v[i], err = strconv.Atoi(m[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		draw.Draw(img, image.Rect(v[0]*zoom, v[1]*zoom, (v[0]+v[2])*zoom, (v[1]+1)*zoom), image.Black, image.Point{}, draw.Src)
	}
	m, err := vision.FromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	codes, err := qr.Read(&m)
	if err != nil || len(codes) != 1 {
		t.Fatalf("%d codes read, %v", len(codes), err)
	}
	return string(codes[0].Payload)
}
