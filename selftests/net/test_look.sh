#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
#
# Commands that look, at a lab at work: what they say agrees with what has happened there, and with each
# other. What they compute and how they lay it out are unit tests.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"

equal_count() { equal "$(counted "$2" "$3")" "$1"; }
rctl() { ns router "$CTL" "$@"; }
pctl() { ns peer1 "$CTL" "$@"; }

check "explain: nothing loaded" refused 3 "nothing loaded" "$CTL" stats nodev --explain
lab
warm_up
check "router loads" load_router tc
check "peer1 loads" load_peer peer1
check "a native host is reached" pings peer1 $HOST6 20 0.02
PORT1=$(port_of peer1)
garbage() { ns inet bash -c "for i in 1 2 3; do printf x >/dev/udp/131.1.0.2/$PORT1; done"; }
garbage
check "three datagrams that are no packets are counted" wait_for 5 equal_count 3 peer1 malformed

# --- stats --explain --------------------------------------------------------------------------------
explained() { pctl stats eth0 --explain; }
shown=$(explained)
check "explain: advice with the device's name and port" says "tcpdump -nXi eth0 udp port $PORT1" echo "$shown"
check "explain: drops come first" says "malformed, drop: 3 packets" sed -n 2p <<<"$shown"
check "explain: 80 columns" test "$(awk '{ if (length > n) n = length } END { print n }' <<<"$shown")" -le 80
check "explain: what has not occurred is not shown" not says src-port echo "$shown"
check "explain: with --all it is" says "src-port, drop: 0 packets" pctl stats --explain --all
every='[.instances[0].hooks[].outcomes[] | select((.text | length) > 0 and (.advice | length) > (.text | length))] | length'
check "explain in JSON: each outcome has text and advice" \
	equal "$(pctl -j stats --explain --all | jq "$every")" "$(pctl -j stats --all | jq '[.instances[0].hooks[].outcomes[]] | length')"
check "plain stats stays compact" equal "$(pctl -j stats | jq '[.. | objects | select(has("advice"))] | length')" 0
finish
