package backoffice

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"motcua/kiosk"
)

// ErrConflict is wrapped by Receive's error when the id is taken by another body.
var ErrConflict = errors.New("the same dossier id came with another body")

// Receiver is the office behind the intake.
//
// Receive takes a sealed dossier in: it returns only when the dossier is durable. The same id with the same body again gives
// the same acknowledgement, byte for byte, with replay true. device is the kiosk's name by its certificate; a receiver that
// opens the envelope compares it. Errors: [ErrConflict], bad_input (400), store_full, store_corrupt, unavailable (503),
// anything else is 500.
//
// StatusByToken gives what the citizen may know. Error: not_found.
type Receiver interface {
	Receive(ctx context.Context, device string, s kiosk.Sealed) (ack kiosk.Acknowledgement, replay bool, err error)
	StatusByToken(ctx context.Context, tokenID string) (kiosk.Status, error)
}

// How much the server takes at a time.
const (
	maxUploads   = 8 // bodies held in memory at once
	uploadsRetry = "5"
)

// Handler serves the intake protocol over r. It needs a TLS listener that verifies client certificates ([ServerTLS]); a
// request without a verified one is answered 401.
func Handler(r Receiver) http.Handler {
	h := &handler{receiver: r, uploads: make(chan struct{}, maxUploads), guesses: newThrottle(time.Now)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+PathDossiers, h.device(h.dossier))
	mux.HandleFunc("POST "+PathStatus, h.device(h.status))
	mux.HandleFunc("GET "+PathPing, h.device(func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.WriteHeader(http.StatusNoContent)
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusNotFound, kiosk.CodeBadInput) })
	return mux
}

// ServerTLS is the TLS configuration of an intake: TLS 1.3, client certificates verified under clients.
func ServerTLS(server tls.Certificate, clients *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{server},
		ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: clients,
	}
}

type handler struct {
	receiver Receiver
	uploads  chan struct{}
	guesses  *throttle
}

// device lets only requests with a verified client certificate through and names the kiosk.
func (h *handler) device(next func(http.ResponseWriter, *http.Request, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 || r.TLS.VerifiedChains[0][0].Subject.CommonName == "" {
			fail(w, http.StatusUnauthorized, kiosk.CodeKeyMissing)
			return
		}
		next(w, r, r.TLS.VerifiedChains[0][0].Subject.CommonName)
	}
}

func (h *handler) dossier(w http.ResponseWriter, r *http.Request, device string) {
	select {
	case h.uploads <- struct{}{}:
		defer func() { <-h.uploads }()
	default:
		w.Header().Set("Retry-After", uploadsRetry)
		fail(w, http.StatusServiceUnavailable, kiosk.CodeUnavailable)
		return
	}
	s, status := readSealed(w, r)
	if status != 0 {
		fail(w, status, kiosk.CodeBadInput)
		return
	}
	ack, replay, err := h.receiver.Receive(r.Context(), device, s)
	if err != nil {
		failWith(w, err)
		return
	}
	body, err := MarshalAck(ack)
	if err != nil {
		failWith(w, err)
		return
	}
	status = http.StatusCreated
	if replay {
		status = http.StatusOK
	}
	reply(w, status, body)
}

// readSealed reads a dossier; status is 0, or what to answer.
func readSealed(w http.ResponseWriter, r *http.Request) (s kiosk.Sealed, status int) {
	if r.Header.Get("Content-Type") != "application/octet-stream" {
		return s, http.StatusUnsupportedMediaType
	}
	created, err := parseTime(r.Header.Get(HeaderCreated))
	if err != nil {
		return s, http.StatusBadRequest
	}
	sum, err := parseSHA256(r.Header.Get(HeaderSHA256))
	if err != nil {
		return s, http.StatusBadRequest
	}
	s = kiosk.Sealed{ID: r.Header.Get(HeaderKey), TokenID: r.Header.Get(HeaderTokenID), Created: created, SHA256: sum}
	if _, err := parseSHA256(s.TokenID); err != nil || !ValidID(s.ID) {
		return s, http.StatusBadRequest
	}
	if r.ContentLength > MaxBody {
		return s, http.StatusRequestEntityTooLarge
	}
	s.Body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return s, http.StatusRequestEntityTooLarge
	case err != nil, len(s.Body) == 0, sha256.Sum256(s.Body) != s.SHA256:
		return s, http.StatusBadRequest
	}
	return s, 0
}

func (h *handler) status(w http.ResponseWriter, r *http.Request, device string) {
	if !h.guesses.take(device) {
		w.Header().Set("Retry-After", "60")
		fail(w, http.StatusTooManyRequests, kiosk.CodeUnavailable)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuery))
	var q wireQuery
	if err == nil {
		err = decodeStrict(body, &q)
	}
	if err == nil {
		_, err = parseSHA256(q.TokenID)
	}
	if err != nil {
		fail(w, http.StatusBadRequest, kiosk.CodeBadInput)
		return
	}
	s, err := h.receiver.StatusByToken(r.Context(), q.TokenID)
	if err != nil {
		failWith(w, err)
		return
	}
	h.guesses.give(device)
	if body, err = json.Marshal(toWireStatus(s)); err != nil {
		failWith(w, err)
		return
	}
	reply(w, http.StatusOK, body)
}

// failWith answers a receiver's error by its code.
func failWith(w http.ResponseWriter, err error) {
	code := kiosk.CodeOf(err)
	switch {
	case errors.Is(err, ErrConflict):
		fail(w, http.StatusConflict, kiosk.CodeBadInput)
	case code == kiosk.CodeBadInput:
		fail(w, http.StatusBadRequest, code)
	case code == kiosk.CodeNotFound:
		fail(w, http.StatusNotFound, code)
	case code == kiosk.CodeStoreFull, code == kiosk.CodeStoreCorrupt, code == kiosk.CodeUnavailable:
		w.Header().Set("Retry-After", "60")
		fail(w, http.StatusServiceUnavailable, code)
	default:
		fail(w, http.StatusInternalServerError, kiosk.CodeInternal)
	}
}

func fail(w http.ResponseWriter, status int, code kiosk.Code) {
	reply(w, status, []byte(`{"code":"`+string(code)+`"}`))
}

func reply(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the kiosk that went away asks again
}
