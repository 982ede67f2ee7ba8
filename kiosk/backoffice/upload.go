package backoffice

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/bundle"
)

// sliceSize is how much of a part goes in one request: on a slow 3G uplink (256 kbit/s) about a minute.
const sliceSize = 2 << 20

// maxSlices bounds how often a part may be corrected before the client gives up for now.
const maxSlices = 64

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}

// sendParts brings every part to the office, from where an earlier delivery broke off.
func (c *Client) sendParts(ctx context.Context, op string, parts []kiosk.SealedPart) error {
	for _, p := range parts {
		if p.Data == nil || p.Size <= 0 || p.Size > MaxPart {
			return kiosk.Errorf(kiosk.CodeOfficeRefused, op, "", "a part of %d bytes cannot be sent", p.Size)
		}
		if err := c.sendPart(ctx, op, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) sendPart(ctx context.Context, op string, p kiosk.SealedPart) error {
	path := PathParts + hex.EncodeToString(p.SHA256[:])
	s := c.askPart(ctx, path, p.Size)
	slice := make([]byte, min(sliceSize, p.Size))
	for range maxSlices {
		if s.Done {
			return nil
		}
		b := slice[:min(sliceSize, p.Size-s.Offset)]
		if n, err := p.Data.ReadAt(b, s.Offset); n < len(b) {
			return kiosk.Errorf(kiosk.CodeStoreCorrupt, op, "check the disk", "read part: %w", errors.Join(err, io.ErrUnexpectedEOF))
		}
		var err error
		if s, err = c.sendSlice(ctx, op, path, p.Size, s.Offset, b); err != nil {
			return err
		}
	}
	return kiosk.Errorf(kiosk.CodeUnavailable, op, "ask the office's administrator", "the office never has the whole part")
}

// askPart asks where to go on. It is a hint only: an answer that makes no sense means from the beginning, and the upload's own
// answer then tells what is wrong.
func (c *Client) askPart(ctx context.Context, path string, size int64) (s PartState) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, c.base+path, http.NoBody)
	if err != nil {
		return s
	}
	req.Header.Set("User-Agent", "motcua-kiosk")
	res, err := c.http.Do(req)
	if err != nil {
		return s
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return s
	}
	s, err = readState(res.Header, size)
	if err != nil {
		return PartState{}
	}
	return s
}

// readState reads where a part stands, if it makes sense.
func readState(h http.Header, size int64) (PartState, error) {
	n, err := strconv.ParseUint(h.Get(HeaderOffset), 10, 31)
	s := PartState{Size: size, Offset: int64(n), Done: h.Get(HeaderDone) == "?1"}
	if err != nil || s.Offset > size || s.Done != (s.Offset == size) {
		return PartState{}, errors.New("the answer does not say where the part stands")
	}
	return s, nil
}

// sendSlice sends one slice and gives where the part stands then.
func (c *Client) sendSlice(ctx context.Context, op, path string, size, offset int64, b []byte) (PartState, error) {
	res, answer, err := c.exchange(ctx, op, http.MethodPut, path, b, http.Header{ //nolint:bodyclose // exchange has read and closed it
		"Content-Type": {"application/octet-stream"}, HeaderOffset: {strconv.FormatInt(offset, 10)}, HeaderLength: {strconv.FormatInt(size, 10)},
	})
	if err != nil {
		return PartState{}, err
	}
	switch res.StatusCode {
	case http.StatusCreated, http.StatusNoContent, http.StatusConflict:
		s, err := readState(res.Header, size)
		if err == nil && (res.StatusCode == http.StatusCreated) != s.Done {
			err = errors.New("the answer contradicts itself")
		}
		if err == nil && res.StatusCode == http.StatusNoContent && s.Offset <= offset {
			err = errors.New("the part does not grow")
		}
		if err != nil {
			return PartState{}, untrusted(op, err)
		}
		return s, nil
	}
	_, err = readAnswer(op, res, answer, nil)
	return PartState{}, err
}

// Changes asks what happened to this kiosk's dossiers after a cursor, and gives the cursor to ask after next time.
func (c *Client) Changes(ctx context.Context, after int64) (list []Change, cursor int64, err error) {
	const op = "ask for changes"
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	body, err := c.do(ctx, op, http.MethodGet, PathChanges+"?"+url.Values{"after": {strconv.FormatInt(after, 10)}}.Encode(), nil, http.Header{}, http.StatusOK)
	if err != nil {
		return nil, after, err
	}
	var a changesAnswer
	if err := decodeStrict(body, &a); err != nil {
		return nil, after, untrusted(op, err)
	}
	last := after
	for _, ch := range a.Changes {
		if ch.Cursor <= last || ch.State.String() == "" || !ValidID(ch.DossierID) {
			return nil, after, untrusted(op, errors.New("changes are not in order"))
		}
		last = ch.Cursor
	}
	if a.Cursor != last {
		return nil, after, untrusted(op, errors.New("the cursor is not the last change's"))
	}
	return a.Changes, a.Cursor, nil
}

// Bundle fetches what is signed for the office's kiosks, as bytes that package bundle reads: nothing in them is believed before. etag
// is of the one that is here, "" for none. A bundle that has not changed is nil without an error. Errors: not_found,
// office_untrusted, office_offline.
func (c *Client) Bundle(ctx context.Context, kind bundle.Kind, etag string) ([]byte, error) {
	const op = "fetch bundle"
	ctx, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	header := http.Header{}
	if etag != "" {
		header.Set("If-None-Match", etag)
	}
	res, answer, err := c.exchangeUpTo(ctx, op, http.MethodGet, PathBundles+string(kind), nil, header, MaxBundle) //nolint:bodyclose // exchangeUpTo has read and closed it
	switch {
	case err != nil:
		return nil, err
	case res.StatusCode == http.StatusNotModified && etag != "":
		return nil, nil
	case res.StatusCode != http.StatusOK:
		_, err := readAnswer(op, res, answer, nil)
		return nil, err
	case res.Header.Get("Content-Type") != "application/octet-stream" || res.Header.Get("ETag") != bundle.ETag(answer):
		return nil, untrusted(op, errors.New("the answer is no bundle, or is cut short"))
	}
	return answer, nil
}

// post sends a small JSON object; want is the status of success.
func (c *Client) post(ctx context.Context, op, path string, v any, want int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, op, http.MethodPost, path, body, http.Header{"Content-Type": {"application/json"}}, want)
}

// Heartbeat tells the office how this kiosk is.
func (c *Client) Heartbeat(ctx context.Context, h Heartbeat) error {
	h.At = h.At.UTC().Truncate(time.Second)
	_, err := c.post(ctx, "send heartbeat", PathHeartbeat, h, http.StatusNoContent)
	return err
}

// Nonce asks for a fresh nonce. Its signature is the caller's to verify. Errors: office_offline, office_untrusted.
func (c *Client) Nonce(ctx context.Context) (n Nonce, err error) {
	const op = "ask for a nonce"
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	body, err := c.do(ctx, op, http.MethodGet, PathNonce, nil, http.Header{}, http.StatusOK)
	if err != nil {
		return n, err
	}
	if err := decodeStrict(body, &n); err != nil || len(n.Value) != 16 || len(n.Signature) != ed25519.SignatureSize {
		return Nonce{}, untrusted(op, errors.New("the answer is no nonce"))
	}
	return n, nil
}

// Rate sends how a citizen found it. Error: not_found for an unknown token.
func (c *Client) Rate(ctx context.Context, r Rating) error {
	_, err := c.post(ctx, "send rating", PathRatings, r, http.StatusNoContent)
	return err
}

// Feedback delivers sealed feedback; again it changes nothing.
func (c *Client) Feedback(ctx context.Context, s kiosk.Sealed) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	_, err := c.do(ctx, "send feedback", http.MethodPost, PathFeedback, s.Body, sealedHeader(s), http.StatusNoContent)
	return err
}

// Renew asks for a fresh certificate for a request signed by the key that is to be certified.
func (c *Client) Renew(ctx context.Context, csr []byte) (Enrolled, error) {
	return enrolled(c.post(ctx, "renew certificate", PathRenew, enrolQuestion{CSR: string(csr)}, http.StatusCreated))
}

// Enrol asks for a first certificate with a one-time word. roots is the office's authority: the kiosk knows it from the image or the
// technician, and no other is believed. Of the options URL, Roots and Dial are used. Errors: not_found (the word is unknown, spent or
// out of time), office_offline, office_untrusted.
func Enrol(ctx context.Context, o Options, word string, csr []byte) (Enrolled, error) {
	const op = "enrol kiosk"
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" || o.Roots == nil {
		return Enrolled{}, kiosk.Errorf(kiosk.CodeConfigInvalid, op, "give the intake's address as https://host[:port]", "address or authority is missing")
	}
	transport := &http.Transport{
		DialContext: o.Dial, TLSHandshakeTimeout: handshakeTimeout, ResponseHeaderTimeout: answerTimeout, DisableCompression: true, Proxy: http.ProxyFromEnvironment,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: o.Roots},
	}
	defer transport.CloseIdleConnections()
	c := &Client{base: "https://" + u.Host, http: &http.Client{Transport: transport, CheckRedirect: noRedirect}}
	return enrolled(c.post(ctx, op, PathEnrol, enrolQuestion{Word: word, CSR: string(csr)}, http.StatusCreated))
}

func enrolled(body []byte, err error) (e Enrolled, _ error) {
	if err != nil {
		return e, err
	}
	if err := decodeStrict(body, &e); err != nil {
		return e, untrusted("enrol kiosk", err)
	}
	return e, nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// exchange sends one request and gives the answer whole.
func (c *Client) exchange(ctx context.Context, op, method, path string, body []byte, header http.Header) (*http.Response, []byte, error) {
	return c.exchangeUpTo(ctx, op, method, path, body, header, maxAnswer)
}

func (c *Client) exchangeUpTo(ctx context.Context, op, method, path string, body []byte, header http.Header, limit int64) (*http.Response, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header = header
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "motcua-kiosk")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, nil, transportOutcome(op, err)
	}
	defer res.Body.Close()
	c.noteDate(res.Header.Get("Date"))
	answer, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, nil, transportOutcome(op, err)
	}
	if int64(len(answer)) > limit {
		return nil, nil, untrusted(op, errors.New("answer is too long"))
	}
	return res, answer, nil
}
