// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rates and their layout; see watch.h. Proved by selftests/unit/test_watch.c. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/outcome.h"
#include "gauges.h"
#include "opt.h"
#include "watch.h"

/* --- rates ----------------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct bed4_in6)); /* the address stands first */
}

_Static_assert(offsetof(struct watch_neigh, addr) == 0, "by_address");

void watch_sort(struct watch_neigh *n, unsigned int count)
{
	if (count)
		qsort(n, count, sizeof(*n), by_address);
}

static double grown(__u64 old, __u64 new)
{
	return new >= old ? (double)(new - old) : (double)new;
}

struct watch_rate watch_rate(const struct bed4_count *old, const struct bed4_count *new, double seconds)
{
	return (struct watch_rate){
		.packets = grown(old->packets, new->packets) / seconds,
		.bits = 8 * grown(old->bytes, new->bytes) / seconds,
	};
}

static void rate_path(struct watch_rates *r, const struct watch_sample *old, const struct watch_sample *new,
		      enum bed4_outcome o, const char *text)
{
	struct watch_path *p = &r->path[r->paths++];
	struct watch_rate one;
	double fast = 0;
	__u32 hook;

	*p = (struct watch_path){ .o = o, .text = text };
	for (hook = 0; hook < BED4_HOOK_COUNT; hook++) {
		one = watch_rate(&old->s.count[hook][o], &new->s.count[hook][o], r->seconds);
		p->rate.packets += one.packets;
		p->rate.bits += one.bits;
		fast += hook < BED4_HOOK_BPF ? one.packets : 0;
	}
	p->fast = p->rate.packets > 0 ? fast / p->rate.packets : 0;
	r->total += p->rate.packets;
}

static void rate_others(struct watch_rates *r, const struct watch_sample *old, const struct watch_sample *new)
{
	double most = 0, sum;
	__u32 o, hook;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		sum = 0;
		for (hook = 0; hook < BED4_HOOK_COUNT; hook++)
			sum += watch_rate(&old->s.count[hook][o], &new->s.count[hook][o], r->seconds).packets;
		if (outcome_kind(o) == BED4_KIND_ANSWER)
			r->answered += sum;
		if (outcome_kind(o) != BED4_KIND_DROP || o == BED4_KEEPALIVE)
			continue;
		r->dropped += sum;
		if (sum > most) {
			most = sum;
			r->top_drop = o;
		}
	}
}

/* Puts @t among the largest, if it is one. */
static void rank(struct watch_rates *r, const struct watch_top *t)
{
	unsigned int i = r->tops < WATCH_TOP ? r->tops++ : WATCH_TOP;

	for (; i && r->top[i - 1].rate.bits < t->rate.bits; i--) {
		if (i < WATCH_TOP)
			r->top[i] = r->top[i - 1];
	}
	if (i < WATCH_TOP)
		r->top[i] = *t;
}

static void rate_neighbours(struct watch_rates *r, const struct watch_sample *old, const struct watch_sample *new)
{
	struct bed4_count was, is;
	struct watch_top t;
	unsigned int i, k = 0;

	for (i = 0; i < new->neigh_count; i++) {
		const struct watch_neigh *n = &new->neigh[i];

		r->by_path[n->path <= BED4_PATH_LAN ? n->path : BED4_PATH_ROUTER]++;
		while (k < old->neigh_count && by_address(&old->neigh[k], n) < 0)
			k++;
		was = (struct bed4_count){};
		if (k < old->neigh_count && !by_address(&old->neigh[k], n))
			was = (struct bed4_count){ old->neigh[k].packets, old->neigh[k].bytes };
		is = (struct bed4_count){ n->packets, n->bytes };
		t = (struct watch_top){ n->addr, n->path, watch_rate(&was, &is, r->seconds) };
		if (t.rate.packets > 0)
			rank(r, &t);
	}
}

void watch_rates(struct watch_rates *r, const struct watch_sample *old, const struct watch_sample *new)
{
	*r = (struct watch_rates){ .seconds = new->at > old->at ? (double)(new->at - old->at) / 1e9 : 1 };
	if (new->s.self.role == BED4_ROLE_ROUTER) {
		rate_path(r, old, new, BED4_IN_NATIVE, "peers to native");
		rate_path(r, old, new, BED4_OUT, "to peers");
		rate_path(r, old, new, BED4_RELAY, "peer to peer");
		rate_path(r, old, new, BED4_IN_LOCAL, "to this machine");
	} else {
		rate_path(r, old, new, BED4_OUT, "sent straight");
		rate_path(r, old, new, BED4_OUT_ROUTER, "sent by the router");
		rate_path(r, old, new, BED4_IN_LOCAL, "received");
	}
	rate_others(r, old, new);
	rate_neighbours(r, old, new);
}

void watch_remember(struct watch_history *h, const struct watch_rates *r)
{
	unsigned int i;

	memmove(h->total, h->total + 1, sizeof(h->total) - sizeof(*h->total));
	h->total[WATCH_HISTORY - 1] = r->total;
	for (i = 0; i < r->paths; i++)
		h->most = r->path[i].rate.packets > h->most ? r->path[i].rate.packets : h->most;
}

/* --- text ------------------------------------------------------------------------------------------ */

const char *watch_si(double n, char buf[16])
{
	static const char units[] = " kMGTPE";
	unsigned int u = 0;

	while (n >= 999.5 && u < sizeof(units) - 2) {
		n /= 1000;
		u++;
	}
	if (n >= 99.95 || (!u && n == (double)(unsigned int)n))
		snprintf(buf, 16, "%.0f", n);
	else
		snprintf(buf, 16, n < 9.995 && u ? "%.2f" : "%.1f", n);
	if (u)
		snprintf(buf + strlen(buf), 2, "%c", units[u]);
	return buf;
}

static const char *bold(const struct watch_look *look)
{
	return look->color ? "\033[1m" : "";
}

static const char *red(const struct watch_look *look)
{
	return look->color ? "\033[31m" : "";
}

static const char *plain(const struct watch_look *look)
{
	return look->color ? "\033[0m" : "";
}

static void spark(FILE *f, const struct watch_history *h, const struct watch_look *look)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char ascii[] = " .:-=+*%#";
	double most = 0;
	int i, level;

	for (i = 0; i < WATCH_HISTORY; i++)
		most = h->total[i] > most ? h->total[i] : most;
	for (i = 0; i < WATCH_HISTORY; i++) {
		level = most > 0 ? (int)(h->total[i] * 8 / most + 0.5) : 0;
		if (!level && h->total[i] > 0)
			level = 1;
		if (look->utf8)
			fputs(blocks[level], f);
		else
			fputc(ascii[level], f);
	}
}

#define BAR 24

static void bar(FILE *f, double part)
{
	int i, n = (int)(part * BAR + 0.5);

	if (!n && part > 0)
		n = 1;
	for (i = 0; i < n && i < BAR; i++)
		fputc('#', f);
}

/* What is connected to what, with addresses. */
static void picture(FILE *f, const struct show *s)
{
	char own[SHOW_TEXT] = "no address yet", listen[SHOW_TEXT], server[SHOW_TEXT], fourth[SHOW_TEXT];
	bool router = s->self.role == BED4_ROLE_ROUTER;
	const char *v6 = strstr(s->info.options, "v6-dev ");

	if (s->self.flags & BED4_SELF_ADDR)
		show_ip6(&s->self.own, own);
	show_ep(s->self.listen, listen);
	snprintf(fourth, sizeof(fourth), "native: %.*s", v6 ? (int)strcspn(v6 + 7, "\n") : 6,
		 v6 ? v6 + 7 : "kernel");
	fprintf(f, "  IPv4 %-15s        +----------------+\n", s->iface);
	fprintf(f, "  %-21s ====== | %-14s |%s%s\n", listen, router ? "router" : "peer", router ? " ====== " : "",
		router ? fourth : "");
	fprintf(f, "  %-21s        +-------++-------+\n",
		router ? "" : show_ep(s->self.server, server));
	fprintf(f, "  %-21s                ||\n", router ? "" : "is the router");
	fprintf(f, "%*s%s: %s\n", 24, "", s->info.made.tun_name, own);
}

static void path_lines(FILE *f, const struct watch_rates *r, const struct watch_history *h)
{
	char packets[16], bits[16];
	unsigned int i;

	fprintf(f, "  %-19s %9s %9s %6s\n", "", "packets/s", "bit/s", "fast");
	for (i = 0; i < r->paths; i++) {
		const struct watch_path *p = &r->path[i];

		fprintf(f, "  %-19s %9s %9s ", p->text, watch_si(p->rate.packets, packets), watch_si(p->rate.bits, bits));
		if (p->rate.packets > 0)
			fprintf(f, "%5.0f%% ", 100 * p->fast);
		else
			fprintf(f, "%6s ", "");
		bar(f, h->most > 0 ? p->rate.packets / h->most : 0);
		fputc('\n', f);
	}
}

static void neighbour_lines(FILE *f, const struct watch_sample *new, const struct watch_rates *r)
{
	static const char *const paths[] = { "router", "direct", "lan" };
	bool peer = new->s.self.role == BED4_ROLE_PEER;
	char addr[SHOW_TEXT], packets[16], bits[16];
	unsigned int i;

	fprintf(f, "  neighbours  %u of %u", gauges_neighbours(&new->s.gauges.neigh), new->s.info.neigh_max);
	if (peer)
		fprintf(f, ": %u lan, %u direct, %u by the router", r->by_path[BED4_PATH_LAN],
			r->by_path[BED4_PATH_DIRECT], r->by_path[BED4_PATH_ROUTER]);
	fputc('\n', f);
	for (i = 0; i < r->tops; i++) {
		const struct watch_top *t = &r->top[i];

		fprintf(f, "    %-39s %-6s %9s %9s\n", show_ip6(&t->addr, addr),
			peer && t->path <= BED4_PATH_LAN ? paths[t->path] : "", watch_si(t->rate.packets, packets),
			watch_si(t->rate.bits, bits));
	}
}

void watch_status(FILE *f, const struct watch_sample *new, const struct watch_rates *r, const struct watch_history *h,
		  const struct watch_look *look)
{
	const struct show *s = &new->s;
	char buf[SHOW_TEXT], si[16];

	fprintf(f, "%s%s: %s, fast path %s, %s, up %s%s\n\n", bold(look), s->iface, opt_role_name(s->self.role),
		opt_mode_name(s->info.mode), !s->alive ? "DAEMON DEAD" : s->info.degraded ? "DEGRADED" : "well",
		show_age(new->at > s->info.started ? new->at - s->info.started : 0, buf), plain(look));
	picture(f, s);
	fputc('\n', f);
	path_lines(f, r, h);
	fprintf(f, "  %-19s %9s\n", "answered", watch_si(r->answered, si));
	fprintf(f, "%s  %-19s %9s", r->dropped > 0 ? red(look) : "", "dropped", watch_si(r->dropped, si));
	if (r->top_drop)
		fprintf(f, "  mostly %s", outcome_name(r->top_drop));
	fprintf(f, "%s\n\n  packets/s   |", plain(look));
	spark(f, h, look);
	fprintf(f, "| %s\n", watch_si(r->total, si));
	neighbour_lines(f, new, r);
}

/* Has anything been counted, or, where room is scarce, is it just now? */
static bool shows(const struct bed4_count *c, const struct watch_rate *rate, bool scarce)
{
	return scarce ? rate->packets > 0 : c->packets > 0;
}

static unsigned int stats_rows(const struct watch_sample *new)
{
	unsigned int n = 2;
	__u32 hook, o;

	for (hook = 0; hook < BED4_HOOK_COUNT; hook++) {
		for (o = 1; o < BED4_OUTCOME_COUNT; o++)
			n += new->s.count[hook][o].packets > 0;
	}
	return n;
}

void watch_stats(FILE *f, const struct watch_sample *old, const struct watch_sample *new, const struct watch_look *look)
{
	double seconds = new->at > old->at ? (double)(new->at - old->at) / 1e9 : 1;
	bool scarce = !look->rows || stats_rows(new) > (unsigned int)look->rows;
	char packets[16], bits[16];
	struct watch_rate rate;
	__u32 hook, o;

	fprintf(f, "%s%s, %.1f s%s\n", bold(look), new->s.iface, seconds, plain(look));
	fprintf(f, "  %-6s %-14s %-8s %10s %10s %20s\n", "place", "outcome", "kind", "packets/s", "bit/s", "packets");
	for (hook = 0; hook < BED4_HOOK_COUNT; hook++) {
		for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
			const struct bed4_count *c = &new->s.count[hook][o];

			rate = watch_rate(&old->s.count[hook][o], c, seconds);
			if (!shows(c, &rate, scarce))
				continue;
			fprintf(f, "%s  %-6s %-14s %-8s %10s %10s %20llu%s\n",
				outcome_kind(o) == BED4_KIND_DROP && rate.packets > 0 ? red(look) : "", hook_name(hook),
				outcome_name(o), kind_name(outcome_kind(o)), watch_si(rate.packets, packets),
				watch_si(rate.bits, bits), c->packets, plain(look));
		}
	}
}
