// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Measuring paths (core/ping.c) and searching one anew (neigh_search()) under a clock of the test: what is
 * asked, which answers count, that forged, late and doubled ones do not, and that neither the cache nor a
 * working path suffers.
 */
#include <errno.h>
#include <stdio.h>

#include "core.h"

#define ME4   "131.1.0.2"
#define ME6   "2001:67c:127c:0:52c3:83ff:fe01:2" /* ME4:PPORT */
#define NAT4  "131.9.9.9" /* shared by us and SAME6 */
#define SAME6 "2001:67c:127c:0:54c3:83ff:fe09:909" /* NAT4:50006 */
#define LAN4  "192.168.7.3"
#define ODD6  "2001:67c:127c:0:51c3:83ff:fe01:204"
#define TEN6  "2001:67c:127c:0:52c3:aff:fe00:1" /* 10.0.0.1:50000 */

#define ECHO_LEN 104

static struct core core;
static struct ping_event seen[64]; /* since forget() */
static unsigned int seen_count, ns_sent, echo_sent;
static struct bed4_ep ns_to, echo_to;
static struct pkt echo; /* the last one */

static bool onlink(const void *arg, __be32 addr)
{
	(void)arg;
	return (ntohl(addr) & 0xffffff00) == 0xc0a80700;
}

static void look(struct core *c)
{
	for (unsigned int i = 0; i < c->a.count; i++) {
		const struct action *act = &c->a.list[i];

		if (act->kind == ACTION_PING && seen_count < 64)
			seen[seen_count++] = act->ping;
		if (act->kind != ACTION_UDP || act->len < 72)
			continue;
		if (act->data[40] == 135) {
			ns_sent++;
			ns_to = act->to;
		} else if (act->data[40] == 128) {
			assert_int_equal(act->len, ECHO_LEN);
			assert_int_equal(pkt_csum6(act->data + 8, 58, act->data + 40, act->len - 40), 0);
			echo_sent++;
			echo_to = act->to;
			echo.len = act->len;
			memcpy(echo.b, act->data, act->len);
		}
	}
}

static void forget(void)
{
	seen_count = ns_sent = echo_sent = 0;
}

/* The @n-th event of a kind on a path, from 0; NULL: not so many. */
static const struct ping_event *event(enum ping_event_kind kind, enum bed4_path path, unsigned int n)
{
	for (unsigned int i = 0; i < seen_count; i++)
		if (seen[i].kind == kind && seen[i].path == path && !n--)
			return &seen[i];
	return NULL;
}

static int begin(enum bed4_role role)
{
	struct tunnel_config config = { .role = role, .listen = ep(ME4, PPORT), .public = ep(ME4, PPORT),
					.server = ep(ROUTER4, PORT), .mtu = BED4_MTU, .seed = 7, .radius = 1,
					.neigh_max = 16, .onlink = onlink };

	if (role == BED4_ROLE_ROUTER) {
		config.prefix = in6("2001:67c:127c::");
		config.listen = config.public = ep(ROUTER4, PORT);
	}
	if (core_begin(&core, &config))
		return -1;
	forget();
	if (role == BED4_ROLE_ROUTER)
		return 0;
	core.t.self.own = in6(ME6);
	core.t.self.flags |= BED4_SELF_ADDR;
	core.t.peer.state = PEER_CONFIGURED;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return begin(BED4_ROLE_PEER);
}

static int tear_down(void **state)
{
	(void)state;
	core_end(&core);
	return 0;
}

static void run(__u64 ns)
{
	core_run(&core, core.now + ns, look);
}

static int ping_it(const char *addr, __u32 count)
{
	struct ping_request r = { .addr = in6(addr), .count = count, .gap = SEC, .wait = SEC,
				  .key = htonl(0x12345678), .secret = "fifteen letters" };

	return tunnel_ping(&core.t, core.now, &r);
}

static const struct neigh *entry(const char *addr)
{
	struct bed4_in6 a = in6(addr);

	return table_find(&core.t.table, &a);
}

static void assert_state(const char *addr, enum bed4_neigh_state state, enum bed4_path path)
{
	assert_non_null(entry(addr));
	assert_int_equal(entry(addr)->state, state);
	assert_int_equal(entry(addr)->path, path);
}

static bool advertise(const char *src6, struct bed4_ep src)
{
	__u64 before = core_count(&core, BED4_HOOK_UDP, BED4_NA_TAKEN);
	char own[INET6_ADDRSTRLEN];
	struct pkt p;

	inet_ntop(AF_INET6, &core.t.self.own, own, sizeof(own));
	nd_neigh(&p, src6, own, 136, 0x60, src6, 2);
	core_udp(&core, src, &p);
	look(&core);
	return core_count(&core, BED4_HOOK_UDP, BED4_NA_TAKEN) == before + 1;
}

/* The answer to the last echo request. */
static struct pkt reply(void)
{
	struct pkt p = echo;

	memcpy(p.b + 8, echo.b + 24, 16);
	memcpy(p.b + 24, echo.b + 8, 16);
	p.b[40] = 129;
	return p;
}

/* @p as an echo reply from @src, its checksum put right. Was it taken, and not delivered? */
static bool echo_back(struct pkt *p, struct bed4_ep src)
{
	__u64 before = core_count(&core, BED4_HOOK_UDP, BED4_ECHO_TAKEN);
	bool taken;

	pkt_put16(p->b + 42, 0);
	pkt_put16(p->b + 42, pkt_csum6(p->b + 8, 58, p->b + 40, p->len - 40));
	core_udp(&core, src, p);
	look(&core);
	taken = core_count(&core, BED4_HOOK_UDP, BED4_ECHO_TAKEN) == before + 1;
	assert_true(taken || core_did(&core, ACTION_TUN) || core_count(&core, BED4_HOOK_UDP, BED4_SRC_SPOOFED));
	return taken;
}

static void make_reachable(void)
{
	struct pkt p;

	pkt_udp6(&p, ME6, FAR6, 64, 100);
	core_tun(&core, &p);
	assert_true(advertise(FAR6, ep(FAR4, PPORT)));
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
	run(2 * SEC);
	forget();
}

/* VIA_ROUTER, because nobody answered. */
static void make_unreachable(void)
{
	struct pkt p;

	pkt_udp6(&p, ME6, FAR6, 64, 100);
	core_tun(&core, &p);
	run(3 * SEC);
	assert_state(FAR6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
	forget();
}

static void asks_on_both_paths(void **state)
{
	const struct ping_event *ev;
	struct pkt p;

	(void)state;
	make_reachable();
	assert_int_equal(ping_it(FAR6, 2), 0);
	assert_int_equal(core.t.self.ping, htonl(0x12345678));
	run(0);
	assert_int_equal(ns_sent, 1);
	assert_ep(ns_to, ep(FAR4, PPORT));
	assert_int_equal(echo_sent, 1);
	assert_ep(echo_to, ep(ROUTER4, PORT));
	assert_int_equal(pkt_get16(echo.b + 44), 0x1234);
	assert_int_equal(pkt_get16(echo.b + 46), 0x5678);
	run(30 * MSEC);
	assert_true(advertise(FAR6, ep(FAR4, PPORT)));
	run(20 * MSEC);
	p = reply();
	assert_true(echo_back(&p, ep(ROUTER4, PORT)));
	ev = event(PING_ANSWERED, BED4_PATH_DIRECT, 0);
	assert_non_null(ev);
	assert_int_equal(ev->rtt, 30 * MSEC);
	assert_int_equal(ev->seq, 1);
	assert_false(ev->echo);
	assert_ep(ev->ep, ep(FAR4, PPORT));
	ev = event(PING_ANSWERED, BED4_PATH_ROUTER, 0);
	assert_non_null(ev);
	assert_int_equal(ev->rtt, 50 * MSEC);
	assert_int_equal(ev->back, BED4_PATH_ROUTER);
	assert_null(core_did(&core, ACTION_TUN));
	forget();
	run(900 * MSEC);
	assert_int_equal(ns_sent + echo_sent, 0); /* the gap */
	run(51 * MSEC);
	assert_int_equal(ns_sent, 1);
	p = reply();
	assert_true(echo_back(&p, ep(FAR4, PPORT))); /* out by the router, back straight */
	assert_int_equal(event(PING_ANSWERED, BED4_PATH_ROUTER, 0)->back, BED4_PATH_DIRECT);
	assert_true(advertise(FAR6, ep(FAR4, PPORT)));
	assert_null(event(PING_OVER, BED4_PATH_ROUTER, 0));
	run(1);
	assert_non_null(event(PING_OVER, BED4_PATH_ROUTER, 0));
	assert_int_equal(event(PING_OVER, BED4_PATH_ROUTER, 0)->neigh.state, BED4_NEIGH_REACHABLE);
	assert_int_equal(core.t.self.ping, 0);
	assert_int_equal(core.t.pings.active, 0);
	assert_true(tunnel_deadline(&core.t) > core.now);
}

/* Whatever is not just the answer that was asked for. */
static void hostile_echo_replies_do_not_count(void **state)
{
	struct pkt p;

	(void)state;
	make_reachable();
	assert_int_equal(ping_it(FAR6, 1), 0);
	run(0);
	p = reply();
	p.b[48] ^= 1; /* the secret */
	assert_false(echo_back(&p, ep(ROUTER4, PORT)));
	p = reply();
	p.b[44] ^= 1; /* the identifier */
	assert_false(echo_back(&p, ep(ROUTER4, PORT)));
	p = reply();
	inet_pton(AF_INET6, HOST6, p.b + 8); /* somebody else */
	assert_false(echo_back(&p, ep(ROUTER4, PORT)));
	p = reply();
	p.b[41] = 1; /* the code */
	assert_false(echo_back(&p, ep(ROUTER4, PORT)));
	p = reply();
	p.len -= 2;
	pkt_put16(p.b + 4, p.len - 40);
	assert_false(echo_back(&p, ep(ROUTER4, PORT)));
	p = reply();
	p.b[68] = 7; /* no such path */
	assert_false(echo_back(&p, ep(ROUTER4, PORT)));
	p = reply();
	assert_false(echo_back(&p, ep(FAR4, 50002))); /* from where that neighbour is not */
	p = reply();
	p.b[67] ^= 2; /* another round's number: taken, for it is ours, and not counted */
	assert_true(echo_back(&p, ep(ROUTER4, PORT)));
	p = reply();
	p.b[68] = BED4_PATH_DIRECT; /* where a solicitation is open, no echo */
	assert_true(echo_back(&p, ep(ROUTER4, PORT)));
	p = reply();
	core_udp(&core, ep(ROUTER4, PORT), &p); /* a wrong checksum */
	assert_int_equal(core_count(&core, BED4_HOOK_UDP, BED4_ECHO_TAKEN), 2);
	assert_null(event(PING_ANSWERED, BED4_PATH_ROUTER, 0));
	assert_null(event(PING_ANSWERED, BED4_PATH_DIRECT, 0));
	p = reply();
	assert_true(echo_back(&p, ep(ROUTER4, PORT)));
	assert_non_null(event(PING_ANSWERED, BED4_PATH_ROUTER, 0));
	p = reply();
	assert_true(echo_back(&p, ep(ROUTER4, PORT))); /* once more */
	assert_null(event(PING_ANSWERED, BED4_PATH_ROUTER, 1));
	run(3 * SEC);
	p = reply();
	assert_false(echo_back(&p, ep(ROUTER4, PORT))); /* when nobody pings it is anybody's */
	assert_null(event(PING_ANSWERED, BED4_PATH_ROUTER, 1));
}

static void hostile_advertisements_do_not_count(void **state)
{
	(void)state;
	make_reachable();
	assert_false(advertise(FAR6, ep(FAR4, PPORT))); /* before anybody asks */
	assert_int_equal(ping_it(FAR6, 1), 0);
	run(0);
	assert_false(advertise(FAR6, ep(FAR4, 50002)));
	assert_false(advertise(FAR6, ep(ROUTER4, PORT)));
	assert_false(advertise(FAR6, ep(DARK4, PPORT)));
	assert_false(advertise(DARK6, ep(DARK4, PPORT)));
	assert_false(advertise(FAR6, ep(LAN4, PPORT)));
	assert_null(event(PING_ANSWERED, BED4_PATH_DIRECT, 0));
	assert_true(advertise(FAR6, ep(FAR4, PPORT)));
	assert_non_null(event(PING_ANSWERED, BED4_PATH_DIRECT, 0));
	advertise(FAR6, ep(FAR4, PPORT));
	assert_null(event(PING_ANSWERED, BED4_PATH_DIRECT, 1));
	run(1001 * MSEC);
	assert_false(advertise(FAR6, ep(FAR4, PPORT))); /* too late */
	assert_null(event(PING_ANSWERED, BED4_PATH_DIRECT, 1));
}

static void silence_breaks_no_path(void **state)
{
	(void)state;
	make_reachable();
	assert_int_equal(ping_it(FAR6, 3), 0);
	run(5 * SEC);
	assert_int_equal(ns_sent, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_non_null(event(PING_UNANSWERED, BED4_PATH_DIRECT, i));
		assert_non_null(event(PING_UNANSWERED, BED4_PATH_ROUTER, i));
	}
	assert_non_null(event(PING_OVER, BED4_PATH_ROUTER, 0));
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
}

static void an_answer_confirms(void **state)
{
	(void)state;
	make_unreachable();
	assert_int_equal(ping_it(FAR6, 1), 0);
	run(0);
	assert_int_equal(ns_sent, 1);
	assert_state(FAR6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
	run(10 * MSEC);
	assert_true(advertise(FAR6, ep(FAR4, PPORT)));
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
}

/* A stranger is looked for as by any packet; the ping's own solicitation waits until that is over. */
static void waits_while_the_cache_asks(void **state)
{
	(void)state;
	assert_int_equal(ping_it(FAR6, 1), 0);
	run(0);
	assert_state(FAR6, BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER);
	assert_int_equal(echo_sent, 1);
	run(40 * MSEC);
	assert_int_equal(ns_sent, 1); /* the cache's */
	assert_true(advertise(FAR6, ep(FAR4, PPORT)));
	assert_null(event(PING_ANSWERED, BED4_PATH_DIRECT, 0)); /* was not ours to count */
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
	run(900 * MSEC);
	assert_null(event(PING_SENT, BED4_PATH_DIRECT, 0));
	run(200 * MSEC);
	assert_non_null(event(PING_SENT, BED4_PATH_DIRECT, 0));
	assert_int_equal(ns_sent, 2);
	assert_true(advertise(FAR6, ep(FAR4, PPORT)));
	assert_non_null(event(PING_ANSWERED, BED4_PATH_DIRECT, 0));
}

static void knows_where_no_path_is(void **state)
{
	static const struct { const char *addr; enum bed4_reason reason; } cases[] = {
		{ ODD6, BED4_REASON_ODD_PORT }, { TEN6, BED4_REASON_REFUSED },
		{ HOST6, BED4_REASON_NONE }, { OWN6, BED4_REASON_NONE }, /* native, and the router itself */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct ping_event *ev;

		begin(BED4_ROLE_PEER);
		assert_int_equal(ping_it(cases[i].addr, 2), 0);
		run(3 * SEC);
		assert_int_equal(ns_sent, 0);
		assert_int_equal(echo_sent, 2);
		ev = event(PING_SKIPPED, BED4_PATH_DIRECT, 0);
		assert_int_equal(ev ? ev->reason : BED4_REASON_NONE, cases[i].reason);
		assert_null(event(PING_SKIPPED, BED4_PATH_DIRECT, 1)); /* told once */
		assert_non_null(event(PING_OVER, BED4_PATH_ROUTER, 0));
	}
}

static void fills_no_full_cache(void **state)
{
	char addr[INET6_ADDRSTRLEN];
	struct pkt p;

	(void)state;
	for (unsigned int i = 0; i < 16; i++) {
		snprintf(addr, sizeof(addr), "2001:67c:127c:0:52c3:83ff:fe02:%x", i + 1);
		pkt_udp6(&p, ME6, addr, 64, 100);
		core_tun(&core, &p);
	}
	assert_int_equal(ping_it(FAR6, 1), 0);
	run(0);
	assert_int_equal(event(PING_SKIPPED, BED4_PATH_DIRECT, 0)->reason, BED4_REASON_FULL);
	assert_null(entry(FAR6));
}

static void asks_on_the_lan(void **state)
{
	struct pkt p;

	(void)state;
	core.t.self.public = ep(NAT4, PPORT);
	core.t.self.own = in6("2001:67c:127c::");
	bed4_iid_put(&core.t.self.own, core.t.self.public);
	pkt_udp6(&p, ME6, SAME6, 64, 100);
	memcpy(p.b + 8, &core.t.self.own, 16);
	core_tun(&core, &p);
	assert_true(advertise(SAME6, ep(LAN4, PPORT)));
	assert_state(SAME6, BED4_NEIGH_REACHABLE, BED4_PATH_LAN);
	run(2 * SEC);
	forget();
	assert_int_equal(ping_it(SAME6, 1), 0);
	run(0);
	assert_int_equal(ns_sent, 2); /* one to each place */
	assert_true(advertise(SAME6, ep(LAN4, PPORT)));
	assert_non_null(event(PING_ANSWERED, BED4_PATH_LAN, 0));
	assert_null(event(PING_ANSWERED, BED4_PATH_DIRECT, 0));
	assert_state(SAME6, BED4_NEIGH_REACHABLE, BED4_PATH_LAN);
}

/* Nobody hears an NA of such a one: it gets an echo where the operator has put it. */
static void echoes_to_the_operators_own(void **state)
{
	struct bed4_in6 far = in6(FAR6);
	struct pkt p;

	(void)state;
	actions_clear(&core.a);
	assert_int_equal(tunnel_neigh_add(&core.t, core.now, &far, ep(FAR4, PPORT), &core.a), 0);
	assert_int_equal(ping_it(FAR6, 1), 0);
	run(0);
	assert_int_equal(ns_sent, 0);
	assert_int_equal(echo_sent, 2);
	assert_ep(echo_to, ep(FAR4, PPORT));
	p = reply();
	assert_true(echo_back(&p, ep(FAR4, PPORT)));
	assert_int_equal(event(PING_ANSWERED, BED4_PATH_DIRECT, 0)->back, BED4_PATH_DIRECT);
	assert_true(event(PING_ANSWERED, BED4_PATH_DIRECT, 0)->echo);
	assert_state(FAR6, BED4_NEIGH_PERMANENT, BED4_PATH_DIRECT);
}

static void a_router_echoes_to_its_peers(void **state)
{
	struct pkt p;

	(void)state;
	begin(BED4_ROLE_ROUTER);
	assert_int_equal(ping_it(HOST6, 1), -EINVAL);
	assert_int_equal(ping_it(OWN6, 1), -EINVAL);
	assert_int_equal(ping_it(FAR6, 1), 0);
	run(0);
	assert_int_equal(ns_sent, 0);
	assert_int_equal(echo_sent, 1);
	assert_ep(echo_to, ep(FAR4, PPORT));
	assert_memory_equal(echo.b + 8, in6(OWN6).b, 16);
	run(7 * MSEC);
	p = reply();
	assert_true(echo_back(&p, ep(FAR4, PPORT)));
	assert_int_equal(event(PING_ANSWERED, BED4_PATH_DIRECT, 0)->rtt, 7 * MSEC);
	run(0);
	assert_non_null(event(PING_OVER, BED4_PATH_ROUTER, 0));
	assert_true(tunnel_deadline(&core.t) == UINT64_MAX);
	assert_int_equal(ping_it(TEN6, 1), 0);
	run(0);
	assert_int_equal(event(PING_SKIPPED, BED4_PATH_DIRECT, 0)->reason, BED4_REASON_REFUSED);
	assert_int_equal(core.t.pings.active, 0);
}

static void is_bounded(void **state)
{
	struct ping_request r = { .addr = in6(FAR6), .gap = PING_GAP_MIN - 1, .wait = SEC, .key = 1 };
	char addr[INET6_ADDRSTRLEN];

	(void)state;
	assert_int_equal(tunnel_ping(&core.t, core.now, &r), -ERANGE);
	r.gap = PING_GAP_MIN;
	r.wait = 0;
	assert_int_equal(tunnel_ping(&core.t, core.now, &r), -ERANGE);
	assert_int_equal(ping_it(ME6, 1), -EINVAL);
	assert_int_equal(ping_it("ff02::1", 1), -EINVAL);
	assert_int_equal(ping_it("fe80::1", 1), -EINVAL);
	for (int i = 0; i < PING_MAX; i++) {
		snprintf(addr, sizeof(addr), "2001:db8::%x", i + 1);
		assert_int_equal(ping_it(addr, 0), i);
	}
	assert_int_equal(ping_it("2001:db8::1", 0), -EBUSY);
	assert_int_equal(ping_it("2001:db8::99", 0), -EAGAIN);
	run(10 * SEC);
	assert_int_equal(echo_sent, 11 * PING_MAX);
	tunnel_ping_stop(&core.t, 3);
	tunnel_ping_stop(&core.t, 3);
	tunnel_ping_stop(&core.t, 1000);
	assert_int_equal(core.t.pings.active, PING_MAX - 1);
	assert_int_equal(ping_it("2001:db8::99", 0), 3);
	for (unsigned int i = 0; i < PING_MAX; i++)
		tunnel_ping_stop(&core.t, i);
	assert_int_equal(core.t.self.ping, 0);
	core.t.self.flags &= ~(__u32)BED4_SELF_ADDR;
	assert_int_equal(ping_it(FAR6, 1), -EADDRNOTAVAIL);
}

static int search_it(const char *addr)
{
	struct bed4_in6 a = in6(addr);
	int err;

	actions_clear(&core.a);
	err = tunnel_search(&core.t, core.now, &a, &core.a);
	look(&core);
	return err;
}

static void searches_anew(void **state)
{
	struct bed4_in6 far = in6(FAR6);

	(void)state;
	assert_int_equal(search_it(FAR6), 0); /* a stranger */
	assert_state(FAR6, BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER);
	run(2 * SEC);
	assert_state(FAR6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
	forget();
	assert_int_equal(search_it(FAR6), 0); /* does not wait for its time */
	assert_state(FAR6, BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER);
	assert_int_equal(ns_sent, 1);
	assert_true(advertise(FAR6, ep(FAR4, PPORT)));
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
	run(2 * SEC);
	forget();
	assert_int_equal(search_it(FAR6), 0); /* a path that works is in use meanwhile */
	assert_state(FAR6, BED4_NEIGH_PROBE, BED4_PATH_DIRECT);
	assert_int_equal(ns_sent, 1);
	assert_true(advertise(FAR6, ep(FAR4, PPORT)));
	assert_state(FAR6, BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT);
	assert_int_equal(search_it(FAR6), 0); /* and given up when it does not */
	run(4 * SEC);
	assert_state(FAR6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
	actions_clear(&core.a);
	tunnel_neigh_add(&core.t, core.now, &far, ep(FAR4, PPORT), &core.a);
	assert_int_equal(search_it(FAR6), -EPERM);
	assert_int_equal(search_it(HOST6), -EINVAL);
	assert_int_equal(search_it(ME6), -EINVAL);
	assert_int_equal(search_it(OWN6), -EINVAL);
	assert_int_equal(search_it(ODD6), 0);
	assert_state(ODD6, BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER);
	begin(BED4_ROLE_ROUTER);
	assert_int_equal(search_it(FAR6), -EOPNOTSUPP);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(asks_on_both_paths),	  TEST(hostile_echo_replies_do_not_count),
		TEST(hostile_advertisements_do_not_count), TEST(silence_breaks_no_path),
		TEST(an_answer_confirms),	  TEST(waits_while_the_cache_asks),
		TEST(knows_where_no_path_is),	  TEST(fills_no_full_cache),
		TEST(asks_on_the_lan),		  TEST(echoes_to_the_operators_own),
		TEST(a_router_echoes_to_its_peers), TEST(is_bounded),
		TEST(searches_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
