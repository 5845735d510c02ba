#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native
# long: native tc
#
# The unit 6bed4@.service: its steps, run as systemd would run them (manager.py), each with the privileges
# that it has there, and what systemd is told by them. Start, reload, crash, hang and stop under numbered flows;
# and what systemd-analyze says of the unit.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
# shellcheck source=flow.sh
. "$(dirname "$0")/flow.sh"
MODE=${1:-tc}

NET=$TOP/selftests/net
USER=$(getent passwd _6bed4 >/dev/null && echo _6bed4 || echo nobody)
rctl() { ns router "$CTL" "$@"; }
up() { state_is router state up; }
dead() { state_is router state dead; }
pid() { state router pid; }
moving() { [ "$(forwarded router fast)" -gt "$1" ]; }
moves() { local n; n=$(forwarded router fast) && wait_for 5 moving $((n + 1000)); }
flows() { flow_begin 5000 "$(line_peer_native)" "$(line_native_peer)" "$(line_peer_peer)"; }

# --- the unit ---------------------------------------------------------------------------------------

UNIT=$WORK/6bed4@.service
sed "s|@SBINDIR@|$TOP/build|" "$TOP/systemd/6bed4@.service.in" >"$UNIT"
# The program is elsewhere than where a package has it, and the configuration comes by words.
sed -i "s|service load %i|service load %i --prefix $PREFIX --v6-dev v6 --fast-path $MODE|" "$UNIT"

# exposure: what is left of 10 points
exposure() {
	systemd-analyze security --offline=true --json=off "$UNIT" 2>/dev/null | sed -nE 's/.*exposure level.*: ([0-9.]+) .*/\1/p'
}
at_most() { echo "$1, at most $2"; awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a <= b) }'; }
# sound: a root with the unit and the program where a package puts them; systemd-analyze finds nothing to say
sound() {
	local root=$WORK/root said
	make -s -C "$TOP" install DESTDIR="$root" PREFIX=/usr >/dev/null || return 1
	mkdir -p "$root/etc" "$root/usr/lib/systemd/system"
	cp -a /usr/lib/systemd/system/{sysinit,basic,multi-user,network-online,nss-lookup,network,shutdown,local-fs,swap,sockets,timers,paths,slices}.target \
		/usr/lib/systemd/system/system.slice "$root/usr/lib/systemd/system/" 2>/dev/null
	said=$(systemd-analyze verify --man=no --root="$root" "6bed4@eth0.service" 2>&1 | grep 6bed4)
	equal "$said" ""
}
if command -v systemd-analyze >/dev/null; then
	check "systemd-analyze verify finds nothing" sound
	check "and would find an unknown setting" sh -c "
		sed 's/^UMask=/UMaks=/' $UNIT >$WORK/bad@.service
		systemd-analyze verify --man=no $WORK/bad@eth0.service 2>&1 | grep -q UMaks"
	check "systemd-analyze security: at most 2.0" at_most "$(exposure)" 2.0
else
	skip "systemd-analyze verify finds nothing" "package systemd is not installed"
	skip "systemd-analyze security: at most 2.0" "package systemd is not installed"
fi

# --- the manager ------------------------------------------------------------------------------------

GROUP=
for dir in /sys/fs/cgroup/unified /sys/fs/cgroup; do
	[ -z "$GROUP" ] && [ -f "$dir/cgroup.procs" ] && mkdir "$dir/$TAG.service" 2>/dev/null && GROUP=$dir/$TAG.service
done
ungroup() { [ -z "$GROUP" ] || wait_for 5 rmdir "$GROUP"; }
trap 'cleanup; ungroup' EXIT

# manager DIR: what a service manager does, in the router's namespace and a control group of its own
manager() {
	M=$WORK/$1
	mkdir -p "$M"
	chmod 755 "$WORK" "$M"
	# shellcheck disable=SC2016
	UNIT_USER=$USER WATCHDOG_SCALE=0.1 WRAP_MAIN="${WRAP:+$WRAP }" background "manager-$1" sh -c '
		[ -z "$1" ] || echo 0 >"$1/cgroup.procs"
		exec nsenter --net="$2" /usr/bin/python3 "$3" "$4" eth0 "$5"' sh \
		"$GROUP" "/run/netns/$TAG-router" "$NET/manager.py" "$UNIT" "$M"
	manager=$last_pid
}
seen() { grep -qE "$1" "$M/log"; }
# count PATTERN: lines of the log
count() { grep -cE "$1" "$M/log"; }
more() { [ "$(count "$1")" -gt "$2" ]; }
main() { cat "$M/main"; }
show_log() { tail -40 "$M/log" "$WORK/manager-"*.log; return 1; }
begun() { wait_for 20 seen 'READY=1' || show_log; }
group_of() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }
mounts_of() { readlink "/proc/$1/ns/mnt"; }
status_of() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }
ended() { ! kill -0 "$1" 2>/dev/null; }

lab
warm_up

check "service run without a manager: refused" refused 1 "systemctl start" rctl service run eth0
check "service load without a manager: refused, and nothing is left" refused 1 "service manager" rctl service load eth0
check "service without words is a usage error" refused 2 "service --help" rctl service
check "nothing is left" clean

manager first
check "started: READY=1" begun
check "  the privileged step has ended" seen 'step ExecStartPre 0'
check "  status: up" up
check "  MAINPID is the daemon" equal "$(main)" "$(pid)"
check "  one STATUS= line" seen "message $(main) .*STATUS=router on 6bed4, $ROUTER6, fast path $MODE"
check "  descriptors were stored once, and taken" equal "$(count 'stored 6bed4 1')" 1
PEER_MODE=$MODE
check "  a peer loads" load_peer peer1
check "  and reaches native IPv6" pings peer1 $HOST6 3

# What the main process has, and never had more: its group, mounts and capabilities are the unit's.
daemon=$(main)
check "it is $USER" equal "$(state router privileges.user)" "$USER"
check "it has two capabilities" equal "$(ns router "$CTL" status eth0 -j | jq -c '.instances[0].privileges.capabilities')" '["cap_net_admin","cap_bpf"]'
check "its bounding set has no others" equal "$(status_of "$daemon" CapBnd)" 0000008000001000
check "it is confined, and gets no new privileges" equal "$(status_of "$daemon" Seccomp)$(status_of "$daemon" NoNewPrivs)" 21
check "root's tools believe it" equal "$(rctl stats -j | jq .version)" 1

# The watchdog: 30 s scaled to 3 are half of that between two signs of life.
n=$(count "message $daemon WATCHDOG=1")
check "WATCHDOG=1 keeps coming" wait_for 10 more "message $daemon WATCHDOG=1" $((n + 2))
gaps() { awk -v pid="$daemon" '$2 == "message" && $3 == pid && /WATCHDOG=1/ { if (last && $1 - last > 2.9) print $1 - last; last = $1 }' "$M/log"; }
check "  in time" equal "$(gaps)" ""

# Reload, by systemctl and by hand: the main process follows, in the same group and mounts.
flows
check "numbered flows move" moves
kill -HUP "$manager"
check "reload" wait_for 30 seen 'reload 0 ready' || show_log
new=$(main)
check "  MAINPID has followed" test "$new" != "$daemon"
check "  to the daemon" equal "$new" "$(pid)"
check "  RELOADING=1 came first, with the time" seen "message $daemon RELOADING=1 . MONOTONIC_USEC=[0-9]+ "
check "  then READY=1 of the successor" seen "message $new MAINPID=$new . READY=1"
check "  no STOPPING=1" not seen "STOPPING=1"
check "  it is confined" equal "$(status_of "$new" Seccomp)$(status_of "$new" NoNewPrivs)" 21
n=$(count "message $new WATCHDOG=1")
check "  the watchdog hears it" wait_for 10 more "message $new WATCHDOG=1" $((n + 1))
group=$(group_of "$new") mounts=$(mounts_of "$new")
check "reload by hand" rctl reload eth0
check "  MAINPID has followed" wait_for 5 test "$(main)" != "$new"
new=$(main)
check "  to the daemon" equal "$new" "$(pid)"
check "  its mount namespace is the same" equal "$(mounts_of "$new")" "$mounts"
check "  which is not the operator's" test "$mounts" != "$(mounts_of $$)"
if [ -n "$GROUP" ]; then
	check "  its control group is the same" equal "$(group_of "$new")" "$group"
	check "  which is not the operator's" test "$group" != "$(group_of $$)"
else
	skip "  its control group is the same" "no control group can be made"
fi
check "a reload that is refused changes nothing" refused 1 mtu rctl reload eth0 --mtu 9000
check "  READY=1 follows" wait_for 5 up

# Crash and hang: what is loaded stays, and the restart takes it over.
kill -KILL "$new"
check "kill -9: the manager restarts it" wait_for 20 seen 'restart' || show_log
check "  nothing was unloaded" grep -q 'what is loaded goes on' "$WORK/manager-first.log"
ready_again() { [ "$(pid)" = "$(main)" ] && [ "$(main)" != "$new" ] && up; }
check "  it is up" wait_for 20 ready_again || show_log
daemon=$(main)
kill -STOP "$daemon"
check "a hang: the watchdog ends it" wait_for 20 seen "watchdog $daemon"
kill -CONT "$daemon" 2>/dev/null
new=$daemon
check "  and it is up again" wait_for 20 ready_again || show_log
flow_end >/dev/null
check "of the flows not one packet was lost" flow_lossless

# Stop.
daemon=$(main)
kill -TERM "$manager"
check "stop" wait_for 30 ended "$manager" || show_log
check "  STOPPING=1" seen "message $daemon STOPPING=1"
check "  ended in order" seen 'dead success'
check "  nothing is left" clean

# By choice forwarding outlives the service.
sed -i 's/^ExecStopPost=.*/ExecStopPost=/' "$UNIT"
manager second
check "with an empty ExecStopPost=: started" begun
flows
check "  numbered flows move" moves
kill -TERM "$manager"
check "  stop" wait_for 30 ended "$manager"
check "  status: dead" dead
check "  forwarding goes on" moves
manager third
check "  started again" begun
check "  status: up" up
flow_end >/dev/null
check "  of the flows not one packet was lost" flow_lossless
check "unload by hand ends the service" rctl unload eth0
check "  in order" wait_for 20 seen 'dead success'
check "  nothing is left" clean

# A daemon that was loaded by hand is taken over.
check "load by hand" load_router "$MODE"
flows
WRAP="strace -D -f -q -o $WORK/calls" # a tracer that leaves the process its number
: >"$WORK/calls"
chmod 666 "$WORK/calls"
manager fourth
WRAP=
check "the service takes over from it" begun
check "  status: up" up
check "  MAINPID is the daemon" equal "$(main)" "$(pid)"
check "  forwarding goes on" moves
flow_end >/dev/null
check "  of the flows not one packet was lost" flow_lossless
kill -TERM "$manager"
wait_for 30 ended "$manager"
if command -v systemd-analyze >/dev/null; then
	check "the unit's SystemCallFilter= has all that it called" equal "$(/usr/bin/python3 "$NET/unit_calls.py" "$UNIT" "$WORK/calls")" ""
	check "  and would miss one that is not there" not equal "$(sed 's/^SystemCallFilter=bpf/SystemCallFilter=/' "$UNIT" >"$WORK/less" &&
		/usr/bin/python3 "$NET/unit_calls.py" "$WORK/less" "$WORK/calls")" ""
else
	skip "the unit's SystemCallFilter= has all that it called" "package systemd is not installed"
fi
rctl unload eth0 >/dev/null
check "  nothing is left" clean

# A main process that does not even begin: what waits for it is thrown away, and made anew.
printf '#!/bin/sh\n[ -e %s/go ] && exec %s "$@"\nexit 1\n' "$WORK" "$CTL" >"$WORK/flaky"
chmod 755 "$WORK/flaky"
sed -i "s|^ExecStart=[^ ]*|ExecStart=$WORK/flaky|" "$UNIT"
manager fifth
check "a main process that cannot start: tried again" wait_for 20 more 'ended exit-code' 1 || show_log
touch "$WORK/go"
check "  and again, until it can" begun
check "  status: up" up
kill -TERM "$manager"
wait_for 30 ended "$manager"
rctl unload eth0 >/dev/null
check "  nothing is left" clean
finish
