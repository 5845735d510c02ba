#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: tc
#
# Commands that look, at a lab at work: what they say agrees with what has happened there, and with each
# other. What they compute and how they lay it out are unit tests.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"

equal_count() { equal "$(counted "$2" "$3")" "$1"; }
rctl() { ns router "$CTL" "$@"; }
pctl() { ns peer1 "$CTL" "$@"; }

check "explain: nothing loaded" refused 3 "nothing loaded" "$CTL" stats nodev --explain
lab
warm_up
check "router loads" load_router tc
check "peer1 loads" load_peer peer1
check "a native host is reached" pings peer1 $HOST6 20 0.02
PORT1=$(port_of peer1)
garbage() { ns inet bash -c "for i in 1 2 3; do printf x >/dev/udp/131.1.0.2/$PORT1; done"; }
garbage
check "three datagrams that are no packets are counted" wait_for 5 equal_count 3 peer1 malformed

others() { "$CTL" -j status 2>&1 | grep -c netns-; }
check "the machine's own namespace does not show instances of this one" equal "$(others)" 0

# --- stats --explain --------------------------------------------------------------------------------
explained() { pctl stats eth0 --explain; }
shown=$(explained)
check "explain: advice with the device's name and port" says "tcpdump -nXi eth0 udp port $PORT1" echo "$shown"
check "explain: drops come first" says "malformed, drop: 3 packets" sed -n 2p <<<"$shown"
check "explain: 80 columns" test "$(awk '{ if (length > n) n = length } END { print n }' <<<"$shown")" -le 80
check "explain: what has not occurred is not shown" not says src-port echo "$shown"
check "explain: with --all it is" says "src-port, drop: 0 packets" pctl stats --explain --all
every='[.instances[0].hooks[].outcomes[] | select((.text | length) > 0 and (.advice | length) > (.text | length))] | length'
check "explain in JSON: each outcome has text and advice" \
	equal "$(pctl -j stats --explain --all | jq "$every")" "$(pctl -j stats --all | jq '[.instances[0].hooks[].outcomes[]] | length')"
check "plain stats stays compact" equal "$(pctl -j stats | jq '[.. | objects | select(has("advice"))] | length')" 0
# --- features ---------------------------------------------------------------------------------------
available() { jq -r ".features[] | select(.name == \"$1\") | .available" "$WORK/features.json"; }
links() { ip netns exec "$TAG-router" ip -o link | wc -l; }
before=$(links)
check "features: all that is needed is there" rctl features
rctl features -j >"$WORK/features.json"
check "features: every line says what is done without it" \
	equal "$(jq '[.features[] | select((.use | length) == 0 or (.without | length) == 0)] | length' "$WORK/features.json")" 0
check "features: no program, map or device stays" equal "$(bpftool prog show name bed4_probe; bpftool map show name bed4_probe; links)" "$before"
# bpftool asks by other means.
bpftool -j feature probe kernel 2>/dev/null >"$WORK/bpftool.json"
bpftool_says() { jq -r "$1" "$WORK/bpftool.json"; }
check "features: bpftool says so too: ring buffers" equal "$(available ringbuf)" "$(bpftool_says .map_types.have_ringbuf_map_type)"
check "features: bpftool says so too: tries" equal "$(available lpm-trie)" "$(bpftool_says .map_types.have_lpm_trie_map_type)"
check "features: bpftool says so too: XDP" equal "$(available xdp)" "$(bpftool_says .program_types.have_xdp_prog_type)"
check "features: bpftool says so too: freplace" equal "$(available freplace)" "$(bpftool_says .program_types.have_ext_prog_type)"
check "features: bpftool says so too: redirect_neigh" equal "$(available tc-redirect-neigh)" \
	"$(bpftool_says '.helpers.sched_cls_available_helpers | index("bpf_redirect_neigh") != null')"
check "features: TC strips here, and so the kernel has the flag or the call" \
	test "$(available tc-decap-ipv6) $(available tc-change-proto)" != "false false"
check "features: XDP of veth" equal "$(jq -r '.devices[] | select(.name == "v6") | "\(.driver) \(.xdp_native)"' "$WORK/features.json")" "veth true"
check "features: one device" equal "$(rctl -j features v6 | jq -r '.devices[].name')" v6
check "features: no such device" refused 1 "nodev" rctl features nodev
no_tun() { unshare -m sh -c "mount -t tmpfs none /dev/net && exec $CTL features"; }
check "features without /dev/net/tun: exit code 1" exits 1 no_tun
check "  and says what to do" says "no  tun  *NEEDED: .*modprobe tun" no_tun
poor() { setpriv --bounding-set -all --inh-caps -all "$CTL" features "$@"; }
check "features without privileges: unknown, not no" equal "$(poor -j | jq -c '[.features[] | select(.group == "maps") | .available] | unique')" "[null]"
check "  and the privileges are missing" says "no  CAP_BPF" poor
finish
