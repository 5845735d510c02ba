// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ICMPv6 errors; see icmp6.h. Must not know why one is due. Proved by selftests/unit/test_nd.c.
 */
#include <string.h>

#include "core/icmp6.h"
#include "6bed4/decide.h"

/* The ICMPv6 type behind the headers, or -1: none, not to be seen, or in a later fragment. */
static int upper_type(const __u8 *p, size_t len)
{
	__u8 next = ((const struct bed4_ip6 *)(const void *)p)->next, ext;
	size_t at = BED4_IP6_LEN;
	int i;

	for (i = 0; i < BED4_EXT_MAX && bed4_is_ext(next); i++) {
		if (at + 8 > len)
			return -1;
		ext = next;
		next = p[at];
		if (ext == BED4_PROTO_FRAGMENT && (p[at + 2] || p[at + 3] & 0xf8))
			return -1;
		if (ext == BED4_PROTO_FRAGMENT)
			at += 8;
		else
			at += ext == BED4_PROTO_AH ? (p[at + 1] + 2) * 4 : (p[at + 1] + 1) * 8;
	}
	return next == BED4_PROTO_ICMP6 && at < len ? p[at] : -1;
}

bool icmp6_may_answer(const __u8 *p, size_t len)
{
	const struct bed4_ip6 *ip6 = (const void *)p;
	int type;

	if (len < BED4_IP6_LEN || bed4_src_never(&ip6->src) || bed4_in6_multicast(&ip6->dst))
		return false;
	type = upper_type(p, len);
	return type < 0 || bed4_error_may_answer((__u8)type);
}

size_t icmp6_build(__u8 *p, enum bed4_icmp6_type type, __u8 code, __u32 param,
		   const struct bed4_in6 *src, const __u8 *about, size_t len)
{
	const struct bed4_ip6 *bad = (const void *)about;
	size_t quote = len < BED4_ERROR_QUOTE ? len : BED4_ERROR_QUOTE;

	if (!icmp6_may_answer(about, len))
		return 0;
	bed4_error_put((struct bed4_error *)(void *)p, type, code, param, src, &bad->src, (__u32)quote,
		       bed4_csum_buf(0, about, quote));
	memcpy(p + BED4_ERROR_LEN, about, quote);
	return BED4_ERROR_LEN + quote;
}
