#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native generic tc off
#
# Programs of others on the devices that we use, from before load or put there while we run: never
# removed nor replaced. Load joins them or refuses and says which is in the way; after unload they
# are where they were and go on counting.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
GUEST=$TOP/build/bpf/guests.bpf.o

rctl() { ns router "$CTL" "$@"; }
works() { wait_for 15 ns peer1 ping -q -c1 -W1 $HOST6; }
load_it() { load_router "$MODE" "$@"; }

# --- guests ----------------------------------------------------------------------------------------------

# xdp_guest DEV drv|generic [FORCE]
xdp_guest() { ns router ip ${3:-} link set dev "$1" "xdp$2" obj "$GUEST" sec xdp; }
xdp_leave() { ns router ip link set dev "$1" "xdp$2" off; }
# The programs attached to a device, by id, in the order of hooks.
xdp_ids() { ns router ip -j -d link show "$1" | jq -c '[.[0].xdp | .. | .id? // empty] | unique'; }
tc_ids() { # DEV ingress|egress: of programs called guest_tc
	ns router tc -j filter show dev "$1" "$2" |
		jq -r '.[] | select(.options.prog.name == "guest_tc") | .options.prog.id'
}
tc_guest() { # DEV ingress|egress [PLACE...]
	local dev=$1 hook=$2
	shift 2
	ns router tc qdisc add dev "$dev" clsact 2>/dev/null
	ns router tc filter add dev "$dev" "$hook" "$@" bpf da obj "$GUEST" sec tc
}
seen_more() { [ "$(saw "$1")" -gt "$2" ]; }
# counts_on PROGRAM DEV: what goes through that device is counted by it
counts_on() {
	local n
	n=$(saw "$1") || return 1
	ns inet ping -q -c1 -W1 $ROUTER4 >/dev/null
	ns host6 ping -q -c1 -W1 2001:db8:6::1 >/dev/null
	[ "$2" = eth0 ] || [ "$2" = v6 ] || works # only tunnelled traffic goes there
	wait_for 5 seen_more "$1" "$n"
}

# joins_or_refuses DEV COMMAND...: at work with the guest, or one line that names device and reason
joins_or_refuses() {
	local dev=$1 code=0
	shift
	"$@" >"$WORK/join.out" 2>"$WORK/join.err" || code=$?
	cat "$WORK/join.out" "$WORK/join.err"
	joined=$((code == 0))
	[ $joined = 1 ] && { works; return; }
	equal $code 1 && equal "$(wc -l <"$WORK/join.err")" 1 && grep -q "$dev" "$WORK/join.err" &&
		grep -qE 'another|somebody|taken|in use|File exists' "$WORK/join.err"
}
ours_is_gone() { # what is left is theirs: DEV of the guest
	rctl unload eth0 && equal "$(traces | grep -vE 'clsact|guest|^v6\(|^eth0\(|^ *(xdp|tc):' | grep -v '^$')" ""
}

# --- XDP -------------------------------------------------------------------------------------------------

needs_xdp() { [ "$MODE" = native ] || [ "$MODE" = generic ]; }

xdp_before() { # DEV HOW
	local dev=$1 how=$2 id
	xdp_guest "$dev" "$how" || { skip "$how XDP of somebody on $dev" "the device refuses it"; return; }
	id=$(xdp_ids "$dev")
	if needs_xdp; then
		check "$how XDP of somebody on $dev: load joins or refuses" joins_or_refuses "$dev" load_it
	else
		check "$how XDP of somebody on $dev: load does not mind" load_it
		check "  and works" works
	fi
	check "  theirs is there" equal "$(xdp_ids "$dev")" "$id"
	check "  and counts" counts_on "$(jq '.[0]' <<<"$id")" "$dev"
	check "  unload" ours_is_gone
	check "  theirs is there" equal "$(xdp_ids "$dev")" "$id"
	check "  and counts" counts_on "$(jq '.[0]' <<<"$id")" "$dev"
	check "auto with $how XDP of somebody on $dev: joins or refuses" joins_or_refuses "$dev" load_router auto
	check "  theirs is there" equal "$(xdp_ids "$dev")" "$id"
	rctl unload eth0 >/dev/null
	check "  also after unload" equal "$(xdp_ids "$dev")" "$id"
	xdp_leave "$dev" "$how"
}

# Somebody replaces ours by force while it runs.
xdp_usurper() { # DEV
	local how=drv id
	[ "$MODE" = generic ] && how=generic
	load_it >/dev/null
	check "somebody's XDP is not attached to $1 over ours without force" not xdp_guest "$1" $how
	check "  ours works" works
	xdp_guest "$1" $how -force || { skip "somebody replaces XDP on $1 by force" "the kernel refuses"; return; }
	id=$(xdp_ids "$1")
	check "somebody replaces XDP on $1 by force: unload leaves theirs" ours_is_gone
	check "  it is there" equal "$(xdp_ids "$1")" "$id"
	check "  and counts" counts_on "$(jq '.[0]' <<<"$id")" "$1"
	xdp_leave "$1" $how
	load_it >/dev/null
	xdp_guest "$1" $how -force
	id=$(xdp_ids "$1")
	kill -KILL "$(state router pid)"
	wait_for 5 state_is router state dead
	check "  and then the daemon dies: load joins or refuses" joins_or_refuses "$1" load_it
	check "  theirs is there" equal "$(xdp_ids "$1")" "$id"
	check "  unload" rctl unload eth0
	check "  theirs is there" equal "$(xdp_ids "$1")" "$id"
	check "  and counts" counts_on "$(jq '.[0]' <<<"$id")" "$1"
	xdp_leave "$1" $how
}

# --- TC --------------------------------------------------------------------------------------------------

tc_before() { # DEV HOOK
	local id
	tc_guest "$1" "$2"
	id=$(tc_ids "$1" "$2")
	check "TC program of somebody at $1 $2: load joins" load_it
	check "  and works" works
	check "  theirs counts" counts_on "$id" "$1"
	check "  unload" ours_is_gone
	check "  theirs is there" equal "$(tc_ids "$1" "$2")" "$id"
	check "  and counts" counts_on "$id" "$1"
	ns router tc qdisc del dev "$1" clsact
}
tc_after() { # DEV HOOK
	local id
	load_it >/dev/null
	tc_guest "$1" "$2"
	id=$(tc_ids "$1" "$2")
	check "TC program of somebody comes to $1 $2 later: all works" works
	check "  theirs counts" counts_on "$id" "$1"
	kill -KILL "$(state router pid)"
	wait_for 5 state_is router state dead
	check "  the daemon dies, load takes over" load_it
	check "  theirs is there" equal "$(tc_ids "$1" "$2")" "$id"
	check "  unload" ours_is_gone
	check "  theirs is there" equal "$(tc_ids "$1" "$2")" "$id"
	check "  and counts" counts_on "$id" "$1"
	ns router tc qdisc del dev "$1" clsact
}
# Where ours would go, as far as others can know.
tc_same_place() {
	local id pref handle
	load_it >/dev/null
	read -r pref handle < <(ns router tc -j filter show dev eth0 ingress |
		jq -r '[.[] | select(.options.handle)][0] // empty | "\(.pref) \(.options.handle)"')
	rctl unload eth0 >/dev/null
	if [ -z "$pref" ]; then
		skip "TC program of somebody in our place" "we have none on eth0 in mode $MODE"
		return
	fi
	tc_guest eth0 ingress pref "$pref" handle "$handle"
	id=$(tc_ids eth0 ingress)
	check "TC program of somebody in our place: load joins or refuses" joins_or_refuses eth0 load_it
	check "  theirs is there" equal "$(tc_ids eth0 ingress)" "$id"
	check "  unload" rctl unload eth0
	check "  theirs is there" equal "$(tc_ids eth0 ingress)" "$id"
	check "  and counts" counts_on "$id" eth0
	ns router tc qdisc del dev eth0 clsact
}
qdisc_is() { ns router tc qdisc show dev "$1" | grep -q "$2"; }
qdiscs() {
	ns router tc qdisc add dev eth0 ingress
	check "an ingress qdisc of somebody: load joins" load_it
	check "  and works" works
	check "  unload" rctl unload eth0
	check "  theirs is there" qdisc_is eth0 "qdisc ingress"
	ns router tc qdisc del dev eth0 ingress
	ns router tc qdisc add dev eth0 root handle 7: pfifo limit 777
	check "a root qdisc of somebody: load joins" load_it
	check "  and works" works
	check "  unload" rctl unload eth0
	check "  theirs is there" qdisc_is eth0 "pfifo 7: root"
	ns router tc qdisc del dev eth0 root
}

# A TUN device of the operator, with a program of somebody on it.
tun_guest() {
	local id
	ns router ip tuntap add mine mode tun
	ns router ip link set mine up
	tc_guest mine egress
	id=$(tc_ids mine egress)
	check "somebody's TUN device with somebody's TC program: load joins" load_it --tun mine
	check "  and works" works
	# What XDP forwards never comes there; the router's own answers do.
	ns peer1 ping -q -c1 -W1 $ROUTER6 >/dev/null
	check "  theirs counts" [ "$(saw "$id")" -gt 0 ]
	check "  unload" rctl unload eth0
	check "  the device is there" ns router ip link show mine
	check "  theirs is there" equal "$(tc_ids mine egress)" "$id"
	check "  and nothing of ours" equal "$(ns router tc -j filter show dev mine egress | jq '[.[] | select(.options.handle)] | length')" 1
	ns router ip link del mine
}

lab
warm_up
check "router loads ($MODE)" load_it
check "peer1 loads" load_peer peer1
check "it works" works
check "router unloads" rctl unload eth0
for dev in eth0 v6; do
	for how in drv generic; do
		xdp_before $dev $how
	done
	needs_xdp && xdp_usurper $dev
done
tc_before eth0 ingress
tc_before eth0 egress
[ "$MODE" = off ] || tc_after eth0 ingress
tc_same_place
qdiscs
tun_guest
check "nothing is left" clean
finish
