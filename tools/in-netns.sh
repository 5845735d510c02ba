#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Runs the bench in the namespace that the BPF_PROG_RUN fixtures use: a router with an IPv4 and an
# IPv6 side whose neighbours are resolved.
exec "$(dirname "$0")/../selftests/prog/env.sh" "$@"
