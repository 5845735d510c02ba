#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# fuzz.sh SECONDS FUZZER...: runs each fuzzer that long on its kept corpus (selftests/fuzz/corpus);
# what it finds anew goes to the build directory. Fails with the first finding.
set -eu
seconds=$1
shift
for f in "$@"; do
	name=$(basename "$f")
	work=$(dirname "$f")/corpus-$name
	seed=selftests/fuzz/corpus/$name
	mkdir -p "$work"
	[ -d "$seed" ] || seed=
	echo "fuzz: $name for $seconds s"
	# shellcheck disable=SC2086
	"$f" -max_total_time="$seconds" -max_len=2048 -timeout=5 -rss_limit_mb=2048 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="$work/" "$work" $seed 2>&1 |
		tee "$work.log" | grep -E 'stat::number_of_executed_units|ERROR|SUMMARY' || true
	if grep -qE 'ERROR|SUMMARY' "$work.log"; then
		echo "fuzz: $name found something, see $work.log" >&2
		exit 1
	fi
done
