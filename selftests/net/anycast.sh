# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# The lab of test_anycast.sh and `make demo-anycast`: two routers with one IPv4 address and one prefix, announced
# by BGP to an upstream that spreads flows over both. All BIRD processes have their files in $WORK.
#
#                     +-- e1 -- eth0 r1 v6 -- v1 --+
#   crowd ----- up ---+                            +--- up ----- host6     (up is one machine, AS 64500)
#   133.0.0.0/16      +-- e2 -- eth0 r2 v6 -- v2 --+             2001:db8:6::2
#
# Must not know what is made to fail, nor expectations.

PREFIX=2001:67c:127c::/64
ROUTER4=145.136.0.1
HOST6=2001:db8:6::2
PEERS=100
RATE=10 # packets a second of each peer
PORT=7001

bird_bin=/usr/sbin/bird

anycast_links() {
	local n
	ns_add up r1 r2 crowd host6
	ns up sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.fib_multipath_hash_policy=1 \
		net.ipv6.fib_multipath_hash_policy=1
	for n in up r1 r2; do # so that BGP finds them when a link is back
		ns $n sysctl -qw net.ipv6.conf.all.keep_addr_on_down=1 net.ipv6.conf.default.keep_addr_on_down=1
	done
	veth crowd eth0 up c0
	veth host6 eth0 up h0
	ns up ip addr add 131.1.0.1/24 dev c0
	ns crowd ip addr add 131.1.0.2/24 dev eth0
	ns crowd ip route add default via 131.1.0.1
	ns crowd ip route add local 133.0.0.0/16 dev lo
	ns up ip route add 133.0.0.0/16 via 131.1.0.2
	ns up ip addr add 2001:db8:6::1/64 dev h0 nodad
	ns host6 ip addr add $HOST6/64 dev eth0 nodad
	ns host6 ip -6 route add default via 2001:db8:6::1
	for n in 1 2; do
		veth r$n eth0 up e$n
		veth r$n v6 up v$n
		ns r$n sysctl -qw net.ipv6.conf.all.forwarding=1
		ns r$n ip addr add $ROUTER4/32 dev lo
		ns r$n ip addr add 131.1$n.0.2/24 dev eth0
		ns up ip addr add 131.1$n.0.1/24 dev e$n
		ns r$n ip addr add 2001:db8:1$n::2/64 dev v6 nodad
		ns up ip addr add 2001:db8:1$n::1/64 dev v$n nodad
	done
}

# What both kinds of BIRD have: quick timers, for a lab.
bird_common() {
	cat <<-CONF
		router id $1;
		log "$WORK/bird-$2.log" all;
		protocol device { scan time 1; }
		protocol bfd { interface "*" { interval 100 ms; multiplier 3; }; }
		template bgp quick {
			bfd;
			hold time 9; keepalive time 3;
			connect retry time 1; connect delay time 1; error wait time 1, 1;
		}
	CONF
}

bird_router() { # N
	bird_common 131.1"$1".0.2 r"$1"
	cat <<-CONF
		ipv4 table service4;
		ipv6 table service6;
		protocol kernel health4 { kernel table 25788; learn; ipv4 { table service4; import all; export none; }; }
		protocol kernel health6 { kernel table 25788; learn; ipv6 { table service6; import all; export none; }; }
		protocol kernel main4 { ipv4 { import none; export where source = RTS_BGP; }; }
		protocol kernel main6 { ipv6 { import none; export where source = RTS_BGP; }; }
		protocol pipe announce4 { table master4; peer table service4; import all; export none; }
		protocol pipe announce6 { table master6; peer table service6; import all; export none; }
		protocol bgp up4 from quick {
			local 131.1$1.0.2 as 64501; neighbor 131.1$1.0.1 as 64500;
			ipv4 { import where net = 0.0.0.0/0; export where net = $ROUTER4/32; next hop self; };
		}
		protocol bgp up6 from quick {
			local 2001:db8:1$1::2 as 64501; neighbor 2001:db8:1$1::1 as 64500;
			ipv6 { import where net = ::/0; export where net = $PREFIX; next hop self; };
		}
	CONF
}

bird_up() {
	local n
	bird_common 131.1.0.1 up
	cat <<-CONF
		protocol static default4 { ipv4; route 0.0.0.0/0 unreachable; }
		protocol static default6 { ipv6; route ::/0 unreachable; }
		protocol kernel { merge paths on; ipv4 { import none; export where source = RTS_BGP; }; }
		protocol kernel { merge paths on; ipv6 { import none; export where source = RTS_BGP; }; }
	CONF
	for n in 1 2; do
		cat <<-CONF
			protocol bgp r${n}v4 from quick {
				local 131.1$n.0.1 as 64500; neighbor 131.1$n.0.2 as 64501;
				ipv4 { import where net = $ROUTER4/32; export where net = 0.0.0.0/0; next hop self; };
			}
			protocol bgp r${n}v6 from quick {
				local 2001:db8:1$n::1 as 64500; neighbor 2001:db8:1$n::2 as 64501;
				ipv6 { import where net = $PREFIX; export where net = ::/0; next hop self; };
			}
		CONF
	done
}

# bird NS: in the foreground of its own, ends with the scenario
bird() {
	bg_ns "bird-out-$1" "$1" $bird_bin -f -c "$WORK/bird-$1.conf" -s "$WORK/bird-$1.ctl" -P "$WORK/bird-$1.pid"
}

anycast_birds() {
	bird_up >"$WORK/bird-up.conf"
	bird_router 1 >"$WORK/bird-r1.conf"
	bird_router 2 >"$WORK/bird-r2.conf"
	bird up
	bird r1
	bird r2
}

# load_anycast N MODE [OPTION...]
load_anycast() {
	ns r"$1" "$CTL" load eth0 --listen $ROUTER4 --prefix $PREFIX --v6-dev v6 --fast-path "$2" --account all "${@:3}"
}

# health_of N: the script that announces it, as its unit would run it
health_of() {
	bg_ns "health-$1" r"$1" env ANNOUNCE="$ROUTER4/32 $PREFIX" INTERVAL=0.2 FALL=2 RISE=3 CTL="$CTL" \
		"$TOP/tools/anycast/6bed4-health" eth0
}

# ways FAMILY: by how many routers the upstream sends; FAMILY 4 or 6
ways() {
	if [ "$1" = 4 ]; then
		ns up ip -4 route show exact $ROUTER4/32 | grep -oE 'dev e[12]' | sort -u | wc -l
	else
		ns up ip -6 route show exact $PREFIX | grep -oE 'dev v[12]' | sort -u | wc -l
	fi
}
ways_are() { equal "$(ways 4) $(ways 6)" "$1 $1"; }

# --- traffic ------------------------------------------------------------------------------------------

crowd_pid='' marks=0

traffic_begins() {
	bg_ns crowd crowd /usr/bin/python3 "$TOP/selftests/net/anycast.py" peers $PREFIX 133.0.0.1 $PEERS $ROUTER4 \
		$HOST6 $PORT $RATE
	crowd_pid=$last_pid marks=0
	wait_for 20 grep -q ready "$WORK/crowd.log" && all_answered
}

# all_answered: every peer has had an answer to something that it has sent from now on
all_answered() {
	kill -USR1 "$crowd_pid"
	marks=$((marks + 1))
	wait_for 20 grep -q "fresh $marks" "$WORK/crowd.log"
}

# traffic_ends: what was lost is in $WORK/lost.json
traffic_ends() {
	end_pid "$crowd_pid"
	grep '^{' "$WORK/crowd.log" >"$WORK/lost.json"
}
of_traffic() { jq ".$1" "$WORK/lost.json"; }

# carried NS: packets that it has forwarded, from peers and to them
carried() { echo $(($(counted "$1" in-native) + $(counted "$1" out))); }

ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
