// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Somebody else's programs on the devices that the product uses: they count what they see and let it
 * pass. Must not know the product.
 */
#include "6bed4/wire.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} guest_saw SEC(".maps");

static __always_inline void count(void)
{
	__u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&guest_saw, &zero);

	if (n)
		__sync_fetch_and_add(n, 1);
}

SEC("xdp")
int guest_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	count();
	return XDP_PASS;
}

SEC("tc")
int guest_tc(struct __sk_buff *skb)
{
	(void)skb;
	count();
	return -1; /* TC_ACT_UNSPEC: whatever comes next decides */
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
