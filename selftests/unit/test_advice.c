// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Advice on outcomes: each has some, which fits and is no copy of its sentence; names put in; lines broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "advice.h"
#include "core/outcome.h"

static const struct advice_for longest = { .iface = "abcdefghijklmno", .tun = "abcdefghijklmno", .port = "65534" };
static const struct advice_for some = { .iface = "eth7", .tun = "tunnel9", .port = "1234" };

static void test_each_has_one(void **state)
{
	char buf[ADVICE_TEXT], other[ADVICE_TEXT];
	const char *p;
	__u32 o, i;

	(void)state;
	for (o = BED4_GO + 1; o < BED4_OUTCOME_COUNT; o++) {
		advice(o, &longest, buf);
		assert_true(strlen(buf) > strlen(outcome_text(o)));
		assert_true(buf[strlen(buf) - 1] == '.');
		for (p = buf; *p; p++)
			assert_true(*p >= ' ' && *p <= '~');
		for (i = BED4_GO + 1; i < o; i++)
			assert_string_not_equal(buf, advice(i, &longest, other));
	}
}

/* An operator who sees a drop or a slow reason is told a command or an option, or that it is well. */
static void test_says_what_to_do(void **state)
{
	char buf[ADVICE_TEXT];
	__u32 o;

	(void)state;
	for (o = BED4_GO + 1; o < BED4_OUTCOME_COUNT; o++) {
		if (outcome_kind(o) != BED4_KIND_DROP && outcome_kind(o) != BED4_KIND_SLOW)
			continue;
		advice(o, &some, buf);
		if (!strchr(buf, '`') && !strstr(buf, "--") && !strstr(buf, "othing to do") &&
		    !strstr(buf, "as it should be") && !strstr(buf, "no effect") && !strstr(buf, "look for"))
			fail_msg("%s: %s", outcome_name(o), buf);
	}
}

static void test_names(void **state)
{
	char buf[ADVICE_TEXT];

	(void)state;
	advice(BED4_SLOW_WATCHED, &some, buf);
	assert_non_null(strstr(buf, "captures on tunnel9,"));
	advice(BED4_LIMITED, &some, buf);
	assert_non_null(strstr(buf, "tcpdump -ni eth7 udp port 1234`"));
	assert_string_equal(advice(BED4_GO, &some, buf), "");
	assert_string_equal(advice(BED4_OUTCOME_COUNT, &some, buf), "");
	assert_string_equal(advice((enum bed4_outcome)-1, &some, buf), "");
}

static void take(void *arg, const char *line, int len)
{
	char *to = arg;

	strncat(to, line, (size_t)len);
	strcat(to, "|");
}

static const char *wrapped(const char *text, char *buf)
{
	*buf = 0;
	advice_wrap(text, 10, take, buf);
	return buf;
}

static void test_wrap(void **state)
{
	char buf[200];

	(void)state;
	assert_string_equal(wrapped("", buf), "");
	assert_string_equal(wrapped("one", buf), "one|");
	assert_string_equal(wrapped("one two 90", buf), "one two 90|");
	assert_string_equal(wrapped("one two 901", buf), "one two|901|");
	assert_string_equal(wrapped("0123456789 1", buf), "0123456789|1|");
	assert_string_equal(wrapped("a 0123456789ab c d", buf), "a|0123456789ab|c d|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_has_one),
		cmocka_unit_test(test_says_what_to_do),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests_name("advice", tests, NULL, NULL);
}
