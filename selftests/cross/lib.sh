# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What the tests for other machines share: a tree of libraries, the build, programs under qemu-user. Must not
# know what is expected of them.

# shellcheck source=../net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../net/lib.sh"

ARCH=$1
# shellcheck disable=SC2034 # ORDER is for the tests
case $ARCH in
arm64) TRIPLET=aarch64-linux-gnu ORDER=little ;;
s390x) TRIPLET=s390x-linux-gnu ORDER=big ;;
*) echo "Bail out! no architecture $ARCH"; exit 2 ;;
esac
OUT=build/cross/$ARCH # relative: this is what make calls its files
cd "$TOP" || exit 1
mkdir -p build/cross

# How many of the random cases a program makes is for machines that are not emulated.
unset SIM_RUNS FORGE_RUNS DIFF_RUNS

emulated() { timeout 600 "qemu-${TRIPLET%%-*}-static" -L "$OUT/root" "$@"; }

# Two tests for one architecture may run side by side, and build the same.
make_cross() {
	flock "$OUT.lock" make --no-print-directory -j1 CROSS="$TRIPLET" BUILD="$OUT" "$@"
}

# ready PROGRAM...: compiler, emulator and libraries are there, else says why and ends the test.
ready() {
	local p
	for p in "$TRIPLET-gcc" "qemu-${TRIPLET%%-*}-static" dpkg-architecture "$@"; do
		command -v "$p" >/dev/null || { skip "6bed4 on $ARCH" "$p is not installed; make deps-cross"; finish; }
	done
	if ! make_cross sysroot >"$WORK/sysroot.log" 2>&1; then
		skip "6bed4 on $ARCH" "$(head -1 "$WORK/sysroot.log" | tr '#' ' ')"
		finish
	fi
}

# cases NAME CODE LOG: what a test program has printed becomes tests of ours.
cases() {
	local name=$1 code=$2 log=$3 line got=0 plan
	while read -r line; do
		case $line in
		"ok "*) ok "$name: ${line#ok * - }" ;;
		"not ok "*) not_ok "$name: ${line#not ok * - }" ;;
		esac
		((++got))
	done < <(grep -E '^(not )?ok [0-9]' "$log")
	plan=$(sed -nE 's/^1\.\.([0-9]+)$/\1/p' "$log" | tail -1)
	[ "$got" = "${plan:-none}" ] && [ "$code" = 0 ] && return
	not_ok "$name ends well"
	{ echo "exit $code, $got of ${plan:-no plan}"; tail -20 "$log"; } | diag
}

# unit_program NAME: runs it emulated.
unit_program() {
	local code=0
	CMOCKA_MESSAGE_OUTPUT=TAP emulated "$OUT/unit/$1" >"$WORK/$1.tap" 2>&1 </dev/null || code=$?
	cases "$1" $code "$WORK/$1.tap"
}

# of_order big|little FILE...
of_order() {
	local want=$1 f
	shift
	for f in "$@"; do
		readelf -h "$f" | grep -q "Data:.*$want endian" || { echo "$f is not $want-endian"; return 1; }
	done
}

# An object is embedded in the program, byte for byte.
embedded() {
	python3 -c 'import sys; sys.exit(open(sys.argv[2], "rb").read() not in open(sys.argv[1], "rb").read())' "$1" "$2"
}
