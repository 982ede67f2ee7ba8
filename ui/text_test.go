package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

func TestEveryWordOfTheContractHasItsSentence(t *testing.T) {
	var keys []string
	for _, c := range kiosk.Codes {
		keys = append(keys, "code."+string(c), "code."+string(c)+".do")
	}
	for _, f := range kiosk.PaperFlaws {
		keys = append(keys, "flaw."+string(f))
	}
	for _, h := range kiosk.FaceHints {
		if HintText(h) == "" {
			t.Errorf("hint %q has no sentence", h)
		}
	}
	for _, n := range checkNames(t) {
		if CheckText(kiosk.CheckName(n)) == "" {
			t.Errorf("check %q has no sentence", n)
		}
	}
	for n := kiosk.StateRegistered; n <= kiosk.StateReturned; n++ {
		keys = append(keys, "state."+strconv.Itoa(int(n)), "state."+strconv.Itoa(int(n))+".do")
	}
	for _, f := range session.FormSteps {
		keys = append(keys, "form."+f.Key+".title", "form."+f.Key+".lead")
	}
	for _, m := range []kiosk.ReturnMethod{kiosk.ReturnCounter, kiosk.ReturnPost, kiosk.ReturnElectronic} {
		keys = append(keys, "return."+string(m))
	}
	for _, k := range keys {
		if !vietnamese.has(k) {
			t.Errorf("no text for %s", k)
		}
	}
}

// checkNames reads the check names from the source of package kiosk, so that a new one cannot be forgotten here.
func checkNames(t *testing.T) (names []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../kiosk/verification.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "CheckName" {
			s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, s)
		}
		return true
	})
	if len(names) < 10 {
		t.Fatalf("found only %d check names", len(names))
	}
	return names
}

func TestTextsAreWellFormed(t *testing.T) {
	for key, s := range vietnamese {
		for _, text := range []string{s.Text, s.Say} {
			if !norm.NFC.IsNormalString(text) || strings.TrimSpace(text) != text {
				t.Errorf("%s: not NFC, or with spaces around", key)
			}
		}
		if s.Text == "" {
			t.Errorf("%s: empty", key)
		}
		if len([]rune(s.Text)) > 120 && !strings.HasPrefix(key, "consent.") {
			t.Errorf("%s: %d letters, too long for two lines", key, len([]rune(s.Text)))
		}
		if strings.HasPrefix(key, "code.") && strings.ContainsAny(s.Text, "_{}0123456789") && !strings.Contains(s.Text, "12 số") && !strings.Contains(s.Text, "5 giây") {
			t.Errorf("%s: a citizen's sentence holds no codes: %s", key, s.Text)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	if got, err := vietnamese.get("step.of", "step", 2, "steps", 7); err != nil || got != "Bước 2/7" {
		t.Errorf("%q, %v", got, err)
	}
	for _, call := range [][]any{{"step.of"}, {"step.of", "step", 1}, {"home.title", "name", "x"}, {"no.such"}, {"step.of", "step"}} {
		if got, err := vietnamese.get(call[0].(string), call[1:]...); err == nil {
			t.Errorf("%v gave %q", call, got)
		}
	}
	if got, err := vietnamese.get("who.title", "name", "{steps}"); err != nil || !strings.Contains(got, "(steps)") {
		t.Errorf("a name with braces: %q, %v", got, err)
	}
}

func TestSpoken(t *testing.T) {
	if Spoken("help.close") != "Đã hiểu" || Spoken("attract.title") == vietnamese["attract.title"].Text || Spoken("nothing") != "" {
		t.Error("spoken form, text as fallback, nothing for an unknown key")
	}
}
