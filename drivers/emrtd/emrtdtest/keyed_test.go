package emrtdtest

import "motcua/drivers/emrtd/ec"

// The contents of id-PACE-ECDH-GM-AES-CBC-CMAC-128 and id-CA-ECDH-AES-CBC-CMAC-128.
var (
	oidPACE = []byte{0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, 0x02}
	oidChip = []byte{0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x02}
)

// curve gives brainpoolP256r1 as package ec has it: the terminals of these tests compute with other code than the chip.
func curve() *ec.Curve {
	c, err := ec.ByID(bp256)
	if err != nil {
		panic(err)
	}
	return c
}

func newAESSession(kenc, kmac []byte) (*session, error) {
	return newKeyedSession(AES128, kenc, kmac, nil)
}

func newDESSession(kenc, kmac, ssc []byte) (*session, error) {
	return newKeyedSession(TripleDES, kenc, kmac, ssc)
}
