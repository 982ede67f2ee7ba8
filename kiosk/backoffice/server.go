package backoffice

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/bundle"
)

// ErrConflict is wrapped by Receive's error when the id is taken by another body.
var ErrConflict = errors.New("the same dossier id came with another body")

// Receiver is the office behind the intake. device is always the kiosk's name by its certificate.
//
// PartState tells how much of a part of this kiosk is here (not_found: nothing). AppendPart adds a piece at the offset and gives
// the new state; it returns when the piece is durable, and checks the whole by its hash when it was the last. Errors: ErrOffset with
// the state that is, bad_input for a wrong hash (the part is dropped), store_full.
//
// Receive takes a sealed dossier in: it returns only when the dossier is durable. Its parts have a SHA-256 and no data, and must be
// here. The same id with the same body again gives the same acknowledgement, byte for byte, with replay true. A receiver that
// opens the envelope compares device and parts. Errors: [ErrConflict], [ErrMissing], bad_input (400), store_full, store_corrupt,
// unavailable (503), anything else is 500.
//
// StatusByToken gives what the citizen may know. Error: not_found. Changes lists what happened to this kiosk's dossiers after a
// cursor, oldest first. Bundle gives what is signed for the office's kiosks, a file of
// package bundle. Error: not_found. Nonce draws and signs one. TakeFeedback takes sealed feedback in, the
// same id again changes nothing. Enrol spends a one-time word. Errors: not_found, bad_input.
type Receiver interface {
	PartState(ctx context.Context, device string, sum [32]byte) (PartState, error)
	AppendPart(ctx context.Context, device string, sum [32]byte, size, offset int64, piece []byte) (PartState, error)
	Receive(ctx context.Context, device string, s kiosk.Sealed) (ack kiosk.Acknowledgement, replay bool, err error)
	StatusByToken(ctx context.Context, tokenID string) (kiosk.Status, error)
	Changes(ctx context.Context, device string, after int64, limit int) ([]Change, error)
	Bundle(ctx context.Context, device string, kind bundle.Kind) ([]byte, error)
	Nonce(ctx context.Context, device string) (Nonce, error)
	Heartbeat(ctx context.Context, device string, h Heartbeat) error
	TakeFeedback(ctx context.Context, device string, s kiosk.Sealed) error
	TakeRating(ctx context.Context, device string, r Rating) error
	Enrol(ctx context.Context, word string, csr []byte) (Enrolled, error)
	Renew(ctx context.Context, device string, csr []byte) (Enrolled, error)
}

// How much the server takes at a time.
const (
	maxUploads   = 8 // bodies held in memory at once
	uploadsRetry = "5"
	pieceSize    = 1 << 20 // of a part, durable at a time
)

//go:embed openapi.json
var openAPI []byte

// OpenAPI is the protocol as an OpenAPI 3.1 document: what is served at [PathOpenAPI].
func OpenAPI() []byte { return bytes.Clone(openAPI) }

// route is one entry of the table: what the document describes, a test compares.
type route struct {
	method, path string
	open         bool // answered without a certificate
	serve        func(*handler, http.ResponseWriter, *http.Request, string)
}

var routes = []route{
	{"HEAD", PathParts + "{sha256}", false, (*handler).partState},
	{"PUT", PathParts + "{sha256}", false, (*handler).part},
	{"POST", PathDossiers, false, (*handler).dossier},
	{"POST", PathStatus, false, (*handler).status},
	{"GET", PathChanges, false, (*handler).changes},
	{"GET", PathBundles + "{kind}", false, (*handler).bundle},
	{"GET", PathNonce, false, (*handler).nonce},
	{"POST", PathHeartbeat, false, (*handler).heartbeat},
	{"POST", PathFeedback, false, (*handler).feedback},
	{"POST", PathRatings, false, (*handler).rating},
	{"POST", PathRenew, false, (*handler).renew},
	{"GET", PathPing, false, (*handler).ping},
	{"POST", PathEnrol, true, (*handler).enrol},
	{"GET", PathOpenAPI, true, (*handler).document},
}

// Routes lists "METHOD path" of every route, for tests that compare it with the document.
func Routes() (list []string) {
	for _, r := range routes {
		list = append(list, r.method+" "+r.path)
	}
	return list
}

// Handler serves the intake protocol over r. It needs a TLS listener that verifies client certificates ([ServerTLS]); a
// request without a verified one is answered 401, but for enrolment and the document.
func Handler(r Receiver) http.Handler {
	h := &handler{receiver: r, uploads: make(chan struct{}, maxUploads), guesses: newThrottle(time.Now), words: newThrottle(time.Now)}
	mux := http.NewServeMux()
	for _, e := range routes {
		mux.HandleFunc(e.method+" "+e.path, h.enter(e))
	}
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
	guesses  *throttle // receipt tokens, by device
	words    *throttle // enrolment words, by address
}

// enter lets only requests with a verified client certificate through and names the kiosk. No body is ever unpacked.
func (h *handler) enter(e route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		device := ""
		if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
			device = r.TLS.VerifiedChains[0][0].Subject.CommonName
		}
		switch {
		case device == "" && !e.open:
			fail(w, http.StatusUnauthorized, kiosk.CodeKeyMissing)
		case r.Header.Get("Content-Encoding") != "":
			fail(w, http.StatusUnsupportedMediaType, kiosk.CodeBadInput)
		default:
			e.serve(h, w, r, device)
		}
	}
}

// admit counts an upload in; false after it has answered 503.
func (h *handler) admit(w http.ResponseWriter) bool {
	select {
	case h.uploads <- struct{}{}:
		return true
	default:
		w.Header().Set("Retry-After", uploadsRetry)
		fail(w, http.StatusServiceUnavailable, kiosk.CodeUnavailable)
		return false
	}
}

func (h *handler) leave() { <-h.uploads }

func (h *handler) ping(w http.ResponseWriter, _ *http.Request, _ string) {
	w.WriteHeader(http.StatusNoContent)
}

func (h *handler) document(w http.ResponseWriter, _ *http.Request, _ string) {
	reply(w, http.StatusOK, openAPI)
}

// tell writes where a part stands.
func tell(w http.ResponseWriter, s PartState) {
	w.Header().Set(HeaderOffset, strconv.FormatInt(s.Offset, 10))
	done := "?0"
	if s.Done {
		done = "?1"
	}
	w.Header().Set(HeaderDone, done)
	if s.Size > 0 {
		w.Header().Set(HeaderLength, strconv.FormatInt(s.Size, 10))
	}
}

func (h *handler) partState(w http.ResponseWriter, r *http.Request, device string) {
	sum, err := parseSHA256(r.PathValue("sha256"))
	if err != nil {
		fail(w, http.StatusBadRequest, kiosk.CodeBadInput)
		return
	}
	s, err := h.receiver.PartState(r.Context(), device, sum)
	if kiosk.CodeOf(err) == kiosk.CodeNotFound {
		tell(w, PartState{})
	}
	if err != nil {
		failWith(w, err)
		return
	}
	tell(w, s)
	reply(w, http.StatusOK, nil)
}

// part takes a piece of a part in: what has come when the connection breaks is kept.
func (h *handler) part(w http.ResponseWriter, r *http.Request, device string) {
	sum, err := parseSHA256(r.PathValue("sha256"))
	size, sizeErr := strconv.ParseUint(r.Header.Get(HeaderLength), 10, 31)
	offset, offsetErr := strconv.ParseUint(r.Header.Get(HeaderOffset), 10, 31)
	switch {
	case r.Header.Get("Content-Type") != "application/octet-stream":
		fail(w, http.StatusUnsupportedMediaType, kiosk.CodeBadInput)
		return
	case size > MaxPart || r.ContentLength > MaxPart:
		fail(w, http.StatusRequestEntityTooLarge, kiosk.CodeBadInput)
		return
	case errors.Join(err, sizeErr, offsetErr) != nil, size == 0, offset >= size, r.ContentLength > int64(size-offset):
		fail(w, http.StatusBadRequest, kiosk.CodeBadInput)
		return
	}
	if !h.admit(w) {
		return
	}
	defer h.leave()
	s, err := h.pieces(w, r, device, sum, PartState{Size: int64(size), Offset: int64(offset)})
	switch {
	case errors.Is(err, ErrOffset):
		tell(w, s)
		fail(w, http.StatusConflict, kiosk.CodeBadInput)
	case err != nil:
		failWith(w, err)
	case s.Done:
		tell(w, s)
		w.WriteHeader(http.StatusCreated)
	default:
		tell(w, s)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (h *handler) pieces(w http.ResponseWriter, r *http.Request, device string, sum [32]byte, s PartState) (PartState, error) {
	body := http.MaxBytesReader(w, r.Body, s.Size-s.Offset)
	piece := make([]byte, min(pieceSize, s.Size-s.Offset))
	for {
		n, readErr := io.ReadFull(body, piece)
		if n > 0 {
			var err error
			if s, err = h.receiver.AppendPart(r.Context(), device, sum, s.Size, s.Offset, piece[:n]); err != nil || s.Done {
				return s, err
			}
		}
		var tooLarge *http.MaxBytesError
		switch {
		case errors.Is(readErr, io.EOF), errors.Is(readErr, io.ErrUnexpectedEOF):
			return s, nil
		case errors.As(readErr, &tooLarge):
			return s, kiosk.Errorf(kiosk.CodeBadInput, "take part in", "", "more than the part")
		case readErr != nil:
			return s, kiosk.Errorf(kiosk.CodeUnavailable, "take part in", "", "the upload broke off")
		}
	}
}

func (h *handler) dossier(w http.ResponseWriter, r *http.Request, device string) {
	if !h.admit(w) {
		return
	}
	defer h.leave()
	s, status := readSealed(w, r, MaxBody)
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

// readSealed reads a dossier or feedback; status is 0, or what to answer.
func readSealed(w http.ResponseWriter, r *http.Request, limit int64) (s kiosk.Sealed, status int) {
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
	if s.Parts, err = splitSums(r.Header.Get(HeaderParts)); err != nil {
		return s, http.StatusBadRequest
	}
	if r.ContentLength > limit {
		return s, http.StatusRequestEntityTooLarge
	}
	s.Body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return s, http.StatusRequestEntityTooLarge
	case err != nil, len(s.Body) == 0, sha256.Sum256(s.Body) != s.SHA256:
		return s, http.StatusBadRequest
	}
	return s, 0
}

// question reads a small JSON body into v; false after it has answered.
func question(w http.ResponseWriter, r *http.Request, limit int64, v any) bool {
	if !isJSON(r.Header.Get("Content-Type")) {
		fail(w, http.StatusUnsupportedMediaType, kiosk.CodeBadInput)
		return false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		fail(w, http.StatusRequestEntityTooLarge, kiosk.CodeBadInput)
		return false
	}
	if err == nil {
		err = decodeStrict(body, v)
	}
	if err != nil {
		fail(w, http.StatusBadRequest, kiosk.CodeBadInput)
		return false
	}
	return true
}

// answer writes v as JSON, or the error.
func answer(w http.ResponseWriter, status int, v any, err error) {
	var body []byte
	if err == nil {
		body, err = json.Marshal(v)
	}
	if err != nil {
		failWith(w, err)
		return
	}
	reply(w, status, body)
}

// done answers 204, or the error.
func done(w http.ResponseWriter, err error) {
	if err != nil {
		failWith(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// guess counts a try of a device or address; false after it has answered 429.
func guess(w http.ResponseWriter, t *throttle, who string) bool {
	if t.take(who) {
		return true
	}
	w.Header().Set("Retry-After", "60")
	fail(w, http.StatusTooManyRequests, kiosk.CodeUnavailable)
	return false
}

func (h *handler) status(w http.ResponseWriter, r *http.Request, device string) {
	if !guess(w, h.guesses, device) {
		return
	}
	var q wireQuery
	if !question(w, r, maxQuery, &q) {
		return
	}
	if _, err := parseSHA256(q.TokenID); err != nil {
		fail(w, http.StatusBadRequest, kiosk.CodeBadInput)
		return
	}
	s, err := h.receiver.StatusByToken(r.Context(), q.TokenID)
	if err == nil {
		h.guesses.give(device)
	}
	answer(w, http.StatusOK, toWireStatus(s), err)
}

func (h *handler) changes(w http.ResponseWriter, r *http.Request, device string) {
	after := uint64(0)
	if s := r.URL.Query().Get("after"); s != "" {
		var err error
		if after, err = strconv.ParseUint(s, 10, 63); err != nil {
			fail(w, http.StatusBadRequest, kiosk.CodeBadInput)
			return
		}
	}
	list, err := h.receiver.Changes(r.Context(), device, int64(after), MaxChanges)
	a := changesAnswer{Changes: list, Cursor: int64(after)}
	if len(list) > 0 {
		a.Cursor = list[len(list)-1].Cursor
	} else {
		a.Changes = []Change{}
	}
	answer(w, http.StatusOK, a, err)
}

func (h *handler) bundle(w http.ResponseWriter, r *http.Request, device string) {
	kind := bundle.Kind(r.PathValue("kind"))
	if !slices.Contains(bundle.Kinds, kind) {
		fail(w, http.StatusNotFound, kiosk.CodeNotFound)
		return
	}
	data, err := h.receiver.Bundle(r.Context(), device, kind)
	if err != nil {
		failWith(w, err)
		return
	}
	w.Header().Set("ETag", bundle.ETag(data))
	if r.Header.Get("If-None-Match") == bundle.ETag(data) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(data) // the kiosk that went away asks again
}

func (h *handler) nonce(w http.ResponseWriter, r *http.Request, device string) {
	n, err := h.receiver.Nonce(r.Context(), device)
	answer(w, http.StatusOK, n, err)
}

func (h *handler) heartbeat(w http.ResponseWriter, r *http.Request, device string) {
	var b Heartbeat
	if !question(w, r, maxHeartbeat, &b) {
		return
	}
	if b.check() != nil {
		fail(w, http.StatusBadRequest, kiosk.CodeBadInput)
		return
	}
	done(w, h.receiver.Heartbeat(r.Context(), device, b))
}

func (h *handler) feedback(w http.ResponseWriter, r *http.Request, device string) {
	s, status := readSealed(w, r, MaxFeedback)
	if status != 0 {
		fail(w, status, kiosk.CodeBadInput)
		return
	}
	done(w, h.receiver.TakeFeedback(r.Context(), device, s))
}

func (h *handler) rating(w http.ResponseWriter, r *http.Request, device string) {
	if !guess(w, h.guesses, device) {
		return
	}
	var q Rating
	if !question(w, r, maxQuery, &q) {
		return
	}
	if _, err := parseSHA256(q.TokenID); err != nil || q.Score < 1 || q.Score > 5 {
		fail(w, http.StatusBadRequest, kiosk.CodeBadInput)
		return
	}
	err := h.receiver.TakeRating(r.Context(), device, q)
	if err == nil {
		h.guesses.give(device)
	}
	done(w, err)
}

func (h *handler) enrol(w http.ResponseWriter, r *http.Request, _ string) {
	host := hostOf(r.RemoteAddr)
	if !guess(w, h.words, host) {
		return
	}
	var q enrolQuestion
	if !question(w, r, maxEnrol, &q) {
		return
	}
	e, err := h.receiver.Enrol(r.Context(), q.Word, []byte(q.CSR))
	if err == nil {
		h.words.give(host)
	}
	answer(w, http.StatusCreated, e, err)
}

func (h *handler) renew(w http.ResponseWriter, r *http.Request, device string) {
	var q enrolQuestion
	if !question(w, r, maxEnrol, &q) {
		return
	}
	e, err := h.receiver.Renew(r.Context(), device, []byte(q.CSR))
	answer(w, http.StatusCreated, e, err)
}

// failWith answers a receiver's error by its code.
func failWith(w http.ResponseWriter, err error) {
	code := kiosk.CodeOf(err)
	switch {
	case errors.Is(err, ErrConflict):
		fail(w, http.StatusConflict, kiosk.CodeBadInput)
	case errors.Is(err, ErrMissing):
		fail(w, http.StatusPreconditionFailed, kiosk.CodeNotFound)
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
