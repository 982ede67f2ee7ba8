package speaker

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"motcua/kiosk"
)

// Setup is what the voice process must know to start.
type Setup struct {
	Dir       string  `json:"dir"`       // folder of clips
	Volume    int     `json:"volume"`    // 0 to 100
	Numbers   Dialect `json:"numbers"`   //
	Earphones string  `json:"earphones"` // as [voice] earphones in kiosk.toml
}

// The orders of kioskd and the reports of the voice process. Both go as one JSON object a line: there is little to tell, unlike
// to the vision process, whose wire carries pictures and calls with results.
const (
	doSetup   = "setup"
	doSay     = "say"
	doSilence = "silence"
	doVolume  = "volume"
	doOutput  = "output"
	doPing    = "ping"

	isReady = "ready" // it is heard
	isFault = "fault" // it is not, and the process ends
	isPong  = "pong"
)

// order is one thing to do.
type order struct {
	Do     string        `json:"do"`
	ID     uint64        `json:"id,omitempty"` // say: names the phrase; silence: only this phrase, 0 for any
	Phrase *kiosk.Phrase `json:"phrase,omitempty"`
	Step   kiosk.Volume  `json:"step,omitempty"`
	Output Output        `json:"output,omitempty"`
	Setup  *Setup        `json:"setup,omitempty"`
}

// report is one thing told.
type report struct {
	Is   string     `json:"is"`
	Code kiosk.Code `json:"code,omitempty"`
	Op   string     `json:"op,omitempty"`
	Text string     `json:"text,omitempty"`
	Hint string     `json:"hint,omitempty"`
}

// maxLine bounds what either side believes of the other.
const maxLine = 32 << 10

// errWire is a line that cannot be what was sent.
var errWire = errors.New("not a line of the voice process")

func writeLine(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write a line: %w", err)
	}
	if len(b) >= maxLine {
		return fmt.Errorf("write a line: %w: %d bytes", errWire, len(b))
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// lines reads lines until the end; each must be one object of that form.
func lines(r io.Reader) *bufio.Scanner {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 4096), maxLine)
	return s
}

func parseLine[T any](line []byte) (v T, err error) {
	if err := json.Unmarshal(line, &v); err != nil {
		return v, errWire // what came is not repeated: it may hold what is to be said
	}
	return v, nil
}
