/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From bytes to headers: frames on the underlay, and what a UDP payload is (PROTOCOL section 5).
 * Reads through bounded cursors only, so the BPF verifier and ASan check the same lines. Must not
 * know addresses' meaning nor what is done with a packet.
 */
#ifndef BED4_PARSE_H
#define BED4_PARSE_H

#include "csum.h"
#include "map.h"

#define BED4_EXT_MAX 8 /* extension headers in a chain; a longer one counts as malformed */

struct bed4_cur {
	const __u8 *pos;
	const __u8 *end;
};

/* The next @len bytes, or NULL when there are fewer. */
BED4_INLINE const void *bed4_take(struct bed4_cur *cur, __u32 len)
{
	const __u8 *p = cur->pos;

	if (p + len > cur->end)
		return NULL;
	cur->pos = p + len;
	return p;
}

/* What can be said in O(1) of a datagram's UDP checksum. */
enum bed4_csum_state {
	BED4_CSUM_NONE, /* 0, which is legal; or somebody else has checked it */
	BED4_CSUM_GOOD,
	BED4_CSUM_UNKNOWN, /* only the full sum could tell */
	BED4_CSUM_BAD,
};

/* One received tunnel datagram, as its outer headers or the socket describe it. */
struct bed4_dgram {
	struct bed4_ep src;
	__u8 tos;
	__u32 len; /* of the UDP payload */
	enum bed4_csum_state csum;
	struct bed4_cur payload;
};

/*
 * EtherType of an Ethernet frame, host order, cursor behind the header; 0 when too short. Tagged
 * frames yield their tag's EtherType and thus are never ours.
 */
BED4_INLINE __u16 bed4_parse_eth(struct bed4_cur *cur)
{
	const struct bed4_eth *eth = bed4_take(cur, BED4_ETH_LEN);

	return eth ? BED4_NTOHS(eth->proto) : 0;
}

BED4_INLINE bool bed4_is_ext(__u8 next)
{
	return next == BED4_PROTO_HOPOPT || next == BED4_PROTO_ROUTING ||
	       next == BED4_PROTO_FRAGMENT || next == BED4_PROTO_DSTOPT || next == BED4_PROTO_AH;
}

/*
 * May the sum over this packet be had in O(1)? TCP, UDP with a checksum, or ICMPv6, directly
 * behind the IPv6 header; @cur stands behind it.
 */
BED4_INLINE bool bed4_lco_applies(const struct bed4_ip6 *ip6, struct bed4_cur cur)
{
	const struct bed4_udp *udp;

	if (ip6->next == BED4_PROTO_TCP || ip6->next == BED4_PROTO_ICMP6)
		return true;
	if (ip6->next != BED4_PROTO_UDP)
		return false;
	udp = bed4_take(&cur, BED4_UDP_LEN);
	return udp && udp->csum;
}

/*
 * Is the TCP or UDP checksum behind @ip6 unfinished, that is, the pseudo-header's sum alone? So packets
 * look that never left a machine: the sender's device was to sum up the rest, and a virtual one need not.
 * One good packet in 65,536 looks the same. @cur stands behind the IPv6 header.
 */
BED4_INLINE bool bed4_csum_unfinished(const struct bed4_ip6 *ip6, struct bed4_cur cur)
{
	const __u8 *field;
	__u64 sum;

	if (ip6->next == BED4_PROTO_TCP)
		bed4_take(&cur, 16);
	else if (ip6->next == BED4_PROTO_UDP)
		bed4_take(&cur, 6);
	else
		return false;
	field = bed4_take(&cur, 2);
	if (!field)
		return false;
	sum = bed4_csum_in6(&ip6->src) + bed4_csum_in6(&ip6->dst) + ip6->len + BED4_HTONS(ip6->next);
	return bed4_csum_fold(sum) == *(const bed4_half *)(const void *)field;
}

/* Checks the UDP checksum as far as O(1) can; @ip6 is NULL for an empty datagram. */
BED4_INLINE enum bed4_csum_state bed4_udp_csum(const struct bed4_ip4 *ip4,
					       const struct bed4_udp *udp,
					       const struct bed4_ip6 *ip6, struct bed4_cur inner)
{
	__u64 sum;

	if (!udp->csum)
		return BED4_CSUM_NONE;
	sum = bed4_csum_udp4(ip4->src, ip4->dst, udp);
	if (ip6) {
		if (!bed4_lco_applies(ip6, inner))
			return BED4_CSUM_UNKNOWN;
		sum += bed4_csum_lco(ip6);
	}
	return bed4_csum_fold(sum) == 0xffff ? BED4_CSUM_GOOD : BED4_CSUM_BAD;
}

/*
 * Reads the IPv4 and UDP header of a frame, @cur behind its link-layer header, @avail bytes from
 * there to the frame's end (a socket buffer may hold more than the cursor can reach). BED4_GO:
 * @dg is a datagram for our socket, complete and with nothing behind it; any other outcome says
 * whose it is instead. Only what a kernel would deliver to the socket unchanged gets BED4_GO.
 */
BED4_INLINE enum bed4_outcome bed4_parse_outer_len(struct bed4_cur cur, __u32 avail,
						   const struct bed4_self *self,
						   struct bed4_dgram *dg)
{
	const struct bed4_ip4 *ip4 = bed4_take(&cur, BED4_IP4_LEN);
	const struct bed4_ip6 *ip6 = NULL;
	const struct bed4_udp *udp;
	struct bed4_cur inner;
	__u32 ip_len, udp_len;

	if (!ip4 || ip4->dst != self->listen.addr || ip4->proto != BED4_PROTO_UDP ||
	    ip4->vhl >> 4 != 4)
		return BED4_OTHER;
	if (ip4->frag & BED4_IP4_FRAG)
		return BED4_SLOW_FRAGMENT;
	if (ip4->vhl != 0x45)
		return BED4_SLOW_OPTIONS;
	udp = bed4_take(&cur, BED4_UDP_LEN);
	if (!udp)
		return BED4_SLOW_OUTER;
	if (udp->dst != self->listen.port)
		return BED4_OTHER;
	ip_len = bed4_bound16(BED4_NTOHS(ip4->len));
	udp_len = bed4_bound16(BED4_NTOHS(udp->len));
	if (bed4_csum_ip4(ip4) || udp_len < BED4_UDP_LEN || ip_len < BED4_IP4_LEN + udp_len ||
	    ip_len > avail)
		return BED4_SLOW_OUTER;
	dg->src = bed4_ep(ip4->src, udp->src);
	dg->tos = ip4->tos;
	dg->len = udp_len - BED4_UDP_LEN;
	dg->payload = cur;
	dg->csum = BED4_CSUM_NONE;
	if (dg->len) {
		inner = cur;
		ip6 = bed4_take(&inner, BED4_IP6_LEN);
		if (dg->len < BED4_IP6_LEN || !ip6)
			return BED4_GO; /* the inner parse calls it malformed */
		if (BED4_OUTER_LEN + dg->len != avail ||
		    dg->len > BED4_IP6_LEN + bed4_bound16(BED4_NTOHS(ip6->len)))
			return BED4_SLOW_TRAILING;
		dg->csum = bed4_udp_csum(ip4, udp, ip6, inner);
	} else {
		dg->csum = bed4_udp_csum(ip4, udp, NULL, cur);
	}
	return dg->csum == BED4_CSUM_BAD ? BED4_SLOW_CSUM : BED4_GO;
}

/* The same for a frame that lies in memory as a whole. */
BED4_INLINE enum bed4_outcome bed4_parse_outer(struct bed4_cur cur, const struct bed4_self *self,
					       struct bed4_dgram *dg)
{
	return bed4_parse_outer_len(cur, cur.end - cur.pos, self, dg);
}

#endif
