#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
#
# What every command prints, in text and in JSON, is what selftests/golden keeps of it, but for numbers that
# differ from run to run; JSON fits its schema in docs/schema. GOLDEN_UPDATE=1 keeps what is printed now.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
GOLDEN=$TOP/selftests/golden

golden() { /usr/bin/python3 "$TOP/selftests/net/golden.py" "$@"; }

# same CODE NAME [sort] NS WORD...: what it prints, on either channel, and its exit code; help and errors
# to the letter
same() {
	local code=$1 name=$2 kind=text sort=() out got
	shift 2
	case $code:$name in
	*:help* | 1:load* | 1:config* | 2:* | 3:*) kind=raw ;;
	esac
	[ "$1" = sort ] && { sort=(sort); shift; }
	out=$(ns "$1" "$CTL" "${@:2}" 2>&1)
	got=$?
	check "$name: as kept" golden $kind "$GOLDEN/$name.txt" "${sort[@]}" <<<"$out"
	check "$name: exit code" equal "$got" "$code"
}

# same_json SCHEMA NAME [sort] NS WORD...
same_json() {
	local schema=$1 name=$2 sort=()
	shift 2
	[ "$1" = sort ] && { sort=(sort); shift; }
	ns "$1" "$CTL" -j "${@:2}" >"$WORK/out.json" 2>/dev/null
	check "$name in JSON: one line" equal "$(wc -l <"$WORK/out.json")" 1
	check "$name in JSON: as kept, by its schema" golden json "$GOLDEN/$name.json" "$TOP/docs/schema/$schema.json" \
		"${sort[@]}" <"$WORK/out.json"
}

# fits SCHEMA NAME NS WORD...: what depends on the machine or the moment
fits() {
	check "$2 in JSON: fits its schema" golden schema - "$TOP/docs/schema/$1.json" \
		< <(ns "$3" "$CTL" -j "${@:4}" 2>/dev/null)
}

# both SCHEMA NAME [sort] NS WORD...: in text and in JSON
both() {
	same 0 "$2" "${@:3}"
	same_json "$@"
}

# lines_of SCHEMA NAME N NS WORD...: the first N lines of what goes on printing, beside pings and a neighbour
# that comes and goes; each has to fit its schema
lines_of() {
	local schema=$1 name=$2 n=$3 pid i
	shift 3
	bg_ns "lines-$name" "$1" "$CTL" -j "${@:2}"
	pid=$last_pid
	for ((i = 0; i < 40; i++)); do
		[ "$(grep -c '^{' "$WORK/lines-$name.log")" -ge "$n" ] && break
		ns peer1 "$CTL" neigh del "$A2" >/dev/null 2>&1
		ns peer1 ping -q -c 2 -i 0.1 -W 1 "$A2" >/dev/null
	done
	end_pid "$pid"
	for ((i = 1; i <= n; i++)); do
		check "$name, line $i: fits its schema" golden schema - "$TOP/docs/schema/$schema.json" \
			< <(grep '^{' "$WORK/lines-$name.log" | sed -n "${i}p")
	done
}

lab
warm_up

# Before anything is loaded.
for command in $("$CTL" --help | sed -n 's/^  \([a-z][a-z0-9]*\)  .*/\1/p'); do
	[ "$command" = help ] || same 0 "help-$command" router help "$command"
done
for shell in bash zsh fish; do
	same 0 "help-completion-$shell" router completion "$shell"
done
fits features features router features eth0
printf 'mtu 1400\nmtu 1300\nprot 1\ndf on\n' >"$WORK/wrong.conf"
printf 'mtu 1400 # of the far end\nclamp-mss\n' >"$WORK/right.conf"
config() { # with that file in reach by a short name, and in this shell, which counts tests
	pushd "$WORK" >/dev/null
	"$@"
	popd >/dev/null
}
config same 1 config-check-wrong router config check ./wrong.conf
config same_json config-check config-check-wrong router config check ./wrong.conf
config both config-check config-check-right router config check ./right.conf
same 0 help router --help
same 2 unknown-command router frobnicate
same 2 ambiguous-command router sta
same 3 status-nothing router status
same 3 status-nothing-here router status eth0
same 0 unload-nothing router unload eth0
both addr addr-encode router addr encode 192.0.2.1:50000 --prefix $PREFIX
both addr addr-decode router addr decode 2001:67c:127c:0:52c3:83ff:fe01:2
both addr addr-encode-router router addr encode 192.0.2.1:50000 --router 198.51.100.1:25788
both addr addr-decode-router router addr decode fc64:c633:6401:64bc:52c3:c0ff:fe00:201

same 0 load-router router load eth0 --prefix $PREFIX --v6-dev v6 --fast-path tc
same_json load load-again router load eth0 --prefix $PREFIX --v6-dev v6 --fast-path tc
same 0 load-again router load eth0 --prefix $PREFIX --v6-dev v6 --fast-path tc
same 1 load-other router load eth0 --prefix $PREFIX --v6-dev v6 --fast-path tc --mtu 1400
same 1 load-no-device router load eth9
same 2 load-bad-option router load eth0 --mtu 99
same 0 load-peer peer1 load eth0 --server $ROUTER4 --default-route --port 25790 --fast-path tc
same 0 load-peer-2 peer2 load eth0 --server $ROUTER4 --default-route --port 25792 --fast-path tc
A2=$(address peer2)
wait_for 10 pings peer1 $HOST6 3
wait_for 10 pings peer1 "$A2" 3
wait_for 15 path_is peer1 "$A2" direct
wait_for 15 path_is peer2 "$(address peer1)" direct

has_rates() { [ "$(state "$1" rates)" ]; }
wait_for 20 has_rates router
wait_for 20 has_rates peer1
both status status-router router status
both status status-peer peer1 status eth0
both stats stats-peer sort peer1 stats --all
both neigh neigh-router sort router neigh
both neigh neigh-peer peer1 neigh show eth0
both neigh neigh-get peer1 neigh get "$A2" dev eth0
same 1 neigh-get-none peer1 neigh get 2001:67c:127c:0:52c3:83ff:fe09:9
same 0 neigh-add peer1 neigh add 2001:67c:127c:0:52c3:83ff:fe09:9
same 0 neigh-del peer1 neigh del 2001:67c:127c:0:52c3:83ff:fe09:9
same 2 neigh-add-what peer1 neigh add
both config-show config-show peer1 config show
both ping ping sort peer1 ping "$A2" -c 2 -i 0.3
both probe probe peer1 probe "$A2"
same 1 ping-nobody peer1 ping 2001:67c:127c:0:52c3:83ff:fe09:9 -c 1 -W 0.3
fits doctor doctor peer1 doctor eth0 --all
both health health-peer peer1 health eth0
same 1 health-router router health # in this lab it has no IPv6 default route
same 0 metrics-peer peer1 metrics
same 2 metrics-json peer1 metrics -j
lines_of status-watch status-watch 2 peer1 status --watch 0.3
lines_of stats-watch stats-watch 2 peer1 stats --watch 0.3
lines_of monitor monitor 3 peer1 monitor
lines_of capture capture 2 peer1 capture -c 2 icmp6
fits stats explain router stats --explain
same 0 reload router reload eth0 --mtu 1400
same 0 unload router unload eth0
same_json load reload peer1 reload eth0 --mtu 1400
same_json unload unload peer1 unload eth0
same_json load load peer1 load eth0 --server $ROUTER4 --default-route --port 25790 --fast-path tc
same_json unload unload peer1 unload eth0
same_json unload unload-nothing peer1 unload eth0
finish
