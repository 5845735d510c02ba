#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tcp.sh: TCP throughput from a native host through a router to a host behind a link or tunnel, each
# contender in namespaces of its own, all of them interleaved in one run. Prints a table, ratios to
# a plain IPv6 router first; with BENCH_JSON=FILE also in FILE. Must not judge.
set -u

# shellcheck source=../net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
ROUNDS=${ROUNDS:-7}
SECS=${SECS:-1}
PREFIX=2001:67c:127c::/64
CONTENDERS=(${CONTENDERS:-plain nogso forward vxlan tc xdp off relay})

host_of() { echo "2001:db8:$1::2"; } # $1 number of the contender
declare -A target
server() {
	bg_ns "iperf-$1" "b-$1" iperf3 -s
	wait_for 10 ns "b-$1" sh -c "ss -Hltn 'sport = 5201' | grep -q ."
}

# Three hosts in a row: a (native), r (router), b. The link r-b is IPv4 but for the plain ones.
row() {
	local c=$1 n=$2
	ns_add "a-$c" "r-$c" "b-$c"
	ip link add eth0 netns "$TAG-a-$c" type veth peer name v6 netns "$TAG-r-$c"
	ip link add eth0 netns "$TAG-r-$c" type veth peer name eth0 netns "$TAG-b-$c"
	for end in "a-$c eth0" "r-$c v6" "r-$c eth0" "b-$c eth0"; do
		# shellcheck disable=SC2086
		set -- $end
		ns "$1" ip link set "$2" up
	done
	ns "r-$c" sysctl -qw net.ipv6.conf.all.forwarding=1
	ns "r-$c" ip addr add "2001:db8:$n::1/64" dev v6 nodad
	ns "a-$c" ip addr add "2001:db8:$n::2/64" dev eth0 nodad
	ns "a-$c" ip -6 route add default via "2001:db8:$n::1"
	ns "r-$c" ip addr add 145.136.0.1/24 dev eth0
	ns "b-$c" ip addr add 145.136.0.7/24 dev eth0
}

offloads() { # $1 contender, rest: ethtool words for all its devices
	local c=$1
	shift
	for end in "a-$c eth0" "r-$c v6" "r-$c eth0" "b-$c eth0"; do
		ns "${end% *}" ethtool -K "${end#* }" "$@" >/dev/null 2>&1
	done
}

# The far half of a contender that is not ours: device $2 on both sides carries IPv6.
far_net() {
	local c=$1 dev=$2
	ns "r-$c" ip addr add 2001:db8:ff::1/64 dev "$dev" nodad
	ns "b-$c" ip addr add 2001:db8:ff::2/64 dev "$dev" nodad
	ns "b-$c" ip -6 route add default via 2001:db8:ff::1
	target[$c]=2001:db8:ff::2
}

far_vxlan() {
	ns r-vxlan ip link add vx type vxlan id 7 local 145.136.0.1 remote 145.136.0.7 dstport 4789 dev eth0
	ns b-vxlan ip link add vx type vxlan id 7 local 145.136.0.7 remote 145.136.0.1 dstport 4789 dev eth0
	ns r-vxlan ip link set vx up
	ns b-vxlan ip link set vx up
	far_net vxlan vx
}

far_relay() {
	local relay=$TOP/build/bench/relay
	bg_ns relay-r r-relay "$relay" tun0 145.136.0.1 145.136.0.7 7000
	bg_ns relay-b b-relay "$relay" tun0 145.136.0.7 145.136.0.1 7000
	for end in r-relay b-relay; do
		wait_for 5 ns $end ip link show tun0
		ns $end ip link set tun0 up mtu 1472
	done
	far_net relay tun0
}

far_6bed4() {
	local c=$1 mode=$2
	ns "r-$c" "$CTL" load eth0 --prefix $PREFIX --v6-dev v6 --fast-path "$mode" --mtu 1472 >/dev/null
	ns "b-$c" "$CTL" load eth0 --server 145.136.0.1 --default-route --fast-path "$mode" --mtu 1472 >/dev/null
	target[$c]=$(address "b-$c")
}

set_up() {
	local n=1 c
	for c in "${CONTENDERS[@]}"; do
		row "$c" $((n++))
		case $c in
		plain | nogso) far_net "$c" eth0 ;;
		forward)
			far_net "$c" eth0
			offloads "$c" tx off gro on
			ns r-forward "$TOP/build/bench/live" forward eth0 v6
			;;
		vxlan) far_vxlan ;;
		relay) far_relay ;;
		tc | off) far_6bed4 "$c" "$c" ;;
		xdp)
			offloads xdp tx off gro on
			far_6bed4 xdp native
			;;
		esac
		[ "$c" = nogso ] && offloads nogso tso off gso off tx off gro on
		server "$c"
		wait_for 10 ns "a-$c" ping -c1 -W1 "${target[$c]}" || echo "bench: $c does not work" >&2
	done
}

once() { # $1 contender, $2 iperf3's word for the direction: Mbit/s
	ns "a-$1" timeout $((SECS + 20)) iperf3 -c "${target[$1]}" -t "$SECS" -J ${2:+$2} |
		jq '.end.sum_received.bits_per_second / 1e6 // 0 | floor'
}

measure() {
	local round c way
	for ((round = 0; round < ROUNDS; round++)); do
		for c in "${CONTENDERS[@]}"; do
			for way in out in; do
				echo "$c $way $(once "$c" "$([ $way = in ] && echo -R)")"
			done
		done
	done
}

table() {
	jq -Rn '[inputs | split(" ") | {c: .[0], way: .[1], v: (.[2] | tonumber)}] |
		group_by([.way, .c]) | map({key: (.[0].c + "-" + .[0].way),
		value: ((map(.v) | sort) as $s | {median: $s[($s | length / 2 | floor)], min: $s[0], max: $s[-1]})}) |
		from_entries | . as $all | with_entries(.value.ratio =
		(.value.median / ($all["plain-" + (.key | split("-")[1])].median)))' "$WORK/runs"
}

set_up
measure >"$WORK/runs"
table >"$WORK/table"
[ -n "${BENCH_JSON:-}" ] && cp "$WORK/table" "$BENCH_JSON"
echo "TCP through a router to a host behind it, Mbit/s; ratio to a plain IPv6 router; out: to that host"
jq -r 'to_entries | sort_by(.key) | .[] | [.key, .value.ratio, .value.median, .value.min, .value.max] | @tsv' "$WORK/table" |
	awk '{ printf "  %-12s %6.2f %8d %8d %8d\n", $1, $2, $3, $4, $5 }'
