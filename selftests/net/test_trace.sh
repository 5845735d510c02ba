#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native generic tc off
#
# What operators look at paths with works through the tunnel as on a native path: traceroute by UDP, ICMP
# and TCP, tracepath, ping of every size.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
PEER_MODE=$MODE
V6SIDE=2001:db8:6::1

# hops FROM TO [OPTION...]: the addresses that answered, hop by hop; "*" where a probe got no answer
hops() {
	local from=$1 to=$2
	shift 2
	ns "$from" timeout 60 traceroute -6 -n -w 2 "$@" "$to" |
		sed -nE 's/^ *[0-9]+ +//p' | sed -E 's/ +[0-9.]+ ms//g' | paste -sd' ' | sed -E 's/ +/ /g; s/ $//'
}
# traced FROM TO EXPECTED...: by all kinds of probes
traced() {
	local from=$1 to=$2 how
	shift 2
	for how in "" -I "-T -p 9"; do
		# shellcheck disable=SC2086
		check "traceroute $how from $from to $to" equal "$(hops "$from" "$to" $how)" "$*"
	done
}

# path_of FROM TO: what tracepath finds, "pmtu N hops N"
path_of() { ns "$1" timeout 60 tracepath -6 -n "$2" | sed -nE 's/^ *Resume: (pmtu [0-9]+) (hops [0-9]+).*/\1 \2/p'; }
# answers FROM TO SIZE [OPTION...]: pings of that size return
answers() { ns "$1" ping -q -c 3 -i 0.1 -W 2 -s "$3" "${@:4}" "$2" | tee /dev/stderr | grep -q ' 0% packet loss'; }
# too_big FROM TO SIZE: the sender hears of it
too_big() { ns "$1" ping -c 3 -i 0.2 -W 2 -M "do" -s "$3" "$2" 2>&1 | tee /dev/stderr | grep -qE 'Packet too big: mtu=1280|message too long, mtu(=|: )1280'; }

lab
warm_up
ns router sysctl -qw net.ipv6.icmp.ratelimit=0 # of the kernel: it allows six at once, three runs draw nine
check "router loads ($MODE)" load_router "$MODE"
check "peer1 loads" load_peer peer1
check "peer2 loads" load_peer peer2
A1=$(address peer1) A2=$(address peer2)
only_by_router
pings peer1 "$A2" >/dev/null 2>&1

traced peer1 $HOST6 $ROUTER6 $HOST6
traced host6 "$A1" $V6SIDE "$A1"
traced peer1 "$A2" $ROUTER6 "$A2"
traced peer1 $ROUTER6 $ROUTER6
check "tracepath from peer1 to native" equal "$(path_of peer1 $HOST6)" "pmtu 1280 hops 2"
check "tracepath from native to peer1" equal "$(path_of host6 "$A1")" "pmtu 1280 hops 2"
check "tracepath from peer1 to peer2" equal "$(path_of peer1 "$A2")" "pmtu 1280 hops 2"

reachable_again
direct() { path_is peer1 "$A2" direct || { ns peer1 ping -q -c1 -W1 "$A2"; false; }; }
check "a direct path is found" wait_for 60 direct
check "  traceroute by it" equal "$(hops peer1 "$A2")" "$A2"
check "  tracepath by it" equal "$(path_of peer1 "$A2")" "pmtu 1280 hops 1"

ns host6 ip -6 route flush cache
for size in 0 1 1000 1231 1232; do
	check "ping -s $size from native" answers host6 "$A1" $size -M "do"
	check "ping -s $size from peer1" answers peer1 $HOST6 $size -M "do"
done
check "ping -s 1233 from native is too big, and it hears so" too_big host6 "$A1" 1233
check "ping -s 1233 from peer1 is too big, and it hears so" too_big peer1 $HOST6 1233
for size in 1233 2000 8000 60000; do
	check "ping -s $size from native, in fragments" answers host6 "$A1" $size
	check "ping -s $size from peer1, in fragments" answers peer1 $HOST6 $size
	check "ping -s $size from peer1 to peer2, in fragments" answers peer1 "$A2" $size
done
finish
