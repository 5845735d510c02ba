/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The address codec of PROTOCOL section 3 (IPv4:port <-> link-layer address <-> interface
 * identifier), the plan of prefixes that tell their router, and the address classes of section 9. Must
 * not know packets or configuration.
 * IPv4 addresses and ports are in network order unless a name says host.
 */
#ifndef BED4_ADDR_H
#define BED4_ADDR_H

#include "wire.h"

/* A UDP endpoint: what a 6bed4 address locates. */
struct bed4_ep {
	__be32 addr;
	__be16 port;
	__u16 pad;
};

BED4_INLINE struct bed4_ep bed4_ep(__be32 addr, __be16 port)
{
	struct bed4_ep ep = { .addr = addr, .port = port, .pad = 0 };

	return ep;
}

BED4_INLINE bool bed4_ep_eq(struct bed4_ep a, struct bed4_ep b)
{
	return a.addr == b.addr && a.port == b.port;
}

/* ::ffff:A.B.C.D: how an IPv4 address is written where either kind may stand. */
BED4_INLINE struct bed4_in6 bed4_mapped(__be32 addr)
{
	struct bed4_in6 in6 = { .w = { 0, 0, BED4_HTONL(0xffff), addr } };

	return in6;
}

/* Even and not 0: only such a port can be told in an interface identifier. */
BED4_INLINE bool bed4_port_ok(__be16 port)
{
	return port && !(port & BED4_HTONS(1));
}

BED4_INLINE bool bed4_in6_eq(const struct bed4_in6 *a, const struct bed4_in6 *b)
{
	return !((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]) | (a->w[2] ^ b->w[2]) |
		 (a->w[3] ^ b->w[3]));
}

/* Do two addresses share their /64? */
BED4_INLINE bool bed4_same_prefix(const struct bed4_in6 *a, const struct bed4_in6 *b)
{
	return !((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]));
}

/*
 * The two words of an interface identifier, network order, as they stand in bytes 8..15 of an
 * address: plo^2, phi, a, ff and fe, b, c, d.
 */
BED4_INLINE __be32 bed4_iid_hi(struct bed4_ep ep)
{
	__u32 port = BED4_NTOHS(ep.port), a = BED4_NTOHL(ep.addr) >> 24;

	return BED4_HTONL(((port & 0xff) ^ 0x02) << 24 | (port >> 8) << 16 | a << 8 | 0xff);
}

BED4_INLINE __be32 bed4_iid_lo(struct bed4_ep ep)
{
	return BED4_HTONL(0xfe000000u | (BED4_NTOHL(ep.addr) & 0x00ffffff));
}

/* Writes the interface identifier of @ep into the low half of @in6; the prefix stays. */
BED4_INLINE void bed4_iid_put(struct bed4_in6 *in6, struct bed4_ep ep)
{
	in6->w[2] = bed4_iid_hi(ep);
	in6->w[3] = bed4_iid_lo(ep);
}

BED4_INLINE bool bed4_iid_is(const struct bed4_in6 *in6, struct bed4_ep ep)
{
	return in6->w[2] == bed4_iid_hi(ep) && in6->w[3] == bed4_iid_lo(ep);
}

/*
 * Reads the endpoint out of the low half of @in6. Returns false, with @ep still set, when the
 * identifier is not well-formed: bytes 3, 4 are not ff, fe, or the port is odd or 0.
 */
BED4_INLINE bool bed4_iid_get(const struct bed4_in6 *in6, struct bed4_ep *ep)
{
	__u32 hi = BED4_NTOHL(in6->w[2]), lo = BED4_NTOHL(in6->w[3]);
	__u16 port = ((hi >> 24) ^ 0x02) | ((hi >> 16 & 0xff) << 8);

	*ep = bed4_ep(BED4_HTONL((hi & 0xff00) << 16 | (lo & 0x00ffffff)), BED4_HTONS(port));
	return (hi & 0xff) == 0xff && lo >> 24 == 0xfe && bed4_port_ok(ep->port);
}

/* The 6-byte link-layer address of @ep: port little-endian, IPv4 address in network order. */
BED4_INLINE void bed4_lladdr_put(__u8 ll[6], struct bed4_ep ep)
{
	__u16 port = BED4_NTOHS(ep.port);
	__u32 addr = BED4_NTOHL(ep.addr);

	ll[0] = port & 0xff;
	ll[1] = port >> 8;
	ll[2] = addr >> 24;
	ll[3] = addr >> 16 & 0xff;
	ll[4] = addr >> 8 & 0xff;
	ll[5] = addr & 0xff;
}

BED4_INLINE struct bed4_ep bed4_lladdr_get(const __u8 ll[6])
{
	__u32 addr = (__u32)ll[2] << 24 | (__u32)ll[3] << 16 | (__u32)ll[4] << 8 | ll[5];

	return bed4_ep(BED4_HTONL(addr), BED4_HTONS((__u16)(ll[0] | ll[1] << 8)));
}

/* fe80::/64 + iid(@ep). */
BED4_INLINE struct bed4_in6 bed4_link_local(struct bed4_ep ep)
{
	struct bed4_in6 in6 = { .w = { BED4_HTONL(0xfe800000), 0, 0, 0 } };

	bed4_iid_put(&in6, ep);
	return in6;
}

/* How prefixes come about. */
enum bed4_plan {
	BED4_PLAN_V01, /* given, and nothing is in them */
	BED4_PLAN_SERVER, /* a router's tells where it is, as written below */
};

/*
 * The plan `server-prefix`, the only place where it is written down: a /16 that all routers share, then
 * the router's IPv4 address, then its UDP port. The lower half is an interface identifier as ever.
 */
#define BED4_PLAN_PREFIX 0xfc64 /* default of the /16; host order */

/* Writes the prefix of the router at @ep below @plan (host order) into the upper half of @in6. */
BED4_INLINE void bed4_plan_put(struct bed4_in6 *in6, __u16 plan, struct bed4_ep ep)
{
	__u32 addr = BED4_NTOHL(ep.addr);

	in6->w[0] = BED4_HTONL((__u32)plan << 16 | addr >> 16);
	in6->w[1] = BED4_HTONL((addr & 0xffff) << 16 | BED4_NTOHS(ep.port));
}

/* Do two addresses share their /16? */
BED4_INLINE bool bed4_same_plan(const struct bed4_in6 *a, const struct bed4_in6 *b)
{
	return a->h[0] == b->h[0];
}

/*
 * Reads the router's endpoint out of the upper half of @in6, an address of the plan. Returns false, with @ep
 * still set, when no router can be there: its port is odd or 0.
 */
BED4_INLINE bool bed4_plan_get(const struct bed4_in6 *in6, struct bed4_ep *ep)
{
	__u32 hi = BED4_NTOHL(in6->w[0]), lo = BED4_NTOHL(in6->w[1]);

	*ep = bed4_ep(BED4_HTONL(hi << 16 | lo >> 16), BED4_HTONS((__u16)lo));
	return bed4_port_ok(ep->port);
}

/* Ranges that nobody can lift: this host, loopback, multicast, reserved and broadcast. */
BED4_INLINE bool bed4_v4_hard(__be32 addr)
{
	__u32 first = BED4_NTOHL(addr) >> 24;

	return first == 0 || first == 127 || first >= 224;
}

BED4_INLINE bool bed4_v4_within(__u32 host, __u32 net, int len)
{
	return (host ^ net) >> (32 - len) == 0;
}

/*
 * Is @addr in the special-purpose registry as PROTOCOL section 9 lists it (RFC 6890)? Hosts with
 * an ordinary first byte are told apart by the switch alone.
 */
BED4_INLINE bool bed4_v4_special(__be32 addr)
{
	__u32 a = BED4_NTOHL(addr);

	if (bed4_v4_hard(addr))
		return true;
	switch (a >> 24) {
	case 10:
		return true;
	case 100:
		return bed4_v4_within(a, 0x64400000, 10);
	case 169:
		return bed4_v4_within(a, 0xa9fe0000, 16);
	case 172:
		return bed4_v4_within(a, 0xac100000, 12);
	case 192:
		return bed4_v4_within(a, 0xc0000000, 24) || bed4_v4_within(a, 0xc0000200, 24) ||
		       bed4_v4_within(a, 0xc0586300, 24) || bed4_v4_within(a, 0xc0a80000, 16);
	case 198:
		return bed4_v4_within(a, 0xc6120000, 15) || bed4_v4_within(a, 0xc6336400, 24);
	case 203:
		return bed4_v4_within(a, 0xcb007100, 24);
	default:
		return false;
	}
}

BED4_INLINE bool bed4_in6_multicast(const struct bed4_in6 *a)
{
	return a->b[0] == 0xff;
}

BED4_INLINE bool bed4_in6_linklocal(const struct bed4_in6 *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/* ::/96 with :: and ::1 in it, or ::ffff:0:0/96. */
BED4_INLINE bool bed4_in6_v4like(const struct bed4_in6 *a)
{
	return !(a->w[0] | a->w[1]) && (a->w[2] == 0 || a->w[2] == BED4_HTONL(0xffff));
}

/* PROTOCOL section 9: inner sources that are never plain unicast. */
BED4_INLINE bool bed4_src_never(const struct bed4_in6 *a)
{
	if (bed4_in6_multicast(a) || bed4_in6_linklocal(a))
		return true;
	if (a->w[0] | a->w[1])
		return false;
	return a->w[2] == BED4_HTONL(0xffff) || (!a->w[2] && BED4_NTOHL(a->w[3]) <= 1);
}

/* PROTOCOL section 9: inner destinations that are never plain unicast; multicast is a class. */
BED4_INLINE bool bed4_dst_never(const struct bed4_in6 *a)
{
	return bed4_in6_linklocal(a) || bed4_in6_v4like(a);
}

#endif
