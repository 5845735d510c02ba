#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Checks of the text itself: directions of #include, SPDX lines, manual pages. Prints what is wrong
# and fails; prints nothing when all is well.
set -u
bad=0
complain() {
	bad=1
	printf '%s\n' "$1" >&2
}

# include <- bpf; include <- core <- cmd_load -> io -> include
includes() { grep -nE '^#include' "$@" /dev/null; }
out=$(includes include/6bed4/*.h | grep -vE '"(types|wire|addr|csum|stat|map|parse|ecn|decide|outer|limit|admit|icmp6|mss|vmlinux)\.h"|<linux/types\.h>|<std(bool|def)\.h>')
[ -z "$out" ] || complain "include/ may use itself and integer types only:
$out"
out=$(includes user/core/*.[ch] | grep -vE '"6bed4/|"core/[a-z0-9_]+\.h"|<std[a-z]+\.h>|<string\.h>|<errno\.h>')
[ -z "$out" ] || complain "user/core does no I/O:
$out"
out=$(includes user/io/*.[ch] | grep -E '"core/')
[ -z "$out" ] || complain "user/io must not know user/core:
$out"

out=$(grep -nE 'mnl_attr_get_(u8|u16|u32|u64|str)\(|= mnl_nlmsg_get_payload\(|mnl_cb_run\(' user/*.c user/io/*.c |
	grep -v '^user/io/nl\.c:')
[ -z "$out" ] || complain "netlink messages are read by nl_run(), nl_head() and nl_get(), which look at lengths:
$out"

for f in $(git ls-files '*.c' '*.h' '*.sh' '*.py' '*.lua' Makefile 2>/dev/null); do
	head -3 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause' ||
		complain "$f: no SPDX line"
done

for page in docs/*.[578]; do
	[ -e "$page" ] || continue
	out=$(mandoc -T lint -W warning "$page" 2>&1) || complain "$out"
done
exit $bad
