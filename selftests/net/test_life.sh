#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native tc off
# long: native generic tc off
#
# Loading, unloading and looking, and what is refused: exit codes, one line that says what to do,
# and nothing left behind.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}

rctl() { ns router "$CTL" "$@"; }
pins() { pins_of router; }

bad() {
	local what=$1 code=$2 word=$3
	shift 3
	check "refused: $what" refused "$code" "$word" "$@"
	check "  and nothing is left" clean
}

lab
warm_up
LOAD="load eth0 --prefix $PREFIX --v6-dev v6 --fast-path $MODE"

check "nothing is loaded: status says so" refused 3 "nothing loaded" rctl status
check "nothing is loaded: unload is a success" exits 0 rctl unload eth0
check "load" rctl $LOAD
check "status in text" rctl status eth0
check "status names the mode" equal "$(rctl status -j | jq -r '.instances[0].fast_path')" "$MODE"
check "6bed4ctl alone shows the same" test "$(rctl | head -1)" = "$(rctl status | head -1)"
check "stats in JSON" equal "$(rctl stats -j | jq .version)" 1
check "neigh in JSON" equal "$(rctl -j neigh | jq .version)" 1
check "pins have BTF: bpftool prints field names" says listen bpftool map dump pinned "$(pins)/self"
check "load again, the same: a success that changes nothing" says "nothing changed" rctl $LOAD
check "load again, another: refused with names" refused 1 "mtu" rctl $LOAD --mtu 1400
check "load, the words in another order: the same" rctl load --fast-path=$MODE eth0 --v6-dev=v6 --prefix $PREFIX
check "another tunnel on the same port: refused" refused 1 25788 rctl load v6 --role peer --listen $ROUTER4 --port 25788
check "a peer loads" ns peer1 "$CTL" load eth0 --role peer --server $ROUTER4
check "bpftool sees it, with field names" says heard bpftool map dump pinned "$(pins)/neigh"
kill -9 "$(rctl status -j | jq '.instances[0].pid')"
no_daemon() { ! ns router ss -Hlxn | grep -q @6bed4/eth0; }
check "daemon killed" wait_for 5 no_daemon
check "daemon killed: status exits 4" exits 4 rctl status eth0
check "daemon killed: and says so" says "daemon dead" rctl status eth0
if [ "$MODE" = off ]; then
	skip "daemon killed: forwarding goes on" "there is no fast path in mode off"
else
	check "daemon killed: forwarding goes on" ns peer1 ping -q -c 5 -i 0.1 $ROUTER6
fi
check "daemon killed: load takes over" rctl $LOAD
check "and it works" wait_for 10 ns peer1 ping -c1 -W1 $ROUTER6
check "unload" rctl unload eth0
check "nothing is left" clean
check "unload twice" exits 0 rctl unload eth0

# Foreground.
bg_ns fg router "$CTL" $LOAD --foreground
fg=$last_pid
check "foreground: up" wait_for 10 rctl status eth0
kill -TERM "$fg"
check "foreground: SIGTERM ends it with success" wait "$fg"
check "foreground: and unloads" clean

# bpffs hidden, as `ip netns exec` does.
hidden() { ip netns exec "$TAG-router" "$@"; }
check "ip netns exec: load" hidden "$CTL" $LOAD
check "ip netns exec: status" hidden "$CTL" status eth0
check "ip netns exec: stats" hidden "$CTL" stats eth0
check "the same from outside" rctl status eth0
check "ip netns exec: unload" hidden "$CTL" unload eth0
check "nothing is left" clean
rctl $LOAD >/dev/null
check "loaded outside: ip netns exec status" hidden "$CTL" status
check "loaded outside: ip netns exec unload" hidden "$CTL" unload eth0
check "nothing is left" clean

# Two namespaces, each with an eth0.
rctl $LOAD >/dev/null
ns peer2 sysctl -qw net.ipv6.conf.all.forwarding=1
check "another namespace's eth0 as a router" ns peer2 "$CTL" load eth0 --prefix 2001:67c:127d::/64 --fast-path $MODE
check "each sees its own" test "$(rctl status -j | jq -r '.instances | length')" = 1
ns peer2 "$CTL" unload eth0 >/dev/null
check "one unloaded, the other stays" exits 0 rctl status eth0
rctl unload eth0 >/dev/null

# A peer without a router.
check "no router: load exits 4, the daemon goes on" exits 4 ns peer2 "$CTL" load eth0 --server 145.136.0.9 --wait 1
check "no router: status exits 4" exits 4 ns peer2 "$CTL" status eth0
port=$(ns peer2 "$CTL" status -j | jq -r '.instances[0].listen')
ns peer2 "$CTL" unload eth0 >/dev/null
ns peer2 "$CTL" load eth0 --server 145.136.0.9 --wait 0 >/dev/null 2>&1
check "a peer keeps its port" equal "$(ns peer2 "$CTL" status -j | jq -r '.instances[0].listen')" "$port"
ns peer2 "$CTL" unload eth0 >/dev/null

# What is refused.
bad "unknown option" 2 "--frob" rctl $LOAD --frob
bad "odd port" 2 "--port" rctl $LOAD --port 25789
bad "port out of range" 2 "--port" rctl $LOAD --port 65536
bad "prefix that is no /64" 2 "--prefix" rctl load eth0 --prefix 2001:67c:127c::/48
bad "router without prefix" 2 "prefix" rctl load eth0 --role router
bad "option of the other role" 2 "server" rctl $LOAD --server 145.136.0.9
bad "missing device" 1 "nodev" rctl load nodev --prefix $PREFIX
bad "missing IPv6 device" 1 "nodev" rctl load eth0 --prefix $PREFIX --v6-dev nodev
bad "device without IPv4 address" 1 "IPv4" rctl load v6 --prefix $PREFIX
bad "MTU larger than the underlay's" 1 "mtu" rctl $LOAD --mtu 9000
bad "listen address of another machine" 1 "145.136.0.9" rctl $LOAD --listen 145.136.0.9
bad "missing capability" 1 "CAP_NET_ADMIN" ns router setpriv --bounding-set -net_admin --inh-caps -net_admin "$CTL" $LOAD
bad "missing capability to load programs" 1 "CAP_" ns router setpriv --bounding-set -bpf,-sys_admin,-perfmon --inh-caps -bpf,-sys_admin,-perfmon "$CTL" $LOAD
bad "no /dev/net/tun" 1 "/dev/net/tun" ns router unshare -m sh -c "mount -t tmpfs none /dev/net && exec $CTL $LOAD"
ns router sysctl -qw net.ipv6.conf.all.forwarding=0
bad "IPv6 forwarding off" 1 "net.ipv6.conf.all.forwarding=1" rctl $LOAD
ns router sysctl -qw net.ipv6.conf.all.forwarding=1
bg_ns taken router /usr/bin/python3 -c "
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('$ROUTER4', 25788)); s.recv(1)"
wait_for 10 ns router sh -c "ss -Hlun 'sport = 25788' | grep -q ."
check "refused: port taken" refused 1 25788 rctl $LOAD
end_pid "$last_pid"
check "  and nothing is left" clean
if [ "$MODE" = native ]; then
	ns host6 ip link set eth0 mtu 9000
	bad "XDP refused because of the MTU" 1 "XDP" rctl $LOAD
	ns host6 ip link set eth0 mtu 1500
fi
check "IPv4 forwarding has not been touched" equal "$(ns router sysctl -n net.ipv4.ip_forward net.ipv4.conf.eth0.forwarding | tr -d '\n')" 00
finish
