// Package seal closes a dossier so that only the back office can open it, and opens it there.
//
// The kiosk seals the moment a citizen confirms. It holds the office's public key alone, so from then on nobody who owns the
// kiosk, its card or its database can read the dossier again, the kiosk included. A second key may be sealed to, whose private
// half lies in a safe: an office that loses its key then loses no dossier.
//
// A sealed dossier is one small envelope and one stream for each page. All of it hangs on a file key of 32 random bytes. HPKE
// (RFC 9180) in base mode wraps it for each recipient, with KEM MLKEM768X25519 (X-Wing, draft-connolly-cfrg-xwing-kem), KDF
// HKDF-SHA256 and AEAD AES-256-GCM; HPKE's info is "motcua/seal/2" NUL and the kiosk's name, its AAD the envelope's bytes before
// the list of parts. What is encrypted under the file key has a key of its own: HKDF-SHA256 (RFC 5869) without salt, 32 bytes,
// with info "motcua/seal/2 envelope", or "motcua/seal/2 part" and the part's number in two bytes.
//
// An envelope, version 2, numbers big endian, is
//
//	bytes   field
//	4       magic "MCSE"
//	1       version, 2
//	16      dossier id, the UUID's bytes
//	1       n, length of the kiosk's name, 1 to 64
//	n       the kiosk's name: a-z, 0-9, "-" and "."
//	8       time of sealing by the kiosk's clock, microseconds since 1970 in UTC
//	8       sequence: the dossier's place in the chain of this kiosk's dossiers, from 1; 0 when it stands in none
//	32      SHA-256 of the envelope before it; zero for the first and for none
//	2       number of parts, at most 200
//	        for each: 8 bytes size and 32 bytes SHA-256 of the part as sealed
//	1       number of recipients, 1 to 4
//	        for each: 16 bytes key id, 1120 bytes encapsulated key, 48 bytes wrapped file key
//	2, c    length of the device certificate, and the certificate, DER
//	4, m    length of the ciphertext, and the ciphertext: AES-256-GCM, nonce zero, AAD everything before the length; tag last
//	64      signature by the device key (package devicekey), domain "motcua/seal/2", over everything before it
//
// A key id is the first 16 bytes of SHA-256 over the recipient's public key.
//
// A part, version 1, is
//
//	4       magic "MCSP"
//	1       version, 1
//	16      dossier id
//	2       number of the part, from 0
//	        chunks: 65536 bytes of plaintext with AES-256-GCM's tag; the last may be shorter, and is empty only when the part is
//
// A chunk's nonce is its number from 0 in 11 bytes, then 1 for the last chunk and 0 for the others; its AAD is the 23 bytes before
// the chunks. So a part that is cut, continued, or whose chunks change places does not open, and neither does a part of another
// dossier or another page. A reader needs memory for one chunk only.
//
// There is one encoding only and every byte is covered: a changed bit anywhere, a cut or a longer tail is refused.
//
// The envelope is signed, so the office knows before opening who sealed and what parts belong to it ([CheckOrigin]), also when it
// came on a USB stick. The signature inside (package kiosk/dossier) is the evidence's own.
//
// Plaintext buffers belong to the caller, who wipes them (clear) as soon as the sealed dossier is stored.
package seal
