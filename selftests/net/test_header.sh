#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native generic tc off
#
# What the operator says of the outer header, as it is on the wire: --dscp, and --df, with which a path
# that is too narrow in its middle is found by whoever sends.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
PEER_MODE=${MODE/native/auto}

lab
warm_up
bg_ns capture inet tcpdump --immediate-mode -U -B 16384 -s 0 -i r0 -w "$WORK/wire.pcap" udp
capture=$last_pid
captured() { grep -q "listening on" "$WORK/capture.log"; }
check "capture runs" wait_for 10 captured
check "router loads ($MODE)" load_router "$MODE" --dscp 46 --df --mtu 1472
check "peer1 loads" load_peer peer1 --dscp zero --mtu 1472
check "peer2 loads" load_peer peer2 --mtu 1472
A1=$(address peer1) A2=$(address peer2)
check "native to peer, ECN-capable" ns host6 ping -q -c 5 -i 0.05 -Q 0x02 "$A1"
check "peer1 to native, with a DSCP" ns peer1 ping -q -c 5 -i 0.05 -Q 0xb8 $HOST6
check "peer2 to native, with a DSCP" ns peer2 ping -q -c 5 -i 0.05 -Q 0x28 $HOST6

dissect() { tshark -n -r "$WORK/wire.pcap" -d udp.port==25788,ip -Y "$1" 2>/dev/null; }
some() { [ -n "$(dissect "$1")" ]; }
none() { out=$(dissect "$1"); echo "$out" | head -5; [ -z "$out" ]; }
check "captured" wait_for 10 some "ip.src == 131.2.0.2 && ipv6.tclass == 0x28"
check "the router's DSCP is 46, always" none "ip.src == $ROUTER4 && ip.dsfield.dscp != 46"
check "  with the inner ECN" some "ip.src == $ROUTER4 && ip.dsfield == 0xba && ipv6.tclass == 0x02"
check "  and DF set, always" none "ip.src == $ROUTER4 && ip.flags.df == 0"
check "peer1's DSCP is 0" none "ip.src == 131.1.0.2 && ip.dsfield.dscp != 0"
check "  the inner one stands" some "ip.src == 131.1.0.2 && ipv6.tclass == 0xb8"
check "peer2 copies its DSCP" some "ip.src == 131.2.0.2 && ip.dsfield == 0x28 && ipv6.tclass == 0x28"
check "  and leaves DF clear" none "ip.src == 131.2.0.2 && ip.flags.df == 1"
end_pid "$capture"

big() { ns host6 ping -c 1 -W 2 -M do -s "$1" "$A1"; }
check "the largest packet arrives" big 1424
ns inet ip link set p1 mtu 1380
hears() { big 1424 2>&1 | tee /dev/stderr | grep -q "mtu[=: ]*1352"; }
check "a narrow path: the sender hears of 1352 bytes" wait_for 10 hears
check "  and packets of that size arrive" big 1304
mkdir "$WORK/www"
head -c 3000000 /dev/urandom >"$WORK/www/file"
ns host6 ip -6 route flush cache
check "  TCP finds it by itself" fetch peer1 host6 $HOST6
finish
