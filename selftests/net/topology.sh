# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# The lab of most scenarios. Addresses are public ones, so nothing has to be lifted; all of it stays
# inside namespaces.
#
#   host6 ----- router ----- inet ----- peer1     131.1.0.2
#   2001:db8:6::2   145.136.0.1  |----- peer2     131.2.0.2
#                                |----- nat ----- peer3    192.168.7.2 behind 131.3.0.2
#
# router: "v6" towards host6, "eth0" towards inet. IPv6 forwarding on, IPv4 forwarding off.

PREFIX=2001:67c:127c::/64
ROUTER4=145.136.0.1
ROUTER6=2001:67c:127c:0:be64:91ff:fe88:1
HOST6=2001:db8:6::2

# The part of it without NAT, for who needs no more.
open_underlay() {
	ns_add router inet peer1 peer2
	veth router eth0 inet r0
	veth peer1 eth0 inet p1
	veth peer2 eth0 inet p2
	number_underlay
	ns inet ip addr add 131.2.0.254/24 dev p2
	host4 peer2 131.2.0.2/24 131.2.0.254
}

# Addresses of the router, of peer1 and of what is between them, whatever their devices are made of.
number_underlay() {
	ns inet sysctl -qw net.ipv4.ip_forward=1
	ns inet ip addr add 145.136.0.254/24 dev r0
	ns inet ip addr add 131.1.0.254/24 dev p1
	host4 router 145.136.0.1/24 145.136.0.254
	host4 peer1 131.1.0.2/24 131.1.0.254
}

underlay() {
	open_underlay
	ns_add nat peer3
	veth nat eth0 inet n0
	veth peer3 eth0 nat lan
	ns inet ip addr add 131.3.0.254/24 dev n0
	host4 nat 131.3.0.2/24 131.3.0.254
	host4 peer3 192.168.7.2/24 192.168.7.1
	ns nat ip addr add 192.168.7.1/24 dev lan
	ns nat sysctl -qw net.ipv4.ip_forward=1
	nat_to 40000
}

host4() {
	ns "$1" ip addr add "$2" dev eth0
	ns "$1" ip route add default via "$3"
}

# A NAT that lets unsolicited datagrams in, as far as its own sockets, remembers them, and then cannot
# give their port to the host behind it: so real ones drop them, and so does this one.
#
# nat_to PORT: peer3's datagrams leave from this external port from now on
nat_to() {
	ns nat nft -f - <<-RULES
		table ip nat
		delete table ip nat
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat
				oifname "eth0" meta l4proto udp snat to 131.3.0.2:$1
				oifname "eth0" masquerade
			}
			chain input {
				type filter hook input priority filter
				iifname "eth0" ct state new meta l4proto udp drop
			}
		}
	RULES
	ns nat conntrack -F >/dev/null 2>&1 # established mappings would keep the old port
}

native() {
	ns_add host6
	veth host6 eth0 router v6
	ns router sysctl -qw net.ipv6.conf.all.forwarding=1
	ns router ip addr add 2001:db8:6::1/64 dev v6 nodad
	ns host6 ip addr add $HOST6/64 dev eth0 nodad
	ns host6 ip -6 route add default via 2001:db8:6::1
}

lab() {
	underlay
	native
}

# A NAT of the kind that gives each destination another port: no direct path leads through it.
nat_symmetric() {
	ns nat nft -f - <<-RULES
		table ip nat
		delete table ip nat
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat
				oifname "eth0" ip daddr $ROUTER4 meta l4proto udp snat to 131.3.0.2:40000
				oifname "eth0" meta l4proto udp snat to 131.3.0.2:10000-60000 fully-random
				oifname "eth0" masquerade
			}
			chain input {
				type filter hook input priority filter
				iifname "eth0" ct state new meta l4proto udp drop
			}
		}
	RULES
	ns nat conntrack -F >/dev/null 2>&1
}

# Peers cannot reach each other but by the router; reachable_again lifts that.
only_by_router() {
	ns inet nft -f - <<-RULES
		table ip cut {
			chain forward {
				type filter hook forward priority filter
				meta l4proto udp ip saddr != $ROUTER4 ip daddr != $ROUTER4 drop
			}
		}
	RULES
}
reachable_again() { ns inet nft delete table ip cut; }

# load_router MODE [OPTION...]; load_peer NS [OPTION...]
load_router() {
	local mode=$1
	shift
	ns router "$CTL" load eth0 --prefix $PREFIX --v6-dev v6 --fast-path "$mode" "$@"
}

load_peer() {
	local name=$1
	shift
	ns "$name" "$CTL" load eth0 --role peer --server $ROUTER4 --default-route \
		--fast-path "${PEER_MODE:-auto}" "$@"
}

# The kernels know each other before anything is counted.
warm_up() {
	wait_for 10 ns host6 ping -c1 -W1 2001:db8:6::1
	wait_for 10 ns router ping -c1 -W1 145.136.0.254
}

# only_router_speaks: what it sends to endpoints that do not exist does not come back as ICMPv4, and host6
# answers nothing.
only_router_speaks() {
	ns inet ping -q -c1 -W2 131.2.0.2 >/dev/null
	ns inet ping -q -c1 -W2 131.1.0.2 >/dev/null
	ns inet nft -f - <<-RULES
		table ip quiet {
			chain forward { type filter hook forward priority 0; policy drop; }
		}
	RULES
	ns host6 nft -f - <<-RULES
		table ip6 quiet {
			chain output { type filter hook output priority 0; ip6 daddr $PREFIX drop; }
			chain input { type filter hook input priority 0; ip6 saddr $PREFIX drop; }
		}
	RULES
	ns router ip -6 route add 2001:db8::/32 via $HOST6
}

# --- what scenarios ask of a lab --------------------------------------------------------------------

has_address() { equal "$(address "$1")" "$2"; }
expected() { "$CTL" addr encode "$1" --prefix $PREFIX; }
port_of() { ns "$1" "$CTL" status eth0 -j | jq -r '.instances[0].listen' | sed 's/.*://'; }

# pings FROM ADDRESS [COUNT [INTERVAL]]: and not one is lost
pings() { ns "$1" ping -q -c "${3:-5}" -i "${4:-0.1}" -W 2 "$2" | tee /dev/stderr | grep -q ' 0% packet loss'; }

# fetch FROM SERVER ADDRESS [CURL OPTION...]: $WORK/www/file over HTTP, compared byte by byte
fetch() {
	local port=8000 from=$1 name=$2 at=$3 server ret
	shift 3
	bg_ns "http-$name-$from" "$name" /usr/bin/python3 -m http.server --bind :: --directory "$WORK/www" $port
	server=$last_pid
	wait_for 15 ns "$name" sh -c "ss -Hltn 'sport = $port' | grep -q ." || return 1
	ns "$from" timeout 60 curl -gsf "$@" -o "$WORK/got-$from" "http://[$at]:$port/file"
	ret=$?
	end_pid "$server"
	[ $ret = 0 ] && cmp "$WORK/www/file" "$WORK/got-$from"
}

# get FROM SERVER ADDRESS: likewise, by small programs, for a machine that is slow
get() {
	local server ret
	bg_ns "httpd-$2" "$2" busybox httpd -f -p "[::]:8000" -h "$WORK/www"
	server=$last_pid
	wait_for 20 ns "$2" sh -c "ss -Hltn 'sport = 8000' | grep -q ." || return 1
	ns "$1" timeout 40 busybox wget -q -O "$WORK/got" "http://[$3]:8000/file"
	ret=$?
	end_pid "$server"
	[ $ret = 0 ] && cmp "$WORK/www/file" "$WORK/got"
}

# paths_begin, and paths_kept MODE LEAST [LABEL]: what the router forwarded between them took the path of that mode,
# LEAST packets or more of it; with the daemon each segment counts, so there are more than 300.
paths_begin() { fast=$(forwarded router fast) slow=$(forwarded router daemon); }
paths_kept() {
	local mode=$1 least=$2 label=${3:-}
	fast=$(($(forwarded router fast) - fast)) slow=$(($(forwarded router daemon) - slow))
	echo "# $label$fast fast, $slow by the daemon"
	if [ "$mode" = off ]; then
		check "${label}all of it went through the daemon" test "$slow" -gt 300 -a "$fast" = 0
	else
		check "${label}nearly all of it took the fast path" test "$fast" -gt "$least" -a "$slow" -lt 20
	fi
}

# saw PROGRAM: packets that one of guests.bpf.o has counted
saw() {
	local map
	map=$(bpftool -j prog show id "$1" | jq '.map_ids[0]')
	bpftool -j map lookup id "$map" key 0 0 0 0 | jq '[.formatted.value // 0][0]'
}

# udp_file FROM TO ADDRESS SIZE
udp_file() {
	local server
	rm -f "$WORK/udp-$2"
	bg_ns "udp-$2" "$2" /usr/bin/python3 "$TOP/selftests/net/udp_file.py" serve 7100 "$WORK/udp-$2"
	server=$last_pid
	wait_for 15 ns "$2" sh -c "ss -Hlun 'sport = 7100' | grep -q ." || return 1
	ns "$1" timeout 90 /usr/bin/python3 "$TOP/selftests/net/udp_file.py" send "$3" 7100 "$4" "$WORK/www/file" || return 1
	wait_for 10 cmp "$WORK/www/file" "$WORK/udp-$2"
	end_pid "$server"
	cmp "$WORK/www/file" "$WORK/udp-$2"
}

# neigh_of NS ADDRESS FIELD: of its entry in that peer's cache
neigh_of() { ns "$1" "$CTL" neigh get "$2" eth0 -j 2>/dev/null | jq -r ".neighbours[0].$3 // empty"; }
path_is() { equal "$(neigh_of "$1" "$2" path)" "$3"; }

# --- what an instance leaves behind ------------------------------------------------------------------

pins_of() { ns "$1" "$TOP/selftests/net/pindir.sh"; }

# traces [NS]: what an instance on eth0 of that namespace, the router's by default, could leave behind
traces() {
	local where=${1:-router}
	ns "$where" ip -o link show type tun
	ns "$where" tc qdisc show dev eth0 | grep clsact
	ns "$where" bpftool net show 2>/dev/null | grep -E 'eth0|v6'
	ns "$where" ip -o addr show | grep 2001:67c:127c
	ns "$where" ip -6 route show | grep 2001:67c:127c
	ns "$where" ip -6 rule show | grep 25788
	ns "$where" ip -6 addrlabel show 2>/dev/null | grep 2001:67c:127c
	ns "$where" ss -Hlxn | grep 6bed4
	ns "$where" ss -Hlun "sport = 25788"
	[ -d "$(pins_of "$where")" ] && pins_of "$where"
	true
}
clean() { equal "$(traces "$@")" ""; }

# sweep NS: by hand, as far as unload did not; so that what comes next does not depend on it
sweep() {
	ns "$1" tc qdisc del dev eth0 clsact
	ns "$1" ip link set eth0 xdp off
	ns "$1" ip link set v6 xdp off
	ns "$1" ip -o link show type tun | cut -d: -f2 | while read -r dev; do ns "$1" ip link del "$dev"; done
	ns "$1" ip -6 addrlabel show | sed -n 's/^prefix \(2001:67c:127c[^ ]*\) .*label \([0-9]*\).*/\1 \2/p' | while read -r prefix label; do
		ns "$1" ip -6 addrlabel del prefix "$prefix" label "$label"
	done
	rm -rf "$(pins_of "$1")"
}
