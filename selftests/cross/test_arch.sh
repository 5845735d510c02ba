#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# modes: arm64 s390x
# only: --long
#
# Another machine: all builds for it, 6bed4ctl says there what it says everywhere, and all unit tests pass. Programs
# run under qemu-user, on this machine's kernel.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

ready clang python3
CTL_THERE=$OUT/6bed4ctl

check "everything builds for $ARCH" make_cross tests
check "programs and objects are of its byte order" of_order "$ORDER" "$CTL_THERE" "$OUT"/bpf/*.bpf.o
for object in "$OUT"/bpf/bed4_{xdp,tc}.bpf.o; do
	check "6bed4ctl holds $(basename "$object")" embedded "$CTL_THERE" "$object"
done

# --- commands --------------------------------------------------------------------------------------

ctl_there() { emulated "$CTL_THERE" "$@"; }

# Each line of the first table of docs/vectors.md, there and back.
vectors() {
	local endpoint lladdr below n=0 in got
	while IFS='|' read -r _ endpoint lladdr _ _ below _; do
		endpoint=${endpoint// /} lladdr=${lladdr// /} below=${below// /}
		got=$(ctl_there addr encode "$endpoint" --prefix 2001:db8:64::/64)
		equal "$got" "$below" || return
		in=$(ctl_there -j addr decode "$below")
		equal "$(jq -r '.endpoint, .lladdr' <<<"$in" | paste -sd' ')" "$endpoint $lladdr" || return
		((++n))
	done < <(grep -E '^\| [0-9.]+:[0-9]+ \| [0-9a-f:]{17} \| [0-9a-f:]{19} \| fe80::' docs/vectors.md)
	[ $n -ge 10 ]
}

printf 'role = peer\nserver = 192.0.2.1\nport = 3\n' >"$WORK/wrong.conf"
printf 'role = peer\nserver = 192.0.2.1\nport = 50000\n' >"$WORK/right.conf"
wrong() { says ':3: --port 3: must be an even number' exits 1 ctl_there config check "$WORK/wrong.conf"; }

check "help" says '^Usage: 6bed4ctl' ctl_there help
check "addresses as docs/vectors.md has them" vectors
check "config check finds a mistake" wrong
check "config check takes what is right" exits 0 ctl_there config check "$WORK/right.conf"

installs() {
	make_cross DESTDIR="$WORK/dest" PREFIX=/usr install && of_order "$ORDER" "$WORK/dest/usr/sbin/6bed4ctl" &&
		grep -q 6bed4ctl "$WORK/dest/usr/share/bash-completion/completions/6bed4ctl"
}
check "make install with DESTDIR, as for a machine of that kind" installs

# --- unit tests ------------------------------------------------------------------------------------

for program in "$OUT"/unit/test_*; do
	case $program in *.o | *.d) continue ;; esac
	name=$(basename "$program")
	if [ "$name-$ORDER" = test_burst-big ]; then
		skip "$name" "qemu-user hands UDP_GRO over in the other byte order; test_kernel.sh runs it"
		continue
	fi
	unit_program "$name"
done
finish
