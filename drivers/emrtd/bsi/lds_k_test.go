package bsi

import (
	"bytes"
	"encoding/hex"
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// EF.ATR/INFO tells how long commands and answers may be. It is not signed and only makes reading faster: what is wrong in it is as if
// it were not there.

func init() {
	type atrCase struct {
		id, text, file string
		limit          int // bytes of a command or response APDU, 0 for none stated
		what           string
	}
	cases([]atrCase{
		{"LDS_K_01", "7F66 states 1,000 bytes for command and response in two bytes each: accepted, no APDU is longer.", "7F66080202 03E8 0202 03E8", 1000, ""},
		{"LDS_K_02", "7F66 states 66,000 bytes in three bytes each: accepted.", "7F660A0203 0101D0 0203 0101D0", 66000, ""},
		{"LDS_K_03", "7F66 states one length alone: it is not used, accepted, and named.", "7F66040202 03E8", 0, "extended length information malformed"},
		{"LDS_K_04", "The lengths stand in 7F67: not known and not used, accepted.", "7F67080202 03E8 0202 03E8", 0, ""},
	}, func(c atrCase) string { return c.id }, func(c atrCase) string { return c.text }, func(t *testing.T, b *bench, c atrCase) {
		raw, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(c.file), []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		card := b.issue(t, emrtdtest.IssueOptions{Edit: func(files map[kiosk.FileID][]byte) error {
			files[kiosk.FileATRInfo] = raw
			return nil
		}})
		o := b.read(t, reading{Card: card})
		accepted(c.what)(t, o)
		if o.read != nil && !bytes.Equal(o.read.Files[kiosk.FileATRInfo], raw) {
			t.Error("EF.ATR/INFO was not read")
		}
		longest := 0
		for _, e := range o.trace {
			longest = max(longest, len(e.command), len(e.response))
		}
		switch {
		case c.limit > 0 && longest > c.limit:
			t.Errorf("an APDU of %d bytes, %d are allowed", longest, c.limit)
		case c.limit == 0 && longest <= 1000:
			t.Errorf("no APDU has more than %d bytes: the lengths were used", longest)
		}
	})
}
