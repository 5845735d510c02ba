#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native tc off
#
# The plan `server-prefix`: two routers whose prefixes tell where they are. Their peers reach each other by both
# routers first, then straight, also from behind NAT; native hosts behind either reach peers of both; what is
# forged is dropped and counted. The mode is that of routers and peers.
#
#   host6 --- router ----- inet ----- router2 --- host62
#               `------ native ---------'
#           peer1, peer3 (NAT)         peer2

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
PEER_MODE=$MODE
[ "$MODE" = native ] && PEER_MODE=tc # a peer sends by TC in any case; so XDP and TC are both in it
SECOND4=145.137.0.1
PLAN_A=fc64:9188:1:64bc PLAN_B=fc64:9189:1:64bc
OWN_A=$PLAN_A:be64:91ff:fe88:1 OWN_B=$PLAN_B:be64:91ff:fe89:1
HOST62=2001:db8:62::2

second() {
	ns_add router2 host62
	veth router2 eth0 inet s0
	ns inet ip addr add 145.137.0.254/24 dev s0
	host4 router2 $SECOND4/24 145.137.0.254
	veth host62 eth0 router2 v6
	veth router x6 router2 x6
	ns router2 sysctl -qw net.ipv6.conf.all.forwarding=1
	ns router2 ip addr add 2001:db8:62::1/64 dev v6 nodad
	ns host62 ip addr add $HOST62/64 dev eth0 nodad
	ns host62 ip -6 route add default via 2001:db8:62::1
	ns router ip addr add 2001:db8:99::1/64 dev x6 nodad
	ns router2 ip addr add 2001:db8:99::2/64 dev x6 nodad
	ns router ip -6 route add 2001:db8:62::/64 via 2001:db8:99::2
	ns router ip -6 route add $PLAN_B::/64 via 2001:db8:99::2
	ns router2 ip -6 route add 2001:db8:6::/64 via 2001:db8:99::1
	ns router2 ip -6 route add $PLAN_A::/64 via 2001:db8:99::1
}

# Datagrams pass to and from routers only.
only_by_routers() {
	ns inet nft -f - <<-RULES
		table ip cut {
			chain forward {
				type filter hook forward priority filter
				meta l4proto udp ip saddr { $ROUTER4, $SECOND4 } accept
				meta l4proto udp ip daddr { $ROUTER4, $SECOND4 } accept
				meta l4proto udp drop
			}
		}
	RULES
}

load_plan() { ns "$1" "$CTL" load eth0 --role router --plan server-prefix --v6-dev v6 --v6-dev x6 --account all --fast-path "$MODE"; }
load_peer_of() {
	ns "$2" "$CTL" load eth0 --role peer --plan server-prefix --server "$1" --default-route --fast-path "$PEER_MODE"
}
by_routers() { equal "$(neigh_of "$1" "$2" path) $(neigh_of "$3" "$4" path)" "router router"; }
straight() { pings "$1" "$4" 3 0.2 && path_is "$1" "$4" direct && path_is "$3" "$2" direct; }

lab
second
ns peer1 sysctl -qw net.ipv4.conf.all.rp_filter=0
warm_up
check "router loads ($MODE)" load_plan router
check "  with the prefix that the plan makes of its address" state_is router prefix "$PLAN_A::/64"
check "router2 loads" load_plan router2
check "  and has another" state_is router2 prefix "$PLAN_B::/64"
check "a prefix that contradicts the plan is refused" refused 1 "leave --prefix out" \
	ns router2 "$CTL" reload eth0 --prefix 2001:67c:127c::/64
check "status and config tell of the plan" says "server-prefix" ns router "$CTL" config show eth0
check "peer1 loads, of router" load_peer_of $ROUTER4 peer1
check "peer3, behind NAT, loads, of router" load_peer_of $ROUTER4 peer3
check "peer2 loads, of router2" load_peer_of $SECOND4 peer2
A1=$(address peer1) A2=$(address peer2) A3=$(address peer3)
check "addresses tell their routers" equal "${A1%%:52*} $(cut -d: -f1-4 <<<"$A2") $(cut -d: -f1-4 <<<"$A3")" \
	"${A1%%:52*} $PLAN_B $PLAN_A"
check "  and addr reads them" says "router $SECOND4:25788" "$CTL" addr decode "$A2"

only_by_routers
before=$(counted router relay) before2=$(counted router2 relay)
check "no way but by both routers: 20 pings, none lost" pings peer1 "$A2" 20 0.05
check "  and from behind NAT" pings peer3 "$A2" 20 0.05
check "  and the other way" pings peer2 "$A3" 20 0.05
check "  both routers relayed each" test $(($(counted router relay) - before)) -ge 120 -a \
	$(($(counted router2 relay) - before2)) -ge 120
wait_for 10 by_routers peer1 "$A2" peer2 "$A1"
check "  and the peers know" by_routers peer1 "$A2" peer2 "$A1"
knows_router2() { ns router "$CTL" neigh eth0 | tee /dev/stderr | grep -q "$OWN_B"; }
check "  and the router has seen the other" wait_for 10 knows_router2
check "router2's own address answers peers of router" pings peer1 "$OWN_B" 5
check "router's own address answers peers of router2" pings peer2 "$OWN_A" 5
check "a router reaches a peer of the other from its own address" \
	ns router ping -q -c 3 -i 0.2 -W 2 -I "$OWN_A" "$A2"
check "native hosts reach peers of their router" pings host6 "$A1"
check "  and of the other" pings host6 "$A2"
check "  from behind the second, too" pings host62 "$A1"
check "  and behind NAT" pings host62 "$A3"
check "peers reach the native host behind the other router" pings peer2 "$HOST6"

# forge NS DEV {OUTER-SOURCE OUTER-DESTINATION SOURCE DESTINATION}...: from inet's DEV to the eth0 of NS
forge() {
	local to=$1 dev=$2
	shift 2
	python3 "$TOP/selftests/net/tunnelled.py" "$TAG-inet" "$dev" "$TAG-$to" eth0 "$@"
}
remember() { ns "$1" "$CTL" stats eth0 -j >"$WORK/before-$1"; }
# grown NS OUTCOME: by how much since; more NS OUTCOME N: by so much; some NS OUTCOME N: or by more, with their answers
grown() {
	echo $(($(counted "$1" "$2") - $(jq "[.instances[0].hooks[].outcomes[] | select(.name == \"$2\") | .packets] |
		add // 0" "$WORK/before-$1")))
}
more() { equal "$(grown "$1" "$2")" "$3"; }
some() { test "$(grown "$1" "$2")" -ge "$3"; }
E2=131.2.0.2:$(port_of peer2) E1=131.1.0.2:$(port_of peer1) R1=$ROUTER4:25788 R2=$SECOND4:25788
remember router
remember peer1
# To router: two that are good; by peer2 past its router, by peer1, by another port of router2; by router2 in the name of
# a peer of router; with a native source; to native IPv6; to a router that cannot be.
check "forged datagrams leave" forge router r0 "$R2" "$R1" "$A2" "$A1" "$R2" "$R1" "$A2" "$A1" \
	"$E2" "$R1" "$A2" "$A1" "$E1" "$R1" "$A2" "$A1" $SECOND4:25790 "$R1" "$A2" "$A1" \
	"$R2" "$R1" "$A1" "$A3" "$R2" "$R1" "$HOST62" "$A1" "$R2" "$R1" "$A2" "$HOST6" \
	"$E1" "$R1" "$A1" fc64:a00:1:64bc:52c3:91ff:fe88:7
forge peer1 p1 "$E2" "$E1" "$A2" "$A1" 131.2.0.2:40002 "$E1" "$A2" "$A1" "$R2" "$E1" "$A2" "$A1"
check "what router2 sends of a peer of its own is taken" wait_for 5 some router relay 2
check "from that peer itself, another, another port of router2 it is not" wait_for 5 more router src-spoofed 3
check "router2 in the name of a peer of router" wait_for 5 more router ra-mismatch 1
check "router2 with a native source" wait_for 5 more router src-foreign 1
check "a peer of router2 to native IPv6 by router" wait_for 5 more router dst-foreign 1
check "to a router that cannot be" wait_for 5 more router icmp-unreach 1
python3 "$TOP/selftests/net/inject.py" "$TAG-host6" eth0 "$TAG-router" v6 "$A2" "$A1"
check "an address of router2's from native IPv6" wait_for 5 more router src-spoofed 4
check "peer1 takes from peer2 itself, and by its router" wait_for 5 some peer1 in-local 3
check "  but not from another endpoint, nor from router2" wait_for 5 more peer1 src-spoofed 2

reachable_again
check "a path between peers of two routers: direct, by itself" wait_for 30 straight peer1 "$A1" peer2 "$A2"
check "  and from behind NAT" wait_for 30 straight peer3 "$A3" peer2 "$A2"
quiet=$(counted router relay)
check "  no router has anything to do with it" pings peer1 "$A2" 20 0.05
check "  really" test $(($(counted router relay) - quiet)) -lt 5

# A stream over all of it, while a router, and then a peer, is reloaded, dies, and is loaded again.
dead() { state_is "$1" state dead; }
router_again() { ns router "$CTL" reload eth0 --dscp 0 && kill -KILL "$(state router pid)" && wait_for 5 dead router && load_plan router; }
peer_again() {
	ns peer2 "$CTL" reload eth0 --dscp 0 && kill -KILL "$(state peer2 pid)" && wait_for 5 dead peer2 &&
		load_peer_of $SECOND4 peer2
}
only_by_routers
rerouted() { pings peer1 "$A2" 1 && pings peer2 "$A1" 1 && by_routers peer1 "$A2" peer2 "$A1"; }
check "when that path is gone, packets go by both routers again" wait_for 20 rerouted
bg_ns stream peer1 ping -q -i 0.05 "$A2"
stream=$last_pid
check "router is reloaded, dies and is loaded again" router_again
check "  with the same prefix" state_is router prefix "$PLAN_A::/64"
check "peer2, likewise" peer_again
check "  with the same address" has_address peer2 "$A2"
check "  and packets pass by both routers" pings peer1 "$A2" 5 0.05
kill -INT "$stream"
wait "$stream"
check "  nothing was lost meanwhile" grep -q ' 0% packet loss' "$WORK/stream.log"
reachable_again
check "all unload" eval 'for n in router router2 peer1 peer2 peer3; do ns $n "$CTL" unload eth0 || exit 1; done'
plan_routes() { for n in router router2 peer1; do ns $n ip -6 route | grep "^fc64::/16"; ns $n ip -6 rule | grep fc64; done; }
check "  and leave no route and no rule" equal "$(plan_routes)" ""
finish
