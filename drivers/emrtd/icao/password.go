package icao

import "crypto/sha1" //nolint:gosec // Doc 9303-11 §9.7.2, §9.7.3

// MRZSeed gives SHA-1 of the MRZ information (document number, birth, expiry, each with its check digit): f(π) for PACE with
// the MRZ (Doc 9303-11 §9.7.3).
func MRZSeed(information string) []byte {
	h := sha1.Sum([]byte(information)) //nolint:gosec // Doc 9303-11 §9.7.3
	return h[:]
}

// BACKeys gives the document basic access keys of the MRZ information (Doc 9303-11 §4.3.2).
func BACKeys(information string) (enc, mac []byte) {
	seed := MRZSeed(information)[:16]
	defer clear(seed)
	return KDF(seed, CounterEnc, TripleDES), KDF(seed, CounterMAC, TripleDES)
}

// NonceKey gives K_π, the key that hides the PACE nonce: seed is [MRZSeed] or the CAN's characters (Doc 9303-11 §9.7.3).
func NonceKey(seed []byte, a Algorithm) []byte { return KDF(seed, CounterPi, a) }
