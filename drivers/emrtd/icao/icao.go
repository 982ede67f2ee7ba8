// Package icao holds the cryptographic primitives of Doc 9303-11 §9: key derivation, CBC, CMAC, retail MAC, padding method 2.
//
// The terminal (drivers/emrtd) computes with these; the simulated chip has its own, so that an error here shows. Published worked
// examples pin them. Triple DES and SHA-1 are here because chips demand them; nothing else may use them.
//
// Sources: Doc 9303-11 §9.7 (key derivation), §9.8 (secure messaging), §4.4.3 and App. D, G (examples); ISO/IEC 9797-1
// (MAC algorithm 3, padding method 2); NIST SP 800-38B (CMAC); BSI TR-03110-3 §A.2.
package icao

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"  //nolint:gosec // chips demand it
	"crypto/sha1" //nolint:gosec // chips demand it
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"

	"github.com/aead/cmac"
)

// Algorithm is a block cipher with its MAC as chips use them.
type Algorithm string

// The algorithms.
const (
	TripleDES Algorithm = "3DES"    // two-key triple DES in CBC, retail MAC
	AES128    Algorithm = "AES-128" // CBC, CMAC cut to 8 bytes
	AES192    Algorithm = "AES-192"
	AES256    Algorithm = "AES-256"
)

// Counters of the key derivation function (Doc 9303-11 §9.7.1).
const (
	CounterEnc = 1 // session key for encryption
	CounterMAC = 2 // session key for MACs
	CounterPi  = 3 // key from a password, for the PACE nonce
)

// MACSize is the length of every MAC on the wire.
const MACSize = 8

// ErrPadding means that the last block does not end in 80 00…
var ErrPadding = errors.New("padding method 2 expected")

// KeySize gives the key's length in bytes, 0 for an unknown algorithm.
func (a Algorithm) KeySize() int {
	switch a {
	case TripleDES, AES128:
		return 16
	case AES192:
		return 24
	case AES256:
		return 32
	}
	return 0
}

// BlockSize gives the block length in bytes.
func (a Algorithm) BlockSize() int {
	if a == TripleDES {
		return des.BlockSize
	}
	return aes.BlockSize
}

// Block makes the block cipher of a key of KeySize bytes.
func (a Algorithm) Block(key []byte) (cipher.Block, error) {
	if len(key) != a.KeySize() || len(key) == 0 {
		return nil, fmt.Errorf("%s key: %d bytes", string(a), len(key))
	}
	if a == TripleDES {
		long := make([]byte, 0, 24)
		long = append(append(long, key...), key[:8]...)
		defer clear(long)
		return des.NewTripleDESCipher(long)
	}
	return aes.NewCipher(key)
}

// KDF derives a key from a secret and a counter (Doc 9303-11 §9.7.1): SHA-1 for 3DES and AES-128, SHA-256 for the longer ones.
func KDF(secret []byte, counter byte, a Algorithm) []byte {
	in := append(append(make([]byte, 0, len(secret)+4), secret...), 0, 0, 0, counter)
	defer clear(in)
	switch a {
	case AES192, AES256:
		h := sha256.Sum256(in)
		return h[:a.KeySize():a.KeySize()]
	case TripleDES:
		h := sha1.Sum(in) //nolint:gosec // Doc 9303-11 §9.7.1.1
		return oddParity(h[:16:16])
	default: // AES128
		h := sha1.Sum(in) //nolint:gosec // Doc 9303-11 §9.7.1.2
		return h[:16:16]
	}
}

// oddParity sets the lowest bit of every byte so that the byte has an odd number of ones, as DES keys do.
func oddParity(key []byte) []byte {
	for i, b := range key {
		key[i] = b&0xFE | byte(1^bits.OnesCount8(b>>1)&1)
	}
	return key
}

// Pad appends 80 and zeros up to a full block (ISO/IEC 9797-1 padding method 2). The result never aliases b.
func Pad(b []byte, block int) []byte {
	out := make([]byte, (len(b)/block+1)*block)
	copy(out, b)
	out[len(b)] = 0x80
	return out
}

// Unpad takes the padding off. Error: ErrPadding.
func Unpad(b []byte) ([]byte, error) {
	for i := len(b) - 1; i >= 0; i-- {
		switch b[i] {
		case 0:
		case 0x80:
			return b[:i:i], nil
		default:
			return nil, ErrPadding
		}
	}
	return nil, ErrPadding
}

// EncryptCBC encrypts whole blocks in place. The iv may be nil for zeros.
func EncryptCBC(b cipher.Block, iv, data []byte) error {
	iv, err := checkCBC(b, iv, data)
	if err == nil {
		cipher.NewCBCEncrypter(b, iv).CryptBlocks(data, data)
	}
	return err
}

// DecryptCBC decrypts whole blocks in place. The iv may be nil for zeros.
func DecryptCBC(b cipher.Block, iv, data []byte) error {
	iv, err := checkCBC(b, iv, data)
	if err == nil {
		cipher.NewCBCDecrypter(b, iv).CryptBlocks(data, data)
	}
	return err
}

func checkCBC(b cipher.Block, iv, data []byte) ([]byte, error) {
	if iv == nil {
		iv = make([]byte, b.BlockSize())
	}
	if len(iv) != b.BlockSize() || len(data)%b.BlockSize() != 0 {
		return nil, fmt.Errorf("cbc: %d bytes of data, %d of iv, blocks of %d", len(data), len(iv), b.BlockSize())
	}
	return iv, nil
}

// CMAC gives the AES-CMAC of data cut to 8 bytes (NIST SP 800-38B; Doc 9303-11 §9.8.6.2). It adds no padding of its own.
func CMAC(key, data []byte) ([]byte, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cmac: %w", err)
	}
	return cmac.Sum(data, b, MACSize)
}

// RetailMAC gives ISO/IEC 9797-1 MAC algorithm 3 with DES over data that is padded already (Doc 9303-11 §9.8.6.1).
func RetailMAC(key, data []byte) ([]byte, error) {
	m, err := newRetail(key)
	if err != nil {
		return nil, err
	}
	return m.sum(data)
}

type retail struct{ a, b cipher.Block }

func newRetail(key []byte) (*retail, error) {
	if len(key) != 16 {
		return nil, fmt.Errorf("retail mac: key of %d bytes", len(key))
	}
	a, errA := des.NewCipher(key[:8]) //nolint:gosec // Doc 9303-11 §9.8.6.1
	b, errB := des.NewCipher(key[8:]) //nolint:gosec // Doc 9303-11 §9.8.6.1
	return &retail{a, b}, errors.Join(errA, errB)
}

func (m *retail) sum(data []byte) ([]byte, error) {
	if len(data)%des.BlockSize != 0 {
		return nil, fmt.Errorf("retail mac: %d bytes are not whole blocks", len(data))
	}
	s := make([]byte, des.BlockSize)
	for i := 0; i < len(data); i += des.BlockSize {
		for j := range s {
			s[j] ^= data[i+j]
		}
		m.a.Encrypt(s, s)
	}
	m.b.Decrypt(s, s)
	m.a.Encrypt(s, s)
	return s, nil
}

// MAC is the keyed MAC of an algorithm.
type MAC struct {
	alg   Algorithm
	des   *retail
	block cipher.Block
}

// NewMAC makes the MAC of a key of KeySize bytes.
func NewMAC(a Algorithm, key []byte) (*MAC, error) {
	if a == TripleDES {
		r, err := newRetail(key)
		return &MAC{alg: a, des: r}, err
	}
	b, err := a.Block(key)
	return &MAC{alg: a, block: b}, err
}

// Token gives the MAC over unpadded data, as PACE's authentication tokens and BAC's cryptograms are made: padding method 2 first
// for 3DES, none for AES (Doc 9303-11 §4.4.3.4, §9.8.6).
func (m *MAC) Token(data []byte) ([]byte, error) {
	if m.alg == TripleDES {
		return m.des.sum(Pad(data, des.BlockSize))
	}
	return cmac.Sum(data, m.block, MACSize)
}

// Sum gives the MAC over whole blocks, padded by the caller as secure messaging does (Doc 9303-11 §9.8.4).
func (m *MAC) Sum(padded []byte) ([]byte, error) {
	if len(padded)%m.alg.BlockSize() != 0 {
		return nil, fmt.Errorf("mac: %d bytes are not whole blocks", len(padded))
	}
	if m.alg == TripleDES {
		return m.des.sum(padded)
	}
	return cmac.Sum(padded, m.block, MACSize)
}
