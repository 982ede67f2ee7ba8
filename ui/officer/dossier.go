package officer

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

type dossierBody struct {
	ID       string
	Name     string
	Title    string
	Code     string
	Number   string
	State    badge
	StateAt  string
	Note     string
	Kiosk    string
	Created  string
	Received string
	Size     string
	SHA256   string
	Fault    string // why it cannot be opened
	Identity badge
	Verdict  string // one sentence about the identity

	Photos    bool
	ChipPhoto string // addresses, "" when there is none
	LivePhoto string
	Score     score
	Sections  []section
	Failed    int
	Signer    *signer
	Access    string

	Fields    []field
	Papers    []paper
	Consents  []consent
	Return    string
	Address   string
	Catalogue string

	Buttons  []button
	Log      []entry
	Accesses []entry

	Deadline badge
	Due      string
	Officer  string
	Receiver string
	Resolver string
	Training bool
	Override string  // the named person's word for an identity that was not verified
	Diffs    []field // what the citizen changed against the chip
	Letters  []letterRow
	Takes    []taking // hand-overs that this person has not taken yet
	Children []childRow
	Results  []resultRow
	Copies   []copyRow
	Can      can
}

// can is what the person may do beside the moves.
type can struct{ Forward, Extend, Result, Compare, Sign, Process, Export bool }

type letterRow struct{ Link, Text, At string }

type taking struct {
	Seq      int64
	From, At string
	Note     string
}

type resultRow struct {
	Link, Name, Code, Size, At string
	Badge                      badge
}

type copyRow struct {
	Seq              int64
	Paper, Pages     int
	Fee              string
	Compared, Signed string
}

type signer struct{ Subject, Issuer, Country, Serial, From, Until, Anchor string }

type field struct {
	Label, Value, Original string
	Badge                  badge
}

type paper struct {
	Name, Link, Zoom, Kind, Hash string
	Number                       int
}

type consent struct {
	Purpose, Text, Hash, At string
	Badge                   badge
}

type button struct {
	Link, Text, Tone string
}

type entry struct {
	At, Who, Role, What, Note, Reason string
}

func (h *handler) dossier(w http.ResponseWriter, r *http.Request, p person) {
	o, err := h.desk.View(r.Context(), p.Account, r.PathValue("id"))
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	defer o.Wipe()
	body := h.bodyOf(o, p)
	if err := h.folder(r, p, &body, o.Item); err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	title := "Hồ sơ"
	if body.Number != "" {
		title += " " + body.Number
	}
	h.show(w, r, http.StatusOK, "dossier", title, &p, body)
}

func (h *handler) bodyOf(o *onestop.Opened, p person) dossierBody {
	it := o.Item
	b := dossierBody{
		ID: it.ID, Name: o.Name(), Title: it.Title, Code: it.Code, Number: it.Number, State: stateBadge(it.State),
		StateAt: when(it.StateAt), Note: it.StateNote, Kiosk: it.Kiosk, Created: when(it.Created), Received: when(it.Received),
		Size: size(it.Size), SHA256: fingerprint(it.SHA256), Photos: o.Photos,
	}
	for _, m := range o.Moves {
		b.Buttons = append(b.Buttons, button{Link: fmt.Sprintf("/ho-so/%s/chuyen/%d", it.ID, m.To), Text: m.Label, Tone: moveTone(m)})
	}
	b.Log, b.Accesses = logOf(o.Events)
	if o.Dossier == nil {
		b.Fault = faultText(o.Fault)
		b.Identity = verdictBadge(kiosk.Undetermined, true)
		return b
	}
	h.fill(&b, o, p)
	return b
}

// folder adds what the office itself put to the dossier.
func (h *handler) folder(r *http.Request, p person, b *dossierBody, it onestop.Item) error {
	c, err := h.desk.Control(r.Context(), p.Account, it.ID)
	if err != nil {
		return err
	}
	b.Deadline, b.Due, b.Officer = deadline(it, h.desk.Now()), when(it.Due), it.Officer.Name
	b.Receiver, b.Resolver, b.Training, b.Override = it.Receiver, it.Resolver, it.Training, it.Override.Reason
	for _, l := range c.Letters {
		text := "Mẫu " + l.Kind.Form() + " · " + letterText(l.Kind)
		if l.Status != onestop.LetterIssued {
			text += map[onestop.LetterStatus]string{onestop.LetterDraft: " (dự thảo)", onestop.LetterWithdrawn: " (đã thu hồi)"}[l.Status]
		}
		b.Letters = append(b.Letters, letterRow{fmt.Sprintf("/phieu/%d", l.Seq), text, when(l.At)})
	}
	for _, v := range c.Handovers {
		if v.To.ID == p.ID && v.Acked.IsZero() {
			b.Takes = append(b.Takes, taking{v.Seq, v.From.Name, when(v.At), v.Note})
		}
	}
	b.Children = childRows(c.Children)
	for _, f := range c.Results {
		b.Results = append(b.Results, resultRow{fmt.Sprintf("/ho-so/%s/ket-qua/%d", it.ID, f.Seq), f.Name, f.Code, size(f.Size), when(f.At), signatureBadge(f.Signature)})
	}
	for _, v := range c.Copies {
		row := copyRow{Seq: v.Seq, Paper: v.Paper, Pages: v.Pages, Fee: dong(v.Fee)}
		if !v.Compared.IsZero() {
			row.Compared = v.ComparedBy.Name
		}
		if !v.Signed.IsZero() {
			row.Signed = v.SignedBy.Name
		}
		b.Copies = append(b.Copies, row)
	}
	role := p.Account.Role
	b.Can = can{
		Forward: role.May(onestop.PermForward), Extend: role.May(onestop.PermSign) && !it.Due.IsZero() && !it.Over() && !it.Extended,
		Result: role.May(onestop.PermProcess) && it.Number != "", Compare: role.May(onestop.PermCompare), Sign: role.May(onestop.PermSign),
		Process: role.May(onestop.PermProcess), Export: role.May(onestop.PermExport) && it.Fault == "",
	}
	return nil
}

func signatureBadge(s onestop.SignatureStatus) badge {
	switch s {
	case onestop.SignatureValid:
		return badge{"good", "Chữ ký số hợp lệ"}
	case onestop.SignatureInvalid:
		return badge{"bad", "Chữ ký số không hợp lệ"}
	case onestop.SignatureUnknown:
		return badge{"warn", "Chữ ký số chưa kiểm tra"}
	case onestop.SignatureNone:
	}
	return badge{"quiet", "Không ký số"}
}

// dong writes an amount: "12.000 đồng".
func dong(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s + " đồng"
}

func (h *handler) fill(b *dossierBody, o *onestop.Opened, p person) {
	d := o.Dossier
	b.Title, b.Code, b.Catalogue = d.Procedure.Name, d.Procedure.Code, d.Procedure.Catalogue
	b.Identity, b.Verdict = verdictBadge(o.Report.Verdict, false), verdictText(o.Report.Verdict)
	b.Sections = checkSections(o.Report, d)
	for _, s := range b.Sections {
		for _, r := range s.Rows {
			if r.Badge.Tone == "bad" {
				b.Failed++
			}
		}
	}
	match, _ := o.Report.Check(kiosk.CheckFaceMatch)
	b.Score = scoreOf(d.Face, match)
	b.Signer = signerOf(o.Report.Signer)
	if d.Chip != nil {
		b.Access = d.Chip.Access
	}
	if o.Photos && o.Photo {
		b.ChipPhoto = address(p, o.Item.ID, onestop.PictureChip)
	}
	if o.Photos && !d.Face.Best.IsZero() {
		b.LivePhoto = address(p, o.Item.ID, onestop.PictureLive)
	}
	for _, f := range d.Fields {
		row := field{Label: f.Label, Value: f.Value, Original: f.Original, Badge: provenanceBadge(f.Provenance)}
		b.Fields = append(b.Fields, row)
		if f.Provenance == kiosk.FromEdited {
			b.Diffs = append(b.Diffs, row)
		}
	}
	for i, doc := range d.Papers {
		at := address(p, o.Item.ID, onestop.PicturePaper+onestop.Picture(fmt.Sprint(i+1)))
		b.Papers = append(b.Papers, paper{
			Name: doc.Paper, Number: i + 1, Hash: fingerprint(doc.SHA256), Kind: size(o.PageSizes[i]),
			Link: at, Zoom: strings.Replace(at, "/anh/", "/xem/", 1),
		})
	}
	for _, c := range d.Consents {
		v := consent{Purpose: purposeText(c.Purpose), Text: c.Text, Hash: fingerprint(c.SHA256), At: when(c.At), Badge: badge{"good", "Đồng ý"}}
		if !c.Given {
			v.Badge = badge{"warn", "Không đồng ý"}
		}
		b.Consents = append(b.Consents, v)
	}
	b.Return, b.Address = returnText(d.Return), d.Return.Address
}

func address(p person, dossier string, which onestop.Picture) string {
	return "/anh/" + onestop.PictureAddress(p.cookie, dossier, which)
}

// picture serves one picture of a dossier under its opaque address.
func (h *handler) picture(w http.ResponseWriter, r *http.Request, p person) {
	id, which, ok := onestop.OpenPictureAddress(p.cookie, r.PathValue("address"))
	if !ok {
		h.problem(w, r, http.StatusNotFound, onestop.ErrNotFound)
		return
	}
	img, err := h.desk.Picture(r.Context(), p.Account, id, which)
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	defer img.Wipe()
	w.Header().Set("Content-Type", img.Type)
	w.Header().Set("Content-Disposition", "inline")
	_, _ = w.Write(img.Data) // a browser that went away asks again
}

func signerOf(s kiosk.Signer) *signer {
	if s.Subject == "" {
		return nil
	}
	v := &signer{
		Subject: s.Subject, Issuer: s.Issuer, Country: s.Country, Serial: s.Serial, From: day(s.NotBefore), Until: day(s.NotAfter),
		Anchor: "không có trong kho tin cậy",
	}
	if raw, err := hex.DecodeString(s.Anchor); err == nil && len(raw) == 32 {
		v.Anchor = fingerprint([32]byte(raw))
	}
	return v
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(onestop.Zone).Format("02/01/2006")
}

func verdictText(v kiosk.Verdict) string {
	switch v {
	case kiosk.Verified:
		return "Thẻ do cơ quan có thẩm quyền cấp, chip thật, khuôn mặt khớp. Mọi kiểm tra bắt buộc đều đạt."
	case kiosk.Refused:
		return "Có kiểm tra không đạt, xem chuỗi kiểm tra bên dưới. Không tiếp nhận khi chưa đối chiếu trực tiếp với thẻ gốc và người nộp."
	}
	return "Chưa có kiểm tra nào không đạt, nhưng có kiểm tra bắt buộc chưa làm được. Cần đối chiếu trực tiếp trước khi tiếp nhận."
}

func faultText(c kiosk.Code) string {
	switch c {
	case kiosk.CodeBadInput:
		return "Phong bì bị thay đổi trên đường gửi, hoặc được niêm phong cho một khóa khác."
	case kiosk.CodeKeyMissing:
		return "Thiếu khóa bí mật của văn phòng để mở phong bì."
	}
	return "Phần mềm gặp lỗi khi mở phong bì (" + string(c) + ")."
}

func size(n int) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KB", (n+512)>>10)
	}
	return decimals(float64(n)/(1<<20), 1) + " MB"
}

func moveTone(m onestop.Move) string {
	switch m.To {
	case kiosk.StateReceived, kiosk.StateFinished, kiosk.StateReturned, kiosk.StateProcessing:
		return "primary"
	case kiosk.StateNotReceived, kiosk.StateStopped:
		return "danger"
	case kiosk.StateRegistered, kiosk.StateSupplement, kiosk.StatePayment, kiosk.StateWithdrawn:
		return "plain"
	}
	return "plain"
}

// logOf parts what was done from what was only looked at, newest first.
func logOf(events []onestop.Event) (done, seen []entry) {
	for i := len(events) - 1; i >= 0; i-- {
		e := events[i]
		v := entry{At: when(e.At), Who: e.Actor.Name, Role: e.Actor.Role.Title(), Reason: e.Reason}
		switch e.Kind {
		case onestop.EventTakenIn:
			v.Who, v.What = "Ki-ốt", "Gửi đến văn phòng, trạng thái "+e.To.String()
			done = append(done, v)
		case onestop.EventMoved:
			v.What, v.Note = e.From.String()+" → "+e.To.String(), e.Note
			done = append(done, v)
		case onestop.EventViewed:
			v.What = "Mở hồ sơ"
			seen = append(seen, v)
		case onestop.EventPicture:
			v.What = "Xem " + pictureText(onestop.Picture(e.Note))
			seen = append(seen, v)
		case onestop.EventExported:
			v.What = "Xuất tệp chứng cứ ra ngoài"
			done = append(done, v)
		}
	}
	return done, seen
}

func pictureText(p onestop.Picture) string {
	switch p {
	case onestop.PictureChip:
		return "ảnh trên chip"
	case onestop.PictureLive:
		return "ảnh chụp tại ki-ốt"
	}
	return "giấy tờ kèm theo"
}
