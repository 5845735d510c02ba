#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
# long: tc off
#
# The recipes of docs/operations.md, as they stand there: each can be loaded, and lets through what it says and
# nothing else.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-tc}
PEER_MODE=$MODE

# recipe LANGUAGE: the block of that kind, with the lab's names and prefix in the place of the page's
recipe() {
	awk -v start="\`\`\`$1" '$0 == start { on = 1; next } /^```/ { on = 0 } on' "$TOP/docs/operations.md" |
		sed "s/eth1/v6/g; s|2001:db8:64::/64|$PREFIX|"
}
# apply NS NAME: that recipe, and no other
apply() {
	recipe "nft $2" >"$WORK/$2.nft"
	[ -s "$WORK/$2.nft" ] && ns "$1" nft flush ruleset && ns "$1" nft -f "$WORK/$2.nft"
}
# listens NS PORT: something that takes TCP connections there until the end
listens() {
	bg_ns "tcp-$1-$2" "$1" /usr/bin/python3 -m http.server --bind :: --directory "$WORK/www" "$2"
	wait_for 15 ns "$1" sh -c "ss -Hltn 'sport = $2' | grep -q ."
}
# reaches NS ADDRESS PORT: by TCP
reaches() { ns "$1" curl -gsf -m "${4:-10}" -o /dev/null "http://[$2]:$3/file"; }
tracked() { ns "$1" conntrack -L -p udp 2>/dev/null | grep -c 25788; }

mkdir -p "$WORK/www"
echo hello >"$WORK/www/file"
lab
warm_up

check "router: the recipe loads" apply router router
load_router "$MODE" --forward kernel >/dev/null
check "  a peer gets its address" load_peer peer1 --port 25790
check "  pings native IPv6" wait_for 10 pings peer1 $HOST6 1
check "  and the router" pings peer1 $ROUTER6
check "  no datagram is tracked" equal "$(tracked router)" 0
listens router 22
listens router 8022
check "  SSH to the router" reaches peer1 $ROUTER6 22
check "  nothing else" not reaches peer1 $ROUTER6 8022 2
check "  an ICMPv4 error gets in" ns inet ping -q -c1 -W2 $ROUTER4
ns router nft flush ruleset
ns router nft -f - <<<"table ip t { chain c { type filter hook input priority 0; ct state new; }; }"
if [ "$MODE" = off ]; then
	wait_for 5 pings peer1 $HOST6 1
	check "  without it they are" test "$(tracked router)" -gt 0
fi # by TC no datagram gets that far
ns router nft flush ruleset

check "forward: the recipe loads" apply router forward
listens host6 8000
listens peer1 80
listens peer1 8080
wait_for 10 pings peer1 $HOST6 1
check "  a peer reaches a native host" reaches peer1 $HOST6 8000
check "  which reaches its web server" reaches host6 "$(address peer1)" 80
check "  and nothing else" not reaches host6 "$(address peer1)" 8080 2
check "  pings it" pings host6 "$(address peer1)"
ns router nft flush ruleset
check "  without the recipe it reaches that, too" reaches host6 "$(address peer1)" 8080

check "peer: the recipe loads" apply peer1 peer
listens peer1 22
check "  a peer" load_peer peer2
check "  that peer pings this one" wait_for 10 pings peer2 "$(address peer1)" 1
check "  straight" wait_for 10 path_is peer2 "$(address peer1)" direct
check "  this one sees it so, too" wait_for 10 path_is peer1 "$(address peer2)" direct
check "  what is offered" reaches peer2 "$(address peer1)" 22
check "  to native hosts as well" reaches host6 "$(address peer1)" 22
check "  is all" not reaches peer2 "$(address peer1)" 8080 2
check "  for native hosts, too" not reaches host6 "$(address peer1)" 8080 2
check "  it goes out" reaches peer1 $HOST6 8000
ns peer1 nft flush ruleset
check "  without the recipe there is more" reaches peer2 "$(address peer1)" 8080

# Names by a hosts file, in an /etc of the test's own.
mkdir "$WORK/etc"
cp /etc/nsswitch.conf "$WORK/etc/" 2>/dev/null || echo "hosts: files" >"$WORK/etc/nsswitch.conf"
echo "multi on" >"$WORK/etc/host.conf"
printf '145.136.0.1 both\n%s both\n' $HOST6 >"$WORK/etc/hosts"
first_of() { ns peer1 unshare -m --propagation private sh -c 'mount --bind "$0" /etc && getent ahosts both' "$WORK/etc" | head -1; }
check "gai.conf: without it the tunnel comes first" says "^$HOST6" first_of
recipe gai >"$WORK/etc/gai.conf"
check "  with it IPv4 does" says "^145.136.0.1" first_of
finish
