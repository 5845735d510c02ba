# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What scenarios of floods share: run one against $VICTIM (router or peer) in namespace $VICTIM_NS, at $RATE
# packets per second for $SECONDS_EACH, beside a flow that ends at $A1, and judge what it did. For
# scenarios in mode $MODE of the lab in topology.sh.

flood() { "$TOP/build/flood" "$TAG" "$@"; }
value() { sed "s/.* $1=\([0-9]*\).*/\1/" <<<"$line"; }
status() { ns "$VICTIM_NS" "$CTL" status eth0 -j | jq ".instances[0].$1"; }
kb() { sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$(status pid)/status"; }
at_most() { [ "$1" -le "$2" ] || { echo "$1, at most $2 allowed: $line"; return 1; }; }
at_least() { [ "$1" -ge "$2" ] || { echo "$1, at least $2 expected: $line"; return 1; }; }

# Packets that the daemon has had to look at: from whichever of its sockets.
seen_by_daemon() {
	ns "$VICTIM_NS" "$CTL" stats eth0 -j |
		jq '[.instances[0].hooks[] | select(.hook == "udp" or .hook == "tun") | .outcomes[].packets] | add // 0'
}

# Who answers a flood at that rate: burst and rate of the bucket that it meets, by a line's kind, sources and ports.
# An answered NS draws up to four packets, three of them solicitations in turn; of the buckets of an address
# and of all it takes so many tokens.
bound() {
	local kind sources ports
	IFS=: read -r kind sources ports <<<"$1"
	case $kind:$sources:$ports in
	*:any:*) echo 500 5000 ;;
	ns:*:1) echo 40 20 ;;
	*:1) echo 10 5 ;;
	*) echo $((sources * 50)) $((sources * 100)) ;;
	esac
}

# allowed BURST RATE SLACK: what such a bucket lets through in the time that the flood took
allowed() { echo $(($1 + $2 * ($(value ms) + 100) / 1000 + $3)); }

# What a flood has done, on the wire and at the daemon. $line is what flood has said of it, $daemon how many
# packets the daemon has looked at meanwhile.
judge() {
	local what=$1 burst rate
	read -r burst rate <<<"$(bound "$what")"
	check "$what: at most $burst packets in answer and $rate a second" at_most "$(value answers)" \
		"$(allowed "$burst" "$rate" 10)"
	[ "$MODE" = off ] ||
		check "$what: the daemon sees no more than that" at_most "$daemon" "$(allowed "$burst" "$rate" 100)"
}

# Where the lab itself has dropped: veth's queues, backlogs, sockets.
drops() {
	local where dev
	for where in router/eth0 router/v6 inet/r0 inet/p1 host6/eth0 peer1/eth0; do
		dev=${where#*/}
		ns "${where%/*}" ethtool -S "$dev" | sed -n "s|^ *\(.*drops\): \([1-9].*\)|$where \1 \2|p"
	done | diag
	ns "$VICTIM_NS" awk '{ print "backlog dropped " $2 }' /proc/net/softnet_stat | diag
	ns "$VICTIM_NS" "$CTL" stats eth0 | diag
}

# with_flow FLOOD
with_flow() {
	local before
	before=$(seen_by_daemon)
	line=$(flood "$VICTIM" "$A1" "$RATE" "$SECONDS_EACH" "$1") || line="failed"
	echo "# $line"
	daemon=$(($(seen_by_daemon) - before))
	check "$1: all of it was sent" equal "$(value frames)" "$(value wanted)"
	check "$1: the flow loses nothing" equal "$(value sent) $(value lost) $(value twice)" "$(value sent) 0 0"
	[ "$(value lost)" = 0 ] || drops
	check "$1: there was a flow" at_least "$(value sent)" $((1000 * SECONDS_EACH))
}

# All on one CPU; flood.c says why. So there is one such scenario at a time, or each would starve the other's
# daemon.
on_one_cpu() {
	exec 9>/run/lock/6bed4-flood
	flock 9
	taskset -apc $(($(nproc) - 1)) "$(status pid)" >/dev/null
	renice -n -10 -p "$(status pid)" >/dev/null
}
