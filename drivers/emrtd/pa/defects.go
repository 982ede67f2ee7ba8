package pa

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// DefectsFile is the file of a trust folder that holds the operator's defect entries, in JSON:
//
//	{
//	  "version": 1,
//	  "date": "2026-10-01",
//	  "defects": [
//	    {"code": "ds_revoked", "country": "XX", "serial": "1a2b", "status": 3, "note": "stolen signing key"},
//	    {"code": "issuing_country", "country": "XX", "state": "XXX"},
//	    {"code": "ds_malformed", "certificate": "<SHA-256 of the signer's certificate>", "replacement": "xx-ds.cer"}
//	  ]
//	}
//
// An entry is for the document signers issued by a country, by a country and of a serial number (hexadecimal), or of one
// certificate. It does what [DefectRules] says. Unknown keys, codes and values make the whole file unusable: an operator who
// mistypes a revocation must notice.
const DefectsFile = "defects.json"

// DefectCode names a defect of BSI TR-03135-1 §5.8.2.
type DefectCode string

// The electronic defects.
const (
	DefectRevoked            DefectCode = "ds_revoked"
	DefectMalformed          DefectCode = "ds_malformed"
	DefectChipKeys           DefectCode = "ca_keys_compromised"
	DefectActiveKeys         DefectCode = "aa_keys_compromised"
	DefectProtocol           DefectCode = "protocol_failure"
	DefectValidity           DefectCode = "validity_incorrect"
	DefectGroup              DefectCode = "dg_malformed"
	DefectSOD                DefectCode = "sod_malformed"
	DefectCOM                DefectCode = "com_sod_discrepancy"
	DefectIdentifier         DefectCode = "signer_identifier"
	DefectCountry            DefectCode = "issuing_country"
	DefectCardSecurity       DefectCode = "card_security_malformed"
	DefectChipSecurity       DefectCode = "chip_security_malformed"
	DefectPowerDown          DefectCode = "power_down"
	DefectSignerCertEncoding DefectCode = "ds_encoding"
)

// DefectRule says what a defect does.
type DefectRule struct {
	Code    DefectCode
	Section string // of TR-03135-1
	Title   string
	Effect  string
	needs   []string // keys an entry must have beside code and signer
	exact   bool     // the entry must name one signer, by serial number or certificate
}

var defectRules = []DefectRule{
	{DefectRevoked, "5.8.2.1.1", "Document Signer Certificate Revoked", "signer failed for status 0, 2, 3 and 4; undetermined for 1, 5 and 32 upward", nil, false},
	{DefectMalformed, "5.8.2.1.2", "Document Signer Certificate Malformed", "the replacement certificate is used, and trusted without its signature", []string{"replacement"}, true},
	{DefectChipKeys, "5.8.2.1.3", "Chip Authentication Private Keys Compromised", "chip_auth counts as failed", nil, false},
	{DefectActiveKeys, "5.8.2.1.4", "Active Authentication Private Keys Compromised", "active_auth counts as failed", nil, false},
	{DefectProtocol, "5.8.2.1.5", "Authentication Protocol Failure", "a failed check of the protocol named in scope (pace, chip_auth or active_auth) is undetermined", []string{"scope"}, false},
	{DefectValidity, "5.8.2.1.6", "Validity Period Incorrect", "the validity of what scope names (csca, signer or both) is not judged; signer undetermined, never failed for it", []string{"scope"}, false},
	{DefectGroup, "5.8.2.2.1", "Data Group Malformed", "the groups named are reported as known to be badly coded; their hashes are judged as ever", []string{"groups"}, false},
	{DefectSOD, "5.8.2.2.2", "Document Security Object Malformed", "a failed sod_signature of EF.SOD is undetermined", nil, false},
	{DefectCOM, "5.8.2.2.3", "EF.COM and EF.SOD Discrepancy", "groups successful where every group of EF.COM is in EF.SOD, else undetermined", nil, false},
	{DefectIdentifier, "5.8.2.2.4", "Wrong Signer Identifier", "the replacement certificate is taken for the signer's; its chain is judged as ever", []string{"replacement"}, true},
	{DefectCountry, "5.8.2.2.5", "Issuing Country Defect", "DG1's issuing state is compared with state instead of the signer's country", []string{"state"}, false},
	{DefectCardSecurity, "5.8.2.3.1", "Card Security Object Malformed", "a failed sod_signature of EF.CardSecurity is undetermined", nil, false},
	{DefectChipSecurity, "5.8.2.3.2", "Chip Security Object Malformed", "none: EF.ChipSecurity is not read", nil, false},
	{DefectPowerDown, "5.8.2.3.3", "Requirement for switching off the chip", "reported; the reader powers a chip down between reads anyway", nil, false},
	{DefectSignerCertEncoding, "5.8.2.3.4", "Document Signer Certificate incorrectly encoded or malformed", "signer undetermined", nil, false},
}

// DefectRules lists the fifteen defects with what each does.
func DefectRules() []DefectRule { return slices.Clone(defectRules) }

// Defect is one entry of the defects file.
type Defect struct {
	Code        DefectCode `json:"code"`
	Country     string     `json:"country,omitempty"`     // two letters, of the signer's issuer
	Serial      string     `json:"serial,omitempty"`      // of the signer's certificate, hexadecimal
	Certificate string     `json:"certificate,omitempty"` // SHA-256 of the signer's certificate, hexadecimal
	Status      int        `json:"status,omitempty"`      // of a revocation
	Scope       string     `json:"scope,omitempty"`       //
	Groups      []int      `json:"groups,omitempty"`      //
	Replacement string     `json:"replacement,omitempty"` // certificate in the trust folder
	State       string     `json:"state,omitempty"`       // as in DG1
	Note        string     `json:"note,omitempty"`        // for people

	replacement *Certificate
}

type defectList struct {
	Version int      `json:"version"`
	Date    string   `json:"date"`
	Defects []Defect `json:"defects"`
}

// The limits of a defects file.
const (
	maxDefects     = 10_000
	maxDefectsFile = 4 << 20
)

// parseDefects reads a defects file; certificate loads a replacement by its file name.
func parseDefects(raw []byte, certificate func(name string) (*Certificate, error)) ([]Defect, time.Time, error) {
	if len(raw) > maxDefectsFile {
		return nil, time.Time{}, fmt.Errorf("read defects: %d bytes: %w", len(raw), ErrFormat)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	var list defectList
	if err := d.Decode(&list); err != nil {
		return nil, time.Time{}, fmt.Errorf("read defects: %w: %w", ErrFormat, err)
	}
	date, err := time.Parse(time.DateOnly, list.Date)
	if err != nil || list.Version != 1 || d.More() || len(list.Defects) > maxDefects {
		return nil, time.Time{}, fmt.Errorf("read defects: version, date or number of entries: %w", ErrFormat)
	}
	for i := range list.Defects {
		if err := list.Defects[i].check(certificate); err != nil {
			return nil, time.Time{}, fmt.Errorf("read defects: entry %d: %w", i+1, err)
		}
	}
	return list.Defects, date, nil
}

var (
	twoLetters  = regexp.MustCompile(`^[A-Z]{2}$`)
	issuingCode = regexp.MustCompile(`^[A-Z]{1,3}$`)
)

// check makes sure that an entry says all its rule needs, and loads its replacement.
func (d *Defect) check(certificate func(string) (*Certificate, error)) error {
	i := slices.IndexFunc(defectRules, func(r DefectRule) bool { return r.Code == d.Code })
	if i < 0 {
		return fmt.Errorf("code %.40q: %w", d.Code, ErrFormat)
	}
	rule := defectRules[i]
	if err := d.checkSigner(rule.exact); err != nil {
		return err
	}
	have := map[string]bool{"replacement": d.Replacement != "", "scope": d.Scope != "", "groups": len(d.Groups) > 0, "state": d.State != ""}
	for key, ok := range have {
		if needed := slices.Contains(rule.needs, key); needed != ok {
			return fmt.Errorf("%s: key %s (needed: %v): %w", d.Code, key, needed, ErrFormat)
		}
	}
	if err := d.checkValues(); err != nil || d.Replacement == "" {
		return err
	}
	var err error
	if d.replacement, err = certificate(d.Replacement); err != nil {
		return fmt.Errorf("replacement: %w", err)
	}
	return nil
}

func (d *Defect) checkSigner(exact bool) error {
	d.Serial, d.Certificate = strings.ToLower(d.Serial), strings.ToLower(d.Certificate)
	serial, err1 := hex.DecodeString(d.Serial)
	sum, err2 := hex.DecodeString(d.Certificate)
	switch {
	case errors.Join(err1, err2) != nil, len(serial) > 64, len(sum) != 0 && len(sum) != 32,
		d.Country != "" && !twoLetters.MatchString(d.Country), d.Serial != "" && d.Country == "",
		d.Country == "" && d.Certificate == "":
		return fmt.Errorf("signer: %w", ErrFormat)
	case exact && d.Serial == "" && d.Certificate == "", d.Code == DefectIdentifier && d.Serial == "":
		return fmt.Errorf("%s is for one signer: %w", d.Code, ErrFormat)
	}
	if d.Serial != "" {
		d.Serial = hex.EncodeToString(minimal(serial))
	}
	return nil
}

func (d *Defect) checkValues() error {
	scopes := map[DefectCode][]string{DefectProtocol: {"pace", "chip_auth", "active_auth"}, DefectValidity: {"csca", "signer", "both"}}
	switch {
	case d.Scope != "" && !slices.Contains(scopes[d.Code], d.Scope):
		return fmt.Errorf("scope: %w", ErrFormat)
	case d.State != "" && !issuingCode.MatchString(d.State):
		return fmt.Errorf("state: %w", ErrFormat)
	case d.Status < 0 || d.Status != 0 && d.Code != DefectRevoked:
		return fmt.Errorf("status: %w", ErrFormat)
	case d.Replacement != "" && d.Replacement != filepath.Base(d.Replacement):
		return fmt.Errorf("replacement: %w", ErrFormat)
	case slices.ContainsFunc(d.Groups, func(n int) bool { return n < 1 || n > 16 }):
		return fmt.Errorf("groups: %w", ErrFormat)
	}
	return nil
}

// minimal drops the leading zeros of an INTEGER's contents.
func minimal(serial []byte) []byte {
	for len(serial) > 1 && serial[0] == 0 {
		serial = serial[1:]
	}
	return serial
}

// about reports whether an entry is for the signer of that issuer and serial number, and certificate unless it is nil.
func (d *Defect) about(country string, serial []byte, c *Certificate) bool {
	if d.Certificate != "" && (c == nil || d.Certificate != c.Fingerprint()) {
		return false
	}
	if d.Country != "" && d.Country != country {
		return false
	}
	return d.Serial == "" || d.Serial == hex.EncodeToString(minimal(serial))
}

// reason gives the trust state of a revocation (Table 5.54): the reason for it.
func (d *Defect) reason() string {
	switch d.Status {
	case 0, 2, 3, 4:
		return ReasonDefectRevoked
	}
	return ReasonDefectSuspect
}

// defectsOf gives the entries for a signer.
func (s *Store) defectsOf(c *Certificate) []Defect {
	if s == nil || c == nil {
		return nil
	}
	var all []Defect
	for _, d := range s.defects {
		if d.Code != DefectIdentifier && d.about(c.issuer.country(), c.Serial, c) {
			all = append(all, d)
		}
	}
	return all
}

// identified gives the certificate an entry names for a signer's identifier that fits none (TR-03135-1 §5.8.2.2.4).
func (s *Store) identified(info *signerInfo) (*Certificate, []Defect) {
	if s == nil || info.issuer == nil {
		return nil, nil
	}
	for _, d := range s.defects {
		if d.Code == DefectIdentifier && d.about(info.issuer.country(), info.serial, nil) {
			return d.replacement, []Defect{d}
		}
	}
	return nil, nil
}

// unsure reports whether defect entries may be missing.
func (s *Store) unsure() bool { return s != nil && s.unclear }
