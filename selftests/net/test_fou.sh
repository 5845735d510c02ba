#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native tc off
#
# A peer that nobody here has written: the kernel's own sit device over FOU sends and takes plain IPv6 in UDP,
# as a 6bed4 peer with a static configuration does. Our router and it exchange traffic both ways, with a
# native host, the router itself and a peer of ours.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
PORT=50000

# The kernel's peer, in peer1: what is in its address is in its datagrams.
kernel_peer() {
	ns peer1 ip fou add port $PORT ipproto 41 &&
		ns peer1 ip link add sit1 type sit remote $ROUTER4 local 131.1.0.2 encap fou encap-sport $PORT encap-dport 25788 &&
		ns peer1 ip link set sit1 mtu 1280 up &&
		ns peer1 ip addr add "$A1/64" dev sit1 nodad &&
		ns peer1 ip -6 route add default dev sit1
}

mkdir "$WORK/www"
head -c 300000 /dev/urandom >"$WORK/www/file"
ns_add probe
if ! ns probe ip fou add port $PORT ipproto 41 2>/dev/null ||
	! ns probe ip link add sit1 type sit remote 192.0.2.1 local 192.0.2.2 encap fou encap-sport $PORT encap-dport 25788 2>/dev/null; then
	skip "the kernel's FOU device ($MODE)" "this kernel has no fou or no sit"
	finish
fi
lab
warm_up
A1=$("$CTL" addr encode 131.1.0.2:$PORT --prefix $PREFIX)
check "router loads ($MODE)" load_router "$MODE"
check "the kernel has a peer's device" kernel_peer
check "peer2 loads" load_peer peer2
A2=$(address peer2)
check "kernel's peer to native: ping" pings peer1 $HOST6
check "native to the kernel's peer: ping" pings host6 "$A1"
check "kernel's peer to router: ping" pings peer1 $ROUTER6
check "router to the kernel's peer: ping" pings router "$A1"
check "kernel's peer to ours: ping" pings peer1 "$A2"
check "our peer to the kernel's: ping" pings peer2 "$A1"
paths_begin
check "kernel's peer fetches a file from native" get peer1 host6 $HOST6
check "native fetches a file from the kernel's peer" get host6 peer1 "$A1"
check "our peer fetches a file from the kernel's" get peer2 peer1 "$A1"
paths_kept "$MODE" 40
check "nobody's packet was taken for a forged one" equal "$(counted router slow-mismatch)" 0
finish
