package emrtdtest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // the photo's size
	"strings"

	"golang.org/x/text/unicode/norm"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// DG13Style says what DG13 tells. What the cards of 2024 really hold is not established; so it can be chosen.
type DG13Style string

// The styles of DG13. The empty string is the profile's.
const (
	DG13Full    DG13Style = "full"    // every field, as on the cards since 2021
	DG13Reduced DG13Style = "reduced" // number, name, birth, sex, nationality, origin and expiry: what circular 16/2024/TT-BCA art. 6 codes openly
	DG13Opaque  DG13Style = "opaque"  // the same, and the other fields as octets that only the authority could read
)

// cardGroups builds DG1 and DG13 of an identity card.
func cardGroups(p Person, o *IssueOptions) (map[kiosk.FileID][]byte, zone, error) {
	d, err := p.dates()
	if err != nil {
		return nil, zone{}, err
	}
	m, err := p.zone(d)
	if err != nil {
		return nil, zone{}, err
	}
	if len(m.Lines) != 3 {
		return nil, zone{}, errors.New("the machine-readable zone is not TD1")
	}
	dg13, err := p.dg13(d, o.DG13)
	if err != nil {
		return nil, zone{}, err
	}
	return map[kiosk.FileID][]byte{kiosk.FileDG1: lds.MarshalDG1(m), kiosk.FileDG13: dg13}, zoneOf(m), nil
}

// dg13 builds DG13.
func (p Person) dg13(d dates, style DG13Style) ([]byte, error) {
	serial := make([]byte, 8)
	if _, err := rand.Read(serial); err != nil {
		return nil, err
	}
	expires := NoExpiry
	if !d.expiry.None {
		expires = day(d.expiry.Date)
	}
	nfc := norm.NFC.String
	g := lds.DG13{
		Number: p.Number, Name: nfc(p.Name), Birth: day(d.birth), Sex: nfc(p.Sex), Nationality: nfc(p.Nationality),
		Ethnicity: nfc(p.Ethnicity), Religion: nfc(p.Religion), Origin: nfc(p.Origin), Residence: nfc(p.Residence),
		Marks: nfc(p.Marks), Issued: day(d.issued), Expires: expires, Spouse: nfc(p.Spouse), OldNumber: p.OldNumber,
		ChipID: strings.ToUpper(hex.EncodeToString(serial)),
	}
	if p.Parents != [2]string{} {
		g.Parents = []string{nfc(p.Parents[0]), nfc(p.Parents[1])}
	}
	switch style {
	case DG13Full:
		return g.Marshal(), nil
	case DG13Reduced, DG13Opaque:
	default:
		return nil, fmt.Errorf("DG13 in the style %q is not known", style)
	}
	open := map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 8: true, 12: true}
	return rewriteDG13(g.Marshal(), func(n int, field []byte) []byte {
		switch {
		case open[n]:
			return field
		case style == DG13Reduced:
			return nil
		}
		secret := make([]byte, 48)
		if _, err := rand.Read(secret); err != nil {
			panic("emrtdtest: crypto/rand cannot fail")
		}
		return tlv.Encode(tlv.Sequence, tlv.AppendInt(nil, n), tlv.Encode(tlv.OctetString, secret))
	})
}

// rewriteDG13 passes every field of DG13 (SEQUENCE { INTEGER n, value… }) through a function; nil leaves it out.
func rewriteDG13(raw []byte, field func(n int, raw []byte) []byte) ([]byte, error) {
	file, err := tlv.ReadOne(raw, 0x6D)
	if err != nil {
		return nil, err
	}
	outer, err := tlv.ReadOne(file.Value, tlv.Sequence)
	if err != nil {
		return nil, err
	}
	parts, err := outer.Children()
	if err != nil || len(parts) != 3 {
		return nil, errors.New("DG13 does not have three parts")
	}
	fields, err := parts[2].Children()
	if err != nil {
		return nil, err
	}
	var kept [][]byte
	for _, f := range fields {
		inner, err := f.Children()
		if err != nil || len(inner) == 0 {
			return nil, errors.New("a field of DG13 has no number")
		}
		n, err := inner[0].Int()
		if err != nil {
			return nil, err
		}
		kept = append(kept, field(n, f.Raw))
	}
	return tlv.Encode(0x6D, tlv.Encode(tlv.Sequence, parts[0].Raw, parts[1].Raw, tlv.Encode(parts[2].Tag, kept...))), nil
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
