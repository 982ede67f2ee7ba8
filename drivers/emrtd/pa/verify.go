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
	r := Result{GroupOK: map[kiosk.FileID]bool{}, Integrity: map[kiosk.FileID]Integrity{}}
	sd, err := readSOD(sod, &r)
	if err != nil {
		r.unread(malformed(err))
		r.add(kiosk.CheckHashes, ReasonNotReached)
		return r
	}
	signer := r.verifySignature(sd, oidSecurityObject, DefectSOD, store)
	r.verifySigner(signer, sd, store, now)
	r.verifyHashes(groups)
	r.verifyCOM(groups)
	r.verifyIssuer(groups)
	return r
}

// VerifyCardSecurity checks EF.CardSecurity, which is signed like EF.SOD and needed for PACE with chip authentication mapping.
// infos are its security infos, raw and whatever the checks say: they are authentic only when [Result.Trusted] reports so.
func VerifyCardSecurity(raw []byte, store *Store, now time.Time) (infos []byte, r Result) {
	sd, err := parseSignedData(raw)
	if err != nil {
		r.unread(malformed(err))
		return nil, r
	}
	signer := r.verifySignature(sd, oidSecurityInfos, DefectCardSecurity, store)
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
	if name, ok := stepOf[c.Name]; ok {
		r.stepResult(name, c.Reason, c.Result)
	}
}

// stepOf names the steps that are checks of their own.
var stepOf = map[kiosk.CheckName]string{kiosk.CheckHashes: StepGroups, kiosk.CheckGroups: StepCOM, kiosk.CheckIssuer: StepState}

// unread records that the security object could not be read.
func (r *Result) unread(reason string) {
	r.step(StepDigest, reason)
	r.step(StepSignature, ReasonNotReached)
	r.step(StepChain, ReasonNotReached)
	r.add(kiosk.CheckSODSignature, reason)
	r.add(kiosk.CheckSigner, ReasonNotReached)
}

func malformed(err error) string {
	switch {
	case errors.Is(err, ErrForbidden):
		return ReasonForbidden
	case errors.Is(err, ErrUnsupported):
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

// verifySignature checks the signature and gives the signer's certificate, nil when it is missing. code is the defect that excuses a
// failure.
func (r *Result) verifySignature(sd *signedData, content asn1.ObjectIdentifier, code DefectCode, store *Store) *Certificate {
	r.Signed = sd.signer.signed
	c, err := sd.signerCertificate(store.documentSigners()...)
	if err != nil {
		c, r.Defects = store.identified(&sd.signer)
	}
	if c == nil {
		reason := ReasonNoSigner
		if errors.Is(err, errIdentifier) {
			reason = ReasonIdentifier
		}
		r.step(StepDigest, ReasonNotReached)
		r.step(StepSignature, reason)
		r.add(kiosk.CheckSODSignature, reason)
		return nil
	}
	r.Defects = append(r.Defects, store.defectsOf(c)...)
	if d, ok := r.Defect(DefectMalformed); ok {
		c = d.replacement
	}
	r.describe(c, sd)
	if r.Object != nil {
		err = sd.verify(c, content, r.Object.Hash)
	} else {
		err = sd.verify(c, content)
	}
	reason := signatureReason(err)
	switch reason {
	case "", ReasonSignature:
		r.step(StepDigest, "")
		r.step(StepSignature, reason)
	default:
		r.step(StepDigest, reason)
		r.step(StepSignature, ReasonNotReached)
	}
	if _, ok := r.Defect(code); ok && results[reason] == kiosk.CheckFailed {
		reason = ReasonSODDefect
	}
	r.add(kiosk.CheckSODSignature, reason)
	return c
}

// describe fills in what people are told of the signer.
func (r *Result) describe(c *Certificate, sd *signedData) {
	r.Signer = kiosk.Signer{
		Subject: c.Subject(), Issuer: c.Issuer(), Country: c.issuer.country(), Serial: hex.EncodeToString(c.Serial),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter,
	}
	if key, err := c.Key(); err == nil {
		r.SignatureAlg = sd.signer.alg.name(key)
	}
}

// signatureReason gives the reason for an error of a signature, "" for none.
func signatureReason(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errContentType):
		return ReasonContentType
	case errors.Is(err, errDigest):
		return ReasonDigest
	case errors.Is(err, errSignature):
		return ReasonSignature
	}
	return malformed(err)
}

// verifySigner checks the signer's certificate under the store, and joins its steps to the check "signer": failed when one failed,
// undetermined when one is, but for a revocation that no list tells of.
func (r *Result) verifySigner(c *Certificate, sd *signedData, store *Store, now time.Time) {
	if c == nil {
		r.step(StepChain, ReasonNotReached)
		r.add(kiosk.CheckSigner, ReasonNotReached)
		return
	}
	anchor, reason := store.issuer(c)
	if d, ok := r.Defect(DefectMalformed); ok { // trusted because the entry says so; an anchor is looked for all the same
		r.Signer.Anchor, reason = d.replacement.Fingerprint(), ""
	}
	first := len(r.Steps)
	r.step(StepChain, reason)
	if reason == "" {
		if anchor != nil {
			r.Signer.Anchor, r.Signer.Country = anchor.Fingerprint(), anchor.Country()
		}
		r.checkChain(c, anchor, sd, store, now)
	}
	r.add(kiosk.CheckSigner, joined(r.Steps[first:], store))
}

// joined gives the reason that decides over steps.
func joined(steps []Step, store *Store) string {
	reason := ""
	for _, s := range steps {
		switch {
		case s.Result == kiosk.CheckFailed:
			return s.Reason
		case s.Reason == "" || s.Reason == ReasonNoList || reason != "":
		default:
			reason = s.Reason
		}
	}
	if reason == "" && store.unsure() {
		reason = ReasonDefectsUnusable
	}
	return reason
}

// checkChain makes the steps that need a certificate under an anchor; anchor is nil for one trusted by a defect entry alone.
func (r *Result) checkChain(c, anchor *Certificate, sd *signedData, store *Store, now time.Time) {
	r.step(StepProfile, r.profile(c, anchor, sd, store))
	r.validity(StepSigner, "signer", c, now, ReasonSignerNotYet, ReasonSignerExpired)
	if anchor != nil {
		r.validity(StepIssuer, "csca", anchor, now, ReasonIssuerNotYet, ReasonIssuerExpired)
	}
	r.validityAtSigning(c)
	r.step(StepRevocation, r.revocation(c, anchor, store, now))
}

// validityAtSigning checks that the signing time, where the signer states one, is within its certificate's validity.
func (r *Result) validityAtSigning(c *Certificate) {
	switch {
	case r.Signed.IsZero():
	case r.Signed.Before(c.NotBefore), r.Signed.After(c.NotAfter):
		r.step(StepSigning, ReasonSignerAtSigning)
	default:
		r.step(StepSigning, "")
	}
}

// profile checks that a certificate is one of a document signer of the anchor's state.
func (r *Result) profile(c, anchor *Certificate, sd *signedData, store *Store) string {
	_, encoding := r.Defect(DefectSignerCertEncoding)
	_, replaced := r.Defect(DefectMalformed)
	switch {
	case !c.signsDocuments():
		return ReasonSignerUsage
	case c.critical:
		return ReasonCritical
	case anchor != nil && c.issuer.country() != anchor.Country():
		return ReasonCountries
	case anchor != nil && c.issuer.key() != anchor.subject.key():
		return ReasonIssuerName
	case !replaced && !store.knows(sd.certificates, c):
		return ReasonExtraCertificate
	case encoding:
		return ReasonDefectEncoding
	}
	return ""
}

// validity checks that now is within a certificate's validity. A defect entry of that scope takes the check away.
func (r *Result) validity(name, scope string, c *Certificate, now time.Time, early, late string) {
	d, excused := r.Defect(DefectValidity)
	switch {
	case excused && (d.Scope == scope || d.Scope == "both"):
		r.stepResult(name, ReasonDefectValidity, kiosk.CheckNotSupported)
	case now.Before(c.NotBefore):
		r.step(name, early)
	case now.After(c.NotAfter):
		r.step(name, late)
	default:
		r.step(name, "")
	}
}

// revocation asks the defect entries and the lists.
func (r *Result) revocation(c, anchor *Certificate, store *Store, now time.Time) string {
	for _, d := range r.Defects {
		if d.Code == DefectRevoked && d.reason() == ReasonDefectRevoked {
			return ReasonDefectRevoked
		}
	}
	if anchor == nil {
		anchor = c
	}
	var signer, issuer bool
	signer, issuer, r.Revocation = store.revoked(c, anchor, now)
	_, suspect := r.Defect(DefectRevoked)
	switch {
	case issuer:
		return ReasonIssuerRevoked
	case signer:
		return ReasonSignerRevoked
	case suspect:
		return ReasonDefectSuspect
	case r.Revocation == revocationOld:
		return ReasonListOld
	case r.Revocation == revocationNone:
		return ReasonNoList
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
		if _, signed := r.Object.Hashes[f.Group]; f.Group != 0 && signed && !ok {
			r.Integrity[f.ID] = NotRead
		}
		if f.Group == 0 || !ok {
			continue
		}
		want, signed := r.Object.Hashes[f.Group]
		h := r.Object.Hash.New()
		h.Write(raw)
		good := signed && subtle.ConstantTimeCompare(h.Sum(nil), want) == 1
		r.GroupOK[f.ID], r.Integrity[f.ID] = good, Identical
		switch {
		case !signed:
			missing = append(missing, string(f.ID))
			r.Integrity[f.ID] = NotSigned
		case !good:
			differ = append(differ, string(f.ID))
			r.Integrity[f.ID] = NotIdentical
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
	_, known := r.Defect(DefectCOM)
	switch {
	case len(differ) == 0, known && r.covers(com):
		r.add(kiosk.CheckGroups, "")
	case known:
		r.add(kiosk.CheckGroups, ReasonCOMDefect)
	default:
		r.add(kiosk.CheckGroups, ReasonCOMDiffers, differ...)
	}
}

// covers reports whether every group of EF.COM is in the security object.
func (r *Result) covers(com lds.COM) bool {
	for _, id := range com.Groups {
		if !slices.ContainsFunc(r.SODGroups, func(n int) bool { g, ok := lds.Group(n); return ok && g.ID == id }) {
			return false
		}
	}
	return len(com.Unknown) == 0
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
	if d, known := r.Defect(DefectCountry); known && d.State == m.State {
		country, ok = r.Signer.Country, true
	}
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
