package emrtd

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/icao"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// handler is a card that is a function.
type handler struct {
	answer func(cmd []byte) ([]byte, error)
	max    int
	atr    []byte
}

func (h *handler) Transmit(_ context.Context, cmd []byte) ([]byte, error) { return h.answer(cmd) }
func (h *handler) ATR() []byte                                            { return h.atr }
func (h *handler) MaxCommand() int                                        { return 255 }
func (h *handler) Close() error                                           { return nil }

func (h *handler) MaxResponse() int {
	if h.max == 0 {
		return 256
	}
	return h.max
}

// script is a card that knows one conversation: every command must be exactly the one expected.
type script struct {
	t     testing.TB
	pairs [][2]string
	next  int
}

func (s *script) card() *handler { return &handler{answer: s.answer} }

func (s *script) answer(cmd []byte) ([]byte, error) {
	s.t.Helper()
	if s.next >= len(s.pairs) {
		s.t.Fatalf("command %X after the end of the conversation", cmd)
	}
	p := s.pairs[s.next]
	s.next++
	if want := unhex(s.t, p[0]); !bytes.Equal(cmd, want) {
		s.t.Fatalf("command %d is %X, want %X", s.next, cmd, want)
	}
	return unhex(s.t, p[1]), nil
}

func (s *script) done() {
	s.t.Helper()
	if s.next != len(s.pairs) {
		s.t.Errorf("%d of %d commands were sent", s.next, len(s.pairs))
	}
}

// shared gives a file of the test material that does not live in this repository.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	root := os.Getenv("KIOSK_SHARED")
	if root == "" {
		dir, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				break
			}
			if filepath.Dir(dir) == dir {
				t.Fatal("no module root above the test")
			}
			dir = filepath.Dir(dir)
		}
		root = filepath.Join(dir, "..", "shared")
	}
	b, err := os.ReadFile(filepath.Join(root, "data", "chip", name))
	if os.IsNotExist(err) {
		t.Skipf("test material %s is not there; set KIOSK_SHARED to its folder", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// transcript is a recorded conversation with a real chip.
type transcript struct {
	Keys   [][3]string // algorithm, KSenc, KSmac; first before, last after
	SSC    []string    // first before, last after
	Own    [][]string  // terminal's ephemeral keys: private, x, y
	Files  []string    // DG14, DG15 or EF.CardAccess
	Random []string    // challenges
	APDUs  [][2]string // command, response
}

// recorded reads a transcript; the names of its members carry explanations, so they are found by their beginning.
func recorded(t testing.TB, name string) *transcript {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(shared(t, filepath.Join("vectors", name)), &members); err != nil {
		t.Fatal(err)
	}
	var tr transcript
	for prefix, to := range map[string]any{
		"secure_messaging": &tr.Keys, "ssc": &tr.SSC, "terminal_ephemeral": &tr.Own, "files": &tr.Files, "random": &tr.Random,
		"apdus": &tr.APDUs,
	} {
		for name, raw := range members {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if err := json.Unmarshal(raw, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	return &tr
}

// session starts secure messaging with the recorded keys.
func (tr *transcript) session(t testing.TB, i int, ssc string) *secureMessaging {
	t.Helper()
	alg := map[string]icao.Algorithm{"AES": icao.AES128, "TDES": icao.TripleDES}[tr.Keys[i][0]]
	sm, err := newSecureMessaging(alg, unhex(t, tr.Keys[i][1]), unhex(t, tr.Keys[i][2]), unhex(t, ssc))
	if err != nil {
		t.Fatal(err)
	}
	return sm
}

// sameSession reports whether two sessions would protect a command alike.
func sameSession(t testing.TB, a, b *secureMessaging) bool {
	t.Helper()
	var out [2][]byte
	for i, s := range []*secureMessaging{a, b} {
		ssc := bytes.Clone(s.ssc)
		c, err := s.wrap(apdu.Command{INS: 0xA4, Data: []byte("probe"), Ne: 17})
		if err != nil {
			t.Fatal(err)
		}
		s.ssc, out[i] = ssc, c.Data
	}
	return bytes.Equal(out[0], out[1])
}
