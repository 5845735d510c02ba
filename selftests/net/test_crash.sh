#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: router-native peer-tc
# long: router-native-kill router-native-error-1 router-native-error-2 router-native-error-3 router-native-unload-1 router-native-unload-2 router-native-unload-3 router-tc-kill router-tc-error-1 router-tc-error-2 router-tc-error-3 router-tc-unload-1 router-tc-unload-2 router-tc-unload-3 peer-tc-kill peer-tc-error-1 peer-tc-error-2 peer-tc-error-3 peer-tc-unload-1 peer-tc-unload-2 peer-tc-unload-3
#
# Load and unload, killed at each system call that changes something, or with each one that can fail
# failing: the next load or unload, in turns, repairs what is left; an error of load is one line and
# leaves nothing behind. In the long run at all points there are, a third of them in each part, else at
# some, evenly.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
IFS=- read -r ROLE MODE HOW PART <<<"${1:-router-native}"
WANTED=${CRASH_POINTS:-$(by_level 4 5 0)} # 0: all
if [ "$ROLE" = router ]; then
	AT=router LOAD="load eth0 --prefix $PREFIX --v6-dev v6 --fast-path $MODE"
else
	AT=peer2 LOAD="load eth0 --role peer --server $ROUTER4 --default-route --fast-path $MODE"
fi

ctl() { ns $AT "$CTL" "$@"; }
up() { ctl status eth0; }
no_daemon() { ! ns $AT ss -Hlxn | grep -q @6bed4/eth0; }
points() { /usr/bin/python3 "$TOP/selftests/net/syscalls.py" "$1" "$WORK/recorded" "$WANTED" | awk -v part="${PART:-}" '!part || NR % 3 == part % 3' |
	grep -E "${CRASH_ONLY:-}"; } # one of them again: CRASH_ONLY='^1 321 15 '

# record COMMAND...: its system calls and those of what it makes, until it is up
record() {
	ns $AT strace -qq -f -n -y -s 96 -o "$WORK/recorded" "$CTL" "$@" >"$WORK/record.out" 2>&1 &
	local tracer=$!
	own_pids+=("$tracer")
	if [ "$1" = load ]; then
		wait_for 60 up || { cat "$WORK/record.out"; return 1; }
		end_pid "$tracer"
		ctl unload eth0
	else
		wait "$tracer"
	fi
}

works() { wait_for 20 ns "${1:-peer1}" ping -c1 -W1 $HOST6; }
ours_works() { if [ "$ROLE" = router ]; then works peer1; else works peer2; fi; }
load_repairs() { ctl $LOAD && ours_works && ctl unload eth0 && clean $AT; }
unload_repairs() { ctl unload eth0 && clean $AT; }
turn=0 met=0 unmet=0
repairs() { if [ $turn = 1 ]; then load_repairs; else unload_repairs; fi; }
next_turn() { turn=$((1 - turn)); }
repairer() { [ $turn = 1 ] && echo "the next load" || echo unload; }

# interrupted HOW PROCESS NUMBER NTH COMMAND...; its exit code in $code
interrupted() {
	code=0
	ns $AT timeout 60 "$TOP/build/net/interrupt" "$@" >"$WORK/interrupted.out" 2>"$WORK/interrupted.err" || code=$?
	sed 's/^/of it: /' "$WORK/interrupted.out" "$WORK/interrupted.err"
	case $code in
	124) echo "it hung" && return 1 ;;
	125 | 126 | 127) return 1 ;;
	201) unmet=$((unmet + 1)) ;;
	*) met=$((met + 1)) ;;
	esac
}
# each HOW FUNCTION SENTENCE: a test per point
each() {
	local process number nth name words
	while read -r process number nth name words; do
		next_turn
		check "$3 $name${words:+ $words} ($nth, process $process); $(repairer)" "$2" "$1" "$process" "$number" "$nth"
		[ -z "$(traces $AT)" ] || { ctl unload eth0; sweep $AT; } 2>&1 | sed 's/^/# cleaning: /'
	done < <(points "$1")
}

load_killed() { interrupted "$@" "$CTL" $LOAD && repairs; }
load_failing() {
	interrupted "$@" "$CTL" $LOAD || return
	case $code in
	0 | 201) ours_works && ctl unload eth0 && clean $AT ;;
	*)
		equal "$code" 1 && equal "$(grep -c . "$WORK/interrupted.err")" 1 &&
			grep -q '^6bed4' "$WORK/interrupted.err" && clean $AT
		;;
	esac
}
unload_interrupted() { ctl $LOAD && interrupted "$@" "$CTL" unload eth0 && repairs; }
unload_failing() {
	ctl $LOAD && interrupted "$@" "$CTL" unload eth0 || return
	# What it says has to be true.
	[ "$code" != 0 ] || clean $AT || return
	repairs
}

if [ "$(uname -m)" != x86_64 ]; then
	skip "load and unload interrupted" "system calls are interrupted on x86-64 only"
	finish
fi
lab
warm_up
check "router loads" load_router "${MODE/tc/native}"
# shellcheck disable=SC2034
PEER_MODE=tc
check "peer1 loads" load_peer peer1
check "it works" works
[ "$ROLE" = router ] && ctl unload eth0 >/dev/null
check "load, recorded" record $LOAD
check "nothing is left" clean $AT
case ${HOW:-all} in
kill | all) each kill load_killed "load killed at" ;;&
error | all) each error load_failing "load with an error of" ;;&
unload | all)
	ctl $LOAD >/dev/null
	check "unload, recorded" record unload eth0
	check "nothing is left" clean $AT
	each kill unload_interrupted "unload killed at"
	each error unload_failing "unload with an error of"
	;;
esac
check "nearly all points were met: $met, not $unmet" [ "$met" -gt $((9 * unmet)) ]
finish
