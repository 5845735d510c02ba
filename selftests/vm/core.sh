#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# core.sh MODE...: the shortest look at everything, for a machine that is slow (selftests/vm): in each mode a
# router between two peers and a native host carries ping and TCP, by the path that the mode promises;
# then the peers find their direct path, with the same mode at their ends. Expects what test_core.sh and
# test_peer.sh expect.

# shellcheck source=../net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
# shellcheck source=../net/topology.sh
. "$(dirname "$0")/../net/topology.sh"

carries() {
	local mode=$1
	only_by_router
	check "$mode: router loads" load_router "$mode"
	check "$mode: that mode is in effect" state_is router fast_path "$mode"
	for p in peer1 peer2; do
		check "$mode: $p loads" load_peer $p
	done
	A1=$(address peer1) A2=$(address peer2)
	paths_begin
	check "$mode: peer to native: ping" pings peer1 $HOST6 5 0.05
	check "$mode: native to peer: ping" pings host6 "$A1" 5 0.05
	check "$mode: peer to router: ping" pings peer1 $ROUTER6 5 0.05
	check "$mode: peer to peer by the router: ping" pings peer1 "$A2" 5 0.05
	check "$mode: peer fetches a file from native" get peer1 host6 $HOST6
	check "$mode: native fetches a file from peer" get host6 peer1 "$A1"
	[ $tap_failed = 0 ] || for p in router peer1 peer2; do
		{ echo "$p:" && ns $p "$CTL" stats eth0; } | diag
	done
	paths_kept "$mode" 40 "$mode: "
	reachable_again
	[ "$mode" = off ] || straight "$mode"
	for p in router peer1 peer2; do
		check "$mode: $p unloads" ns $p "$CTL" unload eth0
	done
	check "$mode: nothing is left of the router" clean router
}

straight() {
	local mode=$1
	bg_ns "stream-$mode" peer1 ping -i 0.2 "$A2"
	check "$mode: the peers find their direct path" wait_for 30 path_is peer1 "$A2" direct
	check "$mode: and lose nothing on it" pings peer1 "$A2" 5 0.05
	end_pid "$last_pid"
}

mkdir "$WORK/www"
head -c 300000 /dev/urandom >"$WORK/www/file"
open_underlay
native
[ "${VM_NICS:-0}" = 0 ] ||
	check "the router's devices are virtio ones" says "driver: virtio_net" ns router ethtool -i eth0
warm_up
for mode in "$@"; do
	# shellcheck disable=SC2034
	PEER_MODE=$mode
	carries "$mode"
done
finish
