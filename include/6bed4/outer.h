/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writing the outer IPv4 and UDP header (PROTOCOL section 4). Used where packets leave without the
 * kernel's UDP socket, that is, by XDP and TC. Must not know where the header goes in a frame.
 */
#ifndef BED4_OUTER_H
#define BED4_OUTER_H

#include "parse.h"

struct bed4_outer {
	struct bed4_ip4 ip4;
	struct bed4_udp udp;
} BED4_WIRE;

_Static_assert(sizeof(struct bed4_outer) == BED4_OUTER_LEN, "outer headers");

/*
 * Fills @h for an inner packet of @len bytes with traffic class @tos. The UDP checksum is left 0,
 * which is legal; see bed4_outer_csum(). @id: any number that varies, DF stays clear.
 */
BED4_INLINE void bed4_outer_put(struct bed4_outer *h, struct bed4_ep from, struct bed4_ep to,
				__u32 len, __u8 tos, __u16 id)
{
	h->ip4.vhl = 0x45;
	h->ip4.tos = tos;
	h->ip4.len = BED4_HTONS(len + BED4_OUTER_LEN);
	h->ip4.id = id;
	h->ip4.frag = 0;
	h->ip4.ttl = BED4_TTL;
	h->ip4.proto = BED4_PROTO_UDP;
	h->ip4.csum = 0;
	h->ip4.src = from.addr;
	h->ip4.dst = to.addr;
	h->ip4.csum = bed4_csum_ip4(&h->ip4);
	h->udp.src = from.port;
	h->udp.dst = to.port;
	h->udp.len = BED4_HTONS(len + BED4_UDP_LEN);
	h->udp.csum = 0;
}

/*
 * Gives @h a real UDP checksum by LCO. @ip6 is final: hop limit decremented, traffic class set; the
 * caller has asked bed4_lco_applies() before it moved anything.
 */
BED4_INLINE void bed4_outer_csum(struct bed4_outer *h, const struct bed4_ip6 *ip6)
{
	__u32 sum = bed4_csum_udp4(h->ip4.src, h->ip4.dst, &h->udp);

	h->udp.csum = bed4_csum_udp_final(bed4_csum_add(sum, bed4_csum_lco(ip6)));
}

#endif
