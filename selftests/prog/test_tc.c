// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The TC ingress program under BPF_PROG_RUN: packet in, verdict, packet out byte for byte, counter,
 * and the native decision on the same packet. TC egress on the TUN sees packets without a
 * link-layer header, which BPF_PROG_RUN cannot make; selftests/net covers it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <stdlib.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bed4_tc.skel.h"
#include "cases.h"

static struct bed4_tc_bpf *tc;
static unsigned int under;
static unsigned int gso_size; /* of the next packets */

static void run(const struct fixture *f)
{
	__u64 before[BED4_OUTCOME_COUNT], after[BED4_OUTCOME_COUNT];
	struct __sk_buff skb = { .ifindex = under, .gso_size = gso_size };
	uint8_t out[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->in.b, .data_size_in = f->in.len,
		    .data_out = out, .data_size_out = sizeof(out), .ctx_in = &skb,
		    .ctx_size_in = sizeof(skb), .repeat = 1);
	int stats = bpf_map__fd(tc->maps.stats);

	fixture_forget_limits(bpf_map__fd(tc->maps.limit));
	fixture_counts(stats, BED4_HOOK_TC_IN, before);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(tc->progs.bed4_tc_in), &opts), 0);
	if ((int)opts.retval != f->verdict)
		fail_msg("%s: verdict %u, expected %d", f->name, opts.retval, f->verdict);
	fixture_compare(f, out, opts.data_size_out);
	fixture_counts(stats, BED4_HOOK_TC_IN, after);
	fixture_counted(f, before, after);
	fixture_native(f);
}

/* To native and to this machine alike: stripped, unrouted, into the TUN device. */
static void strips(void **state)
{
	struct fixture f = { .verdict = TC_ACT_REDIRECT };
	enum pkt_csum mode;
	size_t n;

	(void)state;
	for (n = 0; n < 1200; n += 399) {
		for (mode = CSUM_ZERO; mode <= CSUM_FULL; mode++) {
			f.name = n & 1 ? "peer to native" : "peer to router";
			f.outcome = n & 1 ? BED4_IN_NATIVE : BED4_IN_LOCAL;
			from_peer(&f.in, n & 1 ? HOST6 : OWN6, 64, n, mode);
			pkt_udp6(&f.out, PEER6, n & 1 ? HOST6 : OWN6, 64, n);
			pkt_eth(&f.out, MAC_UNDER, MAC_PEER, 0x86dd);
			run(&f);
		}
	}
}

static void relays(void **state)
{
	struct fixture f = { .name = "peer to far peer", .verdict = TC_ACT_REDIRECT,
			     .outcome = BED4_RELAY };

	(void)state;
	from_peer(&f.in, FAR6, 64, 100, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, FAR6, 63, 100);
	pkt_outer(&f.out, ROUTER4, PORT, FAR4, PPORT, 0, CSUM_FULL);
	pkt_eth(&f.out, MAC_UNDER, MAC_PEER, 0x0800); /* bpf_redirect_neigh() rewrites it later */
	run(&f);
}

/* What is larger than the tunnel's MTU is refused, unless it is several packets that GRO has merged. */
static void tells_large_from_merged(void **state)
{
	struct fixture f = { .name = "large", .verdict = TC_ACT_UNSPEC, .outcome = BED4_SLOW_BIG };

	(void)state;
	from_peer(&f.in, FAR6, 64, 1300, CSUM_FULL);
	run(&f);
	f.name = "merged";
	f.verdict = TC_ACT_REDIRECT;
	f.outcome = BED4_RELAY;
	f.native = BED4_SLOW_BIG;
	pkt_udp6(&f.out, PEER6, FAR6, 63, 1300);
	pkt_outer(&f.out, ROUTER4, PORT, FAR4, PPORT, 0, CSUM_ZERO); /* each has one of its own later */
	pkt_eth(&f.out, MAC_UNDER, MAC_PEER, 0x0800);
	gso_size = 700;
	run(&f);
	gso_size = 0;
}

struct plain_case {
	const char *name;
	enum bed4_outcome outcome;
	int verdict;
	const char *dst;
	unsigned int hops;
	enum pkt_csum csum;
};

static void passes_and_drops(void **state)
{
	static const struct plain_case cases[] = {
		{ "hop limit 1 to native", BED4_SLOW_HOPS, TC_ACT_UNSPEC, HOST6, 1, CSUM_FULL },
		{ "wrong UDP checksum", BED4_SLOW_CSUM, TC_ACT_UNSPEC, HOST6, 64, CSUM_WRONG },
		{ "no endpoint", BED4_SLOW_UNREACH, TC_ACT_UNSPEC, "2001:67c:127c::1", 64, CSUM_FULL },
		{ "multicast", BED4_MULTICAST, TC_ACT_SHOT, "ff0e::1", 64, CSUM_FULL },
		{ "link-local", BED4_DST_NEVER, TC_ACT_SHOT, "fe80::1", 64, CSUM_FULL },
	};
	struct fixture f = {};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		f.name = cases[i].name;
		f.outcome = cases[i].outcome;
		f.verdict = cases[i].verdict;
		from_peer(&f.in, cases[i].dst, cases[i].hops, 10, cases[i].csum);
		run(&f);
	}
	f.name = "foreign inner source";
	f.outcome = BED4_SRC_FOREIGN;
	f.verdict = TC_ACT_SHOT;
	pkt_udp6(&f.in, HOST6, NET6, 64, 10);
	tunnelled(&f.in, CSUM_FULL);
	run(&f);
	f.name = "another port";
	f.outcome = BED4_OTHER;
	f.verdict = TC_ACT_UNSPEC;
	from_peer(&f.in, HOST6, 64, 10, CSUM_FULL);
	f.in.b[14 + 23]++;
	run(&f);
}

/* While the daemon pings, echo replies with its identifier and sequence number are its own, and no others. */
static void leaves_the_pings_replies(void **state)
{
	static const struct { unsigned int type, id, seq; bool own; } cases[] = {
		{ 129, 0x1234, 0x5678, true }, { 129, 0x1234, 0x5679, false }, { 129, 0x1235, 0x5678, false },
		{ 128, 0x1234, 0x5678, false }, { 129, 0, 0, false },
	};
	struct bed4_self self = fixture_self;
	struct fixture f = { .name = "echo reply", .native = BED4_IN_LOCAL };
	int fd = bpf_map__fd(tc->maps.self);
	__u32 zero = 0;

	(void)state;
	for (unsigned int pinging = 0; pinging < 2; pinging++) {
		self.ping = pinging ? htonl(0x12345678) : 0;
		assert_int_equal(bpf_map_update_elem(fd, &zero, &self, BPF_ANY), 0);
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			bool own = pinging && cases[i].own;

			f.verdict = own ? TC_ACT_UNSPEC : TC_ACT_REDIRECT;
			f.outcome = own ? BED4_SLOW_ECHO : BED4_IN_LOCAL;
			pong(&f.in, cases[i].type, cases[i].id, cases[i].seq);
			f.out = f.in;
			tunnelled(&f.in, CSUM_FULL);
			pkt_eth(&f.out, MAC_UNDER, MAC_PEER, 0x86dd);
			if (own)
				f.out.len = 0; /* as it came */
			run(&f);
		}
	}
	assert_int_equal(bpf_map_update_elem(fd, &zero, &fixture_self, BPF_ANY), 0);
}

/* Without a mark in the metadata, which no packet can bring along, native IPv6 is left alone. */
static void leaves_native(void **state)
{
	struct fixture f = { .name = "native IPv6 on the underlay", .verdict = TC_ACT_UNSPEC,
			     .outcome = BED4_OTHER };

	(void)state;
	pkt_udp6(&f.in, HOST6, NET6, 64, 10);
	pkt_eth(&f.in, MAC_UNDER, MAC_GATEWAY, 0x86dd);
	run(&f);
}

/* Nor are frames with tags, in their bytes here and out of band in life. */
static void leaves_tagged(void **state)
{
	static const unsigned int tags[] = { 0x8100, 0x88a8 };
	struct fixture f = { .name = "tagged", .verdict = TC_ACT_UNSPEC, .outcome = BED4_OTHER };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		from_peer(&f.in, HOST6, 64, 100, CSUM_FULL);
		memmove(f.in.b + 16, f.in.b + 12, f.in.len - 12);
		f.in.len += 4;
		pkt_put16(f.in.b + 12, tags[i]);
		pkt_put16(f.in.b + 14, 7);
		run(&f);
	}
}

static int set_up(void **state)
{
	__u32 zero = 0;

	(void)state;
	under = if_nametoindex("under");
	tc = bed4_tc_bpf__open();
	if (!tc)
		return -1;
	tc->rodata->cfg_dscp = BED4_DSCP_COPY;
	tc->rodata->cfg_underlay = under;
	tc->rodata->cfg_tun = if_nametoindex("tun");
	if (bed4_tc_bpf__load(tc))
		return -1;
	return bpf_map_update_elem(bpf_map__fd(tc->maps.self), &zero, &fixture_self, BPF_ANY);
}

static int tear_down(void **state)
{
	(void)state;
	bed4_tc_bpf__destroy(tc);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strips),
		cmocka_unit_test(relays),
		cmocka_unit_test(tells_large_from_merged),
		cmocka_unit_test(passes_and_drops),
		cmocka_unit_test(leaves_native),
		cmocka_unit_test(leaves_tagged),
		cmocka_unit_test(leaves_the_pings_replies),
	};

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
