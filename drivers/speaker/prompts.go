package speaker

import (
	"embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Vietnamese is the language that every kiosk speaks and every other falls back to.
const Vietnamese = "vi"

//go:embed prompts
var promptFiles embed.FS

var (
	keyForm  = regexp.MustCompile(`^[a-z][a-z0-9_]{1,30}$`)
	langForm = regexp.MustCompile(`^[a-z]{2,3}$`)
)

// Languages lists the languages whose prompts are written here, Vietnamese first. Others may have clips alone.
func Languages() []string { return []string{Vietnamese, "en"} }

// Prompts gives every prompt of a language: key to sentence. Of one that is not written here, nothing.
func Prompts(lang string) map[string]string {
	if !slices.Contains(Languages(), lang) {
		return nil
	}
	text, err := promptFiles.ReadFile("prompts/" + lang + ".txt")
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	m, err := parsePrompts(string(text))
	if err != nil {
		panic(err) // likewise
	}
	return m
}

// Sentences gives everything that needs a clip in a language: the prompts, the numbers, the letters.
func Sentences(lang string) map[string]string {
	m := maps.Clone(Prompts(lang))
	if m == nil {
		return nil
	}
	for _, p := range spoken(lang) {
		m[p.key] = p.text
	}
	return m
}

func parsePrompts(text string) (map[string]string, error) {
	prompts := map[string]string{}
	for no, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, sentence, ok := strings.Cut(line, "=")
		key, sentence = strings.TrimSpace(key), strings.TrimSpace(sentence)
		if !ok || !keyForm.MatchString(key) || sentence == "" {
			return nil, fmt.Errorf("prompts line %d is not \"key = sentence\"", no+1)
		}
		if prompts[key] != "" {
			return nil, fmt.Errorf("prompts line %d: %s stands twice", no+1, key)
		}
		prompts[key] = sentence
	}
	return prompts, nil
}
