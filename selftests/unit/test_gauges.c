// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Samples of the counters and what follows from them (user/gauges.h): which outcomes count where, rates
 * over the last interval, and that an old sample, or one of other counters, gives none.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gauges.h"

#define SEC 1000000000ull

static gauges_counts counts;

static void count(enum bed4_hook hook, enum bed4_outcome o, __u64 packets, __u64 bytes)
{
	counts[hook][o].packets += packets;
	counts[hook][o].bytes += bytes;
}

static void assert_count(const struct bed4_count *c, __u64 packets, __u64 bytes)
{
	assert_int_equal(c->packets, packets);
	assert_int_equal(c->bytes, bytes);
}

static void sums_by_direction_and_path(void **state)
{
	struct bed4_sample s;

	(void)state;
	memset(counts, 0, sizeof(counts));
	count(BED4_HOOK_XDP, BED4_IN_NATIVE, 1, 100);
	count(BED4_HOOK_UDP, BED4_IN_LOCAL, 2, 200);
	count(BED4_HOOK_TC_OUT, BED4_OUT, 4, 400);
	count(BED4_HOOK_TUN, BED4_OUT_ROUTER, 8, 800);
	count(BED4_HOOK_XDP, BED4_RELAY, 16, 1600);
	count(BED4_HOOK_UDP, BED4_RS_ANSWERED, 32, 0);
	count(BED4_HOOK_TC_IN, BED4_LIMITED, 64, 0);
	count(BED4_HOOK_UDP, BED4_MALFORMED, 128, 0);
	/* What ends nowhere, or is no traffic. */
	count(BED4_HOOK_XDP, BED4_OTHER, 1000, 0);
	count(BED4_HOOK_XDP, BED4_SLOW_ND, 1000, 0);
	count(BED4_HOOK_UDP, BED4_KEEPALIVE, 1000, 0);
	s = gauges_sum(counts, 77);
	assert_int_equal(s.at, 77);
	assert_count(&s.in, 3, 300);
	assert_count(&s.out, 12, 1200);
	assert_count(&s.relay, 16, 1600);
	assert_int_equal(s.fast, 1 + 4 + 16 + 64);
	assert_int_equal(s.slow, 2 + 8 + 32 + 128);
	assert_int_equal(gauges_share(s.fast, s.slow), 667);
}

static struct bed4_sample sample(__u64 at, __u64 packets)
{
	return (struct bed4_sample){ .at = at, .in = { packets, packets * 100 }, .fast = packets,
				     .slow = packets / 10 };
}

static void add(struct bed4_gauges *g, __u64 at, __u64 packets)
{
	struct bed4_sample s = sample(at, packets);

	gauges_add(g, &s);
	assert_int_equal(gauges_sane(g, "eth0", NULL), 0);
}

static void rates_of_the_last_interval(void **state)
{
	struct bed4_gauges g = {};
	struct gauges_rates r;
	unsigned int i;

	(void)state;
	assert_false(gauges_rates(&g, 100 * SEC, &r)); /* no sample */
	add(&g, 100 * SEC, 1000);
	assert_false(gauges_rates(&g, 101 * SEC, &r)); /* one */
	for (i = 1; i < 11; i++) { /* round the ring more than once */
		add(&g, (100 + 5 * i) * SEC, 1000 + 500 * i * i);
		assert_true(gauges_rates(&g, (100 + 5 * i) * SEC, &r));
		assert_true(gauges_rates(&g, (104 + 5 * i) * SEC, &r));
		assert_count(&r.in, 100 * (2 * i - 1), 8 * 100 * 100 * (2 * i - 1));
		assert_count(&r.out, 0, 0);
		assert_int_equal(r.fast, 500 * (2 * i - 1));
		assert_int_equal(r.slow, 50 * (2 * i - 1));
	}
}

static void old_samples_tell_nothing(void **state)
{
	struct bed4_gauges g = {};
	struct gauges_rates r;

	(void)state;
	add(&g, 100 * SEC, 1000);
	add(&g, 105 * SEC, 2000);
	assert_true(gauges_rates(&g, 120 * SEC, &r));
	assert_false(gauges_rates(&g, 120 * SEC + 1, &r)); /* the daemon is dead or stuck */
	assert_false(gauges_rates(&g, 104 * SEC, &r)); /* of another boot */
	add(&g, 3600 * SEC, 3000); /* the next daemon */
	assert_false(gauges_rates(&g, 3600 * SEC, &r));
	add(&g, 3605 * SEC, 3005);
	assert_true(gauges_rates(&g, 3605 * SEC, &r));
	assert_count(&r.in, 1, 800);
	add(&g, 3610 * SEC, 5); /* the counters began anew */
	assert_false(gauges_rates(&g, 3610 * SEC, &r));
	add(&g, 3615 * SEC, 15);
	assert_true(gauges_rates(&g, 3615 * SEC, &r));
	assert_count(&r.in, 2, 1600);
}

static void shares(void **state)
{
	(void)state;
	assert_int_equal(gauges_share(0, 0), 0);
	assert_int_equal(gauges_share(5, 0), 0);
	assert_int_equal(gauges_share(0, 5), 1000);
	assert_int_equal(gauges_share(999, 1), 1);
	assert_int_equal(gauges_share(UINT64_MAX, UINT64_MAX), 500);
}

static void buckets_in_use(void **state)
{
	static struct bed4_bucket row[BED4_LIMIT_ROWS];
	__u64 now = 1000 * SEC, collisions = 0;
	unsigned int i;

	(void)state;
	assert_int_equal(gauges_limit(row, now), 0);
	for (i = 0; i < 3; i++)
		assert_true(bed4_slot_take(&row[BED4_LIMIT_SITES + i], 1, BED4_RATE_SITE, 1, now, &collisions));
	for (i = 0; i < 4; i++)
		assert_true(bed4_slot_take(&row[BED4_LIMIT_ONES + BED4_LIMIT_SLOTS - 1 - i], 1, BED4_RATE_ONE, 1,
					   now, &collisions));
	assert_true(bed4_slot_take(&row[BED4_LIMIT_ALL], 0, BED4_RATE_ALL, 1, now, &collisions));
	assert_int_equal(gauges_limit(row, now), 7);
	assert_int_equal(gauges_limit(row, now + 50000000), 4); /* 100 tokens a second have come, 5 not */
	assert_int_equal(gauges_limit(row, now + SEC), 0);
}

#define REFUSE(change)                                                                             \
	do {                                                                                       \
		struct bed4_gauges g = {};                                                         \
		struct err e = {};                                                                 \
                                                                                                   \
		change;                                                                            \
		assert_int_equal(gauges_sane(&g, "eth0", &e), -EUCLEAN);                           \
		assert_non_null(strstr(e.text, "eth0"));                                           \
	} while (0)

static void refuses_what_nobody_wrote(void **state)
{
	(void)state;
	REFUSE(g.last = BED4_SAMPLES);
	REFUSE(g.neigh.path[BED4_PATH_LAN] = BED4_NEIGH_LIMIT + 1);
	REFUSE(g.neigh.state[BED4_NEIGH_STATES - 1] = ~0u);
	REFUSE(g.policy4 = BED4_POLICY4_MAX + 1);
	REFUSE(g.limit_bpf = GAUGES_LIMIT_MAX + 1);
	REFUSE(g.limit_daemon = GAUGES_LIMIT_MAX + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_by_direction_and_path), cmocka_unit_test(rates_of_the_last_interval),
		cmocka_unit_test(old_samples_tell_nothing),   cmocka_unit_test(shares),
		cmocka_unit_test(buckets_in_use),	      cmocka_unit_test(refuses_what_nobody_wrote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
