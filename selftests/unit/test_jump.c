// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Time that passes without the core having run: the machine was asleep, or the daemon stopped, for
 * minutes, hours, or 50 days. What is due is done once, not as often as it was missed; what is old
 * is doubted, not believed; rates are not saved up.
 */
#include "core.h"

#define HOUR (3600 * SEC)
#define ME4  "131.1.0.2"
#define ME6  "2001:67c:127c:0:52c3:83ff:fe01:2" /* ME4:PPORT */

static const __u64 jumps[] = { 90 * SEC, 1 * HOUR, 5 * HOUR, 49 * 24 * HOUR, 50 * 24 * HOUR };
#define JUMPS (sizeof(jumps) / sizeof(*jumps))

static struct core core;
static unsigned int to_router, straight, other;

static void look(struct core *c)
{
	for (unsigned int i = 0; i < c->a.count; i++) {
		const struct action *act = &c->a.list[i];

		if (act->kind != ACTION_UDP)
			other++;
		else if (bed4_ep_eq(act->to, ep(ROUTER4, PORT)))
			to_router++;
		else
			straight++;
	}
}

static void forget(void)
{
	to_router = straight = other = 0;
}

static int set_up_peer(void **state)
{
	struct tunnel_config config = { .role = BED4_ROLE_PEER, .listen = ep(ME4, PPORT),
					.public = ep(ME4, PPORT), .server = ep(ROUTER4, PORT),
					.mtu = BED4_MTU, .seed = 7, .keepalive_sec = 30,
					.keepalive_ttl = 3, .neigh_max = 64 };

	(void)state;
	return core_begin(&core, &config);
}

static int set_up_router(void **state)
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

/* The router's RA. */
static void hear_router(void)
{
	uint8_t body[44] = { 0, 0x18, 0xff, 0xff, [12] = 3, 4, 64, 0xc0 };
	struct pkt p;

	memset(body + 16, 0xff, 8);
	inet_pton(AF_INET6, "2001:67c:127c::", body + 28);
	nd_packet(&p, "fe80::", "fe80::52c3:83ff:fe01:2", 134, body, sizeof(body));
	core_udp(&core, ep(ROUTER4, PORT), &p);
}

static void send_to(const char *dst)
{
	struct pkt p;

	pkt_udp6(&p, ME6, dst, 64, 100);
	core_tun(&core, &p);
	forget();
	look(&core);
}

static void know_neighbour(void)
{
	struct pkt p;

	send_to(FAR6);
	nd_neigh(&p, FAR6, ME6, 136, 0x60, FAR6, 2);
	core_udp(&core, ep(FAR4, PPORT), &p);
	send_to(FAR6);
	assert_int_equal(straight, 1);
}

static void begin_peer(void)
{
	tunnel_start(&core.t, core.now);
	core_run(&core, core.now, NULL);
	hear_router();
	assert_int_equal(core.t.peer.state, PEER_CONFIGURED);
	know_neighbour();
}

/* What is due right then, which may make more due at once, but not for ever. */
static void wake_up(__u64 jump)
{
	unsigned int rounds = 0;

	core.now += jump;
	forget();
	while (tunnel_deadline(&core.t) <= core.now) {
		assert_true(++rounds < 20);
		actions_clear(&core.a);
		tunnel_tick(&core.t, core.now, &core.a);
		look(&core);
	}
	assert_true(tunnel_deadline(&core.t) > core.now);
}

static void missed_timers_are_due_once(void **state)
{
	for (size_t i = 0; i < JUMPS; i++) {
		set_up_peer(state);
		begin_peer();
		wake_up(jumps[i]);
		assert_true(to_router <= 2);
		assert_true(straight <= 1);
		assert_true(tunnel_deadline(&core.t) < core.now + 60 * SEC);
	}
}

static void the_address_is_kept_and_asked_about(void **state)
{
	for (size_t i = 0; i < JUMPS; i++) {
		set_up_peer(state);
		begin_peer();
		wake_up(jumps[i]);
		assert_true(core.t.self.flags & BED4_SELF_ADDR);
		/* The mapping may be gone: a keepalive or an RS goes out within the usual time. */
		core_run(&core, core.now + 40 * SEC, look);
		assert_true(to_router >= 1);
		hear_router();
		assert_int_equal(core.t.peer.state, PEER_CONFIGURED);
	}
}

static void an_old_path_is_not_believed(void **state)
{
	for (size_t i = 0; i < JUMPS; i++) {
		set_up_peer(state);
		begin_peer();
		wake_up(jumps[i]);
		send_to(FAR6);
		assert_int_equal(other + straight + to_router > 0, 1);
		/* Silent since: within the 8 s of a dead path all goes by the router. */
		core_run(&core, core.now + 8 * SEC, NULL);
		send_to(FAR6);
		assert_int_equal(to_router, 1);
	}
}

/* How many of as many solicitations of one peer are answered. */
static __u64 answers_to(unsigned int packets)
{
	__u64 before = core_count(&core, BED4_HOOK_UDP, BED4_RS_ANSWERED);
	static const uint8_t bare[4];
	struct pkt p;

	nd_packet(&p, "::", "ff02::2", 133, bare, sizeof(bare));
	while (packets--)
		core_udp(&core, ep(PEER4, PPORT), &p);
	return core_count(&core, BED4_HOOK_UDP, BED4_RS_ANSWERED) - before;
}

static void rates_are_not_saved_up(void **state)
{
	__u64 burst;

	set_up_router(state);
	burst = answers_to(1000);
	assert_true(burst > 0 && burst < 1000);
	for (size_t i = 0; i < JUMPS; i++) {
		core.now += jumps[i];
		assert_int_equal(answers_to(1000), burst);
	}
}

static void a_router_goes_on(void **state)
{
	struct pkt p;

	for (size_t i = 0; i < JUMPS; i++) {
		set_up_router(state);
		core.now += jumps[i];
		pkt_udp6(&p, HOST6, PEER6, 64, 100);
		core_tun(&core, &p);
		assert_non_null(core_did(&core, ACTION_UDP));
		assert_true(tunnel_deadline(&core.t) > core.now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(missed_timers_are_due_once, set_up_peer, tear_down),
		cmocka_unit_test_setup_teardown(the_address_is_kept_and_asked_about, set_up_peer, tear_down),
		cmocka_unit_test_setup_teardown(an_old_path_is_not_believed, set_up_peer, tear_down),
		cmocka_unit_test_setup_teardown(rates_are_not_saved_up, set_up_router, tear_down),
		cmocka_unit_test_setup_teardown(a_router_goes_on, set_up_router, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
