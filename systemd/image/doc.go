// Package image holds how the image of a kiosk is built (image.sh, install.sh, mkimage) and the test that starts it.
//
// The tests here run nothing but with -images: make image-test gives the folder of the small images, in which the agent stands
// where systemd and the kiosk stand. They start QEMU with software emulation (no KVM), read the serial console, and cut the
// power by killing QEMU: what the guest had not handed to its disk is lost, as with a true cut; what it had is kept, so a card that
// forgets what it said was safe is not among what they show.
package image
