#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native tc off
# long: native generic tc off
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
only_router_speaks
load_router "$MODE" >/dev/null || exit 1
wait_for 10 ns host6 ping -c1 -W1 2001:db8:6::1
/usr/bin/python3 "$TOP/selftests/net/hostile.py" "$TAG" "$MODE" "$CTL"
