package ui

import (
	"html/template"
	"strings"
)

// key is one key of the on-screen keyboard. Key is what it types, or the name of what it does.
type key struct {
	Key, Label, Aria, Icon, Class string
}

// keyRow is one row of keys.
type keyRow []key

// board is a keyboard with its submit key.
type board struct {
	Main, Marks []keyRow
	Done        control
}

func row(s string) keyRow {
	var r keyRow
	for _, c := range s {
		r = append(r, key{Key: string(c), Label: string(c)})
	}
	return r
}

// letters is the left block of the keyboard, marks the Vietnamese block: letters most elders look for, and the five tones.
var (
	letters = []keyRow{
		row("1234567890"), row("qwertyuiop"), row("asdfghjkl"),
		append(append(keyRow{{Key: "shift", Icon: "shift", Aria: "key.shift", Class: "k-fn"}}, row("zxcvbnm")...), row(",.")...),
	}
	marks = []keyRow{
		row("ăâđ"), row("êôơ"),
		{{Key: "ư", Label: "ư"}, tone("s", "´"), tone("f", "`")},
		{tone("r", "ˀ"), tone("x", "˜"), tone("j", ".")},
	}
)

func tone(k, label string) key {
	return key{Key: "tone-" + k, Label: label, Aria: "key.tone." + k, Class: "k-tone k-tone-" + k}
}

// keyboard renders the letters keyboard; value and text are those of its submit key.
func (p *pages) keyboard(value, text, iconName string) (template.HTML, error) {
	s, err := p.t.get(text)
	if err != nil {
		return "", err
	}
	return p.render("kb", board{Main: letters, Marks: marks, Done: control{Value: value, Intent: value, Text: s, Icon: iconName}})
}

// pad renders the digits pad.
func (p *pages) pad() (template.HTML, error) {
	del := key{Key: "delete", Icon: "delete", Aria: "key.delete", Class: "k-fn"}
	clr := key{Key: "clear", Icon: "clear", Aria: "key.clear", Class: "k-fn"}
	last := keyRow{clr, {Key: "0", Label: "0"}, del}
	return p.render("pad", []keyRow{row("123"), row("456"), row("789"), last})
}

// tokenPad renders the pad of the receipt token's alphabet.
func (p *pages) tokenPad() (template.HTML, error) {
	del := key{Key: "delete", Icon: "delete", Aria: "key.delete", Class: "k-fn k-wide"}
	return p.render("tokenpad", []keyRow{
		row("0123456"), row("789ABCD"), row("EFGHJKM"), row("NPQRSTV"), append(row("WXYZ"), del),
	})
}

// input is a text field with its label, its problem and what was typed.
type input struct {
	ID, Name, Kind, Label, Value, Problem, Turn string
	Lines, Max                                  int
}

// field renders an input; label is a key, or the text itself after "=". kind is how keys are composed: "vi", "number", "phone", "token".
func (p *pages) field(d *page, name, kind, label, problemKey, value string, lines int) (template.HTML, error) {
	text, plain := strings.CutPrefix(label, "=")
	var err error
	if !plain {
		if text, err = p.t.get(label); err != nil {
			return "", err
		}
	}
	in := input{ID: "in-" + d.S.Screen.String() + "-" + name, Name: name, Kind: kind, Label: text, Value: value, Lines: lines, Max: maxTyped[kind]}
	if d.S.Screen.String() == "form" {
		in.ID += "-" + d.FormKey()
	}
	if problemKey != "" {
		if in.Problem, err = p.t.get(problemKey); err != nil {
			return "", err
		}
	}
	return p.render("field", in)
}

// maxTyped is how much a field takes.
var maxTyped = map[string]int{"vi": 200, "number": 15, "phone": 15, "token": 16, "date": 10}
