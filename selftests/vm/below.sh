#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# below.sh vlan|bond: the device that the tunnel is on is itself one on top of others, at a router and
# at a peer: load takes the best mode that works there, all traffic takes the path that the mode promises;
# with a bond also after its first port has gone.

# shellcheck source=../net/lib.sh
. "$(dirname "$0")/../net/lib.sh"
# shellcheck source=../net/topology.sh
. "$(dirname "$0")/../net/topology.sh"
KIND=${1:-vlan}

rctl() { ns router "$CTL" "$@"; }
works() { wait_for 20 ns peer1 ping -q -c1 -W1 $HOST6; }

# vlan NS DEV NS DEV: a cable for frames with tag 5 only, a VLAN device at either end
vlan() {
	veth "$1" "$2-port" "$3" "$4-port"
	ns "$1" ip link add link "$2-port" name "$2" type vlan id 5 && ns "$1" ip link set "$2" up &&
		ns "$3" ip link add link "$4-port" name "$4" type vlan id 5 && ns "$3" ip link set "$4" up
}
# bond NS DEV NS DEV: two cables, a bond at the first end, a bridge at the second
bond() {
	local n
	ns "$1" ip link add "$2" type bond mode active-backup miimon 100 || return
	ns "$3" ip link add "$4" type bridge || return
	for n in 1 2; do
		veth "$1" "$2-port$n" "$3" "$4-port$n"
		# A port of its own address reports multicast groups when it comes up, from the bond's MAC address: the
		# bridge would send to it, which is not in use, until the bond itself says something.
		ns "$1" sysctl -qw "net.ipv6.conf.$2-port$n.disable_ipv6=1"
		ns "$1" ip link set "$2-port$n" down
		ns "$1" ip link set "$2-port$n" master "$2" && ns "$1" ip link set "$2-port$n" up || return
		ns "$3" ip link set "$4-port$n" master "$4" || return
	done
	ns "$1" ip link set "$2" up && ns "$3" ip link set "$4" up
}

# underlay_of vlan|bond
underlay_of() {
	ns_add router inet peer1
	"$1" router eth0 inet r0 && "$1" peer1 eth0 inet p1 || return
	number_underlay
}

carries() { # KIND MODE
	local xdp
	check "$1, $2: router loads" load_router "$2"
	check "$1, $2: that mode is in effect" state_is router fast_path "$2"
	PEER_MODE=$2
	check "$1, $2: peer loads" load_peer peer1
	A1=$(address peer1)
	check "$1, $2: it works" works
	paths_begin
	xdp=$(stat router xdp in-native)
	check "$1, $2: peer to native: ping" pings peer1 $HOST6 20 0.05
	check "$1, $2: native to peer: ping" pings host6 "$A1" 20 0.05
	check "$1, $2: peer fetches a file from native" get peer1 host6 $HOST6
	check "$1, $2: native fetches a file from peer" get host6 peer1 "$A1"
	paths_kept "$2" 80 "$1, $2: "
	[ "$2" != native ] || # what a bond takes in comes from its ports, as XDP sees it
		check "$1, $2: XDP took what came from the tunnel" test $(($(stat router xdp in-native) - xdp)) -gt 40
	[ "$1" = vlan ] || fails_over "$2"
	for p in peer1 router; do
		check "$1, $2: $p unloads" ns $p "$CTL" unload eth0
		check "$1, $2: nothing is left of it" clean $p
	done
}

# cable router|peer1 up|down: of its first port, so at both ends, as cables are
cable() {
	local far=r0
	[ "$1" = router ] || far=p1
	ns "$1" ip link set eth0-port1 "$2" && ns inet ip link set $far-port1 "$2"
}
# The cable in use goes, and comes back.
fails_over() {
	local where
	for where in router peer1; do
		cable $where down
		check "bond, $1: $where's first cable is gone: it works" works
		check "bond, $1:   and loses nothing" pings peer1 $HOST6 10 0.05
		cable $where up
	done
}

mkdir "$WORK/www"
head -c 300000 /dev/urandom >"$WORK/www/file"
if ! underlay_of "$KIND" >"$WORK/made" 2>&1; then
	skip "$KIND devices below the tunnel" "they cannot be made: $(tail -1 "$WORK/made" | tr -d '#')"
	finish
fi
native
warm_up
BEST=native
if [ "$KIND" = vlan ]; then
	BEST=tc
	check "vlan: native XDP is refused, in one line" refused 1 'no native XDP' load_router native
fi
check "$KIND: auto loads" load_router auto
check "$KIND: it has taken the best mode there" state_is router fast_path $BEST
check "$KIND: unload" rctl unload eth0
[ $BEST = tc ] || carries "$KIND" native
carries "$KIND" tc
carries "$KIND" off
finish
