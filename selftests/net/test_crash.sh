#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: router-native router-tc peer-tc
# long: router-native-kill router-native-error router-native-unload router-tc-kill router-tc-error router-tc-unload peer-tc-kill peer-tc-error peer-tc-unload
#
# Load and unload, killed at each system call that changes something, or with each one that can fail
# failing: the next load or unload, in turns, repairs what is left, and an error is one line and
# leaves nothing behind. Points in the long run are all there are, else some, evenly.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
IFS=- read -r ROLE MODE HOW <<<"${1:-router-native}"
WANTED=${CRASH_POINTS:-$(by_level 4 10 0)} # 0: all there are
if [ "$ROLE" = router ]; then
	AT=router LOAD="load eth0 --prefix $PREFIX --v6-dev v6 --fast-path $MODE"
else
	AT=peer2 LOAD="load eth0 --role peer --server $ROUTER4 --default-route --fast-path $MODE"
fi

ctl() { ns $AT "$CTL" "$@"; }
# traced OPTION... -- COMMAND...: by strace, with little slowing
traced() { ns $AT strace -qq -f --seccomp-bpf -o "$WORK/strace" "$@"; }
up() { ctl status eth0; }
dead() { ! kill -0 "$1" 2>/dev/null; }
ended_or_up() { dead "$1" || up; }
no_daemon() { ! ns $AT ss -Hlxn | grep -q @6bed4/eth0; }

# record COMMAND...: its system calls, for syscalls.py
record() { ns $AT strace -qq -f -y -s 64 -o "$WORK/recorded" "$CTL" "$@"; }
record_load() {
	record $LOAD --foreground >"$WORK/load.out" 2>&1 &
	own_pids+=($!)
	wait_for 30 up || { cat "$WORK/load.out"; return 1; }
	kill -KILL "$(ctl status eth0 -j | jq '.instances[0].pid')"
	wait $!
	wait_for 5 no_daemon && ctl unload eth0
}
points() { /usr/bin/python3 "$TOP/selftests/net/syscalls.py" "$1" "$WORK/recorded" "$WANTED"; }

# The daemon in the foreground, interrupted on its way; if it gets through, it is killed when it is up.
load_killed() {
	traced -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" "$CTL" $LOAD --foreground >"$WORK/load.out" 2>&1 &
	local tracer=$!
	own_pids+=("$tracer")
	wait_for 30 ended_or_up "$tracer" || { cat "$WORK/load.out"; return 1; }
	dead "$tracer" || kill -KILL "$(ctl status eth0 -j | jq '.instances[0].pid')"
	wait "$tracer"
	wait_for 5 no_daemon
}

works() {
	if [ "$ROLE" = router ]; then
		wait_for 20 ns peer1 ping -c1 -W1 $HOST6
	else
		wait_for 20 ns peer2 ping -c1 -W1 $HOST6
	fi
}
load_repairs() { ctl $LOAD && works && ctl unload eth0 && clean $AT; }
unload_repairs() { ctl unload eth0 && clean $AT; }
turn=0
repairs() {
	turn=$((1 - turn))
	if [ $turn = 1 ]; then load_repairs; else unload_repairs; fi
}
repairer() { [ $turn = 0 ] && echo load || echo unload; }

kill_loads() {
	local call n words
	while read -r call n words; do
		check "load killed at $call $words ($n): $(repairer) repairs" killed_load_repaired "$call" "$n"
	done < <(points kill)
}
killed_load_repaired() { load_killed "$@" && repairs; }

# failing CALL N: load ends with one line and leaves nothing, or gets through and works
failing() {
	traced -e "trace=$1" -e "inject=$1:error=${3:-ENOMEM}:when=$2" "$CTL" $LOAD --foreground \
		>"$WORK/load.out" 2>"$WORK/load.err" &
	local tracer=$! code=0
	own_pids+=("$tracer")
	wait_for 30 ended_or_up "$tracer" || { cat "$WORK/load.err"; return 1; }
	if ! dead "$tracer"; then
		end_pid "$tracer" # the daemon goes on without it
		works && ctl unload eth0 && clean $AT
		return
	fi
	wait "$tracer" || code=$?
	cat "$WORK/load.err"
	equal "$code" 1 && equal "$(grep -c . "$WORK/load.err")" 1 && grep -q '^6bed4' "$WORK/load.err" && clean $AT
}
fail_loads() {
	local call n words
	while read -r call n words; do
		check "load with an error of $call $words ($n): one line and nothing left, or at work" failing "$call" "$n"
		[ -z "$(traces $AT)" ] || ctl unload eth0 >/dev/null 2>&1
	done < <(points error)
}

unload_killed() {
	traced -e "trace=$1" -e "inject=$1:${3:-signal=KILL}:when=$2" "$CTL" unload eth0 >"$WORK/unload.out" 2>&1
	wait_for 10 no_daemon_or_up
}
no_daemon_or_up() { no_daemon || up; }
interrupted_unload_repaired() { ctl $LOAD && { unload_killed "$@" || true; } && repairs; }
kill_unloads() {
	local call n words
	while read -r call n words; do
		check "unload killed at $call $words ($n): $(repairer) repairs" interrupted_unload_repaired "$call" "$n"
	done < <(points kill)
	while read -r call n words; do
		check "unload with an error of $call $words ($n): $(repairer) repairs" interrupted_unload_repaired "$call" "$n" error=ENOMEM
	done < <(points error)
}

# The process that the operator sees dies, the one that becomes the daemon does not know.
parent_killed() {
	traced -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" "$CTL" $LOAD >"$WORK/load.out" 2>&1 &
	local tracer=$!
	own_pids+=("$tracer")
	wait_for 30 up || true
	ctl $LOAD && works && ctl unload eth0 && clean $AT
}

lab
warm_up
if [ "$ROLE" = router ]; then
	check "router loads" load_router "$MODE"
	PEER_MODE=tc
	check "peer1 loads" load_peer peer1
	check "it works" works
	check "router unloads" ctl unload eth0
else
	check "router loads" load_router native
fi
check "load, recorded" record_load
check "nothing is left" clean $AT
case ${HOW:-all} in
kill | all)
	kill_loads
	check "load's own process killed when the daemon is up or nearly so: load says what is" parent_killed exit_group 1
	;;&
error | all) fail_loads ;;&
unload | all)
	ctl $LOAD >/dev/null
	check "unload, recorded" record unload eth0
	check "nothing is left" clean $AT
	kill_unloads
	;;
esac
finish
