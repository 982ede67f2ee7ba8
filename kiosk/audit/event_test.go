package audit

import (
	"bytes"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"motcua/kiosk"
)

func TestListIsClosedAndDocumented(t *testing.T) {
	id := regexp.MustCompile(`^[a-z]+(\.[a-z]+)?$`)
	used := map[Key]bool{}
	for e, spec := range Events {
		if !id.MatchString(string(e)) {
			t.Errorf("event id %q is not of the form word or word.word", e)
		}
		if len(spec.Doc) < 10 {
			t.Errorf("event %s is not documented", e)
		}
		for _, k := range spec.Keys {
			if _, ok := Keys[k]; !ok {
				t.Errorf("event %s allows key %s, which has no rule", e, k)
			}
			used[k] = true
		}
	}
	for k, rule := range Keys {
		if len(rule.Doc) < 8 {
			t.Errorf("key %s is not documented", k)
		}
		if !used[k] {
			t.Errorf("key %s is allowed by no event", k)
		}
	}
}

// good gives a value that each key accepts.
var good = map[Key]slog.Attr{
	KeyAccess: slog.String("access", "PACE-CAN ECDH-GM-AES-128 brainpoolP256r1"), KeyCode: slog.String("code", "card_lost"),
	KeyConfident: Flag(KeyConfident, true), KeyFound: Flag(KeyFound, false), KeyGiven: Flag(KeyGiven, true), KeySim: Flag(KeySim, true),
	KeyOK: Flag(KeyOK, true), KeyKey: Word(KeyKey, kiosk.KeyNumber), KeyPurpose: Word(KeyPurpose, kiosk.PurposeChip),
	KeyVerdict: Word(KeyVerdict, kiosk.Verified), KeyVersion: slog.String("version", "v0.1.0-3-gabc1234+dirty"),
	KeyFrom: Word(KeyFrom, "card.read"), KeyTo: Word(KeyTo, "face.pose"), KeyReason: Word(KeyReason, "idle"),
	KeyPart: Word(KeyPart, "reader"), KeyRole: Word(KeyRole, "receiver"), KeyScreen: Word(KeyScreen, "home"), KeyService: Word(KeyService, kiosk.ServiceResult),
}

func TestEveryEventAcceptsItsKeys(t *testing.T) {
	for e, spec := range Events {
		var attrs []slog.Attr
		for _, k := range spec.Keys {
			a, ok := good[k]
			if !ok {
				a = Int(k, 1)
			}
			attrs = append(attrs, a)
		}
		if err := Check(e, attrs...); err != nil {
			t.Error(err)
		}
	}
}

// personal is what must never pass, whatever the key. The people are fictional.
func personal() []any {
	return []any{
		"Nguyễn Văn A", "NGUYEN<<VAN<A", "nguyen van a", "999201012345", "201012345", int64(999201012345), int64(1201012345),
		"012345", 12.5, []byte("photo"), time.Now(), errors.New("read card of Nguyễn Văn A"), "5, đường Hùng Vương", "",
		kiosk.Citizen{Name: "Nguyễn Văn A"}, kiosk.CardKey{Kind: kiosk.KeyCAN, Value: "123456"}, &kiosk.ChipRead{}, int64(-1),
		map[string]string{"name": "A"}, slog.GroupValue(slog.String("name", "a")),
	}
}

func TestNothingPersonalPasses(t *testing.T) {
	for e, spec := range Events {
		for _, k := range spec.Keys {
			for i, v := range personal() {
				if s, ok := v.(string); ok && k == KeyVersion && !strings.Contains(s, " ") {
					continue // a version may be digits; it is set by the build, never from a visit
				}
				if Check(e, slog.Any(string(k), v)) == nil {
					t.Errorf("event %s key %s accepts personal value %d", e, k, i)
				}
			}
		}
	}
}

func TestCheckNamesNoValue(t *testing.T) {
	err := Check(VisitEnd, slog.String("reason", "Nguyễn Văn A"))
	if err == nil || strings.Contains(err.Error(), "Nguy") {
		t.Errorf("error %v, want one without the value", err)
	}
	if err := Check(VisitEnd, MS(1), MS(2)); err == nil {
		t.Error("a key given twice passes")
	}
}

func TestAttributes(t *testing.T) {
	if got := MS(400 * 24 * time.Hour).Value.Int64(); got != MaxNumber {
		t.Errorf("MS of a year = %d, want the clamp %d", got, MaxNumber)
	}
	if got := MS(-time.Second).Value.Int64(); got != 0 {
		t.Errorf("MS of a negative duration = %d, want 0", got)
	}
	err := kiosk.Errorf(kiosk.CodeCardLost, "read chip", "", "card of %s", "somebody")
	if got := Code(err).Value.String(); got != "card_lost" {
		t.Errorf("Code = %q", got)
	}
	if err := Check(ChipError, Code(errors.New("anything"))); err != nil {
		t.Errorf("the code of a foreign error is refused: %v", err)
	}
}

func TestLogWritesAndKeeps(t *testing.T) {
	var b bytes.Buffer
	m := &memory{}
	l := New(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelInfo}), Options{Strict: true, Chain: NewChain(m, nil)})
	l.Event(t.Context(), VisitStart)
	l.Event(t.Context(), SessionScreen, Word(KeyFrom, "home"), Word(KeyTo, "consent"), MS(time.Second))
	l.Event(t.Context(), CardInserted)
	l.Fault(t.Context(), "reader", kiosk.Errorf(kiosk.CodeReaderFault, "read", "", "x"))
	if got := strings.Count(b.String(), "\n"); got != 3 {
		t.Errorf("%d lines, want 3 (the debug one is below the level):\n%s", got, b.String())
	}
	if len(m.records) != 2 || m.records[0].Event != "visit.start" || m.records[1].Event != "fault" {
		t.Errorf("kept %+v", m.records)
	}
	if l.Err() != nil {
		t.Error(l.Err())
	}
}

func TestLogStrictPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic on an event outside the list")
		}
	}()
	Discard().Event(t.Context(), "hello")
}

func TestLogDropsInProduction(t *testing.T) {
	var b bytes.Buffer
	l := New(slog.NewTextHandler(&b, nil), Options{})
	l.Event(t.Context(), VisitEnd, slog.String("reason", "Nguyễn Văn A"))
	l.Event(t.Context(), "999201012345")
	if s := b.String(); strings.Contains(s, "Nguy") || strings.Contains(s, "9992") || strings.Count(s, "log.refused") != 2 || !strings.Contains(s, "count=2") {
		t.Errorf("log:\n%s", s)
	}
}

func TestLogTellsBrokenChain(t *testing.T) {
	var b bytes.Buffer
	m := &memory{fail: &kiosk.Error{Code: kiosk.CodeStoreFull}}
	l := New(slog.NewTextHandler(&b, nil), Options{Strict: true, Chain: NewChain(m, nil)})
	l.Event(t.Context(), VisitStart)
	if kiosk.CodeOf(l.Err()) != kiosk.CodeStoreFull || !strings.Contains(b.String(), "msg=audit.broken code=store_full") {
		t.Errorf("Err %v, log:\n%s", l.Err(), b.String())
	}
	m.fail = nil
	l.Event(t.Context(), VisitStart)
	if l.Err() != nil {
		t.Errorf("Err stays after recovery: %v", l.Err())
	}
}

func TestHandlerGuards(t *testing.T) {
	var b bytes.Buffer
	l := New(slog.NewTextHandler(&b, nil), Options{})
	out := slog.New(l.Handler())
	out.Info("a library says hello", "name", "somebody")
	out.With("ms", 5, "reason", "idle").Info("visit.end")
	out.WithGroup("g").Info("visit.start")
	s := b.String()
	if strings.Contains(s, "hello") || strings.Contains(s, "somebody") || strings.Count(s, "log.refused") != 2 || !strings.Contains(s, "msg=visit.end ms=5 reason=idle") {
		t.Errorf("log:\n%s", s)
	}
}
