package emrtd

import (
	"errors"
	"slices"
	"strings"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
	"motcua/kiosk/mrz"
)

// judge makes the checks over what was read and builds the result. It talks to no chip.
func (v *visit) judge() *kiosk.ChipRead {
	now := v.opts.Now()
	out := &kiosk.ChipRead{
		Access: v.opened.name, Files: v.files, APDUs: v.apdus, Challenge: v.challenge, Signature: v.signature,
	}
	for _, b := range v.files {
		out.Bytes += len(b)
	}
	passive := pa.Verify(v.files[kiosk.FileSOD], v.files, v.opts.Trust, now)
	out.Signer = passive.Signer
	issuer, _ := passive.Check(kiosk.CheckIssuer)
	out.Checks = append(out.Checks, v.opened.check())
	for _, c := range passive.Checks {
		if c.Name == kiosk.CheckGroups {
			c = v.checkGroups(c, passive)
		}
		if c.Name != kiosk.CheckIssuer {
			out.Checks = append(out.Checks, c)
		}
	}
	d := v.decode(passive, now)
	vietnamese := d.vietnamese(v.pw)
	out.Checks = append(out.Checks, v.checkCardAccess(passive, vietnamese), demandProof(knownDefect(v.chipProof(passive), passive), vietnamese),
		knownDefect(v.proof(v.active, kiosk.CheckActiveAuth, kiosk.FileDG15, passive), passive))
	if issuer.Name != "" {
		out.Checks = append(out.Checks, issuer)
	}
	out.Checks = append(out.Checks, lds.EncodingCheck(lds.Inspect(v.inspected(passive))), d.checkNumber(v.pw), d.checkExpiry())
	out.Verdict = Verdict(out.Checks)
	out.Citizen, out.Photo = d.citizen, d.photo
	return out
}

// proof gives the check of a proof against copying. It counts as successful only under a key that a trusted signer signed:
// otherwise the chip proved a key that anybody may have put there.
func (v *visit) proof(c kiosk.Check, name kiosk.CheckName, file kiosk.FileID, passive pa.Result) kiosk.Check {
	if c.Name == "" {
		return kiosk.Check{Name: name, Result: kiosk.CheckAborted, Reason: "not reached"}
	}
	if c.Result != kiosk.CheckSuccessful || passive.Authentic(file) {
		return c
	}
	c.Result, c.Reason = kiosk.CheckUndetermined, c.Reason+", key not under a trusted signer"
	return c
}

// knownDefect applies the operator's list of defects (TR-03135-1 §5.8.2): a proof with keys that are in other hands has failed, and
// a failure that all documents of this signer show says nothing.
func knownDefect(c kiosk.Check, passive pa.Result) kiosk.Check {
	switch {
	case c.Result == kiosk.CheckSuccessful && passive.Compromised(c.Name):
		c.Result, c.Reason = kiosk.CheckFailed, c.Reason+", keys compromised, a known defect"
	case c.Result == kiosk.CheckFailed && passive.Excused(c.Name):
		c.Result, c.Reason = kiosk.CheckUndetermined, c.Reason+", a known defect"
	}
	return c
}

// demandProof makes a missing chip authentication of a Vietnamese identity card more than a property of the chip: all of them have
// it, so one without must be looked at, even if it proves itself otherwise.
func demandProof(c kiosk.Check, vietnamese bool) kiosk.Check {
	if vietnamese && c.Result == kiosk.CheckNotSupported {
		c.Result, c.Reason = kiosk.CheckUndetermined, c.Reason+", which a Vietnamese card must have"
	}
	return c
}

// inspected are the files whose encoding is looked at: groups whose hash is right, and those that no hash covers.
func (v *visit) inspected(passive pa.Result) map[kiosk.FileID][]byte {
	files := map[kiosk.FileID][]byte{}
	for id, raw := range v.files {
		switch id {
		case kiosk.FileCOM, kiosk.FileCardAccess, kiosk.FileCardSecurity, kiosk.FileATRInfo:
			files[id] = raw
		default:
			if passive.GroupOK[id] {
				files[id] = raw
			}
		}
	}
	return files
}

// checkGroups adds to the comparison of EF.COM with EF.SOD what the chip then handed out: a signed group that is not there has
// been taken away, and without DG1 and DG2 nobody is identified. DG13 and DG15 may be denied.
func (v *visit) checkGroups(c kiosk.Check, passive pa.Result) kiosk.Check {
	if c.Result != kiosk.CheckSuccessful || v.over {
		return c
	}
	for _, n := range passive.SODGroups {
		if g, _ := lds.Group(n); errors.Is(v.missing[g.ID], errNoFile) {
			c.Result, c.Reason = kiosk.CheckFailed, string(g.ID)+" is signed and not on the chip"
			return c
		}
	}
	for _, id := range []kiosk.FileID{kiosk.FileDG1, kiosk.FileDG2} {
		if v.files[id] == nil {
			c.Result, c.Reason = kiosk.CheckUndetermined, string(id)+" not read"
		}
	}
	return c
}

// checkCardAccess compares EF.CardAccess, which is not signed, with DG14, which is (BSI TR-03110-1 §3.2). Nothing of the access
// and authentication protocols may stand in EF.CardAccess alone, and no PACE in DG14 alone. Vietnamese cards announce chip and
// terminal authentication in both; other states leave them out of EF.CardAccess. A difference means that somebody made the chip
// look weaker than it is.
func (v *visit) checkCardAccess(passive pa.Result, vietnamese bool) kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckCardAccess}
	signed := v.dg14
	switch ca := v.opened.cardAccess; {
	case signed == nil && v.opened.bac && !slices.Contains(passive.SODGroups, 14):
		c.Result, c.Reason = kiosk.CheckNotSupported, "neither EF.CardAccess nor DG14"
	case signed == nil:
		c.Result, c.Reason = kiosk.CheckUndetermined, "no DG14 to compare with"
	case v.opened.bac && len(signed.PACE) > 0:
		c.Result, c.Reason = kiosk.CheckFailed, "DG14 announces pace, the chip did not"
	case v.opened.bac:
		c.Result, c.Reason = kiosk.CheckNotSupported, "no pace in DG14 either"
	case len(signed.PACE) == 0:
		c.Result, c.Reason = kiosk.CheckUndetermined, "DG14 says nothing of pace"
	case !subset(accessInfos(ca.infos), signed.All), !subset(paceInfos(signed), ca.infos.All),
		vietnamese && !subset(accessInfos(signed), ca.infos.All):
		c.Result, c.Reason = kiosk.CheckFailed, "EF.CardAccess and DG14 differ"
	case !v.cardSecurityAgrees():
		c.Result, c.Reason = kiosk.CheckFailed, "EF.CardAccess and EF.CardSecurity differ"
	case !passive.GroupOK[kiosk.FileDG14]:
		c.Result, c.Reason = kiosk.CheckUndetermined, "DG14 not verified"
	default:
		c.Result, c.Reason = kiosk.CheckSuccessful, ca.way
	}
	return c
}

// accessInfos are the entries of EF.CardAccess that DG14 must repeat: those of the access and authentication protocols.
func accessInfos(s *lds.SecurityInfos) (raw [][]byte) {
	for _, p := range s.ChipAuth {
		raw = append(raw, p.Raw)
	}
	for _, p := range s.TerminalAuth {
		raw = append(raw, p.Raw)
	}
	return append(raw, paceInfos(s)...)
}

func paceInfos(s *lds.SecurityInfos) (raw [][]byte) {
	for _, p := range s.PACE {
		raw = append(raw, p.Raw)
	}
	return raw
}

func subset(raw [][]byte, of []lds.SecurityInfo) bool {
	have := map[string]bool{}
	for _, o := range of {
		have[string(o.Raw)] = true
	}
	for _, r := range raw {
		if !have[string(r)] {
			return false
		}
	}
	return true
}

// decoded is what the files say. Only groups whose hash matched EF.SOD are decoded.
type decoded struct {
	today   kiosk.Date
	dg1     *mrz.MRZ
	dg13    *lds.DG13
	citizen kiosk.Citizen
	photo   kiosk.Image
	differ  []string // fields in which DG1 and DG13 contradict each other
}

// hanoi is the time of Viet Nam, which has no summer time.
var hanoi = time.FixedZone("ICT", 7*3600)

func (v *visit) decode(passive pa.Result, now time.Time) *decoded {
	y, m, day := now.In(hanoi).Date()
	d := &decoded{today: kiosk.Date{Year: y, Month: int(m), Day: day}}
	if passive.GroupOK[kiosk.FileDG1] {
		d.dg1, _ = lds.ParseDG1(v.files[kiosk.FileDG1])
	}
	if passive.GroupOK[kiosk.FileDG13] {
		d.dg13, _ = lds.ParseDG13(v.files[kiosk.FileDG13])
	}
	if passive.GroupOK[kiosk.FileDG2] {
		if face, err := lds.ParseDG2(v.files[kiosk.FileDG2]); err == nil {
			d.photo = face.Image
			d.photo.Data = append([]byte(nil), face.Image.Data...)
		}
	}
	d.differ = lds.Differences(d.dg1, d.dg13)
	d.citizen = lds.Citizen(d.dg1, d.dg13, d.today)
	v.supplement(d, passive)
	return d
}

// supplement adds what DG11 and DG12 say, where the document has them.
func (v *visit) supplement(d *decoded, passive pa.Result) {
	var dg11 *lds.DG11
	var dg12 *lds.DG12
	if passive.GroupOK[kiosk.FileDG11] {
		dg11, _ = lds.ParseDG11(v.files[kiosk.FileDG11]) // what cannot be read says nothing; the encoding check names it
	}
	if passive.GroupOK[kiosk.FileDG12] {
		dg12, _ = lds.ParseDG12(v.files[kiosk.FileDG12])
	}
	lds.Supplement(&d.citizen, dg11, dg12)
}

// vietnamese reports whether the document is a Vietnamese identity card, or was opened as one. It goes by the issuing state alone:
// a card whose number is malformed is no less Vietnamese.
func (d *decoded) vietnamese(pw *password) bool {
	return pw.vietnamese || d.dg1 != nil && d.dg1.Kind == mrz.TD1 && d.dg1.State == "VNM"
}

// checkNumber compares the key with DG1 and DG1 with DG13.
func (d *decoded) checkNumber(pw *password) kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckNumber, Result: kiosk.CheckSuccessful}
	if d.dg1 == nil {
		c.Result, c.Reason = kiosk.CheckUndetermined, "DG1 not verified"
		return c
	}
	if d.dg1.Verify() != nil {
		c.Result, c.Reason = kiosk.CheckFailed, "check digits of DG1 differ"
		return c
	}
	number, err := d.dg1.PersonalNumber()
	if err != nil {
		number = d.dg1.Number
	}
	switch {
	case pw.reference == referenceCAN && len(pw.number) == 12 && number != pw.number,
		pw.reference == referenceMRZ && number != pw.number:
		c.Result, c.Reason = kiosk.CheckFailed, kiosk.ReasonKeyDiffers
	case pw.reference == referenceCAN && err == nil && !strings.HasSuffix(number, pw.number):
		c.Result, c.Reason = kiosk.CheckFailed, kiosk.ReasonKeyDiffers
	case len(d.differ) > 0:
		c.Result, c.Reason = kiosk.CheckFailed, "DG1 and DG13 differ: "+strings.Join(d.differ, ", ")
	case d.dg13 == nil || d.dg13.Number == "":
		c.Reason = "no number in DG13"
	}
	return c
}

// checkExpiry compares the document's last day with today in Viet Nam.
func (d *decoded) checkExpiry() kiosk.Check {
	c := kiosk.Check{Name: kiosk.CheckExpiry, Result: kiosk.CheckSuccessful}
	end := d.citizen.Expires
	switch {
	case d.dg1 == nil && d.dg13 == nil:
		c.Result, c.Reason = kiosk.CheckUndetermined, "DG1 not verified"
	case d.citizen.NoExpiry:
		c.Reason = "no end date"
	case end.IsZero() || end.Month == 0 || end.Day == 0:
		c.Result, c.Reason = kiosk.CheckUndetermined, "date of expiry not understood"
	case before(end, d.today):
		c.Result, c.Reason = kiosk.CheckFailed, "document has expired"
	}
	return c
}

func before(a, b kiosk.Date) bool {
	if a.Year != b.Year {
		return a.Year < b.Year
	}
	if a.Month != b.Month {
		return a.Month < b.Month
	}
	return a.Day < b.Day
}
