#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc off
# long: native generic tc off
# waits: most of the time
#
# The NAT zoo: nine peers, one public and the others each behind a NAT of its own kind, all of them
# talking to all others at once. Each pair takes the path that its NATs allow, keeps it for 90 s
# without losing a packet, and loses none when it speaks again after three idle minutes.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
# shellcheck disable=SC2034
PEER_MODE=$MODE
KINDS=(open cone forwarded preserving addr port sym sym2 cgn short)

# A router between a peer and the internet, without translation yet. $1 name, $2 number
house() {
	local name=$1 n=$2
	ns_add "$name" "$name-nat"
	veth "$name-nat" eth0 inet "z$n"
	veth "$name" eth0 "$name-nat" lan
	ns inet ip addr add "132.$n.0.254/24" dev "z$n"
	host4 "$name-nat" "132.$n.0.2/24" "132.$n.0.254"
	host4 "$name" "192.168.$n.2/24" "192.168.$n.1"
	ns "$name-nat" ip addr add "192.168.$n.1/24" dev lan
	ns "$name-nat" sysctl -qw net.ipv4.ip_forward=1
}

# translate NAME SOURCE-NAT [DESTINATION-NAT]: its rules; unsolicited datagrams to itself are dropped
translate() {
	ns "$1-nat" nft -f - <<-RULES
		table ip nat {
			set seen { type ipv4_addr; flags timeout; timeout 120s; }
			chain out {
				type filter hook forward priority filter
				oifname "eth0" meta l4proto udp update @seen { ip daddr }
			}
			chain pre {
				type nat hook prerouting priority dstnat
				${3:-}
			}
			chain post {
				type nat hook postrouting priority srcnat
				oifname "eth0" meta l4proto udp $2
			}
			chain input {
				type filter hook input priority filter
				iifname "eth0" ct state new meta l4proto udp drop
			}
		}
	RULES
}

zoo() {
	local n=1
	ns_add open
	veth open eth0 inet z0
	ns inet ip addr add 132.0.0.254/24 dev z0
	host4 open 132.0.0.2/24 132.0.0.254
	for kind in "${KINDS[@]:1}"; do
		house "$kind" $n
		n=$((n + 1))
	done
	# Everything to the port that it gave is let in.
	translate cone "snat to 132.1.0.2:40000" 'iifname "eth0" udp dport 40000 dnat to 192.168.1.2:50000'
	# The same, by an operator who forwards the port to a server that listens on it.
	translate forwarded "snat to 132.2.0.2:50002" 'iifname "eth0" udp dport 50002 dnat to 192.168.2.2:50002'
	# What most homes have: the port is kept, the mapping does not depend on the destination.
	translate preserving masquerade
	# Lets in whoever the host has sent to, from any port of theirs.
	translate addr "snat to 132.4.0.2:40000" \
		'iifname "eth0" ip saddr @seen udp dport 40000 dnat to 192.168.4.2:50000'
	translate port "snat to 132.5.0.2:40000"
	# Another port for each destination.
	translate sym "snat to 132.6.0.2:10000-60000 fully-random"
	translate sym2 "snat to 132.7.0.2:10000-60000 fully-random"
	translate short masquerade
	ns short-nat sysctl -qw net.netfilter.nf_conntrack_udp_timeout=30
	ns short-nat sysctl -qw net.netfilter.nf_conntrack_udp_timeout_stream=30
	# A home behind its provider's NAT: the house's uplink gets a private address and a second NAT.
	translate cgn masquerade
	ns_add carrier
	ns cgn-nat ip link del eth0
	veth cgn-nat eth0 carrier lan
	veth carrier eth0 inet z8
	ns inet ip addr add 132.8.0.254/24 dev z8
	host4 carrier 132.8.0.2/24 132.8.0.254
	ns carrier ip addr add 100.64.0.1/24 dev lan
	ns carrier sysctl -qw net.ipv4.ip_forward=1
	host4 cgn-nat 100.64.0.2/24 100.64.0.1
	own_nat_of_carrier
}

own_nat_of_carrier() {
	ns carrier nft -f - <<-RULES
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat
				oifname "eth0" meta l4proto udp masquerade
			}
			chain input {
				type filter hook input priority filter
				iifname "eth0" ct state new meta l4proto udp drop
			}
		}
	RULES
}

port_for() { case $1 in cone | addr) echo 50000 ;; forwarded) echo 50002 ;; *) echo 51000 ;; esac; }
load_one() { load_peer "$1" --port "$(port_for "$1")" --wait 60; }
# A symmetric NAT may give an odd port to the router too: then only another local port helps.
load_symmetric() { load_peer "$1" --wait 60; }

expected_path() { case $1-$2 in *sym*) echo router ;; *) echo direct ;; esac; }

# chatter COUNT INTERVAL: every peer pings every other at once; each line "FROM TO LOST"
chatter() {
	local i j pids=()
	for ((i = 0; i < ${#KINDS[@]}; i++)); do
		for ((j = i + 1; j < ${#KINDS[@]}; j++)); do
			ns "${KINDS[i]}" ping -q -c "$1" -i "$2" -W 3 "${addr_of[j]}" \
				>"$WORK/ping-$i-$j.log" 2>&1 &
			pids+=($!)
		done
	done
	wait "${pids[@]}"
}
lost_none() { grep -q ' 0% packet loss' "$WORK/ping-$1-$2.log" || { cat "$WORK/ping-$1-$2.log"; false; }; }

check_pairs() {
	local i j what=$1
	for ((i = 0; i < ${#KINDS[@]}; i++)); do
		for ((j = i + 1; j < ${#KINDS[@]}; j++)); do
			check "${KINDS[i]} - ${KINDS[j]}: $what" "$2" "$i" "$j"
		done
	done
}
on_path() {
	local want
	want=$(expected_path "${KINDS[$1]}" "${KINDS[$2]}")
	path_is "${KINDS[$1]}" "${addr_of[$2]}" "$want" && path_is "${KINDS[$2]}" "${addr_of[$1]}" "$want"
}

underlay
native
zoo
warm_up
check "router loads" load_router native
for kind in "${KINDS[@]}"; do
	case $kind in
	sym*) check "$kind loads" load_symmetric "$kind" ;;
	*) check "$kind loads" load_one "$kind" ;;
	esac
done
addr_of=()
for kind in "${KINDS[@]}"; do addr_of+=("$(address "$kind")"); done

chatter 20 0.05
check_pairs "the first second loses nothing" lost_none
chatter 450 0.2
check_pairs "90 s lose nothing" lost_none
check_pairs "the path is the expected one" on_path
idle_until=$((SECONDS + 180))
idle() { [ $SECONDS -ge $idle_until ]; }
wait_for 200 idle
chatter 20 0.1
check_pairs "nothing lost after three idle minutes" lost_none
check_pairs "and the path is the expected one again" on_path
finish
