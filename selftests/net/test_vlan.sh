#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# modes: native off
# long: native generic tc off
#
# Frames with VLAN tags are not the tunnel's, whatever is in them: they get to the kernel as they came.

# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=topology.sh
. "$(dirname "$0")/topology.sh"
MODE=${1:-native}

lab
warm_up
load_router "$MODE" >/dev/null || exit 1
wait_for 10 ns host6 ping -c1 -W1 2001:db8:6::1
/usr/bin/python3 "$TOP/selftests/net/vlan.py" "$TAG" "$CTL"
