#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# demo-anycast.sh: two routers with one IPv4 address and one prefix, announced by BIRD in network namespaces; 100
# peers talk to a native host, while one router after the other fails. Shows how the traffic is shared, and
# what each failure costs. Proves nothing: selftests/net/test_anycast.sh does.
set -u

top=$(cd "$(dirname "$0")/.." && pwd)
if [ "$(id -u)" != 0 ]; then
	echo "The demo makes network namespaces and loads BPF programs: run it as root." >&2
	exit 1
fi
# shellcheck source=../selftests/net/lib.sh
. "$top/selftests/net/lib.sh"
# shellcheck source=../selftests/net/anycast.sh
. "$top/selftests/net/anycast.sh"

# shellcheck source=demo-steps.sh
. "$top/tools/demo-steps.sh"

# row SENTENCE COMMAND...: one of the table; the command makes a router fail
row() {
	local what=$1 begin
	shift
	traffic_begins || fail "the peers are not answered"
	begin=$(ms)
	"$@" >/dev/null 2>&1
	wait_for 20 ways_are 1 || fail "the upstream still sends to it"
	begin=$(($(ms) - begin))
	all_answered || fail "some peers are not answered any more"
	traffic_ends
	printf '  %-34s %8d ms %7d %7d %8d ms\n' "$what" $begin "$(of_traffic sent)" "$(of_traffic lost)" \
		"$(of_traffic outage_ms)"
}
mended() { wait_for 30 ways_are 2 || fail "the router does not come back"; }

reload_1() { load_anycast 1 native >/dev/null 2>&1; }
daemon_of() { ns "$1" "$CTL" status eth0 -j | jq .instances[0].pid; }

cat <<-END

	                               +== r1 ==+
	  100 peers ==== upstream =====+        +===== upstream ---- host6
	  133.0.0.0/16                 +== r2 ==+                    $HOST6

	  r1, r2 announce  $ROUTER4/32              $PREFIX
	  IPv6 in UDP ====   IPv6 ----   BGP and BFD by BIRD on r1, r2 and the upstream

END
anycast_links
anycast_birds
echo "\$ 6bed4ctl load eth0 --listen $ROUTER4 --prefix $PREFIX --v6-dev v6      # on r1 and r2"
reload_1 || fail "r1 does not load"
load_anycast 2 native >/dev/null 2>&1 || fail "r2 does not load"
bg_ns echo host6 /usr/bin/python3 "$top/selftests/net/anycast.py" echo $PORT
echo "\$ ANNOUNCE='$ROUTER4/32 $PREFIX' 6bed4-health eth0"
health_of 1
health1=$last_pid
health_of 2
echo
step "r1 and r2 are fit, and announced" wait_for 30 ways_are 2
step "100 peers get addresses, and are answered by host6" traffic_begins
step "  again" all_answered
step "  and again" all_answered
traffic_ends
echo
echo "\$ ip route show exact $ROUTER4      # on the upstream"
ns up ip route show exact $ROUTER4
echo
echo "\$ 6bed4ctl health      # on r1"
ns r1 "$CTL" health
echo
printf '  %-8s %12s %12s\n' router "from peers" "to peers"
for n in r1 r2; do
	printf '  %-8s %12d %12d\n' $n "$(counted $n in-native)" "$(counted $n out)"
done
echo
printf '  %-34s %11s %7s %7s %11s\n' "what happens" withdrawn sent lost silence
row "r1 is stopped: drained" end_pid "$health1"
health_of 1
mended
row "r1's daemon is killed" kill -KILL "$(daemon_of r1)"
reload_1
mended
row "r1 loses its IPv6 uplink" ns up ip link set v1 down
ns up ip link set v1 up
mended
row "r2 is switched off" ns up sh -c 'ip link set e2 down; ip link set v2 down'
cat <<-END

	  withdrawn: until the upstream sends to the other router alone. silence: the longest that any
	  of the 100 peers, which send 10 packets a second each, went without an answer.
	END
