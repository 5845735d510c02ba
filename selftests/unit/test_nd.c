// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Neighbour Discovery messages, ICMPv6 errors and rate limits: core/nd.h, icmp6.h, limit.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "6bed4/admit.h"
#include "core/icmp6.h"
#include "core/limit.h"
#include "core/nd.h"
#include "core/outcome.h"
#include "../prog/cases.h"

#define SEC 1000000000ull

static struct bed4_in6 in6(const char *text)
{
	struct bed4_in6 a;

	inet_pton(AF_INET6, text, &a);
	return a;
}

/* The constant that every deployed peer sends (PROTOCOL section 11). */
static void rs_is_the_constant(void **state)
{
	static const uint8_t want[56] = { 0x60, 0, 0, 0, 0, 0x10, 0x3a, 0xff,
		[24] = 0xff, 0x02, [39] = 0x02,
		[40] = 0x85, 0x00, 0x7a, 0xae, 0, 0, 0, 0, 0x01, 0x01, 0, 0, 0, 0, 0, 0x01 };
	struct nd_msg m;
	uint8_t p[64];

	(void)state;
	assert_int_equal(nd_build_rs(p), 56);
	assert_memory_equal(p, want, 56);
	assert_int_equal(nd_parse(p, 56, &m), 0);
	assert_int_equal(m.type, BED4_ND_RS);
}

static void ra_byte_for_byte(void **state)
{
	static const uint8_t want[48] = { 134, 0, 0, 0, 0, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 3, 4, 64, 0xc0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0, 0, 0, 0, 0x20, 0x01, 0x06, 0x7c, 0x12, 0x7c };
	struct bed4_in6 dst = in6("fe80::52c3:91ff:fe88:7"), prefix = in6(OWN6), router = in6("fe80::");
	struct nd_msg m;
	uint8_t p[96];
	unsigned int sum;

	(void)state;
	assert_int_equal(nd_build_ra(p, &dst, &prefix), 88);
	sum = pkt_get16(p + 42);
	pkt_put16(p + 42, 0);
	assert_memory_equal(p + 40, want, 48);
	assert_int_equal(pkt_csum6(p + 8, 58, p + 40, 48), sum);
	pkt_put16(p + 42, sum);
	assert_memory_equal(p + 8, &router, 16);
	assert_memory_equal(p + 24, &dst, 16);
	assert_int_equal(p[7], 255);
	assert_int_equal(nd_parse(p, 88, &m), 0);
	assert_true(m.has_prefix);
	assert_memory_equal(&m.prefix, in6("2001:67c:127c::").b, 16);
}

static void na_and_ns_are_72_bytes(void **state)
{
	struct bed4_in6 src = in6(PEER6), dst = in6(FAR6);
	struct bed4_ep self = bed4_ep(htonl(0x91880007), htons(PPORT));
	static const uint8_t ll[8] = { 2, 1, 0x50, 0xc3, 0x91, 0x88, 0, 7 };
	struct nd_msg m;
	uint8_t p[96];

	(void)state;
	assert_int_equal(nd_build_na(p, &src, &dst, &src, self, 0xc0), 72);
	assert_int_equal(nd_parse(p, 72, &m), 0);
	assert_int_equal(m.type, BED4_ND_NA);
	assert_int_equal(m.flags, 0xc0);
	assert_memory_equal(&m.target, &src, 16);
	assert_memory_equal(p + 64, ll, 8);
	assert_int_equal(nd_build_ns(p, &src, &dst, self), 72);
	assert_int_equal(nd_parse(p, 72, &m), 0);
	assert_memory_equal(&m.target, &dst, 16);
	assert_int_equal(p[64], 1);
}

/* Each single-field change makes a good message bad. */
static void parse_refuses(void **state)
{
	static const struct { const char *what; size_t at; uint8_t value; bool sum; } bad[] = {
		{ "hop limit", 7, 254, false },	{ "code", 41, 1, true },
		{ "checksum", 43, 0xee, false }, { "option length 0", 65, 0, true },
		{ "option overruns", 65, 2, true }, { "multicast target", 48, 0xff, true },
		{ "type", 40, 132, true }, { "next header", 6, 59, false },
	};
	struct bed4_in6 src = in6(PEER6), dst = in6(FAR6);
	struct nd_msg m;
	uint8_t p[96];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		nd_build_ns(p, &src, &dst, bed4_ep(1, 2));
		assert_int_equal(nd_parse(p, 72, &m), 0);
		p[bad[i].at] = bad[i].value;
		if (bad[i].sum) {
			pkt_put16(p + 42, 0);
			pkt_put16(p + 42, pkt_csum6(p + 8, 58, p + 40, 32));
		}
		if (!nd_parse(p, 72, &m))
			fail_msg("%s", bad[i].what);
	}
	nd_build_ns(p, &src, &dst, bed4_ep(1, 2));
	for (size_t n = 0; n < 72; n++)
		assert_int_equal(nd_parse(p, n, &m), -EINVAL);
}

static void prefix_option_must_fit(void **state)
{
	struct bed4_in6 dst = in6("fe80::52c3:91ff:fe88:7"), prefix = in6(OWN6);
	static const struct { size_t at; uint8_t value; } bad[] = { { 58, 48 }, { 59, 0x80 }, { 59, 0x40 } };
	struct nd_msg m;
	uint8_t p[96];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		nd_build_ra(p, &dst, &prefix);
		p[bad[i].at] = bad[i].value;
		pkt_put16(p + 42, 0);
		pkt_put16(p + 42, pkt_csum6(p + 8, 58, p + 40, 48));
		assert_int_equal(nd_parse(p, 88, &m), 0);
		assert_false(m.has_prefix);
	}
}

static void error_quotes_up_to_1280(void **state)
{
	struct bed4_in6 src = in6(OWN6), host = in6(HOST6);
	static uint8_t p[1400];
	struct pkt about;
	size_t n;

	(void)state;
	for (size_t payload = 0; payload < 1300; payload += 61) {
		pkt_udp6(&about, HOST6, PEER6, 64, payload);
		n = icmp6_build(p, BED4_ICMP6_TOO_BIG, 0, 1280, &src, about.b, about.len);
		assert_int_equal(n, about.len + 48 > 1280 ? 1280 : about.len + 48);
		assert_int_equal(p[40], 2);
		assert_int_equal(pkt_get16(p + 46), 1280);
		assert_memory_equal(p + 8, &src, 16);
		assert_memory_equal(p + 24, &host, 16);
		assert_memory_equal(p + 48, about.b, n - 48);
		assert_int_equal(pkt_csum6(p + 8, 58, p + 40, n - 40), 0);
	}
}

/* RFC 4443 section 2.4 (e). */
static void no_errors_about(void **state)
{
	struct pkt p;

	(void)state;
	pkt_udp6(&p, HOST6, PEER6, 64, 10);
	assert_true(icmp6_may_answer(p.b, p.len));
	pkt_ip6(&p, HOST6, PEER6, 58, 64, 40, 2);
	p.b[40] = 128;
	assert_true(icmp6_may_answer(p.b, p.len));
	for (unsigned int type = 0; type < 128; type += 3) {
		p.b[40] = (uint8_t)type;
		assert_false(icmp6_may_answer(p.b, p.len));
	}
	p.b[40] = 137;
	assert_false(icmp6_may_answer(p.b, p.len));
	pkt_ip6(&p, HOST6, PEER6, 60, 64, 48, 100);
	memset(p.b + 40, 0, 48);
	p.b[40] = 58;
	p.b[48] = 3;
	assert_false(icmp6_may_answer(p.b, p.len));
	p.b[48] = 128;
	assert_true(icmp6_may_answer(p.b, p.len));
	pkt_udp6(&p, HOST6, "ff02::1", 64, 10);
	assert_false(icmp6_may_answer(p.b, p.len));
	pkt_udp6(&p, "::", PEER6, 64, 10);
	assert_false(icmp6_may_answer(p.b, p.len));
	pkt_udp6(&p, "ff02::1", PEER6, 64, 10);
	assert_false(icmp6_may_answer(p.b, p.len));
	assert_false(icmp6_may_answer(p.b, 39));
}

static __u64 collisions;

static struct limit *new_limit(void)
{
	struct limit *l = malloc(sizeof(*l));

	assert_non_null(l);
	collisions = 0;
	limit_init(l, 99, &collisions);
	return l;
}

static unsigned int allowed(struct limit *l, uint64_t now, struct bed4_ep who, unsigned int tries)
{
	unsigned int n = 0;

	while (tries--)
		n += limit_allow(l, now, who, 1, 1);
	return n;
}

/* As many endpoints of one address. */
static unsigned int allowed_site(struct limit *l, uint64_t now, unsigned int tries, uint32_t cost)
{
	unsigned int n = 0;

	while (tries--)
		n += limit_allow(l, now, bed4_ep(htonl(0x01020304), htons(tries * 2)), cost, 1);
	return n;
}

static void limits_hold(void **state)
{
	struct limit *l = new_limit();
	struct bed4_ep a = bed4_ep(htonl(0x01020304), htons(1000));
	unsigned int i, n = 0;

	(void)state;
	assert_int_equal(allowed(l, SEC, a, 100), 10); /* the burst */
	assert_int_equal(allowed(l, 2 * SEC, a, 100), 5); /* and then five a second */
	assert_int_equal(allowed(l, 2 * SEC + SEC / 5, a, 100), 1);
	assert_int_equal(allowed(l, 2 * SEC + SEC / 5 + SEC / 10, a, 100), 0);
	assert_int_equal(allowed(l, 60 * SEC, a, 100), 10);
	free(l);
	l = new_limit();
	assert_int_equal(allowed_site(l, SEC, 1000, 1), 50);
	for (i = n = 0; i < 1000; i++)
		n += allowed_site(l, SEC + i * SEC / 1000, 10, 1);
	assert_in_range(n, 99, 100);
	free(l);
	l = new_limit();
	for (i = n = 0; i < 100000; i++) /* random addresses within one second */
		n += limit_allow(l, SEC + i * 10000ull, bed4_ep((uint32_t)i * 2654435761u, a.port), 1, 1);
	assert_in_range(n, 5400, 5500);
	free(l);
}

/* An answer that is large and larger than its cause takes two of an address's tokens, and no more of others. */
static void large_answers_cost_twice(void **state)
{
	static const struct { uint32_t answer, cause, cost; } cases[] = {
		{ 88, 56, 1 }, { 132, 84, 1 }, { 133, 85, 2 }, { 180, 132, 2 }, { 180, 180, 1 }, { 1280, 1300, 1 },
	};
	struct bed4_ep a = bed4_ep(htonl(0x01020304), htons(1000));
	struct limit *l = new_limit();
	unsigned int i, n = 0;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(bed4_answer_cost(cases[i].answer, cases[i].cause), cases[i].cost);
	assert_int_equal(bed4_error_cost(84), 1);
	assert_int_equal(bed4_error_cost(85), 2);
	assert_int_equal(bed4_error_cost(1279), 2);
	assert_int_equal(bed4_error_cost(1280), 1);
	assert_int_equal(allowed_site(l, SEC, 1000, 2), 25);
	assert_int_equal(allowed_site(l, SEC, 1000, 1), 0);
	for (i = 0; i < 20; i++)
		n += limit_allow(l, 9 * SEC, a, 2, 1);
	assert_int_equal(n, 10);
	free(l);
}

/*
 * 20,000 datagrams of 160 bytes a second from up to 16 addresses, the burst within: answers of @answer
 * bytes of IPv6 that cost @cost are at most a tenth of the bytes, in the first second and in any other.
 */
static void floods_draw_a_tenth(void **state)
{
	static const struct { uint32_t answer, cost; } cases[] = {
		{ 88, 1 }, { 72, 1 }, { 132 + 48, 2 }, { BED4_NS_DRAWS * (72 + 28) - 28, BED4_NS_DRAWS },
	};

	(void)state;
	for (unsigned int k = 0; k < 3 * 4; k++) {
		unsigned int sources = 1u << k / 4 * 2, second, i;
		struct limit *l = new_limit();

		for (second = 0; second < 3; second++) {
			uint64_t bytes = 0;

			for (i = 0; i < 20000; i++) {
				struct bed4_ep who = bed4_ep(htonl(0x14000000 + i % sources), htons(i / 16 * 2));

				if (limit_allow(l, second * SEC + i * 50000ull, who, cases[k % 4].cost, 1))
					bytes += cases[k % 4].answer + 28;
			}
			assert_in_range(bytes, 1, 20000 * 160 / 10);
		}
		free(l);
	}
}

/* A bucket that changes hands is full, and that is counted when the other was not. */
static void takes_over_and_counts(void **state)
{
	struct bed4_bucket b = { 0 };
	const struct bed4_rate rate = BED4_RATE_ONE;
	__u64 n = 0;

	(void)state;
	assert_true(bed4_slot_take(&b, 7, rate, 10, SEC, &n));
	assert_false(bed4_slot_take(&b, 7, rate, 1, SEC, &n));
	assert_int_equal(n, 0);
	assert_true(bed4_slot_take(&b, 9, rate, 1, SEC, &n));
	assert_int_equal(n, 1);
	assert_true(bed4_slot_take(&b, 7, rate, 10, 9 * SEC, &n));
	assert_int_equal(n, 1); /* it had been full again */
	assert_int_equal(b.key, 7);
}

/* Whose slots collide depends on the seed, and all of them are used. */
static void slots_depend_on_the_seed(void **state)
{
	static unsigned int used[BED4_LIMIT_SLOTS];
	unsigned int same = 0, most = 0;

	(void)state;
	for (uint64_t i = 0; i < 16 * BED4_LIMIT_SLOTS; i++) {
		uint64_t key = bed4_charge_question(bed4_ep((uint32_t)i, htons(1000)), 1, 1).one;
		unsigned int slot = bed4_limit_slot(key, 0x123456789abcdefull);

		assert_true(slot < BED4_LIMIT_SLOTS);
		same += slot == bed4_limit_slot(key, 0xfedcba9876543210ull);
		most = ++used[slot] > most ? used[slot] : most;
	}
	assert_true(same < 64);
	assert_true(most < 64);
}

/* Time that goes backwards, or far forward, neither blocks nor opens a bucket beyond its burst. */
static void limits_survive_clocks(void **state)
{
	struct bed4_ep a = bed4_ep(htonl(0x01020304), htons(1000));
	struct limit *l = new_limit();

	(void)state;
	assert_int_equal(allowed(l, 100 * SEC, a, 50), 10);
	assert_in_range(allowed(l, 50 * SEC, a, 50), 0, 10);
	assert_int_equal(allowed(l, 1ull << 62, a, 50), 10);
	free(l);
	l = new_limit();
	assert_int_equal(allowed_site(l, SEC, 500, 1), 50); /* by a CPU whose tick has come */
	assert_int_equal(allowed_site(l, SEC - SEC / 100, 500, 1), 0); /* and by one whose has not */
	free(l);
}

/* --- what is charged ------------------------------------------------------------------------------ */

static struct bed4_neigh entry; /* of FAR6, when its state is set */

static const struct bed4_neigh *far_alone(const void *arg, const struct bed4_in6 *addr)
{
	struct bed4_in6 far = in6(FAR6);

	(void)arg;
	return entry.state && bed4_in6_eq(addr, &far) ? &entry : NULL;
}

struct nd_case {
	const char *what;
	enum bed4_role role;
	uint8_t type;
	const char *src, *from; /* inner and outer source; the port is PPORT, the server's PORT */
	uint8_t neigh; /* state of the entry of FAR6 */
	enum bed4_outcome outcome;
	enum bed4_charge_kind kind; /* 0: none */
};

static void nd_costs(const struct nd_case *n)
{
	struct bed4_self self = fixture_self;
	struct bed4_verdict v;
	struct bed4_charge c;
	struct bed4_dgram dg;
	struct in_addr from;
	struct pkt p;

	entry = (struct bed4_neigh){ .state = n->neigh };
	self.role = n->role;
	self.server = bed4_ep(htonl(0x83010204), htons(PORT)); /* FAR4 */
	inet_pton(AF_INET, n->from, &from);
	pkt_ip6(&p, n->src, OWN6, 58, 255, 40, 2);
	p.b[40] = n->type;
	dg = (struct bed4_dgram){ .src = bed4_ep(from.s_addr, htons(n->type == 134 ? PORT : PPORT)),
				  .len = (uint32_t)p.len, .payload = { p.b, p.b + p.len } };
	v = (struct bed4_verdict){ .ip6 = (void *)p.b, .len = (uint32_t)p.len };
	if (bed4_admit_in(&self, &dg, &v, BED4_SLOW_ND, far_alone, NULL, &c) != n->outcome)
		fail_msg("%s: another outcome", n->what);
	if ((c.one & 0xffff) != (__u64)n->kind || (c.site != 0) != (n->kind == BED4_CHARGE_QUESTION))
		fail_msg("%s: charged %llx, %llx", n->what, c.one, c.site);
}

/* What lets answers to a peer's own questions in is no matter of questions, and nobody else gets it. */
static void charges_nd_by_what_it_is(void **state)
{
	static const struct nd_case cases[] = {
		{ "router, RS", 0, 133, "::", PEER4, 0, BED4_SLOW_ND, BED4_CHARGE_QUESTION },
		{ "router, NS", 0, 135, PEER6, PEER4, 0, BED4_SLOW_ND, BED4_CHARGE_QUESTION },
		{ "router, RA", 0, 134, "fe80::", PEER4, 0, BED4_ND_UNWANTED, 0 },
		{ "router, NA", 0, 136, FAR6, FAR4, 3, BED4_ND_UNWANTED, 0 },
		{ "router, Redirect", 0, 137, PEER6, PEER4, 0, BED4_ND_UNWANTED, 0 },
		{ "peer, RS", 1, 133, "::", PEER4, 0, BED4_ND_UNWANTED, 0 },
		{ "peer, NS", 1, 135, PEER6, PEER4, 0, BED4_SLOW_ND, BED4_CHARGE_QUESTION },
		{ "peer, Redirect", 1, 137, PEER6, PEER4, 0, BED4_SLOW_ND, BED4_CHARGE_QUESTION },
		{ "peer, RA of its router", 1, 134, "fe80::", FAR4, 0, BED4_SLOW_ND, BED4_CHARGE_REPLY },
		{ "peer, RA of another", 1, 134, "fe80::", PEER4, 0, BED4_ND_UNWANTED, 0 },
		{ "peer, NA of a stranger", 1, 136, FAR6, FAR4, 0, BED4_ND_UNWANTED, 0 },
		{ "peer, NA of a neighbour", 1, 136, FAR6, FAR4, BED4_NEIGH_INCOMPLETE, BED4_SLOW_ND,
		  BED4_CHARGE_REPLY },
		{ "peer, NA in its name", 1, 136, FAR6, PEER4, BED4_NEIGH_INCOMPLETE, BED4_ND_UNWANTED, 0 },
		{ "peer, NA that the operator made needless", 1, 136, FAR6, FAR4, BED4_NEIGH_PERMANENT,
		  BED4_ND_UNWANTED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		nd_costs(&cases[i]);
}

/* A LAN neighbour answers from its private address: one behind our own public one. */
static void lets_the_lan_answer(void **state)
{
	static const struct { const char *src, *from; enum bed4_outcome outcome; } cases[] = {
		{ FAR6, "192.168.7.3", BED4_SLOW_ND }, { FAR6, FAR4, BED4_SLOW_ND },
		{ DARK6, "192.168.7.3", BED4_ND_UNWANTED },
	};
	struct bed4_self self = fixture_self;
	struct bed4_charge c;
	struct bed4_in6 src;
	struct in_addr from;
	struct bed4_dgram dg;

	(void)state;
	self.role = BED4_ROLE_PEER;
	self.public = bed4_ep(htonl(0x83010204), htons(40000)); /* FAR4, which FAR6 shares */
	entry = (struct bed4_neigh){ .state = BED4_NEIGH_STALE };
	for (size_t i = 0; i < 3; i++) {
		c = (struct bed4_charge){ 0 };
		src = in6(cases[i].src);
		inet_pton(AF_INET, cases[i].from, &from);
		dg = (struct bed4_dgram){ .src = bed4_ep(from.s_addr, htons(PPORT)) };
		assert_int_equal(bed4_admit_nd(&self, &dg, &src, 136, far_alone, NULL, &c), cases[i].outcome);
		assert_int_equal(c.one != 0, cases[i].outcome == BED4_SLOW_ND);
	}
}

static void outcomes_have_names(void **state)
{
	(void)state;
	for (int o = 1; o < BED4_OUTCOME_COUNT; o++) {
		assert_string_not_equal(outcome_name(o), "?");
		for (int k = 1; k < o; k++)
			assert_string_not_equal(outcome_name(o), outcome_name(k));
		/* BPF takes everything from KEEPALIVE on for a drop. */
		assert_int_equal(outcome_kind(o) == BED4_KIND_DROP, o >= BED4_KEEPALIVE);
	}
	assert_string_equal(outcome_name(0), "?");
	assert_string_equal(outcome_name(BED4_OUTCOME_COUNT), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rs_is_the_constant),	  cmocka_unit_test(ra_byte_for_byte),
		cmocka_unit_test(na_and_ns_are_72_bytes), cmocka_unit_test(parse_refuses),
		cmocka_unit_test(prefix_option_must_fit), cmocka_unit_test(error_quotes_up_to_1280),
		cmocka_unit_test(no_errors_about),	  cmocka_unit_test(limits_hold),
		cmocka_unit_test(limits_survive_clocks),  cmocka_unit_test(outcomes_have_names),
		cmocka_unit_test(large_answers_cost_twice), cmocka_unit_test(floods_draw_a_tenth),
		cmocka_unit_test(takes_over_and_counts),  cmocka_unit_test(slots_depend_on_the_seed),
		cmocka_unit_test(charges_nd_by_what_it_is), cmocka_unit_test(lets_the_lan_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
