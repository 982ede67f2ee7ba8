// Package ec computes on the prime-field elliptic curves of travel documents: brainpool and NIST curves, named or written out
// as explicit parameters.
//
// What a newcomer must know:
//
//   - All curves use one arithmetic: Montgomery multiplication on a fixed number of 64-bit limbs and the complete addition
//     formulas of Renes, Costello and Batina. There are no exceptional cases, and neither branches nor memory addresses depend
//     on a secret scalar. The standard library has no brainpool curves and no P-192, cannot multiply by another generator than
//     the curve's own with its NIST curves (PACE's generic mapping needs that), so one tested way for all was chosen; the tests
//     compare it with crypto/elliptic.
//   - Coordinates are always written at full width. A coordinate with a leading zero byte keeps it; shortening it makes about
//     seven PACE runs in a thousand fail.
//   - Explicit parameters are accepted only when they are exactly those of a curve in the table: a curve chosen by whoever made
//     the certificate proves nothing.
//
// Sources: RFC 5639 (brainpool), FIPS 186-4 appendix D (NIST), BSI TR-03110-3 §A.2.1.1 (standardised domain parameters),
// BSI TR-03111 §3-4 (encodings, ECDSA), eprint.iacr.org/2015/1060 algorithms 1 and 3 (complete formulas).
package ec
