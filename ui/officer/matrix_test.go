package officer_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"motcua/kiosk/onestop"
	"motcua/ui/officer"
)

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// fill puts a real dossier's id, and plain values elsewhere, into a route's address.
func fill(path, id string) string {
	path = strings.Replace(path, "/{$}", "/", 1)
	path = strings.Replace(path, "{id}", id, 1)
	path = strings.Replace(path, "{to}", "2", 1)
	return wildcard.ReplaceAllString(path, "1")
}

// Every route × every role, and nobody: what a role may not do answers 403 and does nothing; without a login nothing but the
// public pages answers at all. A new route is in the table as soon as it exists.
func TestRouteMatrix(t *testing.T) {
	d := newDesk(t, nil)
	id := d.Deliver(t, nil).Dossier.ID
	nobody := d.browser(t)
	people := map[onestop.Role]*browser{}
	for i, role := range onestop.Roles {
		people[role] = d.officer(t, "Cán bộ Số "+string(rune('A'+i)), role)
	}
	seen := map[onestop.Permission]bool{}
	for _, r := range officer.Routes() {
		seen[r.Perm] = true
		method, path, _ := strings.Cut(r.Pattern, " ")
		path = fill(path, id)
		ask := func(b *browser, csrf string) answer {
			if method == http.MethodPost {
				return b.post(path, url.Values{"csrf": {csrf}})
			}
			return b.get(path)
		}
		a := ask(nobody, "")
		if toLogin := a.StatusCode == http.StatusSeeOther && a.Header.Get("Location") == "/dang-nhap"; toLogin == r.Public {
			t.Errorf("%s without a login: %d to %q", r.Pattern, a.StatusCode, a.Header.Get("Location"))
		}
		if r.Public {
			continue
		}
		for role, b := range people {
			if method == http.MethodPost && strings.HasPrefix(path, "/dang-xuat") {
				continue // would end the login; it is open to every person
			}
			csrf := ""
			if method == http.MethodPost {
				if ask(b, "").StatusCode != http.StatusForbidden {
					t.Errorf("%s, %s: done without the form's word", r.Pattern, role)
				}
				csrf = b.get("/mat-khau").csrf(t)
			}
			a := ask(b, csrf)
			allowed := r.Perm == "" || role.May(r.Perm)
			if !allowed && a.StatusCode != http.StatusForbidden {
				t.Errorf("%s, %s: %d, want 403", r.Pattern, role, a.StatusCode)
			}
			// What is allowed may still be refused for what is asked (no such letter, nothing typed, not this step), never broken.
			if allowed && a.StatusCode >= http.StatusInternalServerError {
				t.Errorf("%s, %s: %d", r.Pattern, role, a.StatusCode)
			}
			if allowed && a.StatusCode == http.StatusForbidden && r.Perm != onestop.PermInbox && r.Perm != onestop.PermOpen {
				t.Errorf("%s, %s: allowed, yet 403", r.Pattern, role)
			}
		}
	}
	for _, p := range []onestop.Permission{
		onestop.PermOpen, onestop.PermForward, onestop.PermSign, onestop.PermProcess, onestop.PermCompare, onestop.PermQueue,
		onestop.PermKiosks, onestop.PermReport, onestop.PermFeedback,
	} {
		if !seen[p] {
			t.Errorf("no route asks for %s", p)
		}
	}
}
