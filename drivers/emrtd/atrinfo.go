package emrtd

import (
	"context"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// EF.ATR/INFO (Doc 9303-10 §3.11.1, ISO/IEC 7816-4 §12.8) says how long commands and answers may be. It lies in the master file,
// so it is read before the application is selected, and only where it can be of use: by a reader that takes extended lengths,
// once for a kind of card, unless the answer to reset says that there are none.

// wantsATRInfo reports whether the file may tell something that is worth a command.
func (c *channel) wantsATRInfo() bool {
	if c.kind == nil || c.kind.known || c.card.MaxResponse() <= shortAnswer {
		return false
	}
	b, says := capabilities(c.card.ATR())
	return !says || b&(capabilityExtended|capabilityATRInfo) != 0
}

// lengths reads EF.ATR/INFO and remembers what it says; raw is nil when it is not there or cannot be read. Errors: the card's.
func (f *files) lengths(ctx context.Context) (raw []byte, err error) {
	if !f.ch.wantsATRInfo() {
		return nil, nil
	}
	f.mem.known = true
	info, _ := lds.Info(kiosk.FileATRInfo)
	r := &reading{files: f, info: info}
	if err := r.selectEF(ctx); err != nil {
		return nil, f.ch.dead
	}
	resp, err := r.firstOf(ctx, apdu.Command{INS: 0xB0, Ne: shortAnswer})
	if err != nil || len(resp.Data) == 0 || !resp.SW.OK() && resp.SW != apdu.StatusEndOfFile {
		return nil, err
	}
	if a, err := lds.ParseATRInfo(resp.Data); err == nil {
		f.mem.heed(a)
	}
	return resp.Data, nil
}

// heed takes the lengths of EF.ATR/INFO, which count whole APDUs. The file is not signed, so it may make reading slow, no worse:
// lengths below those of short APDUs are passed over.
func (m *cardMemory) heed(a *lds.ATRInfo) {
	const head, le, status = 7, 2, 2 // CLA to Lc, Le; SW1-SW2
	if a.MaxCommand > head+shortCommand+le {
		m.command = a.MaxCommand - head - le
	}
	if a.MaxResponse > shortAnswer+status {
		m.answer = a.MaxResponse - status
	}
	m.extended = a.Extended || m.command > 0 && m.answer > 0
}
