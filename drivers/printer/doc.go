// Package printer prints receipts on an ESC/POS thermal printer, as pictures.
//
// No code page of any printer has ẫ, ổ and ệ whole, and what firmware does with the pages it has differs; so text is set here, in
// an embedded Noto Sans, and sent as raster. [Render] makes the picture of a receipt, 576 dots wide for paper of 80 mm and 384
// for 58 mm; [Encode] makes the printer's bytes of a picture; [Device] brings them to a character device and asks it how it is.
//
// What a newcomer must know:
//
//   - The font is inside the program (SIL OFL, reduced to Latin and Vietnamese, 26 KB a weight): a receipt looks the same on every
//     machine, and the golden pictures do not depend on what Debian ships.
//   - Status questions (DLE EOT n) are answered at once, also while the printer waits for paper. GS r is answered in turn: its answer
//     means that everything before it was printed and cut, which is when [Device.Print] returns.
//   - The same bytes inside a picture would be taken for such a question, or worse for DLE ENQ or DLE DC4, which throw data away.
//     [Encode] adds a dot where a picture would hold them.
//   - A job that was broken off is ended first when the next one begins, and cut off from it: receipts are never mixed.
//   - The QR code holds the receipt's address, which holds the token, and nothing of a person.
//
// printertest is the other end: a printer that reads the byte stream and has paper, a cover, a cutter and a plug.
//
// Sources: Epson ESC/POS Command Reference (DLE EOT, DLE ENQ, DLE DC4, ESC @, ESC J, GS V function B, GS r, GS v 0); Linux
// drivers/usb/class/usblp.c; ISO/IEC 18004 through rsc.io/qr.
package printer
