package emrtdtest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"maps"
	"math/big"
	"time"

	"motcua/drivers/emrtd/lds"
	"motcua/drivers/emrtd/tlv"
	"motcua/kiosk"
)

// IssueOptions say what else a card has. The zero value is a card of the profile cccd-2021 with all variants. PACE, ChipAuth,
// Active, Lengths and DG13 left empty are as the profile has them; see [Profiles].
//
// The files are made in this order: the profile's groups and keys, Edit, EF.COM, EF.SOD, After. So a change in Edit is signed and
// listed (a file it removes is neither), a change in After is not signed. Both also run for every variant's files, which are made
// anew from the profile's groups.
type IssueOptions struct {
	Profile      string                                    // a name of [Profiles]; "" for cccd-2021
	Active       Active                                    // key of active authentication
	PACE         []PACEOffer                               // ways of PACE in EF.CardAccess and DG14; empty but not nil for none
	ChipAuth     []ChipAuthOffer                           // ways of chip authentication in DG14; empty but not nil for none
	CardSecurity bool                                      // EF.CardSecurity; comes by itself with PACE-CAM
	Lengths      Lengths                                   // what EF.ATR/INFO states and the chip takes
	DG13         DG13Style                                 // what DG13 tells
	SOD          SODOptions                                // how EF.SOD is made otherwise than usual
	Edit         func(files map[kiosk.FileID][]byte) error // changes files before EF.COM and EF.SOD are made
	After        func(files map[kiosk.FileID][]byte) error // changes files afterwards
	NoVariants   bool                                      // leave out what faults need; makes the file smaller
	Now          time.Time                                 // the day for which the variant "expired" has ended; zero for today

	zeros bool // public keys begin with a zero byte
}

// Issue makes a card of the profile cccd-2021 for a fictional person, with the photo as DG2's face (JPEG or JPEG 2000, put in as
// it is), signed by the authority.
func Issue(p Person, photo []byte, a *Authority) (*Card, error) {
	return IssueWith(p, photo, a, IssueOptions{})
}

// IssueWith is Issue with options.
func IssueWith(p Person, photo []byte, a *Authority, opt IssueOptions) (*Card, error) {
	w, err := newIssuing(a, opt)
	if err != nil {
		return nil, fmt.Errorf("issue simulated card: %w", err)
	}
	if err := w.personalise(p, photo); err != nil {
		return nil, fmt.Errorf("issue simulated card: %w", err)
	}
	if w.card.Files, err = w.finish(nil, w.opt.SOD); err != nil {
		return nil, fmt.Errorf("issue simulated card: %w", err)
	}
	if !opt.NoVariants {
		if err := w.addVariants(p); err != nil {
			return nil, fmt.Errorf("issue simulated card: %w", err)
		}
	}
	return w.card, nil
}

// issuing is a card in the making.
type issuing struct {
	authority *Authority
	profile   *Profile
	opt       IssueOptions
	card      *Card
	base      map[kiosk.FileID][]byte // before Edit, EF.COM and EF.SOD
}

// newIssuing fills in what the profile says.
func newIssuing(a *Authority, opt IssueOptions) (*issuing, error) {
	p, err := profileByName(opt.Profile)
	if err != nil {
		return nil, err
	}
	if p.groups == nil {
		return nil, fmt.Errorf("the profile %s is made of a folder of files", p.Name)
	}
	if opt.PACE == nil {
		opt.PACE = p.pace
	}
	if opt.ChipAuth == nil {
		opt.ChipAuth = p.chipAuth
	}
	if opt.Active == "" {
		opt.Active = p.active
	}
	if opt.Lengths == (Lengths{}) {
		opt.Lengths = p.lengths
	}
	if opt.DG13 == "" {
		opt.DG13 = p.dg13
	}
	if opt.SOD.Algorithm == (Algorithm{}) {
		opt.SOD.Algorithm = p.sod.Algorithm
	}
	c := &Card{Note: noteCard, Profile: p.Name, PACE: opt.PACE, Lengths: opt.Lengths}
	return &issuing{authority: a, profile: p, opt: opt, card: c, base: map[kiosk.FileID][]byte{}}, nil
}

// personalise fills in everything but EF.COM and EF.SOD.
func (w *issuing) personalise(p Person, photo []byte) error {
	number, err := p.number()
	if err != nil {
		return err
	}
	w.card.Number, w.card.CAN = p.Number, number.CAN()
	groups, z, err := w.profile.groups(p, &w.opt)
	if err != nil {
		return err
	}
	w.card.MRZ = z.lines
	maps.Copy(w.base, groups)
	if w.base[kiosk.FileDG2], err = photoGroup(photo); err != nil {
		return err
	}
	if w.profile.fingers {
		w.base[fileDG3] = noFingers()
	}
	if w.profile.details {
		w.base[kiosk.FileDG11], w.base[kiosk.FileDG12] = p.details()
	}
	if w.opt.Lengths != (Lengths{}) {
		w.base[kiosk.FileATRInfo] = w.opt.Lengths.file()
	}
	return w.addKeys()
}

// finish makes a set of files: the base with changes over it (nil takes a file away), edited, listed in EF.COM and signed.
func (w *issuing) finish(changes map[kiosk.FileID][]byte, sod SODOptions) (map[kiosk.FileID][]byte, error) {
	files := map[kiosk.FileID][]byte{}
	for _, m := range []map[kiosk.FileID][]byte{w.base, changes} {
		for id, data := range m {
			if files[id] = bytes.Clone(data); data == nil {
				delete(files, id)
			}
		}
	}
	if w.opt.Edit != nil {
		if err := w.opt.Edit(files); err != nil {
			return nil, err
		}
	}
	files[kiosk.FileCOM] = listing(files)
	var err error
	if files[kiosk.FileSOD], err = w.authority.SignSODWith(files, sod); err != nil {
		return nil, err
	}
	if w.opt.After != nil {
		err = w.opt.After(files)
	}
	return files, err
}

// addKeys makes the chip's keys with DG14, DG15, EF.CardAccess and EF.CardSecurity.
func (w *issuing) addKeys() error {
	var infos [][]byte
	for _, o := range w.opt.PACE {
		if err := o.Check(); err != nil {
			return err
		}
		infos = append(infos, lds.MarshalInfo(o.OID(), 2, o.Parameter))
	}
	own, err := w.addChipKeys()
	if err != nil {
		return err
	}
	infos = append(infos, own.infos...)
	if len(w.opt.PACE) > 0 {
		w.base[kiosk.FileCardAccess] = lds.MarshalSecurityInfos(infos...)
	}
	if err := w.addCardSecurity(infos); err != nil {
		return err
	}
	infos = append(infos, own.keys...)
	aa, err := w.addActive()
	if err != nil {
		return err
	}
	if infos = append(infos, aa...); len(infos) > 0 {
		w.base[kiosk.FileDG14] = lds.MarshalDG14(infos...)
	}
	return nil
}

// announced are the entries of chip authentication: those of EF.CardAccess, and the keys of DG14.
type announced struct{ infos, keys [][]byte }

// addChipKeys makes a key for every reference among the offers. With fingerprints terminal authentication is announced too.
func (w *issuing) addChipKeys() (a announced, err error) {
	made := map[int]*ChipSecret{}
	for _, o := range w.opt.ChipAuth {
		if err := o.Check(); err != nil {
			return a, err
		}
		d, err := domainByID(o.Parameter)
		if err != nil {
			return a, err
		}
		reference := lds.NoID
		if o.KeyID != 0 {
			reference = o.KeyID
		}
		a.infos = append(a.infos, lds.MarshalInfo(o.OID(), 1, reference))
		if first, ok := made[o.KeyID]; ok {
			if first.Parameter != o.Parameter {
				return a, fmt.Errorf("chip authentication key %d has two domains", o.KeyID)
			}
			w.card.ChipAuth = append(w.card.ChipAuth, ChipSecret{o, first.Key})
			continue
		}
		key, err := w.generate(d)
		if err != nil {
			return a, fmt.Errorf("make chip authentication key: %w", err)
		}
		s := ChipSecret{o, key.FillBytes(make([]byte, d.scalarSize()))}
		made[o.KeyID] = &s
		w.card.ChipAuth = append(w.card.ChipAuth, s)
		kind := lds.OIDPKECDH
		if isDH(o.Parameter) {
			kind = lds.OIDPKDH
		}
		a.keys = append(a.keys, lds.MarshalKeyInfo(kind, d.spki(d.public(key), o.Named, o.PKCS3), reference))
	}
	if w.profile.fingers && len(w.opt.ChipAuth) > 0 {
		a.infos = append(a.infos, lds.MarshalInfo(lds.OIDTA, 1, lds.NoID))
	}
	return a, nil
}

// generate makes a private key.
func (w *issuing) generate(d *domain) (*big.Int, error) {
	key, err := d.generate(rand.Reader)
	if err == nil && w.opt.zeros {
		key = d.shortSecret(key, d.g)
	}
	return key, err
}

// addCardSecurity makes the keys of PACE-CAM and signs EF.CardSecurity: the entries of EF.CardAccess and the keys, each of which
// is named by the domain's identifier when there are several (Doc 9303-11 §9.2.8, §9.2.9).
func (w *issuing) addCardSecurity(infos [][]byte) error {
	domains := map[int]bool{}
	for _, o := range w.opt.PACE {
		if o.Mapping == MappingCAM {
			domains[o.Parameter] = true
		}
	}
	if len(domains) == 0 && !w.opt.CardSecurity {
		return nil
	}
	all := append([][]byte(nil), infos...)
	for id := range domains {
		d, err := domainByID(id)
		if err != nil {
			return err
		}
		key, err := w.generate(d)
		if err != nil {
			return fmt.Errorf("make key of PACE-CAM: %w", err)
		}
		w.card.CAM = append(w.card.CAM, MappingSecret{id, key.FillBytes(make([]byte, d.scalarSize()))})
		all = append(all, lds.MarshalKeyInfo(lds.OIDPKECDH, d.standardised(d.public(key)), id))
	}
	var err error
	w.base[kiosk.FileCardSecurity], err = w.authority.SignCardSecurity(lds.MarshalSecurityInfos(all...))
	return err
}

// addActive makes the active authentication key with DG15, and gives the entry DG14 needs for it (none for RSA).
func (w *issuing) addActive() ([][]byte, error) {
	if w.opt.Active == ActiveNone {
		return nil, nil
	}
	spec, err := w.opt.Active.parse()
	if err != nil {
		return nil, err
	}
	k, err := spec.newActive(rand.Reader)
	if err != nil {
		return nil, err
	}
	if w.card.ActiveKey, err = k.private(); err != nil {
		return nil, fmt.Errorf("store active authentication key: %w", err)
	}
	w.card.Active = w.opt.Active
	spki, err := k.public()
	if err != nil {
		return nil, fmt.Errorf("build DG15: %w", err)
	}
	w.base[kiosk.FileDG15] = lds.MarshalDG15(spki)
	if spec.scheme != "ec" {
		return nil, nil
	}
	return [][]byte{lds.MarshalAAInfo(spec.infoOID())}, nil
}

// listing builds EF.COM over the data groups there are.
func listing(files map[kiosk.FileID][]byte) []byte {
	com := lds.COM{LDS: "0107", Unicode: "040000"}
	for n := 1; n <= 16; n++ {
		if f, ok := lds.Group(n); ok && files[f.ID] != nil {
			com.Groups = append(com.Groups, f.ID)
		}
	}
	return com.Marshal()
}

// file is EF.ATR/INFO: card capabilities of ISO/IEC 7816-4 §12.1.1.9 with command chaining and extended lengths, and the extended
// length information DO'7F66' (§12.7.1).
func (l Lengths) file() []byte {
	capabilities := tlv.Encode(0x47, []byte{0xC8, 0x21, 0xC0 | 0x13})
	length := func(n int) []byte { return tlv.Encode(tlv.Integer, big.NewInt(int64(n)).FillBytes(make([]byte, 2))) }
	return append(capabilities, tlv.Encode(0x7F66, length(l.Command), length(l.Response))...)
}
