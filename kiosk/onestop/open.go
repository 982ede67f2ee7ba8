package onestop

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/dossier"
	"motcua/kiosk/seal"
)

// Chip is how the office reads what a chip gave. The functions come from the commands, so that the office links no driver.
// A missing one makes its checks undetermined, or its picture absent; never successful.
type Chip struct {
	// PassiveAuth checks EF.SOD and the hashes from raw bytes against the trust anchors, see dossier.VerifyOptions.
	PassiveAuth PassiveAuth
	// Decode reads what DG1 and DG13 say.
	Decode func(groups map[kiosk.FileID][]byte) (kiosk.Citizen, error)
	// ActiveAuth checks the chip's answer to the kiosk's challenge again, see dossier.VerifyOptions; nil leaves it to the kiosk's word.
	ActiveAuth func(groups map[kiosk.FileID][]byte, challenge, signature []byte) error
	// Photo gives the face of DG2 as encoded there.
	Photo func(groups map[kiosk.FileID][]byte) (kiosk.Image, error)
	// Convert makes a JPEG or PNG of a picture that browsers do not show (JPEG 2000).
	Convert Converter
}

// PassiveAuth is passive authentication as package dossier takes it.
type PassiveAuth = func(sod []byte, groups map[kiosk.FileID][]byte, now time.Time) ([]kiosk.Check, kiosk.Signer)

// Converter makes a picture that browsers show.
type Converter func(kiosk.Image) (kiosk.Image, error)

// Report is what checking a package again found; see package dossier.
type Report = dossier.Report

// The links of a package beside the checks of package kiosk, for the pages.
const (
	LinkDevice    = dossier.LinkDevice
	LinkSignature = dossier.LinkSignature
	LinkParts     = dossier.LinkParts
	LinkTime      = dossier.LinkTime
	LinkChip      = dossier.LinkChip
	LinkFields    = dossier.LinkFields
	LinkConsent   = dossier.LinkConsent
	LinkChallenge = dossier.LinkChallenge
	LinkPapers    = dossier.LinkPapers
	LinkChain     = dossier.LinkChain
)

// Opened is a dossier in an officer's hands: decrypted and checked again, in memory only. Wipe it after use.
type Opened struct {
	Item    Item
	Dossier *kiosk.Dossier // nil when the envelope cannot be opened
	Report  *Report        // likewise
	Fault   kiosk.Code     // why not, "" when it could
	Photos  bool           // the role may see the photos
	Photo   bool           // the chip gave a photo that can be shown
	Moves   []Move         // what the person may do now
	Events  []Event

	PageSizes []int // bytes of each page

	groups   map[kiosk.FileID][]byte
	envelope *seal.Opened
}

// Wipe zeroes the decrypted bytes: pictures and the chip's files. Texts are Go strings, which cannot be zeroed; they are
// dropped.
func (o *Opened) Wipe() {
	if o.envelope != nil {
		o.envelope.Wipe()
	}
	o.envelope, o.groups, o.Dossier = nil, nil, nil
}

// String redacts.
func (o *Opened) String() string { return "opened " + o.Item.ID }

// Name is the citizen's name: the chip's, else what the form says, else "".
func (o *Opened) Name() string {
	if o.Report != nil && o.Report.Citizen.Name != "" {
		return o.Report.Citizen.Name
	}
	if o.Dossier == nil {
		return ""
	}
	for _, f := range o.Dossier.Fields {
		if f.Key == "name" {
			return f.Value
		}
	}
	return ""
}

// page opens a page that travelled beside the envelope. Errors: bad_input, store_corrupt, the store's.
func (d *Desk) page(ctx context.Context, o *Opened, n int) ([]byte, error) {
	if n >= len(o.envelope.Header.Parts) {
		return nil, ErrNotFound
	}
	var sealed bytes.Buffer // at most 16 MB
	err := d.opt.Store.PartPieces(ctx, o.Item.Kiosk, o.envelope.Header.Parts[n].SHA256, func(piece []byte) error {
		sealed.Write(piece)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return o.envelope.ReadPart(n, &sealed)
}

// chain tells whether the dossier that the kiosk sealed before this one is here. It changes no verdict: the one before may still
// be on its way, and says nothing against this one.
func (d *Desk) chain(ctx context.Context, o *Opened) kiosk.Check {
	c, link := kiosk.Check{Name: LinkChain, Result: kiosk.CheckSuccessful}, o.envelope.Header.Link
	if link.Sequence == 0 {
		c.Result, c.Reason = kiosk.CheckNotSupported, "kiosk keeps no chain"
		return c
	}
	// A second claim is the sign of a kiosk that was copied, or set back to an older state: an officer looks at both.
	if n, err := d.opt.Store.Followers(ctx, o.Item.Kiosk, link.Previous); err == nil && n > 1 {
		if link.Previous == ([32]byte{}) {
			c.Result, c.Reason = kiosk.CheckUndetermined, "this kiosk's chain begins more than once"
		} else {
			c.Result, c.Reason = kiosk.CheckFailed, "another dossier claims the same place in the chain"
		}
		return c
	}
	if link.Previous == ([32]byte{}) {
		if c.Reason = "first dossier of this kiosk's chain"; link.Sequence != 1 {
			c.Result, c.Reason = kiosk.CheckFailed, "chain begins in the middle"
		}
		return c
	}
	before, err := d.opt.Store.ItemBySHA256(ctx, link.Previous)
	switch {
	case errors.Is(err, ErrNotFound):
		c.Result, c.Reason = kiosk.CheckUndetermined, "the dossier before it is not here"
	case err != nil:
		c.Result, c.Reason = kiosk.CheckUndetermined, "chain could not be looked up"
	case before.Kiosk != o.Item.Kiosk:
		c.Result, c.Reason = kiosk.CheckFailed, "the dossier before it is another kiosk's"
	case before.Received.After(o.Item.Received):
		c.Reason = "the dossier before it came later"
	}
	return c
}

// open decrypts and verifies; whole with the pages that travelled beside. Errors: bad_input when it is not an intact envelope for this office, or not a package.
func (d *Desk) open(ctx context.Context, it Item, body []byte, whole bool) (*Opened, error) {
	env, err := d.opt.Seal.Open(body)
	if err != nil {
		return nil, err
	}
	o := &Opened{Item: it, envelope: env}
	p, err := dossier.Open(env.Plaintext)
	if err == nil {
		err = belongs(p.Manifest, it, env.Header)
	}
	if err != nil {
		o.Wipe()
		return nil, err
	}
	o.Dossier, o.PageSizes = p.Dossier(), p.PageSizes()
	opts := dossier.VerifyOptions{
		Devices: d.opt.Devices, Now: it.Received, PassiveAuth: d.opt.Chip.PassiveAuth, Decode: d.opt.Chip.Decode,
		ActiveAuth: d.opt.Chip.ActiveAuth, Office: d.opt.Ack.Public().(ed25519.PublicKey),
	}
	if whole {
		opts.Page = func(n int) ([]byte, error) { return d.page(ctx, o, n) }
	}
	o.Report = p.Verify(opts)
	o.Report.Checks = append(o.Report.Checks, d.chain(ctx, o))
	o.groups = map[kiosk.FileID][]byte{}
	for id, b := range p.Files() {
		if strings.HasPrefix(string(id), "DG") {
			o.groups[id] = b
		}
	}
	return o, nil
}

// belongs checks that delivery, envelope and manifest speak of one dossier of one kiosk.
func belongs(m *dossier.Manifest, it Item, h seal.Header) error {
	if m.ID != it.ID || h.ID != it.ID || m.Kiosk != it.Kiosk || h.Kiosk != it.Kiosk || m.TokenID != it.TokenID {
		return kiosk.Errorf(kiosk.CodeBadInput, "open dossier", "", "delivery, envelope and manifest name different dossiers")
	}
	return nil
}

// View opens a dossier for a person. The view is logged before anything is shown. Errors: ErrDenied, ErrNotFound, the store's.
// A dossier that cannot be opened is no error: it comes with Fault.
func (d *Desk) View(ctx context.Context, a Account, id string) (*Opened, error) {
	if !a.Role.May(PermOpen) {
		return nil, ErrDenied
	}
	it, err := d.opt.Store.Item(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := d.access(ctx, a, Event{Dossier: id, Kind: EventViewed}, audit.DossierOpened); err != nil {
		return nil, err
	}
	o, err := d.openStored(ctx, it, true)
	if err != nil {
		return nil, err
	}
	o.Photos = a.Role.May(PermPhotos)
	o.Moves = MovesFor(it, a.Role)
	if o.Fault != "" {
		o.Moves = nil
	}
	if o.Events, err = d.opt.Store.Events(ctx, id); err != nil {
		o.Wipe()
		return nil, err
	}
	return o, nil
}

// access writes an access down, in the dossier's log and in the audit chain; without both there is no access.
func (d *Desk) access(ctx context.Context, a Account, e Event, kind audit.Event) error {
	e.At, e.Actor = d.Now(), a.Actor()
	if err := d.opt.Store.AddEvent(ctx, e); err != nil {
		return err
	}
	return d.kept(ctx, kind, audit.Word(audit.KeyRole, a.Role))
}

// openStored opens what the store holds, whole or without looking at every page; an envelope that cannot be opened gives an
// Opened with Fault.
func (d *Desk) openStored(ctx context.Context, it Item, whole bool) (*Opened, error) {
	body, err := d.opt.Store.Body(ctx, it.ID)
	if err != nil {
		return nil, err
	}
	o, err := d.open(ctx, it, body, whole)
	if err != nil {
		return &Opened{Item: it, Fault: kiosk.CodeOf(err)}, nil //nolint:nilerr // the fault is the result
	}
	_, err = d.chipPhoto(o)
	o.Photo = err == nil
	return o, nil
}

// Picture names a picture of a dossier.
type Picture string

// The pictures. Papers are PicturePaper followed by the number, from 1.
const (
	PictureChip  Picture = "chip"
	PictureLive  Picture = "live"
	PicturePaper Picture = "paper."
)

// Picture gives a picture for the screen. Each access is logged. Errors: ErrDenied, ErrNotFound, the store's.
func (d *Desk) Picture(ctx context.Context, a Account, id string, which Picture) (kiosk.Image, error) {
	perm := PermOpen
	if which == PictureChip || which == PictureLive {
		perm = PermPhotos
	}
	if !a.Role.May(perm) {
		return kiosk.Image{}, ErrDenied
	}
	it, err := d.opt.Store.Item(ctx, id)
	if err != nil {
		return kiosk.Image{}, err
	}
	o, err := d.openStored(ctx, it, false)
	if err != nil {
		return kiosk.Image{}, err
	}
	defer o.Wipe()
	img, err := d.picture(ctx, o, which)
	if err != nil {
		return kiosk.Image{}, err
	}
	if err := d.access(ctx, a, Event{Dossier: id, Kind: EventPicture, Note: string(which)}, audit.PictureViewed); err != nil {
		return kiosk.Image{}, err
	}
	img.Data = append([]byte(nil), img.Data...) // the original is wiped
	return img, nil
}

func (d *Desk) picture(ctx context.Context, o *Opened, which Picture) (kiosk.Image, error) {
	if o.Dossier == nil {
		return kiosk.Image{}, ErrNotFound
	}
	if which == PictureChip {
		return d.chipPhoto(o)
	}
	if which == PictureLive {
		return d.shown(o.Dossier.Face.Best)
	}
	n, ok := paperNumber(which)
	if !ok || n > len(o.Dossier.Papers) {
		return kiosk.Image{}, ErrNotFound
	}
	page, err := d.paper(ctx, o, n-1)
	if err != nil {
		return kiosk.Image{}, err
	}
	return d.shown(page)
}

// paper gives a page of an opened dossier, from 0, when it is the one that the kiosk signed.
func (d *Desk) paper(ctx context.Context, o *Opened, n int) (kiosk.Image, error) {
	doc := o.Dossier.Papers[n]
	if doc.Page.Data != nil {
		return doc.Page, nil
	}
	data, err := d.page(ctx, o, n)
	if err == nil && sha256.Sum256(data) != doc.SHA256 {
		err = kiosk.Errorf(kiosk.CodeBadInput, "open page", "", "page is not the one that the kiosk signed")
	}
	if err != nil {
		return kiosk.Image{}, errors.Join(ErrNotFound, err)
	}
	doc.Page.Data = data
	return doc.Page, nil
}

// paperNumber reads "paper.12".
func paperNumber(which Picture) (n int, ok bool) {
	digits, ok := strings.CutPrefix(string(which), string(PicturePaper))
	if !ok || digits == "" || len(digits) > 3 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n > 0
}

func (d *Desk) chipPhoto(o *Opened) (kiosk.Image, error) {
	if d.opt.Chip.Photo == nil || len(o.groups[kiosk.FileDG2]) == 0 {
		return kiosk.Image{}, ErrNotFound
	}
	img, err := d.opt.Chip.Photo(o.groups)
	if err != nil {
		return kiosk.Image{}, errors.Join(ErrNotFound, err)
	}
	return d.shown(img)
}

// shown gives a picture that a browser shows. The type is found in the bytes, never believed: a page must not be made to
// serve anything else.
func (d *Desk) shown(img kiosk.Image) (kiosk.Image, error) {
	if img.IsZero() {
		return kiosk.Image{}, ErrNotFound
	}
	if t := sniff(img.Data); t != "" {
		img.Type = t
		return img, nil
	}
	if d.opt.Chip.Convert == nil {
		return kiosk.Image{}, ErrNotFound
	}
	img, err := d.opt.Chip.Convert(img)
	if err != nil {
		return kiosk.Image{}, errors.Join(ErrNotFound, err)
	}
	if img.Type = sniff(img.Data); img.Type == "" {
		return kiosk.Image{}, ErrNotFound
	}
	return img, nil
}

func sniff(b []byte) string {
	switch {
	case len(b) > 3 && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff:
		return "image/jpeg"
	case len(b) > 8 && string(b[:8]) == "\x89PNG\r\n\x1a\n":
		return "image/png"
	}
	return ""
}
