#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
#
# The first hour of a new operator: load, look, break something on purpose, find out why by 6bed4ctl alone,
# mend it by what it says, unload. Each step has to tell what the next one needs.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
# shellcheck disable=SC2034
PEER_MODE=$MODE

rctl() { ns router "$CTL" "$@"; }
p1() { ns peer1 "$CTL" "$@"; }
reaches() { ns "$1" ping -q -c 2 -i 0.2 -W 1 "$2"; }
# finding ID: how `doctor` on the router would mend that
finding() { rctl doctor eth0 -j | jq -er ".findings[] | select(.id == \"$1\") | .fix"; }
no_finding() { ! finding "$1"; }
equal_why() { p1 neigh get "$A2" | grep -q "(no answer"; }

lab
warm_up

# --- load ------------------------------------------------------------------------------------------------
check "6bed4ctl alone says that nothing is loaded, and what to type" refused 3 "load --help" rctl
check "features: all that is needed is there" exits 0 rctl features
printf 'prefix %s\nv6-dev v6\nfast-path %s\nmtu 140\n' $PREFIX "$MODE" >"$WORK/eth0.conf"
check "a slip in a file is found before it does harm" says "eth0.conf:4: --mtu 140" rctl config check "$WORK/eth0.conf"
sed -i 's/140$/1400/' "$WORK/eth0.conf"
check "  and is gone" rctl config check "$WORK/eth0.conf"
check "load prints what is in effect, and why" says "default$" load_router "$MODE"
check "a peer" load_peer peer1 --port 25790
check "and another" load_peer peer2 --port 25792
A1=$(address peer1) A2=$(address peer2)

# --- look ------------------------------------------------------------------------------------------------
check "native IPv6 is reached" wait_for 10 reaches peer1 $HOST6
check "and so is the other peer" wait_for 10 reaches peer1 "$A2"
check "status: up, with rates" wait_for 15 says "packets/s" rctl
check "neigh: both are known to the router" says "$A2" rctl neigh
check "ping: straight, and by the router" says "direct from 131.2.0.2:25792" p1 ping "$A2" -c 1
check "neigh: which path is in use" wait_for 15 path_is peer1 "$A2" direct
check "metrics: up" says 'bed4_up{iface="eth0"} 1' rctl metrics
check "doctor: nothing to mend" exits 0 rctl doctor eth0

# --- somebody switches forwarding off --------------------------------------------------------------------
ns router sysctl -qw net.ipv6.conf.all.forwarding=0
check "1: native IPv6 is reached no more" wait_for 10 not reaches peer1 $HOST6
check "1: doctor says so, by its exit code too" exits 4 rctl doctor eth0
FIX=$(finding forwarding6)
echo "# it says: $FIX"
check "1: and what to type" test -n "$FIX"
check "1: typed" ns router sh -c "$FIX"
check "1: reached again" wait_for 10 reaches peer1 $HOST6
check "1: doctor has nothing more to say" no_finding forwarding6

# --- somebody refuses the wrong addresses ----------------------------------------------------------------
check "2: reload with another option" rctl reload eth0 --deny-v4 131.2.0.0/16
check "2: peer2 reaches nothing" wait_for 10 not reaches peer2 $HOST6
bg_ns capture router "$CTL" capture eth0 --drops -c 1
pid=$last_pid
says_denied() { reaches peer2 $HOST6; grep -q "src-denied.*131.2.0.2:25792" "$WORK/capture.log"; }
check "2: capture --drops shows who is dropped, and the reason" wait_for 10 says_denied
end_pid "$pid"
check "2: stats --explain names the option" says "deny-v4" rctl stats --explain
check "2: config show tells that it was said" says "deny-v4 .*131.2.0.0/16 .*option" rctl config show eth0
check "2: reload without it" rctl reload eth0 --deny-v4 192.0.2.0/24
check "2: peer2 is back" wait_for 10 reaches peer2 $HOST6

# --- a network in between lets peers speak to the router only ---------------------------------------------
only_by_router
bg_ns monitor peer1 "$CTL" monitor eth0
monitor=$last_pid
wait_for 10 grep -q "daemon" "$WORK/monitor.log"
p1 neigh del "$A2" >/dev/null
check "3: the other peer is still reached" wait_for 10 reaches peer1 "$A2"
check "3: by the router" wait_for 20 path_is peer1 "$A2" router
check "3: neigh says why" wait_for 20 equal_why
check "3: monitor has told" wait_for 5 grep -q "neigh .*$A2.* path router" "$WORK/monitor.log"
check "3: ping: the router's path answers" says "router from" p1 ping "$A2" -c 1
check "3: ping: the straight one does not" says "direct: .* 0 received" p1 ping "$A2" -c 1
check "3: probe finds none either" exits 1 p1 probe "$A2"
reachable_again
check "3: probe finds it again" wait_for 20 says "path direct" p1 probe "$A2"
check "3: monitor has told that, too" wait_for 5 grep -q "neigh .*$A2.* path direct" "$WORK/monitor.log"

# --- unload ----------------------------------------------------------------------------------------------
check "unload" rctl unload eth0
check "the peers, too" sh -c "nsenter --net=/run/netns/$TAG-peer1 $CTL unload eth0 &&
	nsenter --net=/run/netns/$TAG-peer2 $CTL unload eth0"
check "monitor ends by itself" wait_for 10 not kill -0 "$monitor"
check "nothing is left" clean
check "6bed4ctl says so" refused 3 "nothing loaded" rctl
finish
