// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the fixtures of both program tests share: comparing frames and counters, and the same
 * packet through the native decision. Must not know XDP or TC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "fixture.h"

static const struct bed4_neigh *no_neigh(const void *arg, const struct bed4_in6 *addr)
{
	(void)arg;
	(void)addr;
	return NULL;
}

static enum bed4_policy no_policy(const void *arg, __be32 addr)
{
	(void)arg;
	(void)addr;
	return BED4_POLICY_NONE;
}

static enum bed4_outcome decide_in(const struct bed4_self *self, struct bed4_cur cur, struct bed4_verdict *v)
{
	enum bed4_outcome o;
	struct bed4_charge c;
	struct bed4_dgram dg;

	o = bed4_parse_outer(cur, self, &dg);
	if (o)
		return o;
	o = bed4_decide_in(self, &dg, no_policy, no_neigh, NULL, v);
	return bed4_admit_in(self, &dg, v, o, no_neigh, NULL, &c);
}

enum bed4_outcome fixture_decide(const struct bed4_self *self, const struct pkt *in, enum fx_dev dev,
				 struct bed4_verdict *v)
{
	struct bed4_cur cur = { in->b, in->b + in->len };

	switch (bed4_parse_eth(&cur)) {
	case BED4_ETH_IP4:
		return dev == FX_UNDER ? decide_in(self, cur, v) : BED4_OTHER;
	case BED4_ETH_IP6:
		if (self->role == BED4_ROLE_PEER)
			return BED4_OTHER; /* it encapsulates what is routed to its TUN device */
		return bed4_decide_out(self, cur, cur.end - cur.pos, BED4_FROM_NATIVE,
				       no_policy, NULL, v);
	default:
		return BED4_OTHER;
	}
}

void fixture_native(const struct fixture *f)
{
	enum bed4_outcome o, want = f->native ? f->native : f->outcome;
	struct bed4_verdict v;

	o = fixture_decide(&fixture_self, &f->in, f->dev, &v);
	if (o != want)
		fail_msg("%s: native decision %d, expected %d", f->name, o, want);
}

static void clear_id(uint8_t *frame, size_t len)
{
	if (len < 34 || pkt_get16(frame + 12) != 0x0800)
		return;
	if (pkt_fold(pkt_sum(0, frame + 14, 20)))
		fail_msg("outer header checksum is wrong");
	pkt_put16(frame + 18, 0);
	pkt_ip4_csum(frame + 14);
}

void fixture_compare(const struct fixture *f, const uint8_t *out, size_t len)
{
	const struct pkt *want = f->out.len ? &f->out : &f->in;
	uint8_t got[PKT_MAX];
	size_t i;

	if (len != want->len)
		fail_msg("%s: %zu bytes out, expected %zu", f->name, len, want->len);
	memcpy(got, out, len);
	if (f->out.len)
		clear_id(got, len);
	for (i = 0; i < len; i++) {
		if (got[i] != want->b[i])
			fail_msg("%s: byte %zu is %02x, expected %02x", f->name, i, got[i], want->b[i]);
	}
}

void fixture_counts(int map, enum bed4_hook hook, __u64 *packets)
{
	int cpus = libbpf_num_possible_cpus(), cpu;
	struct bed4_count *c = calloc(cpus, sizeof(*c));
	__u32 row, o;

	for (o = 0; o < BED4_OUTCOME_COUNT; o++) {
		row = bed4_stat_row(hook, o);
		packets[o] = 0;
		assert_int_equal(bpf_map_lookup_elem(map, &row, c), 0);
		for (cpu = 0; cpu < cpus; cpu++)
			packets[o] += c[cpu].packets;
	}
	free(c);
}

void fixture_counted(const struct fixture *f, const __u64 *before, const __u64 *after)
{
	__u32 o;

	for (o = 0; o < BED4_OUTCOME_COUNT; o++) {
		__u64 want = o == (__u32)f->outcome;

		if (after[o] - before[o] != want)
			fail_msg("%s: outcome %u counted %llu times, expected %llu", f->name, o,
				 after[o] - before[o], want);
	}
}

void fixture_forget_limits(int map)
{
	static const struct bed4_bucket fresh[BED4_LIMIT_ROWS];
	__u32 row[BED4_LIMIT_ROWS], n = BED4_LIMIT_ROWS;

	for (__u32 i = 0; i < n; i++)
		row[i] = i;
	assert_int_equal(bpf_map_update_batch(map, row, fresh, &n, NULL), 0);
}

void fixture_enter(char **argv)
{
	char env[512];

	if (getenv("BED4_PROG_ENV"))
		return;
	snprintf(env, sizeof(env), "%s", getenv("BED4_PROG_DIR") ? getenv("BED4_PROG_DIR") :
								    "selftests/prog");
	strncat(env, "/env.sh", sizeof(env) - strlen(env) - 1);
	execl(env, env, argv[0], (char *)NULL);
	perror(env);
	exit(1);
}
