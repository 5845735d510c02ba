#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# quick: tc
# long: native tc off
#
# The privileges that a running daemon has left, and that it lacks none that it needs: no system call of
# its is refused while it does everything that it ever does. Which calls are refused is
# selftests/prog/test_privs.c's.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
# shellcheck disable=SC2034
PEER_MODE=$MODE

privs() { ns "$1" "$CTL" status eth0 -j | jq -c ".instances[0].privileges$2"; }
pid_of() { ns "$1" "$CTL" status eth0 -j | jq '.instances[0].pid'; }
user=$(getent passwd _6bed4 >/dev/null && echo _6bed4 || echo nobody)

# Everything that it has open to write: TUN, nothing that is a file on a disk.
open_files() { ls -l "/proc/$(pid_of "$1")/fd" | sed -n 's/.* -> //p' | grep -vE '^(socket|anon_inode|pipe):|^/dev/(net/tun|null)$|^/sys/fs/bpf$'; }

# watch NAME NS: its system calls from now on, into $WORK/NAME.calls
watch() {
	background "$1" strace -f -q -o "$WORK/$1.calls" -p "$(pid_of "$2")"
	wait_for 10 grep -q 'TracerPid:[[:space:]]*[1-9]' "/proc/$(pid_of "$2")/status"
}
refused_calls() { grep -h -E 'EPERM|EACCES|SIGSYS' "$WORK"/*.calls; true; }

lab
warm_up
check "router loads" load_router "$MODE"
check "peer loads" load_peer peer1
check "another peer loads" load_peer peer2
for who in router peer1; do
	check "$who: is $user" equal "$(privs $who .user)" "\"$user\""
	check "$who: has two capabilities" equal "$(privs $who .capabilities)" '["cap_net_admin","cap_bpf"]'
	check "$who: gets no new ones" equal "$(privs $who .no_new_privs)" true
	check "$who: is confined" equal "$(privs $who .seccomp)" true
	check "$who: has no file open" equal "$(open_files $who)" ""
done
check "people are told" sh -c "nsenter --net=/run/netns/$TAG-router $CTL status | grep -q 'privileges  user $user, cap_net_admin cap_bpf, no new ones, seccomp'"

# as_user USER REQUEST: what the router's daemon answers, in bytes
as_user() {
	ns router setpriv --reuid "$1" --regid nogroup --clear-groups /usr/bin/python3 -c "
import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.settimeout(5); s.connect('\0' + '6bed4/eth0')
try:
    s.send(b'$2'); print(len(s.recv(4096)))
except OSError:
    print(0)"
}
pid=$(pid_of router)
check "the daemon's own user may not ask it for maps" equal "$(as_user "$user" maps)" 0
check "nor end it" equal "$(as_user "$user" unload)" 0
check "nor take over" equal "$(as_user "$user" handover)" 0
check "which root may" equal "$(as_user root maps)" 4
check "and it goes on" equal "$(pid_of router)" "$pid"

# All that a daemon does, under a tracer.
watch router router
watch peer peer1
check "traced: native and back" pings peer1 $HOST6 3
check "traced: a neighbour, until it is direct" wait_for 20 sh -c "
	nsenter --net=/run/netns/$TAG-peer1 ping -q -c1 -W1 $(address peer2) >/dev/null
	nsenter --net=/run/netns/$TAG-peer1 $CTL neigh -j | grep -q '\"direct\"'"
check "traced: no such endpoint" not ns host6 ping -q -c1 -W1 2001:67c:127c::1
check "traced: the peer's address changes" sh -c "
	nsenter --net=/run/netns/$TAG-peer1 ip addr add 131.1.0.3/24 dev eth0
	nsenter --net=/run/netns/$TAG-peer1 ip addr del 131.1.0.2/24 dev eth0
	nsenter --net=/run/netns/$TAG-peer1 ip addr add 131.1.0.3/24 dev eth0
	nsenter --net=/run/netns/$TAG-peer1 ip route add default via 131.1.0.254"
follows() { ns peer1 "$CTL" status eth0 -j | jq -e '.instances[0].listen | startswith("131.1.0.3:")'; }
check "traced: it follows" wait_for 20 follows
check "traced: and works" wait_for 20 pings peer1 $HOST6 1
check "traced: neighbours by hand" sh -c "
	nsenter --net=/run/netns/$TAG-peer1 $CTL neigh add $(expected 131.9.0.1:50000) &&
	nsenter --net=/run/netns/$TAG-peer1 $CTL neigh flush"
check "traced: ping, probe, monitor" sh -c "
	nsenter --net=/run/netns/$TAG-peer1 timeout 1 $CTL monitor >$WORK/monitor.log
	nsenter --net=/run/netns/$TAG-peer1 $CTL probe $(address peer2) &&
	nsenter --net=/run/netns/$TAG-peer1 $CTL ping $(address peer2) -c 1 && grep -q daemon $WORK/monitor.log"
check "traced: the router's link goes and comes" sh -c "
	nsenter --net=/run/netns/$TAG-router ip link set v6 down; nsenter --net=/run/netns/$TAG-router ip link set v6 up
	nsenter --net=/run/netns/$TAG-router ip addr add 2001:db8:6::1/64 dev v6 nodad"
check "traced: traffic again" wait_for 20 pings peer1 $HOST6 1
check "traced: reload" ns router "$CTL" reload eth0
check "traced: and again" wait_for 20 pings peer1 $HOST6 1
check "traced: the peer unloads" ns peer1 "$CTL" unload eth0
check "no call was refused" equal "$(refused_calls)" ""
check "and there were calls" sh -c "test \$(cat $WORK/*.calls | wc -l) -gt 100"
finish
