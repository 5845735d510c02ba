// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The router's slow path (core/router.h by way of core/tunnel.h): each row of the two tables of
 * PROTOCOL section 6, with what goes out byte for byte where the protocol fixes it.
 */
#include <errno.h>

#include "core.h"

#define ODD 50001

static struct core core;

static int set_up(void **state)
{
	(void)state;
	return core_router(&core, BED4_MTU);
}

static int tear_down(void **state)
{
	(void)state;
	core_end(&core);
	return 0;
}

static void assert_counted(enum bed4_hook hook, enum bed4_outcome o)
{
	if (core_count(&core, hook, o) != 1)
		fail_msg("not counted as %s", outcome_name(o));
}

static void refuses_contradictions(void **state)
{
	struct tunnel_config good = core.t.config, bad = good;
	struct tunnel t;

	(void)state;
	bad.listen.port = htons(25789);
	assert_int_equal(tunnel_init(&t, &bad, core.slow, &core.limit), -EINVAL);
	bad = good;
	bad.mtu = 1279;
	assert_int_equal(tunnel_init(&t, &bad, core.slow, &core.limit), -EINVAL);
	bad = good;
	bad.prefix.b[15] = 1;
	assert_int_equal(tunnel_init(&t, &bad, core.slow, &core.limit), -EINVAL);
	assert_memory_equal(&core.t.self.own, in6(OWN6).b, 16);
}

/* The RA as written down in PROTOCOL section 6, without any of the code under test. */
static void expect_ra(struct bed4_ep to, const char *dst)
{
	const struct action *act = core_did(&core, ACTION_UDP);
	uint8_t body[44] = { 0, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
			     3, 4, 64, 0xc0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct pkt want;

	assert_non_null(act);
	inet_pton(AF_INET6, "2001:67c:127c::", body + 28);
	nd_packet(&want, "fe80::", dst, 134, body, sizeof(body));
	assert_int_equal(act->len, want.len);
	assert_memory_equal(act->data, want.b, want.len);
	assert_ep(act->to, to);
	assert_int_equal(act->ttl, 64);
}

static void answers_rs_from_anyone(void **state)
{
	static const char *const sources[] = { "::", "fe80::1", PEER6, "2001:db8::1" };
	static const uint8_t bare[4], slla[12] = { [4] = 1, 1, [11] = 1 };
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(sources) / sizeof(*sources); i++) {
		set_up(NULL);
		if (i & 1)
			nd_packet(&p, sources[i / 2], "ff02::2", 133, slla, sizeof(slla));
		else
			nd_packet(&p, sources[i / 2], "ff02::2", 133, bare, sizeof(bare));
		core_udp(&core, ep(PEER4, PPORT), &p);
		expect_ra(ep(PEER4, PPORT), "fe80::52c3:91ff:fe88:7");
		assert_counted(BED4_HOOK_UDP, BED4_RS_ANSWERED);
		assert_non_null(core_did(&core, ACTION_SEEN));
	}
	set_up(NULL);
	core_udp(&core, ep(PEER4, ODD), &p);
	expect_ra(ep(PEER4, ODD), "fe80::53c3:91ff:fe88:7");
	assert_null(core_did(&core, ACTION_SEEN));
}

static void limits_answers_per_sender(void **state)
{
	static const uint8_t bare[4];
	struct pkt p;

	(void)state;
	nd_packet(&p, "::", "ff02::2", 133, bare, sizeof(bare));
	for (int i = 0; i < 30; i++)
		core_udp(&core, ep(PEER4, PPORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_RS_ANSWERED), 10);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_LIMITED), 20);
	core_udp(&core, ep(FAR4, PPORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_RS_ANSWERED), 11);
	core.now += SEC;
	for (int i = 0; i < 30; i++)
		core_udp(&core, ep(PEER4, PPORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_RS_ANSWERED), 16);
}

static void expect_na(const char *dst)
{
	const struct action *act = core_did(&core, ACTION_UDP);
	uint8_t body[28] = { 0xc0, [20] = 2, 1, 0xbc, 0x64, 0x91, 0x88, 0, 1 };
	struct pkt want;

	assert_non_null(act);
	inet_pton(AF_INET6, OWN6, body + 4);
	nd_packet(&want, "fe80::", dst, 136, body, sizeof(body));
	assert_int_equal(act->len, 72);
	assert_memory_equal(act->data, want.b, want.len);
	assert_ep(act->to, ep(PEER4, PPORT));
}

static void answers_ns_about_itself(void **state)
{
	static const char *const targets[] = { "fe80::", "fe80::be64:91ff:fe88:1", OWN6 };
	static const char *const sources[] = { PEER6, "fe80::52c3:91ff:fe88:7" };
	static const struct { const char *src, *target; } deaf[] = {
		{ PEER6, PEER6 }, { PEER6, FAR6 }, { FAR6, OWN6 }, { "fe80::1", OWN6 },
		{ "::", OWN6 }, { "2001:db8::1", "fe80::" },
	};
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		set_up(NULL);
		nd_neigh(&p, sources[i % 2], targets[i / 2], 135, 0, targets[i / 2], 1);
		core_udp(&core, ep(PEER4, PPORT), &p);
		expect_na(sources[i % 2]);
		assert_counted(BED4_HOOK_UDP, BED4_NS_ANSWERED);
	}
	for (size_t i = 0; i < sizeof(deaf) / sizeof(*deaf); i++) {
		set_up(NULL);
		nd_neigh(&p, deaf[i].src, deaf[i].target, 135, 0, deaf[i].target, 1);
		core_udp(&core, ep(PEER4, PPORT), &p);
		assert_null(core_did(&core, ACTION_UDP));
		assert_counted(BED4_HOOK_UDP, BED4_ND_UNWANTED);
	}
}

static void drops_other_nd(void **state)
{
	static const uint8_t ra[12];
	struct pkt p;

	(void)state;
	nd_neigh(&p, PEER6, OWN6, 136, 0xe0, PEER6, 2);
	core_udp(&core, ep(PEER4, PPORT), &p);
	nd_packet(&p, PEER6, OWN6, 134, ra, sizeof(ra));
	core_udp(&core, ep(PEER4, PPORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_ND_UNWANTED), 2);
	assert_int_equal(core.a.count, 0);
	nd_neigh(&p, PEER6, OWN6, 135, 0, OWN6, 1);
	p.b[7] = 254;
	core_udp(&core, ep(PEER4, PPORT), &p);
	assert_counted(BED4_HOOK_UDP, BED4_ND_INVALID);
}

/* Plain packets: destination, hop limit in; action, outcome, hop limit out. */
static void forwards_and_relays(void **state)
{
	static const struct {
		const char *dst;
		int hops;
		enum action_kind kind;
		enum bed4_outcome outcome;
		int hops_out;
	} cases[] = {
		{ HOST6, 64, ACTION_TUN, BED4_IN_NATIVE, 64 }, /* the kernel decrements */
		{ HOST6, 1, ACTION_TUN, BED4_IN_NATIVE, 1 }, /* and says time exceeded */
		{ OWN6, 1, ACTION_TUN, BED4_IN_LOCAL, 1 },
		{ FAR6, 64, ACTION_UDP, BED4_RELAY, 63 },
		{ FAR6, 2, ACTION_UDP, BED4_RELAY, 1 },
	};
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct action *act;

		set_up(NULL);
		pkt_udp6(&p, PEER6, cases[i].dst, cases[i].hops, 100);
		core_udp(&core, ep(PEER4, PPORT), &p);
		act = core_did(&core, cases[i].kind);
		assert_non_null(act);
		p.b[7] = cases[i].hops_out;
		assert_int_equal(act->len, p.len);
		assert_memory_equal(act->data, p.b, p.len);
		if (act->kind == ACTION_UDP)
			assert_ep(act->to, ep(FAR4, PPORT));
		assert_counted(BED4_HOOK_UDP, cases[i].outcome);
		act = core_did(&core, ACTION_SEEN);
		assert_non_null(act);
		assert_memory_equal(&act->in6, in6(PEER6).b, 16);
	}
}

static void refuses_by_icmp_to_peers(void **state)
{
	static const struct { const char *dst; int hops, type, code; enum bed4_outcome o; } cases[] = {
		{ "2001:67c:127c::1", 64, 1, 3, BED4_ICMP_UNREACH }, /* no identifier of ours */
		{ "2001:67c:127c:0:51c3:83ff:fe01:204", 64, 1, 3, BED4_ICMP_UNREACH }, /* odd */
		{ "2001:67c:127c:0:52c3:aff:fe00:1", 64, 1, 3, BED4_ICMP_UNREACH }, /* 10.0.0.1 */
		{ FAR6, 1, 3, 0, BED4_ICMP_HOPS },
		{ FAR6, 0, 3, 0, BED4_ICMP_HOPS },
	};
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct action *act;

		set_up(NULL);
		pkt_udp6(&p, PEER6, cases[i].dst, cases[i].hops, i ? 100 : 1300);
		core_udp(&core, ep(PEER4, PPORT), &p);
		act = core_did(&core, ACTION_UDP);
		expect_error(act, cases[i].type, cases[i].code, 0, &p);
		assert_ep(act->to, ep(PEER4, PPORT));
		assert_counted(BED4_HOOK_UDP, cases[i].o);
	}
	set_up(NULL); /* never an error about an error, but the packet still counts once */
	pkt_ip6(&p, PEER6, "2001:67c:127c::1", 58, 64, 60, 2);
	p.b[40] = 1;
	core_udp(&core, ep(PEER4, PPORT), &p);
	assert_int_equal(core.a.count, 0);
	assert_counted(BED4_HOOK_UDP, BED4_ICMP_UNREACH);
}

/* All 16 combinations of RFC 6040, to native and relayed. */
static void carries_ecn(void **state)
{
	(void)state;
	for (int i = 0; i < 32; i++) {
		int inner = i >> 2 & 3, outer = i & 3, ecn = ecn_table[inner][outer];
		bool relay = i >> 4;
		const struct action *act;
		struct pkt p;

		set_up(NULL);
		pkt_udp6(&p, PEER6, relay ? FAR6 : HOST6, 64, 100);
		set_tclass(p.b, 0x28 | (unsigned int)inner);
		core_keep(&core, &p);
		tunnel_rx_udp(&core.t, core.now, ep(PEER4, PPORT), (__u8)(0xb8 | outer), core.packet, p.len,
			      &core.a);
		core_finish(&core, 0);
		act = core_did(&core, relay ? ACTION_UDP : ACTION_TUN);
		if (ecn < 0) {
			assert_null(act);
			assert_counted(BED4_HOOK_UDP, BED4_ECN);
			continue;
		}
		assert_non_null(act);
		set_tclass(p.b, 0x28 | (unsigned int)ecn);
		assert_int_equal(act->data[0], p.b[0]);
		assert_int_equal(act->data[1], p.b[1]);
		if (relay)
			assert_int_equal(act->tos, 0x28 | ecn);
	}
}

static void tells_who_has_moved(void **state)
{
	struct pkt p;

	(void)state;
	pkt_udp6(&p, FAR6, HOST6, 64, 100);
	core_udp(&core, ep(PEER4, PPORT), &p);
	expect_ra(ep(PEER4, PPORT), "fe80::52c3:91ff:fe88:7");
	assert_counted(BED4_HOOK_UDP, BED4_RA_MISMATCH);
	assert_null(core_did(&core, ACTION_TUN));
	assert_null(core_did(&core, ACTION_SEEN));
}

static void drops_what_is_not_plain(void **state)
{
	static const struct { const char *src, *dst; enum bed4_outcome o; } cases[] = {
		{ "2001:db8::1", HOST6, BED4_SRC_FOREIGN }, { "::", HOST6, BED4_SRC_NEVER },
		{ "ff02::1", HOST6, BED4_SRC_NEVER },	    { "fe80::1", HOST6, BED4_SRC_NEVER },
		{ PEER6, "ff0e::1", BED4_MULTICAST },	    { PEER6, "fe80::1", BED4_DST_NEVER },
		{ PEER6, "::1", BED4_DST_NEVER },	    { PEER6, "::1.2.3.4", BED4_DST_NEVER },
	};
	struct pkt p = { 0 };

	(void)state;
	core_udp(&core, ep(PEER4, PPORT), &p);
	assert_counted(BED4_HOOK_UDP, BED4_KEEPALIVE);
	p.len = 39;
	p.b[0] = 0x60;
	core_udp(&core, ep(PEER4, PPORT), &p);
	assert_counted(BED4_HOOK_UDP, BED4_MALFORMED);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		set_up(NULL);
		pkt_udp6(&p, cases[i].src, cases[i].dst, 64, 100);
		core_udp(&core, ep(PEER4, PPORT), &p);
		assert_int_equal(core.a.count, 0);
		assert_counted(BED4_HOOK_UDP, cases[i].o);
	}
}

static void cuts_trailing_bytes(void **state)
{
	const struct action *act;
	struct pkt p;

	(void)state;
	pkt_udp6(&p, PEER6, HOST6, 64, 100);
	memset(p.b + p.len, 0xaa, 20);
	p.len += 20;
	core_udp(&core, ep(PEER4, PPORT), &p);
	act = core_did(&core, ACTION_TUN);
	assert_non_null(act);
	assert_int_equal(act->len, p.len - 20);
}

static void from_native(void **state)
{
	static const struct { const char *src, *dst; enum bed4_outcome o; } drops[] = {
		{ PEER6, FAR6, BED4_SRC_SPOOFED }, /* RFC 6324 */
		{ HOST6, "ff02::1", BED4_MULTICAST },
		{ HOST6, "2001:db8:9::1", BED4_DST_FOREIGN },
		{ "fe80::1", FAR6, BED4_SRC_NEVER },
	};
	const struct action *act;
	struct pkt p;

	(void)state;
	pkt_udp6(&p, HOST6, FAR6, 64, 100);
	core_tun(&core, &p);
	act = core_did(&core, ACTION_UDP);
	assert_non_null(act);
	assert_memory_equal(act->data, p.b, p.len); /* the kernel has decremented already */
	assert_ep(act->to, ep(FAR4, PPORT));
	assert_counted(BED4_HOOK_TUN, BED4_OUT);
	for (size_t i = 0; i < sizeof(drops) / sizeof(*drops); i++) {
		set_up(NULL);
		pkt_udp6(&p, drops[i].src, drops[i].dst, 64, 100);
		core_tun(&core, &p);
		assert_int_equal(core.a.count, 0);
		assert_counted(BED4_HOOK_TUN, drops[i].o);
	}
	nd_neigh(&p, HOST6, FAR6, 135, 0, FAR6, 1);
	core_tun(&core, &p);
	assert_counted(BED4_HOOK_TUN, BED4_ND_NATIVE);
}

static void from_native_refused(void **state)
{
	struct pkt p;

	(void)state;
	pkt_udp6(&p, HOST6, "2001:67c:127c::9", 64, 100);
	core_tun(&core, &p);
	expect_error(core_did(&core, ACTION_TUN), 1, 3, 0, &p);
	pkt_udp6(&p, HOST6, FAR6, 64, 1240);
	core_tun(&core, &p);
	expect_error(core_did(&core, ACTION_TUN), 2, 0, 1280, &p);
	assert_counted(BED4_HOOK_TUN, BED4_ICMP_BIG);
}

static void failure_is_counted_instead(void **state)
{
	struct pkt p;

	(void)state;
	pkt_udp6(&p, HOST6, FAR6, 64, 100);
	core_keep(&core, &p);
	tunnel_rx_tun(&core.t, core.now, core.packet, p.len, &core.a);
	assert_int_equal(core.a.count, 1);
	tunnel_done(&core.t, &core.a.list[0], false);
	assert_counted(BED4_HOOK_TUN, BED4_FAILED);
	assert_int_equal(core_sum(&core), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refuses_contradictions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_rs_from_anyone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limits_answers_per_sender, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_ns_about_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(drops_other_nd, set_up, tear_down),
		cmocka_unit_test_setup_teardown(forwards_and_relays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_by_icmp_to_peers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_who_has_moved, set_up, tear_down),
		cmocka_unit_test_setup_teardown(carries_ecn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(drops_what_is_not_plain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cuts_trailing_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(from_native, set_up, tear_down),
		cmocka_unit_test_setup_teardown(from_native_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(failure_is_counted_instead, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
