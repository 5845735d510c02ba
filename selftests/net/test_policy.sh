#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native tc off
#
# Special-purpose addresses are no endpoints unless --permit-v4 lifts them; --deny-v4 refuses others;
# the longer prefix wins; 1:1 NAT; sampled accounting.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}

lab
# A second address for the router and a route, so that peer3 may do without its NAT.
ns nat nft delete table ip nat
ns inet ip route add 192.168.7.0/24 via 131.3.0.2
warm_up
try_peer3() { ns peer3 "$CTL" load eth0 --server $ROUTER4 --default-route --wait "$1"; }

check "router without --permit-v4 ($MODE)" load_router "$MODE"
check "a private peer gets no answer" exits 4 try_peer3 1
check "and it is counted" test "$(($(stat router xdp src-special) + $(stat router tc-in src-special) + $(stat router udp src-special)))" -gt 0
ns router "$CTL" unload eth0 >/dev/null
ns peer3 "$CTL" unload eth0 >/dev/null

check "router with --permit-v4" load_router "$MODE" --permit-v4 192.168.0.0/16 --deny-v4 192.168.9.0/24 --deny-v4 131.2.0.0/24
check "status shows what is lifted" sh -c "nsenter --net=/run/netns/$TAG-router $CTL status | grep -q 'permit-v4 *192.168.0.0/16'"
check "the private peer gets its address" try_peer3 10
A3=$(address peer3)
check "ping to native" ns peer3 ping -q -c 3 -i 0.1 $HOST6
check "ping from native" ns host6 ping -q -c 3 -i 0.1 "$A3"
check "a denied peer gets no answer" exits 4 ns peer2 "$CTL" load eth0 --server $ROUTER4 --wait 1
unreach() { ns host6 ping -c 1 -W 2 "$("$CTL" addr encode "$1" --prefix $PREFIX)" | grep -q "Address unreachable"; }
check "native to a denied endpoint: unreachable" unreach 131.2.0.2:5000
check "native to a denied part of a permitted range: unreachable" unreach 192.168.9.1:5000
check "native to what is not lifted: unreachable" unreach 10.0.0.1:5000
check "peer to a denied endpoint: unreachable" sh -c "nsenter --net=/run/netns/$TAG-peer3 ping -c 1 -W 2 \
	$("$CTL" addr encode 131.2.0.2:5000 --prefix $PREFIX) | grep -q 'Address unreachable'"
ns router "$CTL" unload eth0 >/dev/null

# 1:1 NAT in front of the router: 145.136.0.200 outside, 145.136.0.1 inside.
ns inet nft -f - <<-RULES
	table ip one_to_one {
		chain pre { type nat hook prerouting priority dstnat; ip daddr 145.136.0.200 dnat to $ROUTER4; }
		chain post { type nat hook postrouting priority srcnat; ip saddr $ROUTER4 snat to 145.136.0.200; }
	}
RULES
check "router behind 1:1 NAT" load_router "$MODE" --public-v4 145.136.0.200 --account 1
check "its address is the public one" equal "$(address router)" "$("$CTL" addr encode 145.136.0.200:25788 --prefix $PREFIX)"
check "a peer finds it" ns peer1 "$CTL" load eth0 --server 145.136.0.200 --default-route
check "ping to native" ns peer1 ping -q -c 3 -i 0.1 $HOST6
check "ping to the router" ns peer1 ping -q -c 3 -i 0.1 "$(address router)"
check "every packet of the peer is accounted for" test "$(neigh_of router "$(address peer1)" rx_packets)" -ge 6
ns router "$CTL" unload eth0 >/dev/null
check "unload leaves nothing of peers" exits 3 ns router "$CTL" neigh
finish
