package main

import (
	"strings"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/pcsc"
	"motcua/kiosk"
	"motcua/kiosk/daemon"
)

// openSlot gives the reader that -reader names: pcsc[:NAME], pn532:PORT or sim[:FILE].
func openSlot(name, fault string, link int) (apdu.Slot, error) {
	kind, rest, _ := strings.Cut(name, ":")
	if kind != "sim" && (fault != "" || link != 0) {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open reader", "use -reader sim:FILE", "-fault and -link need a simulated card")
	}
	switch kind {
	case "pcsc":
		return pcsc.New(&pcsc.Opts{Name: rest}), nil
	case "sim":
		card, err := simulatedCard(rest)
		if err != nil {
			return nil, err
		}
		chip, err := openChip(card, fault, link)
		if err != nil {
			return nil, err
		}
		slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{Name: "sim"})
		slot.Insert(chip)
		return slot, nil
	case "pn532":
		return daemon.OpenPN532(rest, false)
	}
	return nil, kiosk.Errorf(kiosk.CodeBadInput, "open reader", "use pcsc, pcsc:NAME, pn532:PORT, sim or sim:FILE", "no kind of reader %q", kind)
}

// simulatedCard loads a card file; without one it issues a card of a fictional person on the spot, under an issuer nobody trusts.
func simulatedCard(file string) (*emrtdtest.Card, error) {
	if file != "" {
		return openCard(file)
	}
	a, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		return nil, err
	}
	return emrtdtest.Issue(emrtdtest.Person{
		Number: fictionalNumber, Name: "NGUYỄN THỊ THỬ", Birth: "01/02/2004", Sex: "Nữ", Issued: "05/03/2024", Expires: emrtdtest.NoExpiry,
	}, emrtdtest.Silhouette(90), a)
}

// fictionalNumber opens the card that -reader sim makes; 999 is no province.
const fictionalNumber = "999304012345"

func openCard(file string) (*emrtdtest.Card, error) {
	if file == "" {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open card", "make one with `kioskctl card issue` and give it with -card", "no card file was given")
	}
	card, err := emrtdtest.LoadCard(file)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open card", "make one with `kioskctl card issue`", "%w", err)
	}
	return card, nil
}

// openChip makes a simulated chip of a card, with a fault and a link speed.
func openChip(card *emrtdtest.Card, fault string, link int) (*emrtdtest.Chip, error) {
	var err error
	opt := emrtdtest.Options{}
	if link != 0 {
		if opt.Latency, err = emrtdtest.Link(link); err != nil {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, "open card", "use -link 106, 212, 424 or 848", "%w", err)
		}
	}
	if fault != "" {
		f, err := emrtdtest.FaultByName(fault)
		if err == nil {
			err = f.Apply(card, &opt)
		}
		if err != nil {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, "open card", "use one of: "+faultNames(), "%w", err)
		}
	}
	chip, err := emrtdtest.New(card, opt)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open card", "make the card again with `kioskctl card issue`", "%w", err)
	}
	return chip, nil
}

func faultNames() string {
	var names []string
	for _, f := range emrtdtest.Faults() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}
