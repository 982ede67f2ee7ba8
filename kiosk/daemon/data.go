package daemon

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"motcua/kiosk"
	"motcua/kiosk/bundle"
	"motcua/kiosk/calendar"
	"motcua/kiosk/catalogue"
	"motcua/kiosk/config"
	"motcua/kiosk/places"
	"motcua/kiosk/provision"
	"motcua/kiosk/rota"
	"motcua/kiosk/session"
)

// readers are the readers of what bundles carry.
var readers = map[bundle.Kind]func(payload []byte) error{
	bundle.KindCatalogue: func(p []byte) error { _, err := catalogue.ParseFile("bundle", p); return err },
	bundle.KindCalendar:  func(p []byte) error { _, err := calendar.Parse("bundle", p); return err },
	bundle.KindRota:      func(p []byte) error { _, err := rota.Parse(p); return err },
	bundle.KindPlaces:    func(p []byte) error { _, err := places.Parse(p); return err },
	bundle.KindSealKeys:  func(p []byte) error { _, err := provision.ParseAnnounced(p); return err },
	bundle.KindConsents:  func(p []byte) error { _, err := ParseConsents(p); return err },
}

// Consents are the texts that citizens are asked by, by language and purpose.
type Consents map[string]map[kiosk.Purpose]session.ConsentText

// ParseConsents reads a bundle's consents: {"vi": {"chip": {"id": "consent.chip/2", "text": "…"}, …}, …}. Vietnamese must be there, and
// every purpose in every language. Error: bad_input.
func ParseConsents(payload []byte) (Consents, error) {
	const op, hint = "read consents", "ask who published them"
	var file map[string]map[kiosk.Purpose]struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil || dec.More() {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "not one object of texts: %w", err)
	}
	if file["vi"] == nil || len(file) > 20 {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "no Vietnamese, or too many languages")
	}
	out := Consents{}
	for lang, texts := range file {
		out[lang] = map[kiosk.Purpose]session.ConsentText{}
		for _, purpose := range []kiosk.Purpose{kiosk.PurposeChip, kiosk.PurposeCamera, kiosk.PurposeDeclare} {
			t := texts[purpose]
			if t.ID == "" || len(t.ID) > 100 || t.Text == "" || len(t.Text) > 8<<10 || !utf8.ValidString(t.Text) {
				return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "a text is missing or too long")
			}
			out[lang][purpose] = session.ConsentText{ID: t.ID, Text: t.Text}
		}
		if len(texts) != len(out[lang]) {
			return nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "a purpose is not known")
		}
	}
	return out, nil
}

// Readable checks a payload with the reader of its kind. Errors: catalogue_invalid, calendar_invalid, bad_input for an unknown kind.
func Readable(kind bundle.Kind, payload []byte) error {
	read := readers[kind]
	if read == nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "read a bundle's payload", "use one of the kinds of package bundle", "there is no kind %q", kind)
	}
	return read(payload)
}

// Shelf gives the signed bundles of a kind in a folder, trusting the public keys of a PEM file. Errors: bad_input, key_missing.
func Shelf(kind bundle.Kind, dir, keys string) (*bundle.Shelf, error) {
	if readers[kind] == nil || dir == "" || keys == "" {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open the bundles", "name the kind, the folder and the trusted keys", "one of them is missing")
	}
	trusted, err := publicKeys(keys)
	if err != nil {
		return nil, err
	}
	return shelf(kind, dir, trusted), nil
}

func shelf(kind bundle.Kind, dir string, trusted []ed25519.PublicKey) *bundle.Shelf {
	return &bundle.Shelf{Dir: dir, Kind: kind, Trusted: trusted, Check: readers[kind], Write: provision.WriteFile}
}

// OwnShelf gives this kiosk's bundles of a kind. The office's key is trusted, and those of [catalogue] keys. Errors: key_missing.
func OwnShelf(kind bundle.Kind, c config.Config) (*bundle.Shelf, error) {
	var trusted []ed25519.PublicKey
	if c.Catalogue.Keys != "" {
		var err error
		if trusted, err = publicKeys(c.Catalogue.Keys); err != nil {
			return nil, err
		}
	}
	if office, err := provision.LoadOffice(c.Office.Dir); err == nil { // a kiosk without an office says so elsewhere
		trusted = append(trusted, office.AckKey)
	}
	return shelf(kind, c.BundlesDir(), trusted), nil
}

// publicKeys reads a PEM file of the keys whose bundles are taken.
func publicKeys(file string) ([]ed25519.PublicKey, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, "open the bundles", "name the PEM file of the public keys whose bundles are taken", "%w", err)
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, err
	}
	return bundle.PublicKeys(pem)
}

// current gives the bundle of a kind that is in force; nil without one.
func current(kind bundle.Kind, c config.Config) (*bundle.Bundle, error) {
	shelf, err := OwnShelf(kind, c)
	if err != nil {
		return nil, err
	}
	return shelf.Current()
}

// LoadCatalogue gives the catalogue in force: the newest bundle, else the file, else the starter. Errors: catalogue_invalid,
// key_missing.
func LoadCatalogue(c config.Config) (*catalogue.Catalogue, error) {
	b, err := current(bundle.KindCatalogue, c)
	if err != nil {
		return nil, err
	}
	if b != nil {
		return catalogue.Parse(fmt.Sprintf("bundle %d", b.Serial), b.Payload)
	}
	return catalogue.Open(c.Catalogue.File)
}

// LoadPlaces gives the list of provinces and communes in force: the newest bundle, else the folder of [places]; nil without either.
// Errors: bad_input, config_invalid, key_missing.
func LoadPlaces(c config.Config) (*places.Places, error) {
	b, err := current(bundle.KindPlaces, c)
	switch {
	case err != nil:
		return nil, err
	case b != nil:
		return places.Parse(b.Payload)
	case c.Places.Dir == "":
		return nil, nil
	}
	return places.Open(c.Places.Dir)
}

// LoadCalendar gives the calendars in force, as LoadCatalogue does, and whose is a procedure's. Errors: calendar_invalid, not_found,
// key_missing.
func LoadCalendar(c config.Config) (*calendar.Set, calendar.Offices, error) {
	b, err := current(bundle.KindCalendar, c)
	if err != nil {
		return nil, calendar.Offices{}, err
	}
	var set *calendar.Set
	if b != nil {
		set, err = calendar.Parse(fmt.Sprintf("bundle %d", b.Serial), b.Payload)
	} else {
		set, err = calendar.Open(c.Calendar.File)
	}
	if err != nil {
		return nil, calendar.Offices{}, err
	}
	offices, err := set.Offices(c.Calendar.Office, "")
	return set, offices, err
}

// Alarms gives what was refused among the bundles, and which one is out of date, a sentence each.
func Alarms(c config.Config) ([]string, error) {
	var all []string
	for _, kind := range bundle.Kinds {
		shelf, err := OwnShelf(kind, c)
		if err != nil {
			return nil, err
		}
		b, err := shelf.Current()
		if err != nil {
			return nil, err
		}
		if b != nil && shelf.Overdue(b) {
			all = append(all, fmt.Sprintf("%s %d ended on %s", kind, b.Serial, b.Until))
		}
		alarm, err := shelf.Alarm()
		if err != nil {
			return nil, err
		}
		if alarm != nil {
			all = append(all, fmt.Sprintf("a %s was refused on %s: %s", kind, alarm.At.Format("2006-01-02"), alarm.Reason))
		}
	}
	return all, nil
}
