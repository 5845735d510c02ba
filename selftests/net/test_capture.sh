#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native tc off
#
# `6bed4ctl capture`: each packet that is counted is captured, with its outcome, before and after, by programs
# and daemon alike; tshark reads the file; selection and filters; what is lost is told; what is captured fares
# no differently; whatever becomes of capture, daemon and instance meanwhile, it ends cleanly.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}
PEER_MODE=$MODE

# The hook that sees what comes from the tunnel, from native IPv6, what it relays, and what it drops.
case $MODE in
native) IN=xdp OUT=xdp RELAY=xdp DROP=xdp ;;
tc) IN=tc-in OUT=tc-out RELAY=tc-in DROP=tc-in ;;
off) IN=udp OUT=tun RELAY=udp DROP=udp ;;
esac

# begin NAME NS WORD...: a capture in the background, once it is at work; $cap is its pid
begin() {
	local name=$1
	rm -f "$WORK/$name.log"
	bg_ns "$name" "$2" "$CTL" capture "${@:3}"
	cap=$last_pid
	wait_for 10 grep -q '^capturing on' "$WORK/$name.log"
}
# end [SIGNAL]: of the capture $cap, with its exit code
end() {
	kill -"${1:-INT}" "$cap" 2>/dev/null
	wait "$cap"
}
# number NAME WHAT: of its summary
number() { sed -nE "s/.*\b([0-9]+) (packets )?$2.*/\1/p" "$WORK/$1.log"; }
# fields FILE FIELD... [-Y FILTER]: as tshark reads them, the tunnel's contents as what they are
fields() {
	local file=$1 args=()
	shift
	while [ $# -gt 0 ]; do
		case $1 in -Y) args+=(-Y "$2"); shift ;; *) args+=(-e "$1") ;; esac
		shift
	done
	tshark -r "$WORK/$file" -d udp.port==25788,ipv6 -E occurrence=a -T fields "${args[@]}" 2>/dev/null
}
# counts: the router's, hook by hook, that tell of the traffic of this test alone
counts() {
	ns router "$CTL" stats eth0 -j | jq -c '[.instances[0].hooks[] | .hook as $h | .outcomes[] |
		select(.kind != "other" and (.name | IN("keepalive", "slow-nd", "multicast", "limited", "rs-answered") | not)) |
		{key: "\($h) \(.name)", value: .packets}] | from_entries'
}
since() { jq -nc --argjson a "$1" --argjson b "$2" '$b | with_entries(.value -= ($a[.key] // 0)) | with_entries(select(.value != 0))'; }
# in_file FILE: the same of a capture
in_file() {
	fields "$1" frame.interface_name frame.comment | sed -nE 's/^eth0 (.*) before\tbefore: ([a-z0-9-]+),.*/\1 \2/p' |
		grep -vE ' (other|stripped|keepalive|slow-nd|multicast|limited|rs-answered)$' |
		jq -Rnc '[inputs] | group_by(.) | map({key: .[0], value: length}) | from_entries'
}

# datagram HEX: from peer1 to the router's port, not by its tunnel
datagram() {
	ns peer1 /usr/bin/python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(bytes.fromhex('$1'), ('$ROUTER4', 25788))"
}
foreign() { datagram "6000000000003b40$(printf '20010db8%024d' 7)$(printf '20010db8%024d' 8)"; } # src-foreign
traffic() {
	pings peer1 $HOST6 5 0.02 && pings host6 "$A1" 5 0.02 && pings peer1 "$A2" 5 0.02 && pings router "$A1" 3 0.02 &&
		foreign && foreign && datagram 00 && ! ns peer1 ping -q -c1 -W1 2001:67c:127c::1 &&
		! ns host6 ping -q -c1 -W1 2001:67c:127c::1
}

lab
warm_up
check "nothing is loaded" refused 3 "nothing loaded" ns router "$CTL" capture
check "router loads ($MODE)" load_router "$MODE"
check "peer1 loads" load_peer peer1
check "peer2 loads" load_peer peer2
A1=$(address peer1) A2=$(address peer2)
only_by_router
wait_for 10 pings peer1 "$A2" 1

# --- words ---
check "an unknown outcome" refused 2 "xyz is no dropping outcome; there are .* malformed" ns router "$CTL" capture --drops=xyz
check "one that is no drop" refused 2 "relay is no dropping outcome" ns router "$CTL" capture --drops=relay
check "one that may be several" refused 2 "icmp is more than one outcome; there are icmp-unreach icmp-hops icmp-big" \
	ns router "$CTL" capture -o icmp
check "a filter that is none" refused 2 "pcap-filter" ns router "$CTL" capture eth0 "tcp prot 80"
check "a device that is not loaded" refused 2 "neither a loaded device" ns router "$CTL" capture eth7
check "and where it can only be one" refused 3 "nothing loaded on eth7" ns router "$CTL" capture -i eth7
check "too long a snapshot" refused 2 "2048" ns router "$CTL" capture -s 2049
check "an unknown option" refused 2 "\-\-wrote" ns router "$CTL" capture --wrote x
check "no place to write to" refused 1 "cannot write" ns router "$CTL" capture -w /nowhere/x

# --- text ---
check "a capture begins" begin text router
check "  without privileges" sh -c "grep -q '^Seccomp:[[:space:]]*2' /proc/$cap/status && ! grep -q '^Uid:[[:space:]]*0' /proc/$cap/status"
check "  a second one is refused" refused 1 "process $cap captures on eth0 already" ns router "$CTL" capture
check "  traffic" traffic
seen() { wait_for 5 grep -qE "$1" "$WORK/text.log" || { cat "$WORK/text.log"; return 1; }; }
O1="131\.1\.0\.2:$(port_of peer1)" O2="131\.2\.0\.2:$(port_of peer2)" R="145\.136\.0\.1:25788"
T='^[0-9:]{8}\.[0-9]{6}'
check "  to native" seen "$T $IN in-native $O1 > $R $A1 > $HOST6 ICMPv6 echo request hops 64 => native hops 6[34] length [0-9]+: decapsulated and forwarded"
check "  from native" seen "$T $OUT out $HOST6 > $A1 ICMPv6 echo request hops 6[34] => $R > $O1 hops 63 length"
check "  relayed" seen "$T $RELAY relay $O1 > $R $A1 > $A2 ICMPv6 echo request hops 64 => $R > $O2 hops 63 length"
check "  dropped" seen "$T $DROP src-foreign $O1|$T $DROP src-foreign 131\.1\.0\.2:[0-9]+ > $R 2001:db8::7 > 2001:db8::8 proto 59 hops 64 length [0-9]+: inner source is outside the prefix"
check "  refused by the daemon, and how" seen "$T udp icmp-unreach $O1 > $R $A1 > 2001:67c:127c::1 ICMPv6 echo request hops 64 => $R > $O1 $ROUTER6 > $A1 ICMPv6 unreachable code 3"
check "  from native likewise" seen "$T tun icmp-unreach $HOST6 > 2001:67c:127c::1 ICMPv6 echo request hops 63 => $ROUTER6 > $HOST6 ICMPv6 unreachable code 3"
check "  SIGINT ends it" exits 0 end INT
check "  with a summary" grep -qE '^[0-9]+ packets captured, [0-9]+ matched, 0 lost by the capture' "$WORK/text.log"
check "  all in lines" equal "$(grep -cE "$T " "$WORK/text.log")" "$(number text matched)"

# --- a file ---
check "a capture to a file" begin file router -w "$WORK/all.pcapng" -s 0
before=$(counts)
check "  the same traffic" traffic
fared=$(since "$before" "$(counts)")
check "  SIGTERM ends it" exits 0 end TERM
check "  each packet counted is there, and no other" equal "$(in_file all.pcapng | jq -cS .)" "$(jq -cS . <<<"$fared")"
check "  there were several" sh -c "test \$(echo '$fared' | jq length) -ge 6"
before=$(counts)
traffic >/dev/null 2>&1
# what nobody answers may be on its way yet
fared_so() { equal "$(since "$before" "$(counts)" | jq -cS .)" "$(jq -cS . <<<"$fared")"; }
check "  counters do not tell the difference" wait_for 5 fared_so
check "  capinfos takes it" capinfos "$WORK/all.pcapng"
check "  with 12 interfaces" sh -c "capinfos '$WORK/all.pcapng' | grep -q 'Number of interfaces in file: 12'"
check "  tshark finds nothing malformed" equal "$(fields all.pcapng frame.number -Y "_ws.malformed && !(udp.length == 9)")" ""
check "  a relay comes to the router" equal "$(fields all.pcapng ip.src ip.dst -Y "frame.comment contains \"before: relay\" && icmpv6.type == 128" | sort -u)" "131.1.0.2	$ROUTER4"
check "  and leaves for the peer" equal "$(fields all.pcapng ip.src ip.dst udp.dstport ipv6.hlim -Y "frame.comment contains \"after: relay\" && icmpv6.type == 128" | sort -u)" \
	"$ROUTER4	131.2.0.2	$(port_of peer2)	63"
check "  to native without IPv4" equal "$(fields all.pcapng ip.src ipv6.src -Y 'frame.comment contains "after: in-native"' | sort -u)" "	$A1"
check "  from native with it" equal "$(fields all.pcapng ip.src ip.dst ipv6.dst -Y "frame.comment contains \"after: out,\" && frame.interface_name == \"eth0 $OUT after\" && icmpv6.type == 128 && ipv6.src == $HOST6" | sort -u)" \
	"$ROUTER4	131.1.0.2	$A1"
check "  UDP checksums of what left hold, or are 0" equal "$(tshark -o udp.check_checksum:TRUE -r "$WORK/all.pcapng" -Y 'udp.checksum.status == 0 && frame.comment contains "after"' 2>/dev/null)" ""
check "  what is dropped leaves nothing" equal "$(fields all.pcapng frame.number -Y 'frame.comment contains "after: src-foreign" || frame.comment contains "after: malformed"')" ""
check "to standard output" sh -c "nsenter --net=/run/netns/$TAG-router timeout -s INT 20 $CTL capture -w - -c 2 2>/dev/null | tshark -r - -T fields -e frame.comment >'$WORK/stdout' 2>/dev/null & last=\$!
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do nsenter --net=/run/netns/$TAG-peer1 ping -q -c2 -i0.1 -W1 $HOST6 >/dev/null; kill -0 \$last 2>/dev/null || break; done; wait \$last; test -s '$WORK/stdout'"

# --- selection ---
check "drops only" begin drops router --drops -w "$WORK/drops.pcapng"
check "  traffic" traffic
end
check "  are there" equal "$(fields drops.pcapng frame.comment | grep -vE 'keepalive|multicast' | sort | uniq -c | awk '{ print $1, $3 }' | paste -sd' ')" "1 malformed, 2 src-foreign,"
check "  one reason, cut short" begin reason router --drops=mal
check "  traffic" traffic
end
check "  is there alone" equal "$(number reason matched) $(grep -c ' malformed ' "$WORK/reason.log")" "1 1"
check "an outcome" begin outcome router -o relay
traffic >/dev/null 2>&1
end
check "  there are ten" equal "$(grep -c ' relay ' "$WORK/outcome.log") $(grep -cE "$T" "$WORK/outcome.log")" "10 10"
check "a filter for the inner packet" begin inner router eth0 "icmp6 and dst host $HOST6"
traffic >/dev/null 2>&1
end
check "  matches it in both forms" equal "$(grep -cE " in-native .* > $HOST6 ICMPv6" "$WORK/inner.log") $(grep -cE "$T.* $A2 " "$WORK/inner.log")" "10 0"
check "a filter for the outer packet" begin outer router host 131.2.0.2
traffic >/dev/null 2>&1
end
check "  matches it before and after" equal "$(grep -cE " relay " "$WORK/outer.log") $(grep -cE " in-native " "$WORK/outer.log")" "10 0"
check "a number of packets" begin count router -c 3 -o relay
traffic >/dev/null 2>&1
check "  ends it" exits 0 wait "$cap"
check "  with just these" equal "$(number count matched)" 3
check "JSON" begin json router -j -o relay -c 2
traffic >/dev/null 2>&1
wait "$cap"
check "  an object a line" equal "$(grep '^{' "$WORK/json.log" | jq -sc --arg a "$A2" '[length, all(.[]; .version == 1 and .outcome == "relay" and .kind == "forward" and .before.outer_destination == "145.136.0.1:25788" and .after.hop_limit == 63)]')" "[2,true]"

# --- losses ---
check "a ring that is too small" begin small router -B 4 -w "$WORK/small.pcapng" -o in-native
before=$(counts)
kill -STOP "$cap"
ns peer1 ping -q -c 100 -i 0.002 -W 2 $HOST6 >/dev/null
kill -CONT "$cap"
fared=$(since "$before" "$(counts)")
check "  ends" exits 0 end
check "  says what it has lost" sh -c "test '$(number small "lost by")' -gt 20"
check "  the rest is there" equal $(($(number small captured) + $(number small "lost by"))) "$(jq "[to_entries[] | select(.key | endswith(\" in-native\")).value] | add" <<<"$fared")"
check "  and so does the file" equal "$(/usr/bin/python3 - "$WORK/small.pcapng" <<-'PY'
	import struct, sys
	data, at, lost = open(sys.argv[1], "rb").read(), 0, 0
	while at < len(data):
	    kind, size = struct.unpack_from("=II", data, at)
	    o = at + 20
	    while kind == 5 and o < at + size - 4:
	        code, n = struct.unpack_from("=HH", data, o)
	        lost += struct.unpack_from("=Q", data, o + 4)[0] if code == 5 else 0
	        o += 4 + (n + 3) // 4 * 4
	    at += size
	print(lost)
	PY
)" "$(number small "lost by")"
check "drops under load" begin load router --drops -B 4
ns peer1 ping -q -c 300 -i 0.002 -W 2 $HOST6 >/dev/null
foreign
end
check "  are not crowded out" equal "$(number load "lost by") $(grep -c ' src-foreign ' "$WORK/load.log") $(grep -c in-native "$WORK/load.log")" "0 1 0"

# --- ends of all kinds ---
until_of() { ns router bpftool -j map dump pinned "$(pins_of router)/capture" | jq '.[0].formatted.value.until'; }
expired() { [ "$(until_of)" -lt "$(awk '{ printf "%.0f", $1 * 1e9 }' /proc/uptime)" ]; }
no_ring() { ns router bpftool -j map dump pinned "$(pins_of router)/rings" | jq -e 'map(select(.value | type == "object" and has("error") | not)) | length == 0'; }
check "a capture" begin killed router
check "  is killed" kill -KILL "$cap"
wait "$cap" 2>/dev/null
check "  capturing ends by itself" wait_for 5 expired
check "  and its memory goes" wait_for 6 no_ring
check "  another can begin" begin again router
check "  the daemon is replaced meanwhile" ns router "$CTL" reload eth0
check "  traffic" traffic
check "  is captured" grep -qE " $RELAY relay " "$WORK/again.log"
check "  by the new daemon, too" wait_for 5 grep -qE ' udp icmp-unreach ' "$WORK/again.log"
check "  the daemon dies" sh -c "kill -KILL $(state router pid)"
check "  it ends" exits 0 end
wait_for 5 state_is router state dead
check "a capture beside a dead daemon" begin dead router
check "  says what is missing" grep -q "daemon of eth0 is dead" "$WORK/dead.log"
pings peer1 "$A2" 3 >/dev/null 2>&1
if [ "$MODE" != off ]; then check "  has what programs see" wait_for 5 grep -qE " $RELAY relay " "$WORK/dead.log"; fi
check "  ends" exits 0 end
check "the router loads again" load_router "$MODE"
check "a peer's packets" begin peer peer1
pings peer1 $HOST6 3 >/dev/null 2>&1
end
check "  go by the router" grep -qE "$([ "$MODE" = off ] && echo tun || echo tc-out) out-router $A1 > $HOST6 ICMPv6 echo request hops 64 => $O1 > $R hops 64" "$WORK/peer.log"
check "  and come" grep -qE " in-local $R > $O1 $HOST6 > $A1 ICMPv6 echo reply" "$WORK/peer.log"
check "a capture" begin gone router
check "  the instance is unloaded" ns router "$CTL" unload eth0
check "  it ends with that" exits 3 wait "$cap"
check "  and says so" grep -q "eth0 has been unloaded" "$WORK/gone.log"
check "nothing is left" clean
finish
