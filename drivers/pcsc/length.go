package pcsc

import (
	"encoding/binary"
	"strings"
	"sync"

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

// limits are the longest response data and command data that a reader carries.
type limits struct{ response, command int }

var (
	shortLimits    = limits{lengthShort, lengthShort - 1}
	extendedLimits = limits{lengthExtended, lengthExtended - 1}
)

// model is a reader that is known by its name.
type model struct {
	name     string // part of the name, lower case
	extended bool   // takes extended APDUs, longer ones than a message in chained messages
	message  int    // dwMaxCCIDMessageLength
}

// models are contactless readers by the CCID project's descriptors (readers/*.txt: dwFeatures' exchange level and
// dwMaxCCIDMessageLength). Of those with TPDU exchange it depends on the driver whether extended APDUs pass: when it says nothing
// of itself they do not.
var models = []model{
	{"acr122", false, 271}, {"acr1222", false, 271},
	{"acr1251", true, 522}, {"acr1252", true, 522}, {"acr1255", true, 522}, {"acr1281", true, 522}, {"acr1552", true, 516},
	{"omnikey 5022", true, 520}, {"omnikey 5023", true, 520}, {"omnikey 5422", true, 520}, {"omnikey 5122", true, 520},
	{"omnikey 5127", true, 520}, {"omnikey 5321", false, 271}, {"omnikey 5421", false, 271},
	{"utrust 3700", true, 1034}, {"utrust 3701", true, 1034}, {"cloud 47", true, 1034}, {"utrust 3720", false, 263},
	{"utrust 3721", true, 271}, {"utrust 4701", false, 271},
	{"vr504", true, 4106}, {"r502", true, 271}, {"de-620", true, 2038}, {"de-abcm6", true, 1014},
}

// modelOf finds a reader by its name; readers that are not known take what is usual.
func modelOf(name string) model {
	lower := strings.ToLower(name)
	for _, m := range models {
		if strings.Contains(lower, m.name) {
			return m
		}
	}
	return model{extended: true, message: 271}
}

// limits gives what a model carries.
func (m model) limits() limits {
	if m.extended {
		return extendedLimits
	}
	return shortLimits
}

// The overhead in a CCID message: its header (USB CCID 1.1 §6.1), and of an APDU the status word, or header and extended lengths.
const (
	ccidHeader     = 10
	statusSize     = 2
	extendedHeader = 4 + 3 + 2
)

// oneMessage gives what a model carries without chaining.
func (m model) oneMessage() limits {
	return limits{
		max(lengthShort, m.message-ccidHeader-statusSize),
		max(lengthShort-1, m.message-ccidHeader-extendedHeader),
	}
}

// readLimits gives what a reader carries: what it says of itself, else what its name is known for.
func readLimits(sk *scard.Card, name string) limits {
	features, err := sk.Control(scard.CtlCode(codeGetFeatures), nil)
	if err == nil {
		if ioctl, ok := feature(features, featureTLVProperties); ok {
			if properties, err := sk.Control(ioctl, nil); err == nil {
				if n, ok := maxAPDUData(properties); ok {
					n := bounded(n)
					return limits{n, n - 1}
				}
			}
		}
	}
	return modelOf(name).limits()
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

// failuresAllowed is how many long exchanges in a row may fail before a reader is used within one CCID message: a card at the edge of
// the field fails just as a reader does that cannot chain.
const failuresAllowed = 2

// lengths remembers, by reader name, how exchanges beyond one message went.
type lengths struct {
	mu     sync.Mutex
	proved map[string]bool
	failed map[string]int
}

// worked notes a response that was longer than one message.
func (l *lengths) worked(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proved == nil {
		l.proved = map[string]bool{}
	}
	l.proved[name] = true
}

// broke notes an extended exchange that the reader failed while the card was there.
func (l *lengths) broke(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = map[string]int{}
	}
	l.failed[name]++
}

// bound gives what is left of limits after what was learnt.
func (l *lengths) bound(name string, says limits) limits {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proved[name] || l.failed[name] < failuresAllowed {
		return says
	}
	one := modelOf(name).oneMessage()
	return limits{min(says.response, one.response), min(says.command, one.command)}
}
