#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native tc off
# quick: tc
# waits: much of the time
#
# What is said live by a daemon: ping over each path and why not straight, a search begun anew, and what
# monitors see of neighbours, addresses, NATs, routers, reloads and the end. Slow readers lose and are told;
# a crowd at the control socket holds nobody up. The mode is the peers' and the router's.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
# shellcheck disable=SC2034
PEER_MODE=$MODE

pctl() { ns peer1 "$CTL" "$@"; }
pid_of() { ns "$1" "$CTL" status eth0 -j | jq '.instances[0].pid'; }

# ping_json NS ADDRESS [OPTION...]: into $WORK/ping.json; with the exit code
ping_json() {
	local from=$1
	shift
	ns "$from" timeout 30 "$CTL" ping "$@" -j >"$WORK/ping.json"
}
# of_path PATH FILTER: of what ping_json has seen
of_path() { jq -re ".paths[] | select(.path == \"$1\") | $2" "$WORK/ping.json"; }
all_back() { [ "$(of_path "$1" .sent)" = "$2" ] && [ "$(of_path "$1" .received)" = "$2" ] && of_path "$1" '.rtt_min_ms > 0 and .rtt_min_ms <= .rtt_avg_ms and .rtt_avg_ms <= .rtt_max_ms and .rtt_max_ms < 1000'; }
none_back() { [ "$(of_path "$1" .received)" = 0 ] && [ "$(of_path "$1" .sent)" = "$2" ]; }
not_tried() { not of_path "$1" .sent || equal "$(of_path "$1" .sent)" 0; }

# monitor NAME NS [OPTION...]: from now on, into $WORK/NAME.log
monitor() {
	local name=$1 where=$2
	shift 2
	bg_ns "$name" "$where" "$CTL" "$@"
	wait_for 10 watching "$name"
}
watching() { grep -q 'event":"daemon"\|: daemon [0-9]' "$WORK/$1.log"; }
# sees NAME FILTER: an event for which it is true, within 15 s (SEES)
sees() { wait_for "${SEES:-15}" saw "$@"; }
saw() { jq -e "select($2)" "$WORK/$1.log" | grep -q .; }
neighbour() { echo ".event == \"neighbour\" and .action == \"$1\" and .neighbour.address == \"$2\" and $3"; }
one_line_each() { jq -c . "$WORK/$1.log" | cmp - <(jq -c . <"$WORK/$1.log") && equal "$(jq -c . "$WORK/$1.log" | wc -l)" "$(wc -l <"$WORK/$1.log")"; }
ended() { not kill -0 "$1"; }
code_of() { wait "$1"; }

lab
warm_up
check "router loads ($MODE)" load_router "$MODE" --account all
monitor router router monitor -j
check "monitor where nothing is loaded" exits 3 ns peer1 "$CTL" monitor
check "ping, too" exits 3 ns peer1 "$CTL" ping $HOST6
check "peer1 loads ($MODE)" load_peer peer1
check "peer2 loads" load_peer peer2
check "peer3, behind NAT, loads" load_peer peer3
A1=$(address peer1) A2=$(address peer2) A3=$(address peer3)

monitor watch peer1 monitor -j
watch=$last_pid
monitor text peer1 monitor eth0 -t
bg_ns lines peer1 "$CTL" neigh monitor dev eth0
lines=$last_pid

# --- ping -----------------------------------------------------------------------------------------
check "ping of a peer" ping_json peer1 "$A2" -c 4 -i 0.3
check "  straight: 4 sent, 4 received, with times" all_back direct 4
check "  by solicitation" equal "$(of_path direct .by)" solicitation
check "  by the router: likewise" all_back router 4
check "  by echo" equal "$(of_path router .by)" echo
check "  some of it came back straight" test "$(of_path router .back_straight)" -gt 0
check "  the path is in use now" equal "$(jq -r .in_use.path "$WORK/ping.json")" direct
check "ping of a peer behind NAT" ping_json peer1 "$A3" -c 2
check "  straight" all_back direct 2
check "  by the router" all_back router 2
check "from behind NAT" ping_json peer3 "$A1" -c 2
check "  straight" all_back direct 2
check "ping of a native host" ping_json peer1 $HOST6 -c 2
check "  by the router" all_back router 2
check "  and in no other way" not_tried direct
check "ping of the router" ping_json peer1 $ROUTER6 -c 1
check "  is answered" all_back router 1
check "the router pings a peer" ping_json router "$A3" -c 2
check "  straight, by echo" all_back direct 2
check "  but no native host" refused 1 "of its prefix" ns router "$CTL" ping $HOST6 -c 1
check "the kernel has seen none of those replies" equal "$(ns peer1 nstat -az Icmp6InEchoReplies | awk '/Replies/ { print $2 }')" 0
check "in lines, for people" says "^direct: 1 sent, 1 received, 0% loss, rtt min/avg/max " pctl ping "$A2" -c 1
check "  with each answer" says "^seq 1 direct from 131.2.0.2:[0-9]*: [0-9.]* ms" pctl ping "$A2" -c 1
check "  and the path in use" says "in use: path direct REACHABLE" pctl ping "$A2" -c 1
check "ping itself" refused 1 "no address to be reached" pctl ping "$A1" -c 1
check "ping of nonsense" refused 2 "not an IPv6 address" pctl ping nonsense
check "ping faster than its bound" refused 2 "makes sense" pctl ping "$A2" -i 0.1
check "ping in another device" exits 3 ns peer1 "$CTL" ping "$A2" -c 1 dev eth9

bg_ns endless peer1 "$CTL" ping "$A2" -i 0.2
endless=$last_pid
answers() { [ "$(grep -c '^seq .* direct' "$WORK/endless.log")" -ge 5 ]; }
check "ping without -c goes on" wait_for 10 answers
check "a second ping of the same address is refused" refused 1 "already" pctl ping "$A2" -c 1
kill -INT "$endless"
check "  until interrupted: exit code 0" code_of "$endless"
check "  with the sums" grep -q '^direct: .* received, 0% loss' "$WORK/endless.log"
began=$SECONDS
check "-w ends it" ping_json peer1 "$A2" -w 1.5
check "  in time" test $((SECONDS - began)) -le 4

for i in $(seq 8); do bg_ns "ping$i" peer1 "$CTL" ping "2001:db8:6::$i:1"; pings_[i]=$last_pid; done
ninth() { pctl ping $HOST6 -c 1 2>&1 | grep -q "others"; }
check "more than 8 at a time are refused" wait_for 5 ninth
for i in $(seq 8); do kill -INT "${pings_[i]}"; wait "${pings_[i]}"; done
check "  and one more is fine when those have ended" wait_for 5 pctl ping $HOST6 -c 1

# --- no path ----------------------------------------------------------------------------------------
only_by_router
pctl neigh flush
ns peer2 "$CTL" neigh flush # else it would answer straight, until it finds out
check "the direct path is cut" ping_json peer1 "$A2" -c 2
check "  straight: 100 % loss" none_back direct 2
check "  and why" equal "$(of_path direct .reason)" "no answer"
check "  by the router: none lost" all_back router 2
check "  nothing came back straight" equal "$(of_path router .back_straight)" 0
check "probe says: by the router, exit code 1" exits 1 pctl probe "$A2"
check "  and why" says "not straight: no answer from 131.2.0.2" pctl probe "$A2"
reachable_again
check "the path is back: probe finds it, exit code 0" exits 0 pctl probe "$A2"
check "  though traffic would have waited" says "path direct REACHABLE rtt [0-9.]* ms" pctl probe "$A2"
check "probe in JSON" equal "$(pctl probe "$A2" -j | jq -r '.neighbour.path, .paths[0].path, .paths[0].received' | xargs)" "direct direct 1"
check "probe of a native host is refused" refused 1 "no neighbour" pctl probe $HOST6
check "probe on a router is refused" refused 1 "reached straight" ns router "$CTL" probe "$A2"
check "probe of an odd port: at once" exits 1 pctl probe 2001:67c:127c:0:51c3:83ff:fe01:204
check "a neighbour by hand" pctl neigh add "$A2"
check "  is not probed" refused 1 "by hand" pctl probe "$A2"
check "  but pinged" ping_json peer1 "$A2" -c 1
check "  straight, by echo" equal "$(of_path direct '[.received, .by] | join(" ")')" "1 echo"
pctl neigh del "$A2"

nat_symmetric
known_again() { ns peer3 ping -q -c1 -W1 $HOST6; }
wait_for 30 known_again
A3=$(address peer3)
check "symmetric NAT: probe, exit code 1" exits 1 ns peer3 "$CTL" probe "$A1"
check "  ping" ping_json peer1 "$A3" -c 2
check "  by the router only" none_back direct 2
check "  which works" all_back router 2
check "  with the reason for people" says "not straight: no answer from .*NAT" pctl ping "$A3" -c 1

ns peer2 ip link set eth0 down
check "the neighbour is down: exit code 1" exits 1 ns peer1 "$CTL" ping "$A2" -c 2
check "  100 % loss on both paths" equal "$(pctl ping "$A2" -c 1 | grep -c '100% loss')" 2
ns peer2 ip link set eth0 up
ns peer2 ip route add default via 131.2.0.254

# --- monitor ------------------------------------------------------------------------------------------
check "monitor: a new neighbour" sees watch "$(neighbour new "$A2" '.neighbour.state == "INCOMPLETE"')"
check "  its direct path" sees watch "$(neighbour changed "$A2" '.neighbour.path == "direct" and .neighbour.state == "REACHABLE" and .was.path == "router"')"
check "  the loss of it, with the reason" sees watch "$(neighbour changed "$A2" '.neighbour.path == "router" and .neighbour.reason == "no answer"')"
check "  its end" sees watch "$(neighbour deleted "$A2" true)"
check "  a flush" sees watch '.event == "neighbour" and .action == "flushed"'
check "  in words" grep -q "^\[20..-..-..T..:..:.*\] eth0: neigh changed $A2 via 131.2.0.2:[0-9]* path direct REACHABLE, was path router INCOMPLETE (no answer yet)" "$WORK/text.log"
check "neigh monitor: lines as of neigh show" grep -q "^$A2 via 131.2.0.2:[0-9]* dev 6bed4 lladdr [0-9a-f:]* path direct REACHABLE age 0s" "$WORK/lines.log"
check "  Deleted ones" grep -q "^Deleted $A2 via" "$WORK/lines.log"
check "on the router: a peer that speaks" sees router "$(neighbour new "$A1" '.neighbour.state == "SEEN"')"
monitor nat peer3 monitor -j
nat_to 40020
bg_ns keep peer3 ping -i 0.2 $HOST6
keep=$last_pid
B3=$(expected 131.3.0.2:40020)
check "NAT rebinding: the public endpoint" sees nat '.event == "public" and .public == "131.3.0.2:40020" and .rebinding'
check "  and the address" sees nat ".event == \"address\" and .address == \"$B3\" and (.was | length) > 0"
check "  the neighbours are gone" sees nat '.event == "neighbour" and .action == "flushed"'
check "  what is logged" sees nat ".event == \"log\" and .level == \"info\" and .text == \"address $B3\""
check "  the router has seen the old address from the new endpoint" sees router '.event == "mismatch" and .endpoint == "131.3.0.2:40020"'
end_pid "$keep"
ns peer1 ip addr add 131.1.0.3/24 dev eth0
ns peer1 ip addr del 131.1.0.2/24 dev eth0
ns peer1 ip addr show dev eth0 | grep -q 131.1.0.3 || ns peer1 ip addr add 131.1.0.3/24 dev eth0
ns peer1 ip route replace default via 131.1.0.254
check "the local address changes" sees watch '.event == "listen" and (.listen | startswith("131.1.0.3:"))'
check "  so the public endpoint does, and that is no rebinding" sees watch '.event == "public" and (.public | startswith("131.1.0.3:")) and (.rebinding | not)'
check "  and the address" sees watch ".event == \"address\" and .was == \"$A1\""
bg_ns void peer1 ping -q -i 0.2 $HOST6
void=$last_pid
ns router "$CTL" unload eth0 >/dev/null
SEES=40
check "the router goes" sees watch '.event == "state" and .state == "degraded" and (.reason | test("does not answer"))'
check "  the router's monitor ends" sees router '.event == "end" and .reason == "unloaded"'
check "  what is logged of it is an error" sees watch '.event == "log" and .level == "error" and (.text | test("does not answer"))'
load_router "$MODE" --account all >/dev/null
SEES=60
check "the router is back" sees watch '.event == "state" and .state == "up"'
SEES=15
end_pid "$void"

# --- reload, unload, a crash ----------------------------------------------------------------------------
pid=$(pid_of peer1)
check "reload" pctl reload eth0
new=$(pid_of peer1)
check "monitor says so" sees watch '.event == "end" and (.reason | startswith("replaced"))'
check "  and goes on with the new daemon" sees watch ".event == \"daemon\" and .pid == $new"
check "  in words" grep -q "eth0: daemon replaced; reconnecting" "$WORK/text.log"
pctl neigh flush
check "  seeing what happens" eval 'wait_for 5 pctl ping $A2 -c 1; sees watch "$(neighbour new "$A2" true) and .time > \"$(jq -r "select(.event == \"daemon\" and .pid == $new).time" "$WORK/watch.log")\""'
kill -KILL "$new"
check "a crash" sees watch '.event == "end" and (.reason | startswith("has ended"))'
check "  load revives it" load_peer peer1
check "  and monitor goes on" sees watch ".event == \"daemon\" and .pid == $(pid_of peer1)"

# --- slow readers and crowds ------------------------------------------------------------------------------
# Stopped, it reads nothing while thousands of events come.
monitor slow peer1 monitor -j
slow=$last_pid
kill -STOP "$slow"
pid=$(pid_of peer1)
rss() { awk '/VmRSS/ { print $2 }' "/proc/$pid/status"; }
monitor fast peer1 monitor -j
churn() { # FROM TO: neighbours by hand, each added and deleted, by the control socket alone
	ns peer1 /usr/bin/python3 -c "
import socket
def ask(words):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(5); s.connect('\0' + '6bed4/eth0')
    s.send(words.encode()); s.recv(4096); s.close()
for i in range($1, $2):
    a = '2001:67c:127c:0:52c3:83ff:fe09:%x' % (i % 60000 + 1)
    ask('neigh add ' + a); ask('neigh del ' + a)"
}
# In portions: who reads may be late on a busy machine, but not by more than its queue holds, some 100 events.
churn_and_read() { # FROM TO
	local i
	for ((i = $1; i < $2; i += 40)); do
		churn $i $((i + 40)) || return
		wait_for 20 saw fast "$(neighbour deleted "$(printf '2001:67c:127c:0:52c3:83ff:fe09:%x' $((i + 40)))" true)" || return
	done
}
check "120 neighbours come and go" churn_and_read 0 120
before=$(rss)
check "1000 neighbours come and go while a monitor does not read" churn_and_read 120 1120
check "  the daemon has not grown by it" test $(($(rss) - before)) -lt 1000
check "  and has lost nothing for others" eval 'wait_for 10 saw fast "$(neighbour deleted 2001:67c:127c:0:52c3:83ff:fe09:460 true)" && not saw fast ".event == \"lost\""'
kill -CONT "$slow"
check "  who has slept is told how many it lost" sees slow '.event == "lost" and .events > 1000'
pctl neigh add 2001:67c:127c:0:52c3:83ff:fe0a:1
check "  and hears the rest" sees slow "$(neighbour new 2001:67c:127c:0:52c3:83ff:fe0a:1 true)"
# Of what the other one has heard from the first of these neighbours to the last, it heard or lost each.
heard_or_lost() {
	jq -s 'def at($a): map(.neighbour.address == $a) | index(true);
		.[at("2001:67c:127c:0:52c3:83ff:fe09:1"):at("2001:67c:127c:0:52c3:83ff:fe0a:1") + 1] |
		map(if .event == "lost" then .events else 1 end) | add' "$WORK/$1.log"
}
check "  so does the other" sees fast "$(neighbour new 2001:67c:127c:0:52c3:83ff:fe0a:1 true)"
check "  thousands" test "$(heard_or_lost fast)" -ge 2241
check "  lost and heard add up" equal "$(heard_or_lost slow)" "$(heard_or_lost fast)"

open_files() { ls "/proc/$pid/fd" | wc -l; }
files=$(open_files)
background crowd nsenter --net="/run/netns/$TAG-peer1" /usr/bin/python3 -c "
import socket, time
kept = []
for i in range(100):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect('\0' + '6bed4/eth0'); kept.append(s)
print('there', flush=True)
time.sleep(60)"
crowd=$last_pid
there() { grep -q there "$WORK/crowd.log"; }
check "100 connect and say nothing" wait_for 10 there
began=$(date +%s%N)
check "  traffic goes on" pings peer1 $HOST6 20 0.02
check "  status answers" pctl status eth0
check "  soon" test $((($(date +%s%N) - began) / 1000000)) -lt 3000
end_pid "$crowd"
check "  descriptors are given back" wait_for 5 eval '[ "$(open_files)" = "$files" ]'
watchers=()
for i in $(seq 9); do bg_ns "more$i" peer1 "$CTL" monitor -j; watchers+=("$last_pid"); done
full() { cat "$WORK"/more*.log | grep -q "watch already"; }
check "too many monitors are refused" wait_for 5 full
for i in "${watchers[@]}"; do end_pid "$i"; done
nobody() {
	ns peer1 setpriv --reuid nobody --regid nogroup --clear-groups /usr/bin/python3 -c "
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(5); s.connect('\0' + '6bed4/eth0')
try:
    s.send(b'$1'); print(len(s.recv(4096)))
except OSError:
    print(0)"
}
check "nobody but root may watch" equal "$(nobody 'watch 1 all')" 0
check "nor ping" equal "$(nobody "ping 1 $A2 1 1000 1000")" 0
ask() {
	ns peer1 /usr/bin/python3 -c "
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(5); s.connect('\0' + '6bed4/eth0')
s.send(b'$1'); r = s.recv(4096); print(r[0], r[4:].decode())"
}
check "another version's request is refused" says "another version" ask 'watch 99 all'
check "so is nonsense" equal "$(ask 'ping 1 x y z')" "1 unknown request"

check "every event was one line of JSON" one_line_each watch
check "unload" pctl unload eth0
check "  monitor says so" sees watch '.event == "end" and .reason == "unloaded"'
check "  and has ended with exit code 3" exits 3 code_of "$watch"
check "  as neigh monitor has" exits 3 code_of "$lines"
finish
