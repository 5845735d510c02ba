#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native off tc
#
# Two routers with one address: 100 peers talk to a native host through both, each flow by whichever way BGP and
# hashing choose, also out by one and back by the other. Whatever becomes of one router, all go on through the
# other, with the same addresses; how much was lost and for how long is measured.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=anycast.sh
. "$(dirname "$0")/anycast.sh"
MODE=${1:-native}
MOST=8000 # ms of silence, on a machine that does much else

# share NS TOTAL: at least a fifth of it
share() {
	local n
	n=$(carried "$1")
	echo "$1 forwarded $n of $2"
	[ $((n * 5)) -ge "$2" ]
}

# one_way NS: peers that it has heard and never sent to, as the other router does that
one_way() { ns "$1" "$CTL" neigh -j | jq '[.neighbours[] | select(.rx_packets >= 2 and .tx_packets == 0)] | length'; }
some_one_way() { [ "$(($(one_way r1) + $(one_way r2)))" -ge 5 ]; }

for_a_while() { all_answered && all_answered && all_answered && all_answered; }

at_most() { [ "$1" -le "$2" ] || { echo "$1, more than $2"; return 1; }; }

# fails SENTENCE LOST COMMAND...: while everybody talks, that happens to a router; then all flows are by the other.
# LOST: parts per 1000 of all packets that may be lost, where the router has nothing to do with it: queues of a busy
# machine; - as many as the time allows
fails() {
	local what=$1 lost=$2 begin
	shift 2
	check "$what: 100 peers talk through two routers" traffic_begins
	begin=$(ms)
	"$@"
	check "  the upstream sends to the other alone" wait_for 10 ways_are 1
	begin=$(($(ms) - begin))
	check "  every peer is answered" all_answered
	traffic_ends
	check "  no peer was silent" equal "$(of_traffic silent)" 0
	check "  at most $MOST ms without an answer" at_most "$(of_traffic outage_ms)" $MOST
	[ "$lost" = - ] || check "  next to nothing is lost" at_most "$(of_traffic lost)" $(($(of_traffic sent) * lost / 1000 + 5))
	echo "# $what: withdrawn after $begin ms; lost $(of_traffic lost) of $(of_traffic sent), of" \
		"$(of_traffic peers_with_loss) peers; longest silence $(of_traffic outage_ms) ms"
}
mended() {
	check "  mended: both again" wait_for 20 ways_are 2
}

cut_wires() { # N: its wires carry nothing any more, and do not say so
	ns up nft -f - <<-RULES
		table inet cut {
			chain in { type filter hook prerouting priority -300; iifname { "e$1", "v$1" } drop; }
			chain out { type filter hook postrouting priority 300; oifname { "e$1", "v$1" } drop; }
		}
	RULES
}
links() { # N up|down
	ns up ip link set e"$1" "$2"
	ns up ip link set v"$1" "$2"
}

[ -x $bird_bin ] || { skip "two routers" "no BIRD; make deps"; finish; }
anycast_links
anycast_birds
check "r1 loads ($MODE)" load_anycast 1 "$MODE"
check "r2 loads" load_anycast 2 "$MODE"
bg_ns echo host6 /usr/bin/python3 "$TOP/selftests/net/anycast.py" echo $PORT
check "nothing is announced before health says so" ways_are 0
health_of 1
health1=$last_pid
health_of 2
check "both are announced once they are fit" wait_for 30 ways_are 2

check "100 peers get their addresses, and talk to a native host" traffic_begins
check "and go on" for_a_while
traffic_ends
check "nothing is lost" equal "$(of_traffic lost)" 0
total=$(($(carried r1) + $(carried r2)))
check "r1 carries its share" share r1 $total
check "r2 carries its share" share r2 $total
check "some go out by one and come back by the other" some_one_way
echo "# r1 $(carried r1), r2 $(carried r2) packets; $(one_way r1) and $(one_way r2) peers heard there and served by the other"

# Draining: withdrawn first, as `systemctl stop` does; packets that are on their way still find it.
fails "r1 is stopped" 10 end_pid "$health1"
check "  then it can be unloaded" ns r1 "$CTL" unload eth0
load_anycast 1 "$MODE" >/dev/null
health_of 1
mended

ROOM=10
[ "$MODE" = off ] && ROOM=-
fails "r1's daemon is killed" $ROOM kill -KILL "$(ns r1 "$CTL" status eth0 -j | jq .instances[0].pid)"
load_anycast 1 "$MODE" >/dev/null 2>&1
mended

fails "r2 falls silent" - cut_wires 2
ns up nft delete table inet cut
mended

fails "r1 loses its IPv6 uplink" - ns up ip link set v1 down
ns up ip link set v1 up
mended

fails "r2 is switched off" - links 2 down
links 2 up
mended

if [ "$(by_level 0 0 1)" = 1 ]; then
	fails "r1 no longer forwards IPv6, which health finds" - ns r1 sysctl -qw net.ipv6.conf.all.forwarding=0
	ns r1 sysctl -qw net.ipv6.conf.all.forwarding=1
	mended
fi

check "in the end nothing is lost either" traffic_begins
check "  and all go on" all_answered
traffic_ends
check "  nothing is lost" equal "$(of_traffic lost)" 0
finish
