package audit

import (
	"fmt"
	"log/slog"
	"slices"
)

// Event is the id of something that may be logged. Ids are stable: people and scripts search for them.
type Event string

// The events. What each means, its level and its keys stand in [Events].
const (
	KioskStart        Event = "kiosk.start"
	KioskStop         Event = "kiosk.stop"
	Config            Event = "config"
	CatalogueLoaded   Event = "catalogue.loaded"
	BundleRefused     Event = "bundle.refused"
	BundleInstalled   Event = "bundle.installed"
	PartReady         Event = "part.ready"
	PartAbsent        Event = "part.absent"
	PartLost          Event = "part.lost"
	Doctor            Event = "doctor"
	ClockJump         Event = "clock.jump"
	PageOpened        Event = "page.opened"
	PageSilent        Event = "page.silent"
	RequestRefused    Event = "request.refused"
	VisitStart        Event = "visit.start"
	VisitEnd          Event = "visit.end"
	VisitWiped        Event = "visit.wiped"
	SessionScreen     Event = "session.screen"
	HelpCalled        Event = "help.called"
	ConsentAnswered   Event = "consent"
	Searched          Event = "search"
	CardInserted      Event = "card.inserted"
	CardRemoved       Event = "card.removed"
	CardSpotted       Event = "card.spotted"
	ChipRead          Event = "chip.read"
	ChipError         Event = "chip.error"
	FaceResult        Event = "face.result"
	FaceError         Event = "face.error"
	Scan              Event = "scan"
	ScanError         Event = "scan.error"
	DossierSealed     Event = "dossier.sealed"
	Printed           Event = "print"
	PrintError        Event = "print.error"
	OutboxDelivered   Event = "outbox.delivered"
	OutboxRetry       Event = "outbox.retry"
	OutboxQuarantined Event = "outbox.quarantined"
	OfficeOnline      Event = "office.online"
	OfficeOffline     Event = "office.offline"
	StatusLookup      Event = "status.lookup"
	OfficeStart       Event = "office.start"
	OfficeStop        Event = "office.stop"
	Login             Event = "login"
	Logout            Event = "logout"
	IntakeReceived    Event = "intake.received"
	IntakeRefused     Event = "intake.refused"
	DossierOpened     Event = "dossier.opened"
	PictureViewed     Event = "picture.viewed"
	EvidenceExported  Event = "evidence.exported"
	DossierState      Event = "dossier.state"
	DeskAct           Event = "desk.act"
	QueueDrawn        Event = "queue.drawn"
	FeedbackKept      Event = "feedback.kept"
	FeedbackDelivered Event = "feedback.delivered"
	Rated             Event = "rated"
	CardForgotten     Event = "card.forgotten"
	Fault             Event = "fault"
	AuditBroken       Event = "audit.broken"
	LogRefused        Event = "log.refused"
)

// Spec says what an event means, how loud it is, whether the audit chain keeps it, and which keys it may carry.
type Spec struct {
	Doc   string
	Level slog.Level
	Kept  bool
	Keys  []Key
}

// Events is the closed list. An event absent from it is never logged.
var Events = map[Event]Spec{
	KioskStart:      {"kioskd is up; ms is the time from start to ready", slog.LevelInfo, true, []Key{KeyVersion, KeySim, KeyMS}},
	KioskStop:       {"kioskd stops in order", slog.LevelInfo, true, []Key{KeyReason, KeyMS}},
	Config:          {"the configuration was read", slog.LevelInfo, false, []Key{KeyOK, KeyCode}},
	CatalogueLoaded: {"a catalogue is in use", slog.LevelInfo, true, []Key{KeyVersion, KeyCount, KeyMS}},
	BundleRefused:   {"signed bundles were refused or are out of date: the one before is in use", slog.LevelError, true, []Key{KeyCount, KeyCode}},
	BundleInstalled: {"a signed bundle came from the office and is kept", slog.LevelInfo, true, []Key{KeyPart, KeyCount, KeyMS}},
	PartReady:       {"a part of the machine is ready", slog.LevelInfo, false, []Key{KeyPart, KeyMS}},
	PartAbsent:      {"a part is not there; the officer path is the way on", slog.LevelWarn, false, []Key{KeyPart, KeyCode}},
	PartLost:        {"a part that was there went away; why, where it is known", slog.LevelWarn, true, []Key{KeyPart, KeyReason, KeyCode}},
	Doctor:          {"the checks of the machine were run: how many ended how", slog.LevelInfo, false, []Key{KeyOK, KeyWarn, KeyFail, KeyMS}},
	ClockJump:       {"the wall clock moved against the monotonic one", slog.LevelWarn, true, []Key{KeyAge}},
	PageOpened:      {"a browser opened the citizen's page", slog.LevelInfo, false, nil},
	PageSilent:      {"the page has not reported for too long", slog.LevelWarn, false, []Key{KeyAge}},
	RequestRefused:  {"a request was refused: wrong origin, stale, too large", slog.LevelWarn, false, []Key{KeyReason, KeyStatus}},

	VisitStart:      {"somebody touched the start", slog.LevelInfo, true, nil},
	VisitEnd:        {"the visit ended: on which screen, after how long, of which devices took how much", slog.LevelInfo, true, []Key{KeyReason, KeyMS, KeyMachine}},
	VisitWiped:      {"the visit's memory was wiped", slog.LevelInfo, true, []Key{KeyMS}},
	SessionScreen:   {"the screen changed; ms was spent on the one left", slog.LevelDebug, false, []Key{KeyFrom, KeyTo, KeyMS}},
	HelpCalled:      {"help was called on a screen", slog.LevelInfo, true, []Key{KeyScreen}},
	ConsentAnswered: {"a consent was answered", slog.LevelInfo, true, []Key{KeyPurpose, KeyGiven}},
	Searched:        {"a procedure was searched; the words are not kept", slog.LevelDebug, false, []Key{KeyHits, KeyConfident, KeyMS}},
	CardInserted:    {"a card is in the reader", slog.LevelInfo, false, nil},
	CardRemoved:     {"the card left the reader", slog.LevelInfo, false, nil},
	CardSpotted:     {"a camera read the number from a card that was shown to it", slog.LevelInfo, false, []Key{KeyMS}},
	ChipRead:        {"a chip was read and judged", slog.LevelInfo, true, []Key{KeyVerdict, KeyAccess, KeyKey, KeyMS, KeyAPDUs, KeyBytes}},
	ChipError:       {"a chip could not be read", slog.LevelWarn, true, []Key{KeyCode, KeyMS, KeyTry}},
	FaceResult:      {"a face was compared with the chip's photo", slog.LevelInfo, true, []Key{KeyVerdict, KeyMS, KeyFrames, KeyTry}},
	FaceError:       {"a face could not be compared", slog.LevelWarn, true, []Key{KeyCode, KeyMS, KeyTry}},
	Scan:            {"a paper was pictured", slog.LevelInfo, false, []Key{KeyBytes, KeyMS}},
	ScanError:       {"a paper could not be pictured", slog.LevelWarn, false, []Key{KeyCode, KeyMS}},
	DossierSealed:   {"a dossier was sealed and is durable in the outbox", slog.LevelInfo, true, []Key{KeyBytes, KeyPapers, KeyMS}},
	Printed:         {"a receipt was printed and cut", slog.LevelInfo, false, []Key{KeyMS}},
	PrintError:      {"a receipt could not be printed", slog.LevelWarn, false, []Key{KeyCode, KeyMS}},
	QueueDrawn:      {"a queue number was drawn", slog.LevelInfo, true, []Key{KeyService, KeyMS}},
	FeedbackKept:    {"somebody wrote to the office; it is sealed and durable", slog.LevelInfo, true, []Key{KeyBytes, KeyMS}},
	Rated:           {"somebody said how it was, 1 to 5", slog.LevelInfo, true, []Key{KeyScore}},
	CardForgotten:   {"a visit ended and its card still lies on the reader", slog.LevelWarn, true, nil},
	StatusLookup:    {"a receipt token was looked up", slog.LevelInfo, true, []Key{KeyFound, KeyCode, KeyMS}},

	FeedbackDelivered: {"the office has what somebody wrote", slog.LevelInfo, true, []Key{KeyMS}},
	OutboxDelivered:   {"a dossier was acknowledged and purged", slog.LevelInfo, true, []Key{KeyMS, KeyTry, KeyAge}},
	OutboxRetry:       {"a delivery failed and will be tried again", slog.LevelWarn, false, []Key{KeyCode, KeyTry, KeyWait}},
	OutboxQuarantined: {"a dossier waits for a technician", slog.LevelError, true, []Key{KeyCode, KeyTry}},
	OfficeOnline:      {"the back office answers again", slog.LevelInfo, false, []Key{KeyMS}},
	OfficeOffline:     {"the back office does not answer", slog.LevelWarn, false, []Key{KeyCode}},

	OfficeStart:      {"the back office is up", slog.LevelInfo, true, []Key{KeyVersion, KeyMS}},
	OfficeStop:       {"the back office stops in order", slog.LevelInfo, true, []Key{KeyReason, KeyMS}},
	Login:            {"an officer logged in, or failed to", slog.LevelInfo, true, []Key{KeyOK, KeyRole, KeyReason}},
	Logout:           {"an officer logged out or was logged out", slog.LevelInfo, true, []Key{KeyRole, KeyReason}},
	IntakeReceived:   {"a sealed dossier came in; found: it was a repetition", slog.LevelInfo, true, []Key{KeyBytes, KeyFound, KeyMS}},
	IntakeRefused:    {"a delivery was refused", slog.LevelWarn, true, []Key{KeyCode, KeyStatus, KeyReason}},
	DossierOpened:    {"an officer opened a dossier", slog.LevelInfo, true, []Key{KeyRole}},
	PictureViewed:    {"an officer looked at a photo or a paper of a dossier", slog.LevelInfo, true, []Key{KeyRole}},
	EvidenceExported: {"an officer handed a dossier's evidence to somebody outside", slog.LevelWarn, true, []Key{KeyRole}},
	DossierState:     {"a dossier entered a state", slog.LevelInfo, true, []Key{KeyState, KeyRole}},
	DeskAct:          {"an officer did something else that counts: reason says what (extend, hand-over, result, copy, answer, …)", slog.LevelInfo, true, []Key{KeyReason, KeyRole}},

	Fault:       {"something failed: which code, in which part", slog.LevelError, true, []Key{KeyCode, KeyPart}},
	AuditBroken: {"the audit chain could not be continued or does not verify", slog.LevelError, false, []Key{KeyCode, KeySeq}},
	LogRefused:  {"an event outside the closed list was dropped: a defect of ours", slog.LevelError, false, []Key{KeyCount}},
}

// Check says why an event with these attributes may not be logged, nil when it may. The text names the key, never the value.
func Check(e Event, attrs ...slog.Attr) error {
	spec, ok := Events[e]
	if !ok {
		return fmt.Errorf("event is not in the closed list")
	}
	seen := make(map[Key]bool, len(attrs))
	for _, a := range attrs {
		k := Key(a.Key)
		rule, known := Keys[k]
		switch {
		case !known || !slices.Contains(spec.Keys, k):
			return fmt.Errorf("event %s: an attribute is not in its list", e)
		case seen[k]:
			return fmt.Errorf("event %s: attribute %s is given twice", e, k)
		case !rule.ok(a.Value):
			return fmt.Errorf("event %s: the value of attribute %s is outside its rule", e, k)
		}
		seen[k] = true
	}
	return nil
}
