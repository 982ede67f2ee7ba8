package speaker

import (
	"io/fs"
	"time"

	"motcua/kiosk"
)

// Output is where the sound goes.
type Output int

// The outputs.
const (
	Loudspeaker Output = 0 // everyone in the hall hears it
	Earphones   Output = 1 // the citizen alone
)

// The most that is said in public besides prompts: the letters and the number of a queue, the number of a desk.
const (
	maxPublicCode   = 3
	maxPublicNumber = 9999
)

// Audible tells whether a phrase may be said on an output. It is the privacy rule, in one place: a loudspeaker never says what
// is private, and what could tell something of a person does not become public by a forgotten mark.
func Audible(p kiosk.Phrase, out Output) bool {
	if out == Earphones {
		return true
	}
	if p.Private {
		return false
	}
	for _, s := range p.Parts {
		if s.Text != "" || len(s.Code) > maxPublicCode || s.Number < 0 || s.Number > maxPublicNumber {
			return false
		}
	}
	return true
}

// The silence between the groups of a code.
const (
	pauseKey    = ""
	pauseLength = 250 * time.Millisecond
)

// maxParts bounds a phrase.
const maxParts = 24

// pieces gives the clips of a part in a language, and the text to be synthesised where it has one.
func pieces(s kiosk.Spoken, lang string, d Dialect) []piece {
	switch {
	case s.Prompt != "":
		return []piece{{key: s.Prompt}}
	case s.Code != "":
		return spell(lang, s.Code)
	case s.Text != "":
		return []piece{{text: s.Text}}
	}
	return number(lang)(s.Number, d)
}

// plan gives what a phrase consists of in the first of its own language and Vietnamese that has every clip of it; of the rest,
// what there is in Vietnamese.
func plan(clips fs.FS, p kiosk.Phrase, d Dialect) (lang string, list []piece) {
	for _, lang = range []string{p.Lang, Vietnamese} {
		if !langForm.MatchString(lang) {
			continue
		}
		list = nil
		for _, s := range p.Parts[:min(len(p.Parts), maxParts)] {
			list = append(list, pieces(s, lang, d)...)
		}
		if lang == Vietnamese || complete(clips, lang, list) {
			return lang, list
		}
	}
	return lang, list
}

func complete(clips fs.FS, lang string, list []piece) bool {
	for _, p := range list {
		if p.key != pauseKey && !hasClip(clips, lang, p.key) {
			return false
		}
	}
	return true
}

// clipPath gives where a clip lies: Vietnamese at the top, other languages in folders of their own.
func clipPath(lang, key string) string {
	if lang == Vietnamese {
		return key + ".ogg"
	}
	return lang + "/" + key + ".ogg"
}

func hasClip(clips fs.FS, lang, key string) bool {
	if clips == nil || !keyForm.MatchString(key) || !langForm.MatchString(lang) {
		return false
	}
	i, err := fs.Stat(clips, clipPath(lang, key))
	return err == nil && i.Mode().IsRegular() && i.Size() > 0
}

// gain gives the factor of the amplitude: the configured volume (0 to 100) by the citizen's step, squared because ears are
// nearly logarithmic.
func gain(configured int, step kiosk.Volume) float32 {
	part, ok := map[kiosk.Volume]float32{kiosk.VolumeLow: 0.5, kiosk.VolumeNormal: 0.75, kiosk.VolumeLoud: 1}[step]
	if !ok {
		part = 0.75
	}
	v := float32(min(max(configured, 0), 100)) / 100 * part
	return v * v
}
