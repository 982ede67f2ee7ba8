package officer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"html/template"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
	"motcua/ui"
)

//go:embed templates/*.html
var templateFS embed.FS

//go:embed static/officer.css
var css []byte

// Options of the pages.
type Options struct {
	Desk   *onestop.Desk
	Secure bool // the pages are reached by https: cookies are then sent over nothing else
}

// Limits of a request.
const (
	maxForm   = 64 << 10
	maxUpload = onestop.MaxResult + maxForm // a result file with its form
)

// limitOf bounds a request's body.
func limitOf(r *http.Request) int64 {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/ket-qua") {
		return maxUpload
	}
	return maxForm
}

// policy allows what the pages have, and nothing else.
const policy = "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

type handler struct {
	desk   *onestop.Desk
	secure bool
	pages  map[string]*template.Template
	style  string // address of the style sheet, with its hash
	cross  *http.CrossOriginProtection
}

// New makes the pages of a desk.
func New(o Options) (http.Handler, error) {
	sum := sha256.Sum256(css)
	h := &handler{
		desk: o.Desk, secure: o.Secure, style: "/static/officer.css?v=" + hex.EncodeToString(sum[:6]),
		cross: http.NewCrossOriginProtection(),
	}
	var err error
	if h.pages, err = parse(); err != nil {
		return nil, err
	}
	h.cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.problem(w, r, http.StatusForbidden, errForm)
	}))
	return h.guard(h.routes()), nil
}

// guard sets the headers of every answer, refuses what another site started, bounds forms, and turns a panic into a page.
func (h *handler) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Cache-Control", "no-store")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
		if h.secure {
			head.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, limitOf(r))
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler { //nolint:errorlint // the sentinel is panicked with as it is
					panic(v)
				}
				h.desk.Fault(r.Context(), errors.New("page failed"))
				h.problem(w, r, http.StatusInternalServerError, errors.New("page failed"))
			}
		}()
		h.cross.Handler(next).ServeHTTP(w, r)
	})
}

// person is who is logged in.
type person struct {
	onestop.Account
	cookie string
}

// person lets only logged-in people through whose role has the permission, and posts only with the login's CSRF word.
func (h *handler) person(perm onestop.Permission, next func(http.ResponseWriter, *http.Request, person)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(h.cookieName())
		if err != nil {
			h.toLogin(w, r)
			return
		}
		a, ok, err := h.desk.Who(r.Context(), c.Value)
		switch {
		case err != nil:
			h.problem(w, r, http.StatusInternalServerError, err)
		case !ok:
			h.toLogin(w, r)
		case r.Method == http.MethodPost && !onestop.IsFormWord(c.Value, r.PostFormValue("csrf")):
			h.problem(w, r, http.StatusForbidden, errForm)
		case perm != "" && !a.Role.May(perm):
			h.problem(w, r, http.StatusForbidden, onestop.ErrDenied)
		default:
			next(w, r, person{a, c.Value})
		}
	}
}

// page is what every template gets.
type page struct {
	Title   string
	Style   string
	Office  string
	Hotline string
	Person  *person // nil: nobody is logged in
	Role    string
	CSRF    string
	Now     string
	Nav     []link
	Wide    bool // the page takes the whole width and height of a desktop screen
	Body    any
}

// link is an entry of the navigation.
type link struct {
	Link, Text string
	Current    bool
}

// nav lists what the role may open.
func nav(p person, path string) (out []link) {
	for _, l := range []struct {
		link, text string
		perm       onestop.Permission
	}{
		{"/", "Hộp hồ sơ", onestop.PermInbox}, {"/goi-so", "Gọi số", onestop.PermQueue}, {"/may", "Máy", onestop.PermKiosks},
		{"/thong-ke", "Thống kê", onestop.PermReport}, {"/so-theo-doi", "Sổ theo dõi", onestop.PermReport},
		{"/gop-y", "Phản ánh", onestop.PermFeedback},
	} {
		if p.Account.Role.May(l.perm) {
			out = append(out, link{l.link, l.text, l.link == path})
		}
	}
	return out
}

// show renders into memory first: half a page is never sent.
func (h *handler) show(w http.ResponseWriter, r *http.Request, status int, name, title string, p *person, body any) {
	v := page{
		Title: title, Style: h.style, Office: h.desk.Office(), Hotline: h.desk.Hotline(), Person: p,
		Now: when(h.desk.Now()), Body: body, Wide: name == "dossier" || name == "zoom",
	}
	if p != nil {
		v.Role, v.CSRF, v.Nav = p.Account.Role.Title(), onestop.FormWord(p.cookie), nav(*p, r.URL.Path)
	}
	var b bytes.Buffer
	if err := h.pages[name].ExecuteTemplate(&b, "page", v); err != nil {
		h.desk.Fault(r.Context(), err)
		http.Error(w, "Trang gặp lỗi. Mời quay lại và thử lần nữa.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that went away asks again
}

var errForm = errors.New("the form is not of this login")

// problem shows what happened and what to do, and logs what is our fault.
func (h *handler) problem(w http.ResponseWriter, r *http.Request, status int, err error) {
	var too *http.MaxBytesError
	t := problemText{"Trang gặp lỗi", "Việc vừa làm có thể chưa được ghi. Mời mở lại hồ sơ để kiểm tra rồi thử lần nữa; nếu vẫn lỗi, báo quản trị hệ thống."}
	switch {
	case errors.Is(err, onestop.ErrNotFound):
		status, t = http.StatusNotFound, problemText{"Không tìm thấy", "Địa chỉ này không có hoặc đã hết hạn. Mời quay lại Hộp hồ sơ."}
	case errors.Is(err, onestop.ErrDenied):
		status, t = http.StatusForbidden, problemText{"Không thuộc quyền của tài khoản", "Vai trò hiện tại không được làm việc này. Mời liên hệ Trưởng bộ phận nếu cần."}
	case errors.Is(err, onestop.ErrMoved):
		status, t = http.StatusConflict, problemText{"Hồ sơ vừa được người khác xử lý", "Trạng thái đã đổi sau khi trang này mở. Mời mở lại hồ sơ để xem trạng thái mới."}
	case errors.Is(err, onestop.ErrRefused), errors.Is(err, onestop.ErrFault):
		status, t = http.StatusConflict, problemText{"Không chuyển được trạng thái", "Từ trạng thái hiện tại không thể chuyển như vậy. Mời mở lại hồ sơ và chọn việc khác."}
	case errors.Is(err, onestop.ErrChildren):
		status, t = http.StatusConflict, problemText{"Hồ sơ liên thông chưa xong các phần", "Chỉ kết thúc được khi mọi phần của hồ sơ liên thông đã xong. Mời mở lại hồ sơ để xem phần còn lại."}
	case errors.Is(err, onestop.ErrNotCompared):
		status, t = http.StatusConflict, problemText{"Chưa đối chiếu với bản chính", "Bản sao chỉ được ký sau khi cán bộ đối chiếu với bản chính. Mời đối chiếu trước rồi ký."}
	case errors.Is(err, onestop.ErrResult):
		status, t = http.StatusUnprocessableEntity, problemText{"Tệp không dùng được", "Kết quả là tệp PDF, JPEG hoặc PNG, không quá 10 MB, có tên; mã kết quả chỉ gồm chữ, số và dấu chấm."}
	case errors.Is(err, errForm):
		t = problemText{"Biểu mẫu đã hết hạn", "Biểu mẫu không thuộc phiên làm việc này. Mời mở lại trang và làm lại."}
	case errors.As(err, &too):
		status, t = http.StatusRequestEntityTooLarge, problemText{"Nội dung quá dài", "Mời quay lại và rút ngắn nội dung."}
	case status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled):
		h.desk.Fault(r.Context(), err)
	}
	h.show(w, r, status, "problem", t.Title, nil, t)
}

type problemText struct{ Title, Text string }

// health answers a supervisor: the store answers.
func (h *handler) health(w http.ResponseWriter, r *http.Request) {
	if err := h.desk.Ready(r.Context()); err != nil {
		http.Error(w, string(kiosk.CodeOf(err)), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *handler) stylesheet(w http.ResponseWriter, r *http.Request) {
	h.static(w, r, "officer.css", "text/css; charset=utf-8", css)
}

// font serves the fonts of package ui, by exact name.
func (h *handler) font(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !strings.HasSuffix(name, ".woff2") || !fs.ValidPath(name) || strings.Contains(name, "/") {
		h.problem(w, r, http.StatusNotFound, onestop.ErrNotFound)
		return
	}
	b, err := ui.Static.ReadFile("static/fonts/" + name)
	if err != nil {
		h.problem(w, r, http.StatusNotFound, onestop.ErrNotFound)
		return
	}
	h.static(w, r, name, "font/woff2", b)
}

func (h *handler) static(w http.ResponseWriter, r *http.Request, name, kind string, b []byte) {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	w.Header().Set("Content-Type", kind)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}

// remote is the client's address without the port.
func remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// printed are the pages that are made to be printed.
var printed = map[string]bool{"letter": true, "control": true, "register": true}

func parse() (map[string]*template.Template, error) {
	pages := map[string]*template.Template{}
	for _, name := range []string{
		"login", "inbox", "dossier", "move", "status", "password", "problem", "handover", "extend", "letter", "control", "register", "queue",
		"board", "machines", "statistics", "feedback", "say", "heard", "lookup", "zoom", "evidence",
	} {
		frame := "page"
		if printed[name] {
			frame = "paper"
		}
		t, err := template.New(name).Funcs(funcs).ParseFS(templateFS, "templates/"+frame+".html", "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		pages[name] = t
	}
	return pages, nil
}
