#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# modes: arm64 s390x
# only: --long
#
# Another machine's kernel, Debian's own for it, in an emulated machine (QEMU without KVM): its verifier and JIT take
# the BPF objects, and the fixtures of BPF_PROG_RUN pass there. The machine has no network but what it makes itself;
# what it prints on its console is all that leaves it.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

case $ARCH in
arm64)
	MACHINE=(qemu-system-aarch64 -machine virt -cpu cortex-a72) KERNEL=linux-image-cloud-arm64 CONSOLE=ttyAMA0
	;;
s390x)
	MACHINE=(qemu-system-s390x -machine s390-ccw-virtio) KERNEL=linux-image-s390x CONSOLE=ttysclp0
	;;
esac
MODULES="tun veth sch_ingress cls_bpf"
GUEST=$OUT/guest
# In the initial namespace of a machine of their own; what counts there is order and alignment, not how many.
PROGRAMS="test_xdp test_tc test_variants test_neigh test_limit test_capture test_diff test_fastpath"
UNITS="test_burst test_ctl"
DEADLINE=1200 # seconds for the machine
CONSOLE_LOG=build/log/console-$ARCH
mkdir -p build/log

ready clang cpio "${MACHINE[0]}"
if ! tools/sysroot.sh "$ARCH" "$GUEST" $KERNEL busybox-static dash util-linux iproute2 ethtool libbpf1 libxdp1 libmnl0 libjson-c5 \
	libcap2 libseccomp2 libpcap0.8 libcmocka0 libgcc-s1 >"$WORK/guest.log" 2>&1; then
	skip "the kernel of $ARCH" "$(head -1 "$WORK/guest.log" | tr '#' ' ')"
	finish
fi
check "fixtures build for $ARCH" make_cross tests

# --- the machine -----------------------------------------------------------------------------------

# What the first process there does: mounts, modules, each program with a mark before and behind it, power off.
init() {
	cat <<INIT
#!/bin/sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp
/bin/busybox --install -s /bin 2>/dev/null
export PATH=/usr/sbin:/bin:/sbin CMOCKA_MESSAGE_OUTPUT=TAP DIFF_RUNS=2000
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mount -t bpf bpf /sys/fs/bpf
dmesg -n 1
for m in $MODULES; do insmod /modules/\$m.ko || echo "no module \$m"; done
ip link set lo up
echo "=== kernel \$(uname -m) \$(uname -r) jit \$(cat /proc/sys/net/core/bpf_jit_enable)"
for t in $(printf '/build/prog/%s ' $PROGRAMS) $(printf '/build/unit/%s ' $UNITS); do
	echo "=== run \${t##*/}"
	timeout 600 \$t </dev/null 2>&1
	echo "=== end \${t##*/} \$?"
done
poweroff -f
INIT
}

# The files of the initial RAM disk: a shell, libraries, modules, programs.
stage() {
	local root=$WORK/initrd t m
	mkdir -p "$root"/{bin,sbin,modules,build/prog,build/unit,selftests/prog,usr/sbin}
	cp "$GUEST/bin/busybox" "$root/bin/"
	cp "$GUEST/bin/dash" "$root/bin/sh" # busybox prefers what it has itself, another ip among it
	cp "$GUEST"/bin/ip "$GUEST"/sbin/ethtool "$GUEST"/usr/bin/nsenter "$root/usr/sbin/"
	mkdir -p "$root"/{,usr/}lib/"$TRIPLET"
	cp -P "$GUEST/lib/$TRIPLET"/*.so* "$root/lib/$TRIPLET/"
	cp -P "$GUEST/usr/lib/$TRIPLET"/*.so* "$root/usr/lib/$TRIPLET/"
	cp -r "$GUEST/usr/lib/$TRIPLET/bpf" "$root/usr/lib/$TRIPLET/" # libxdp's dispatcher
	cp -P "$GUEST"/lib/ld* "$root/lib/" || return
	for m in $MODULES; do
		find "$GUEST/lib/modules" -name "$m.ko" -exec cp {} "$root/modules/" \;
	done
	for t in $PROGRAMS; do cp "$OUT/prog/$t" "$root/build/prog/" || return; done
	for t in $UNITS; do cp "$OUT/unit/$t" "$root/build/unit/" || return; done
	"$TRIPLET-strip" -g "$root"/build/*/*
	cp selftests/prog/env.sh "$root/selftests/prog/"
	init >"$root/init"
	chmod 755 "$root/init"
	(cd "$root" && find . | cpio -o -H newc -R 0:0 --quiet | gzip -1) >"$WORK/initrd.gz"
}

boot() {
	timeout $DEADLINE "${MACHINE[@]}" -m 1024 -smp 1 -nographic -no-reboot -nic none -kernel "$GUEST"/boot/vmlinuz-* \
		-initrd "$WORK/initrd.gz" -append "console=$CONSOLE quiet panic=-1" </dev/null >"$CONSOLE_LOG" 2>&1
	tr -d '\r' <"$CONSOLE_LOG" >"$WORK/console"
	grep -q '^=== kernel' "$WORK/console" || { tail -20 "$WORK/console"; return 1; }
}

check "a RAM disk of fixtures" stage
check "Debian's kernel for $ARCH runs" boot
sed -n 's/^=== kernel/#/p' "$WORK/console"

for program in $PROGRAMS $UNITS; do
	tap=$WORK/$program.tap
	sed -n "/^=== run $program\$/,/^=== end $program /p" "$WORK/console" >"$tap"
	code=$(sed -n "s/^=== end $program //p" "$WORK/console")
	cases "$program" "$code" "$tap"
done
finish
