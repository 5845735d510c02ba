/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Capturing: a packet as it came, its outcome, and what left in its place, as one record in the ring of the
 * process that captures. The head is copied aside before anything changes, for the outcome, by which a
 * capture selects, is known only at the end. The including object says which context it has (packet_ctx) and
 * how it is read (load_packet). Must not change a packet nor know why it ended as it did. Proved by
 * selftests/prog/test_capture.c.
 */
#ifndef BED4_CAPTURE_BPF_H
#define BED4_CAPTURE_BPF_H

static __always_inline struct bed4_capture *get_capture(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&capture, &zero);
}

static __always_inline struct bed4_shot *get_shot(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&shots, &zero);
}

/* How many bytes of @len are copied; 1 to BED4_SNAP_MAX, and the verifier sees that. */
static __always_inline __u32 snap(const struct bed4_capture *c, __u32 len)
{
	__u32 n = c->snaplen < len ? c->snaplen : len;

	n = n - 1;
	asm volatile("" : "+r"(n)); /* or what follows is taken for needless */
	return (n & (BED4_SNAP_MAX - 1)) + 1;
}

static __always_inline void put_shot(struct bed4_capture *c, const struct bed4_shot *s, __u32 n, __u32 hook)
{
	__u32 zero = 0;
	void *ring = bpf_map_lookup_elem(&rings, &zero);

	if (!ring || bpf_ringbuf_output(ring, (void *)s, sizeof(s->head) + n, 0))
		__sync_fetch_and_add(&c->lost[hook < BED4_HOOK_COUNT ? hook : 0], 1);
}

#ifdef packet_ctx

/* Did anything leave in the packet's place? */
static __always_inline bool went_on(__u32 o)
{
	return (o >= BED4_STRIPPED && o <= BED4_OUT_ROUTER) || o == BED4_ICMP_BIG;
}

/* The packet as it comes. Nobody captures, or did and is gone: nothing happens. */
static __noinline int take_shot(packet_ctx *ctx, struct bed4_cpu *cpu, __u32 len, __u32 hook)
{
	struct bed4_capture *c = get_capture();
	struct bed4_shot *s = get_shot();
	__u32 n;

	if (!c || !s || !cpu || !len || packet_time(cpu) >= c->until)
		return 0;
	n = snap(c, len);
	if (load_packet(ctx, s->data, n))
		return 0;
	s->head = (struct bed4_shot_head){ .at = bpf_ktime_get_boot_ns(), .ifindex = packet_dev(ctx),
					   .hook = hook, .len = { len }, .caplen = { n } };
	cpu->shot = 1;
	return 0;
}

/* The packet as it leaves, with its outcome; @len is what it has now. */
static __noinline int develop_shot(packet_ctx *ctx, struct bed4_cpu *cpu, __u32 len)
{
	struct bed4_capture *c = get_capture();
	struct bed4_shot *s = get_shot();
	__u32 before, n = 0;

	if (!c || !s || !cpu)
		return 0;
	cpu->shot = 0;
	s->head.outcome = cpu->outcome;
	if (!bed4_capture_wants(c, s->head.outcome))
		return 0;
	before = s->head.caplen[0] & (2 * BED4_SNAP_MAX - 1);
	if (before > BED4_SNAP_MAX)
		return 0;
	if (len && went_on(s->head.outcome)) {
		n = snap(c, len);
		if (load_packet(ctx, s->data + before, n))
			return 0;
		s->head.len[1] = len;
		s->head.caplen[1] = n;
	}
	put_shot(c, s, before + n, s->head.hook);
	return 0;
}

/* These two go around the handling of each packet. While there is no capture they cost two loads. */
static __always_inline void before(packet_ctx *ctx, struct bed4_cpu *cpu, enum bed4_hook hook)
{
	const struct bed4_capture *c = get_capture();

	if (c && BED4_UNLIKELY(c->until))
		take_shot(ctx, cpu, packet_len(ctx), hook);
}

static __always_inline void after(packet_ctx *ctx, struct bed4_cpu *cpu)
{
	if (BED4_UNLIKELY(cpu->shot))
		develop_shot(ctx, cpu, packet_len(ctx));
}

#endif
#endif
