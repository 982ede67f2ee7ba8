package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/kiosk"
)

// issueFlags are what `kioskctl card issue` takes.
type issueFlags struct {
	from, out, profile, photo      string
	ca, authority, trust, aa, dg13 string
}

// cardIssue is `kioskctl card issue -from FILE -out FILE [-profile NAME]`: a simulated card of a person file, or of a folder of
// files with the profile specimen. The demo authority is made when its file is not there yet, and its CSCA certificate and
// revocation list are put into the trust folder.
func cardIssue(_ context.Context, c *console, args []string) exitCode {
	var f issueFlags
	fs := c.flags("card issue", "")
	fs.StringVar(&f.from, "from", "", "person file (JSON: person, photo); a folder of files with -profile specimen")
	fs.StringVar(&f.out, "out", "", "card file to write")
	fs.StringVar(&f.profile, "profile", emrtdtest.Profile2021, "kind of document:"+profileTexts())
	fs.StringVar(&f.photo, "photo", "", "face image instead of the person file's (JPEG or JPEG 2000)")
	fs.StringVar(&f.ca, "ca", "", "folder of the demo authority: authority.json, made when missing, and trust (default beside -out)")
	fs.StringVar(&f.authority, "authority", "", "file of the demo authority instead of the one in -ca")
	fs.StringVar(&f.trust, "trust", "", "folder the CSCA certificate is put in instead of the one in -ca")
	fs.StringVar(&f.aa, "aa", "", "key of active authentication: ec, rsa, none, ec:CURVE:HASH[:der], rsa:BITS:HASH[:bc] or pss:BITS:HASH (default the profile's)")
	fs.StringVar(&f.dg13, "dg13", "", "what DG13 tells: full, reduced or opaque (default the profile's)")
	if _, err := c.parse(fs, args, 0, 0); err != nil {
		return c.usageExit(err)
	}
	if f.from == "" || f.out == "" {
		return c.usageError("card issue needs -from and -out")
	}
	card, anchor, err := f.make()
	if err != nil {
		return c.fail(err)
	}
	if err := card.Save(f.out); err != nil {
		return c.fail(kiosk.Errorf(kiosk.CodeBadInput, "issue card", "give a file that can be written with -out", "%w", err))
	}
	return c.reportIssued(f.out, anchor, card)
}

// reportIssued says what was made and what opens it: the holder is fictional.
func (c *console) reportIssued(out, anchor string, card *emrtdtest.Card) exitCode {
	result := struct {
		Card    string `json:"card"`
		Trust   string `json:"trust,omitempty"`
		Files   int    `json:"files"`
		Profile string `json:"profile"`
		CAN     string `json:"can,omitempty"`
		MRZ     string `json:"mrz,omitempty"` // lines joined by "/", as card read -mrz takes them
	}{out, anchor, len(card.Files), card.Profile, card.CAN, card.Zone()}
	return c.report(exitGood, result, func(w io.Writer) {
		fmt.Fprintf(w, "%s: simulated %s card, %d files", out, card.Profile, len(card.Files))
		if anchor != "" {
			fmt.Fprintf(w, "; issuer's certificate in %s", anchor)
		}
		fmt.Fprintln(w)
		if card.CAN != "" {
			fmt.Fprintf(w, "opens with CAN %s or the zone %s\n", card.CAN, card.Zone())
		}
	})
}

// profileTexts lists the profiles for the help.
func profileTexts() string {
	var b strings.Builder
	for _, p := range emrtdtest.Profiles() {
		fmt.Fprintf(&b, "\n%s: %s", p.Name, p.Text)
	}
	return b.String() + "\n"
}

// make makes the card, and gives the file of the issuer's certificate; a specimen has no issuer of ours.
func (f *issueFlags) make() (card *emrtdtest.Card, anchor string, err error) {
	if f.profile == emrtdtest.ProfileSpecimen {
		if card, err = emrtdtest.Specimen(f.from); err != nil {
			return nil, "", kiosk.Errorf(kiosk.CodeBadInput, "issue card", "give a folder with files such as EF.SOD.bin and DG1.bin with -from", "%w", err)
		}
		return card, "", nil
	}
	dir := orDefault(f.ca, filepath.Dir(f.out))
	a, err := openAuthority(orDefault(f.authority, filepath.Join(dir, "authority.json")))
	if err != nil {
		return nil, "", err
	}
	if anchor, err = a.SaveTrust(orDefault(f.trust, filepath.Join(dir, "trust"))); err != nil {
		return nil, "", kiosk.Errorf(kiosk.CodeBadInput, "issue card", "give a folder that can be written with -trust", "%w", err)
	}
	card, err = f.issue(a)
	return card, anchor, err
}

func orDefault(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// openAuthority loads the demo authority, or makes and saves a new one.
func openAuthority(file string) (*emrtdtest.Authority, error) {
	a, err := emrtdtest.LoadAuthority(file)
	if err == nil {
		return a, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open authority", "remove the file to have a new authority made", "%w", err)
	}
	if a, err = emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{}); err == nil {
		err = a.Save(file)
	}
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "make authority", "give a folder that is there and can be written with -ca", "%w", err)
	}
	return a, nil
}

func (f *issueFlags) issue(a *emrtdtest.Authority) (*emrtdtest.Card, error) {
	person, image, err := emrtdtest.LoadPersonFile(f.from, f.photo)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "issue card", "see `kioskctl card issue -h` and the package emrtdtest for a person file", "%w", err)
	}
	card, err := emrtdtest.IssueWith(person, image, a, emrtdtest.IssueOptions{
		Profile: f.profile, Active: emrtdtest.Active(f.aa), DG13: emrtdtest.DG13Style(f.dg13),
	})
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "issue card", "correct the person file or the flags", "%w", err)
	}
	return card, nil
}
