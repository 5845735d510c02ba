#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native tc off
#
# Floods of everything that a router answers or refuses, at half the rate that it forwards without loss:
# an established flow between a peer and native IPv6 loses nothing, answers stay within their bounds, the
# daemon does not grow. Then 20,000 forged datagrams of 160 bytes a second: how much they draw.
# Mode off, which has no fast path to protect, gets the latter only.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
SECONDS_EACH=${FLOOD_SECONDS:-2}

flood() { "$TOP/build/flood" "$TAG" "$@"; }
value() { sed "s/.* $1=\([0-9]*\).*/\1/" <<<"$line"; }
status() { ns router "$CTL" status eth0 -j | jq ".instances[0].$1"; }
kb() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$(status pid)/status"; }
at_most() { [ "$1" -le "$2" ] || { echo "$1, at most $2 allowed: $line"; return 1; }; }
at_least() { [ "$1" -ge "$2" ] || { echo "$1, at least $2 expected: $line"; return 1; }; }

# Packets that the daemon has had to look at: from whichever of its sockets.
seen_by_daemon() {
	ns router "$CTL" stats eth0 -j |
		jq '[.instances[0].hooks[] | select(.hook == "udp" or .hook == "tun") | .outcomes[].packets] | add // 0'
}

# Who answers a flood at that rate: burst and rate of the bucket that it meets, by a line's sources and ports.
bound() {
	local sources ports
	IFS=: read -r _ sources ports <<<"$1"
	case $sources:$ports in
	any:*) echo 500 5000 ;;
	*:1) echo 10 5 ;;
	*) echo $((sources * 50)) $((sources * 100)) ;;
	esac
}

# What a flood has done, on the wire and at the daemon. $line is what flood has said of it, $daemon how many
# packets the daemon has looked at meanwhile.
judge() {
	local what=$1 burst rate ms
	ms=$(value ms)
	read -r burst rate <<<"$(bound "$what")"
	check "$what: at most $burst answers and $rate a second" at_most "$(value answers)" \
		$((burst + rate * (ms + 100) / 1000 + 10))
	[ "$MODE" = off ] ||
		check "$what: the daemon sees no more than that" at_most "$daemon" $((burst + rate * (ms + 100) / 1000 + 100))
}

# Where the lab itself has dropped: veth's queues, backlogs, sockets.
drops() {
	local where dev
	for where in router/eth0 router/v6 inet/r0 inet/p1 host6/eth0 peer1/eth0; do
		dev=${where#*/}
		ns "${where%/*}" ethtool -S "$dev" | sed -n "s|^ *\(.*drops\): \([1-9].*\)|$where \1 \2|p"
	done | diag
	ns router awk '{ print "backlog dropped " $2 }' /proc/net/softnet_stat | diag
	ns router "$CTL" stats eth0 | diag
}

# with_flow FLOOD: at half the rate
with_flow() {
	local before
	before=$(seen_by_daemon)
	line=$(flood "$A1" $((RATE / 2)) "$SECONDS_EACH" "$1") || line="failed"
	echo "# $line"
	daemon=$(($(seen_by_daemon) - before))
	check "$1: all of it was sent" equal "$(value frames)" "$(value wanted)"
	check "$1: the flow loses nothing" equal "$(value sent) $(value lost) $(value twice)" "$(value sent) 0 0"
	[ "$(value lost)" = 0 ] || drops
	check "$1: there was a flow" at_least "$(value sent)" $((1000 * SECONDS_EACH))
}

# A tenth of the bytes, and it was the flood that was asked for.
share() {
	line=$(flood "$A1" 20000 "$SECONDS_EACH" "$1") || line="failed"
	echo "# $line"
	daemon=0
	check "$1 at 20,000/s: all of it was sent" equal "$(value frames)" "$(value wanted)"
	case $1 in
	*:any:*) check "$1: at most 5,500 answers in any second" at_most "$(value answers)" \
			$((500 + 5000 * ($(value ms) + 20) / 1000)) ;;
	*) check "$1: draws at most a tenth of its bytes" at_most "$(value answered)" $((20 * 16 * $(value ms))) ;;
	esac
	check "$1: but draws some" at_least "$(value answers)" 5
}

lab
ns router ip -6 route add 2001:db8::/32 via $HOST6
warm_up
load_router "$MODE" --neigh-max 1024 >/dev/null || exit 1
load_peer peer1 >/dev/null || exit 1
# All on one CPU; flood.c says why.
taskset -apc $(($(nproc) - 1)) "$(status pid)" >/dev/null
renice -n -10 -p "$(status pid)" >/dev/null
A1=$(address peer1)
check "the flow's path is there" wait_for 10 pings host6 "$A1" 3
wait_for 10 pings peer1 $HOST6 3

if [ "$MODE" != off ]; then
	RATE=$(flood rate)
	echo "# forwarded without loss: $RATE packets per second"
	check "a loss-free rate was found" test "${RATE:-0}" -gt 20000
	flood "$A1" 20000 0.5 rs:any:30000 unknown:any:30000 native:any:60000 >/dev/null # its buffers are there
	rss=$(kb VmRSS)
	for what in rs:1:1 rs:any:30000 spoofed:any:30000 ns:any:30000 unknown:any:30000 native:any:60000; do
		with_flow "$what"
		judge "$what"
	done
	for what in nd:any:30000 keepalive:any:30000; do
		with_flow "$what"
	done
	with_flow valid:any:30000
	if [ "$MODE" = native ]; then
		check "what XDP has charged for, TC does not" equal "$(stat router tc-in limited) $(stat router tc-out limited)" "0 0"
		ns router ping -q -c 40 -i 0.002 -W 1 2001:67c:127c::1 >/dev/null
		check "this machine's own packets, which XDP does not see, TC does" at_least "$(stat router tc-out limited)" 20
	fi
	check "the table of neighbours is full, and no fuller" equal "$(status neighbours)" 1024
	check "who found it full is counted" test "$(status neighbours_refused)" -gt 0
	check "senders that the daemon was not told of are counted" test "$(status events_lost)" -gt 0
	check "collisions of limits are counted" test "$(status limit_collisions)" -gt 0
	check "people are told" sh -c "nsenter --net=/run/netns/$TAG-router $CTL status eth0 | grep -q '^  events .* lost'"
	check "the daemon has not grown: $rss kB before, $(kb VmRSS) kB after" at_most "$(kb VmRSS)" $((rss + 256))
fi
for sources in 1 16 any; do
	share spoofed:$sources:30000
	share unknown:$sources:30000
	share rs-large:$sources:30000
done
finish
