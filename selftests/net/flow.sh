# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Numbered flows (flow.c) through the lab of topology.sh: begin, do something, end, and tell exactly what
# was lost. Some come from endpoints that exist only as frames, so the router alone is under test;
# others through real peers. Must not know what is done meanwhile.

FLOW=$TOP/build/net/flow
FRAME4=131.1.0.99 FRAME_PORT=5000 # a peer that is only frames, behind inet
FAR4=131.2.0.99 FAR_PORT=6000 # another, which hears by the router

mac_of() { ns "$1" ip -j link show "$2" | jq -r '.[0].address'; }
frame_peer() { "$CTL" addr encode $FRAME4:$FRAME_PORT --prefix $PREFIX; }
far_peer() { "$CTL" addr encode $FAR4:$FAR_PORT --prefix $PREFIX; }

# Lines for flow: at the router's links, by frames.
line_peer_native() {
	echo "peer-native tunnel $TAG-inet r0 $(mac_of router eth0) $FRAME4 $FRAME_PORT $ROUTER4 25788" \
		"$(frame_peer) $HOST6 xdp $TAG-host6 eth0"
}
line_native_peer() {
	echo "native-peer native $TAG-host6 eth0 $(mac_of router v6) $HOST6 $(far_peer) xdp $TAG-inet r0"
}
line_peer_peer() {
	echo "peer-peer tunnel $TAG-inet r0 $(mac_of router eth0) $FRAME4 $FRAME_PORT $ROUTER4 25788" \
		"$(frame_peer) $(far_peer) xdp $TAG-inet r0"
}

# line_udp NAME FROM TO ADDRESS PORT: from host to host through all stacks between them
line_udp() { echo "$1 udp $TAG-$2 $4 $5 udp $TAG-$3 $5"; }

flow_ready() { grep -q ready "$WORK/flow.log"; }

# flow_begin RATE LINE...
flow_begin() {
	local rate=$1
	shift
	printf '%s\n' "$@" >"$WORK/flow.lines"
	"$FLOW" "$rate" <"$WORK/flow.lines" >"$WORK/flow.json" 2>"$WORK/flow.log" &
	flow_pid=$!
	own_pids+=("$flow_pid")
	wait_for 10 flow_ready || { cat "$WORK/flow.log"; return 1; }
}

# All results are in $WORK/flow.json, an object per flow.
flow_end() {
	kill -TERM "$flow_pid"
	wait "$flow_pid" || { cat "$WORK/flow.log"; return 1; }
	cat "$WORK/flow.json"
}

flow_got() { jq -s "map(.$1) | add" "$WORK/flow.json"; }

# flow_lossless: nothing is missing, and something was sent by each
flow_lossless() {
	cat "$WORK/flow.json"
	jq -se 'length > 0 and all(.[]; .sent > 1000 and .lost == 0)' "$WORK/flow.json" >/dev/null
}

# flow_rate_at_least N: each flow kept that many per second
flow_rate_at_least() {
	cat "$WORK/flow.json"
	jq -se "all(.[]; .per_second >= $1)" "$WORK/flow.json" >/dev/null
}
