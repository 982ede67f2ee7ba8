package bsi

import (
	"testing"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// EF.COM is not signed: what is wrong in it may be anybody's work. So it never takes anything away from what EF.SOD says, and a
// card that says otherwise than EF.SOD is not accepted. The file is changed after signing.

// withCOM issues a card whose EF.COM was changed.
func withCOM(t *testing.T, b *bench, change func(com []byte) []byte) *emrtdtest.Card {
	t.Helper()
	return b.issue(t, emrtdtest.IssueOptions{After: func(files map[kiosk.FileID][]byte) error {
		files[kiosk.FileCOM] = change(files[kiosk.FileCOM])
		return nil
	}})
}

// rebuilt parses EF.COM, lets change alter it, and builds it again.
func rebuilt(t *testing.T, change func(*lds.COM)) func([]byte) []byte {
	return func(raw []byte) []byte {
		com, err := lds.ParseCOM(raw)
		if err != nil {
			t.Fatal(err)
		}
		change(&com)
		return com.Marshal()
	}
}

func init() {
	type comCase struct {
		id, text string
		change   func(t *testing.T) func([]byte) []byte
		want     func(t *testing.T, o outcome)
	}
	doubtful := func(what string) func(*testing.T, outcome) {
		return func(t *testing.T, o outcome) {
			o.undetermined(t, kiosk.CheckEncoding)
			o.reason(t, kiosk.CheckEncoding, what)
		}
	}
	unlisted := func(what string) func(*testing.T, outcome) {
		return func(t *testing.T, o outcome) {
			o.refused(t, kiosk.CheckGroups)
			o.check(t, kiosk.CheckEncoding, kiosk.CheckUndetermined)
			o.reason(t, kiosk.CheckEncoding, what)
			o.check(t, kiosk.CheckHashes, kiosk.CheckSuccessful)
		}
	}
	plain := func(change func(b []byte) []byte) func(*testing.T) func([]byte) []byte {
		return func(*testing.T) func([]byte) []byte { return change }
	}
	built := func(change func(*lds.COM)) func(*testing.T) func([]byte) []byte {
		return func(t *testing.T) func([]byte) []byte { return rebuilt(t, change) }
	}
	cases([]comCase{
		{
			"LDS_A_01", "EF.COM begins with 61: the groups are read by EF.SOD, the document is refused and the wrong tag is named.",
			plain(func(b []byte) []byte { b[0] = 0x61; return b }), unlisted("EF.COM: wrong tag"),
		},
		{
			"LDS_A_02", "The length of EF.COM is one too small: its list is cut and unreadable, the document is refused.",
			plain(func(b []byte) []byte { b[1]--; return b }), unlisted("EF.COM: length too large"),
		},
		{
			"LDS_A_03", "The length of EF.COM is one too big: the file ends early, the document is refused.",
			plain(func(b []byte) []byte { b[1]++; return b }), unlisted("EF.COM: length too large"),
		},
		{
			"LDS_A_04", "EF.COM states LDS version 3.0, which nobody knows: the files are read, the document is not accepted without an officer.",
			built(func(c *lds.COM) { c.LDS = "0300" }), doubtful("LDS version unknown"),
		},
		{
			"LDS_A_05", "EF.COM states no LDS version: the files are read, the document is not accepted without an officer.",
			built(func(c *lds.COM) { c.LDS = "" }), doubtful("LDS version missing"),
		},
		{
			"LDS_A_06", "EF.COM states Unicode 5.0.0: later versions only add characters, so the document is accepted and the deviation named.",
			built(func(c *lds.COM) { c.Unicode = "050000" }), func(t *testing.T, o outcome) {
				o.verified(t)
				o.reason(t, kiosk.CheckEncoding, "Unicode version unknown")
			},
		},
		{
			"LDS_A_07", "EF.COM states no Unicode version: the files are read, the document is not accepted without an officer.",
			built(func(c *lds.COM) { c.Unicode = "" }), doubtful("Unicode version missing"),
		},
		{
			"LDS_A_08", "EF.COM leaves DG1 out, EF.SOD has it: the comparison of the lists fails, the document is refused.",
			built(func(c *lds.COM) { c.Groups = c.Groups[1:] }), func(t *testing.T, o outcome) {
				o.refused(t, kiosk.CheckGroups)
				o.check(t, kiosk.CheckHashes, kiosk.CheckSuccessful)
			},
		},
		{
			"LDS_A_09", "EF.COM has no list of groups: the groups are read by EF.SOD, the document is refused.",
			plain(func(b []byte) []byte { return append([]byte{0x60, 16}, b[2:18]...) }), unlisted("EF.COM: part missing"),
		},
	}, func(c comCase) string { return c.id }, func(c comCase) string { return c.text }, func(t *testing.T, b *bench, c comCase) {
		c.want(t, b.read(t, reading{Card: withCOM(t, b, c.change(t))}))
	})

	register("LDS_A_10", "EF.COM states LDS 1.8 and EF.SOD repeats it in LDSVersionInfo: accepted without a word.", func(t *testing.T, b *bench) {
		card := b.issue(t, emrtdtest.IssueOptions{
			SOD: emrtdtest.SODOptions{LDS: "0108"},
			After: func(files map[kiosk.FileID][]byte) error {
				files[kiosk.FileCOM] = rebuilt(t, func(c *lds.COM) { c.LDS = "0108" })(files[kiosk.FileCOM])
				return nil
			},
		})
		o := b.read(t, reading{Card: card})
		o.verified(t)
		o.check(t, kiosk.CheckEncoding, kiosk.CheckSuccessful)
		if o.read != nil {
			if c, _ := o.read.Check(kiosk.CheckEncoding); c.Reason != "" {
				t.Errorf("a deviation is named: %s", c.Reason)
			}
		}
	})
}
