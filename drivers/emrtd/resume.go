package emrtd

import (
	"bytes"
	"time"

	"motcua/kiosk"
)

// torn is what was read of a card before it was taken away, kept for a short time so that the citizen need not wait twice. It is
// used only after the chip has been opened with the same key again, has proved its keys again, and gives the same EF.SOD and DG1.
type torn struct {
	key   kiosk.CardKey
	at    time.Time
	files map[kiosk.FileID][]byte // complete files
	part  kiosk.FileID            // the file that was interrupted, "" for none
	bytes []byte                  // its beginning
	kind  string                  // of the card, in this reader
	mem   cardMemory              // what was learnt of the kind
	timer *time.Timer             // forgets it
}

func (t *torn) wipe() {
	if t == nil {
		return
	}
	if t.timer != nil {
		t.timer.Stop()
	}
	for _, f := range t.files {
		clear(f)
	}
	clear(t.bytes)
	*t = torn{}
}

// proves reports whether a file is read again to prove that the card is the same.
func proves(id kiosk.FileID) bool { return id == kiosk.FileSOD || id == kiosk.FileDG1 }

// file gives a complete file of before; ok is false for files that prove.
func (t *torn) file(id kiosk.FileID) (b []byte, ok bool) {
	if t == nil || proves(id) {
		return nil, false
	}
	b, ok = t.files[id]
	return b, ok
}

// beginning gives a copy of what was read of a file.
func (t *torn) beginning(id kiosk.FileID) []byte {
	if t == nil || t.part != id || proves(id) {
		return nil
	}
	return bytes.Clone(t.bytes)
}

// contradicts reports whether a file read again differs from what it was, or from its beginning as far as that was read.
func (t *torn) contradicts(id kiosk.FileID, now []byte) bool {
	if t == nil || !proves(id) {
		return false
	}
	if before, ok := t.files[id]; ok {
		return !bytes.Equal(before, now)
	}
	return t.part == id && !bytes.HasPrefix(now, t.bytes)
}

// keep remembers an interrupted read and forgets it after a while, whether or not the card comes back.
func (r *Reader) keep(t *torn) {
	r.tornMu.Lock()
	defer r.tornMu.Unlock()
	r.torn.wipe()
	r.torn = t
	t.timer = time.AfterFunc(r.opts.ResumeWithin, func() { r.forget(t) })
}

// take gives what is kept for a key and forgets it in the Reader. What belongs to another key, or is too old, is wiped.
func (r *Reader) take(key kiosk.CardKey) *torn {
	r.tornMu.Lock()
	defer r.tornMu.Unlock()
	t := r.torn
	r.torn = nil
	if t == nil {
		return nil
	}
	t.timer.Stop()
	if t.key != key || r.opts.Now().Sub(t.at) > r.opts.ResumeWithin {
		t.wipe()
		return nil
	}
	return t
}

func (r *Reader) forget(t *torn) {
	r.tornMu.Lock()
	defer r.tornMu.Unlock()
	if r.torn == t {
		r.torn.wipe()
		r.torn = nil
	}
}

// Forget wipes what is kept of an interrupted read. A visit that ends calls it.
func (r *Reader) Forget() {
	r.tornMu.Lock()
	defer r.tornMu.Unlock()
	r.torn.wipe()
	r.torn = nil
}
