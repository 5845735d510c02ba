/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Neighbour Discovery messages: checked and taken apart, and built (RFC 4861; PROTOCOL sections 5
 * to 8). Must not know roles, caches or when a message is sent.
 */
#ifndef CORE_ND_H
#define CORE_ND_H

#include "6bed4/csum.h"
#include "6bed4/addr.h"

/* Sizes of whole IPv6 packets. */
#define ND_RS_LEN 56
#define ND_RA_LEN 88
#define ND_NS_LEN 72
#define ND_NA_LEN 72

#define ND_NA_ROUTER	0x80
#define ND_NA_SOLICITED 0x40
#define ND_NA_OVERRIDE	0x20

/* A message that has passed its checks; pointers borrow the packet. */
struct nd_msg {
	enum bed4_icmp6_type type;
	const struct bed4_ip6 *ip6;
	struct bed4_in6 target; /* NS, NA, Redirect */
	struct bed4_in6 redirected; /* Redirect: the destination that it is about */
	__u8 flags; /* NA: R, S, O; RA: M, O, preference */
	__u16 lifetime; /* RA: router lifetime, s */
	bool has_prefix; /* RA: a /64 prefix option with L and A */
	struct bed4_in6 prefix; /* its prefix, low half cleared */
};

/*
 * Checks the message in the IPv6 packet @p of @len bytes, ICMPv6 type 133..137 directly behind the
 * IPv6 header: hop limit 255, code 0, checksum, minimal length, every option's length (RFC 4861
 * sections 6.1, 7.1, 8.1). 0 or -EINVAL. An RS from :: with a source link-layer option is accepted.
 */
int nd_parse(const __u8 *p, size_t len, struct nd_msg *m);

/*
 * Builders write a whole IPv6 packet to @p and return its length, one of the constants above.
 * RS: the constant of PROTOCOL section 11. RA: section 6. NA: from @src about @target.
 */
size_t nd_build_rs(__u8 *p);
size_t nd_build_ra(__u8 *p, const struct bed4_in6 *dst, const struct bed4_in6 *prefix);
size_t nd_build_ns(__u8 *p, const struct bed4_in6 *src, const struct bed4_in6 *dst,
		   struct bed4_ep self);
size_t nd_build_na(__u8 *p, const struct bed4_in6 *src, const struct bed4_in6 *dst,
		   const struct bed4_in6 *target, struct bed4_ep self, __u8 flags);

#endif
