package emrtd

import (
	"errors"
	"fmt"
	"io"

	"motcua/drivers/emrtd/dh"
	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/lds"
)

// errAgreement means that the chip's key gives no shared secret.
var errAgreement = errors.New("key agreement impossible")

// agreement is key agreement with a chip's static public key (Doc 9303-11 §9.6): elliptic curves or finite fields.
type agreement interface {
	// agree draws a fresh key and gives its public half as it goes to the chip, and the shared secret.
	agree(random io.Reader) (public, secret []byte, err error)
	name(alg icao.Algorithm) string
}

// newAgreement makes the agreement with a key. A key whose group is no group, or that is no member of it, is an error.
func newAgreement(key *lds.PublicKey) (agreement, error) {
	if key.EC != nil {
		return ecAgreement{key.EC}, nil
	}
	g, err := dh.FromParameters(key.DH.P, key.DH.G, key.DH.Q)
	if err != nil {
		return nil, errors.New("parameters of the key are no group")
	}
	y, err := g.Element(key.DH.Y)
	if err != nil {
		return nil, errors.New("key is not in its group")
	}
	return dhAgreement{y}, nil
}

// ecAgreement is ECDH; the secret is the x coordinate at the field's width.
type ecAgreement struct{ peer *ec.Point }

func (a ecAgreement) agree(random io.Reader) (public, secret []byte, err error) {
	own, err := a.peer.Curve().GenerateKey(random)
	if err != nil {
		return nil, nil, fmt.Errorf("draw ephemeral key: %w", err)
	}
	defer own.Wipe()
	shared, err := own.ECDH(a.peer)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errAgreement, err)
	}
	return a.peer.Curve().Marshal(own.Public), shared.X(), nil
}

func (a ecAgreement) name(alg icao.Algorithm) string {
	return "ECDH-" + string(alg) + " " + a.peer.Curve().Name
}

// dhAgreement is Diffie-Hellman in a subgroup; the secret is the shared element at the modulus' width.
type dhAgreement struct{ peer *dh.Element }

func (a dhAgreement) agree(random io.Reader) (public, secret []byte, err error) {
	own, err := a.peer.Group().GenerateKey(random)
	if err != nil {
		return nil, nil, fmt.Errorf("draw ephemeral key: %w", err)
	}
	defer own.Wipe()
	shared, err := own.DH(a.peer)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errAgreement, err)
	}
	return own.Public.Bytes(), shared.Bytes(), nil
}

func (a dhAgreement) name(alg icao.Algorithm) string {
	return "DH-" + string(alg) + " " + a.peer.Group().Name
}
