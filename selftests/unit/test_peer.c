// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The peer's address (core/peer.c by way of core/tunnel.h) under a clock of the test: soliciting,
 * what counts as an RA, odd ports, keepalives, a router or mapping that is gone. PROTOCOL section 7.
 */
#include "core.h"

#define ME4 "131.1.0.2"
#define ME6 "2001:67c:127c:0:52c3:83ff:fe01:2" /* ME4:PPORT */

static struct core core;

static int set_up(void **state)
{
	struct tunnel_config config = { .role = BED4_ROLE_PEER, .listen = ep(ME4, PPORT),
					.public = ep(ME4, PPORT), .server = ep(ROUTER4, PORT),
					.mtu = BED4_MTU, .seed = 7, .keepalive_sec = 30,
					.keepalive_ttl = 3, .neigh_max = 64 };

	(void)state;
	if (core_begin(&core, &config))
		return -1;
	tunnel_start(&core.t, core.now);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	core_end(&core);
	return 0;
}

/* Lets time pass until something is due, and does it; returns how long that took. */
static __u64 tick(void)
{
	__u64 at = tunnel_deadline(&core.t), before = core.now;

	assert_true(at != UINT64_MAX);
	core.now = at > before ? at : before;
	actions_clear(&core.a);
	tunnel_tick(&core.t, core.now, &core.a);
	return core.now - before;
}

/* The next datagram that time makes it send: its length; *@waited in ns. */
static size_t next_sent(__u64 *waited)
{
	const struct action *act;

	*waited = 0;
	for (int i = 0; i < 100; i++) {
		*waited += tick();
		act = core_did(&core, ACTION_UDP);
		if (act) {
			assert_ep(act->to, ep(ROUTER4, PORT));
			assert_int_equal(act->ttl, act->len ? 64 : 3);
			return act->len;
		}
	}
	fail_msg("nothing sent");
	return 0;
}

/* An RA that tells @iid under @prefix, or another message when a field says so. */
static void ra_packet(struct pkt *p, const char *src, const char *dst, const char *prefix)
{
	uint8_t body[44] = { 0, 0x18, 0xff, 0xff, [12] = 3, 4, 64, 0xc0 };

	memset(body + 16, 0xff, 8);
	inet_pton(AF_INET6, prefix, body + 28);
	nd_packet(p, src, dst, 134, body, sizeof(body));
}

static void configure(void)
{
	struct pkt p;

	ra_packet(&p, "fe80::", "fe80::52c3:83ff:fe01:2", "2001:67c:127c::");
	core_udp(&core, ep(ROUTER4, PORT), &p);
}

static void send_to_router(void)
{
	struct pkt p;

	pkt_udp6(&p, ME6, HOST6, 64, 100);
	core_tun(&core, &p);
	assert_non_null(core_did(&core, ACTION_UDP));
}

static void assert_between(__u64 ns, __u64 from_ms, __u64 to_ms)
{
	if (ns < from_ms * MSEC || ns > to_ms * MSEC)
		fail_msg("%llu ms is not within %llu and %llu", ns / MSEC, from_ms, to_ms);
}

static void solicits_at_its_intervals(void **state)
{
	static const unsigned int seconds[] = { 0, 1, 3, 7, 15, 30, 30, 30 };
	__u64 waited;

	(void)state;
	for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
		assert_int_equal(next_sent(&waited), 56);
		assert_between(waited, seconds[i] * 900, seconds[i] * 1000);
	}
}

static void takes_its_address(void **state)
{
	const struct action *act;

	(void)state;
	tick();
	configure();
	act = core_did(&core, ACTION_ADDR_SET);
	assert_non_null(act);
	assert_memory_equal(&act->in6, in6(ME6).b, 16);
	assert_memory_equal(&core.t.self.own, in6(ME6).b, 16);
	assert_true(core.t.self.flags & BED4_SELF_ADDR);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_RA_TAKEN), 1);
	configure();
	assert_null(core_did(&core, ACTION_ADDR_SET));
	send_to_router();
}

static void takes_no_other_ra(void **state)
{
	static const struct { const char *who, *src, *dst; int wrong; enum bed4_outcome o; } cases[] = {
		{ FAR4, "fe80::", "fe80::52c3:83ff:fe01:2", 0, BED4_ND_UNWANTED },
		{ ROUTER4, "fe80::1", "fe80::52c3:83ff:fe01:2", 0, BED4_ND_INVALID },
		{ ROUTER4, "fe80::", "fe80::1", 0, BED4_ND_INVALID },
		{ ROUTER4, "fe80::", "fe80::2c3:83ff:fe01:2", 7, BED4_ND_INVALID }, /* hop limit */
		{ ROUTER4, "fe80::", "fe80::2c3:83ff:fe01:2", 59, BED4_ND_INVALID }, /* no L, A */
		{ ROUTER4, "fe80::", "fe80::2c3:83ff:fe01:2", 58, BED4_ND_INVALID }, /* not /64 */
		{ ROUTER4, "fe80::", "fe80::200:83ff:fe01:2", 0, BED4_ND_INVALID }, /* port 0 */
	};
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		set_up(NULL);
		ra_packet(&p, cases[i].src, cases[i].dst, "2001:67c:127c::");
		if (cases[i].wrong) {
			p.b[cases[i].wrong] = 0x3f;
			pkt_put16(p.b + 42, 0);
			pkt_put16(p.b + 42, pkt_csum6(p.b + 8, 58, p.b + 40, p.len - 40));
		}
		core_udp(&core, ep(cases[i].who, PORT), &p);
		assert_null(core_did(&core, ACTION_ADDR_SET));
		if (core_count(&core, BED4_HOOK_UDP, cases[i].o) != 1)
			fail_msg("case %zu", i);
	}
	ra_packet(&p, "fe80::", "fe80::52c3:83ff:fe01:2", "2001:67c:127c::");
	p.b[1] = 0x5a; /* flow label and traffic class do not matter */
	core_udp(&core, ep(ROUTER4, PORT), &p);
	assert_non_null(core_did(&core, ACTION_ADDR_SET));
}

static void follows_a_changed_mapping(void **state)
{
	__u32 generation;
	struct pkt p;

	(void)state;
	configure();
	generation = core.t.self.generation;
	ra_packet(&p, "fe80::", "fe80::54c3:83ff:fe01:2", "2001:67c:127c::");
	core_udp(&core, ep(ROUTER4, PORT), &p);
	assert_non_null(core_did(&core, ACTION_ADDR_SET));
	assert_ep(core.t.self.public, ep(ME4, 50006));
	assert_int_not_equal(core.t.self.generation, generation);
}

static void tries_other_ports_when_odd(void **state)
{
	struct pkt p;
	__u64 waited;

	(void)state;
	ra_packet(&p, "fe80::", "fe80::53c3:83ff:fe01:2", "2001:67c:127c::");
	for (int i = 0; i < 8; i++) {
		next_sent(&waited);
		assert_between(waited, i ? 900 : 0, i ? 1100 : 0);
		core_udp(&core, ep(ROUTER4, PORT), &p);
		assert_non_null(core_did(&core, ACTION_REBIND));
		tunnel_rebound(&core.t, core.now, ep(ME4, 50002 + 2 * i));
	}
	next_sent(&waited);
	core_udp(&core, ep(ROUTER4, PORT), &p);
	assert_null(core_did(&core, ACTION_REBIND));
	assert_int_equal(core.t.peer.state, PEER_ODD_PORT);
	next_sent(&waited);
	assert_between(waited, 29000, 30000);
	configure();
	assert_int_equal(core.t.peer.state, PEER_CONFIGURED);
}

static void keeps_a_fixed_port(void **state)
{
	struct pkt p;

	(void)state;
	core.t.config.fixed_port = true;
	ra_packet(&p, "fe80::", "fe80::53c3:83ff:fe01:2", "2001:67c:127c::");
	core_udp(&core, ep(ROUTER4, PORT), &p);
	assert_null(core_did(&core, ACTION_REBIND));
	assert_int_equal(core.t.peer.state, PEER_ODD_PORT);
}

/* Idle: 9 keepalives of TTL 3, 27..30 s apart, then an RS; answered, so it goes on like that. */
static void keeps_alive(void **state)
{
	__u64 waited;

	(void)state;
	tick();
	configure();
	for (int i = 1; i <= 40; i++) {
		size_t len = next_sent(&waited);

		assert_between(waited, 27000, 30000);
		assert_int_equal(len, i % 10 ? 0 : 56);
		if (len)
			configure();
	}
}

static void traffic_is_a_keepalive(void **state)
{
	__u64 waited;

	(void)state;
	configure();
	for (int i = 0; i < 200; i++) {
		struct pkt p;

		core.now += SEC;
		send_to_router();
		pkt_udp6(&p, HOST6, ME6, 64, 100);
		core_udp(&core, ep(ROUTER4, PORT), &p);
		actions_clear(&core.a);
		tunnel_tick(&core.t, core.now, &core.a);
		assert_int_equal(core.a.count, 0);
	}
	next_sent(&waited);
	assert_between(waited, 26000, 30000);
}

/* What the fast path has sent counts as well; what it cannot have sent yet does not, and hides nothing. */
static void traffic_of_the_fast_path_is_one_too(void **state)
{
	struct bed4_pulse pulse, never = { .tx = 0xffffffff, .rx = 0xffffffff };
	__u64 waited;

	(void)state;
	configure();
	for (int i = 0; i < 200; i++) {
		core.now += SEC;
		pulse = (struct bed4_pulse){ .tx = core.now / SEC, .rx = core.now / SEC };
		tunnel_pulse(&core.t, core.now, &pulse);
		tunnel_pulse(&core.t, core.now, &never);
		actions_clear(&core.a);
		tunnel_tick(&core.t, core.now, &core.a);
		assert_int_equal(core.a.count, 0);
	}
	next_sent(&waited);
	assert_between(waited, 26000, 30000);
}

static void silence_makes_it_suspicious(void **state)
{
	__u64 waited;

	(void)state;
	configure();
	send_to_router();
	assert_int_equal(next_sent(&waited), 56);
	assert_between(waited, 10000, 10000);
	configure(); /* it was nothing */
	assert_int_equal(core.t.peer.state, PEER_CONFIGURED);
	send_to_router();
	assert_int_equal(next_sent(&waited), 56);
	assert_between(waited, 10000, 10000);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(next_sent(&waited), 56);
		assert_between(waited, 1000, 1000);
	}
	assert_int_equal(next_sent(&waited), 56);
	assert_int_equal(core.t.peer.state, PEER_LOST);
	assert_true(core.t.self.flags & BED4_SELF_ADDR);
	assert_int_equal(next_sent(&waited), 56);
	assert_between(waited, 900, 1000);
	assert_int_equal(next_sent(&waited), 56);
	assert_between(waited, 2700, 3000);
	configure();
	assert_int_equal(core.t.peer.state, PEER_CONFIGURED);
}

static void garbage_from_the_router_hints(void **state)
{
	struct pkt p;
	__u64 waited;

	(void)state;
	tick();
	configure();
	pkt_ip6(&p, "fe80::", ME6, 17, 64, 30, 6); /* the reference router's way to tell */
	core_udp(&core, ep(ROUTER4, PORT), &p);
	assert_int_equal(next_sent(&waited), 56);
	assert_int_equal(waited, 0);
	configure();
	core_udp(&core, ep(ROUTER4, PORT), &p); /* at most one RS per 10 s */
	assert_true(tunnel_deadline(&core.t) > core.now + 5 * SEC);
}

static void accepts_whom_it_may(void **state)
{
	static const struct { const char *who; int port; const char *src; enum bed4_outcome o; } cases[] = {
		{ ROUTER4, PORT, HOST6, BED4_IN_LOCAL },  { ROUTER4, PORT, FAR6, BED4_IN_LOCAL },
		{ FAR4, PPORT, FAR6, BED4_IN_LOCAL },	  { FAR4, 50002, FAR6, BED4_SRC_SPOOFED },
		{ FAR4, PPORT, HOST6, BED4_SRC_FOREIGN }, { ROUTER4, PORT, ME6, BED4_SRC_SPOOFED },
		{ ROUTER4, PORT, "fe80::9", BED4_SRC_NEVER },
	};
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		set_up(NULL);
		configure();
		pkt_udp6(&p, cases[i].src, ME6, 64, 100);
		core_udp(&core, ep(cases[i].who, cases[i].port), &p);
		if (core_count(&core, BED4_HOOK_UDP, cases[i].o) != 1)
			fail_msg("case %zu", i);
		assert_int_equal(!!core_did(&core, ACTION_TUN), cases[i].o == BED4_IN_LOCAL);
	}
	pkt_udp6(&p, HOST6, FAR6, 64, 100);
	core_udp(&core, ep(ROUTER4, PORT), &p);
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_DST_FOREIGN), 1);
}

/* An NA of 72 bytes to where the NS came from. */
static void answers_ns(void **state)
{
	const struct action *act;
	struct pkt p;

	(void)state;
	configure();
	nd_neigh(&p, FAR6, ME6, 135, 0, ME6, 1);
	core_udp(&core, ep(FAR4, PPORT), &p);
	act = core_did(&core, ACTION_UDP);
	assert_non_null(act);
	assert_int_equal(act->len, 72);
	assert_int_equal(act->data[40], 136);
	assert_int_equal(act->data[44], 0x60);
	assert_memory_equal(act->data + 48, in6(ME6).b, 16);
	assert_ep(act->to, ep(FAR4, PPORT));
	core_udp(&core, ep(FAR4, 50002), &p); /* not who it says */
	assert_null(core_did(&core, ACTION_UDP));
}

/* --- a daemon that takes over ------------------------------------------------------------------------ */

/* What an earlier daemon has left in map `self` when it had its address. */
static struct bed4_self left_behind(void)
{
	struct bed4_self old = core.t.self;

	old.own = in6(ME6);
	old.public = ep(ME4, PPORT);
	old.flags |= BED4_SELF_ADDR;
	old.generation = 7;
	return old;
}

/* It has its address at once, has it confirmed by one RS, and keeps alive. */
static void adopts_its_address(void **state)
{
	struct bed4_self old = left_behind();
	__u64 waited;

	(void)state;
	tunnel_adopt(&core.t, core.now, &old);
	tunnel_start(&core.t, core.now);
	assert_memory_equal(&core.t.self.own, &old.own, 16);
	assert_int_equal(core.t.peer.state, PEER_CONFIGURED);
	send_to_router();
	assert_int_equal(next_sent(&waited), ND_RS_LEN);
	assert_int_equal(waited, 0);
	configure();
	assert_null(core_did(&core, ACTION_ADDR_SET)); /* the same as before */
	assert_int_equal(core.t.self.generation, 7);
}

/* With another router or from another port the address would be another one. */
static void adopts_nothing_that_does_not_hold(void **state)
{
	struct bed4_self old[4];
	__u64 waited;

	for (int i = 0; i < 4; i++)
		old[i] = left_behind();
	old[0].server = ep("145.136.0.9", PORT);
	old[1].listen = ep(ME4, PPORT + 2);
	old[2].flags &= ~BED4_SELF_ADDR;
	old[3].own = in6(FAR6); /* and not what `public` says */
	for (int i = 0; i < 4; i++) {
		set_up(state);
		tunnel_adopt(&core.t, core.now, &old[i]);
		tunnel_start(&core.t, core.now);
		assert_false(core.t.self.flags & BED4_SELF_ADDR);
		assert_int_equal(core.t.peer.state, PEER_SOLICITING);
		assert_int_equal(next_sent(&waited), ND_RS_LEN);
	}
}

/* The address has changed while no daemon was there to see it: the first answer tells. */
static void finds_out_what_it_missed(void **state)
{
	struct bed4_self old = left_behind();
	struct pkt p;

	(void)state;
	tunnel_adopt(&core.t, core.now, &old);
	tunnel_start(&core.t, core.now);
	tick();
	ra_packet(&p, "fe80::", "fe80::54c3:83ff:fe01:2", "2001:67c:127c::");
	core_udp(&core, ep(ROUTER4, PORT), &p);
	assert_non_null(core_did(&core, ACTION_ADDR_SET));
	assert_non_null(core_did(&core, ACTION_NEIGH_FLUSH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(solicits_at_its_intervals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_its_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_no_other_ra, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_a_changed_mapping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tries_other_ports_when_odd, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_a_fixed_port, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_alive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(traffic_is_a_keepalive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(traffic_of_the_fast_path_is_one_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(silence_makes_it_suspicious, set_up, tear_down),
		cmocka_unit_test_setup_teardown(garbage_from_the_router_hints, set_up, tear_down),
		cmocka_unit_test_setup_teardown(accepts_whom_it_may, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_ns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(adopts_its_address, set_up, tear_down),
		cmocka_unit_test_setup_teardown(adopts_nothing_that_does_not_hold, set_up, tear_down),
		cmocka_unit_test_setup_teardown(finds_out_what_it_missed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
