package emrtdtest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"testing"

	"github.com/aead/cmac"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
)

// terminal is the other end of secure messaging, as far as the tests of the chip need one.
type terminal struct {
	enc, mac []byte
	ssc      byte // counters beyond 255 do not occur here
}

func newTerminal(testing.TB) *terminal {
	return &terminal{enc: bytes.Repeat([]byte{0x11}, 16), mac: bytes.Repeat([]byte{0x22}, 16)}
}

// chip gives a chip session with the same keys, at the start.
func (k *terminal) chip(t testing.TB) *session {
	t.Helper()
	sm, err := newAESSession(k.enc, k.mac)
	if err != nil {
		t.Fatal(err)
	}
	return sm
}

func (k *terminal) counter() []byte { return append(make([]byte, 15), k.ssc) }

func (k *terminal) iv() []byte {
	b, err := aes.NewCipher(k.enc)
	if err != nil {
		panic(err)
	}
	iv := make([]byte, 16)
	b.Encrypt(iv, k.counter())
	return iv
}

func (k *terminal) sum(m []byte) []byte {
	b, err := aes.NewCipher(k.mac)
	if err != nil {
		panic(err)
	}
	s, err := cmac.Sum(append(k.counter(), m...), b, 16)
	if err != nil {
		panic(err)
	}
	return s[:8]
}

func (k *terminal) crypt(decrypt bool, b []byte) []byte {
	c, err := aes.NewCipher(k.enc)
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(b))
	if decrypt {
		cipher.NewCBCDecrypter(c, k.iv()).CryptBlocks(out, b)
	} else {
		cipher.NewCBCEncrypter(c, k.iv()).CryptBlocks(out, b)
	}
	return out
}

// protect puts secure messaging on a command. The outer Le asks for a short response, or a long one when Ne is long.
func (k *terminal) protect(cmd apdu.Command) apdu.Command {
	k.ssc++
	header := []byte{cmd.CLA | 0x0C, cmd.INS, cmd.P1, cmd.P2}
	var body []byte
	if len(cmd.Data) > 0 && cmd.INS&1 == 1 {
		body = tlv.Append(body, 0x85, k.crypt(false, pad(cmd.Data, 16)))
	} else if len(cmd.Data) > 0 {
		body = tlv.Append(body, 0x87, []byte{1}, k.crypt(false, pad(cmd.Data, 16)))
	}
	outer := 256
	switch {
	case cmd.Ne > 256:
		body = tlv.Append(body, 0x97, []byte{byte(cmd.Ne >> 8), byte(cmd.Ne)})
		outer = 65536
	case cmd.Ne > 0:
		body = tlv.Append(body, 0x97, []byte{byte(cmd.Ne)})
	}
	m := pad(header, 16)
	if len(body) > 0 {
		m = append(m, pad(body, 16)...)
	}
	return apdu.Command{CLA: header[0], INS: cmd.INS, P1: cmd.P1, P2: cmd.P2, Data: tlv.Append(body, 0x8E, k.sum(m)), Ne: outer}
}

// open takes secure messaging off a response and checks its MAC.
func (k *terminal) open(t testing.TB, raw []byte) apdu.Response {
	t.Helper()
	k.ssc++
	r, err := apdu.ParseResponse(raw)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := tlv.ReadAll(r.Data)
	if err != nil || len(objects) < 2 {
		t.Fatalf("response %X is not protected", raw)
	}
	mac, _ := tlv.Find(objects, 0x8E)
	if !bytes.Equal(mac.Value, k.sum(pad(r.Data[:len(r.Data)-10], 16))) {
		t.Fatalf("response %X has a wrong MAC", raw)
	}
	status, _ := tlv.Find(objects, 0x99)
	if !bytes.Equal(status.Value, raw[len(raw)-2:]) {
		t.Fatalf("status %X inside, %X outside", status.Value, raw[len(raw)-2:])
	}
	out := apdu.Response{SW: r.SW}
	for _, o := range objects[:1] {
		switch o.Tag {
		case 0x87:
			out.Data, _ = unpad(k.crypt(true, o.Value[1:]))
		case 0x85:
			out.Data, _ = unpad(k.crypt(true, o.Value))
		}
	}
	return out
}

// desk is a chip with an open session and its terminal.
type desk struct {
	t testing.TB
	c *Chip
	k *terminal
}

func openSession(t testing.TB, card *Card, opt Options) *desk {
	t.Helper()
	c := powered(t, card, opt)
	k := newTerminal(t)
	c.s.applet, c.s.sm = true, k.chip(t)
	return &desk{t, c, k}
}

// do sends a protected command.
func (d *desk) do(cmd apdu.Command) apdu.Response {
	d.t.Helper()
	raw, err := d.k.protect(cmd).Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	return d.k.open(d.t, d.c.Process(raw))
}

// raw sends a protected command and gives the bytes of the answer.
func (d *desk) raw(cmd apdu.Command) []byte {
	d.t.Helper()
	raw, err := d.k.protect(cmd).Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	return d.c.Process(raw)
}

// plain sends an unprotected command.
func plainly(t testing.TB, c *Chip, cmd apdu.Command) apdu.Response {
	t.Helper()
	raw, err := cmd.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	r, err := apdu.ParseResponse(c.Process(raw))
	if err != nil {
		t.Fatal(err)
	}
	return r
}
