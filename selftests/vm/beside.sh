#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# beside.sh: XDP programs of others in libxdp's dispatcher, put there by xdp-loader as their operators would, one
# that runs before ours and one that runs behind it, there first or coming later: all of them run, and
# load, reload, a dead daemon and unload of one leave the others where they are. For a kernel that lets
# programs be replaced (CONFIG_FUNCTION_TRACER, BTF), as those of distributions do.

# shellcheck source=../net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
# shellcheck source=../net/topology.sh
. "$(dirname "$0")/../net/topology.sh"
GUEST=$TOP/build/bpf/guests.bpf.o

rctl() { ns router "$CTL" "$@"; }
works() { wait_for 20 ns peer1 ping -q -c1 -W1 $HOST6; }

# Those of others by number, and all on eth0, in their order
guests() { bpftool -j prog show | jq -r '.[] | select(.name == "guest_xdp") | .id'; }
order() { ns router xdp-loader status eth0 | awk '$1 == "=>" { print $3 }' | tr '\n' ' '; }

# guest PRIORITY: its number in $last_guest
guest() {
	local before
	before=$(guests)
	ns router xdp-loader load -m native -P "$1" -s xdp eth0 "$GUEST" || return
	last_guest=$(comm -13 <(sort <<<"$before") <(guests | sort))
	[ -n "$last_guest" ]
}
leave() { ns router xdp-loader unload eth0 -i "$1"; }
# grows BY QUESTION COMMAND...: the number that the question has for an answer grows so much or more by the command
grows() {
	local by=$1 question=$2 n
	shift 2
	n=$($question)
	"$@" || return
	n=$(($($question) - n))
	[ "$n" -ge "$by" ] || { echo "$question: $n more"; return 1; }
}
sees() { grows 20 "saw $1" "${@:2}"; }
forwards() { grows 20 "forwarded router fast" "$@"; }
# overlooks PROGRAM COMMAND...: it sees next to nothing of what the command sends
overlooks() {
	local id=$1 n
	n=$(saw "$id")
	shift
	"$@" || return
	n=$(($(saw "$id") - n))
	[ "$n" -lt 10 ] || { echo "program $id has seen $n packets"; return 1; }
}
tunnelled() { pings peer1 $HOST6 20 0.05; }
plain() { pings inet $ROUTER4 20 0.05; }

all_run() { # all with a guest before and one behind
	check "  ours forwards" forwards tunnelled
	check "  the one before it sees what is tunnelled" sees "$first" tunnelled
	check "  the one behind it does not, as that has left" overlooks "$last" tunnelled
	check "  but sees what ours lets pass" sees "$last" plain
}

if ! command -v xdp-loader >/dev/null; then
	skip "XDP programs of others in the dispatcher" "xdp-loader (xdp-tools) is not installed"
	finish
fi
open_underlay
native
warm_up
check "somebody's XDP program by xdp-loader, to run early" guest 10
first=$last_guest
check "router loads beside it" load_router native
check "peer loads" load_peer peer1
check "it works" works
check "ours runs behind theirs" equal "$(order)" "guest_xdp bed4_xdp "
check "status says native" state_is router fast_path native
check "somebody's comes, to run late" guest 90
last=$last_guest
check "  the order is as their priorities say" equal "$(order)" "guest_xdp bed4_xdp guest_xdp "
all_run
check "reload" rctl reload eth0 --dscp 0
check "  the order stays" equal "$(order)" "guest_xdp bed4_xdp guest_xdp "
all_run
kill -KILL "$(state router pid)"
check "the daemon dies: ours goes on" wait_for 20 tunnelled
check "  load takes over" load_router native
check "  the order stays" equal "$(order)" "guest_xdp bed4_xdp guest_xdp "
check "unload leaves theirs" rctl unload eth0
check "  both of them" equal "$(order)" "guest_xdp guest_xdp "
check "  the first counts" sees "$first" plain
check "  the last counts" sees "$last" plain
check "load between them" load_router native
check "  it works" works
check "  in its place" equal "$(order)" "guest_xdp bed4_xdp guest_xdp "
check "the first leaves" leave "$first"
check "  ours forwards" forwards tunnelled
check "the last leaves" leave "$last"
check "  ours forwards" forwards tunnelled
check "  alone" equal "$(order)" "bed4_xdp "
check "unload" rctl unload eth0
check "the peer unloads" ns peer1 "$CTL" unload eth0
check "nothing is left" clean
check "  nor in the bpffs" equal "$(find /sys/fs/bpf -name 'dispatch-*')" ""
finish
