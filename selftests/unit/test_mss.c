// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the daemon puts right behind an IPv6 header: core/mss.h, core/finish.h and what they share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/finish.h"
#include "core/mss.h"
#include "../prog/pkt.h"

#define A "2001:db8::1"
#define B "2001:db8::2"
#define MAX 1220

/* A TCP packet with these flags, options as given (padded with end marks), @n bytes of payload. */
static void tcp(struct pkt *p, unsigned int flags, const char *opt, size_t len, size_t n)
{
	size_t head = 20 + (len + 3) / 4 * 4;

	pkt_ip6(p, A, B, 6, 64, head + n, SIZE_MAX - 2);
	memset(p->b + 60, 0, head - 20);
	memcpy(p->b + 60, opt, len);
	p->b[52] = (uint8_t)(head / 4 << 4);
	p->b[53] = (uint8_t)flags;
	pkt_put16(p->b + 56, 0);
	pkt_put16(p->b + 56, pkt_csum6(p->b + 8, 6, p->b + 40, p->len - 40));
}

static const struct {
	const char *name;
	unsigned int flags;
	const char *opt;
	size_t len, at; /* at: of the value, behind the TCP header; 0: nothing changes */
	size_t payload;
} cases[] = {
	{ "first option", 0x02, "\2\4\5\xa0\4\2", 6, 2, 0 },
	{ "SYN and ACK", 0x12, "\2\4\5\xa0\1\3\3\7", 8, 2, 0 },
	{ "with data (TFO)", 0x02, "\2\4\5\xa0", 4, 2, 333 },
	{ "behind a no-op", 0x02, "\1\2\4\5\xa0\1\1\1", 8, 3, 0 },
	{ "behind another option", 0x02, "\4\2\2\4\xff\xff", 6, 4, 0 },
	{ "behind an odd one", 0x02, "\3\3\7\2\4\x23\x28", 7, 5, 7 },
	{ "low already", 0x02, "\2\4\4\xc4", 4, 0, 0 },
	{ "low, behind a no-op", 0x02, "\1\2\4\4\x00\1\1\1", 8, 0, 0 },
	{ "no SYN", 0x10, "\2\4\5\xa0", 4, 0, 100 },
	{ "no option", 0x02, "", 0, 0, 0 },
	{ "behind the end mark", 0x02, "\0\2\4\5\xa0\1\1\1", 8, 0, 0 },
	{ "length 0", 0x02, "\5\0\2\4\5\xa0\1\1", 8, 0, 0 },
	{ "longer than the header", 0x02, "\5\x20\2\4\5\xa0\1\1", 8, 0, 0 },
	{ "MSS of another length", 0x02, "\2\3\5\2\4\5\xa0\1", 8, 5, 0 },
	{ "cut short", 0x02, "\1\1\1\2", 4, 0, 0 },
};

static void lowers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pkt p, want;

		memset(&p, 0, sizeof(p));
		tcp(&p, cases[i].flags, cases[i].opt, cases[i].len, cases[i].payload);
		want = p;
		if (cases[i].at) {
			pkt_put16(want.b + 60 + cases[i].at, MAX);
			pkt_put16(want.b + 56, 0);
			pkt_put16(want.b + 56, pkt_csum6(want.b + 8, 6, want.b + 40, want.len - 40));
		}
		mss_clamp(p.b, p.len, MAX);
		if (memcmp(p.b, want.b, p.len))
			fail_msg("%s", cases[i].name);
	}
}

/* Sums come out right whatever is in the packet; bytes outside of it are never touched (ASan). */
static void survives(void **state)
{
	(void)state;
	srandom(6);
	for (int i = 0; i < 200000; i++) {
		size_t len = 40 + (size_t)random() % 80, n;
		uint8_t *b = malloc(len);
		struct pkt p;

		tcp(&p, 2, "", 0, 100);
		memcpy(b, p.b, len);
		for (n = 60; n < len; n++)
			b[n] = (uint8_t)(random() % 6);
		if (len > 52)
			b[52] = (uint8_t)random();
		if (len > 60)
			pkt_put16(b + 56, 0);
		if (len > 60)
			pkt_put16(b + 56, pkt_csum6(b + 8, 6, b + 40, len - 40));
		mss_clamp(b, len, (unsigned int)random() % 4);
		if (len > 60)
			assert_int_equal(pkt_csum6(b + 8, 6, b + 40, len - 40) % 0xffff, 0);
		free(b);
	}
}

/* The sum of the pseudo-header alone: what a stack leaves for a device to finish. */
static unsigned int pseudo(const struct pkt *p)
{
	return ~pkt_fold(pkt_sum(0, p->b + 8, 32) + (uint32_t)p->len - 40 + p->b[6]) & 0xffff;
}

static void finishes(void **state)
{
	(void)state;
	for (unsigned int next = 6; next <= 17; next += 11) {
		for (size_t n = 20; n < 1400; n += 137) {
			size_t at = next == 6 ? 56 : 46;
			struct pkt p, want;

			memset(&p, 0, sizeof(p));
			pkt_ip6(&p, A, B, next, 64, n, at - 40);
			want = p;
			finish_csum(p.b, p.len);
			assert_memory_equal(p.b, want.b, p.len);
			pkt_put16(p.b + at, pseudo(&p));
			finish_csum(p.b, p.len);
			assert_memory_equal(p.b, want.b, p.len);
			p.b[at] ^= 0x40; /* damaged on its way, not unfinished */
			want = p;
			finish_csum(p.b, p.len);
			assert_memory_equal(p.b, want.b, p.len);
		}
	}
}

/* A good checksum that looks unfinished stays; headers that are not all there are left alone. */
static void finishes_no_more(void **state)
{
	struct pkt p, want;

	(void)state;
	memset(&p, 0, sizeof(p));
	pkt_ip6(&p, A, B, 6, 64, 100, 16);
	pkt_put16(p.b + 56, 0);
	pkt_put16(p.b + 60, 0);
	/* The rest is made to sum up so that the right checksum is the pseudo-header's sum. */
	pkt_put16(p.b + 56, pseudo(&p));
	pkt_put16(p.b + 60, pkt_csum6(p.b + 8, 6, p.b + 40, 100));
	assert_int_equal(pkt_csum6(p.b + 8, 6, p.b + 40, 100), 0);
	want = p;
	finish_csum(p.b, p.len);
	assert_memory_equal(p.b, want.b, p.len);
	for (size_t n = 0; n < 24; n++) {
		uint8_t *b = malloc(40 + n);

		pkt_ip6(&p, A, B, n & 1 ? 6 : 17, 64, n, SIZE_MAX - 2);
		memcpy(b, p.b, 40 + n);
		finish_csum(b, 40 + n);
		free(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lowers), cmocka_unit_test(survives),
					    cmocka_unit_test(finishes), cmocka_unit_test(finishes_no_more) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
