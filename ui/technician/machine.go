package technician

import (
	"context"
	"errors"
	"time"

	"motcua/kiosk/doctor"
)

// Machine is the kiosk as its technician needs it.
//
// Enter checks a PIN: good, or how long nobody may try again; [ErrNoPIN] when none was ever set. Doctor runs the named checks
// thoroughly. Statement gives the signed text of a report. Picture gives one JPEG of a camera ("face" or "paper") and keeps none. Volume
// sets one of three steps (0 to 2) and speaks a sentence. Brightness gives the panel's in percent, and sets it when percent is not
// negative; an error when this panel cannot be dimmed. Waiting is how many dossiers have not reached the office. Restart ends this
// process so that it is started again. Wipe forgets the machine's identity and everything it keeps, then restarts.
type Machine interface {
	Name() (kiosk, version string)
	Enter(pin string) (good bool, wait time.Duration, err error)
	Doctor(ctx context.Context, names ...string) (doctor.Report, error)
	Statement(report doctor.Report) (text string, err error)
	Picture(ctx context.Context, which string) (jpeg []byte, err error)
	Volume(ctx context.Context, step int) error
	Brightness(percent int) (now int, err error)
	Print(ctx context.Context) error
	Waiting(ctx context.Context) (int, error)
	Restart(ctx context.Context) error
	Wipe(ctx context.Context) error
}

// ErrNoPIN means that no PIN was set: the pages stay closed.
var ErrNoPIN = errors.New("no technician's PIN was set")
