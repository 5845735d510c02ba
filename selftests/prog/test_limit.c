// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Admission to the slow path under BPF_PROG_RUN: how many packets of a flood are passed on to the
 * daemon and how many are LIMITED, at XDP and at TC, which share the buckets; and how many senders the
 * daemon is told of. Time goes by during a test, so tokens that grow meanwhile are allowed for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <linux/pkt_cls.h>

#include "xdp_run.h"
#include "bed4_tc.skel.h"

enum { SITE = 50, ONE = 10, ALL = 500 }; /* bursts */

static struct bed4_tc_bpf *tc;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* What XDP has done, for TC to read. */
static void in_mode(enum bed4_mode mode)
{
	struct bed4_info info = { .made = { .abi = BED4_ABI }, .mode = mode };
	__u32 zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(t.xdp->maps.info), &zero, &info, BPF_ANY), 0);
}

static int by_xdp(const struct pkt *p, enum fx_dev dev)
{
	static uint8_t out[PKT_MAX];
	struct xdp_md md = { .data_end = p->len, .ingress_ifindex = t.dev[dev] };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->b, .data_size_in = p->len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &md, .ctx_size_in = sizeof(md));

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(t.xdp->progs.bed4_xdp), &opts), 0);
	return (int)opts.retval;
}

static int by_tc(const struct pkt *p)
{
	static uint8_t out[PKT_MAX];
	struct __sk_buff skb = { .ifindex = t.dev[FX_UNDER] };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->b, .data_size_in = p->len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &skb, .ctx_size_in = sizeof(skb));

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(tc->progs.bed4_tc_in), &opts), 0);
	return (int)opts.retval;
}

/* The @i-th packet of a flood. */
typedef void (*flood_fn)(struct pkt *p, unsigned int i);

static void rs_from(struct pkt *p, const char *src4, unsigned int port)
{
	pkt_ip6(p, "::", "ff02::2", 58, 255, 16, 2);
	p->b[40] = 133;
	pkt_outer(p, src4, port, ROUTER4, PORT, 0, CSUM_ZERO);
	pkt_eth(p, MAC_UNDER, MAC_PEER, 0x0800);
}

static void one_endpoint(struct pkt *p, unsigned int i)
{
	(void)i;
	rs_from(p, PEER4, PPORT);
}

static void many_ports(struct pkt *p, unsigned int i)
{
	rs_from(p, PEER4, 1024 + 2 * i);
}

static void many_addresses(struct pkt *p, unsigned int i)
{
	char src4[32];

	snprintf(src4, sizeof(src4), "20.%u.%u.%u", i >> 16 & 0xff, i >> 8 & 0xff, i & 0xff);
	rs_from(p, src4, PPORT);
}

/* Validated senders, each of which asks for an endpoint that is none: large answers. */
static void unreachable(struct pkt *p, unsigned int i)
{
	char src6[64];
	unsigned int port = 1024 + 2 * i;

	snprintf(src6, sizeof(src6), "2001:67c:127c:0:%02x%02x:91ff:fe88:7", (port & 0xff) ^ 2, port >> 8);
	pkt_udp6(p, src6, "2001:67c:127c::1", 64, 132 - 48);
	pkt_outer(p, PEER4, port, ROUTER4, PORT, 0, CSUM_ZERO);
	pkt_eth(p, MAC_UNDER, MAC_PEER, 0x0800);
}

static void mismatch(struct pkt *p, unsigned int i)
{
	(void)i;
	pkt_udp6(p, FAR6, HOST6, 64, 10);
	tunnelled(p, CSUM_ZERO);
}

static void one_host(struct pkt *p, unsigned int i)
{
	(void)i;
	from_host(p, HOST6, "2001:67c:127c::1", 64, 10);
}

static void one_net(struct pkt *p, unsigned int i)
{
	char host[64];

	snprintf(host, sizeof(host), "2001:db8:6::%x", i + 2);
	from_host(p, host, "2001:67c:127c::1", 64, 10);
}

static void big_net(struct pkt *p, unsigned int i)
{
	char host[64];

	snprintf(host, sizeof(host), "2001:db8:6::%x", i + 2);
	from_host(p, host, FAR6, 64, 1300);
}

struct flood {
	const char *name;
	flood_fn make;
	unsigned int packets, burst, rate; /* expected: burst + rate * time are passed on */
	enum bed4_outcome passed; /* their outcome */
	enum fx_dev dev;
};

static const struct flood floods[] = {
	{ "one endpoint", one_endpoint, 100, ONE, 5, BED4_SLOW_ND, FX_UNDER },
	{ "one address", many_ports, 500, SITE, 100, BED4_SLOW_ND, FX_UNDER },
	{ "random addresses", many_addresses, 3000, ALL, 5000, BED4_SLOW_ND, FX_UNDER },
	{ "large answers", unreachable, 500, SITE / 2, 50, BED4_SLOW_UNREACH, FX_UNDER },
	{ "inner source of another", mismatch, 100, ONE, 5, BED4_SLOW_MISMATCH, FX_UNDER },
	{ "one host", one_host, 100, ONE, 5, BED4_SLOW_UNREACH, FX_V6 },
	{ "one /64", one_net, 500, SITE, 100, BED4_SLOW_UNREACH, FX_V6 },
	{ "one /64, too big, answered by XDP", big_net, 500, SITE, 100, BED4_ICMP_BIG, FX_V6 },
};

static void run_flood(const struct flood *f, bool with_tc)
{
	enum bed4_hook hook = with_tc ? BED4_HOOK_TC_IN : BED4_HOOK_XDP;
	__u64 before[BED4_OUTCOME_COUNT], after[BED4_OUTCOME_COUNT], passed, limited;
	int stats = bpf_map__fd(t.xdp->maps.stats);
	static struct pkt p;
	double began;

	forget_limits();
	fixture_counts(stats, hook, before);
	began = now();
	for (unsigned int i = 0; i < f->packets; i++) {
		f->make(&p, i);
		if (with_tc)
			by_tc(&p);
		else
			by_xdp(&p, f->dev);
	}
	fixture_counts(stats, hook, after);
	passed = after[f->passed] - before[f->passed];
	limited = after[BED4_LIMITED] - before[BED4_LIMITED];
	/* The clock that is asked is that of the last tick: one more of each rate may have grown. */
	if (passed + limited != f->packets || passed < f->burst - (f->packets > 1000 ? 20 : 0) ||
	    (double)passed > f->burst + 1 + f->rate * (now() - began + 0.02))
		fail_msg("%s: %llu passed, %llu limited in %.3f s", f->name, passed, limited, now() - began);
}

static void bounds_floods_at_xdp(void **state)
{
	(void)state;
	in_mode(BED4_MODE_NATIVE);
	for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++)
		run_flood(&floods[i], false);
}

static void bounds_floods_at_tc(void **state)
{
	(void)state;
	in_mode(BED4_MODE_TC);
	for (size_t i = 0; i < sizeof(floods) / sizeof(*floods); i++) {
		if (floods[i].dev == FX_UNDER)
			run_flood(&floods[i], true);
	}
}

/* What XDP has charged for goes by TC as it is; where XDP is not, or cannot know, TC charges. */
static void charges_once(void **state)
{
	static struct pkt p;
	unsigned int passed = 0;

	(void)state;
	in_mode(BED4_MODE_NATIVE);
	forget_limits();
	one_endpoint(&p, 0);
	for (int i = 0; i < 50; i++)
		passed += by_xdp(&p, FX_UNDER) == XDP_PASS && by_tc(&p) == TC_ACT_UNSPEC;
	assert_in_range(passed, ONE, ONE + 1);
	assert_int_equal(by_tc(&p), TC_ACT_UNSPEC);
	in_mode(BED4_MODE_GENERIC);
	assert_int_equal(by_tc(&p), TC_ACT_UNSPEC);
	in_mode(BED4_MODE_TC);
	forget_limits();
	for (int i = passed = 0; i < 50; i++)
		passed += by_tc(&p) == TC_ACT_UNSPEC;
	assert_in_range(passed, ONE, ONE + 1);
	in_mode(BED4_MODE_GENERIC); /* what may have been merged is told apart at TC only */
	forget_limits();
	from_peer(&p, FAR6, 64, 1300, CSUM_FULL);
	for (int i = passed = 0; i < 50; i++)
		passed += by_tc(&p) == TC_ACT_UNSPEC;
	assert_in_range(passed, ONE, ONE + 1);
}

/* Forwarding costs nobody anything, however empty the buckets are. */
static void forwards_while_limited(void **state)
{
	static struct pkt p;

	(void)state;
	in_mode(BED4_MODE_NATIVE);
	run_flood(&floods[2], false);
	from_peer(&p, FAR6, 64, 100, CSUM_FULL);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(by_xdp(&p, FX_UNDER), XDP_TX);
	from_host(&p, HOST6, FAR6, 64, 100);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(by_xdp(&p, FX_V6), XDP_REDIRECT);
}

static void get_cpus(struct bed4_cpu *sum)
{
	struct bed4_cpu cpu[libbpf_num_possible_cpus()];
	__u32 zero = 0;

	*sum = (struct bed4_cpu){ 0 };
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(t.xdp->maps.percpu), &zero, cpu), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++) {
		sum->events_lost += cpu[i].events_lost;
		sum->collisions += cpu[i].collisions;
	}
}

/* More senders than the table has slots: some take over from others, which is counted. */
static void counts_collisions(void **state)
{
	struct bed4_cpu before, after;

	(void)state;
	in_mode(BED4_MODE_NATIVE);
	get_cpus(&before);
	run_flood(&floods[2], false);
	get_cpus(&after);
	assert_in_range(after.collisions - before.collisions, 1, 1000);
	get_cpus(&before);
	run_flood(&floods[0], false);
	get_cpus(&after);
	assert_int_equal(after.collisions, before.collisions);
}

/* All account: each packet is of a sender that `neigh` does not hold; the ring buffer is not read. */
static int taken(void *ctx, void *data, size_t len)
{
	(void)ctx;
	(void)data;
	(void)len;
	return 0;
}

/* On a slow machine what came before has half filled it, and what it has no room for is lost besides. */
static void empty_events(void)
{
	struct ring_buffer *rb = ring_buffer__new(bpf_map__fd(t.xdp->maps.events), taken, NULL, NULL);

	assert_non_null(rb);
	assert_true(ring_buffer__consume(rb) >= 0);
	ring_buffer__free(rb);
}

static void bounds_events(void **state)
{
	struct bed4_cpu before, after;
	unsigned long told;
	static struct pkt p;
	double began = now();
	char src6[64];

	(void)state;
	forget_limits();
	empty_events();
	get_cpus(&before);
	for (unsigned int i = 0; i < 3000; i++) {
		snprintf(src6, sizeof(src6), "2001:67c:127c:0:52c3:14ff:fe%02x:%02x%02x", i >> 16 & 0xff,
			 i >> 8 & 0xff, i & 0xff);
		pkt_udp6(&p, src6, HOST6, 64, 10);
		pkt_outer(&p, "20.0.0.0", PPORT, ROUTER4, PORT, 0, CSUM_ZERO);
		p.b[13] = i >> 16 & 0xff;
		p.b[14] = i >> 8 & 0xff;
		p.b[15] = i & 0xff;
		pkt_ip4_csum(p.b);
		pkt_eth(&p, MAC_UNDER, MAC_PEER, 0x0800);
		assert_int_equal(by_xdp(&p, FX_UNDER), XDP_REDIRECT);
	}
	get_cpus(&after);
	told = 3000 - (after.events_lost - before.events_lost);
	assert_in_range(told, 500, 520 + (unsigned long)(1000 * (now() - began)));
}

static void account_all(struct bed4_xdp_bpf__rodata *ro)
{
	ro->cfg_account = 1;
}

#define SHARE(name) bpf_map__reuse_fd(tc->maps.name, bpf_map__fd(t.xdp->maps.name))

static int set_up_both(void **state)
{
	(void)state;
	if (load(account_all))
		return -1;
	tc = bed4_tc_bpf__open();
	if (!tc)
		return -1;
	tc->rodata->cfg_dscp = BED4_DSCP_COPY;
	tc->rodata->cfg_underlay = t.dev[FX_UNDER];
	tc->rodata->cfg_tun = if_nametoindex("tun");
	if (SHARE(self) || SHARE(info) || SHARE(stats) || SHARE(limit) || SHARE(percpu))
		return -1;
	return bed4_tc_bpf__load(tc);
}

static int tear_down_both(void **state)
{
	(void)state;
	bed4_tc_bpf__destroy(tc);
	unload();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_floods_at_xdp),	  cmocka_unit_test(bounds_floods_at_tc),
		cmocka_unit_test(charges_once),		  cmocka_unit_test(forwards_while_limited),
		cmocka_unit_test(counts_collisions),	  cmocka_unit_test(bounds_events),
	};

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, set_up_both, tear_down_both);
}
