#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# live.sh: packets per second through a router, each contender in a namespace of its own between two
# veth pairs, generator and sink at their far ends (live.c). Everything runs on one CPU. With
# BENCH_JSON=FILE the numbers are also in FILE-SIZE. Must not judge.
set -u

# shellcheck source=../net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
LIVE=$TOP/build/bench/live
RELAY=$TOP/build/bench/relay
PREFIX=2001:67c:127c::/64
PEER=2001:67c:127c:0:52c3:91ff:fe88:7 # 145.136.0.7:50000
FAR=2001:67c:127c:0:52c3:83ff:fe01:204 # 131.1.2.4:50000
NET=2001:db8:77::1
CPU=$(($(nproc) - 1))

mac() { ns "$1" ip -j link show "$2" | jq -r '.[0].address'; }

# A router with an IPv4 and an IPv6 side; both far ends are in the namespace "far".
row() {
	local c=$1 u=u-$1 v=v-$1
	ns_add "r-$c"
	veth "r-$c" under far "$u"
	veth "r-$c" v6 far "$v"
	ns "r-$c" ip link set under address 02:00:00:00:01:01 # where live.c's frames go
	ns "r-$c" ip link set v6 address 02:00:00:00:02:01
	ns "r-$c" sysctl -qw net.ipv6.conf.all.forwarding=1
	ns "r-$c" ip addr add 145.136.0.1/24 dev under
	ns "r-$c" ip neigh add 145.136.0.7 lladdr "$(mac far "$u")" dev under
	ns "r-$c" ip neigh add 145.136.0.254 lladdr "$(mac far "$u")" dev under
	ns "r-$c" ip route add default via 145.136.0.254
	ns "r-$c" ip addr add 2001:db8:6::1/64 dev v6 nodad
	ns "r-$c" ip neigh add 2001:db8:6::2 lladdr "$(mac far "$v")" dev v6
	ns "r-$c" ip -6 route add default via 2001:db8:6::2
}

# IPv6 on both sides.
row_plain() {
	row "$1"
	ns "r-$1" ip addr add 2001:db8:5::1/64 dev under nodad
	ns "r-$1" ip neigh add 2001:db8:5::2 lladdr "$(mac far "u-$1")" dev under
	ns "r-$1" ip -6 route add $PREFIX via 2001:db8:5::2
}

row_6bed4() {
	local c=$1
	shift
	row "$c"
	ns "r-$c" taskset -c $CPU "$CTL" load under --prefix $PREFIX --v6-dev v6 --mtu 1472 "$@" >/dev/null ||
		echo "bench: $c does not load" >&2
}

row_vxlan() {
	row vxlan
	ns r-vxlan ip link add vx address 02:00:00:00:03:01 type vxlan id 7 local 145.136.0.1 remote 145.136.0.7 dstport 4789 dev under
	ns r-vxlan ip link set vx up
	ns r-vxlan ip neigh add 2001:db8:ff::2 lladdr 02:00:00:00:00:07 dev vx
	ns r-vxlan ip addr add 2001:db8:ff::1/64 dev vx nodad
	ns r-vxlan ip -6 route add $PREFIX via 2001:db8:ff::2
}

row_relay() {
	row relay
	bg_ns relay r-relay taskset -c $CPU "$RELAY" tun0 145.136.0.1 145.136.0.7 7000
	wait_for 5 ns r-relay ip link show tun0
	ns r-relay ip link set tun0 up mtu 1472
	ns r-relay ip -6 route add $PREFIX dev tun0
}

# line NAME ROW FRAME DESTINATION SIZE [CHUNK [COUNT]]: from the side that the frame is for, to the other, or
# (relay) back out of the same one.
line() {
	local name=$1 c=$2 frame=$3 dst=$4 size=$5 chunk=${6:-262144} count=${7:-1} gen=u sink=v
	[ "$frame" = native ] && gen=v sink=u
	[ "$dst" = $FAR ] && sink=u
	name=$name/$size
	[ "$count" = 1 ] || name=$name/$count
	echo "$name $gen-$c $sink-$c $size $frame $dst $count $chunk"
}

contenders() {
	local size=$1
	line redirect bare native $PEER "$size"
	line forward plain native $PEER "$size"
	line kernel-forward kernel native $PEER "$size" 131072
	line decapsulate-zero xdp tunnel0 $NET "$size"
	line decapsulate xdp tunnel $NET "$size"
	line relay xdp tunnel $FAR "$size"
	line encapsulate xdp native $FAR "$size"
	line encapsulate-zero zero native $FAR "$size"
	line tc-decapsulate tc tunnel $NET "$size" 131072
	line tc-relay tc tunnel $FAR "$size" 131072
	line tc-encapsulate tc native $FAR "$size" 131072
	line tc-encapsulate-zero tczero native $FAR "$size" 131072
	line vxlan-decapsulate vxlan vxlan $NET "$size" 131072
	line vxlan-encapsulate vxlan native $PEER "$size" 131072
	line tun-decapsulate relay relay $NET "$size" 256
	line tun-encapsulate relay native $PEER "$size" 256
	line daemon-decapsulate off tunnel $NET "$size" 256
	line daemon-relay off tunnel $FAR "$size" 256
	line daemon-encapsulate off native $FAR "$size" 256
}

# As many destinations behind the same next hop, which only the cache notices.
many() {
	local count
	for count in 1000 100000; do
		line forward plain native $PEER 64 262144 $count
		line decapsulate xdp tunnel $NET 64 262144 $count
		line relay xdp tunnel $FAR 64 262144 $count
		line encapsulate xdp native $FAR 64 262144 $count
		line tc-decapsulate tc tunnel $NET 64 131072 $count
		line tc-relay tc tunnel $FAR 64 131072 $count
		line tc-encapsulate tc native $FAR 64 131072 $count
	done
}

ns_add far
ns far sysctl -qw net.ipv6.conf.default.disable_ipv6=1
row_plain bare
row_plain plain
row_plain kernel
row_vxlan
row_relay
row_6bed4 xdp --fast-path native
row_6bed4 zero --fast-path native --udp-checksum zero
row_6bed4 tc --fast-path tc
row_6bed4 tczero --fast-path tc --udp-checksum zero
row_6bed4 off --fast-path off
ns r-bare "$LIVE" redirect under v6 && ns r-plain "$LIVE" forward under v6 || echo "bench: cannot attach" >&2
for size in ${SIZES:-64 1400}; do
	{ contenders "$size"; [ "$size" = 64 ] && many; } | grep -E "^(${ONLY:-.})" >"$WORK/contenders"
	BENCH_JSON=${BENCH_JSON:+$BENCH_JSON-$size} \
		ns far taskset -c $CPU "$LIVE" run <"$WORK/contenders"
done
