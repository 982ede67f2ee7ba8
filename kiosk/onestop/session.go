package onestop

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"
)

// Limits of a login.
const (
	SessionIdle  = 30 * time.Minute // without a request
	SessionMost  = 10 * time.Hour   // a working day
	maxSessions  = 1000
	maxPictures  = 400 // picture addresses a session holds
	secretLength = 32
)

// Session is one login of one person. Its secrets exist in the server's memory and in the person's browser only.
type Session struct {
	account int64
	csrf    string
	started time.Time
	seen    time.Time

	pictures map[string]picture // by opaque address
	order    []string           // addresses, oldest first
}

type picture struct {
	dossier string
	which   Picture
}

// Sessions are all logins. Cookies are kept by hash: a copy of the memory image's map gives no one a login.
type Sessions struct {
	now func() time.Time

	mu  sync.Mutex
	all map[[32]byte]*Session
}

// NewSessions starts with nobody logged in.
func NewSessions(now func() time.Time) *Sessions {
	return &Sessions{now: now, all: map[[32]byte]*Session{}}
}

// Secret makes a random word for a cookie, a form or an address: 256 bits, base64url.
func Secret() string {
	b := make([]byte, secretLength)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

// Start logs an account in and gives the cookie's value.
func (s *Sessions) Start(account int64) (cookie string) {
	cookie = Secret()
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	s.all[sha256.Sum256([]byte(cookie))] = &Session{
		account: account, csrf: Secret(), started: now, seen: now, pictures: map[string]picture{},
	}
	return cookie
}

// sweep forgets what has ended, and the longest unseen when there are too many.
func (s *Sessions) sweep(now time.Time) {
	var idlest [32]byte
	var idle *Session
	for k, v := range s.all {
		if v.ended(now) {
			delete(s.all, k)
			continue
		}
		if idle == nil || v.seen.Before(idle.seen) {
			idlest, idle = k, v
		}
	}
	if len(s.all) >= maxSessions {
		delete(s.all, idlest)
	}
}

func (v *Session) ended(now time.Time) bool {
	return now.Sub(v.seen) > SessionIdle || now.Sub(v.started) > SessionMost
}

// Find gives the account and the CSRF word of a cookie that is still good, and counts the request as use.
func (s *Sessions) Find(cookie string) (account int64, csrf string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.get(cookie)
	if v == nil {
		return 0, "", false
	}
	v.seen = s.now()
	return v.account, v.csrf, true
}

// get gives the session of a cookie, nil when there is none or it has ended. The caller holds mu.
func (s *Sessions) get(cookie string) *Session {
	key := sha256.Sum256([]byte(cookie))
	v := s.all[key]
	if v != nil && v.ended(s.now()) {
		delete(s.all, key)
		return nil
	}
	return v
}

// CSRF reports whether word is the session's CSRF word, in constant time.
func (s *Sessions) CSRF(cookie, word string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.get(cookie)
	return v != nil && subtle.ConstantTimeCompare([]byte(v.csrf), []byte(word)) == 1
}

// End logs out.
func (s *Sessions) End(cookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, sha256.Sum256([]byte(cookie)))
}

// KeepOnly logs an account out everywhere but in the session of that cookie.
func (s *Sessions) KeepOnly(account int64, cookie string) {
	keep := sha256.Sum256([]byte(cookie))
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, v := range s.all {
		if v.account == account && k != keep {
			delete(s.all, k)
		}
	}
}

// Address gives an opaque address for a picture, good in this session only.
func (s *Sessions) Address(cookie, dossier string, which Picture) (address string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.get(cookie)
	if v == nil {
		return "", false
	}
	if len(v.order) >= maxPictures {
		delete(v.pictures, v.order[0])
		v.order = v.order[1:]
	}
	address = Secret()
	v.pictures[address] = picture{dossier, which}
	v.order = append(v.order, address)
	return address, true
}

// Picture gives what stands behind an address of this session.
func (s *Sessions) Picture(cookie, address string) (dossier string, which Picture, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.get(cookie)
	if v == nil {
		return "", "", false
	}
	p, ok := v.pictures[address]
	return p.dossier, p.which, ok
}
