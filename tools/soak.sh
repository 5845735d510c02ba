#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# soak.sh MINUTES [SEED]: a router and three peers, one behind NAT, under mixed traffic and random faults.
# Traffic has to recover within its time after each fault; each minute the invariants are checked: what cannot
# cost a packet has cost none, memory and descriptors stay flat, states are sane, the kernel does not complain.
# The same seed gives the same faults. Last line: N passed, N failed, N skipped.

MINUTES=${1:-20}
SEED=${2:-$RANDOM}
top=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../selftests/net/lib.sh
. "$top/selftests/net/lib.sh"
# shellcheck source=../selftests/net/topology.sh
. "$top/selftests/net/topology.sh"
# shellcheck source=../selftests/net/flow.sh
. "$top/selftests/net/flow.sh"

RECOVERY=30 # seconds at most until all paths work again
ROOM=512 # KB of memory that a daemon may grow by
DAEMONS="router peer1 peer2 peer3"
LOSSLESS="reload_router reload_peer crash_router crash_peer end_router reload_mtu tools"
LOSSY="flap_underlay flap_native lose_route rebind_nat crash_and_wait restart_peer delete_tun change_address full_descriptors"
lossy=0 # faults of this minute that may cost packets
restarted=0 # counters began anew

daemon() { state "$1" pid; }
dead() { state_is "$1" state dead; }
up() { exits 0 ns "$1" "$CTL" status eth0; }
load_again() { # NS
	case $1 in
	router) load_router native --account all ;;
	*) load_peer "$1" ;;
	esac
}
crash() { kill -KILL "$(daemon "$1")" && wait_for 5 dead "$1"; }

# --- faults ------------------------------------------------------------------------------------------------

random_of() { shift $((RANDOM % $#)); echo "$1"; }
some_peer() { random_of peer1 peer2 peer3; }

reload_router() { ns router "$CTL" reload eth0; }
reload_peer() { ns "$(some_peer)" "$CTL" reload eth0; }
crash_router() { crash router && load_again router; }
crash_peer() { local p; p=$(some_peer); crash "$p" && load_again "$p"; }
end_router() {
	local pid
	pid=$(daemon router)
	kill -TERM "$pid" && wait_for 10 not kill -0 "$pid" && load_again router
}
reload_mtu() { ns router "$CTL" reload eth0 --mtu "$(random_of 1280 1400)"; }
tools() {
	local n
	for n in $DAEMONS; do
		ns "$n" sh -c "$CTL status -j && $CTL stats -j && $CTL neigh -j" >/dev/null || return
	done
}

flap_underlay() {
	ns router ip link set eth0 down
	ns inet ping -q -c 5 -i 0.2 -W 1 $ROUTER4 >/dev/null
	ns router ip link set eth0 up
	ns router ip route replace default via 145.136.0.254
}
flap_native() {
	ns router ip link set v6 down
	ns inet ping -q -c 5 -i 0.2 $ROUTER4 >/dev/null
	ns router ip link set v6 up
	ns router ip addr replace 2001:db8:6::1/64 dev v6 nodad
}
lose_route() {
	ns router ip route del default
	ns inet ping -q -c 5 -i 0.2 $ROUTER4 >/dev/null
	ns router ip route replace default via 145.136.0.254
}
rebind_nat() { nat_to $((40000 + 2 * (RANDOM % 1000))); }
crash_and_wait() {
	crash router || return
	ns inet ping -q -c 10 -i 0.3 $ROUTER4 >/dev/null
	load_again router
}
restart_peer() { local p; p=$(some_peer); ns "$p" "$CTL" unload eth0 && load_again "$p"; }
delete_tun() {
	local p pid
	p=$(some_peer)
	pid=$(daemon "$p")
	ns "$p" ip link del 6bed4
	wait_for 10 not kill -0 "$pid" && load_again "$p"
}
change_address() {
	local to
	to=131.2.0.$((2 + RANDOM % 100))
	ns peer2 ip addr flush dev eth0
	ns peer2 ip addr add "$to/24" dev eth0
	ns peer2 ip route replace default via 131.2.0.254
}
full_descriptors() {
	local pid soft
	pid=$(daemon router)
	soft=$(awk '/^Max open files/ { print $4 }' "/proc/$pid/limits")
	as_daemon "$pid" prlimit --pid "$pid" --nofile=10: || return
	ns router timeout 3 "$CTL" neigh >/dev/null 2>&1
	as_daemon "$pid" prlimit --pid "$pid" --nofile="$soft":
}

# --- traffic -----------------------------------------------------------------------------------------------

begin_traffic() {
	relayed=$(counted router relay)
	flow_begin 300 "$(line_peer_native)" "$(line_native_peer)" "$(line_peer_peer)" \
		"$(line_udp peer1-native peer1 host6 $HOST6 7000)"
}
reaches() { ns "$1" ping -q -c1 -W1 "$2"; }
all_paths() {
	local p a
	for p in peer1 peer2 peer3; do
		a=$(address "$p")
		[ -n "$a" ] && reaches "$p" $HOST6 && reaches host6 "$a" || return
	done
	reaches peer1 "$(address peer2)" && reaches peer2 "$(address peer3)" && reaches peer3 "$(address peer1)"
}
# If they do not, that is one failure; what comes next is not to be more of the same.
recovered() {
	local failed=$tap_failed n
	check "  all paths work within $RECOVERY s" wait_for $RECOVERY all_paths
	[ "$failed" != "$tap_failed" ] || return 0
	lossy=1 restarted=1
	for n in $DAEMONS; do
		ns "$n" "$CTL" status eth0
		ns "$n" "$CTL" unload eth0
		load_again "$n"
	done 2>&1 | diag
	wait_for $RECOVERY all_paths >/dev/null
}
bulk() {
	local from
	from=$(some_peer)
	if [ $((RANDOM % 2)) = 0 ]; then fetch "$from" host6 $HOST6; else fetch host6 "$from" "$(address "$from")"; fi
}

# --- invariants --------------------------------------------------------------------------------------------

memory() { awk '/^Private_(Dirty|Clean):/ { n += $2 } END { print n }' "/proc/$(daemon "$1")/smaps_rollup"; }
descriptors() { find "/proc/$(daemon "$1")/fd" -mindepth 1 | wc -l; }
complaints() { dmesg 2>/dev/null | grep -cE 'WARNING:|BUG:|Oops|general protection'; }
declare -A memory_was descriptors_were
remember() {
	local n
	for n in $DAEMONS; do
		memory_was[$n]=$(memory "$n")
		descriptors_were[$n]=$(descriptors "$n")
	done
	complaints_were=$(complaints)
}
flat() {
	local n m bad=0
	for n in $DAEMONS; do
		m=$(memory "$n")
		[ "$m" -le $((memory_was[$n] + ROOM)) ] || { echo "$n: $m KB, was ${memory_was[$n]}"; bad=1; }
		m=$(descriptors "$n")
		[ "$m" -le $((descriptors_were[$n] + 1)) ] || { echo "$n: $m descriptors, had ${descriptors_were[$n]}"; bad=1; }
	done
	return $bad
}
sane_neighbours() {
	local n
	for n in $DAEMONS; do
		ns "$n" "$CTL" neigh -j eth0 | jq -e 'all(.neighbours[]; (.state | ascii_downcase |
			IN("seen", "incomplete", "reachable", "stale", "delay", "probe", "via-router", "via router", "permanent"))
			and .rx_packets >= 0 and .tx_packets >= 0)' >/dev/null || { ns "$n" "$CTL" neigh -j eth0; return 1; }
	done
}
all_up() { local n; for n in $DAEMONS; do up "$n" || return; done; }
no_complaint() { [ "$(complaints)" = "$complaints_were" ] || { dmesg | tail -30; return 1; }; }
# All relayed packets are numbered ones or peers' own, and each numbered one was counted.
counted_all() { [ $(($(counted router relay) - relayed)) -ge "$(jq 'select(.flow == "peer-peer").arrived' "$WORK/flow.json")" ]; }

minute() {
	local n=$1 faults=$2 end=$((SECONDS + 60)) fault i=0
	lossy=0 restarted=0
	begin_traffic
	while [ $SECONDS -lt $end ]; do
		if [ "$faults" = lossy ] && [ $((RANDOM % 2)) = 0 ]; then
			lossy=1
			# shellcheck disable=SC2086
			fault=$(random_of $LOSSY)
		else
			# shellcheck disable=SC2086
			fault=$(random_of $LOSSLESS)
		fi
		check "minute $n: $fault" "$fault"
		recovered
		if [ $((i++ % 3)) = 0 ]; then check "  bulk TCP" bulk; fi
	done
	flow_end >/dev/null
	jq -r '"# minute '"$n"': \(.flow): \(.sent) sent, \(.lost) lost"' "$WORK/flow.json"
	if [ $lossy = 0 ]; then check "minute $n: nothing was lost" flow_lossless; fi
	check "minute $n: all are up" all_up
	check "minute $n: memory and descriptors are flat" flat
	check "minute $n: neighbours are sane" sane_neighbours
	[ $restarted = 1 ] || check "minute $n: each relayed packet was counted" counted_all
	check "minute $n: the kernel does not complain" no_complaint
}

finish_soak() {
	local n
	for n in $DAEMONS; do
		check "unload ($n)" ns "$n" "$CTL" unload eth0
		check "  nothing is left" clean "$n"
	done
	echo "# seed $SEED"
	echo "$((tap_n - tap_failed)) passed, $tap_failed failed, 0 skipped"
	[ $tap_failed = 0 ]
	exit
}

RANDOM=$SEED
echo "# soak: $MINUTES minutes, seed $SEED"
mkdir "$WORK/www"
head -c 3000000 /dev/urandom >"$WORK/www/file"
lab
warm_up
for n in $DAEMONS; do
	check "$n loads" load_again "$n"
done
check "all paths work" wait_for $RECOVERY all_paths
for n in $DAEMONS; do ns "$n" "$CTL" reload eth0 >/dev/null; done
remember
# Two minutes without anything that may cost packets, then one with.
for ((n = 1; n <= MINUTES; n++)); do
	minute $n "$([ $((n % 3)) = 0 ] && echo lossy || echo lossless)"
done
finish_soak
