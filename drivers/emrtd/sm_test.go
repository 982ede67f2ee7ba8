package emrtd

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

var algorithms = []icao.Algorithm{icao.TripleDES, icao.AES128, icao.AES192, icao.AES256}

// chipSide is the card's half of secure messaging, for the tests.
type chipSide struct{ *secureMessaging }

func pairOf(t rapid.TB, alg icao.Algorithm) (*secureMessaging, chipSide) {
	t.Helper()
	secret := []byte("a secret both sides have agreed on")
	a, errA := sessionOf(alg, secret)
	b, errB := sessionOf(alg, secret)
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	return a, chipSide{b}
}

// unprotect opens a command.
func (c chipSide) unprotect(t rapid.TB, p apdu.Command) apdu.Command {
	t.Helper()
	c.count()
	list, err := tlv.ReadAll(p.Data)
	if err != nil {
		t.Fatal(err)
	}
	mac := list[len(list)-1]
	want, err := c.checksum([]byte{p.CLA, p.INS, p.P1, p.P2}, p.Data[:len(p.Data)-len(mac.Raw)])
	if err != nil || mac.Tag != tagMAC || !bytes.Equal(want, mac.Value) {
		t.Fatalf("mac of the command: %v", err)
	}
	out := apdu.Command{CLA: p.CLA &^ 0x0C, INS: p.INS, P1: p.P1, P2: p.P2}
	for _, o := range list[:len(list)-1] {
		switch o.Tag {
		case tagCryptogram, tagCryptogramPad:
			if (o.Tag == tagCryptogram) != (p.INS&1 == 1) {
				t.Fatalf("object %v for instruction %02X", o.Tag, p.INS)
			}
			if out.Data, err = c.open(o); err != nil {
				t.Fatal(err)
			}
		case tagExpected:
			n := 0
			for _, b := range o.Value {
				n = n<<8 | int(b)
			}
			if n == 0 {
				n = 1 << (8 * len(o.Value))
			}
			out.Ne = n
		}
	}
	return out
}

// protect closes a response.
func (c chipSide) protect(t rapid.TB, r apdu.Response, odd bool) apdu.Response {
	t.Helper()
	c.count()
	var objects []byte
	if len(r.Data) > 0 {
		data := icao.Pad(r.Data, c.alg.BlockSize())
		if err := icao.EncryptCBC(c.enc, c.iv(), data); err != nil {
			t.Fatal(err)
		}
		if odd {
			objects = tlv.Append(objects, tagCryptogram, data)
		} else {
			objects = tlv.Append(objects, tagCryptogramPad, []byte{1}, data)
		}
	}
	objects = tlv.Append(objects, tagStatus, []byte{byte(r.SW >> 8), byte(r.SW)})
	mac, err := c.checksum(nil, objects)
	if err != nil {
		t.Fatal(err)
	}
	return apdu.Response{Data: tlv.Append(objects, tagMAC, mac), SW: r.SW}
}

func bytesOf(most int) *rapid.Generator[[]byte] { return rapid.SliceOfN(rapid.Byte(), 0, most) }

// What goes through secure messaging comes out as it went in, for any number of commands of any kind.
func TestSecureMessagingRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		term, chip := pairOf(t, rapid.SampledFrom(algorithms).Draw(t, "algorithm"))
		for range rapid.IntRange(1, 4).Draw(t, "commands") {
			cmd := apdu.Command{
				CLA: rapid.SampledFrom([]byte{0, 0x10}).Draw(t, "cla"), INS: rapid.Byte().Draw(t, "ins"), P1: rapid.Byte().Draw(t, "p1"),
				P2: rapid.Byte().Draw(t, "p2"), Data: bytesOf(600).Draw(t, "data"), Ne: rapid.IntRange(0, 65536).Draw(t, "ne"),
			}
			p, err := term.wrap(cmd)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := p.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			if p, err = apdu.ParseCommand(raw); err != nil {
				t.Fatal(err)
			}
			got := chip.unprotect(t, p)
			if got.CLA != cmd.CLA || got.INS != cmd.INS || got.P1 != cmd.P1 || got.P2 != cmd.P2 || got.Ne != cmd.Ne ||
				!bytes.Equal(got.Data, cmd.Data) {
				t.Fatalf("command came out differently: Ne %d for %d", got.Ne, cmd.Ne)
			}
			r := apdu.Response{Data: bytesOf(600).Draw(t, "answer"), SW: apdu.Status(rapid.Uint16().Draw(t, "sw"))}
			back, err := term.unwrap(chip.protect(t, r, cmd.INS&1 == 1))
			if err != nil || back.SW != r.SW || !bytes.Equal(back.Data, r.Data) {
				t.Fatalf("response came out differently: %v", err)
			}
		}
	})
}

// Any single changed byte of a protected response is found, and so is every missing or repeated object.
func TestSecureMessagingTamper(t *testing.T) {
	for _, alg := range algorithms {
		t.Run(string(alg), func(t *testing.T) {
			_, chip := pairOf(t, alg)
			fine := chip.protect(t, apdu.Response{Data: []byte("twenty bytes of data"), SW: apdu.StatusOK}, false)
			refuse := func(what string, data []byte) {
				t.Helper()
				term, _ := pairOf(t, alg)
				if _, err := term.unwrap(apdu.Response{Data: data, SW: apdu.StatusOK}); err == nil {
					t.Errorf("%s accepted", what)
				}
			}
			for i := range fine.Data {
				for bit := range 8 {
					b := bytes.Clone(fine.Data)
					b[i] ^= 1 << bit
					refuse("a changed bit", b)
				}
			}
			for n := range fine.Data {
				refuse("a shorter answer", fine.Data[:n])
			}
			list, err := tlv.ReadAll(fine.Data)
			if err != nil {
				t.Fatal(err)
			}
			data, status, mac := list[0].Raw, list[1].Raw, list[2].Raw
			join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
			refuse("an answer without data", join(status, mac))
			refuse("an answer without status", join(data, mac))
			refuse("an answer without mac", join(data, status))
			refuse("another order", join(status, data, mac))
			refuse("a second mac", join(data, status, mac, mac))
			refuse("a foreign object", join(data, status, mac, []byte{0x04, 0}))
			refuse("a byte after", append(bytes.Clone(fine.Data), 0))
			term, _ := pairOf(t, alg)
			if _, err := term.unwrap(fine); err != nil {
				t.Errorf("the untouched answer: %v", err)
			}
			if _, err := term.unwrap(fine); err == nil {
				t.Error("the same answer a second time accepted")
			}
		})
	}
}

// After an answer outside secure messaging the channel is dead: nothing the chip says later is taken (TR-03105-5.1 ISO7816_B).
func TestUnprotectedAnswerEndsSession(t *testing.T) {
	for name, naked := range map[string][]byte{
		"bare 9000": {0x90, 0}, "bare 6987": {0x69, 0x87}, "plain data": {1, 2, 3, 0x90, 0},
		"data object without mac": {0x87, 1, 1, 0x99, 2, 0x90, 0, 0x90, 0}, "one byte": {0x90},
	} {
		t.Run(name, func(t *testing.T) {
			term, chip := pairOf(t, icao.AES128)
			calls := 0
			card := &handler{answer: func([]byte) ([]byte, error) {
				if calls++; calls == 1 {
					return naked, nil
				}
				chip.count()
				return chip.protect(t, apdu.Response{SW: apdu.StatusOK}, false).Bytes(), nil
			}}
			ch := &channel{card: card, sm: term}
			for range 3 {
				_, err := ch.do(context.Background(), apdu.Command{INS: 0xB0, Ne: 8})
				if kiosk.CodeOf(err) != kiosk.CodeCardProtocol {
					t.Fatalf("got %v", err)
				}
			}
			if calls != 1 {
				t.Errorf("%d commands went to the chip after the break", calls-1)
			}
		})
	}
}

// The status that counts is the protected one.
func TestProtectedStatusCounts(t *testing.T) {
	term, chip := pairOf(t, icao.AES128)
	r := chip.protect(t, apdu.Response{SW: apdu.StatusNotFound}, false)
	r.SW = apdu.StatusOK
	got, err := term.unwrap(r)
	if err != nil || got.SW != apdu.StatusNotFound {
		t.Errorf("status %v, %v", got.SW, err)
	}
}

func TestCapacity(t *testing.T) {
	for _, c := range []struct {
		alg     icao.Algorithm
		n, want int
	}{{icao.AES128, 256, 223}, {icao.TripleDES, 256, 231}, {icao.AES256, 65536, 65503}} {
		term, chip := pairOf(t, c.alg)
		if got := term.capacity(c.n); got != c.want {
			t.Errorf("%s: %d of %d bytes, want %d", c.alg, got, c.n, c.want)
		}
		full := chip.protect(t, apdu.Response{Data: make([]byte, c.want), SW: apdu.StatusOK}, false)
		over := chip.protect(t, apdu.Response{Data: make([]byte, c.want+1), SW: apdu.StatusOK}, false)
		if len(full.Data) > c.n || len(over.Data) <= c.n {
			t.Errorf("%s: %d and %d bytes on the wire for %d", c.alg, len(full.Data), len(over.Data), c.n)
		}
	}
}

func FuzzUnwrap(f *testing.F) {
	for _, alg := range algorithms {
		_, chip := pairOf(f, alg)
		f.Add(chip.protect(f, apdu.Response{Data: []byte("data"), SW: apdu.StatusOK}, false).Bytes())
	}
	f.Add([]byte{0x90, 0})
	f.Add([]byte{0x99, 2, 0x90, 0, 0x8E, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x90, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := apdu.ParseResponse(raw)
		if err != nil {
			return
		}
		for _, alg := range algorithms {
			term, chip := pairOf(t, alg)
			got, err := term.unwrap(r)
			if err != nil {
				continue
			}
			odd := len(r.Data) > 0 && r.Data[0] == byte(tagCryptogram)
			if again := chip.protect(t, got, odd); len(got.Data) > 0 && !bytes.Equal(again.Data, r.Data) && len(again.Data) == len(r.Data) {
				t.Fatal("accepted a response no chip makes")
			}
		}
	})
}

func FuzzDynamicObject(f *testing.F) {
	f.Add(dynamic(0x80, make([]byte, 16)))
	f.Add([]byte{0x7C, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if v, err := dynamicObject(raw, 0x80); err == nil && !bytes.Contains(raw, v) {
			t.Fatal("value is not in the answer")
		}
	})
}

func TestCodedErrors(t *testing.T) {
	for err, want := range map[error]kiosk.Code{
		apdu.ErrCardLost: kiosk.CodeCardLost, apdu.ErrNoCard: kiosk.CodeCardLost, apdu.ErrNoReader: kiosk.CodeReaderMissing,
		apdu.ErrReader: kiosk.CodeReaderFault, apdu.ErrLength: kiosk.CodeReaderFault, apdu.ErrTimeout: kiosk.CodeCardTimeout,
		context.DeadlineExceeded: kiosk.CodeCardTimeout, context.Canceled: kiosk.CodeCardTimeout,
		errors.New("other"): kiosk.CodeInternal, protocolError("x"): kiosk.CodeCardProtocol,
	} {
		if got := kiosk.CodeOf(coded(err)); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
	if coded(nil) != nil {
		t.Error("no error became one")
	}
	if got := kiosk.CodeOf(transportError(errors.New("usb stall"))); got != kiosk.CodeReaderFault {
		t.Errorf("an unknown error of a reader: %s", got)
	}
}

// BenchmarkSecureMessaging is our share of one READ BINARY of 223 bytes.
func BenchmarkSecureMessaging(b *testing.B) {
	for _, alg := range algorithms {
		b.Run(string(alg), func(b *testing.B) {
			term, chip := pairOf(b, alg)
			data := make([]byte, 223)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := term.wrap(apdu.Command{INS: 0xB0, Ne: 223}); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				chip.count()
				r := chip.protect(b, apdu.Response{Data: data, SW: apdu.StatusOK}, false)
				b.StartTimer()
				if _, err := term.unwrap(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
