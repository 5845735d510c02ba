#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
#
# What every command prints, in text and in JSON, is what selftests/golden keeps of it, but for numbers that
# differ from run to run; JSON fits its schema in docs/schema. GOLDEN_UPDATE=1 keeps what is printed now.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
GOLDEN=$TOP/selftests/golden

golden() { /usr/bin/python3 "$TOP/selftests/net/golden.py" "$@"; }

# same CODE NAME [sort] NS WORD...: what it prints, on either channel, and its exit code; help and errors
# to the letter
same() {
	local code=$1 name=$2 kind=text sort=() out got
	shift 2
	[ "$code" = 0 ] && [ "${name#help}" = "$name" ] || kind=raw
	[ "$1" = sort ] && { sort=(sort); shift; }
	out=$(ns "$1" "$CTL" "${@:2}" 2>&1)
	got=$?
	check "$name: as kept" golden $kind "$GOLDEN/$name.txt" "${sort[@]}" <<<"$out"
	check "$name: exit code" equal "$got" "$code"
}

# same_json SCHEMA NAME [sort] NS WORD...
same_json() {
	local schema=$1 name=$2 sort=()
	shift 2
	[ "$1" = sort ] && { sort=(sort); shift; }
	ns "$1" "$CTL" -j "${@:2}" >"$WORK/out.json" 2>/dev/null
	check "$name in JSON: one line" equal "$(wc -l <"$WORK/out.json")" 1
	check "$name in JSON: as kept, by its schema" golden json "$GOLDEN/$name.json" "$TOP/docs/schema/$schema.json" \
		"${sort[@]}" <"$WORK/out.json"
}

# both SCHEMA NAME [sort] NS WORD...: in text and in JSON
both() {
	same 0 "$2" "${@:3}"
	same_json "$@"
}

lab
warm_up

# Before anything is loaded.
for command in $("$CTL" --help | sed -n 's/^  \([a-z][a-z0-9]*\)  .*/\1/p'); do
	[ "$command" = help ] || same 0 "help-$command" router help "$command"
done
same 0 help router --help
same 2 unknown-command router frobnicate
same 2 ambiguous-command router sta
same 3 status-nothing router status
same 3 status-nothing-here router status eth0
same 0 unload-nothing router unload eth0
both addr addr-encode router addr encode 192.0.2.1:50000 --prefix $PREFIX
both addr addr-decode router addr decode 2001:67c:127c:0:52c3:83ff:fe01:2

same 0 load-router router load eth0 --prefix $PREFIX --v6-dev v6 --fast-path tc
same 0 load-again router load eth0 --prefix $PREFIX --v6-dev v6 --fast-path tc
same 1 load-other router load eth0 --prefix $PREFIX --v6-dev v6 --fast-path tc --mtu 1400
same 1 load-no-device router load eth9
same 2 load-bad-option router load eth0 --mtu 99
same 0 load-peer peer1 load eth0 --server $ROUTER4 --default-route --port 25790 --fast-path tc
same 0 load-peer-2 peer2 load eth0 --server $ROUTER4 --default-route --port 25792 --fast-path tc
A2=$(address peer2)
wait_for 10 pings peer1 $HOST6 3
wait_for 10 pings peer1 "$A2" 3
wait_for 15 path_is peer1 "$A2" direct
wait_for 15 path_is peer2 "$(address peer1)" direct

both status status-router router status
both status status-peer peer1 status eth0
both stats stats-peer sort peer1 stats --all
both neigh neigh-router sort router neigh
both neigh neigh-peer peer1 neigh show eth0
both neigh neigh-get peer1 neigh get "$A2" dev eth0
same 1 neigh-get-none peer1 neigh get 2001:67c:127c:0:52c3:83ff:fe09:9
same 0 neigh-add peer1 neigh add 2001:67c:127c:0:52c3:83ff:fe09:9
same 0 neigh-del peer1 neigh del 2001:67c:127c:0:52c3:83ff:fe09:9
same 2 neigh-add-what peer1 neigh add
same 0 reload router reload eth0 --mtu 1400
same 0 unload router unload eth0
finish
