#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native-net
# long: native native-net tc
#
# `doctor`: a healthy lab has nothing to mend; every fault that is seeded is found, and the command that
# doctor prints for it, as it stands, mends it. What this kernel has no devices for is
# selftests/unit/test_doctor.c's.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
CASE=${1:-native} MODE=${1:-native}
MODE=${MODE%-net}
# shellcheck disable=SC2034
PEER_MODE=${MODE/native/auto}
export PATH=$TOP/build:$PATH # advice says 6bed4ctl
export EDITOR="sed -i s/mtuu/mtu/"
INSIDE=() # what stands before a command: a mount namespace, for some faults

# --- asking ---------------------------------------------------------------------------------------------

doctor() { ns "$1" "${INSIDE[@]}" "$CTL" doctor "${DEVICE:-eth0}" -j; }
severities() { doctor "$1" | jq -r ".findings[] | select(.id == \"$2\") | .severity"; }
finds_no_more() { doctor "$1" | jq -e "[.findings[] | select(.id == \"$2\" and .severity != \"skip\")] == []"; }
fix_of() { doctor "$1" | jq -r "[.findings[] | select(.id == \"$2\") | .fix][0] // empty"; }
healthy() {
	exits 0 ns "$1" "$CTL" doctor eth0
}

# What the machine cannot know is written in capitals.
fill_in() { sed "s/GATEWAY/${GATEWAY:-}/; s/ IFACE/ ${IFACE:-}/; s|PREFIX|${RANGE:-}|"; }

# advice NS ID: the commands of such findings, as they stand, one after the other
advice() {
	local fixes fix
	fixes=$(doctor "$1" | jq -r ".findings[] | select(.id == \"$2\") | .fix" | fill_in)
	[ -n "$fixes" ] || { echo "no advice"; return 1; }
	while read -r fix; do
		echo "$fix"
		ns "$1" "${INSIDE[@]}" sh -c "$fix" || return 1
	done <<<"$fixes"
}

# fault NS ID SEVERITY SENTENCE: it has just been seeded
fault() {
	check "$4: $2, $3" wait_for 5 is_found "$1" "$2" "$3"
	[ "$3" = note ] || check "  exit code 4" exits 4 doctor "$1"
	check "  its advice" advice "$1" "$2"
	check "  mends it" wait_for 5 finds_no_more "$1" "$2"
}
is_found() { severities "$1" "$2" | grep -qx "$3"; }

# all_advice NS: until there is nothing to mend, as what comes after another fault has its own
all_advice() {
	local n id
	for n in 1 2 3; do
		for id in $(doctor "$1" | jq -r '.findings[] | select(.severity == "warn" or .severity == "fail") | .id' | uniq); do
			advice "$1" "$id" || return 1
		done
	done
	healthy "$1"
}
well_again() {
	check "  all advice" all_advice "$1"
	check "  all is well again" wait_for 10 ns peer1 ping -q -c1 -W1 $HOST6
}

# told NS ID SEVERITY SENTENCE: what is to be decided, or done, elsewhere
told() { check "$4: $2, $3" wait_for 5 is_found "$1" "$2" "$3"; }

# --- faults ---------------------------------------------------------------------------------------------

sizes() {
	ns router ip link set 6bed4 mtu 1400
	fault router mtu-tun warn "the TUN device has another MTU"
	ns router ip link set eth0 mtu 1300
	fault router mtu-underlay warn "a full datagram does not fit the underlay"
	ns router ip link set eth0 mtu 1500
	ns router "$CTL" reload eth0 --mtu 1400 >/dev/null
	ns router ip link set eth0 mtu 1400
	fault router mtu-underlay warn "nor that of a larger tunnel"
	ns router ip link set eth0 mtu 1500
	ns router "$CTL" reload eth0 --mtu 1400 >/dev/null
	ns router ip link set v6 mtu 1300
	fault router mtu-v6 note "the IPv6 side is narrower than the tunnel"
	ns router ip link set v6 mtu 1500
	ns router "$CTL" reload eth0 --mtu 1280 >/dev/null
}

offloads() {
	if [ "$MODE" = native ]; then
		fault router offload-rxvlan note "VLAN tags are hidden"
		ns inet ethtool -K r0 gro off >/dev/null
		fault router veth-gro fail "the far end takes nothing from XDP"
		ns inet ip link set r0 down
		ns inet ip link set r0 name 'r;reboot' up
		ns inet ethtool -K 'r;reboot' gro off >/dev/null
		check "a far end with a name for a shell: its name is in no command" not_quoted
		ns inet ip link set 'r;reboot' down
		ns inet ip link set 'r;reboot' name r0 up
		ns inet ip addr replace 145.136.0.254/24 dev r0
		fault router veth-gro fail "its name is a good one again"
		ns inet ethtool -K r0 tx on >/dev/null
		fault router veth-tx note "the far end does not finish checksums"
	else
		ns router ethtool -K eth0 rx-udp-gro-forwarding on >/dev/null
		fault router offload-udp-gro note "the kernel may merge datagrams"
	fi
}

not_quoted() { doctor router | tee "$WORK/quoted.json" | jq -e '.findings[] | select(.id == "veth-gro")' && not grep reboot "$WORK/quoted.json"; }

programs() {
	if [ "$MODE" = native ]; then
		ns router ip link set eth0 xdp off
		fault router xdp-missing fail "somebody takes our XDP program off"
	else
		ns router ip link set eth0 xdp obj "$TOP/build/bpf/guests.bpf.o" sec xdp
		fault router xdp-foreign note "somebody has an XDP program"
	fi
	ns router tc qdisc del dev eth0 clsact
	fault router tc-missing fail "somebody takes the clsact qdisc away"
	ns router tc qdisc del dev 6bed4 clsact
	fault router tc-missing fail "and that of the TUN device"
	ns router tc filter add dev eth0 ingress prio 10 bpf da obj "$TOP/build/bpf/guests.bpf.o" sec tc
	told router tc-foreign note "somebody's filter comes first"
	ns router tc filter del dev eth0 ingress prio 10
	ns router "$CTL" reload eth0 --fast-path off >/dev/null
	fault router fast-path note "there is no fast path"
	ns router "$CTL" reload eth0 --fast-path generic >/dev/null
	fault router fast-path note "a slow one"
	ns router "$CTL" reload eth0 --fast-path "$MODE" >/dev/null
}

sysctls() {
	ns router sysctl -qw net.ipv6.conf.all.forwarding=0
	fault router forwarding6 fail "IPv6 is not forwarded"
	ns router sysctl -qw net.ipv6.conf.v6.forwarding=0
	fault router forwarding6 fail "nor by one device"
	ns router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ip_forward=0
	fault router forwarding4 warn "somebody resets IPv4 forwarding everywhere"
	ns router sysctl -qw net.ipv6.conf.6bed4.disable_ipv6=1
	fault router disable-ipv6 fail "IPv6 is disabled on the TUN device"
	well_again router
	ns peer1 sysctl -qw net.ipv6.conf.6bed4.disable_ipv6=1
	fault peer1 disable-ipv6 fail "and on a peer's"
	well_again peer1
	ns router sysctl -qw net.ipv6.conf.v6.accept_ra=1
	ns router ip -6 route add default via fe80::1 dev v6 proto ra
	fault router accept-ra warn "the default route will run out"
	ns router ip -6 route del default dev v6
	ns router sysctl -qw net.ipv4.conf.eth0.rp_filter=1
	ns router ip route replace default dev v6
	fault router rp-filter fail "strict reverse path filtering, and the default route elsewhere"
	ns router ip route replace default via 145.136.0.254
}

routes() {
	ns router ip -6 route del $PREFIX dev 6bed4
	fault router route-prefix fail "the prefix is not routed to the TUN device"
	ns router ip route del default
	GATEWAY=145.136.0.254 fault router route-default warn "the IPv4 default route is gone"
	GATEWAY=$HOST6 fault router default6 note "there is no IPv6 default route"
	ns router ip -6 route del default
	ns peer1 ip -6 route del default
	fault peer1 default6 warn "a peer's IPv6 default route is gone"
	ns peer1 ip link add br9 type bridge
	ns peer1 ip link set br9 up
	ns peer1 ip route add $ROUTER4/32 dev br9
	fault peer1 route-server warn "a peer's route to the router leaves elsewhere"
	ns peer1 ip route del $ROUTER4/32
	ns peer1 ip route replace unreachable $ROUTER4/32
	fault peer1 route-server fail "a peer has no route to the router"
	ns peer1 ip link del br9
	check "  all is well again" wait_for 20 ns peer1 ping -q -c1 -W1 $HOST6
}

addresses() {
	ns router ip addr add 145.136.0.9/24 dev eth0
	ns router sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1
	ns router ip addr del $ROUTER4/24 dev eth0
	fault router listen-address fail "the router's IPv4 address is gone"
	ns router ip addr del 145.136.0.9/24 dev eth0
	ns router ip addr replace $ROUTER4/24 dev eth0
	ns router ip route replace default via 145.136.0.254
	ns router ip addr del $ROUTER6/64 dev 6bed4
	fault router tun-address fail "the TUN device has lost its address"
	ns router ip link set 6bed4 down
	fault router tun-address fail "it is down"
	well_again router
	ns peer1 ip link set 6bed4 down
	fault peer1 tun-address fail "a peer's is down"
	well_again peer1
	ns peer1 ip addrlabel del prefix $PREFIX label 25788
	fault peer1 address-label warn "the prefix has lost its label"
	ns peer1 ip link del 6bed4
	fault peer1 tun-address fail "a peer's TUN device is deleted"
	check "  all is well again" wait_for 10 ns peer1 ping -q -c1 -W1 $HOST6
	ns router "$CTL" reload eth0 --public-v4 10.1.2.3 >/dev/null
	fault router listen-private warn "others see the router at a private address"
	ns router "$CTL" reload eth0 --public-v4 $ROUTER4 >/dev/null
}

devices() {
	ns router ip link add br0 type bridge
	ns router ip link set eth0 master br0
	fault router dev-master warn "the underlay belongs to a bridge"
	ns router ip link del br0
	ns router ip link set v6 down
	fault router dev-up fail "the IPv6 side is down"
	ns router ip addr replace 2001:db8:6::1/64 dev v6 nodad
	if ns router ip link add link eth0 name eth0.5 type vlan id 5 2>/dev/null; then
		ns router ethtool -K eth0 rxvlan on
		[ "$MODE" = native ] && fault router offload-rxvlan warn "there are VLANs, and their tags are hidden"
		DEVICE=eth0.5 told router listen-address fail "a VLAN without an address"
		ns router ip link del eth0.5
	else
		skip "VLAN devices" "this kernel has none; unit/test_doctor.c has"
	fi
	if ns router ip link add bond0 type bond 2>/dev/null; then
		DEVICE=bond0 told router dev-bond note "a bond"
		ns router ip link del bond0
	else
		skip "bonds" "this kernel has none; unit/test_doctor.c has"
	fi
	skip "queues, RSS, interrupts" "a veth has none; unit/test_doctor.c has"
}

firewall() {
	ns router nft 'add table inet f; add chain inet f i { type filter hook input priority 0; policy drop; }; add rule inet f i ct state established accept'
	fault router fw-input fail "the firewall lets nothing new in"
	ns router nft 'add rule inet f i tcp dport 22 accept; add chain inet f o { type filter hook output priority 0; policy drop; }'
	fault router fw-output fail "nor anything out"
	ns router nft flush ruleset
	ns peer1 nft 'add table inet f; add chain inet f i { type filter hook input priority 0; policy drop; }; add rule inet f i ct state established accept'
	fault peer1 fw-input warn "a peer's lets answers in only"
	ns peer1 nft flush ruleset
	ns router nft 'add table netdev n; add chain netdev n i { type filter hook ingress device eth0 priority 0; }; add rule netdev n i udp dport 9 drop'
	fault router fw-ingress note "rules at ingress come behind the fast path"
	ns router nft flush ruleset
	ns router nft 'add table ip n; add chain ip n post { type nat hook postrouting priority 100; }'
	fault router conntrack note "connections are tracked, and there is no fast path"
	ns router nft flush ruleset
	ns router "$CTL" reload eth0 --fast-path "$MODE" >/dev/null
	[ "$MODE" = native ] || return
	ns router nft 'add table inet f; add chain inet f fw { type filter hook forward priority 0; }; add rule inet f fw tcp dport 25 drop'
	fault router fw-bypass warn "rules that XDP bypasses"
	ns router nft flush ruleset
	ns router "$CTL" reload eth0 --forward xdp >/dev/null
	if ns router ip6tables-legacy -A FORWARD -p tcp --dport 25 -j DROP 2>/dev/null; then
		fault router fw-bypass warn "the same with ip6tables"
		ns router ip6tables-legacy -F FORWARD
		ns router "$CTL" reload eth0 --forward xdp >/dev/null
	else
		skip "rules of ip6tables" "this machine has no ip6tables-legacy"
	fi
}

# A mount namespace of its own: files and mounts of the machine stay as they are.
own_mounts() {
	background mounts unshare -m --propagation private sh -c "$1; echo ready; exec tail -f /dev/null"
	mounts=$last_pid
	wait_for 5 grep -q ready "$WORK/mounts.log"
	INSIDE=(nsenter "--mount=/proc/$mounts/ns/mnt")
}
machine_again() {
	INSIDE=()
	end_pid "$mounts"
}

machine() {
	cp -a /etc "$WORK/etc"
	mkdir -p "$WORK/etc/6bed4"
	own_mounts "mount --bind $WORK/etc /etc; while umount /sys/fs/bpf 2>/dev/null; do :; done; mount -t tmpfs none /dev/net"
	fault router bpffs note "no bpffs is mounted"
	"${INSIDE[@]}" chmod 0777 /sys/fs/bpf
	fault router bpffs warn "everybody may write into bpffs"
	fault router tun-device fail "there is no /dev/net/tun"
	printf 'prefix %s\nmtuu 1400\n' $PREFIX >"$WORK/etc/6bed4/eth0.conf"
	fault router config fail "the configuration file is wrong"
	rm "$WORK/etc/6bed4/eth0.conf"
	printf 'label ::1/128 0\nlabel ::/0 1\nprecedence ::/0 40\nprecedence 2001:67c::/32 50\nprecedenc x\n' >"$WORK/etc/gai.conf"
	fault peer1 gai-conf warn "getaddrinfo() prefers the tunnel"
	machine_again
	told_without
}
told_without() {
	INSIDE=(setpriv --bounding-set -all --inh-caps -all --reuid 65534 --clear-groups)
	check "without privileges: what cannot be looked at is said" ns router "${INSIDE[@]}" sh -c "$CTL doctor eth0.9 -j; [ \$? = 1 ]"
	check "  a device can be" unprivileged
	INSIDE=()
}
unprivileged() {
	doctor host6 | jq -e '.findings | map(select(.severity == "skip") | .id) | index("kernel-bpf") and index("bpf-jit")'
	doctor host6 | jq -e '.findings[] | select(.id == "permissions" and .severity == "warn")'
}

daemons() {
	kill -KILL "$(state router pid)"
	wait_for 5 state_is router state dead
	fault router daemon fail "the daemon is dead"
	check "  it is what it was" healthy router
	ns inet nft 'add table ip cut; add chain ip cut f { type filter hook forward priority 0; policy drop; }'
	ns peer1 "$CTL" unload eth0 >/dev/null
	load_peer peer1 --wait 0 >/dev/null
	told peer1 router-answers fail "the router does not answer a peer"
	ns inet nft delete table ip cut
	check "  it does again" wait_for 30 finds_no_more peer1 router-answers
}

# What counters say is since the load: it fades as good packets come.
watched() {
	ns peer1 ip link set 6bed4 promisc on
	check "somebody captures on the TUN device: slow-share, warn" wait_for 15 slow_share_by_pings
	check "  its advice" advice peer1 slow-share
	check "  the daemon sees that" wait_for 10 not_promiscuous
	ns peer1 ping -q -f -c 20000 $HOST6 >/dev/null
	check "  and mends it" wait_for 5 finds_no_more peer1 slow-share
}
# The daemon hears of it in a moment of its own, and what went before was fast.
slow_share_by_pings() { ns peer1 ping -q -f -c 1500 $HOST6 && is_found peer1 slow-share warn; }
not_promiscuous() { ns peer1 ip -d link show 6bed4 | grep -q 'promiscuity 0'; }

gone() {
	ns router ip link del v6
	veth host6 eth0 router v6b
	ns router ip addr add 2001:db8:6::1/64 dev v6b nodad
	IFACE=v6b fault router v6-dev fail "the IPv6 side is gone"
}

not_loaded() {
	ns router "$CTL" unload eth0 >/dev/null
	check "nothing loaded: 3" exits 3 ns router "$CTL" doctor
	check "no such device: 1" exits 1 ns router "$CTL" doctor nowhere
	check "a word too many: 2" exits 2 ns router "$CTL" doctor eth0 v6
	check "a device that could be loaded: nothing to mend" healthy router
	ns router ip link add br0 type bridge
	ns router ip link set eth0 master br0
	check "a port of a bridge: load the bridge" equal "$(fix_of router dev-master)" "6bed4ctl load br0"
	ns router ip link del br0
	check "it has changed nothing" clean
}

lab
warm_up
check "router loads ($MODE)" load_router "$MODE"
check "peer1 loads" load_peer peer1
check "a healthy router has nothing to mend" healthy router
check "a healthy peer has nothing to mend" healthy peer1
check "each finding is one line with an id" sh -c "nsenter --net=/run/netns/$TAG-router $CTL doctor -v | grep -vE '^(ok|skip|note|warn|fail) +(eth0 )?[a-z0-9-]+: .' | grep -c . | grep -qx 0"
case $CASE in # side by side; by TC only where the mode matters
native) ALL="sizes offloads programs devices firewall not_loaded" ;;
native-net) ALL="sysctls routes addresses machine daemons watched gone" ;;
tc) ALL="offloads programs firewall not_loaded" ;;
esac
for part in ${PARTS:-$ALL}; do
	echo "# $part at $SECONDS s"
	$part
done
finish
