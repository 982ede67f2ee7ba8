package seal

import (
	"crypto/ed25519"
	"encoding/binary"
	"time"

	"motcua/kiosk"
)

// announceDomain separates announcements from everything else the office's signing key signs.
const announceDomain = "motcua/sealkey/1"

// Announcement is the office's signed word that kiosks shall seal to these keys from a time on: its own and, where there is one, the
// recovery key. The signature is Ed25519 by the key that signs acknowledgements, over "motcua/sealkey/1" NUL, the time in
// microseconds since 1970 (8 bytes, big endian), the number of keys in one byte and the keys, 1216 bytes each. So a key is
// replaced without visiting the kiosks: the office announces the next one and keeps the old for what is still on its way.
type Announcement struct {
	Keys      []PublicKey `json:"keys"`      // base64
	From      time.Time   `json:"from"`      //
	Signature []byte      `json:"signature"` // base64
}

func (a *Announcement) bytes() []byte {
	b := binary.BigEndian.AppendUint64([]byte(announceDomain+"\x00"), uint64(a.From.UnixMicro()))
	b = append(b, byte(len(a.Keys)))
	for _, k := range a.Keys {
		b = append(b, k.Bytes()...)
	}
	return b
}

// whole reports whether there are 1 to 4 keys, none of them empty.
func (a *Announcement) whole() bool {
	for _, k := range a.Keys {
		if k.key == nil {
			return false
		}
	}
	return len(a.Keys) >= 1 && len(a.Keys) <= MaxRecipients
}

// Announce signs.
func Announce(signer ed25519.PrivateKey, from time.Time, keys ...PublicKey) Announcement {
	a := Announcement{Keys: keys, From: from.UTC().Truncate(time.Microsecond)}
	a.Signature = ed25519.Sign(signer, a.bytes())
	return a
}

// Verify checks that the office signed. Error: office_untrusted.
func (a *Announcement) Verify(office ed25519.PublicKey) error {
	if len(office) != ed25519.PublicKeySize || !a.whole() || !ed25519.Verify(office, a.bytes(), a.Signature) {
		return kiosk.Errorf(kiosk.CodeOfficeUntrusted, "verify office key", "compare the key in office.json with the office's",
			"announcement is not the office's")
	}
	return nil
}

// Newest gives the keys announced last whose time has come, nil when there are none. What the office did not sign is passed over.
func Newest(announced []Announcement, office ed25519.PublicKey, now time.Time) []PublicKey {
	var best *Announcement
	for i := range announced {
		a := &announced[i]
		if a.Verify(office) == nil && !a.From.After(now) && (best == nil || a.From.After(best.From)) {
			best = a
		}
	}
	if best == nil {
		return nil
	}
	return best.Keys
}
