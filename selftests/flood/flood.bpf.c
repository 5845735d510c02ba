// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The generator of a flood, for live frames of BPF_PROG_RUN, and what counts at both ends of a router.
 * A frame that is not due yet is dropped at once, which is how the flood keeps its rate. Must not know
 * what becomes of a packet.
 */
#include "6bed4/addr.h"
#include <bpf/bpf_helpers.h>

#include "flood.h"

#define LATE 20000000 /* ns that are made up for at most, should the generator have had to wait for its CPU */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flood);
} flood SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct flood_seen);
} seen SEC(".maps");

static __always_inline bool due(struct flood *f)
{
	__u64 now = bpf_ktime_get_ns();

	if (!f->left || now < f->next)
		return false;
	f->next = (now - f->next > LATE ? now - LATE : f->next) + f->gap;
	f->left--;
	f->sent++;
	return true;
}

static __always_inline __u32 next_random(struct flood *f)
{
	f->random += 0x9e3779b97f4a7c15ull;
	return (f->random ^ f->random >> 32) * 0xd6e8feb86659fd93ull >> 32;
}

static __always_inline __u32 fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* The inner source was summed up with an identifier of zeroes. */
static __always_inline void be_valid(const struct flood *f, __u8 *p, __u8 *end, struct bed4_ep ep)
{
	__be32 hi = bed4_iid_hi(ep), lo = bed4_iid_lo(ep);
	__u32 at = f->csum_at & 0xff;

	if (p + 66 > end)
		return;
	*(__be32 *)(void *)(p + 58) = hi;
	*(__be32 *)(void *)(p + 62) = lo;
	if (!at || p + at + 2 > end)
		return;
	p += at;
	*(__u16 *)(void *)p = ~fold((__u64)(__u16)~*(__u16 *)(void *)p + hi + lo);
}

static __always_inline void vary_outer(struct flood *f, __u8 *p, __u8 *end)
{
	__u32 addr = FLOOD_NET + next_random(f) % (f->sources ? f->sources : 1), i;
	__be16 port = BED4_HTONS(1024 + 2 * (next_random(f) % (f->ports ? f->ports : 1)));
	__be16 *ip = (void *)(p + 14);
	__u64 sum = 0;

	if (p + 42 > end)
		return;
	*(__be32 *)(void *)(p + 26) = BED4_HTONL(addr);
	*(__be16 *)(void *)(p + 34) = port;
	ip[5] = 0;
	for (i = 0; i < 10; i++)
		sum += ip[i];
	ip[5] = ~fold(sum);
	if (f->flags & FLOOD_VALID)
		be_valid(f, p, end, bed4_ep(BED4_HTONL(addr), port));
}

static __always_inline void vary_native(struct flood *f, __u8 *p, __u8 *end)
{
	if (p + 38 > end)
		return;
	*(__be32 *)(void *)(p + 26) = BED4_HTONL(0x80000000 + next_random(f) % (f->sources ? f->sources : 1));
	*(__be32 *)(void *)(p + 34) = BED4_HTONL(1 + next_random(f) % (f->ports ? f->ports : 1));
}

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	__u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	__u32 zero = 0, i;
	struct flood *f = bpf_map_lookup_elem(&flood, &zero);

	if (!f || !due(f))
		return XDP_DROP;
#pragma clang loop unroll(full)
	for (i = 0; i < FLOOD_HEAD; i += 2) {
		if (p + i + 2 > end)
			break;
		*(__u16 *)(void *)(p + i) = *(const __u16 *)(const void *)(f->head + i);
	}
	if (f->flags & FLOOD_TUNNEL)
		vary_outer(f, p, end);
	if (f->flags & FLOOD_NATIVE)
		vary_native(f, p, end);
	if (f->flags & FLOOD_TYPES && p + 83 <= end)
		p[82] = 133 + next_random(f) % 5;
	return bpf_redirect(f->out, 0);
}

static __always_inline int count_answer(struct flood_seen *s, __u32 bytes)
{
	__sync_fetch_and_add(&s->answers, 1);
	__sync_fetch_and_add(&s->bytes, bytes);
	return XDP_DROP;
}

/* At a far end of the router: counts and ends what a flood has caused, lets all else by. */
SEC("xdp")
int watch(struct xdp_md *ctx)
{
	const __u8 *p = (__u8 *)(long)ctx->data, *end = (__u8 *)(long)ctx->data_end;
	__u32 zero = 0, dst;
	struct flood_seen *s = bpf_map_lookup_elem(&seen, &zero);

	if (!s || p + 54 > end)
		return XDP_PASS;
	if (p[12] == 0x08 && p[13] == 0x00) {
		dst = (__u32)p[30] << 24 | (__u32)p[31] << 16 | (__u32)p[32] << 8 | p[33];
		return dst - FLOOD_NET < FLOOD_NETS ? count_answer(s, (__u32)p[16] << 8 | p[17]) : XDP_PASS;
	}
	if (p[12] != 0x86 || p[13] != 0xdd)
		return XDP_PASS;
	if ((p[42] & 0x80) && p[20] == BED4_PROTO_ICMP6) /* 2001:db8:8...: forged hosts */
		return count_answer(s, BED4_IP6_LEN + ((__u32)p[18] << 8 | p[19]));
	if (p[42] != FLOOD_SINK >> 8 || p[43] != (FLOOD_SINK & 0xff))
		return XDP_PASS;
	__sync_fetch_and_add(&s->arrived, 1);
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
