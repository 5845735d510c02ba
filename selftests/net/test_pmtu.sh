#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native tc off
# long: native-all generic-all tc-all off-all
#
# Large packets through narrow underlays: path MTU by tunnel MTU, TCP and UDP, both ways, every file as it
# was; datagrams that do not fit are fragmented on the way and reassembled, or with --df make the sender
# send smaller ones. The whole matrix in the long run, its corners else.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
WHOLE=${MODE#*-} MODE=${MODE%-all}
PEER_MODE=$MODE

# host6 --- router --- west === east --- peer1: the narrow hop is between west and east.
line() {
	local n
	ns_add router west east peer1
	veth router eth0 west r0
	veth west mid east mid
	veth peer1 eth0 east p1
	for n in router:eth0 west:r0 west:mid east:mid east:p1 peer1:eth0; do
		ns "${n%:*}" ip link set "${n#*:}" mtu 9000
	done
	ns west sysctl -qw net.ipv4.ip_forward=1
	ns east sysctl -qw net.ipv4.ip_forward=1
	ns west ip addr add 145.136.0.254/24 dev r0
	ns west ip addr add 130.0.0.1/24 dev mid
	ns east ip addr add 130.0.0.2/24 dev mid
	ns east ip addr add 131.1.0.254/24 dev p1
	ns west ip route add default via 130.0.0.2
	ns east ip route add default via 130.0.0.1
	host4 router 145.136.0.1/24 145.136.0.254
	host4 peer1 131.1.0.2/24 131.1.0.254
	native
	ns router ip link set v6 mtu 9000
	ns host6 ip link set eth0 mtu 9000
}

narrow() {
	ns west ip link set mid mtu "$1"
	ns east ip link set mid mtu "$1"
	# What was learnt of the path before.
	for n in router peer1; do ns $n ip route flush cache; done
	for n in host6 peer1; do ns $n ip -6 route flush cache; done
}

# reload TUNNEL-MTU [OPTION...]
reload() {
	local mtu=$1
	shift
	ns peer1 "$CTL" unload eth0 >/dev/null
	ns router "$CTL" unload eth0 >/dev/null
	check "router loads, --mtu $mtu $*" load_router "$MODE" --mtu "$mtu" "$@"
	check "peer1 loads, --mtu $mtu $*" load_peer peer1 --mtu "$mtu" "$@"
	A1=$(address peer1)
}

# cell PATH-MTU TUNNEL-MTU
cell() {
	narrow "$1"
	check "path $1, tunnel $2: TCP from native" fetch peer1 host6 $HOST6
	check "path $1, tunnel $2: TCP to native" fetch host6 peer1 "$A1"
	check "path $1, tunnel $2: UDP to native" udp_file peer1 host6 $HOST6 $(($2 - 48))
	check "path $1, tunnel $2: UDP from native" udp_file host6 peer1 "$A1" $(($2 - 48))
}

mkdir "$WORK/www"
head -c 10000000 /dev/urandom >"$WORK/www/file"
line
warm_up
paths="1280 1308 9000" tunnels="1280 1472"
[ "$WHOLE" = all ] && paths="1280 1307 1308 1400 1500 9000" tunnels="1280 1400 1472"
for tunnel in $tunnels; do
	reload "$tunnel"
	for path in $paths; do
		cell "$path" "$tunnel"
	done
done

reload 8972
fast=$(forwarded router fast) slow=$(forwarded router daemon)
cell 9000 8972
fast=$(($(forwarded router fast) - fast)) slow=$(($(forwarded router daemon) - slow))
if [ "$MODE" = off ]; then
	check "  all of it went through the daemon" test "$fast" = 0 -a "$slow" -gt 2000
else
	check "  nearly all of it took the fast path" test "$fast" -gt $((20 * slow))
fi
cell 1500 8972
check "path 1500, tunnel 8972: datagrams of 20,000 bytes in inner fragments" udp_file host6 peer1 "$A1" 20000

# Nothing may be fragmented: the sender is told.
reload 1472 --df
for path in 1308 1400; do
	cell $path 1472
done
finish
