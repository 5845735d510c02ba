#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# demo.sh up|down: a lab in network namespaces that shows a router at work. `up` builds it, loads
# router and peers, pings, downloads, reports, and takes it down again unless KEEP=1.
set -u

STATE=/run/6bed4-demo
CMD=${1:-up}
top=$(cd "$(dirname "$0")/.." && pwd)

if [ "$CMD" = down ]; then
	if [ ! -e $STATE ]; then
		echo "No demo is running."
		exit 0
	fi
	read -r TAG <$STATE
	for name in router peer1 peer2 peer3; do
		[ -e "/run/netns/$TAG-$name" ] &&
			nsenter --net="/run/netns/$TAG-$name" "$top/build/6bed4ctl" unload eth0 >/dev/null
	done
	for name in router inet peer1 peer2 nat peer3 host6; do
		ip netns del "$TAG-$name" 2>/dev/null
	done
	rm -f $STATE
	echo "The demo has ended."
	exit 0
fi
if [ -e $STATE ]; then
	echo "A demo is running already: end it with \`make demo-down\`." >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "The demo makes network namespaces and loads BPF programs: run it as root." >&2
	exit 1
fi

# shellcheck source=../selftests/net/lib.sh
. "$top/selftests/net/lib.sh"
# shellcheck source=../selftests/net/topology.sh
. "$top/selftests/net/topology.sh"

# shellcheck source=demo-steps.sh
. "$top/tools/demo-steps.sh"

# The rate is the last thing that curl says.
download() { fetch "$1" "$2" "$3" -w '%{speed_download}\n' | tail -1 >"$WORK/speed"; }

speed() { awk '{ printf "%.0f Mbit/s", $1 * 8 / 1e6 }' "$WORK/speed"; }

report() {
	echo
	echo "Packets at the router, by path:"
	ns router "$CTL" stats eth0 -j | jq -r '.instances[0].hooks[] | .hook as $h | .outcomes[] |
		select(.kind == "forward" or .kind == "answer") | [.name, $h, .packets] | @tsv' |
		awk '{ printf "  %-12s %-7s %8d\n", $1, $2, $3 }'
	echo
	ns router "$CTL" status eth0
	echo
	local fast slow
	fast=$(forwarded router fast) slow=$(forwarded router daemon)
	echo "$fast of $((fast + slow)) packets were forwarded by XDP and TC, $slow by the daemon;"
	echo "XDP alone: $(($(stat router xdp in-native) + $(stat router xdp out) + $(stat router xdp relay)))."
	echo
	echo "\$ 6bed4ctl neigh      # on peer1"
	ns peer1 "$CTL" neigh
}

# rtt FROM ADDRESS: the mean of five pings, in ms
rtt() { ns "$1" ping -q -c 5 -i 0.05 -W 2 "$2" | awk -F/ '/^rtt/ { printf "%.2f", $5 }'; }

# way FROM TO ADDRESS: by which path packets go there
way() {
	case $2 in
	host6) echo "by the router" ;;
	router) echo "to itself" ;;
	*) case $(neigh_of "$1" "$3" path) in
		direct) echo "straight" ;;
		lan) echo "straight, by the LAN" ;;
		*) echo "by the router" ;;
		esac ;;
	esac
}

# row FROM TO ADDRESS: of the table
row() {
	local ms
	ms=$(rtt "$1" "$3")
	printf '  %-6s -> %-6s %-37s %-15s %6s\n' "$1" "$2" "$3" \
		"$([ "$1" = host6 ] && echo "by the router" || way "$@")" "${ms:-lost}"
}

side() { printf '%-37s%s\n' "$@"; }

# The end: who is where, who reaches whom by which path, and how fast; in 80 columns.
topology() {
	local a1 a2 a3
	a1=$(address peer1) a2=$(address peer2) a3=$(address peer3)
	echo
	echo "  native IPv6           IPv4 only"
	side "  +-------+       +--------------+" "+== peer1 131.1.0.2:$(port_of peer1)"
	side "  | host6 |=======| router       |====" "|   $a1"
	side "  +-------+       +--------------+" "+== peer2 131.2.0.2:$(port_of peer2)"
	side "  $HOST6   $ROUTER4" "|   $a2"
	side "                  $PREFIX" "+== NAT 131.3.0.2"
	side "                  fast path $(state router fast_path)" "    +-- peer3 192.168.7.2:$(port_of peer3)"
	side "  IPv6 =======    IPv6 in UDP ====" "        $a3"
	echo
	printf '  %-6s    %-6s %-37s %-15s %6s\n' from to address path RTT/ms
	row peer1 host6 "$HOST6"
	row peer1 router "$ROUTER6"
	row peer1 peer2 "$a2"
	row peer2 peer1 "$a1"
	row peer1 peer3 "$a3"
	row peer3 peer2 "$a2"
	row peer3 host6 "$HOST6"
	row host6 peer1 "$a1"
	row host6 peer3 "$a3"
}

echo "Building the lab: a native IPv6 host, a router, two peers, one peer behind a strict NAT."
mkdir "$WORK/www"
head -c 20000000 /dev/urandom >"$WORK/www/file"
lab
nat_symmetric
warm_up || fail "the lab's own links do not work"
echo
echo "\$ 6bed4ctl load eth0 --prefix $PREFIX --v6-dev v6 --fast-path native"
load_router native --account all || fail "the router does not load"
for p in peer1 peer2 peer3; do
	echo "\$ 6bed4ctl load eth0 --role peer --server $ROUTER4 --default-route      # on $p"
	load_peer $p >"$WORK/load.out" 2>&1 || { cat "$WORK/load.out"; fail "$p does not load"; }
done
echo
step "peer1 pings the native host" pings peer1 $HOST6 20 0.02
step "the native host pings peer3, behind NAT" pings host6 "$(address peer3)" 20 0.02
step "peer1 pings peer2 for a second" pings peer1 "$(address peer2)" 50 0.02
step "  and now they talk straight to each other" path_is peer1 "$(address peer2)" direct
step "peer1 pings peer3, whose NAT allows no direct path" pings peer1 "$(address peer3)" 50 0.02
step "  so that goes by the router" path_is peer1 "$(address peer3)" router
step "peer1 downloads 20 MB from the native host" download peer1 host6 $HOST6
echo "  $(speed)"
step "the native host downloads 20 MB from peer1" download host6 peer1 "$(address peer1)"
echo "  $(speed)"
step "peer1 downloads 20 MB from peer2, straight" download peer1 peer2 "$(address peer2)"
echo "  $(speed)"
step "peer3 downloads 20 MB from peer2, by the router" download peer3 peer2 "$(address peer2)"
echo "  $(speed)"
report

topology

if [ "${KEEP:-0}" = 1 ]; then
	trap - EXIT INT TERM
	rm -rf "$WORK"
	echo "$TAG" >$STATE
	cat <<-EOF

	The lab stays up. Enter it:  nsenter --net=/run/netns/$TAG-router   (or -peer1, -peer2, -peer3, -host6)
	then try:  $CTL status
	End it:    make demo-down
	EOF
fi
