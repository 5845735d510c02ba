// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Map neigh as the programs of a peer use it, under BPF_PROG_RUN: who is accepted and counted, and
 * that the daemon's changes in place lose nothing while packets come in.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "bed4_tc.skel.h"
#include "cases.h"

#define LAN4 "192.168.7.3"

static struct bed4_tc_bpf *tc;
static unsigned int under;

static struct bed4_in6 in6(const char *text)
{
	struct bed4_in6 a;

	inet_pton(AF_INET6, text, &a);
	return a;
}

static struct bed4_ep ep(const char *addr, unsigned int port)
{
	struct in_addr in;

	inet_pton(AF_INET, addr, &in);
	return bed4_ep(in.s_addr, htons(port));
}

/* This machine is the peer at ROUTER4:PORT, whose own address is thus OWN6; its router is FAR4. */
static void be_a_peer(void)
{
	struct bed4_self self = fixture_self;
	__u32 zero = 0;

	self.role = BED4_ROLE_PEER;
	self.server = ep(FAR4, PORT);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(tc->maps.self), &zero, &self, BPF_ANY), 0);
}

/* A datagram from @src that carries a packet from @src6 to us; the verdict. */
static int receive(const char *src4, unsigned int port, const char *src6)
{
	struct __sk_buff skb = { .ifindex = under };
	uint8_t out[PKT_MAX];
	struct pkt p;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p.b, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &skb, .ctx_size_in = sizeof(skb));

	pkt_udp6(&p, src6, OWN6, 64, 100);
	pkt_outer(&p, src4, port, ROUTER4, PORT, 0, CSUM_FULL);
	pkt_eth(&p, MAC_UNDER, MAC_PEER, 0x0800);
	opts.data_size_in = p.len;
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(tc->progs.bed4_tc_in), &opts), 0);
	return (int)opts.retval;
}

static int set(const struct bed4_in6 *key, const struct bed4_neigh *value)
{
	struct bed4_neigh_set arg = { .key = *key, .value = *value };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &arg, .ctx_size_in = sizeof(arg));

	if (bpf_prog_test_run_opts(bpf_program__fd(tc->progs.bed4_set_neigh), &opts))
		return -1;
	return (int)opts.retval;
}

static struct bed4_neigh get(const char *addr)
{
	struct bed4_in6 key = in6(addr);
	struct bed4_neigh n;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc->maps.neigh), &key, &n), 0);
	return n;
}

static void put(const char *addr, struct bed4_ep at)
{
	struct bed4_neigh n = { .addr = at.addr, .port = at.port, .state = BED4_NEIGH_REACHABLE,
				.path = BED4_PATH_DIRECT, .wake = BED4_NEVER };
	struct bed4_in6 key = in6(addr);

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(tc->maps.neigh), &key, &n, BPF_ANY), 0);
}

static void changes_in_place(void **state)
{
	struct bed4_neigh n = { .addr = 1, .port = 2, .state = BED4_NEIGH_STALE,
				.path = BED4_PATH_DIRECT, .used = 50, .heard = 5, .since = 60,
				.wake = 7, .reason = 3, .rx_packets = 1, .rx_bytes = 2,
				.tx_packets = 3, .tx_bytes = 4 };
	struct bed4_in6 key = in6(FAR6);
	struct bed4_neigh got;

	(void)state;
	assert_int_equal(set(&key, &n), -2);
	put(FAR6, ep(FAR4, PPORT));
	assert_int_equal(set(&key, &n), 0);
	n.used = 40;
	n.heard = 6;
	assert_int_equal(set(&key, &n), 0);
	got = get(FAR6);
	assert_int_equal(got.word, n.word);
	assert_int_equal(got.used, 50);
	assert_int_equal(got.heard, 6);
	assert_int_equal(got.since, 60);
	assert_int_equal(got.wake, 7);
	assert_int_equal(got.reason, 3);
	assert_int_equal(got.rx_packets, 2);
	assert_int_equal(got.rx_bytes, 4);
	assert_int_equal(got.tx_packets, 6);
	assert_int_equal(got.tx_bytes, 8);
}

static void counts_who_comes_straight(void **state)
{
	struct bed4_pulse pulse;
	__u32 zero = 0;

	(void)state;
	assert_int_equal(receive(PEER4, PPORT, PEER6), TC_ACT_REDIRECT); /* unknown, yet valid */
	put(PEER6, ep(PEER4, PPORT));
	assert_int_equal(receive(PEER4, PPORT, PEER6), TC_ACT_REDIRECT);
	assert_int_equal(get(PEER6).rx_packets, 1);
	assert_int_equal(get(PEER6).rx_bytes, 148);
	assert_int_not_equal(get(PEER6).heard, 0);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc->maps.pulse), &zero, &pulse), 0);
	assert_int_equal(pulse.rx, 0);
	assert_int_equal(receive(FAR4, PORT, PEER6), TC_ACT_REDIRECT); /* by the router */
	assert_int_equal(get(PEER6).rx_packets, 1);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(tc->maps.pulse), &zero, &pulse), 0);
	assert_int_not_equal(pulse.rx, 0);
	assert_int_equal(receive(PEER4, PPORT + 2, PEER6), TC_ACT_SHOT);
}

static void accepts_the_lan_by_the_cache_alone(void **state)
{
	(void)state;
	assert_int_equal(receive(LAN4, 50004, DARK6), TC_ACT_SHOT);
	put(DARK6, ep(LAN4, 50004));
	assert_int_equal(receive(LAN4, 50004, DARK6), TC_ACT_REDIRECT);
	assert_int_equal(receive(LAN4, 50006, DARK6), TC_ACT_SHOT);
	assert_int_equal(receive("192.168.7.4", 50004, DARK6), TC_ACT_SHOT);
	assert_int_equal(receive(LAN4, 50004, HOST6), TC_ACT_SHOT);
	assert_int_equal(get(DARK6).rx_packets, 1);
}

/* ND of @type from @src6 at @src4: how many of 100 are passed on to the daemon; the rest ends as @rest. */
static unsigned int passed_nd(unsigned int type, const char *src6, const char *src4, unsigned int port,
			      enum bed4_outcome rest)
{
	__u64 before[BED4_OUTCOME_COUNT], after[BED4_OUTCOME_COUNT];
	struct __sk_buff skb = { .ifindex = under };
	int stats = bpf_map__fd(tc->maps.stats);
	static uint8_t out[PKT_MAX];
	static struct pkt p;

	pkt_ip6(&p, src6, OWN6, 58, 255, 40, 2);
	p.b[40] = (uint8_t)type;
	pkt_outer(&p, src4, port, ROUTER4, PORT, 0, CSUM_ZERO);
	pkt_eth(&p, MAC_UNDER, MAC_PEER, 0x0800);
	fixture_counts(stats, BED4_HOOK_TC_IN, before);
	for (int i = 0; i < 100; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p.b, .data_size_in = p.len, .data_out = out,
			    .data_size_out = sizeof(out), .ctx_in = &skb, .ctx_size_in = sizeof(skb));

		assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(tc->progs.bed4_tc_in), &opts), 0);
	}
	fixture_counts(stats, BED4_HOOK_TC_IN, after);
	assert_int_equal(after[BED4_SLOW_ND] - before[BED4_SLOW_ND] + after[rest] - before[rest], 100);
	return (unsigned int)(after[BED4_SLOW_ND] - before[BED4_SLOW_ND]);
}

/*
 * What a flood of questions uses up is not what lets the answers to our own questions in; and nobody is
 * let in who has not been asked.
 */
static void keeps_room_for_answers(void **state)
{
	struct bed4_in6 key = in6(DARK6);

	(void)state;
	fixture_forget_limits(bpf_map__fd(tc->maps.limit));
	bpf_map_delete_elem(bpf_map__fd(tc->maps.neigh), &key);
	assert_int_equal(passed_nd(136, DARK6, DARK4, PPORT, BED4_ND_UNWANTED), 0);
	assert_int_equal(passed_nd(134, "fe80::", DARK4, PORT, BED4_ND_UNWANTED), 0);
	assert_int_equal(passed_nd(133, "::", DARK4, PPORT, BED4_ND_UNWANTED), 0);
	put(DARK6, ep(DARK4, PPORT));
	assert_in_range(passed_nd(135, DARK6, DARK4, PPORT, BED4_LIMITED), 10, 11);
	assert_in_range(passed_nd(135, "fe80::", FAR4, PORT, BED4_LIMITED), 10, 11);
	assert_int_equal(passed_nd(136, DARK6, DARK4, PPORT + 2, BED4_ND_UNWANTED), 0);
	assert_int_equal(passed_nd(136, DARK6, PEER4, PPORT, BED4_ND_UNWANTED), 0);
	assert_in_range(passed_nd(136, DARK6, DARK4, PPORT, BED4_LIMITED), 10, 11);
	assert_in_range(passed_nd(134, "fe80::", FAR4, PORT, BED4_LIMITED), 10, 11);
}

#define CHANGES 20000

static void *keep_changing(void *arg)
{
	struct bed4_neigh n = { .port = htons(PPORT), .wake = BED4_NEVER };
	struct bed4_in6 key = in6(PEER6);

	for (int i = 0; i < CHANGES; i++) {
		n.addr = ep(PEER4, PPORT).addr;
		n.state = i & 1 ? BED4_NEIGH_REACHABLE : BED4_NEIGH_STALE;
		n.tx_packets = 1;
		if (set(&key, &n))
			*(int *)arg = -1;
	}
	return NULL;
}

static void loses_no_count_while_changing(void **state)
{
	struct bed4_neigh before;
	pthread_t thread;
	int failed = 0;

	(void)state;
	put(PEER6, ep(PEER4, PPORT));
	before = get(PEER6);
	assert_int_equal(pthread_create(&thread, NULL, keep_changing, &failed), 0);
	for (int i = 0; i < CHANGES; i++)
		assert_int_equal(receive(PEER4, PPORT, PEER6), TC_ACT_REDIRECT);
	pthread_join(thread, NULL);
	assert_int_equal(failed, 0);
	assert_int_equal(get(PEER6).rx_packets - before.rx_packets, CHANGES);
	assert_int_equal(get(PEER6).tx_packets - before.tx_packets, CHANGES);
}

static int set_up(void **state)
{
	(void)state;
	under = if_nametoindex("under");
	tc = bed4_tc_bpf__open();
	if (!tc)
		return -1;
	tc->rodata->cfg_role = BED4_ROLE_PEER;
	tc->rodata->cfg_dscp = BED4_DSCP_COPY;
	tc->rodata->cfg_underlay = under;
	tc->rodata->cfg_tun = if_nametoindex("tun");
	bpf_map__set_max_entries(tc->maps.neigh, 1024);
	if (bed4_tc_bpf__load(tc))
		return -1;
	be_a_peer();
	return 0;
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
		cmocka_unit_test(changes_in_place),
		cmocka_unit_test(counts_who_comes_straight),
		cmocka_unit_test(accepts_the_lan_by_the_cache_alone),
		cmocka_unit_test(loses_no_count_while_changing),
		cmocka_unit_test(keeps_room_for_answers),
	};

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
