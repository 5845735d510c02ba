// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A description and a packet through cutting, then its pieces and the rest of the input through
 * merging (io/gso.h). The headers are made plausible, or nothing would get past the first check; sums
 * are made right as long as the input wants. Cut and merged bytes have to add up.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/gso.h"
#include "promise.h"

#define PACKETS 256

struct tally {
	size_t payload, count;
	unsigned char seen[PACKETS];
};

static void take(void *arg, const struct gro_batch *b)
{
	struct tally *t = arg;
	size_t n = 0;

	promise(b->count >= 1 && b->count <= GRO_SEGMENTS && b->len <= 65535);
	for (unsigned int i = 0; i < b->iov_count; i++)
		n += b->iov[i].iov_len;
	promise(n == b->len);
	promise(b->count == 1 || (b->vnet.gso_size && b->vnet.hdr_len == b->iov[0].iov_len));
	for (unsigned int i = 0; i < b->count; i++)
		promise(t->seen[b->notes[i]]++ == 0);
	t->count += b->count;
	t->payload += b->count == 1 ? n : n + (b->count - 1) * b->iov[0].iov_len;
}

static void seal(uint8_t *p, size_t len)
{
	struct bed4_ip6 *ip6 = (void *)p;
	uint16_t sum;

	if (len < 60)
		return;
	p[0] = 0x60;
	ip6->next = BED4_PROTO_TCP;
	ip6->len = BED4_HTONS(len - 40);
	if (p[52] < 0x50)
		p[52] |= 0x50;
	p[53] = (p[53] & 0x88) | 0x10;
	memset(p + 56, 0, 2);
	sum = bed4_csum_upper(ip6, BED4_PROTO_TCP, p + 40, len - 40);
	memcpy(p + 56, &sum, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gro gro;
	static uint8_t whole[4096] __attribute__((aligned(8)));
	static uint8_t room[PACKETS][4096] __attribute__((aligned(8)));
	struct virtio_net_hdr vnet;
	struct tally t = { 0 };
	size_t len, n, all = 0;
	unsigned int count = 0;
	struct gso g;

	if (size < sizeof(vnet) + 1 || size > sizeof(whole))
		return 0;
	memcpy(&vnet, data, sizeof(vnet));
	len = size - sizeof(vnet) - 1;
	memcpy(whole, data + sizeof(vnet) + 1, len);
	if (data[sizeof(vnet)] & 1)
		seal(whole, len);
	memset(&gro, 0, sizeof(gro));
	if (gso_begin(&g, &vnet, whole, len) > 0) {
		while ((n = gso_next_len(&g)) && count < PACKETS - 1) {
			promise(n <= len && n >= g.head);
			gso_next(&g, room[count]);
			if (data[sizeof(vnet)] & 2)
				seal(room[count], n);
			all += n;
			gro_add(&gro, room[count], n, count, take, &t);
			count++;
		}
	}
	all += len;
	gro_add(&gro, whole, len, count++, take, &t);
	gro_flush(&gro, take, &t);
	promise(t.count == count && t.payload == all);
	return 0;
}
