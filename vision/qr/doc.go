// Package qr reads QR codes from camera frames: the code on a chip card, so that its holder need not type the number.
//
// What a newcomer must know:
//
//   - A code is looked for in the frame as it is, then in the frame enlarged twice: codes of the cards are dense (about 45 modules
//     a side), and a card held at arm's length gives two pixels a module.
//   - Payloads are bytes as printed. What they mean, and in which character set, package cccd decides; a code is never identity,
//     only a way to the chip's key.
//   - The decoder is zxing-cpp, behind a small door of our own with try/catch: its exceptions must not end the process.
//
// Sources: ISO/IEC 18004:2015; zxing-cpp 1.4 and 2.3 (Debian 12 and 13).
package qr
