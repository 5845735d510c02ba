// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Merging TCP segments on their way to the TUN device; see gso.h. Proved by selftests/unit/test_gso.c. */
#include <string.h>

#include "io/gso.h"
#include "io/tcp.h"

#define MERGED_MAX 65535 /* bytes of a merged packet */

/* A segment that may be merged. */
struct segment {
	const __u8 *p;
	size_t head, payload;
	__u32 seq;
	bool push;
};

static bool look(const __u8 *p, size_t len, struct segment *s)
{
	const struct bed4_ip6 *ip6 = (const void *)p;
	const __u8 *tcp = p + BED4_IP6_LEN;

	if (len < BED4_IP6_LEN + TCP_MIN || ip6->next != BED4_PROTO_TCP ||
	    BED4_IP6_LEN + (size_t)BED4_NTOHS(ip6->len) != len)
		return false;
	*s = (struct segment){ .p = p, .head = BED4_IP6_LEN + tcp_header_len(tcp), .seq = tcp_seq(tcp),
			       .push = tcp[TCP_FLAGS] & TCP_PSH };
	if (s->head < BED4_IP6_LEN + TCP_MIN || s->head >= len ||
	    (tcp[TCP_FLAGS] & ~TCP_PSH) != TCP_ACK)
		return false;
	s->payload = len - s->head;
	/* The kernel will believe that it is right. */
	return !bed4_csum_upper(ip6, BED4_PROTO_TCP, tcp, len - BED4_IP6_LEN);
}

static bool same(const __u8 *a, const __u8 *b, size_t from, size_t to)
{
	return !memcmp(a + from, b + from, to - from);
}

static bool same_addresses(const struct gro_batch *b, const __u8 *p)
{
	return same(b->head, p, 8, BED4_IP6_LEN);
}

static bool same_flow(const struct gro_batch *b, const __u8 *p)
{
	return same_addresses(b, p) && same(b->head, p, BED4_IP6_LEN, BED4_IP6_LEN + 4);
}

/* Does @s go on where @b ends, with the same headers? */
static bool continues(const struct gro_batch *b, const struct segment *s)
{
	const size_t tcp = BED4_IP6_LEN;

	return s->seq == b->next_seq && s->payload <= b->size && !b->push && b->count < GRO_SEGMENTS &&
	       b->len + s->payload <= MERGED_MAX &&
	       s->head == tcp + tcp_header_len(b->head + tcp) && same(b->head, s->p, 0, 4) &&
	       same(b->head, s->p, 6, 8) && same(b->head, s->p, tcp + TCP_ACKNO, tcp + TCP_FLAGS) &&
	       same(b->head, s->p, tcp + 14, tcp + TCP_CSUM) &&
	       same(b->head, s->p, tcp + TCP_MIN, s->head);
}

static void begin(struct gro_batch *b, const struct segment *s, unsigned int note)
{
	memcpy(b->head, s->p, s->head);
	b->iov[0] = (struct iovec){ b->head, s->head };
	b->iov[1] = (struct iovec){ (void *)(s->p + s->head), s->payload };
	b->iov_count = 2;
	b->notes[0] = note;
	b->count = 1;
	b->len = s->head + s->payload;
	b->size = s->payload;
	b->next_seq = s->seq + (__u32)s->payload;
	b->push = s->push;
}

static void append(struct gro_batch *b, const struct segment *s, unsigned int note)
{
	b->iov[b->iov_count++] = (struct iovec){ (void *)(s->p + s->head), s->payload };
	b->notes[b->count++] = note;
	b->len += s->payload;
	b->next_seq += (__u32)s->payload;
	b->push = s->push;
}

/* Headers and description of what has been merged: the checksum is left to whoever cuts it again. */
static void finish(struct gro_batch *b)
{
	struct bed4_ip6 *ip6 = (void *)b->head;
	__u8 *tcp = b->head + BED4_IP6_LEN;
	__u16 sum;

	memset(&b->vnet, 0, sizeof(b->vnet));
	if (b->count == 1)
		return;
	ip6->len = BED4_HTONS(b->len - BED4_IP6_LEN);
	if (b->push)
		tcp[TCP_FLAGS] |= TCP_PSH;
	sum = bed4_csum_fold(bed4_csum_in6(&ip6->src) + bed4_csum_in6(&ip6->dst) +
			     BED4_HTONL((__u32)(b->len - BED4_IP6_LEN)) + BED4_HTONS(BED4_PROTO_TCP));
	memcpy(tcp + TCP_CSUM, &sum, sizeof(sum));
	b->vnet = (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					   .gso_type = VIRTIO_NET_HDR_GSO_TCPV6,
					   .hdr_len = (__u16)b->iov[0].iov_len,
					   .gso_size = (__u16)b->size,
					   .csum_start = BED4_IP6_LEN, .csum_offset = TCP_CSUM };
}

static void hand_over(struct gro_batch *b, gro_fn fn, void *arg)
{
	finish(b);
	fn(arg, b);
	b->count = 0;
}

/* A packet that nothing is merged with; those that it must not overtake go first. */
static void pass(struct gro *g, const __u8 *p, size_t len, unsigned int note, gro_fn fn, void *arg)
{
	struct gro_batch single = { .iov = { { (void *)p, len } }, .iov_count = 1, .notes = { note },
				    .count = 1, .len = len };
	unsigned int i;

	for (i = 0; len >= BED4_IP6_LEN && i < GRO_FLOWS; i++) {
		if (g->flow[i].count && same_addresses(&g->flow[i], p))
			hand_over(&g->flow[i], fn, arg);
	}
	fn(arg, &single);
}

/* The batch of the flow of @p; else one that is free, after making room if there is none. */
static struct gro_batch *batch_for(struct gro *g, const __u8 *p, gro_fn fn, void *arg)
{
	struct gro_batch *room = NULL;
	unsigned int i;

	for (i = 0; i < GRO_FLOWS; i++) {
		if (!g->flow[i].count)
			room = &g->flow[i];
		else if (same_flow(&g->flow[i], p))
			return &g->flow[i];
	}
	if (room)
		return room;
	room = &g->flow[g->oldest++ % GRO_FLOWS];
	hand_over(room, fn, arg);
	return room;
}

void gro_add(struct gro *g, const __u8 *p, size_t len, unsigned int note, gro_fn fn, void *arg)
{
	struct gro_batch *b;
	struct segment s;

	if (!look(p, len, &s)) {
		pass(g, p, len, note, fn, arg);
		return;
	}
	b = batch_for(g, p, fn, arg);
	if (b->count && continues(b, &s)) {
		append(b, &s, note);
	} else {
		if (b->count)
			hand_over(b, fn, arg);
		begin(b, &s, note);
	}
	if (b->push || s.payload < b->size)
		hand_over(b, fn, arg);
}

void gro_flush(struct gro *g, gro_fn fn, void *arg)
{
	unsigned int i;

	for (i = 0; i < GRO_FLOWS; i++) {
		if (g->flow[i].count)
			hand_over(&g->flow[i], fn, arg);
	}
}
