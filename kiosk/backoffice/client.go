package backoffice

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"motcua/kiosk"
)

// How long the client waits. A dossier of 2 MB on a slow 3G uplink (256 kbit/s) takes about a minute.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	submitTimeout    = 5 * time.Minute
	answerTimeout    = 60 * time.Second // from the end of the request to the answer's header
	askTimeout       = 15 * time.Second // a status or a ping, all in all
)

// Options says which office a client talks to, and as whom.
type Options struct {
	URL         string            // https://host[:port] of the intake
	Roots       *x509.CertPool    // the office's authority, and no other
	Certificate tls.Certificate   // the kiosk's
	AckKey      ed25519.PublicKey // acknowledgements are signed with its private half

	// Dial opens a connection: a kiosk's goes through its uplink. nil for the machine's network. What the error's Hint() says, where it
	// has one, is told to the technician.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client is the kiosk's view of one back office over HTTPS. It implements [kiosk.BackOffice] and is safe for concurrent use.
type Client struct {
	base   string
	ackKey ed25519.PublicKey
	http   *http.Client

	mu    sync.Mutex
	cert  tls.Certificate
	asked time.Time // when the office last answered, by this machine's clock with its monotonic reading
	dated time.Time // and what time it was there
}

var _ kiosk.BackOffice = (*Client)(nil)

// NewClient makes a client; it does not connect yet. Error: config_invalid, key_missing.
func NewClient(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, kiosk.Errorf(kiosk.CodeConfigInvalid, "set up intake client", "set intake in office.json", "address is not https://host[:port]")
	}
	if o.Roots == nil || len(o.Certificate.Certificate) == 0 || len(o.AckKey) != ed25519.PublicKeySize {
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, "set up intake client", "have the office enrol this kiosk: onestopd enrol -kiosk NAME -out DIR", "a key or certificate is missing")
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	c := &Client{base: "https://" + u.Host, ackKey: bytes.Clone(o.AckKey), cert: o.Certificate}
	transport := &http.Transport{
		DialContext:         o.Dial,
		TLSHandshakeTimeout: handshakeTimeout, ResponseHeaderTimeout: answerTimeout, MaxResponseHeaderBytes: 32 << 10,
		IdleConnTimeout: 30 * time.Second, MaxIdleConns: 4, MaxIdleConnsPerHost: 4, MaxConnsPerHost: 4, DisableCompression: true,
		Proxy: http.ProxyFromEnvironment,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS13, RootCAs: o.Roots, GetClientCertificate: c.certificate,
		},
	}
	c.http = &http.Client{Transport: transport, CheckRedirect: noRedirect}
	return c, nil
}

// SetCertificate shows the office another certificate from the next connection on: the renewed one.
func (c *Client) SetCertificate(cert tls.Certificate) {
	c.mu.Lock()
	c.cert = cert
	c.mu.Unlock()
	c.http.CloseIdleConnections()
}

func (c *Client) certificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	cert := c.cert
	return &cert, nil
}

// String names the office's address.
func (c *Client) String() string { return "intake at " + c.base }

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Submit delivers a sealed dossier and gives the acknowledgement, verified and about this very dossier.
func (c *Client) Submit(ctx context.Context, s kiosk.Sealed) (kiosk.Acknowledgement, error) {
	const op = "submit dossier"
	if err := checkSealed(s); err != nil {
		return kiosk.Acknowledgement{}, &kiosk.Error{Code: kiosk.CodeOfficeRefused, Op: op, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	body, err := c.deliver(ctx, op, s)
	if err != nil {
		return kiosk.Acknowledgement{}, err
	}
	ack, err := UnmarshalAck(body)
	if err != nil {
		return kiosk.Acknowledgement{}, untrusted(op, err)
	}
	if err := VerifyAck(c.ackKey, ack); err != nil {
		return kiosk.Acknowledgement{}, err
	}
	if ack.DossierID != s.ID || ack.BodySHA256 != s.SHA256 {
		return kiosk.Acknowledgement{}, untrusted(op, errors.New("acknowledgement is about another dossier"))
	}
	return ack, nil
}

// deliver brings the parts, then the envelope. An office that misses parts after all (it dropped them meanwhile) gets them once more.
func (c *Client) deliver(ctx context.Context, op string, s kiosk.Sealed) ([]byte, error) {
	for last := false; ; last = true {
		if err := c.sendParts(ctx, op, s.Parts); err != nil {
			return nil, err
		}
		res, answer, err := c.exchange(ctx, op, http.MethodPost, PathDossiers, s.Body, sealedHeader(s)) //nolint:bodyclose // exchange has read and closed it
		if err != nil {
			return nil, err
		}
		if last || res.StatusCode != http.StatusPreconditionFailed {
			return readAnswer(op, res, answer, []int{http.StatusCreated, http.StatusOK})
		}
	}
}

func sealedHeader(s kiosk.Sealed) http.Header {
	h := http.Header{
		"Content-Type": {"application/octet-stream"}, HeaderKey: {s.ID}, HeaderTokenID: {s.TokenID},
		HeaderSHA256: {hex.EncodeToString(s.SHA256[:])}, HeaderCreated: {formatTime(s.Created)},
	}
	if len(s.Parts) > 0 {
		h.Set(HeaderParts, joinSums(s.Parts))
	}
	return h
}

func checkSealed(s kiosk.Sealed) error {
	switch {
	case !ValidID(s.ID):
		return errors.New("dossier id is not a UUID")
	case len(s.Parts) > MaxParts:
		return fmt.Errorf("%d parts are more than %d", len(s.Parts), MaxParts)
	case len(s.Body) == 0 || len(s.Body) > MaxBody:
		return fmt.Errorf("%d bytes are not between 1 and %d", len(s.Body), MaxBody)
	case sha256.Sum256(s.Body) != s.SHA256:
		return errors.New("body does not have its SHA-256")
	}
	_, err := parseSHA256(s.TokenID)
	return err
}

// Status looks a dossier up by its receipt token; only the token's hash travels.
func (c *Client) Status(ctx context.Context, token string) (kiosk.Status, error) {
	const op = "ask for status"
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	query, err := json.Marshal(wireQuery{TokenID: kiosk.TokenID(token)})
	if err != nil {
		return kiosk.Status{}, fmt.Errorf("encode status question: %w", err)
	}
	body, err := c.do(ctx, op, http.MethodPost, PathStatus, query, http.Header{"Content-Type": {"application/json"}}, http.StatusOK)
	if err != nil {
		return kiosk.Status{}, err
	}
	var w wireStatus
	if err := decodeStrict(body, &w); err != nil {
		return kiosk.Status{}, untrusted(op, err)
	}
	s, err := w.status()
	if err != nil {
		return kiosk.Status{}, untrusted(op, err)
	}
	return s, nil
}

// Ping asks whether the office is there and knows this kiosk.
func (c *Client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := c.do(ctx, "ping office", http.MethodGet, PathPing, nil, http.Header{}, http.StatusNoContent)
	return err
}

// noteDate remembers what time it is at the office. The answer came through TLS that ends at the office, so nobody between could
// have set it.
func (c *Client) noteDate(header string) {
	date, err := http.ParseTime(header)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked, c.dated = time.Now(), date
}

// Skew tells how far this machine's wall clock is ahead of the office's, by the last answer and the time that ran since; ok is
// false when the office has not answered yet.
func (c *Client) Skew() (ahead time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.asked.IsZero() {
		return 0, false
	}
	there := c.dated.Add(time.Since(c.asked))
	return time.Now().Round(0).Sub(there), true
}

// do sends one request and gives the body of an answer with one of the wanted statuses; everything else is its outcome.
func (c *Client) do(ctx context.Context, op, method, path string, body []byte, header http.Header, want ...int) ([]byte, error) {
	res, answer, err := c.exchange(ctx, op, method, path, body, header) //nolint:bodyclose // exchange has read and closed it
	if err != nil {
		return nil, err
	}
	return readAnswer(op, res, answer, want)
}

func readAnswer(op string, res *http.Response, answer []byte, want []int) ([]byte, error) {
	json := isJSON(res.Header.Get("Content-Type"))
	for _, status := range want {
		switch {
		case res.StatusCode != status:
		case status == http.StatusNoContent && len(answer) == 0, json:
			return answer, nil
		default:
			return nil, untrusted(op, fmt.Errorf("status %d without JSON", status))
		}
	}
	return nil, outcomeOf(op, res, answer, json)
}

func isJSON(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && strings.EqualFold(t, "application/json")
}
