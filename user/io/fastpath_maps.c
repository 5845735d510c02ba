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

#include "io/fastpath_priv.h"

int fastpath_map_fd(const struct fastpath *fp, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(fp->tc->obj, name);

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

int fastpath_set_self(struct fastpath *fp, const struct bed4_self *self)
{
	struct bed4_self value = *self;
	struct bpf_map *map = fp->tc->maps.self;
	int err;

	value.abi = BED4_ABI;
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
	return put_only(fp->tc->maps.info, info);
}

struct bed4_count *fastpath_slow(struct fastpath *fp)
{
	return fp->slow;
}

int fastpath_set_policy(struct fastpath *fp, __be32 addr, unsigned int prefixlen,
			enum bed4_policy policy)
{
	struct bed4_lpm4 key = { .prefixlen = prefixlen, .addr = addr };
	int fd = bpf_map__fd(fp->tc->maps.policy4);
	__u32 value = policy;

	if (policy == BED4_POLICY_NONE)
		return bpf_map_delete_elem(fd, &key) && errno != ENOENT ? -errno : 0;
	return bpf_map_update_elem(fd, &key, &value, BPF_ANY) ? -errno : 0;
}

static int add_neigh(struct fastpath *fp, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	int fd = bpf_map__fd(fp->tc->maps.neigh);

	if (bpf_map_update_elem(fd, in6, n, BPF_NOEXIST))
		return errno == E2BIG ? -ENOSPC : -errno;
	fp->neighbours++;
	return 0;
}

int fastpath_seen(struct fastpath *fp, const struct bed4_in6 *in6, struct bed4_ep ep, __u64 now,
		  __u64 packets, __u64 bytes)
{
	int err, fd = bpf_map__fd(fp->tc->maps.neigh);
	struct bed4_neigh n;

	if (bpf_map_lookup_elem(fd, in6, &n)) {
		n = (struct bed4_neigh){ .addr = ep.addr, .port = ep.port, .state = BED4_NEIGH_SEEN,
					 .last_seen = now, .rx_packets = packets, .rx_bytes = bytes };
		err = add_neigh(fp, in6, &n);
		return err == -EEXIST ? 0 : err;
	}
	if (fp->mode != BED4_MODE_OFF)
		return 0; /* BPF counts, and a value written back would undo what it adds meanwhile */
	n.last_seen = now;
	n.rx_packets += packets;
	n.rx_bytes += bytes;
	return bpf_map_update_elem(fd, in6, &n, BPF_EXIST) ? -errno : 0;
}

int fastpath_expire(struct fastpath *fp, __u64 before)
{
	int fd = bpf_map__fd(fp->tc->maps.neigh);
	struct bed4_in6 key, next;
	struct bed4_neigh n;
	unsigned int left = 0, steps;
	bool more = !bpf_map_get_next_key(fd, NULL, &next);

	/* The successor is fetched before an entry goes: a deleted key would start the walk anew. */
	for (steps = 0; more && steps < 2 * BED4_NEIGH_MAX; steps++) {
		key = next;
		more = !bpf_map_get_next_key(fd, &key, &next);
		if (!bpf_map_lookup_elem(fd, &key, &n) && n.last_seen < before)
			bpf_map_delete_elem(fd, &key);
		else
			left++;
	}
	fp->neighbours = left;
	return (int)left;
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
	return ring_buffer__epoll_fd(fp->ring);
}

int fastpath_events(struct fastpath *fp, void (*fn)(void *arg, const struct bed4_event *ev),
		    void *arg)
{
	fp->event_fn = fn;
	fp->event_arg = arg;
	return ring_buffer__consume(fp->ring);
}
