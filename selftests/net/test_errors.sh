#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native generic tc off
#
# What the IPv4 underlay refuses, the IPv6 sender hears of: unreachable hosts, ports and hops that ran
# out, behind a router and from a peer, also when the fast path has sent the datagram.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
PEER_MODE=${MODE/native/auto}

lab
warm_up
check "router loads ($MODE)" load_router "$MODE" --account all
check "peer1 loads" load_peer peer1
check "peer2 loads" load_peer peer2
A1=$(address peer1) A2=$(address peer2)
check "native reaches peer1" pings host6 "$A1"
check "peer1 reaches peer2" pings peer1 "$A2"

# refused FROM ADDRESS: what ping hears
refused() { ns "$1" ping -c 3 -i 0.2 -W 2 "$2" | tee /dev/stderr | grep -q 'Destination unreachable: Address unreachable'; }
told() { [ "$(ns "$1" "$CTL" stats eth0 -j | jq '[.instances[0].hooks[] | select(.hook == "icmp") | .outcomes[] |
	select(.name == "icmp-unreach") | .packets] | add // 0')" -gt 0 ]; }

ns inet ip route add unreachable 131.2.0.2/32
ns inet ip route flush cache
check "host unreachable: native is told" refused host6 "$A2"
check "  by the router, from an ICMPv4 error" told router
check "  a peer is told, too" refused peer1 "$A2"
ns inet ip route del unreachable 131.2.0.2/32
check "reachable again: native reaches peer2" wait_for 10 ns host6 ping -c1 -W1 "$A2"
check "  and peer1 does" wait_for 10 ns peer1 ping -c1 -W1 "$A2"

NOBODY=$("$CTL" addr encode 131.1.0.2:4242 --prefix $PREFIX)
check "port unreachable: native is told" refused host6 "$NOBODY"
check "the lab's own traffic goes on: native reaches peer1" pings host6 "$A1"
finish
