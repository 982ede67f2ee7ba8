package onestop

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"
)

// Limits of a login.
const (
	SessionIdle  = 30 * time.Minute // without a request
	SessionMost  = 10 * time.Hour   // a working day
	SessionGrain = time.Minute      // how exactly the last request is known: not every click writes to the store
	SessionsOf   = 10               // logins of one person at a time; one more ends the longest unused
	secretLength = 32
)

// Session is one login of one person, as the store keeps it. The cookie itself is only in the person's browser: from its hash nobody
// logs in.
type Session struct {
	Token   [32]byte // SHA-256 of the cookie
	Account int64
	Started time.Time
	Seen    time.Time // the last request, to SessionGrain
}

// Ended reports whether the login is over at that time.
func (s Session) Ended(now time.Time) bool {
	return now.Sub(s.Seen) > SessionIdle || now.Sub(s.Started) > SessionMost
}

// SessionStore keeps logins, so that every receiver over one store knows them.
//
// StartSession adds one, forgets those of anybody that ended before, and of the same person all but the SessionsOf last used.
// UseSession gives the one of that token that has not ended, and counts the request: ErrNotFound otherwise. EndSession and
// EndSessions forget one and all of a person; what is not there is no error. [Store.SetAccount] ends them all when it disables the
// person or changes the password.
type SessionStore interface {
	StartSession(ctx context.Context, s Session) error
	UseSession(ctx context.Context, token [32]byte, now time.Time) (Session, error)
	EndSession(ctx context.Context, token [32]byte) error
	EndSessions(ctx context.Context, account int64) error
}

// Secret makes a random word for a cookie or a form: 256 bits, base64url.
func Secret() string {
	b := make([]byte, secretLength)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(b)
}

func tokenOf(cookie string) [32]byte { return sha256.Sum256([]byte(cookie)) }

// derive makes a key of a login for one purpose. Whoever does not have the cookie cannot, and it does not tell the cookie.
func derive(cookie, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, []byte(cookie), nil, "motcua office "+purpose, secretLength)
	if err != nil { // only of a length that no hash gives
		panic(err)
	}
	return key
}

// FormWord gives the word that every form of a login carries (CSRF). It follows from the cookie, so nothing has to be remembered.
func FormWord(cookie string) string {
	return base64.RawURLEncoding.EncodeToString(derive(cookie, "form"))
}

// IsFormWord reports whether word is the login's, in constant time.
func IsFormWord(cookie, word string) bool {
	return cookie != "" && hmac.Equal([]byte(FormWord(cookie)), []byte(word))
}

// pictureSeal is the cipher of a login's picture addresses.
func pictureSeal(cookie string) cipher.AEAD {
	block, err := aes.NewCipher(derive(cookie, "picture"))
	if err != nil { // only of another length
		panic(err)
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return seal
}

// PictureAddress gives an opaque address for a picture, good in this login only: what it names is encrypted under a key of the
// cookie. It ends with the login.
func PictureAddress(cookie, dossier string, which Picture) string {
	return base64.RawURLEncoding.EncodeToString(pictureSeal(cookie).Seal(nil, nil, []byte(dossier+"/"+string(which)), nil))
}

// maxAddress bounds what is decoded.
const maxAddress = 200

// OpenPictureAddress gives what stands behind an address of this login.
func OpenPictureAddress(cookie, address string) (dossier string, which Picture, ok bool) {
	if len(address) > maxAddress {
		return "", "", false
	}
	b, err := base64.RawURLEncoding.DecodeString(address)
	if err != nil {
		return "", "", false
	}
	b, err = pictureSeal(cookie).Open(nil, nil, b, nil)
	if err != nil {
		return "", "", false
	}
	dossier, name, ok := strings.Cut(string(b), "/")
	return dossier, Picture(name), ok
}

// startSession logs an account in and gives the cookie's value.
func (d *Desk) startSession(ctx context.Context, account int64) (cookie string, err error) {
	cookie = Secret()
	now := d.Now().UTC().Truncate(time.Microsecond)
	err = d.opt.Store.StartSession(ctx, Session{Token: tokenOf(cookie), Account: account, Started: now, Seen: now})
	if err != nil {
		return "", err
	}
	return cookie, nil
}

// Who gives the person behind a cookie. The account is read anew each time: a person who was disabled or given another role is so
// at once. ok is false when nobody is logged in.
func (d *Desk) Who(ctx context.Context, cookie string) (a Account, ok bool, err error) {
	s, err := d.opt.Store.UseSession(ctx, tokenOf(cookie), d.Now())
	if err == nil {
		a, err = d.opt.Store.Account(ctx, s.Account)
	}
	switch {
	case errors.Is(err, ErrNotFound), err == nil && a.Disabled:
		return Account{}, false, nil
	case err != nil:
		return Account{}, false, err
	}
	return a, true, nil
}
