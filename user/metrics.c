// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Text for Prometheus; see metrics.h. Proved by selftests/unit/test_metrics.c and net/test_metrics.sh. */
#include <string.h>

#include "core/outcome.h"
#include "metrics.h"
#include "opt.h"

/* Inside quotes: a device may have any of them in its name. */
static void put_escaped(FILE *f, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			fputs("\\n", f);
			continue;
		}
		if (*value == '\\' || *value == '"')
			putc('\\', f);
		putc(*value, f);
	}
}

/* Labels and their values by turns. */
#define LABELS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* NAME{iface="...",LABEL="VALUE"...} N; @labels NULL: no others. */
static void put(FILE *f, const char *name, const struct show *s, __u64 n, const char *const *labels)
{
	fprintf(f, "%s{iface=\"", name);
	put_escaped(f, s->iface);
	for (; labels && labels[0]; labels += 2) {
		fprintf(f, "\",%s=\"", labels[0]);
		put_escaped(f, labels[1]);
	}
	fprintf(f, "\"} %llu\n", (unsigned long long)n);
}

/* @ns as seconds. */
static void put_seconds(FILE *f, const char *name, const struct show *s, __u64 ns)
{
	fprintf(f, "%s{iface=\"", name);
	put_escaped(f, s->iface);
	fprintf(f, "\"} %llu.%03llu\n", (unsigned long long)(ns / 1000000000ull),
		(unsigned long long)(ns / 1000000ull % 1000));
}

static void put_instance(FILE *f, const char *name, const struct show *s)
{
	put(f, name, s, 1, LABELS("role", opt_role_name(s->self.role), "tun", s->info.made.tun_name, "fast_path",
	    opt_mode_name(s->info.mode), "forward", opt_forward_name(s->info.forward)));
}

static void put_up(FILE *f, const char *name, const struct show *s)
{
	put(f, name, s, s->alive, NULL);
}

/* A dead daemon's state is not known. */
static void put_degraded(FILE *f, const char *name, const struct show *s)
{
	__u32 why = s->info.degraded;

	if (!s->alive)
		return;
	put(f, name, s, !!(why & BED4_DEGRADED_NO_LISTEN), LABELS("reason", "no_listen_address"));
	if (s->self.role == BED4_ROLE_ROUTER)
		return;
	put(f, name, s, !!(why & BED4_DEGRADED_NO_RA), LABELS("reason", "router_silent"));
	put(f, name, s, !!(why & BED4_DEGRADED_ODD_PORT), LABELS("reason", "odd_port"));
}

static void put_started(FILE *f, const char *name, const struct show *s)
{
	if (s->alive)
		put_seconds(f, name, s, s->gauges.started);
}

static void put_cpu(FILE *f, const char *name, const struct show *s)
{
	if (s->alive)
		put_seconds(f, name, s, s->gauges.cpu);
}

static void put_memory(FILE *f, const char *name, const struct show *s)
{
	if (s->alive)
		put(f, name, s, s->gauges.memory_max, NULL);
}

/* Those that cannot be are left out. A counter that has not risen yet is there: a rate needs its 0. */
static bool can_be(const struct show *s, __u32 hook, __u32 o)
{
	enum bed4_kind kind = outcome_kind(o);
	bool passed = kind == BED4_KIND_SLOW || kind == BED4_KIND_OTHER;

	return hook < BED4_HOOK_BPF || !passed || s->count[hook][o].packets;
}

static void put_outcomes(FILE *f, const char *name, const struct show *s, bool bytes)
{
	__u32 hook, o;

	for (hook = 0; hook < BED4_HOOK_COUNT; hook++) {
		for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
			const struct bed4_count *c = &s->count[hook][o];

			if (can_be(s, hook, o))
				put(f, name, s, bytes ? c->bytes : c->packets, LABELS("hook", hook_name(hook), "outcome",
				    outcome_name(o), "kind", kind_name(outcome_kind(o))));
		}
	}
}

static void put_packets(FILE *f, const char *name, const struct show *s)
{
	put_outcomes(f, name, s, false);
}

static void put_bytes(FILE *f, const char *name, const struct show *s)
{
	put_outcomes(f, name, s, true);
}

static void put_paths(FILE *f, const char *name, const struct show *s)
{
	struct bed4_sample sum = gauges_sum(s->count, 0);

	put(f, name, s, sum.fast, LABELS("path", "fast"));
	put(f, name, s, sum.slow, LABELS("path", "slow"));
}

static void put_neighbours(FILE *f, const char *name, const struct show *s)
{
	__u32 i;

	for (i = 0; i < BED4_PATHS; i++)
		put(f, name, s, s->gauges.neigh.path[i], LABELS("path", gauges_path_name(i)));
}

static void put_states(FILE *f, const char *name, const struct show *s)
{
	__u32 i;

	for (i = BED4_NEIGH_SEEN; i < BED4_NEIGH_STATES; i++)
		put(f, name, s, s->gauges.neigh.state[i], LABELS("state", gauges_state_name(i)));
}

static void put_neighbours_max(FILE *f, const char *name, const struct show *s)
{
	put(f, name, s, s->info.neigh_max, NULL);
}

static void put_refused(FILE *f, const char *name, const struct show *s)
{
	put(f, name, s, s->info.neigh_full + s->losses.neighbours, NULL);
}

static void put_events_lost(FILE *f, const char *name, const struct show *s)
{
	put(f, name, s, s->events_lost, NULL);
}

static void put_collisions(FILE *f, const char *name, const struct show *s)
{
	put(f, name, s, s->losses.collisions, NULL);
}

static void put_tables(FILE *f, const char *name, const struct show *s)
{
	put(f, name, s, gauges_neighbours(&s->gauges.neigh), LABELS("table", "neigh"));
	put(f, name, s, s->gauges.limit_bpf, LABELS("table", "limit"));
	put(f, name, s, s->gauges.limit_daemon, LABELS("table", "limit_daemon"));
	put(f, name, s, s->gauges.policy4, LABELS("table", "policy4"));
}

static void put_tables_max(FILE *f, const char *name, const struct show *s)
{
	put(f, name, s, s->info.neigh_max, LABELS("table", "neigh"));
	put(f, name, s, GAUGES_LIMIT_MAX, LABELS("table", "limit"));
	put(f, name, s, GAUGES_LIMIT_MAX, LABELS("table", "limit_daemon"));
	put(f, name, s, BED4_POLICY4_MAX, LABELS("table", "policy4"));
}

static const struct family {
	const char *name, *type, *help;
	void (*put)(FILE *f, const char *name, const struct show *s);
} families[] = {
	{ "bed4_instance_info", "gauge", "What is loaded on a device; always 1.", put_instance },
	{ "bed4_up", "gauge", "Whether the daemon of a device lives.", put_up },
	{ "bed4_degraded", "gauge", "Whether it is not fully at work, by reason.", put_degraded },
	{ "bed4_start_time_seconds", "gauge", "When the daemon was started, in seconds since 1970.", put_started },
	{ "bed4_packets_total", "counter", "What became of packets: each ends once at a hook that sees it.",
	  put_packets },
	{ "bed4_bytes_total", "counter", "Bytes of them: of IPv6 where kind is forward, else of all that the hook saw.",
	  put_bytes },
	{ "bed4_path_packets_total", "counter",
	  "Packets forwarded, answered or dropped, by programs (fast) and by the daemon (slow).", put_paths },
	{ "bed4_neighbours", "gauge", "Neighbours, by the path that packets to them take.", put_neighbours },
	{ "bed4_neighbour_states", "gauge", "Neighbours, by state.", put_states },
	{ "bed4_neighbours_max", "gauge", "How many neighbours are kept at most.", put_neighbours_max },
	{ "bed4_neighbours_refused_total", "counter",
	  "Neighbours, on a router packets of senders, that found the table full.", put_refused },
	{ "bed4_events_lost_total", "counter", "Senders that the daemon was not told of.", put_events_lost },
	{ "bed4_limit_collisions_total", "counter", "Rate limits forgotten for the sake of other senders.",
	  put_collisions },
	{ "bed4_table_entries", "gauge", "Entries in use of a table.", put_tables },
	{ "bed4_table_entries_max", "gauge", "Entries that a table has room for.", put_tables_max },
	{ "bed4_daemon_cpu_seconds_total", "counter", "Time of a CPU that the daemon has used.", put_cpu },
	{ "bed4_daemon_memory_max_bytes", "gauge", "Memory that the daemon was resident in at most.", put_memory },
};

static void head(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metrics_write(FILE *f, const struct show *s, unsigned int n)
{
	const struct family *m;
	unsigned int i;

	head(f, "bed4_build_info", "gauge", "Which build tells this, and of which layout its maps are; always 1.");
	fprintf(f, "bed4_build_info{version=\"%s\",abi=\"%d\"} 1\n", BED4_VERSION, BED4_ABI);
	for (m = families; m < families + sizeof(families) / sizeof(*families); m++) {
		head(f, m->name, m->type, m->help);
		for (i = 0; i < n; i++)
			m->put(f, m->name, &s[i]);
	}
}
