package emrtd

import (
	"context"
	"encoding/hex"
	"errors"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// eMRTD application (Doc 9303-10 §3.4.1).
var applicationID = []byte{0xA0, 0, 0, 2, 0x47, 0x10, 0x01}

// knownCardAccess is EF.CardAccess of the Vietnamese cards since 2021, for chips that do not hand it out: terminal
// authentication v1, chip authentication v1 with AES-128, PACE v2 ECDH-GM AES-128 on brainpoolP256r1. It is nothing but a guess
// at what to try; the comparison with DG14 decides.
var knownCardAccess, _ = hex.DecodeString("3134300D060804007F0007020202020101300F060A04007F000702020302020201013012" +
	"060A04007F0007020204020202010202010D")

// The ways EF.CardAccess was got.
const (
	accessByEF    = "select by identifier"
	accessBySFI   = "short identifier"
	accessByMF    = "under the master file"
	accessByAID   = "under the application"
	accessKnown   = "not readable, known for this kind of card"
	accessNothing = "not on the chip"
	accessDenied  = "on the chip, but refused"
)

// cardAccess is EF.CardAccess and how it was got; raw is nil when there is none.
type cardAccess struct {
	raw   []byte
	way   string
	infos *lds.SecurityInfos
}

// selectCommand is SELECT without Le, which some chips refuse together with P2=0C.
func selectCommand(p1 byte, data []byte) apdu.Command {
	return apdu.Command{INS: 0xA4, P1: p1, P2: 0x0C, Data: data}
}

// readCardAccess tries the ways in which cards hand out EF.CardAccess. It never depends on SELECT MF, which Vietnamese cards
// refuse with 6D00 once the application is selected. Errors: card_protocol for a file that is no security info, the card's.
func readCardAccess(ctx context.Context, f *files) (*cardAccess, error) {
	info, _ := lds.Info(kiosk.FileCardAccess)
	byEF, bySFI := info, info
	byEF.SFI, bySFI.EF = 0, 0
	steps := []struct {
		way    string
		before []apdu.Command
		info   lds.FileInfo
	}{
		{accessByEF, nil, byEF},
		{accessBySFI, nil, bySFI},
		{accessByMF, []apdu.Command{selectCommand(0, []byte{0x3F, 0}), selectCommand(0, nil)}, byEF},
		{accessByAID, []apdu.Command{selectCommand(4, applicationID)}, byEF},
	}
	way := accessNothing
	for _, s := range steps {
		for _, c := range s.before {
			if _, err := f.ch.do(ctx, c); err != nil {
				return nil, err
			}
		}
		raw, err := f.tryCardAccess(ctx, s.info)
		if errors.Is(err, errDenied) && f.ch.dead == nil {
			if s.way != accessByAID { // there, chips deny whatever they do not have
				way = accessDenied
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		if raw != nil {
			return parseCardAccess(raw, s.way)
		}
	}
	return &cardAccess{way: way, infos: &lds.SecurityInfos{}}, nil
}

// tryCardAccess gives nil when the chip knows no such file or command, and errDenied when the file is there but may not be read.
func (f *files) tryCardAccess(ctx context.Context, info lds.FileInfo) ([]byte, error) {
	r := &reading{files: f, info: info}
	if info.EF != 0 {
		switch err := r.selectEF(ctx); {
		case f.ch.dead != nil, errors.Is(err, errDenied):
			return nil, err
		case err != nil:
			return nil, nil
		}
	}
	p1 := byte(0)
	if info.SFI != 0 {
		p1 = 0x80 | info.SFI
	}
	switch done, err := r.first(ctx, p1); {
	case f.ch.dead != nil:
		return nil, f.ch.dead
	case errors.Is(err, errNoFile), err == nil && !done:
		return nil, nil
	case err != nil:
		return nil, err
	}
	if err := r.measure(); err != nil {
		return nil, err
	}
	for len(r.buf) < r.total {
		if err := r.next(ctx); err != nil {
			return nil, err
		}
	}
	return r.buf[:r.total], nil
}

func parseCardAccess(raw []byte, way string) (*cardAccess, error) {
	infos, err := lds.ParseSecurityInfos(raw)
	if err != nil {
		return nil, protocolError("EF.CardAccess: %w", err)
	}
	return &cardAccess{raw: raw, way: way, infos: infos}, nil
}
