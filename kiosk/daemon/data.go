package daemon

import (
	"fmt"
	"io"
	"os"

	"motcua/kiosk"
	"motcua/kiosk/bundle"
	"motcua/kiosk/calendar"
	"motcua/kiosk/catalogue"
	"motcua/kiosk/config"
	"motcua/kiosk/provision"
)

// readers are the readers of what bundles carry.
var readers = map[bundle.Kind]func(payload []byte) error{
	bundle.KindCatalogue: func(p []byte) error { _, err := catalogue.ParseFile("bundle", p); return err },
	bundle.KindCalendar:  func(p []byte) error { _, err := calendar.Parse("bundle", p); return err },
}

// Readable checks a payload with the reader of its kind. Errors: catalogue_invalid, calendar_invalid, bad_input for an unknown kind.
func Readable(kind bundle.Kind, payload []byte) error {
	read := readers[kind]
	if read == nil {
		return kiosk.Errorf(kiosk.CodeBadInput, "read a bundle's payload", "use catalogue or calendar", "there is no kind %q", kind)
	}
	return read(payload)
}

// Shelf gives the signed bundles of a kind in a folder, trusting the public keys of a PEM file. Errors: bad_input, key_missing.
func Shelf(kind bundle.Kind, dir, keys string) (*bundle.Shelf, error) {
	if readers[kind] == nil || dir == "" || keys == "" {
		return nil, kiosk.Errorf(kiosk.CodeBadInput, "open the bundles", "name catalogue or calendar, the folder and the trusted keys", "one of them is missing")
	}
	f, err := os.Open(keys)
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeKeyMissing, "open the bundles", "name the PEM file of the public keys whose bundles are taken", "%w", err)
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, err
	}
	trusted, err := bundle.PublicKeys(pem)
	if err != nil {
		return nil, err
	}
	return &bundle.Shelf{Dir: dir, Kind: kind, Trusted: trusted, Check: readers[kind], Write: provision.WriteFile}, nil
}

// current gives the bundle of a kind that is in force; nil without one, and without a folder of bundles.
func current(kind bundle.Kind, c config.Catalogue) (*bundle.Bundle, error) {
	if c.Bundles == "" {
		return nil, nil
	}
	shelf, err := Shelf(kind, c.Bundles, c.Keys)
	if err != nil {
		return nil, err
	}
	return shelf.Current()
}

// LoadCatalogue gives the catalogue in force: the newest bundle, else the file, else the starter. Errors: catalogue_invalid,
// key_missing.
func LoadCatalogue(c config.Config) (*catalogue.Catalogue, error) {
	b, err := current(bundle.KindCatalogue, c.Catalogue)
	if err != nil {
		return nil, err
	}
	if b != nil {
		return catalogue.Parse(fmt.Sprintf("bundle %d", b.Serial), b.Payload)
	}
	return catalogue.Open(c.Catalogue.File)
}

// LoadCalendar gives the calendars in force, as LoadCatalogue does, and whose is a procedure's. Errors: calendar_invalid, not_found,
// key_missing.
func LoadCalendar(c config.Config) (*calendar.Set, calendar.Offices, error) {
	b, err := current(bundle.KindCalendar, c.Catalogue)
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
	if c.Catalogue.Bundles == "" {
		return nil, nil
	}
	var all []string
	for _, kind := range []bundle.Kind{bundle.KindCatalogue, bundle.KindCalendar} {
		shelf, err := Shelf(kind, c.Catalogue.Bundles, c.Catalogue.Keys)
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
