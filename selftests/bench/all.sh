#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# all.sh: every table of the bench, one after the other; with BENCH_JSON=FILE all numbers in that file
# too. What `make bench` runs. Must not judge.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d /tmp/6bed4-bench-XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
failed=0

BENCH_JSON=$work/packet build/bench/bench || failed=1
BENCH_JSON=$work/neighbours build/bench/neigh || failed=1
BENCH_JSON=$work/live selftests/bench/live.sh || failed=1
BENCH_JSON=$work/tcp selftests/bench/tcp.sh || failed=1
[ -z "${BENCH_JSON:-}" ] || (cd "$work" && jq -n 'reduce inputs as $i ({}; . + {(input_filename): $i})' -- *) \
	>"$BENCH_JSON" || failed=1
exit $failed
