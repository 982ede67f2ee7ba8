package officer

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"time"

	"motcua/kiosk/onestop"
)

// cookieName: the prefix __Host- makes the browser refuse a cookie set over http or for another path.
func (h *handler) cookieName() string {
	if h.secure {
		return "__Host-motcua"
	}
	return "motcua"
}

func (h *handler) formCookieName() string { return h.cookieName() + "-dn" }

func (h *handler) cookie(name, value string, age time.Duration) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteStrictMode,
		MaxAge: int(age / time.Second),
	}
}

func (h *handler) toLogin(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/dang-nhap", http.StatusSeeOther)
}

type loginBody struct {
	Login string
	Word  string // the form's own CSRF word: there is no login yet
	Error string
}

func (h *handler) loginPage(w http.ResponseWriter, r *http.Request) {
	h.showLogin(w, r, http.StatusOK, "", "")
}

func (h *handler) showLogin(w http.ResponseWriter, r *http.Request, status int, login, text string) {
	word := onestop.Secret()
	http.SetCookie(w, h.cookie(h.formCookieName(), word, time.Hour))
	h.show(w, r, status, "login", "Đăng nhập", nil, loginBody{login, word, text})
}

func (h *handler) login(w http.ResponseWriter, r *http.Request) {
	c, err := r.Cookie(h.formCookieName())
	if err != nil || subtle.ConstantTimeCompare([]byte(c.Value), []byte(r.PostFormValue("csrf"))) != 1 {
		h.showLogin(w, r, http.StatusForbidden, "", "Trang đăng nhập đã hết hạn. Mời nhập lại.")
		return
	}
	login := r.PostFormValue("login")
	cookie, err := h.desk.Login(r.Context(), login, r.PostFormValue("password"), remote(r))
	var wait onestop.WaitError
	switch {
	case errors.As(err, &wait):
		w.Header().Set("Retry-After", fmt.Sprint(int(wait.Wait/time.Second)+1))
		h.showLogin(w, r, http.StatusTooManyRequests, login, "Nhập sai nhiều lần. Mời đợi "+span(wait.Wait)+" rồi thử lại.")
	case errors.Is(err, onestop.ErrLogin):
		h.showLogin(w, r, http.StatusUnauthorized, login, "Tên đăng nhập hoặc mật khẩu chưa đúng. Kiểm tra phím Caps Lock và bộ gõ tiếng Việt rồi nhập lại.")
	case err != nil:
		h.problem(w, r, http.StatusInternalServerError, err)
	default:
		http.SetCookie(w, h.cookie(h.formCookieName(), "", -time.Second))
		http.SetCookie(w, h.cookie(h.cookieName(), cookie, onestop.SessionMost))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (h *handler) logout(w http.ResponseWriter, r *http.Request, p person) {
	h.leave(w, r, h.desk.Logout(r.Context(), p.Account, p.cookie))
}

func (h *handler) logoutEverywhere(w http.ResponseWriter, r *http.Request, p person) {
	h.leave(w, r, h.desk.LogoutEverywhere(r.Context(), p.Account))
}

func (h *handler) leave(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		h.problem(w, r, http.StatusInternalServerError, err)
		return
	}
	http.SetCookie(w, h.cookie(h.cookieName(), "", -time.Second))
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	h.toLogin(w, r)
}

type passwordBody struct {
	Min   int
	Error string
	Done  bool
}

func (h *handler) passwordPage(w http.ResponseWriter, r *http.Request, p person) {
	h.show(w, r, http.StatusOK, "password", "Đổi mật khẩu", &p, passwordBody{Min: onestop.MinPassword})
}

func (h *handler) password(w http.ResponseWriter, r *http.Request, p person) {
	body := passwordBody{Min: onestop.MinPassword}
	status := http.StatusUnprocessableEntity
	if next := r.PostFormValue("next"); next != r.PostFormValue("again") {
		body.Error = "Hai lần nhập mật khẩu mới không giống nhau. Mời nhập lại."
	} else {
		cookie, err := h.desk.ChangePassword(r.Context(), p.Account, r.PostFormValue("old"), next, remote(r))
		var wait onestop.WaitError
		switch {
		case errors.As(err, &wait):
			body.Error, status = "Nhập sai nhiều lần. Mời đợi "+span(wait.Wait)+" rồi thử lại.", http.StatusTooManyRequests
		case errors.Is(err, onestop.ErrLogin):
			body.Error = "Mật khẩu hiện tại chưa đúng."
		case errors.Is(err, onestop.ErrWeak):
			body.Error = fmt.Sprintf("Mật khẩu mới cần ít nhất %d ký tự.", onestop.MinPassword)
		case err != nil:
			h.problem(w, r, http.StatusInternalServerError, err)
			return
		default:
			body.Done, status, p.cookie = true, http.StatusOK, cookie
			http.SetCookie(w, h.cookie(h.cookieName(), cookie, onestop.SessionMost))
		}
	}
	h.show(w, r, status, "password", "Đổi mật khẩu", &p, body)
}
