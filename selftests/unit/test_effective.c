// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Options in effect and where each comes from: a call, an earlier one, a line of the file, or nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "effective.h"
#include "optfile.h"

static char path[] = "/tmp/6bed4-effective-XXXXXX";

static void no_fault(void *arg, unsigned int line, const char *text)
{
	(void)arg;
	fail_msg("line %u: %s", line, text);
}

/* The file says @text, the call @name @value, an earlier one @base. */
static struct load_options finished(const char *text, const char *name, const char *value, const char *base)
{
	struct opt_words w, file;
	struct load_options o;
	struct err e = {};
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(optfile_check(&file, path, no_fault, NULL, &e), 0);
	opt_words_init(&w);
	if (name)
		assert_int_equal(opt_word(&w, name, value, &e), 0);
	assert_int_equal(opt_finish(&o, &w, base, &file, &e), 0);
	return o;
}

/* What would be printed: "name value source" each. */
static const char *listed(const struct effective *l)
{
	static char text[4096];
	char buf[EFFECTIVE_TEXT];
	size_t n = 0;

	text[0] = 0;
	for (unsigned int i = 0; i < l->count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s %s %s\n", l->row[i].name, l->row[i].value,
				      effective_source(&l->row[i], "F", buf));
	return text;
}

static const char file[] = "# first\nmtu 1400\ndeny-v4 10.0.0.0/8\n\ndeny-v4 = 11.0.0.1\nradius 3\nport 25790\n";

static void test_sources(void **state)
{
	struct load_options o = finished(file, "mtu", "1300", "keepalive 20\n");
	struct effective l = {};

	(void)state;
	effective_add(&l, &o, "mtu", "1300");
	effective_add(&l, &o, "keepalive", "20,3");
	effective_add(&l, &o, "deny-v4", "10.0.0.0/8");
	effective_add(&l, &o, "deny-v4", "11.0.0.1/32");
	effective_add(&l, &o, "radius", "3");
	effective_add(&l, &o, "df", "off");
	assert_string_equal(listed(&l), "mtu 1300 option\n"
					"keepalive 20,3 option of an earlier load\n"
					"deny-v4 10.0.0.0/8 F:3\n"
					"deny-v4 11.0.0.1/32 F:5\n"
					"radius 3 F:6\n"
					"df off default\n");
}

/* What is loaded, after the file has changed. */
static void test_loaded(void **state)
{
	struct load_options o = finished("mtu 1500\ndeny-v4 10.0.0.0/8\nradius 3\n", NULL, NULL, "keepalive 20\n");
	struct effective now = {}, l;

	(void)state;
	effective_add(&now, &o, "mtu", "1500");
	effective_add(&now, &o, "deny-v4", "10.0.0.0/8");
	effective_add(&now, &o, "radius", "3");
	effective_add(&now, &o, "keepalive", "20,3");
	effective_add(&now, &o, "df", "off");
	effective_add(&now, &o, "eager-tcp", "off");
	effective_add(&now, &o, "listen", "0.0.0.0");
	effective_loaded(&l, "deny-v4 10.0.0.0/8\ndeny-v4 11.0.0.1/32\ndf on\neager-tcp off\nkeepalive 20,3\n"
			     "listen 192.0.2.1\nmtu 1400\npermit-v4 10.0.0.0/8\nradius 3", &now);
	assert_string_equal(listed(&l), "deny-v4 10.0.0.0/8 F:2\n"
					"deny-v4 11.0.0.1/32 F as it was then, now see line 2\n"
					"df on F as it was then\n"
					"eager-tcp off default\n"
					"keepalive 20,3 option\n"
					"listen 192.0.2.1 default\n"
					"mtu 1400 F as it was then, now see line 1\n"
					"permit-v4 10.0.0.0/8 F as it was then\n"
					"radius 3 F:3\n");
	effective_loaded(&l, "", &now);
	assert_int_equal(l.count, 0);
	effective_loaded(&l, "x\n\n \ny z", &now); /* nothing that we have written */
	assert_int_equal(l.count, 1);
}

static void test_bound(void **state)
{
	struct load_options o = finished("", NULL, NULL, NULL);
	struct effective l = {};

	(void)state;
	for (int i = 0; i < OPT_ENTRIES + 3; i++)
		effective_add(&l, &o, "deny-v4", "a value that is longer than any that can be, so that it has to be cut off somewhere");
	assert_int_equal(l.count, OPT_ENTRIES);
	assert_int_equal(strlen(l.row[0].value), sizeof(l.row[0].value) - 1);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_loaded),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests_name("effective", tests, make_file, remove_file);
}
