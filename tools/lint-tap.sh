#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The text checks as one test of the suite.
if out=$("$(dirname "$0")/lint.sh" 2>&1); then
	echo "ok 1 - directions of include, SPDX lines, manual"
else
	printf '%s\n' "$out" | sed 's/^/# /'
	echo "not ok 1 - directions of include, SPDX lines, manual"
fi
echo 1..1
