// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Generated packets, good, mutated and hostile, through the XDP and the TC object and the native
 * decision: verdict, bytes and counted outcome agree, or the object has passed the packet on as it
 * was, for the slow path to decide. Once as ever, once with the plan `server-prefix`. DIFF_RUNS says how many; the seed is fixed, so that a finding
 * comes again.
 */
#include <arpa/inet.h>

#include "cases.h"
#include "diff.h"

#define FORGET 100 /* packets, of which most that cost something are within their limits */

static uint64_t rng = 88172645463325252ull;

static unsigned int dice(unsigned int n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return (unsigned int)(rng >> 16) % n;
}

/* --- packets ------------------------------------------------------------------------------------- */

/* With the plan: OWN6, PEER6 and FAR6 of our prefix; THEIRS is under the router at PEER4:PORT. */
#define P_OWN	 "fc64:9188:1:64bc:be64:91ff:fe88:1"
#define P_PEER	 "fc64:9188:1:64bc:52c3:91ff:fe88:7"
#define P_FAR	 "fc64:9188:1:64bc:52c3:83ff:fe01:204"
#define P_THEIRS "fc64:9188:7:64bc:52c3:83ff:fe01:204"

static bool planned;

static const char *planned_address(bool source)
{
	static const char *const all[] = {
		P_PEER, P_OWN, P_FAR, P_THEIRS, P_THEIRS, HOST6, NET6, PEER6, DARKNET6, "::", "fe80::1", "ff02::1",
		"fc64:9188:7:64bc:be64:91ff:fe88:7", "fc64:9188:7:64bc::1", "fc64:9188:7:64bd:52c3:83ff:fe01:204",
		"fc64:8301:204:64bc:52c3:91ff:fe88:7", "fc64:9188:9:64bc:52c3:91ff:fe88:7",
		"fc64:a01:203:64bc:52c3:83ff:fe01:204", "fc64:9188:1:64be:52c3:83ff:fe01:204",
		"fc64:7f00:1:64bc:52c3:83ff:fe01:204", "fc65:9188:7:64bc:52c3:83ff:fe01:204",
	};

	if (dice(3))
		return source ? (dice(3) ? P_PEER : P_THEIRS) : dice(3) ? P_THEIRS : dice(2) ? P_FAR : NET6;
	return all[dice(sizeof(all) / sizeof(*all))];
}

static const char *any_address(bool source)
{
	static const char *const all[] = {
		PEER6, PEER6, FAR6, HOST6, NET6, OWN6, DARK6, DARKNET6, "::", "::1", "ff02::1", "fe80::1",
		"::ffff:1.2.3.4", "::1.2.3.4", "2001:67c:127c:0:51c3:83ff:fe01:204", "2001:67c:127c::1",
		"2001:67c:127c:0:52c3:aff:fe00:1", "2001:db8:6::1", "2001:67c:127c:0:be64:7fff:fe00:1",
	};

	if (planned)
		return planned_address(source);
	if (dice(4))
		return source ? PEER6 : dice(2) ? NET6 : FAR6;
	return all[dice(sizeof(all) / sizeof(*all))];
}

/* An inner packet: plain, ND, or behind extension headers. */
static void inner(struct pkt *p, bool native)
{
	static const uint8_t ext[] = { 0, 43, 44, 51, 60 };
	const char *src = native && dice(8) ? HOST6 : any_address(true);
	const char *dst = native && dice(8) ? (planned ? P_FAR : FAR6) : any_address(false);
	unsigned int hops = dice(6) ? 64 : dice(3), kind = dice(10);
	size_t n = 8 + (dice(8) ? dice(100) : dice(1400));

	if (kind < 4)
		pkt_ip6(p, src, dst, 17, hops, n, dice(10) ? 6 : SIZE_MAX - 2);
	else if (kind < 6)
		pkt_ip6(p, src, dst, 6, hops, n + 20, 16);
	else if (kind < 7)
		pkt_ip6(p, src, dst, 58, hops, n, 2);
	else
		pkt_ip6(p, src, dst, ext[dice(5)], hops, n + 24, SIZE_MAX - 2);
	if (kind == 6)
		p->b[40] = (uint8_t)(dice(2) ? 128 : 133 + dice(5));
	for (size_t at = 40; kind > 6 && at + 8 < p->len && dice(3); at += 8) {
		p->b[at] = dice(3) ? ext[dice(5)] : dice(2) ? 58 : 17;
		p->b[at + 1] = (uint8_t)(dice(3) ? 0 : dice(4));
		if (dice(2))
			p->b[at + 2] = p->b[at + 3] = 0;
		if (p->b[at] == 58 && at + 8 < p->len && dice(2))
			p->b[at + 8] = (uint8_t)(133 + dice(5)); /* ND that hides */
	}
	if (!dice(3))
		set_tclass(p->b, dice(256));
}

static void frame(struct pkt *p, enum fx_dev *from)
{
	bool native = !dice(3);

	*from = native ? FX_V6 : FX_UNDER;
	inner(p, native);
	if (native) {
		pkt_eth(p, MAC_V6, MAC_HOST, 0x86dd);
	} else {
		pkt_outer(p, dice(12) ? PEER4 : dice(2) ? "10.1.2.3" : ROUTER4, planned && dice(2) ? PORT : dice(16) ? PPORT : dice(65536),
			  dice(32) ? ROUTER4 : FAR4, dice(32) ? PORT : 53, dice(4) ? 0 : dice(256),
			  (enum pkt_csum)dice(3));
		pkt_eth(p, MAC_UNDER, MAC_PEER, 0x0800);
	}
	for (unsigned int i = dice(2) * dice(4); i; i--)
		p->b[12 + dice(90)] ^= (uint8_t)(1u << dice(8));
	if (!dice(3) && !native)
		pkt_ip4_csum(p->b + 14);
	if (!dice(20))
		p->len -= dice((unsigned int)(p->len - 14));
	if (!dice(20))
		p->len += dice(20);
	if (p->len < 15)
		p->len = 15;
}

static void objects_and_decision_agree(void **state)
{
	const char *runs = getenv("DIFF_RUNS");
	unsigned long n = runs ? strtoul(runs, NULL, 10) : 100000;
	__u64 sum, forwarded;

	(void)state;
	for (unsigned long i = 0; i < n; i++) {
		static struct pkt p;
		enum fx_dev from;

		memset(p.b, 0, sizeof(p.b));
		frame(&p, &from);
		if (!(i % FORGET))
			diff_forget_limits();
		diff_xdp(&p, from);
		if (from == FX_UNDER)
			diff_tc(&p);
	}
	/* Each packet was counted, and enough of them were good ones. */
	sum = diff_total(BED4_HOOK_XDP, &forwarded);
	assert_int_equal(sum, n);
	assert_true(forwarded > n / 20);
	assert_true(sum - forwarded > n / 20);
}

static int set_up(void **state)
{
	(void)state;
	planned = false;
	return diff_load(&fixture_self);
}

static int set_up_plan(void **state)
{
	static struct bed4_self self;

	(void)state;
	planned = true;
	self = fixture_self;
	self.flags |= BED4_SELF_PLAN;
	inet_pton(AF_INET6, P_OWN, &self.own);
	return diff_load(&self);
}

/* One packet through everything: the outcome of XDP that was counted, by which devices and for whom. */
static void expect(const char *name, enum bed4_outcome want, unsigned int port, const char *src, const char *dst)
{
	static struct pkt p;
	__u64 before = diff.counted[BED4_HOOK_XDP][want];

	memset(p.b, 0, sizeof(p.b));
	pkt_udp6(&p, src, dst, 64, 100);
	if (port) {
		pkt_outer(&p, PEER4, port, ROUTER4, PORT, 0, CSUM_FULL);
		pkt_eth(&p, MAC_UNDER, MAC_PEER, 0x0800);
	} else {
		pkt_eth(&p, MAC_V6, MAC_HOST, 0x86dd);
	}
	diff_forget_limits();
	diff_xdp(&p, port ? FX_UNDER : FX_V6);
	if (port)
		diff_tc(&p);
	if (diff.counted[BED4_HOOK_XDP][want] != before + 1)
		fail_msg("%s: not counted as %d", name, want);
}

/* Bytes and destinations are compared with the native decision, which selftests/unit/test_plan.c proves. */
static void a_router_of_the_plan(void **state)
{
	(void)state;
	expect("to another router", BED4_RELAY, PPORT, P_PEER, P_THEIRS);
	expect("from another router", BED4_RELAY, PORT, P_THEIRS, P_PEER);
	expect("as ever", BED4_RELAY, PPORT, P_PEER, P_FAR);
	expect("to us from another router", BED4_IN_LOCAL, PORT, P_THEIRS, P_OWN);
	expect("in the other router's name", BED4_SRC_SPOOFED, PPORT, P_THEIRS, P_PEER);
	expect("by the other router in ours", BED4_SLOW_MISMATCH, PORT, P_PEER, P_FAR);
	expect("by another router natively", BED4_SRC_FOREIGN, PORT, HOST6, P_PEER);
	expect("by two routers on", BED4_DST_FOREIGN, PORT, P_THEIRS, HOST6);
	expect("to a special router", BED4_SLOW_UNREACH, PPORT, P_PEER, "fc64:a01:203:64bc:52c3:83ff:fe01:204");
	expect("natively from one of theirs", BED4_SRC_SPOOFED, 0, P_THEIRS, P_FAR);
	expect("natively to one of theirs", BED4_OTHER, 0, HOST6, P_THEIRS);
}

static int tear_down(void **state)
{
	(void)state;
	diff_unload();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(objects_and_decision_agree, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_router_of_the_plan, set_up_plan, tear_down),
		cmocka_unit_test_setup_teardown(objects_and_decision_agree, set_up_plan, tear_down),
	};

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
