#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Builds the Debian package and tries it in a clean Debian 12: what `make check` does of it, alone. Needs root
# and the mirror that this machine's apt is configured for.
cd "$(dirname "$0")/.." || exit 1
make -s build/6bed4ctl build/net/flow || exit 1
LEVEL=--full exec selftests/net/test_deb.sh
