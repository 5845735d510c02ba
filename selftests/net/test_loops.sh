#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native generic tc off
#
# Loops that configuration can make, each with one packet whose way is counted: a router as its own peer,
# and two routers, each of which is the other's way to native IPv6 and, by forged addresses, its peer
# (RFC 6324). The hop limit bounds what no check can see.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
MODE=${1:-native}
P1=2001:67c:127c P2=2001:db8:2

ns_add r1 r2
veth r1 eth0 r2 eth0
veth r1 v6 r2 v6
ns r1 ip addr add 145.136.0.1/24 dev eth0
ns r2 ip addr add 145.136.0.2/24 dev eth0
n=1
for r in r1 r2; do
	ns $r sysctl -qw net.ipv6.conf.all.forwarding=1
	ns $r ip addr add 2001:db8:9::$n/64 dev v6 nodad
	ns $r ip -6 route add default via 2001:db8:9::$((3 - n))
	n=$((n + 1))
done
wait_for 10 ns r1 ping -c1 -W1 145.136.0.2
wait_for 10 ns r1 ping -c1 -W1 2001:db8:9::2
wait_for 10 ns r2 ping -c1 -W1 2001:db8:9::1
check "r1 loads ($MODE)" ns r1 "$CTL" load eth0 --prefix $P1::/64 --v6-dev v6 --fast-path "$MODE" --account all
check "r2 loads" ns r2 "$CTL" load eth0 --prefix $P2::/64 --v6-dev v6 --fast-path "$MODE" --account all

addr() { "$CTL" addr encode "$2:25788" --prefix "$1::/64"; }
# total OUTCOME: packets of both routers that ended so, wherever that was
total() {
	for r in r1 r2; do ns $r "$CTL" stats eth0 -j; done |
		jq -s "[.[].instances[0].hooks[].outcomes[] | select(.name == \"$1\") | .packets] | add // 0"
}
inject() { python3 "$TOP/selftests/net/inject.py" "$TAG-r2" v6 "$TAG-r1" v6 "$@"; }
between() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ] || { echo "$1 is not from $2 to $3"; return 1; }; }
# While others make three round trips, ours would have made thousands.
settled() {
	local before
	before=$(total out)
	ns r1 ping -q -c 3 -i 0.2 145.136.0.2 >/dev/null
	[ "$before" = "$(total out)" ]
}

inject 2001:db8:9::2 "$(addr $P1 145.136.0.1)"
check "to the router's own address: it is for the router, not for the tunnel" wait_for 5 settled
check "  nothing was encapsulated" equal "$(total out)" 0
inject 2001:db8:9::2 "$("$CTL" addr encode 145.136.0.1:5000 --prefix $P1::/64)"
refused() { [ "$(total icmp-unreach)" = 1 ]; }
check "to another port of the router's own address: refused" wait_for 5 refused
check "  nothing was encapsulated" equal "$(total out)" 0

inject "$(addr $P1 145.136.0.2)" "$(addr $P1 145.136.0.2)"
check "from native with a source of the prefix: dropped" wait_for 5 settled
check "  nothing was encapsulated" equal "$(total out)" 0

inject "$(addr $P2 145.136.0.1)" "$(addr $P1 145.136.0.2)" 64
check "round and round between two routers, until the hop limit ends it" wait_for 10 settled
check "  after 32 rounds of two hops" between "$(total out)" 31 33

# A router whose underlay is another tunnel, the far end of which is one of its own 6bed4 addresses: every
# datagram becomes a packet for that tunnel, which becomes a packet for this one, and so on.
P3=2001:db8:3
MODE3=${MODE/native/generic} # VXLAN devices have no native XDP
ns_add r3 host3
veth r3 v6 host3 eth0
ns r3 sysctl -qw net.ipv6.conf.all.forwarding=1
ns r3 ip addr add 2001:db8:8::1/64 dev v6 nodad
INNER=$("$CTL" addr encode 146.0.0.2:4000 --prefix $P3::/64)
ns r3 ip link add vx0 type vxlan id 7 local 2001:db8:8::1 remote "$INNER" dstport 4789 udp6zerocsumtx udp6zerocsumrx
ns r3 sysctl -qw net.ipv6.conf.vx0.disable_ipv6=1 # no packets but ours
ns r3 ip link set vx0 mtu 1500 up
ns r3 ip addr add 146.0.0.1/24 dev vx0
for n in 2 3; do
	ns r3 ip neigh add 146.0.0.$n lladdr 02:00:00:00:03:0$n dev vx0
done
check "r3 loads on top of a tunnel ($MODE3)" ns r3 "$CTL" load vx0 --prefix $P3::/64 --v6-dev v6 --fast-path "$MODE3"
counted3() { ns r3 "$CTL" stats vx0 -j | jq "[.instances[0].hooks[].outcomes[] | select(.name == \"$1\") | .packets] | add // 0"; }
looped() { [ "$(counted3 loop)" -ge 1 ]; }
/usr/bin/python3 "$TOP/selftests/net/inject.py" "$TAG-host3" eth0 "$TAG-r3" v6 2001:db8:8::2 "$("$CTL" addr encode 146.0.0.3:5000 --prefix $P3::/64)"
check "a tunnel within itself: the loop is seen and counted" wait_for 5 looped
ns r3 ping -q -c 3 -i 0.2 2001:db8:8::1 >/dev/null
check "  after at most two rounds" between "$(counted3 out)" 1 2
finish
