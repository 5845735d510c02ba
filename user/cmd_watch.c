// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * --watch: takes samples and has them shown. What is computed and laid out is in watch.c, the terminal in
 * term.c. Proved by selftests/net/test_watch.sh.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "cmd.h"
#include "cmd_watch.h"
#include "core/outcome.h"
#include "gauges.h"
#include "opt.h"
#include "term.h"
#include "watch.h"

/* One instance, sample after sample. */
struct watched {
	char iface[BED4_NAME_LEN];
	struct watch_sample sample[2]; /* `now` is the latest */
	unsigned int now;
	struct watch_history history;
};

struct watching {
	const struct watch_words *words;
	const char *only; /* device, or NULL: all */
	bool stats;
	struct watched *list[INSTANCE_MAX];
	unsigned int count;
	struct term term;
};

/* --- words ----------------------------------------------------------------------------------------- */

/* "SEC" or "SEC.TENTHS", from 0.1 to 3600. */
static int seconds(const char *s, unsigned int *ms)
{
	unsigned int whole, tenths = 0;
	char left[8];
	size_t n = strcspn(s, ".");

	if (n >= sizeof(left))
		return -EINVAL;
	memcpy(left, s, n);
	left[n] = 0;
	if (opt_uint(left, 0, 3600, &whole) || (s[n] && opt_uint(s + n + 1, 0, 9, &tenths)))
		return -EINVAL;
	*ms = 1000 * whole + 100 * tenths;
	return *ms >= 100 && *ms <= 3600000 ? 0 : -EINVAL;
}

int watch_words(struct watch_words *w, int argc, char **argv)
{
	const char *value;
	int i, left = 1;

	*w = (struct watch_words){ .ms = 1000 };
	for (i = 1; i < argc; i++) {
		value = NULL;
		if (!strncmp(argv[i], "--watch=", 8)) {
			value = argv[i] + 8;
		} else if (!strcmp(argv[i], "--watch")) {
			if (i + 1 < argc && argv[i + 1][0] >= '0' && argv[i + 1][0] <= '9' && !seconds(argv[i + 1], &w->ms))
				i++;
		} else {
			argv[left++] = argv[i];
			continue;
		}
		w->on = true;
		if (value && seconds(value, &w->ms)) {
			fprintf(stderr, "6bed4ctl %s: --watch=%.20s: must be seconds from 0.1 to 3600; see `6bed4ctl %s "
					"--help`\n", argv[0], value, argv[0]);
			return -1;
		}
	}
	return left;
}

/* --- samples --------------------------------------------------------------------------------------- */

static void sample_neighbours(struct watch_sample *to, int fd)
{
	unsigned int there = gauges_neighbours(&to->s.gauges.neigh), max = there < WATCH_NEIGH ? there : WATCH_NEIGH, n = 0;
	struct bed4_in6 key, next;
	struct bed4_neigh value;
	bool more;

	free(to->neigh);
	to->neigh_count = 0;
	to->neigh = calloc(max ? max : 1, sizeof(*to->neigh));
	more = to->neigh && !bpf_map_get_next_key(fd, NULL, &next);
	while (more && n < max) {
		key = next;
		if (!bpf_map_lookup_elem(fd, &key, &value))
			to->neigh[n++] = (struct watch_neigh){ key, value.rx_packets + value.tx_packets,
							       value.rx_bytes + value.tx_bytes, value.path };
		more = !bpf_map_get_next_key(fd, &key, &next);
	}
	to->neigh_count = n;
	watch_sort(to->neigh, n);
}

/* 0; -ENOENT: it is no longer loaded. */
static int take_sample(struct watching *w, struct watched *one, struct err *e)
{
	struct watch_sample *to = &one->sample[!one->now];
	struct instance_maps maps;
	int err = show_open(&to->s, one->iface, &maps, e);

	if (err)
		return err;
	if (!w->stats)
		sample_neighbours(to, maps.neigh);
	instance_maps_close(&maps);
	to->at = show_now();
	one->now = !one->now;
	return 0;
}

static void forget(struct watching *w, unsigned int i)
{
	free(w->list[i]->sample[0].neigh);
	free(w->list[i]->sample[1].neigh);
	free(w->list[i]);
	w->list[i] = w->list[--w->count];
	w->list[w->count] = NULL;
}

static void find_new(struct watching *w)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];
	int i, n = 1;
	unsigned int k;

	if (w->only)
		snprintf(names[0], sizeof(names[0]), "%s", w->only);
	else
		n = instance_list(names);
	for (i = 0; i < n; i++) {
		for (k = 0; k < w->count && strcmp(w->list[k]->iface, names[i]); k++)
			;
		if (k < w->count || w->count == INSTANCE_MAX)
			continue;
		w->list[w->count] = calloc(1, sizeof(**w->list));
		if (w->list[w->count])
			memcpy(w->list[w->count++]->iface, names[i], sizeof(names[i]));
	}
}

/* Of all. 0; -ENOENT: nothing is loaded; other -errno with @e set. */
static int take_samples(struct watching *w, struct err *e)
{
	unsigned int i;
	int err;

	find_new(w);
	for (i = 0; i < w->count;) {
		err = take_sample(w, w->list[i], e);
		if (err && err != -ENOENT)
			return err;
		if (err)
			forget(w, i);
		else
			i++;
	}
	return w->count ? 0 : -ENOENT;
}

/* --- JSON ------------------------------------------------------------------------------------------ */

static void put_rate(struct json_object *o, const struct watch_rate *r)
{
	json_object_object_add(o, "packets_per_second", json_object_new_double(r->packets));
	json_object_object_add(o, "bits_per_second", json_object_new_double(r->bits));
}

static struct json_object *status_json(const struct watch_sample *new, const struct watch_rates *r)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array(), *row;
	char addr[SHOW_TEXT];
	unsigned int i;

	for (i = 0; i < r->paths; i++) {
		row = json_object_new_object();
		show_put(row, "name", outcome_name(r->path[i].o));
		put_rate(row, &r->path[i].rate);
		json_object_object_add(row, "fast", json_object_new_double(r->path[i].fast));
		json_object_array_add(list, row);
	}
	show_put(o, "iface", new->s.iface);
	show_put(o, "state", !new->s.alive ? "dead" : new->s.info.degraded ? "degraded" : "up");
	json_object_object_add(o, "paths", list);
	json_object_object_add(o, "answered_per_second", json_object_new_double(r->answered));
	json_object_object_add(o, "dropped_per_second", json_object_new_double(r->dropped));
	if (r->top_drop)
		show_put(o, "top_drop", outcome_name(r->top_drop));
	show_put_number(o, "neighbours", gauges_neighbours(&new->s.gauges.neigh));
	list = json_object_new_array();
	for (i = 0; i < r->tops; i++) {
		row = json_object_new_object();
		show_put(row, "address", show_ip6(&r->top[i].addr, addr));
		put_rate(row, &r->top[i].rate);
		json_object_array_add(list, row);
	}
	json_object_object_add(o, "top_neighbours", list);
	return o;
}

static struct json_object *stats_json(const struct watch_sample *old, const struct watch_sample *new, double seconds)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array(), *row;
	struct watch_rate rate;
	__u32 hook, k;

	for (hook = 0; hook < BED4_HOOK_COUNT; hook++) {
		for (k = 1; k < BED4_OUTCOME_COUNT; k++) {
			rate = watch_rate(&old->s.count[hook][k], &new->s.count[hook][k], seconds);
			if (rate.packets <= 0)
				continue;
			row = json_object_new_object();
			show_put(row, "hook", hook_name(hook));
			show_put(row, "name", outcome_name(k));
			show_put(row, "kind", kind_name(outcome_kind(k)));
			put_rate(row, &rate);
			show_put_number(row, "packets", new->s.count[hook][k].packets);
			json_object_array_add(list, row);
		}
	}
	show_put(o, "iface", new->s.iface);
	json_object_object_add(o, "outcomes", list);
	return o;
}

static void print_json(const struct watching *w)
{
	struct json_object *root = show_json(), *list = json_object_new_array();
	struct watch_rates r = { .seconds = 0 };
	unsigned int i;

	for (i = 0; i < w->count; i++) {
		const struct watched *one = w->list[i];
		const struct watch_sample *new = &one->sample[one->now], *old = &one->sample[!one->now];

		if (!old->at)
			continue;
		watch_rates(&r, old, new);
		json_object_array_add(list, w->stats ? stats_json(old, new, r.seconds) : status_json(new, &r));
	}
	json_object_object_add(root, "seconds", json_object_new_double(r.seconds));
	json_object_object_add(root, "instances", list);
	show_print(root);
}

/* --- text ------------------------------------------------------------------------------------------ */

static int print_text(struct watching *w, bool again)
{
	struct watch_look look = { .color = w->term.color, .utf8 = w->term.utf8, .rows = w->term.drawn ? w->term.rows : 0 };
	struct watch_rates r;
	char *text = NULL;
	size_t size = 0;
	unsigned int i;
	FILE *f = open_memstream(&text, &size);
	int err;

	if (!f)
		return -ENOMEM;
	for (i = 0; i < w->count; i++) {
		struct watched *one = w->list[i];
		const struct watch_sample *new = &one->sample[one->now], *old = &one->sample[!one->now];

		if (!old->at)
			continue;
		watch_rates(&r, old, new);
		if (!again)
			watch_remember(&one->history, &r);
		if (w->stats)
			watch_stats(f, old, new, &look);
		else
			watch_status(f, new, &r, &one->history, &look);
		fputc('\n', f);
	}
	if (w->term.drawn)
		fprintf(f, "every %u.%u s; q ends\n", w->words->ms / 1000, w->words->ms / 100 % 10);
	err = fclose(f) ? -errno : 0;
	if (!err)
		err = term_show(&w->term, text);
	free(text);
	return err;
}

/* --- the loop -------------------------------------------------------------------------------------- */

/* Until the end; 0 when somebody wants it, else why. */
static int loop(struct watching *w, struct err *e)
{
	unsigned long long next = show_now();
	bool first = true;
	int err;

	for (;;) {
		err = take_samples(w, e);
		if (!err && !first && cmd_json)
			print_json(w);
		else if (!err && !first)
			err = print_text(w, false);
		if (err)
			return err;
		first = false;
		next += w->words->ms * 1000000ull;
		if (next < show_now()) /* too slow for that: no samples are made up for */
			next = show_now();
		for (;;) {
			enum term_event event = term_wait(&w->term, next);

			if (event == TERM_QUIT)
				return 0;
			if (event == TERM_TIME)
				break;
			if (!cmd_json)
				print_text(w, true);
		}
	}
}

int watch(const struct show_args *a, const struct watch_words *words, bool stats)
{
	struct watching *w = calloc(1, sizeof(*w));
	struct err e = {};
	bool begun = false;
	int err = w ? 0 : -ENOMEM;

	if (!err) {
		*w = (struct watching){ .words = words, .only = a->iface, .stats = stats };
		err = take_samples(w, &e);
		begun = !err;
	}
	if (!err)
		err = term_open(&w->term, !cmd_json);
	if (!err) {
		err = loop(w, &e);
		term_close(&w->term);
	}
	while (w && w->count)
		forget(w, 0);
	free(w);
	if (!err)
		return EXIT_DONE;
	if (err != -ENOENT) {
		fprintf(stderr, "6bed4ctl: %s\n", *e.text ? e.text : strerror(-err));
		return EXIT_FAILED;
	}
	if (begun)
		fprintf(stderr, "6bed4ctl: %s has been unloaded\n", a->iface ? a->iface : "all that there was");
	else
		fprintf(stderr, "6bed4ctl: nothing loaded%s%s; see `6bed4ctl load --help`\n", a->iface ? " on " : "",
			a->iface ? a->iface : " in this network namespace");
	return EXIT_NOTHING;
}
