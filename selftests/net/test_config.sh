#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
#
# The configuration file of an instance: read by load and reload, behind what the command line says, and
# refused with file and line where it is wrong. Which files can be parsed is selftests/unit/test_conf.c's.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"

# An /etc of the test's own, so that the machine's stays as it is.
cp -a /etc "$WORK/etc"
mkdir -p "$WORK/etc/6bed4"
CONF=$WORK/etc/6bed4/eth0.conf
# shellcheck disable=SC2317
conf_ctl() { ns router unshare -m --propagation private sh -c 'mount --bind "$0" /etc && exec "$@"' "$WORK/etc" "$CTL" "$@"; }
option() { ns router "$CTL" status eth0 -j | jq -r ".instances[0].options[\"$1\"]"; }

lab
warm_up
cat >"$CONF" <<-CONF
	# the router of the lab
	prefix $PREFIX
	v6-dev = v6
	mtu 1400   # for the moment
	fast-path tc
	clamp-mss
CONF
check "load takes its options from the file" conf_ctl load eth0
check "  and it works" wait_for 10 pings router $HOST6 1
check "  the MTU is the file's" equal "$(option mtu)" 1400
check "  a key that stands alone is a switch" equal "$(option clamp-mss)" on
check "load says which file it has read" says "config     /etc/6bed4/eth0.conf" conf_ctl reload eth0
from() { says "  $1  *$2  *$3\$" cat "$WORK/load.out"; }
conf_ctl reload eth0 --df >"$WORK/load.out" 2>&1
check "load says where each value comes from: a line of the file" from mtu 1400 /etc/6bed4/eth0.conf:4
check "  a key that stands alone" from clamp-mss on /etc/6bed4/eth0.conf:6
check "  an option" from df on option
check "  a default" from dscp copy default
conf_ctl reload eth0 --df=off >"$WORK/load.out" 2>&1
check "  an option of this reload" from df off option
check "reload as it is" conf_ctl reload eth0
check "the same again changes nothing" says "nothing changed" conf_ctl load eth0
check "a word of the command line comes first" conf_ctl reload eth0 --mtu 1300
check "  status says so" equal "$(option mtu)" 1300
sed -i 's/clamp-mss/clamp-mss off/; s/mtu 1400/mtu 1350/' "$CONF"
check "reload reads the file again" conf_ctl reload eth0
check "  a switch is off" equal "$(option clamp-mss)" off
check "  what was said stays before it" equal "$(option mtu)" 1300
ns router "$CTL" unload eth0 >/dev/null
wrong() {
	local what=$1 words=$2
	printf 'prefix %s\nv6-dev v6\n%s\n' "$PREFIX" "$3" >"$CONF"
	check "refused: $what" refused 1 "eth0.conf:3: .*$words" conf_ctl load eth0
}
wrong "an unknown key" "unknown option --mtuu" "mtuu 1400"
wrong "a key twice" "given twice" "prefix $PREFIX"
wrong "a value that cannot be" "must be" "mtu 12"
wrong "what is about one call" "one call" "wait 3"
printf 'prefix %s\nv6-dev v6\nserver 145.136.0.9\n' "$PREFIX" >"$CONF"
check "refused: an option of the other role" exits 2 conf_ctl load eth0
printf 'prefix %s\nv6-dev v6\n' "$PREFIX" >"$CONF"
chmod o+w "$CONF"
check "refused: a file that everybody may write to" refused 1 "chmod o-w" conf_ctl load eth0
check "nothing is left" clean
finish
