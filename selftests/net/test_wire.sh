#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native tc off
# long: native generic tc off
#
# What is on the wire, as an independent dissector sees it: no malformed packet, every checksum valid,
# no fragment, DF clear, TTL 64, and a keepalive that is one.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}

lab
warm_up
only_by_router
bg_ns capture inet tcpdump --immediate-mode -U -B 16384 -s 0 -i r0 -w "$WORK/wire.pcap" udp
capture=$last_pid
captured() { grep -q "listening on" "$WORK/capture.log"; }
check "capture runs" wait_for 10 captured
check "router loads ($MODE)" load_router "$MODE"
for p in peer1 peer2 peer3; do check "$p loads" load_peer $p; done
A1=$(address peer1) A2=$(address peer2)
check "traffic: ping to native" ns peer1 ping -q -c 5 -i 0.05 -s 1000 $HOST6
check "traffic: ping from native with a traffic class" ns host6 ping -q -c 5 -i 0.05 -Q 0xb8 "$A1"
check "traffic: peer to peer" ns peer3 ping -q -c 5 -i 0.05 "$A2"
check "traffic: from the router itself" ns router ping -q -c 5 -i 0.05 "$A2"
mkdir "$WORK/www"
head -c 200000 /dev/urandom >"$WORK/www/file"
bg_ns http host6 /usr/bin/python3 -m http.server --bind :: --directory "$WORK/www" 8000
wait_for 15 ns host6 sh -c "ss -Hltn 'sport = 8000' | grep -q ."
check "traffic: TCP" ns peer1 timeout 30 curl -gsf -o "$WORK/got" "http://[$HOST6]:8000/file"
# What cannot be delivered draws errors, which are packets of ours too.
ns peer1 ping -q -c 2 -i 0.1 -W 1 "$("$CTL" addr encode 10.0.0.1:5000 --prefix $PREFIX)" >/dev/null
ns peer1 ping -q -c 2 -i 0.1 -W 1 -t 1 "$A2" >/dev/null
ns host6 ping -q -c 2 -i 0.1 -W 1 "$("$CTL" addr encode 192.168.1.1:5000 --prefix $PREFIX)" >/dev/null
# dissect FILTER: packets that match, a line each
dissect() {
	tshark -n -r "$WORK/wire.pcap" -d udp.port==25788,ip -o ip.check_checksum:TRUE \
		-o udp.check_checksum:TRUE -o tcp.check_checksum:TRUE -Y "$1" 2>/dev/null
}
none() {
	local out
	out=$(dissect "$1")
	echo "$out" | head -5
	[ -z "$out" ]
}
some() { [ -n "$(dissect "$1")" ]; }

# tcpdump writes behind the packets; the errors are the last of them.
last_one() { some "icmpv6.type == 1" && some "icmpv6.type == 3"; }
wait_for 20 last_one
end_pid "$capture"

check "the dissector sees IPv6 in the tunnel" some "ipv6 && udp.port == 25788"
check "TCP too" some "tcp"
check "solicitation and advertisement" some "icmpv6.type == 134"
check "errors" last_one
check "no malformed packet" none "_ws.malformed"
check "no expert error" none '_ws.expert.severity == "Error"'
check "IPv4 checksums are right" none 'ip.checksum.status == "Bad"'
check "UDP checksums are right" none 'udp.checksum.status == "Bad"'
# tshark takes 0xffff for a wrong 0, and the kernel writes it when it has to finish a sum (skb_checksum_help()).
check "TCP checksums are right" none 'tcp.checksum.status == "Bad" && tcp.checksum != 0xffff'
check "ICMPv6 checksums are right" none 'icmpv6.checksum.status == "Bad"'
check "no fragments, DF clear" none "ip.flags.mf == 1 || ip.frag_offset > 0 || ip.flags.df == 1"
check "the router sends with TTL 64 from its address and port" none \
	"ip.src == $ROUTER4 && (ip.ttl != 64 || udp.srcport != 25788)"
check "the traffic class goes outward" some "ip.src == $ROUTER4 && ip.dsfield == 0xb8 && ipv6.tclass == 0xb8"
check "identification varies" test "$(tshark -n -r "$WORK/wire.pcap" -Y "ip.src == $ROUTER4" -T fields \
	-e ip.id 2>/dev/null | sort -u | wc -l)" -gt 100
finish
