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

# --- config show ------------------------------------------------------------------------------------
shown() { conf_ctl config show eth0 >"$WORK/load.out"; }
shown
check "config show: a line of the file" from v6-dev v6 /etc/6bed4/eth0.conf:3
check "config show: an option of the command line" from df off option
check "config show: a default" from dscp copy default
check "config show: what the file no longer says, once it has changed" from clamp-mss off /etc/6bed4/eth0.conf:6
sed -i 's/clamp-mss off/clamp-mss on/' "$CONF"
shown
check "  it says so" from clamp-mss off "/etc/6bed4/eth0.conf as it was then, now see line 6"
check "  and what to do" says "6bed4ctl reload eth0" cat "$WORK/load.out"
option_of() { conf_ctl -j config show | jq -r ".instances[0].options[] | select(.name == \"$1\") | \"\(.value) \(.source) \(.line)\""; }
check "config show in JSON" equal "$(option_of v6-dev)" "v6 file 3"
check "  the values are those in effect" equal "$(conf_ctl -j config show | jq -S '[.instances[0].options[] | {(.name): .value}] | add | del(."v6-dev")')" \
	"$(ns router "$CTL" -j status | jq -S '.instances[0].options | del(."v6-dev")')"
echo "port 3" >>"$CONF"
check "config show, when the file is wrong by now: says which line" says "eth0.conf:7: .*must be" conf_ctl config show
check "config show of nothing loaded" refused 3 "nothing loaded" conf_ctl config show v6
ns router "$CTL" unload eth0 >/dev/null

# --- config check -----------------------------------------------------------------------------------
printf 'prefix %s\nv6-dev v6\nmtuu 3\nforward xdp\nmtu 12\nfast-path tc\nwait 3\nradius 2\nv6-dev = v6\n' "$PREFIX" >"$CONF"
checked() { conf_ctl config check eth0 >"$WORK/check.txt"; }
check "config check: exit code 1" exits 1 checked
check "config check: every error with its line" equal "$(grep -v warning "$WORK/check.txt" | sed -nE 's/^[^:]*:([0-9]+):.*/\1/p' | sort -n | paste -sd' ')" "3 5 7 8 9"
check "config check: what load would say is among it" \
	grep -qF "$(conf_ctl load eth0 2>&1 | sed 's/^6bed4ctl: //')" "$WORK/check.txt"
check "config check: a warning" grep -q "eth0.conf:4: warning: --forward has no effect" "$WORK/check.txt"
check "config check: the sum" says "5 errors, 1 warning" tail -1 "$WORK/check.txt"
check "config check in JSON" equal "$(conf_ctl -j config check eth0 | jq -c '[.ok, ([.findings[] | select(.severity == "error") | .line] | sort)]')" "[false,[3,5,7,8,9]]"
printf 'prefix %s\nv6-dev v6\nmtu 1472\n' "$PREFIX" >"$CONF"
check "config check: a good file" conf_ctl config check eth0
check "  by its name" "$CTL" config check "$CONF"
check "  and it changes nothing" clean
echo "v6-dev nodev" >>"$CONF"
check "config check: what the machine does not have" says "no such device: nodev" conf_ctl config check eth0
check "  is no fault of the file alone" "$CTL" config check "$CONF"
sed -i 's/1472/1473/; /nodev/d' "$CONF"
check "config check: an MTU that does not fit the device" exits 1 conf_ctl config check eth0
check "config check: no such file" refused 1 "No such file" "$CTL" config check ./none.conf
check "config check: no such word" refused 2 "frob" "$CTL" config frob
# Of 40 files, each with another fault: check refuses what load refuses, and only that.
agree() {
	local line got want
	while read -r line; do
		printf 'prefix %s\nv6-dev v6\n%s\n' "$PREFIX" "$line" >"$CONF"
		got=0 want=0
		conf_ctl config check eth0 >/dev/null || got=1
		conf_ctl load eth0 --fast-path off >/dev/null 2>&1 || want=1
		ns router "$CTL" unload eth0 >/dev/null
		equal "$got $line" "$want $line" || return 1
	done
}
check "config check and load agree" agree <<-'LINES'
	mtu 1280
	mtu 1279
	mtu 9000
	role peer
	role router
	server 1.2.3.4
	listen 145.136.0.1
	port 25788
	port 25789
	tun eth0
	tun v6
	tun x
	tun 6bed4
	forward both
	forward kernel
	permit-v4 10.0.0.0/8
	permit-v4 127.0.0.0/8
	permit-v4 8.8.8.8
	deny-v4 10.0.0.1/8
	public-v4 145.136.0.1
	public-v4 224.0.0.1
	account 0
	account off
	neigh-max 15
	nexthop-slots 1000
	v6-dev eth0
	v6-dev v6
	keepalive 3
	foreground
	df off
	df maybe
	dscp 64
	= 3
	--mtu 1400
LINES
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
argument() { help_keys | sed -n "s/^$1\( \|$\)//p"; }
# default KEY: as the page says
default() { sed -n "/^\.It Ic $1\( \|$\)/,/^Default/p" "$PAGE" | sed -n 's/^Default: \(.*\)\.$/\1/p'; }
help_default() { "$CTL" load --help | sed -n "s/^  --$1 .*default: \(\S*\).*/\1/p" | sed 's/[,;]$//'; }
# some value for a key: there is one for each form of argument
some_value() {
	case $(argument "$1") in
	P/64) echo 2001:db8::/64 ;;
	P/16) echo fc65::/16 ;;
	PLAN) echo server-prefix ;;
	IPV4) echo 192.0.2.9 ;;
	PREFIX) echo 10.0.0.0/8 ;;
	IFACE | NAME) echo name0 ;;
	N) echo 2048 ;;
	SEC*) echo 30 ;;
	HOPS) echo 1 ;;
	MODE) echo auto ;;
	WHERE) echo unix:/run/name0 ;;
	'') echo on ;;
	*) argument "$1" | cut -d'|' -f1 ;;
	esac
}
# what a key does not go without
needs() { [ "$1" = plan-prefix ] && echo "plan server-prefix"; }
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
	[ "$key" = role ] || check "  $key: a peer's" taken "role peer" "$key $(some_value "$key")" "$(needs "$key")"
done
for key in $(section "Keys of both roles") $(section "Keys of a router"); do
	[ "$key" = prefix ] || [ "$key" = role ] ||
		check "  $key: a router's" taken "prefix 2001:db8::/64" "$key $(some_value "$key")" "$(needs "$key")"
done
for key in $(section "Keys of a peer"); do
	check "  $key: not a router's" not_for router "prefix 2001:db8::/64" "$key $(some_value "$key")"
done
for key in $(section "Keys of a router"); do
	check "  $key: not a peer's" not_for peer "$key $(some_value "$key")"
done
for key in plan plan-prefix mtu account fast-path udp-checksum dscp neigh-max forward nexthop-slots server keepalive radius; do
	check "  $key: its default" test -n "$(default $key)" -a "$(default $key)" = "$(help_default $key)"
done
# The page's examples, as they stand.
examples() { awk -v want="$1" '/^\.\\" example/ { n++ } /^\.Bd/ { on = n == want; next } /^\.Ed/ { on = 0 } on' "$PAGE"; }
for n in 1 2 3; do
	check "  example $n is understood" eval 'examples $n | grep -q . && mapfile -t lines < <(examples $n) && taken "${lines[@]}"'
done
rm -f "$WORK/etc/6bed4/no0.conf"
finish
