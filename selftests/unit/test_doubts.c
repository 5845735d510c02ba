// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What does not go together in a file: each contradiction is told with its line, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doubts.h"

/* What was told: "LINE error|warning WORDS" each. */
static char told[4096];

static void hear(void *arg, bool error, unsigned int line, const char *text)
{
	size_t n = strlen(told);

	(void)arg;
	snprintf(told + n, sizeof(told) - n, "%u %s %s\n", line, error ? "error" : "warning", text);
}

/* @text has settings "name value", one a line. */
static const char *doubted(const char *text)
{
	char *copy = strdup(text), *rest = copy, *line, *value;
	struct opt_words w;
	struct err e = {};

	opt_words_init(&w);
	w.source = OPT_FILE;
	memcpy(w.set.iface, "eth0", 5);
	told[0] = 0;
	while ((line = strsep(&rest, "\n"))) {
		w.line++;
		value = strchr(line, ' ');
		if (value)
			*value++ = 0;
		if (*line && opt_word(&w, line, value, &e))
			fail_msg("%s", e.text);
	}
	doubts(&w.set, hear, NULL);
	free(copy);
	return told;
}

#define ROUTER "prefix 2001:db8::/64\n"

static void test_well(void **state)
{
	static const char *const well[] = {
		"", "mtu 1400\n", "server 10.0.0.1\ndefault-route\n", ROUTER, "role router\n" ROUTER,
		"role router\nplan server-prefix\n", "plan server-prefix\nplan-prefix fc65::/16\n",
		ROUTER "forward kernel\nnexthop-slots 1024\nfast-path native\naccount all\n",
		ROUTER "permit-v4 10.0.0.0/8\ndeny-v4 10.1.0.0/16\npermit-v4 10.1.2.0/24\ndeny-v4 8.8.8.8\n",
		"permit-v4 192.0.0.0/8\n", "permit-v4 203.0.113.7\n", "permit-v4 172.0.0.0/8\nkeepalive 5,4\n",
		"fast-path off\nudp-checksum zero\n", "keepalive 30\nradius 0\ntun t0\n",
		"deny-v4 8.8.8.0/24\npermit-v4 8.8.8.8\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(well) / sizeof(*well); i++)
		assert_string_equal(doubted(well[i]), "");
}

static void test_doubts(void **state)
{
	static const struct {
		const char *text;
		const char *told[3]; /* beginnings of lines, all there are */
	} cases[] = {
		{ "\nplan-prefix fc64::/16\n", { "2 error --plan-prefix is for --plan server-prefix" } },
		{ "\nrole router\n", { "2 error a router needs --prefix" } },
		{ ROUTER "server 145.136.0.9\nmtu 1400\nradius 3\n",
		  { "2 error --server is not for a router", "4 error --radius is not for a router" } },
		{ "v6-dev eth1\n", { "1 error --v6-dev is not for a peer, which this is without --prefix" } },
		{ "role peer\n" ROUTER, { "2 error --prefix is not for a peer" } },
		{ "tun eth0\n", { "1 error --tun eth0 is the IPv4 device itself" } },
		{ ROUTER "v6-dev a\nv6-dev t\ntun t\n", { "3 error --v6-dev t is the tunnel, see --tun in line 4" } },
		{ "deny-v4 10.0.0.0/8\npermit-v4 10.0.0.0/8\n", { "2 warning --permit-v4 10.0.0.0/8 is refused by line 1" } },
		{ "permit-v4 8.0.0.0/8\n", { "1 warning --permit-v4 8.0.0.0/8 has no effect" } },
		{ "permit-v4 10.1.0.0/16\npermit-v4 10.0.0.0/8\n",
		  { "1 warning --permit-v4 10.1.0.0/16 is within 10.0.0.0/8 of line 2" } },
		{ "deny-v4 8.0.0.0/8\ndeny-v4 8.1.2.3\n", { "2 warning --deny-v4 8.1.2.3/32 is within 8.0.0.0/8 of line 1" } },
		{ "deny-v4 0.0.0.0/0\n", { "1 warning --deny-v4 0.0.0.0/0 refuses every endpoint" } },
		{ ROUTER "fast-path tc\nforward xdp\nnexthop-slots 2048\n",
		  { "3 warning --forward has no effect with --fast-path tc",
		    "4 warning --nexthop-slots has no effect with --fast-path tc" } },
		{ "account 7\n", { "1 warning --account has no effect" } },
		{ ROUTER "listen 192.0.2.1\npublic-v4 192.0.2.1\n", { "3 warning --public-v4 has no effect" } },
		{ "keepalive 0\n", { "1 warning --keepalive 0" } },
		{ "listen 192.0.2.1\nserver 192.0.2.1\n", { "2 error --server is this machine's own" } },
		{ "fast-path off\nudp-checksum always\n", { "2 warning --udp-checksum always has no effect" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *at = doubted(cases[i].text);

		for (size_t k = 0; k < 3 && cases[i].told[k]; k++) {
			if (strncmp(at, cases[i].told[k], strlen(cases[i].told[k])))
				fail_msg("%s: got %s", cases[i].text, told);
			at += strcspn(at, "\n") + 1;
		}
		if (*at)
			fail_msg("%s: got %s", cases[i].text, told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well),
		cmocka_unit_test(test_doubts),
	};

	return cmocka_run_group_tests_name("doubts", tests, NULL, NULL);
}
