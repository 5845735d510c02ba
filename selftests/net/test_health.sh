#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native tc off
#
# `health` of a router and a peer: healthy at first; each fault is told by its check, with the exit code that
# makes a script withdraw or not, and is over when it is mended. Answers in time when the daemon does not, and is
# cheap.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
# shellcheck disable=SC2034
PEER_MODE=${MODE/native/auto}

health() { ns "$1" "$CTL" -j health eth0 "${@:2}"; }
result_of() { health "$1" "${@:3}" | jq -r ".instances[0].checks[] | select(.id == \"$2\") | .result"; }
is_told() { equal "$(result_of "$1" "$2" "${@:4}")" "$3"; }
healthy() { exits 0 ns "$1" "$CTL" health eth0; }

# fault NS ID RESULT SENTENCE: it has just been seeded
fault() {
	local code=1
	[ "$3" = warn ] && code=4
	check "$4: $2, $3" wait_for 5 is_told "$1" "$2" "$3"
	check "  exit code $code" exits $code ns "$1" "$CTL" health eth0 -q
}
mended() { check "  and healthy again" wait_for 10 healthy "$1"; }

# cheap N: so many questions take less than 100 ms of CPU time each, with starting the program
cheap() {
	local i used TIMEFORMAT="%U %S"
	used=$({ time for ((i = 0; i < $1; i++)); do ns router "$CTL" health eth0 -q; done; } 2>&1 |
		awk -v n="$1" '{ printf "%d", ($1 + $2) * 1000 / n }')
	echo "# a question takes $used ms of CPU time" >&3
	[ "$used" -lt 100 ]
}
# in_time SECONDS COMMAND...: it ends by then
in_time() {
	local begin=$SECONDS
	"${@:2}"
	[ $((SECONDS - begin)) -le "$1" ]
}

exec 3>&1
lab
warm_up
check "nothing loaded: exit code 3" exits 3 ns router "$CTL" health
check "nothing loaded there: exit code 3" exits 3 ns router "$CTL" health eth0
check "a wrong word: exit code 2" refused 2 frob ns router "$CTL" health --frob
check "a wrong time: exit code 2" refused 2 wait ns router "$CTL" health --wait 0
check "a wrong address: exit code 2" refused 2 --to ns router "$CTL" health --to nowhere
ns router ip -6 route add default via $HOST6
check "router loads ($MODE)" load_router "$MODE"
check "peer loads" load_peer peer1 --keepalive 1
check "the router is healthy" wait_for 10 healthy router
check "the peer is healthy" wait_for 10 healthy peer1
check "-q says nothing" equal "$(ns router "$CTL" health -q 2>&1)" ""
check "it is cheap" cheap 20

ns router ip -6 route del default
fault router ipv6-route fail "no IPv6 default route"
check "  but with --to it is enough to reach that" exits 0 ns router "$CTL" health eth0 --to $HOST6
check "  if that is reached" exits 1 ns router "$CTL" health eth0 --to 2001:db8:7::1
ns router ip -6 route add default via $HOST6
mended router
ns host6 ip link set eth0 down
fault router ipv6-side fail "no carrier on the IPv6 side"
ns host6 ip link set eth0 up
ns host6 ip addr replace $HOST6/64 dev eth0 nodad
ns router ip -6 route replace default via $HOST6
mended router
ns inet ip link set r0 down
fault router underlay fail "no carrier on the IPv4 side"
ns inet ip link set r0 up
ns inet ip addr replace 145.136.0.254/24 dev r0
mended router
ns router sysctl -qw net.ipv6.conf.all.forwarding=0
fault router forwarding fail "forwarding is off"
ns router sysctl -qw net.ipv6.conf.all.forwarding=1
ns router ip -6 route replace default via $HOST6
mended router
ns router ip addr del 145.136.0.1/24 dev eth0
fault router listen fail "the address is gone"
host4 router 145.136.0.1/24 145.136.0.254
mended router
if [ "$MODE" != off ]; then
	ns router tc qdisc del dev eth0 clsact
	fault router programs warn "a TC program is gone"
	ns router "$CTL" reload eth0 >/dev/null
	mended router
fi
if [ "$MODE" = native ]; then
	ns router ip link set v6 xdp off
	fault router programs warn "the XDP program is gone"
	ns router "$CTL" reload eth0 >/dev/null
	mended router
fi

pid=$(state router pid)
kill -STOP "$pid"
check "a daemon that is stopped: told in time" in_time 3 exits 1 ns router "$CTL" health eth0 --wait 1
check "  by its check" is_told router daemon fail
kill -CONT "$pid"
mended router
kill -KILL "$pid"
fault router daemon fail "a dead daemon"
check "  and of all instances, too" exits 1 ns router "$CTL" health
load_router "$MODE" >/dev/null 2>&1
mended router

ns router "$CTL" unload eth0 >/dev/null
check "a peer without its router: router, fail" wait_for 90 is_told peer1 router fail
check "  exit code 1" exits 1 ns peer1 "$CTL" health
finish
