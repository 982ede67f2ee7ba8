package session

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"motcua/kiosk"
)

// watched is a camera that counts who watches it.
type watched struct{ by atomic.Int32 }

func (c *watched) Preview(ctx context.Context, frame func([]byte) error) error {
	c.by.Add(1)
	defer c.by.Add(-1)
	for {
		if err := frame([]byte("jpeg")); err != nil {
			return err
		}
		select {
		case <-time.After(66 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// patient is a matcher that looks until it is told what it sees, and counts the handles on its camera.
type patient struct {
	open  atomic.Int32
	tells chan kiosk.FaceResult
}

func (*patient) Ready(context.Context) error { return nil }

func (p *patient) Match(ctx context.Context, _ kiosk.Image, _ func(kiosk.FaceHint)) (kiosk.FaceResult, error) {
	p.open.Add(1)
	defer p.open.Add(-1)
	select {
	case r := <-p.tells:
		return r, nil
	case <-ctx.Done():
		return kiosk.FaceResult{}, &kiosk.Error{Code: kiosk.CodeCameraFault, Op: "match"}
	}
}

// Whatever way the face's screen is left, a second later nobody watches the camera and nothing holds it.
func TestThePreviewEndsHoweverTheScreenIsLeft(t *testing.T) {
	for name, leave := range map[string]func(t *testing.T, b *bench, m *patient, reload func()){
		"silence": func(_ *testing.T, _ *bench, _ *patient, _ func()) { time.Sleep(Delays[FaceLook]) },
		"cancel": func(t *testing.T, b *bench, _ *patient, _ func()) {
			b.do(t, FaceLook, IntentExit)
			b.do(t, Attract, IntentExitYes)
		},
		"the officer": func(t *testing.T, b *bench, _ *patient, _ func()) { b.do(t, Officer, IntentOfficer) },
		"a verdict": func(_ *testing.T, _ *bench, m *patient, _ func()) {
			m.tells <- kiosk.FaceResult{Verdict: kiosk.Verified}
		},
		"not the face": func(_ *testing.T, _ *bench, m *patient, _ func()) {
			m.tells <- kiosk.FaceResult{Verdict: kiosk.Refused}
		},
		"reload, then a verdict": func(t *testing.T, _ *bench, m *patient, reload func()) {
			reload()
			m.tells <- kiosk.FaceResult{Verdict: kiosk.Verified}
		},
		"the end of the kiosk": func(_ *testing.T, b *bench, _ *patient, _ func()) { b.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				camera, m := &watched{}, &patient{tells: make(chan kiosk.FaceResult)}
				b := newBench(t, func(p *Ports) { p.Face, p.Faces = m, camera })
				defer b.Close()
				b.toFace(t)
				frames := func([]byte) error { return nil }
				page, gone := context.WithCancel(t.Context())
				defer gone()
				go func() { _ = b.Preview(page, "face", frames) }()
				again, leaving := context.WithCancel(t.Context())
				defer leaving()
				synctest.Wait()
				if camera.by.Load() != 1 || m.open.Load() != 1 {
					t.Fatalf("%d watch, %d hold the camera", camera.by.Load(), m.open.Load())
				}
				leave(t, b, m, func() { // the browser drops its request and makes another
					gone()
					go func() { _ = b.Preview(again, "face", frames) }()
					synctest.Wait()
					if n := camera.by.Load(); n != 1 {
						t.Errorf("%d watch after a reload", n)
					}
				})
				time.Sleep(time.Second)
				synctest.Wait()
				if camera.by.Load() != 0 || m.open.Load() != 0 {
					t.Errorf("%d watch, %d hold the camera a second later", camera.by.Load(), m.open.Load())
				}
				if err := b.Preview(t.Context(), "face", frames); kiosk.CodeOf(err) != kiosk.CodeUnavailable {
					t.Errorf("the camera is shown again: %v", err)
				}
			})
		})
	}
}

// toFace goes from Attract to the camera.
func (b *bench) toFace(t *testing.T) {
	t.Helper()
	b.do(t, Home, IntentStart)
	b.do(t, Consent, IntentSubmit)
	b.do(t, ProcSearch, IntentAgree, "chip", "on", "camera", "on")
	b.do(t, ProcDetail, IntentPick, "code", birth.Code)
	b.do(t, ForWhom, IntentProceed)
	b.do(t, CardPlace, IntentFor, "who", "self")
	b.card <- true
	b.at(t, CardNumber)
	b.do(t, FaceLook, IntentNumber, "number", "999 201 012 345")
}
