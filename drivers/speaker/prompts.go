package speaker

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

//go:embed prompts.txt
var promptFile string

var keyForm = regexp.MustCompile(`^[a-z][a-z_]{1,30}$`)

// Prompts gives every prompt: key to sentence.
func Prompts() map[string]string {
	m, err := parsePrompts(promptFile)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
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
