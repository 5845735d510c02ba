/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a packet goes next: the kernel's FIB and neighbour table, asked before a packet is changed.
 * Must not touch packets.
 */
#ifndef BED4_NEXTHOP_BPF_H
#define BED4_NEXTHOP_BPF_H

#include "common.bpf.h"

struct nexthop {
	__u32 ifindex;
	__u8 dmac[6];
	__u8 smac[6];
};

/* Is this a device that we may send out of? Others may lack XDP transmit and drop silently. */
static __always_inline bool may_send(__u32 ifindex)
{
	__u32 i;

	for (i = 0; i < OUT_MAX; i++) {
		if (i >= cfg_out_count)
			break;
		if (cfg_out[i] == ifindex)
			return true;
	}
	return false;
}

/*
 * The look-up runs as if the packet had come in by the TUN device, as it does on the slow path. So
 * rules that match the device agree for both, and IPv4 forwarding needs to be on for the TUN alone,
 * where no IPv4 packet ever comes in.
 */
static __always_inline enum bed4_outcome ask_fib(void *ctx, struct bpf_fib_lookup *fib,
						 struct nexthop *hop)
{
	long err;

	fib->ifindex = cfg_tun;
	err = bpf_fib_lookup(ctx, fib, sizeof(*fib), 0);
	if (err == BPF_FIB_LKUP_RET_FRAG_NEEDED)
		return BED4_SLOW_BIG;
	if (err != BPF_FIB_LKUP_RET_SUCCESS || !may_send(fib->ifindex))
		return BED4_SLOW_NEXTHOP;
	hop->ifindex = fib->ifindex;
	__builtin_memcpy(hop->dmac, fib->dmac, 6);
	__builtin_memcpy(hop->smac, fib->smac, 6);
	return BED4_GO;
}

static __always_inline enum bed4_outcome nexthop4(void *ctx, __be32 src, __be32 dst, __u8 tos,
						  __u32 len, struct nexthop *hop)
{
	struct bpf_fib_lookup fib = {
		.family = AF_INET,
		.l4_protocol = BED4_PROTO_UDP,
		.tot_len = len,
		.tos = tos & 0x1c, /* what the kernel's own routing looks at (RT_TOS) */
		.ipv4_src = src,
		.ipv4_dst = dst,
	};

	return ask_fib(ctx, &fib, hop);
}

static __always_inline enum bed4_outcome nexthop6(void *ctx, const struct bed4_ip6 *ip6, __u32 len,
						  struct nexthop *hop)
{
	struct bpf_fib_lookup fib = {
		.family = AF_INET6,
		.l4_protocol = ip6->next,
		.tot_len = len,
		.flowinfo = ip6->vtf & BED4_HTONL(0x0fffffff),
	};

	__builtin_memcpy(fib.ipv6_src, &ip6->src, 16);
	__builtin_memcpy(fib.ipv6_dst, &ip6->dst, 16);
	return ask_fib(ctx, &fib, hop);
}

#endif
