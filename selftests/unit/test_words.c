// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Words that every command understands: abbreviations and the switches of JSON. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd.h"

static const char *const names[] = { "load", "status", "stats", "stat", "neigh", NULL };

static void test_abbreviations(void **state)
{
	(void)state;
	assert_int_equal(cmd_abbrev("load", names), 0);
	assert_int_equal(cmd_abbrev("l", names), 0);
	assert_int_equal(cmd_abbrev("n", names), 4);
	assert_int_equal(cmd_abbrev("statu", names), 1);
	assert_int_equal(cmd_abbrev("st", names), -EMLINK);
	assert_int_equal(cmd_abbrev("stat", names), 3); /* the whole word of one, though it begins others */
	assert_int_equal(cmd_abbrev("neighs", names), -ENOENT);
	assert_int_equal(cmd_abbrev("x", names), -ENOENT);
	assert_int_equal(cmd_abbrev("", names), -ENOENT);
}

static void test_json(void **state)
{
	(void)state;
	cmd_json = cmd_pretty = false;
	assert_false(cmd_json_word("-jx"));
	assert_false(cmd_json_word("eth0"));
	assert_false(cmd_json);
	assert_true(cmd_json_word("-j"));
	assert_true(cmd_json && !cmd_pretty);
	assert_true(cmd_json_word("-p"));
	assert_true(cmd_json && cmd_pretty);
	cmd_json = cmd_pretty = false;
	assert_true(cmd_json_word("--json"));
	assert_true(cmd_json && !cmd_pretty);
	assert_true(cmd_json_word("--pretty"));
	assert_true(cmd_json && cmd_pretty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_abbreviations),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
