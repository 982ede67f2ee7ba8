#!/bin/bash
# Makes the Debian packages of ../files from the programs in build/: build.sh OUT. The same programs give the same bytes.
# DEB_PACKED=none packs nothing, for a test. VERSION and SOURCE_DATE_EPOCH come from the Makefile; the architecture is that of the programs, on a machine of that architecture.
set -euo pipefail
here=$(realpath "$(dirname "$0")") top=$(realpath "$(dirname "$0")/../..") out=$(realpath "${1:?folder}")
: "${VERSION:?}" "${SOURCE_DATE_EPOCH:?}"
arch=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
umask 022

# libraries: what the programs of a package are linked against, as Debian names it.
libraries() {
	mkdir -p "$work/shlib/debian"
	printf 'Source: motcua\n\nPackage: motcua\nArchitecture: any\n' >"$work/shlib/debian/control"
	(cd "$work/shlib" && dpkg-shlibdeps -O "${@/#/-e}" 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
}

for package in kiosk appliance office; do
	root=$work/$package
	mkdir -p "$root"
	"$top/systemd/install.sh" "$root" "$package"
	name=motcua-$package doc=$root/usr/share/doc/motcua-$package
	install -D -m 644 "$here/copyright" "$doc/copyright"
	printf 'motcua (%s) unstable; urgency=medium\n\n  * Built from the repository at this version.\n\n -- motcua <root@localhost>  %s\n' \
		"$VERSION" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
	deps=
	mapfile -t programs < <(find "$root/usr/bin" -type f 2>/dev/null | sort)
	for p in "${programs[@]}"; do strip --strip-unneeded "$p"; done
	mapfile -t linked < <(for p in "${programs[@]}"; do if file -b "$p" | grep -q dynamically; then echo "$p"; fi; done)
	if [ ${#linked[@]} -gt 0 ]; then deps=$(libraries "${linked[@]}"); [ -n "$deps" ] || { echo "build.sh: no libraries found for $name" >&2; exit 1; }; fi
	mkdir -p "$root/DEBIAN"
	sed -e "s/@VERSION@/$VERSION/g" -e "s/@ARCH@/$arch/" -e "s|@LIBRARIES@|$deps|" "$here/$package.control" >"$root/DEBIAN/control"
	for script in postinst prerm postrm; do
		if [ -f "$here/$package.$script" ]; then install -m 755 "$here/$package.$script" "$root/DEBIAN/$script"; fi
	done
	if [ -d "$root/etc" ]; then (cd "$root" && find etc -type f | sort | sed 's|^|/|' >DEBIAN/conffiles); fi
	(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
	printf 'Installed-Size: %s\n' "$(du -sk --apparent-size --exclude=DEBIAN "$root" | cut -f1)" >>"$root/DEBIAN/control"
	find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH dpkg-deb --root-owner-group -Z"${DEB_PACKED:-xz}" --build "$root" \
		"$out/${name}_${VERSION}_$(sed -n 's/^Architecture: //p' "$root/DEBIAN/control").deb"
done
