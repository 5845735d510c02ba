// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Checksums and the traffic class: 6bed4/csum.h, outer.h and ecn.h against plain sums and tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "6bed4/ecn.h"
#include "6bed4/outer.h"

/* RFC 1071 section 3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2 before complement. */
static void rfc1071_example(void **state)
{
	static const uint8_t data[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	uint16_t sum = bed4_csum_fold(bed4_csum_buf(0, data, sizeof(data)));

	(void)state;
	assert_int_equal(ntohs(sum), 0xddf2);
	assert_int_equal(ntohs(bed4_csum_fold(bed4_csum_buf(0, data, 3))), 0x0001 + 0xf200);
}

static uint16_t plain_sum(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* A random packet of @next with a valid upper checksum; returns its whole length. */
static size_t random_packet(uint8_t *p, unsigned int next, size_t csum_at, size_t n)
{
	struct bed4_ip6 *ip6 = (void *)p;
	uint16_t csum;

	for (size_t i = 0; i < 40 + n; i++)
		p[i] = (uint8_t)rand();
	p[0] = 0x60 | (p[0] & 0x0f);
	ip6->len = htons((uint16_t)n);
	ip6->next = (uint8_t)next;
	memset(p + 40 + csum_at, 0, 2);
	csum = bed4_csum_upper(ip6, (uint8_t)next, p + 40, n);
	if (next == 17 && !csum)
		csum = 0xffff;
	memcpy(p + 40 + csum_at, &csum, 2);
	return 40 + n;
}

static void lco_is_the_full_sum(void **state)
{
	static const struct { unsigned int next; size_t csum_at, min; } kinds[] = {
		{ 6, 16, 20 }, { 17, 6, 8 }, { 58, 2, 4 } };
	static uint8_t p[2048] __attribute__((aligned(8)));

	(void)state;
	srand(4711);
	for (int round = 0; round < 30000; round++) {
		size_t k = (size_t)round % 3, n = kinds[k].min + (size_t)rand() % 1400;
		size_t len = random_packet(p, kinds[k].next, kinds[k].csum_at, n);
		uint16_t lco = bed4_csum_fold(bed4_csum_lco((void *)p));
		uint16_t full = htons(plain_sum(p, len));

		/* 0 and ffff are the same number to one's complement. */
		assert_int_equal(lco == 0xffff ? 0 : lco, full == 0xffff ? 0 : full);
	}
}

static void outer_header_sums_up(void **state)
{
	static uint8_t p[2048] __attribute__((aligned(8)));
	struct bed4_outer *outer = (void *)p;
	uint8_t pseudo[2048];

	(void)state;
	srand(4712);
	for (int round = 0; round < 20000; round++) {
		size_t n = 8 + (size_t)rand() % 1200, len = random_packet(p + 28, 17, 6, n);
		struct bed4_ep from = bed4_ep((uint32_t)rand(), (uint16_t)rand());
		struct bed4_ep to = bed4_ep((uint32_t)rand() << 1, (uint16_t)rand());

		uint16_t frag = rand() & 1 ? htons(0x4000) : 0;

		bed4_outer_put(outer, from, to, (uint32_t)len, (uint8_t)rand(), (uint16_t)rand(), frag);
		assert_int_equal(plain_sum(p, 20), 0xffff);
		assert_int_equal(outer->ip4.frag, frag);
		assert_int_equal(ntohs(outer->ip4.len), len + 28);
		assert_int_equal(ntohs(outer->udp.len), len + 8);
		assert_int_equal(outer->udp.csum, 0);
		bed4_outer_csum(outer, (void *)(p + 28));
		assert_int_not_equal(outer->udp.csum, 0);
		memcpy(pseudo, p + 12, 8);
		pseudo[8] = 0;
		pseudo[9] = 17;
		memcpy(pseudo + 10, p + 24, 2);
		memcpy(pseudo + 12, p + 20, len + 8);
		assert_int_equal(plain_sum(pseudo, len + 20), 0xffff);
	}
}

static void zero_is_sent_as_ffff(void **state)
{
	(void)state;
	assert_int_equal(bed4_csum_udp_final(0xffff), 0xffff);
	assert_int_equal(bed4_csum_udp_final(0xfffe), 0x0001);
}

/* RFC 6040 section 4.2, figure 4: rows inner, columns outer Not-ECT, ECT(0), ECT(1), CE. */
static void rfc6040_table(void **state)
{
	enum { NOT = 0, ECT1 = 1, ECT0 = 2, CE = 3, DROP = -1 };
	static const struct { int inner, to[4]; } rows[] = {
		{ NOT, { NOT, NOT, NOT, DROP } },
		{ ECT0, { ECT0, ECT0, ECT1, CE } },
		{ ECT1, { ECT1, ECT1, ECT1, CE } },
		{ CE, { CE, CE, CE, CE } },
	};
	static const int outer[4] = { NOT, ECT0, ECT1, CE };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4; k++) {
			int want = rows[i].to[k] < 0 ? -1 : 0xb8 | rows[i].to[k];

			assert_int_equal(bed4_ecn_in((uint8_t)(0x28 | outer[k]),
						     (uint8_t)(0xb8 | rows[i].inner)), want);
		}
	}
}

/* PROTOCOL section 11: deployed peers shift the class, which may read as CE. */
static void shifted_class_is_no_mark(void **state)
{
	(void)state;
	assert_int_equal(bed4_ecn_in(0x0b, 0xb8), 0xb8);
	assert_int_equal(bed4_ecn_in(0x03, 0x30), 0x30);
	assert_int_equal(bed4_ecn_in(0x0b, 0xb4), 0xb4);
	assert_int_equal(bed4_ecn_in(0x0b, 0x80), -1);
	assert_int_equal(bed4_ecn_in(0x0b, 0xba), 0xbb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc1071_example),     cmocka_unit_test(lco_is_the_full_sum),
		cmocka_unit_test(outer_header_sums_up), cmocka_unit_test(zero_is_sent_as_ffff),
		cmocka_unit_test(rfc6040_table),       cmocka_unit_test(shifted_class_is_no_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
