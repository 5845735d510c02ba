// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Completion of command lines: what may come next, for a table of commands and names of this test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "complete.h"
#include "opt.h"

static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static const struct command table[] = {
	{ "load", run, "", "", "@device %load" },
	{ "reload", run, "", "", "@loaded %reload" },
	{ "unload", run, "", "", "@loaded" },
	{ "neigh", run, "", "", "show:dev|@loaded,@loaded get:@neigh,@loaded add:@neigh,lladdr|@loaded,LLADDR,@loaded" },
	{ "watch", run, "", "", "@loaded --drops=@outcome --all --form=long|short --count=N" },
	{ "look", run, "", "", "@device*" },
	{ "file", run, "", "", "check:@loaded|@file shell" },
	{ "help", run, "", "", "@command" },
	{ .name = NULL },
};

static void names(const char *kind, complete_fn fn, void *arg)
{
	if (!strcmp(kind, "loaded"))
		fn(arg, "eth0", "");
	if (!strcmp(kind, "device")) {
		fn(arg, "eth0", "");
		fn(arg, "eth1", "");
		fn(arg, "wlan0", "");
	}
	if (!strcmp(kind, "neigh"))
		fn(arg, "fd00:64::1", "");
	if (!strcmp(kind, "outcome")) {
		fn(arg, "loop", "");
		fn(arg, "limited", "");
	}
}

static char got[4096];

static void take(void *arg, const char *word, const char *help)
{
	size_t n = strlen(got);

	(void)arg;
	(void)help;
	snprintf(got + n, sizeof(got) - n, "%s%s", n ? " " : "", word);
}

/* @line is what stands behind the program's name; words are separated by single spaces. */
static const char *completed(const char *line)
{
	char *copy = strdup(line), *rest = copy, *argv[32];
	int argc = 0;

	while (rest && argc < 32)
		argv[argc++] = strsep(&rest, " ");
	got[0] = 0;
	complete(table, argc, argv, names, take, NULL);
	free(copy);
	return got;
}

/* Command lines, and what may come next. */
static const struct {
	const char *line, *candidates;
} lines[] = {
	{ "", "load reload unload neigh watch look file help" },
	{ "l", "load look" },
	{ "lo", "load look" },
	{ "x", "" },
	{ "-j ", "load reload unload neigh watch look file help" },
	{ "-j -p wa", "watch" },
	{ "--v", "--version" },
	{ "x ", "" },
	{ "lo ", "" }, /* two commands begin like that */
	{ "load ", "eth0 eth1 wlan0" },
	{ "load w", "wlan0" },
	{ "load eth0 ", "" },
	{ "load --mtu 1400 ", "eth0 eth1 wlan0" },
	{ "load --mtu=1400 ", "eth0 eth1 wlan0" },
	{ "load --df ", "eth0 eth1 wlan0" },
	{ "load --mtu ", "" },
	{ "load eth0 --fo", "--forward --foreground" },
	{ "load eth0 --forward=xdp --fo", "--foreground" },
	{ "load eth0 --forward xdp --fo", "--foreground" },
	{ "load eth0 --v6-dev eth1 --v6", "--v6-dev" },
	{ "load --v6-dev ", "eth0 eth1 wlan0" },
	{ "load --v6-dev=e", "--v6-dev=eth0 --v6-dev=eth1" },
	{ "load --role ", "router peer" },
	{ "load --role=", "--role=router --role=peer" },
	{ "load --fast-path t", "tc" },
	{ "load --dscp ", "copy zero" },
	{ "load --df=", "--df=on --df=off" },
	{ "load --df=of", "--df=off" },
	{ "load --frob=", "" },
	{ "load --frob", "" },
	{ "reload ", "eth0" },
	{ "reload --ro", "" },
	{ "reload --tu", "" },
	{ "u ", "eth0" },
	{ "unload eth0 ", "" },
	{ "unload -", "--json --pretty --help" },
	{ "unload --json --", "--pretty --help" },
	{ "neigh ", "show get add" },
	{ "neigh g", "get" },
	{ "neigh get ", "fd00:64::1" },
	{ "neigh ge fd00:", "fd00:64::1" },
	{ "neigh get fd00:64::1 ", "eth0" },
	{ "neigh get fd00:64::1 eth0 ", "" },
	{ "neigh add fd00:64::1 ", "lladdr eth0" },
	{ "neigh add fd00:64::1 lladdr ", "" },
	{ "neigh add fd00:64::1 lladdr 192.0.2.1:2 ", "eth0" },
	{ "neigh show ", "dev eth0" },
	{ "neigh show dev ", "eth0" },
	{ "watch ", "eth0" },
	{ "watch --drops ", "loop limited" },
	{ "watch --drops=lo", "--drops=loop" },
	{ "watch --drops loop ", "eth0" },
	{ "watch --all ", "eth0" },
	{ "watch --all --", "--drops --form --count --json --pretty --help" },
	{ "watch --form s", "short" },
	{ "watch --count ", "" },
	{ "look ", "eth0 eth1 wlan0" },
	{ "look eth0 eth1 ", "eth0 eth1 wlan0" },
	{ "file ", "check shell" },
	{ "file check ", "eth0 :file" },
	{ "file check ./", ":file" },
	{ "file shell ", "" },
	{ "help ne", "neigh" },
};

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		if (strcmp(completed(lines[i].line), lines[i].candidates))
			fail_msg("'%s': got '%s', expected '%s'", lines[i].line, got, lines[i].candidates);
	}
}

/* Every option of load is offered, and every value that is, is taken. */
static void test_load(void **state)
{
	struct opt_about a;
	struct opt_words w;
	char line[64];
	struct err e;

	(void)state;
	for (unsigned int i = 0; opt_about(i, &a); i++) {
		snprintf(line, sizeof(line), "load --%s", a.name);
		assert_non_null(strstr(completed(line), line + 5));
		for (unsigned int k = 0; a.values && a.values[k]; k++) {
			opt_words_init(&w);
			assert_int_equal(opt_word(&w, a.name, a.values[k], &e), 0);
			snprintf(line, sizeof(line), "load --%s=", a.name);
			assert_non_null(strstr(completed(line), a.values[k]));
		}
	}
}

static void test_odd(void **state)
{
	char *none[] = { NULL }, *longest[2] = { (char *)"load", malloc(100000) };

	(void)state;
	got[0] = 0;
	complete(table, 0, none, names, take, NULL);
	memset(longest[1], '-', 99999);
	longest[1][99999] = 0;
	complete(table, 2, longest, names, take, NULL);
	longest[1][50000] = '=';
	complete(table, 2, longest, names, take, NULL);
	memset(longest[1], 'x', 99999);
	complete(table, 2, longest, names, take, NULL);
	assert_string_equal(got, "");
	free(longest[1]);
}

static void test_check(void **state)
{
	(void)state;
	got[0] = 0;
	assert_int_equal(complete_check("a b:@neigh,x|@loaded* @device --all --drops=@outcome --n=N", take, NULL), 0);
	assert_string_equal(got, "--all --drops --n");
	assert_true(complete_check("@devise", take, NULL));
	assert_true(complete_check("a:@neigh,,@loaded", take, NULL));
	assert_true(complete_check("%unload", take, NULL));
	assert_true(complete_check("a  b", take, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests_name("complete", tests, NULL, NULL);
}
