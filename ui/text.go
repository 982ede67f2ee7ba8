package ui

import (
	"encoding/json"
	"fmt"
	"strings"

	"motcua/kiosk"
)

// sentence is one entry of a language's catalogue: what is shown, and what is spoken where that differs.
type sentence struct {
	Text string `json:"text"`
	Say  string `json:"say,omitempty"`
}

// texts is one language's catalogue.
type texts map[string]sentence

// vietnamese is the catalogue inside the program; a test reads every line of it.
var vietnamese = mustTexts("texts/vi.json")

func mustTexts(name string) texts {
	t, err := readTexts(name)
	if err != nil {
		panic(err) // the file is part of the program
	}
	return t
}

func readTexts(name string) (texts, error) {
	data, err := textFS.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	var t texts
	if err := json.Unmarshal(data, &t); err != nil {
		return nil, fmt.Errorf("read texts %s: %w", name, err)
	}
	return t, nil
}

// get gives the sentence of that key with its {placeholders} filled from pairs of name and value. A key or a placeholder
// that is missing is an error: it fails the render, and the test that renders everything.
func (t texts) get(key string, pairs ...any) (string, error) {
	s, ok := t[key]
	if !ok || s.Text == "" {
		return "", fmt.Errorf("no text for %q", key)
	}
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("text %q: odd number of arguments", key)
	}
	text := s.Text
	for i := 0; i < len(pairs); i += 2 {
		mark := fmt.Sprintf("{%v}", pairs[i])
		if !strings.Contains(text, mark) {
			return "", fmt.Errorf("text %q has no %s", key, mark)
		}
		text = strings.ReplaceAll(text, mark, strings.NewReplacer("{", "(", "}", ")").Replace(fmt.Sprint(pairs[i+1])))
	}
	if strings.ContainsRune(text, '{') {
		return "", fmt.Errorf("text %q: a placeholder is not filled", key)
	}
	return text, nil
}

// has reports whether there is a sentence of that key.
func (t texts) has(key string) bool { return t[key].Text != "" }

// ConsentText is the exact text a purpose is asked with. ID names it with its version; a changed text gets a new number.
type ConsentText struct {
	ID   string
	Text string
}

// ConsentTexts gives the text shown for each purpose. The session hashes it into the citizen's consent.
func ConsentTexts() map[kiosk.Purpose]ConsentText {
	return map[kiosk.Purpose]ConsentText{
		kiosk.PurposeChip:   {ID: "consent.chip/1", Text: vietnamese["consent.chip"].Text},
		kiosk.PurposeCamera: {ID: "consent.camera/1", Text: vietnamese["consent.camera"].Text},

		kiosk.PurposeDeclare: {ID: "consent.declare/1", Text: vietnamese["consent.declare"].Text},
	}
}

// code gives the two sentences of a code in that language.
func (t texts) code(c kiosk.Code) (fact, act string) {
	key := "code." + string(c)
	if !t.has(key) {
		key = "code." + string(kiosk.CodeInternal)
	}
	return t[key].Text, t[key+".do"].Text
}

// CodeText gives the citizen's sentences for a code: what happened, and what to do. An unknown code reads like an internal one.
func CodeText(c kiosk.Code) (fact, act string) { return vietnamese.code(c) }

// CheckText gives the plain name of a check, "" for a check outside the list.
func CheckText(n kiosk.CheckName) string { return vietnamese["check."+string(n)].Text }

// HintText gives the sentence of a face hint.
func HintText(h kiosk.FaceHint) string {
	if h == kiosk.HintNone {
		return vietnamese["hint.none"].Text
	}
	return vietnamese["hint."+string(h)].Text
}

// Spoken gives what is said for a key in Vietnamese: its spoken form, or the text shown; "" for an unknown key.
func Spoken(key string) string { return vietnamese.spoken(key) }
