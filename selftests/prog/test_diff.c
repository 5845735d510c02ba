// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Generated packets, good, mutated and hostile, through the XDP and the TC object and the native
 * decision: verdict, bytes and counted outcome agree, or the object has passed the packet on as it
 * was, for the slow path to decide. DIFF_RUNS says how many; the seed is fixed, so that a finding
 * comes again.
 */
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bed4_tc.skel.h"
#include "bed4_xdp.skel.h"
#include "cases.h"

static struct bed4_xdp_bpf *xdp;
static struct bed4_tc_bpf *tc;
static unsigned int dev[2];
static __u64 counted[2][BED4_OUTCOME_COUNT]; /* by XDP, by TC ingress */
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

/* --- comparing ------------------------------------------------------------------------------------ */

static __u64 count_of(int map, enum bed4_hook hook, enum bed4_outcome o)
{
	struct bed4_count c[libbpf_num_possible_cpus()];
	__u32 row = bed4_stat_row(hook, o);
	__u64 sum = 0;

	assert_int_equal(bpf_map_lookup_elem(map, &row, c), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		sum += c[i].packets;
	return sum;
}

static void say(const char *what, const struct pkt *p, enum bed4_outcome native)
{
	fprintf(stderr, "%s; native outcome %d; %zu bytes:", what, native, p->len);
	for (size_t i = 0; i < p->len && i < 140; i++)
		fprintf(stderr, "%s%02x", i % 4 ? "" : " ", p->b[i]);
	fprintf(stderr, "\n");
	fail_msg("%s", what);
}

/* Which of @may, ended by 0, has been counted now, and nothing else of them; 0: none. */
static enum bed4_outcome counted_now(int map, enum bed4_hook hook, const enum bed4_outcome *may)
{
	enum bed4_outcome found = 0;
	__u64 now;

	for (; *may; may++) {
		now = count_of(map, hook, *may);
		if (now == counted[hook][*may])
			continue;
		if (found || now != counted[hook][*may] + 1)
			return 0;
		counted[hook][*may] = now;
		found = *may;
	}
	return found;
}

/* Does what is passed on as @o cost its sender something? */
static bool costs(enum bed4_outcome o, enum fx_dev from)
{
	return o == BED4_SLOW_UNREACH || o == BED4_SLOW_BIG ||
	       (from == FX_UNDER && (o == BED4_SLOW_ND || o == BED4_SLOW_MISMATCH || o == BED4_SLOW_HOPS));
}

static bool is_forward(enum bed4_outcome o)
{
	return o == BED4_IN_NATIVE || o == BED4_RELAY || o == BED4_OUT;
}

/* The inner packet in @out at @at: as it came in, but for class and, if @hop, one hop less. */
static bool same_inner(const struct bed4_verdict *v, const uint8_t *out, size_t at, size_t len, bool hop)
{
	static uint8_t want[PKT_MAX];

	memcpy(want, v->ip6, v->len);
	set_tclass(want, v->tclass);
	want[7] -= hop;
	return len == at + v->len && !memcmp(out + at, want, v->len);
}

/* An outer header for @to in front of @v's packet, whose sums are right. */
static bool good_outer(const struct bed4_verdict *v, const uint8_t *out)
{
	return out[14] == 0x45 && out[15] == v->tclass && pkt_get16(out + 16) == v->len + 28 &&
	       out[22] == 64 && out[23] == 17 && !pkt_fold(pkt_sum(0, out + 14, 20)) &&
	       !memcmp(out + 26, &fixture_self.listen.addr, 4) && !memcmp(out + 30, &v->to.addr, 4) &&
	       !memcmp(out + 34, &fixture_self.listen.port, 2) && !memcmp(out + 36, &v->to.port, 2) &&
	       pkt_get16(out + 38) == v->len + 8;
}

/* Packet Too Big about @v's packet, to where it came from. */
static bool good_refusal(const struct bed4_verdict *v, const uint8_t *out, size_t len, enum fx_dev from)
{
	const size_t at = from == FX_V6 ? 14 : 42;
	const uint8_t *ip6 = out + at, *icmp = ip6 + 40;

	return len == at + 1280 && ip6[0] == 0x60 && pkt_get16(ip6 + 4) == 1240 && ip6[6] == 58 &&
	       !memcmp(ip6 + 8, &fixture_self.own, 16) && !memcmp(ip6 + 24, &v->ip6->src, 16) &&
	       icmp[0] == 2 && !icmp[1] && pkt_get16(icmp + 6) == fixture_self.mtu &&
	       !pkt_csum6(ip6 + 8, 58, icmp, 1240) && !memcmp(icmp + 8, v->ip6, 1232);
}

static void through_xdp(const struct pkt *p, enum fx_dev from)
{
	static uint8_t out[PKT_MAX];
	struct xdp_md md = { .data_end = p->len, .ingress_ifindex = dev[from] };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->b, .data_size_in = p->len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &md, .ctx_size_in = sizeof(md));
	struct bed4_verdict v = { 0 };
	enum bed4_outcome o = fixture_decide(p, from, &v), done;
	bool drop, sent;

	if (from == FX_V6 && o == BED4_MALFORMED)
		o = BED4_OTHER;
	if (o == BED4_OUT && v.len != p->len - 14)
		o = BED4_SLOW_TRAILING;
	enum bed4_outcome may[] = { o, is_forward(o) ? BED4_SLOW_NEXTHOP : BED4_SLOW_BIG, BED4_SLOW_BIG, 0 };

	if (o == BED4_SLOW_BIG) {
		may[1] = BED4_ICMP_BIG;
		may[2] = BED4_LIMITED;
	} else if (!is_forward(o)) {
		may[1] = costs(o, from) ? BED4_LIMITED : 0;
		may[2] = 0;
	}
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(xdp->progs.bed4_xdp), &opts), 0);
	done = counted_now(bpf_map__fd(xdp->maps.stats), BED4_HOOK_XDP, may);
	if (!done)
		say("XDP: another outcome was counted", p, o);
	sent = opts.retval == XDP_TX || opts.retval == XDP_REDIRECT;
	drop = done >= BED4_KEEPALIVE;
	if (sent != (is_forward(done) || done == BED4_ICMP_BIG) || drop != (opts.retval == XDP_DROP))
		say("XDP: verdict and outcome do not agree", p, o);
	if (done == BED4_IN_NATIVE && !same_inner(&v, out, 14, opts.data_size_out, true))
		say("XDP: decapsulated wrongly", p, o);
	/* The mark for TC stands in front, as metadata does here. */
	if (done == BED4_IN_LOCAL && !same_inner(&v, out, 4 + 14, opts.data_size_out, false))
		say("XDP: stripped wrongly", p, o);
	if ((done == BED4_RELAY || done == BED4_OUT) &&
	    (!same_inner(&v, out, 42, opts.data_size_out, true) || !good_outer(&v, out)))
		say("XDP: encapsulated wrongly", p, o);
	if (done == BED4_ICMP_BIG && !good_refusal(&v, out, opts.data_size_out, from))
		say("XDP: refused wrongly", p, o);
	if (!sent && !drop && done != BED4_IN_LOCAL &&
	    (opts.data_size_out != p->len || memcmp(out, p->b, p->len)))
		say("XDP: passed on, but changed", p, o);
}

/* TC ingress, without XDP before it: routes nothing itself. */
static void through_tc(const struct pkt *p)
{
	static uint8_t out[PKT_MAX];
	struct __sk_buff skb = { .ifindex = dev[FX_UNDER] };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->b, .data_size_in = p->len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &skb, .ctx_size_in = sizeof(skb));
	unsigned int type = pkt_get16(p->b + 12);
	bool ip6 = type == 0x86dd, sent;
	struct bed4_verdict v = { 0 };
	enum bed4_outcome o = ip6 ? BED4_OTHER : fixture_decide(p, FX_UNDER, &v), done;

	/* BPF_PROG_RUN takes no socket buffer that is shorter than its protocol's header. */
	if (p->len < 14 + (ip6 ? 40 : type == 0x0800 ? 20 : 1))
		return;
	if (o == BED4_MALFORMED)
		o = BED4_SLOW_MODE;
	enum bed4_outcome may[] = { o, costs(o, FX_UNDER) ? BED4_LIMITED : 0, 0 };

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(tc->progs.bed4_tc_in), &opts), 0);
	done = counted_now(bpf_map__fd(tc->maps.stats), BED4_HOOK_TC_IN, may);
	if (!done)
		say("TC: another outcome was counted", p, o);
	sent = opts.retval == TC_ACT_REDIRECT;
	if (sent != (is_forward(done) || done == BED4_IN_LOCAL) ||
	    (done >= BED4_KEEPALIVE) != (opts.retval == TC_ACT_SHOT))
		say("TC: verdict and outcome do not agree", p, o);
	if ((done == BED4_IN_NATIVE || done == BED4_IN_LOCAL) &&
	    !same_inner(&v, out, 14, opts.data_size_out, false))
		say("TC: stripped wrongly", p, o);
	if (done == BED4_RELAY &&
	    (!same_inner(&v, out, 42, opts.data_size_out, true) || !good_outer(&v, out)))
		say("TC: relayed wrongly", p, o);
	if (opts.retval == TC_ACT_OK && (opts.data_size_out != p->len || memcmp(out, p->b, p->len)))
		say("TC: passed on, but changed", p, o);
}

static void objects_and_decision_agree(void **state)
{
	const char *runs = getenv("DIFF_RUNS");
	unsigned long n = runs ? strtoul(runs, NULL, 10) : 100000;
	__u64 sum = 0, forwarded = 0;

	(void)state;
	for (unsigned long i = 0; i < n; i++) {
		static struct pkt p;
		enum fx_dev from;

		memset(p.b, 0, sizeof(p.b));
		frame(&p, &from);
		if (!(i % FORGET)) {
			fixture_forget_limits(bpf_map__fd(xdp->maps.limit));
			fixture_forget_limits(bpf_map__fd(tc->maps.limit));
		}
		through_xdp(&p, from);
		if (from == FX_UNDER)
			through_tc(&p);
	}
	/* Each packet was counted once, and enough of them were good ones. */
	for (int o = 1; o < BED4_OUTCOME_COUNT; o++) {
		assert_int_equal(count_of(bpf_map__fd(xdp->maps.stats), BED4_HOOK_XDP, o),
				 counted[BED4_HOOK_XDP][o]);
		sum += counted[BED4_HOOK_XDP][o];
		forwarded += is_forward(o) ? counted[BED4_HOOK_XDP][o] : 0;
	}
	assert_int_equal(sum, n);
	assert_true(forwarded > n / 20);
	assert_true(sum - forwarded > n / 20);
}

static int set_up(void **state)
{
	cpu_set_t one;
	__u32 zero = 0;

	(void)state;
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	dev[FX_UNDER] = if_nametoindex("under");
	dev[FX_V6] = if_nametoindex("v6");
	xdp = bed4_xdp_bpf__open();
	tc = bed4_tc_bpf__open();
	if (!xdp || !tc)
		return -1;
	xdp->rodata->cfg_dscp = tc->rodata->cfg_dscp = BED4_DSCP_COPY;
	xdp->rodata->cfg_underlay = tc->rodata->cfg_underlay = dev[FX_UNDER];
	xdp->rodata->cfg_tun = tc->rodata->cfg_tun = if_nametoindex("tun");
	xdp->rodata->cfg_out[0] = dev[FX_UNDER];
	xdp->rodata->cfg_out[1] = dev[FX_V6];
	xdp->rodata->cfg_out_count = 2;
	xdp->rodata->cfg_hop_mask = 1023;
	xdp->rodata->cfg_hop_life = 75;
	bpf_map__set_max_entries(xdp->maps.nexthop, 1024 * libbpf_num_possible_cpus());
	if (bed4_xdp_bpf__load(xdp) || bed4_tc_bpf__load(tc))
		return -1;
	return bpf_map_update_elem(bpf_map__fd(xdp->maps.self), &zero, &fixture_self, BPF_ANY) ||
	       bpf_map_update_elem(bpf_map__fd(tc->maps.self), &zero, &fixture_self, BPF_ANY);
}

static int tear_down(void **state)
{
	(void)state;
	bed4_xdp_bpf__destroy(xdp);
	bed4_tc_bpf__destroy(tc);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(objects_and_decision_agree) };

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
