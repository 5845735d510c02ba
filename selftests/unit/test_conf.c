// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Configuration files (user/conf.h): what a text says, what is refused and where the message puts the
 * blame, and which files are not even read. Must not know options.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "conf.h"

/* What was heard: "key=value;" or "key;" each. */
static char heard[2 * CONF_SIZE_MAX];

static int take(void *arg, unsigned int line, const char *key, const char *value, struct err *e)
{
	size_t n = strlen(heard);

	(void)arg;
	(void)line;
	if (!strcmp(key, "bad"))
		return err_set(e, -ERANGE, "bad is %s", value ? value : "alone");
	snprintf(heard + n, sizeof(heard) - n, value ? "%s=%s;" : "%s;", key, value);
	return 0;
}

static int parse(const char *text, size_t len, struct err *e)
{
	char *copy = malloc(len ? len : 1); /* ends with its block, and without a NUL */
	int err;

	assert_non_null(copy);
	memcpy(copy, text, len);
	heard[0] = 0;
	memset(e, 0, sizeof(*e));
	err = conf_parse("a.conf", copy, len, take, NULL, e);
	free(copy);
	return err;
}

static void hears_what_it_says(void **state)
{
	static const struct { const char *text, *heard; } cases[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "# mtu 1\n   # and more\n\t\n", "" },
		{ "mtu 1400", "mtu=1400;" },
		{ "mtu 1400\n", "mtu=1400;" },
		{ "mtu=1400\n", "mtu=1400;" },
		{ "mtu = 1400\n", "mtu=1400;" },
		{ "\t mtu \t=\t 1400 \t\n", "mtu=1400;" },
		{ "mtu= 1400\nmtu =1400", "mtu=1400;mtu=1400;" },
		{ "df\nclamp-mss on\neager-tcp = off", "df;clamp-mss=on;eager-tcp=off;" },
		{ "df # no fragments\nmtu 1400 # Umlaut: \xc3\xa4\n", "df;mtu=1400;" },
		{ "df#x", NULL },
		{ "v6-dev eth#1", "v6-dev=eth#1;" },
		{ "v6-dev eth1#", "v6-dev=eth1#;" },
		{ "v6-dev #", "v6-dev;" },
		{ "permit-v4 10.0.0.0/8\npermit-v4 10.1.2.3\n", "permit-v4=10.0.0.0/8;permit-v4=10.1.2.3;" },
		{ "a ==b", "a==b;" },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int err = parse(cases[i].text, strlen(cases[i].text), &e);

		if (!cases[i].heard) {
			assert_int_equal(err, -EINVAL);
			continue;
		}
		if (err)
			fail_msg("case %zu: %s", i, e.text);
		assert_string_equal(heard, cases[i].heard);
	}
}

static void names_file_line_and_fault(void **state)
{
	static const struct { const char *text, *says; int err; } cases[] = {
		{ "mtu 1\n\n--mtu 2\n", "a.conf:3: --mtu: a line begins with the name of an option", -EINVAL },
		{ "= 5", "a.conf:1: =: a line begins", -EINVAL },
		{ "Mtu 5", "a.conf:1: Mtu: a line begins", -EINVAL },
		{ "mtu: 5", "a.conf:1: mtu:: a line begins", -EINVAL },
		{ "mtu =", "a.conf:1: mtu: no value behind the =", -EINVAL },
		{ "mtu=# 5", "a.conf:1: mtu takes one value: 5 is too much", -EINVAL },
		{ "mtu = # 5", "a.conf:1: mtu: no value behind the =", -EINVAL },
		{ "mtu 1 2", "a.conf:1: mtu takes one value: 2 is too much", -EINVAL },
		{ "mtu = 1 = 2", "a.conf:1: mtu takes one value: = is too much", -EINVAL },
		{ "mtu 1\r\n", "a.conf:1: has the character 0x0d: end lines as Unix does", -EINVAL },
		{ "# x\nmtu\x1b[2J 1", "a.conf:2: has the character 0x1b", -EINVAL },
		{ "mtu \xc3\xa4", "a.conf:1: has the character 0xc3", -EINVAL },
		{ "\xef\xbb\xbfmtu 1", "a.conf:1: has the character 0xef", -EINVAL },
		{ "mtu 1\nbad 7\nmtu 2", "a.conf:2: bad is 7", -ERANGE },
		{ "bad", "a.conf:1: bad is alone", -ERANGE },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(parse(cases[i].text, strlen(cases[i].text), &e), cases[i].err);
		if (strncmp(e.text, cases[i].says, strlen(cases[i].says)))
			fail_msg("case %zu: %s", i, e.text);
	}
}

static void stops_at_the_first_fault(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(parse("a 1\nbad\nb 2\n", 12, &e), -ERANGE);
	assert_string_equal(heard, "a=1;");
}

static void is_bounded(void **state)
{
	static char text[CONF_SIZE_MAX + 2];
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(parse(text, CONF_LINE_MAX, &e), 0);
	assert_int_equal(parse(text, CONF_LINE_MAX + 1, &e), -EINVAL);
	assert_string_equal(e.text, "a.conf:1: a line has at most 512 bytes");
	text[0] = '#';
	assert_int_equal(parse(text, CONF_LINE_MAX + 1, &e), -EINVAL);
	memset(text, '\n', sizeof(text));
	assert_int_equal(parse(text, CONF_SIZE_MAX, &e), 0);
	assert_int_equal(parse(text, CONF_SIZE_MAX + 1, &e), -EFBIG);
	assert_string_equal(e.text, "a.conf: larger than 65536 bytes");
	assert_int_equal(parse("mtu\0 5", 6, &e), -EINVAL);
	assert_string_equal(e.text, "a.conf:1: has the character 0x00: is this a text file?");
	assert_int_equal(parse("# \0", 3, &e), -EINVAL);
}

/* --- files ---------------------------------------------------------------------------------------- */

static char dir[] = "/tmp/6bed4-conf-XXXXXX";
static char path[64];

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/eth0.conf", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void write_file(size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	const char line[] = "df\n";

	assert_true(fd >= 0);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(write(fd, &line[i % 3], 1), 1);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int read_file(struct err *e)
{
	heard[0] = 0;
	memset(e, 0, sizeof(*e));
	return conf_read(path, take, NULL, e);
}

static void reads_files_of_those_who_may(void **state)
{
	char want[256];
	struct err e;

	(void)state;
	unlink(path);
	assert_int_equal(read_file(&e), -ENOENT);
	assert_string_equal(e.text, "");
	write_file(6, 0660);
	assert_int_equal(read_file(&e), 0);
	assert_string_equal(heard, "df;df;");
	write_file(0, 0644);
	assert_int_equal(read_file(&e), 0);
	write_file(6, 0646);
	assert_int_equal(read_file(&e), -EPERM);
	snprintf(want, sizeof(want), "%s: everybody may write to it; try `chmod o-w %s`", path, path);
	assert_string_equal(e.text, want);
	assert_string_equal(heard, "");
	if (!geteuid()) {
		write_file(6, 0600);
		assert_int_equal(chown(path, 65534, 0), 0);
		assert_int_equal(read_file(&e), -EPERM);
		assert_non_null(strstr(e.text, "belongs to another user"));
	}
}

static void reads_regular_files_of_some_size(void **state)
{
	struct err e;

	(void)state;
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_file(&e), -EINVAL); /* and does not wait for a writer */
	assert_non_null(strstr(e.text, "not a regular file"));
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(read_file(&e), -EINVAL);
	rmdir(path);
	assert_int_equal(symlink("eth0.conf", path), 0);
	assert_int_equal(read_file(&e), -ELOOP);
	unlink(path);
	write_file(CONF_SIZE_MAX - 1, 0600);
	assert_int_equal(read_file(&e), 0);
	write_file(CONF_SIZE_MAX + 1, 0600);
	assert_int_equal(read_file(&e), -EFBIG);
	assert_string_equal(heard, "");
}

struct listed {
	char text[512];
};

static int list_setting(void *arg, unsigned int line, const char *key, const char *value, struct err *e)
{
	struct listed *l = arg;
	size_t n = strlen(l->text);

	(void)value;
	if (!strcmp(key, "bad"))
		return err_set(e, -EINVAL, "that is bad");
	snprintf(l->text + n, sizeof(l->text) - n, "%u %s\n", line, key);
	return 0;
}

static void list_wrong(void *arg, unsigned int line, const char *text)
{
	struct listed *l = arg;
	size_t n = strlen(l->text);

	snprintf(l->text + n, sizeof(l->text) - n, "%u: %s\n", line, text);
}

/* All that is wrong in a file is told, and what is right behind it is heard. */
static void tells_all_that_is_wrong(void **state)
{
	static const char text[] = "mtu 1\nbad\n# -\n--df\nbad 3\ndf on off\nport 2\n";
	struct listed l = {};
	struct err e = {};
	FILE *f;

	(void)state;
	unlink(path);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(conf_check(path, list_setting, list_wrong, &l, &e), 0);
	assert_string_equal(l.text, "1 mtu\n2: that is bad\n"
				    "4: --df: a line begins with the name of an option, without dashes\n"
				    "5: that is bad\n6: df takes one value: off is too much\n7 port\n");
	assert_string_equal(e.text, "");
	unlink(path);
	assert_int_equal(conf_check(path, list_setting, list_wrong, &l, &e), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hears_what_it_says),
		cmocka_unit_test(names_file_line_and_fault),
		cmocka_unit_test(stops_at_the_first_fault),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(reads_files_of_those_who_may),
		cmocka_unit_test(tells_all_that_is_wrong),
		cmocka_unit_test(reads_regular_files_of_some_size),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
