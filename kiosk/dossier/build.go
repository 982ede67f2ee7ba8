package dossier

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"motcua/kiosk"
	"motcua/kiosk/devicekey"
)

// Limits of a package. What is larger must be refused when it is captured.
const (
	Version     = 2
	MaxPackage  = 30 << 20
	MaxPart     = 16 << 20
	MaxManifest = 1 << 20
	MaxParts    = 200

	magic        = "MCDP"
	signatureLen = devicekey.SignatureLen
	maxCert      = devicekey.MaxCertificate
)

// Signer is the kiosk's device key with its certificate, whose common name is the kiosk's name, and the software that runs.
type Signer struct {
	Device    devicekey.Signer
	Software  string     // version of the kiosk's software
	Challenge *Challenge // from what the active authentication challenge was derived; nil when it is bound to nothing
	Beside    bool       // the pages travel beside the package, which names them by hash
}

// Build makes the signed package of a dossier. It copies what it takes: the dossier may be wiped right after, and the caller
// wipes (clear) the package once it is sealed. Errors: bad_input when the dossier is not complete in itself (its own ids,
// hashes and names do not fit together, or it is too large), key_missing when the key cannot sign.
func Build(d *kiosk.Dossier, s Signer) ([]byte, error) {
	cert, err := checkSigner(d, s)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, "build dossier", "have the office enrol this kiosk: onestopd enrol -kiosk NAME -out DIR", "%w", err)
	}
	if err := checkDossier(d); err != nil {
		return nil, bad("build dossier", err)
	}
	m := describe(d)
	m.Software, m.Certificate = s.Software, sha256.Sum256(cert.Raw)
	m.bind(s.Challenge)
	parts, err := collect(d, m, s.Beside)
	if err != nil {
		return nil, bad("build dossier", err)
	}
	manifest, err := encodeManifest(m)
	if err != nil {
		return nil, bad("build dossier", describeJSON(err))
	}
	defer clear(manifest)
	if len(manifest) > MaxManifest {
		return nil, bad("build dossier", fmt.Errorf("manifest of %d bytes is too large", len(manifest)))
	}
	signature, err := s.Device.Sign(Format, manifest)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, "sign dossier", "check device.key", "%w", err)
	}
	return assemble(manifest, signature, cert.Raw, parts)
}

func assemble(manifest, signature, cert []byte, parts [][]byte) ([]byte, error) {
	size := len(magic) + 1 + 4 + len(manifest) + signatureLen + 2 + len(cert)
	for _, p := range parts {
		size += 4 + len(p)
	}
	if size > MaxPackage {
		return nil, bad("build dossier", fmt.Errorf("package of %d bytes is larger than %d", size, MaxPackage))
	}
	b := make([]byte, 0, size)
	b = append(append(b, magic...), Version)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(manifest))), manifest...)
	b = append(b, signature...)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(cert))), cert...)
	for _, p := range parts {
		if p != nil {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(p))), p...)
		}
	}
	return b, nil
}

func checkSigner(d *kiosk.Dossier, s Signer) (*x509.Certificate, error) {
	cert, err := s.Device.Parse()
	if err == nil && cert.Subject.CommonName != d.Kiosk {
		err = errors.New("dossier names another kiosk than the certificate")
	}
	return cert, err
}

func checkDossier(d *kiosk.Dossier) error {
	token, err := kiosk.ParseToken(d.Token)
	switch {
	case err != nil || token != d.Token:
		return errors.New("receipt token is not canonical")
	case d.ID == "" || d.Created.IsZero():
		return errors.New("id or time is missing")
	case d.Procedure.Code == "":
		return errors.New("procedure is missing")
	case !validText(d):
		return errors.New("a text is not UTF-8")
	}
	for i := range d.Papers {
		if d.Papers[i].SHA256 != sha256.Sum256(d.Papers[i].Page.Data) {
			return fmt.Errorf("paper %d does not have its SHA-256", i+1)
		}
	}
	return nil
}

// validText looks at what people typed or chips and catalogues gave: JSON would silently replace what is not UTF-8.
func validText(d *kiosk.Dossier) bool {
	texts := []string{d.Procedure.Code, d.Procedure.Name, d.Procedure.Catalogue, d.Return.Address}
	for _, f := range d.Fields {
		texts = append(texts, f.Key, f.Label, f.Value, f.Original)
	}
	for i := range d.Papers {
		texts = append(texts, d.Papers[i].Paper, d.Papers[i].Page.Type)
	}
	return !slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) })
}

// describe fills the manifest but for its parts, signer and papers.
func describe(d *kiosk.Dossier) *Manifest {
	m := &Manifest{
		Format: Format, ID: d.ID, TokenID: kiosk.TokenID(d.Token), Kiosk: d.Kiosk, Created: newStamp(d.Created),
		Procedure: d.Procedure, Fields: slices.Concat([]kiosk.Field{}, d.Fields), Return: d.Return, Consents: []consent{},
		Papers: []paper{}, Parts: []part{}, Face: describeFace(&d.Face),
	}
	for _, c := range d.Consents {
		m.Consents = append(m.Consents, consent{Purpose: c.Purpose, Text: c.Text, SHA256: c.SHA256, Given: c.Given, At: newStamp(c.At)})
	}
	if c := d.Chip; c != nil {
		signer := c.Signer
		signer.NotBefore, signer.NotAfter = newStamp(signer.NotBefore).Time, newStamp(signer.NotAfter).Time
		m.Chip = &chip{
			Access: c.Access, Checks: slices.Concat([]kiosk.Check{}, c.Checks), Verdict: c.Verdict, Signer: signer,
			APDUs: c.APDUs, Bytes: c.Bytes, Duration: c.Duration.Microseconds(),
		}
		if len(c.Challenge) > 0 {
			m.Chip.Active = &active{Challenge: c.Challenge, Signature: c.Signature}
		}
	}
	return m
}

// bind notes from what the challenge was derived.
func (m *Manifest) bind(c *Challenge) {
	if c == nil || m.Chip == nil || m.Chip.Active == nil {
		return
	}
	at := newStamp(c.At)
	m.Chip.Active.At, m.Chip.Active.Random = &at, c.Random
	if n := c.Nonce; n != nil {
		m.Chip.Active.Nonce = &wireNonce{Value: n.Value, At: newStamp(n.At), Signature: n.Signature}
	}
}

func describeFace(r *kiosk.FaceResult) face {
	f := face{
		Verdict: r.Verdict, Checks: slices.Concat([]kiosk.Check{}, r.Checks), Score: decimal(r.Score), Threshold: decimal(r.Threshold),
		Frames: r.Frames, Liveness: decimal(r.Liveness), Pass: decimal(r.LivenessPass), Model: r.Model, Models: map[string]string{}, Hint: r.Hint, Duration: r.Duration.Microseconds(),
	}
	maps.Copy(f.Models, r.Models)
	if r.Model == "" { // no comparison ran: the zero values are not measurements
		f.Score, f.Liveness = decimal(math.NaN()), decimal(math.NaN())
	}
	return f
}

// collect gives the parts in order and lists them in the manifest.
func collect(d *kiosk.Dossier, m *Manifest, beside bool) ([][]byte, error) {
	var parts [][]byte
	add := func(name string, img kiosk.Image) {
		attached := !beside || rank(name) < rankPaper
		m.Parts = append(m.Parts, part{
			Name: name, Type: img.Type, Size: len(img.Data), SHA256: sha256.Sum256(img.Data), Width: img.Width, Height: img.Height, Attached: attached,
		})
		if !attached {
			img.Data = nil
		}
		parts = append(parts, img.Data)
	}
	if d.Chip != nil {
		for id := range d.Chip.Files {
			if rank(string(id)) >= rankFace {
				return nil, errors.New("chip file with an unknown name")
			}
		}
		for _, id := range slices.SortedFunc(keys(d.Chip.Files), func(a, b kiosk.FileID) int { return rank(string(a)) - rank(string(b)) }) {
			add(string(id), kiosk.Image{Data: d.Chip.Files[id]})
		}
	}
	if !d.Face.Best.IsZero() {
		add(partFace, d.Face.Best)
	}
	for i := range d.Papers {
		name := partPaper + strconv.Itoa(i+1)
		add(name, d.Papers[i].Page)
		m.Papers = append(m.Papers, paper{Part: name, Paper: d.Papers[i].Paper})
	}
	return parts, checkParts(m)
}

func keys(files map[kiosk.FileID][]byte) func(func(kiosk.FileID) bool) {
	return func(yield func(kiosk.FileID) bool) {
		for id := range files {
			if !yield(id) {
				return
			}
		}
	}
}

// The names of parts that are not files of the chip.
const (
	partFace  = "face.best"
	partPaper = "paper."
)

// rank orders parts; only names below rankUnknown exist.
const (
	rankFace    = 100
	rankPaper   = 1000
	rankUnknown = 1 << 20
)

func rank(name string) int {
	if i := slices.Index([]string{"EF.CardAccess", "EF.COM", "EF.SOD"}, name); i >= 0 {
		return i
	}
	if name == partFace {
		return rankFace
	}
	if n, ok := number(name, "DG"); ok && n <= 16 {
		return 10 + n
	}
	if n, ok := number(name, partPaper); ok && n <= MaxParts {
		return rankPaper + n
	}
	return rankUnknown
}

// number reads a prefix followed by a decimal from 1 without leading zeros.
func number(name, prefix string) (int, bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok || len(digits) > 3 {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n >= 1 && strconv.Itoa(n) == digits
}

func bad(op string, err error) error {
	return &kiosk.Error{Code: kiosk.CodeBadInput, Op: op, Err: err}
}
