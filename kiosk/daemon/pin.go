package daemon

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/kiosk/provision"
	"motcua/ui/technician"
)

// PINFile holds the hash of the technician's PIN, in the folder of the office's files. There is no PIN but the one that is set there.
const PINFile = "technician.pin"

// pinTries is the file of wrong tries, in the data folder: switching the machine off does not give new ones.
const pinTries = "technician.json"

// A PIN's limits. Six digits stand against guessing at the screen, which the waits make slow. Whoever has the disk tries all of them
// in days: the PIN opens no secret that lies on it.
const (
	pinLeast = 6
	pinMost  = 12
)

// pinWord makes a password of a PIN, so that one hash serves both.
func pinWord(pin string) string { return "technician " + pin }

// SetPIN keeps the hash of a PIN in the folder of the office's files. Error: bad_input for one that is too short or the first that
// anybody tries.
func SetPIN(dir, pin string) error {
	const op, hint = "set the technician's PIN", "use 6 to 12 digits, not all the same and not in a row"
	if len(pin) < pinLeast || len(pin) > pinMost || strings.Trim(pin, "0123456789") != "" || guessable(pin) {
		return kiosk.Errorf(kiosk.CodeBadInput, op, hint, "this PIN is none, or easily guessed")
	}
	hash, err := onestop.HashPassword(pinWord(pin), onestop.DefaultArgon2)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeInternal, op, "", "%w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return kiosk.Errorf(kiosk.CodeInternal, op, "check that "+dir+" can be written", "%w", err)
	}
	return provision.WriteFile(filepath.Join(dir, PINFile), []byte(hash+"\n"), 0o600)
}

// guessable tells whether every digit follows the one before by the same step: 111111, 123456, 987654.
func guessable(pin string) bool {
	step := int(pin[1]) - int(pin[0])
	for i := 1; i < len(pin); i++ {
		if int(pin[i])-int(pin[i-1]) != step {
			return false
		}
	}
	return step >= -1 && step <= 1
}

// The waits after wrong PINs: three are free, then each wait is twice the last, up to the longest.
const (
	pinFree   = 3
	pinWait   = 30 * time.Second
	pinLonger = 15 * time.Minute
)

// pinGuard checks PINs and slows guessing.
type pinGuard struct {
	hash, tries string // paths
	now         func() time.Time

	mu    sync.Mutex
	until time.Time // nobody may try before; since this start
}

type pinState struct {
	Wrong int `json:"wrong"` // since the last right one
}

// enter checks a PIN. wait is how long nobody may try again.
func (g *pinGuard) enter(pin string) (good bool, wait time.Duration, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	hash, err := os.ReadFile(g.hash)
	if errors.Is(err, fs.ErrNotExist) {
		return false, 0, technician.ErrNoPIN
	}
	if err != nil {
		return false, 0, err
	}
	state, err := g.read()
	if err != nil {
		return false, 0, err
	}
	if g.until.IsZero() && state.Wrong >= pinFree { // after a start the wait begins anew
		g.until = g.now().Add(delay(state.Wrong))
	}
	if left := g.until.Sub(g.now()); left > 0 {
		return false, left, nil
	}
	state.Wrong++ // written before the PIN is looked at: pulling the plug gives no free try
	if err := g.write(state); err != nil {
		return false, 0, err
	}
	good, err = onestop.CheckPassword(strings.TrimSpace(string(hash)), pinWord(pin))
	if err != nil {
		return false, 0, err
	}
	if good {
		g.until = time.Time{}
		return true, 0, g.write(pinState{})
	}
	wait = delay(state.Wrong)
	g.until = g.now().Add(wait)
	return false, wait, nil
}

func delay(wrong int) time.Duration {
	d := time.Duration(0)
	for n := pinFree; n <= wrong && d < pinLonger; n++ {
		if d *= 2; d == 0 {
			d = pinWait
		}
	}
	return min(d, pinLonger)
}

func (g *pinGuard) read() (s pinState, err error) {
	b, err := os.ReadFile(g.tries)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil && json.Unmarshal(b, &s) != nil {
		s = pinState{Wrong: pinFree} // a file that was meddled with gives no free tries
	}
	return s, err
}

func (g *pinGuard) write(s pinState) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return provision.WriteFile(g.tries, b, 0o600)
}
