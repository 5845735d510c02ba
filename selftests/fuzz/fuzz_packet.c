// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A sequence of packets, ticks and moves of the clock through a whole tunnel of either role. Each
 * packet ends in exactly one outcome, actions stay inside what they borrow, and nothing leaves that
 * PROTOCOL forbids. Must not know what is answered to what.
 *
 * Input: one byte of role and flags, then records: kind, length (2 bytes), body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/icmp4.h"
#include "tunnel_run.h"

/* How a packet comes in. */
enum way { WAY_UDP, WAY_TUN, WAY_LAN };

/* On a heap block of just its size and only 2-aligned, as promised in tunnel.h. */
static void packet(enum way way, const uint8_t *body, size_t len)
{
	struct bed4_ep src = tunnel.self.server;
	__u64 before = counted();
	uint8_t *block;

	if (way != WAY_TUN && len >= 6 && (body[0] & 1)) {
		memcpy(&src.addr, body, 4);
		memcpy(&src.port, body + 4, 2);
		body += 6;
		len -= 6;
	} else if (way != WAY_TUN && len) {
		body++;
		len--;
	}
	block = malloc(len + 2);
	promise(block != NULL);
	memcpy(block + 2, body, len);
	actions_clear(&actions);
	if (way == WAY_TUN)
		tunnel_rx_tun(&tunnel, now, block + 2, len, &actions);
	else if (way == WAY_LAN)
		tunnel_rx_lan(&tunnel, now, src, block + 2, len, &actions);
	else
		tunnel_rx_udp(&tunnel, now, src, len & 0xff, block + 2, len, &actions);
	carry_out(block + 2, len);
	promise(counted() == before + 1);
	free(block);
}

/* An ICMPv4 message; most of them quote a datagram of ours and have a right checksum. */
static void icmp4(const uint8_t *body, size_t len)
{
	uint8_t *p = malloc(len + 2);
	__u64 before = counted();
	struct bed4_ip4 *ip4;
	__be16 csum = 0;

	promise(p != NULL);
	memcpy(p, body, len);
	if (len >= 36 && !(body[4] & 1)) {
		ip4 = (void *)(p + 8);
		ip4->vhl = 0x45;
		ip4->proto = BED4_PROTO_UDP;
		ip4->frag = 0;
		ip4->src = tunnel.self.listen.addr;
		memcpy(p + 28, &tunnel.self.listen.port, 2);
		memcpy(p + 2, &csum, 2);
		csum = (__be16)~bed4_csum_fold(bed4_csum_buf(0, p, len));
		memcpy(p + 2, &csum, 2);
	}
	actions_clear(&actions);
	tunnel_rx_icmp4(&tunnel, now, p, len, &actions);
	carry_out(p, len);
	promise(counted() == before + 1);
	free(p);
}

/* Sums a message's ICMPv6 checksum up, so that what is behind it gets tested too. */
static size_t summed(uint8_t *copy, const uint8_t *body, size_t len, size_t at)
{
	struct bed4_ip6 *ip6 = (void *)(copy + at);
	uint8_t *icmp = copy + at + BED4_IP6_LEN;
	__u16 csum;
	size_t n;

	memcpy(copy, body, len);
	if (len < at + BED4_IP6_LEN + 4)
		return len;
	n = len - at - BED4_IP6_LEN;
	ip6->vtf = BED4_HTONL(0x60000000);
	ip6->len = BED4_HTONS(n);
	ip6->next = BED4_PROTO_ICMP6;
	ip6->hops = 255;
	icmp[2] = icmp[3] = 0;
	csum = bed4_csum_upper(ip6, BED4_PROTO_ICMP6, icmp, n);
	memcpy(icmp + 2, &csum, 2);
	return len;
}

/* The fast path tells of a use, or the map's walk of an entry. */
static void hear_of(const uint8_t *addr, int used)
{
	struct bed4_neigh v = {};
	struct bed4_in6 who;

	memcpy(&who, addr, sizeof(who));
	memcpy(&v, addr, sizeof(who)); /* anything */
	actions_clear(&actions);
	if (used)
		tunnel_used(&tunnel, now, &who, 0, now / NSEC_PER_SEC, &actions);
	else
		tunnel_stamp(&tunnel, now, &who, &v, &actions);
	carry_out(NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t copy[4096] __attribute__((aligned(8)));
	size_t len, at;

	if (size < 1 || size > sizeof(copy))
		return 0;
	begin(*data++);
	for (size--; size >= 3; data += len, size -= len) {
		uint8_t kind = *data;

		len = data[1] << 8 | data[2];
		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		switch (kind & 3) {
		case 0:
			packet((kind >> 2) % 3, data, len);
			break;
		case 1: /* the same with valid ICMPv6; at an even offset behind the source */
			at = (kind >> 2) % 3 == WAY_TUN ? 0 : len && data[0] & 1 ? 6 : 1;
			if (at == 1)
				break;
			packet((kind >> 2) % 3, copy, summed(copy, data, len, at));
			break;
		case 2:
			if (kind & 16) {
				icmp4(data, len);
				break;
			}
			if (kind & 4 && len >= 16) {
				hear_of(data, kind & 8);
				break;
			}
			now += (len ? data[0] : 1) * NSEC_PER_SEC;
			/* fall through */
		default:
			actions_clear(&actions);
			tunnel_tick(&tunnel, now, &actions);
			carry_out(NULL, 0);
		}
	}
	return 0;
}
