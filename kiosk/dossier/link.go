package dossier

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/devicekey"
)

// checkDevice: the certificate is the one the manifest names, issued by the office, valid when the dossier was made, and of
// the kiosk the manifest names.
func (p *Package) checkDevice(o VerifyOptions) kiosk.Check {
	if sha256.Sum256(p.Certificate) != p.Manifest.Certificate {
		return failed(LinkDevice, "certificate is not the one in the manifest")
	}
	cert, err := x509.ParseCertificate(p.Certificate)
	if err != nil {
		return failed(LinkDevice, "certificate cannot be read")
	}
	if cert.Subject.CommonName != p.Manifest.Kiosk {
		return failed(LinkDevice, "certificate names another kiosk")
	}
	if o.Devices == nil {
		return unknown(LinkDevice, "no device authority given")
	}
	if err := devicekey.CheckChain(cert, o.Devices, p.Manifest.Created.Time); err != nil {
		return failed(LinkDevice, err.Error())
	}
	return succeeded(LinkDevice)
}

func (p *Package) checkSignature() kiosk.Check {
	cert, err := x509.ParseCertificate(p.Certificate)
	if err != nil {
		return failed(LinkSignature, "certificate cannot be read")
	}
	if err := devicekey.Verify(cert, Format, p.manifest, p.signature); err != nil {
		return failed(LinkSignature, err.Error())
	}
	return succeeded(LinkSignature)
}

func (p *Package) checkHashes() kiosk.Check {
	for i, q := range p.Manifest.Parts {
		if q.Attached && sha256.Sum256(p.parts[i]) != q.SHA256 {
			return failed(LinkParts, q.Name+" is not what the kiosk signed")
		}
	}
	return succeeded(LinkParts)
}

// checkPapers compares the pages that travel beside the package with their hashes.
func (p *Package) checkPapers(page func(n int) ([]byte, error)) kiosk.Check {
	n, beside, missing := 0, 0, 0
	for _, q := range p.Manifest.Parts {
		if rank(q.Name) < rankPaper {
			continue
		}
		n++
		if q.Attached {
			continue
		}
		beside++
		if page == nil {
			continue
		}
		b, err := page(n - 1)
		same := len(b) == q.Size && sha256.Sum256(b) == q.SHA256
		clear(b)
		switch {
		case err != nil:
			missing++
		case !same:
			return failed(LinkPapers, q.Name+" is not what the kiosk signed")
		}
	}
	switch {
	case beside > 0 && page == nil:
		return kiosk.Check{Name: LinkPapers, Result: kiosk.CheckNotSupported, Reason: fmt.Sprintf("%d pages are named by hash and not here", beside)}
	case missing > 0:
		return unknown(LinkPapers, fmt.Sprintf("%d pages cannot be read", missing))
	}
	return succeeded(LinkPapers)
}

func (p *Package) checkTime(now time.Time) kiosk.Check {
	switch {
	case now.IsZero():
		return unknown(LinkTime, "no time of receipt given")
	case p.Manifest.Created.After(now.Add(clockAhead)):
		return unknown(LinkTime, "made after it was received: the kiosk's clock is ahead")
	}
	return succeeded(LinkTime)
}

func checkActive(err error) kiosk.Check {
	if err != nil {
		return failed(kiosk.CheckActiveAuth, "chip's answer does not verify")
	}
	return succeeded(kiosk.CheckActiveAuth)
}

// checkChip takes over what only the kiosk could see: that the chip's own proofs did not fail, and that it said so. A verified
// document without the files that say whose it is would be no evidence.
func (p *Package) checkChip() kiosk.Check {
	c, files := p.Manifest.Chip, p.Files()
	whole := len(files[kiosk.FileSOD]) > 0 && len(files[kiosk.FileDG1]) > 0 && len(files[kiosk.FileDG2]) > 0
	switch {
	case c == nil:
		return unknown(LinkChip, "no chip was read")
	case c.Verdict == kiosk.Refused || conclude(c.Checks) == kiosk.Refused:
		return failed(LinkChip, "kiosk refused the document")
	case c.Verdict != kiosk.Verified:
		return unknown(LinkChip, "kiosk could not verify the document")
	case !whole:
		return unknown(LinkChip, "EF.SOD, DG1 or DG2 is missing")
	}
	return succeeded(LinkChip)
}

// checkFields compares every field that claims the chip, by value or by original, with what the chip says.
func (p *Package) checkFields(c kiosk.Citizen, decodeErr error) kiosk.Check {
	chip := make(map[string]kiosk.Field)
	for _, f := range kiosk.ChipFields(c) {
		chip[f.Key] = f
	}
	for i, f := range p.Manifest.Fields {
		says, ok := chip[f.Key]
		switch f.Provenance {
		case kiosk.FromCitizen:
			ok = true
		case kiosk.FromEdited:
			ok = ok && says.Value == f.Original
		case kiosk.FromDG1, kiosk.FromDG13:
			ok = ok && says.Value == f.Value && says.Provenance == f.Provenance
		default:
			return failed(LinkFields, "a field has an unknown provenance")
		}
		if f.Provenance != kiosk.FromCitizen && decodeErr != nil {
			return unknown(LinkFields, decodeErr.Error())
		}
		if !ok {
			return failed(LinkFields, fmt.Sprintf("field %d is not what the chip says", i+1))
		}
	}
	if p.Manifest.Chip != nil && decodeErr != nil {
		return unknown(LinkFields, decodeErr.Error())
	}
	return succeeded(LinkFields)
}

// checkFace repeats the decision on the numbers: above the threshold, never at it, and no check of the attempt failed.
func (p *Package) checkFace() kiosk.Check {
	f := p.Manifest.Face
	_, _, seen := p.part(partFace)
	switch {
	case f.Model == "":
		return unknown(kiosk.CheckFaceMatch, "no comparison was made")
	case f.Verdict == kiosk.Refused || conclude(f.Checks) == kiosk.Refused:
		return failed(kiosk.CheckFaceMatch, "kiosk did not match the face")
	case f.Verdict != kiosk.Verified:
		return unknown(kiosk.CheckFaceMatch, "kiosk could not decide on the face")
	case !(float64(f.Threshold) > 0) || !(float64(f.Score) > float64(f.Threshold)) || float64(f.Score) > 1.000001:
		return failed(kiosk.CheckFaceMatch, "score is not above the threshold")
	case f.lively() && !(float64(f.Liveness) > float64(f.Pass)):
		return failed(kiosk.CheckFaceMatch, "liveness score is not above its threshold")
	case f.Frames < 1 || !seen:
		return failed(kiosk.CheckFaceMatch, "no frame was kept")
	}
	return succeeded(kiosk.CheckFaceMatch)
}

// lively reports whether the kiosk says that a living person stood there.
func (f *face) lively() bool {
	return slices.ContainsFunc(f.Checks, func(c kiosk.Check) bool {
		return c.Name == kiosk.CheckFaceLiveness && c.Result == kiosk.CheckSuccessful
	})
}

// checkConsent: what was done was agreed to before the dossier was made.
func (p *Package) checkConsent() kiosk.Check {
	m := p.Manifest
	given := make(map[kiosk.Purpose]bool)
	for _, c := range m.Consents {
		if c.SHA256 == (digest{}) || c.Text == "" || c.At.After(m.Created.Time) {
			return failed(LinkConsent, "a consent has no text, or is later than the dossier")
		}
		given[c.Purpose] = c.Given
	}
	_, _, seen := p.part(partFace)
	switch {
	case m.Chip != nil && !given[kiosk.PurposeChip]:
		return failed(LinkConsent, "chip was read without consent")
	case (seen || m.Face.Model != "") && !given[kiosk.PurposeCamera]:
		return failed(LinkConsent, "camera was used without consent")
	}
	return succeeded(LinkConsent)
}
