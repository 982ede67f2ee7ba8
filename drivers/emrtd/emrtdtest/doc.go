// Package emrtdtest is the simulated chip: it answers raw command APDUs as a Vietnamese identity card does, with true keys.
//
// What a newcomer must know:
//
//   - [Issue] makes a [Card] (files, keys, access data) of a fictional [Person], signed by a demo [Authority]. A Card is one
//     JSON file. [New] makes a [Chip] of it; [Chip.Process] turns one command into one response and holds all session state.
//     A [Slot] is an apdu.Slot in memory into which a chip is put; drivers/pcsc/vpcd puts the same chip behind the real pcscd.
//   - The protocols are the chip's side, written independently of package emrtd. Only elliptic curves (ec) and TLV (tlv) are
//     shared; both have vectors of their own. PACE, secure messaging, chip and active authentication compute with real keys, so
//     a reader that is wrong fails here as it does at a real chip.
//   - What can go wrong is data: [Faults] lists every fault by name with the outcome a reader must report.
//   - [Latency] models the radio link; Process itself never waits, whoever carries the bytes does.
//   - Nothing made here is a document: the issuer calls itself simulated, and no real trust store holds it.
//
// The profile "cccd-2021" follows what public sources say of the cards issued since 2021: EF.CardAccess of 54 bytes with
// PACE-ECDH-GM-AES-128 on brainpoolP256r1 and chip authentication v1; BAC accepted; DG1, DG2, DG3, DG13, DG14, DG15; DG3 refused
// with 6982, DG11 and DG12 absent; SELECT MF refused with 6D00 once the application is selected.
//
// Sources: ICAO Doc 9303-10 and 9303-11 (8th ed.), ISO/IEC 7816-4:2020 §11, BSI TR-03110-3 v2.21.
package emrtdtest
