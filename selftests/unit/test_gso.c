// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Cutting and merging TCP on the TUN device (io/gso.h): what is cut is what a sender without offload
 * would have sent, what is merged is what GRO may merge, and the one undoes the other. Packets and
 * sums are made byte by byte, by other code.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "io/gso.h"
#include "../prog/pkt.h"

#define SRC "2001:db8::1"
#define DST "2001:db8::2"
#define BIG (65535 + 64)

enum { FIN = 0x01, SYN = 0x02, PSH = 0x08, ACK = 0x10, CWR = 0x80 };

/* A TCP packet with @options bytes of options and @n of payload; its checksum is right. */
static size_t tcp6(uint8_t *p, const char *dst, uint32_t seq, unsigned int flags, size_t options,
		   size_t n)
{
	uint8_t *tcp = p + 40;
	size_t len = 20 + options + n;

	memset(p, 0, 60 + options);
	p[0] = 0x60;
	p[3] = 0x42;
	pkt_put16(p + 4, (unsigned int)len);
	p[6] = 6;
	p[7] = 64;
	inet_pton(AF_INET6, SRC, p + 8);
	inet_pton(AF_INET6, dst, p + 24);
	pkt_put16(tcp, 1000);
	pkt_put16(tcp + 2, 80);
	pkt_put16(tcp + 4, seq >> 16);
	pkt_put16(tcp + 6, seq & 0xffff);
	tcp[12] = (uint8_t)((20 + options) / 4 << 4);
	tcp[13] = (uint8_t)flags;
	pkt_put16(tcp + 14, 500);
	memset(tcp + 20, 1, options);
	for (size_t i = 0; i < n; i++)
		tcp[20 + options + i] = (uint8_t)((uint32_t)(seq + i) * 7 + (uint32_t)(seq + i) / 250);
	pkt_put16(tcp + 16, pkt_csum6(p + 8, 6, tcp, len));
	return 40 + len;
}

static bool valid(const uint8_t *p, size_t len)
{
	return pkt_get16(p + 4) == len - 40 && !pkt_csum6(p + 8, 6, p + 40, len - 40);
}

/* As the kernel hands it over: the sum of the pseudo-header in the checksum field. */
static struct virtio_net_hdr hand_over(uint8_t *p, size_t len, unsigned int size)
{
	pkt_put16(p + 56, 0);
	pkt_put16(p + 56, ~pkt_csum6(p + 8, 6, p + 40, 0) & 0xffff);
	pkt_put16(p + 56, ~pkt_fold(pkt_get16(p + 56) + (uint32_t)(len - 40)) & 0xffff);
	return (struct virtio_net_hdr){ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
					.gso_type = size ? VIRTIO_NET_HDR_GSO_TCPV6 : 0,
					.gso_size = (uint16_t)size, .csum_start = 40, .csum_offset = 16 };
}

static void cuts_to_what_would_have_been_sent(void **state)
{
	static const struct { size_t options, n; unsigned int size, flags; } cases[] = {
		{ 12, 64000, 1208, ACK | PSH }, { 0, 65475, 1220, ACK | FIN | PSH }, { 40, 1, 1000, ACK },
		{ 12, 5000, 1000, ACK | CWR }, { 0, 1000, 1000, ACK }, { 0, 1001, 1000, ACK }, { 4, 300, 1, ACK },
	};
	static uint8_t whole[BIG], want[BIG], got[BIG];

	(void)state;
	for (size_t c = 0; c < sizeof(cases) / sizeof(*cases); c++) {
		uint32_t seq = 0xffffff00; /* wraps within */
		size_t len = tcp6(whole, DST, seq, cases[c].flags, cases[c].options, cases[c].n), at = 0;
		struct virtio_net_hdr vnet = hand_over(whole, len, cases[c].size);
		struct gso g;

		assert_int_equal(gso_begin(&g, &vnet, whole, len), 1);
		while (at < cases[c].n) {
			size_t n = cases[c].n - at < cases[c].size ? cases[c].n - at : cases[c].size;
			unsigned int flags = cases[c].flags;

			if (at)
				flags &= ~CWR;
			if (at + n < cases[c].n)
				flags &= ~(FIN | PSH);
			len = tcp6(want, DST, seq + (uint32_t)at, flags, cases[c].options, n);
			assert_int_equal(gso_next_len(&g), len);
			memset(got, 0xaa, len);
			gso_next(&g, got);
			assert_true(valid(got, len));
			assert_memory_equal(got, want, len);
			at += n;
		}
		assert_int_equal(gso_next_len(&g), 0);
	}
}

static void completes_a_checksum(void **state)
{
	uint8_t want[2000], got[2000];
	size_t len = tcp6(want, DST, 1, ACK, 12, 777);
	struct virtio_net_hdr vnet = {};
	struct gso g;

	(void)state;
	memcpy(got, want, len);
	assert_int_equal(gso_begin(&g, &vnet, got, len), 0);
	assert_memory_equal(got, want, len);
	vnet = hand_over(got, len, 0);
	assert_int_equal(gso_begin(&g, &vnet, got, len), 0);
	assert_memory_equal(got, want, len);
	len = tcp6(want, DST, 1, ACK, 12, 0);
	memcpy(got, want, len);
	vnet = hand_over(got, len, 1000);
	assert_int_equal(gso_begin(&g, &vnet, got, len), 0); /* no payload: nothing to cut */
	assert_memory_equal(got, want, len);
}

/* The one's complement of a full sum is 0: so it stands in TCP, and only in UDP as 0xffff. */
static void a_sum_of_zero_is_one_in_tcp(void **state)
{
	uint8_t want[200], got[200];
	struct virtio_net_hdr vnet;
	unsigned int seq = 0;
	struct gso g;
	size_t len;

	(void)state;
	do {
		len = tcp6(want, DST, seq++, ACK, 12, 100);
	} while (pkt_get16(want + 56));
	memcpy(got, want, len);
	vnet = hand_over(got, len, 0);
	assert_int_equal(gso_begin(&g, &vnet, got, len), 0);
	assert_memory_equal(got, want, len);
	memset(got + 40, 0, len - 40);
	got[6] = 17;
	pkt_put16(got + 44, (unsigned int)len - 40);
	pkt_put16(got + 48, pkt_csum6(got + 8, 17, got + 40, len - 40)); /* with that, the sum is full */
	assert_int_equal(pkt_csum6(got + 8, 17, got + 40, len - 40), 0);
	pkt_put16(got + 46, ~pkt_csum6(got + 8, 17, got + 40, 0) & 0xffff);
	pkt_put16(got + 46, ~pkt_fold(pkt_get16(got + 46) + (uint32_t)(len - 40)) & 0xffff);
	vnet.csum_offset = 6;
	assert_int_equal(gso_begin(&g, &vnet, got, len), 0);
	assert_int_equal(pkt_get16(got + 46), 0xffff);
}

/* A description that does not fit the packet. */
static void refuses_nonsense(void **state)
{
	static uint8_t p[3000];
	struct gso g;

	(void)state;
	for (unsigned int i = 0; i < 9; i++) {
		size_t len = tcp6(p, DST, 1, ACK, 0, 2000);
		struct virtio_net_hdr vnet = hand_over(p, len, i == 8 ? 0 : 1000);

		switch (i) {
		case 0: vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4; break;
		case 1: vnet.flags = 0; break;
		case 2: vnet.gso_size = 0; break;
		case 3: vnet.csum_start = 39; break;
		case 4: vnet.csum_start = (uint16_t)(len - 19); break;
		case 5: vnet.csum_offset = 6; break;
		case 6: p[52] = 0x40; break; /* a TCP header of 16 bytes */
		case 7: len = 60; p[52] = 0xf0; break; /* longer than the packet */
		case 8: vnet.csum_offset = 2018; vnet.csum_start = 41; break;
		}
		assert_int_equal(gso_begin(&g, &vnet, p, len), -EINVAL);
	}
}

/* --- merging -------------------------------------------------------------------------------------- */

static struct {
	unsigned int batches, counts[600], notes[600], note_count;
	size_t bytes;
	struct virtio_net_hdr vnet;
	uint8_t last[BIG];
	size_t last_len;
} out;

static void take(void *arg, const struct gro_batch *b)
{
	size_t at = 0;

	(void)arg;
	assert_true(b->count >= 1 && b->len <= 65535);
	for (unsigned int i = 0; i < b->iov_count; i++) {
		memcpy(out.last + at, b->iov[i].iov_base, b->iov[i].iov_len);
		at += b->iov[i].iov_len;
	}
	assert_int_equal(at, b->len);
	out.last_len = at;
	out.bytes += at;
	out.vnet = b->vnet;
	out.counts[out.batches++] = b->count;
	for (unsigned int i = 0; i < b->count; i++)
		out.notes[out.note_count++] = b->notes[i];
}

static struct gro gro;
static uint8_t packets[600][2000];

static void start(void)
{
	memset(&out, 0, sizeof(out));
	memset(&gro, 0, sizeof(gro));
}

static void add(unsigned int i, size_t len)
{
	gro_add(&gro, packets[i], len, i, take, NULL);
}

/* Whole packets, cut, and merged again. */
static void merges_what_was_cut(void **state)
{
	static uint8_t whole[BIG];
	size_t len = tcp6(whole, DST, 77, ACK | PSH, 12, 60000), n;
	struct virtio_net_hdr vnet = hand_over(whole, len, 1208);
	unsigned int count = 0;
	struct gso g;

	(void)state;
	start();
	assert_int_equal(gso_begin(&g, &vnet, whole, len), 1);
	while ((n = gso_next_len(&g))) {
		gso_next(&g, packets[count]);
		add(count++, n);
	}
	assert_int_equal(out.batches, 1); /* PSH ends it, nobody has to flush */
	assert_int_equal(out.counts[0], count);
	assert_int_equal(out.last_len, len);
	assert_memory_equal(out.last, whole, len); /* checksum field and all */
	assert_int_equal(out.vnet.gso_size, 1208);
	assert_int_equal(out.vnet.gso_type, VIRTIO_NET_HDR_GSO_TCPV6);
	assert_int_equal(out.vnet.hdr_len, 72);
	assert_int_equal(out.vnet.csum_start, 40);
	assert_int_equal(out.vnet.csum_offset, 16);
	assert_int_equal(out.vnet.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
}

/* Two segments that differ in what must not differ stay two packets, untouched and in order. */
static void keeps_apart(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 16; i++) {
		size_t a = tcp6(packets[0], DST, 1, i == 11 ? ACK | PSH : ACK, 12, i == 12 ? 50 : 100);
		size_t b = tcp6(packets[1], DST, i == 12 ? 51 : 101, ACK, 12, 100);
		uint8_t *p = packets[1], want[200];

		start();
		switch (i) {
		case 0: b = tcp6(p, DST, 102, ACK, 12, 100); break; /* a gap */
		case 1: b = tcp6(p, DST, 101, ACK, 8, 100); break;
		case 2: b = tcp6(p, DST, 101, ACK, 12, 101); break; /* larger than the first */
		case 3: b = tcp6(p, DST, 101, ACK, 12, 0); break; /* no payload */
		case 4: b = tcp6(p, DST, 101, ACK | SYN, 12, 100); break;
		case 5: b = tcp6(p, DST, 101, ACK | FIN, 12, 100); break;
		case 6: b = tcp6(p, DST, 101, ACK | CWR, 12, 100); break;
		case 7: p[3] ^= 1; break; /* flow label */
		case 8: p[1] ^= 0x30; break; /* ECN */
		case 9: p[7]--; break; /* hop limit */
		case 10: p[56] ^= 1; break; /* checksum */
		case 11: break; /* behind PSH */
		case 12: break; /* behind a shorter one, which is larger */
		case 13: pkt_put16(p + 54, 501); pkt_put16(p + 56, 0); /* window */
			pkt_put16(p + 56, pkt_csum6(p + 8, 6, p + 40, b - 40)); break;
		case 14: p[51]++; pkt_put16(p + 56, 0); /* acknowledgment */
			pkt_put16(p + 56, pkt_csum6(p + 8, 6, p + 40, b - 40)); break;
		case 15: p[60] = 0; pkt_put16(p + 56, 0); /* an option */
			pkt_put16(p + 56, pkt_csum6(p + 8, 6, p + 40, b - 40)); break;
		}
		memcpy(want, p, b);
		add(0, a);
		add(1, b);
		gro_flush(&gro, take, NULL);
		assert_int_equal(out.batches, 2);
		assert_int_equal(out.notes[0], 0);
		assert_int_equal(out.notes[1], 1);
		assert_int_equal(out.last_len, b);
		assert_memory_equal(out.last, want, b);
		assert_int_equal(out.vnet.gso_type, 0);
		assert_int_equal(out.vnet.flags, 0);
	}
}

static void a_shorter_one_ends_a_batch(void **state)
{
	(void)state;
	start();
	add(0, tcp6(packets[0], DST, 1, ACK, 12, 100));
	add(1, tcp6(packets[1], DST, 101, ACK, 12, 40));
	assert_int_equal(out.batches, 1);
	assert_int_equal(out.counts[0], 2);
	add(2, tcp6(packets[2], DST, 141, ACK, 12, 100));
	gro_flush(&gro, take, NULL);
	assert_int_equal(out.batches, 2);
	assert_int_equal(out.counts[1], 1);
}

/* Nothing overtakes a packet of the same addresses; other flows may go on merging. */
static void keeps_order_within_a_flow(void **state)
{
	(void)state;
	start();
	add(0, tcp6(packets[0], DST, 1, ACK, 0, 100));
	add(1, tcp6(packets[1], "2001:db8::3", 1, ACK, 0, 100));
	add(2, tcp6(packets[2], DST, 101, ACK, 0, 0));
	assert_int_equal(out.batches, 2);
	assert_int_equal(out.notes[0], 0);
	assert_int_equal(out.notes[1], 2);
	add(3, tcp6(packets[3], "2001:db8::3", 101, ACK, 0, 100));
	gro_flush(&gro, take, NULL);
	assert_int_equal(out.batches, 3);
	assert_int_equal(out.counts[2], 2);
}

/* More flows and segments than there is room for: all comes out, once. */
static void loses_nothing_when_full(void **state)
{
	size_t bytes = 0, len;
	char seen[600] = { 0 };
	char dst[32];

	(void)state;
	start();
	for (unsigned int i = 0; i < 600; i++) {
		snprintf(dst, sizeof(dst), "2001:db8::%x", 1 + i % 20 * (i < 400));
		len = tcp6(packets[i], dst, i < 400 ? 1 + i / 20 * 900 : 1 + (i - 400) * 900, ACK, 12, 900);
		bytes += len;
		add(i, len);
	}
	gro_flush(&gro, take, NULL);
	assert_int_equal(out.note_count, 600);
	for (unsigned int i = 0; i < 600; i++)
		seen[out.notes[i]]++;
	for (unsigned int i = 0; i < 600; i++)
		assert_int_equal(seen[i], 1);
	for (unsigned int i = 0; i < out.batches; i++) {
		assert_true(out.counts[i] <= GRO_SEGMENTS);
		bytes -= (out.counts[i] - 1) * 72ul;
	}
	assert_int_equal(out.bytes, bytes);
}

static void survives_short_ones(void **state)
{
	(void)state;
	for (size_t n = 0; n < 80; n++) {
		uint8_t *p = malloc(n + !n);
		static uint8_t full[200];

		start();
		tcp6(full, DST, 1, ACK, 12, 100);
		memcpy(p, full, n);
		gro_add(&gro, p, n, 5, take, NULL);
		gro_flush(&gro, take, NULL);
		assert_int_equal(out.batches, 1);
		assert_int_equal(out.last_len, n);
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_to_what_would_have_been_sent), cmocka_unit_test(completes_a_checksum),
		cmocka_unit_test(a_sum_of_zero_is_one_in_tcp),
		cmocka_unit_test(refuses_nonsense), cmocka_unit_test(merges_what_was_cut),
		cmocka_unit_test(keeps_apart), cmocka_unit_test(a_shorter_one_ends_a_batch),
		cmocka_unit_test(keeps_order_within_a_flow), cmocka_unit_test(loses_nothing_when_full),
		cmocka_unit_test(survives_short_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
