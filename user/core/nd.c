// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Neighbour Discovery messages; see nd.h. Must not know roles or time. Proved by
 * selftests/unit/test_nd.c and selftests/fuzz/fuzz_nd.c.
 */
#include <errno.h>
#include <string.h>

#include "core/nd.h"

#define HOPS 255 /* nobody has forwarded it: RFC 4861's proof of being on the link */

/* Fixed part of each message, ICMPv6 header included. */
static size_t fixed_len(enum bed4_icmp6_type type)
{
	switch (type) {
	case BED4_ND_RS:
		return 8;
	case BED4_ND_RA:
		return 16;
	case BED4_ND_NS:
	case BED4_ND_NA:
		return 24;
	default:
		return 40; /* Redirect */
	}
}

static void take_prefix(const __u8 *opt, size_t len, struct nd_msg *m)
{
	/* Length 32, /64, on-link and autonomous: what PROTOCOL section 7 asks for. */
	if (len != 32 || opt[2] != 64 || (opt[3] & 0xc0) != 0xc0 || m->has_prefix)
		return;
	m->has_prefix = true;
	memset(&m->prefix, 0, sizeof(m->prefix));
	memcpy(&m->prefix, opt + 16, 8);
}

static int walk_options(const __u8 *opt, size_t left, struct nd_msg *m)
{
	while (left) {
		size_t len;

		if (left < 8 || !opt[1])
			return -EINVAL;
		len = opt[1] * 8;
		if (len > left)
			return -EINVAL;
		if (opt[0] == BED4_ND_OPT_PREFIX && m->type == BED4_ND_RA)
			take_prefix(opt, len, m);
		opt += len;
		left -= len;
	}
	return 0;
}

int nd_parse(const __u8 *p, size_t len, struct nd_msg *m)
{
	const struct bed4_ip6 *ip6 = (const void *)p;
	const __u8 *icmp = p + BED4_IP6_LEN;
	size_t n;

	memset(m, 0, sizeof(*m));
	if (len < BED4_IP6_LEN + sizeof(struct bed4_icmp6) || ip6->next != BED4_PROTO_ICMP6)
		return -EINVAL;
	n = BED4_NTOHS(ip6->len);
	if (n > len - BED4_IP6_LEN || n < sizeof(struct bed4_icmp6))
		return -EINVAL;
	m->ip6 = ip6;
	m->type = icmp[0];
	if (m->type < BED4_ND_RS || m->type > BED4_ND_REDIRECT || icmp[1] || ip6->hops != HOPS ||
	    n < fixed_len(m->type) || bed4_csum_upper(ip6, BED4_PROTO_ICMP6, icmp, n))
		return -EINVAL;
	if (m->type == BED4_ND_RA) {
		m->flags = icmp[5];
		m->lifetime = icmp[6] << 8 | icmp[7];
	} else if (m->type != BED4_ND_RS) {
		m->flags = icmp[4];
		memcpy(&m->target, icmp + 8, sizeof(m->target));
		if (bed4_in6_multicast(&m->target))
			return -EINVAL;
		if (m->type == BED4_ND_REDIRECT)
			memcpy(&m->redirected, icmp + 24, sizeof(m->redirected));
	}
	return walk_options(icmp + fixed_len(m->type), n - fixed_len(m->type), m);
}

/* IPv6 and ICMPv6 header over a zeroed message of @n bytes; returns the message. */
static __u8 *begin(__u8 *p, size_t n, enum bed4_icmp6_type type, const struct bed4_in6 *src,
		   const struct bed4_in6 *dst)
{
	struct bed4_ip6 ip6 = { .vtf = BED4_HTONL(0x60000000), .len = BED4_HTONS(n),
				.next = BED4_PROTO_ICMP6, .hops = HOPS, .src = *src, .dst = *dst };

	memset(p, 0, BED4_IP6_LEN + n);
	memcpy(p, &ip6, sizeof(ip6));
	p[BED4_IP6_LEN] = type;
	return p + BED4_IP6_LEN;
}

static size_t finish(__u8 *p)
{
	const struct bed4_ip6 *ip6 = (const void *)p;
	size_t n = BED4_NTOHS(ip6->len);
	__u16 csum = bed4_csum_upper(ip6, BED4_PROTO_ICMP6, p + BED4_IP6_LEN, n);

	memcpy(p + BED4_IP6_LEN + 2, &csum, sizeof(csum));
	return BED4_IP6_LEN + n;
}

static void put_lladdr(__u8 *opt, enum bed4_nd_opt type, struct bed4_ep ep)
{
	opt[0] = type;
	opt[1] = 1;
	bed4_lladdr_put(opt + 2, ep);
}

size_t nd_build_rs(__u8 *p)
{
	static const struct bed4_in6 any, routers = { .b = { 0xff, 0x02, [15] = 2 } };
	__u8 *m = begin(p, ND_RS_LEN - BED4_IP6_LEN, BED4_ND_RS, &any, &routers);

	m[8] = BED4_ND_OPT_SLLA;
	m[9] = 1;
	m[15] = 1;
	return finish(p);
}

size_t nd_build_ra(__u8 *p, const struct bed4_in6 *dst, const struct bed4_in6 *prefix)
{
	static const struct bed4_in6 router = { .b = { 0xfe, 0x80 } };
	__u8 *m = begin(p, ND_RA_LEN - BED4_IP6_LEN, BED4_ND_RA, &router, dst);

	m[5] = 0x18; /* M and O clear, preference low */
	memset(m + 6, 0xff, 10); /* lifetime 65535; reachable and retrans time as deployed */
	m[16] = BED4_ND_OPT_PREFIX;
	m[17] = 4;
	m[18] = 64;
	m[19] = 0xc0; /* on-link, autonomous */
	memset(m + 20, 0xff, 8); /* both lifetimes infinite */
	memcpy(m + 32, prefix, 8);
	return finish(p);
}

size_t nd_build_ns(__u8 *p, const struct bed4_in6 *src, const struct bed4_in6 *dst,
		   struct bed4_ep self)
{
	__u8 *m = begin(p, ND_NS_LEN - BED4_IP6_LEN, BED4_ND_NS, src, dst);

	memcpy(m + 8, dst, sizeof(*dst));
	put_lladdr(m + 24, BED4_ND_OPT_SLLA, self);
	return finish(p);
}

size_t nd_build_na(__u8 *p, const struct bed4_in6 *src, const struct bed4_in6 *dst,
		   const struct bed4_in6 *target, struct bed4_ep self, __u8 flags)
{
	__u8 *m = begin(p, ND_NA_LEN - BED4_IP6_LEN, BED4_ND_NA, src, dst);

	m[4] = flags;
	memcpy(m + 8, target, sizeof(*target));
	put_lladdr(m + 24, BED4_ND_OPT_TLLA, self);
	return finish(p);
}
