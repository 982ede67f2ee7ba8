package emrtdtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"

	"motcua/drivers/apdu"
)

// activeKey is a private key of active authentication.
type activeKey interface {
	answer(random io.Reader, challenge []byte) ([]byte, error) // signs RND.IFD
	another(random io.Reader) (activeKey, error)               // a fresh key of the same kind
	public() any                                               // for x509.MarshalPKIXPublicKey
	private() any                                              // for x509.MarshalPKCS8PrivateKey
}

// internalAuthenticate is active authentication (Doc 9303-11 §6.1.2): it signs the terminal's eight random bytes.
func (c *Chip) internalAuthenticate(cmd apdu.Command) apdu.Response {
	c.s.trace.cost = CostActive
	switch {
	case c.s.sm == nil:
		return apdu.Response{SW: apdu.StatusSecurity}
	case len(cmd.Data) != 8:
		return apdu.Response{SW: apdu.StatusWrongLength}
	case c.keys.active == nil:
		return apdu.Response{SW: apdu.StatusWrongINS}
	case c.opt.Clone == CloneRefuses:
		return apdu.Response{SW: apdu.StatusWrongData}
	}
	signature, err := c.keys.active.answer(c.random, cmd.Data)
	if err != nil {
		return apdu.Response{SW: apdu.StatusUnknown}
	}
	return apdu.Response{Data: signature, SW: apdu.StatusOK}
}

// ecKey signs with ECDSA and SHA-256 on P-256; the answer is r || s (Doc 9303-11 §6.1.2.3, BSI TR-03111 §5.2.1).
type ecKey struct{ k *ecdsa.PrivateKey }

func newECKey(random io.Reader) (activeKey, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return nil, fmt.Errorf("make active authentication key: %w", err)
	}
	return ecKey{k}, nil
}

func (e ecKey) answer(random io.Reader, challenge []byte) ([]byte, error) {
	h := sha256.Sum256(challenge)
	r, s, err := ecdsa.Sign(random, e.k, h[:])
	if err != nil {
		return nil, err
	}
	out := make([]byte, 64)
	r.FillBytes(out[:32])
	s.FillBytes(out[32:])
	return out, nil
}

func (e ecKey) another(random io.Reader) (activeKey, error) { return newECKey(random) }
func (e ecKey) public() any                                 { return &e.k.PublicKey }
func (e ecKey) private() any                                { return e.k }

// rsaKey signs with ISO/IEC 9796-2 digital signature scheme 1, SHA-256 and partial recovery (Doc 9303-11 §6.1.2.2):
// 6A || M1 || H(M1 || RND.IFD) || 34CC.
type rsaKey struct{ k *rsa.PrivateKey }

// newRSAKey makes a 2048-bit key; its answer of 256 bytes needs extended lengths under secure messaging.
func newRSAKey(random io.Reader) (activeKey, error) {
	k, err := rsa.GenerateKey(random, 2048)
	if err != nil {
		return nil, fmt.Errorf("make active authentication key: %w", err)
	}
	return rsaKey{k}, nil
}

func (r rsaKey) answer(random io.Reader, challenge []byte) ([]byte, error) {
	size := r.k.Size()
	m1 := make([]byte, size-1-sha256.Size-2)
	if _, err := io.ReadFull(random, m1); err != nil {
		return nil, err
	}
	h := sha256.Sum256(append(bytes.Clone(m1), challenge...))
	f := new(big.Int).SetBytes(bytes.Join([][]byte{{0x6A}, m1, h[:], {0x34, 0xCC}}, nil))
	// The raw exponentiation is not in crypto/rsa; a simulated key has nothing to protect from its timing.
	return f.Exp(f, r.k.D, r.k.N).FillBytes(make([]byte, size)), nil
}

func (r rsaKey) another(random io.Reader) (activeKey, error) { return newRSAKey(random) }
func (r rsaKey) public() any                                 { return &r.k.PublicKey }
func (r rsaKey) private() any                                { return r.k }

// parseActiveKey reads a PKCS #8 key.
func parseActiveKey(der []byte) (activeKey, error) {
	k, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("parse active authentication key: %w", err)
	}
	switch k := k.(type) {
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P256() {
			return ecKey{k}, nil
		}
	case *rsa.PrivateKey:
		return rsaKey{k}, nil
	}
	return nil, fmt.Errorf("parse active authentication key: %T cannot be used", k)
}
