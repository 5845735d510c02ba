// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Counters read in one go; see counters.h. Proved by selftests/net/test_metrics.sh and fuzz/fuzz_maps.c. */
#include <errno.h>
#include <stdlib.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "io/counters.h"

#define ROWS_MAX (BED4_HOOK_COUNT * BED4_OUTCOME_COUNT)

/* @rows rows, each for @cpus CPUs, added up into @sum. */
static int read_rows(int fd, __u32 rows, __u32 cpus, struct bed4_count *sum)
{
	struct bed4_count *c = calloc((size_t)rows * cpus, sizeof(*c));
	__u32 *keys = calloc(rows, sizeof(*keys)), cursor, count = rows, i;
	int err = c && keys ? 0 : -ENOMEM;

	if (!err && bpf_map_lookup_batch(fd, NULL, &cursor, keys, c, &count, NULL) && errno != ENOENT)
		err = -errno;
	for (i = 0; !err && i < count * cpus; i++) {
		if (keys[i / cpus] >= rows)
			continue;
		sum[keys[i / cpus]].packets += c[i].packets;
		sum[keys[i / cpus]].bytes += c[i].bytes;
	}
	free(keys);
	free(c);
	return err;
}

/* The map's rows are those of bed4_stat_row(), in which row 0 of a hook is no outcome. */
static int read_hooks(int fd, __u32 hooks, __u32 cpus, struct bed4_count (*count)[BED4_OUTCOME_COUNT])
{
	struct bed4_count sum[ROWS_MAX] = {};
	int err = read_rows(fd, hooks * BED4_OUTCOME_COUNT, cpus, sum);
	__u32 hook, o;

	for (hook = 0; hook < hooks && !err; hook++) {
		for (o = 1; o < BED4_OUTCOME_COUNT; o++)
			count[hook][o] = sum[hook * BED4_OUTCOME_COUNT + o];
	}
	return err;
}

int counters_read_stats(int fd, struct bed4_count (*count)[BED4_OUTCOME_COUNT])
{
	int cpus = libbpf_num_possible_cpus();

	return cpus <= 0 ? -EINVAL : read_hooks(fd, BED4_HOOK_BPF, (__u32)cpus, count);
}

int counters_read_slow(int fd, struct bed4_count (*count)[BED4_OUTCOME_COUNT])
{
	return read_hooks(fd, BED4_HOOK_DAEMON, 1, count + BED4_HOOK_BPF);
}
