#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native tc
#
# Floods of everything that a peer answers or refuses, at half the rate that the router of the same lab forwards
# without loss, from anywhere and in its router's name: an established flow between the peer and native IPv6
# loses nothing, answers stay within their bounds, the daemon does not grow.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
SECONDS_EACH=${FLOOD_SECONDS:-2}
VICTIM=peer
VICTIM_NS=peer1
PEER_MODE=$MODE
# shellcheck source=flood.sh
. "$(dirname "$0")/flood.sh"

lab
ns router ip -6 route add 2001:db8::/32 via $HOST6
warm_up
load_router "$MODE" >/dev/null || exit 1
load_peer peer1 --port 25790 --neigh-max 1024 >/dev/null || exit 1
on_one_cpu
A1=$(address peer1)
check "the flow's path is there" wait_for 10 pings host6 "$A1" 3
wait_for 10 pings peer1 $HOST6 3

RATE=$(flood rate)
echo "# the router forwards without loss: $RATE packets per second"
check "a loss-free rate was found" test "${RATE:-0}" -gt 20000
RATE=$((RATE / 2))
flood peer "$A1" 20000 0.5 ns:any:30000 spoofed:any:30000 unknown:any:30000 >/dev/null # its buffers are there
rss=$(kb VmRSS)
before=$(counted peer1 ns-answered)
with_flow ns:1:1
judge ns:1:1
check "ns:1:1: at most 10 of them answered and 5 a second" at_most $(($(counted peer1 ns-answered) - before)) \
	"$(allowed 10 5 10)"
for what in ns:any:30000 rs:any:30000 spoofed:any:30000 unknown:any:30000; do
	with_flow "$what"
	judge "$what"
done
check "it has answered some" test "$(counted peer1 ns-answered)" -gt "$before"
for what in nd:any:30000 keepalive:any:30000 ra:any:30000 redirect:any:30000 ra:server:1 redirect:server:1 nd:server:1; do
	with_flow "$what"
done
check "the peer has kept its address" equal "$(address peer1)" "$A1"
check "it is up" equal "$(status state)" '"up"'
check "nobody has become a neighbour" test "$(status neighbours)" -le 1
check "the daemon has not grown: $rss kB before, $(kb VmRSS) kB after" at_most "$(kb VmRSS)" $((rss + 256))
finish
