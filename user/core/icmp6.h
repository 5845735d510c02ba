/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMPv6 errors (RFC 4443). Must not know why one is due, nor rate limits.
 */
#ifndef CORE_ICMP6_H
#define CORE_ICMP6_H

#include <stddef.h>

#include "6bed4/icmp6.h"

/* May an error about this packet of @len bytes be sent at all (RFC 4443 section 2.4 (e))? */
bool icmp6_may_answer(const __u8 *p, size_t len);

/*
 * Builds an error of @type and @code from @src to the source of the packet @about, which has @len
 * bytes, with as much of it as fits. @param is the MTU for Packet Too Big, else 0. @p has room for
 * BED4_ERROR_MAX and is 4-aligned. Returns the length, or 0 when no error may be sent.
 */
size_t icmp6_build(__u8 *p, enum bed4_icmp6_type type, __u8 code, __u32 param,
		   const struct bed4_in6 *src, const __u8 *about, size_t len);

#endif
