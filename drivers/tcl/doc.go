// Package tcl speaks the half-duplex block protocol of contactless cards ("T=CL") from the reader's side, in software.
//
// A reader chip that only carries frames becomes an apdu.Card with it: activation (RATS and ATS, or ATTRIB), bit rates (PPS),
// I-blocks chained both ways, R(ACK) and R(NAK) recovery, S(WTX) and S(DESELECT). What a newcomer must know:
//
//   - The frame carrier is an [Exchanger]; it adds and checks the CRC. Frames here are without it, but the frame sizes FSD and
//     FSC of the standard count it, so an I-block carries at most FSC - 3 bytes: one of prologue, two of CRC.
//   - No CID and no NAD are used: one card is active at a time.
//   - A [Session] is used by one goroutine at a time and is dead after its first error: reader and card no longer agree on the
//     block number. Activate anew.
//   - Every number a card sends is bounded: frame and answer lengths, retries, waiting time.
//
// Sources: ISO/IEC 14443-4:2008 §5 (activation of type A), §7 (block protocol), §8 (deactivation), its amendment 1 (frame sizes
// above 256); ISO/IEC 14443-3:2011 §7.9 (ATQB), §7.10 (ATTRIB); PC/SC part 3 §3.1.3.2.3.1 (ATR of a contactless card).
package tcl
