package emrtdtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"  //nolint:gosec // BAC is defined on 3DES
	"crypto/sha1" //nolint:gosec // the key derivation of Doc 9303-11 §9.7.1 is defined on SHA-1
	"crypto/subtle"

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

// newAESSession starts secure messaging with AES-128 and CMAC; the counter starts at zero (Doc 9303-11 §9.8.6.3).
func newAESSession(kenc, kmac []byte) (*session, error) {
	enc, err := aes.NewCipher(kenc)
	if err != nil {
		return nil, err
	}
	macKey, err := aes.NewCipher(kmac)
	if err != nil {
		return nil, err
	}
	mac := func(m []byte) []byte { return cmac8(macKey, m) }
	return &session{enc: enc, mac: mac, ssc: make([]byte, aes.BlockSize)}, nil
}

// newDESSession starts secure messaging with two-key 3DES and retail MAC (Doc 9303-11 §9.8.6.2).
func newDESSession(kenc, kmac, ssc []byte) (*session, error) {
	enc, err := des.NewTripleDESCipher(twoKey(kenc))
	if err != nil {
		return nil, err
	}
	mac := func(m []byte) []byte { return retailMAC(kmac, m) }
	return &session{enc: enc, mac: mac, ssc: bytes.Clone(ssc)}, nil
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

// wrap protects a response. odd says that the command's INS was odd, so data are BER-TLV already and go in DO'85'.
func (s *session) wrap(r apdu.Response, odd bool) []byte {
	s.count()
	var body []byte
	if len(r.Data) > 0 {
		p := pad(r.Data, s.enc.BlockSize())
		cipher.NewCBCEncrypter(s.enc, s.iv()).CryptBlocks(p, p)
		if odd {
			body = tlv.Encode(0x85, p)
		} else {
			body = tlv.Encode(0x87, []byte{0x01}, p)
		}
	}
	body = tlv.Append(body, 0x99, []byte{byte(r.SW >> 8), byte(r.SW)})
	m := append(bytes.Clone(s.ssc), pad(body, s.enc.BlockSize())...)
	body = tlv.Append(body, 0x8E, s.mac(m))
	return append(body, byte(r.SW>>8), byte(r.SW))
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

// kdf derives a 16-byte key: SHA-1 of secret and counter, its first 16 bytes (Doc 9303-11 §9.7.1.2). 3DES ignores parity bits.
func kdf(secret []byte, counter byte) []byte {
	h := sha1.Sum(append(bytes.Clone(secret), 0, 0, 0, counter)) //nolint:gosec // see the import
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
