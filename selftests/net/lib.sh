# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What every scenario uses: namespaces that are always cleaned up, waiting by polling, TAP lines.
# Must not know any topology (topology.sh) nor expectation (test_*.sh).

set -u

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CTL=$TOP/build/6bed4ctl
TAG=b4-$$-$RANDOM
WORK=$(mktemp -d /tmp/6bed4-test-XXXXXX)
mkfifo "$WORK/silence" # nobody ever says anything there

tap_n=0 tap_failed=0
own_pids=() own_ns=() own_nics=()

# --- TAP ------------------------------------------------------------------------------------------

ok() { echo "ok $((++tap_n)) - $*"; }
not_ok() {
	echo "not ok $((++tap_n)) - $*"
	((++tap_failed))
}
skip() { echo "ok $((++tap_n)) - $1 # SKIP $2"; }
diag() { sed 's/^/# /'; }

# check SENTENCE COMMAND...: one test; on failure its output is shown.
check() {
	local what=$1
	shift
	if "$@" >"$WORK/check.out" 2>&1; then
		ok "$what"
	else
		not_ok "$what"
		{ echo "failed: $*"; tail -20 "$WORK/check.out"; } | diag
	fi
}

# exits CODE COMMAND...: succeeds when the command ends with that code.
exits() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" = "$want" ] || { echo "exit code $got, expected $want"; return 1; }
}

# by_level QUICK FULL LONG: how often or how much, at the level that selftests/run was asked for
by_level() {
	case ${LEVEL:-} in
	--quick) echo "$1" ;;
	--long) echo "$3" ;;
	*) echo "$2" ;;
	esac
}

equal() { [ "$1" = "$2" ] || { echo "got '$1', expected '$2'"; return 1; }; }
not() { ! "$@"; }

# says WORDS COMMAND...: they are in its output
says() {
	local words=$1
	shift
	"$@" 2>&1 | tee /dev/stderr | grep -q "$words"
}

# refused CODE WORD COMMAND...: ends with that code and one line on stderr that has the word in it
refused() {
	local code=$1 word=$2 got=0
	shift 2
	"$@" >"$WORK/refused.out" 2>"$WORK/refused.err" || got=$?
	cat "$WORK/refused.out" "$WORK/refused.err"
	equal $got "$code" && equal "$(wc -l <"$WORK/refused.err")" 1 && grep -qe "$word" "$WORK/refused.err"
}

# --- waiting ---------------------------------------------------------------------------------------

# wait_for SECONDS COMMAND...: polls until the command succeeds. What takes longer is asked less often: each
# question is several processes, and what is waited for wants the processor, too.
wait_for() {
	local deadline=$((SECONDS + $1)) pause=0.05 n=0
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || { echo "timed out: $*"; return 1; }
		read -rt $pause <>"$WORK/silence" || true
		[ $((++n)) -lt 4 ] || pause=0.2
	done
}

# --- namespaces and processes ------------------------------------------------------------------------

# Bpffs stays visible this way; `ip netns exec` would hide it.
ns() {
	local name=$1
	shift
	nsenter --net="/run/netns/$TAG-$name" "$@"
}

ns_add() {
	local name
	for name in "$@"; do
		ip netns add "$TAG-$name"
		own_ns+=("$TAG-$name")
		ns "$name" ip link set lo up
		ns "$name" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
	done
}

# veth A DEV B DEV: a cable. Partial checksums off, and GRO on once both ends are up, so that XDP may
# redirect into it. Made inside a namespace: before Linux 6.14 a device of that name out here would be in the way.
# Inside a virtual machine it is a pair of virtio devices, as long as there are some.
veth() {
	local pair
	pair=$(virtio_pair)
	if [ -n "$pair" ]; then
		own_nics+=("$1 $2 ${pair}a" "$3 $4 ${pair}b")
		nic_move "${pair}a" "$1" "$2" && nic_move "${pair}b" "$3" "$4"
		return
	fi
	ns "$1" ip link add "$2" type veth peer name "$4" netns "$TAG-$3"
	ns "$1" ip link set "$2" up
	ns "$3" ip link set "$4" up
	ns "$1" ethtool -K "$2" tx off gro on >/dev/null
	ns "$3" ethtool -K "$4" tx off gro on >/dev/null
}

# The next free pair of those that VM_NICS counts (selftests/vm), nicNa and nicNb; nothing when there is none.
virtio_pair() {
	local n
	for ((n = 0; n < ${VM_NICS:-0}; n++)); do
		[ -e "/sys/class/net/nic${n}a" ] && [ -e "/sys/class/net/nic${n}b" ] && echo "nic$n" && return
	done
}

# nic_move NIC NS DEV
nic_move() {
	ip link set "$1" netns "$TAG-$2" name "$3" && ns "$2" ip link set "$3" up
}

# nics_back NAMESPACE: its virtio devices by their own names to where they came from, before it is gone
nics_back() {
	local where dev nic
	for nic in "${own_nics[@]}"; do
		read -r where dev nic <<<"$nic"
		[ "$TAG-$where" = "$1" ] && nsenter --net="/run/netns/$1" ip link set "$dev" netns 1 name "$nic"
	done
}

# background NAME COMMAND...: pid in $last_pid, output in $WORK/NAME.log
background() {
	local name=$1
	shift
	: >"$WORK/$name.log" # here already: who waits for a word in it must not find one of an earlier command
	"$@" >>"$WORK/$name.log" 2>&1 </dev/null &
	last_pid=$!
	own_pids+=("$last_pid")
}

# bg_ns NAME NS COMMAND...: the same inside a namespace; the pid is the command's own.
bg_ns() {
	local name=$1 where=$2
	shift 2
	background "$name" nsenter --net="/run/netns/$TAG-$where" "$@"
}

# as_daemon PID COMMAND...: as the user of that daemon, who may lower its limits and raise them again
as_daemon() {
	local pid=$1 uid gid
	shift
	uid=$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")
	gid=$(awk '/^Gid:/ { print $2 }' "/proc/$pid/status")
	setpriv --reuid "$uid" --regid "$gid" --clear-groups "$@"
}

end_pid() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

cleanup() {
	local pid name
	trap - EXIT INT TERM
	for pid in "${own_pids[@]}"; do
		end_pid "$pid"
	done
	for name in "${own_ns[@]}"; do
		nsenter --net="/run/netns/$name" "$CTL" status -j 2>/dev/null |
			jq -r '.instances[].iface' 2>/dev/null | while read -r dev; do
			nsenter --net="/run/netns/$name" timeout 60 "$CTL" unload "$dev" >/dev/null 2>&1
		done
		nics_back "$name"
		# A peer's port is kept there, for the next load in a namespace that will not be again.
		rm -rf "/run/6bed4/$(nsenter --net="/run/netns/$name" "$TOP/selftests/net/pindir.sh" | cut -d/ -f6)"
		ip netns del "$name" 2>/dev/null
	done
	rm -rf "$WORK"
}

# The end of every scenario: the plan, and failure if a test failed.
finish() {
	echo "1..$tap_n"
	[ $tap_failed = 0 ]
	exit
}

trap 'cleanup' EXIT
trap 'exit 130' INT TERM

# --- the product --------------------------------------------------------------------------------------

# stat NS HOOK OUTCOME: packets counted so far on eth0
stat() {
	ns "$1" "$CTL" stats eth0 -j |
		jq "[.instances[0].hooks[] | select(.hook == \"$2\") | .outcomes[] |
		     select(.name == \"$3\") | .packets] | add // 0"
}

# counted NS OUTCOME: packets that ended so, at whatever hook
counted() { ns "$1" "$CTL" stats eth0 -j | jq "[.instances[0].hooks[].outcomes[] | select(.name == \"$2\") | .packets] | add // 0"; }

# state NS FIELD: of the instance on eth0, dead or alive
state() { ns "$1" "$CTL" status eth0 -j | jq -r ".instances[0].$2 // empty"; }
state_is() { equal "$(state "$1" "$2")" "$3"; }

# forwarded NS fast|daemon: packets that went on their way by that path
forwarded() {
	ns "$1" "$CTL" status eth0 -j | jq ".instances[0].packets.$2 // 0"
}

# address NS: the 6bed4 address of the instance on eth0
address() { ns "$1" "$CTL" status eth0 -j | jq -r '.instances[0].address // empty'; }
