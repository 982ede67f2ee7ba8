package backoffice

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"motcua/kiosk"
)

// More paths, header names and limits of the protocol.
const (
	PathParts     = "/api/v1/parts/" // and the SHA-256 in hexadecimal
	PathChanges   = "/api/v1/changes"
	PathBundles   = "/api/v1/bundles/" // and the kind
	PathNonce     = "/api/v1/nonce"
	PathHeartbeat = "/api/v1/heartbeat"
	PathFeedback  = "/api/v1/feedback"
	PathRatings   = "/api/v1/ratings"
	PathEnrol     = "/api/v1/enrol"
	PathRenew     = "/api/v1/renew"
	PathOpenAPI   = "/api/v1/openapi.json"

	HeaderParts  = "Dossier-Parts"   // SHA-256 of each part in order, hexadecimal, separated by commas
	HeaderOffset = "Upload-Offset"   // first byte of this request's body in the part; in an answer: how many bytes are here
	HeaderLength = "Upload-Length"   // bytes of the whole part
	HeaderDone   = "Upload-Complete" // "?1" or "?0" (RFC 9651 boolean)

	MaxPart      = 16<<20 + 16<<10 // of a part as sealed
	MaxParts     = 200             // of a dossier
	MaxBundle    = 16 << 20        // of a bundle (package bundle)
	MaxFeedback  = 64 << 10        // of sealed feedback
	MaxChanges   = 500             // in one answer
	maxHeartbeat = 8 << 10
	maxEnrol     = 8 << 10
)

// Errors of a Receiver that the handler answers in its own way.
var (
	ErrOffset  = errors.New("the part does not continue there") // 409 with Upload-Offset
	ErrMissing = errors.New("parts of the dossier are missing") // 412: bring them and try again
)

// PartState is how much of a part is here.
type PartState struct {
	Size   int64 // of the whole
	Offset int64 // bytes that are here
	Done   bool  // all are, and the hash was right
}

// Change is something that happened to a dossier of the asking kiosk. Cursor grows with every change of the office.
type Change struct {
	Cursor    int64              `json:"cursor"`
	DossierID string             `json:"dossier_id"`
	At        time.Time          `json:"at"`
	State     kiosk.DossierState `json:"state"`
	Number    string             `json:"number"`
}

// changesAnswer is the body of an answer to a question for changes.
type changesAnswer struct {
	Changes []Change `json:"changes"`
	Cursor  int64    `json:"cursor"` // ask after it next time
}

// Heartbeat is what a kiosk tells of itself every few minutes: numbers and names of checks, nothing of citizens.
type Heartbeat struct {
	Version    string            `json:"version"`
	At         time.Time         `json:"at"` // by the kiosk's clock
	Unsent     int               `json:"unsent"`
	Quarantine int               `json:"quarantine"`
	OldestAge  int64             `json:"oldest_age_s"`
	Checks     map[string]string `json:"checks,omitempty"` // name of a doctor's check: ok, warn, fail
	DaysLeft   int               `json:"certificate_days_left"`
}

// check bounds what a kiosk may say.
func (h *Heartbeat) check() error {
	if len(h.Version) > 64 || len(h.Checks) > 100 || h.Unsent < 0 || h.Quarantine < 0 || h.OldestAge < 0 {
		return errors.New("heartbeat is out of its bounds")
	}
	for name, result := range h.Checks {
		if len(name) > 64 || result != "ok" && result != "warn" && result != "fail" {
			return errors.New("heartbeat has a check that is none")
		}
	}
	return nil
}

// Nonce is a random value that the office gives out and signs (package dossier): what a chip signs over it was signed afterwards.
type Nonce struct {
	Value     []byte    `json:"value"`     // 16 bytes, base64
	At        time.Time `json:"at"`        // by the office's clock, microseconds
	Signature []byte    `json:"signature"` // Ed25519, base64
}

// Rating is how a citizen found it, by the receipt token's id.
type Rating struct {
	TokenID string `json:"token_id"`
	Score   int    `json:"score"` // 1 to 5
}

// enrolQuestion asks for a certificate.
type enrolQuestion struct {
	Word string `json:"word,omitempty"` // the one-time word; not in a renewal
	CSR  string `json:"csr"`            // PEM
}

// Enrolled is the office's answer to a certificate request.
type Enrolled struct {
	Certificate string          `json:"certificate"` // PEM
	Office      json.RawMessage `json:"office"`      // office.json
}

// joinSums writes the header of parts.
func joinSums(parts []kiosk.SealedPart) string {
	var b []byte
	for i, p := range parts {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex.AppendEncode(b, p.SHA256[:])
	}
	return string(b)
}

// splitSums reads the header of parts.
func splitSums(s string) ([]kiosk.SealedPart, error) {
	const each = 2 * sha256.Size
	if s == "" {
		return nil, nil
	}
	if len(s) > MaxParts*(each+1) || len(s)%(each+1) != each {
		return nil, errors.New("not a list of SHA-256")
	}
	var parts []kiosk.SealedPart
	for at := 0; at < len(s); at += each + 1 {
		sum, err := parseSHA256(s[at : at+each])
		if err != nil || at+each < len(s) && s[at+each] != ',' {
			return nil, errors.New("not a list of SHA-256")
		}
		parts = append(parts, kiosk.SealedPart{SHA256: sum})
	}
	return parts, nil
}
