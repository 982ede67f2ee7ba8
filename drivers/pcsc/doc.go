// Package pcsc reads cards in USB readers through pcscd, the PC/SC daemon.
//
// A [Reader] is an apdu.Slot and a drivers.Driver. What a newcomer must know:
//
//   - Nothing is held between calls: every Wait and every Connect opens its own PC/SC context. So a reader that is plugged in
//     later, one that was unplugged, and a pcscd that was restarted need no special care, and a Wait never blocks a Transmit
//     (libpcsclite serialises the calls of one context).
//   - A card that goes away shows in several ways (removed, reset, not transacted); all are apdu.ErrCardLost, for the secure
//     session is gone with any of them.
//   - A reader says whether it takes extended lengths (PC/SC part 10); older ones are known by name. The ACR122U, for one, takes
//     commands of at most 261 bytes.
//
// Sources: PC/SC 2.01.14 parts 3, 5 and 10; pcsc-lite 1.9.9 winscard.h; the CCID project's list of reader descriptors.
package pcsc
