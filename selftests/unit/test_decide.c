// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The decisions of 6bed4/decide.h beyond what the BPF fixtures run natively too: both roles, policy,
 * packets from the TUN. Every outcome that a decision can have is reached here or there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "../prog/cases.h"

static enum bed4_policy policy_answer;

static const struct bed4_neigh *no_neigh(const void *arg, const struct bed4_in6 *addr)
{
	(void)arg;
	(void)addr;
	return NULL;
}

static enum bed4_policy policy(const void *arg, __be32 addr)
{
	(void)arg;
	(void)addr;
	return policy_answer;
}

static struct bed4_ep ep(const char *addr, unsigned int port)
{
	struct in_addr in;

	inet_pton(AF_INET, addr, &in);
	return bed4_ep(in.s_addr, htons(port));
}

static struct bed4_self peer_self(void)
{
	struct bed4_self s = fixture_self;

	s.role = BED4_ROLE_PEER;
	s.server = ep(ROUTER4, PORT);
	s.listen = s.public = ep(PEER4, PPORT);
	inet_pton(AF_INET6, PEER6, &s.own);
	s.own4_count = 0;
	return s;
}

static enum bed4_outcome in(const struct bed4_self *s, const char *src4, unsigned int port,
			    const char *src6, const char *dst6)
{
	struct bed4_verdict v;
	struct bed4_dgram dg;
	struct pkt p;

	pkt_udp6(&p, src6, dst6, 64, 10);
	dg = (struct bed4_dgram){ .src = ep(src4, port), .len = p.len,
				  .payload = { p.b, p.b + p.len } };
	return bed4_decide_in(s, &dg, policy, no_neigh, NULL, &v);
}

static enum bed4_outcome out(const struct bed4_self *s, enum bed4_from from, const char *src6,
			     const char *dst6, size_t payload, struct bed4_verdict *v)
{
	struct pkt p;

	pkt_udp6(&p, src6, dst6, 1, payload);
	return bed4_decide_out(s, (struct bed4_cur){ p.b, p.b + p.len }, p.len, from, policy, NULL, v);
}

static void peer_accepts_its_own_only(void **state)
{
	struct bed4_self s = peer_self();

	(void)state;
	assert_int_equal(in(&s, ROUTER4, PORT, HOST6, PEER6), BED4_IN_LOCAL);
	assert_int_equal(in(&s, ROUTER4, PORT, FAR6, PEER6), BED4_IN_LOCAL);
	assert_int_equal(in(&s, ROUTER4, PORT, HOST6, FAR6), BED4_DST_FOREIGN);
	assert_int_equal(in(&s, ROUTER4, PORT, PEER6, PEER6), BED4_SRC_SPOOFED);
	assert_int_equal(in(&s, ROUTER4, PORT, "fe80::1", PEER6), BED4_SRC_NEVER);
	assert_int_equal(in(&s, FAR4, PPORT, FAR6, PEER6), BED4_IN_LOCAL);
	assert_int_equal(in(&s, FAR4, PPORT + 2, FAR6, PEER6), BED4_SRC_SPOOFED);
	assert_int_equal(in(&s, FAR4, PPORT, HOST6, PEER6), BED4_SRC_FOREIGN);
	assert_int_equal(in(&s, ROUTER4, PORT + 2, HOST6, PEER6), BED4_SRC_FOREIGN);
	assert_int_equal(in(&s, "10.0.0.1", PPORT, "2001:67c:127c:0:52c3:aff:fe00:1", PEER6),
			 BED4_SRC_SPECIAL);
	s.flags &= ~BED4_SELF_ADDR;
	assert_int_equal(in(&s, ROUTER4, PORT, HOST6, PEER6), BED4_NO_ADDRESS);
}

static void peer_sends_by_the_router(void **state)
{
	struct bed4_self s = peer_self();
	struct bed4_verdict v;

	(void)state;
	assert_int_equal(out(&s, BED4_FROM_TUN, PEER6, HOST6, 10, &v), BED4_OUT_ROUTER);
	assert_true(bed4_ep_eq(v.to, ep(ROUTER4, PORT)));
	assert_int_equal(out(&s, BED4_FROM_TUN, PEER6, FAR6, 10, &v), BED4_OUT_ROUTER);
	assert_int_equal(out(&s, BED4_FROM_TUN, PEER6, "ff02::1", 10, &v), BED4_MULTICAST);
	assert_int_equal(out(&s, BED4_FROM_TUN, "fe80::1", HOST6, 10, &v), BED4_SRC_NEVER);
	assert_int_equal(out(&s, BED4_FROM_TUN, HOST6, NET6, 10, &v), BED4_SRC_FOREIGN);
	assert_int_equal(out(&s, BED4_FROM_TUN, PEER6, "fe80::1", 10, &v), BED4_DST_NEVER);
	assert_int_equal(out(&s, BED4_FROM_TUN, PEER6, HOST6, 1233, &v), BED4_SLOW_BIG);
	s.flags &= ~BED4_SELF_ADDR;
	assert_int_equal(out(&s, BED4_FROM_TUN, PEER6, HOST6, 10, &v), BED4_NO_ADDRESS);
}

/* From the TUN the hop limit is not looked at: the kernel has decremented it. */
static void router_sends_from_the_tun(void **state)
{
	struct bed4_verdict v;

	(void)state;
	assert_int_equal(out(&fixture_self, BED4_FROM_TUN, HOST6, PEER6, 10, &v), BED4_OUT);
	assert_true(bed4_ep_eq(v.to, ep(PEER4, PPORT)));
	assert_int_equal(out(&fixture_self, BED4_FROM_NATIVE, HOST6, PEER6, 10, &v), BED4_SLOW_HOPS);
	assert_int_equal(out(&fixture_self, BED4_FROM_TUN, OWN6, PEER6, 10, &v), BED4_OUT);
	assert_int_equal(out(&fixture_self, BED4_FROM_NATIVE, OWN6, PEER6, 10, &v), BED4_SRC_SPOOFED);
	assert_int_equal(out(&fixture_self, BED4_FROM_TUN, FAR6, PEER6, 10, &v), BED4_SRC_SPOOFED);
	assert_int_equal(out(&fixture_self, BED4_FROM_TUN, HOST6, NET6, 10, &v), BED4_DST_FOREIGN);
	assert_int_equal(out(&fixture_self, BED4_FROM_NATIVE, HOST6, NET6, 10, &v), BED4_OTHER);
	assert_int_equal(out(&fixture_self, BED4_FROM_TUN, HOST6, "ff02::1", 10, &v), BED4_MULTICAST);
	assert_int_equal(out(&fixture_self, BED4_FROM_TUN, HOST6, OWN6, 10, &v), BED4_SLOW_LOCAL);
	assert_int_equal(out(&fixture_self, BED4_FROM_TUN, HOST6, PEER6, 1232, &v), BED4_OUT);
	assert_int_equal(out(&fixture_self, BED4_FROM_TUN, HOST6, PEER6, 1233, &v), BED4_SLOW_BIG);
}

static void policy_lifts_and_denies(void **state)
{
	static const char *const private6 = "2001:67c:127c:0:52c3:aff:fe00:1";
	struct bed4_self s = fixture_self;

	(void)state;
	policy_answer = BED4_POLICY_PERMIT;
	assert_int_equal(in(&s, "10.0.0.1", PPORT, private6, HOST6), BED4_SRC_SPECIAL);
	s.flags |= BED4_SELF_POLICY;
	assert_int_equal(in(&s, "10.0.0.1", PPORT, private6, HOST6), BED4_IN_NATIVE);
	assert_int_equal(in(&s, PEER4, PPORT, PEER6, private6), BED4_RELAY);
	/* Nobody can lift loopback, multicast, reserved space or our own addresses. */
	assert_int_equal(in(&s, "127.0.0.1", PPORT, "2001:67c:127c:0:52c3:7fff:fe00:1", HOST6),
			 BED4_SRC_SPECIAL);
	assert_int_equal(in(&s, "240.0.0.1", PPORT, "2001:67c:127c:0:52c3:f0ff:fe00:1", HOST6),
			 BED4_SRC_SPECIAL);
	assert_int_equal(in(&s, "145.136.0.255", PPORT, "2001:67c:127c:0:52c3:91ff:fe88:ff", HOST6),
			 BED4_SRC_OWN);
	policy_answer = BED4_POLICY_DENY;
	assert_int_equal(in(&s, PEER4, PPORT, PEER6, HOST6), BED4_SRC_DENIED);
	policy_answer = BED4_POLICY_OWN;
	assert_int_equal(in(&s, PEER4, PPORT, PEER6, HOST6), BED4_SRC_OWN);
	policy_answer = BED4_POLICY_NONE;
	assert_int_equal(in(&s, PEER4, PPORT, PEER6, HOST6), BED4_IN_NATIVE);
}

/* Behind 1:1 NAT the public address is ours as much as the one we listen on. */
static void public_address_is_own(void **state)
{
	struct bed4_self s = fixture_self;

	(void)state;
	s.public = ep("131.9.9.9", PORT);
	assert_int_equal(in(&s, "131.9.9.9", PPORT, "2001:67c:127c:0:52c3:83ff:fe09:909", HOST6),
			 BED4_SRC_OWN);
	assert_int_equal(in(&s, PEER4, PPORT, PEER6, "2001:67c:127c:0:52c3:83ff:fe09:909"),
			 BED4_SLOW_UNREACH);
}

/* Every prefix of a packet: never a read past its end (ASan), always an outcome. */
static void every_truncation(void **state)
{
	struct bed4_verdict v;
	struct pkt p;
	size_t n;

	(void)state;
	pkt_ip6(&p, PEER6, HOST6, 0, 64, 64, 100);
	memset(p.b + 40, 0, 64);
	p.b[40] = 60;
	p.b[48] = 44;
	p.b[56] = 58;
	for (n = 0; n <= p.len; n++) {
		uint8_t *exact = test_malloc(n + 1);
		struct bed4_dgram dg = { .src = ep(PEER4, PPORT), .len = (uint32_t)n };
		enum bed4_outcome o;

		memcpy(exact, p.b, n);
		dg.payload = (struct bed4_cur){ exact, exact + n };
		o = bed4_decide_in(&fixture_self, &dg, policy, no_neigh, NULL, &v);
		if (!n)
			assert_int_equal(o, BED4_KEEPALIVE);
		else
			assert_int_equal(o, n < p.len ? BED4_MALFORMED : BED4_IN_NATIVE);
		test_free(exact);
	}
}

/* bed4_choose_path() as the fast path uses it: state, silence and use decide, nothing else. */
static void chooses_the_path(void **state)
{
	static const struct {
		enum bed4_neigh_state state;
		enum bed4_path path;
		__u32 heard, wake; /* the time is 100 */
		enum bed4_outcome o;
		bool tell;
	} cases[] = {
		{ BED4_NEIGH_INCOMPLETE, BED4_PATH_ROUTER, 100, BED4_NEVER, BED4_OUT_ROUTER, false },
		{ BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT, 100, BED4_NEVER, BED4_OUT, false },
		{ BED4_NEIGH_REACHABLE, BED4_PATH_LAN, 96, BED4_NEVER, BED4_OUT, false },
		{ BED4_NEIGH_REACHABLE, BED4_PATH_DIRECT, 95, BED4_NEVER, BED4_OUT, true },
		{ BED4_NEIGH_STALE, BED4_PATH_DIRECT, 81, 0, BED4_OUT, true },
		{ BED4_NEIGH_STALE, BED4_PATH_DIRECT, 80, 0, BED4_OUT_ROUTER, true },
		{ BED4_NEIGH_DELAY, BED4_PATH_DIRECT, 50, BED4_NEVER, BED4_OUT, false },
		{ BED4_NEIGH_PROBE, BED4_PATH_DIRECT, 50, BED4_NEVER, BED4_OUT, false },
		{ BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER, 50, 101, BED4_OUT_ROUTER, false },
		{ BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER, 50, 100, BED4_OUT_ROUTER, true },
		{ BED4_NEIGH_VIA_ROUTER, BED4_PATH_ROUTER, 50, BED4_NEVER, BED4_OUT_ROUTER, false },
		{ BED4_NEIGH_PERMANENT, BED4_PATH_DIRECT, 0, BED4_NEVER, BED4_OUT, false },
	};
	struct bed4_self self = peer_self();
	struct bed4_verdict v;
	struct bed4_cur upper;
	struct pkt p;
	bool tell;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bed4_neigh n = { .addr = ep(DARK4, 7000).addr, .port = htons(7000),
					.state = cases[i].state, .path = cases[i].path,
					.heard = cases[i].heard, .wake = cases[i].wake };
		enum bed4_outcome o;

		pkt_udp6(&p, PEER6, FAR6, 64, 10);
		assert_int_equal(bed4_decide_out(&self, (struct bed4_cur){ p.b, p.b + p.len }, p.len,
						 BED4_FROM_TUN, policy, NULL, &v), BED4_OUT_ROUTER);
		upper = (struct bed4_cur){ p.b + 40, p.b + p.len };
		o = bed4_choose_path(&self, &n, 100, upper, policy, NULL, &v, &tell);
		if (o != cases[i].o || tell != cases[i].tell)
			fail_msg("case %zu: outcome %d, tell %d", i, o, tell);
		assert_true(bed4_ep_eq(v.to, o == BED4_OUT ? ep(DARK4, 7000) : self.server));
	}
	assert_int_equal(bed4_choose_path(&self, NULL, 100, upper, policy, NULL, &v, &tell),
			 BED4_OUT_ROUTER);
	assert_true(tell);
}

static const struct bed4_neigh *lan_neigh(const void *arg, const struct bed4_in6 *addr)
{
	(void)addr;
	return arg;
}

/* A special-purpose outer source is heard only from where the cache knows a LAN neighbour. */
static void hears_the_lan(void **state)
{
	struct bed4_neigh n = { .addr = ep("192.168.7.3", 0).addr, .port = htons(5000) };
	struct bed4_self self = peer_self();
	struct bed4_verdict v;
	struct bed4_dgram dg;
	struct pkt p;

	(void)state;
	pkt_udp6(&p, FAR6, PEER6, 64, 10);
	dg = (struct bed4_dgram){ .src = ep("192.168.7.3", 5000), .len = p.len,
				  .payload = { p.b, p.b + p.len } };
	policy_answer = BED4_POLICY_NONE;
	assert_int_equal(bed4_decide_in(&self, &dg, policy, no_neigh, NULL, &v), BED4_SRC_SPECIAL);
	assert_int_equal(bed4_decide_in(&self, &dg, policy, lan_neigh, &n, &v), BED4_IN_LOCAL);
	dg.src.port = htons(5002);
	assert_int_equal(bed4_decide_in(&self, &dg, policy, lan_neigh, &n, &v), BED4_SRC_SPECIAL);
	dg.src = ep("127.0.0.1", 5000);
	assert_int_equal(bed4_decide_in(&self, &dg, policy, lan_neigh, &n, &v), BED4_SRC_SPECIAL);
	dg.src = ep("192.168.7.3", 5000);
	self.role = BED4_ROLE_ROUTER;
	assert_int_equal(bed4_decide_in(&self, &dg, policy, lan_neigh, &n, &v), BED4_SRC_SPECIAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chooses_the_path),
		cmocka_unit_test(hears_the_lan),
		cmocka_unit_test(peer_accepts_its_own_only),
		cmocka_unit_test(peer_sends_by_the_router),
		cmocka_unit_test(router_sends_from_the_tun),
		cmocka_unit_test(policy_lifts_and_denies),
		cmocka_unit_test(public_address_is_own),
		cmocka_unit_test(every_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
