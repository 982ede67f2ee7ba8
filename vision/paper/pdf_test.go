package paper

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gocv.io/x/gocv"

	"motcua/vision"
	"motcua/vision/visiontest"
)

// bound makes two pages without a camera: a form with a stamp, and a grey one on its side.
func bound(t *testing.T) []*Page {
	t.Helper()
	m, err := vision.FromImage(visiontest.Certificate().Draw())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	big := gocv.NewMat()
	defer big.Close()
	gocv.Resize(m, &big, image.Pt(1654, 2339), 0, 0, gocv.InterpolationLinear)
	a := &Page{Width: 210, Height: 297}
	if err := a.encode(&big); err != nil {
		t.Fatal(err)
	}
	grey, wide := gocv.NewMat(), gocv.NewMat()
	defer grey.Close()
	defer wide.Close()
	gocv.CvtColor(big, &grey, gocv.ColorBGRToGray)
	gocv.CvtColor(grey, &grey, gocv.ColorGrayToBGR)
	gocv.Rotate(grey, &wide, gocv.Rotate90Clockwise)
	b := &Page{Width: 297, Height: 210}
	if err := b.encode(&wide); err != nil {
		t.Fatal(err)
	}
	if a.Grey || !b.Grey {
		t.Fatalf("grey: %v %v", a.Grey, b.Grey)
	}
	return []*Page{a, b}
}

func TestPDFIsTheSameForTheSamePages(t *testing.T) {
	pages := bound(t)
	var a, b bytes.Buffer
	sum, err := WritePDF(&a, pages)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := WritePDF(&b, pages); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) || sum != sha256.Sum256(a.Bytes()) {
		t.Errorf("two files differ, or the hash is another's: %v", err)
	}
	if extra := a.Len() - len(pages[0].Image.Data) - len(pages[1].Image.Data); extra > 6000 {
		t.Errorf("%d bytes besides the pictures", extra)
	}
	// Every entry of the cross-reference table points at its object.
	data := a.Bytes()
	start, err := strconv.Atoi(string(regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(data)[1]))
	if err != nil || !bytes.HasPrefix(data[start:], []byte("xref\n0 12\n")) {
		t.Fatalf("startxref %d: %v", start, err)
	}
	for i, m := range regexp.MustCompile(`(\d{10}) 00000 n \n`).FindAllSubmatch(data[start:], -1) {
		at, err := strconv.Atoi(string(m[1]))
		if err != nil || !bytes.HasPrefix(data[at:], []byte(strconv.Itoa(i+1)+" 0 obj\n")) {
			t.Errorf("object %d is not at %d", i+1, at)
		}
	}
}

func TestPDFReadByOthers(t *testing.T) {
	info, err1 := exec.LookPath("pdfinfo")
	ppm, err2 := exec.LookPath("pdftoppm")
	if err1 != nil || err2 != nil {
		t.Skip("needs pdfinfo and pdftoppm (Debian package poppler-utils)")
	}
	pages := bound(t)
	name := filepath.Join(t.TempDir(), "pages.pdf")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	_, err = WritePDF(f, pages)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), info, "-f", "1", "-l", "2", name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`Pages: +2\n`, `Page +1 size: +595.27\d* x 841.8\d* pts \(A4\)`, `Page +2 size: +841.8\d* x 595.27\d* pts \(A4\)`, `PDF version: +1.7\n`, `Metadata Stream: +yes`} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("pdfinfo does not say %s:\n%s", want, out)
		}
	}
	if strings.Contains(strings.ToLower(string(out)), "error") {
		t.Errorf("%s", out)
	}
	drawn := filepath.Join(filepath.Dir(name), "p")
	if out, err := exec.CommandContext(t.Context(), ppm, "-r", "200", "-png", name, drawn).CombinedOutput(); err != nil || len(out) != 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	for i, p := range pages {
		same(t, drawn+"-"+strconv.Itoa(i+1)+".png", p)
	}
}

// same compares a page drawn by another program with its picture.
func same(t *testing.T, name string, p *Page) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	a, err := vision.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := vision.Decode(p.Image.Data)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if abs(a.Cols()-b.Cols()) > 1 || abs(a.Rows()-b.Rows()) > 1 {
		t.Fatalf("%d×%d, want %d×%d", a.Cols(), a.Rows(), b.Cols(), b.Rows())
	}
	gocv.Resize(a, &a, image.Pt(b.Cols(), b.Rows()), 0, 0, gocv.InterpolationArea)
	diff := gocv.NewMat()
	defer diff.Close()
	gocv.AbsDiff(a, b, &diff)
	if m := diff.Mean(); max(m.Val1, m.Val2, m.Val3) > 4 {
		t.Errorf("the drawn page differs from its picture by %v", m)
	}
}

func abs(v int) int { return max(v, -v) }

func TestPDFRefusesWhatIsNoPage(t *testing.T) {
	good := bound(t)[0]
	noSize, noJPEG := *good, *good
	noSize.Width = 0
	noJPEG.Image.Data = []byte("%PDF-1.7")
	for name, pages := range map[string][]*Page{
		"none": nil, "nil": {nil}, "no size": {&noSize}, "no JPEG": {good, &noJPEG}, "too many": make([]*Page, MaxPages+1),
	} {
		if _, err := WritePDF(io.Discard, pages); !errors.Is(err, ErrPages) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := WritePDF(full{}, []*Page{good}); !errors.Is(err, errFull) {
		t.Errorf("a full disk: %v", err)
	}
}

var errFull = errors.New("full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// The profile's table of tags points into it, and white is white: the colorants sum to the illuminant.
func TestSRGBProfile(t *testing.T) {
	p := srgbProfile()
	u := func(at int) int { return int(p[at])<<24 | int(p[at+1])<<16 | int(p[at+2])<<8 | int(p[at+3]) }
	if u(0) != len(p) || string(p[36:40]) != "acsp" || len(p)%4 != 0 || u(128) != 9 {
		t.Fatalf("%d bytes, header says %d, %d tags", len(p), u(0), u(128))
	}
	var sum [3]int
	for i := range 9 {
		name, at, n := string(p[132+12*i:136+12*i]), u(136+12*i), u(140+12*i)
		if at%4 != 0 || at < 132+9*12 || at+n > len(p) {
			t.Errorf("%s at %d of %d bytes", name, at, n)
		}
		if name[1:] == "XYZ" {
			for k := range sum {
				sum[k] += u(at + 8 + 4*k)
			}
		}
	}
	for k, want := range [3]int{63190, 65536, 54061} { // D50
		if abs(sum[k]-want) > 20 {
			t.Errorf("white is %v", sum)
		}
	}
}
