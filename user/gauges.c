// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Samples and what follows from them; see gauges.h. Proved by selftests/unit/test_gauges.c. */
#include <errno.h>
#include <string.h>

#include "core/outcome.h"
#include "gauges.h"

static void add(struct bed4_count *to, const struct bed4_count *c)
{
	to->packets += c->packets;
	to->bytes += c->bytes;
}

static bool ends(enum bed4_outcome o)
{
	enum bed4_kind kind = outcome_kind(o);

	return o != BED4_KEEPALIVE &&
	       (kind == BED4_KIND_FORWARD || kind == BED4_KIND_ANSWER || kind == BED4_KIND_DROP);
}

struct bed4_sample gauges_sum(const gauges_counts count, __u64 at)
{
	struct bed4_sample s = { .at = at };
	__u32 hook, o;

	for (hook = 0; hook < BED4_HOOK_COUNT; hook++) {
		add(&s.in, &count[hook][BED4_IN_NATIVE]);
		add(&s.in, &count[hook][BED4_IN_LOCAL]);
		add(&s.out, &count[hook][BED4_OUT]);
		add(&s.out, &count[hook][BED4_OUT_ROUTER]);
		add(&s.relay, &count[hook][BED4_RELAY]);
		for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
			if (ends(o))
				*(hook < BED4_HOOK_BPF ? &s.fast : &s.slow) += count[hook][o].packets;
		}
	}
	return s;
}

/* Is @b at most that much later than @a? */
static bool follows(__u64 a, __u64 b)
{
	return a && b > a && b - a <= 3 * GAUGES_TICK;
}

static bool grown(const struct bed4_count *a, const struct bed4_count *b)
{
	return b->packets >= a->packets && b->bytes >= a->bytes;
}

static bool comparable(const struct bed4_sample *a, const struct bed4_sample *b)
{
	return follows(a->at, b->at) && grown(&a->in, &b->in) && grown(&a->out, &b->out) &&
	       grown(&a->relay, &b->relay) && b->fast >= a->fast && b->slow >= a->slow;
}

void gauges_add(struct bed4_gauges *g, const struct bed4_sample *s)
{
	__u32 last = g->last % BED4_SAMPLES, next = (last + 1) % BED4_SAMPLES;

	if (!comparable(&g->sample[last], s))
		g->sample[last].at = 0;
	g->sample[next] = *s;
	__atomic_store_n(&g->last, next, __ATOMIC_RELEASE);
}

/* @n in @ns, per second; in the range of anything that a machine does. */
static __u64 per_second(__u64 n, __u64 ns)
{
	return (__u64)((double)n * 1e9 / (double)ns + 0.5);
}

static struct bed4_count rate(const struct bed4_count *a, const struct bed4_count *b, __u64 ns)
{
	return (struct bed4_count){ per_second(b->packets - a->packets, ns),
				    per_second((b->bytes - a->bytes) * 8, ns) };
}

bool gauges_rates(const struct bed4_gauges *g, __u64 now, struct gauges_rates *r)
{
	__u32 last = g->last % BED4_SAMPLES;
	const struct bed4_sample *b = &g->sample[last];
	const struct bed4_sample *a = &g->sample[(last + BED4_SAMPLES - 1) % BED4_SAMPLES];
	__u64 ns = b->at - a->at;

	if (!comparable(a, b) || (now != b->at && !follows(b->at, now)))
		return false;
	*r = (struct gauges_rates){ rate(&a->in, &b->in, ns), rate(&a->out, &b->out, ns),
				    rate(&a->relay, &b->relay, ns), b->fast - a->fast, b->slow - a->slow };
	return true;
}

unsigned int gauges_share(__u64 fast, __u64 slow)
{
	double all = (double)fast + (double)slow;

	return slow ? (unsigned int)((double)slow * 1000 / all + 0.5) : 0;
}

__u32 gauges_neighbours(const struct bed4_tally *t)
{
	__u32 n = 0, i;

	for (i = 0; i < BED4_PATHS; i++)
		n += t->path[i];
	return n;
}

static bool in_use(const struct bed4_bucket *b, struct bed4_rate rate, __u64 now)
{
	return bed4_bucket_fills(*(const volatile __u64 *)&b->full, rate, now) != 0;
}

__u32 gauges_limit(const struct bed4_bucket *row, __u64 now)
{
	__u32 n = 0, i;

	for (i = 0; i < BED4_LIMIT_SLOTS; i++)
		n += in_use(&row[BED4_LIMIT_SITES + i], BED4_RATE_SITE, now) +
		     in_use(&row[BED4_LIMIT_ONES + i], BED4_RATE_ONE, now);
	return n;
}

int gauges_sane(const struct bed4_gauges *g, const char *iface, struct err *e)
{
	bool sane = g->last < BED4_SAMPLES && g->limit_bpf <= GAUGES_LIMIT_MAX &&
		    g->limit_daemon <= GAUGES_LIMIT_MAX && g->policy4 <= BED4_POLICY4_MAX;
	__u32 i;

	for (i = 0; i < BED4_PATHS; i++)
		sane = sane && g->neigh.path[i] <= BED4_NEIGH_LIMIT;
	for (i = 0; i < BED4_NEIGH_STATES; i++)
		sane = sane && g->neigh.state[i] <= BED4_NEIGH_LIMIT;
	return sane ? 0 : err_set(e, -EUCLEAN, "what is remembered of %s is damaged: its numbers of entries cannot "
					       "be; load it again", iface);
}

static const char *const path_names[BED4_PATHS] = { "router", "direct", "lan" };
static const char *const state_names[BED4_NEIGH_STATES] = {
	"none", "seen", "incomplete", "reachable", "stale", "delay", "probe", "via_router", "permanent",
};

const char *gauges_path_name(enum bed4_path path)
{
	return path < BED4_PATHS ? path_names[path] : "?";
}

const char *gauges_state_name(enum bed4_neigh_state state)
{
	return state < BED4_NEIGH_STATES ? state_names[state] : "?";
}
