#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native-router native-peer tc-router tc-peer
#
# Load and unload, over and over, in both roles, with crashes between: no program, map, pin, TUN device,
# socket or file stays. Reload, over and over: the daemon's descriptors and memory stay as they are.
# Kernel objects are known by their numbers, as the daemon's own descriptors tell them, so
# others on the machine do not matter.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
IFS=- read -r MODE ROLE <<<"${1:-native}"
CYCLES=$(by_level 5 20 250) # of each role and mode
RELOADS=$(by_level 5 20 100)

# objects PID: "prog N", "map N" a line, of all that this daemon holds
objects() { cat "/proc/$1"/fdinfo/* 2>/dev/null | sed -nE 's/^(prog|map)_id:\s*([0-9]+)$/\1 \2/p'; }
# those of them that the kernel still has
left() {
	sort -u "$WORK/objects" >"$WORK/objects.ours"
	{
		bpftool -j prog show | jq -r '.[] | "prog \(.id)"'
		bpftool -j map show | jq -r '.[] | "map \(.id)"'
	} | sort >"$WORK/objects.kernel"
	comm -12 "$WORK/objects.ours" "$WORK/objects.kernel"
}
none_left() { equal "$(left)" ""; }
daemon() { state "$1" pid; }
dead() { state_is "$1" state dead; }
files_of() { find /run/6bed4 /var/lib/6bed4 -path "*$(pins_of "$1" | cut -d/ -f6)*" 2>/dev/null | sort; }

load() { # NS
	if [ "$1" = router ]; then load_router "$MODE"; else PEER_MODE=$MODE load_peer "$1"; fi
}
# cycles N NS: each third one crashes on the way
cycles() {
	local n=$1 pid
	while [ $((n--)) -gt 0 ]; do
		load "$2" || return
		pid=$(daemon "$2")
		objects "$pid" >>"$WORK/objects"
		if [ $((n % 3)) = 0 ]; then
			kill -KILL "$pid" && wait_for 5 dead "$2" || return
		fi
		if [ $((n % 6)) = 0 ]; then
			load "$2" || return
			objects "$(daemon "$2")" >>"$WORK/objects"
		fi
		ns "$2" "$CTL" unload eth0 || return
	done
}
descriptors() { find "/proc/$1/fd" -mindepth 1 -printf '%l\n' | sed -E 's/\[[0-9]+\]$//' | sort | uniq -c; }
private_kb() { awk '/^(Private_Dirty|Private_Clean):/ { n += $2 } END { print n }' "/proc/$1/smaps_rollup"; }
no_more() { [ "$1" -le "$2" ] || { echo "$1, at most $2 allowed"; return 1; }; }
held_by() { objects "$1" | sort -u | wc -l; }

reloads() {
	local n=$1
	while [ $((n--)) -gt 0 ]; do
		ns "$2" "$CTL" reload eth0 || return
		objects "$(daemon "$2")" >>"$WORK/objects"
	done
}
reloaded() { # NS
	local at=$1 fds kb held in_use
	: >"$WORK/objects"
	load "$at" >/dev/null
	reloads 2 "$at" >/dev/null
	in_use=$(left | wc -l) # by the daemon, by devices, by programs
	fds=$(descriptors "$(daemon "$at")") kb=$(private_kb "$(daemon "$at")") held=$(held_by "$(daemon "$at")")
	check "$RELOADS reloads ($at)" reloads "$RELOADS" "$at"
	check "  the daemon has the same descriptors" equal "$(descriptors "$(daemon "$at")")" "$fds"
	check "  and no more memory than before, or 64 KB" no_more "$(private_kb "$(daemon "$at")")" $((kb + 64))
	check "  as many programs and maps" equal "$(held_by "$(daemon "$at")")" "$held"
	no_more_in_use() { no_more "$(left | wc -l)" "$in_use"; }
	check "  those of the ones before are gone" wait_for 10 no_more_in_use
	echo "# $at: $kb KB private memory, now $(private_kb "$(daemon "$at")")"
	ns "$at" "$CTL" unload eth0 >/dev/null
	check "  unload: all are gone" wait_for 10 none_left
}

lab
warm_up

: >"$WORK/objects"
if [ "${ROLE:-router}" = router ]; then
	files=$(files_of router)
	check "$CYCLES times load and unload of a router ($MODE)" cycles "$CYCLES" router
	echo "# $(sort -u "$WORK/objects" | wc -l) programs and maps"
	check "  there were programs and maps" [ "$(wc -l <"$WORK/objects")" -gt 5 ]
	check "  all are gone" wait_for 10 none_left
	check "  nothing else is left" clean
	check "  no file more" equal "$(files_of router)" "$files"
	reloaded router
	check "nothing is left" clean
fi
: >"$WORK/objects"
if [ "${ROLE:-peer}" = peer ]; then
	load router >/dev/null
	load peer1 >/dev/null
	ns peer1 "$CTL" unload eth0 >/dev/null
	files=$(files_of peer1) # its port is kept
	check "$CYCLES times load and unload of a peer ($MODE)" cycles "$CYCLES" peer1
	check "  all programs and maps are gone" wait_for 10 none_left
	check "  nothing else is left" clean peer1
	check "  no file more" equal "$(files_of peer1)" "$files"
	reloaded peer1
	ns router "$CTL" unload eth0 >/dev/null
	check "nothing is left" clean
fi
finish
