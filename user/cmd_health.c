// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `health`: is this router or peer fit to be sent traffic? For scripts that announce its addresses, by exit
 * code; for people, check by check. Must not know how that is judged (health.c). Proved by
 * selftests/net/test_health.sh and test_anycast.sh.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "health_facts.h"
#include "io/fastpath.h"
#include "opt.h"
#include "show.h"

static const char help[] =
	"Usage: 6bed4ctl health [IFACE] [-q] [--wait SEC] [--to ADDRESS]... [-j]\n\n"
	"Is the instance on IFACE, or every one that is loaded, fit to be sent traffic? Cheap enough to be asked\n"
	"every second. Changes and sends nothing.\n\n"
	"  -q, --quiet       the exit code only\n"
	"  -w, --wait SEC    for the daemon to answer, from 1 to 60; default: 1\n"
	"      --to ADDRESS  there has to be a route to ADDRESS, at most one of IPv4 and one of IPv6; default: a\n"
	"                    default route\n\n"
	"Exit codes: 0 healthy, 4 degraded: it forwards, but not as it should; 1 unfit, 3 nothing loaded: withdraw.\n";

struct words {
	const char *iface; /* NULL: every instance */
	bool quiet;
	struct health_ask ask;
};

/* --- printing ------------------------------------------------------------------------------------ */

static void text(const char *iface, const struct health_report *r)
{
	unsigned int i;

	printf("%s: %s\n", iface, health_name(health_worst(r)));
	for (i = 0; i < r->count; i++)
		printf("  %-5s %-11s %s\n", health_result_name(r->checks[i].result), r->checks[i].id, r->checks[i].text);
}

static struct json_object *json(const char *iface, const struct health_facts *f, const struct health_report *r)
{
	struct json_object *o = json_object_new_object(), *checks = json_object_new_array(), *c;
	unsigned int i;

	show_put(o, "iface", iface);
	if (!*f->maps)
		show_put(o, "role", opt_role_name(f->role));
	show_put(o, "health", health_name(health_worst(r)));
	show_put_bool(o, "fit", health_worst(r) != HEALTH_FAIL);
	for (i = 0; i < r->count; i++) {
		c = json_object_new_object();
		show_put(c, "id", r->checks[i].id);
		show_put(c, "result", health_result_name(r->checks[i].result));
		show_put(c, "text", r->checks[i].text);
		json_object_array_add(checks, c);
	}
	json_object_object_add(o, "checks", checks);
	return o;
}

/* --- asking -------------------------------------------------------------------------------------- */

static int exit_code(enum health_result worst)
{
	static const int codes[HEALTH_RESULTS] = { EXIT_DONE, EXIT_DEGRADED, EXIT_FAILED };

	return codes[worst];
}

/* One instance; @list takes it as JSON, NULL: as text. */
static int ask(const struct words *w, const char *iface, struct json_object *list)
{
	struct health_report r;
	struct health_facts f;
	struct err e = {};
	int err = health_facts(&f, iface, &w->ask, &e);

	if (err == -ENOENT) {
		fprintf(stderr, "6bed4ctl: nothing loaded on %.40s; see `6bed4ctl load --help`\n", iface);
		return EXIT_NOTHING;
	}
	if (err) {
		fprintf(stderr, "6bed4ctl: %s\n", e.text);
		return EXIT_FAILED;
	}
	health_judge(&f, &r);
	if (list)
		json_object_array_add(list, json(iface, &f, &r));
	else if (!w->quiet)
		text(iface, &r);
	return exit_code(health_worst(&r));
}

/* Of two instances: what one has to act upon comes first. */
static int worse(int a, int b)
{
	static const int order[] = { EXIT_FAILED, EXIT_NOTHING, EXIT_DEGRADED };
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(*order); i++) {
		if (a == order[i] || b == order[i])
			return order[i];
	}
	return EXIT_DONE;
}

static int ask_all(const struct words *w, struct json_object *list)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];
	int i, n = instance_list(names), code = EXIT_DONE;

	if (!n) {
		fprintf(stderr, "6bed4ctl: nothing loaded in this network namespace; see `6bed4ctl load --help`\n");
		return EXIT_NOTHING;
	}
	for (i = 0; i < n; i++)
		code = worse(code, ask(w, names[i], list));
	return code;
}

/* --- words --------------------------------------------------------------------------------------- */

/* The value of the option @name ("--wait") at @argv[*i], which may stand behind "=" or as the next word. */
static bool takes(const char *name, char short_name, int argc, char **argv, int *i, const char **value)
{
	const char *word = argv[*i];
	size_t len = strlen(name);

	if (!strncmp(word, name, len) && word[len] == '=') {
		*value = word + len + 1;
		return true;
	}
	if (strcmp(word, name) && (!short_name || word[0] != '-' || word[1] != short_name || word[2]))
		return false;
	*value = *i + 1 < argc ? argv[++*i] : "";
	return true;
}

static bool take_to(struct health_ask *ask, const char *value)
{
	if (!ask->to4_set && !opt_ipv4(value, &ask->to4))
		return ask->to4_set = true;
	if (!ask->to6_set && !opt_ipv6(value, &ask->to6))
		return ask->to6_set = true;
	return false;
}

static int wrong(const char *what, const char *value)
{
	fprintf(stderr, "6bed4ctl health: %s %.60s; see `6bed4ctl health --help`\n", what, value);
	return EXIT_USAGE;
}

/* 0, or an exit code that has been explained. */
static int parse(struct words *w, int argc, char **argv)
{
	const char *value;
	int i;

	for (i = 1; i < argc; i++) {
		if (cmd_json_word(argv[i]))
			continue;
		if (!strcmp(argv[i], "-q") || !strcmp(argv[i], "--quiet")) {
			w->quiet = true;
		} else if (takes("--wait", 'w', argc, argv, &i, &value)) {
			if (opt_uint(value, 1, 60, &w->ask.patience))
				return wrong("--wait takes seconds from 1 to 60, not", value);
		} else if (takes("--to", 0, argc, argv, &i, &value)) {
			if (!take_to(&w->ask, value))
				return wrong("--to takes an IPv4 and an IPv6 address, not", value);
		} else if (argv[i][0] == '-' || w->iface) {
			return wrong("unknown word", argv[i]);
		} else {
			w->iface = argv[i];
		}
	}
	return 0;
}

static bool wants_help(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help"))
			return true;
	}
	return false;
}

int cmd_health(int argc, char **argv)
{
	struct words w = { .ask = { .patience = 1 } };
	struct json_object *list = NULL, *root;
	struct instance in = {};
	int code;

	if (wants_help(argc, argv)) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	code = parse(&w, argc, argv);
	if (code)
		return code;
	instance_init(&in, "x", false, NULL);
	fastpath_set_up_libraries(in.pin_dir);
	list = cmd_json ? json_object_new_array() : NULL;
	code = w.iface ? ask(&w, w.iface, list) : ask_all(&w, list);
	if (list && w.quiet) {
		json_object_put(list);
	} else if (list) {
		root = show_json();
		json_object_object_add(root, "instances", list);
		show_print(root);
	}
	return code;
}
