// Package uart opens serial ports of Linux as periph uart ports, at any baud rate.
//
// What a newcomer must know:
//
//   - [Open] takes a device ("/dev/ttyAMA0", "ttyUSB0", a link of /dev/serial/by-id, "/dev/pts/3") and holds it exclusively
//     until Close. [Port.Connect] sets speed and format and gives the [Conn]; calling it again changes them on the same Conn.
//   - A Conn is a periph conn.Conn whose Tx writes everything and then fills the answer completely, however the bytes trickle
//     in. Beside that it is an io.ReadWriter with deadlines: Read gives what is there, and setting a deadline in the past from
//     another goroutine ends a Read that blocks. No goroutine stands behind it.
//   - The speed is set with the BOTHER flag of termios2, so 921600 and 1288000 are as good as 115200; what the kernel really
//     set is read back, and a deviation that a receiver cannot bear is an error.
//   - A port that is pulled out in the middle gives [ErrUnplugged]; once it is back under its name, Connect opens it anew.
//   - Failures are an [*Error] with a hint for the technician. The caller decides what device is missing, so there is no
//     kiosk code in it.
//   - periph's own serial package sets no speed and knows /dev/ttyS* alone; [Register] puts the ports of this one into uartreg.
//
// Sources: termios(3), ioctl_tty(2), Linux include/uapi/asm-generic/termbits.h, periph.io/x/conn/v3/uart.
package uart
