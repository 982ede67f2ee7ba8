// Package pn532 reads cards with an NXP PN532 over a UART ("HSU"), SPI or I²C.
//
// A [Dev] is an apdu.Slot and a drivers.Driver. What a newcomer must know:
//
//   - Nothing is touched by New…: the chip is woken, identified and set up at the first Check, Wait or Connect, and again after
//     every loss (a USB bridge unplugged, a chip that lost power). A UART starts at 115200 baud and is raised as far as a
//     loopback of long frames succeeds.
//   - Host and chip exchange frames: command, ACK, response. A response that arrives damaged is asked for again (NACK); a command
//     is not sent twice, for it may have reached the card. After a timeout or the end of a context the chip is told to
//     abort (ACK), and the next command first brings both ends back into step.
//   - There are two data paths. Path software: the chip carries raw frames (InCommunicateThru) and package tcl speaks ISO/IEC
//     14443-4, with frames of 256 bytes and up to 424 kbit/s. Path firmware: the chip speaks it (InDataExchange), with frames of
//     64 bytes; for clones whose InCommunicateThru does not work. [PathAuto] tries and remembers.
//   - The field is on only while a card is looked for or used.
//   - A card that falls silent is probed: one that answers a request without the field having been cycled lost power in between,
//     so it was lost; one that answers after a cycle was there all the time and slow; one that does not answer went.
//
// Sources: NXP UM0701-02 (PN532 user manual), AN10609; the behaviour of nfcpy, libnfc and Linux' pn533 where the manual is silent.
package pn532
