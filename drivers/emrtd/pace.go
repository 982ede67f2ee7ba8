package emrtd

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The data objects of GENERAL AUTHENTICATE (Doc 9303-11 §4.4.5) and of authentication tokens (§4.4.3.4, §9.4.5).
const (
	tagDynamic     tlv.Tag = 0x7C
	tagNonce       tlv.Tag = 0x80
	tagMapTerminal tlv.Tag = 0x81
	tagMapChip     tlv.Tag = 0x82
	tagKeyTerminal tlv.Tag = 0x83
	tagKeyChip     tlv.Tag = 0x84
	tagTokTerminal tlv.Tag = 0x85
	tagTokChip     tlv.Tag = 0x86
	tagChipData    tlv.Tag = 0x8A
	tagPublicKey   tlv.Tag = 0x7F49
	tagDHPublic    tlv.Tag = 0x84
	tagECPoint     tlv.Tag = 0x86
)

// errRefusedPACE means that the chip refused to select the protocol, before any password was used.
var errRefusedPACE = errors.New("chip refused to start pace")

// hintBlocked is for a chip that takes no more tries of this key.
const hintBlocked = "the card has blocked this key after too many wrong tries; the office that issued the card must look at it"

// paceRun is one run of PACE (Doc 9303-11 §4.4).
type paceRun struct {
	ch     *channel
	v      *paceVariant
	random io.Reader
	chip   []byte // the chip's public key of the mapping, for CAM
}

// pace opens the chip and leaves ch with secure messaging. With chip authentication mapping it also gives what the chip sent to
// prove its key, nil with the others. Errors: card_wrong_key, card_protocol, errRefusedPACE, the card's.
func pace(ctx context.Context, ch *channel, v *paceVariant, pw *password, random io.Reader) (*chipMap, error) {
	p := &paceRun{ch: ch, v: v, random: random}
	if err := p.selectProtocol(ctx, pw.reference); err != nil {
		return nil, err
	}
	nonce, err := p.nonce(ctx, pw)
	if err != nil {
		return nil, err
	}
	defer clear(nonce)
	mapped, err := p.mapGenerator(ctx, nonce)
	if err != nil {
		return nil, err
	}
	own, peer, err := p.exchange(ctx, mapped, tagKeyTerminal, tagKeyChip)
	if err != nil {
		return nil, err
	}
	defer own.wipe()
	return p.confirm(ctx, own, peer)
}

// selectProtocol sends MSE:Set AT (Doc 9303-11 §4.4.4.1). A chip that finds something wrong with the data is asked once more
// with the domain parameters stated, or not stated where they are clear without: chips differ in when they want them.
func (p *paceRun) selectProtocol(ctx context.Context, reference byte) error {
	sw, err := p.setAT(ctx, reference, p.v.state)
	again := sw == apdu.StatusWrongData || sw == 0x6A87 || sw == apdu.StatusNoReference
	if err == nil && again && p.v.id >= 0 && (!p.v.state || p.v.alone) {
		sw, err = p.setAT(ctx, reference, !p.v.state)
	}
	switch {
	case err != nil:
		return err
	case sw.OK(), sw>>4 == 0x63C && sw != 0x63C0: // 63Cx: that many tries are left
		return nil
	case blocked(sw):
		return blockedKey(statusError("start pace", sw))
	}
	return fmt.Errorf("%w: %w", errRefusedPACE, sw)
}

// setAT has no Le: some chips refuse it there.
func (p *paceRun) setAT(ctx context.Context, reference byte, state bool) (apdu.Status, error) {
	data := tlv.Append(nil, tagNonce, oidValue(p.v.oid))
	data = tlv.Append(data, tagKeyTerminal, []byte{reference})
	if state {
		data = tlv.Append(data, tagKeyChip, parameterReference(p.v.id))
	}
	r, err := p.ch.do(ctx, apdu.Command{INS: 0x22, P1: 0xC1, P2: 0xA4, Data: data})
	return r.SW, err
}

// parameterReference codes a domain parameter id with as few bytes as possible.
func parameterReference(id int) []byte {
	if id == 0 {
		return []byte{0}
	}
	return big.NewInt(int64(id)).Bytes()
}

// blocked reports whether a status says that a password takes no more tries.
func blocked(sw apdu.Status) bool { return sw == 0x63C0 || sw == 0x6983 || sw == 0x6984 }

func blockedKey(err error) error {
	return kiosk.Errorf(kiosk.CodeCardWrongKey, opRead, hintBlocked, "key blocked: %w", err)
}

// oidValue gives the contents of an object identifier's encoding.
func oidValue(oid asn1.ObjectIdentifier) []byte {
	o, _, err := tlv.Read(tlv.EncodeOID(oid))
	if err != nil {
		return nil
	}
	return o.Value
}

// step sends one GENERAL AUTHENTICATE with at most one object and gives the object wanted, and the whole answer.
func (p *paceRun) step(ctx context.Context, tag tlv.Tag, value []byte, want tlv.Tag, last bool) (object, answer []byte, err error) {
	var inner []byte
	if value != nil {
		inner = tlv.Encode(tag, value)
	}
	c := apdu.Command{CLA: 0x10, INS: 0x86, Data: tlv.Encode(tagDynamic, inner), Ne: 256}
	if last {
		c.CLA = 0
	} else if n := p.v.group.commandSize(); n > 255 {
		c.Ne = n // only then: that a chip takes extended lengths is not a matter of course
	}
	r, err := p.ch.do(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	if !r.SW.OK() {
		return nil, nil, statusError(fmt.Sprintf("pace, step for object %v", want), r.SW)
	}
	object, err = dynamicObject(r.Data, want)
	return object, r.Data, err
}

// dynamicObject gives one object inside 7C.
func dynamicObject(data []byte, want tlv.Tag) ([]byte, error) {
	o, err := tlv.ReadOne(data, tagDynamic)
	if err != nil {
		return nil, fmt.Errorf("dynamic authentication data: %w", err)
	}
	list, err := o.Children()
	if err != nil {
		return nil, fmt.Errorf("dynamic authentication data: %w", err)
	}
	got, ok := tlv.Find(list, want)
	if !ok {
		return nil, fmt.Errorf("dynamic authentication data: no object %v", want)
	}
	return got.Value, nil
}

// nonce gets the encrypted nonce and decrypts it with the password's key (Doc 9303-11 §4.4.3.3).
func (p *paceRun) nonce(ctx context.Context, pw *password) ([]byte, error) {
	z, _, err := p.step(ctx, 0, nil, tagNonce, false)
	var sw apdu.Status
	if errors.As(err, &sw) && blocked(sw) {
		return nil, blockedKey(err)
	}
	if err != nil {
		return nil, broken(err)
	}
	if len(z) < p.v.alg.BlockSize() || len(z) > 32 || len(z)%p.v.alg.BlockSize() != 0 || p.v.kind == integratedMapping && len(z) != p.v.alg.NonceSize() {
		return nil, protocolError("pace: nonce of %d bytes", len(z))
	}
	key := icao.NonceKey(pw.seed, p.v.alg)
	defer clear(key)
	block, err := p.v.alg.Block(key)
	if err != nil {
		return nil, err
	}
	s := bytes.Clone(z) // what came over the wire stays as it was
	return s, icao.DecryptCBC(block, nil, s)
}

// mapGenerator makes the ephemeral domain parameters of the nonce (Doc 9303-11 §4.4.3.3).
func (p *paceRun) mapGenerator(ctx context.Context, nonce []byte) (paceGroup, error) {
	if p.v.kind == integratedMapping {
		return p.mapIntegrated(ctx, nonce)
	}
	own, peer, err := p.exchange(ctx, p.v.group, tagMapTerminal, tagMapChip)
	if err != nil {
		return nil, err
	}
	defer own.wipe()
	p.chip = peer
	mapped, err := own.generic(nonce, peer)
	if err != nil {
		return nil, protocolError("pace, mapping: %w", err)
	}
	return mapped, nil
}

// mapIntegrated sends a nonce of ours in clear; the chip answers with an empty object (Doc 9303-11 §4.4.5.2.2).
func (p *paceRun) mapIntegrated(ctx context.Context, nonce []byte) (paceGroup, error) {
	t := make([]byte, p.v.alg.KeySize())
	if _, err := io.ReadFull(p.random, t); err != nil {
		return nil, fmt.Errorf("draw pace nonce: %w", err)
	}
	answer, _, err := p.step(ctx, tagMapTerminal, t, tagMapChip, false)
	if err != nil {
		return nil, broken(err)
	}
	if len(answer) != 0 {
		return nil, protocolError("pace, integrated mapping: %d bytes of mapping data", len(answer))
	}
	mapped, err := p.v.group.integrated(p.v.alg, nonce, t)
	if err != nil {
		return nil, protocolError("pace, mapping: %w", err)
	}
	return mapped, nil
}

// exchange sends a fresh public key and gives the chip's as it came, which must not be ours.
func (p *paceRun) exchange(ctx context.Context, g paceGroup, ours, theirs tlv.Tag) (paceKey, []byte, error) {
	own, err := g.generate(p.random)
	if err != nil {
		return nil, nil, fmt.Errorf("pace: %w", err)
	}
	peer, _, err := p.step(ctx, ours, own.public(), theirs, false)
	if err == nil {
		err = ownKey(own, peer)
	}
	if err != nil {
		own.wipe()
		return nil, nil, broken(err)
	}
	return own, peer, nil
}

// confirm derives the session keys and exchanges the tokens (Doc 9303-11 §4.4.3.4). A chip that refuses ours, or whose own is
// wrong, has another password.
func (p *paceRun) confirm(ctx context.Context, own paceKey, peer []byte) (*chipMap, error) {
	secret, err := own.agree(peer)
	if err != nil {
		return nil, protocolError("pace, key agreement: %w", err)
	}
	defer clear(secret)
	kmac := icao.KDF(secret, icao.CounterMAC, p.v.alg)
	defer clear(kmac)
	ours, errOurs := p.token(kmac, peer)
	theirs, errTheirs := p.token(kmac, own.public())
	if err := errors.Join(errOurs, errTheirs); err != nil {
		return nil, err
	}
	got, answer, err := p.step(ctx, tagTokTerminal, ours, tagTokChip, true)
	if err != nil {
		return nil, confirmError(err)
	}
	if subtle.ConstantTimeCompare(got, theirs) != 1 {
		return nil, wrongKey("pace: chip's authentication token differs")
	}
	sm, err := sessionOf(p.v.alg, secret)
	if err != nil {
		return nil, err
	}
	p.ch.sm = sm
	if p.v.kind != chipMapping {
		return nil, nil // an object 8A of another mapping means nothing
	}
	return newChipMap(p.v.group, p.chip, answer, sm.enc), nil
}

// confirmError tells a wrong password from a broken protocol. A chip that compares the tokens and finds ours wrong says 6300 or
// 63Cx with the tries that are left; 6982, 6985, 6988 and 6A80 were seen in other implementations.
func confirmError(err error) error {
	var sw apdu.Status
	var coded *kiosk.Error
	if errors.As(err, &coded) || !errors.As(err, &sw) {
		return broken(err)
	}
	switch {
	case blocked(sw):
		return blockedKey(err)
	case sw == 0x63C1:
		return kiosk.Errorf(kiosk.CodeCardWrongKey, opRead, "compare the number typed with the card carefully: one try is left", "%w", err)
	case sw>>8 == 0x63, sw == apdu.StatusSecurity, sw == apdu.StatusNotSatisfied, sw == apdu.StatusSMIncorrect, sw == apdu.StatusWrongData:
		return wrongKey("%w", err)
	}
	return protocolError("%w", err)
}

// token is the MAC over the other side's public key (Doc 9303-11 §4.4.3.4).
func (p *paceRun) token(kmac, public []byte) ([]byte, error) {
	m, err := icao.NewMAC(p.v.alg, kmac)
	if err != nil {
		return nil, err
	}
	return m.Token(tlv.Encode(tagPublicKey, tlv.EncodeOID(p.v.oid), p.v.group.object(public)))
}
