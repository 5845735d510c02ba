// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the daemon tells of itself in map `gauges`: every few seconds a sample of all counters, and its
 * numbers of neighbours whenever they have changed. Must not know who reads it. Proved by
 * selftests/net/test_metrics.sh.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "daemon_priv.h"
#include "gauges.h"
#include "io/counters.h"
#include "log.h"

void daemon_publish_tally(struct daemon *d)
{
	struct bed4_gauges *g = fastpath_gauges(d->fp);

	if (d->opt.role == BED4_ROLE_PEER && memcmp(&g->neigh, &d->tally, sizeof(d->tally)))
		g->neigh = d->tally;
}

static void publish_usage(struct bed4_gauges *g)
{
	struct rusage ru;

	if (getrusage(RUSAGE_SELF, &ru))
		return;
	g->cpu = ((__u64)ru.ru_utime.tv_sec + (__u64)ru.ru_stime.tv_sec) * NSEC_PER_SEC +
		 ((__u64)ru.ru_utime.tv_usec + (__u64)ru.ru_stime.tv_usec) * 1000;
	g->memory_max = (__u64)ru.ru_maxrss * 1024;
}

void daemon_sample(struct daemon *d)
{
	struct bed4_gauges *g = fastpath_gauges(d->fp);
	gauges_counts count = {};
	struct bed4_sample s;
	int err;

	err = counters_read_stats(fastpath_map_fd(d->fp, "stats"), count);
	memcpy(count[BED4_HOOK_BPF], fastpath_slow(d->fp), BED4_HOOK_DAEMON * sizeof(*count));
	if (err) {
		log_error("cannot read map stats: %s", strerror(-err));
		return;
	}
	s = gauges_sum(count, daemon_now());
	gauges_add(g, &s);
	g->limit_bpf = gauges_limit(fastpath_limit(d->fp), s.at);
	g->limit_daemon = gauges_limit(d->limit.row, s.at);
	g->started = d->started;
	publish_usage(g);
	daemon_publish_tally(d);
}

void daemon_start_gauges(struct daemon *d)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	d->started = (__u64)ts.tv_sec * NSEC_PER_SEC + (__u64)ts.tv_nsec;
	daemon_sample(d);
}
