package emrtdtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"  //nolint:gosec // BAC is defined on 3DES
	"crypto/sha1" //nolint:gosec // the key derivation of Doc 9303-11 §9.7.1 is defined on SHA-1
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"

	"github.com/aead/cmac"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
)

// session is the chip's side of secure messaging (Doc 9303-11 §9.8).
type session struct {
	enc cipher.Block
	mac func([]byte) []byte // eight bytes over padded input
	ssc []byte              // send sequence counter: a block of the cipher
}

// newSession starts secure messaging with keys derived from a shared secret; the counter starts at zero (Doc 9303-11 §9.7.4,
// §9.8.6.3).
func newSession(c Cipher, secret []byte) (*session, error) {
	return newKeyedSession(c, kdf(secret, counterEnc, c), kdf(secret, counterMAC, c), nil)
}

// newKeyedSession starts secure messaging with keys and a counter, nil for zero: AES with CMAC, or two-key 3DES with retail MAC
// (Doc 9303-11 §9.8.6).
func newKeyedSession(c Cipher, kenc, kmac, ssc []byte) (*session, error) {
	enc, err := c.block(kenc)
	if err != nil {
		return nil, err
	}
	macKey, err := c.block(kmac)
	if err != nil {
		return nil, err
	}
	s := &session{enc: enc, ssc: make([]byte, enc.BlockSize())}
	copy(s.ssc, ssc)
	if c == TripleDES {
		s.mac = func(m []byte) []byte { return retailMAC(kmac, m) }
	} else {
		s.mac = func(m []byte) []byte { return cmac8(macKey, m) }
	}
	return s, nil
}

// keySize is the length of a key in bytes.
func (c Cipher) keySize() int {
	switch c {
	case AES192:
		return 24
	case AES256:
		return 32
	case TripleDES, AES128:
	}
	return 16
}

// block makes the block cipher of a key.
func (c Cipher) block(key []byte) (cipher.Block, error) {
	if len(key) != c.keySize() {
		return nil, fmt.Errorf("key of %d bytes, want %d", len(key), c.keySize())
	}
	if c == TripleDES {
		return des.NewTripleDESCipher(twoKey(key))
	}
	return aes.NewCipher(key)
}

// count adds one to the send sequence counter.
func (s *session) count() {
	for i := len(s.ssc) - 1; i >= 0; i-- {
		if s.ssc[i]++; s.ssc[i] != 0 {
			return
		}
	}
}

// iv gives the initial vector: the encrypted counter with AES, zero with 3DES (Doc 9303-11 §9.8.4).
func (s *session) iv() []byte {
	iv := make([]byte, s.enc.BlockSize())
	if s.enc.BlockSize() == aes.BlockSize {
		s.enc.Encrypt(iv, s.ssc)
	}
	return iv
}

// unwrap checks and opens a protected command (Doc 9303-11 §9.8.4, ISO/IEC 7816-4 §10). It gives 6987 when an object is
// missing and 6988 when one is wrong.
func (s *session) unwrap(cmd apdu.Command) (plain apdu.Command, sw apdu.Status) {
	s.count()
	objects, err := tlv.ReadAll(cmd.Data)
	if err != nil {
		return plain, apdu.StatusSMIncorrect
	}
	plain = apdu.Command{CLA: cmd.CLA &^ 0x0C, INS: cmd.INS, P1: cmd.P1, P2: cmd.P2}
	mac, ok := tlv.Find(objects, 0x8E)
	if !ok {
		return plain, apdu.StatusSMMissing
	}
	if sw := s.checkMAC(cmd, mac.Value); sw != apdu.StatusOK {
		return plain, sw
	}
	for _, o := range objects {
		switch o.Tag {
		case 0x85, 0x87:
			if plain.Data, ok = s.decrypt(o); !ok {
				return plain, apdu.StatusSMIncorrect
			}
		case 0x97:
			if plain.Ne, ok = expected(o.Value); !ok {
				return plain, apdu.StatusSMIncorrect
			}
		case 0x8E:
		default:
			return plain, apdu.StatusSMIncorrect
		}
	}
	return plain, apdu.StatusOK
}

// checkMAC compares the MAC over counter, padded header and the objects before DO8E, which must be the last.
func (s *session) checkMAC(cmd apdu.Command, mac []byte) apdu.Status {
	end := len(cmd.Data) - 2 - len(mac)
	if len(mac) != 8 || end < 0 || cmd.Data[end] != 0x8E || !bytes.Equal(cmd.Data[end+2:], mac) {
		return apdu.StatusSMIncorrect
	}
	m := append(bytes.Clone(s.ssc), pad([]byte{cmd.CLA, cmd.INS, cmd.P1, cmd.P2}, s.enc.BlockSize())...)
	if end > 0 {
		m = append(m, pad(cmd.Data[:end], s.enc.BlockSize())...)
	}
	if subtle.ConstantTimeCompare(s.mac(m), mac) != 1 {
		return apdu.StatusSMIncorrect
	}
	return apdu.StatusOK
}

// decrypt opens DO'87' (with padding indicator 01) or DO'85' (without).
func (s *session) decrypt(o tlv.Object) ([]byte, bool) {
	c := o.Value
	if o.Tag == 0x87 {
		if len(c) == 0 || c[0] != 0x01 {
			return nil, false
		}
		c = c[1:]
	}
	if len(c) == 0 || len(c)%s.enc.BlockSize() != 0 {
		return nil, false
	}
	p := make([]byte, len(c))
	cipher.NewCBCDecrypter(s.enc, s.iv()).CryptBlocks(p, c)
	return unpad(p)
}

// expected reads DO'97'.
func expected(b []byte) (ne int, ok bool) {
	switch {
	case len(b) == 1 && b[0] == 0:
		return 256, true
	case len(b) == 1:
		return int(b[0]), true
	case len(b) == 2 && b[0] == 0 && b[1] == 0:
		return 65536, true
	case len(b) == 2:
		return int(b[0])<<8 | int(b[1]), true
	}
	return 0, false
}

// wrap protects the response of a plain command. With an odd INS data are BER-TLV already and go in DO'85'.
func (s *session) wrap(r apdu.Response, cmd apdu.Command, hooks *Hooks) []byte {
	s.count()
	var o SMObjects
	if len(r.Data) > 0 {
		p := pad(r.Data, s.enc.BlockSize())
		cipher.NewCBCEncrypter(s.enc, s.iv()).CryptBlocks(p, p)
		if cmd.INS&1 == 1 {
			o.Objects = append(o.Objects, tlv.Object{Tag: 0x85, Value: p})
		} else {
			o.Objects = append(o.Objects, tlv.Object{Tag: 0x87, Value: append([]byte{0x01}, p...)})
		}
	}
	o.Objects = append(o.Objects, tlv.Object{Tag: 0x99, Value: []byte{byte(r.SW >> 8), byte(r.SW)}})
	o.Objects = append(o.Objects, tlv.Object{Tag: 0x8E, Value: s.sign(o.Objects)})
	o = hooks.protected(cmd, o)
	if o.Remac {
		i := slices.IndexFunc(o.Objects, func(o tlv.Object) bool { return o.Tag == 0x8E })
		if i >= 0 {
			rest := append(slices.Clone(o.Objects[:i]), o.Objects[i+1:]...)
			o.Objects[i].Value = s.sign(rest)
		}
	}
	return append(encode(o.Objects), byte(r.SW>>8), byte(r.SW))
}

// sign gives the MAC over the counter and the objects of a response.
func (s *session) sign(objects []tlv.Object) []byte {
	return s.mac(append(bytes.Clone(s.ssc), pad(encode(objects), s.enc.BlockSize())...))
}

// room gives how many plain bytes a protected response of at most ne bytes can carry in DO'87'.
func (s *session) room(ne int) int {
	bs := s.enc.BlockSize()
	for blocks := ne / bs; blocks > 0; blocks-- {
		n := blocks * bs
		if len(tlv.Encode(0x87, make([]byte, 1+n)))+4+10 <= ne {
			return n - 1
		}
	}
	return 0
}

// pad appends 80 00… up to a multiple of the block size (ISO/IEC 9797-1 padding method 2).
func pad(b []byte, size int) []byte {
	out := make([]byte, (len(b)/size+1)*size)
	copy(out, b)
	out[len(b)] = 0x80
	return out
}

// unpad takes padding method 2 off.
func unpad(b []byte) ([]byte, bool) {
	i := bytes.LastIndexByte(b, 0x80)
	if i < 0 || len(bytes.Trim(b[i+1:], "\x00")) != 0 {
		return nil, false
	}
	return b[:i], true
}

// kdf derives a key from a secret and a counter: SHA-1 for 3DES and AES-128, SHA-256 for longer keys, cut to the key's length
// (Doc 9303-11 §9.7.1). 3DES ignores parity bits.
func kdf(secret []byte, counter byte, c Cipher) []byte {
	in := append(bytes.Clone(secret), 0, 0, 0, counter)
	if c.keySize() > 16 {
		h := sha256.Sum256(in)
		return h[:c.keySize()]
	}
	h := sha1.Sum(in) //nolint:gosec // see the import
	return h[:16]
}

// The counters of the key derivation (Doc 9303-11 §9.7.1).
const (
	counterEnc  byte = 1
	counterMAC  byte = 2
	counterPACE byte = 3
)

// cmac8 gives the first eight bytes of an AES-CMAC.
func cmac8(key cipher.Block, m []byte) []byte {
	sum, err := cmac.Sum(m, key, key.BlockSize())
	if err != nil {
		panic("emrtdtest: cmac of a 16-byte block cipher cannot fail")
	}
	return sum[:8]
}

func twoKey(k []byte) []byte { return append(bytes.Clone(k[:16]), k[:8]...) }

// retailMAC is ISO/IEC 9797-1 MAC algorithm 3 with DES over input that is padded already (Doc 9303-11 §9.8.6.2).
func retailMAC(key, m []byte) []byte {
	a, errA := des.NewCipher(key[:8])
	b, errB := des.NewCipher(key[8:16])
	if errA != nil || errB != nil {
		panic("emrtdtest: an 8-byte DES key cannot be refused")
	}
	y := make([]byte, des.BlockSize)
	for ; len(m) >= des.BlockSize; m = m[des.BlockSize:] {
		subtle.XORBytes(y, y, m[:des.BlockSize])
		a.Encrypt(y, y)
	}
	b.Decrypt(y, y)
	a.Encrypt(y, y)
	return y
}
