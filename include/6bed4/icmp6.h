/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The head of an ICMPv6 error (RFC 4443 sections 2 and 3), for whoever sends one: the daemon's core,
 * and the XDP program. Must not know why an error is due, nor rate limits. Proved by
 * selftests/unit/test_nd.c and selftests/prog/test_xdp.c.
 */
#ifndef BED4_ICMP6_H
#define BED4_ICMP6_H

#include "csum.h"

#define BED4_ERROR_MAX 1280 /* of the whole packet: RFC 4443 section 2.4 (c) */

/* What stands before the quoted packet. */
struct bed4_error {
	struct bed4_ip6 ip6;
	__u8 type;
	__u8 code;
	__be16 csum;
	__be32 param;
} BED4_WIRE;

#define BED4_ERROR_LEN   48
#define BED4_ERROR_QUOTE (BED4_ERROR_MAX - BED4_ERROR_LEN) /* as much of the packet as fits */

_Static_assert(sizeof(struct bed4_error) == BED4_ERROR_LEN, "ICMPv6 error");

/*
 * Is an ICMPv6 message of this type nothing that an error must not answer (RFC 4443 section 2.4 (e))?
 */
BED4_INLINE bool bed4_error_may_answer(__u8 type)
{
	return type >= BED4_ICMP6_INFO && type != BED4_ND_REDIRECT;
}

/*
 * Fills @h; @quote bytes of the packet follow, whose sum (bed4_csum_buf(), or any other of RFC 1071) is
 * @sum. @param is host order: the MTU for Packet Too Big, else 0.
 */
BED4_INLINE void bed4_error_put(struct bed4_error *h, enum bed4_icmp6_type type, __u8 code, __u32 param,
				const struct bed4_in6 *src, const struct bed4_in6 *dst, __u32 quote,
				__u64 sum)
{
	const __u32 len = BED4_ERROR_LEN - BED4_IP6_LEN + quote;

	h->ip6.vtf = BED4_HTONL(0x60000000);
	h->ip6.len = BED4_HTONS(len);
	h->ip6.next = BED4_PROTO_ICMP6;
	h->ip6.hops = BED4_TTL;
	h->ip6.src = *src;
	h->ip6.dst = *dst;
	h->type = type;
	h->code = code;
	h->param = BED4_HTONL(param);
	sum += bed4_csum_in6(src) + bed4_csum_in6(dst) + BED4_HTONL(len) + BED4_HTONS(BED4_PROTO_ICMP6);
	sum += (__u64)h->param + BED4_HTONS((__u16)((__u32)type << 8 | code));
	h->csum = (__u16)~bed4_csum_fold(sum);
}

#endif
