// Package emrtd is the inspection system for ICAO 9303 chip cards: it opens the chip, reads its files under secure messaging,
// proves that the chip is no copy, and says what the whole is worth.
//
// [Reader] implements kiosk.CardReader over any apdu.Slot. One read goes, in this order (BSI TR-03110-1 §2.4, TR-03135-1
// §5.6.2.2 sequence 2):
//
//  1. EF.ATR/INFO, where a new kind of card meets a reader with extended lengths (atrinfo.go).
//  2. EF.CardAccess by a ladder of ways, because cards differ in how they let it be read (cardaccess.go).
//  3. PACE with the card access number or the machine-readable zone (pace.go). Basic access control only when the chip offers
//     no PACE and the key is a machine-readable zone, and the result says so (bac.go).
//  4. SELECT of the eMRTD application, EF.SOD, DG14.
//  5. Chip authentication, which replaces the session keys; the next protected answer proves the chip's key (chipauth.go). After
//     PACE with chip authentication mapping there is no need for it (cam.go).
//  6. EF.COM, DG15 and active authentication, when there is a DG15 (activeauth.go).
//  7. DG1, DG13, DG11, DG12 and, as the longest, DG2 last, every piece given to the caller as it comes.
//  8. Passive authentication over the raw bytes (package pa), the comparison of EF.CardAccess with DG14, the comparisons between
//     the files, the look at their encoding (package lds), and the verdict (checks.go, verdict.go).
//
// What a newcomer must know:
//
//   - Inside a session an answer without secure messaging, or with a wrong MAC, ends the session; it is never data.
//   - A chip or active authentication counts only under a key whose file EF.SOD covers, with a signer who is trusted. A wrong proof
//     refuses the document; a chip that refuses active authentication has proved nothing, which chip authentication makes up for. A
//     Vietnamese card without chip authentication is never verified, whatever else it proves.
//   - A chip that cannot prove its key is a result (Refused), not an error. Errors are what keeps a read from being finished.
//   - Everything a chip says is bounded: 64 KB a file, 1,000 commands a file, one time for the whole read.
//   - Commands and answers too long for reader or card go in pieces (chain.go); read lengths are found by trying, once per reader
//     and kind of card (memory.go). A file that ends before its length says is kept as it is: its hash decides.
//   - Cards torn away are resumed within 30 seconds, after the chip has proved to be the same one (resume.go).
//
// Sources: ICAO Doc 9303-10 and 9303-11 (8th ed.), BSI TR-03110-1 and -3 v2.21, BSI TR-03135-1 v2.5, BSI TR-03105-5.1 v1.5,
// ISO/IEC 7816-4:2020, ISO/IEC 9796-2:2010.
package emrtd
