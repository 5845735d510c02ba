/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Packets of the fixtures, in words: what a peer sends, what a native host sends, what should come
 * out. Thin layers over pkt.h; included by one test each.
 */
#ifndef PROG_CASES_H
#define PROG_CASES_H

#include "fixture.h"

/* A frame from PEER4 that carries what is in @p. */
static inline void tunnelled(struct pkt *p, enum pkt_csum mode)
{
	pkt_outer(p, PEER4, PPORT, ROUTER4, PORT, 0, mode);
	pkt_eth(p, MAC_UNDER, MAC_PEER, 0x0800);
}

/* A UDP packet of @payload bytes from the peer to @dst, in the tunnel. */
static inline void from_peer(struct pkt *p, const char *dst, unsigned int hops, size_t payload,
			     enum pkt_csum mode)
{
	pkt_udp6(p, PEER6, dst, hops, payload);
	tunnelled(p, mode);
}

static inline void from_host(struct pkt *p, const char *src, const char *dst, unsigned int hops,
			     size_t payload)
{
	pkt_udp6(p, src, dst, hops, payload);
	pkt_eth(p, MAC_V6, MAC_HOST, 0x86dd);
}

/* What leaves towards a peer: checksummed, from the router. */
static inline void to_peer(struct pkt *p, const char *dst4, unsigned int mac)
{
	pkt_outer(p, ROUTER4, PORT, dst4, PPORT, 0, CSUM_FULL);
	pkt_eth(p, mac, MAC_UNDER, 0x0800);
}

/* A packet of a protocol whose sum nobody can derive. */
static inline void esp(struct pkt *p, const char *src, const char *dst, unsigned int hops)
{
	pkt_ip6(p, src, dst, 50, hops, 101, 999);
}

/* The same frame with its IPv4 header changed by the caller: sums it up again. */
static inline void reseal(struct pkt *p)
{
	pkt_ip4_csum(p->b + 14);
}

/*
 * RFC 6040 section 4.2, figure 4, by code point (0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE): what the inner
 * field, by row, becomes under the outer one, by column; -1: drop.
 */
static const int ecn_table[4][4] = { { 0, 0, 0, -1 }, { 1, 1, 1, 3 }, { 2, 1, 2, 3 }, { 3, 3, 3, 3 } };

/* Sets the traffic class of the IPv6 header at @ip6. */
static inline void set_tclass(uint8_t *ip6, unsigned int tclass)
{
	ip6[0] = (uint8_t)(0x60 | tclass >> 4);
	ip6[1] = (uint8_t)((ip6[1] & 0x0f) | (tclass & 15) << 4);
}

/* An echo reply (or another message of that shape, by @type) from the peer to the router itself. */
static inline void pong(struct pkt *p, unsigned int type, unsigned int id, unsigned int seq)
{
	pkt_ip6(p, PEER6, OWN6, 58, 64, 64, SIZE_MAX - 2);
	p->b[40] = (uint8_t)type;
	p->b[41] = 0;
	pkt_put16(p->b + 42, 0);
	pkt_put16(p->b + 44, id);
	pkt_put16(p->b + 46, seq);
	pkt_put16(p->b + 42, pkt_csum6(p->b + 8, 58, p->b + 40, 64));
}

/* Packet Too Big about the packet in @p, from its IPv6 header on. */
static inline void too_big_about(struct pkt *p, const struct pkt *about)
{
	struct pkt quote = *about;
	char src[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, about->b + 8, src, sizeof(src));
	pkt_ip6(p, OWN6, src, 58, 64, 8 + 1232, SIZE_MAX - 2);
	memset(p->b + 40, 0, 8);
	p->b[40] = 2;
	pkt_put16(p->b + 46, 1280);
	memcpy(p->b + 48, quote.b, 1232);
	pkt_put16(p->b + 42, pkt_csum6(p->b + 8, 58, p->b + 40, p->len - 40));
}

#endif
