#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: virtio
#
# Debian 12's stock kernel, Linux 6.1, in a virtual machine: the BPF objects under BPF_PROG_RUN and the core
# scenarios on virtio devices, in every mode. One boot, of VM_SECONDS at most (540 in a full run of everything, 1700
# in the long one). What a slow machine does not begin is skipped; what it does not end, and a kernel that
# complains, is a failure.
set -u
cd "$(dirname "$0")/../.." || exit 1
number=0 failed=0
SECONDS_MAX=${VM_SECONDS:-$([ "${LEVEL:-}" = --full ] && echo 540 || echo 1700)}

ok() { echo "ok $((++number)) - $*"; }
not_ok() {
	echo "not ok $((++number)) - $*"
	((++failed))
}
skip() { echo "ok $((++number)) - $1 # SKIP $2"; }
skip_all() {
	skip "Linux 6.1 in a virtual machine" "$1"
	echo "1..$number"
	exit 0
}

# NAME SECONDS COMMAND...; a full run of everything has time for those of the first half only, the shortest first.
jobs() {
	local name
	cat <<-JOBS
		xdp 90 build/prog/test_xdp
		tc 90 build/prog/test_tc
		beside 150 selftests/vm/beside.sh
		core 300 selftests/vm/core.sh native tc off
	JOBS
	[ "${LEVEL:-}" != --full ] || return 0
	for name in capture fastpath limit neigh privs variants; do
		echo "$name 90 build/prog/test_$name"
	done
	cat <<-JOBS
		below-bond 300 selftests/vm/below.sh bond
		below-vlan 300 selftests/vm/below.sh vlan
		rate 300 selftests/vm/rate.sh native tc off
		diff 200 env DIFF_RUNS=20000 build/prog/test_diff
		fou-native 120 selftests/net/test_fou.sh native
		fou-tc 120 selftests/net/test_fou.sh tc
		fou-off 120 selftests/net/test_fou.sh off
	JOBS
}

# Its lines, numbered on; a program that ends before its plan has failed.
told() {
	local name=$1 tap=$OUT/$1.tap line plan got=0 code
	[ -e "$tap" ] || { skip "$name" "not begun within $SECONDS_MAX seconds: this machine is too slow"; return; }
	while IFS= read -r line; do
		case $line in
		"ok "[0-9]*) ok "$name: ${line#ok * - }" && ((++got)) ;;
		"not ok "[0-9]*) not_ok "$name: ${line#not ok * - }" && ((++got)) ;;
		"# exit "*) code=${line#\# exit } ;;
		"#"*) echo "$line" ;;
		1..[0-9]*) plan=${line#1..} ;;
		esac
	done <"$tap"
	if [ -z "${code:-}" ]; then
		not_ok "$name: gets to its end: cut off after $got tests"
	elif [ "$got" != "${plan:-none}" ]; then
		not_ok "$name: gets to its end: exit $code, $got of ${plan:-no plan} tests"
	fi
}

for tool in qemu-system-x86_64 busybox dpkg-deb; do
	command -v $tool >/dev/null || skip_all "$tool is not installed"
done
VERSION=$(selftests/vm/kernel.sh build/vm) || skip_all "$VERSION"
OUT=$(mktemp -d)
trap 'rm -rf "$OUT"' EXIT
jobs | grep -E "${VM_JOBS:-.}" >"$OUT/jobs"
selftests/vm/boot.sh "$SECONDS_MAX" "$OUT" >"$OUT/qemu" 2>&1
echo "# Linux $VERSION, $SECONDS seconds"
if [ ! -e "$OUT/up" ]; then
	sed 's/^/# /' "$OUT/qemu" "$OUT/console" 2>/dev/null | grep -v 'not connected' | tail -20
	[ "$SECONDS" -lt "$SECONDS_MAX" ] || skip_all "it did not boot within $SECONDS_MAX seconds: this machine is too slow"
	not_ok "Linux $VERSION boots"
fi
while read -r name _; do
	if [ -e "$OUT/$name.tap" ]; then
		told "$name"
	else
		skip "$name" "not reached within $SECONDS_MAX seconds: this machine is too slow"
	fi
done <"$OUT/jobs"
complaints=$(cat "$OUT/console" "$OUT/dmesg" 2>/dev/null | grep -aE 'BUG:|Oops|WARNING: |Call Trace|general protection|Kernel panic')
if [ -z "$complaints" ]; then
	ok "the kernel has nothing to complain about"
else
	not_ok "the kernel has nothing to complain about"
	echo "$complaints" | head -20 | sed 's/^/# /'
fi
echo "1..$number"
[ $failed = 0 ]
