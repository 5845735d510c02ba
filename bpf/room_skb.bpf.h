/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The verbs of TC on a packet: strip, rewrite or prepend the outer header of a socket buffer, which
 * may be one large GSO packet. A negative result: the packet is as it was. DAMAGED: there is no way
 * back. Must not decide anything.
 *
 * The UDP checksum stays 0 here: segmentation does not recompute it per segment, and the inner
 * checksum of what this machine sends is often still partial, so that no sum can be derived.
 */
#ifndef BED4_ROOM_SKB_BPF_H
#define BED4_ROOM_SKB_BPF_H

#include "common.bpf.h"

#define DAMAGED 1

/* Ethernet, outer and inner header, and the start of what follows: all that is ever looked at. */
#define LOOK_LEN (ETH_LEN + BED4_OUTER_LEN + BED4_IP6_LEN + 64)

/* Makes the headers directly readable; what is shorter is readable as a whole. */
static __always_inline void skb_look(struct __sk_buff *skb)
{
	bpf_skb_pull_data(skb, skb->len < LOOK_LEN ? skb->len : LOOK_LEN);
}

static __always_inline void *skb_at(struct __sk_buff *skb, __u32 need)
{
	void *data = (void *)(long)skb->data;

	return data + need > (void *)(long)skb->data_end ? NULL : data;
}

/* Outer header off a frame with Ethernet header. */
static __always_inline int skb_strip(struct __sk_buff *skb, __u8 tclass)
{
	struct bed4_eth *eth;
	struct bed4_ip6 *ip6;

	if (bpf_skb_adjust_room(skb, -BED4_OUTER_LEN, BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_DECAP_L3_IPV6 | BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		return -1;
	bpf_skb_pull_data(skb, ETH_LEN + BED4_IP6_LEN);
	eth = skb_at(skb, ETH_LEN + BED4_IP6_LEN);
	if (!eth)
		return DAMAGED;
	eth->proto = BED4_HTONS(BED4_ETH_IP6);
	ip6 = (void *)(eth + 1);
	ip6->vtf = bed4_with_tclass(ip6->vtf, tclass);
	return 0;
}

/* Outer header and an empty Ethernet header on, in front of a packet of the TUN device. */
static __always_inline int skb_prepend(struct __sk_buff *skb, struct bed4_ep from,
				       struct bed4_ep to, __u32 len, __u8 tclass)
{
	struct bed4_outer *outer;
	struct bed4_eth *eth;

	if (bpf_skb_adjust_room(skb, BED4_OUTER_LEN, BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
					BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		return -1;
	outer = skb_at(skb, sizeof(*outer));
	if (!outer)
		return DAMAGED;
	bed4_outer_put(outer, from, to, len, tclass, (__u16)bpf_get_prandom_u32());
	/* bpf_redirect_neigh() fills in a link-layer header but does not make room for one. */
	if (bpf_skb_change_head(skb, ETH_LEN, 0))
		return DAMAGED;
	eth = skb_at(skb, sizeof(*eth));
	if (!eth)
		return DAMAGED;
	eth->proto = BED4_HTONS(BED4_ETH_IP4);
	return 0;
}

/* Outer header for another one, in place, on a frame; one hop less for the inner packet. */
static __always_inline int skb_rewrite(struct __sk_buff *skb, struct bed4_ep from,
				       struct bed4_ep to, __u32 len, __u8 tclass)
{
	struct bed4_eth *eth = skb_at(skb, ETH_LEN + BED4_OUTER_LEN + BED4_IP6_LEN);
	struct bed4_outer *outer;
	struct bed4_ip6 *ip6;

	if (!eth)
		return -1;
	outer = (void *)(eth + 1);
	ip6 = (void *)(outer + 1);
	ip6->vtf = bed4_with_tclass(ip6->vtf, tclass);
	ip6->hops--;
	bed4_outer_put(outer, from, to, len, tclass, (__u16)bpf_get_prandom_u32());
	return 0;
}

#endif
