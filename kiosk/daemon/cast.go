package daemon

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"motcua/drivers/emrtd/emrtdtest"
	"motcua/drivers/emrtd/lds"
	"motcua/drivers/sim"
	"motcua/kiosk"
	"motcua/kiosk/provision"
	"motcua/vision"
	"motcua/vision/visiontest"
)

// member is one of the cast, as the demo makes it. Nobody of that name and number exists: 999 is no province.
type member struct {
	key    string
	person emrtdtest.Person
	active emrtdtest.Active
	jp2    bool // the chip holds the photo as JPEG 2000
}

// members is the cast. Its faces are visiontest.Cast, in the same order: seeds that the recogniser tells apart.
var members = []member{
	{"thu", emrtdtest.Person{
		Number: "999301012345", Name: "Nguyễn Thị Thử", Birth: "15/01/2001", Sex: "Nữ", Issued: "02/03/2024", Nationality: "Việt Nam",
		Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Giả Định, Tỉnh Thử Nghiệm", Residence: "Số 12, Thôn Mẫu, Xã Giả Định, Tỉnh Thử Nghiệm",
		Marks: "Nốt ruồi cách 1 cm dưới đuôi mắt phải", Parents: [2]string{"Nguyễn Văn Cha", "Lê Thị Mẹ"},
	}, emrtdtest.ActiveEC, false},
	{"mau", emrtdtest.Person{
		Number: "999072054321", Name: "Trần Văn Mẫu", Birth: "20/11/1972", Sex: "Nam", Issued: "11/08/2022", Nationality: "Việt Nam",
		Ethnicity: "Tày", Religion: "Không", Origin: "Xã Ví Dụ, Tỉnh Thử Nghiệm",
		Residence: "Nhà số 7, ngõ 15, đường Minh Hoạ, Tổ dân phố số 3 khu vực bờ sông cạnh nhà văn hoá, Phường Thí Điểm, Thành phố Thử Nghiệm",
		OldNumber: "999123456", Parents: [2]string{"Trần Văn Bố", "Hoàng Thị Má"}, Spouse: "Phạm Thị Vợ",
	}, emrtdtest.ActiveRSA, false},
	{"cu", emrtdtest.Person{
		Number: "999150000789", Name: "Lò Thị Cụ", Birth: "03/05/1950", Sex: "Nữ", Issued: "19/09/2021", Expires: emrtdtest.NoExpiry,
		Nationality: "Việt Nam", Ethnicity: "Thái", Religion: "Không", Origin: "Bản Ví Dụ, Xã Giả Định, Tỉnh Thử Nghiệm",
		Residence: "Bản Ví Dụ, Xã Giả Định, Tỉnh Thử Nghiệm", OldNumber: "999654321",
	}, emrtdtest.ActiveNone, false},
	{"duy", emrtdtest.Person{
		Number: "999096076543", Name: "Đặng Ví Duy", Birth: "29/02/1996", Sex: "Nam", Issued: "05/06/2021", Nationality: "Việt Nam",
		Ethnicity: "Kinh", Religion: "Phật giáo", Origin: "Xã Thử, Tỉnh Thử Nghiệm", Residence: "Ấp 4, Xã Thử, Tỉnh Thử Nghiệm",
	}, emrtdtest.ActiveEC, false},
	{"hoa", emrtdtest.Person{
		Number: "999185011223", Name: "Vũ Minh Hoạ", Birth: "08/03/1985", Sex: "Nữ", Issued: "14/02/2024", Nationality: "Việt Nam",
		Ethnicity: "Kinh", Religion: "Không", Origin: "Xã Thí Điểm, Tỉnh Thử Nghiệm", Residence: "Khóm 2, Phường Thí Điểm, Thành phố Thử Nghiệm",
		Spouse: "Đỗ Văn Chồng",
	}, emrtdtest.ActiveEC, true},
}

// castFile lists the cast of a folder.
const castFile = "people.json"

type castEntry struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Number string `json:"number"`
	Seed   int64  `json:"seed"`
	Card   string `json:"card"` // file beside this one
}

// SetUpCast makes an issuing state and a card for each of the cast: cards and private keys in dir, the state's CSCA certificate
// in trust. progress is told before each card.
func SetUpCast(dir, trust string, progress func(what string)) error {
	for _, d := range []string{dir, trust} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return fmt.Errorf("set up cast: %w", err)
		}
	}
	authority, err := emrtdtest.NewAuthority(emrtdtest.AuthorityOptions{})
	if err != nil {
		return fmt.Errorf("set up cast: %w", err)
	}
	if _, err := authority.SaveTrust(trust); err != nil {
		return fmt.Errorf("set up cast: %w", err)
	}
	var list []castEntry
	for i, m := range members {
		progress(fmt.Sprintf("thẻ giả lập %d/%d", i+1, len(members)))
		seed := visiontest.Cast[i]
		photo := visiontest.NewPerson(seed).PortraitJPEG
		if m.jp2 {
			photo = visiontest.NewPerson(seed).PortraitJP2
		}
		card, err := emrtdtest.IssueWith(m.person, photo(), authority, emrtdtest.IssueOptions{Active: m.active})
		if err != nil {
			return fmt.Errorf("set up cast: %w", err)
		}
		file := m.key + ".json"
		if err := card.Save(filepath.Join(dir, file)); err != nil {
			return fmt.Errorf("set up cast: %w", err)
		}
		list = append(list, castEntry{Key: m.key, Name: m.person.Name, Number: m.person.Number, Seed: seed, Card: file})
	}
	raw, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return fmt.Errorf("set up cast: %w", err)
	}
	return provision.WriteFile(filepath.Join(dir, castFile), raw, 0o600)
}

// maxCast bounds what may be read as a cast.
const maxCast = 1 << 20

// LoadWorld reads a cast that SetUpCast made and gives its world. Error: key_missing, bad_input.
func LoadWorld(dir string) (*sim.World, Photos, error) {
	const op, hint = "load the demo's cast", "make it with: kioskctl demo -dir DIR"
	raw, err := os.ReadFile(filepath.Join(dir, castFile))
	if err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeKeyMissing, op, hint, "%w", err)
	}
	var list []castEntry
	if len(raw) > maxCast {
		return nil, nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "%s is too long", castFile)
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "%s: %w", castFile, err)
	}
	var people []sim.Person
	photos := map[string][]byte{}
	for _, e := range list {
		card, err := emrtdtest.LoadCard(filepath.Join(dir, filepath.Base(e.Card)))
		if err != nil {
			return nil, nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "%w", err)
		}
		dg2, err := lds.ParseDG2(card.Files[kiosk.FileDG2])
		if err != nil {
			return nil, nil, kiosk.Errorf(kiosk.CodeBadInput, op, hint, "%w", err)
		}
		photos[e.Key] = dg2.Image.Data
		if shown, err := vision.Shown(dg2.Image); err == nil && !shown.IsZero() {
			photos[e.Key] = shown.Data
		}
		people = append(people, sim.Person{Key: e.Key, Name: e.Name, Number: e.Number, Seed: e.Seed, Card: card, Code: codeOf(card)})
	}
	photo := func(key string) ([]byte, bool) {
		b, ok := photos[key]
		return b, ok
	}
	return sim.New(people), photo, nil
}

// codeOf gives what the QR code on a card of 2021 says: the first fields of DG13.
func codeOf(card *emrtdtest.Card) string {
	d, err := lds.ParseDG13(card.Files[kiosk.FileDG13])
	if err != nil {
		return ""
	}
	plain := func(date string) string { return strings.ReplaceAll(date, "/", "") }
	return strings.Join([]string{d.Number, d.OldNumber, d.Name, plain(d.Birth), d.Sex, d.Residence, plain(d.Issued)}, "|")
}
