// Package emrtdtest is the simulated chip: it answers raw command APDUs as an identity card or a passport does, with true keys.
//
// What a newcomer must know:
//
//   - [Issue] makes a [Card] (files, keys, access data) of a fictional [Person], signed by a demo [Authority]. A Card is one
//     JSON file. [New] makes a [Chip] of it; [Chip.Process] turns one command into one response and holds all session state.
//     A [Slot] is an apdu.Slot in memory into which a chip is put; drivers/pcsc/vpcd puts the same chip behind the real pcscd,
//     drivers/pn532/pn532test behind a simulated PN532.
//   - The protocols are the chip's side, written independently of package emrtd: points, groups, ciphers' modes, mappings and
//     signatures are computed here with math/big and the standard library. Only TLV (tlv) and the builders of some files (lds)
//     are shared; both have vectors of their own. PACE, secure messaging, chip and active authentication use real keys, so a
//     reader that is wrong fails here as it does at a real chip.
//   - What a document is, is its [Profile]; what a chip does otherwise than usual is an [Options]; what can go wrong is data:
//     [Faults] lists every fault by name with the outcome a reader must report. [Hooks] are for states that have no name.
//   - [Latency] models the radio link and the chip's computing; Process itself never waits, whoever carries the bytes does.
//   - Nothing made here is a document: the issuer calls itself simulated, and no real trust store holds it.
//
// The profile "cccd-2021" follows what public sources say of the cards issued since 2021: EF.CardAccess of 54 bytes with
// PACE-ECDH-GM-AES-128 on brainpoolP256r1 and chip authentication v1; BAC accepted; DG1, DG2, DG3, DG13, DG14, DG15; DG3 refused
// with 6982, DG11 and DG12 absent; SELECT MF refused with 6D00 once the application is selected. The kind of the key of active
// authentication is not established, nor is what DG13 holds on the cards of "cccd-2024": both can be chosen in [IssueOptions].
// The passports follow Doc 9303 in general; that their CAN is the end of the holder's number is this simulation's own.
//
// Sources: ICAO Doc 9303-4, -10, -11 and -12 (8th ed.), ISO/IEC 7816-4:2020 §5 and §11, BSI TR-03110-3 v2.21, TR-03111 v2.10.
package emrtdtest
