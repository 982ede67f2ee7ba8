package ui

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed static
var staticFS embed.FS

//go:embed templates/*.html
var templateFS embed.FS

//go:embed texts/*.json
var textFS embed.FS

// Static holds the fonts and scripts under "static/", for the other pages of this project to share.
var Static = staticFS

// An asset is a file as it is sent: scripts without their comments, text packed for a browser that unpacks.
type asset struct {
	kind          string
	plain, packed []byte // packed is nil where packing gains nothing
}

// assets gives what lies under static/, by its address.
func assets() (map[string]asset, error) {
	all := map[string]asset{}
	err := fs.WalkDir(staticFS, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := staticFS.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		all["/"+name] = makeAsset(name, data)
		return nil
	})
	return all, err //nolint:wrapcheck // wrapped above
}

func makeAsset(name string, data []byte) asset {
	ext := path.Ext(name)
	a := asset{kind: mime.TypeByExtension(ext), plain: data}
	switch ext {
	case ".js":
		a.kind, a.plain = "text/javascript; charset=utf-8", slim(data)
	case ".woff2":
		a.kind = "font/woff2"
		return a // packed already
	case ".svg":
		a.kind = "image/svg+xml"
	case ".css":
		a.kind = "text/css; charset=utf-8"
	}
	a.packed = pack(a.plain)
	return a
}

// slim takes whole-line comments and indentation out of a script. Our scripts have no text that spans lines.
func slim(js []byte) []byte {
	var out bytes.Buffer
	for line := range strings.Lines(string(js)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
			out.WriteString(line + "\n")
		}
	}
	return out.Bytes()
}

func pack(data []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // the level is a valid one
	_, _ = w.Write(data)                                    // into memory: cannot fail
	if w.Close() != nil || buf.Len() >= len(data) {
		return nil
	}
	return buf.Bytes()
}

// send answers with a, packed when the browser takes that.
func (a asset) send(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Vary", "Accept-Encoding")
	if a.packed != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(a.packed) // the browser may be gone: nobody to tell
		return
	}
	_, _ = w.Write(a.plain) // as above
}

func (s *server) getStatic(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	a.send(w, r)
}
