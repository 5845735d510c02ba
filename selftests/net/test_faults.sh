#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native tc off
#
# What can go wrong around a running instance, each with what has to become of it: links, addresses and
# routes come and go, bpffs and the TUN device vanish, somebody writes into maps, the wall clock steps, memory
# and descriptors run out, /run is full.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
# shellcheck disable=SC2034
PEER_MODE=${MODE/native/auto}
SOON=15 # seconds in which all is well again

rctl() { ns router "$CTL" "$@"; }
reaches_native() { ns "$1" ping -q -c1 -W1 $HOST6; }
recovers() { wait_for $SOON reaches_native peer1 && pings peer1 $HOST6; }
peers_recover() { wait_for $SOON ns peer1 ping -q -c1 -W1 "$(address peer2)" && pings peer1 "$(address peer2)"; }
cut_off() { not reaches_native peer1; }
daemon() { state "$1" pid; }
dead() { state_is "$1" state dead; }
alive() { kill -0 "$(daemon "$1")"; }
# unhurt NS WORDS...: that command of ours ends in time, by itself
unhurt() {
	local code=0 where=$1
	shift
	ns "$where" timeout 10 "$CTL" "$@" || code=$?
	[ $code -lt 124 ] || { echo "exit code $code"; return 1; }
}
all_up() { exits 0 rctl status eth0 && exits 0 ns peer1 "$CTL" status eth0; }
load_anew() {
	local n
	for n in router peer1; do
		ns $n "$CTL" unload eth0
		sweep $n
	done
	load_router "$MODE"
	load_peer peer1
}

# --- links, addresses, routes --------------------------------------------------------------------------

# The kernel forgets routes with a link; whoever manages it sets them again.
flap() { # NS DEV COMMAND-AFTER...
	local where=$1 dev=$2
	shift 2
	ns "$where" ip link set "$dev" down
	cut_off || return 1
	ns "$where" ip link set "$dev" up
	ns "$where" "$@"
}
v6_again() { ns router ip addr add 2001:db8:6::1/64 dev v6 nodad 2>/dev/null || true; }

links() {
	local old
	check "the router's underlay link goes down and up" flap router eth0 ip route replace default via 145.136.0.254
	check "  and all is well again" recovers
	check "  between peers, too" peers_recover
	check "the IPv6-side link goes down and up" flap router v6 ip addr replace 2001:db8:6::1/64 dev v6 nodad
	check "  and all is well again" recovers
	check "a peer's underlay link goes down and up" flap peer1 eth0 ip route replace default via 131.1.0.254
	check "  and all is well again" recovers
	ns router ip route del default
	check "the router's IPv4 route is lost" cut_off
	check "  its daemon stays" alive router
	ns router ip route add default via 145.136.0.254
	check "  the route is back, and all is well again" recovers
	ns peer1 ip route del default
	check "a peer's IPv4 route is lost" cut_off
	check "  its daemon stays" alive peer1
	ns peer1 ip route add default via 131.1.0.254
	check "  the route is back, and all is well again" recovers
	old=$(address peer1)
	ns peer1 ip addr add 131.1.0.3/24 dev eth0
	ns peer1 ip addr del 131.1.0.2/24 dev eth0
	ns peer1 ip addr add 131.1.0.3/24 dev eth0 2>/dev/null # gone with the first, if it was a second one
	ns peer1 ip route replace default via 131.1.0.254
	check "a peer's IPv4 address changes: it has another 6bed4 address" wait_for $SOON another_address "$old"
	check "  with which all is well" recovers
	check "  between peers, too" peers_recover
}
another_address() { [ -n "$(address peer1)" ] && [ "$(address peer1)" != "$1" ]; }

# A router's address is part of everybody's configuration: it follows, or it says clearly what is wrong.
follows_or_says() {
	rctl status eth0 -j | jq -e '.instances[0] | (.listen | startswith("145.136.0.3:")) or
		(.state == "degraded" and (.state_text | test("145\\.136\\.0\\.1")))'
}
router_address() {
	ns router ip addr flush dev eth0
	ns router ip addr add 145.136.0.3/24 dev eth0
	ns router ip route replace default via 145.136.0.254
	check "the router's IPv4 address changes: it follows, or is degraded and says why" wait_for $SOON follows_or_says
	check "  its daemon stays" alive router
	ns router ip addr flush dev eth0
	ns router ip addr add 145.136.0.1/24 dev eth0
	ns router ip route replace default via 145.136.0.254
	check "  the address is back, and all is well again" recovers
	check "  status says so" wait_for $SOON exits 0 rctl status eth0
}

# --- what is taken away --------------------------------------------------------------------------------

# A mount namespace whose bpffs is its own.
inside() { nsenter --mount="/proc/$mounts/ns/mnt" --net="/run/netns/$TAG-router" "$@"; }
own_mounts() {
	background mounts unshare -m --propagation private sh -c "$1; echo ready; exec tail -f /dev/null"
	mounts=$last_pid
	wait_for 5 grep -q ready "$WORK/mounts.log"
}
no_bpffs() {
	rctl unload eth0 >/dev/null
	own_mounts "while umount /sys/fs/bpf 2>/dev/null; do :; done; mount -t bpf bpf /sys/fs/bpf"
	check "a router loads on a bpffs of its own" inside "$CTL" load eth0 --prefix $PREFIX --v6-dev v6 --fast-path "$MODE"
	check "  and works" recovers
	inside umount -l /sys/fs/bpf
	check "bpffs is unmounted: forwarding goes on" recovers
	check "  status still works" inside "$CTL" status eth0
	check "  stats, too" inside "$CTL" stats eth0
	check "  unload" inside "$CTL" unload eth0
	check "  nothing is left" clean
	end_pid "$mounts"
	check "router loads again" load_router "$MODE"
	check "  and works" recovers
}

ends_with_error() {
	wait_for $SOON not kill -0 "$1" || { kill -KILL "$1"; return 1; }
	not wait "$1"
}
no_tun() {
	local pid
	pid=$(daemon router)
	ns router ip link del 6bed4
	check "the TUN device is deleted: the daemon ends" wait_for $SOON not kill -0 "$pid"
	check "  status says so" exits 4 rctl status eth0
	check "  load repairs" load_router "$MODE"
	check "  and all is well again" recovers
	pid=$(daemon peer1)
	ns peer1 ip link del 6bed4
	check "a peer's TUN device is deleted: the daemon ends" wait_for $SOON not kill -0 "$pid"
	check "  status says so" exits 4 ns peer1 "$CTL" status eth0
	check "  load repairs" load_peer peer1
	check "  and all is well again" recovers
	bg_ns fg peer3 "$CTL" load eth0 --server $ROUTER4 --default-route --foreground
	wait_for 10 exits 0 ns peer3 "$CTL" status eth0
	ns peer3 ip link del 6bed4
	check "a daemon in the foreground whose TUN device is deleted ends with an error" ends_with_error "$last_pid"
	check "  that names the device" grep -q 'TUN\|6bed4 ' "$WORK/fg.log"
	ns peer3 "$CTL" unload eth0 >/dev/null 2>&1
}

# --- maps ----------------------------------------------------------------------------------------------

pinned() { echo "$(pins_of "$1")/$2"; }
# garbage NS MAP KEY...: into that entry, key and value as bytes
garbage() {
	local where=$1 map=$2 size
	shift 2
	size=$(ns "$where" bpftool -j map show pinned "$(pinned "$where" "$map")" | jq .bytes_value)
	# shellcheck disable=SC2046
	ns "$where" bpftool map update pinned "$(pinned "$where" "$map")" key "$@" \
		value hex $(head -c "$size" /dev/urandom | od -An -v -tx1)
}
self() { ns "$1" bpftool -j map lookup pinned "$(pinned "$1" self)" key 0 0 0 0 | jq -c '.value | del(.[56:60])'; } # but for its generation
self_is() { equal "$(self "$1")" "$2"; }
key_of() { /usr/bin/python3 -c 'import socket, sys; print(*socket.inet_pton(socket.AF_INET6, sys.argv[1]))' "$1"; }
tools_unhurt() {
	local words
	for words in status "status -j" stats "stats -j" neigh "neigh -j" "neigh -j --all"; do
		# shellcheck disable=SC2086
		unhurt "$1" $words || { echo "$words"; return 1; }
	done
}
tampered_self() {
	local before
	before=$(self "$1")
	garbage "$1" self 0 0 0 0
	check "somebody writes into map self ($1): tools go on" tools_unhurt "$1"
	check "  the daemon restores it" wait_for $SOON self_is "$1" "$before"
	check "  and all is well again" recovers
}
tampered_info() {
	garbage "$1" info 0 0 0 0
	check "somebody writes into map info ($1): tools go on" tools_unhurt "$1"
	check "  the daemon stays" recovers
}
tampered_neigh() {
	local n
	for n in 1 2 3 4; do # random keys, and one that is in use
		# shellcheck disable=SC2046
		garbage peer1 neigh hex 20 01 06 7c 12 7c 00 00 $(head -c 8 /dev/urandom | od -An -v -tx1)
	done
	# shellcheck disable=SC2046
	garbage peer1 neigh $(key_of "$(address peer2)")
	check "somebody writes into map neigh: tools go on" tools_unhurt peer1
	check "  the neighbour is reached again" wait_for $SOON ns peer1 ping -q -c1 -W1 "$(address peer2)"
	into_nowhere "$(address peer2)"
	check "somebody leads a neighbour astray, and has it heard in the future: it is reached again" peers_recover
	check "  straight" wait_for $SOON path_is peer1 "$(address peer2)" direct
	check "somebody deletes a neighbour from the map" forget_neigh "$(address peer2)"
	check "  it is reached" peers_recover
	check "  straight" wait_for $SOON path_is peer1 "$(address peer2)" direct
	# shellcheck disable=SC2046
	garbage router neigh hex 20 01 06 7c 12 7c 00 00 $(head -c 8 /dev/urandom | od -An -v -tx1)
	check "  the router's tools go on, too" tools_unhurt router
}
policy() { ns router bpftool -j map dump pinned "$(pinned router policy4)" | jq -c 'map([.key, .value]) | sort'; }
policy_is() { equal "$(policy)" "$1"; }
tampered_policy() {
	local before
	check "the router gets lists of what is permitted and denied" \
		rctl reload eth0 --permit-v4 10.9.0.0/16 --deny-v4 131.7.7.0/24
	before=$(policy)
	ns router bpftool map delete pinned "$(pinned router policy4)" key 24 0 0 0 131 7 7 0
	ns router bpftool map update pinned "$(pinned router policy4)" key 8 0 0 0 10 0 0 0 value 1 0 0 0
	check "  somebody permits more, and denies less" not policy_is "$before"
	check "  the daemon restores both" wait_for $SOON policy_is "$before"
	check "  and all is well again" recovers
}
# into_nowhere ADDRESS: peer1 sends to it straight, to 67.236.146.8:22451, and has just heard it, for ever
into_nowhere() {
	local key
	key=$(key_of "$1")
	# shellcheck disable=SC2086
	ns peer1 bpftool map update pinned "$(pinned peer1 neigh)" key $key value hex 43 ec 92 08 b3 57 03 01 \
		ff ff ff ff ff ff ff ff 01 00 00 00 ff ff ff ff $(zeros 32)
}
zeros() { head -c "$1" /dev/zero | od -An -v -tx1; }
# shellcheck disable=SC2046
forget_neigh() { ns peer1 bpftool map delete pinned "$(pinned peer1 neigh)" key $(key_of "$1"); }
maps() {
	check "peers know each other" peers_recover
	tampered_self router
	tampered_self peer1
	tampered_neigh
	tampered_policy
	tampered_info router
	check "  unload cleans up all the same" rctl unload eth0
	check "  nothing is left" clean
	sweep router >/dev/null 2>&1
	check "  load" load_router "$MODE"
	check "  and all is well again" recovers
	tampered_info router
	kill -KILL "$(ns router ss -Hlxnp | sed -nE 's/.*@6bed4\/eth0 .*pid=([0-9]+).*/\1/p')"
	check "map info of a dead daemon is garbage: tools go on" tools_unhurt router
	check "  load repairs" load_router "$MODE"
	check "  and all is well again" recovers
}

# --- clock ---------------------------------------------------------------------------------------------

clock() {
	ns peer1 "$CTL" unload eth0 >/dev/null
	export LD_PRELOAD=$TOP/build/net/clock.so
	ns peer1 "$CTL" load eth0 --server $ROUTER4 --default-route --fast-path off >"$WORK/clock.out" 2>&1
	local code=$?
	unset LD_PRELOAD
	check "a wall clock that steps by hours: a peer loads" equal $code 0
	check "  it has the shim" grep -q clock.so "/proc/$(daemon peer1)/maps"
	check "  nothing is lost" pings peer1 $HOST6 50 0.05
	check "  nor between peers" peers_recover
	check "  its uptime is that of its life" test "$(state peer1 uptime_seconds)" -lt 600
	ns peer1 "$CTL" unload eth0 >/dev/null
	check "peer1 loads again" load_peer peer1
}

# --- what runs out -------------------------------------------------------------------------------------

ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
# idle_share PID: percent of a CPU that it takes while others ping
share() {
	local before start=$EPOCHREALTIME
	before=$(ticks "$1")
	ns inet ping -q -c 20 -i 0.1 $ROUTER4 >/dev/null
	awk -v a="$before" -v b="$(ticks "$1")" -v s="$start" -v e="$EPOCHREALTIME" 'BEGIN { printf "%d\n", (b - a) / (e - s) }'
}
calm() { local s; s=$(share "$1"); [ "$s" -lt 30 ] || { echo "takes $s % of a CPU"; return 1; }; }
in_time() { local code=0; "$@" || code=$?; [ $code -lt 124 ]; }
hidden() { ip netns exec "$TAG-router" timeout 15 "$CTL" "$@"; } # twice what its own patience is

no_descriptors() {
	local pid limit
	pid=$(daemon router)
	[ -n "$pid" ] || { not_ok "the router has a daemon"; return; }
	limit=$(awk '/^Max open files/ { print $4 }' "/proc/$pid/limits")
	# those that it has stay open: the limit is on the number of a new one
	check "the daemon gets no more descriptors" as_daemon "$pid" prlimit --pid "$pid" --nofile=1:
	bg_ns asks router timeout 20 python3 -c "
import socket
s = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for n in range(4)]
for x in s:
    x.setblocking(False)
    try: x.connect('\0' + '6bed4/eth0')
    except OSError as e: print(e)
print('asked', flush=True)
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).recv(1)"
	wait_for 5 grep -q asked "$WORK/asks.log"
	check "no descriptor is left: forwarding goes on" recovers
	check "  the daemon does not spin" calm "$pid"
	check "  a tool that asks it is told" in_time hidden status
	end_pid "$last_pid"
	as_daemon "$pid" prlimit --pid "$pid" --nofile="$limit":
	check "  descriptors are there again: it answers" wait_for $SOON hidden status
	check "  it is the same daemon" equal "$(daemon router)" "$pid"
}

# without CALLS: while these fail in the router's and peer1's daemon, every second time
without() {
	local what=$1 calls=$2 pid tracers=() pids=() d
	for d in router peer1; do
		pid=$(daemon $d)
		pids+=("$pid")
		background "strace-$d" strace -f -qq -p "$pid" -e "trace=$calls" -e "inject=$calls:error=ENOMEM:when=1+2"
		tracers+=("$last_pid")
		wait_for 5 grep -q '^TracerPid:.[1-9]' "/proc/$pid/status"
	done
	ns peer1 ping -q -c 20 -i 0.1 -W1 $HOST6 >/dev/null
	ns peer1 ping -q -c 20 -i 0.1 -W1 "$(address peer2)" >/dev/null
	ns host6 ping -q -c 10 -i 0.1 -W1 "$(expected 131.2.0.77:4000)" >/dev/null
	check "out of memory: $what of a running daemon fails now and then: it stays" kill -0 "${pids[0]}"
	check "  a peer's, too" kill -0 "${pids[1]}"
	for pid in "${tracers[@]}"; do end_pid "$pid"; done
	check "  there is memory again, and all is well" recovers
	check "  between peers, too" peers_recover
}
no_memory() {
	without sending sendmsg,sendmmsg,sendto
	without receiving recvmsg,recvmmsg,read,readv,recvfrom
	without bpf bpf
}

run_full() {
	rctl unload eth0 >/dev/null
	ns peer1 "$CTL" unload eth0 >/dev/null
	own_mounts "mount --bind /run/netns /mnt; mount -t tmpfs -o nr_inodes=1,size=4k none /run"
	check "/run is full: a router loads, or one line says why not" at_work_or_told router load eth0 --prefix $PREFIX --v6-dev v6 --fast-path "$MODE"
	check "  a peer, too" at_work_or_told peer1 load eth0 --role peer --server $ROUTER4 --default-route --fast-path "$MODE"
	check "  unload of both" unload_both
	check "  nothing is left" clean
	check "  nor of the peer" clean peer1
	end_pid "$mounts"
	check "router loads again" load_router "$MODE"
	check "peer1 loads again" load_peer peer1
	check "  and all is well again" recovers
}
in_mounts() { local n=$1; shift; nsenter --net="/run/netns/$TAG-$n" nsenter --mount="/proc/$mounts/ns/mnt" "$@"; }
at_work_or_told() {
	local where=$1 code=0
	shift
	in_mounts "$where" "$CTL" "$@" >"$WORK/full.out" 2>"$WORK/full.err" || code=$?
	cat "$WORK/full.err"
	[ $code = 0 ] && { exits 0 ns "$where" "$CTL" status eth0; return; }
	equal $code 1 && equal "$(wc -l <"$WORK/full.err")" 1 && grep -qE '/run|No space' "$WORK/full.err"
}
unload_both() { in_mounts router "$CTL" unload eth0 && in_mounts peer1 "$CTL" unload eth0; }

lab
warm_up
check "router loads ($MODE)" load_router "$MODE"
check "peer1 loads" load_peer peer1
check "peer2 loads" load_peer peer2
check "all is well" recovers
check "between peers, too" peers_recover
for fault in ${FAULTS:-links router_address no_bpffs no_tun maps clock no_descriptors no_memory run_full}; do
	echo "# $fault at $SECONDS s"
	$fault
	{ all_up && recovers; } >/dev/null 2>&1 || load_anew >/dev/null 2>&1
done
finish
