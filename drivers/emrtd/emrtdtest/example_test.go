package emrtdtest_test

import (
	"context"
	"fmt"

	"motcua/drivers/emrtd"
	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/pa"
	"motcua/kiosk"
)

// A card of a fictional person is issued, its chip laid on a reader in memory, and read by the real reader code.
func Example() {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	must(err)
	card, err := emrtdtest.Issue(emrtdtest.Person{
		Number: "999304012345", Name: "NGUYỄN THỊ THU", Birth: "01/02/2004", Sex: "Nữ",
		Issued: "05/03/2024", Expires: emrtdtest.NoExpiry,
	}, emrtdtest.Silhouette(90), authority)
	must(err)
	chip, err := emrtdtest.New(card, emrtdtest.Options{})
	must(err)
	slot := emrtdtest.NewSlot(emrtdtest.SlotOptions{})
	slot.Insert(chip)

	trust, err := pa.NewStore(authority.CSCA)
	must(err)
	reader := emrtd.NewReader(slot, emrtd.Options{Trust: trust})
	result, err := reader.Read(context.Background(), kiosk.CardKey{Kind: kiosk.KeyCAN, Value: card.CAN}, nil)
	must(err)
	fmt.Println(result.Verdict, "by", result.Access)
	// Output: verified by PACE-CAN ECDH-GM-AES-128 brainpoolP256r1
}
