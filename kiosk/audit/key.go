package audit

import (
	"log/slog"
	"regexp"
	"slices"
	"time"

	"motcua/kiosk"
)

// Key names an attribute.
type Key string

// The keys. What each may hold stands in [Keys].
const (
	KeyAccess    Key = "access"
	KeyAge       Key = "age_s"
	KeyAPDUs     Key = "apdus"
	KeyBytes     Key = "bytes"
	KeyCode      Key = "code"
	KeyConfident Key = "confident"
	KeyCount     Key = "count"
	KeyFail      Key = "fail"
	KeyFound     Key = "found"
	KeyFrames    Key = "frames"
	KeyFrom      Key = "from"
	KeyGiven     Key = "given"
	KeyHits      Key = "hits"
	KeyKey       Key = "key"
	KeyMachine   Key = "machine_ms"
	KeyMS        Key = "ms"
	KeyOK        Key = "ok"
	KeyPapers    Key = "papers"
	KeyPart      Key = "part"
	KeyPurpose   Key = "purpose"
	KeyReason    Key = "reason"
	KeyRole      Key = "role"
	KeyScreen    Key = "screen"
	KeyScore     Key = "score"
	KeySeq       Key = "seq"
	KeyService   Key = "service"
	KeySim       Key = "sim"
	KeyState     Key = "state"
	KeyStatus    Key = "status"
	KeyTo        Key = "to"
	KeyTry       Key = "try"
	KeyVerdict   Key = "verdict"
	KeyVersion   Key = "version"
	KeyWait      Key = "wait_s"
	KeyWarn      Key = "warn"
)

// Rule says what a key holds.
type Rule struct {
	Doc string
	ok  func(slog.Value) bool
}

// MaxNumber is the largest number an attribute may hold: nine digits. A personal number, even read as a number without its
// leading zeros, has more. Durations beyond it are clamped by [MS].
const MaxNumber = 999_999_999

var (
	word    = regexp.MustCompile(`^[a-z][a-z0-9_.-]{0,39}$`)
	access  = regexp.MustCompile(`^(PACE-(CAN|MRZ)|BAC)( [A-Za-z0-9-]{1,24}){0,3}$`)
	version = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+_-]{0,63}$`)
	digits  = regexp.MustCompile(`[0-9]{6}`)
)

// Keys is the closed list of keys. A key absent from it is never logged.
var Keys = map[Key]Rule{
	KeyAccess:    {"the chip access protocol as kiosk.ChipRead.Access states it", matches(access)},
	KeyAge:       {"age in seconds", number},
	KeyAPDUs:     {"command-response pairs exchanged with a chip", number},
	KeyBytes:     {"size in bytes", number},
	KeyCode:      {"a code of kiosk.Codes", oneOf(kiosk.Codes...)},
	KeyConfident: {"whether the search was sure of its first hit", flag},
	KeyCount:     {"how many", number},
	KeyFail:      {"checks that failed", number},
	KeyFound:     {"whether something was found", flag},
	KeyFrames:    {"camera frames that entered a decision", number},
	KeyFrom:      {"the screen or state left", identifier},
	KeyGiven:     {"whether a consent was given", flag},
	KeyHits:      {"search results", number},
	KeyKey:       {"from what the chip's key was derived", oneOf(kiosk.KeyCAN, kiosk.KeyNumber, kiosk.KeyMRZ)},
	KeyMachine:   {"milliseconds that devices took of it", number},
	KeyMS:        {"duration in milliseconds", number},
	KeyOK:        {"whether it succeeded; for the doctor, the checks that did", either(flag, number)},
	KeyPapers:    {"papers of a dossier", number},
	KeyPart:      {"the part of the machine: reader, camera, voice, store, …", identifier},
	KeyPurpose:   {"what a consent is for", oneOf(kiosk.PurposeChip, kiosk.PurposeCamera, kiosk.PurposeDeclare)},
	KeyReason:    {"why, as a word of the caller's closed list", identifier},
	KeyRole:      {"an officer's role, never the officer", identifier},
	KeyScreen:    {"a screen of the visit", identifier},
	KeyScore:     {"how somebody liked it, 1 to 5", number},
	KeySeq:       {"a position in the audit chain", number},
	KeyService:   {"what a queue number is for", oneOf(kiosk.Services...)},
	KeySim:       {"whether devices are simulated", flag},
	KeyState:     {"a dossier's state, 1 to 10", number},
	KeyStatus:    {"an HTTP status", number},
	KeyTo:        {"the screen or state entered", identifier},
	KeyTry:       {"which attempt, from 1", number},
	KeyVerdict:   {"a verdict of kiosk", oneOf(kiosk.Verified, kiosk.Refused, kiosk.Undetermined)},
	KeyVersion:   {"a version of the program or the catalogue", matches(version)},
	KeyWait:      {"seconds until the next attempt", number},
	KeyWarn:      {"checks that warned", number},
}

// Int makes a number attribute.
func Int[N ~int | ~int32 | ~int64 | ~uint32](k Key, n N) slog.Attr {
	return slog.Int64(string(k), int64(n))
}

// Flag makes a yes-or-no attribute.
func Flag(k Key, b bool) slog.Attr { return slog.Bool(string(k), b) }

// Word makes an attribute of one identifier: a verdict, a screen, a reason.
func Word[S ~string](k Key, s S) slog.Attr { return slog.String(string(k), string(s)) }

// MS makes the duration attribute "ms"; a negative duration counts as 0.
func MS(d time.Duration) slog.Attr {
	return slog.Int64(string(KeyMS), min(max(d.Milliseconds(), 0), MaxNumber))
}

// Code makes the attribute "code" from an error: its code alone, never its text.
func Code(err error) slog.Attr { return slog.String(string(KeyCode), string(kiosk.CodeOf(err))) }

func number(v slog.Value) bool {
	return v.Kind() == slog.KindInt64 && v.Int64() >= 0 && v.Int64() <= MaxNumber
}

func flag(v slog.Value) bool { return v.Kind() == slog.KindBool }

func identifier(v slog.Value) bool {
	return v.Kind() == slog.KindString && word.MatchString(v.String()) && !digits.MatchString(v.String())
}

func matches(r *regexp.Regexp) func(slog.Value) bool {
	return func(v slog.Value) bool { return v.Kind() == slog.KindString && r.MatchString(v.String()) }
}

func oneOf[S ~string](list ...S) func(slog.Value) bool {
	return func(v slog.Value) bool { return v.Kind() == slog.KindString && slices.Contains(list, S(v.String())) }
}

func either(a, b func(slog.Value) bool) func(slog.Value) bool {
	return func(v slog.Value) bool { return a(v) || b(v) }
}
