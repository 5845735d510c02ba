#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native tc
#
# The daemon dies, ends, is loaded again and reloaded under load, and of established traffic not one
# packet is lost: numbered flows from peers to native hosts, back, and between peers. Counters and neighbours
# go on where they were.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
# shellcheck source=flow.sh
. "$(dirname "$0")/flow.sh"
MODE=${1:-native}
RELOADS=$(by_level 5 20 100)

rctl() { ns router "$CTL" "$@"; }
daemon() { state "$1" pid; }
dead() { state_is "$1" state dead; }
up() { state_is "$1" state up; }
map_id() { ns "$1" bpftool -j map show pinned "$(pins_of "$1")/$2" | jq .id; }
tun_index() { ns "$1" ip -j link show 6bed4 | jq '.[0].ifindex'; }
kept() { echo "$(map_id "$1" neigh) $(map_id "$1" stats) $(tun_index "$1")"; }
gone() { not kill -0 "$1"; }
moving() { [ "$(forwarded router fast)" -gt "$1" ]; }
# moves: the router forwards more than now, within a second
moves() { local n; n=$(forwarded router fast) && wait_for 5 moving $((n + 1000)); }
through_router() { flow_begin "$1" "$(line_peer_native)" "$(line_native_peer)" "$(line_peer_peer)"; }
through_peers() {
	flow_begin "$1" "$(line_udp peer1-native peer1 host6 $HOST6 7000)" \
		"$(line_udp native-peer1 host6 peer1 "$A1" 7001)" "$(line_udp peer1-peer2 peer1 peer2 "$A2" 7002)"
}
# counts_are BEFORE OUTCOME FLOW: since then as many were counted as that flow sent
counts_are() { equal $(($(counted router "$2") - $1)) "$(jq "select(.flow == \"$3\").sent" "$WORK/flow.json")"; }

# reloads N NS: that often in a row, each by a new process
reloads() {
	local n=$1 old new
	while [ $((n--)) -gt 0 ]; do
		old=$(daemon "$2")
		ns "$2" "$CTL" reload eth0 || { echo "$n reloads before the end"; return 1; }
		new=$(daemon "$2")
		[ -n "$new" ] && [ "$new" != "$old" ] || { echo "the daemon is $new, was $old"; return 1; }
	done
}

lab
warm_up
check "router loads ($MODE)" load_router "$MODE" --account all
PEER_MODE=$MODE
check "peer1 loads" load_peer peer1
check "peer2 loads" load_peer peer2
A1=$(address peer1) A2=$(address peer2)
check "peer1 reaches native IPv6" pings peer1 $HOST6
direct() { ns peer1 ping -q -c1 -W1 "$A2"; path_is peer1 "$A2" direct && path_is peer2 "$A1" direct; }
check "peers talk straight to each other" wait_for 20 direct

# A crash, and what takes over.
heard() { neigh_of router "$(frame_peer)" rx_packets; }
known() { [ -n "$(heard)" ]; }
flow_begin 1000 "$(line_peer_native)"
check "the router knows the sender" wait_for 10 known
flow_end >/dev/null
heard=$(heard)
in=$(counted router in-native) out=$(counted router out) relayed=$(counted router relay)
before=$(kept router)
check "numbered flows" through_router 30000
check "  pass the fast path" moves
kill -KILL "$(daemon router)"
check "kill -9 of the router's daemon" wait_for 5 dead router
check "  forwarding goes on" moves
check "load takes over" load_router "$MODE" --account all
check "  it is up" up router
check "  forwarding goes on" moves
check "flows end" flow_end
check "of the flows not one packet was lost" flow_lossless
check "maps and TUN device are the same ones" equal "$(kept router)" "$before"
check "each packet to native IPv6 was counted once" counts_are "$in" in-native peer-native
check "each packet to a peer" counts_are "$out" out native-peer
check "each relayed packet" counts_are "$relayed" relay peer-peer
from_peer() { jq -s 'map(select(.flow != "native-peer").sent) | add' "$WORK/flow.json"; }
check "the neighbour's counters went on" equal $(($(heard) - heard)) "$(from_peer)"
check "load again: nothing changes" says "nothing changed" load_router "$MODE" --account all

# An end in order leaves forwarding in place.
through_router 30000
daemon=$(daemon router)
kill -TERM "$daemon"
check "SIGTERM ends the daemon" wait_for 10 gone "$daemon"
check "  status says so" exits 4 rctl status eth0
check "  forwarding goes on" moves
check "load takes over" load_router "$MODE" --account all
flow_end >/dev/null
check "of the flows not one packet was lost" flow_lossless
check "maps and TUN device are the same ones" equal "$(kept router)" "$before"

# A peer's daemon.
before=$(kept peer1)
check "numbered flows through peers" through_peers 5000
kill -KILL "$(daemon peer1)"
check "kill -9 of a peer's daemon" wait_for 5 dead peer1
check "load takes over" load_peer peer1
check "  it is up" up peer1
check "  its address is the same" equal "$(address peer1)" "$A1"
check "  its neighbour is reached straight" path_is peer1 "$A2" direct
flow_end >/dev/null
check "of the flows not one packet was lost" flow_lossless
check "maps and TUN device are the same ones" equal "$(kept peer1)" "$before"

# Reload, again and again.
before=$(kept router)
check "reload" reloads 1 router
in=$(counted router in-native) out=$(counted router out) relayed=$(counted router relay)
through_router 34000
check "$RELOADS reloads of the router under 100,000 packets per second" reloads "$RELOADS" router
flow_end >/dev/null
check "of the flows not one packet was lost" flow_lossless
check "the rate was kept" flow_rate_at_least "$(by_level 20000 24000 32000)"
jq -r '"# \(.flow): \(.sent) sent, \(.lost) lost, \(.per_second) per second, longest silence \(.longest_silence_us) us"' "$WORK/flow.json"
check "maps and TUN device are the same ones" equal "$(kept router)" "$before"
check "each packet to native IPv6 was counted once" counts_are "$in" in-native peer-native
check "each packet to a peer" counts_are "$out" out native-peer
check "each relayed packet" counts_are "$relayed" relay peer-peer
check "reload keeps what was loaded: load says that nothing changes" says "nothing changed" load_router "$MODE" --account all
through_peers 5000
check "reloads of a peer under load" reloads $((RELOADS / 4)) peer1
check "  its address is the same" equal "$(address peer1)" "$A1"
check "  its neighbour is reached straight" path_is peer1 "$A2" direct
flow_end >/dev/null
check "of the flows not one packet was lost" flow_lossless

# New options.
through_router 10000
check "reload with another MTU" rctl reload eth0 --mtu 1400
check "  status says so" state_is router mtu 1400
check "  the TUN device has it" equal "$(ns router ip -j link show 6bed4 | jq '.[0].mtu')" 1400
option() { rctl status eth0 -j | jq -c ".instances[0].options[\"$1\"]"; }
check "  other options stay" equal "$(option account)" '"all"'
check "reload with a switch on" rctl reload eth0 --clamp-mss=on
check "  status says so" equal "$(option clamp-mss)" '"on"'
check "  the MTU stays" state_is router mtu 1400
check "reload with the switch off" rctl reload eth0 --clamp-mss=off
check "  status says so" equal "$(option clamp-mss)" '"off"'
check "reload with a list" rctl reload eth0 --permit-v4 10.0.0.0/8 --permit-v4 192.168.0.0/16
check "  status says so" equal "$(option permit-v4)" '["10.0.0.0/8","192.168.0.0/16"]'
check "reload replaces a list" rctl reload eth0 --permit-v4 10.1.0.0/16
check "  status says so" equal "$(option permit-v4)" '["10.1.0.0/16"]'
flow_end >/dev/null
check "of the flows not one packet was lost" flow_lossless
check "maps and TUN device are the same ones" equal "$(kept router)" "$before"

# What reload refuses.
pid=$(daemon router)
check "reload refuses another role" refused 1 "role" rctl reload eth0 --role peer
check "reload refuses another TUN device" refused 1 "tun" rctl reload eth0 --tun other
check "reload of what is not loaded exits 3" refused 3 "nothing loaded" ns nat "$CTL" reload eth0
check "reload of no device is a usage error" exits 2 rctl reload
check "reload with an unknown option is one, too" refused 2 "--frob" rctl reload eth0 --frob
check "reload with what cannot be: refused" refused 1 "mtu" rctl reload eth0 --mtu 9000
check "  and the daemon is the same" equal "$(daemon router)" "$pid"
check "  and it works" pings peer1 $HOST6

# Reload of one whose daemon is dead, and the end.
kill -KILL "$(daemon router)"
wait_for 5 dead router
check "reload after a crash does what load does" rctl reload eth0
check "  it is up" wait_for 5 up router
check "  it works" pings peer1 $HOST6
kill -KILL "$(daemon router)"
wait_for 5 dead router
check "unload after a crash" rctl unload eth0
check "nothing is left" clean
kill -TERM "$(daemon peer1)"
wait_for 5 dead peer1
check "unload of a peer after SIGTERM" ns peer1 "$CTL" unload eth0
check "nothing is left" clean peer1
finish
