// Package pn532test is a PN532 in software, byte by byte, with a contactless card in its field.
//
// What a newcomer must know:
//
//   - A [Device] is one chip. The host reaches it by one of its three interfaces: [Device.Port] and [Device.Conn] (HSU in
//     memory), [Device.ServePTY] (HSU behind a pseudo terminal, so that a host goes through the kernel's serial port),
//     [Device.SPI] or [Device.I2C], with [Device.IRQ].
//   - It was written from the documents alone and shares nothing with package pn532: what either misreads shows as a failure.
//   - [Device.Insert] puts a chip on the antenna: anything that answers APDUs, such as emrtdtest.Chip. Between the two stands
//     the card's side of ISO/IEC 14443 (anticollision, RATS or ATTRIB, PPS, the block protocol), which the firmware's commands
//     and a host's own frames reach alike, over a radio link that can lose and damage frames.
//   - It is strict where cards are: a frame longer than the card's, at another bit rate, or out of turn is not answered.
//     [Device.Violations] says in words what a card would have ignored.
//   - Variants ([Variants]) are boards that were met: the genuine firmware 1.6 and clones with their quirks.
//   - By default nothing takes time. With [Options.WireTime] the host link and the radio take what they would.
//
// Sources: NXP UM0701-02 (PN532 user manual, firmware 1.6) §6 and §7, PN532/C1 data sheet §8.6 (CIU registers),
// ISO/IEC 14443-3:2018 §6 and §7, ISO/IEC 14443-4:2018 §5 to §7.
package pn532test
