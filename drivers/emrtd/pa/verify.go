package pa

import (
	"crypto/subtle"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

const tagSOD tlv.Tag = 0x77

// oidSecurityInfos is id-SecurityObject of EF.CardSecurity (TR-03110-3 §A.1.2.5).
var oidSecurityInfos = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 3, 2, 1}

// Verify checks EF.SOD and the groups read, raw as they came from the chip, at the time now. Files in groups that are no data
// group are ignored, but for EF.COM, which is compared with the security object. Without any files the security object alone is
// judged, and nothing is said of hashes. A nil store holds no anchors. It may be called again with more groups; nothing is
// remembered.
func Verify(sod []byte, groups map[kiosk.FileID][]byte, store *Store, now time.Time) Result {
	r := Result{GroupOK: map[kiosk.FileID]bool{}}
	sd, err := readSOD(sod, &r)
	if err != nil {
		r.add(kiosk.CheckSODSignature, malformed(err))
		r.add(kiosk.CheckSigner, ReasonNotReached)
		r.add(kiosk.CheckHashes, ReasonNotReached)
		return r
	}
	signer := r.verifySignature(sd, oidSecurityObject, store)
	r.verifySigner(signer, sd, store, now)
	r.verifyHashes(groups)
	r.verifyCOM(groups)
	r.verifyIssuer(groups)
	return r
}

// VerifyCardSecurity checks EF.CardSecurity, which is signed like EF.SOD and needed for PACE with chip authentication mapping.
// infos are its security infos, raw, whatever the checks say.
func VerifyCardSecurity(raw []byte, store *Store, now time.Time) (infos []byte, r Result) {
	sd, err := parseSignedData(raw)
	if err != nil {
		r.add(kiosk.CheckSODSignature, malformed(err))
		r.add(kiosk.CheckSigner, ReasonNotReached)
		return nil, r
	}
	signer := r.verifySignature(sd, oidSecurityInfos, store)
	r.verifySigner(signer, sd, store, now)
	return sd.content, r
}

// add records a check: successful when there is no reason, else with the result that goes with the reason.
func (r *Result) add(name kiosk.CheckName, reason string, names ...string) {
	c := kiosk.Check{Name: name, Result: kiosk.CheckSuccessful, Reason: reason}
	if reason != "" {
		c.Result = results[reason]
	}
	if len(names) > 0 {
		c.Reason = fmt.Sprintf(reason, strings.Join(names, ", "))
	}
	r.Checks = append(r.Checks, c)
}

func malformed(err error) string {
	if errors.Is(err, ErrUnsupported) {
		return ReasonAlgorithm
	}
	return ReasonMalformed
}

func readSOD(sod []byte, r *Result) (*signedData, error) {
	o, err := tlv.ReadOne(sod, tagSOD)
	if err != nil {
		return nil, err
	}
	sd, err := parseSignedData(o.Value)
	if err != nil {
		return nil, err
	}
	if r.Object, err = ParseSecurityObject(sd.content); err != nil {
		return nil, err
	}
	r.SODGroups, r.HashAlg = r.Object.Groups(), r.Object.Hash.String()
	return sd, nil
}

// verifySignature checks the signature and gives the signer's certificate, nil when it is missing.
func (r *Result) verifySignature(sd *signedData, content asn1.ObjectIdentifier, store *Store) *Certificate {
	r.Signed = sd.signer.signed
	c, err := sd.signerCertificate(store.documentSigners()...)
	if err != nil {
		r.add(kiosk.CheckSODSignature, ReasonNoSigner)
		return nil
	}
	r.Signer = kiosk.Signer{
		Subject: c.Subject(), Issuer: c.Issuer(), Country: c.issuer.country(), Serial: hex.EncodeToString(c.Serial),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter,
	}
	if key, err := c.Key(); err == nil {
		r.SignatureAlg = sd.signer.alg.name(key)
	}
	if r.Object != nil {
		err = sd.verify(c, content, r.Object.Hash)
	} else {
		err = sd.verify(c, content)
	}
	switch {
	case err == nil:
		r.add(kiosk.CheckSODSignature, "")
	case errors.Is(err, errContentType):
		r.add(kiosk.CheckSODSignature, ReasonContentType)
	case errors.Is(err, errDigest):
		r.add(kiosk.CheckSODSignature, ReasonDigest)
	case errors.Is(err, errSignature):
		r.add(kiosk.CheckSODSignature, ReasonSignature)
	default:
		r.add(kiosk.CheckSODSignature, malformed(err))
	}
	return c
}

// verifySigner checks the signer's certificate under the store.
func (r *Result) verifySigner(c *Certificate, sd *signedData, store *Store, now time.Time) {
	if c == nil {
		r.add(kiosk.CheckSigner, ReasonNotReached)
		return
	}
	anchor, reason := store.issuer(c)
	if reason == "" {
		r.Signer.Anchor, r.Signer.Country = anchor.Fingerprint(), anchor.Country()
		reason = r.checkChain(c, anchor, sd, store, now)
	}
	r.add(kiosk.CheckSigner, reason)
}

func (r *Result) checkChain(c, anchor *Certificate, sd *signedData, store *Store, now time.Time) string {
	switch {
	case !c.signsDocuments():
		return ReasonSignerUsage
	case c.issuer.country() != anchor.Country():
		return ReasonCountries
	case !store.knows(sd.certificates, c):
		return ReasonExtraCertificate
	case now.Before(c.NotBefore):
		return ReasonSignerNotYet
	case now.After(c.NotAfter):
		return ReasonSignerExpired
	case !r.Signed.IsZero() && (r.Signed.Before(c.NotBefore) || r.Signed.After(c.NotAfter)):
		return ReasonSignerAtSigning
	case now.Before(anchor.NotBefore):
		return ReasonIssuerNotYet
	case now.After(anchor.NotAfter):
		return ReasonIssuerExpired
	}
	var signer, issuer bool
	signer, issuer, r.Revocation = store.revoked(c, anchor, now)
	switch {
	case issuer:
		return ReasonIssuerRevoked
	case signer:
		return ReasonSignerRevoked
	}
	return ""
}

// verifyHashes compares the groups read with the security object, over raw bytes.
func (r *Result) verifyHashes(groups map[kiosk.FileID][]byte) {
	if len(groups) == 0 {
		return
	}
	var missing, differ []string
	for _, f := range lds.Files() {
		raw, ok := groups[f.ID]
		if f.Group == 0 || !ok {
			continue
		}
		want, signed := r.Object.Hashes[f.Group]
		h := r.Object.Hash.New()
		h.Write(raw)
		good := signed && subtle.ConstantTimeCompare(h.Sum(nil), want) == 1
		r.GroupOK[f.ID] = good
		switch {
		case !signed:
			missing = append(missing, string(f.ID))
		case !good:
			differ = append(differ, string(f.ID))
		}
	}
	switch {
	case len(differ) > 0:
		r.add(kiosk.CheckHashes, ReasonHash, differ...)
	case len(missing) > 0:
		r.add(kiosk.CheckHashes, ReasonNotSigned, missing...)
	case len(r.GroupOK) == 0:
		r.add(kiosk.CheckHashes, ReasonNoGroups)
	default:
		r.add(kiosk.CheckHashes, "")
	}
}

// verifyCOM compares EF.COM, when it was read, with the groups of the security object. EF.COM is not signed, so a difference
// means that it, or the chip, was tampered with.
func (r *Result) verifyCOM(groups map[kiosk.FileID][]byte) {
	raw, ok := groups[kiosk.FileCOM]
	if !ok {
		return
	}
	com, err := lds.ParseCOM(raw)
	if err != nil {
		r.add(kiosk.CheckGroups, ReasonCOMMalformed)
		return
	}
	var differ []string
	for _, f := range lds.Files() {
		_, signed := r.Object.Hashes[f.Group]
		if f.Group != 0 && signed != slices.Contains(com.Groups, f.ID) {
			differ = append(differ, string(f.ID))
		}
	}
	if len(com.Unknown) > 0 {
		differ = append(differ, "unknown tags")
	}
	if len(differ) > 0 {
		r.add(kiosk.CheckGroups, ReasonCOMDiffers, differ...)
		return
	}
	r.add(kiosk.CheckGroups, "")
}

// verifyIssuer compares DG1's issuing state, when DG1 was read, with the signer's country.
func (r *Result) verifyIssuer(groups map[kiosk.FileID][]byte) {
	raw, ok := groups[kiosk.FileDG1]
	if !ok {
		return
	}
	m, err := lds.ParseDG1(raw)
	if err != nil || !r.GroupOK[kiosk.FileDG1] {
		r.add(kiosk.CheckIssuer, ReasonDG1)
		return
	}
	country, ok := stateCountry(m.State)
	switch {
	case !ok || r.Signer.Country == "":
		r.add(kiosk.CheckIssuer, ReasonStateUnknown)
	case country != r.Signer.Country:
		r.add(kiosk.CheckIssuer, ReasonStateDiffers)
	case !r.Trusted():
		r.add(kiosk.CheckIssuer, ReasonNotReached)
	default:
		r.add(kiosk.CheckIssuer, "")
	}
}

// stateCountry gives the two-letter country of an issuing state's three letters (Doc 9303-3 §5).
func stateCountry(state string) (string, bool) {
	switch state {
	case "D":
		return "DE", true
	case "EUE":
		return "EU", true
	case "UNO", "UNA", "UNK":
		return "UN", true
	case "RKS":
		return "KS", true
	case "GBD", "GBN", "GBO", "GBP", "GBS":
		return "GB", true
	}
	if len(state) != 3 {
		return "", false
	}
	region, err := language.ParseRegion(state)
	if err != nil || !region.IsCountry() || region.ISO3() != state {
		return "", false
	}
	return region.String(), true
}
