package emrtdtest

import (
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // key identifiers are SHA-1 by RFC 5280 §4.2.1.2
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"motcua/drivers/emrtd/ec"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
)

// Authority is a simulated issuing state: a country signing CA (CSCA) and one document signer (Doc 9303-12 §7).
type Authority struct {
	Note      string `json:"note"`       // says that it is simulated
	CSCA      []byte `json:"csca"`       // certificate, DER
	Signer    []byte `json:"signer"`     // document signer certificate, DER
	Curve     string `json:"curve"`      // of both keys
	CSCAKey   []byte `json:"csca_key"`   // scalar
	SignerKey []byte `json:"signer_key"` // scalar
}

// AuthorityOptions say how certificates look. The zero value is P-256 named, country VN, valid from five years ago for fifteen.
type AuthorityOptions struct {
	Curve     string    // "P-256", "brainpoolP256r1", … as package ec names them
	Explicit  bool      // domain parameters written out, as most states do
	Name      string    // common name of the CSCA
	Country   string    // two letters
	NotBefore time.Time //
	NotAfter  time.Time // of the CSCA; the signer ends a year earlier
}

// noteAuthority marks an authority's file.
const noteAuthority = "SIMULATED issuing authority for demonstrations and tests. The private keys in this file protect nothing."

// NewAuthority makes keys and certificates.
func NewAuthority(opt AuthorityOptions) (*Authority, error) {
	opt = opt.withDefaults()
	c, err := ec.ByName(opt.Curve)
	if err != nil {
		return nil, fmt.Errorf("make authority: %w", err)
	}
	ca, err := c.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make authority: %w", err)
	}
	ds, err := c.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make authority: %w", err)
	}
	a := &Authority{Note: noteAuthority, Curve: opt.Curve, CSCAKey: ca.Bytes(), SignerKey: ds.Bytes()}
	root := certificate{subject: opt.name(opt.Name), key: ca.Public, ca: true, from: opt.NotBefore, to: opt.NotAfter}
	leaf := certificate{subject: opt.name(opt.Name + " Document Signer"), key: ds.Public, from: opt.NotBefore, to: opt.NotAfter.AddDate(-1, 0, 0)}
	root.issuer, leaf.issuer = root.subject, root.subject
	root.explicit, leaf.explicit = opt.Explicit, opt.Explicit
	if a.CSCA, err = root.sign(ca); err != nil {
		return nil, fmt.Errorf("make CSCA certificate: %w", err)
	}
	if a.Signer, err = leaf.sign(ca); err != nil {
		return nil, fmt.Errorf("make document signer certificate: %w", err)
	}
	return a, nil
}

func (o AuthorityOptions) withDefaults() AuthorityOptions {
	if o.Curve == "" {
		o.Curve = "P-256"
	}
	if o.Name == "" {
		o.Name = "Simulated CSCA"
	}
	if o.Country == "" {
		o.Country = "VN"
	}
	if o.NotBefore.IsZero() {
		o.NotBefore = time.Now().AddDate(-5, 0, 0).Truncate(24 * time.Hour)
	}
	if o.NotAfter.IsZero() {
		o.NotAfter = o.NotBefore.AddDate(15, 0, 0)
	}
	return o
}

func (o AuthorityOptions) name(common string) pkix.Name {
	return pkix.Name{Country: []string{o.Country}, Organization: []string{"Simulated issuer - not a state"}, CommonName: common}
}

// LoadAuthority reads an authority's file.
func LoadAuthority(file string) (*Authority, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	var a Authority
	if err := json.Unmarshal(raw, &a); err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	if _, err := a.key(a.SignerKey); err != nil {
		return nil, fmt.Errorf("load authority: %w", err)
	}
	return &a, nil
}

// Save writes the authority's file, readable by its owner alone.
func (a *Authority) Save(file string) error {
	raw, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return fmt.Errorf("save authority: %w", err)
	}
	if err := writeFile(file, raw, 0o600); err != nil {
		return fmt.Errorf("save authority: %w", err)
	}
	return nil
}

// SaveTrust writes the CSCA certificate to a trust folder and gives the file's name.
func (a *Authority) SaveTrust(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("save CSCA certificate: %w", err)
	}
	h := sha256.Sum256(a.CSCA)
	file := filepath.Join(dir, fmt.Sprintf("simulated-csca-%x.der", h[:4]))
	if err := writeFile(file, a.CSCA, 0o644); err != nil {
		return "", fmt.Errorf("save CSCA certificate: %w", err)
	}
	return file, nil
}

// writeFile writes to a temporary name, syncs and renames.
func writeFile(name string, b []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".write-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error counts
	}
	return err
}

func (a *Authority) key(scalar []byte) (*ec.PrivateKey, error) {
	c, err := ec.ByName(a.Curve)
	if err != nil {
		return nil, err
	}
	return c.NewPrivateKey(scalar)
}

// certificate is what goes into an X.509 certificate (RFC 5280 §4.1). crypto/x509 cannot write brainpool curves or explicit
// parameters, so all are written here.
type certificate struct {
	subject, issuer pkix.Name
	key             *ec.Point
	explicit        bool
	ca              bool
	from, to        time.Time
}

// The object identifiers of certificates and signatures.
var (
	oidECDSASHA256      = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidSubjectKey       = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidAuthorityKey     = asn1.ObjectIdentifier{2, 5, 29, 35}
)

func (c certificate) sign(ca *ec.PrivateKey) ([]byte, error) {
	tbs, err := c.tbs(ca.Public)
	if err != nil {
		return nil, err
	}
	signature, err := signDER(ca, tbs)
	if err != nil {
		return nil, err
	}
	return tlv.Encode(tlv.Sequence, tbs, algorithm(oidECDSASHA256), tlv.EncodeBits(signature)), nil
}

// tbs gives the TBSCertificate.
func (c certificate) tbs(issuer *ec.Point) ([]byte, error) {
	serial := make([]byte, 16)
	if _, err := rand.Read(serial); err != nil {
		return nil, err
	}
	serial[0] &= 0x7F
	from, err := asn1.Marshal(c.from.UTC())
	if err != nil {
		return nil, err
	}
	to, err := asn1.Marshal(c.to.UTC())
	if err != nil {
		return nil, err
	}
	names := [2][]byte{}
	for i, n := range []pkix.Name{c.issuer, c.subject} {
		if names[i], err = asn1.Marshal(n.ToRDNSequence()); err != nil {
			return nil, err
		}
	}
	return tlv.Encode(tlv.Sequence,
		tlv.Encode(0xA0, tlv.AppendInt(nil, 2)), tlv.EncodeInt(new(big.Int).SetBytes(serial)), algorithm(oidECDSASHA256),
		names[0], tlv.Encode(tlv.Sequence, from, to), names[1], lds.MarshalECKey(c.key, c.explicit),
		tlv.Encode(0xA3, tlv.Encode(tlv.Sequence, c.extensions(issuer)))), nil
}

// extensions are those Doc 9303-12 §7.1.1 makes mandatory for CSCA and document signer.
func (c certificate) extensions(issuer *ec.Point) []byte {
	usage := []byte{0x03, 0x02, 0x07, 0x80} // digitalSignature
	out := extension(oidAuthorityKey, false, tlv.Encode(tlv.Sequence, tlv.Encode(0x80, keyID(issuer))))
	out = append(out, extension(oidSubjectKey, false, tlv.Encode(tlv.OctetString, keyID(c.key)))...)
	if c.ca {
		usage = []byte{0x03, 0x02, 0x01, 0x06} // keyCertSign, cRLSign
		basic := tlv.Encode(tlv.Sequence, tlv.Encode(tlv.Boolean, []byte{0xFF}), tlv.AppendInt(nil, 0))
		out = append(out, extension(oidBasicConstraints, true, basic)...)
	}
	return append(out, extension(oidKeyUsage, true, usage)...)
}

func extension(id asn1.ObjectIdentifier, critical bool, value []byte) []byte {
	var flag []byte
	if critical {
		flag = tlv.Encode(tlv.Boolean, []byte{0xFF})
	}
	return tlv.Encode(tlv.Sequence, tlv.EncodeOID(id), flag, tlv.Encode(tlv.OctetString, value))
}

func keyID(p *ec.Point) []byte {
	h := sha1.Sum(p.Curve().Marshal(p)) //nolint:gosec // see the import
	return h[:]
}

func algorithm(id asn1.ObjectIdentifier) []byte { return tlv.Encode(tlv.Sequence, tlv.EncodeOID(id)) }

// signDER signs SHA-256 of message; the signature is DER (RFC 5758 §3.2).
func signDER(k *ec.PrivateKey, message []byte) ([]byte, error) {
	h := sha256.Sum256(message)
	r, s, err := k.Sign(rand.Reader, h[:])
	if err != nil {
		return nil, err
	}
	return ec.MarshalDER(r, s)
}
