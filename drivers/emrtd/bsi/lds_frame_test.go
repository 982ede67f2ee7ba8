package bsi

import (
	"bytes"
	"fmt"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// registerFrame registers the three cases that each data group has for its first tag and its length, numbered from n on.
func registerFrame(unit string, n int, id kiosk.FileID, tag byte) {
	name := func(i int) string { return fmt.Sprintf("%s_%02d", unit, n+i) }
	register(name(0), fmt.Sprintf("%s begins with %02X and is signed so: refused, the wrong tag is named.", id, tag), func(t *testing.T, b *bench) {
		o := readEdited(t, b, id, func(raw []byte) []byte { raw[0] = tag; return raw })
		unreadable(string(id)+": wrong tag")(t, o)
	})
	register(name(1), fmt.Sprintf("The length of %s is one too small, first with the last byte there, then without it, each signed so: refused, by the hash of what the length covers, or because the file is cut.", id),
		func(t *testing.T, b *bench) {
			o := readEdited(t, b, id, func(raw []byte) []byte { return stretched(raw, -1) })
			o.refused(t)
			if o.result(kiosk.CheckHashes) != kiosk.CheckFailed && o.result(kiosk.CheckEncoding) != kiosk.CheckFailed {
				t.Errorf("neither hash nor encoding failed: %v", o)
			}
			o = readEdited(t, b, id, func(raw []byte) []byte { return stretched(raw[:len(raw)-1], -1) })
			o.refused(t, kiosk.CheckEncoding)
			o.check(t, kiosk.CheckHashes, kiosk.CheckSuccessful)
		})
	register(name(2), fmt.Sprintf("The length of %s is one too big and the file is signed so: it ends early, refused.", id), func(t *testing.T, b *bench) {
		o := readEdited(t, b, id, func(raw []byte) []byte { return stretched(raw, 1) })
		o.refused(t)
		if o.result(kiosk.CheckHashes) != kiosk.CheckFailed && o.result(kiosk.CheckEncoding) != kiosk.CheckFailed {
			t.Errorf("neither hash nor encoding failed: %v", o)
		}
	})
}

// readEdited issues a card with a changed and signed file and reads it.
func readEdited(t *testing.T, b *bench, id kiosk.FileID, change func(raw []byte) []byte) outcome {
	t.Helper()
	return b.read(t, reading{Card: edited(t, b, id, change)})
}

// edited issues a card with a changed and signed file.
func edited(t *testing.T, b *bench, id kiosk.FileID, change func(raw []byte) []byte) *emrtdtest.Card {
	t.Helper()
	return b.issue(t, emrtdtest.IssueOptions{Edit: func(files map[kiosk.FileID][]byte) error {
		files[id] = change(bytes.Clone(files[id]))
		return nil
	}})
}

// stretched changes the length of a file's first object by n and leaves its bytes alone.
func stretched(raw []byte, n int) []byte {
	_, size, length, err := tlv.Header(raw)
	if err != nil {
		panic("a file without a header was issued")
	}
	head := tlv.Encode(tlv.Tag(raw[0]), make([]byte, length+n))
	return append(head[:len(head)-length-n], raw[size:]...)
}
