package lds

import (
	"fmt"
	"log/slog"

	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// The objects of DG12 (Doc 9303-10 §4.7.12).
const (
	tagDG12         tlv.Tag = 0x6C
	tagAuthority    tlv.Tag = 0x5F19
	tagIssued       tlv.Tag = 0x5F26
	tagOtherPerson  tlv.Tag = 0x5F1A // in A0
	tagEndorsements tlv.Tag = 0x5F1B
	tagTaxExit      tlv.Tag = 0x5F1C
	tagFront        tlv.Tag = 0x5F1D // image
	tagRear         tlv.Tag = 0x5F1E // image
	tagPersonalised tlv.Tag = 0x5F55
	tagMachine      tlv.Tag = 0x5F56
)

var dg12Tags = []tlv.Tag{
	tagAuthority, tagIssued, tagEndorsements, tagTaxExit, tagFront, tagRear, tagPersonalised, tagMachine,
}

// DG12 is what a passport says of itself beyond the machine-readable zone. Every part is optional.
type DG12 struct {
	Authority    string
	Issued       kiosk.Date
	OtherPersons []string
	Endorsements string
	TaxExit      string
	Front, Rear  []byte // images of the document, not looked at
	Personalised string // "YYYYMMDDhhmmss"
	Machine      string // serial number of the personalisation system
	Unknown      []Detail
	Problems     []string // "object 5F26: no date"; no contents
}

// Format redacts, whatever the verb.
func (*DG12) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[redacted]")) }

// LogValue redacts.
func (*DG12) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// ParseDG12 reads the additional document details. It fails only when the outer structure cannot be read.
func ParseDG12(raw []byte) (*DG12, error) { return parseDG12(raw, nil) }

func parseDG12(raw []byte, found *findings) (*DG12, error) {
	d, err := readDetails(raw, tagDG12, dg12Tags, found)
	if err != nil {
		return nil, fmt.Errorf("read DG12: %w", err)
	}
	g := &DG12{
		Authority: d.text(tagAuthority), Issued: d.date(tagIssued), OtherPersons: d.names(tagOtherPerson), Endorsements: d.text(tagEndorsements),
		TaxExit: d.text(tagTaxExit), Front: d.objects[tagFront], Rear: d.objects[tagRear], Machine: d.text(tagMachine),
	}
	if b, ok := d.objects[tagPersonalised]; ok {
		if g.Personalised, ok = decimal(b, 14); !ok {
			d.problem(tagPersonalised, tlv.Encode(tagPersonalised, b), "no date")
		}
	}
	g.Unknown, g.Problems = d.unknown, d.problems
	return g, nil
}

// Marshal builds DG12 of what is not empty.
func (g *DG12) Marshal() []byte {
	b := detailsBuilder{}
	b.text(tagAuthority, g.Authority)
	b.date(tagIssued, g.Issued)
	b.others(tagOtherPerson, g.OtherPersons)
	b.text(tagEndorsements, g.Endorsements)
	b.text(tagTaxExit, g.TaxExit)
	b.bytes(tagFront, g.Front)
	b.bytes(tagRear, g.Rear)
	b.text(tagPersonalised, g.Personalised)
	b.text(tagMachine, g.Machine)
	return b.file(tagDG12)
}
