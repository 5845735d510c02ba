// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `stats`: what became of every packet, per place that saw it. Must not know maps. */
#include <stdio.h>

#include "cmd.h"
#include "core/outcome.h"
#include "show.h"

static const char help[] =
	"Usage: 6bed4ctl stats [IFACE] [--all] [-j]\n\n"
	"Shows, for each place that sees packets, how many ended in which outcome, with a sentence on\n"
	"it; --all shows outcomes that have not occurred too.\n";

struct ask {
	bool all;
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

static struct json_object *json_hook(const struct show *s, enum bed4_hook hook, bool all)
{
	struct json_object *h = json_object_new_object(), *list = json_object_new_array(), *row;
	__u32 o;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		const struct bed4_count *c = &s->count[hook][o];

		if (!c->packets && !all)
			continue;
		row = json_object_new_object();
		show_put(row, "name", outcome_name(o));
		show_put(row, "kind", kind_name(outcome_kind(o)));
		show_put_number(row, "packets", c->packets);
		show_put_number(row, "bytes", c->bytes);
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
	if (!ask->list) {
		for (hook = 0; hook < BED4_HOOK_COUNT; hook++)
			text_hook(s, hook, ask->all);
		return EXIT_DONE;
	}
	o = json_object_new_object();
	hooks = json_object_new_array();
	for (hook = 0; hook < BED4_HOOK_COUNT; hook++)
		json_object_array_add(hooks, json_hook(s, hook, ask->all));
	show_put(o, "iface", s->iface);
	json_object_object_add(o, "hooks", hooks);
	json_object_array_add(ask->list, o);
	return EXIT_DONE;
}

int cmd_stats(int argc, char **argv)
{
	struct json_object *root;
	struct show_args a;
	struct ask ask = {};
	int code;

	if (show_args(&a, argc, argv, help, true, &code))
		return code;
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
