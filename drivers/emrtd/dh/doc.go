// Package dh computes in the finite-field Diffie-Hellman groups of travel documents: prime-order subgroups of the integers
// modulo a prime of 1024 to 4096 bits.
//
// What a newcomer must know:
//
//   - Every element that comes from outside is checked to be in the subgroup (2 ≤ y ≤ p-2 and y^q = 1) before anything secret
//     meets it: a chip that sends an element of small order would otherwise learn the password or fix the shared secret.
//   - Numbers are written at the full width of the modulus, private keys at the full width of q. A shared secret with a leading
//     zero byte keeps it. For public keys the guidelines say otherwise (no leading zero bytes), and implementations differ: both
//     forms are read, and who sends a key draws one that begins with another byte, where the two are the same
//     ([Group.GenerateKey]).
//   - Raising to a secret exponent is Montgomery multiplication on a fixed number of limbs with a fixed window whose table is
//     read as a whole: neither branches nor memory addresses depend on the exponent. Checks of public numbers (primality,
//     membership) use math/big, which makes no such promise.
//   - Parameters written out by a document are taken when they are those of a known group, are a safe prime, or come with a q
//     that proves the subgroup.
//
// Sources: RFC 5114 §2.1-2.3 (the standardised groups), Doc 9303-11 §9.5.1 (their numbers) and §9.6 (key agreement), RFC 2631
// §2.1.5 (public key validation), BSI TR-03110-3 §A.2.
package dh
