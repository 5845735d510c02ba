#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Runs a program in a network namespace of its own that looks like a router to BPF_PROG_RUN:
#
#   under  145.136.0.1/24       gateway 145.136.0.254, neighbour 145.136.0.7; 145.136.0.9 unresolved
#   v6     2001:db8:6::1/64     host ::2 is the default route, ::3 is unresolved (2001:db8:3::/48)
#   tun    the TUN device, the only one with IPv4 forwarding on
#
# Everything is gone when the program ends, however it ends.
set -eu
ns=6bed4-prog-$$
trap 'ip netns del "$ns" 2>/dev/null || true' EXIT
trap 'exit 1' INT TERM
ip netns add "$ns"
in_ns() { nsenter --net=/run/netns/"$ns" "$@"; }

in_ns sh -eu <<'SETUP'
sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=0
ip link set lo up
ip link add under address 02:00:00:00:01:01 type veth peer name under-far
ip link add v6 address 02:00:00:00:02:01 type veth peer name v6-far
ip tuntap add tun mode tun
ip link set tun mtu 1280
for d in under under-far v6 v6-far tun; do ip link set "$d" up; done
for d in under-far v6-far; do ethtool -K "$d" gro on >/dev/null; done # or they take nothing from XDP
sysctl -qw net.ipv4.conf.tun.forwarding=1
ip addr add 145.136.0.1/24 dev under
ip neigh add 145.136.0.254 lladdr 02:00:00:00:01:fe dev under
ip neigh add 145.136.0.7 lladdr 02:00:00:00:01:07 dev under
ip route add default via 145.136.0.254
ip addr add 2001:db8:6::1/64 dev v6 nodad
ip neigh add 2001:db8:6::2 lladdr 02:00:00:00:02:02 dev v6
ip -6 route add default via 2001:db8:6::2
ip -6 route add 2001:db8:3::/48 via 2001:db8:6::3
ip -6 route add 2001:67c:127c::/64 dev tun
SETUP
BED4_PROG_ENV=1 in_ns "$@"
