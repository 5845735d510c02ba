// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Fills the headroom with 0xff, then runs the program under test by tail call: BPF_PROG_RUN has
 * zeroes there, life has not, and header fields that nobody writes would stay unseen.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define ROOM 64

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 4);
} under_test SEC(".maps");

SEC("xdp")
int poison(struct xdp_md *ctx)
{
	__u8 *p;

	if (bpf_xdp_adjust_head(ctx, -ROOM))
		return XDP_ABORTED;
	p = (void *)(long)ctx->data;
	if (p + ROOM > (__u8 *)(long)ctx->data_end)
		return XDP_ABORTED;
	__builtin_memset(p, 0xff, ROOM);
	if (bpf_xdp_adjust_head(ctx, ROOM))
		return XDP_ABORTED;
	bpf_tail_call(ctx, &under_test, 0);
	return XDP_ABORTED;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
