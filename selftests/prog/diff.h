/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One packet through the XDP and the TC object and the native decision: verdict, bytes and counted outcome
 * agree, or the object has passed the packet on as it was, for the slow path to decide. In either role;
 * included by one test each, inside env.sh's namespace. Must not know where packets come from.
 */
#ifndef PROG_DIFF_H
#define PROG_DIFF_H

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
#include "fixture.h"

static struct {
	const struct bed4_self *self;
	struct bed4_xdp_bpf *xdp;
	struct bed4_tc_bpf *tc;
	unsigned int dev[2];
	__u64 counted[2][BED4_OUTCOME_COUNT]; /* by XDP, by TC ingress */
} diff;

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
		if (now == diff.counted[hook][*may])
			continue;
		if (found || now != diff.counted[hook][*may] + 1)
			return 0;
		diff.counted[hook][*may] = now;
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
	       !memcmp(out + 26, &diff.self->listen.addr, 4) && !memcmp(out + 30, &v->to.addr, 4) &&
	       !memcmp(out + 34, &diff.self->listen.port, 2) && !memcmp(out + 36, &v->to.port, 2) &&
	       pkt_get16(out + 38) == v->len + 8;
}

/* Packet Too Big about @v's packet, to where it came from. */
static bool good_refusal(const struct bed4_verdict *v, const uint8_t *out, size_t len, enum fx_dev from)
{
	const size_t at = from == FX_V6 ? 14 : 42;
	const uint8_t *ip6 = out + at, *icmp = ip6 + 40;

	return len == at + 1280 && ip6[0] == 0x60 && pkt_get16(ip6 + 4) == 1240 && ip6[6] == 58 &&
	       !memcmp(ip6 + 8, &diff.self->own, 16) && !memcmp(ip6 + 24, &v->ip6->src, 16) &&
	       icmp[0] == 2 && !icmp[1] && pkt_get16(icmp + 6) == diff.self->mtu &&
	       !pkt_csum6(ip6 + 8, 58, icmp, 1240) && !memcmp(icmp + 8, v->ip6, 1232);
}

static void diff_xdp(const struct pkt *p, enum fx_dev from)
{
	static uint8_t out[PKT_MAX];
	struct xdp_md md = { .data_end = p->len, .ingress_ifindex = diff.dev[from] };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->b, .data_size_in = p->len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &md, .ctx_size_in = sizeof(md));
	struct bed4_verdict v = { 0 };
	enum bed4_outcome o = fixture_decide(diff.self, p, from, &v), done;
	bool drop, sent;

	if (pkt_get16(p->b + 12) == 0x86dd && o == BED4_MALFORMED)
		o = BED4_OTHER; /* native, by whatever device */
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
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(diff.xdp->progs.bed4_xdp), &opts), 0);
	done = counted_now(bpf_map__fd(diff.xdp->maps.stats), BED4_HOOK_XDP, may);
	if (!done)
		say("XDP: another outcome was counted", p, o);
	if (opts.retval == XDP_ABORTED || opts.retval > XDP_REDIRECT || opts.data_size_out > p->len + 28)
		say("XDP: no verdict of ours, or too many bytes", p, o);
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
static void diff_tc(const struct pkt *p)
{
	static uint8_t out[PKT_MAX];
	struct __sk_buff skb = { .ifindex = diff.dev[FX_UNDER] };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->b, .data_size_in = p->len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &skb, .ctx_size_in = sizeof(skb));
	unsigned int type = pkt_get16(p->b + 12);
	bool ip6 = type == 0x86dd, sent;
	struct bed4_verdict v = { 0 };
	enum bed4_outcome o = ip6 ? BED4_OTHER : fixture_decide(diff.self, p, FX_UNDER, &v), done;

	/* BPF_PROG_RUN takes no socket buffer that is shorter than its protocol's header. */
	if (p->len < 14 + (ip6 ? 40 : type == 0x0800 ? 20 : 1))
		return;
	if (o == BED4_MALFORMED)
		o = BED4_SLOW_MODE;
	enum bed4_outcome may[] = { o, costs(o, FX_UNDER) ? BED4_LIMITED : 0, 0 };

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(diff.tc->progs.bed4_tc_in), &opts), 0);
	done = counted_now(bpf_map__fd(diff.tc->maps.stats), BED4_HOOK_TC_IN, may);
	if (!done)
		say("TC: another outcome was counted", p, o);
	if (((int)opts.retval != TC_ACT_UNSPEC && opts.retval != TC_ACT_SHOT && opts.retval != TC_ACT_REDIRECT) ||
	    opts.data_size_out > p->len + 28)
		say("TC: no verdict of ours, or too many bytes", p, o);
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
	if ((int)opts.retval == TC_ACT_UNSPEC && (opts.data_size_out != p->len || memcmp(out, p->b, p->len)))
		say("TC: passed on, but changed", p, o);
}

static inline void diff_forget_limits(void)
{
	fixture_forget_limits(bpf_map__fd(diff.xdp->maps.limit));
	fixture_forget_limits(bpf_map__fd(diff.tc->maps.limit));
}

/* Every packet was counted once and as nothing else; returns how many, *@forwarded of them FORWARD. */
static __u64 diff_total(enum bed4_hook hook, __u64 *forwarded)
{
	int map = bpf_map__fd(hook == BED4_HOOK_XDP ? diff.xdp->maps.stats : diff.tc->maps.stats);
	__u64 sum = 0;

	*forwarded = 0;
	for (int o = 1; o < BED4_OUTCOME_COUNT; o++) {
		assert_int_equal(count_of(map, hook, o), diff.counted[hook][o]);
		sum += diff.counted[hook][o];
		*forwarded += is_forward(o) ? diff.counted[hook][o] : 0;
	}
	return sum;
}

static void diff_unload(void)
{
	bed4_xdp_bpf__destroy(diff.xdp);
	bed4_tc_bpf__destroy(diff.tc);
	memset(&diff, 0, sizeof(diff));
}

/* Loads both objects as @self, with no packet counted yet; this thread stays on one CPU from now on. */
static int diff_load(const struct bed4_self *self)
{
	cpu_set_t one;
	__u32 zero = 0;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	diff.self = self;
	diff.dev[FX_UNDER] = if_nametoindex("under");
	diff.dev[FX_V6] = if_nametoindex("v6");
	diff.xdp = bed4_xdp_bpf__open();
	diff.tc = bed4_tc_bpf__open();
	if (!diff.xdp || !diff.tc)
		return -1;
	diff.xdp->rodata->cfg_role = diff.tc->rodata->cfg_role = self->role;
	diff.xdp->rodata->cfg_plan = diff.tc->rodata->cfg_plan = self->flags & BED4_SELF_PLAN;
	diff.xdp->rodata->cfg_dscp = diff.tc->rodata->cfg_dscp = BED4_DSCP_COPY;
	diff.xdp->rodata->cfg_underlay = diff.tc->rodata->cfg_underlay = diff.dev[FX_UNDER];
	diff.xdp->rodata->cfg_tun = diff.tc->rodata->cfg_tun = if_nametoindex("tun");
	diff.xdp->rodata->cfg_out[0] = diff.dev[FX_UNDER];
	diff.xdp->rodata->cfg_out[1] = diff.dev[FX_V6];
	diff.xdp->rodata->cfg_out_count = 2;
	diff.xdp->rodata->cfg_hop_mask = 1023;
	diff.xdp->rodata->cfg_hop_life = 75;
	bpf_map__set_max_entries(diff.xdp->maps.nexthop, 1024 * libbpf_num_possible_cpus());
	if (bed4_xdp_bpf__load(diff.xdp) || bed4_tc_bpf__load(diff.tc))
		return -1;
	return bpf_map_update_elem(bpf_map__fd(diff.xdp->maps.self), &zero, self, BPF_ANY) ||
	       bpf_map_update_elem(bpf_map__fd(diff.tc->maps.self), &zero, self, BPF_ANY);
}

#endif
