#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native tc off
# long: native generic tc off
#
# Devices as they come, with all their offloads: TCP and UDP never stand still for that, load says what
# slows it down, and refuses what could not work.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
PEER_MODE=$MODE

# A cable whose ends are left as the kernel makes them.
veth() {
	ip link add "$2" netns "$TAG-$1" type veth peer name "$4" netns "$TAG-$3"
	ns "$1" ip link set "$2" up
	ns "$3" ip link set "$4" up
}

# notice WORDS: they are in what load said last
notice() { grep -q "$1" "$WORK/load.out" || { cat "$WORK/load.out"; return 1; }; }
loads() { "$@" >"$WORK/load.out" 2>&1 || { cat "$WORK/load.out"; return 1; }; }
refused() { ! "$@" >"$WORK/load.out" 2>&1; }

# datagrams FROM TO ADDRESS: a file in those of half and of a whole packet
datagrams() { udp_file "$@" 600 && udp_file "$@" 1232; }

mkdir "$WORK/www"
head -c 3000000 /dev/urandom >"$WORK/www/file"
lab
warm_up
if [ "$MODE" = native ]; then
	check "far ends that take nothing from XDP: native is refused" refused load_router native
	check "  with advice" notice "ethtool -K DEV gro on"
	check "  and nothing is left" equal "$(ns router ip -o link show type tun)$(ns router tc qdisc show dev eth0 | grep clsact)" ""
	check "far ends that take nothing from XDP: auto does without XDP" loads load_router auto
	check "  by TC" grep -q "fast path *tc" "$WORK/load.out"
	ns router "$CTL" unload eth0 >/dev/null
	ns inet ethtool -K r0 gro on >/dev/null
	ns host6 ethtool -K eth0 gro on >/dev/null
fi
check "router loads ($MODE)" loads load_router "$MODE"
case $MODE in
native | generic)
	check "  and says that VLAN tags are hidden" notice "rxvlan off"
	check "  and that checksums are not finished" notice "tx off"
	;;
esac
for p in peer1 peer2; do
	check "$p loads ($MODE)" load_peer $p
done
only_by_router
A1=$(address peer1) A2=$(address peer2)
check "TCP from native" fetch peer1 host6 $HOST6
check "TCP to native" fetch host6 peer1 "$A1"
check "TCP from peer to peer" fetch peer2 peer1 "$A1"
check "TCP from router to peer" fetch peer1 router $ROUTER6
check "TCP from peer to router" fetch router peer1 "$A1"
check "UDP from native" datagrams host6 peer1 "$A1"
check "UDP to native" datagrams peer1 host6 $HOST6
check "UDP from peer to peer" datagrams peer1 peer2 "$A2"
check "UDP from router to peer" datagrams router peer1 "$A1"

ns router ethtool -K v6 rxvlan off >/dev/null
ns router ethtool -K eth0 rxvlan off >/dev/null
ns router "$CTL" unload eth0 >/dev/null
check "router loads with rxvlan off" loads load_router "$MODE"
check "  and does not mention VLANs" not notice VLAN
finish
