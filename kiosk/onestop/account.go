package onestop

import (
	"log/slog"
	"regexp"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Account is one person. There are no shared accounts: the name stands beside every action.
type Account struct {
	ID       int64
	Login    string // lower-case ASCII
	Name     string // as on the person's name plate
	Role     Role
	Hash     string // argon2id in PHC form, see password.go
	Disabled bool
	Created  time.Time
}

// Actor is the account as it stands in events.
func (a Account) Actor() Actor { return Actor{ID: a.ID, Name: a.Name, Role: a.Role} }

// String gives login and role, never the hash.
func (a Account) String() string { return a.Login + " (" + string(a.Role) + ")" }

// LogValue gives the number and the role: officers' names stay out of the technical log too.
func (a Account) LogValue() slog.Value {
	return slog.GroupValue(slog.Int64("account", a.ID), slog.String("role", string(a.Role)))
}

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,39}$`)

// ValidLogin reports whether s can be a login: 2 to 40 of a–z 0–9 . _ -
func ValidLogin(s string) bool { return loginForm.MatchString(s) }

// LoginFor proposes a login for a Vietnamese name: given name and initials, as offices do ("Nguyễn Thị Lan" → "lan.nt").
func LoginFor(name string) string {
	words := strings.Fields(fold(name))
	if len(words) == 0 {
		return ""
	}
	last := words[len(words)-1]
	var initials strings.Builder
	for _, w := range words[:len(words)-1] {
		initials.WriteByte(w[0])
	}
	if initials.Len() == 0 {
		return last
	}
	return last + "." + initials.String()
}

// fold strips Vietnamese diacritics and everything that is not a letter, digit or space.
func fold(s string) string {
	s = strings.NewReplacer("đ", "d", "Đ", "d").Replace(s)
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch r = unicode.ToLower(r); {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == ' ':
			b.WriteRune(r)
		}
	}
	return b.String()
}
