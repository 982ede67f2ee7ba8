package emrtdtest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/lds"
	"motcua/kiosk"
)

// Fault is one thing that can be wrong with a card, its chip or the link, by name, with the outcome a reader must report when
// the reader's trust folder holds the card's issuer. Either Code or Verdict is set.
type Fault struct {
	Name    string
	Aliases []string        // other names of the same
	Text    string          // what happens, one sentence
	Code    kiosk.Code      // the read fails with this code
	Verdict kiosk.Verdict   // or ends with this verdict…
	Check   kiosk.CheckName // …because of this check; "" when the verdict is verified
	apply   func(*Card, *Options) error
}

// torn is the one fault with a parameter: torn:N tears the card away after N bytes of answers, torn:Nc with the Nth command.
const torn = "torn:"

// Apply sets the fault on the options of a chip that will be made of card.
func (f Fault) Apply(card *Card, opt *Options) error {
	if err := f.apply(card, opt); err != nil {
		return fmt.Errorf("apply fault %s: %w", f.Name, err)
	}
	return nil
}

// Faults gives every fault, in the order they are documented.
func Faults() []Fault { return append([]Fault(nil), faults...) }

// FaultByName finds a fault by its name or an alias. torn:N is found with a number in the place of N; N itself stands for 3000.
func FaultByName(name string) (Fault, error) {
	for _, f := range faults {
		if f.Name == name || slices.Contains(f.Aliases, name) {
			return f, nil
		}
	}
	if after, ok := strings.CutPrefix(name, torn); ok {
		return tornAfter(name, after)
	}
	return Fault{}, fmt.Errorf("no fault %q", name)
}

// tornAfter reads the parameter of torn.
func tornAfter(name, after string) (Fault, error) {
	number, commands := strings.CutSuffix(after, "c")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return Fault{}, fmt.Errorf("fault %q: want torn:N with N bytes, or torn:Nc with N commands, from 1", name)
	}
	f := Fault{Name: name, Text: fmt.Sprintf("the card leaves the field after %d bytes of answers", n), Code: kiosk.CodeCardLost}
	f.apply = option(func(o *Options) { o.TearBytes = n })
	if commands {
		f.Text = fmt.Sprintf("the card leaves the field with command %d", n)
		f.apply = option(func(o *Options) { o.TearCommand = n })
	}
	return f, nil
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
		Name: "wrong-le", Aliases: []string{"le-112"}, Text: "READ BINARY for more than 112 bytes is refused with 6700", Verdict: kiosk.Verified,
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
		Name: "no-master-file", Aliases: []string{"sw6d00-mf"}, Text: "SELECT MF is always refused with 6D00", Verdict: kiosk.Verified,
		apply: option(func(o *Options) { o.SelectMF = MFNever }),
	},
	{
		Name: "no-sfi", Text: "READ BINARY with a short file identifier is refused with 6A86", Verdict: kiosk.Verified,
		apply: option(func(o *Options) { o.NoSFI = true }),
	},
	{
		Name: "strict-le", Text: "SELECT and MSE:Set AT are refused with 6700 when they have an Le field, as German chips do",
		Verdict: kiosk.Verified, apply: option(func(o *Options) { o.StrictLe = true }),
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
		Name: "slow-keys", Text: "the chip computes slowly: PACE takes 1.5 s, chip authentication 0.5 s, active authentication 0.4 s",
		Verdict: kiosk.Verified,
		apply: option(func(o *Options) {
			o.Latency.PACE, o.Latency.Chip, o.Latency.Active = 1500*time.Millisecond, 500*time.Millisecond, 400*time.Millisecond
		}),
	},
	{
		Name: "stuck", Text: "every command takes 30 s longer", Code: kiosk.CodeCardTimeout,
		apply: option(func(o *Options) { o.Latency.APDU += 30 * time.Second }),
	},
	{
		Name: "naked-status", Aliases: []string{"sm-naked-sw"}, Text: "one READ BINARY of DG1 is answered with a bare 9000 outside secure messaging",
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
		Name: "clone", Aliases: []string{"cloned"}, Text: "the files were copied, the private keys were not: chip and active authentication use other keys",
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
		Name: "card-access-downgrade", Aliases: []string{"downgraded-cardaccess"}, Text: "EF.CardAccess was changed to offer PACE with 3DES as well, which DG14 does not know",
		Verdict: kiosk.Refused, Check: kiosk.CheckCardAccess,
		apply: option(func(o *Options) {
			weak := append(slices.Clone(lds.OIDPACEECDHGM), 1) // id-PACE-ECDH-GM-3DES-CBC-CBC
			replace(o, kiosk.FileCardAccess, lds.MarshalSecurityInfos(
				lds.MarshalInfo(weak, 2, bp256), lds.MarshalInfo(lds.OIDPACEGMAES, 2, bp256),
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
	{
		Name: "wrong-can", Text: "the chip opens with another CAN than the one that belongs to the number", Code: kiosk.CodeCardWrongKey,
		apply: option(func(o *Options) { o.OtherCAN = true }),
	},
	{
		Name: torn + "N", Text: "the card leaves the field after N bytes of answers, or with the Nth command for torn:Nc",
		Code: kiosk.CodeCardLost, apply: option(func(o *Options) { o.TearBytes = 3000 }),
	},
	{
		Name: "wtx", Text: "the chip asks for more time again and again before it answers what it must compute",
		Verdict: kiosk.Verified, apply: option(func(o *Options) { o.Latency.Extensions = 10 }),
	},
	{
		Name: "sm-bad-mac", Text: "one READ BINARY of DG1 is answered with a wrong MAC", Code: kiosk.CodeCardProtocol,
		apply: option(func(o *Options) { o.BadMAC = kiosk.FileDG1 }),
	},
	{
		Name: "hostile-tlv", Text: "DG1 says that it is two gigabytes long and DG15 has lengths that lead out of the file",
		Code: kiosk.CodeCardProtocol,
		apply: option(func(o *Options) {
			replace(o, kiosk.FileDG1, []byte{0x61, 0x84, 0x7F, 0xFF, 0xFF, 0xFF, 0x5F, 0x1F, 0x80})
			replace(o, kiosk.FileDG15, []byte{0x6F, 0x06, 0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF})
		}),
	},
	{
		Name: "endless-file", Text: "DG2 says that it is 16 megabytes long, and the chip gives as many bytes as one wants",
		Code: kiosk.CodeCardProtocol,
		apply: option(func(o *Options) {
			o.Endless = kiosk.FileDG2
			replace(o, kiosk.FileDG2, []byte{0x75, 0x83, 0xFF, 0xFF, 0xFF})
		}),
	},
	{
		Name: "expired-ds", Text: "EF.SOD is signed by a document signer whose certificate has ended", Verdict: kiosk.Refused,
		Check: kiosk.CheckSigner, apply: variant(VariantExpiredSigner),
	},
	{
		Name: "revoked-ds", Text: "EF.SOD is signed by a document signer that the issuer's revocation list names", Verdict: kiosk.Refused,
		Check: kiosk.CheckSigner, apply: variant(VariantRevokedSigner),
	},
	{
		Name: "no-dg13", Text: "the card has no DG13, neither in EF.COM nor in EF.SOD", Verdict: kiosk.Verified,
		apply: variant(VariantNoDG13),
	},
	{
		Name: "long-address", Text: "DG13 has an address whose length takes two bytes", Verdict: kiosk.Verified,
		apply: variant(VariantLongAddress),
	},
	{
		Name: "unlimited-expiry", Text: "the card has no end date: 991231 in DG1, words in DG13", Verdict: kiosk.Verified,
		apply: variant(VariantUnlimited),
	},
	{
		Name: "aa-refused", Text: "active authentication is refused with 6985 after chip authentication succeeded", Verdict: kiosk.Verified,
		apply: option(func(o *Options) { o.ActiveRefused = true }),
	},
	{
		Name: "two-paceinfo", Text: "PACE is offered on two curves, so that the terminal must say which", Verdict: kiosk.Verified,
		apply: variant(VariantTwoPACE),
	},
	{
		Name: "password-counter", Text: "a wrong CAN was tried before: MSE:Set AT warns with 63Cx and the chip takes its time",
		Verdict: kiosk.Verified,
		apply:   option(func(o *Options) { o.Tries, o.Tried, o.TryDelay = 10, 1, 500*time.Millisecond }),
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
