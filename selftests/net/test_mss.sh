#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native generic tc off
#
# Where ICMPv6 is filtered, TCP stands still behind a smaller MTU, and flows with --clamp-mss.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
PEER_MODE=$MODE

mkdir "$WORK/www"
head -c 1000000 /dev/urandom >"$WORK/www/file"
lab
warm_up
ns host6 nft -f - <<-RULES
	table ip6 filtered {
		chain input { type filter hook input priority 0; icmpv6 type packet-too-big drop; }
	}
RULES
# The peer believes in a larger MTU than its router's, and announces it in its SYNs.
check "router loads with --mtu 1280" load_router "$MODE"
check "peer1 loads with --mtu 1400" load_peer peer1 --mtu 1400
A1=$(address peer1)
check "peer1 reaches native" wait_for 10 ns peer1 ping -c1 -W1 $HOST6
stands_still() { ! fetch peer1 host6 $HOST6 -m 4; }
check "ICMPv6 is filtered: TCP from native stands still" stands_still

ns router "$CTL" unload eth0 >/dev/null
check "router loads with --clamp-mss" load_router "$MODE" --clamp-mss
check "peer1 reaches native" wait_for 10 ns peer1 ping -c1 -W1 $HOST6
check "  TCP from native flows" fetch peer1 host6 $HOST6
check "  and to native" fetch host6 peer1 "$A1"

# mss_at NS COMMAND...: the MSS of the SYN that comes there when the command connects
mss_at() {
	bg_ns tcpdump "$1" tcpdump -lnnc 1 -i eth0 "ip6[6] == 6 and ip6[53] & 2 != 0"
	local dump=$last_pid
	wait_for 10 grep -q listening "$WORK/tcpdump.log"
	"${@:2}" >/dev/null 2>&1
	wait_for 10 grep -q mss "$WORK/tcpdump.log"
	end_pid "$dump"
	sed -nE 's/.*mss ([0-9]+).*/\1/p' "$WORK/tcpdump.log"
}
connect() { ns peer1 timeout 5 curl -gsf "http://[$HOST6]:9/"; }
check "the MSS that native sees is what fits: 1220" equal "$(mss_at host6 connect)" 1220
check "status shows the option" grep -q "clamp-mss" <(ns router "$CTL" status eth0 -j)
finish
