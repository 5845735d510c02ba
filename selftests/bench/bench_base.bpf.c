// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the bench compares with, and how it repeats: BPF_PROG_RUN does not reset the packet between
 * runs, so `again` puts it back as it was and calls the program under test; its own cost is
 * measured with a program that only drops.
 */
#include "6bed4/wire.h"
#include <bpf/bpf_helpers.h>

#define CANON_LEN 92 /* all headers of a tunnelled frame, with the start of the payload */
#define CANON_MIN 62 /* those of a native one; every frame here has this much */

struct canon {
	__u32 len; /* of the whole frame */
	__u32 at; /* where the last three bytes of the inner destination are; below CANON_LEN - 2 */
	__u32 destinations; /* that take turns, in an order that caches do not like */
	__u32 first;
	__u32 turn;
	__u32 pad;
	__u8 head[CANON_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct canon);
} canon SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} under_test SEC(".maps");

/* Bytes @from to @to, eight at a time, the last ones twice: reading them must not wait for bytes. */
static __always_inline void put_back(__u8 *p, const struct canon *c, __u32 from, __u32 to)
{
	__u32 i;

#pragma clang loop unroll(full)
	for (i = from; i + 8 <= to; i += 8)
		*(__u64 *)(void *)(p + i) = *(const __u64 *)(const void *)(c->head + i);
	*(__u64 *)(void *)(p + to - 8) = *(const __u64 *)(const void *)(c->head + to - 8);
}

static __always_inline int put_destination(struct xdp_md *ctx, struct canon *c)
{
	__u32 n = c->first + c->turn;
	__u8 *p = (__u8 *)(long)ctx->data + (c->at & 127);

	c->turn = (c->turn + 7919) % c->destinations;
	if (p + 3 > (__u8 *)(long)ctx->data_end)
		return -1;
	p[0] = n >> 16;
	p[1] = n >> 8;
	p[2] = n;
	return 0;
}

SEC("xdp")
int again(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct canon *c = bpf_map_lookup_elem(&canon, &zero);
	int longer;
	__u8 *p;

	if (!c)
		return XDP_ABORTED;
	longer = (int)((void *)(long)ctx->data_end - (void *)(long)ctx->data) - (int)c->len;
	if (longer && bpf_xdp_adjust_head(ctx, longer))
		return XDP_ABORTED;
	p = (void *)(long)ctx->data;
	if (p + CANON_MIN > (__u8 *)(long)ctx->data_end)
		return XDP_ABORTED;
	put_back(p, c, 0, CANON_MIN);
	if (p + CANON_LEN <= (__u8 *)(long)ctx->data_end)
		put_back(p, c, CANON_MIN, CANON_LEN);
	if (c->destinations > 1 && put_destination(ctx, c))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &under_test, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

/* As little as a forwarding program can do. */
SEC("xdp")
int bare_redirect(struct xdp_md *ctx)
{
	return bpf_redirect(ctx->ingress_ifindex, 0);
}

/* The baseline: Ethernet and IPv6 parse, hop limit, FIB look-up, MAC rewrite, redirect. */
SEC("xdp")
int plain_forward(struct xdp_md *ctx)
{
	struct bpf_fib_lookup fib = { .family = AF_INET6 };
	struct bed4_eth *eth = (void *)(long)ctx->data;
	struct bed4_ip6 *ip6 = (void *)(eth + 1);

	if ((void *)(ip6 + 1) > (void *)(long)ctx->data_end)
		return XDP_PASS;
	if (eth->proto != BED4_HTONS(BED4_ETH_IP6) || ip6->hops <= 1)
		return XDP_PASS;
	fib.flowinfo = ip6->vtf & BED4_HTONL(0x0fffffff);
	fib.l4_protocol = ip6->next;
	fib.tot_len = BED4_NTOHS(ip6->len) + sizeof(*ip6);
	fib.ifindex = ctx->ingress_ifindex;
	__builtin_memcpy(fib.ipv6_src, &ip6->src, 16);
	__builtin_memcpy(fib.ipv6_dst, &ip6->dst, 16);
	if (bpf_fib_lookup(ctx, &fib, sizeof(fib), 0))
		return XDP_PASS;
	ip6->hops--;
	__builtin_memcpy(eth->dst, fib.dmac, 6);
	__builtin_memcpy(eth->src, fib.smac, 6);
	return bpf_redirect(fib.ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
