package emrtdtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"motcua/kiosk/cccd"
	"motcua/kiosk/mrz"
)

// Person is a fictional holder as a person file states it. Dates are dd/mm/yyyy. Number, Name, Birth, Sex and Issued must be
// there; the number should begin with 999, which is no province.
type Person struct {
	Number      string    `json:"number"`
	Name        string    `json:"name"`     // with diacritics
	Birth       string    `json:"birth"`    //
	Sex         string    `json:"sex"`      // "Nam" or "Nữ"
	Issued      string    `json:"issued"`   //
	Expires     string    `json:"expires"`  // "" follows the law's milestones, "Không thời hạn" has no end
	NameMRZ     string    `json:"name_mrz"` // "" is made of Name
	Nationality string    `json:"nationality"`
	Ethnicity   string    `json:"ethnicity"`
	Religion    string    `json:"religion"`
	Origin      string    `json:"origin"`
	Residence   string    `json:"residence"`
	Marks       string    `json:"marks"`
	Parents     [2]string `json:"parents"`
	Spouse      string    `json:"spouse"`
	OldNumber   string    `json:"old_number"`
	Document    string    `json:"document"` // number of the passport, "" is made of Number
}

// NoExpiry is what a card without end date says.
const NoExpiry = "Không thời hạn"

// String redacts: the people are fictional, the code that handles them is not.
func (Person) String() string { return "[redacted]" }

// GoString redacts.
func (Person) GoString() string { return "[redacted]" }

// LogValue redacts.
func (Person) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// PersonFile is what `kioskctl card issue -from` reads:
//
//	{"person": {"number": "999304012345", "name": "NGUYỄN THỊ THU", "birth": "01/02/2004", "sex": "Nữ", "issued": "05/03/2024"},
//	 "photo": "thu.jpg"}
type PersonFile struct {
	Person Person `json:"person"`
	Photo  string `json:"photo"` // a JPEG or JPEG 2000 file, relative to the person file
}

// LoadPersonFile reads a person file and the photo it names; photo, when not empty, is taken in its place.
func LoadPersonFile(file, photo string) (Person, []byte, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return Person{}, nil, fmt.Errorf("load person file: %w", err)
	}
	var f PersonFile
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Person{}, nil, fmt.Errorf("load person file: %w", err)
	}
	switch {
	case photo == "" && f.Photo == "":
		return Person{}, nil, errors.New("load person file: it names no photo")
	case photo == "" && filepath.IsAbs(f.Photo):
		photo = f.Photo
	case photo == "":
		photo = filepath.Join(filepath.Dir(file), f.Photo)
	}
	image, err := os.ReadFile(photo)
	if err != nil {
		return Person{}, nil, fmt.Errorf("load photo: %w", err)
	}
	return f.Person, image, nil
}

// number reads the 12-digit number.
func (p Person) number() (cccd.Number, error) { return cccd.ParseNumber(p.Number) }

// dates are a person's days as read.
type dates struct {
	birth, issued cccd.Date
	expiry        cccd.Expiry
}

func (p Person) dates() (d dates, err error) {
	var ok bool
	if d.birth, ok = cccd.ParseDate(p.Birth); !ok || d.birth.Day == 0 {
		return d, errors.New("birth is not dd/mm/yyyy")
	}
	if d.issued, ok = cccd.ParseDate(p.Issued); !ok || d.issued.Day == 0 {
		return d, errors.New("issued is not dd/mm/yyyy")
	}
	switch p.Expires {
	case NoExpiry:
		d.expiry.None = true
	case "":
		e := cccd.Expiries(d.birth, d.issued)
		if len(e) == 0 {
			return d, errors.New("the day of issue is before the birth")
		}
		d.expiry = e[0]
	default:
		if d.expiry.Date, ok = cccd.ParseDate(p.Expires); !ok || d.expiry.Date.Day == 0 {
			return d, errors.New("expires is not dd/mm/yyyy")
		}
	}
	return d, nil
}

// zone builds the machine-readable zone.
func (p Person) zone(d dates) (*mrz.MRZ, error) {
	name := p.NameMRZ
	if name == "" {
		name = plain(p.Name)
	}
	words := strings.Fields(name)
	if len(words) == 0 {
		return nil, errors.New("the name is empty")
	}
	sex := map[string]string{"Nam": "M", "Nữ": "F", "": ""}
	letter, ok := sex[norm.NFC.String(p.Sex)]
	if !ok {
		return nil, errors.New(`sex is neither "Nam" nor "Nữ"`)
	}
	birth := fmt.Sprintf("%02d%02d%02d", d.birth.Year%100, d.birth.Month, d.birth.Day)
	card, err := mrz.VietnameseCard(p.Number, birth, letter, d.expiry.MRZ(), words[0], strings.Join(words[1:], " "))
	if err != nil {
		return nil, err
	}
	return card.Build()
}

// plain takes the diacritics off: "NGUYỄN THỊ ĐÀO" gives "NGUYEN THI DAO".
func plain(name string) string {
	strip := func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'đ' || r == 'Đ':
			return 'D'
		}
		return unicode.ToUpper(r)
	}
	return strings.Map(strip, norm.NFD.String(name))
}

// day writes dd/mm/yyyy.
func day(d cccd.Date) string { return fmt.Sprintf("%02d/%02d/%04d", d.Day, d.Month, d.Year) }

// today gives the day in Viet Nam at an instant, which is now when zero.
func today(at time.Time) cccd.Date {
	if at.IsZero() {
		at = time.Now()
	}
	t := at.UTC().Add(7 * time.Hour)
	return cccd.Date{Year: t.Year(), Month: int(t.Month()), Day: t.Day()}
}
