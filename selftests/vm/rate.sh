#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# rate.sh MODE...: is the speed of the tunnel of the right kind? A file over TCP, both ways, by the tunnel and by
# plain IPv6 along the same devices, in turns. What stalls, loses packets or goes through the daemon in
# secret is far slower; how fast it is otherwise is not asked of an emulated machine.

# shellcheck source=../net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
# shellcheck source=../net/topology.sh
. "$(dirname "$0")/../net/topology.sh"
SIZE=6000000
SHARE=15 # percent of plain IPv6, at least

works() { wait_for 20 ns peer1 ping -q -c1 -W1 "${1:-$HOST6}"; }

# Plain IPv6 between peer1 and host6, which has a second address for it: 2001:db8:7::2
plain_ipv6() {
	ns peer1 ip addr add 2001:db8:1::2/64 dev eth0 nodad
	ns inet ip addr add 2001:db8:1::1/64 dev p1 nodad
	ns inet ip addr add 2001:db8:2::2/64 dev r0 nodad
	ns router ip addr add 2001:db8:2::1/64 dev eth0 nodad
	ns inet sysctl -qw net.ipv6.conf.all.forwarding=1
	ns peer1 ip -6 route add 2001:db8:7::/64 via 2001:db8:1::1
	ns inet ip -6 route add 2001:db8:7::/64 via 2001:db8:2::1
	ns router ip -6 route add 2001:db8:1::/64 via 2001:db8:2::2
	ns router ip addr add 2001:db8:7::1/64 dev v6 nodad
	ns host6 ip addr add 2001:db8:7::2/64 dev eth0 nodad
	ns host6 ip -6 route add 2001:db8:1::/64 via 2001:db8:7::1 src 2001:db8:7::2
}

# rate FROM SERVER ADDRESS: bytes a millisecond, to $rate
rate() {
	local start=${EPOCHREALTIME/./}
	rate=0
	get "$@" || return
	rate=$((SIZE * 1000 / (${EPOCHREALTIME/./} - start)))
}
# compare WHAT FROM SERVER ADDRESS PLAIN: the better of two each
compare() {
	local n tunnel=0 plain=0
	for n in 1 2; do
		rate "$2" "$3" "$5" || return
		plain=$((rate > plain ? rate : plain))
		rate "$2" "$3" "$4" || return
		tunnel=$((rate > tunnel ? rate : tunnel))
	done
	echo "$1: $tunnel KB/s, plain IPv6 $plain, $((tunnel * 100 / plain)) %" | tee -a "$WORK/rates"
	[ $((tunnel * 100)) -ge $((plain * SHARE)) ]
}

mkdir "$WORK/www"
head -c $SIZE /dev/urandom >"$WORK/www/file"
open_underlay
native
plain_ipv6
warm_up
for mode in "$@"; do
	PEER_MODE=$mode
	check "$mode: router loads" load_router "$mode"
	check "$mode: peer loads" load_peer peer1
	check "$mode: it works" works
	check "$mode: so does plain IPv6" works 2001:db8:7::2
	check "$mode: from native, at least $SHARE % of plain IPv6" compare "$mode, from native" peer1 host6 $HOST6 2001:db8:7::2
	check "$mode: to native, at least $SHARE % of plain IPv6" compare "$mode, to native" host6 peer1 "$(address peer1)" 2001:db8:1::2
	check "$mode: router unloads" ns router "$CTL" unload eth0
	check "$mode: peer unloads" ns peer1 "$CTL" unload eth0
done
sed 's/^/# /' "$WORK/rates"
finish
