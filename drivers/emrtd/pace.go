package emrtd

import (
	"context"
	"crypto/subtle"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The data objects of GENERAL AUTHENTICATE (Doc 9303-11 §4.4.4.2) and of authentication tokens (§4.4.3.4, §9.4.5).
const (
	tagDynamic     tlv.Tag = 0x7C
	tagNonce       tlv.Tag = 0x80
	tagMapTerminal tlv.Tag = 0x81
	tagMapChip     tlv.Tag = 0x82
	tagKeyTerminal tlv.Tag = 0x83
	tagKeyChip     tlv.Tag = 0x84
	tagTokTerminal tlv.Tag = 0x85
	tagTokChip     tlv.Tag = 0x86
	tagPublicKey   tlv.Tag = 0x7F49
	tagECPoint     tlv.Tag = 0x86
)

// errUnsupportedPACE means that a chip offers PACE, but no variant that is implemented.
var errUnsupportedPACE = errors.New("no supported variant of pace")

// errRefusedPACE means that the chip refused to select the protocol, before any password was used.
var errRefusedPACE = errors.New("chip refused to start pace")

// suites are the algorithms by the last arc of PACE's and chip authentication's object identifiers (Doc 9303-11 §9.2.1, §9.2.4).
var suites = map[int]icao.Algorithm{1: icao.TripleDES, 2: icao.AES128, 3: icao.AES192, 4: icao.AES256}

// The mappings by the arc before (Doc 9303-11 §9.2.1): 1 DH-GM, 2 ECDH-GM, 3 DH-IM, 4 ECDH-IM, 6 ECDH-CAM.
var mappings = map[int]string{2: "ECDH-GM"}

// paceVariant is one supported PACEInfo.
type paceVariant struct {
	oid   asn1.ObjectIdentifier
	id    int
	alg   icao.Algorithm
	curve *ec.Curve
	name  string // "ECDH-GM-AES-128 brainpoolP256r1"
	state bool   // send the domain parameter id, because the chip offers several
}

// variantOf gives the variant a PACEInfo announces. Error: errUnsupportedPACE.
func variantOf(info lds.PACEInfo) (*paceVariant, error) {
	n := len(info.Protocol)
	if n < 2 {
		return nil, errUnsupportedPACE
	}
	mapping, okMapping := mappings[info.Protocol[n-2]]
	alg, okAlg := suites[info.Protocol[n-1]]
	curve, errCurve := ec.ByID(info.ParameterID)
	if !okMapping || !okAlg || errCurve != nil || info.Version != 2 {
		return nil, fmt.Errorf("%w: %v version %d parameters %d", errUnsupportedPACE, info.Protocol, info.Version, info.ParameterID)
	}
	return &paceVariant{
		oid: info.Protocol, id: info.ParameterID, alg: alg, curve: curve,
		name: mapping + "-" + string(alg) + " " + curve.Name,
	}, nil
}

// choosePACE takes the first supported variant, AES before 3DES. Error: errUnsupportedPACE.
func choosePACE(infos []lds.PACEInfo) (*paceVariant, error) {
	var best *paceVariant
	for _, info := range infos {
		v, err := variantOf(info)
		if err == nil && (best == nil || best.alg == icao.TripleDES && v.alg != icao.TripleDES) {
			best = v
		}
	}
	if best == nil {
		return nil, errUnsupportedPACE
	}
	best.state = len(infos) > 1
	return best, nil
}

// paceRun is one run of PACE with ECDH and generic mapping (Doc 9303-11 §4.4.3).
type paceRun struct {
	ch     *channel
	v      *paceVariant
	random io.Reader
}

// pace opens the chip and leaves ch with secure messaging. Errors: card_wrong_key, card_protocol, errRefusedPACE, the card's.
func pace(ctx context.Context, ch *channel, v *paceVariant, pw *password, random io.Reader) error {
	p := &paceRun{ch: ch, v: v, random: random}
	if err := p.selectProtocol(ctx, pw.reference); err != nil {
		return err
	}
	nonce, err := p.nonce(ctx, pw)
	if err != nil {
		return err
	}
	defer clear(nonce)
	mapped, err := p.mapGenerator(ctx, nonce)
	if err != nil {
		return err
	}
	own, peer, err := p.agree(ctx, mapped)
	if err != nil {
		return err
	}
	defer own.Wipe()
	return p.confirm(ctx, own, peer)
}

// selectProtocol sends MSE:Set AT. No Le: some chips refuse it there.
func (p *paceRun) selectProtocol(ctx context.Context, reference byte) error {
	data := tlv.Append(nil, tagNonce, oidValue(p.v.oid))
	data = tlv.Append(data, tagKeyTerminal, []byte{reference})
	if p.v.state {
		data = tlv.Append(data, tagKeyChip, []byte{byte(p.v.id)})
	}
	r, err := p.ch.do(ctx, apdu.Command{INS: 0x22, P1: 0xC1, P2: 0xA4, Data: data})
	if err != nil {
		return err
	}
	if r.SW.OK() || r.SW>>4 == 0x63C && r.SW != 0x63C0 { // 63Cx: that many tries are left
		return nil
	}
	return fmt.Errorf("%w: %w", errRefusedPACE, r.SW)
}

// oidValue gives the contents of an object identifier's encoding.
func oidValue(oid asn1.ObjectIdentifier) []byte {
	o, _, err := tlv.Read(tlv.EncodeOID(oid))
	if err != nil {
		return nil
	}
	return o.Value
}

// step sends one GENERAL AUTHENTICATE with at most one object and gives the object with the tag wanted.
func (p *paceRun) step(ctx context.Context, tag tlv.Tag, value []byte, want tlv.Tag, last bool) ([]byte, error) {
	var inner []byte
	if value != nil {
		inner = tlv.Encode(tag, value)
	}
	c := apdu.Command{CLA: 0x10, INS: 0x86, Data: tlv.Encode(tagDynamic, inner), Ne: 256}
	if last {
		c.CLA = 0
	}
	r, err := p.ch.do(ctx, c)
	if err != nil {
		return nil, err
	}
	if !r.SW.OK() {
		return nil, statusError(fmt.Sprintf("pace, step for object %v", want), r.SW)
	}
	return dynamicObject(r.Data, want)
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

// nonce gets the encrypted nonce and decrypts it with the password's key (Doc 9303-11 §4.4.3.3.2).
func (p *paceRun) nonce(ctx context.Context, pw *password) ([]byte, error) {
	z, err := p.step(ctx, 0, nil, tagNonce, false)
	if err != nil {
		return nil, broken(err)
	}
	if len(z) < 16 || len(z) > 32 || len(z)%p.v.alg.BlockSize() != 0 {
		return nil, protocolError("pace: nonce of %d bytes", len(z))
	}
	key := icao.NonceKey(pw.seed, p.v.alg)
	defer clear(key)
	block, err := p.v.alg.Block(key)
	if err != nil {
		return nil, err
	}
	s := append([]byte(nil), z...)
	return s, icao.DecryptCBC(block, nil, s)
}

// mapGenerator computes G' = s·G + H with the anonymously agreed point H (Doc 9303-11 §4.4.3.3.1).
func (p *paceRun) mapGenerator(ctx context.Context, nonce []byte) (*ec.Curve, error) {
	c := p.v.curve
	own, peer, err := p.exchange(ctx, c, tagMapTerminal, tagMapChip)
	if err != nil {
		return nil, err
	}
	defer own.Wipe()
	h, err := own.ECDH(peer)
	if err != nil {
		return nil, protocolError("pace, mapping: %w", err)
	}
	mapped, err := c.WithGenerator(c.Add(c.ScalarBaseMult(nonce), h))
	if err != nil {
		return nil, protocolError("pace, mapping: %w", err)
	}
	return mapped, nil
}

// exchange sends a fresh public key on c and gives the chip's, which must not be ours.
func (p *paceRun) exchange(ctx context.Context, c *ec.Curve, ours, theirs tlv.Tag) (*ec.PrivateKey, *ec.Point, error) {
	own, err := c.GenerateKey(p.random)
	if err != nil {
		return nil, nil, fmt.Errorf("pace: %w", err)
	}
	raw, err := p.step(ctx, ours, c.Marshal(own.Public), theirs, false)
	if err != nil {
		return nil, nil, broken(err)
	}
	peer, err := c.Unmarshal(raw)
	if err != nil {
		return nil, nil, protocolError("pace, chip's key: %w", err)
	}
	if peer.Equal(own.Public) {
		return nil, nil, protocolError("pace: chip sent our own key back")
	}
	return own, peer, nil
}

// agree makes the ephemeral keys on the mapped generator.
func (p *paceRun) agree(ctx context.Context, mapped *ec.Curve) (*ec.PrivateKey, *ec.Point, error) {
	return p.exchange(ctx, mapped, tagKeyTerminal, tagKeyChip)
}

// confirm derives the session keys and exchanges the tokens (Doc 9303-11 §4.4.3.4). A chip that refuses ours, or whose own is
// wrong, has another password.
func (p *paceRun) confirm(ctx context.Context, own *ec.PrivateKey, peer *ec.Point) error {
	shared, err := own.ECDH(peer)
	if err != nil {
		return protocolError("pace, key agreement: %w", err)
	}
	secret := shared.X()
	defer clear(secret)
	kmac := icao.KDF(secret, icao.CounterMAC, p.v.alg)
	defer clear(kmac)
	ours, errOurs := p.token(kmac, peer)
	theirs, errTheirs := p.token(kmac, own.Public)
	if err := errors.Join(errOurs, errTheirs); err != nil {
		return err
	}
	got, err := p.step(ctx, tagTokTerminal, ours, tagTokChip, true)
	if err != nil {
		return confirmError(err)
	}
	if subtle.ConstantTimeCompare(got, theirs) != 1 {
		return wrongKey("pace: chip's authentication token differs")
	}
	p.ch.sm, err = sessionOf(p.v.alg, secret)
	return err
}

// confirmError tells a wrong password (6300, 63Cx, and 6982 or 6988 from some chips) from a broken protocol.
func confirmError(err error) error {
	var sw apdu.Status
	var coded *kiosk.Error
	if errors.As(err, &coded) || !errors.As(err, &sw) {
		return broken(err)
	}
	if sw>>8 == 0x63 || sw == apdu.StatusSecurity || sw == apdu.StatusSMIncorrect {
		return wrongKey("%w", err)
	}
	return protocolError("%w", err)
}

// token is the MAC over the other side's public key (Doc 9303-11 §4.4.3.4).
func (p *paceRun) token(kmac []byte, pub *ec.Point) ([]byte, error) {
	m, err := icao.NewMAC(p.v.alg, kmac)
	if err != nil {
		return nil, err
	}
	return m.Token(tlv.Encode(tagPublicKey, tlv.EncodeOID(p.v.oid), tlv.Encode(tagECPoint, p.v.curve.Marshal(pub))))
}
