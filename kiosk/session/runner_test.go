package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// bench is a kiosk around a Runner whose devices do what the test says.
type bench struct {
	*Runner
	card          chan bool
	mu            sync.Mutex
	reads         []error // what the next reads give, nil: a verified chip
	faces         []kiosk.Verdict
	match         func(context.Context, func(kiosk.FaceHint)) kiosk.FaceResult // instead of faces
	puts          []kiosk.Sealed
	putErr        error
	chip          *kiosk.ChipRead // the last one handed out
	said          []string
	tongue        string // language of what was said last
	ready         error
	forgot        atomic.Bool
	noReader      error
	drawErr       error
	spoil         func(*kiosk.ChipRead) // makes the chip read something else
	sealedDossier kiosk.Dossier
	wrote         []string
	rota          []kiosk.Duty
	clock         error
	stuck         chan struct{} // a hanging reader does not even end when it is told to, until this is closed
	hang          bool          // the reader never answers
}

func newBench(t *testing.T, change ...func(*Ports)) *bench {
	b := &bench{card: make(chan bool, 8)}
	ports := Ports{
		Reader: b, Face: faceBench{b}, Scanner: scanBench{}, Voice: voiceBench{b}, Office: officeBench{}, Outbox: outboxBench{b},
		Catalogue: catalogueBench{}, Dossier: dossierBench{b}, Log: audit.Discard(), Queue: queueBench{b}, Feedback: boxBench{b}, Rota: b,
		Clock: func() error { b.mu.Lock(); defer b.mu.Unlock(); return b.clock },
		Consents: map[string]map[kiosk.Purpose]ConsentText{
			"vi": {kiosk.PurposeChip: {"consent.chip/1", "chip?"}, kiosk.PurposeCamera: {"consent.camera/1", "camera?"}, kiosk.PurposeDeclare: {"consent.declare/1", "true?"}},
			"en": {kiosk.PurposeChip: {"consent.chip/1/en", "chip!"}, kiosk.PurposeCamera: {"consent.camera/1/en", "camera!"}, kiosk.PurposeDeclare: {"consent.declare/1/en", "true!"}},
		},
	}
	for _, f := range change {
		f(&ports)
	}
	b.Runner = New(ports, KioskInfo{Name: "test-01"}, "boot")
	t.Cleanup(b.Close)
	return b
}

func (*bench) String() string { return "bench" }

func (b *bench) Watch(ctx context.Context) <-chan bool {
	out := make(chan bool)
	go func() {
		defer close(out)
		for {
			select {
			case p := <-b.card:
				select {
				case out <- p:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

func (b *bench) Read(ctx context.Context, key kiosk.CardKey, progress func(kiosk.ChipProgress)) (*kiosk.ChipRead, error) {
	progress(kiosk.ChipProgress{File: kiosk.FileDG1, Done: 10, Total: 100})
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hang {
		b.mu.Unlock()
		<-ctx.Done()
		if b.stuck != nil {
			<-b.stuck
		}
		b.mu.Lock()
		return nil, ctx.Err()
	}
	var err error
	if len(b.reads) > 0 {
		err, b.reads = b.reads[0], b.reads[1:]
	}
	if err != nil {
		return nil, err
	}
	b.chip = &kiosk.ChipRead{
		Access: "PACE-CAN", Verdict: kiosk.Verified, Files: map[kiosk.FileID][]byte{kiosk.FileDG1: []byte("raw")},
		Photo:   kiosk.Image{Data: []byte("photo"), Type: "image/jpeg"},
		Citizen: kiosk.Citizen{Number: key.Value, Name: "Nguyễn Thị Thử", Residence: "Thôn Thử, Xã Thử"},
	}
	if b.spoil != nil {
		b.spoil(b.chip)
	}
	return b.chip, nil
}

func (b *bench) Forget() { b.forgot.Store(true) }

// Ready is the reader's.
func (b *bench) Ready(context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.noReader
}

type scanBench struct{}

func (scanBench) Ready(context.Context) error { return nil }

func (scanBench) Scan(context.Context) (kiosk.Image, error) {
	return kiosk.Image{Data: []byte("page"), Type: "image/jpeg"}, nil
}

type faceBench struct{ *bench }

func (f faceBench) Ready(context.Context) error { return f.ready }

func (f faceBench) Match(ctx context.Context, _ kiosk.Image, hint func(kiosk.FaceHint)) (kiosk.FaceResult, error) {
	if f.match != nil {
		return f.match(ctx, hint), nil
	}
	hint(kiosk.HintTooFar)
	f.mu.Lock()
	defer f.mu.Unlock()
	v := kiosk.Verified
	if len(f.faces) > 0 {
		v, f.faces = f.faces[0], f.faces[1:]
	}
	return kiosk.FaceResult{Verdict: v, Score: 0.7, Threshold: 0.466, Best: kiosk.Image{Data: []byte("face")}}, nil
}

type voiceBench struct{ *bench }

func (v voiceBench) Say(_ context.Context, p kiosk.Phrase) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.said, v.tongue = append(v.said, p.Parts[0].Prompt), p.Lang
}
func (voiceBench) SetVolume(kiosk.Volume) {}
func (voiceBench) Silence()               {}
func (voiceBench) Ready() error           { return nil }

type officeBench struct{}

func (officeBench) Submit(context.Context, kiosk.Sealed) (kiosk.Acknowledgement, error) {
	return kiosk.Acknowledgement{}, errors.New("the outbox submits")
}
func (officeBench) Status(_ context.Context, token string) (kiosk.Status, error) {
	if token != "KNQWNKNQWN" {
		return kiosk.Status{}, &kiosk.Error{Code: kiosk.CodeNotFound}
	}
	return kiosk.Status{State: kiosk.StateReceived, Number: "H00-1"}, nil
}
func (officeBench) Ping(context.Context) error { return nil }

type outboxBench struct{ *bench }

func (o outboxBench) Put(_ context.Context, s kiosk.Sealed) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.puts = append(o.puts, s)
	return o.putErr
}
func (outboxBench) Stats(context.Context) (kiosk.OutboxStats, error) { return kiosk.OutboxStats{}, nil }
func (o outboxBench) Ready() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ready
}

type dossierBench struct{ *bench }

func (dossierBench) New() (id, token string) { return "id-1", "TOKEN" }
func (x dossierBench) Seal(_ context.Context, d *kiosk.Dossier) (kiosk.Sealed, error) {
	x.sealedDossier = *d
	return kiosk.Sealed{ID: d.ID, Body: []byte("sealed " + d.Procedure.Code)}, nil
}
func (dossierBench) Receipt(d *kiosk.Dossier) kiosk.Receipt { return kiosk.Receipt{Token: d.Token} }

type catalogueBench struct{}

var birth = &kiosk.Procedure{Code: "1.001193", Name: "Đăng ký khai sinh", Field: "Hộ tịch", Papers: []kiosk.Paper{{Name: "Giấy chứng sinh"}}}

func (catalogueBench) Version() string                   { return "test" }
func (catalogueBench) Count() int                        { return 1 }
func (catalogueBench) Fields() []string                  { return []string{"Hộ tịch"} }
func (catalogueBench) InField(string) []*kiosk.Procedure { return []*kiosk.Procedure{birth} }
func (catalogueBench) Search(string, int) kiosk.Search {
	return kiosk.Search{Hits: []kiosk.Hit{{Procedure: birth, Score: 1}}}
}
func (catalogueBench) Procedure(code string) (*kiosk.Procedure, error) {
	if code == personal.Code {
		return personal, nil
	}
	if code != birth.Code {
		return nil, &kiosk.Error{Code: kiosk.CodeNotFound}
	}
	return birth, nil
}

// do posts an intent as the page would, with the turn it shows.
func (b *bench) do(t *testing.T, want Screen, name string, kv ...string) {
	t.Helper()
	in := Intent{Name: name, Values: map[string]string{}}
	for i := 0; i+1 < len(kv); i += 2 {
		in.Values[kv[i]] = kv[i+1]
	}
	b.View(func(v *View) { in.Turn = v.Turn })
	b.Post(in)
	b.at(t, want)
}

func (b *bench) at(t *testing.T, want Screen) {
	t.Helper()
	synctest.Wait()
	b.View(func(v *View) {
		if v.State.Screen != want {
			t.Fatalf("on %s (reason %q), want %s", v.State.Screen, v.State.Reason, want)
		}
	})
}

// toForm goes from Attract to the form.
func (b *bench) toForm(t *testing.T) {
	b.do(t, Home, IntentStart)
	b.do(t, Consent, IntentSubmit)
	b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
	b.do(t, ProcSearch, IntentSearch, "q", "khai sinh")
	b.do(t, ProcDetail, IntentPick, "code", birth.Code)
	b.do(t, ForWhom, IntentProceed)
	b.do(t, CardPlace, IntentFor, "who", "self")
	b.card <- true
	b.at(t, CardNumber)
	b.do(t, Who, IntentNumber, "number", "999 201 012 345")
	b.do(t, Form, IntentYes)
}

func (b *bench) toReview(t *testing.T) {
	b.toForm(t)
	b.do(t, Form, IntentAnswer)
	b.do(t, Form, IntentAnswer, "value", "0912 345 678")
	b.do(t, Form, IntentAnswer, "value", "Số 1, Thôn Thử")
	b.do(t, ScanList, IntentAnswer, "value", "")
	b.do(t, ScanAim, IntentPaper, "index", "0")
	b.do(t, ScanView, IntentTake)
	b.do(t, ScanList, IntentKeep)
	b.do(t, Deliver, IntentNext)
	b.do(t, Review, IntentReturn, "method", "counter")
}

func TestWholeVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toReview(t)
		photo := b.chip.Photo.Data
		b.View(func(v *View) {
			a := v.Visit.Answer("address")
			if a.Provenance != kiosk.FromEdited || a.Original != "Thôn Thử, Xã Thử" {
				t.Errorf("the chip's address is not kept beside the typed one")
			}
			if v.Visit.Papers[0].Paper != "Giấy chứng sinh" || v.Visit.Papers[0].SHA256 != sha256.Sum256([]byte("page")) {
				t.Errorf("the paper is not named or hashed")
			}
			if !v.Visit.Consents[1].Given || v.Visit.Consents[1].SHA256 != sha256.Sum256([]byte("camera?")) {
				t.Errorf("consent is not stored with its text's hash")
			}
			if v.Visit.Key != (kiosk.CardKey{}) {
				t.Errorf("the number typed is still kept after the chip was read")
			}
		})
		b.do(t, Sign, IntentConfirm)
		b.do(t, Done, IntentSign, "tick", "on")
		if len(b.puts) != 1 {
			t.Fatalf("%d dossiers stored", len(b.puts))
		}
		b.do(t, Rate, IntentFinish)
		b.View(func(v *View) {
			if v.Visit.Procedure != nil || v.Visit.Fields != nil || v.Visit.Receipt.Token != "" || v.Visit.Chip != nil {
				t.Error("the visit's data is still there when its citizen is asked how it was")
			}
		})
		b.do(t, Attract, IntentRate, "score", "5")
		if !b.forgot.Load() {
			t.Error("the reader may keep what it read")
		}
		if string(photo) != "\x00\x00\x00\x00\x00" {
			t.Error("the photo's bytes were not zeroed")
		}
	})
}

// The voice and the consent follow the language of the page the citizen touched; a language without its own text of the consent
// names the Vietnamese one, and the next visit knows nothing of it.
func TestLanguageOfTheVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		touch := func(lang, name string, values map[string]string) {
			in := Intent{Name: name, Lang: lang, Values: values}
			b.View(func(v *View) { in.Turn = v.Turn })
			b.Post(in)
			synctest.Wait()
		}
		both := map[string]string{"chip": "on", "camera": "on"}
		for _, c := range []struct{ lang, said, text string }{{"en", "en", "consent.chip/1/en"}, {"km", "km", "consent.chip/1"}, {"", "", "consent.chip/1"}} {
			touch(c.lang, IntentStart, nil)
			touch(c.lang, IntentSubmit, nil)
			touch(c.lang, IntentAgree, both)
			b.at(t, ProcSearch)
			b.View(func(v *View) {
				if got := v.Visit.Consents[0].Text; got != c.text {
					t.Errorf("shown in %q, the consent names %s", c.lang, got)
				}
			})
			b.mu.Lock()
			said := b.tongue
			b.mu.Unlock()
			if said != c.said {
				t.Errorf("touched in %q, spoken to in %q", c.lang, said)
			}
			touch(c.lang, IntentExit, nil)
			touch(c.lang, IntentExitYes, nil)
			time.Sleep(time.Minute)
			b.at(t, Attract)
		}
	})
}

func TestSilenceWipesEveryScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toReview(t)
		time.Sleep(Delays[Review] + time.Second)
		b.View(func(v *View) {
			if v.State.Overlay != Warning {
				t.Fatal("no warning")
			}
		})
		b.do(t, Review, IntentStillHere)
		time.Sleep(Delays[Review] + WarningDelay + 2*time.Second)
		b.at(t, Attract)
		if len(b.puts) != 0 {
			t.Error("silence submitted a dossier")
		}
	})
}

// TestIdleAtEveryScreen walks away after each step of a whole visit: it always ends wiped in Attract, and nothing but what was
// confirmed is stored.
func TestIdleAtEveryScreen(t *testing.T) {
	script := []func(*testing.T, *bench){
		func(t *testing.T, b *bench) { b.do(t, Home, IntentStart) },
		func(t *testing.T, b *bench) { b.do(t, Consent, IntentSubmit) },
		func(t *testing.T, b *bench) { b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on") },
		func(t *testing.T, b *bench) { b.do(t, ProcDetail, IntentPick, "code", birth.Code) },
		func(t *testing.T, b *bench) {
			b.do(t, ForWhom, IntentProceed)
			b.do(t, CardPlace, IntentFor, "who", "self")
		},
		func(t *testing.T, b *bench) { b.card <- true; b.at(t, CardNumber) },
		func(t *testing.T, b *bench) { b.do(t, CardProblem, IntentNumber, "number", "999201012340") },
		func(t *testing.T, b *bench) { b.do(t, CardNumber, IntentRetry) },
		func(t *testing.T, b *bench) { b.do(t, FaceRetry, IntentNumber, "number", "999201012345") },
		func(t *testing.T, b *bench) { b.do(t, Who, IntentRetry) },
		func(t *testing.T, b *bench) { b.do(t, Form, IntentYes) },
		func(t *testing.T, b *bench) { b.do(t, Form, IntentAnswer) },
		func(t *testing.T, b *bench) { b.do(t, Form, IntentAnswer, "value", "0912345678") },
		func(t *testing.T, b *bench) { b.do(t, Form, IntentAnswer, "value", "Số 1, Thôn Thử") },
		func(t *testing.T, b *bench) { b.do(t, ScanList, IntentAnswer) },
		func(t *testing.T, b *bench) { b.do(t, ScanAim, IntentPaper, "index", "0") },
		func(t *testing.T, b *bench) { b.do(t, ScanView, IntentTake) },
		func(t *testing.T, b *bench) { b.do(t, ScanList, IntentKeep) },
		func(t *testing.T, b *bench) { b.do(t, Deliver, IntentNext) },
		func(t *testing.T, b *bench) { b.do(t, DeliverTo, IntentReturn, "method", "post") },
		func(t *testing.T, b *bench) { b.do(t, Review, IntentAnswer, "value", "Số 1, Thôn Thử") },
		func(t *testing.T, b *bench) {
			b.do(t, Sign, IntentConfirm)
			b.do(t, Done, IntentSign, "tick", "on")
		},
	}
	for n := range script {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.reads, b.faces = []error{&kiosk.Error{Code: kiosk.CodeCardWrongKey}}, []kiosk.Verdict{kiosk.Undetermined}
			for _, step := range script[:n+1] {
				step(t, b)
			}
			time.Sleep(5 * time.Minute) // longer than any two delays and a warning
			b.at(t, Attract)
			b.View(func(v *View) {
				if v.Visit.Procedure != nil || v.Visit.Fields != nil || v.Visit.Chip != nil || v.Visit.Papers != nil {
					t.Errorf("after step %d the visit was not wiped", n)
				}
			})
			if confirmed := n == len(script)-1; (len(b.puts) == 1) != confirmed {
				t.Errorf("after step %d %d dossiers are stored", n, len(b.puts))
			}
		})
	}
}

func TestKeyPressesKeepTheVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toForm(t)
		for range 10 {
			time.Sleep(Delays[Form] - time.Second)
			b.Post(Intent{Name: IntentTouch})
		}
		b.View(func(v *View) {
			if v.State.Screen != Form || v.State.Overlay != NoOverlay {
				t.Errorf("typing did not keep the visit: %+v", v.State)
			}
		})
	})
}

func TestStaleTouchesChangeNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		var turn uint64
		b.do(t, Home, IntentStart)
		b.View(func(v *View) { turn = v.Turn })
		b.do(t, Consent, IntentSubmit)
		b.Post(Intent{Name: IntentExit, Turn: turn}) // a second tap where Exit was
		b.at(t, Consent)
		b.do(t, Consent, IntentAgree, "chip", "on")
		b.View(func(v *View) {
			if v.Visit.Invalid != "consent" || v.State.Consented {
				t.Error("half a consent was taken for one")
			}
		})
		b.do(t, Consent, IntentKeep)
	})
}

func TestWrongNumberThenRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.reads = []error{&kiosk.Error{Code: kiosk.CodeCardWrongKey}, &kiosk.Error{Code: kiosk.CodeCardLost}}
		b.do(t, Home, IntentStart)
		b.do(t, Consent, IntentSubmit)
		b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
		b.do(t, ProcDetail, IntentPick, "code", birth.Code)
		b.card <- true
		synctest.Wait()
		b.do(t, ForWhom, IntentProceed)
		b.do(t, CardNumber, IntentFor, "who", "self")
		b.do(t, CardNumber, IntentNumber, "number", "12345")
		b.do(t, CardProblem, IntentNumber, "number", "999201012340")
		b.do(t, CardNumber, IntentRetry)
		b.do(t, CardProblem, IntentNumber, "number", "999201012345") // torn
		b.card <- false
		b.card <- true // put back: read on without typing again
		b.at(t, Who)
	})
}

func TestCardPutBackAtOnceReadsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.reads = []error{&kiosk.Error{Code: kiosk.CodeCardLost}}
		b.do(t, Home, IntentStart)
		b.do(t, Consent, IntentSubmit)
		b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
		b.do(t, ProcDetail, IntentPick, "code", birth.Code)
		b.card <- true
		synctest.Wait()
		b.do(t, ForWhom, IntentProceed)
		b.do(t, CardNumber, IntentFor, "who", "self")
		b.do(t, CardProblem, IntentNumber, "number", "999201012345")
		time.Sleep(backAfter + time.Millisecond) // the reader never told that it was gone
		b.at(t, Who)
	})
}

func TestWithoutAReaderTheOfficerIsCalledAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.noReader = &kiosk.Error{Code: kiosk.CodeReaderMissing}
		b.do(t, Home, IntentStart)
		b.do(t, Consent, IntentSubmit)
		b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
		b.do(t, ProcDetail, IntentPick, "code", birth.Code)
		b.do(t, ForWhom, IntentProceed)
		b.do(t, Officer, IntentFor, "who", "self")
		b.View(func(v *View) {
			if v.State.Reason != kiosk.CodeReaderMissing {
				t.Errorf("reason %q", v.State.Reason)
			}
		})
	})
}

func TestThreeFacesThenTheOfficer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.faces = []kiosk.Verdict{kiosk.Refused, kiosk.Undetermined, kiosk.Refused}
		b.do(t, Home, IntentStart)
		b.do(t, Consent, IntentSubmit)
		b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
		b.do(t, ProcDetail, IntentPick, "code", birth.Code)
		b.do(t, ForWhom, IntentProceed)
		b.do(t, CardPlace, IntentFor, "who", "self")
		b.card <- true
		synctest.Wait()
		b.do(t, FaceRetry, IntentNumber, "number", "999201012345")
		b.do(t, FaceRetry, IntentRetry)
		b.do(t, Officer, IntentRetry)
		b.do(t, Attract, IntentFinish)
	})
}

func TestHangingReaderCannotHoldAVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.hang = true
		b.do(t, Home, IntentStart)
		b.do(t, Consent, IntentSubmit)
		b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
		b.do(t, ProcDetail, IntentPick, "code", birth.Code)
		b.do(t, ForWhom, IntentProceed)
		b.do(t, CardPlace, IntentFor, "who", "self")
		b.card <- true
		synctest.Wait()
		b.do(t, CardReading, IntentNumber, "number", "999201012345")
		for _, c := range []struct {
			wait time.Duration
			slow bool
		}{{slowCard - time.Second, false}, {2 * time.Second, true}} {
			time.Sleep(c.wait)
			b.View(func(v *View) {
				if v.Visit.Slow != c.slow {
					t.Errorf("after %v more: slow is %v", c.wait, v.Visit.Slow)
				}
			})
		}
		time.Sleep(Delays[CardReading] - slowCard)
		b.at(t, CardProblem)
		time.Sleep(Delays[CardProblem] + WarningDelay + 2*time.Second)
		b.at(t, Attract)
	})
}

func TestADeviceThatHoldsUpTheWipeIsForTheWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.hang, b.stuck = true, make(chan struct{})
		b.do(t, Home, IntentStart)
		b.do(t, Consent, IntentSubmit)
		b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
		b.do(t, ProcDetail, IntentPick, "code", birth.Code)
		b.do(t, ForWhom, IntentProceed)
		b.do(t, CardPlace, IntentFor, "who", "self")
		b.card <- true
		synctest.Wait()
		b.do(t, CardReading, IntentNumber, "number", "999201012345")
		b.do(t, CardReading, IntentExit)
		b.do(t, Wiping, IntentExitYes)
		if !b.Lively() {
			t.Error("a wipe that just began is not stuck")
		}
		time.Sleep(2*Delays[Wiping] + time.Second)
		b.at(t, Wiping)
		if b.Lively() {
			t.Error("a wipe that is held up counts as alive")
		}
		close(b.stuck)
		b.at(t, Attract)
		if !b.Lively() {
			t.Error("after the wipe the session does not count as alive")
		}
	})
}

func TestSecondTryIsTheSameDossier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.toReview(t)
		b.putErr = &kiosk.Error{Code: kiosk.CodeStoreFull}
		b.do(t, Sign, IntentConfirm)
		b.do(t, SubmitProblem, IntentSign, "tick", "on")
		b.mu.Lock()
		b.putErr = nil
		b.mu.Unlock()
		b.do(t, Done, IntentRetry)
		if len(b.puts) != 2 || b.puts[0].ID != b.puts[1].ID || string(b.puts[0].Body) != string(b.puts[1].Body) {
			t.Error("the second try was another dossier")
		}
	})
}

func TestFullDiskClosesIntakeBeforeConsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.mu.Lock()
		b.ready = &kiosk.Error{Code: kiosk.CodeStoreFull}
		b.mu.Unlock()
		time.Sleep(outboxEvery + time.Second)
		b.do(t, Home, IntentStart)
		b.do(t, Fault, IntentSubmit)
		b.do(t, Home, IntentBack)
		b.do(t, StatusAsk, IntentStatus)
	})
}

func TestStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.do(t, Home, IntentStart)
		b.do(t, StatusAsk, IntentStatus)
		b.do(t, StatusAsk, IntentToken, "token", "x")
		b.do(t, StatusAsk, IntentToken, "token", "ABCDEFGHJK")
		b.View(func(v *View) {
			if v.State.Reason != kiosk.CodeNotFound || v.Visit.Typed != "ABCDEFGHJK" {
				t.Errorf("a token not found is not shown again: %q %q", v.State.Reason, v.Visit.Typed)
			}
		})
		b.do(t, StatusShow, IntentToken, "token", "knqwn-knqwn")
		b.do(t, Attract, IntentFinish)
	})
}

func TestAccept(t *testing.T) {
	for _, c := range []struct {
		key, typed, want string
		ok               bool
	}{
		{"phone", "0912 345 678", "0912345678", true},
		{"phone", "+84 912 345 678", "0912345678", true},
		{"phone", "12345", "12345", false},
		{"phone", "", "", false},
		{"address", "  Số 1,\tThôn Thử ", "Số 1, Thôn Thử", true},
		{"address", "x", "x", false},
		{"note", "", "", true},
	} {
		if got, ok := Accept(c.key, c.typed); got != c.want || ok != c.ok {
			t.Errorf("%s: got %q %v, want %q %v", c.key, got, ok, c.want, c.ok)
		}
	}
}
