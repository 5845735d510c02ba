#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# hardening.sh PROGRAM: does the compiled program have what HARDEN and the linker flags of the Makefile
# ask for? Prints what is missing and fails.
set -u
program=$1
bad=0
need() { # WHAT PATTERN READELF-OPTION
	readelf -W "$3" "$program" | grep -qE "$2" || { echo "$program: no $1"; bad=1; }
}
need "position independence (PIE)" '^ *Type: +DYN' -h
need "position independence (PIE)" 'FLAGS_1.*PIE' -d
need "read-only relocations (RELRO)" 'GNU_RELRO' -l
need "binding at start (BIND_NOW)" 'BIND_NOW|FLAGS_1.*NOW' -d
need "stack protector" '__stack_chk_fail' --dyn-syms
need "fortified function" '__(memcpy|snprintf|vsnprintf|fprintf|printf|vfprintf|read|recv|sprintf)_chk' --dyn-syms
if readelf -W -l "$program" | grep -E 'GNU_STACK' | grep -q 'E'; then
	echo "$program: its stack may be executed"
	bad=1
fi
exit $bad
