package lds

import (
	"fmt"
	"log/slog"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The objects of DG11 (Doc 9303-10 §4.7.11).
const (
	tagDG11          tlv.Tag = 0x6B
	tagFullName      tlv.Tag = 0x5F0E
	tagOtherName     tlv.Tag = 0x5F0F // in A0
	tagPersonalNo    tlv.Tag = 0x5F10
	tagFullBirth     tlv.Tag = 0x5F2B
	tagBirthPlace    tlv.Tag = 0x5F11
	tagAddress       tlv.Tag = 0x5F42
	tagTelephone     tlv.Tag = 0x5F12
	tagProfession    tlv.Tag = 0x5F13
	tagTitle         tlv.Tag = 0x5F14
	tagSummary       tlv.Tag = 0x5F15
	tagCitizenship   tlv.Tag = 0x5F16 // image
	tagOtherDocument tlv.Tag = 0x5F17
	tagCustody       tlv.Tag = 0x5F18
)

var dg11Tags = []tlv.Tag{
	tagFullName, tagPersonalNo, tagFullBirth, tagBirthPlace, tagAddress, tagTelephone, tagProfession, tagTitle, tagSummary,
	tagCitizenship, tagOtherDocument, tagCustody,
}

// DG11 is what a passport says of its holder beyond the machine-readable zone. Every part is optional. Texts are NFC, parts that
// fillers separate stand apart; what could not be read is named in Problems and kept raw in Unknown.
type DG11 struct {
	Name           string
	OtherNames     []string
	PersonalNumber string
	Birth          kiosk.Date // parts not known are 0
	BirthPlace     []string   // town, province, state
	Address        []string   // street, town, province, state
	Telephone      string
	Profession     string
	Title          string
	Summary        string
	OtherDocuments []string
	Custody        string
	Citizenship    []byte // proof of citizenship: an image, not looked at
	Unknown        []Detail
	Problems       []string // "object 5F0E: not UTF-8"; no contents
}

// Format redacts, whatever the verb.
func (*DG11) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// LogValue redacts.
func (*DG11) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// ParseDG11 reads the additional personal details. It fails only when the outer structure cannot be read.
func ParseDG11(raw []byte) (*DG11, error) { return parseDG11(raw, nil) }

func parseDG11(raw []byte, found *findings) (*DG11, error) {
	d, err := readDetails(raw, tagDG11, dg11Tags, found)
	if err != nil {
		return nil, fmt.Errorf("read DG11: %w", err)
	}
	g := &DG11{
		Name: d.text(tagFullName), OtherNames: d.names(tagOtherName), PersonalNumber: d.text(tagPersonalNo), Birth: d.date(tagFullBirth),
		BirthPlace: d.list(tagBirthPlace), Address: d.list(tagAddress), Telephone: d.text(tagTelephone), Profession: d.text(tagProfession),
		Title: d.text(tagTitle), Summary: d.text(tagSummary), OtherDocuments: d.list(tagOtherDocument), Custody: d.text(tagCustody),
		Citizenship: d.objects[tagCitizenship],
	}
	g.Unknown, g.Problems = d.unknown, d.problems
	return g, nil
}

// Marshal builds DG11 of what is not empty.
func (g *DG11) Marshal() []byte {
	b := detailsBuilder{}
	b.text(tagFullName, g.Name)
	b.others(tagOtherName, g.OtherNames)
	b.text(tagPersonalNo, g.PersonalNumber)
	b.date(tagFullBirth, g.Birth)
	b.list(tagBirthPlace, g.BirthPlace)
	b.list(tagAddress, g.Address)
	b.text(tagTelephone, g.Telephone)
	b.text(tagProfession, g.Profession)
	b.text(tagTitle, g.Title)
	b.text(tagSummary, g.Summary)
	b.bytes(tagCitizenship, g.Citizenship)
	b.list(tagOtherDocument, g.OtherDocuments)
	b.text(tagCustody, g.Custody)
	return b.file(tagDG11)
}
