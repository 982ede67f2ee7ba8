// Package systemd holds the machine's side of a kiosk: units, users, folders, device rules, the browser's policy.
//
// There is no code here: the tests run systemd-analyze on the units and read the other files as their programs would, so that
// a unit that does not load, or that lost its sandbox, is found on the developer's machine.
//
//	units/                  kioskd, kiosk-uplink (the network), kiosk-browser (cage and Chromium on the loopback page), onestopd; a drop-in for pcscd
//	options/                drop-ins a technician copies when the hardware asks for it (a PN532 reader, a receipt printer, lamps, earphones)
//	sysusers.d, tmpfiles.d  a user for each program, and their folders
//	udev/, polkit/          who may use cameras and readers
//	nftables/               nothing comes in, one user goes out
//	machine/, masked        what makes a whole machine a kiosk: watchdog, log, time, memory, USB by class; the units it does not have
//	image/                  the image that is flashed: how it is built, and its test in QEMU
//	chromium/               managed policy: one page, nothing else (goes to /etc/chromium/policies/managed)
//	files, install.sh, deb/  what is put where: for the packages of make deb, and for whoever fills a root
//
// make units-test boots the units as they are under a true systemd (root, systemd-nspawn, the programs in build/): kioskd with OpenCV,
// SQLite and a sound device that swallows all, its uplink, and a Chromium without a window. A probe tries in each sandbox what it
// must not do; the page is asked for from inside and outside its network; a page that hangs and a kioskd that hangs are started
// anew. Filters of the cgroup (DeviceAllow, IPAddressDeny, SocketBindDeny) do not work in a container, and no display is there.
//
// The exposure that systemd-analyze security gives is held to 0.8 for kioskd, 1.2 for its uplink, 1.9 for onestopd and 2.4 for the browser session.
package systemd
