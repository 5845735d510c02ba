// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ICMPv4 errors about tunnel datagrams (core/icmp4.h), on a router; what they do to a peer's paths is in
 * test_neigh.c. Each error quotes a datagram that was made byte by byte.
 */
#include "core.h"
#include "core/icmp4.h"

static struct core core;

static int set_up(void **state)
{
	(void)state;
	return core_router(&core, 1472);
}

static int tear_down(void **state)
{
	(void)state;
	core_end(&core);
	return 0;
}

/* The datagram in which @inner goes to PEER4, in an error of which @quote bytes of datagram are kept. */
static void error_about(struct pkt *p, const struct pkt *inner, unsigned int type, unsigned int code,
			unsigned int mtu, size_t quote)
{
	*p = *inner;
	pkt_outer(p, ROUTER4, PORT, PEER4, PPORT, 0, CSUM_FULL);
	if (p->len > quote)
		p->len = quote;
	pkt_push(p, 8);
	p->b[0] = (uint8_t)type;
	p->b[1] = (uint8_t)code;
	pkt_put16(p->b + 6, mtu);
}

static void seal(struct pkt *p)
{
	pkt_put16(p->b + 2, 0);
	pkt_put16(p->b + 2, pkt_fold(pkt_sum(0, p->b, p->len)));
}

static void give(struct pkt *p)
{
	__u64 before = core_sum(&core);

	seal(p);
	core_keep(&core, p);
	tunnel_rx_icmp4(&core.t, core.now, core.packet, p->len, &core.a);
	core_finish(&core, before);
}

static void expect_counted(enum bed4_outcome o)
{
	if (core_count(&core, BED4_HOOK_ICMP, o) != 1)
		fail_msg("not counted as %s", outcome_name(o));
}

/* What each error becomes, and for whom. */
static void tells_the_inner_source(void **state)
{
	static const struct {
		unsigned int type, code, mtu, type6, code6, mtu6;
		bool relayed;
		size_t payload, quote;
	} cases[] = {
		{ 3, 0, 0, 1, 3, 0, false, 100, 1000 }, { 3, 1, 0, 1, 3, 0, false, 100, 68 },
		{ 3, 3, 0, 1, 3, 0, true, 100, 1000 },	{ 3, 13, 0, 1, 3, 0, true, 1200, 548 },
		{ 11, 0, 0, 1, 3, 0, false, 100, 100 }, { 12, 0, 0, 1, 3, 0, false, 100, 1000 },
		{ 3, 4, 1400, 2, 0, 1372, false, 1300, 1000 }, { 3, 4, 1400, 2, 0, 1372, true, 1300, 1000 },
		{ 3, 4, 0, 2, 0, 1280, false, 1300, 1000 },    { 3, 4, 576, 2, 0, 1280, false, 1300, 1000 },
		{ 3, 4, 1308, 2, 0, 1280, false, 1300, 1000 }, { 3, 4, 1309, 2, 0, 1281, false, 1300, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct action *act;
		struct pkt p, inner;

		set_up(NULL);
		pkt_udp6(&inner, cases[i].relayed ? FAR6 : HOST6, PEER6, 63, cases[i].payload);
		error_about(&p, &inner, cases[i].type, cases[i].code, cases[i].mtu, cases[i].quote);
		give(&p);
		act = core_did(&core, cases[i].relayed ? ACTION_UDP : ACTION_TUN);
		assert_null(core_did(&core, cases[i].relayed ? ACTION_TUN : ACTION_UDP));
		if (inner.len > cases[i].quote - 28)
			inner.len = cases[i].quote - 28; /* no more than was quoted can be */
		expect_error(act, (int)cases[i].type6, (int)cases[i].code6, cases[i].mtu6, &inner);
		if (cases[i].relayed)
			assert_ep(act->to, ep(FAR4, PPORT));
		expect_counted(cases[i].type6 == 2 ? BED4_ICMP_BIG : BED4_ICMP_UNREACH);
	}
}

/* Changes that make it somebody else's, a guess, or too little: nobody is told. */
static void believes_nothing_else(void **state)
{
	enum { ICMP = 0, IP = 8, UDP = 28, IP6 = 36 };
	static const struct { size_t at; int value; enum bed4_outcome o; } cases[] = {
		{ ICMP, 5, BED4_OTHER }, /* a redirect */
		{ ICMP, 8, BED4_OTHER },
		{ IP, 0x46, BED4_OTHER },
		{ IP + 7, 1, BED4_OTHER }, /* a later fragment */
		{ IP + 9, 6, BED4_OTHER },
		{ IP + 15, 2, BED4_OTHER }, /* another source */
		{ UDP + 1, 0, BED4_OTHER }, /* another source port */
		{ IP + 19, 9, BED4_ICMP4_FOREIGN }, /* not where the inner destination is */
		{ UDP + 3, 2, BED4_ICMP4_FOREIGN },
		{ IP6, 0x40, BED4_ICMP4_FOREIGN },
		{ IP6 + 8, 0xff, BED4_ICMP4_FOREIGN }, /* inner source: multicast */
		{ IP6 + 24, 0x21, BED4_ICMP4_FOREIGN }, /* inner destination: not of the prefix */
		{ IP6 + 39, 0x77, BED4_ICMP4_FOREIGN },
	};
	struct pkt p, inner;

	(void)state;
	pkt_udp6(&inner, HOST6, PEER6, 63, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		set_up(NULL);
		error_about(&p, &inner, 3, 1, 0, 1000);
		p.b[cases[i].at] = (uint8_t)cases[i].value;
		give(&p);
		assert_int_equal(core.a.count, 0);
		expect_counted(cases[i].o);
	}
	for (size_t n = 0; n < 8 + 28 + 40; n++) {
		set_up(NULL);
		error_about(&p, &inner, 3, 1, 0, 1000);
		p.len = n;
		if (n < 4)
			memset(p.b, 3, 4);
		give(&p);
		assert_int_equal(core.a.count, 0);
		expect_counted(n < 8 + 28 ? BED4_OTHER : BED4_ICMP4_SHORT);
	}
}

static void needs_a_right_checksum(void **state)
{
	struct pkt p, inner;

	(void)state;
	pkt_udp6(&inner, HOST6, PEER6, 63, 100);
	error_about(&p, &inner, 3, 1, 0, 1000);
	seal(&p);
	p.b[3] ^= 1;
	core_keep(&core, &p);
	tunnel_rx_icmp4(&core.t, core.now, core.packet, p.len, &core.a);
	assert_int_equal(core.a.count, 0);
	expect_counted(BED4_ICMP4_FOREIGN);
}

/* RFC 4884: what stands behind the datagram is not quoted on. */
static void stops_before_extensions(void **state)
{
	const struct action *act;
	struct pkt p, inner;

	(void)state;
	pkt_udp6(&inner, HOST6, PEER6, 63, 1000);
	error_about(&p, &inner, 3, 1, 0, 128);
	p.b[5] = 128 / 4;
	memset(p.b + p.len, 0x20, 12);
	p.len += 12;
	give(&p);
	act = core_did(&core, ACTION_TUN);
	assert_non_null(act);
	assert_int_equal(act->len, 48 + 128 - 28);
}

/* Neither about errors, nor without end. */
static void keeps_the_peace(void **state)
{
	struct pkt p, inner;
	unsigned int told = 0;

	(void)state;
	pkt_ip6(&inner, HOST6, PEER6, 58, 63, 60, 2);
	inner.b[40] = 1;
	error_about(&p, &inner, 3, 1, 0, 1000);
	give(&p);
	assert_int_equal(core.a.count, 0);
	for (int i = 0; i < 100; i++) {
		pkt_udp6(&inner, HOST6, PEER6, 63, 100);
		error_about(&p, &inner, 3, 1, 0, 1000);
		give(&p);
		told += core.a.count;
	}
	assert_int_equal(told, 10);
	assert_int_equal(core_count(&core, BED4_HOOK_ICMP, BED4_LIMITED), 90);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tells_the_inner_source, set_up),
		cmocka_unit_test_setup(believes_nothing_else, set_up),
		cmocka_unit_test_setup(needs_a_right_checksum, set_up),
		cmocka_unit_test_setup(stops_before_extensions, set_up),
		cmocka_unit_test_setup(keeps_the_peace, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
