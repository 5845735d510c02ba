#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# boot.sh SECONDS OUT: boots the kernel in build/vm under QEMU, has it run OUT/jobs (guest.sh), and ends with
# the machine, after SECONDS at the latest. What it leaves is in OUT: NAME.tap, NAME.time, dmesg, console, and
# "done" if it got to the end. Must not know what is tested.
#
# Pairs of virtio devices are joined here as cables: VM_PAIRS of them (6), nic0a and nic0b and so on.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
SECONDS_MAX=$1
OUT=$(cd "$2" && pwd)
VM=$TOP/build/vm
PAIRS=${VM_PAIRS:-6}
VERSION=$(ls "$VM/lib/modules")
MODULES="virtio_pci virtio_net 9pnet_virtio 9p overlay"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# with_dependencies MODULE...: their files, each after those that it needs
with_dependencies() {
	local m file deps d
	for m in "$@"; do
		file=$(sed -nE "s/^([^:]*\/${m//_/[_-]}\.ko[^:]*):.*/\1/p" "$VM/lib/modules/$VERSION/modules.dep")
		deps=$(sed -nE "s/^[^:]*\/${m//_/[_-]}\.ko[^:]*://p" "$VM/lib/modules/$VERSION/modules.dep")
		for d in $deps; do
			d=${d##*/}
			with_dependencies "${d%%.ko*}"
		done
		echo "$file"
	done
}

initramfs() {
	local file
	mkdir -p "$root/bin" "$root/lib"
	cp /bin/busybox "$root/bin/busybox"
	cp "$TOP/selftests/vm/init" "$root/init"
	chmod +x "$root/init"
	# shellcheck disable=SC2086
	with_dependencies $MODULES | awk 'NF && !seen[$0]++' | while read -r file; do
		cp "$VM/lib/modules/$VERSION/$file" "$root/lib/" && echo "${file##*/}" >>"$root/modules"
	done
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$VM/initramfs"
}

nics() {
	local n side
	for ((n = 0; n < PAIRS; n++)); do
		for side in a b; do
			echo "-netdev hubport,id=n$n$side,hubid=$n"
			echo "-device virtio-net-pci,netdev=n$n$side,mac=52:54:00:06:$(printf %02x $n):0$side,romfile="
		done
	done
}

# machine ACCELERATOR SECONDS
machine() {
	# In the foreground: QEMU stays in our process group, and goes when that is told to.
	# shellcheck disable=SC2046
	exec timeout --foreground -k 5 "$2" qemu-system-x86_64 -accel "$1" -cpu max -smp "${VM_CPUS:-2}" -m "${VM_MEMORY:-2048}" \
		-nodefaults -no-user-config -display none -no-reboot -kernel "$VM/vmlinuz" -initrd "$VM/initramfs" \
		-append "console=ttyS0 quiet panic=-1 net.ifnames=0 mitigations=off vm.top=$TOP vm.seconds=$2 vm.level=${LEVEL:-} vm.nics=$PAIRS" \
		-serial "file:$OUT/console" $(nics) \
		-virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
		-virtfs "local,path=$OUT,mount_tag=out,security_model=none"
}

# by_kvm: there is a /dev/kvm that no kernel boots by, in machines that are virtual themselves: 1 then, at once or
# after KVM_PATIENCE seconds.
by_kvm() {
	local pid
	machine kvm "$SECONDS_MAX" &
	pid=$!
	while kill -0 $pid 2>/dev/null && [ ! -e "$OUT/up" ] && [ $SECONDS -lt $KVM_PATIENCE ]; do
		read -r -t 0.2 <>"$root/silence"
	done
	[ -e "$OUT/up" ] || kill $pid 2>/dev/null
	wait $pid
	[ -e "$OUT/up" ]
}

initramfs || exit 1
rm -f "$OUT/up" "$OUT/done"
mkfifo "$root/silence"
KVM_PATIENCE=20
[ -w /dev/kvm ] && by_kvm && exit
(machine tcg,thread=multi $((SECONDS_MAX - SECONDS))) # not in our place: what was made here is to be removed
