#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native generic tc off
#
# Every ICMPv6 error of a router, packet by packet, by the table in errors.py; and what never draws one.
# The table is the same for all modes, so fast and slow path agree.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}

lab
warm_up
only_router_speaks
ns router sysctl -qw net.ipv6.icmp.ratelimit=0
ns router ip -6 route add 2001:db8:5::/48 via $HOST6 mtu lock 1280
load_router "$MODE" --mtu 1400 >/dev/null || exit 1
wait_for 10 ns host6 ping -c1 -W1 2001:db8:6::1
/usr/bin/python3 "$TOP/selftests/net/errors.py" "$TAG" "$CTL"
