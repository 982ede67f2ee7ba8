package emrtd

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"io"

	"motcua/drivers/emrtd/dh"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/tlv"
)

// paceGroup is what PACE needs of domain parameters: a curve or a group modulo a prime. Everything that crosses the wire is at
// full width (Doc 9303-11 §9.4.5).
type paceGroup interface {
	String() string
	strength() int    // in bits, of the discrete logarithm
	size() int        // in bits, of the field
	commandSize() int // bytes of the longest command data
	integrable() bool // integrated mapping is defined
	curve() *ec.Curve // nil for a group modulo a prime
	generate(random io.Reader) (paceKey, error)
	integrated(a icao.Algorithm, s, t []byte) (paceGroup, error) // Doc 9303-11 §4.4.3.3.2
	object(public []byte) []byte                                 // the data object of a public key
}

// paceKey is an ephemeral key pair. Errors mean that the peer's key is not one.
type paceKey interface {
	public() []byte
	agree(peer []byte) (secret []byte, err error)             // at full width; the caller clears it
	generic(nonce, peer []byte) (mapped paceGroup, err error) // Doc 9303-11 §4.4.3.3.1
	wipe()
}

// dynamicHeads is the length of the two headers around a public key in a command.
func dynamicHeads(public int) int {
	return len(tlv.Encode(tagDynamic, tlv.Encode(tagMapTerminal, make([]byte, public))))
}

// errOwnKey means that the chip sent our own key back (Doc 9303-11 §4.4.1 step 3 d).
var errOwnKey = errors.New("chip sent our own key back")

func ownKey(k paceKey, peer []byte) error {
	if subtle.ConstantTimeCompare(k.public(), peer) == 1 {
		return errOwnKey
	}
	return nil
}

type ecGroup struct{ *ec.Curve }

func (g ecGroup) strength() int    { return g.N.BitLen() / 2 }
func (g ecGroup) size() int        { return g.P.BitLen() }
func (g ecGroup) commandSize() int { return dynamicHeads(1 + 2*g.Size()) }
func (g ecGroup) integrable() bool { return g.P.Bit(1) == 1 } // p = 3 modulo 4; all but P-224

func (g ecGroup) curve() *ec.Curve { return g.Curve }

func (g ecGroup) generate(random io.Reader) (paceKey, error) {
	k, err := g.GenerateKey(random)
	return ecKey{k}, err
}

func (g ecGroup) integrated(a icao.Algorithm, s, t []byte) (paceGroup, error) {
	r, err := icao.Residue(a, s, t, g.P)
	if err != nil {
		return nil, err
	}
	p, err := g.FromResidue(r)
	if err != nil {
		return nil, err
	}
	mapped, err := g.WithGenerator(p)
	return ecGroup{mapped}, err
}

func (g ecGroup) object(public []byte) []byte { return tlv.Encode(tagECPoint, public) }

type ecKey struct{ *ec.PrivateKey }

func (k ecKey) public() []byte { return k.Public.Curve().Marshal(k.Public) }
func (k ecKey) wipe()          { k.Wipe() }

func (k ecKey) shared(peer []byte) (*ec.Point, error) {
	if err := ownKey(k, peer); err != nil {
		return nil, err
	}
	p, err := k.Public.Curve().Unmarshal(peer)
	if err != nil {
		return nil, err
	}
	return k.ECDH(p)
}

func (k ecKey) agree(peer []byte) ([]byte, error) {
	s, err := k.shared(peer)
	if err != nil {
		return nil, err
	}
	return s.X(), nil
}

func (k ecKey) generic(nonce, peer []byte) (paceGroup, error) {
	h, err := k.shared(peer)
	if err != nil {
		return nil, err
	}
	c := k.Public.Curve()
	mapped, err := c.WithGenerator(c.Add(c.ScalarBaseMult(nonce), h))
	return ecGroup{mapped}, err
}

type dhGroup struct{ *dh.Group }

// strength is that of NIST SP 800-57 part 1 table 2.
func (g dhGroup) strength() int {
	if g.P.BitLen() < 2048 {
		return 80
	}
	return 112
}

func (g dhGroup) size() int        { return g.P.BitLen() }
func (g dhGroup) commandSize() int { return dynamicHeads(g.Size()) }
func (g dhGroup) integrable() bool { return true }

func (g dhGroup) curve() *ec.Curve { return nil }

func (g dhGroup) generate(random io.Reader) (paceKey, error) {
	k, err := g.GenerateKey(random)
	return dhKey{k}, err
}

func (g dhGroup) integrated(a icao.Algorithm, s, t []byte) (paceGroup, error) {
	r, err := icao.Residue(a, s, t, g.P)
	if err != nil {
		return nil, err
	}
	e, err := g.FromResidue(r)
	if err != nil {
		return nil, err
	}
	mapped, err := g.WithGenerator(e)
	return dhGroup{mapped}, err
}

func (g dhGroup) object(public []byte) []byte { return tlv.Encode(tagDHPublic, public) }

type dhKey struct{ *dh.PrivateKey }

func (k dhKey) public() []byte { return k.Public.Bytes() }
func (k dhKey) wipe()          { k.Wipe() }

func (k dhKey) shared(peer []byte) (*dh.Element, error) {
	if err := ownKey(k, peer); err != nil {
		return nil, err
	}
	e, err := k.Public.Group().Unmarshal(peer)
	if err != nil {
		return nil, err
	}
	return k.DH(e)
}

func (k dhKey) agree(peer []byte) ([]byte, error) {
	s, err := k.shared(peer)
	if err != nil {
		return nil, err
	}
	return s.Bytes(), nil
}

func (k dhKey) generic(nonce, peer []byte) (paceGroup, error) {
	h, err := k.shared(peer)
	if err != nil {
		return nil, err
	}
	g := k.Public.Group()
	mapped, err := g.WithGenerator(g.Mul(g.BaseExp(nonce), h))
	if err != nil {
		return nil, fmt.Errorf("map nonce: %w", err)
	}
	return dhGroup{mapped}, nil
}
