#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# analyze.sh SKELETONS [--quick]: cppcheck and clang-tidy over user/ and include/. Prints what they find and
# fails; prints nothing when all is well. What they look for is in .clang-tidy and here; --quick leaves out the
# paths that clang's static analyzer follows, which take most of the time.
set -u
skel=$1
[ "${2:-}" = --quick ] && some='--checks=-clang-analyzer-*' || some=--checks=
bad=0
set -- -std=gnu11 -D_GNU_SOURCE -DBED4_VERSION='"0"' -Iinclude -Iuser -isystem "$skel"

cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
	--suppress=missingIncludeSystem -D__x86_64__ -D_GNU_SOURCE '-DBED4_VERSION="0"' \
	'-DLIBBPF_OPTS(t,n,...)=struct t n={__VA_ARGS__}' -Iinclude -Iuser user include || bad=1
# bpftool's generated code may lose a few bytes when memory runs out, which is not ours to mend.
clang-tidy --quiet "--checks=-clang-analyzer-unix.Malloc,${some#--checks=}" user/io/fastpath.c -- "$@" 2>/dev/null || bad=1
find user -name '*.c' ! -name fastpath.c | xargs -P 2 -I{} clang-tidy --quiet "$some" {} -- "$@" 2>/dev/null || bad=1
exit $bad
