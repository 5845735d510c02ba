// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rates between two samples, and the lines they are laid out in. The text forms of addresses are this test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "watch.h"

const char *show_ip6(const struct bed4_in6 *a, char buf[SHOW_TEXT])
{
	snprintf(buf, SHOW_TEXT, "2001:db8:ffff:ffff:ffff:ffff:ffff:ff%02x", a->b[15]);
	return buf;
}

const char *show_ep(struct bed4_ep ep, char buf[SHOW_TEXT])
{
	snprintf(buf, SHOW_TEXT, "255.255.255.255:%u", BED4_NTOHS(ep.port));
	return buf;
}

const char *show_age(__u64 ns, char buf[SHOW_TEXT])
{
	snprintf(buf, SHOW_TEXT, "%llus", ns / 1000000000ull);
	return buf;
}

static struct watch_sample old, new;
static struct watch_neigh old_neigh[8], new_neigh[8];

static struct watch_neigh neigh(__u8 id, __u64 packets, __u32 path)
{
	return (struct watch_neigh){ .addr = { .b = { [15] = id } }, .packets = packets, .bytes = 100 * packets, .path = path };
}

/* Two seconds on a router, or a peer. */
static void begin(enum bed4_role role)
{
	memset(&old, 0, sizeof(old));
	memcpy(old.s.iface, "eth0", 5);
	memcpy(old.s.info.made.tun_name, "6bed4", 6);
	memcpy(old.s.info.options, "mtu 1280\nv6-dev eth1\n", 22);
	old.s.self.role = role;
	old.s.alive = true;
	old.s.gauges.neigh.path[BED4_PATH_DIRECT] = 6;
	old.s.info.neigh_max = 65536;
	new = old;
	old.at = 5000000000ull;
	new.at = 7000000000ull;
	old.neigh = old_neigh;
	new.neigh = new_neigh;
}

static void count(enum bed4_hook hook, enum bed4_outcome o, __u64 before, __u64 after)
{
	old.s.count[hook][o] = (struct bed4_count){ before, 100 * before };
	new.s.count[hook][o] = (struct bed4_count){ after, 100 * after };
}

static void near(double got, double want)
{
	if (got < want - 1e-6 || got > want + 1e-6)
		fail_msg("got %f, expected %f", got, want);
}

static void test_rates(void **state)
{
	struct watch_rates r;

	(void)state;
	begin(BED4_ROLE_ROUTER);
	count(BED4_HOOK_XDP, BED4_IN_NATIVE, 1000, 1300);
	count(BED4_HOOK_UDP, BED4_IN_NATIVE, 0, 100);
	count(BED4_HOOK_XDP, BED4_RELAY, 500, 20); /* begun anew */
	count(BED4_HOOK_UDP, BED4_RS_ANSWERED, 1, 3);
	count(BED4_HOOK_XDP, BED4_MALFORMED, 0, 4);
	count(BED4_HOOK_TC_IN, BED4_LOOP, 0, 6);
	count(BED4_HOOK_UDP, BED4_KEEPALIVE, 0, 1000); /* no loss */
	watch_rates(&r, &old, &new);
	near(r.seconds, 2);
	assert_int_equal(r.paths, 4);
	near(r.path[0].rate.packets, 200);
	near(r.path[0].rate.bits, 160000);
	near(r.path[0].fast, 0.75);
	near(r.path[1].rate.packets, 0);
	near(r.path[2].rate.packets, 10);
	near(r.total, 210);
	near(r.answered, 1);
	near(r.dropped, 5);
	assert_int_equal(r.top_drop, BED4_LOOP);
	new.at = old.at;
	watch_rates(&r, &old, &new);
	near(r.seconds, 1);
}

static void test_neighbours(void **state)
{
	struct watch_rates r;

	(void)state;
	begin(BED4_ROLE_PEER);
	for (int i = 0; i < 7; i++) {
		new_neigh[i] = neigh((__u8)(7 - i), 10 * (__u64)i + 10, i % 3);
		old_neigh[i] = neigh((__u8)(7 - i), 10, i % 3);
	}
	new.neigh_count = 7;
	old.neigh_count = 6; /* one is new: all of it counts */
	watch_sort(new_neigh, 7);
	watch_sort(old_neigh, 6);
	watch_rates(&r, &old, &new);
	assert_int_equal(r.by_path[BED4_PATH_ROUTER], 3);
	assert_int_equal(r.by_path[BED4_PATH_DIRECT], 2);
	assert_int_equal(r.by_path[BED4_PATH_LAN], 2);
	assert_int_equal(r.tops, WATCH_TOP);
	for (int i = 0; i < WATCH_TOP; i++)
		assert_int_equal(r.top[i].addr.b[15], i + 1);
	near(r.top[0].rate.packets, 35); /* 70, of which none was known */
	near(r.top[1].rate.packets, 25); /* 60, less 10 */
}

static void test_si(void **state)
{
	static const struct {
		double n;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { 1, "1" }, { 3.25, "3.2" }, { 99.9, "99.9" }, { 417.4, "417" }, { 999, "999" },
		{ 999.6, "1.00k" }, { 1000, "1.00k" }, { 12345, "12.3k" }, { 123456, "123k" }, { 1.05e6, "1.05M" },
		{ 9.99e9, "9.99G" }, { 1.8e19, "18.0E" }, { 1e30, "1000000000000E" },
	};
	char buf[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(watch_si(cases[i].n, buf), cases[i].text);
}

/* Text of at most 80 columns in printable characters, but for escapes where they are asked for. */
static char *laid_out(bool stats, const struct watch_look *look)
{
	struct watch_history h = {};
	struct watch_rates r;
	char *text = NULL;
	size_t size, n;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	watch_rates(&r, &old, &new);
	watch_remember(&h, &r);
	if (stats)
		watch_stats(f, &old, &new, look);
	else
		watch_status(f, &new, &r, &h, look);
	assert_int_equal(fclose(f), 0);
	if (look->color || look->utf8)
		return text;
	for (const char *p = text; *p; p += n + 1) {
		n = strcspn(p, "\n");
		if (n > 80)
			fail_msg("%zu columns: %.*s", n, (int)n, p);
		for (size_t i = 0; i < n; i++)
			assert_true(p[i] >= ' ' && p[i] <= '~');
	}
	return text;
}

static void has(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("no '%s' in:\n%s", what, text);
}

static void fill(enum bed4_role role)
{
	begin(role);
	for (__u32 hook = 0; hook < BED4_HOOK_COUNT; hook++) {
		for (__u32 o = 1; o < BED4_OUTCOME_COUNT; o++)
			count(hook, o, 7, 1ull << 56);
	}
	memcpy(new.s.iface, "abcdefghijklmno", 16);
	memcpy(new.s.info.made.tun_name, "abcdefghijklmno", 16);
	memcpy(new.s.info.options, "mtu 1280\nv6-dev abcdefghijklmno\n", 33);
	new.s.self.flags = BED4_SELF_ADDR;
	new.s.self.listen.port = new.s.self.server.port = 0xffff;
	new.s.gauges.neigh.path[BED4_PATH_ROUTER] = new.s.info.neigh_max = 4194304;
	for (int i = 0; i < 7; i++)
		new_neigh[i] = neigh((__u8)i, 1ull << 56, i % 3);
	new.neigh_count = 7;
}

static void test_status(void **state)
{
	struct watch_look look = {};
	char *text;

	(void)state;
	begin(BED4_ROLE_ROUTER);
	count(BED4_HOOK_XDP, BED4_IN_NATIVE, 1000, 1300);
	count(BED4_HOOK_XDP, BED4_OUT, 0, 150);
	count(BED4_HOOK_XDP, BED4_MALFORMED, 0, 4);
	text = laid_out(false, &look);
	has(text, "eth0: router, fast path auto, well, up 7s\n");
	has(text, "native: eth1");
	has(text, "6bed4: no address yet\n");
	has(text, "  peers to native           150      120k   100% ########################\n");
	has(text, "  to peers                   75     60.0k   100% ############\n");
	has(text, "  peer to peer                0         0        \n");
	has(text, "  dropped                     2  mostly malformed\n");
	has(text, "#| 225\n");
	free(text);
	look.utf8 = look.color = true;
	text = laid_out(false, &look);
	has(text, "█| 225\n");
	has(text, "\033[31m  dropped");
	free(text);
	look = (struct watch_look){};
	fill(BED4_ROLE_ROUTER);
	free(laid_out(false, &look));
	fill(BED4_ROLE_PEER);
	new.s.alive = false;
	text = laid_out(false, &look);
	has(text, "DAEMON DEAD");
	has(text, "2 lan, 2 direct, 3 by the router\n");
	free(text);
}

static void test_stats(void **state)
{
	struct watch_look look = { .rows = 20 };
	char *text;

	(void)state;
	begin(BED4_ROLE_ROUTER);
	count(BED4_HOOK_XDP, BED4_IN_NATIVE, 1000, 1300);
	count(BED4_HOOK_UDP, BED4_MALFORMED, 3, 3);
	text = laid_out(true, &look);
	has(text, "  xdp    in-native      forward         150       120k                 1300\n");
	has(text, "  udp    malformed      drop              0          0                    3\n");
	assert_null(strstr(text, "relay"));
	free(text);
	look.rows = 3; /* room for what happens just now only */
	text = laid_out(true, &look);
	has(text, "in-native");
	assert_null(strstr(text, "malformed"));
	free(text);
	fill(BED4_ROLE_PEER);
	free(laid_out(true, &look));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates), cmocka_unit_test(test_neighbours), cmocka_unit_test(test_si),
		cmocka_unit_test(test_status), cmocka_unit_test(test_stats),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
