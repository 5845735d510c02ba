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

# --- the manual page, which is to agree with the program ---------------------------------------------

PAGE=$TOP/docs/6bed4.conf.5
# Keys with their arguments, as `load --help` and as the page have them.
help_keys() { "$CTL" load --help | sed -n 's/^  --\([a-z0-9-]*\) \(\S*\) .*/\1 \2/p' | sed 's/ $//' | grep -vx 'wait SEC\|foreground'; }
page_keys() { sed -n 's/^\.It Ic \([a-z0-9-]*\)\( Ar\)\?\( .*\)\?$/\1\3/p' "$PAGE"; }
# section WORDS: the keys below that heading
section() { sed -n "/^\.Ss $1/,/^\.El/p" "$PAGE" | sed -n 's/^\.It Ic \([a-z0-9-]*\).*/\1/p'; }
argument() { help_keys | sed -n "s/^$1 \?//p"; }
# default KEY: as the page says
default() { sed -n "/^\.It Ic $1\( \|$\)/,/^Default/p" "$PAGE" | sed -n 's/^Default: \(.*\)\.$/\1/p'; }
help_default() { "$CTL" load --help | sed -n "s/^  --$1 .*default: \(\S*\).*/\1/p" | sed 's/[,;]$//'; }
# some value for a key: there is one for each form of argument
some_value() {
	case $(argument "$1") in
	P/64) echo 2001:db8::/64 ;;
	IPV4) echo 192.0.2.9 ;;
	PREFIX) echo 10.0.0.0/8 ;;
	IFACE | NAME) echo name0 ;;
	N) echo 2048 ;;
	SEC*) echo 30 ;;
	HOPS) echo 1 ;;
	MODE) echo auto ;;
	'') echo on ;;
	*) argument "$1" | cut -d'|' -f1 ;;
	esac
}
# parses ROLE KEY: a file with that role and key is taken; only the device is not there
file_with() { printf '%s\n' "$@" >"$WORK/etc/6bed4/no0.conf"; }
taken() { file_with "$@" && refused 1 "no such device" conf_ctl load no0; }
not_for() {
	local role=$1
	shift
	file_with "role $role" "$@" && refused 2 "is not for a $role" conf_ctl load no0
}
check "6bed4.conf(5) has the keys of load --help, and no other" \
	equal "$(page_keys | sort)" "$(help_keys | sort)"
for key in $(section "Keys of both roles") $(section "Keys of a peer"); do
	[ "$key" = role ] || check "  $key: a peer's" taken "role peer" "$key $(some_value "$key")"
done
for key in $(section "Keys of both roles") $(section "Keys of a router"); do
	[ "$key" = prefix ] || [ "$key" = role ] ||
		check "  $key: a router's" taken "prefix 2001:db8::/64" "$key $(some_value "$key")"
done
for key in $(section "Keys of a peer"); do
	check "  $key: not a router's" not_for router "prefix 2001:db8::/64" "$key $(some_value "$key")"
done
for key in $(section "Keys of a router"); do
	check "  $key: not a peer's" not_for peer "$key $(some_value "$key")"
done
for key in mtu account fast-path udp-checksum dscp neigh-max forward nexthop-slots server keepalive radius; do
	check "  $key: its default" test -n "$(default $key)" -a "$(default $key)" = "$(help_default $key)"
done
# The page's examples, as they stand.
examples() { awk -v want="$1" '/^\.\\" example/ { n++ } /^\.Bd/ { on = n == want; next } /^\.Ed/ { on = 0 } on' "$PAGE"; }
for n in 1 2 3; do
	check "  example $n is understood" eval 'examples $n | grep -q . && mapfile -t lines < <(examples $n) && taken "${lines[@]}"'
done
rm -f "$WORK/etc/6bed4/no0.conf"
finish
