package emrtd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

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
	kind  string     // of the card, in this reader
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
	v.ch = &channel{card: card, kind: &v.mem}
	v.files, v.missing = map[kiosk.FileID][]byte{}, map[kiosk.FileID]error{}
	v.chipAuth, v.active = kiosk.Check{}, kiosk.Check{}
	v.part, v.partBytes, v.dg14 = "", nil, nil
	defer func() { v.apdus += v.ch.apdus }()
	v.progress(kiosk.ChipProgress{})
	f := &files{ch: v.ch, mem: &v.mem, maxFile: v.opts.MaxFile, maxAPDU: v.opts.MaxCommands}
	if err := v.open(ctx, f); err != nil {
		return err
	}
	err := v.readAll(ctx, f)
	if v.over = errors.Is(err, errStopped); v.over {
		return nil
	}
	return err
}

// open gets access to the chip and keeps the files that were read on the way.
func (v *visit) open(ctx context.Context, f *files) error {
	info, err := f.lengths(ctx)
	if err != nil {
		return err
	}
	if v.opened, err = open(ctx, f, v.pw, v.opts.Rand); err != nil {
		if v.before != nil && kiosk.CodeOf(err) == kiosk.CodeCardWrongKey {
			return changed("the key that opened the first card does not open this one")
		}
		return err
	}
	v.keep(kiosk.FileATRInfo, info)
	v.keep(kiosk.FileCardSecurity, v.opened.cardSecurity)
	if v.opened.cardAccess.way != accessKnown {
		v.keep(kiosk.FileCardAccess, v.opened.cardAccess.raw)
	}
	return nil
}

// keep adds a file that is there.
func (v *visit) keep(id kiosk.FileID, raw []byte) {
	if raw != nil {
		v.files[id] = raw
	}
}

func changed(format string, args ...any) error {
	return kiosk.Errorf(kiosk.CodeCardChanged, opRead, hintReseat, format, args...)
}

// readAll reads the files in order, with the proofs between them. EF.SOD and DG14 come first, so that all that follows is read
// from a chip that has proved its key; DG2 comes last, so that what it takes can overlap with what the caller does.
func (v *visit) readAll(ctx context.Context, f *files) error {
	steps := []func() error{
		func() error { return v.fetch(ctx, f, kiosk.FileSOD, kiosk.FileDG14) },
		func() error { return v.proveChip(ctx) },
		func() error { return v.fetch(ctx, f, kiosk.FileCOM, kiosk.FileDG15) },
		func() error { return v.proveActive(ctx, false) },
		func() error {
			return v.fetch(ctx, f, kiosk.FileDG1, kiosk.FileDG13, kiosk.FileDG11, kiosk.FileDG12, kiosk.FileDG2)
		},
		func() error { return v.proveActive(ctx, true) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// listed reports whether a file is to be read: DG14 always, other groups when EF.COM names them or is of no use for that. EF.COM
// is not signed: leaving a group out of it is found when it is compared with EF.SOD.
func (v *visit) listed(id kiosk.FileID) bool {
	info, ok := lds.Info(id)
	if !ok || info.Group == 0 || id == kiosk.FileDG14 {
		return ok
	}
	com, err := lds.ParseCOM(v.files[kiosk.FileCOM])
	return err != nil || slices.Contains(com.Groups, id)
}

// fetch reads files, or takes them from the interrupted read.
func (v *visit) fetch(ctx context.Context, f *files, ids ...kiosk.FileID) error {
	for _, id := range ids {
		if !v.listed(id) {
			continue
		}
		if err := v.fetchOne(ctx, f, id); err != nil {
			return err
		}
	}
	return nil
}

// fetchOne reads one file. A file that is not there or may not be read is left out, and one that ends early is kept as it is;
// the checks find that.
func (v *visit) fetchOne(ctx context.Context, f *files, id kiosk.FileID) error {
	if b, ok := v.before.file(id); ok && v.same() {
		v.files[id] = bytes.Clone(b)
		v.report(id, b, len(b), len(b))
		return nil
	}
	var have []byte
	if v.same() {
		have = v.before.beginning(id)
	}
	info, _ := lds.Info(id)
	f.chunk = func(piece []byte, done, total int) { v.report(id, piece, done, total) }
	raw, err := f.read(ctx, info, have)
	switch {
	case errors.Is(err, errNoFile), errors.Is(err, errDenied):
		v.missing[id] = err
		return nil
	case err != nil && !errors.Is(err, errCut):
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
func (v *visit) report(id kiosk.FileID, piece []byte, done, total int) {
	p := kiosk.ChipProgress{File: id, Done: done, Chunk: piece}
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

// proveChip runs chip authentication when DG14 offers it and PACE has not done so already.
func (v *visit) proveChip(ctx context.Context) error {
	raw := v.files[kiosk.FileDG14]
	v.chipAuth = kiosk.Check{Name: kiosk.CheckChipAuth, Result: kiosk.CheckNotSupported, Reason: "no DG14"}
	if raw != nil {
		var err error
		if v.dg14, err = lds.ParseDG14(raw); err != nil {
			v.chipAuth = failedCA("DG14 malformed")
			return nil
		}
	}
	if check, done := v.proveMapping(); done {
		v.chipAuth = check
		return nil
	}
	if v.dg14 == nil {
		return nil
	}
	way, check := chooseCA(v.dg14)
	if way == nil {
		v.chipAuth = check
		return nil
	}
	var err error
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

// proveActive runs active authentication when there is a DG15. An answer that may be too long for reader or card is asked for
// after everything else was read, for the question may end the session; late is that second occasion.
func (v *visit) proveActive(ctx context.Context, late bool) error {
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
	if v.ch.carries(key) == late {
		return nil
	}
	if v.challenge, err = v.newChallenge(); err != nil {
		return err
	}
	if v.signature, v.active, err = activeAuthCheck(ctx, v.ch, key, v.dg14, v.challenge); err != nil || late {
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
	t := &torn{key: v.key, at: v.opts.Now(), files: map[kiosk.FileID][]byte{}, part: v.part, bytes: v.partBytes, kind: v.kind, mem: v.mem}
	if before != nil {
		maps.Copy(t.files, before.files)
		if t.part == "" || t.part != before.part && t.files[before.part] == nil && before.part != "" {
			t.part, t.bytes = before.part, before.bytes
		}
	}
	maps.Copy(t.files, v.files)
	return t
}
