#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# short.sh FUZZER: one fuzzer for 30 seconds on its kept corpus, as one test of the suite.
name=$(basename "$1")
if out=$("$(dirname "$0")/../../tools/fuzz.sh" "${FUZZ_SECONDS:-30}" "$1" 2>&1); then
	echo "ok 1 - $name finds nothing"
else
	printf '%s\n' "$out" | sed 's/^/# /'
	echo "not ok 1 - $name finds nothing"
fi
echo 1..1
