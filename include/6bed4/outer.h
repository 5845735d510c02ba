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
 * which is legal; see bed4_outer_csum(). @id: any number that varies. @frag: BED4_IP4_DF or 0.
 */
BED4_INLINE void bed4_outer_put(struct bed4_outer *h, struct bed4_ep from, struct bed4_ep to,
				__u32 len, __u8 tos, __u16 id, __be16 frag)
{
	h->ip4.vhl = 0x45;
	h->ip4.tos = tos;
	h->ip4.len = BED4_HTONS(len + BED4_OUTER_LEN);
	h->ip4.id = id;
	h->ip4.frag = frag;
	h->ip4.ttl = BED4_TTL;
	h->ip4.proto = BED4_PROTO_UDP;
	/* Summed from values: a CPU that reads back what it has just stored in parts has to wait. */
	h->ip4.csum = (__u16)~bed4_csum_fold((__u64)BED4_HTONS(0x4500 | tos) + h->ip4.len + id + frag +
					     BED4_HTONS(BED4_TTL << 8 | BED4_PROTO_UDP) +
					     from.addr + to.addr);
	h->ip4.src = from.addr;
	h->ip4.dst = to.addr;
	h->udp.src = from.port;
	h->udp.dst = to.port;
	h->udp.len = BED4_HTONS(len + BED4_UDP_LEN);
	h->udp.csum = 0;
}

/* How an outer UDP checksum comes about. */
enum bed4_csum_how {
	BED4_CSUM_ZERO,
	BED4_CSUM_LCO, /* derived from the inner headers */
	BED4_CSUM_UPDATE, /* relay: the received one, updated (RFC 1624) */
	BED4_CSUM_CANNOT, /* a real one is demanded, and cannot be had in O(1) */
};

/*
 * @received: the checksum of the datagram that is relayed, 0 for none. @ip6 with @upper behind it is
 * the inner packet.
 */
BED4_INLINE enum bed4_csum_how bed4_csum_plan(enum bed4_csum_mode mode, __be16 received,
					      const struct bed4_ip6 *ip6, struct bed4_cur upper)
{
	if (mode == BED4_CSUM_MODE_ZERO)
		return BED4_CSUM_ZERO;
	if (received)
		return BED4_CSUM_UPDATE;
	if (bed4_lco_applies(ip6, upper))
		return BED4_CSUM_LCO;
	return mode == BED4_CSUM_MODE_ALWAYS ? BED4_CSUM_CANNOT : BED4_CSUM_ZERO;
}

/*
 * What a relay changes and a checksum covers: the sum of the outer pseudo-header and UDP header
 * without checksum, and of the inner words with traffic class and hop limit.
 */
BED4_INLINE __u64 bed4_relay_sum(const struct bed4_outer *h, const struct bed4_ip6 *ip6)
{
	return (__u64)h->ip4.src + h->ip4.dst + h->udp.src + h->udp.dst + ip6->vtf +
	       BED4_HTONS((__u16)(ip6->next << 8 | ip6->hops));
}

/*
 * RFC 1624: HC' = ~(~HC + ~m + m'). @old is bed4_relay_sum() as received; @h and @ip6 are final. A
 * length that is trimmed on the way would need its own term: such packets are not relayed here.
 */
BED4_INLINE void bed4_outer_update(struct bed4_outer *h, const struct bed4_ip6 *ip6, __be16 csum,
				   __u64 old)
{
	__u64 sum = (__u64)(__u16)~csum + (__u16)~bed4_csum_fold(old) + bed4_relay_sum(h, ip6);

	h->udp.csum = bed4_csum_udp_final(sum);
}

/*
 * Gives @h a real UDP checksum by LCO. @ip6 is final: hop limit decremented, traffic class set; the
 * caller has asked bed4_lco_applies() before it moved anything.
 */
BED4_INLINE void bed4_outer_csum(struct bed4_outer *h, const struct bed4_ip6 *ip6)
{
	__u64 sum = bed4_csum_udp4(h->ip4.src, h->ip4.dst, &h->udp);

	h->udp.csum = bed4_csum_udp_final(sum + bed4_csum_lco(ip6));
}

#endif
