// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is read back from `info` and `self` (user/sane.h): what `load` writes is taken, each single field
 * that it cannot have written is refused, and the message says which.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sane.h"
#include "../prog/fixture.h"

static struct bed4_info good_info(void)
{
	return (struct bed4_info){
		.made = { .abi = BED4_ABI, .pid = 1, .underlay = 2, .tun = 3, .v6_count = 8,
			  .v6_dev = { 1, 2, 3, 4, 5, 6, 7, 8 }, .tun_name = "abcdefghijklmno" },
		.mode = BED4_MODE_OFF, .forward = BED4_FORWARD_KERNEL, .neigh_max = 4194304,
		.options = "df on\nmtu 1400\n", .given = "df on\n", .metrics = "/run/m",
	};
}

static void expect_info(int want, const char *what, const struct bed4_info *info)
{
	struct err e = {};
	int err = info_sane(info, "eth0", &e);

	if (err != want || (what && !strstr(e.text, what)) || (err && !strstr(e.text, "eth0")))
		fail_msg("%s: %d, %s", what ? what : "good", err, e.text);
}

static void expect_self(int want, const char *what, const struct bed4_self *self)
{
	struct err e = {};
	int err = self_sane(self, "eth0", &e);

	if (err != want || (what && !strstr(e.text, what)) || (err && !strstr(e.text, "eth0")))
		fail_msg("%s: %d, %s", what ? what : "good", err, e.text);
}

static void takes_what_load_writes(void **state)
{
	struct bed4_info info = good_info();
	struct bed4_self self = fixture_self;

	(void)state;
	expect_info(0, NULL, &info);
	memset(info.options, 'x', sizeof(info.options) - 1);
	expect_info(0, NULL, &info);
	info = (struct bed4_info){ .made = { .abi = BED4_ABI } }; /* nothing has been set up yet */
	expect_info(0, NULL, &info);
	expect_self(0, NULL, &self);
	self.role = BED4_ROLE_PEER;
	self.mtu = BED4_MTU_MAX;
	self.own4_count = BED4_OWN4_MAX;
	expect_self(0, NULL, &self);
}

static void refuses_another_build(void **state)
{
	struct bed4_info info = good_info();
	struct bed4_self self = fixture_self;

	(void)state;
	info.made.abi++;
	expect_info(-EPROTO, "another version", &info);
	info.made.tun_name[15] = 'x'; /* whose fields mean something else */
	expect_info(-EPROTO, "another version", &info);
	self.abi = 0;
	expect_self(-EPROTO, "another version", &self);
}

#define REFUSE(what, change)                                                                       \
	do {                                                                                       \
		struct bed4_info info = good_info();                                               \
		change;                                                                            \
		expect_info(-EUCLEAN, what, &info);                                                \
	} while (0)

static void refuses_what_nobody_wrote(void **state)
{
	(void)state;
	REFUSE("name", info.made.tun_name[15] = 'p');
	REFUSE("name", strcpy(info.made.tun_name, "a/b"));
	REFUSE("name", strcpy(info.made.tun_name, ".."));
	REFUSE("name", strcpy(info.made.tun_name, "a\x1b[2J"));
	REFUSE("name", strcpy(info.made.tun_name, "\xc3\xa4"));
	REFUSE("options", memset(info.options, 'x', sizeof(info.options)));
	REFUSE("options", info.options[1] = '\t');
	REFUSE("options", info.options[1] = '\x7f');
	REFUSE("options", info.options[1] = '\x9b');
	REFUSE("options", memset(info.given, 'x', sizeof(info.given)));
	REFUSE("file", memset(info.metrics, '/', sizeof(info.metrics)));
	REFUSE("file", strcpy(info.metrics, "relative"));
	REFUSE("file", strcpy(info.metrics, "/a\x1b"));
	REFUSE("file", strcpy(info.old_metrics, "/a/"));
	REFUSE("devices", info.made.old_count = BED4_V6DEV_MAX + 1);
	REFUSE("devices", info.made.v6_count = BED4_V6DEV_MAX + 1);
	REFUSE("devices", info.made.v6_count = ~0u);
	REFUSE("devices", info.made.v6_dev[7] = 0x80000000u);
	REFUSE("devices", info.made.underlay = ~0u);
	REFUSE("devices", info.made.tun = 0x80000000u);
	REFUSE("mode", info.mode = BED4_MODE_OFF + 1);
	REFUSE("mode", info.forward = BED4_FORWARD_KERNEL + 1);
	REFUSE("neighbours", info.neigh_max++);
}

static void refuses_no_tunnel(void **state)
{
	struct bed4_self self = fixture_self;

	(void)state;
	self.role = BED4_ROLE_PEER + 1;
	expect_self(-EUCLEAN, "role", &self);
	self = fixture_self;
	self.mtu = BED4_MTU - 1;
	expect_self(-EUCLEAN, "MTU", &self);
	self.mtu = BED4_MTU_MAX + 1;
	expect_self(-EUCLEAN, "MTU", &self);
	self = fixture_self;
	self.own4_count = BED4_OWN4_MAX + 1;
	expect_self(-EUCLEAN, "own addresses", &self);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_load_writes),
		cmocka_unit_test(refuses_another_build),
		cmocka_unit_test(refuses_what_nobody_wrote),
		cmocka_unit_test(refuses_no_tunnel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
