#!/bin/bash
# Builds the image of a kiosk: image.sh ARCH OUT [test]. As root on Debian 12 or 13, without loop devices, device mapper or KVM.
#
# With "test" it builds the small image of make image-test: the same boot loader, kernel, kinit, verified root and data partition,
# and the agent where systemd and the kiosk stand. SICK=1 makes one whose page never paints.
#
# What is slow is kept in CACHE (build/image/cache/ARCH): Debian's packages unpacked, the packages to build with, Go's cache. It is
# made anew when the lists or the lock change. From one cache, two runs give the same bytes.
set -euo pipefail

ARCH=$1 OUT=$(realpath -m "$2") FLAVOUR=${3:-kiosk}
[ "$ARCH" = amd64 ] || { echo "image: $ARCH is not made yet; amd64 is" >&2; exit 3; }
HERE=$(realpath "$(dirname "$0")") TOP=$(realpath "$(dirname "$0")/../..")
CACHE=${CACHE:-$TOP/build/image/cache}/$ARCH
GO=${GO:-go}
SUITE=trixie MIRROR=${MIRROR:-http://deb.debian.org/debian} SECURITY=${SECURITY:-http://deb.debian.org/debian-security}
VERSION=${VERSION:-$(git -C "$TOP" describe --tags --always 2>/dev/null || echo dev)}
SERIAL=${SERIAL:-$(git -C "$TOP" rev-list --count HEAD)}
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$TOP" log -1 --format=%ct)} TZ=UTC LC_ALL=C
KEY=${KIOSK_RELEASE_KEY:-$TOP/build/image/release.key}
SALT=6b696f736b0000000000000000000000000000000000000000000000000000aa
UUID=6b696f73-6b00-4000-8000-0000000000f0

say() { printf 'image: %4ds  %s\n' "$SECONDS" "$*" >&2; }
list() { sed 's/#.*//' "$HERE/$1" | awk -v a="$ARCH" 'NF==1 || $2==a {print $1}'; }

# base: the root as Debian makes it.
base() {
	local want; want=$(list packages | sha256sum)
	if [ -f "$CACHE/base.done" ] && [ "$(cat "$CACHE/base.done")" = "$want" ]; then return; fi
	say "Debian $SUITE for $ARCH (minutes)"
	rm -rf "$CACHE"/{base,base.done,dev.done,kernel,dev,dev.up,dev.work}
	mkdir -p "$CACHE/kernel"
	mmdebstrap --mode=root --variant=minbase --arch="$ARCH" --format=directory --skip=cleanup/apt,cleanup/reproducible \
		--aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "5"' --dpkgopt=force-unsafe-io \
		--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' --dpkgopt='path-exclude=/usr/share/gtk-doc/*' \
		--include="$(list packages | paste -sd,)" "$SUITE" "$CACHE/base" \
		"deb $MIRROR $SUITE main non-free-firmware" "deb $MIRROR $SUITE-updates main non-free-firmware" "deb $SECURITY $SUITE-security main non-free-firmware"
	rm -f "$CACHE"/base/var/cache/apt/archives/*.deb
	echo "$want" >"$CACHE/base.done"
}

# inside runs a script in the root with the build packages over it. Mounts live and die with it; what it changes stays only when
# KEEP is set.
inside() {
	local over lower=dev.up:base
	mkdir -p "$CACHE"/{dev.up,bin,gocache}
	over=$(mktemp -d "$CACHE/over.XXXX"); mkdir "$over"/{up,work,root}
	if [ -n "${KEEP:-}" ]; then rmdir "$over/up"; ln -s "$CACHE/dev.up" "$over/up"; lower=base; fi
	CACHE=$CACHE TOP=$TOP GOROOT=$($GO env GOROOT) GOMOD=$($GO env GOMODCACHE) SCRIPT=$1 OVER=$over LOWER=$lower unshare -m --propagation private bash -euc '
		cd "$CACHE"; r=$OVER/root
		mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$(realpath "$OVER/up"),workdir=$OVER/work" "$r"
		mkdir -p "$r"/{src,gomod,gocache,out,usr/local/go}
		mount --bind /proc "$r/proc"; mount --bind /dev "$r/dev"; mount --bind "$TOP" "$r/src"; mount --bind "$GOROOT" "$r/usr/local/go"
		mount --bind "$GOMOD" "$r/gomod"; mount --bind gocache "$r/gocache"; mount --bind bin "$r/out"
		rm -f "$r/etc/resolv.conf"; cp /etc/resolv.conf "$r/etc/resolv.conf"
		chroot "$r" env -i PATH=/usr/local/go/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp DEBIAN_FRONTEND=noninteractive LC_ALL=C \
			GOFLAGS=-buildvcs=false GOMODCACHE=/gomod GOCACHE=/gocache GOPROXY=off sh -euc "$SCRIPT"'
	rm -rf "$over"
}

# dev: what is built with, over the root; and the kernel, unpacked alone, so that nothing here builds an initramfs with scripts.
dev() {
	local want; want=$(cat "$CACHE/base.done"; list packages.dev | sha256sum)
	if [ -f "$CACHE/dev.done" ] && [ "$(cat "$CACHE/dev.done")" = "$want" ]; then return; fi
	say "packages to build with"
	rm -rf "$CACHE"/{dev,dev.up,dev.work,dev.done,kernel}
	mkdir -p "$CACHE/kernel"
	KEEP=1 inside "
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
		cd /out
		apt-get download -q \$(apt-cache depends linux-image-$ARCH | sed -n 's/.*Depends: \(linux-image-[^ ]*\)/\1/p' | head -1)
		apt-get install -y -q --no-install-recommends $(list packages.dev | paste -sd' ') >/out/dev.log"
	mv "$CACHE"/bin/linux-image-*.deb "$CACHE/kernel/"; rm -rf "$CACHE/bin/kernel"
	echo "$want" >"$CACHE/dev.done"
}

# lock: what the image is made of, by name and version. It must be what the lock file says; LOCK=update writes it.
lock() {
	{ chroot "$CACHE/base" dpkg-query -W -f='${Package} ${Version} ${Architecture}\n'
	  for deb in "$CACHE"/kernel/*.deb; do dpkg-deb -W --showformat='${Package} ${Version} ${Architecture}\n' "$deb"; done; } | sort >"$OUT/packages.txt"
	if [ "${LOCK:-}" = update ] || [ ! -f "$HERE/$ARCH.lock" ]; then cp "$OUT/packages.txt" "$HERE/$ARCH.lock"; fi
	diff -u "$HERE/$ARCH.lock" "$OUT/packages.txt" >&2 || {
		echo "image: Debian has other versions than $ARCH.lock names: look at them, then run again with LOCK=update" >&2; exit 1; }
}

programs() {
	say "programs"
	if [ "$FLAVOUR" = kiosk ]; then
		inside "cd /src; go build -trimpath -ldflags '-s -w -X main.version=$VERSION' -o /out/ ./kiosk/cmd/kioskd ./kiosk/cmd/kioskctl ./kiosk/cmd/kiosk-browser"
	else
		(cd "$TOP" && CGO_ENABLED=0 GOARCH=$ARCH $GO build -buildvcs=false -trimpath -ldflags '-s -w' -o "$CACHE/bin/agent" ./systemd/image/agent)
	fi
	(cd "$TOP" && CGO_ENABLED=0 GOARCH=$ARCH $GO build -buildvcs=false -trimpath -ldflags '-s -w' -o "$CACHE/bin/kinit" ./kiosk/cmd/kinit)
	(cd "$TOP" && CGO_ENABLED=0 $GO build -buildvcs=false -trimpath -o "$CACHE/bin/mkimage" ./systemd/image/mkimage)
}

# kernel: what the boot partition holds of it, and its modules into the root $1.
kernel() {
	local r=$1 k=$CACHE/bin/kernel version
	if [ ! -f "$k/done" ]; then
		rm -rf "$k"; dpkg-deb -x "$CACHE"/kernel/*.deb "$k"
		ln -sfn usr/lib "$k/lib"
		inside "depmod -b /out/kernel $(ls "$k/usr/lib/modules")"
		: >"$k/done"
	fi
	version=$(ls "$k/usr/lib/modules")
	cp "$k/boot/vmlinuz-$version" "$OUT/work/vmlinuz"
	"$CACHE/bin/mkimage" initrd -kinit "$CACHE/bin/kinit" -modules "$HERE/modules" -lib "$k/usr/lib/modules/$version" -out "$OUT/work/initrd"
	if [ "$FLAVOUR" = kiosk ]; then cp -a "$k/usr/lib/modules" "$r/usr/lib/"; fi
}

# release: what the image says of itself, into the root $1.
release() {
	local r=$1
	install -d "$r/usr/lib/kiosk"
	install -m 644 "$KEY.pub" "$r/usr/lib/kiosk/release.pub"
	printf '{"version":"%s","serial":%d,"arch":"%s","made":"%s"}\n' "$VERSION" "$SERIAL" "$ARCH" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" >"$r/usr/lib/kiosk/release.json"
	install -m 644 "$OUT/packages.txt" "$r/usr/lib/kiosk/packages.txt"
}

# tree: the root as it is packed, in an overlay over Debian's. Its mount ends with the process.
tree() {
	say "root"
	local r=$OUT/work/tree
	rm -rf "$r" "$r.up" "$r.work"; mkdir -p "$r" "$r.up" "$r.work"
	mount -t overlay overlay -o "lowerdir=$CACHE/base,upperdir=$r.up,workdir=$r.work" "$r"
	kernel "$r"
	ROOT=$r bash "$HERE/install.sh"
	install -m 755 "$CACHE"/bin/{kioskd,kioskctl,kiosk-browser} "$r/usr/bin/"
	install -d "$r/usr/share/kiosk/models" "$r/data"
	install -m 644 "${MODELS:-$TOP/build/models}"/* "$r/usr/share/kiosk/models/"
	if [ -d "$TOP/build/clips" ]; then cp -r "$TOP/build/clips" "$r/usr/share/kiosk/clips"; fi
	release "$r"
	rm -rf "$r"/var/{lib/apt,cache,log,tmp}/* "$r"/tmp/* "$r"/run/* "$r"/boot/* "$r"/etc/{ssh,machine-id} "$r"/var/lib/dbus/machine-id "$r"/etc/.pwd.lock
	: >"$r/etc/machine-id"
	find "$r" -xdev -perm /6000 -type f -exec chmod ug-s {} +
	pack "$r"
	umount "$r"
}

# testtree: as little as kinit and the agent need.
testtree() {
	say "root (test)"
	local r=$OUT/work/tree p
	rm -rf "$r"; mkdir -p "$r"/{usr/sbin,usr/bin,usr/lib,etc/kiosk,etc/kiosk-uplink,proc,sys,dev,run,var,data,tmp}
	for p in usr/sbin:sbin usr/bin:bin usr/lib:lib usr/lib64:lib64; do mkdir -p "$r/${p%%:*}"; ln -s "${p%%:*}" "$r/${p##*:}"; done
	for p in /usr/sbin/cryptsetup /usr/sbin/mkfs.ext4 /usr/sbin/e2fsck; do
		for f in $p $(chroot "$CACHE/base" ldd $p | grep -o "/[^ ]*"); do install -D -m 755 "$CACHE/base$f" "$r$f"; done
	done
	cp "$CACHE/base/etc/mke2fs.conf" "$r/etc/"; : >"$r/etc/machine-id"
	install -m 755 "$CACHE/bin/agent" "$r/usr/sbin/init"
	kernel "$r"; release "$r"
	if [ -n "${SICK:-}" ]; then : >"$r/usr/lib/kiosk/sick"; fi
	pack "$r"
}

# pack: the root $1 as squashfs with its hash tree behind it. ARGS is what the kernel is told of it.
pack() {
	say "squashfs"
	local root=$OUT/work/root blocks hash
	rm -f "$root"
	env -u SOURCE_DATE_EPOCH mksquashfs "$1" "$root" -noappend -quiet -no-progress -no-xattrs -mkfs-time "$SOURCE_DATE_EPOCH" -all-time "$SOURCE_DATE_EPOCH" -comp zstd -Xcompression-level "${ZSTD:-9}" -b 256K >&2
	blocks=$((($(stat -c %s "$root") + 4095) / 4096))
	truncate -s $((blocks * 4096)) "$root"
	hash=$(veritysetup format --hash-offset=$((blocks * 4096)) --salt=$SALT --uuid=$UUID "$root" "$root" | sed -n 's/^Root hash:[[:space:]]*//p')
	ARGS="kiosk.disk=6b696f73-6b00-4000-8000-000000000000 kiosk.root=$hash kiosk.salt=$SALT kiosk.blocks=$blocks"
}

# fat FILE MIB ID FILES...: a FAT with the same bytes for the same files.
fat() {
	local file=$1 mib=$2 id=$3; shift 3
	rm -f "$file"; truncate -s "${mib}M" "$file"
	mkfs.vfat --invariant -F 32 -s 1 -i "$id" -n KIOSK "$file" >/dev/null
	find "$@" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	mcopy -s -m -i "$file" "$@" ::/
}

slot() {
	say "boot files"
	local w=$OUT/work
	printf 'set kiosk="%s"\n' "$ARGS" >"$w/slot.cfg"
	printf 'kiosk=%s\n' "$ARGS" >"$w/slot.env"
	fat "$w/boot" "$([ "$ARCH" = amd64 ] && echo 64 || echo 96)" 6b696f02 "$w/vmlinuz" "$w/initrd" "$w/slot.cfg" "$w/slot.env"
}

# firm: the boot loader's partition.
firm() {
	local w=$OUT/work; rm -rf "$w/firm.d"; mkdir -p "$w/firm.d/EFI/BOOT" "$CACHE/bin/memdisk/boot/grub"
	cp "$HERE/boot/grub.cfg" "$CACHE/bin/memdisk/boot/grub/grub.cfg"
	inside "cd /out
		tar --sort=name --mtime=@$SOURCE_DATE_EPOCH --owner=0 --group=0 --numeric-owner --format=ustar -C memdisk -cf memdisk.tar boot
		grub-mkimage -O x86_64-efi -o BOOTX64.EFI -m memdisk.tar -p '(memdisk)/boot/grub' memdisk tar part_gpt fat normal linux loadenv regexp test echo sleep reboot configfile boot"
	cp "$CACHE/bin/BOOTX64.EFI" "$w/firm.d/EFI/BOOT/"
	fat "$w/firm" 64 6b696f01 "$w/firm.d/EFI"
}

if [ -z "${KIOSK_PRIVATE:-}" ]; then KIOSK_PRIVATE=1 exec unshare -m --propagation private bash "$0" "$@"; fi # mounts end with it
[ "$(id -u)" = 0 ] || { echo "image: run as root (chroot, overlay)" >&2; exit 1; }
mkdir -p "$OUT/work" "$(dirname "$KEY")"
base; dev; lock; programs
"$CACHE/bin/mkimage" key -out "$KEY"
if [ "$FLAVOUR" = kiosk ]; then tree; else testtree; fi
slot; firm
say "disk"
name=$OUT/kiosk-$ARCH.img
"$CACHE/bin/mkimage" disk -firm "$OUT/work/firm" -boot "$OUT/work/boot" -root "$OUT/work/root" -out "$name"
"$CACHE/bin/mkimage" update -boot "$OUT/work/boot" -root "$OUT/work/root" -key "$KEY" -version "$VERSION" -serial "$SERIAL" -arch "$ARCH" -made "$SOURCE_DATE_EPOCH" -out "$OUT/kiosk-$ARCH.update"
(cd "$OUT" && sha256sum "kiosk-$ARCH.img" "kiosk-$ARCH.update" packages.txt | tee SHA256SUMS)
say "done: root $(($(stat -c %s "$OUT/work/root") >> 20)) MiB, image $(($(stat -c %s "$name") >> 20)) MiB ($(($(du -k "$name" | cut -f1) >> 10)) MiB of them written), update $(($(stat -c %s "$OUT/kiosk-$ARCH.update") >> 20)) MiB, $(wc -l <"$OUT/packages.txt") packages"
