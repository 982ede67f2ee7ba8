package ui

import "testing"

// The composer's word test (e2e/telex-words.test.mjs) presses these keys: the keyboard must have every one, once.
func TestKeyboardHasEveryLetterAndTone(t *testing.T) {
	count := map[string]int{}
	for _, rows := range [][]keyRow{letters, marks} {
		for _, r := range rows {
			for _, k := range r {
				count[k.Key]++
			}
		}
	}
	want := []string{"tone-s", "tone-f", "tone-r", "tone-x", "tone-j"}
	for _, c := range "abcdefghijklmnopqrstuvwxyz0123456789ăâđêôơư" {
		want = append(want, string(c))
	}
	for _, k := range want {
		if count[k] != 1 {
			t.Errorf("key %q is on the keyboard %d times", k, count[k])
		}
	}
}
