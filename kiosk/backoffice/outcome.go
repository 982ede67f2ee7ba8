package backoffice

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"motcua/kiosk"
)

// maxRetryAfter bounds what a server may ask for; a typing mistake there must not silence a kiosk for a day.
const maxRetryAfter = time.Hour

// outcomeOf says what an answer other than the wanted ones means. See the table in the package comment.
func outcomeOf(op string, res *http.Response, answer []byte, json bool) error {
	status := res.StatusCode
	switch {
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return offline(op, fmt.Errorf("office answered %d", status), retryAfter(res.Header.Get("Retry-After"), time.Now()))
	case status < 400 || !json:
		return untrusted(op, fmt.Errorf("status %d is not an answer of the intake", status))
	}
	var w wireError
	if err := decodeStrict(answer, &w); err != nil {
		return untrusted(op, err)
	}
	if status == http.StatusPreconditionFailed {
		return kiosk.Errorf(kiosk.CodeUnavailable, op, "ask the office's administrator", "office misses parts that it said to have")
	}
	if status == http.StatusNotFound && w.Code == kiosk.CodeNotFound {
		return kiosk.Errorf(kiosk.CodeNotFound, op, "", "office knows no such dossier")
	}
	return refused(op, status, w.Code)
}

// refused keeps the office's code only when it is of the closed list: what a server sends is not for the log.
func refused(op string, status int, code kiosk.Code) error {
	hint, known := "ask the office's administrator", kiosk.CodeInternal
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		hint = "have the office enrol this kiosk: onestopd enrol -kiosk NAME -out DIR"
	}
	for _, c := range kiosk.Codes {
		if c == code {
			known = c
		}
	}
	return kiosk.Errorf(kiosk.CodeOfficeRefused, op, hint, "office answered %d %s", status, known)
}

// transportOutcome says what it means that no answer came. The cause is named by kind: the text of a network error may hold
// addresses only, never contents, so it may be wrapped.
func transportOutcome(op string, err error) error {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		invalid      x509.CertificateInvalidError
		host         x509.HostnameError
		record       tls.RecordHeaderError
		remote       *net.OpError
	)
	switch {
	case errors.As(err, &verification), errors.As(err, &authority), errors.As(err, &invalid), errors.As(err, &host):
		return kiosk.Errorf(kiosk.CodeOfficeUntrusted, op, "check this machine's clock and the network's proxy, then office.json",
			"the server's certificate is not the office's: %w", bare(err))
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return untrusted(op, errors.New("the server does not speak TLS"))
	case errors.As(err, &remote) && remote.Op == "remote error":
		return alertOutcome(op, remote)
	}
	return offline(op, bare(err), 0)
}

// alertOutcome sorts a TLS alert: about our certificate it is a refusal, anything else is not our office.
func alertOutcome(op string, err *net.OpError) error {
	text := err.Error()
	if strings.Contains(text, "certificate") || strings.Contains(text, "access denied") {
		return kiosk.Errorf(kiosk.CodeOfficeRefused, op, "have the office enrol this kiosk: onestopd enrol -kiosk NAME -out DIR", "office refuses this kiosk's certificate: %w", err)
	}
	return untrusted(op, err)
}

// bare takes the URL off an error of net/http.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func untrusted(op string, err error) error {
	return &kiosk.Error{
		Code: kiosk.CodeOfficeUntrusted, Op: op, Err: err, Hint: "something between kiosk and office answers in its place: check the network and office.json",
	}
}

func offline(op string, err error, after time.Duration) error {
	e := &kiosk.Error{Code: kiosk.CodeOfficeOffline, Op: op, Err: err, Hint: "check the network cable and the office's server"}
	var dial interface{ Hint() string }
	if errors.As(err, &dial) { // whoever dialled knows better
		e.Hint = dial.Hint()
	}
	if after > 0 {
		return &laterError{err: e, after: after}
	}
	return e
}

// laterError carries the office's Retry-After. Callers find it with errors.As to interface{ RetryAfter() time.Duration }.
type laterError struct {
	err   error
	after time.Duration
}

// Error gives the text of the error.
func (e *laterError) Error() string { return e.err.Error() }

// Unwrap gives the error.
func (e *laterError) Unwrap() error { return e.err }

// RetryAfter says how long the office asked to wait.
func (e *laterError) RetryAfter() time.Duration { return e.after }

// retryAfter reads the header in either form (RFC 9110 §10.2.3); 0 when absent or senseless.
func retryAfter(s string, now time.Time) time.Duration {
	var d time.Duration
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		d = time.Duration(n) * time.Second
	} else if t, err := http.ParseTime(s); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
