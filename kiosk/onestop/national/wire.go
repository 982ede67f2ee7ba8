package national

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// Options of a mapper.
type Options struct {
	Address  string // https://host/path of the system
	Unit     string // this office's code there
	User     string
	Password string
	Client   *http.Client // nil: one with a time limit
}

// Limits of a call.
const (
	callTimeout = 30 * time.Second
	maxAnswer   = 1 << 20
)

// caller posts JSON and reads JSON.
type caller struct {
	opt  Options
	http *http.Client
}

func newCaller(o Options) (caller, error) {
	if !strings.HasPrefix(o.Address, "https://") && !strings.HasPrefix(o.Address, "http://127.0.0.1") {
		return caller{}, kiosk.Errorf(kiosk.CodeConfigInvalid, "open national system", "set [sync] address to an https address", "the address is not https")
	}
	c := o.Client
	if c == nil {
		c = &http.Client{Timeout: callTimeout}
	}
	o.Address = strings.TrimSuffix(o.Address, "/")
	return caller{o, c}, nil
}

// post sends one call. What does not answer, or answers with 5xx or 429, is office_offline; any other refusal is office_refused.
// Neither error text holds what was sent.
func (c caller) post(ctx context.Context, path string, head map[string]string, body, answer any) error {
	const op = "call national system"
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	defer clear(raw)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.opt.Address+path, bytes.NewReader(raw))
	if err != nil {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, op, "correct [sync] address", "the address cannot be used")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	for k, v := range head {
		req.Header.Set(k, v)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeOfficeOffline, op, "", "no answer to %s", path)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil, res.StatusCode >= 500, res.StatusCode == http.StatusTooManyRequests:
		return kiosk.Errorf(kiosk.CodeOfficeOffline, op, "", "%s answered %d", path, res.StatusCode)
	case res.StatusCode == http.StatusUnauthorized:
		return errSession
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated:
		return refused(path, fmt.Sprint(res.StatusCode))
	case len(text) > maxAnswer || json.Unmarshal(text, answer) != nil:
		return kiosk.Errorf(kiosk.CodeOfficeOffline, op, "", "%s answered something that is not JSON", path) // a captive portal
	}
	return nil
}

// errSession means that the login is no longer taken: log in once more.
var errSession = errors.New("the session has ended")

func refused(what, code string) error {
	if len(code) > 40 {
		code = code[:40]
	}
	return kiosk.Errorf(kiosk.CodeOfficeRefused, "call national system", "look the code up in the system's documentation", "%s refused with %q", what, code)
}

// status is an error code that systems write as a number or as a text.
type status string

// UnmarshalJSON takes 0, "0" and "00" alike.
func (s *status) UnmarshalJSON(b []byte) error {
	*s = status(strings.Trim(string(b), `"`))
	return nil
}

func (s status) ok() bool { return strings.Trim(string(s), "0") == "" && s != "" || s == "" }

// stamp writes a time as the systems do; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(onestop.Zone).Format("02/01/2006 15:04:05")
}

// channel is KenhThucHien.
func channel(c kiosk.Channel) string {
	switch c {
	case kiosk.ChannelOnline:
		return "2"
	case kiosk.ChannelPostal:
		return "3"
	case kiosk.ChannelDirect:
	}
	return "1"
}

func truth(b bool) string {
	if b {
		return "True"
	}
	return "False"
}
