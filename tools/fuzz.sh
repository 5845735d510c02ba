#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# fuzz.sh SECONDS FUZZER...: runs each fuzzer that long on its kept corpus (selftests/fuzz/corpus), with
# its dictionary (selftests/fuzz/NAME.dict) if it has one, JOBS of them side by side. What they find anew
# goes to the build directory. Fails when one has a finding.
set -eu
seconds=$1
shift
JOBS=${JOBS:-2}

one() {
	local f=$1 name work args=() code=0
	name=$(basename "$f")
	work=$(dirname "$f")/corpus-$name
	mkdir -p "$work"
	[ ! -f "selftests/fuzz/$name.dict" ] || args+=("-dict=selftests/fuzz/$name.dict")
	args+=("$work")
	[ ! -d "selftests/fuzz/corpus/$name" ] || args+=("selftests/fuzz/corpus/$name")
	"$f" -max_total_time="$seconds" -max_len=2048 -timeout=20 -rss_limit_mb=2048 -verbosity=0 \
		-print_final_stats=1 -artifact_prefix="$work/" "${args[@]}" >"$work.log" 2>&1 || code=$?
	sed -n "s/^stat::number_of_executed_units: */fuzz: $name, $seconds s: executions /p" "$work.log"
	[ "$code" = 0 ] && return
	grep -E 'ERROR|SUMMARY' "$work.log" || true
	echo "fuzz: $name found something (exit code $code), see $work.log" >&2
	return 1
}

pids=()
for f in "$@"; do
	while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do
		wait -n || true
	done
	one "$f" &
	pids+=($!)
done
bad=0
for pid in "${pids[@]}"; do
	wait "$pid" || bad=1
done
exit $bad
