#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native tc off
# quick: native
# long: native generic tc off
#
# The router carries real traffic (no peer has a direct path here), with kernel stacks on all ends, and it does so by the path that
# the mode promises: addresses, ping, TCP and UDP both ways, peer to peer, a peer behind NAT, a
# changed mapping, a restarted router.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}

on_tun() { ns "$1" ip -6 -o addr show dev 6bed4 | grep -q " $2/64 "; }

# udp FROM TO ADDRESS: a datagram there and an echo back
udp() {
	bg_ns "udp-$2" "$2" /usr/bin/python3 "$TOP/selftests/net/udp.py" echo 7007
	local server=$last_pid ret
	wait_for 15 ns "$2" sh -c "ss -Hlun 'sport = 7007' | grep -q ." || return 1
	ns "$1" timeout 20 /usr/bin/python3 "$TOP/selftests/net/udp.py" ask "$3" 7007
	ret=$?
	end_pid "$server"
	return $ret
}

mkdir "$WORK/www"
head -c 3000000 /dev/urandom >"$WORK/www/file"
lab
warm_up
only_by_router

check "router loads ($MODE)" load_router "$MODE" --account all
for p in peer1 peer2 peer3; do
	check "$p loads and gets an address" load_peer $p
done
A1=$(expected "131.1.0.2:$(port_of peer1)") A2=$(expected "131.2.0.2:$(port_of peer2)")
A3=$(expected 131.3.0.2:40000)
check "peer1's address is its endpoint's" has_address peer1 "$A1"
check "peer2's address is its endpoint's" has_address peer2 "$A2"
check "peer3's address is its NAT mapping's" has_address peer3 "$A3"
check "the TUN device has the address" on_tun peer3 "$A3"
check "and no other" equal "$(ns peer3 ip -6 -o addr show dev 6bed4 | wc -l)" 1

check "peer to native: ping" pings peer1 $HOST6
check "native to peer: ping" pings host6 "$A1"
check "peer to router: ping" pings peer1 $ROUTER6
check "router to peer: ping" pings router "$A1"
check "peer to peer: ping" pings peer1 "$A2"
check "NATted peer to native: ping" pings peer3 $HOST6
check "native to NATted peer: ping" pings host6 "$A3"
check "peer to NATted peer: ping" pings peer2 "$A3"

fast=$(forwarded router fast) slow=$(forwarded router daemon)
check "peer fetches a file from native" fetch peer1 host6 $HOST6
check "native fetches a file from peer" fetch host6 peer1 "$A1"
check "peer fetches a file from peer" fetch peer2 peer1 "$A1"
check "NATted peer fetches a file from peer" fetch peer3 peer2 "$A2"
check "native fetches a file from NATted peer" fetch host6 peer3 "$A3"
fast=$(($(forwarded router fast) - fast)) slow=$(($(forwarded router daemon) - slow))
# 15 MB in packets of at most 1280 bytes, where TC may see them 50 at a time.
if [ "$MODE" = off ]; then
	check "all of it went through the daemon" test "$slow" -gt 12000 -a "$fast" = 0
else
	check "nearly all of it took the fast path" test "$fast" -gt 300 -a "$slow" -lt 50
fi
check "UDP from peer to native" udp peer1 host6 $HOST6
check "UDP from native to peer" udp host6 peer1 "$A1"

check "neigh shows the peers" test "$(ns router "$CTL" neigh eth0 | grep -cE "^($A1|$A2|$A3) via ")" = 3

nat_to 40002
A3new=$(expected 131.3.0.2:40002)
bg_ns mapping peer3 ping -i 0.2 $HOST6
check "changed mapping: the peer gets its new address" wait_for 20 has_address peer3 "$A3new"
end_pid "$last_pid"
check "changed mapping: on the TUN device too" on_tun peer3 "$A3new"
check "changed mapping: the old address is gone" not on_tun peer3 "$A3"
check "changed mapping: traffic goes on" pings peer3 $HOST6

ns router "$CTL" unload eth0 >/dev/null
check "router restarted: it loads" load_router "$MODE"
check "router restarted: peers go on" wait_for 10 pings peer1 $HOST6
check "router restarted: peer to peer too" pings peer1 "$A2"
check "status is good" exits 0 ns router "$CTL" status eth0
finish
