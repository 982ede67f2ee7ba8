package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"

	"motcua/kiosk"
)

// record is a procedure in the record file. Unknown facts are null there.
type record struct {
	Code       string   `json:"code"`
	Name       string   `json:"name"`
	Field      string   `json:"field"`
	Ministry   string   `json:"ministry"`
	Applicants []string `json:"applicants"`
	Decision   string   `json:"decision_no"`
	Channels   []struct {
		Channel  kiosk.Channel  `json:"channel"`
		Duration int            `json:"duration"`
		Unit     kiosk.TimeUnit `json:"unit"`
		Fees     []struct {
			Amount   int64  `json:"amount"`
			Currency string `json:"currency"`
			Per      string `json:"per"`
			Province bool   `json:"province_decides"`
		} `json:"fees"`
	} `json:"channels"`
	Papers []struct {
		Case  string `json:"case"`
		Items []struct {
			Name     string `json:"name"`
			Original int    `json:"original"`
			Copy     int    `json:"copy"`
			Cut      bool   `json:"name_truncated"`
		} `json:"items"`
	} `json:"papers"`
	Results []struct {
		Name string `json:"name"`
		Code string `json:"code"`
	} `json:"results"`
	Legal    []string `json:"legal_basis"`
	SameDay  bool     `json:"same_day_15h_rule"`
	Saturday bool     `json:"police_saturday_morning"`
	Core     bool     `json:"core"`
	Source   struct {
		URL string `json:"url"`
	} `json:"source"`
}

// procedures gives the core procedures of the record file and those that are named beside them, and its date.
func procedures(path string, named map[string]bool) (map[string]*kiosk.Procedure, string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, "", err
	}
	var f struct {
		Generated string   `json:"generated"`
		Records   []record `json:"records"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, "", err
	}
	all := map[string]*kiosk.Procedure{}
	for _, r := range f.Records {
		if !r.Core && !named[r.Code] {
			continue
		}
		if all[r.Code] != nil {
			return nil, "", fmt.Errorf("%s stands twice", r.Code)
		}
		all[r.Code] = r.procedure()
	}
	return all, f.Generated, nil
}

// portalPage is the address of a procedure's page on the national portal; other sources of facts are no link for citizens.
var portalPage = regexp.MustCompile(`^https://dichvucong\.gov\.vn/thu-tuc-hanh-chinh/[0-9a-f-]{36}$`)

func (r record) procedure() *kiosk.Procedure {
	p := &kiosk.Procedure{
		Code: r.Code, Name: r.Name, Field: r.Field, Ministry: r.Ministry, Applicants: r.Applicants, Decision: r.Decision,
		Link: portalPage.FindString(r.Source.URL), Legal: r.Legal, SameDay15h: r.SameDay, Saturday: r.Saturday, Ways: r.ways(),
	}
	for _, group := range r.Papers {
		for _, i := range group.Items {
			p.Papers = append(p.Papers, kiosk.Paper{Case: group.Case, Name: i.Name, Original: i.Original, Copy: i.Copy, Cut: i.Cut})
		}
	}
	for _, x := range r.Results {
		p.Results = append(p.Results, kiosk.Result{Name: x.Name, Code: x.Code})
	}
	return p
}

// ways joins rows of the same channel and time. A row priced in another currency is that of a mission abroad: left out.
func (r record) ways() []kiosk.Way {
	var ways []kiosk.Way
	for _, c := range r.Channels {
		w := kiosk.Way{Channel: c.Channel, Duration: c.Duration, Unit: c.Unit}
		foreign := false
		for _, f := range c.Fees {
			if f.Currency != "VND" {
				foreign = true
				continue
			}
			w.Fees = append(w.Fees, kiosk.Fee{Amount: f.Amount, Per: f.Per, ProvinceDecides: f.Province})
		}
		if foreign && w.Fees == nil {
			continue
		}
		at := slices.IndexFunc(ways, func(o kiosk.Way) bool {
			return o.Channel == w.Channel && o.Duration == w.Duration && o.Unit == w.Unit
		})
		if at < 0 {
			ways = append(ways, w)
			continue
		}
		for _, f := range w.Fees {
			if !slices.Contains(ways[at].Fees, f) {
				ways[at].Fees = append(ways[at].Fees, f)
			}
		}
	}
	return ways
}
