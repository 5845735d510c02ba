/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The verbs of TC on a packet: strip, rewrite or prepend the outer header of a socket buffer, which
 * may be one large GSO packet. A negative result: the packet is as it was. DAMAGED: there is no way
 * back. Must not decide anything.
 *
 * LCO gives the outer checksum of what this machine sends too, although the inner one is often still
 * partial: it relies on the inner one being right in the end, not on its present value. Only a GSO
 * packet has to go without: segmentation does not recompute the outer checksum per segment.
 */
#ifndef BED4_ROOM_SKB_BPF_H
#define BED4_ROOM_SKB_BPF_H

#include "common.bpf.h"

#define packet_ctx	       struct __sk_buff
#define packet_dev(ctx)	       ((ctx)->ifindex)
#define packet_len(ctx)	       ((ctx)->len)
#define load_packet(ctx, to, n) bpf_skb_load_bytes(ctx, 0, to, n)
#include "capture.bpf.h"

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

/* An IPv6 header is this much longer than an IPv4 one: what the kernel puts in when it turns one into the other. */
#define PROTO_GROWTH 20

/*
 * The outer header off, and a packet that the kernel takes for IPv6. Before Linux 6.3 there is no flag that
 * says so: there the packet becomes IPv6 first, longer by zeroes, and these go with the outer header.
 */
static __always_inline int skb_unwrap(struct __sk_buff *skb)
{
	if (!bpf_skb_adjust_room(skb, -BED4_OUTER_LEN, BPF_ADJ_ROOM_MAC,
				 BPF_F_ADJ_ROOM_DECAP_L3_IPV6 | BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		return 0;
	if (skb->gso_size || bpf_skb_change_proto(skb, BED4_HTONS(BED4_ETH_IP6), 0))
		return -1;
	if (bpf_skb_adjust_room(skb, -(BED4_OUTER_LEN + PROTO_GROWTH), BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		return DAMAGED;
	return 0;
}

/* Outer header off a frame with Ethernet header. */
static __always_inline int skb_strip(struct __sk_buff *skb, __u8 tclass)
{
	struct bed4_eth *eth;
	struct bed4_ip6 *ip6;
	int ret = skb_unwrap(skb);

	if (ret)
		return ret;
	bpf_skb_pull_data(skb, ETH_LEN + BED4_IP6_LEN);
	eth = skb_at(skb, ETH_LEN + BED4_IP6_LEN);
	if (!eth)
		return DAMAGED;
	eth->proto = BED4_HTONS(BED4_ETH_IP6);
	ip6 = (void *)(eth + 1);
	ip6->vtf = bed4_with_tclass(ip6->vtf, tclass);
	return 0;
}

/* How a packet that is prepended gets its checksum; @upper stands behind the inner header. */
static __always_inline enum bed4_csum_how skb_csum_plan(const struct __sk_buff *skb, __be16 received,
							const struct bed4_ip6 *ip6,
							struct bed4_cur upper)
{
	if (skb->gso_size)
		return cfg_csum == BED4_CSUM_MODE_ALWAYS ? BED4_CSUM_CANNOT : BED4_CSUM_ZERO;
	return bed4_csum_plan(cfg_csum, received, ip6, upper);
}

/* Outer header and an empty Ethernet header on, in front of a packet of the TUN device. */
static __always_inline int skb_prepend(struct __sk_buff *skb, struct bed4_ep from,
				       struct bed4_ep to, __u32 len, __u8 tclass,
				       enum bed4_csum_how csum, __u32 random)
{
	struct bed4_outer *outer;
	struct bed4_eth *eth;

	if (bpf_skb_adjust_room(skb, BED4_OUTER_LEN, BPF_ADJ_ROOM_MAC,
				BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP |
					BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		return -1;
	outer = skb_at(skb, sizeof(*outer) + BED4_IP6_LEN);
	if (!outer)
		return DAMAGED;
	put_outer(outer, from, to, len, tclass, random);
	if (csum == BED4_CSUM_LCO)
		bed4_outer_csum(outer, (void *)(outer + 1));
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
				       struct bed4_ep to, __u32 len, __u8 tclass,
				       enum bed4_csum_how csum, __u32 random)
{
	struct bed4_eth *eth = skb_at(skb, ETH_LEN + BED4_OUTER_LEN + BED4_IP6_LEN);
	struct bed4_outer *outer;
	struct bed4_ip6 *ip6;
	__be16 received;
	__u64 old;

	if (!eth)
		return -1;
	outer = (void *)(eth + 1);
	ip6 = (void *)(outer + 1);
	received = outer->udp.csum;
	old = bed4_relay_sum(outer, ip6);
	ip6->vtf = bed4_with_tclass(ip6->vtf, tclass);
	ip6->hops--;
	put_outer(outer, from, to, len, tclass, random);
	if (csum == BED4_CSUM_UPDATE)
		bed4_outer_update(outer, ip6, received, old);
	else if (csum == BED4_CSUM_LCO)
		bed4_outer_csum(outer, ip6);
	return 0;
}

#endif
