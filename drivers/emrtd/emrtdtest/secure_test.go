package emrtdtest

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSecureMessagingWorkedExample answers the three protected commands of Doc 9303-11 appendix D.4 with the bytes printed there.
func TestSecureMessagingWorkedExample(t *testing.T) {
	raw, err := os.ReadFile(sharedFile(t, "chip", "vectors", "icao_9303_11_D4_sm_3des.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		KSenc, KSmac, SSC0 string
		Steps              []struct{ Protected, Response, Data string }
	}
	if err := json.Unmarshal(raw, &v); err != nil || len(v.Steps) != 3 {
		t.Fatalf("bad vector: %v", err)
	}
	com := unhex(t, v.Steps[1].Data+v.Steps[2].Data)
	c := powered(t, &Card{Files: map[kiosk.FileID][]byte{kiosk.FileCOM: com}}, Options{})
	c.s.applet = true
	if c.s.sm, err = newDESSession(unhex(t, v.KSenc), unhex(t, v.KSmac), unhex(t, v.SSC0)); err != nil {
		t.Fatal(err)
	}
	for i, s := range v.Steps {
		if got := c.Process(unhex(t, s.Protected)); !bytes.Equal(got, unhex(t, s.Response)) {
			t.Errorf("step %d gave\n%X, want\n%s", i+1, got, s.Response)
		}
	}
}

// TestSecureMessagingTranscript replays a passport's chip authentication under AES secure messaging: our session opens the
// terminal's commands and protects the same answers to the same bytes.
func TestSecureMessagingTranscript(t *testing.T) {
	raw, err := os.ReadFile(sharedFile(t, "chip", "vectors", "real_TestChipAuthAT.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]json.RawMessage
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	var keys [][]string
	var counters []string
	var apdus [][2]string
	for name, into := range map[string]any{"secure_messaging": &keys, "ssc": &counters, "apdus": &apdus} {
		for key, value := range v {
			if strings.HasPrefix(key, name) {
				if err := json.Unmarshal(value, into); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if len(keys) != 2 || len(counters) != 2 || len(apdus) != 3 {
		t.Fatal("the transcript is not the one expected")
	}
	before, err := newAESSession(unhex(t, keys[0][1]), unhex(t, keys[0][2]))
	if err != nil {
		t.Fatal(err)
	}
	before.ssc = unhex(t, counters[0])
	after, err := newAESSession(unhex(t, keys[1][1]), unhex(t, keys[1][2]))
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		sm   *session
		ins  byte
		data []byte
	}{{before, insManageSecurity, nil}, {before, insGeneralAuthenticate, []byte{0x7C, 0x00}}, {after, insSelect, nil}} {
		cmd, err := apdu.ParseCommand(unhex(t, apdus[i][0]))
		if err != nil {
			t.Fatal(err)
		}
		plain, sw := step.sm.unwrap(cmd)
		if sw != apdu.StatusOK || plain.INS != step.ins || len(plain.Data) == 0 {
			t.Fatalf("command %d: %v, INS %02X, %d bytes", i+1, sw, plain.INS, len(plain.Data))
		}
		if got := step.sm.wrap(apdu.Response{Data: step.data, SW: apdu.StatusOK}, apdu.Command{}, nil); !bytes.Equal(got, unhex(t, apdus[i][1])) {
			t.Errorf("response %d is\n%X, want\n%s", i+1, got, apdus[i][1])
		}
	}
}

// TestUnwrapRefuses changes one thing at a time in a good protected command.
func TestUnwrapRefuses(t *testing.T) {
	good := func() (*terminal, apdu.Command) {
		k := newTerminal(t)
		return k, k.protect(apdu.Command{INS: insSelect, P1: 2, P2: 0x0C, Data: []byte{1, 0x1E}, Ne: 256})
	}
	k, cmd := good()
	if plain, sw := k.chip(t).unwrap(cmd); sw != apdu.StatusOK || !bytes.Equal(plain.Data, []byte{1, 0x1E}) || plain.Ne != 256 {
		t.Fatalf("the unchanged command gave %v", sw)
	}
	for i := range cmd.Data {
		k, cmd := good()
		cmd.Data[i] ^= 0x01
		if _, sw := k.chip(t).unwrap(cmd); sw == apdu.StatusOK {
			t.Errorf("accepted with byte %d changed", i)
		}
	}
	for name, change := range map[string]func(*apdu.Command){
		"header":       func(c *apdu.Command) { c.P2 = 0 },
		"no objects":   func(c *apdu.Command) { c.Data = nil },
		"mac missing":  func(c *apdu.Command) { c.Data = c.Data[:len(c.Data)-10] },
		"after mac":    func(c *apdu.Command) { c.Data = tlv.Append(c.Data, 0x97, []byte{0}) },
		"not a object": func(c *apdu.Command) { c.Data = []byte{0x87} },
	} {
		k, cmd := good()
		change(&cmd)
		if _, sw := k.chip(t).unwrap(cmd); sw != apdu.StatusSMMissing && sw != apdu.StatusSMIncorrect {
			t.Errorf("%s: %v", name, sw)
		}
	}
	k, cmd = good()
	sm := k.chip(t)
	sm.count()
	if _, sw := sm.unwrap(cmd); sw != apdu.StatusSMIncorrect {
		t.Errorf("a replayed command gave %v", sw)
	}
}

// TestRoom checks the largest read of a short APDU: 223 bytes with AES, 231 with 3DES.
func TestRoom(t *testing.T) {
	des, err := newDESSession(make([]byte, 16), bytes.Repeat([]byte{1}, 16), make([]byte, 8))
	if err != nil {
		t.Fatal(err)
	}
	aes := newTerminal(t).chip(t)
	for _, sm := range []struct {
		s    *session
		want int
	}{{aes, 223}, {des, 231}} {
		if got := sm.s.room(256); got != sm.want {
			t.Errorf("room %d, want %d", got, sm.want)
		}
		full := sm.s.wrap(apdu.Response{Data: make([]byte, sm.want), SW: apdu.StatusOK}, apdu.Command{}, nil)
		more := sm.s.wrap(apdu.Response{Data: make([]byte, sm.want+1), SW: apdu.StatusOK}, apdu.Command{}, nil)
		if len(full)-2 > 256 || len(more)-2 <= 256 {
			t.Errorf("%d bytes take %d, one more takes %d", sm.want, len(full)-2, len(more)-2)
		}
	}
	if aes.room(8) != 0 {
		t.Error("room where nothing fits")
	}
}

func TestPadding(t *testing.T) {
	for n := range 40 {
		b := bytes.Repeat([]byte{0x80}, n)
		p := pad(b, 16)
		if len(p)%16 != 0 || len(p) <= n {
			t.Fatalf("%d bytes padded to %d", n, len(p))
		}
		if got, ok := unpad(p); !ok || !bytes.Equal(got, b) {
			t.Fatalf("%d bytes do not come back", n)
		}
	}
	for _, bad := range [][]byte{nil, make([]byte, 16), {0x80, 1}} {
		if _, ok := unpad(bad); ok {
			t.Errorf("%X was taken as padded", bad)
		}
	}
}
