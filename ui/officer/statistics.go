package officer

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"motcua/kiosk/onestop"
)

type statisticsBody struct {
	From, To, Query string
	Tiles           []tile
	Buckets         plot
	Hours           plot
	Tables          []table
	Stays           []stay
	Letters         []onestop.Line
	Empty           bool
}

type tile struct{ Code, Name, Value, Of string }

type table struct {
	Name string
	Rows []tallyRow
}

type tallyRow struct {
	Name                            string
	Total, Early, On, Late, Pending int
	OnTime                          string
}

type stay struct {
	State    string
	N        int
	P50, P95 string
}

func (h *handler) statistics(w http.ResponseWriter, r *http.Request, p person) {
	from, to := h.period(r)
	s, err := h.desk.Statistics(r.Context(), p.Account, from, to)
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	h.show(w, r, http.StatusOK, "statistics", "Thống kê", &p, statisticsOf(s))
}

func statisticsOf(s *onestop.Statistics) statisticsBody {
	b := statisticsBody{
		From: s.From.In(onestop.Zone).Format(time.DateOnly), To: s.To.AddDate(0, 0, -1).In(onestop.Zone).Format(time.DateOnly),
		Buckets: bucketPlot(s.Fields), Hours: hourPlot(s.Hours), Empty: s.All.Received() == 0,
	}
	b.Query = "tu=" + b.From + "&den=" + b.To
	share := func(code, name string, r onestop.Ratio) {
		b.Tiles = append(b.Tiles, tile{code, name, r.String() + " %", fmt.Sprintf("%d / %d", r.Part, r.Whole)})
	}
	share("2.1", "Đúng hạn", s.OnTime)
	share("3.3", "Trực tuyến", s.Online)
	share("4.1", "Kết quả điện tử", s.EResult)
	share("4.2", "Số hóa hồ sơ, kết quả", s.Digitised)
	share("4.3", "Khai thác, dùng lại", s.Reused)
	share("", "Xác thực điện tử", s.Verified)
	for _, m := range []struct {
		m    onestop.Moment
		name string
	}{{onestop.MomentReceipt, "Hài lòng khi nộp"}, {onestop.MomentReturn, "Hài lòng khi nhận kết quả"}} {
		rated := s.Rated[m.m]
		t := tile{"", m.name, "–", fmt.Sprintf("n = %d", rated.N())}
		if mean, ok := rated.Mean(); ok {
			t.Value = fmt.Sprintf("%d,%02d / 5", mean/100, mean%100)
		}
		b.Tiles = append(b.Tiles, t)
	}
	for _, t := range []struct {
		name string
		list []onestop.Tally
	}{
		{"Lĩnh vực", s.Fields}, {"Cán bộ", s.Officers}, {"Đơn vị giải quyết", s.Units}, {"Đơn vị tiếp nhận", s.Receivers},
		{"Tồn theo lĩnh vực", s.Backlog}, {"Tồn theo cán bộ", s.Hands},
	} {
		b.Tables = append(b.Tables, tableOf(t.name, t.list))
	}
	for _, v := range s.Medians {
		b.Stays = append(b.Stays, stay{v.State.String(), v.N, span(v.P50), span(v.P95)})
	}
	for _, k := range onestop.LetterKinds {
		b.Letters = append(b.Letters, onestop.Line{Label: "Mẫu " + k.Form() + " · " + letterText(k), Value: fmt.Sprint(s.Letters[k])})
	}
	return b
}

func tableOf(name string, list []onestop.Tally) table {
	t := table{Name: name}
	for _, v := range list {
		t.Rows = append(t.Rows, tallyRow{v.Name, v.Received(), v.Early, v.On, v.Late, v.Pending, v.OnTime().String()})
	}
	return t
}

func letterText(k onestop.LetterKind) string {
	switch k {
	case onestop.LetterReceipt:
		return "Tiếp nhận và hẹn trả"
	case onestop.LetterSupplement:
		return "Yêu cầu bổ sung"
	case onestop.LetterRefusal:
		return "Từ chối"
	case onestop.LetterApology:
		return "Xin lỗi, gia hạn"
	case onestop.LetterStop:
		return "Dừng giải quyết"
	}
	return ""
}

func (h *handler) statisticsCSV(w http.ResponseWriter, r *http.Request, p person) {
	h.export(w, r, p, "csv", "text/csv; charset=utf-8", func(b *bytes.Buffer, s *onestop.Statistics) error {
		return onestop.WriteCSV(b, s.Sheets())
	})
}

func (h *handler) statisticsXLSX(w http.ResponseWriter, r *http.Request, p person) {
	const kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	h.export(w, r, p, "xlsx", kind, func(b *bytes.Buffer, s *onestop.Statistics) error { return onestop.WriteXLSX(b, s.Sheets()) })
}

func (h *handler) export(w http.ResponseWriter, r *http.Request, p person, ext, kind string, write func(*bytes.Buffer, *onestop.Statistics) error) {
	from, to := h.period(r)
	s, err := h.desk.Statistics(r.Context(), p.Account, from, to)
	var b bytes.Buffer
	if err == nil {
		err = write(&b, s)
	}
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="thong-ke-%s.%s"`, from.In(onestop.Zone).Format("20060102"), ext))
	_, _ = w.Write(b.Bytes()) // a browser that went away asks again
}
