/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a fuzzer asserts: in every build, whatever NDEBUG says. Must not know what is promised. */
#ifndef FUZZ_PROMISE_H
#define FUZZ_PROMISE_H

#include <stdlib.h>

static inline void promise(int kept)
{
	if (!kept)
		abort();
}

#endif
