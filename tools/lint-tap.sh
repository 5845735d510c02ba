#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The checks of text and code as tests of the suite.
here=$(dirname "$0")
number=0
check() {
	what=$1
	shift
	number=$((number + 1))
	if out=$("$@" 2>&1); then
		echo "ok $number - $what"
	else
		printf '%s\n' "$out" | sed 's/^/# /'
		echo "not ok $number - $what"
	fi
}
check "directions of include, SPDX lines, manual" "$here/lint.sh"
[ "${LEVEL:-}" = --full ] && quick=--quick || quick=
# shellcheck disable=SC2086
check "cppcheck and clang-tidy find nothing" "$here/analyze.sh" build/skel $quick
check "help, completion and manual agree" "$here/manual.sh" build/6bed4ctl docs/6bed4ctl.8
check "the program is hardened: PIE, RELRO, BIND_NOW, stack protector, FORTIFY" "$here/hardening.sh" build/6bed4ctl
echo 1..$number
