package emrtd

import (
	"bytes"
	"context"
	"crypto/subtle"
	"fmt"
	"io"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
)

// bac opens the chip with basic access control (Doc 9303-11 §4.3) and leaves ch with 3DES secure messaging. The application must
// be selected. Its key has little entropy and can be guessed from a recording, so it is used only where PACE is not offered.
// Errors: card_wrong_key, card_unsupported, card_protocol, the card's.
func bac(ctx context.Context, ch *channel, information string, random io.Reader) error {
	r, err := ch.do(ctx, apdu.Command{INS: 0x84, Ne: 8})
	if err != nil {
		return err
	}
	if !r.SW.OK() {
		return unsupported("%w", statusError("get challenge", r.SW))
	}
	if len(r.Data) != 8 {
		return protocolError("get challenge: %d bytes", len(r.Data))
	}
	enc, mac := icao.BACKeys(information)
	defer clear(enc)
	defer clear(mac)
	b := &bacRun{challenge: r.Data}
	if err := b.prepare(enc, mac, random); err != nil {
		return err
	}
	r, err = ch.do(ctx, apdu.Command{INS: 0x82, Data: b.request, Ne: 40})
	if err != nil {
		return err
	}
	if !r.SW.OK() {
		return wrongKey("%w", statusError("external authenticate", r.SW))
	}
	ch.sm, err = b.finish(enc, mac, r.Data)
	return err
}

// bacRun holds the values of one mutual authentication, named as in Doc 9303-11 §4.3.3.
type bacRun struct {
	challenge []byte // RND.IC
	nonce     []byte // RND.IFD
	key       []byte // K.IFD
	request   []byte // E_IFD || M_IFD
}

func (b *bacRun) prepare(enc, mac []byte, random io.Reader) error {
	fresh := make([]byte, 24)
	if _, err := io.ReadFull(random, fresh); err != nil {
		return fmt.Errorf("draw bac nonce: %w", err)
	}
	b.nonce, b.key = fresh[:8], fresh[8:]
	block, err := icao.TripleDES.Block(enc)
	if err != nil {
		return err
	}
	m, err := icao.NewMAC(icao.TripleDES, mac)
	if err != nil {
		return err
	}
	b.request = bytes.Join([][]byte{b.nonce, b.challenge, b.key}, nil)
	if err := icao.EncryptCBC(block, nil, b.request); err != nil {
		return err
	}
	sum, err := m.Token(b.request)
	b.request = append(b.request, sum...)
	return err
}

// finish checks the chip's answer and derives the session (Doc 9303-11 §4.3.3.2, §9.8.6.3).
func (b *bacRun) finish(enc, mac, answer []byte) (*secureMessaging, error) {
	if len(answer) != 40 {
		return nil, protocolError("external authenticate: %d bytes", len(answer))
	}
	block, err := icao.TripleDES.Block(enc)
	if err != nil {
		return nil, err
	}
	m, err := icao.NewMAC(icao.TripleDES, mac)
	if err != nil {
		return nil, err
	}
	want, err := m.Token(answer[:32])
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(want, answer[32:]) != 1 {
		return nil, wrongKey("external authenticate: chip's mac differs")
	}
	plain := bytes.Clone(answer[:32])
	defer clear(plain)
	if err := icao.DecryptCBC(block, nil, plain); err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(plain[:16], append(bytes.Clone(b.challenge), b.nonce...)) != 1 {
		return nil, wrongKey("external authenticate: chip's answer is to another challenge")
	}
	seed := make([]byte, 16)
	defer clear(seed)
	subtle.XORBytes(seed, b.key, plain[16:])
	kenc, kmac := icao.KDF(seed, icao.CounterEnc, icao.TripleDES), icao.KDF(seed, icao.CounterMAC, icao.TripleDES)
	return newSecureMessaging(icao.TripleDES, kenc, kmac, append(bytes.Clone(b.challenge[4:]), b.nonce[4:]...))
}
