package session

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
)

// carryOut begins one effect. The lock is held; devices work in goroutines of their own and answer through finish.
func (r *Runner) carryOut(fx Effect) {
	switch fx {
	case FxBegin:
		r.begin()
	case FxReadChip:
		r.readChip()
	case FxLook:
		r.look()
	case FxScan:
		r.scan()
	case FxSeal:
		r.seal()
	case FxStatus:
		r.ask()
	case FxStopChip, FxStopLook, FxStopScan, FxStopAsk:
		r.stop()
	case FxFillForm:
		r.fillForm()
	case FxForgetKey:
		r.visit.Key = kiosk.CardKey{}
	case FxReady:
		r.askReader()
	case FxAwaitCard:
		r.awaitBack()
	case FxDropChip:
		r.dropChip()
	case FxFile:
		r.file()
	case FxRestore:
		r.visit.Procedure = r.filed
	case FxWipe:
		r.wipe()
	case FxSay:
		r.sayScreen()
	case FxChime:
		r.chime()
	case FxPrint:
		r.print()
	case FxSlip:
		r.printSlip()
	case FxGreet:
		r.greet()
	case FxDraw:
		r.draw()
	case FxSend:
		r.send()
	case FxScrub:
		r.scrub()
	}
}

// dropChip wipes a read that is not used. The lock is held.
func (r *Runner) dropChip() {
	if r.visit.Chip != nil {
		r.visit.Chip.Wipe()
		r.visit.Chip = nil
	}
}

func (r *Runner) begin() {
	r.number++
	r.visit = Visit{Started: time.Now(), PaperPick: -1}
	r.setVolume(r.firstVolume())
	r.log(audit.VisitStart)
	r.say("welcome")
}

func (r *Runner) say(key string) {
	if key != "" {
		r.speak(kiosk.Prompt(key))
	}
}

// sayScreen speaks the screen's prompt. Who wears earphones also hears what the screen shows of a person: the name, the code.
func (r *Runner) sayScreen() {
	key := Prompt(r.state)
	switch {
	case r.state.Overlay != NoOverlay:
		r.say(key)
	case r.state.Screen == Who && r.visit.Chip != nil:
		r.speak(kiosk.Personal(key, kiosk.Spoken{Text: r.visit.Chip.Citizen.Name}))
	case r.state.Screen == QueueShow && r.visit.Ticket.Number > 0: // a number is nobody's secret, and who cannot read it must hear it
		p := kiosk.Prompt(key)
		p.Parts = append(p.Parts, kiosk.Spoken{Code: string(r.visit.Ticket.Service)}, kiosk.Spoken{Number: int64(r.visit.Ticket.Number)})
		r.speak(p)
	case r.state.Screen == Done && r.visit.Receipt.Token != "":
		r.speak(kiosk.Personal(key, kiosk.Spoken{Code: r.visit.Receipt.Token}))
	default:
		r.say(key)
	}
}

func (r *Runner) speak(p kiosk.Phrase) {
	if r.ports.Voice != nil {
		p.Lang = r.lang
		r.ports.Voice.Say(r.ctx, p)
	}
}

// start runs f for the current visit in a goroutine. What f returns is applied under the lock, unless the operation was
// stopped or the visit ended meanwhile: its event is stale then and its result is dropped.
func (r *Runner) start(f func(ctx context.Context, current func() bool) (apply func(), e Event)) {
	r.stop()
	ctx, cancel := context.WithCancel(r.ctx)
	r.op++
	op := r.op
	r.opCancel = cancel
	current := func() bool { return r.op == op && ctx.Err() == nil }
	ops := r.ops
	ops.Add(1)
	r.work.Go(func() {
		defer ops.Done()
		defer cancel()
		apply, e := f(ctx, current)
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.op != op {
			return
		}
		apply()
		r.dispatch(e)
	})
}

// stop makes the running operation stale and asks it to end.
func (r *Runner) stop() {
	r.op++
	if r.opCancel != nil {
		r.opCancel()
		r.opCancel = nil
	}
}

// askReader sends the citizen to the officer at once when there is no reader, instead of letting them wait for nothing.
func (r *Runner) askReader() {
	reader := r.ports.Reader
	r.start(func(ctx context.Context, _ func() bool) (func(), Event) {
		err := error(&kiosk.Error{Code: kiosk.CodeReaderMissing, Op: "ask for the reader"})
		if reader != nil {
			err = reader.Ready(ctx)
		}
		if err == nil {
			return func() {}, Event{Stale: true} // nothing to tell
		}
		return func() {
			r.log(audit.PartLost, audit.Word(audit.KeyPart, "reader"), audit.Code(err))
		}, Event{Kind: EvChipFailed, Code: kiosk.CodeReaderMissing}
	})
}

func (r *Runner) readChip() {
	r.name()
	reader, key, try, begun := r.ports.Reader, r.visit.Key, r.state.CardTries+1, time.Now()
	r.visit.Progress, r.visit.Slow = kiosk.ChipProgress{}, false
	r.start(func(ctx context.Context, current func() bool) (func(), Event) {
		if reader == nil {
			return func() {}, Event{Kind: EvChipFailed, Code: kiosk.CodeReaderMissing}
		}
		defer time.AfterFunc(slowCard, func() { r.slow(current) }).Stop()
		read, err := reader.Read(ctx, key, func(p kiosk.ChipProgress) { r.progress(p, current) })
		if err != nil {
			return func() {
				r.log(audit.ChipError, audit.Code(err), audit.MS(time.Since(begun)), audit.Int(audit.KeyTry, try))
			}, Event{Kind: EvChipFailed, Code: kiosk.CodeOf(err)}
		}
		return func() { r.chipDone(read, key.Kind) }, documentEvent(read)
	})
}

// slowCard is how long a read takes at most (BSI TR-03135-1 §4.1.4); a card that takes longer is slow, which the citizen is told.
const slowCard = 7 * time.Second

func (r *Runner) slow(current func() bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if current() {
		r.visit.Slow = true
		r.changed()
	}
}

func (r *Runner) progress(p kiosk.ChipProgress, current func() bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if current() {
		r.visit.Progress = p
		r.changed()
	}
}

func (r *Runner) chipDone(read *kiosk.ChipRead, kind kiosk.KeyKind) {
	r.visit.Chip = read
	r.log(audit.ChipRead, audit.Word(audit.KeyVerdict, read.Verdict), audit.Word(audit.KeyAccess, read.Access),
		audit.Word(audit.KeyKey, kind), audit.MS(read.Duration), audit.Int(audit.KeyAPDUs, read.APDUs), audit.Int(audit.KeyBytes, read.Bytes))
}

// documentEvent tells how a document was judged. Two reasons a citizen can understand and act on: the number was mistyped in
// digits that are not part of the chip's key, which counts as a wrong number; and the document has expired. The rest is the
// officer's to see.
func documentEvent(read *kiosk.ChipRead) Event {
	if c, _ := read.Check(kiosk.CheckNumber); c.Result == kiosk.CheckFailed && c.Reason == kiosk.ReasonKeyDiffers {
		return Event{Kind: EvChipFailed, Code: kiosk.CodeCardWrongKey}
	}
	e := Event{Kind: EvChipDone, Verdict: read.Verdict}
	if c, _ := read.Check(kiosk.CheckExpiry); c.Result == kiosk.CheckFailed {
		e.Code = kiosk.CodeCardExpired
	}
	return e
}

// faceTry is how long one face try may take, turnTry how long after each thing the head is asked to do: the matcher itself gives up
// sooner.
const (
	faceTry = 20 * time.Second
	turnTry = 15 * time.Second
)

func (r *Runner) look() {
	matcher, photo, try, begun := r.ports.Face, r.visit.Chip.Photo, r.state.FaceTries+1, time.Now()
	r.visit.Hint, r.visit.Face = kiosk.HintNone, kiosk.FaceResult{}
	r.start(func(ctx context.Context, current func() bool) (func(), Event) {
		res, err := match(ctx, matcher, photo, func(h kiosk.FaceHint) { r.hint(h, current) })
		if err != nil {
			return func() {
				r.log(audit.FaceError, audit.Code(err), audit.MS(time.Since(begun)), audit.Int(audit.KeyTry, try))
			}, Event{Kind: EvFaceFailed, Code: kiosk.CodeOf(err)}
		}
		return func() {
			r.visit.Face, r.visit.Hint = res, res.Hint
			r.log(audit.FaceResult, audit.Word(audit.KeyVerdict, res.Verdict), audit.MS(res.Duration),
				audit.Int(audit.KeyFrames, res.Frames), audit.Int(audit.KeyTry, try))
		}, faceEvent(res)
	})
}

// faceEvent tells how a try was decided; of one that failed for nothing but the turn of the head, so.
func faceEvent(r kiosk.FaceResult) Event {
	e := Event{Kind: EvFaceDone, Verdict: r.Verdict}
	if r.Verdict == kiosk.Undetermined && r.Hint.Turns() {
		e.Code = kiosk.CodeFaceUnturned
	}
	return e
}

func match(ctx context.Context, m kiosk.FaceMatcher, photo kiosk.Image, hint func(kiosk.FaceHint)) (kiosk.FaceResult, error) {
	if m == nil {
		return kiosk.FaceResult{}, &kiosk.Error{Code: kiosk.CodeCameraMissing, Op: "match face"}
	}
	if err := m.Ready(ctx); err != nil {
		return kiosk.FaceResult{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	limit := time.AfterFunc(faceTry, cancel)
	defer limit.Stop()
	return m.Match(ctx, photo, func(h kiosk.FaceHint) {
		if h.Turns() {
			limit.Reset(turnTry)
		}
		hint(h)
	})
}

func (r *Runner) hint(h kiosk.FaceHint, current func() bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if current() && r.visit.Hint != h {
		r.visit.Hint = h
		r.changed()
		if h.Turns() {
			r.dispatch(Event{Kind: EvTurn, Turn: h})
		} else if h != kiosk.HintNone {
			r.say("hint_" + string(h))
		}
	}
}

func (r *Runner) scan() {
	scanner, begun := r.ports.Scanner, time.Now()
	r.start(func(ctx context.Context, _ func() bool) (func(), Event) {
		if scanner == nil {
			return func() {}, Event{Kind: EvScanFailed, Code: kiosk.CodeCameraMissing}
		}
		page, err := scanner.Scan(ctx)
		if err != nil {
			var flaw kiosk.PaperFlaw
			_ = errors.As(err, &flaw) // "" when it says no more than its code
			return func() {
				r.visit.Flaw = flaw
				r.log(audit.ScanError, audit.Code(err), audit.MS(time.Since(begun)))
			}, Event{Kind: EvScanFailed, Code: kiosk.CodeOf(err)}
		}
		return func() {
			r.visit.Flaw = ""
			r.visit.Pending.Wipe()
			r.visit.Pending = page
			r.log(audit.Scan, audit.Int(audit.KeyBytes, len(page.Data)), audit.MS(time.Since(begun)))
		}, Event{Kind: EvScanned}
	})
}

// keep moves the pending picture to the dossier's papers. The lock is held.
func (r *Runner) keep() {
	p := r.visit.Pending
	r.visit.Pending = kiosk.Image{}
	r.visit.Papers = append(r.visit.Papers, kiosk.Document{Paper: r.paperName(), Page: p, SHA256: sha256.Sum256(p.Data)})
}

// otherPaper is what a page is called that stands for none of the procedure's papers.
const otherPaper = "Giấy tờ khác"

// AuthorityPaper is what a page of the written authorisation is called.
const AuthorityPaper = "Văn bản uỷ quyền"

// pickAuthority stands in Visit.PaperPick for the written authorisation.
const pickAuthority = -2

func (r *Runner) paperName() string {
	if r.visit.PaperPick == pickAuthority {
		return AuthorityPaper
	}

	if p := r.visit.Procedure; p != nil && r.visit.PaperPick >= 0 && r.visit.PaperPick < len(p.Papers) {
		return p.Papers[r.visit.PaperPick].Name
	}
	return otherPaper
}

// file makes the procedure looked at the one to file. Pages already taken stay; those that stand for no paper of it are
// renamed, never thrown away.
func (r *Runner) file() {
	r.filed = r.visit.Procedure
	for i, d := range r.visit.Papers {
		if d.Paper != AuthorityPaper && !hasPaper(r.filed, d.Paper) {
			r.visit.Papers[i].Paper = otherPaper
		}
	}
}

func hasPaper(p *kiosk.Procedure, name string) bool {
	for _, paper := range p.Papers {
		if paper.Name == name {
			return true
		}
	}
	return false
}

// seal names, builds, seals and stores the dossier. A second try after a fault is the same dossier, sealed once: the outbox
// then knows it. While a first try still runs, its answer is waited for.
func (r *Runner) seal() {
	if r.sealing {
		return
	}
	r.stop()
	r.sealing = true
	d, sealed, begun, visit := r.dossier(), r.sealed, time.Now(), r.number
	ctx := context.WithoutCancel(r.ctx) // a dossier being stored is stored, even when the daemon is asked to stop
	r.work.Go(func() {
		s, err := r.store(ctx, d, sealed)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sealing = false
		if s != nil && r.number == visit {
			r.sealed = s
		}
		if err != nil {
			r.log(audit.Fault, audit.Code(err), audit.Word(audit.KeyPart, "outbox"))
			r.dispatch(Event{Kind: EvSealFailed, Code: kiosk.CodeOf(err), Stale: r.number != visit})
			return
		}
		r.log(audit.DossierSealed, audit.Int(audit.KeyBytes, len(s.Body)), audit.Int(audit.KeyPapers, len(d.Papers)), audit.MS(time.Since(begun)))
		r.visit.Receipt = r.ports.Dossier.Receipt(d)
		r.dispatch(Event{Kind: EvSealed, Stale: r.number != visit})
	})
}

func (r *Runner) store(ctx context.Context, d *kiosk.Dossier, sealed *kiosk.Sealed) (*kiosk.Sealed, error) {
	if sealed == nil {
		s, err := r.ports.Dossier.Seal(ctx, d)
		if err != nil {
			return nil, err
		}
		sealed = &s
	}
	return sealed, r.ports.Outbox.Put(ctx, *sealed)
}

// name gives the visit's dossier its id and token, once. It is named before a card is read, so that the chip can be asked to
// sign for it. The lock is held.
func (r *Runner) name() {
	if r.draft == nil {
		id, token := r.ports.Dossier.New()
		r.draft = &kiosk.Dossier{ID: id, Token: token, Kiosk: r.info.Name}
	}
}

// dossier gathers the visit. The lock is held; the byte slices are shared until the visit is wiped, which waits for work.
func (r *Runner) dossier() *kiosk.Dossier {
	r.name()
	v, d := &r.visit, r.draft
	if d.Created.IsZero() {
		d.Created = time.Now()
	}
	if r.sealed == nil {
		d.Procedure = kiosk.ProcedureRef{Code: r.filed.Code, Name: r.filed.Name, Catalogue: r.ports.Catalogue.Version()}
		d.Fields = append([]kiosk.Field(nil), v.Fields...)
		d.Papers = append([]kiosk.Document(nil), v.Papers...)
		if !v.Signature.Page.IsZero() {
			d.Papers = append(d.Papers, v.Signature)
		}
		d.Return, d.Consents, d.Chip, d.Face = v.Return, append([]kiosk.Consent(nil), v.Consents...), v.Chip, v.Face
	}
	return d
}

func (r *Runner) ask() {
	office, token, begun := r.ports.Office, r.visit.Typed, time.Now()
	r.start(func(ctx context.Context, _ func() bool) (func(), Event) {
		status, err := office.Status(ctx, token)
		if err != nil {
			return func() {
				r.log(audit.StatusLookup, audit.Flag(audit.KeyFound, false), audit.Code(err), audit.MS(time.Since(begun)))
			}, Event{Kind: EvStatusNone, Code: kiosk.CodeOf(err)}
		}
		return func() {
			r.visit.Status = status
			r.log(audit.StatusLookup, audit.Flag(audit.KeyFound, true), audit.MS(time.Since(begun)))
		}, Event{Kind: EvStatusFound}
	})
}

// wipe ends the visit's work, waits for it outside the lock, then zeroes everything. Asked again, it waits again.
func (r *Runner) wipe() {
	r.stop()
	for _, cancel := range r.previews {
		cancel()
	}
	if r.ports.Voice != nil {
		r.ports.Voice.Silence()
	}
	begun, visit, started, from := time.Now(), r.number, r.visit.Started, r.endedOn
	r.live.Go(func() {
		r.work.Wait()
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.number != visit || r.state.Screen != Wiping {
			return
		}
		r.forget()
		r.log(audit.VisitWiped, audit.MS(time.Since(begun)))
		r.log(audit.VisitEnd, audit.MS(begun.Sub(started)), audit.Word(audit.KeyReason, from), audit.Int(audit.KeyMachine, r.clock.machine.Milliseconds()))
		r.dispatch(Event{Kind: EvWiped})
	})
}

// forget zeroes all data of the visit. The lock is held and no work runs.
func (r *Runner) forget() {
	r.visit.Wipe()
	if r.ports.Reader != nil {
		r.ports.Reader.Forget()
	}
	if r.sealed != nil {
		r.sealed.Wipe()
	}
	r.filed, r.draft, r.sealed, r.lang = nil, nil, nil, ""
}

// spot looks for the code of a card that is shown to a camera, as long as the number is still wanted. The lock is held; the
// preview's end, at the next change of screen, ends it.
func (r *Runner) spot() {
	wanted := r.state.Screen == CardPlace || r.state.Screen == CardNumber
	if r.ports.Spotter == nil || r.closed || !wanted || r.state.Keyed || r.state.CardTries > 0 {
		return // after a failed read the number is typed: the card shown may not be the one on the reader
	}
	ctx, cancel := context.WithCancel(r.ctx)
	r.previewed++
	id, visit, begun := r.previewed, r.number, time.Now()
	r.previews[id] = cancel
	r.work.Go(func() {
		key, err := r.ports.Spotter.Spot(ctx)
		r.mu.Lock()
		defer r.mu.Unlock()
		cancelled := ctx.Err() != nil
		cancel()
		delete(r.previews, id)
		if err != nil || cancelled || r.number != visit || r.state.Keyed {
			return // no camera, or no longer wanted: the number can be typed
		}
		r.log(audit.CardSpotted, audit.MS(time.Since(begun)))
		r.visit.Key = key
		r.dispatch(Event{Kind: EvNumber, OK: true})
	})
}
