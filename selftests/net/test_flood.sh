#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native tc off
#
# Floods of everything that a router answers or refuses, at half the rate that it forwards without loss:
# an established flow between a peer and native IPv6 loses nothing, answers stay within their bounds, the
# daemon does not grow. Then 20,000 forged datagrams of 160 bytes a second: how much they draw.
# Mode off, which has no fast path to protect, gets the latter only.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
SECONDS_EACH=${FLOOD_SECONDS:-2}
VICTIM=router
VICTIM_NS=router
# shellcheck source=flood.sh
. "$(dirname "$0")/flood.sh"

# A tenth of the bytes, and it was the flood that was asked for.
share() {
	line=$(flood "$VICTIM" "$A1" 20000 "$SECONDS_EACH" "$1") || line="failed"
	echo "# $line"
	daemon=0
	check "$1 at 20,000/s: all of it was sent" equal "$(value frames)" "$(value wanted)"
	case $1 in
	*:any:*) check "$1: at most 5,500 answers in any second" at_most "$(value answers)" \
			$((500 + 5000 * ($(value ms) + 20) / 1000)) ;;
	*) check "$1: draws at most a tenth of its bytes" at_most "$(value answered)" $((20 * 16 * $(value ms))) ;;
	esac
	check "$1: but draws some" at_least "$(value answers)" 5
}

lab
ns router ip -6 route add 2001:db8::/32 via $HOST6
warm_up
load_router "$MODE" --neigh-max 1024 >/dev/null || exit 1
load_peer peer1 >/dev/null || exit 1
on_one_cpu
A1=$(address peer1)
check "the flow's path is there" wait_for 10 pings host6 "$A1" 3
wait_for 10 pings peer1 $HOST6 3

if [ "$MODE" != off ]; then
	RATE=$(flood rate)
	echo "# forwarded without loss: $RATE packets per second"
	check "a loss-free rate was found" test "${RATE:-0}" -gt 20000
	RATE=$((RATE / 2))
	flood "$VICTIM" "$A1" 20000 0.5 rs:any:30000 unknown:any:30000 native:any:60000 >/dev/null # its buffers are there
	rss=$(kb VmRSS)
	for what in rs:1:1 rs:any:30000 spoofed:any:30000 ns:any:30000 unknown:any:30000 native:any:60000; do
		with_flow "$what"
		judge "$what"
	done
	for what in nd:any:30000 keepalive:any:30000; do
		with_flow "$what"
	done
	with_flow valid:any:30000
	if [ "$MODE" = native ]; then
		check "what XDP has charged for, TC does not" equal "$(stat router tc-in limited) $(stat router tc-out limited)" "0 0"
		ns router ping -q -c 40 -i 0.002 -W 1 2001:67c:127c::1 >/dev/null
		check "this machine's own packets, which XDP does not see, TC does" at_least "$(stat router tc-out limited)" 20
	fi
	check "the table of neighbours is full, and no fuller" equal "$(status neighbours)" 1024
	check "who found it full is counted" test "$(status neighbours_refused)" -gt 0
	check "senders that the daemon was not told of are counted" test "$(status events_lost)" -gt 0
	check "collisions of limits are counted" test "$(status limit_collisions)" -gt 0
	check "people are told" sh -c "nsenter --net=/run/netns/$TAG-router $CTL status eth0 | grep -q '^  events .* lost'"
	check "the daemon has not grown: $rss kB before, $(kb VmRSS) kB after" at_most "$(kb VmRSS)" $((rss + 256))
fi
for sources in 1 16 any; do
	share spoofed:$sources:30000
	share unknown:$sources:30000
	share rs-large:$sources:30000
done
finish
