package dossier

import (
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"motcua/kiosk"
)

// The links of the chain from paper and chip to the package, beside the checks of passive authentication. They stand in
// evidence like every check name.
const (
	LinkDevice    kiosk.CheckName = "package_device"    // the kiosk's certificate is the office's and names the kiosk
	LinkSignature kiosk.CheckName = "package_signature" // the kiosk signed the manifest
	LinkParts     kiosk.CheckName = "package_parts"     // every part has the manifest's hash
	LinkTime      kiosk.CheckName = "package_time"      // made before it was received
	LinkChip      kiosk.CheckName = "package_chip"      // the kiosk's verdict of the chip read was not refused
	LinkFields    kiosk.CheckName = "package_fields"    // fields said to come from the chip are what the chip says
	LinkConsent   kiosk.CheckName = "package_consent"   // consent was given for what was done
	LinkChallenge kiosk.CheckName = "package_challenge" // the chip answered for this dossier, to this kiosk, at this time
	LinkChain     kiosk.CheckName = "package_chain"     // no dossier of this kiosk is missing before it; only the office can tell
	LinkPapers    kiosk.CheckName = "package_papers"    // the pages beside the package are those the kiosk signed
)

// clockAhead is how far a kiosk's clock may be ahead of the office's.
const clockAhead = 10 * time.Minute

// VerifyOptions says against what a package is checked. A missing function makes its checks undetermined, never successful.
type VerifyOptions struct {
	Devices *x509.CertPool // authorities that issue device certificates
	Now     time.Time      // of receipt, by the verifier's clock

	// PassiveAuth verifies EF.SOD and the groups' hashes from raw bytes, as of a time.
	PassiveAuth func(sod []byte, groups map[kiosk.FileID][]byte, now time.Time) ([]kiosk.Check, kiosk.Signer)
	// Decode reads what DG1 and DG13 say. It is called only with files whose hashes PassiveAuth was given.
	Decode func(groups map[kiosk.FileID][]byte) (kiosk.Citizen, error)
	// ActiveAuth verifies the chip's answer to the kiosk's challenge under DG15's key; nil: that check is left to the kiosk's
	// word. The challenge is the kiosk's, so this proves that the chip took part, not when.
	ActiveAuth func(groups map[kiosk.FileID][]byte, challenge, signature []byte) error

	Office ed25519.PublicKey           // signs nonces; nil leaves a challenge with a nonce undetermined
	Page   func(n int) ([]byte, error) // gives page n, from 0, of those beside the package, and is done with it; nil: they are not looked at
}

// Report is the result of verifying a package: every link by name, and what follows from them.
type Report struct {
	Checks  []kiosk.Check // in the order of the chain
	Verdict kiosk.Verdict
	Signer  kiosk.Signer  // of the security object, as found now
	Citizen kiosk.Citizen // as the chip's bytes say; empty unless the bytes are those the kiosk signed

	// Attested are the kiosk's own checks that nobody else can repeat, chip authentication among them, with the kiosk's results.
	// They count through the link package_chip.
	Attested []kiosk.Check
}

// Check gives the check of that name; ok is false when it was not made.
func (r *Report) Check(name kiosk.CheckName) (kiosk.Check, bool) {
	i := slices.IndexFunc(r.Checks, func(c kiosk.Check) bool { return c.Name == name })
	if i < 0 {
		return kiosk.Check{}, false
	}
	return r.Checks[i], true
}

// Verify checks every link again from the raw bytes. The verdict is refused when a link failed, undetermined when one could
// not be checked, and verified when all succeeded ("not supported" is neither). Passive authentication is done as of the time
// the dossier was made, so that a document signer that expired since does not spoil evidence.
func (p *Package) Verify(o VerifyOptions) *Report {
	r := new(Report)
	trusted := r.add(p.checkDevice(o)) && r.add(p.checkSignature()) && r.add(p.checkHashes())
	r.add(p.checkTime(o.Now))
	r.add(p.checkPapers(o.Page))
	if trusted {
		p.verifyChip(o, r)
	} else {
		r.undetermined("package is not the kiosk's", LinkChip, kiosk.CheckSODSignature, kiosk.CheckSigner, kiosk.CheckHashes, LinkChallenge, LinkFields)
	}
	r.add(p.checkFace())
	r.add(p.checkConsent())
	r.Verdict = conclude(r.Checks)
	if trusted {
		r.Attested = p.attested(r)
	}
	return r
}

// attested gives the kiosk's checks that the report has no answer to.
func (p *Package) attested(r *Report) (list []kiosk.Check) {
	all := p.Manifest.Face.Checks
	if c := p.Manifest.Chip; c != nil {
		all = slices.Concat(c.Checks, all)
	}
	for _, c := range all {
		if _, repeated := r.Check(c.Name); !repeated {
			list = append(list, c)
		}
	}
	return list
}

func (r *Report) add(c kiosk.Check) bool {
	r.Checks = append(r.Checks, c)
	return c.Result == kiosk.CheckSuccessful
}

func (r *Report) undetermined(reason string, names ...kiosk.CheckName) {
	for _, n := range names {
		r.add(kiosk.Check{Name: n, Result: kiosk.CheckUndetermined, Reason: reason})
	}
}

func conclude(checks []kiosk.Check) kiosk.Verdict {
	verdict := kiosk.Verified
	for _, c := range checks {
		switch c.Result {
		case kiosk.CheckSuccessful, kiosk.CheckNotSupported:
		case kiosk.CheckFailed:
			return kiosk.Refused
		default:
			verdict = kiosk.Undetermined
		}
	}
	return verdict
}

func succeeded(name kiosk.CheckName) kiosk.Check {
	return kiosk.Check{Name: name, Result: kiosk.CheckSuccessful}
}

func failed(name kiosk.CheckName, reason string) kiosk.Check {
	return kiosk.Check{Name: name, Result: kiosk.CheckFailed, Reason: reason}
}

func unknown(name kiosk.CheckName, reason string) kiosk.Check {
	return kiosk.Check{Name: name, Result: kiosk.CheckUndetermined, Reason: reason}
}

// verifyChip does the chip's part of the chain on bytes that are known to be the kiosk's.
func (p *Package) verifyChip(o VerifyOptions, r *Report) {
	r.add(p.checkChip())
	if p.Manifest.Chip == nil {
		r.add(p.checkFields(kiosk.Citizen{}, errors.New("no chip was read")))
		return
	}
	files := p.Files()
	sod := files[kiosk.FileSOD]
	authentic := false
	if o.PassiveAuth == nil || len(sod) == 0 {
		r.undetermined("no security object or nothing to verify it with", kiosk.CheckSODSignature, kiosk.CheckSigner, kiosk.CheckHashes)
	} else {
		var checks []kiosk.Check
		checks, r.Signer = o.PassiveAuth(sod, groupsOf(files), p.Manifest.Created.Time)
		r.Checks = append(r.Checks, checks...)
		if len(checks) == 0 {
			r.undetermined("passive authentication gave no result", kiosk.CheckSODSignature)
		}
		authentic = conclude(checks) != kiosk.Refused
	}
	p.verifyProofs(o, files, r)
	citizen, err := p.decode(o, files)
	if err == nil && authentic {
		r.Citizen = citizen
	}
	r.add(p.checkFields(citizen, err))
}

// verifyProofs looks at what proves that the chip is no copy. Active authentication anybody can check again; chip authentication
// only the kiosk can have seen: it is attested.
func (p *Package) verifyProofs(o VerifyOptions, files map[kiosk.FileID][]byte, r *Report) {
	c := p.Manifest.Chip
	if o.ActiveAuth != nil && c.Active != nil && len(c.Active.Signature) > 0 {
		r.add(checkActive(o.ActiveAuth(groupsOf(files), c.Active.Challenge, c.Active.Signature)))
	}
	r.add(p.checkChallenge(o))
}

func groupsOf(files map[kiosk.FileID][]byte) map[kiosk.FileID][]byte {
	groups := make(map[kiosk.FileID][]byte)
	for id, b := range files {
		if _, ok := number(string(id), "DG"); ok {
			groups[id] = b
		}
	}
	return groups
}

func (p *Package) decode(o VerifyOptions, files map[kiosk.FileID][]byte) (kiosk.Citizen, error) {
	if o.Decode == nil {
		return kiosk.Citizen{}, errors.New("nothing to decode the chip's files with")
	}
	c, err := o.Decode(groupsOf(files))
	if err != nil {
		return kiosk.Citizen{}, errors.New("chip's files cannot be decoded")
	}
	return c, nil
}
