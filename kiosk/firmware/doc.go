// Package firmware is the image a kiosk runs: two slots, the counter that says which one is started, and the signed files that
// replace the slot which is not running.
//
// A slot is two partitions: boot (kernel, first program, the root's hash) and root (squashfs with a dm-verity tree behind it).
// The boot loader reads the [State], takes a try away from the slot it starts, and starts the other one when none is left. A
// slot that came up healthy gets its tries back ([State.Good]); one that did not is left ([State.Bad]) or runs out of tries.
//
// An update is written in this order, so that the power may fail at any write: the idle slot loses its tries, its partitions are
// written, read back and compared with the signed hashes, and only then does it become the first one with [Tries] tries.
//
// Sources: UEFI 2.10 §5.3 (GPT), GNU GRUB manual "Environment block", U-Boot "env import", Linux admin-guide/device-mapper/verity.
package firmware
