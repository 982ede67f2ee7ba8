package emrtd

import (
	"bytes"
	"crypto/cipher"
	"crypto/subtle"
	"errors"
	"fmt"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/tlv"
)

// The data objects of secure messaging (Doc 9303-11 §9.8.4, ISO/IEC 7816-4 §10.2).
const (
	tagCryptogram    tlv.Tag = 0x85 // plain value is BER-TLV: odd INS
	tagCryptogramPad tlv.Tag = 0x87 // with padding indicator 01
	tagExpected      tlv.Tag = 0x97 // Le
	tagStatus        tlv.Tag = 0x99 // SW1-SW2
	tagMAC           tlv.Tag = 0x8E
)

// errUnprotected means an answer without secure messaging inside a session.
var errUnprotected = errors.New("answer without secure messaging")

// secureMessaging protects commands and opens responses (Doc 9303-11 §9.8). It is used by one goroutine at a time.
type secureMessaging struct {
	alg icao.Algorithm
	enc cipher.Block
	mac *icao.MAC
	ssc []byte // send sequence counter, one block
}

// newSecureMessaging starts a session. The counter is zero for AES and after PACE and chip authentication, the nonces' ends
// after BAC (Doc 9303-11 §9.8.6.3); nil means zero.
func newSecureMessaging(alg icao.Algorithm, kenc, kmac, ssc []byte) (*secureMessaging, error) {
	enc, err := alg.Block(kenc)
	if err != nil {
		return nil, fmt.Errorf("start secure messaging: %w", err)
	}
	mac, err := icao.NewMAC(alg, kmac)
	if err != nil {
		return nil, fmt.Errorf("start secure messaging: %w", err)
	}
	s := &secureMessaging{alg: alg, enc: enc, mac: mac, ssc: make([]byte, alg.BlockSize())}
	copy(s.ssc, ssc)
	return s, nil
}

// sessionOf derives the session keys of a shared secret (Doc 9303-11 §9.7.1) and starts a session with a zero counter.
func sessionOf(alg icao.Algorithm, secret []byte) (*secureMessaging, error) {
	kenc, kmac := icao.KDF(secret, icao.CounterEnc, alg), icao.KDF(secret, icao.CounterMAC, alg)
	defer clear(kenc)
	defer clear(kmac)
	return newSecureMessaging(alg, kenc, kmac, nil)
}

func (s *secureMessaging) count() {
	for i := len(s.ssc) - 1; i >= 0; i-- {
		if s.ssc[i]++; s.ssc[i] != 0 {
			return
		}
	}
}

// iv gives the initialisation vector: the encrypted counter for AES, zero for 3DES (Doc 9303-11 §9.8.6).
func (s *secureMessaging) iv() []byte {
	iv := make([]byte, s.enc.BlockSize())
	if s.alg != icao.TripleDES {
		s.enc.Encrypt(iv, s.ssc)
	}
	return iv
}

// checksum gives the MAC over the counter, a padded header (none for responses) and padded objects.
func (s *secureMessaging) checksum(header, objects []byte) ([]byte, error) {
	in := bytes.Clone(s.ssc)
	if header != nil {
		in = append(in, icao.Pad(header, s.alg.BlockSize())...)
	}
	if len(objects) > 0 {
		in = append(in, icao.Pad(objects, s.alg.BlockSize())...)
	}
	return s.mac.Sum(in)
}

// wrap protects a command (Doc 9303-11 §9.8.4.1, Figure 4). Data of an odd INS is BER-TLV already and goes into DO85.
func (s *secureMessaging) wrap(c apdu.Command) (apdu.Command, error) {
	s.count()
	p := apdu.Command{CLA: c.CLA | 0x0C, INS: c.INS, P1: c.P1, P2: c.P2, Ne: 256}
	var objects []byte
	if len(c.Data) > 0 {
		data := icao.Pad(c.Data, s.alg.BlockSize())
		if err := icao.EncryptCBC(s.enc, s.iv(), data); err != nil {
			return apdu.Command{}, err
		}
		if c.INS&1 == 1 {
			objects = tlv.Append(objects, tagCryptogram, data)
		} else {
			objects = tlv.Append(objects, tagCryptogramPad, []byte{1}, data)
		}
	}
	switch {
	case c.Ne > 256:
		objects = tlv.Append(objects, tagExpected, []byte{byte(c.Ne >> 8), byte(c.Ne)}) // 65536 is coded 0000
	case c.Ne > 0:
		objects = tlv.Append(objects, tagExpected, []byte{byte(c.Ne)}) // 256 is coded 00
	}
	mac, err := s.checksum([]byte{p.CLA, p.INS, p.P1, p.P2}, objects)
	if err != nil {
		return apdu.Command{}, err
	}
	p.Data = tlv.Append(objects, tagMAC, mac)
	if c.Ne > 256 || len(p.Data) > 255 {
		p.Ne = 65536
	}
	return p, nil
}

// unwrap checks and opens a response (Doc 9303-11 §9.8.4.2). The status that counts is the one in DO99, which the MAC covers.
// Every error is final: the caller ends the session.
func (s *secureMessaging) unwrap(r apdu.Response) (apdu.Response, error) {
	s.count()
	if len(r.Data) == 0 {
		return apdu.Response{}, fmt.Errorf("%w: %w", errUnprotected, r.SW)
	}
	list, err := tlv.ReadAll(r.Data)
	if err != nil {
		return apdu.Response{}, fmt.Errorf("protected answer: %w", err)
	}
	data, status, mac, err := sortObjects(list)
	if err != nil {
		return apdu.Response{}, err
	}
	want, err := s.checksum(nil, r.Data[:len(r.Data)-len(mac.Raw)])
	if err != nil {
		return apdu.Response{}, err
	}
	if subtle.ConstantTimeCompare(want, mac.Value) != 1 {
		return apdu.Response{}, errors.New("protected answer: wrong mac")
	}
	out := apdu.Response{SW: apdu.Status(status.Value[0])<<8 | apdu.Status(status.Value[1])}
	if data.IsZero() {
		return out, nil
	}
	out.Data, err = s.open(data)
	return out, err
}

// sortObjects takes [87 or 85], 99, 8E in this order and nothing else.
func sortObjects(list []tlv.Object) (data, status, mac tlv.Object, err error) {
	if len(list) > 0 && (list[0].Tag == tagCryptogramPad || list[0].Tag == tagCryptogram) {
		data, list = list[0], list[1:]
	}
	if len(list) != 2 || list[0].Tag != tagStatus || list[1].Tag != tagMAC {
		return data, status, mac, errors.New("protected answer: status or mac missing, or objects out of order")
	}
	status, mac = list[0], list[1]
	if len(status.Value) != 2 || len(mac.Value) != icao.MACSize {
		return data, status, mac, errors.New("protected answer: status or mac of a wrong length")
	}
	return data, status, mac, nil
}

// open decrypts a cryptogram whose MAC has been checked.
func (s *secureMessaging) open(o tlv.Object) ([]byte, error) {
	v := o.Value
	if o.Tag == tagCryptogramPad {
		if len(v) == 0 || v[0] != 1 {
			return nil, errors.New("protected answer: unknown padding indicator")
		}
		v = v[1:]
	}
	if len(v) == 0 {
		return nil, errors.New("protected answer: empty cryptogram")
	}
	plain := bytes.Clone(v)
	if err := icao.DecryptCBC(s.enc, s.iv(), plain); err != nil {
		return nil, fmt.Errorf("protected answer: %w", err)
	}
	plain, err := icao.Unpad(plain)
	if err != nil {
		return nil, fmt.Errorf("protected answer: %w", err)
	}
	return plain, nil
}

// protectedSize gives the length of a protected command's data field with n plain bytes and Le.
func (s *secureMessaging) protectedSize(n int) int {
	const expected, mac = 4, 10
	padded := (n/s.alg.BlockSize()+1)*s.alg.BlockSize() + 1
	return wrapping(padded) + padded + expected + mac
}

// commandRoom gives the most plain bytes that fit a protected command with at most n bytes of data.
func (s *secureMessaging) commandRoom(n int) int {
	room := n/s.alg.BlockSize()*s.alg.BlockSize() - 1
	for s.protectedSize(room) > n {
		room -= s.alg.BlockSize()
	}
	return room
}

// capacity gives the most plain bytes that fit a protected response of at most n bytes of data.
func (s *secureMessaging) capacity(n int) int {
	const status, mac = 4, 10
	head := 4 // tag, length 81 xx, padding indicator
	if n > 256 {
		head = 6
	}
	return (n-head-status-mac)/s.alg.BlockSize()*s.alg.BlockSize() - 1
}
