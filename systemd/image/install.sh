#!/bin/bash
# Puts the machine's side of a kiosk into a root: ROOT=/path install.sh. The units and their files are those of ../ as they are.
set -euo pipefail
SRC=$(realpath "$(dirname "$0")/..") R=${ROOT:?}

copy() { install -d "$R$2"; for f in "$SRC"/$1; do [ ! -f "$f" ] || install -m "${3:-644}" "$f" "$R$2/"; done; }
copy 'units/*.service' /usr/lib/systemd/system
copy 'units/*.socket' /usr/lib/systemd/system
copy 'units/*.timer' /usr/lib/systemd/system
copy 'units/*.path' /usr/lib/systemd/system
copy 'units/*.target' /usr/lib/systemd/system
for d in "$SRC"/units/*.d; do copy "units/$(basename "$d")/*.conf" "/usr/lib/systemd/system/$(basename "$d")"; done
copy 'sysusers.d/*.conf' /usr/lib/sysusers.d
copy 'tmpfiles.d/*.conf' /usr/lib/tmpfiles.d
copy 'udev/*.rules' /usr/lib/udev/rules.d
copy 'polkit/*.rules' /usr/share/polkit-1/rules.d
copy 'chromium/*.json' /etc/chromium/policies/managed
copy "nftables/*" /etc
copy 'journald/*.conf' /usr/lib/systemd/journald.conf.d
cp -r "$SRC/image/root/." "$R/"
rm -f "$R/usr/lib/systemd/system/onestopd.service" # the office's, never a kiosk's

systemd-sysusers --root="$R"
install -d -m 755 "$R/etc/kiosk" "$R/etc/kiosk-uplink"
echo kiosk >"$R/etc/hostname"
printf '127.0.0.1 localhost kiosk\n::1 localhost\n' >"$R/etc/hosts"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$R/etc/resolv.conf"
ln -sf ../usr/share/zoneinfo/Asia/Ho_Chi_Minh "$R/etc/localtime"
printf 'LANG=C.UTF-8\n' >"$R/etc/locale.conf"
: >"$R/etc/fstab"

# Nobody logs in, and nothing of the machine is changed from outside an update.
for u in $(sed 's/#.*//' "$SRC/masked") ssh.service ssh.socket systemd-firstboot.service dpkg-db-backup.timer fstrim.timer; do
	ln -sfn /dev/null "$R/etc/systemd/system/$u"
done
sed -i 's/^\(root:\)[^:]*/\1*/' "$R/etc/shadow"

systemctl --root="$R" --quiet set-default graphical.target
for u in kioskd.service kiosk-browser.service kiosk-uplink.socket kiosk-update-commit.service boot.mount pcscd.socket systemd-networkd.service systemd-resolved.service \
	systemd-timesyncd.service nftables.service tmp.mount var-tmp.mount; do
	if [ -f "$R/usr/lib/systemd/system/$u" ] || [ -f "$R/etc/systemd/system/$u" ]; then systemctl --root="$R" --quiet enable "$u"; fi
done
