package kiosk

import (
	"context"
	"log/slog"
)

// Voice speaks. Say begins a phrase, cutting off the one before, and returns at once; a machine without a sound device says
// nothing and delays nothing. Silence stops, and forgets what was said. Everyone in the hall hears a loudspeaker: a phrase that
// is Private is said into earphones or not at all, which the voice decides, not who asks.
type Voice interface {
	Say(ctx context.Context, p Phrase)
	Silence()
	SetVolume(v Volume)
	Ready() error // nil, or why nothing is heard (unavailable)
}

// Volume is one of three steps, within the volume of the configuration. A visit begins at [VolumeNormal].
type Volume int

// The volumes.
const (
	VolumeLow    Volume = 1
	VolumeNormal Volume = 2
	VolumeLoud   Volume = 3
)

// Phrase is what is said in one go, its parts joined without a gap. A language that lacks one of the parts has the whole phrase
// said in Vietnamese: half a sentence in another language helps nobody.
type Phrase struct {
	Lang    string // "vi", "en", …; "" is Vietnamese
	Parts   []Spoken
	Private bool     // tells something of a person: earphones alone
	Public  []Spoken // what a loudspeaker says in its place; none: nothing
}

// Spoken is one part of a phrase: exactly one field is used, the first that is not empty.
type Spoken struct {
	Prompt string // key of a prompt: "place_card"
	Code   string // letters and digits, said one by one: ids, tokens
	Text   string // free text, where the machine can speak it; only in a private phrase
	Number int64  // said as a number: 15 is "mười lăm"
}

// String tells the prompt's key alone.
func (s Spoken) String() string {
	if s.Prompt != "" {
		return s.Prompt
	}
	return redacted
}

// LogValue tells no more.
func (s Spoken) LogValue() slog.Value { return slog.StringValue(s.String()) }

// String tells nothing of what is said: it may be personal.
func (p Phrase) String() string { return "phrase " + redacted }

// LogValue tells nothing either.
func (p Phrase) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Prompt is the phrase of one prompt.
func Prompt(key string) Phrase { return Phrase{Parts: []Spoken{{Prompt: key}}} }

// The prompts of a call-up. Every voice has them.
const (
	PromptCallNumber = "call_number" // "Mời số"
	PromptToDesk     = "to_desk"     // "đến quầy"
)

// Personal is a prompt with what a person alone may hear after it; a loudspeaker says the prompt alone.
func Personal(key string, more ...Spoken) Phrase {
	p := Prompt(key)
	return Phrase{Parts: append(p.Parts, more...), Private: true, Public: p.Parts}
}

// CallUp calls the holder of a queue number: letters, then a number ("A15"), to a desk. A queue number is no personal data.
func CallUp(letters string, number int64, desk int) Phrase {
	p := Phrase{Parts: []Spoken{{Prompt: PromptCallNumber}}}
	if letters != "" {
		p.Parts = append(p.Parts, Spoken{Code: letters})
	}
	return Phrase{Parts: append(p.Parts, Spoken{Number: number}, Spoken{Prompt: PromptToDesk}, Spoken{Number: int64(desk)})}
}
