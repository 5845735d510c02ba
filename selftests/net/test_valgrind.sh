#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: off
# long: off tc
#
# The daemon under valgrind, both roles, from load to unload with all kinds of traffic, requests and changes
# between: no invalid access, no use of what was never set, nothing lost, no descriptor left open.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
# What valgrind says of kernel and libraries, each with its reason.
SUPPRESSIONS=$TOP/selftests/net/valgrind.supp

memcheck() { # NAME NS COMMAND...
	local name=$1 where=$2
	shift 2
	bg_ns "$name" "$where" env LD_PRELOAD="$TOP/build/net/noseccomp.so" valgrind -q --vgdb=no --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible --trace-children=yes --error-exitcode=99 \
		--suppressions="$SUPPRESSIONS" --log-file="$WORK/$name-%p.valgrind" "$CTL" "$@"
}
up() { exits 0 ns "$1" "$CTL" status eth0; }
reaches() { ns "$1" ping -q -c1 -W2 "$2"; }
# quiet NAME: nothing was said of any process of that command, but for calls that valgrind does not know
quiet() {
	grep -h '^==' "$WORK/$1"-*.valgrind | head -60
	[ -n "$(find "$WORK" -name "$1-*.valgrind")" ] && ! grep -q '^==' "$WORK/$1"-*.valgrind
}
# Ends in order, and its exit code is not that of an error found.
ended_well() { # PID LOG
	wait "$1" || { echo "exit code $?"; tail -3 "$WORK/$2.log"; return 1; }
}

if ! valgrind --version >/dev/null 2>&1; then
	skip "the daemon under valgrind" "there is no valgrind"
	finish
fi
lab
nat_symmetric
warm_up
mkdir "$WORK/www"
head -c 300000 /dev/urandom >"$WORK/www/file"
memcheck router router load eth0 --prefix $PREFIX --v6-dev v6 --fast-path "$MODE" --account all --clamp-mss
router=$last_pid
check "router under valgrind ($MODE)" wait_for 60 up router
up router >/dev/null 2>&1 || { diag <"$WORK/router.log"; finish; }
memcheck peer peer1 load eth0 --role peer --server $ROUTER4 --default-route --fast-path "$MODE"
peer=$last_pid
check "peer under valgrind" wait_for 60 up peer1
# shellcheck disable=SC2034
PEER_MODE=$MODE
check "another peer" load_peer peer2 --wait 30
check "a third, behind NAT" load_peer peer3 --wait 30
A1=$(address peer1) A2=$(address peer2) A3=$(address peer3)
check "peer to native" wait_for 20 reaches peer1 $HOST6
check "native to peer" wait_for 20 reaches host6 "$A1"
check "peer to peer" wait_for 20 reaches peer1 "$A2"
check "peer to peer behind NAT" wait_for 20 reaches peer1 "$A3"
check "TCP" fetch peer1 host6 $HOST6
check "TCP the other way" fetch host6 peer1 "$A1"
check "UDP in fragments" ns peer1 ping -q -c 3 -i 0.2 -s 3000 -W 2 $HOST6
ns host6 ping -q -c 2 -i 0.2 -W 1 "$(expected 10.0.0.1:4000)" >/dev/null # refused
ns peer1 ping -q -c 2 -i 0.2 -W 1 "$(expected 131.2.0.77:4000)" >/dev/null # nobody
ns peer1 ping -q -c 2 -i 0.2 -t 1 -W 1 $HOST6 >/dev/null # hop limit
check "requests: neigh" ns peer1 "$CTL" neigh
check "requests: neigh, stats, status of the router" ns router sh -c "$CTL neigh && $CTL stats && $CTL status"
ns router ip -6 route add 2001:db8:1234::/48 via $HOST6
ns peer1 ip addr add 131.1.0.7/24 dev eth0
ns peer1 ip addr del 131.1.0.7/24 dev eth0
check "all is well after changes of routes and addresses" wait_for 20 reaches peer1 $HOST6
check "load of the router ended without an error" ended_well "$router" router
check "load of the peer, too" ended_well "$peer" peer
peer=$(state peer1 pid)
kill -TERM "$peer"
check "the peer's daemon ends on SIGTERM" wait_for 20 not kill -0 "$peer"
check "  valgrind has nothing to say" quiet peer
check "  unload" ns peer1 "$CTL" unload eth0
check "  nothing is left" clean peer1
router=$(state router pid)
check "the router is unloaded" ns router timeout 60 "$CTL" unload eth0
check "  its daemon has ended" wait_for 20 not kill -0 "$router"
check "  nothing is left" clean
check "  valgrind has nothing to say" quiet router

# The tools.
for words in "load eth0 --prefix $PREFIX --v6-dev v6 --fast-path $MODE" status "status -j" stats neigh "reload eth0" "unload eth0"; do
	# shellcheck disable=SC2086
	memcheck "tool" router $words
	check "$words: ends well" ended_well "$last_pid" tool
done
check "valgrind has nothing to say of tools and of the daemon in the background" quiet tool
finish
