// Package pcsc reads cards in USB readers through pcscd, the PC/SC daemon.
//
// A [Reader] is an apdu.Slot and a drivers.Driver. What a newcomer must know:
//
//   - Nothing is held between calls: every Wait and every Connect opens its own PC/SC context. So a reader that is plugged in
//     later, one that was unplugged, and a pcscd that was restarted need no special care, and a Wait never blocks a Transmit
//     (libpcsclite serialises the calls of one context).
//   - A reader with several slots is several readers to pcscd. Its contactless slot is taken before the one for contact cards, and
//     the slot for security modules (SAM) last ([Opts]).
//   - A card that goes away shows in several ways (removed, reset, not transacted). "Not transacted" alone says nothing: the reader
//     is asked then whether the card left, answers again, or lies there mute. Whatever ends a session in which the card can be
//     read again is apdu.ErrCardLost, for the secure session is gone with any of them.
//   - A card is held exclusively. When another program holds it too, it is shared: a transaction keeps the other out, and the card is
//     reset so that nothing the other began is left on it. A program that does not let go is named in the error's hint.
//   - A reader says whether it takes extended lengths (PC/SC part 10); older ones are known by name. The ACR122U, for one, takes
//     commands of at most 261 bytes. Readers with extended APDUs carry them in several CCID messages, which the driver chains; one
//     that fails at that twice is then used within one message.
//   - Cards that are plainly no chip cards with files (MIFARE, FeliCa: PC/SC gives them an ATR of its own) are card_unsupported.
//
// Sources: PC/SC 2.01.14 parts 3, 5 and 10; pcsc-lite 1.9.9 winscard.h; the CCID project's list of reader descriptors; USB CCID
// 1.1 §5.1 (exchange levels) and §6.1.4 (chained blocks).
package pcsc
