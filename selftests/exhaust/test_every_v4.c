// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Every IPv4 address there is, as a sender and as the endpoint within a destination: none of the special
 * ones ever is a tunnel endpoint, none of the others is refused. The expectation is a bitmap of all /24,
 * drawn from a list in words. Optimized and without sanitizers, or it would take minutes.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

/* PROTOCOL section 9; no prefix is longer than 24. */
static const struct { const char *net; int len; } special[] = {
	{ "0.0.0.0", 8 },      { "10.0.0.0", 8 },      { "100.64.0.0", 10 },  { "127.0.0.0", 8 },
	{ "169.254.0.0", 16 }, { "172.16.0.0", 12 },   { "192.0.0.0", 24 },   { "192.0.2.0", 24 },
	{ "192.88.99.0", 24 }, { "192.168.0.0", 16 },  { "198.18.0.0", 15 },  { "198.51.100.0", 24 },
	{ "203.0.113.0", 24 }, { "224.0.0.0", 4 },     { "240.0.0.0", 4 },
};

static uint8_t refused[1 << 24];

static int draw(void **state)
{
	struct in_addr in;

	(void)state;
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++) {
		if (inet_aton(special[i].net, &in) != 1)
			return -1;
		for (uint32_t n = 0; n < 1u << (24 - special[i].len); n++)
			refused[(ntohl(in.s_addr) >> 8) + n] = 1;
	}
	return 0;
}

struct part {
	pthread_t thread;
	uint64_t first, last; /* of it, and behind it */
	uint64_t wrong, refused, example;
};

/* The router's own addresses are refused for a reason of their own. */
static int is_own(uint32_t addr)
{
	return addr == 0x91880001 || addr == 0x918800ff;
}

static int accepted(uint32_t addr, struct bed4_in6 *dst)
{
	struct bed4_ep ep = { .addr = htonl(addr), .port = htons(5000) }, to = {};
	int sender, endpoint;

	bed4_iid_put(dst, ep);
	sender = bed4_check_sender(&fixture_self, ep, NULL, NULL) == BED4_GO;
	endpoint = bed4_locate(&fixture_self, dst, NULL, NULL, &to);
	if (endpoint && (to.addr != ep.addr || to.port != ep.port))
		return -1;
	return sender == endpoint ? sender : -1;
}

static void *walk(void *arg)
{
	struct part *p = arg;
	struct bed4_in6 dst = fixture_self.own;

	for (uint64_t a = p->first; a < p->last; a++) {
		int no = refused[a >> 8] || is_own((uint32_t)a);

		p->refused += no;
		if (accepted((uint32_t)a, &dst) != !no) {
			p->wrong++;
			p->example = a;
		}
	}
	return NULL;
}

static void no_special_address_is_an_endpoint(void **state)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct part parts[64] = {};
	uint64_t n = cpus < 1 ? 1 : cpus > 64 ? 64 : (uint64_t)cpus, i, sum = 0;

	(void)state;
	for (i = 0; i < n; i++) {
		parts[i].first = (1ull << 32) * i / n;
		parts[i].last = (1ull << 32) * (i + 1) / n;
		assert_int_equal(pthread_create(&parts[i].thread, NULL, walk, &parts[i]), 0);
	}
	for (i = 0; i < n; i++) {
		pthread_join(parts[i].thread, NULL);
		sum += parts[i].refused;
		if (parts[i].wrong)
			fail_msg("%llu addresses judged wrong, one is %08llx", (unsigned long long)parts[i].wrong,
				 (unsigned long long)parts[i].example);
	}
	/* 592,708,864 are in the list; two more are the router's. */
	assert_int_equal(sum, 592708864 + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_special_address_is_an_endpoint) };

	return cmocka_run_group_tests(tests, draw, NULL);
}
