package emrtdtest

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // the photo's size
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
	"motcua/kiosk/cccd"
	"motcua/kiosk/mrz"
)

// Active says which key a card has for active authentication.
type Active string

// The kinds of active authentication key.
const (
	ActiveEC   Active = "ec"   // ECDSA on P-256, the default
	ActiveRSA  Active = "rsa"  // RSA 2048, ISO/IEC 9796-2; the answer needs extended lengths
	ActiveNone Active = "none" // no DG15
)

// IssueOptions say what else a card has. The zero value has an ECDSA key for active authentication and all variants.
type IssueOptions struct {
	Active     Active
	NoVariants bool      // leave out what faults need; makes the file smaller
	Now        time.Time // the day for which the variant "expired" has ended; zero for today
}

// Issue makes a card of the profile cccd-2021 for a fictional person, with the photo as DG2's face (JPEG or JPEG 2000, put in as
// it is), signed by the authority.
func Issue(p Person, photo []byte, a *Authority) (*Card, error) {
	return IssueWith(p, photo, a, IssueOptions{})
}

// IssueWith is Issue with options.
func IssueWith(p Person, photo []byte, a *Authority, opt IssueOptions) (*Card, error) {
	c := &Card{Note: noteCard, Profile: Profile2021, Number: p.Number}
	if err := c.personalise(p, photo, opt.Active); err != nil {
		return nil, fmt.Errorf("issue simulated card: %w", err)
	}
	var err error
	if c.Files[kiosk.FileSOD], err = a.SignSOD(c.Files); err != nil {
		return nil, fmt.Errorf("issue simulated card: %w", err)
	}
	if !opt.NoVariants {
		if err := c.addVariants(p, a, opt.Now); err != nil {
			return nil, fmt.Errorf("issue simulated card: %w", err)
		}
	}
	return c, nil
}

// personalise fills in everything but EF.SOD.
func (c *Card) personalise(p Person, photo []byte, active Active) error {
	number, err := cccd.ParseNumber(p.Number)
	if err != nil {
		return err
	}
	c.CAN = number.CAN()
	groups, zone, err := p.groups()
	if err != nil {
		return err
	}
	c.MRZ = [3]string(zone.Lines)
	c.Files = groups
	if c.Files[kiosk.FileDG2], err = photoGroup(photo); err != nil {
		return err
	}
	c.Files[fileDG3] = noFingers()
	if err := c.addKeys(active); err != nil {
		return err
	}
	c.Files[kiosk.FileCOM] = listing(c.Files)
	return nil
}

// groups builds DG1 and DG13.
func (p Person) groups() (map[kiosk.FileID][]byte, *mrz.MRZ, error) {
	d, err := p.dates()
	if err != nil {
		return nil, nil, err
	}
	zone, err := p.zone(d)
	if err != nil {
		return nil, nil, err
	}
	if len(zone.Lines) != 3 {
		return nil, nil, errors.New("the machine-readable zone is not TD1")
	}
	serial := make([]byte, 8)
	if _, err := rand.Read(serial); err != nil {
		return nil, nil, err
	}
	expires := NoExpiry
	if !d.expiry.None {
		expires = day(d.expiry.Date)
	}
	nfc := norm.NFC.String
	dg13 := lds.DG13{
		Number: p.Number, Name: nfc(p.Name), Birth: day(d.birth), Sex: nfc(p.Sex), Nationality: nfc(p.Nationality),
		Ethnicity: nfc(p.Ethnicity), Religion: nfc(p.Religion), Origin: nfc(p.Origin), Residence: nfc(p.Residence),
		Marks: nfc(p.Marks), Issued: day(d.issued), Expires: expires, Spouse: nfc(p.Spouse), OldNumber: p.OldNumber,
		ChipID: strings.ToUpper(hex.EncodeToString(serial)),
	}
	if p.Parents != [2]string{} {
		dg13.Parents = []string{nfc(p.Parents[0]), nfc(p.Parents[1])}
	}
	return map[kiosk.FileID][]byte{kiosk.FileDG1: lds.MarshalDG1(zone), kiosk.FileDG13: dg13.Marshal()}, zone, nil
}

// photoGroup builds DG2 of an encoded picture.
func photoGroup(photo []byte) ([]byte, error) {
	picture := kiosk.Image{Data: photo, Type: "image/jpeg"}
	if cfg, _, err := image.DecodeConfig(bytes.NewReader(photo)); err == nil {
		picture.Width, picture.Height = cfg.Width, cfg.Height
	} else if w, h, ok := jp2Size(photo); ok {
		picture.Type, picture.Width, picture.Height = "image/jp2", w, h
	} else {
		return nil, errors.New("the photo is neither JPEG nor JPEG 2000")
	}
	return lds.MarshalDG2(picture)
}

// jp2Size finds the image header box of a JPEG 2000 file (ISO/IEC 15444-1 §I.5.3.1).
func jp2Size(b []byte) (width, height int, ok bool) {
	i := bytes.Index(b, []byte("ihdr"))
	if !bytes.HasPrefix(b, []byte{0, 0, 0, 12, 'j', 'P', ' ', ' '}) || i < 0 || len(b) < i+12 {
		return 0, 0, false
	}
	n := func(b []byte) int { return int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3]) }
	return n(b[i+8:]), n(b[i+4:]), true
}

// noFingers is DG3 without a finger: zero instances and random filling, as Doc 9303-10 §4.7.3.1 has it where none were taken.
func noFingers() []byte {
	filling := make([]byte, 16)
	if _, err := rand.Read(filling); err != nil {
		panic("emrtdtest: crypto/rand cannot fail")
	}
	return tlv.Encode(0x63, tlv.Encode(0x7F61, tlv.AppendInt(nil, 0), tlv.Encode(0x53, filling)))
}

// addKeys makes the chip's keys with DG14, DG15 and EF.CardAccess.
func (c *Card) addKeys(active Active) error {
	chip, err := curve().GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make chip authentication key: %w", err)
	}
	c.ChipKey = chip.Bytes()
	infos := [][]byte{
		lds.MarshalInfo(lds.OIDTA, 1, lds.NoID),
		lds.MarshalInfo(lds.OIDCAECDHAES, 1, lds.NoID),
		lds.MarshalInfo(lds.OIDPACEGMAES, 2, domain),
	}
	c.Files[kiosk.FileCardAccess] = lds.MarshalSecurityInfos(infos...)
	infos = append(infos, lds.MarshalKeyInfo(lds.OIDPKECDH, lds.MarshalECKey(chip.Public, true), lds.NoID))
	aa, err := c.addActive(active)
	if err != nil {
		return err
	}
	if aa != nil {
		infos = append(infos, aa)
	}
	c.Files[kiosk.FileDG14] = lds.MarshalDG14(infos...)
	return nil
}

// oidPlainSHA256 is ecdsa-plain-SHA256 (BSI TR-03111 §5.2.1).
var oidPlainSHA256 = asn1.ObjectIdentifier{0, 4, 0, 127, 0, 7, 1, 1, 4, 1, 3}

// addActive makes the active authentication key with DG15, and gives the entry DG14 needs for it (nil for RSA).
func (c *Card) addActive(active Active) ([]byte, error) {
	var k activeKey
	var info []byte
	var err error
	switch active {
	case ActiveNone:
		return nil, nil
	case ActiveRSA:
		k, err = newRSAKey(rand.Reader)
	case ActiveEC, "":
		k, err = newECKey(rand.Reader)
		info = lds.MarshalAAInfo(oidPlainSHA256)
	default:
		err = fmt.Errorf("active authentication %q is not known", active)
	}
	if err != nil {
		return nil, err
	}
	if c.ActiveKey, err = x509.MarshalPKCS8PrivateKey(k.private()); err != nil {
		return nil, fmt.Errorf("store active authentication key: %w", err)
	}
	spki, err := x509.MarshalPKIXPublicKey(k.public())
	if err != nil {
		return nil, fmt.Errorf("build DG15: %w", err)
	}
	c.Files[kiosk.FileDG15] = lds.MarshalDG15(spki)
	return info, nil
}

// listing builds EF.COM over the data groups there are.
func listing(files map[kiosk.FileID][]byte) []byte {
	com := lds.COM{LDS: "0107", Unicode: "040000"}
	for n := 1; n <= 16; n++ {
		if f, ok := lds.Group(n); ok && files[f.ID] != nil {
			com.Groups = append(com.Groups, f.ID)
		}
	}
	return com.Marshal()
}

// addVariants makes what only the issuer can make: see the Variant constants.
func (c *Card) addVariants(p Person, a *Authority, now time.Time) error {
	c.Variants = map[string]Variant{}
	other, err := NewAuthority(AuthorityOptions{Curve: a.Curve, Name: "Unknown CSCA"})
	if err != nil {
		return err
	}
	foreign, err := other.SignSOD(c.Files)
	if err != nil {
		return err
	}
	c.Variants[VariantUnknown] = Variant{Files: map[kiosk.FileID][]byte{kiosk.FileSOD: foreign}}
	if c.Files[kiosk.FileDG15] != nil {
		short, err := a.SignSOD(c.Files, kiosk.FileDG15)
		if err != nil {
			return err
		}
		c.Variants[VariantNotInSOD] = Variant{Files: map[kiosk.FileID][]byte{kiosk.FileSOD: short}}
	}
	for name, person := range map[string]Person{VariantExpired: p.expired(now), VariantTwin: p.twin()} {
		if c.Variants[name], err = c.reissue(person, a); err != nil {
			return fmt.Errorf("variant %s: %w", name, err)
		}
	}
	return nil
}

// reissue makes a variant with another person's DG1 and DG13.
func (c *Card) reissue(p Person, a *Authority) (Variant, error) {
	groups, zone, err := p.groups()
	if err != nil {
		return Variant{}, err
	}
	v := Variant{Files: groups, MRZ: [3]string(zone.Lines)}
	all := map[kiosk.FileID][]byte{}
	for _, m := range []map[kiosk.FileID][]byte{c.Files, groups} {
		for id, data := range m {
			all[id] = data
		}
	}
	v.Files[kiosk.FileSOD], err = a.SignSOD(all)
	return v, err
}

// expired is the same person with a card that has ended: at the last milestone birthday that has passed, else a year ago.
func (p Person) expired(at time.Time) Person {
	now := today(at)
	birth, _ := cccd.ParseDate(p.Birth) // groups has refused what is no date
	end := cccd.Date{Year: now.Year - 1, Month: now.Month, Day: min(now.Day, 28)}
	for _, m := range []int{14, 25, 40, 60} {
		d := cccd.Date{Year: birth.Year + m, Month: birth.Month, Day: birth.Day}
		if d.Valid() && d.Compare(now) < 0 {
			end = d
		}
	}
	issued := end
	issued.Year -= 5
	if issued.Compare(birth) < 0 {
		issued = birth
	}
	p.Issued, p.Expires = day(issued), day(end)
	return p
}

// twin is another person, a year older or younger, whose card opens with the same CAN.
func (p Person) twin() Person {
	birth, _ := cccd.ParseDate(p.Birth) // groups has refused what is no date
	if birth.Year%100 == 0 {
		birth.Year++ // the number's century digit must not change
	} else {
		birth.Year--
	}
	birth.Day = min(birth.Day, 28)
	p.Birth = day(birth)
	p.Number = p.Number[:4] + fmt.Sprintf("%02d", birth.Year%100) + p.Number[6:]
	p.Name, p.NameMRZ = "NGUYỄN VĂN NGƯỜI KHÁC", ""
	return p
}
