// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `stats`: what became of every packet, per place that saw it. Must not know maps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "cmd.h"
#include "cmd_watch.h"
#include "core/outcome.h"
#include "show.h"

static const char help[] =
	"Usage: 6bed4ctl stats [IFACE] [--all] [--explain] [--watch [SEC]] [-j]\n\n"
	"Shows, for each place that sees packets, how many ended in which outcome, with a sentence on\n"
	"it; --all shows outcomes that have not occurred too. --explain tells instead what each outcome\n"
	"means and what to do about it, drops first. --watch shows how fast each grows,\n"
	"every second or SEC, until q or ^C; with -j an object a line.\n";

struct ask {
	bool all, explain;
	struct json_object *list; /* NULL: text */
};

static void text_hook(const struct show *s, enum bed4_hook hook, bool all)
{
	bool titled = false;
	__u32 o;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		const struct bed4_count *c = &s->count[hook][o];

		if (!c->packets && !all)
			continue;
		if (!titled)
			printf("%s %s: %s\n", s->iface, hook_name(hook), hook_text(hook));
		titled = true;
		printf("  %-14s %12llu packets %14llu bytes  %s\n", outcome_name(o), c->packets, c->bytes,
		       outcome_text(o));
	}
}

/* --- in prose ------------------------------------------------------------------------------------- */

/* An outcome, all places together. */
struct sum {
	enum bed4_outcome o;
	__u64 packets, bytes;
};

static struct sum sum_of(const struct show *s, enum bed4_outcome o)
{
	struct sum sum = { .o = o };
	__u32 hook;

	for (hook = 0; hook < BED4_HOOK_COUNT; hook++) {
		sum.packets += s->count[hook][o].packets;
		sum.bytes += s->count[hook][o].bytes;
	}
	return sum;
}

/* What wants attention comes first: drops, then what was slow, and of each the most frequent. */
static int by_weight(const void *a, const void *b)
{
	static const int rank[] = { [BED4_KIND_DROP] = 0, [BED4_KIND_SLOW] = 1, [BED4_KIND_ANSWER] = 2,
				    [BED4_KIND_FORWARD] = 3, [BED4_KIND_OTHER] = 4 };
	const struct sum *x = a, *y = b;
	int kinds = rank[outcome_kind(x->o)] - rank[outcome_kind(y->o)];

	if (kinds)
		return kinds;
	if (x->packets != y->packets)
		return x->packets > y->packets ? -1 : 1;
	return (int)x->o - (int)y->o;
}

static const char *advice_of(const struct show *s, enum bed4_outcome o, char buf[ADVICE_TEXT])
{
	struct advice_for f = { .iface = s->iface, .tun = s->info.made.tun_name };
	char port[8];

	snprintf(port, sizeof(port), "%u", BED4_NTOHS(s->self.listen.port));
	f.port = port;
	return advice(o, &f, buf);
}

static void prose_line(void *arg, const char *line, int len)
{
	(void)arg;
	printf("    %.*s\n", len, line);
}

static void prose_head(const struct show *s, const struct sum *sum)
{
	const char *before = " (";
	__u32 hook;

	printf("  %s, %s: %llu packet%s, %llu bytes", outcome_name(sum->o), kind_name(outcome_kind(sum->o)),
	       sum->packets, sum->packets == 1 ? "" : "s", sum->bytes);
	for (hook = 0; hook < BED4_HOOK_COUNT; hook++) {
		if (!s->count[hook][sum->o].packets)
			continue;
		printf("%s%s %llu", before, hook_name(hook), s->count[hook][sum->o].packets);
		before = ", ";
	}
	puts(*before == ',' ? ")" : "");
}

static void prose(const struct show *s, bool all)
{
	struct sum sums[BED4_OUTCOME_COUNT];
	char text[ADVICE_TEXT + 128];
	char buf[ADVICE_TEXT];
	__u32 o, n = 0, i;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		sums[n] = sum_of(s, o);
		n += sums[n].packets || all;
	}
	qsort(sums, n, sizeof(*sums), by_weight);
	printf(n ? "%s:\n" : "%s: no packet yet\n", s->iface);
	for (i = 0; i < n; i++) {
		prose_head(s, &sums[i]);
		snprintf(text, sizeof(text), "%s. %s", outcome_text(sums[i].o),
			 advice_of(s, sums[i].o, buf));
		text[0] -= text[0] >= 'a' && text[0] <= 'z' ? 'a' - 'A' : 0;
		advice_wrap(text, 76, prose_line, NULL);
	}
}

/* --- JSON ----------------------------------------------------------------------------------------- */

static struct json_object *json_hook(const struct show *s, enum bed4_hook hook, const struct ask *ask)
{
	char buf[ADVICE_TEXT];
	struct json_object *h = json_object_new_object(), *list = json_object_new_array(), *row;
	__u32 o;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		const struct bed4_count *c = &s->count[hook][o];

		if (!c->packets && !ask->all)
			continue;
		row = json_object_new_object();
		show_put(row, "name", outcome_name(o));
		show_put(row, "kind", kind_name(outcome_kind(o)));
		show_put_number(row, "packets", c->packets);
		show_put_number(row, "bytes", c->bytes);
		if (ask->explain) {
			show_put(row, "text", outcome_text(o));
			show_put(row, "advice", advice_of(s, o, buf));
		}
		json_object_array_add(list, row);
	}
	show_put(h, "hook", hook_name(hook));
	json_object_object_add(h, "outcomes", list);
	return h;
}

static int show_one(const struct show *s, struct instance_maps *m, void *arg)
{
	struct ask *ask = arg;
	struct json_object *o, *hooks;
	__u32 hook;

	(void)m;
	if (!ask->list && ask->explain) {
		prose(s, ask->all);
		return EXIT_DONE;
	}
	if (!ask->list) {
		for (hook = 0; hook < BED4_HOOK_COUNT; hook++)
			text_hook(s, hook, ask->all);
		return EXIT_DONE;
	}
	o = json_object_new_object();
	hooks = json_object_new_array();
	for (hook = 0; hook < BED4_HOOK_COUNT; hook++)
		json_object_array_add(hooks, json_hook(s, hook, ask));
	show_put(o, "iface", s->iface);
	json_object_object_add(o, "hooks", hooks);
	json_object_array_add(ask->list, o);
	return EXIT_DONE;
}

/* Takes the words that are ours alone out of @argv; what is left is for show_args(). */
static int take_words(struct ask *ask, int argc, char **argv)
{
	int i, left = 1;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--explain"))
			ask->explain = true;
		else
			argv[left++] = argv[i];
	}
	return left;
}

int cmd_stats(int argc, char **argv)
{
	struct json_object *root;
	struct show_args a;
	struct watch_words w;
	struct ask ask = {};
	int code;

	argc = watch_words(&w, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	argc = take_words(&ask, argc, argv);
	if (show_args(&a, argc, argv, help, true, &code))
		return code;
	if (w.on)
		return watch(&a, &w, true);
	ask.all = a.all;
	if (!cmd_json)
		return show_each(&a, show_one, &ask);
	root = show_json();
	ask.list = json_object_new_array();
	code = show_each(&a, show_one, &ask);
	json_object_object_add(root, "instances", ask.list);
	show_print(root);
	return code;
}
