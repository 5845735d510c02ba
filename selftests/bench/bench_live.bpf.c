// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The two ends of the live bench, and the two simplest programs that can stand between them. Live
 * frames are used again without being reset, so the generator writes all headers each time.
 */
#include "6bed4/wire.h"
#include <bpf/bpf_helpers.h>

#define HEAD_LEN 128 /* the longest headers here are VXLAN's, 112 bytes */

struct live_frame {
	__u32 out; /* interface index */
	__u32 at; /* where the last three bytes of the inner destination are; below HEAD_LEN - 2 */
	__u32 destinations; /* that take turns, in an order that caches do not like */
	__u32 first;
	__u32 turn;
	__u32 pad;
	__u8 head[HEAD_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct live_frame);
} frame SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} arrived SEC(".maps");

const volatile __u32 cfg_pair[2]; /* what comes in by one leaves by the other */

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	__u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	__u32 zero = 0, i;
	struct live_frame *f = bpf_map_lookup_elem(&frame, &zero);

	if (!f)
		return XDP_ABORTED;
#pragma clang loop unroll(full)
	for (i = 0; i < HEAD_LEN; i += 8) {
		if (p + i + 8 > end)
			break;
		*(__u64 *)(void *)(p + i) = *(const __u64 *)(const void *)(f->head + i);
	}
	p += f->at & (HEAD_LEN - 1);
	if (f->destinations > 1 && p + 3 <= end) {
		i = f->first + f->turn;
		f->turn = (f->turn + 7919) % f->destinations;
		p[0] = i >> 16;
		p[1] = i >> 8;
		p[2] = i;
	}
	return bpf_redirect(f->out, 0);
}

/* All runs on one CPU, so that a plain sum will do. */
SEC("xdp")
int sink(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&arrived, &zero);

	(void)ctx;
	if (n)
		++*n;
	return XDP_DROP;
}

static __always_inline __u32 other(const struct xdp_md *ctx)
{
	return ctx->ingress_ifindex == cfg_pair[0] ? cfg_pair[1] : cfg_pair[0];
}

SEC("xdp")
int live_redirect(struct xdp_md *ctx)
{
	return bpf_redirect(other(ctx), 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
