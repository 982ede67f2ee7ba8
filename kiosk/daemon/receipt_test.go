package daemon_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"motcua/drivers/printer"
	"motcua/drivers/printer/printertest"
	"motcua/kiosk"
	"motcua/vision"
	"motcua/vision/qr"
)

// scanned gives what a QR reader finds on a receipt.
func scanned(t *testing.T, m image.Image) []string {
	t.Helper()
	mat, err := vision.FromImage(m)
	if err != nil {
		t.Fatal(err)
	}
	defer mat.Close()
	codes, err := qr.Read(&mat)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, c := range codes {
		list = append(list, string(c.Payload))
	}
	return list
}

// TestCodeOnPaperDecodes prints receipts through the byte stream and reads the code off the paper, for both papers and for
// addresses as short and as long as offices have.
func TestCodeOnPaperDecodes(t *testing.T) {
	for _, dots := range []int{printer.Width80, printer.Width58} {
		for _, base := range []string{"https://a.vn/", "https://motcua.phuong-thi-diem.example/h/", "https://dichvucong.tinh-thu-nghiem.example/ho-so/tra-cuu/phieu-nop-ho-so?ma="} {
			p := printertest.New(printertest.Options{Dots: dots})
			d := printer.New(printer.Options{Open: p.Open, Dots: dots})
			r := kiosk.Receipt{
				Token: "K7QRN-WXYZ2", URL: base + "K7QRNWXYZ2", Procedure: "Chứng thực bản sao từ bản chính", Submitted: time.Now(),
				Office: "Phường Thí Điểm", Hotline: "1900 0000", Return: kiosk.ReturnCounter, Papers: 3, Estimated: time.Now(),
			}
			if err := d.Print(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if got := scanned(t, p.Papers()[0].Image()); len(got) != 1 || got[0] != r.URL {
				t.Errorf("%d dots: the code says %q, want %q", dots, got, r.URL)
			}
			if err := d.Halt(); err != nil {
				t.Error(err)
			}
			p.Unplug()
		}
	}
}

// TestReceiptOfAVisit files a dossier while the printer has no paper: the screen says so and shows the code; then there is paper,
// and the receipt that comes out names the dossier and nobody.
func TestReceiptOfAVisit(t *testing.T) {
	needModels(t)
	h := open(t)
	h.world.Printer().SetPaper(false)
	h.toReview("thu")
	token := h.submit()
	until(t, "the screen says that there is no paper", func() bool {
		return strings.Contains(h.page.get("/"), "Máy hết giấy in") && strings.Contains(h.page.body, `class="qr"`)
	})
	if h.world.Receipts() != 0 {
		t.Error("a receipt came out of a printer without paper")
	}
	h.world.Printer().SetPaper(true)
	h.page.do("done", "print")
	until(t, "the receipt is printed", func() bool { return h.world.Receipts() == 1 })
	m, err := png.Decode(bytes.NewReader(h.world.Receipt()))
	if err != nil {
		t.Fatal(err)
	}
	codes := scanned(t, m)
	if len(codes) != 1 || !strings.Contains(codes[0], strings.ReplaceAll(token, "-", "")) {
		t.Errorf("the code on the receipt says %q, the screen %s", codes, token)
	}
	for _, personal := range []string{numbers["thu"], "THU", "Thử", "0912345678"} {
		if len(codes) > 0 && strings.Contains(codes[0], personal) {
			t.Error("the code holds something of the person")
		}
	}
	h.page.do("attract", "exit")
}

// TestNumberOnPaper draws a queue number: it comes out of the printer's bytes as it is on the screen; without paper the screen says so, and
// there is a second try.
func TestNumberOnPaper(t *testing.T) {
	h := open(t)
	h.world.Printer().SetPaper(false)
	h.page.do("home", "start")
	h.page.do("queue", "queue")
	h.page.do("queue_show", "draw", "service", "B")
	until(t, "the screen says that there is no paper", func() bool {
		return strings.Contains(h.page.get("/"), "Máy hết giấy in") && strings.Contains(h.page.body, "B01")
	})
	h.world.Printer().SetPaper(true)
	h.page.do("queue_show", "print")
	until(t, "the number is printed", func() bool { return h.world.Receipts() == 1 })
	got, err := png.Decode(bytes.NewReader(h.world.Receipt()))
	if err != nil {
		t.Fatal(err)
	}
	if b := got.Bounds(); b.Dx() != printer.Width80 || b.Dy() < 400 {
		t.Errorf("the slip is %v", b)
	}
	h.page.do("attract", "finish")
}
