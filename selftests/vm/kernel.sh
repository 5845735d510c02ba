#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# kernel.sh DIR: fetches Debian's stock kernel, as apt's sources have it, and unpacks into DIR what a
# virtual machine needs of it: DIR/vmlinuz, DIR/lib/modules. Nothing is installed. Prints its version;
# else fails with one line that says why. What is there already is taken as it is.
set -u
DIR=$(mkdir -p "$1" && cd "$1" && pwd) || exit 1
PARTS="net lib crypto fs/9p fs/netfs fs/fscache fs/overlayfs drivers/virtio drivers/net/bonding"

fail() {
	echo "$*"
	exit 1
}

version() { ls "$DIR/lib/modules" 2>/dev/null | head -1; }

[ -s "$DIR/vmlinuz" ] && version && exit 0
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || fail "this machine is not an amd64 Debian"
package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-6\.1\.[^ ]*\)$/\1/p' | head -1)
[ -n "$package" ] || fail "apt knows no linux-image-6.1: it is Debian 12's kernel; is apt-get update needed?"
rm -rf "$DIR/tmp" && mkdir "$DIR/tmp" && cd "$DIR/tmp" || fail "cannot write to $DIR"
timeout 120 apt-get -q download "$package" >apt.log 2>&1 || fail "apt-get download $package: $(grep '^E:' apt.log | head -1)"
members=(./boot/vmlinuz-\*)
for part in $PARTS; do
	members+=("./lib/modules/*/kernel/$part/*")
done
for part in veth tun virtio_net net_failover ifb dummy macvlan; do
	members+=("./lib/modules/*/kernel/drivers/net/$part.ko")
done
members+=(./lib/modules/\*/kernel/net/core/failover.ko ./lib/modules/\*/modules.builtin\* ./lib/modules/\*/modules.order)
dpkg-deb --fsys-tarfile "$package"_*.deb | tar -x --wildcards "${members[@]}" 2>tar.log ||
	grep -q vmlinuz- <(ls boot 2>/dev/null) || fail "cannot unpack $package: $(head -1 tar.log)"
busybox depmod -b "$PWD" "$(ls lib/modules)" || fail "depmod fails: is busybox installed?"
cd .. && rm -rf lib && mv tmp/lib lib && mv tmp/boot/vmlinuz-* vmlinuz && rm -rf tmp && version
