// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The far end of numbered flows (flow.c): an XDP program that takes their packets off a device, native
 * or still in a tunnel, and notes each number in a bitmap. All else passes. Must not know who
 * sent them, nor how they should have come.
 */
#include "6bed4/wire.h"
#include <bpf/bpf_helpers.h>

#include "flow.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FLOW_MAX * FLOW_WORDS);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FLOW_MAX);
	__type(key, __u32);
	__type(value, struct flow_count);
} counts SEC(".maps");

#define ETH_LEN	  14
#define OUTER_LEN 28 /* IPv4 and UDP */
#define INNER_LEN 48 /* IPv6 and UDP */

static __always_inline void note(const struct flow_tag *tag)
{
	__u32 flow = tag->flow, seq = tag->seq, row;
	struct flow_count *c = bpf_map_lookup_elem(&counts, &flow);
	__u64 bit = 1ull << (seq & 63), *word;

	if (!c || seq / 64 >= FLOW_WORDS || tag->inverse != ~seq)
		return;
	row = flow * FLOW_WORDS + seq / 64;
	word = bpf_map_lookup_elem(&seen, &row);
	if (!word)
		return;
	if (__sync_fetch_and_or(word, bit) & bit)
		__sync_fetch_and_add(&c->twice, 1);
	else
		__sync_fetch_and_add(&c->arrived, 1);
}

SEC("xdp")
int flow_sink(struct xdp_md *ctx)
{
	__u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	const struct flow_tag *tag;

	if (p + ETH_LEN + OUTER_LEN > end)
		return XDP_PASS;
	if (p[12] == 0x08 && p[13] == 0x00 && p[ETH_LEN] == 0x45 && p[ETH_LEN + 9] == 17)
		p += OUTER_LEN;
	else if (p[12] != 0x86 || p[13] != 0xdd)
		return XDP_PASS;
	p += ETH_LEN;
	if (p + INNER_LEN + sizeof(*tag) > end || p[6] != 17)
		return XDP_PASS;
	tag = (const void *)(p + INNER_LEN);
	if (tag->magic != FLOW_MAGIC)
		return XDP_PASS;
	note(tag);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
