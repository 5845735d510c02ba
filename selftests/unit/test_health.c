// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What `health` makes of facts (user/health.c): a good router and peer are healthy; of everything that can be
 * wrong, one at a time, the check that tells it, and whether traffic should stay away.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "health.h"

static void good_dev(struct health_dev *dev, const char *name)
{
	*dev = (struct health_dev){ .running = true };
	strcpy(dev->name, name);
}

static struct health_facts good(enum bed4_role role)
{
	struct health_facts f = { .role = role, .mode = BED4_MODE_NATIVE, .patience = 1, .valid = true,
				  .listen = "198.51.100.1:25788", .listen_own = true, .forwarding6 = 1,
				  .load_known = true, .fast = 100000, .slow = 10 };

	good_dev(&f.underlay, "eth0");
	good_dev(&f.tun, "6bed4");
	strcpy(f.way4.to, "the Internet");
	good_dev(&f.way4.dev, "eth0");
	if (role == BED4_ROLE_ROUTER) {
		f.v6_count = 2;
		good_dev(&f.v6[0], "eth1");
		good_dev(&f.v6[1], "eth2");
		f.prefix_here = true;
		strcpy(f.way6.to, "the Internet");
		good_dev(&f.way6.dev, "eth1");
	}
	return f;
}

static const struct health_check *find(const struct health_report *r, const char *id)
{
	unsigned int i;

	for (i = 0; i < r->count; i++) {
		if (!strcmp(r->checks[i].id, id))
			return &r->checks[i];
	}
	return NULL;
}

/* Just one check tells of it, as @result, with @word in its sentence. */
static void one(const struct health_facts *f, const char *id, enum health_result result, const char *word)
{
	const struct health_check *c;
	struct health_report r;
	unsigned int i;

	health_judge(f, &r);
	c = find(&r, id);
	assert_non_null(c);
	if (c->result != result || !strstr(c->text, word))
		fail_msg("%s: %s: %s; wanted %s with '%s'", id, health_result_name(c->result), c->text,
			 health_result_name(result), word);
	for (i = 0; i < r.count; i++) {
		if (&r.checks[i] != c && r.checks[i].result != HEALTH_OK)
			fail_msg("%s, too: %s", r.checks[i].id, r.checks[i].text);
	}
	assert_int_equal(health_worst(&r), result);
}

#define FAULT(role, change, id, result, word)                              \
	do {                                                               \
		struct health_facts f = good(BED4_ROLE_##role);            \
		change;                                                    \
		one(&f, id, HEALTH_##result, word);                        \
	} while (0)

static void a_good_one_is_healthy(void **state)
{
	static const enum bed4_role roles[] = { BED4_ROLE_ROUTER, BED4_ROLE_PEER };
	static const unsigned int checks[] = { 11, 9 };
	struct health_report r;
	struct health_facts f;
	unsigned int i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		f = good(roles[i]);
		health_judge(&f, &r);
		assert_int_equal(r.count, checks[i]);
		assert_int_equal(health_worst(&r), HEALTH_OK);
		for (j = 0; j < r.count; j++)
			assert_ptr_equal(find(&r, r.checks[j].id), &r.checks[j]); /* ids are unique */
	}
	assert_string_equal(health_name(HEALTH_OK), "healthy");
	assert_string_equal(health_name(HEALTH_WARN), "degraded");
	assert_string_equal(health_name(HEALTH_FAIL), "unfit");
}

static void what_makes_it_unfit(void **state)
{
	(void)state;
	FAULT(ROUTER, f.daemon = -ENOENT, "daemon", FAIL, "dead");
	FAULT(ROUTER, f.daemon = -EAGAIN, "daemon", FAIL, "for 1 s");
	FAULT(ROUTER, f.daemon = -EPROTO, "daemon", FAIL, "Protocol error");
	FAULT(ROUTER, strcpy(f.maps, "damaged"), "maps", FAIL, "damaged");
	FAULT(ROUTER, f.underlay.running = false, "underlay", FAIL, "eth0");
	FAULT(ROUTER, f.underlay.name[0] = 0, "underlay", FAIL, "gone");
	FAULT(ROUTER, f.listen_own = false, "listen", FAIL, "198.51.100.1:25788");
	FAULT(ROUTER, f.degraded = BED4_DEGRADED_NO_LISTEN, "listen", FAIL, "no address");
	FAULT(ROUTER, f.way4.err = -ENETUNREACH, "ipv4-route", FAIL, "Network is unreachable");
	FAULT(ROUTER, f.way4.back = true, "ipv4-route", FAIL, "back");
	FAULT(ROUTER, f.tun.name[0] = 0, "tun", FAIL, "gone");
	FAULT(ROUTER, f.tun.running = false, "tun", FAIL, "6bed4");
	FAULT(ROUTER, f.prefix_here = false, "tun", FAIL, "prefix");
	FAULT(ROUTER, f.forwarding6 = 0, "forwarding", FAIL, "off");
	FAULT(ROUTER, (f.v6_count = 1, f.v6[0].running = false), "ipv6-side", FAIL, "eth1");
	FAULT(ROUTER, f.way6.err = -ENETUNREACH, "ipv6-route", FAIL, "Network is unreachable");
	FAULT(ROUTER, (f.way6.err = -ENETUNREACH, f.way6.default_meant = true), "ipv6-route", FAIL, "--to");
	FAULT(ROUTER, f.way6.back = true, "ipv6-route", FAIL, "back");
	FAULT(ROUTER, f.way6.dev.running = false, "ipv6-route", FAIL, "no carrier");
	FAULT(ROUTER, memset(&f.way6.dev, 0, sizeof(f.way6.dev)), "ipv6-route", FAIL, "gone");
	FAULT(PEER, f.degraded = BED4_DEGRADED_NO_RA, "router", FAIL, "does not answer");
	FAULT(PEER, f.degraded = BED4_DEGRADED_ODD_PORT, "router", FAIL, "odd");
	FAULT(PEER, f.way4.err = -ENETUNREACH, "ipv4-route", FAIL, "unreachable");
}

static void what_makes_it_degraded(void **state)
{
	(void)state;
	FAULT(ROUTER, f.valid = false, "maps", WARN, "held up");
	FAULT(ROUTER, f.v6[1].running = false, "ipv6-side", WARN, "eth2");
	FAULT(ROUTER, f.underlay.lacks_xdp = true, "programs", WARN, "XDP program on eth0");
	FAULT(ROUTER, f.v6[1].lacks_xdp = true, "programs", WARN, "XDP program on eth2");
	FAULT(ROUTER, f.tun.lacks_tc = true, "programs", WARN, "TC program on 6bed4");
	FAULT(PEER, f.underlay.lacks_tc = true, "programs", WARN, "TC program on eth0");
	FAULT(ROUTER, f.slow = 100001, "slow-path", WARN, "100001");
}

static void what_is_no_fault(void **state)
{
	(void)state;
	FAULT(ROUTER, f.forwarding6 = -1, "forwarding", OK, "");
	FAULT(ROUTER, f.v6_count = 0, "daemon", OK, "answers");
	FAULT(ROUTER, (f.mode = BED4_MODE_OFF, f.fast = 0, f.slow = 100000), "programs", OK, "off");
	FAULT(ROUTER, (f.fast = 0, f.slow = 999), "slow-path", OK, "999");
	FAULT(ROUTER, f.load_known = false, "programs", OK, "attached");
	/* Without maps nothing else is known, nor told. */
	FAULT(ROUTER, (strcpy(f.maps, "damaged"), f.underlay.running = false, f.forwarding6 = 0), "maps", FAIL, "damaged");
	/* The worst counts. */
	struct health_facts f = good(BED4_ROLE_ROUTER);
	struct health_report r;

	f.underlay.lacks_xdp = true;
	f.daemon = -ENOENT;
	health_judge(&f, &r);
	assert_int_equal(health_worst(&r), HEALTH_FAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_is_healthy),
		cmocka_unit_test(what_makes_it_unfit),
		cmocka_unit_test(what_makes_it_degraded),
		cmocka_unit_test(what_is_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
