#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
# long: native generic tc off
#
# docs/vectors.md is right: each line about addresses is what `addr` says, and each datagram goes over the wire
# just so, in every mode.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
DOC=$TOP/docs/vectors.md
VECTORS=$TOP/selftests/net/vectors.py
PREFIX=2001:db8:64::/64
ROUTER4=192.0.2.1

changed() { sed "$1" "$DOC" >"$WORK/changed.md" && ! cmp -s "$DOC" "$WORK/changed.md"; }

if [ "$MODE" = tc ]; then # the same whatever the mode
	ns_add empty
	check "addresses are what addr says" ns empty python3 "$VECTORS" addr "$DOC" "$CTL"
	check "one wrong digit in the page" changed 's/^| 1.2.3.4:256 | 00:01/| 1.2.3.4:256 | 00:02/'
	check "  would be seen" not ns empty python3 "$VECTORS" addr "$WORK/changed.md" "$CTL"
fi

# --- a router and two peers at the page's addresses ---------------------------------------------------------

ns_add router inet peer1 peer2
veth router eth0 inet r0
veth peer1 eth0 inet p1
veth peer2 eth0 inet p2
ns inet sysctl -qw net.ipv4.ip_forward=1
ns inet ip addr add 192.0.2.254/24 dev r0
ns inet ip addr add 198.51.100.254/24 dev p1
ns inet ip addr add 203.0.113.254/24 dev p2
host4 router 192.0.2.1/24 192.0.2.254
host4 peer1 198.51.100.7/24 198.51.100.254
host4 peer2 203.0.113.9/24 203.0.113.254
ns router sysctl -qw net.ipv6.conf.all.forwarding=1
ns peer1 sysctl -qw net.ipv6.auto_flowlabels=0
PERMIT=(--permit-v4 192.0.2.0/24 --permit-v4 198.51.100.0/24 --permit-v4 203.0.113.0/24)

captured() { grep -q "listening on" "$WORK/$1.log"; }
# At each sender's own link, where the TTL is what it sent.
for dev in r0 p1 p2; do
	bg_ns $dev inet tcpdump --immediate-mode -U -s 0 -i $dev -w "$WORK/$dev.pcap" udp
	wait_for 10 captured $dev
done
seen() { python3 "$VECTORS" wire "$DOC" "$WORK" "$@"; }
seen_soon() { check "$* as the page has it" wait_for 15 seen "$@"; seen "$@" | diag; }

check "router loads ($MODE)" ns router "$CTL" load eth0 --prefix $PREFIX --fast-path "$MODE" "${PERMIT[@]}"

# A bare socket asks what our peers do not: from an odd port, and for the router's own link-layer address.
# ask PORT NAME: a datagram of the page, from that port of peer1
ask() {
	ns peer1 python3 - "$1" "$(python3 "$VECTORS" payload "$DOC" "$2")" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind(("198.51.100.7", int(sys.argv[1])))
		s.sendto(bytes.fromhex(sys.argv[2]), ("192.0.2.1", 25788))
		s.settimeout(5)
		s.recv(2000)
	END
}
check "an answer to an odd port" ask 50001 rs
seen_soon ra-odd
check "an answer of the router to a neighbour solicitation" ask 50000 ns-router
seen_soon ns-router na-router

# peer NAME PORT
peer() {
	ns "$1" "$CTL" load eth0 --server $ROUTER4 --port "$2" --keepalive 1 --fast-path "$MODE" "${PERMIT[@]}"
}
check "peer2 loads" peer peer2 50002
check "peer1 loads" peer peer1 50000
A1=$(address peer1) A2=$(address peer2)
check "its address" equal "$A1" 2001:db8:64:0:52c3:c6ff:fe33:6407
seen_soon rs ra
seen_soon keepalive

# send: the page's inner packet, by peer1's kernel
send() {
	ns peer1 python3 - "$A2" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		s.bind(("::", 7000))
		s.sendto(b"hello, world", (sys.argv[1], 7001))
	END
}
ns inet nft -f - <<-RULES
	table ip cut {
		chain forward {
			type filter hook forward priority filter
			meta l4proto udp ip saddr != $ROUTER4 ip daddr != $ROUTER4 drop
		}
	}
RULES
check "data by the router" send
seen_soon data-to-router data-relayed
reachable_again
direct() { path_is peer1 "$A2" direct || { ns peer1 ping -q -c1 -W1 "$A2"; false; }; }
check "a direct path is found" wait_for 60 direct
seen_soon ns-peer na-peer
check "data, straight" send
seen_soon data-straight
changed 's/^c350c352 0044a14e/c350c352 0044a14f/'
DOC=$WORK/changed.md
check "a datagram that never was would be missed" not seen data-straight
finish
