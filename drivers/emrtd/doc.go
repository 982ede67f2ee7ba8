// Package emrtd is the inspection system for ICAO 9303 chip cards: it opens the chip, reads its files under secure messaging,
// proves that the chip is no copy, and says what the whole is worth.
//
// [Reader] implements kiosk.CardReader over any apdu.Slot. One read goes, in this order (BSI TR-03110-1 §2.4, TR-03135-1
// §5.6.2.2 sequence 2):
//
//  1. EF.CardAccess by a ladder of ways, because cards differ in how they let it be read (cardaccess.go).
//  2. PACE with the card access number or the machine-readable zone (pace.go). Basic access control only when the chip offers
//     no PACE and the key is a machine-readable zone, and the result says so (bac.go).
//  3. SELECT of the eMRTD application, EF.COM, EF.SOD, DG14.
//  4. Chip authentication, which replaces the session keys; the next protected answer proves the chip's key (chipauth.go).
//  5. DG15 and active authentication, when there is a DG15 (activeauth.go).
//  6. DG1, DG13 and, as the longest, DG2 last.
//  7. Passive authentication over the raw bytes (package pa), the comparison of EF.CardAccess with DG14, the comparisons between
//     the files, and the verdict (checks.go, verdict.go).
//
// What a newcomer must know:
//
//   - Inside a session an answer without secure messaging, or with a wrong MAC, ends the session; it is never data.
//   - A chip or active authentication counts only under a key whose file EF.SOD covers, with a signer who is trusted.
//   - A chip that cannot prove its key is a result (Refused), not an error. Errors are what keeps a read from being finished.
//   - Everything a chip says is bounded: 64 KB a file, 1,000 commands a file, one time for the whole read.
//   - Cards torn away are resumed within 30 seconds, after the chip has proved to be the same one (resume.go).
//
// Sources: ICAO Doc 9303-10 and 9303-11 (8th ed.), BSI TR-03110-1 and -3 v2.21, BSI TR-03135-1 v2.5, BSI TR-03105-5.1 v1.5,
// ISO/IEC 7816-4:2020, ISO/IEC 9796-2:2010.
package emrtd
