// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Cutting what the kernel hands over whole; see gso.h. Proved by selftests/unit/test_gso.c. */
#include <errno.h>
#include <string.h>

#include "io/gso.h"
#include "io/tcp.h"

#define UDP_CSUM 6 /* offset in its header */

static void put16(__u8 *p, __be16 v)
{
	memcpy(p, &v, sizeof(v));
}

/*
 * The kernel has left the sum of the pseudo-header in the checksum field at @offset behind @start. Only UDP's, known by
 * its place, may not be 0.
 */
static int complete(__u8 *p, size_t len, size_t start, size_t offset)
{
	__u64 sum;

	if (start < BED4_IP6_LEN || start + offset + 2 > len)
		return -EINVAL;
	sum = bed4_csum_buf(0, p + start, len - start);
	put16(p + start + offset, offset == UDP_CSUM ? bed4_csum_udp_final(sum) : (__u16)~bed4_csum_fold(sum));
	return 0;
}

int gso_begin(struct gso *g, const struct virtio_net_hdr *vnet, __u8 *p, size_t len)
{
	unsigned int type = vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN;
	size_t tcp = vnet->csum_start;

	if (type == VIRTIO_NET_HDR_GSO_NONE) {
		if (!(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
			return 0;
		return complete(p, len, tcp, vnet->csum_offset);
	}
	if (type != VIRTIO_NET_HDR_GSO_TCPV6 || !(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	    vnet->csum_offset != TCP_CSUM || !vnet->gso_size || tcp < BED4_IP6_LEN ||
	    tcp + TCP_MIN > len || tcp_header_len(p + tcp) < TCP_MIN ||
	    tcp + tcp_header_len(p + tcp) > len)
		return -EINVAL;
	if (tcp + tcp_header_len(p + tcp) == len)
		return complete(p, len, tcp, TCP_CSUM); /* nothing to cut */
	*g = (struct gso){ .p = p, .len = len, .tcp = tcp, .size = vnet->gso_size,
			   .head = tcp + tcp_header_len(p + tcp) };
	return 1;
}

static size_t next_payload(const struct gso *g)
{
	size_t left = g->len - g->head - g->at;

	return left < g->size ? left : g->size;
}

size_t gso_next_len(const struct gso *g)
{
	size_t n = next_payload(g);

	return n ? g->head + n : 0;
}

void gso_next(struct gso *g, __u8 *out)
{
	size_t n = next_payload(g), tcp_len = g->head - g->tcp + n;
	bool first = !g->at, last = g->at + n == g->len - g->head;
	struct bed4_ip6 *ip6 = (void *)out;
	__u8 *tcp = out + g->tcp;
	__u64 sum;

	memcpy(out, g->p, g->head);
	memcpy(out + g->head, g->p + g->head + g->at, n);
	ip6->len = BED4_HTONS(g->head + n - BED4_IP6_LEN);
	tcp_set_seq(tcp, tcp_seq(tcp) + (__u32)g->at);
	if (!last)
		tcp[TCP_FLAGS] &= ~(TCP_FIN | TCP_PSH);
	if (!first)
		tcp[TCP_FLAGS] &= ~TCP_CWR;
	/* The field holds the sum of the pseudo-header with the length of the whole: that goes. */
	sum = bed4_csum_buf(0, tcp, tcp_len) + (__u32)~BED4_HTONL((__u32)(g->len - g->tcp)) +
	      BED4_HTONL((__u32)tcp_len);
	put16(tcp + TCP_CSUM, (__u16)~bed4_csum_fold(sum));
	g->at += n;
}
