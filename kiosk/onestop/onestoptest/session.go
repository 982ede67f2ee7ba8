package onestoptest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"motcua/kiosk/onestop"
)

// logins: each is found by its own token only, until it has idled or lasted too long, or was ended.
func logins(t *testing.T, s onestop.Store) {
	ctx := t.Context()
	lan, hoa := officer(t, s, "lan"), officer(t, s, "hoa")
	at := At.Truncate(time.Microsecond)
	start := func(name string, a onestop.Account, at time.Time) [32]byte {
		t.Helper()
		token := sha256.Sum256([]byte(name))
		if err := s.StartSession(ctx, onestop.Session{Token: token, Account: a.ID, Started: at, Seen: at}); err != nil {
			t.Fatal(err)
		}
		return token
	}
	alive := func(what string, token [32]byte, at time.Time, want bool) {
		t.Helper()
		got, err := s.UseSession(ctx, token, at)
		if want && (err != nil || got.Token != token) || !want && !errors.Is(err, onestop.ErrNotFound) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	one, other, third := start("1", lan, at), start("2", lan, at), start("3", hoa, at)
	got, err := s.UseSession(ctx, one, at.Add(time.Second))
	if err != nil || got.Account != lan.ID || !got.Started.Equal(at) || !got.Seen.Equal(at) {
		t.Errorf("%+v, %v", got, err)
	}
	alive("unknown", sha256.Sum256([]byte("x")), at, false)
	alive("nothing", [32]byte{}, at, false)

	idle := at.Add(onestop.SessionIdle)
	alive("in use", one, idle, true)
	alive("in use again", one, idle.Add(onestop.SessionIdle), true)
	alive("idle", other, idle.Add(time.Second), false)
	now := at
	for at.Add(onestop.SessionMost).Sub(now) > onestop.SessionIdle {
		now = now.Add(onestop.SessionIdle)
		alive("through the day", third, now, true)
	}
	alive("after the day", third, at.Add(onestop.SessionMost+time.Second), false)

	at = at.Add(24 * time.Hour)
	one, other, third = start("4", lan, at), start("5", lan, at), start("6", hoa, at)
	if err := errors.Join(s.EndSession(ctx, one), s.EndSession(ctx, one)); err != nil {
		t.Error(err)
	}
	alive("ended", one, at, false)
	alive("not ended", other, at, true)
	if err := s.EndSessions(ctx, lan.ID); err != nil {
		t.Error(err)
	}
	alive("ended everywhere", other, at, false)
	alive("another person's", third, at, true)

	// A new name or role ends nothing; a new password, or being disabled, everything.
	one = start("7", lan, at)
	lan.Role = onestop.RoleClerk
	set := func(a onestop.Account) {
		t.Helper()
		if err := s.SetAccount(ctx, a); err != nil {
			t.Fatal(err)
		}
	}
	set(lan)
	alive("another role", one, at, true)
	lan.Hash += "x"
	set(lan)
	alive("another password", one, at, false)
	one = start("8", lan, at)
	lan.Disabled = true
	set(lan)
	lan.Disabled = false
	set(lan)
	alive("was disabled", one, at, false)
	alive("another person", third, at, true)

	// One login more than a person may have ends the one that was longest unused.
	var mine [onestop.SessionsOf + 1][32]byte
	for i := range mine {
		mine[i] = start(fmt.Sprint("many", i), lan, at.Add(time.Duration(i)*time.Second))
	}
	alive("one too many", mine[0], at, false)
	alive("the next", mine[1], at, true)
	alive("the last", mine[len(mine)-1], at.Add(time.Minute), true)
}
