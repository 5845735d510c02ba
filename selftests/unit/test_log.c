// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The daemon's log: bounded lines per second, and what was not logged is told of and counted. Must not
 * know what is logged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "log.h"

#define MANY 5000
#define PER_SEC 10

static time_t second(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* What was written: lines that were logged, and how many the log says it has lost. */
static void count(FILE *f, unsigned int *lines, unsigned long *lost)
{
	char line[1024];
	unsigned long n;

	rewind(f);
	*lines = 0;
	*lost = 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "6bed4 eth0: %lu messages were not logged", &n) == 1)
			*lost += n;
		else
			++*lines;
	}
}

static void a_flood_is_bounded_and_counted(void **state)
{
	FILE *f = tmpfile();
	int saved = dup(2);
	time_t from, until;
	unsigned int lines;
	unsigned long lost;

	(void)state;
	assert_non_null(f);
	dup2(fileno(f), 2);
	log_open("eth0", LOG_TO_STDERR);
	from = second();
	for (int i = 0; i < MANY; i++)
		log_error("line %d", i);
	until = second();
	while (second() == until)
		usleep(10000); /* a second of the clock, not of ours */
	log_error("the last line");
	dup2(saved, 2);
	close(saved);
	count(f, &lines, &lost);
	fclose(f);
	assert_int_equal(lines + lost, MANY + 1);
	assert_in_range(lines, PER_SEC + 1, PER_SEC * (until - from + 1) + 1);
	assert_true(lost);
}

static void long_lines_are_cut(void **state)
{
	char text[5000], line[8192];
	FILE *f = tmpfile();
	int saved = dup(2);
	time_t now = second();

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	while (second() == now)
		usleep(10000);
	dup2(fileno(f), 2);
	log_error("%s", text);
	dup2(saved, 2);
	close(saved);
	rewind(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_in_range(strlen(line), 100, 600);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flood_is_bounded_and_counted),
		cmocka_unit_test(long_lines_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
