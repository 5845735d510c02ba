#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native generic
#
# Cached next hops never lead into a black hole: routes, links and neighbours change under load,
# with the daemon alive and dead. What plain kernel forwarding loses is measured beside it.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
FAR=2001:db8:99::1 # an address of host6 that two ways lead to

# A second cable between router and host6.
second_cable() {
	veth host6 eth1 router v6b
	ns router ip addr add 2001:db8:7::1/64 dev v6b nodad
	ns host6 ip addr add 2001:db8:7::2/64 dev eth1 nodad
	ns host6 ip addr add $FAR/128 dev lo
	ns host6 ip -6 route add default via 2001:db8:7::1 metric 512 # replies do not depend on the first
	wait_for 10 ns host6 ping -c1 -W1 2001:db8:7::1
	# Peers' addresses are answered by the same way, whatever it is.
	ns router ip -6 route replace $FAR via 2001:db8:6::2 dev v6
	# The kernel's own patience with silent neighbours, shortened for all that is compared here.
	for d in v6 v6b; do
		ns router sysctl -qw net.ipv6.neigh.$d.base_reachable_time_ms=2000 \
			net.ipv6.neigh.$d.delay_first_probe_time=1 net.ipv6.neigh.$d.gc_stale_time=1
	done
}

# flow: 100 packets a second from peer1 to FAR; lost: how many of them did not return, a second on
flow() { bg_ns flow peer1 ping -i 0.01 -W 1 $FAR && flow=$last_pid && wait_for 5 grep -q "icmp_seq=50" "$WORK/flow.log"; }
seq() { grep -oE 'icmp_seq=[0-9]+' "$WORK/flow.log" | tail -1 | cut -d= -f2; }
beyond() { [ "$(seq)" -gt "$1" ]; }
lost() {
	wait_for 20 beyond $(($(seq) + 100)) >&2
	kill -INT "$flow"
	wait "$flow" 2>/dev/null
	sed -nE 's/^([0-9]+) packets transmitted, ([0-9]+) received.*/\1 \2/p' "$WORK/flow.log" | { read -r sent got; echo $((sent - got)); }
}
at_most() { [ "$1" -le "$2" ] || { echo "lost $1, at most $2 allowed"; return 1; }; }
to_first() { ns router ip -6 route replace $FAR via 2001:db8:6::2 dev v6; }
to_second() { ns router ip -6 route replace $FAR via 2001:db8:7::2 dev v6b; }
# What comes in by the first cable is lost from now on, so a stale next hop shows.
cut_first() { ns host6 ip6tables -A INPUT -i eth0 -d $FAR -j DROP 2>/dev/null || ns host6 nft -f - <<<'
	table ip6 cut { chain in { type filter hook input priority 0; iifname "eth0" ip6 daddr '$FAR' drop; }; }'; }
mend_first() { ns host6 nft delete table ip6 cut 2>/dev/null || ns host6 ip6tables -F INPUT; }

# recovery LIMIT: seconds until FAR answers, after host6's first cable silently got another MAC
mac_n=16
silent_mac_change() {
	local start=$EPOCHREALTIME
	mac_n=$((mac_n + 1))
	ns host6 ip link set dev eth0 address "02:00:00:00:aa:$mac_n"
	wait_for 60 ns peer1 ping -c1 -W1 $FAR
	awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f\n", b - a }'
}
# How many are lost when the link goes down and there is another route.
link_goes_down() {
	ns router ip -6 route add $FAR via 2001:db8:7::2 dev v6b metric 2048
	flow
	ns router ip link set v6 down
	lost
}
link_comes_back() {
	ns router ip link set v6 up
	ns router ip addr add 2001:db8:6::1/64 dev v6 nodad 2>/dev/null
	wait_for 10 ns host6 ping -c1 -W1 2001:db8:6::1
	ns router ip -6 route del $FAR metric 2048
	to_first
	wait_for 10 ns peer1 ping -c1 -W1 $FAR
}

no_slower() { awk -v a="$1" -v b="$2" 'BEGIN { print "kernel " b " s, ours " a " s"; exit !(a <= b + 2.5) }'; }

cached() { [ "$(stat router xdp in-native)" -gt 40 ]; }

lab
second_cable
warm_up
load_router off >/dev/null
load_peer peer1 >/dev/null
wait_for 10 ns peer1 ping -c1 -W1 $FAR
flow
kernel_time=$(silent_mac_change)
lost >/dev/null
kernel_loss=$(link_goes_down)
link_comes_back
ns router "$CTL" unload eth0 >/dev/null

check "router loads ($MODE)" load_router "$MODE" --v6-dev v6b
check "a flow" flow
check "  through XDP" wait_for 5 cached
to_second && cut_first
check "route changed under load: nothing lost" at_most "$(lost)" 0
mend_first
to_first

flow
ns router ip -6 neigh replace 2001:db8:6::2 lladdr 02:00:00:00:aa:77 dev v6 nud reachable
ns host6 ip link set dev eth0 address 02:00:00:00:aa:77
check "a neighbour's MAC changes and the kernel knows: next to nothing lost" at_most "$(lost)" 10

flow
our_time=$(silent_mac_change)
check "a neighbour's MAC changes silently: recovered no slower than kernel forwarding" \
	no_slower "$our_time" "$kernel_time"
lost >/dev/null

check "the link goes down under load: no more lost than the kernel's $kernel_loss, and two" \
	at_most "$(link_goes_down)" $((kernel_loss + 2))
link_comes_back

permanent() { ns router ip -6 neigh show 2001:db8:6::2 dev v6 | grep PERMANENT; }
mac=$(ns host6 ip -j link show eth0 | jq -r '.[0].address')
ns router ip -6 neigh replace 2001:db8:6::2 lladdr "$mac" dev v6 nud permanent
flow
wait_for 20 beyond 400
check "a permanent neighbour entry in use stays so" permanent
check "  and nothing is lost" at_most "$(lost)" 0
ns router ip -6 neigh replace 2001:db8:6::2 lladdr "$mac" dev v6 nud reachable

ns router ip -6 rule add pref 100 from 2001:db8:1234::/48 lookup main
bypassed() { ns router bpftool map dump pinned "$(ns router "$TOP/selftests/net/pindir.sh")/hopgen" | grep -q '"bypass": 2'; }
check "a policy rule: next hops of that family are not cached" wait_for 5 bypassed
check "  and traffic goes on" pings peer1 $FAR
ns router ip -6 rule del pref 100
check "the rule is gone: cached again" wait_for 20 not bypassed

flow
daemon=$(ns router "$CTL" status -j | jq '.instances[0].pid')
kill -KILL "$daemon"
dead() { equal "$(ns router "$CTL" status -j | jq -r '.instances[0].state')" dead; }
check "the daemon dies" wait_for 5 dead
to_second && cut_first
check "  route changed: recovered within a second" at_most "$(lost)" 100
mend_first
ns host6 ip -6 route del default via 2001:db8:7::1
flow
ns router ip -6 route add $FAR via 2001:db8:6::2 dev v6 metric 2048
ns router ip link set v6b down
check "  link down: recovered within a second" at_most "$(lost)" 105
finish
