#!/bin/bash
# Puts packages of ./files into a root: install.sh ROOT PACKAGE... What is not built (clips) is left out, but for programs.
set -euo pipefail
top=$(realpath "$(dirname "$0")/..") root=${1:?root} && shift
for package; do
	while read -r of mode source folder; do
		[ "$of" = "$package" ] || continue
		for from in "$top"/$source; do
			if [ -d "$from" ]; then
				mkdir -p "$root$folder" && tar -C "$from" -c --mode="u=rwX,go=rX" . | tar -C "$root$folder" -x --no-same-owner --no-overwrite-dir
			elif [ -f "$from" ]; then
				install -D -m "$mode" "$from" "$root${folder%/}/$(basename "$from")"
			elif [ "$mode" = 755 ]; then
				echo "install.sh: there is no $source: make build" >&2
				exit 1
			fi
		done
	done < <(grep -v '^#' "$top/systemd/files")
	if [ "$package" = appliance ]; then
		install -d "$root/etc/systemd/system/local-fs.target.wants"
		grep -v '^#' "$top/systemd/masked" | while read -r unit; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
		for m in tmp var-tmp; do ln -sf "../$m.mount" "$root/etc/systemd/system/local-fs.target.wants/$m.mount"; done
		# systemd sets no clock behind this file's date: the build's.
		install -D -m 644 /dev/null "$root/usr/lib/clock-epoch"
		touch -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" "$root/usr/lib/clock-epoch"
	fi
done
