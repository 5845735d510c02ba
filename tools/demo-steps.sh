# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# How the demos tell what they do. Must not know a lab but by $WORK of selftests/net/lib.sh.

fail() {
	echo "demo: $*" >&2
	exit 1
}

# step SENTENCE COMMAND...
step() {
	printf '%-58s' "$1"
	shift
	if "$@" >"$WORK/step.out" 2>&1; then
		echo "ok"
	else
		echo "FAILED"
		cat "$WORK/step.out" >&2
		fail "that should have worked"
	fi
}
