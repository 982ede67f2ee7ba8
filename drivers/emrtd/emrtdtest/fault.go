package emrtdtest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"slices"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// Fault is one thing that can be wrong with a card, its chip or the link, by name, with the outcome a reader must report when
// the reader's trust folder holds the card's issuer. Either Code or Verdict is set.
type Fault struct {
	Name    string
	Text    string          // what happens, one sentence
	Code    kiosk.Code      // the read fails with this code
	Verdict kiosk.Verdict   // or ends with this verdict…
	Check   kiosk.CheckName // …because of this check; "" when the verdict is verified
	apply   func(*Card, *Options) error
}

// Apply sets the fault on the options of a chip that will be made of card.
func (f Fault) Apply(card *Card, opt *Options) error {
	if err := f.apply(card, opt); err != nil {
		return fmt.Errorf("apply fault %s: %w", f.Name, err)
	}
	return nil
}

// Faults gives every fault, in the order they are documented.
func Faults() []Fault { return append([]Fault(nil), faults...) }

// FaultByName finds a fault.
func FaultByName(name string) (Fault, error) {
	for _, f := range faults {
		if f.Name == name {
			return f, nil
		}
	}
	return Fault{}, fmt.Errorf("no fault %q", name)
}

// option makes an apply function of a change of the options.
func option(set func(*Options)) func(*Card, *Options) error {
	return func(_ *Card, o *Options) error { set(o); return nil }
}

// variant makes an apply function that serves a variant of the card.
func variant(name string) func(*Card, *Options) error {
	return func(c *Card, o *Options) error {
		o.Variant = name
		_, err := c.variant(name)
		return err
	}
}

// replace makes an apply function that serves other bytes for one file.
func replace(o *Options, id kiosk.FileID, data []byte) {
	o.Replace = maps.Clone(o.Replace)
	if o.Replace == nil {
		o.Replace = map[kiosk.FileID][]byte{}
	}
	o.Replace[id] = data
}

var faults = []Fault{
	{
		Name: "tear", Text: "the card leaves the field in the middle of DG2", Code: kiosk.CodeCardLost,
		apply: option(func(o *Options) { o.TearAt, o.TearOffset = kiosk.FileDG2, 2000 }),
	},
	{
		Name: "tear-early", Text: "the card leaves the field at the first bytes of EF.SOD", Code: kiosk.CodeCardLost,
		apply: option(func(o *Options) { o.TearAt = kiosk.FileSOD }),
	},
	{
		Name: "swap", Text: "the card leaves in the middle of DG2 and the card that comes back is another one with the same CAN",
		Code: kiosk.CodeCardLost,
		apply: func(c *Card, o *Options) error {
			o.TearAt, o.TearOffset, o.TearInto = kiosk.FileDG2, 2000, VariantTwin
			_, err := c.variant(VariantTwin)
			return err
		},
	},
	{
		Name: "wrong-le", Text: "READ BINARY for more than 112 bytes is refused with 6700", Verdict: kiosk.Verified,
		apply: option(func(o *Options) { o.MaxRead = 112 }),
	},
	{
		Name: "exact-le", Text: "READ BINARY past the end of a file is refused with 6Cxx", Verdict: kiosk.Verified,
		apply: option(func(o *Options) { o.EndOfFile = EndExact }),
	},
	{
		Name: "short-only", Text: "extended lengths are refused with 6700", Verdict: kiosk.Verified,
		apply: option(func(o *Options) { o.ShortOnly = true }),
	},
	{
		Name: "no-master-file", Text: "SELECT MF is always refused with 6D00", Verdict: kiosk.Verified,
		apply: option(func(o *Options) { o.SelectMF = MFNever }),
	},
	{
		Name: "card-access-refused", Text: "EF.CardAccess cannot be read (6982), as on a card of 2023", Verdict: kiosk.Verified,
		apply: option(func(o *Options) { o.CardAccess = AccessRefused }),
	},
	{
		Name: "slow", Text: "every command takes 20 ms longer", Verdict: kiosk.Verified,
		apply: option(func(o *Options) { o.Latency.APDU += 20 * time.Millisecond }),
	},
	{
		Name: "stuck", Text: "every command takes 30 s longer", Code: kiosk.CodeCardTimeout,
		apply: option(func(o *Options) { o.Latency.APDU += 30 * time.Second }),
	},
	{
		Name: "naked-status", Text: "one READ BINARY of DG1 is answered with a bare 9000 outside secure messaging",
		Code:  kiosk.CodeCardProtocol,
		apply: option(func(o *Options) { o.Naked = Naked{At: kiosk.FileDG1, SW: apdu.StatusOK} }),
	},
	{
		Name: "naked-data", Text: "one READ BINARY of DG1 is answered with its plain bytes outside secure messaging",
		Code:  kiosk.CodeCardProtocol,
		apply: option(func(o *Options) { o.Naked = Naked{At: kiosk.FileDG1, Data: true} }),
	},
	{
		Name: "flipped-byte", Text: "one bit of DG2's picture differs from what was signed", Verdict: kiosk.Refused,
		Check: kiosk.CheckHashes,
		apply: option(func(o *Options) { o.FlipAt, o.FlipOffset = kiosk.FileDG2, -64 }),
	},
	{
		Name: "forged-dg2", Text: "the photo was replaced, EF.SOD was not", Verdict: kiosk.Refused, Check: kiosk.CheckHashes,
		apply: func(_ *Card, o *Options) error {
			dg2, err := photoGroup(Silhouette(forgedGrey))
			if err != nil {
				return err
			}
			replace(o, kiosk.FileDG2, dg2)
			return nil
		},
	},
	{
		Name: "unknown-issuer", Text: "EF.SOD is signed under a CSCA that is not in the trust folder",
		Verdict: kiosk.Undetermined, Check: kiosk.CheckSigner, apply: variant(VariantUnknown),
	},
	{
		Name: "clone", Text: "the files were copied, the private keys were not: chip and active authentication use other keys",
		Verdict: kiosk.Refused, Check: kiosk.CheckChipAuth,
		apply: option(func(o *Options) { o.Clone = CloneForges }),
	},
	{
		Name: "clone-refuses", Text: "a copied chip refuses chip and active authentication with 6A80", Verdict: kiosk.Refused,
		Check: kiosk.CheckChipAuth,
		apply: option(func(o *Options) { o.Clone = CloneRefuses }),
	},
	{
		Name: "expired", Text: "the card has ended", Verdict: kiosk.Refused, Check: kiosk.CheckExpiry,
		apply: variant(VariantExpired),
	},
	{
		Name: "card-access-downgrade", Text: "EF.CardAccess was changed to offer PACE with 3DES as well, which DG14 does not know",
		Verdict: kiosk.Refused, Check: kiosk.CheckCardAccess,
		apply: option(func(o *Options) {
			weak := append(slices.Clone(lds.OIDPACEECDHGM), 1) // id-PACE-ECDH-GM-3DES-CBC-CBC
			replace(o, kiosk.FileCardAccess, lds.MarshalSecurityInfos(
				lds.MarshalInfo(weak, 2, domain), lds.MarshalInfo(lds.OIDPACEGMAES, 2, domain),
				lds.MarshalInfo(lds.OIDCAECDHAES, 1, lds.NoID), lds.MarshalInfo(lds.OIDTA, 1, lds.NoID)))
		}),
	},
	{
		Name: "dg14-stripped", Text: "DG14 was taken off the chip and out of EF.COM to hide chip authentication",
		Verdict: kiosk.Refused, Check: kiosk.CheckGroups,
		apply: func(c *Card, o *Options) error {
			files := maps.Clone(c.Files)
			delete(files, kiosk.FileDG14)
			replace(o, kiosk.FileDG14, nil)
			replace(o, kiosk.FileCOM, listing(files))
			return nil
		},
	},
	{
		Name: "dg-not-in-sod", Text: "DG15 is on the chip and in EF.COM, but EF.SOD has no hash of it", Verdict: kiosk.Refused,
		Check: kiosk.CheckHashes, apply: variant(VariantNotInSOD),
	},
}

// forgedGrey is the forger's picture.
const forgedGrey = 40

// Silhouette draws the picture of nobody as a JPEG of 240 by 320 pixels, in a grey of choice: a photo for tests that look at no
// face, and what the fault forged-dg2 puts in DG2.
func Silhouette(grey uint8) []byte {
	const w, h = 240, 320
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			shade := uint8(200 - y/8)
			head := (x-120)*(x-120)*4+(y-120)*(y-120)*3 < 70*70*4
			body := y > 200 && (x-120)*(x-120)+(y-320)*(y-320) < 110*110
			if head || body {
				shade = grey
			}
			img.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		panic("emrtdtest: writing to memory cannot fail: " + err.Error())
	}
	return b.Bytes()
}
