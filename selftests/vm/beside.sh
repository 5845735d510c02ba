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
saw() {
	local map
	map=$(bpftool -j prog show id "$1" | jq '.map_ids[0]')
	bpftool -j map lookup id "$map" key 0 0 0 0 | jq '[.formatted.value // 0][0]'
}
# rises PROGRAM BY COMMAND...: what it has counted grows by that much or more while the command runs
rises() {
	local id=$1 by=$2 n
	n=$(saw "$id")
	shift 2
	"$@" || return
	n=$(($(saw "$id") - n))
	[ "$n" -ge "$by" ] || { echo "program $id has seen $n packets"; return 1; }
}
# fast_by N COMMAND...: likewise for what our fast path forwards
fast_by() {
	local by=$1 n
	n=$(forwarded router fast)
	shift
	"$@" || return
	n=$(($(forwarded router fast) - n))
	[ "$n" -ge "$by" ] || { echo "the fast path has forwarded $n packets"; return 1; }
}
# overlooks PROGRAM COMMAND...: it sees next to nothing of what the command sends
overlooks() { ! rises "$1" 10 "${@:2}"; }
tunnelled() { pings peer1 $HOST6 20 0.05; }
plain() { pings inet $ROUTER4 20 0.05; }

all_run() { # all with a guest before and one behind
	check "  ours forwards" fast_by 20 tunnelled
	check "  the one before it sees what is tunnelled" rises "$first" 20 tunnelled
	check "  the one behind it does not, as that has left" overlooks "$last" tunnelled
	check "  but sees what ours lets pass" rises "$last" 20 plain
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
check "  the first counts" rises "$first" 20 plain
check "  the last counts" rises "$last" 20 plain
check "load between them" load_router native
check "  it works" works
check "  in its place" equal "$(order)" "guest_xdp bed4_xdp guest_xdp "
check "the first leaves" leave "$first"
check "  ours forwards" fast_by 20 tunnelled
check "the last leaves" leave "$last"
check "  ours forwards" fast_by 20 tunnelled
check "  alone" equal "$(order)" "bed4_xdp "
check "unload" rctl unload eth0
check "the peer unloads" ns peer1 "$CTL" unload eth0
check "nothing is left" clean
check "  nor in the bpffs" equal "$(find /sys/fs/bpf -name 'dispatch-*')" ""
finish
