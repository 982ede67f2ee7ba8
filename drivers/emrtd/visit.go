package emrtd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// visit is one read of one card, over as many sessions as it takes. What it gathers is judged at the end (checks.go).
type visit struct {
	opts     Options
	key      kiosk.CardKey
	pw       *password
	before   *torn // of an interrupted read, nil when there is none
	progress func(kiosk.ChipProgress)

	ch    *channel
	apdus int        // of all sessions
	atr   []byte     // of the card
	mem   cardMemory // what is known of its kind, and what this read finds out

	opened    *opened
	files     map[kiosk.FileID][]byte
	missing   map[kiosk.FileID]error // listed files that were not there or denied
	part      kiosk.FileID           // being read when the card was lost
	partBytes []byte
	over      bool // reading ended early after a failed proof
	dg14      *lds.SecurityInfos
	chipAuth  kiosk.Check
	active    kiosk.Check
	challenge []byte
	signature []byte
}

// errStopped ends reading early: the chip could not prove a key, and its session is over. What was read is judged.
var errStopped = errors.New("session over after a failed proof")

// run reads a powered card from the start. Errors: the card's, card_changed, errShorter.
func (v *visit) run(ctx context.Context, card apdu.Card) error {
	v.ch = &channel{card: card}
	v.files, v.missing = map[kiosk.FileID][]byte{}, map[kiosk.FileID]error{}
	v.chipAuth, v.active = kiosk.Check{}, kiosk.Check{}
	v.part, v.partBytes = "", nil
	defer func() { v.apdus += v.ch.apdus }()
	v.progress(kiosk.ChipProgress{})
	f := &files{ch: v.ch, mem: &v.mem, maxFile: v.opts.MaxFile, maxAPDU: v.opts.MaxCommands}
	var err error
	if v.opened, err = open(ctx, f, v.pw, v.opts.Rand); err != nil {
		if v.before != nil && kiosk.CodeOf(err) == kiosk.CodeCardWrongKey {
			return changed("the key that opened the first card does not open this one")
		}
		return err
	}
	if v.opened.cardAccess.raw != nil && v.opened.cardAccess.way != accessKnown {
		v.files[kiosk.FileCardAccess] = v.opened.cardAccess.raw
	}
	err = v.readAll(ctx, f)
	if v.over = errors.Is(err, errStopped); v.over {
		return nil
	}
	return err
}

func changed(format string, args ...any) error {
	return kiosk.Errorf(kiosk.CodeCardChanged, opRead, hintReseat, format, args...)
}

// readAll reads the files in order, with the proofs between them.
func (v *visit) readAll(ctx context.Context, f *files) error {
	for _, id := range []kiosk.FileID{kiosk.FileCOM, kiosk.FileSOD, kiosk.FileDG14} {
		if err := v.fetch(ctx, f, id); err != nil {
			return err
		}
	}
	if err := v.proveChip(ctx); err != nil {
		return err
	}
	if err := v.fetch(ctx, f, kiosk.FileDG15); err != nil {
		return err
	}
	if err := v.proveActive(ctx); err != nil {
		return err
	}
	for _, id := range []kiosk.FileID{kiosk.FileDG1, kiosk.FileDG13, kiosk.FileDG2} {
		if err := v.fetch(ctx, f, id); err != nil {
			return err
		}
	}
	return nil
}

// listed reports whether EF.COM names a group, or is of no use for that. EF.COM is not signed: leaving a group out of it is
// found when it is compared with EF.SOD.
func (v *visit) listed(id kiosk.FileID) bool {
	info, ok := lds.Info(id)
	if !ok || info.Group == 0 {
		return ok
	}
	com, err := lds.ParseCOM(v.files[kiosk.FileCOM])
	if err != nil {
		return true
	}
	for _, g := range com.Groups {
		if g == id {
			return true
		}
	}
	return false
}

// fetch reads one file into files, or takes it from the interrupted read. A file that is not there or may not be read is left
// out; the checks find that.
func (v *visit) fetch(ctx context.Context, f *files, id kiosk.FileID) error {
	if !v.listed(id) {
		return nil
	}
	if b, ok := v.before.file(id); ok && v.same() {
		v.files[id] = bytes.Clone(b)
		v.report(id, len(b), len(b))
		return nil
	}
	var have []byte
	if v.same() {
		have = v.before.beginning(id)
	}
	info, _ := lds.Info(id)
	f.chunk = func(done, total int) { v.report(id, done, total) }
	raw, err := f.read(ctx, info, have)
	switch {
	case errors.Is(err, errNoFile), errors.Is(err, errDenied):
		v.missing[id] = err
		return nil
	case err != nil:
		v.part, v.partBytes = id, raw
		return err
	case v.before.contradicts(id, raw):
		return changed("%s differs from the one read before", id)
	}
	v.files[id] = raw
	return nil
}

// same reports whether this session has read EF.SOD and found it equal to the one of the interrupted read.
func (v *visit) same() bool {
	if v.before == nil || v.files[kiosk.FileSOD] == nil {
		return false
	}
	return bytes.Equal(v.before.files[kiosk.FileSOD], v.files[kiosk.FileSOD])
}

// report tells the progress. The total is known once the last and longest file has begun.
func (v *visit) report(id kiosk.FileID, done, total int) {
	p := kiosk.ChipProgress{File: id, Done: done}
	for other, b := range v.files {
		if other != id {
			p.Done += len(b)
		}
	}
	if id == kiosk.FileDG2 {
		p.Total = p.Done - done + total
	}
	v.progress(p)
}

// proveChip runs chip authentication when DG14 offers it.
func (v *visit) proveChip(ctx context.Context) error {
	raw := v.files[kiosk.FileDG14]
	if raw == nil {
		v.chipAuth = kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckNotSupported, Reason: "no DG14"}
		return nil
	}
	var err error
	if v.dg14, err = lds.ParseDG14(raw); err != nil {
		v.chipAuth = failedCA("DG14 malformed")
		return nil
	}
	way, check := chooseCA(v.dg14)
	if way == nil {
		v.chipAuth = check
		return nil
	}
	if v.chipAuth, err = chipAuthentication(ctx, v.ch, way, v.opts.Rand); err != nil {
		return err
	}
	return v.stopped()
}

// stopped gives errStopped when a failed proof ended the session.
func (v *visit) stopped() error {
	if v.ch.dead != nil {
		return fmt.Errorf("%w: %w", errStopped, v.ch.dead)
	}
	return nil
}

// proveActive runs active authentication when there is a DG15.
func (v *visit) proveActive(ctx context.Context) error {
	raw := v.files[kiosk.FileDG15]
	if raw == nil {
		v.active = kiosk.Check{Name: kiosk.CheckActiveAuth, Result: kiosk.CheckNotSupported, Reason: "no DG15"}
		return nil
	}
	key, err := lds.ParseDG15(raw)
	if err != nil {
		v.active = kiosk.Check{Name: kiosk.CheckActiveAuth, Result: kiosk.CheckFailed, Reason: "DG15 malformed"}
		return nil
	}
	if v.challenge, err = v.newChallenge(); err != nil {
		return err
	}
	if v.signature, v.active, err = activeAuthCheck(ctx, v.ch, key, v.dg14, v.challenge); err != nil {
		return err
	}
	return v.stopped()
}

func (v *visit) newChallenge() ([]byte, error) {
	if v.opts.Challenge != nil {
		if c := v.opts.Challenge(); len(c) == challengeSize {
			return bytes.Clone(c), nil
		}
		return nil, errors.New("active authentication challenge is not 8 bytes")
	}
	c := make([]byte, challengeSize)
	if _, err := io.ReadFull(v.opts.Rand, c); err != nil {
		return nil, fmt.Errorf("draw challenge: %w", err)
	}
	return c, nil
}

// remains gives what to keep of a read that lost its card: what this session read, with what is kept of the one before when
// this session found the card to be the same.
func (v *visit) remains(before *torn) *torn {
	if before != nil && !v.same() {
		before.at = v.opts.Now()
		return before
	}
	t := &torn{key: v.key, at: v.opts.Now(), files: map[kiosk.FileID][]byte{}, part: v.part, bytes: v.partBytes}
	if before != nil {
		maps.Copy(t.files, before.files)
		if t.part == "" || t.part != before.part && t.files[before.part] == nil && before.part != "" {
			t.part, t.bytes = before.part, before.bytes
		}
	}
	maps.Copy(t.files, v.files)
	return t
}
