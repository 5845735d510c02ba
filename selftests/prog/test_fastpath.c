// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The life cycle of maps and programs (user/io/fastpath.h) on real devices: each mode attaches and
 * leaves nothing behind, pins are adopted or rebuilt, programs of others are left alone. Runs inside
 * env.sh's namespace, with a bpffs of its own.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>

#include "fixture.h"
#include "core/neigh.h"
#include "core/tunnel.h"
#include "io/fastpath.h"
#include "poison.skel.h"

#define NEIGH_MAX 20000

static char root[] = "/tmp/6bed4-bpffs-XXXXXX";
static char dir[128];

static struct fastpath_config config(enum bed4_mode mode)
{
	struct fastpath_config c = { .role = BED4_ROLE_ROUTER, .mode = mode, .account = 1, .neigh_max = NEIGH_MAX,
				     .hop_slots = 1024,
				     .underlay = if_nametoindex("under"),
				     .tun = if_nametoindex("tun"),
				     .v6_dev = { if_nametoindex("v6") }, .v6_count = 1,
				     .pin_dir = dir };

	return c;
}

static __u32 xdp_on(const char *name)
{
	__u32 id = 0;

	assert_int_equal(bpf_xdp_query_id((int)if_nametoindex(name), 0, &id), 0);
	return id;
}

static bool tc_on(const char *name, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(name), .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 0x6bed4, .priority = 25788);

	return !bpf_tc_query(&hook, &opts);
}

/* clsact is there when making it again fails; if it was not, it is removed again. */
static bool clsact_on(const char *name)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(name),
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int err = bpf_tc_hook_create(&hook);

	if (!err)
		bpf_tc_hook_destroy(&hook);
	return err == -EEXIST;
}

static void assert_clean(void)
{
	assert_int_equal(xdp_on("under"), 0);
	assert_int_equal(xdp_on("v6"), 0);
	assert_false(tc_on("under", BPF_TC_INGRESS));
	assert_false(clsact_on("under"));
	assert_false(tc_on("tun", BPF_TC_EGRESS));
	assert_false(clsact_on("tun"));
	assert_int_equal(access(dir, F_OK), -1);
}

static struct fastpath *up(enum bed4_mode mode, struct bed4_info *info, char notice[256])
{
	struct fastpath_config c = config(mode);
	struct fastpath *fp = NULL;
	struct err e = {};

	memset(info, 0, sizeof(*info));
	info->made.abi = BED4_ABI;
	if (fastpath_open(&fp, &c, &e) || fastpath_load(fp, if_nametoindex("tun"), NULL, &e) ||
	    fastpath_attach(fp, info, notice, 256, &e))
		fail_msg("mode %d: %s", mode, e.text);
	assert_int_equal(fastpath_set_info(fp, info), 0);
	return fp;
}

static void down(struct fastpath *fp, const struct bed4_info *info)
{
	struct err e = {};

	int self = dup(fastpath_map_fd(fp, "self"));

	fastpath_close(fp);
	if (fastpath_detach(&info->made, self, dir, &e) || fastpath_unpin(dir))
		fail_msg("%s", e.text);
	close(self);
	assert_clean();
}

static void each_mode_comes_and_goes(void **state)
{
	static const struct { enum bed4_mode ask, get; bool xdp, tc; } cases[] = {
		{ BED4_MODE_NATIVE, BED4_MODE_NATIVE, true, true },
		{ BED4_MODE_GENERIC, BED4_MODE_GENERIC, true, true },
		{ BED4_MODE_TC, BED4_MODE_TC, false, true },
		{ BED4_MODE_OFF, BED4_MODE_OFF, false, false },
		{ BED4_MODE_AUTO, BED4_MODE_TC, false, true }, /* veth: whole GSO packets arrive */
	};
	struct bed4_info info;
	char notice[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fastpath *fp = up(cases[i].ask, &info, notice);

		assert_int_equal(info.mode, cases[i].get);
		assert_int_equal(xdp_on("under") != 0, cases[i].xdp);
		assert_int_equal(xdp_on("v6") != 0, cases[i].xdp);
		assert_int_equal(tc_on("under", BPF_TC_INGRESS), cases[i].tc);
		assert_int_equal(tc_on("tun", BPF_TC_EGRESS), cases[i].tc);
		down(fp, &info);
	}
}

static void stays_when_closed_and_is_adopted(void **state)
{
	struct bed4_self self = fixture_self, read;
	struct bed4_info info, again;
	struct fastpath_config c = config(BED4_MODE_NATIVE);
	struct fastpath *fp;
	struct err e = {};
	char notice[256];
	__u32 zero = 0;

	(void)state;
	fp = up(BED4_MODE_NATIVE, &info, notice);
	self.generation = 4711;
	assert_int_equal(fastpath_set_self(fp, &self), 0);
	fastpath_slow(fp)[BED4_RS_ANSWERED].packets = 42;
	fastpath_close(fp);
	assert_int_not_equal(xdp_on("under"), 0);
	assert_int_equal(fastpath_open(&fp, &c, &e), 0);
	assert_int_equal(bpf_map_lookup_elem(fastpath_map_fd(fp, "self"), &zero, &read), 0);
	assert_int_equal(read.generation, 4711);
	assert_true(read.flags & BED4_SELF_VALID);
	assert_int_equal(fastpath_slow(fp)[BED4_RS_ANSWERED].packets, 42);
	assert_int_equal(bpf_map_lookup_elem(fastpath_map_fd(fp, "info"), &zero, &again), 0);
	assert_memory_equal(&info, &again, sizeof(info));
	down(fp, &again);
}

static void rebuilds_pins_of_another_abi(void **state)
{
	struct bed4_info info;
	struct fastpath *fp;
	char notice[256];

	(void)state;
	fp = up(BED4_MODE_OFF, &info, notice);
	fastpath_slow(fp)[BED4_RS_ANSWERED].packets = 42;
	info.made.abi = BED4_ABI + 1;
	assert_int_equal(fastpath_set_info(fp, &info), 0);
	fastpath_close(fp);
	fp = up(BED4_MODE_OFF, &info, notice);
	assert_int_equal(fastpath_slow(fp)[BED4_RS_ANSWERED].packets, 0);
	down(fp, &info);
}

/* Somebody else's XDP program on a device: refused with advice (or joined), never replaced. */
static void leaves_others_alone(void **state)
{
	struct poison_bpf *other = poison_bpf__open_and_load();
	int under = (int)if_nametoindex("v6"), fd = bpf_program__fd(other->progs.poison);
	struct fastpath_config c = config(BED4_MODE_NATIVE);
	struct bed4_info info = { .made.abi = BED4_ABI };
	struct fastpath *fp = NULL;
	struct err e = {};
	char notice[256];
	__u32 id;
	int err;

	(void)state;
	assert_int_equal(bpf_xdp_attach(under, fd, XDP_FLAGS_DRV_MODE, NULL), 0);
	id = xdp_on("v6");
	assert_int_equal(fastpath_open(&fp, &c, &e), 0);
	assert_int_equal(fastpath_load(fp, if_nametoindex("tun"), NULL, &e), 0);
	err = fastpath_attach(fp, &info, notice, sizeof(notice), &e);
	assert_int_not_equal(err, 0);
	assert_non_null(strstr(e.text, "v6"));
	assert_int_equal(xdp_on("v6"), id);
	assert_int_equal(fastpath_detach(&info.made, fastpath_map_fd(fp, "self"), dir, &e), 0);
	assert_int_equal(xdp_on("v6"), id);
	assert_int_equal(xdp_on("under"), 0);
	assert_int_equal(bpf_xdp_detach(under, XDP_FLAGS_DRV_MODE, NULL), 0);
	down(fp, &info);
	poison_bpf__destroy(other);
}

#define LATER 20000 /* s: after all stamps here */

/* To its end: who was seen @before goes. How many neighbours are counted then. */
static unsigned int expire(struct fastpath *fp, __u32 before)
{
	int ret;

	do {
		ret = fastpath_expire(fp, LATER, LATER - before, NULL, NULL);
	} while (ret == 1);
	assert_int_equal(ret, 0);
	return fastpath_gauges(fp)->neigh.state[BED4_NEIGH_SEEN];
}

static void bounds_neighbours(void **state)
{
	struct bed4_in6 a = fixture_self.own;
	struct bed4_info info;
	struct fastpath *fp;
	char notice[256];
	__u32 i;

	(void)state;
	fp = up(BED4_MODE_OFF, &info, notice);
	for (i = 0; i < NEIGH_MAX; i++) {
		a.w[3] = i;
		assert_int_equal(fastpath_seen(fp, &a, fixture_self.listen, i, 1, 100), 0);
	}
	a.w[3] = i;
	assert_int_equal(fastpath_seen(fp, &a, fixture_self.listen, i, 1, 100), -ENOSPC);
	assert_int_equal(expire(fp, 1000), NEIGH_MAX - 1000);
	assert_int_equal(fastpath_seen(fp, &a, fixture_self.listen, i, 1, 100), 0);
	down(fp, &info);
}

/* What the map holds, one by one. */
static unsigned int neighbours(struct fastpath *fp)
{
	int fd = fastpath_map_fd(fp, "neigh");
	struct bed4_in6 key, next;
	unsigned int n = 0;
	bool more;

	for (more = !bpf_map_get_next_key(fd, NULL, &next); more; n++) {
		key = next;
		more = !bpf_map_get_next_key(fd, &key, &next);
	}
	return n;
}

static void assert_counted(struct fastpath *fp)
{
	const struct bed4_tally *t = &fastpath_gauges(fp)->neigh;
	unsigned int n = neighbours(fp);

	assert_int_equal(t->state[BED4_NEIGH_SEEN], n);
	assert_int_equal(t->path[BED4_PATH_DIRECT], n);
}

/* A router's numbers, kept with each change; an expiry puts right what others have done to the map. */
static void counts_neighbours(void **state)
{
	struct bed4_in6 a = fixture_self.own;
	struct bed4_info info;
	struct fastpath *fp;
	unsigned int i, met = 0;
	char notice[256];
	unsigned int left;

	(void)state;
	fp = up(BED4_MODE_OFF, &info, notice);
	srandom(4248);
	for (i = 1; i <= 3000; i++) {
		a.w[3] = (__u32)random() % 300;
		if (random() % 100) {
			assert_int_equal(fastpath_seen(fp, &a, fixture_self.listen, i, 1, 100), 0);
		} else {
			left = expire(fp, i > 400 ? i - (__u32)random() % 400 : 0);
			assert_int_equal(left, neighbours(fp));
		}
		if (i % 16 == 0)
			assert_counted(fp);
		met += neighbours(fp) < 200;
	}
	assert_true(met > 100);
	a.w[3] = 1000;
	assert_int_equal(fastpath_seen(fp, &a, fixture_self.listen, i, 1, 100), 0);
	assert_int_equal(bpf_map_delete_elem(fastpath_map_fd(fp, "neigh"), &a), 0);
	left = expire(fp, 0);
	assert_int_equal(left, neighbours(fp));
	assert_counted(fp);
	down(fp, &info);
}

static void count_gone(void *arg, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	(void)in6;
	assert_true(n->heard < 5000);
	++*(unsigned int *)arg;
}

/* A large table is looked at in portions, between which others come, and go behind our back. */
static void expires_in_portions(void **state)
{
	struct bed4_in6 a = fixture_self.own;
	unsigned int gone = 0, calls = 0;
	struct bed4_info info;
	struct fastpath *fp;
	char notice[256];
	__u32 i;
	int ret;

	(void)state;
	fp = up(BED4_MODE_OFF, &info, notice);
	for (i = 0; i < 10000; i++) {
		a.w[3] = i;
		assert_int_equal(fastpath_seen(fp, &a, fixture_self.listen, i, 1, 100), 0);
	}
	do {
		ret = fastpath_expire(fp, LATER, LATER - 5000, count_gone, &gone);
		assert_true(ret >= 0);
		a.w[3] = i++;
		assert_int_equal(fastpath_seen(fp, &a, fixture_self.listen, i, 1, 100), 0);
		calls++;
	} while (ret);
	assert_true(calls >= 4);
	assert_int_equal(gone, 5000);
	assert_int_equal(neighbours(fp), 5000 + calls);
	assert_counted(fp);
	a.w[3] = 9999;
	assert_int_equal(bpf_map_delete_elem(fastpath_map_fd(fp, "neigh"), &a), 0);
	assert_int_equal(expire(fp, 0), 5000 + calls - 1);
	assert_counted(fp);
	down(fp, &info);
}

static bool want_all(const void *arg, __be32 addr, unsigned int len)
{
	(void)arg;
	(void)addr;
	return len > 0;
}

static bool want_none(const void *arg, __be32 addr, unsigned int len)
{
	return !want_all(arg, addr, len);
}

static void counts_policy(void **state)
{
	struct bed4_info info;
	struct fastpath *fp;
	char notice[256];

	(void)state;
	fp = up(BED4_MODE_OFF, &info, notice);
	assert_int_equal(fastpath_set_policy(fp, htonl(0x0a000000), 8, BED4_POLICY_PERMIT), 0);
	assert_int_equal(fastpath_set_policy(fp, htonl(0x0a000000), 8, BED4_POLICY_DENY), 0);
	assert_int_equal(fastpath_set_policy(fp, htonl(0x0a000000), 9, BED4_POLICY_DENY), 0);
	assert_int_equal(fastpath_gauges(fp)->policy4, 2);
	assert_int_equal(fastpath_set_policy(fp, htonl(0x0a000000), 9, BED4_POLICY_NONE), 0);
	assert_int_equal(fastpath_set_policy(fp, htonl(0x0a000000), 9, BED4_POLICY_NONE), 0);
	assert_int_equal(fastpath_gauges(fp)->policy4, 1);
	fastpath_gauges(fp)->policy4 = 77;
	assert_int_equal(fastpath_prune_policy(fp, want_all, NULL), 0);
	assert_int_equal(fastpath_gauges(fp)->policy4, 1);
	assert_int_equal(fastpath_prune_policy(fp, want_none, NULL), 0);
	assert_int_equal(fastpath_gauges(fp)->policy4, 0);
	down(fp, &info);
}

/* 10.0.0.0/8 is permitted, 10.1.0.0/16 denied. */
static enum bed4_policy want_two(const void *arg, __be32 addr, unsigned int len)
{
	(void)arg;
	if (addr == htonl(0x0a000000) && len == 8)
		return BED4_POLICY_PERMIT;
	return addr == htonl(0x0a010000) && len == 16 ? BED4_POLICY_DENY : BED4_POLICY_NONE;
}

static void sees_another_policy(void **state)
{
	struct bed4_info info;
	struct fastpath *fp;
	char notice[256];

	(void)state;
	fp = up(BED4_MODE_OFF, &info, notice);
	assert_int_equal(fastpath_policy_differs(fp, want_two, NULL, 0), 0);
	assert_int_equal(fastpath_policy_differs(fp, want_two, NULL, 2), 1); /* two are missing */
	assert_int_equal(fastpath_set_policy(fp, htonl(0x0a000000), 8, BED4_POLICY_PERMIT), 0);
	assert_int_equal(fastpath_policy_differs(fp, want_two, NULL, 2), 1); /* one is */
	assert_int_equal(fastpath_set_policy(fp, htonl(0x0a010000), 16, BED4_POLICY_PERMIT), 0);
	assert_int_equal(fastpath_policy_differs(fp, want_two, NULL, 2), 1); /* it says something else */
	assert_int_equal(fastpath_set_policy(fp, htonl(0x0a010000), 16, BED4_POLICY_DENY), 0);
	assert_int_equal(fastpath_policy_differs(fp, want_two, NULL, 2), 0);
	assert_int_equal(fastpath_set_policy(fp, htonl(0x0a010000), 17, BED4_POLICY_DENY), 0);
	assert_int_equal(fastpath_policy_differs(fp, want_two, NULL, 2), 1); /* one too many */
	assert_int_equal(fastpath_prune_policy(fp, want_none, NULL), 0);
	down(fp, &info);
}

/* 100,000 neighbours of a peer, core and map together, under a clock of the test. */
#define CROWD 100000

struct crowd {
	struct fastpath *fp;
	struct tunnel t;
	struct actions a;
	__u64 now;
	unsigned int stamped, wrong; /* entries of the last sweep, and those that were put right */
};

static void carry(struct crowd *c)
{
	for (unsigned int i = 0; i < c->a.count; i++) {
		const struct action *act = &c->a.list[i];

		if (act->kind == ACTION_NEIGH_SET)
			assert_int_equal(fastpath_neigh_set(c->fp, &act->in6, &act->neigh), 0);
		if (act->kind == ACTION_NEIGH_DEL)
			assert_int_equal(fastpath_neigh_del(c->fp, &act->in6), 0);
	}
	actions_clear(&c->a);
}

static void stamp(void *arg, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	struct crowd *c = arg;

	c->stamped++;
	c->wrong += !tunnel_stamp(&c->t, c->now, in6, n, &c->a);
	carry(c);
}

static void sweep(struct crowd *c)
{
	int ret;

	c->stamped = c->wrong = 0;
	do {
		ret = fastpath_sweep(c->fp, stamp, c);
	} while (ret == 1);
	assert_int_equal(ret, 0);
}

static struct bed4_in6 one_of_crowd(const struct crowd *c, unsigned int i)
{
	struct bed4_in6 a = c->t.self.own;

	bed4_iid_put(&a, bed4_ep(htonl(0x83000000 + i), htons(PPORT)));
	return a;
}

static struct fastpath *open_for_crowd(struct crowd *c)
{
	static struct bed4_count slow[BED4_HOOK_DAEMON * BED4_OUTCOME_COUNT];
	static struct limit limit;
	static __u64 collisions;
	struct tunnel_config tc = { .role = BED4_ROLE_PEER, .listen = fixture_self.listen,
				    .server = bed4_ep(htonl(0x83ff0001), htons(PORT)),
				    .mtu = BED4_MTU, .neigh_max = CROWD, .seed = 5 };
	struct fastpath_config fc = config(BED4_MODE_OFF);
	struct err e = {};

	fc.role = BED4_ROLE_PEER;
	fc.neigh_max = CROWD;
	limit_init(&limit, 7, &collisions);
	assert_int_equal(tunnel_init(&c->t, &tc, slow, &limit), 0);
	c->t.self.own = fixture_self.own;
	c->t.self.public = fixture_self.public;
	c->t.self.flags |= BED4_SELF_ADDR;
	if (fastpath_open(&c->fp, &fc, &e) || fastpath_load(c->fp, fc.tun, NULL, &e))
		fail_msg("%s", e.text);
	return c->fp;
}

static void expires_100000_neighbours(void **state)
{
	static struct crowd c;
	struct bed4_in6 a;
	unsigned int i;

	(void)state;
	c.fp = open_for_crowd(&c);
	c.now = 1000 * NSEC_PER_SEC;
	for (i = 0; i < CROWD; i++) {
		a = one_of_crowd(&c, i);
		tunnel_used(&c.t, c.now, &a, 0, 0, &c.a);
		carry(&c);
	}
	assert_int_equal(c.t.table.count, CROWD);
	while (tunnel_deadline(&c.t) < c.now + 5 * NSEC_PER_SEC) {
		tunnel_tick(&c.t, c.now + 5 * NSEC_PER_SEC, &c.a);
		carry(&c);
	}
	c.now += 400 * NSEC_PER_SEC;
	for (i = 0; i < CROWD; i += 4) { /* the fast path goes on using every fourth */
		struct bed4_neigh_set set = { .key = one_of_crowd(&c, i) };

		assert_int_equal(bpf_map_lookup_elem(fastpath_map_fd(c.fp, "neigh"), &set.key,
						     &set.value), 0);
		set.value.used = c.now / NSEC_PER_SEC;
		assert_int_equal(fastpath_neigh_set(c.fp, &set.key, &set.value), 0);
	}
	sweep(&c);
	assert_int_equal(c.stamped, CROWD);
	assert_int_equal(c.wrong, 0);
	assert_int_equal(c.t.table.count, CROWD); /* none is 10 minutes old */
	c.now += 200 * NSEC_PER_SEC;
	sweep(&c);
	assert_int_equal(c.t.table.count, CROWD / 4);
	sweep(&c);
	assert_int_equal(c.stamped, CROWD / 4); /* the map agrees */
	assert_int_equal(c.wrong, 0);
	for (i = 0; i < CROWD; i++) {
		a = one_of_crowd(&c, i);
		assert_int_equal(table_find(&c.t.table, &a) != NULL, i % 4 == 0);
	}
	assert_int_equal(fastpath_neigh_flush(c.fp), 0);
	tunnel_exit(&c.t);
	fastpath_close(c.fp);
	assert_int_equal(fastpath_unpin(dir), 0);
}

static void check_entry(const struct crowd *c, const struct bed4_in6 *a)
{
	struct bed4_neigh now_there, value = neigh_value(table_find(&c->t.table, a));

	assert_int_equal(fastpath_neigh_get(c->fp, a, &now_there), 0);
	assert_int_equal(now_there.word, value.word);
	assert_int_equal(now_there.wake, value.wake);
	assert_int_equal(now_there.since, value.since);
	assert_true(now_there.used <= c->now / NSEC_PER_SEC && now_there.heard <= c->now / NSEC_PER_SEC);
}

/* Somebody writes into map neigh, deletes, and adds: the next sweep, or the next use, puts it right. */
static void mends_what_others_write(void **state)
{
	/* of the endpoint, state and path; a use and a life sign of the future; since when, and the wake */
	static const __u8 bytes[10] = { 0, 3, 4, 6, 7, 11, 15, 16, 19, 23 };
	static struct crowd c;
	struct bed4_neigh garbage;
	struct bed4_in6 a, stray;
	unsigned int i, fd;

	(void)state;
	c.fp = open_for_crowd(&c);
	c.now = 1000 * NSEC_PER_SEC;
	fd = fastpath_map_fd(c.fp, "neigh");
	for (i = 0; i < 20; i++) {
		a = one_of_crowd(&c, i);
		tunnel_used(&c.t, c.now, &a, 0, 0, &c.a);
		carry(&c);
	}
	sweep(&c);
	assert_int_equal(c.wrong, 0);
	for (i = 0; i < 10; i++) {
		a = one_of_crowd(&c, i);
		assert_int_equal(fastpath_neigh_get(c.fp, &a, &garbage), 0);
		((__u8 *)&garbage)[bytes[i]] ^= 0x80;
		assert_int_equal(bpf_map_update_elem(fd, &a, &garbage, BPF_EXIST), 0);
		stray = one_of_crowd(&c, 100 + i);
		assert_int_equal(bpf_map_update_elem(fd, &stray, &garbage, BPF_NOEXIST), 0);
	}
	sweep(&c);
	assert_in_range(c.wrong, 20, 30); /* what is made anew may be met again */
	for (i = 0; i < 20; i++) {
		a = one_of_crowd(&c, i);
		check_entry(&c, &a);
		stray = one_of_crowd(&c, 100 + i);
		assert_int_equal(fastpath_neigh_get(c.fp, &stray, &garbage), -ENOENT);
	}
	a = one_of_crowd(&c, 3);
	assert_int_equal(fastpath_neigh_del(c.fp, &a), 0);
	tunnel_used(&c.t, c.now, &a, 0, 0, &c.a); /* as the fast path tells it that finds none */
	carry(&c);
	check_entry(&c, &a);
	sweep(&c);
	assert_int_equal(c.stamped, 20);
	assert_int_equal(c.wrong, 0);
	assert_int_equal(fastpath_neigh_flush(c.fp), 0);
	tunnel_exit(&c.t);
	fastpath_close(c.fp);
	assert_int_equal(fastpath_unpin(dir), 0);
}

static int set_up(void **state)
{
	(void)state;
	libbpf_set_print(NULL);
	if (!mkdtemp(root) || mount("bpf", root, "bpf", 0, NULL))
		return -1;
	snprintf(dir, sizeof(dir), "%s/6bed4/under", root);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return umount2(root, MNT_DETACH) || rmdir(root);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mode_comes_and_goes),
		cmocka_unit_test(stays_when_closed_and_is_adopted),
		cmocka_unit_test(rebuilds_pins_of_another_abi),
		cmocka_unit_test(leaves_others_alone),
		cmocka_unit_test(bounds_neighbours),
		cmocka_unit_test(counts_neighbours),
		cmocka_unit_test(expires_in_portions),
		cmocka_unit_test(counts_policy),
		cmocka_unit_test(sees_another_policy),
		cmocka_unit_test(expires_100000_neighbours),
		cmocka_unit_test(mends_what_others_write),
	};

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
