package pcsc

import (
	"encoding/binary"
	"strings"

	"github.com/ebfe/scard"
)

// The numbers of PC/SC part 10 §2.2 and §2.6.13.
const (
	codeGetFeatures       = 3400
	featureTLVProperties  = 0x12
	propertyMaxAPDUData   = 0x0A
	lengthShort           = 256
	lengthExtended        = 65536
	minimalFeatureEntry   = 6
	minimalPropertyHeader = 2
)

// shortReaders are readers whose exchange level is the short APDU (CCID project, readers/*.txt, dwFeatures 0x00020000).
var shortReaders = []string{"ACR122", "ACR1222", "OMNIKEY 5321", "OMNIKEY 5421", "uTrust 3720", "uTrust 4701"}

// maxLength gives the largest response data the reader carries: what it says of itself, else what its name is known for.
func maxLength(sk *scard.Card, name string) int {
	features, err := sk.Control(scard.CtlCode(codeGetFeatures), nil)
	if err == nil {
		if ioctl, ok := feature(features, featureTLVProperties); ok {
			if properties, err := sk.Control(ioctl, nil); err == nil {
				if n, ok := maxAPDUData(properties); ok {
					return bounded(n)
				}
			}
		}
	}
	return lengthByName(name)
}

// lengthByName knows the readers that take short APDUs alone.
func lengthByName(name string) int {
	for _, s := range shortReaders {
		if strings.Contains(strings.ToLower(name), strings.ToLower(s)) {
			return lengthShort
		}
	}
	return lengthExtended
}

// bounded keeps what a reader says within sense: 0 and everything up to 256 mean short APDUs.
func bounded(n uint32) int {
	if n <= lengthShort {
		return lengthShort
	}
	return int(min(n, lengthExtended))
}

// feature finds the control code of a feature: entries of tag, length 4, code big-endian (PC/SC part 10 §2.2).
func feature(b []byte, tag byte) (code uint32, ok bool) {
	for ; len(b) >= minimalFeatureEntry && b[1] == 4; b = b[minimalFeatureEntry:] {
		if b[0] == tag {
			return binary.BigEndian.Uint32(b[2:]), true
		}
	}
	return 0, false
}

// maxAPDUData finds dwMaxAPDUDataSize: entries of tag, length, value little-endian (PC/SC part 10 §2.6.13).
func maxAPDUData(b []byte) (n uint32, ok bool) {
	for len(b) >= minimalPropertyHeader {
		size := int(b[1])
		if len(b) < minimalPropertyHeader+size {
			return 0, false
		}
		if b[0] == propertyMaxAPDUData && size == 4 {
			return binary.LittleEndian.Uint32(b[minimalPropertyHeader:]), true
		}
		b = b[minimalPropertyHeader+size:]
	}
	return 0, false
}
