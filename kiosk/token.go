package kiosk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// The receipt token is 50 random bits in Crockford's base32 (no I, L, O, U), ten characters, shown as XXXXX-XXXXX. Who has it
// can ask for the dossier's state and nothing else. Only its [TokenID] travels and is stored.
const (
	tokenLen      = 10
	tokenAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	tokenDomain   = "motcua/receipt-token/1\x00"
)

// NewToken makes a token from ten bytes of random (crypto/rand.Reader).
func NewToken(random io.Reader) (string, error) {
	var b [tokenLen]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("make receipt token: %w", err)
	}
	for i, c := range b {
		b[i] = tokenAlphabet[c&31]
	}
	return string(b[:]), nil
}

// ParseToken reads a token as people type it: any case, with spaces and dashes, O for 0, I and L for 1. Error: bad_input.
func ParseToken(s string) (string, error) {
	if len(s) > 64 {
		return "", badToken()
	}
	var b strings.Builder
	for _, c := range strings.ToUpper(s) {
		switch c {
		case ' ', '\t', '\u00a0', '-', '\u2010', '\u2011', '\u2013', '\u2014':
			continue
		case 'O':
			c = '0'
		case 'I', 'L':
			c = '1'
		}
		if !strings.ContainsRune(tokenAlphabet, c) {
			return "", badToken()
		}
		b.WriteRune(c)
	}
	if b.Len() != tokenLen {
		return "", badToken()
	}
	return b.String(), nil
}

// badToken names nothing of what was typed.
func badToken() error {
	return Errorf(CodeBadInput, "read receipt token", "", "not ten characters of the receipt's alphabet")
}

// FormatToken gives XXXXX-XXXXX; a string that is no token is returned as it is.
func FormatToken(token string) string {
	if len(token) != tokenLen {
		return token
	}
	return token[:5] + "-" + token[5:]
}

// TokenID gives the hexadecimal SHA-256 of the token after a domain of its own: the name under which the office keeps it.
func TokenID(token string) string {
	sum := sha256.Sum256([]byte(tokenDomain + token))
	return hex.EncodeToString(sum[:])
}
