package lds

import (
	"strings"

	"motcua/kiosk"
	"motcua/kiosk/cccd"
	"motcua/kiosk/mrz"
)

// DerivedKeys gives the keys of a Vietnamese card's machine-readable zone that follow from what its QR code says: at most two, the
// likeliest first. They open the chip by PACE-MRZ or BAC without the back of the card being read. The zones in them have no name, for
// the key does not depend on it.
func DerivedKeys(n cccd.Number, birth, issued cccd.Date) []kiosk.CardKey {
	sex := map[string]string{"Nam": "M", "Nữ": "F"}[n.Sex()]
	var keys []kiosk.CardKey
	for _, z := range cccd.Zones(n, birth, issued) {
		c, err := mrz.VietnameseCard(string(n), z.Birth, sex, z.Expiry, "", "")
		if err != nil {
			continue // a number of another shape: it was checked
		}
		m, err := c.Build()
		if err != nil {
			continue
		}
		keys = append(keys, kiosk.CardKey{Kind: kiosk.KeyMRZ, Value: strings.Join(m.Lines, "/")})
	}
	return keys
}
