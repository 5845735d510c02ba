#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: auto
#
# The command lines of the reference implementation: what each option does, in both forms, for both roles and
# with the fast path; what is refused; a user without privileges on a TUN device of its own; and that nothing
# is left but that device.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"

USER_ID=12345
PEER=$TOP/build/6bed4peer
ROUTER=$TOP/build/6bed4router

# Ordinary users get at the program, and /dev/net/tun is open to all as udev has it.
mkdir -p "$WORK/user/home" "$WORK/user/bin" "$WORK/user/dev"
chmod 711 "$WORK" "$WORK/user"
cp "$CTL" "$WORK/user/bin/6bed4ctl"
ln -s 6bed4ctl "$WORK/user/bin/6bed4peer"
ln -s 6bed4ctl "$WORK/user/bin/6bed4router"
chown $USER_ID "$WORK/user/home"
cat >"$WORK/as_user" <<-SH
	#!/bin/sh
	mount -t tmpfs -o mode=755 none "$WORK/user/dev" && mknod -m 666 "$WORK/user/dev/tun" c 10 200 &&
		mount --bind "$WORK/user/dev/tun" /dev/net/tun || exit 99
	export HOME=$WORK/user/home PATH=$WORK/user/bin:\$PATH
	unset XDG_STATE_HOME STATE_DIRECTORY
	exec setpriv --reuid $USER_ID --regid $USER_ID --clear-groups --inh-caps=-all --bounding-set=-all "\$@"
SH
chmod 755 "$WORK/as_user"

# as_user NS COMMAND...; it keeps its pid
as_user() {
	local name=$1
	shift
	ns "$name" unshare -m --propagation private "$WORK/as_user" "$@"
}

# --- what is asked ----------------------------------------------------------------------------------

option() { ns "$1" "$CTL" status eth0 -j | jq -r ".instances[0].options[\"$2\"] // empty"; }
option_is() { equal "$(option "$1" "$2")" "$3"; }
is_up() { ns "$1" "$CTL" status eth0 -j | jq -e '.instances[0].pid' >/dev/null; }
has_addr() { ns "$1" ip -6 addr show dev "$2" | grep -q "$3/64"; }

# processes NS NAME: of that program in that namespace, that still run
processes() {
	local pid
	for pid in $(ip netns pids "$TAG-$1"); do
		[ -d "/proc/$pid" ] && grep -qx "$2" "/proc/$pid/comm" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$pid/status" && echo "$pid"
	done
	true
}
none_of() { equal "$(processes "$1" "$2")" ""; }
of_daemon() { sed -n "s/^$1:\s*\(\S*\).*/\1/p" "/proc/$daemon/status"; }
runs() { [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status"; }

# end_all NS NAME: by SIGTERM to each, as `kill $(pidof NAME)` would
end_all() {
	# shellcheck disable=SC2046
	kill $(processes "$1" "$2") && wait_for 15 none_of "$1" "$2"
}

gone() { end_all "$1" 6bed4peer && clean "$1"; }

# ended PID CODE: SIGTERM ends it, with that exit code
ended() {
	local got=0
	kill "$1" || return 1
	wait "$1" || got=$?
	equal $got "$2"
}

# as_told FILE: what it says that root has to do
as_told() {
	local words
	sed -n 's/^  as root    //p' "$1" >"$WORK/told"
	[ -s "$WORK/told" ] || return 1
	while read -r words; do
		# shellcheck disable=SC2086
		ns "$2" $words || return 1
	done <"$WORK/told"
}

lab
warm_up
ADDR1=$(expected 131.1.0.2:50002)
ADDR2=$(expected 131.2.0.2:50004)

# --- refused ----------------------------------------------------------------------------------------

check "6bed4peer --help" says "Usage: 6bed4peer" "$PEER" --help
check "6bed4peer -h ends with 0" exits 0 "$PEER" -h
check "6bed4router -h" says "Usage: 6bed4router" "$ROUTER" -h
check "man-style short options of the router" says "v6prefix" "$ROUTER" --help
while read -r word words; do
	# shellcheck disable=SC2086
	check "refused: 6bed4peer $words" refused 2 "$word" ns peer1 timeout 20 "$PEER" $words
done <<-LIST
	unknown -x
	unknown --nope
	unknown --v4listen 131.1.0.2
	needs -s
	needs --port
	must -s 131.1.0
	must -s 224.0.0.1
	must -p 50001
	must -p 65536
	must -p 50000x
	must -l 131.1.0.2/24
	must -k x
	must -k 30,0
	must -k 30,256
	must -k ,3
	must -r 256
	must -r -1
	twice -s 145.136.0.1 -s 145.136.0.1
	twice -dd
	twice -f --fork-not
	twice -e -e
	twice -k 30 --keepalive 30
	twice -r 1 --radius 1
	twice -t a -t b
	belongs -d tun0
	value -d=1
LIST
while read -r word words; do
	# shellcheck disable=SC2086
	check "refused: 6bed4router $words" refused 2 "$word" ns router timeout 20 "$ROUTER" $words
done <<-LIST
	listen
	prefix -l $ROUTER4
	listen -L $PREFIX
	must -l 0.0.0.0 -L $PREFIX
	must -l $ROUTER4 -L 2001:67c:127c::/48
	must -l $ROUTER4 -L 2001:67c:127c::
	must -l $ROUTER4 -L 2001:67c:127c::1/64
	twice -l $ROUTER4 --v4listen $ROUTER4 -L $PREFIX
	unknown -s $ROUTER4
	ambiguous --v
LIST
check "refused: an address of another machine" refused 1 "no address of this machine" ns peer1 "$PEER" -l 9.9.9.9
check "refused: no way to the router" refused 1 "no way to the router" ns host6 "$PEER"
check "refused: a TUN device that is not there" refused 1 "no TUN device nope" ns peer1 "$PEER" -t nope
check "refused: the driver's file" refused 1 "not of the driver" ns peer1 "$PEER" -t /dev/net/tun
check "refused: another device" refused 1 "no TUN device (mode tun)" ns peer1 "$PEER" -s $ROUTER4 -t eth0
check "nothing is left of all that" clean peer1

# --- router and peer, with privileges ------------------------------------------------------------------

bg_ns router router "$ROUTER" -l $ROUTER4 -L $PREFIX
router_pid=$last_pid
check "6bed4router -l -L stays in the foreground" wait_for 15 is_up router
check "  a router" state_is router role router
check "  with this prefix" option_is router prefix "${PREFIX%::/64}::/64"
check "  at this address" option_is router listen $ROUTER4

check "6bed4peer goes to the background" ns peer1 "$PEER" -d -s $ROUTER4 -p 50002
check "  a peer on the device that leads to the router" state_is peer1 role peer
check "  with the address of that port" has_address peer1 "$ADDR1"
check "  with the fast path" state_is peer1 fast_path tc
check "  pings" wait_for 10 pings peer1 $HOST6 1
check "  and again, none lost" pings peer1 $HOST6
check "  by the fast path" test "$(forwarded peer1 fast)" -gt 0
check "kill ends it" gone peer1
check "  and nothing is left" clean peer1

# Both of its processes get the signal at once, in no order.
many_times() {
	local i
	for ((i = 0; i < $(by_level 2 4 40); i++)); do
		ns peer1 "$PEER" -s $ROUTER4 -p 50002 && gone peer1 || return 1
	done
}
check "and so each time" many_times

check "6bed4peer, and its daemon is killed" ns peer1 "$PEER" -s $ROUTER4 -p 50002
check "  killed" kill -9 "$(state peer1 pid)"
check "  the rest follows" wait_for 15 none_of peer1 6bed4peer
check "  nothing is left" wait_for 5 clean peer1

check "6bed4peer, and it is reloaded" ns peer1 "$PEER" -s $ROUTER4 -p 50002 -k 20
check "  reloaded" ns peer1 "$CTL" reload eth0 --radius 0
check "  the options stay" option_is peer1 keepalive 20,3
check "  unload ends it" ns peer1 "$CTL" unload eth0
check "  all of it" wait_for 15 none_of peer1 6bed4peer
check "  nothing is left" clean peer1

# every_option FORM OPTION...: all there are, checked one by one
every_option() {
	local form=$1 pid
	shift
	ns peer1 ip tuntap add dev mine mode tun
	bg_ns peer1 peer1 "$PEER" "$@"
	pid=$last_pid
	check "$form: all options" wait_for 15 has_address peer1 "$ADDR1"
	check "  server" option_is peer1 server $ROUTER4
	check "  listen" option_is peer1 listen 131.1.0.2
	check "  port" option_is peer1 port 50002
	check "  keepalive" option_is peer1 keepalive 20,5
	check "  radius" option_is peer1 radius 0
	check "  TUN device" option_is peer1 tun mine
	check "  default route" option_is peer1 default-route on
	check "  there it is" says "dev mine" ns peer1 ip -6 route show default
	check "  stays in the foreground" runs "$pid"
	check "  errors on the console" grep -q "6bed4 eth0: address $ADDR1" "$WORK/peer1.log"
	check "  pings" wait_for 10 pings peer1 $HOST6 1
	check "  SIGTERM ends it" ended "$pid" 0
	check "  the TUN device stays, and has no address" not has_addr peer1 mine "$ADDR1"
	ns peer1 ip link del mine
	check "  nothing else is left" clean peer1
}
every_option "short" -dfe -s $ROUTER4 -l 9.9.9.9 -l 131.1.0.2 -p 4 -p 50002 -k 20,5 -r 0 -t /dev/mine
every_option "long" --default-route --fork-not --error-console --v4server $ROUTER4 --listen 131.1.0.2 \
	--port=50002 --keepalive 20,5 --radius 0 --tundev mine
every_option "older long names" --default --foreground --error --v4server=$ROUTER4 --listen=131.1.0.2 \
	--port 50002 --keepalive-period-ttl=20,5 --radius-multicast=0 --tundev=mine

bg_ns quiet peer1 "$PEER" -f -s $ROUTER4 -p 0 -l 0.0.0.0
quiet=$last_pid
check "port 0 and address 0.0.0.0 are as if not given" wait_for 15 test -n "$(wait_for 15 is_up peer1; address peer1)"
check "  the address may change" option_is peer1 listen 131.1.0.2
check "without -e nothing is on the console" not grep -q "6bed4 eth0:" "$WORK/quiet.log"
check "  ends" ended $quiet 0

veth peer1 side peer2 side
ns peer1 ip addr add 131.9.0.1/24 dev side
check "the device is that of -l" exits 4 ns peer1 "$PEER" -s $ROUTER4 -l 131.9.0.1
check "  loaded there" says '"iface": *"side"' ns peer1 "$CTL" status -j
check "  ended" end_all peer1 6bed4peer
ns peer1 ip link del side

# --- a user without privileges --------------------------------------------------------------------------

ns peer2 ip tuntap add dev tun0 mode tun user $USER_ID
ns peer2 ip tuntap add dev tun1 mode tun user 54321
ns peer2 ip link set tun0 mtu 1280 up
ns peer2 ip -6 addr add "$ADDR2/64" dev tun0 nodad
ns peer2 ip -6 route add default dev tun0
check "refused: no privileges and no TUN device" refused 1 "missing capability" as_user peer2 6bed4peer -s $ROUTER4
check "refused: a TUN device that is not there" refused 1 "no TUN device nope" as_user peer2 6bed4peer -s $ROUTER4 -t nope
check "refused: somebody else's" refused 1 "not this user's" as_user peer2 6bed4peer -s $ROUTER4 -t tun1
check "refused: no TUN device at all" refused 1 "no TUN device (mode tun)" as_user peer2 6bed4peer -s $ROUTER4 -t eth0
check "refused: the fast path" refused 1 "missing capability" \
	as_user peer2 6bed4ctl load eth0 --server $ROUTER4 --tun tun0 --fast-path tc

background user as_user peer2 6bed4peer -fe -t tun0 -s $ROUTER4 -p 50004 -d
wait_for 10 grep -q "process " "$WORK/user.log"
user=$(processes peer2 6bed4peer | head -1)
daemon=$(sed -n 's/^  process *\([0-9]*\),.*/\1/p' "$WORK/user.log")
check "a user on a TUN device that root has set up" grep -q "address    $ADDR2/64" "$WORK/user.log"
check "  is told to ask nothing of root" not grep -q "as root" "$WORK/user.log"
check "  pings native IPv6" wait_for 10 pings peer2 $HOST6 1
check "  none lost" pings peer2 $HOST6
check "  runs as that user" equal "$(of_daemon Uid)" $USER_ID
check "  without a capability" equal "$(of_daemon CapEff)$(of_daemon CapPrm)" 00000000000000000000000000000000
check "  confined" equal "$(of_daemon NoNewPrivs) $(of_daemon Seccomp)" "1 2"
check "  6bed4ctl sees nothing of it" exits 3 ns peer2 "$CTL" status
check "  no pins" not test -e "$(pins_of peer2)"
check "refused: the same device twice" refused 1 "another program holds it" as_user peer2 6bed4peer -s $ROUTER4 -p 50008 -t tun0
check "a peer beside it" ns peer1 "$PEER" -s $ROUTER4 -p 50002
check "  a peer with the fast path pings one without" wait_for 10 pings peer1 "$ADDR2" 1
check "  straight" wait_for 10 path_is peer1 "$ADDR2" direct
check "  and the other way" pings peer2 "$ADDR1"
check "  that peer ends, and leaves nothing" gone peer1
check "SIGTERM ends it" kill "$user"
check "  both processes" wait_for 10 none_of peer2 6bed4peer
check "  the TUN device stays as root made it" has_addr peer2 tun0 "$ADDR2"

check "in the background, on an address that root has not set up yet" \
	eval 'ns peer2 ip -6 addr flush dev tun0; ns peer2 ip link set tun0 mtu 1500 down; as_user peer2 6bed4peer \
	-t tun0 -s $ROUTER4 -p 50006 -d >"$WORK/user.log"'
check "  root is told to set it up" grep -q "ip link set tun0 mtu 1280 up" "$WORK/user.log"
check "  and give it its address" grep -q "ip -6 addr add $(expected 131.2.0.2:50006)/64 dev tun0" "$WORK/user.log"
check "  does as told" as_told "$WORK/user.log" peer2
check "  pings" wait_for 10 pings peer2 $HOST6 1
check "  ends" end_all peer2 6bed4peer

# shellcheck disable=SC2317
port_told() { sed -n 's/^  listen .*:\([0-9]*\)$/\1/p' "$WORK/user.log"; }
check "the port that was chosen" as_user peer2 sh -c '6bed4peer -t tun0 -s '$ROUTER4' >'"$WORK/user/home/out"
cp "$WORK/user/home/out" "$WORK/user.log"
port=$(port_told)
end_all peer2 6bed4peer
check "  is kept" as_user peer2 sh -c '6bed4peer -t tun0 -s '$ROUTER4' >'"$WORK/user/home/out"
cp "$WORK/user/home/out" "$WORK/user.log"
check "  for the next time" equal "$(port_told)" "${port:-none}"
end_all peer2 6bed4peer

check "6bed4ctl load, too" as_user peer2 sh -c \
	"6bed4ctl load eth0 --server $ROUTER4 --port 50006 --tun tun0 --fast-path off >$WORK/user/home/out"
check "  pings" wait_for 10 pings peer2 $HOST6 1
check "  ends" end_all peer2 6bed4ctl

check "6bed4router ends by SIGTERM" ended $router_pid 0
check "  nothing is left" clean
ns router ip tuntap add dev tun0 mode tun user $USER_ID
background router as_user router 6bed4router -t tun0 -l $ROUTER4 -L $PREFIX
check "a router without privileges" wait_for 10 grep -q "as root" "$WORK/router.log"
check "  root does as told" as_told "$WORK/router.log" router
check "  a peer finds it" ns peer1 "$PEER" -d -s $ROUTER4 -p 50002
check "  a peer pings by it" wait_for 10 pings peer1 $HOST6 1
check "  none lost" pings peer1 $HOST6
check "  that peer ends, and leaves nothing" gone peer1
check "  ends" end_all router 6bed4router
check "  its TUN device stays" has_addr router tun0 $ROUTER6
ns router ip link del tun0

ns peer2 ip link del tun0
ns peer2 ip link del tun1
for name in router peer1 peer2; do
	check "nothing is left at $name" clean $name
done
finish
