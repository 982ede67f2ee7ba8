package dossier_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"slices"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/dossier"
)

// exported builds a dossier of three pages that travel beside the package, and exports it.
func exported(t testing.TB) (pkg []byte, pages [][]byte, archive []byte, dev device) {
	t.Helper()
	dev = newDevice(t, "kiosk-01", x509.ExtKeyUsageClientAuth)
	dev.signer.Beside = true
	d := newDossier()
	d.Papers = nil
	for i := range 3 {
		page := bytes.Repeat([]byte{byte(i + 1)}, 5000+i)
		pages = append(pages, page)
		d.Papers = append(d.Papers, kiosk.Document{Paper: "Tờ khai", Page: kiosk.Image{Data: page, Type: "image/jpeg"}, SHA256: sha256.Sum256(page)})
	}
	pkg = build(t, d, dev)
	var b bytes.Buffer
	if err := dossier.WriteExport(&b, pkg, func(n int) ([]byte, error) { return bytes.Clone(pages[n]), nil }); err != nil {
		t.Fatal(err)
	}
	return pkg, pages, b.Bytes(), dev
}

func TestExport(t *testing.T) {
	pkg, pages, archive, _ := exported(t)
	if !dossier.IsExport(archive) || dossier.IsExport(pkg) || dossier.IsExport(nil) {
		t.Error("an export is not told from a package")
	}
	e, err := dossier.OpenExport(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.Package(); err != nil || !bytes.Equal(got, pkg) {
		t.Errorf("package: %v", err)
	}
	for i, want := range pages {
		if got, err := e.Page(i); err != nil || !bytes.Equal(got, want) {
			t.Errorf("page %d: %v", i+1, err)
		}
	}
	if _, err := e.Page(3); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Errorf("a page that is not there: %v", err)
	}
	r := open(t, pkg).Verify(dossier.VerifyOptions{Page: e.Page})
	if c, _ := r.Check(dossier.LinkPapers); c.Result != kiosk.CheckSuccessful || c.Reason != "" {
		t.Errorf("pages: %+v", c)
	}
}

// What is not whole is not exported.
func TestExportRefuses(t *testing.T) {
	pkg, pages, _, _ := exported(t)
	lost := errors.New("lost")
	for name, page := range map[string]func(int) ([]byte, error){
		"a page cannot be read": func(n int) ([]byte, error) {
			if n == 1 {
				return nil, lost
			}
			return bytes.Clone(pages[n]), nil
		},
		"another page": func(int) ([]byte, error) { return bytes.Clone(pages[0]), nil },
		"no pages":     nil,
	} {
		if err := dossier.WriteExport(io.Discard, pkg, page); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := dossier.WriteExport(io.Discard, pkg[:len(pkg)-1], nil); kiosk.CodeOf(err) != kiosk.CodeBadInput {
		t.Error("half a package is exported")
	}
}

// Archives that others made: nothing but what an export holds is read, nothing is unpacked that was compressed.
func TestOpenExportRefuses(t *testing.T) {
	archive := func(method uint16, names ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, n := range names {
			f, err := z.CreateHeader(&zip.FileHeader{Name: n, Method: method})
			if err == nil {
				_, err = f.Write(make([]byte, 1000))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "a bomb": archive(zip.Deflate, "evidence.mcdp"), "no package": archive(zip.Store, "paper.1"),
		"something else": archive(zip.Store, "evidence.mcdp", "../../etc/passwd"), "twice": archive(zip.Store, "evidence.mcdp", "evidence.mcdp"),
		"page zero": archive(zip.Store, "evidence.mcdp", "paper.0"), "cut": archive(zip.Store, "evidence.mcdp")[:900],
	} {
		if _, err := dossier.OpenExport(bytes.NewReader(b), int64(len(b))); kiosk.CodeOf(err) != kiosk.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := dossier.OpenExport(bytes.NewReader(nil), dossier.MaxExport+1); err == nil {
		t.Error("too large is read")
	}
}

// Whatever byte of the archive changes: it does not open, or what it holds is what was exported, or the package's own links break.
func FuzzOpenExport(f *testing.F) {
	pkg, pages, archive, _ := exported(f)
	f.Add(archive)
	f.Add(archive[:len(archive)-1])
	f.Add([]byte("PK\x05\x06" + string(make([]byte, 18))))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := dossier.OpenExport(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if kiosk.CodeOf(err) != kiosk.CodeBadInput {
				t.Errorf("%v", err)
			}
			return
		}
		got, err := e.Package()
		if err != nil || !bytes.Equal(got, pkg) {
			return // another package, which has its own tests
		}
		c, _ := open(t, got).Verify(dossier.VerifyOptions{Page: e.Page}).Check(dossier.LinkPapers)
		same := slices.EqualFunc(pages, []int{0, 1, 2}, func(want []byte, n int) bool {
			p, err := e.Page(n)
			return err == nil && bytes.Equal(p, want)
		})
		if (c.Result == kiosk.CheckSuccessful) != same {
			t.Errorf("pages are the same: %v, link %+v", same, c)
		}
	})
}
