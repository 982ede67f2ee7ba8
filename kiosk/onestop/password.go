package onestop

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Argon2 is the cost of a password hash. The default is the second recommendation of RFC 9106 §4: 64 MiB, 3 passes, 4 lanes.
type Argon2 struct {
	Time   uint32 // passes
	Memory uint32 // KiB
	Lanes  uint8
}

// DefaultArgon2 is used for every new password.
var DefaultArgon2 = Argon2{Time: 3, Memory: 64 * 1024, Lanes: 4}

// Limits of a password: long enough to be worth hashing, short enough not to be an attack on the hash.
const (
	MinPassword = 12  // characters
	MaxPassword = 256 // bytes
)

const (
	saltLen = 16
	hashLen = 32
)

// ErrWeak is given for a password outside the limits.
var ErrWeak = fmt.Errorf("a password needs at least %d characters", MinPassword)

// HashPassword gives "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
func HashPassword(password string, cost Argon2) (string, error) {
	if utf8.RuneCountInString(password) < MinPassword || len(password) > MaxPassword {
		return "", ErrWeak
	}
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	sum := argon2.IDKey([]byte(password), salt, cost.Time, cost.Memory, cost.Lanes, hashLen)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, cost.Memory, cost.Time, cost.Lanes,
		b64.EncodeToString(salt), b64.EncodeToString(sum)), nil
}

// CheckPassword reports whether password gives that hash. A hash that is not ours, or asks for an absurd cost, is an error.
func CheckPassword(hash, password string) (bool, error) {
	cost, salt, want, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	if len(password) > MaxPassword {
		return false, nil
	}
	got := argon2.IDKey([]byte(password), salt, cost.Time, cost.Memory, cost.Lanes, uint32(len(want))) //nolint:gosec // parseHash bounds it
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

var errHash = errors.New("not an argon2id hash of ours")

func parseHash(hash string) (c Argon2, salt, sum []byte, err error) {
	var version int
	var rest string
	n, err := fmt.Sscanf(hash, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &c.Memory, &c.Time, &c.Lanes, &rest)
	if err != nil || n != 5 || version != argon2.Version {
		return c, nil, nil, errHash
	}
	if c.Time < 1 || c.Time > 20 || c.Memory < 8 || c.Memory > 1<<20 || c.Lanes < 1 || c.Lanes > 16 {
		return c, nil, nil, errHash
	}
	enc := base64.RawStdEncoding
	if len(rest) != enc.EncodedLen(saltLen)+1+enc.EncodedLen(hashLen) || rest[enc.EncodedLen(saltLen)] != '$' {
		return c, nil, nil, errHash
	}
	if salt, err = enc.DecodeString(rest[:enc.EncodedLen(saltLen)]); err != nil {
		return c, nil, nil, errHash
	}
	if sum, err = enc.DecodeString(rest[enc.EncodedLen(saltLen)+1:]); err != nil {
		return c, nil, nil, errHash
	}
	return c, salt, sum, nil
}

// NewPassword makes a password that can be read out and typed: four groups of five from an alphabet without look-alikes,
// 100 bits.
func NewPassword() string {
	const alphabet = "abcdefghijkmnpqrstuvwxyz23456789" // 32, without l and o
	raw := make([]byte, 20)
	_, _ = rand.Read(raw)
	out := make([]byte, 0, 23)
	for i, b := range raw {
		if i > 0 && i%5 == 0 {
			out = append(out, '-')
		}
		out = append(out, alphabet[b%32])
	}
	return string(out)
}
