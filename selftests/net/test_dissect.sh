#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: default
#
# The dissector of tools/: kept captures of every class, and what has to be said of each packet; preferences;
# tens of thousands of damaged packets without a Lua error; and a lab at work, on a router's link and inside of
# a NAT.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
# shellcheck source=../dissect/fields.sh
. "$(dirname "$0")/../dissect/fields.sh"
KEPT=$TOP/selftests/dissect
TSHARK_ERRORS=$WORK/tshark.err

if ! command -v tshark >/dev/null; then
	skip "dissector" "tshark is not installed; make deps installs it"
	finish
fi

# same NAME EXPECTED [OPTION...]: what is said of a kept capture, line by line
same() {
	local name=$1 expected=$2
	shift 2
	dissected "$KEPT/$name.pcapng" "$@" >"$WORK/said" || return 1
	diff -u "$expected" "$WORK/said"
}
kept() { OCCURRENCE=$([ "$1" = hostile ] && echo f || echo a) same "$1" "$KEPT/$1.expected" "${@:2}"; }
# those CAPTURE FILTER [OPTION...]: the comments of packets that a display filter lets through, joined
those() { tshark_with "$KEPT/$1.pcapng" -n -Y "$2" -T fields -e frame.comment "${@:3}" | paste -sd';'; }

# --- kept captures ------------------------------------------------------------------------------------

python3 "$KEPT/make.py" "$WORK"
for name in classes nat hostile; do
	check "$name.pcapng is what make.py writes" cmp "$WORK/$name.pcapng" "$KEPT/$name.pcapng"
	check "$name: each packet is told as expected" kept $name -n
	check "  by two passes" kept $name -n -2 -R frame
done
check "no line of them is a Lua error" not grep -q lua-error "$KEPT"/*.expected

# Text of addresses is not what the dissector goes by: names, and such that look like addresses.
printf '%s\n' "198.51.100.7 peer.example" "203.0.113.9 10.9.8.7" "192.0.2.1 router.example" >"$WORK/hosts"
check "names instead of addresses" kept classes -N n -H "$WORK/hosts"

check "remote port of a router's peer, and of either of two peers" equal \
	"$(those classes '6bed4.remote.port == 50002 && 6bed4.class == "data-direct"')/$(those classes '6bed4.remote.port == 50002 && 6bed4.path == "from-router"')" \
	"straight;straight back/relayed to it;for somebody else;quoted by ICMPv4"
check "with this side's address: the other one only" equal \
	"$(those nat '6bed4.remote.ip == 192.168.7.2' -o 6bed4.here:192.168.7.2)/$(those nat '6bed4.remote.ip == 192.0.2.1' -o 6bed4.here:192.168.7.2)" \
	"/early: to native;rs;ra;keepalive;to native;from native;for somebody else"
check "mismatches of senders" equal "$(those classes 6bed4.mismatch)" \
	"source of another port;source of another peer;source of another peer, straight;ns of another peer, straight;source that is none of 6bed4;source ::, not rs"
check "with the routers' addresses: another one is none" equal \
	"$(those nat '6bed4.sender == "mismatch" || 6bed4.sender == "foreign"' -o 6bed4.routers:192.0.2.1,192.0.2.2)" \
	"somebody else's source;by another router"
check "outside of any NAT: nothing excuses a private source" equal \
	"$(those nat '6bed4.mismatch' -o 6bed4.strict:TRUE)" \
	"early: to native;to native;straight;somebody else's source"
check "  nor a private destination" equal "$(those nat '6bed4.misdirected' -o 6bed4.strict:TRUE)" \
	"ra;from native;straight back;somebody else's source;for somebody else;by another router"
check "a prefix that is told need not be learned" equal \
	"$(those nat '6bed4.src.port == 40000 && frame.number == 1' -o 6bed4.prefixes:2001:db8::/64,2001:db8:64::/64)" \
	"early: to native"
check "other ports of routers" equal "$(those nat '6bed4.path == "to-router"' -o 6bed4.ports:4000-4001,4003)" ""
check "  are looked at" equal "$(those nat '6bed4.path == "from-router"' -o 6bed4.ports:4000-4001,4003)" \
	"somebody else's source;no 6bed4: between strangers"
check "decode as" equal "$(those nat '6bed4.class == "data-lan"' -d udp.port==4000,6bed4)" \
	"to the LAN;from the LAN;no 6bed4: between strangers"
check "without the dissector nothing of that is known" exits 2 tshark -r "$KEPT/nat.pcapng" -Y 6bed4.class

# --- damage ----------------------------------------------------------------------------------------------

# faultless CAPTURE COUNT [OPTION...]: as many packets are told of, some of them as 6bed4, without an error
faultless() {
	local file=$1 count=$2
	shift 2
	tshark_with "$file" -n "$@" -T fields -e frame.number -e _ws.lua.error -e _ws.expert.message -e 6bed4.class \
		>"$WORK/fields" || return 1
	equal "$(wc -l <"$WORK/fields")" "$count" && not grep -i "lua error" "$WORK/fields" "$TSHARK_ERRORS" &&
		[ "$(grep -cE 'data|malformed|rs|ra' "$WORK/fields")" -gt $((count / 3)) ]
}
COUNT=$(by_level 1000 3000 100000)
for seed in 1 2 $RANDOM; do
	python3 "$KEPT/make.py" --mutants "$WORK/mutants.pcapng" "$COUNT" "$seed"
	check "$COUNT damaged packets, seed $seed" faultless "$WORK/mutants.pcapng" "$COUNT"
	check "  unassembled" faultless "$WORK/mutants.pcapng" "$COUNT" -o ip.defragment:FALSE -o ipv6.defragment:FALSE
done
# Each that is cut would take of Lua's 200 nested C calls, if it could.
cut_often() {
	python3 - "$KEPT" "$WORK/cut.pcapng" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import make
		p = make.dgram(make.R, make.A, make.ra(make.A))
		make.write(sys.argv[2], make.RAW, [("cut", p, 69 + n % 40) for n in range(3000)])
	END
}
cut_often
check "3000 packets cut by the capture" faultless "$WORK/cut.pcapng" 3000
check "  all of which are told" equal "$(grep -c "ra$" "$WORK/fields")" 3000
sed 's/^local function inner_of(.*/&\n\tif tvb:len() > 88 then error("broken") end/' "$DISSECTOR" >"$WORK/broken.lua"
DISSECTOR=$WORK/broken.lua
check "an error would be seen" not faultless "$KEPT/classes.pcapng" "$(wc -l <"$KEPT/classes.expected")"
check "  as one" grep -qi "lua error.*broken" "$WORK/fields"
DISSECTOR=$TOP/tools/6bed4.lua

# --- a lab at work ---------------------------------------------------------------------------------------

# captured NAME: has it begun?
captured() { grep -q "listening on" "$WORK/$1.log"; }
capture() { # NAME NS DEVICE
	bg_ns "$1" "$2" tcpdump --immediate-mode -U -B 16384 -s 0 -i "$3" -w "$WORK/$1.pcap" udp
	captures+=("$last_pid")
	wait_for 10 captured "$1"
}
# told NAME FILTER [OPTION...]: packets that match
told() { tshark_with "$WORK/$1.pcap" -n -Y "$2" "${@:3}" | grep -c .; }
some() { [ "$(told "$@")" -gt 0 ]; }
none() { equal "$(told "$@")" 0; }

lab
warm_up
captures=()
capture wire inet r0
capture inside peer3 eth0
capture straight inet p1
check "router loads" load_router tc
check "peer1 loads, with a port of its own" load_peer peer1 --port 50000 --keepalive 1
check "peer2 loads" load_peer peer2 --port 50002
check "peer3, behind NAT, loads" load_peer peer3 --port 50004
A1=$(address peer1) A2=$(address peer2)
only_by_router
pings peer1 $HOST6 >/dev/null 2>&1
pings peer1 "$A2" 5 >/dev/null 2>&1
pings peer3 $HOST6 >/dev/null 2>&1
pings peer1 $ROUTER6 >/dev/null 2>&1
reachable_again
direct() { path_is peer1 "$A2" direct || { ns peer1 ping -q -c1 -W1 "$A2"; false; }; }
check "traffic: straight" wait_for 60 direct
finds() { ns peer3 ping -q -c1 -W1 "$A1" && path_is peer3 "$A1" direct; }
check "traffic: straight through a NAT" wait_for 60 finds
pings peer3 "$A1" >/dev/null 2>&1
beats() { some wire '6bed4.class == "keepalive"'; }
check "  and a keepalive" wait_for 20 beats
arrives() { some straight '6bed4.class == "data-direct" && ip.src == 131.3.0.2 && ip.dst == 131.1.0.2'; }
wait_for 10 arrives
for pid in "${captures[@]}"; do end_pid "$pid"; done

for class in rs ra keepalive ns na data-native data-relay data-router; do
	check "on the router's link: $class" some "$([ $class = ns ] || [ $class = na ] && echo straight || echo wire)" \
		"6bed4.class == \"$class\""
done
check "on the peers' link: data-direct" some straight '6bed4.class == "data-direct"'
for name in wire straight inside; do
	check "$name: nobody is who they are not" none $name "6bed4.mismatch || 6bed4.misdirected"
	check "$name: nothing is malformed, hidden or refused" none $name \
		"6bed4.malformed || 6bed4.nd_invalid || 6bed4.nd_hidden || 6bed4.special || 6bed4.odd_port || _ws.lua.error"
	check "$name: every datagram is told" none $name "udp && ip && !6bed4.class && !icmp"
done
check "the remote port is the peer's, in both directions" equal \
	"$(told wire '6bed4.remote.port == 50000')/$(told wire '6bed4.remote.port == 50000 && ip.src == 145.136.0.1' | grep -c '[1-9]')" \
	"$(tcpdump -n -r "$WORK/wire.pcap" 'udp port 50000' 2>/dev/null | grep -c .)/1"
check "the assigned address is the peer's" equal "$(tshark_with "$WORK/wire.pcap" -n -Y '6bed4.assigned && ip.dst == 131.1.0.2' \
	-T fields -e 6bed4.assigned | sort -u)" "$A1"
check "inside of a NAT: what leaves is not checked" some inside '6bed4.sender == "nat" && ip.src == 192.168.7.2'
check "  and would not pass outside of it" some inside 6bed4.mismatch -o 6bed4.strict:TRUE
finish
