#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native tc off
# long: native generic tc off
# waits: much of the time
#
# Peers among themselves: direct paths within a second and without a lost packet, bulk TCP, a LAN
# behind one NAT, a path that is cut, a NAT that changes its mapping, links and addresses that
# change, and the neigh command. The mode is the peers'.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
# shellcheck disable=SC2034
PEER_MODE=$MODE

pctl() { ns peer1 "$CTL" "$@"; }
both_are() { path_is "$1" "$2" "$5" && path_is "$3" "$4" "$5"; }
state_is() { equal "$(neigh_of "$1" "$2" state)" "$3"; }
router_packets() { echo $(($(forwarded router fast) + $(forwarded router daemon))); }

# A second host behind peer3's NAT, on its LAN: 192.168.7.3, by a bridge.
lan() {
	ns nat ip link add br0 type bridge
	ns nat ip link set br0 up
	ns_add peer4
	veth peer4 eth0 nat lan4
	ns nat ip addr del 192.168.7.1/24 dev lan
	ns nat ip link set lan master br0
	ns nat ip link set lan4 master br0
	ns nat ip addr add 192.168.7.1/24 dev br0
	host4 peer4 192.168.7.3/24 192.168.7.1
	# Each host keeps its port, so both have addresses that differ.
	ns nat nft -f - <<-RULES
		table ip nat
		delete table ip nat
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat
				oifname "eth0" masquerade
			}
			chain input {
				type filter hook input priority filter
				iifname "eth0" ct state new meta l4proto udp drop
			}
		}
	RULES
}

mkdir "$WORK/www"
head -c 20000000 /dev/urandom >"$WORK/www/file"
lab
warm_up
check "router loads" load_router native
check "peer1 loads ($MODE)" load_peer peer1
check "peer2 loads" load_peer peer2
check "peer3, behind NAT, loads" load_peer peer3
check "the mode is in effect" equal "$(pctl status -j | jq -r '.instances[0].fast_path')" "$MODE"
A1=$(address peer1) A2=$(address peer2) A3=$(address peer3)

check "public peers: 50 pings within a second, none lost" pings peer1 "$A2" 50 0.02
check "  and then both ends are direct" both_are peer1 "$A2" peer2 "$A1" direct
check "NATted peer: 50 pings within a second, none lost" pings peer3 "$A1" 50 0.02
check "  and then both ends are direct" both_are peer3 "$A1" peer1 "$A3" direct

before=$(router_packets)
check "a large file, straight" fetch peer1 peer2 "$A2"
check "  and the other way" fetch peer2 peer1 "$A1"
check "  from behind NAT" fetch peer1 peer3 "$A3"
check "the router saw next to nothing of it" test $(($(router_packets) - before)) -lt 20
fast=$(forwarded peer1 fast) slow=$(forwarded peer1 daemon)
if [ "$MODE" = off ]; then
	check "the daemon carried it" test "$slow" -gt 10000 -a "$fast" = 0
else
	check "the fast path carried it" test "$fast" -gt 500 -a "$slow" -lt 50
fi
check "neigh counts it" test "$(neigh_of peer1 "$A2" rx_bytes)" -gt 20000000
bg_ns dump peer1 tcpdump --immediate-mode -l -n -i 6bed4 icmp6
dump=$last_pid
listening() { grep -q "listening on" "$WORK/dump.log"; }
wait_for 10 listening
watched() { pings peer1 "$A2" 1 && [ "$(stat peer1 tc-out slow-watched)" -gt 0 ]; }
[ "$MODE" = off ] || wait_for 10 watched
check "ping while somebody watches the TUN device" pings peer2 "$A1"
seen() { [ "$(grep -c 'echo re' "$WORK/dump.log")" -ge 10 ]; }
check "tcpdump sees requests and replies there" wait_for 5 seen
end_pid "$dump"
ns peer1 nft add table ip6 f
ns peer1 nft add chain ip6 f in '{ type filter hook input priority 0; }'
ns peer1 nft add rule ip6 f in iifname '"6bed4"' icmpv6 type echo-request drop
check "a firewall rule on the TUN device counts" not pings peer2 "$A1" 2
ns peer1 nft delete table ip6 f

only_after() { # cuts the direct path once the transfer runs
	wait_for 20 test -s "$WORK/got-peer2"
	only_by_router
}
rm -f "$WORK/got-peer2"
background cutter only_after
check "the path is cut mid-transfer: TCP survives by the router" fetch peer2 peer1 "$A1" --limit-rate 2M
knows() { ns peer1 ping -q -c 1 -W 1 "$A2" >/dev/null; both_are peer1 "$A2" peer2 "$A1" router; }
check "  and both ends know" wait_for 30 knows # a slow machine may cut when all has come
check "  with the reason" bash -c "[[ '$(neigh_of peer2 "$A1" reason)' == 'no answer'* ]]"
check "  and nothing is lost any more" pings peer1 "$A2" 20 0.05
reachable_again
heals() { pings peer1 "$A2" 3 0.2 && both_are peer1 "$A2" peer2 "$A1" direct; }
check "the path is back: direct again, by itself" wait_for 45 heals

nat_to 40010
bg_ns keep peer3 ping -i 0.2 "$A1"
check "NAT rebinds: the peer has its new address" wait_for 25 has_address peer3 "$(expected 131.3.0.2:40010)"
end_pid "$last_pid"
A3=$(address peer3)
finds() { pings peer3 "$A1" && path_is peer3 "$A1" direct; }
check "  its cache was emptied and filled anew" wait_for 10 finds
check "  and the new address is reached" pings peer1 "$A3"

odd=2001:67c:127c:0:51c3:83ff:fe01:204
ns peer1 ping -q -c 1 -W 1 $odd >/dev/null
ns peer1 ping -q -c 1 -W 1 "$(expected 10.0.0.1:5000)" >/dev/null
check "neigh: odd port" equal "$(neigh_of peer1 $odd reason)" "odd port"
check "neigh: refused address" equal "$(neigh_of peer1 "$(expected 10.0.0.1:5000)" reason)" "refused address"
check "neigh show" test "$(pctl neigh show eth0 | grep -c ' path ')" -ge 4
check "neigh get" sh -c "nsenter --net=/run/netns/$TAG-peer1 $CTL neigh get $A2 dev eth0 | grep -q 'path direct'"
check "neigh get of nobody" exits 1 pctl neigh get 2001:67c:127c::1
check "neigh add" pctl neigh add "$A2" dev eth0
check "  is permanent" state_is peer1 "$A2" PERMANENT
check "  and works" pings peer1 "$A2"
check "neigh add elsewhere" pctl neigh add "$A2" lladdr 131.2.0.99:5000
check "  goes there" equal "$(neigh_of peer1 "$A2" via)" 131.2.0.99:5000
check "  and so not to the peer" not pings peer1 "$A2" 1
check "neigh del" pctl neigh del "$A2"
check "  makes it start anew" pings peer1 "$A2" 10
check "  and find the path" path_is peer1 "$A2" direct
check "neigh del of nobody" exits 1 pctl neigh del 2001:67c:127c::1
check "neigh add of no neighbour" exits 1 pctl neigh add $HOST6
check "neigh add of nonsense" exits 2 pctl neigh add nonsense
check "neigh flush" pctl neigh flush
check "  leaves none" equal "$(pctl neigh -j | jq '.neighbours | length')" 0
check "on a router neigh add is refused" exits 1 ns router "$CTL" neigh add "$A2"

label() { ns "$1" ip addrlabel | grep -q "prefix 2001:67c:127c::/64 label 25788"; }
check "the prefix has an address label of its own" label peer1
ns peer1 ip link set eth0 down
ns peer1 ip link set eth0 up
ns peer1 ip route add default via 131.1.0.254
check "link down and up: traffic goes on" wait_for 15 pings peer1 $HOST6
ns peer1 ip addr add 131.1.0.3/24 dev eth0
ns peer1 ip addr del 131.1.0.2/24 dev eth0
ns peer1 ip addr show dev eth0 | grep -q 131.1.0.3 || ns peer1 ip addr add 131.1.0.3/24 dev eth0
ns peer1 ip route replace default via 131.1.0.254
check "the device's IPv4 address changes: so does ours" wait_for 15 has_address peer1 \
	"$(expected "131.1.0.3:$(port_of peer1)")"
check "  and it works" wait_for 10 pings peer1 $HOST6
check "  also straight" wait_for 10 pings peer1 "$A2" 20 0.05
check "  and the same load again changes nothing" load_peer peer1
check "unload" pctl unload eth0
check "  takes the label with it" not label peer1

ns peer3 "$CTL" unload eth0 >/dev/null
lan
check "LAN: one peer behind the NAT" load_peer peer3
check "LAN: another one" load_peer peer4
A3=$(address peer3) A4=$(address peer4)
check "LAN: 50 pings, none lost" pings peer3 "$A4" 50 0.02
check "  and then both ends take the LAN" both_are peer3 "$A4" peer4 "$A3" lan
check "LAN: a large file" fetch peer3 peer4 "$A4"
check "  over the LAN address" equal "$(neigh_of peer3 "$A4" via)" "192.168.7.3:$(port_of peer4)"
check "LAN and world" pings peer3 $HOST6
ns peer3 "$CTL" unload eth0 >/dev/null
check "LAN off: --radius 0" load_peer peer3 --radius 0
check "  goes by the router" wait_for 15 pings peer3 "$A4" 20 0.05
check "  and stays there" path_is peer3 "$A4" router

check "--eager-tcp" load_peer peer1 --eager-tcp
before=$(ns peer1 "$CTL" stats -j | jq '[.. | select(.name? == "out-router") | .packets] | add // 0')
ns peer1 timeout 5 curl -gs "http://[$A2]:9/" -o /dev/null
check "  sends the first SYN straight" equal "$(ns peer1 "$CTL" stats -j |
	jq '[.. | select(.name? == "out-router") | .packets] | add // 0')" "$before"
ns peer1 "$CTL" unload eth0 >/dev/null

bg_ns keepalives inet tcpdump --immediate-mode -l -n -v -i p1 "src host 131.1.0.3 and udp[4:2] = 8"
keepalives=$last_pid
check "--keepalive 2,5" load_peer peer1 --keepalive 2,5
beats() { [ "$(grep -c 'ttl 5,' "$WORK/keepalives.log")" -ge 3 ]; }
check "  sends empty datagrams with that TTL, that often" wait_for 9 beats
end_pid "$keepalives"
ns peer1 "$CTL" unload eth0 >/dev/null

check "a server with a fixed port" sh -c "nsenter --net=/run/netns/$TAG-peer1 $CTL load eth0 --server $ROUTER4 \
	--port 6000 --fast-path $MODE | grep -q 'IN AAAA $(expected 131.1.0.3:6000)'"
check "  without a default route" equal "$(ns peer1 ip -6 route show default)" ""
check "  is reached" pings peer2 "$(expected 131.1.0.3:6000)" 20 0.05

# Only sending: nothing but our own silence detector can tell that the router is gone.
bg_ns into-the-void peer2 ping -q -i 0.2 $HOST6
ns router "$CTL" unload eth0 >/dev/null
check "the router goes: the peer finds out" wait_for 30 exits 4 ns peer2 "$CTL" status
check "  and says so" sh -c "nsenter --net=/run/netns/$TAG-peer2 $CTL status | grep -q 'does not answer'"
load_router native >/dev/null
check "the router is back: so is the peer" wait_for 45 exits 0 ns peer2 "$CTL" status
check "  with traffic" pings peer2 $HOST6
finish
