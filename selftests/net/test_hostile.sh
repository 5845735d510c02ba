#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native generic tc off
#
# Packet by packet against a loaded router, from both of its sides: what is hostile, odd or just
# unusual, each with its outcome and with what leaves the router, or that nothing does.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}

lab
warm_up
ns inet ping -q -c1 -W2 131.2.0.2 >/dev/null
ns inet ping -q -c1 -W2 131.1.0.2 >/dev/null
# What the router sends to endpoints that do not exist shall not come back as ICMPv4.
ns inet nft -f - <<-RULES
	table ip quiet {
		chain forward { type filter hook forward priority 0; policy drop; }
	}
RULES
# Nor shall host6 answer what reaches it.
ns host6 nft -f - <<-RULES
	table ip6 quiet {
		chain output { type filter hook output priority 0; ip6 daddr $PREFIX drop; }
	}
RULES
ns router ip -6 route add 2001:db8::/32 via $HOST6
load_router "$MODE" >/dev/null || exit 1
wait_for 10 ns host6 ping -c1 -W1 2001:db8:6::1
/usr/bin/python3 "$TOP/selftests/net/hostile.py" "$TAG" "$MODE" "$CTL"
