#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# quick: tc
# long: native tc off
#
# One peer and a thousand neighbours at once: each is found, each is direct, nobody's packet is lost;
# a table that is too small sends the rest by the router and says so.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
# shellcheck disable=SC2034
PEER_MODE=$MODE

crowd() { /usr/bin/python3 "$TOP/selftests/net/crowd.py" "$@"; }
ping_all() { ns peer1 /usr/bin/python3 "$TOP/selftests/net/crowd.py" ping $PREFIX 133.0.0.0 "$1" 50000; }
all_answer() { equal "$(ping_all "$1")" "$1"; }
# neighbours FILTER: how many of peer1's entries match
neighbours() { ns peer1 "$CTL" neigh -j | jq "[.neighbours[] | select($1)] | length"; }
are() { equal "$(neighbours "$2")" "$1"; }
gauge() { ns peer1 "$CTL" status -j | jq ".instances[0].$1"; }

lab
warm_up
# The crowd: a /22 that is local to one host, behind the router called inet.
ns_add crowd
veth crowd eth0 inet c0
ns inet ip addr add 132.9.0.254/24 dev c0
ns inet ip route add 133.0.0.0/16 via 132.9.0.2
host4 crowd 132.9.0.2/24 132.9.0.254
ns crowd ip route add local 133.0.0.0/16 dev lo
bg_ns crowd crowd /usr/bin/python3 "$TOP/selftests/net/crowd.py" be $PREFIX 50000
ready() { grep -q ready "$WORK/crowd.log"; }
wait_for 10 ready

check "router loads" load_router native
check "peer loads ($MODE)" load_peer peer1
check "1,000 neighbours answer, most of them by the router" all_answer 1000
check "each of them becomes direct" wait_for 30 are 1000 '.path == "direct"'
check "and answers straight" all_answer 1000
check "with packets counted" wait_for 5 are 1000 '.rx_packets >= 1 and .tx_packets >= 1'
check "the table knows its size" equal "$(gauge neighbours)" 1000
ns peer1 "$CTL" unload eth0 >/dev/null

check "a table of 100" load_peer peer1 --neigh-max 100
check "1,000 neighbours answer all the same" all_answer 1000
check "100 of them became direct" wait_for 30 are 100 '.path == "direct"'
refused() { [ "$(gauge neighbours_refused)" -ge 900 ]; }
check "the gauge says that the others could not" wait_for 5 refused
check "people are told" sh -c "nsenter --net=/run/netns/$TAG-peer1 $CTL status | grep -q 'full:'"
other=$(ns peer1 "$CTL" neigh -j | jq -r '.neighbours[].address' | sort >"$WORK/in"
	for i in $(seq 0 255); do expected 133.0.0.$i:50000; done | sort | comm -23 - "$WORK/in" | head -1)
check "neigh get tells why" equal "$(neigh_of peer1 "$other" reason)" "cache full"
finish
