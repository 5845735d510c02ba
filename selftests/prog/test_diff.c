// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Generated packets, good, mutated and hostile, through the XDP and the TC object and the native
 * decision: verdict, bytes and counted outcome agree, or the object has passed the packet on as it
 * was, for the slow path to decide. DIFF_RUNS says how many; the seed is fixed, so that a finding
 * comes again.
 */
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

static const char *any_address(bool source)
{
	static const char *const all[] = {
		PEER6, PEER6, FAR6, HOST6, NET6, OWN6, DARK6, DARKNET6, "::", "::1", "ff02::1", "fe80::1",
		"::ffff:1.2.3.4", "::1.2.3.4", "2001:67c:127c:0:51c3:83ff:fe01:204", "2001:67c:127c::1",
		"2001:67c:127c:0:52c3:aff:fe00:1", "2001:db8:6::1", "2001:67c:127c:0:be64:7fff:fe00:1",
	};

	if (dice(4))
		return source ? PEER6 : dice(2) ? NET6 : FAR6;
	return all[dice(sizeof(all) / sizeof(*all))];
}

/* An inner packet: plain, ND, or behind extension headers. */
static void inner(struct pkt *p, bool native)
{
	static const uint8_t ext[] = { 0, 43, 44, 51, 60 };
	const char *src = native && dice(8) ? HOST6 : any_address(true);
	const char *dst = native && dice(8) ? FAR6 : any_address(false);
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
		pkt_outer(p, dice(12) ? PEER4 : dice(2) ? "10.1.2.3" : ROUTER4, dice(16) ? PPORT : dice(65536),
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
	return diff_load(&fixture_self);
}

static int tear_down(void **state)
{
	(void)state;
	diff_unload();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(objects_and_decision_agree) };

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
