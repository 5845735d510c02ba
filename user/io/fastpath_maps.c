// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What goes into the maps while an instance runs: self, info, policy, neighbours; and what comes
 * out: events. Must not know the protocol. Proved by selftests/prog and selftests/net.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "6bed4/decide.h"
#include "io/fastpath_priv.h"

int fastpath_map_fd(const struct fastpath *fp, const char *name)
{
	int i, fd;

	if (fastpath_is_bare(fp))
		return -ENOENT;
	for (i = 0; fastpath_map_names[i] && strcmp(fastpath_map_names[i], name) != 0; i++)
		;
	fd = fastpath_map_names[i] && fp->map[i] ? bpf_map__fd(fp->map[i]) : -ENOENT;
	return fd < 0 ? -ENOENT : fd;
}

static int put_only(const struct bpf_map *map, const void *value)
{
	__u32 zero = 0;

	return bpf_map_update_elem(bpf_map__fd(map), &zero, value, BPF_ANY) ? -errno : 0;
}

/*
 * A program that read VALID may still be running on the old value when the new one is written. All
 * programs run inside RCU read-side sections, and a global membarrier waits for those to end.
 */
static void wait_for_readers(void)
{
	syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

/* What `self` looks like in the map, when it is in force. */
static struct bed4_self in_force(const struct bed4_self *self)
{
	struct bed4_self value = *self;

	value.abi = BED4_ABI;
	value.flags |= BED4_SELF_VALID;
	return value;
}

/* Could a reader who sees half of the one and half of the other take a packet for what it is not? */
static bool same_addresses(const struct bed4_self *a, const struct bed4_self *b)
{
	return a->flags & BED4_SELF_VALID && a->role == b->role && bed4_in6_eq(&a->own, &b->own) &&
	       bed4_ep_eq(a->listen, b->listen) && bed4_ep_eq(a->public, b->public) &&
	       bed4_ep_eq(a->server, b->server);
}

static int read_self(const struct fastpath *fp, struct bed4_self *self)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(bpf_map__fd(fp->tc->maps.self), &zero, self) ? -errno : 0;
}

int fastpath_self_differs(const struct fastpath *fp, const struct bed4_self *self)
{
	struct bed4_self now, wanted = in_force(self);
	int err;

	if (fastpath_is_bare(fp))
		return 0;
	err = read_self(fp, &now);
	return err ? err : memcmp(&now, &wanted, sizeof(now)) != 0;
}

int fastpath_set_self(struct fastpath *fp, const struct bed4_self *self)
{
	struct bed4_self old, value = in_force(self);
	struct bpf_map *map;
	int err;

	if (fastpath_is_bare(fp))
		return 0;
	map = fp->tc->maps.self;
	err = read_self(fp, &old);
	if (err || !memcmp(&old, &value, sizeof(old)))
		return err;
	if (same_addresses(&old, &value))
		return put_only(map, &value);
	value.flags &= ~BED4_SELF_VALID;
	err = put_only(map, &value);
	if (err)
		return err;
	wait_for_readers();
	value.flags |= BED4_SELF_VALID;
	return put_only(map, &value);
}

int fastpath_set_info(struct fastpath *fp, const struct bed4_info *info)
{
	return fastpath_is_bare(fp) ? 0 : put_only(fp->tc->maps.info, info);
}

int fastpath_info_differs(const struct fastpath *fp, const struct bed4_info *info)
{
	struct bed4_info now;
	__u32 zero = 0;

	if (fastpath_is_bare(fp))
		return 0;
	if (bpf_map_lookup_elem(bpf_map__fd(fp->tc->maps.info), &zero, &now))
		return -errno;
	return memcmp(&now, info, sizeof(now)) != 0;
}

struct bed4_count *fastpath_slow(struct fastpath *fp)
{
	return fp->slow;
}

struct bed4_losses *fastpath_losses(struct fastpath *fp)
{
	return fp->losses;
}

struct bed4_gauges *fastpath_gauges(struct fastpath *fp)
{
	return fp->gauges;
}

const struct bed4_bucket *fastpath_limit(const struct fastpath *fp)
{
	return fp->limit;
}

const struct bed4_capture *fastpath_capture(const struct fastpath *fp)
{
	return fp->capture;
}

struct bed4_shot *fastpath_slowshot(struct fastpath *fp)
{
	return fp->slowshot;
}

void fastpath_put_shot(struct fastpath *fp)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);

	bpf_prog_test_run_opts(fp->put_shot, &run);
}

void fastpath_sweep_capture(struct fastpath *fp, __u64 now)
{
	__u64 until = __atomic_load_n(&fp->capture->until, __ATOMIC_RELAXED);
	__u32 zero = 0;

	if (!until || until >= now || until == fp->swept)
		return;
	fp->swept = until;
	bpf_map_delete_elem(bpf_map__fd(fp->tc->maps.rings), &zero);
}

static int delete_policy(struct fastpath *fp, const struct bed4_lpm4 *key)
{
	if (bpf_map_delete_elem(bpf_map__fd(fp->tc->maps.policy4), key))
		return errno != ENOENT ? -errno : 0;
	fp->gauges->policy4 -= fp->gauges->policy4 > 0;
	return 0;
}

int fastpath_set_policy(struct fastpath *fp, __be32 addr, unsigned int prefixlen,
			enum bed4_policy policy)
{
	struct bed4_lpm4 key = { .prefixlen = prefixlen, .addr = addr };
	__u32 value = policy;
	int fd;

	if (fastpath_is_bare(fp))
		return 0;
	fd = bpf_map__fd(fp->tc->maps.policy4);
	if (policy == BED4_POLICY_NONE)
		return delete_policy(fp, &key);
	if (!bpf_map_update_elem(fd, &key, &value, BPF_NOEXIST)) {
		fp->gauges->policy4++;
		return 0;
	}
	return errno != EEXIST || bpf_map_update_elem(fd, &key, &value, BPF_EXIST) ? -errno : 0;
}

int fastpath_policy_differs(struct fastpath *fp, enum bed4_policy (*want)(const void *arg, __be32 addr, unsigned int len),
			    const void *arg, unsigned int count)
{
	struct bed4_lpm4 key, *before = NULL;
	unsigned int n;
	__u32 value;
	int fd;

	if (fastpath_is_bare(fp))
		return 0;
	fd = bpf_map__fd(fp->tc->maps.policy4);
	for (n = 0; !bpf_map_get_next_key(fd, before, &key); n++) {
		/* The trie finds the entry itself, as it is asked with the entry's own length. */
		if (n == count || bpf_map_lookup_elem(fd, &key, &value) || value != want(arg, key.addr, key.prefixlen))
			return 1;
		before = &key;
	}
	if (errno != ENOENT)
		return -errno;
	return n != count;
}

int fastpath_prune_policy(struct fastpath *fp, bool (*wanted)(const void *arg, __be32 addr, unsigned int len),
			  const void *arg)
{
	int fd, left = BED4_POLICY4_MAX;
	struct bed4_lpm4 key, next;
	__u32 kept = 0;
	int err = 0;
	bool more;

	if (fastpath_is_bare(fp))
		return 0;
	fd = bpf_map__fd(fp->tc->maps.policy4);
	more = !bpf_map_get_next_key(fd, NULL, &next);
	for (; more && left-- && !err; kept++) {
		key = next;
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (!wanted(arg, key.addr, key.prefixlen)) {
			err = delete_policy(fp, &key);
			kept--;
		}
	}
	if (!err)
		fp->gauges->policy4 = kept; /* now it is known, whatever an earlier daemon has left */
	return err;
}

static int add_neigh(struct fastpath *fp, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	int fd = bpf_map__fd(fp->tc->maps.neigh);

	if (!bpf_map_update_elem(fd, in6, n, BPF_NOEXIST))
		return 0;
	return errno == E2BIG ? -ENOSPC : -errno;
}

/* A router's; a peer's are counted where its cache is. All have been seen, and are where they say. */
static void count_seen(struct fastpath *fp, __u32 n)
{
	fp->gauges->neigh = (struct bed4_tally){ .path = { [BED4_PATH_DIRECT] = n },
						 .state = { [BED4_NEIGH_SEEN] = n } };
}

static __u32 seen_count(const struct fastpath *fp)
{
	return fp->gauges->neigh.state[BED4_NEIGH_SEEN];
}

int fastpath_seen(struct fastpath *fp, const struct bed4_in6 *in6, struct bed4_ep ep, __u32 now,
		  __u64 packets, __u64 bytes)
{
	struct bed4_neigh n = { .addr = ep.addr, .port = ep.port, .state = BED4_NEIGH_SEEN,
				.path = BED4_PATH_DIRECT, .heard = now, .since = now,
				.wake = BED4_NEVER };
	int err;

	if (fastpath_is_bare(fp))
		return 0;
	err = add_neigh(fp, in6, &n);
	if (!err) {
		count_seen(fp, seen_count(fp) + 1);
		fp->sweep.added++;
	} else if (err != -EEXIST) {
		return err;
	}
	/* With programs attached those count; a new entry begins with the packet that made it. */
	if (err && fp->mode != BED4_MODE_OFF)
		return 0;
	n.rx_packets = packets;
	n.rx_bytes = bytes;
	return fastpath_neigh_set(fp, in6, &n);
}

int fastpath_neigh_set(struct fastpath *fp, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	struct bed4_neigh_set set = { .key = *in6, .value = *n };
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &set, .ctx_size_in = sizeof(set));

	if (fastpath_is_bare(fp))
		return 0;
	if (bpf_prog_test_run_opts(fp->set_neigh, &run))
		return -errno;
	return (int)run.retval == -ENOENT ? add_neigh(fp, in6, n) : 0;
}

int fastpath_neigh_get(struct fastpath *fp, const struct bed4_in6 *in6, struct bed4_neigh *n)
{
	return bpf_map_lookup_elem(bpf_map__fd(fp->tc->maps.neigh), in6, n) ? -errno : 0;
}

int fastpath_neigh_del(struct fastpath *fp, const struct bed4_in6 *in6)
{
	if (fastpath_is_bare(fp))
		return 0;
	return bpf_map_delete_elem(bpf_map__fd(fp->tc->maps.neigh), in6) && errno != ENOENT ? -errno : 0;
}

#define WALK_BATCH     256 /* entries per system call; a bucket of the kernel's has to fit */
#define SWEEP_BATCHES 8 /* at a time: about 2 ms */

/* Goes on from where @w stands, by @batches at most. 0: that was all; 1: there is more; or -errno. */
static int walk_on(struct fastpath *fp, struct walk *w, __u32 batches, fastpath_neigh_fn fn,
		   void *arg)
{
	static struct bed4_in6 keys[WALK_BATCH];
	static struct bed4_neigh values[WALK_BATCH];
	int fd, err = 0;
	__u32 count, i;

	if (fastpath_is_bare(fp))
		return 0;
	fd = bpf_map__fd(fp->tc->maps.neigh);
	while (!err && batches--) {
		count = WALK_BATCH;
		err = bpf_map_lookup_batch(fd, w->begun ? &w->cursor : NULL, &w->cursor, keys, values, &count,
					   NULL) ? -errno : 0;
		if (err && err != -ENOENT)
			return err;
		for (i = 0; i < count; i++)
			fn(arg, &keys[i], &values[i]);
		w->begun = true;
	}
	return !err;
}

/* More than a walk over the whole table takes, unless it changes too much. */
static __u32 batches_of_all(const struct fastpath *fp)
{
	return 2 * fp->config.neigh_max / WALK_BATCH + 64;
}

/* 0; 1: not all of it was seen, for it changed too much; or -errno. */
static int walk(struct fastpath *fp, fastpath_neigh_fn fn, void *arg)
{
	struct walk w = {};

	return walk_on(fp, &w, batches_of_all(fp), fn, arg);
}

int fastpath_walk(struct fastpath *fp, fastpath_neigh_fn fn, void *arg)
{
	int ret = walk(fp, fn, arg);

	return ret < 0 ? ret : 0;
}

struct expiry {
	struct fastpath *fp;
	__u32 now, age;
	fastpath_neigh_fn gone;
	void *arg;
};

static void expire_one(void *arg, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	const struct expiry *x = arg;
	struct sweep *s = &x->fp->sweep;

	bool fresh = bed4_stamp_ok(x->now, n->heard) && bed4_since(x->now, n->heard) <= x->age;

	if (fresh || fastpath_neigh_del(x->fp, in6)) {
		s->left++;
		return;
	}
	count_seen(x->fp, seen_count(x->fp) - (seen_count(x->fp) > 0));
	if (x->gone)
		x->gone(x->arg, in6, n);
}

/* Whatever others have done to the map: those met are there, and of those that came meanwhile any may be. */
static void correct_count(struct fastpath *fp)
{
	const struct sweep *s = &fp->sweep;
	__u32 n = seen_count(fp);

	if (n < s->left)
		count_seen(fp, s->left);
	else if (n > s->left + s->added)
		count_seen(fp, s->left + s->added);
}

/* As fastpath_sweep(); *@whole: all of it has been seen. */
static int sweep_on(struct fastpath *fp, fastpath_neigh_fn fn, void *arg, bool *whole)
{
	struct sweep *s = &fp->sweep;
	__u32 batches;
	int ret;

	if (!s->left_batches)
		*s = (struct sweep){ .left_batches = batches_of_all(fp) };
	batches = s->left_batches < SWEEP_BATCHES ? s->left_batches : SWEEP_BATCHES;
	ret = walk_on(fp, &s->at, batches, fn, arg);
	*whole = !ret;
	s->left_batches -= batches;
	if (ret == 1 && s->left_batches)
		return 1;
	s->left_batches = 0;
	return ret < 0 ? ret : 0;
}

int fastpath_sweep(struct fastpath *fp, fastpath_neigh_fn fn, void *arg)
{
	bool whole;

	return sweep_on(fp, fn, arg, &whole);
}

int fastpath_expire(struct fastpath *fp, __u32 now, __u32 age, fastpath_neigh_fn gone, void *arg)
{
	struct expiry x = { .fp = fp, .now = now, .age = age, .gone = gone, .arg = arg };
	bool whole;
	int ret = sweep_on(fp, expire_one, &x, &whole);

	if (whole)
		correct_count(fp);
	return ret;
}

static void delete_one(void *arg, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	(void)n;
	fastpath_neigh_del(arg, in6);
}

int fastpath_neigh_flush(struct fastpath *fp)
{
	return fastpath_walk(fp, delete_one, fp);
}

void fastpath_hops_changed(struct fastpath *fp, __u32 bypass)
{
	__atomic_store_n(&fp->hopgen->bypass, bypass, __ATOMIC_RELEASE);
	__atomic_add_fetch(&fp->hopgen->generation, 1, __ATOMIC_RELEASE);
}

void fastpath_take_gateways(struct fastpath *fp, int (*fn)(const struct bed4_via *via))
{
	struct bed4_via via;
	int fd;

	if (fastpath_is_bare(fp))
		return;
	fd = bpf_map__fd(fp->tc->maps.hops);
	while (!bpf_map_get_next_key(fd, NULL, &via)) {
		bpf_map_delete_elem(fd, &via);
		fn(&via); /* what the kernel does not want to use is its own business */
	}
}

const struct bed4_pulse *fastpath_pulse(const struct fastpath *fp)
{
	return fp->pulse;
}

static int hand_over(void *ctx, void *data, size_t size)
{
	struct fastpath *fp = ctx;

	if (size >= sizeof(struct bed4_event) && fp->event_fn)
		fp->event_fn(fp->event_arg, data);
	return 0;
}

int fastpath_open_events(struct fastpath *fp)
{
	fp->ring = ring_buffer__new(bpf_map__fd(fp->tc->maps.events), hand_over, fp, NULL);
	return fp->ring ? 0 : -errno;
}

int fastpath_event_fd(const struct fastpath *fp)
{
	return fastpath_is_bare(fp) ? -1 : ring_buffer__epoll_fd(fp->ring);
}

int fastpath_events(struct fastpath *fp, void (*fn)(void *arg, const struct bed4_event *ev),
		    void *arg)
{
	fp->event_fn = fn;
	fp->event_arg = arg;
	return ring_buffer__consume(fp->ring);
}
