package officer

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
)

// moduleRoot walks up to go.mod.
func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above")
		}
		dir = up
	}
}

// checkNames reads the constants of type CheckName of a source file.
func checkNames(t *testing.T, path ...string) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(append([]string{moduleRoot(t)}, path...)...), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || v.Type == nil || len(v.Values) != 1 {
			return true
		}
		typ := ""
		switch x := v.Type.(type) {
		case *ast.Ident:
			typ = x.Name
		case *ast.SelectorExpr:
			typ = x.Sel.Name
		}
		if lit, ok := v.Values[0].(*ast.BasicLit); ok && typ == "CheckName" {
			name, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		return true
	})
	return names
}

// Every check that evidence can hold has one row on the page.
func TestEveryCheckHasARow(t *testing.T) {
	rows := map[string]int{}
	for _, s := range sections {
		for _, c := range s.checks {
			rows[string(c.name)]++
			if c.text == "" || c.what == "" {
				t.Errorf("%s has no words", c.name)
			}
		}
	}
	names := append(checkNames(t, "kiosk", "verification.go"), checkNames(t, "kiosk", "dossier", "verify.go")...)
	if len(names) < 20 {
		t.Fatalf("only %d names found", len(names))
	}
	for _, n := range names {
		if rows[n] != 1 {
			t.Errorf("%s has %d rows", n, rows[n])
		}
	}
	if len(rows) != len(names) {
		t.Errorf("%d rows for %d checks", len(rows), len(names))
	}
}

// phrases reads the strings that a source file gives as reasons: constants named Reason…, fields and assignments named Reason,
// and arguments of the functions that make a check of a reason.
func phrases(t *testing.T, file string) (out []string) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	add := func(e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		s, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	makers := map[string]bool{"failed": true, "unknown": true, "undetermined": true, "failedCA": true, "refusedCA": true}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch v := n.(type) {
		case *ast.ValueSpec:
			if len(v.Names) == 1 && len(v.Values) == 1 && strings.HasPrefix(v.Names[0].Name, "Reason") {
				add(v.Values[0])
			}
		case *ast.KeyValueExpr:
			if k, ok := v.Key.(*ast.Ident); ok && k.Name == "Reason" {
				add(v.Value)
			}
		case *ast.AssignStmt:
			for i, l := range v.Lhs {
				if sel, ok := l.(*ast.SelectorExpr); ok && sel.Sel.Name == "Reason" && i < len(v.Rhs) {
					add(v.Rhs[i])
				}
			}
		case *ast.CallExpr:
			name := ""
			switch f := v.Fun.(type) {
			case *ast.Ident:
				name = f.Name
			case *ast.SelectorExpr:
				name = f.Sel.Name
			}
			if makers[name] {
				for _, a := range v.Args {
					add(a)
				}
			}
		}
		return true
	})
	return out
}

// Every reason that passive authentication, the chip's reader, the face and the package give has Vietnamese words.
func TestEveryReasonHasWords(t *testing.T) {
	found := 0
	for _, pattern := range []string{"drivers/emrtd/pa/pa.go", "drivers/emrtd/*.go", "vision/face/decision.go", "vision/liveness/fuse.go", "vision/liveness/challenge.go", "kiosk/dossier/verify.go"} {
		files, err := filepath.Glob(filepath.Join(moduleRoot(t), filepath.FromSlash(pattern)))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, phrase := range phrases(t, file) {
				if phrase == "" {
					continue
				}
				found++
				if reasonText(strings.ReplaceAll(phrase, "%s", "DG2")) == "" {
					t.Errorf("no words for %q of %s", phrase, filepath.Base(file))
				}
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d reasons found", found)
	}
	for phrase, text := range reasons {
		if !norm.NFC.IsNormalString(text) || !strings.HasSuffix(text, ".") || !unicode.IsUpper([]rune(text)[0]) {
			t.Errorf("%q: %q is no sentence in NFC", phrase, text)
		}
	}
	if reasonText("something never heard of") != "" || reasonText("") != "" {
		t.Error("an unknown phrase got words")
	}
}

func TestEveryStateHasATone(t *testing.T) {
	for s := kiosk.StateRegistered; s <= kiosk.StateReturned; s++ {
		if b := stateBadge(s); b.Tone == "" || b.Text != s.String() {
			t.Errorf("%d: %+v", s, b)
		}
		if statusText(s, false) == "" {
			t.Errorf("%d: no words for the citizen", s)
		}
	}
}

// The bar is inside its canvas whatever the numbers are.
func TestScore(t *testing.T) {
	ok := kiosk.Check{Result: kiosk.CheckSuccessful}
	for _, tt := range []struct {
		score, threshold float64
		known            bool
		fill, mark       float64
	}{
		{0.5, 0.25, true, 300, 150}, {-0.4, 0.25, true, 0, 150}, {1.7, 0.25, true, 600, 150}, {0.5, 1, true, 300, 600},
		{math.NaN(), 0.25, false, 0, 0}, {0.5, math.NaN(), false, 0, 0}, {math.Inf(1), 0.25, false, 0, 0},
	} {
		s := scoreOf(kiosk.FaceResult{Score: tt.score, Threshold: tt.threshold, Model: "x"}, ok)
		if s.Known != tt.known || s.Fill != tt.fill || s.Mark != tt.mark {
			t.Errorf("%v of %v: %+v", tt.score, tt.threshold, s)
		}
		if s.Known && (s.Label < 60 || s.Label > barWidth-60) {
			t.Errorf("label at %v", s.Label)
		}
	}
	if s := scoreOf(kiosk.FaceResult{Score: 0.5, Threshold: 0.2}, kiosk.Check{}); s.Known || s.Badge.Tone != "warn" {
		t.Errorf("no comparison was made, yet %+v", s)
	}
}

func TestFormat(t *testing.T) {
	for f, want := range map[float64]string{0.6124: "0,612", -1: "-1,000", math.Inf(1): ""} {
		if got := decimals(f, 3); got != want {
			t.Errorf("%v: %q", f, got)
		}
	}
	for n, want := range map[int]string{0: "0 B", 1023: "1023 B", 1536: "2 KB", 3 << 20: "3,0 MB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
