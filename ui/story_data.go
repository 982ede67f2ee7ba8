package ui

import (
	"encoding/json"
	"fmt"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/session"
)

// storyProcedures are facts of the national list in this project's words, enough to fill a screen in every way.
var storyProcedures = []*kiosk.Procedure{
	{
		Code: "1.001193", Name: "Đăng ký khai sinh", Short: "Khai sinh cho con", Field: "Hộ tịch", Ministry: "Bộ Tư pháp",
		Ways: []kiosk.Way{
			{Channel: kiosk.ChannelDirect, Duration: 1, Fees: []kiosk.Fee{{ProvinceDecides: true}}},
			{Channel: kiosk.ChannelOnline, Duration: 1, Fees: []kiosk.Fee{{Amount: 0}}},
			{Channel: kiosk.ChannelPostal, Duration: 3, Unit: kiosk.UnitWorkingDay, Committed: &kiosk.Commitment{Duration: 2, Unit: kiosk.UnitWorkingDay, Decision: "99/QĐ-UBND", From: "2026-01-01"}},
		},
		Papers: []kiosk.Paper{
			{Case: "Giấy tờ phải nộp", Name: "Tờ khai đăng ký khai sinh theo mẫu", Original: 1},
			{Case: "Giấy tờ phải nộp", Name: "Giấy chứng sinh do cơ sở y tế nơi trẻ sinh ra cấp; nếu không có thì nộp văn bản của người làm chứng xác nhận việc sinh", Original: 1},
			{Case: "Giấy tờ phải xuất trình", Name: "Giấy chứng nhận kết hôn của cha, mẹ nếu đã đăng ký kết hôn", Copy: 1},
			{Case: "Giấy tờ phải xuất trình", Name: "Giấy tờ chứng minh nơi cư trú", Copy: 1, Cut: true},
			{Case: "Trường hợp ủy quyền", Name: "Văn bản ủy quyền được chứng thực theo quy định", Original: 1},
		},
		Results: []kiosk.Result{{Name: "Giấy khai sinh (bản chính)", Code: "KQ.G15.000001"}},
		Legal:   []string{"60/2014/QH13", "123/2015/NĐ-CP", "87/2020/NĐ-CP", "04/2020/TT-BTP"}, SameDay15h: true, Saturday: true,
	},
	{Code: "2.000815", Name: "Chứng thực bản sao từ bản chính giấy tờ, văn bản do cơ quan, tổ chức có thẩm quyền của Việt Nam cấp hoặc chứng nhận", Field: "Chứng thực", Ministry: "Bộ Tư pháp",
		Ways:   []kiosk.Way{{Channel: kiosk.ChannelDirect, Duration: 1, Fees: []kiosk.Fee{{Amount: 2000, Per: "trang"}, {Amount: 200000, Per: "bản"}}}},
		Papers: []kiosk.Paper{{Name: "Bản chính giấy tờ, văn bản", Original: 1}, {Name: "Bản sao cần chứng thực", Copy: 1}}},
	{Code: "1.004873", Name: "Cấp Giấy xác nhận tình trạng hôn nhân", Field: "Hộ tịch", Ministry: "Bộ Tư pháp"},
	{Code: "1.000894", Name: "Đăng ký kết hôn", Field: "Hộ tịch", Ministry: "Bộ Tư pháp"},
	{Code: "1.000656", Name: "Đăng ký khai tử", Field: "Hộ tịch", Ministry: "Bộ Tư pháp"},
	{Code: "1.001653", Name: "Đổi, cấp lại Giấy xác nhận khuyết tật", Field: "Bảo trợ xã hội", Ministry: "Bộ Y tế"},
}

// storyCatalogue is a catalogue of the stories' procedures.
type storyCatalogue struct{}

func (storyCatalogue) Version() string { return "story" }
func (storyCatalogue) Count() int      { return len(storyProcedures) }
func (storyCatalogue) Fields() []string {
	return []string{
		"Hộ tịch", "Chứng thực", "Bảo trợ xã hội", "Người có công", "Đất đai", "Nuôi con nuôi", "Thi đua, khen thưởng",
		"Tín ngưỡng, tôn giáo", "Giáo dục", "Phòng, chống tệ nạn xã hội", "Nông nghiệp", "Môi trường", "Hoà giải ở cơ sở", "Đường thuỷ nội địa",
	}
}

func (storyCatalogue) InField(field string) (in []*kiosk.Procedure) {
	for _, p := range storyProcedures {
		if p.Field == field {
			in = append(in, p)
		}
	}
	return in
}

func (storyCatalogue) Procedure(code string) (*kiosk.Procedure, error) {
	for _, p := range storyProcedures {
		if p.Code == code {
			return p, nil
		}
	}
	return nil, kiosk.Errorf(kiosk.CodeNotFound, "find procedure", "", "no such code")
}

func (storyCatalogue) Search(string, int) kiosk.Search { return kiosk.Search{} }

func storyKiosk() session.KioskInfo {
	return session.KioskInfo{
		Name: "kiosk-01", Commune: "Xã Hoà Bình Mẫu", Hotline: "0999 000 115", Office: "Bộ phận Một cửa xã Hoà Bình Mẫu",
		Version: "story", Catalogue: storyCatalogue{}, Places: storyPlaces{}, Spots: true,
	}
}

// storyCitizen is nobody: province 999 does not exist.
func storyCitizen() kiosk.Citizen {
	return kiosk.Citizen{
		Number: "999201012345", Name: "Nguyễn Thị Hồng Ngọc Ánh", NameMRZ: "NGUYEN THI HONG NGOC ANH", Birth: kiosk.Date{Year: 2001, Month: 3, Day: 9},
		Sex: "Nữ", Nationality: "Việt Nam", Ethnicity: "Kinh", Origin: "Thôn Mẫu, xã Hoà Bình Mẫu, tỉnh Giả Định",
		Residence: "Số 12, đường Lúa Mới, thôn Đông Đoài, xã Hoà Bình Mẫu, tỉnh Giả Định",
	}
}

// storyVisit holds what a visit has by the time it reaches that screen.
func storyVisit(at session.Screen) *session.Visit {
	d := &session.Visit{Started: storyNow.Add(-2 * time.Minute), PaperPick: 0}
	if at >= session.ProcDetail && at < session.StatusAsk {
		d.Procedure = storyProcedures[0]
	}
	if at >= session.Who && at < session.StatusAsk {
		c := storyCitizen()
		d.Chip = &kiosk.ChipRead{Verdict: kiosk.Verified, Citizen: c, Photo: storyFace(240, 320, 0)}
		d.Face = kiosk.FaceResult{Verdict: kiosk.Verified, Best: storyFace(300, 400, 4)}
		d.Fields = kiosk.ChipFields(c)
	}
	if at >= session.Form && at < session.StatusAsk {
		d.Fields = append(d.Fields,
			kiosk.Field{Key: "phone", Label: "Số điện thoại", Value: "0999123456", Provenance: kiosk.FromCitizen},
			kiosk.Field{Key: "address", Label: "Nơi ở hiện nay", Value: storyCitizen().Residence, Provenance: kiosk.FromDG13},
			kiosk.Field{Key: "note", Label: "Lời nhắn", Provenance: kiosk.FromCitizen})
	}
	if at >= session.Review && at < session.StatusAsk {
		d.Papers = storyPapers(2)
		d.Return = kiosk.Return{Method: kiosk.ReturnPost, Address: storyCitizen().Residence}
	}
	return d
}

func storyPapers(n int) (papers []kiosk.Document) {
	for i := range n {
		papers = append(papers, kiosk.Document{Paper: storyProcedures[0].Papers[i/3].Name, Page: storySheet(i)})
	}
	return papers
}

func jsonNames() []byte {
	b, err := json.Marshal(Stories())
	if err != nil {
		panic(fmt.Sprint("names of stories: ", err)) // strings cannot fail
	}
	return b
}

// filing is the state of somebody filing who has come to that screen.
func filing(at session.Screen) session.State {
	s := session.State{Screen: at, Goal: session.GoalSubmit}
	if at == session.FaceTurn {
		s.Turn = kiosk.HintTurnLeft
	}
	s.Consented = at >= session.ProcSearch
	s.Chosen = at >= session.ProcDetail
	if at >= session.CardPlace {
		s.Behalf = session.BehalfSelf
	}
	if at >= session.FaceLook {
		s.Card, s.Chip = true, kiosk.Verified
	}
	if at >= session.Who {
		s.Face = kiosk.Verified
	}
	s.Confirmed = at >= session.Form
	return s
}
