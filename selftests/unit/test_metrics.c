// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The text for Prometheus (user/metrics.h): labels of any device name, one head for each name with all its
 * instances behind, values where they belong, and what is not known of a dead daemon left out. That the
 * whole is well-formed is checked by selftests/net/promcheck.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "metrics.h"

static char *text;
static size_t length;

static struct show instance(const char *iface)
{
	struct show s = { .alive = true, .self = { .role = BED4_ROLE_PEER } };

	memcpy(s.iface, iface, strlen(iface) + 1);
	memcpy(s.info.made.tun_name, "6bed4", 6);
	s.info.mode = BED4_MODE_TC;
	s.info.neigh_max = 100;
	return s;
}

static void write_all(const struct show *s, unsigned int n)
{
	FILE *f;

	free(text);
	f = open_memstream(&text, &length);
	assert_non_null(f);
	metrics_write(f, s, n);
	assert_int_equal(fclose(f), 0);
}

/* The line is there, whole, and once. */
static void has(const char *line)
{
	char want[256];
	const char *at;

	snprintf(want, sizeof(want), "\n%s\n", line);
	at = strstr(text, want);
	if (!at || strstr(at + 1, want))
		fail_msg("%s: %s", at ? "twice" : "not there", line);
}

static void escapes_labels(void **state)
{
	struct show s = instance("a\\b\"c\nd");

	(void)state;
	memcpy(s.info.made.tun_name, "\"\\\"", 4);
	write_all(&s, 1);
	has("bed4_up{iface=\"a\\\\b\\\"c\\nd\"} 1");
	has("bed4_instance_info{iface=\"a\\\\b\\\"c\\nd\",role=\"peer\",tun=\"\\\"\\\\\\\"\",fast_path=\"tc\","
	    "forward=\"xdp\"} 1");
}

static void has_values(void **state)
{
	struct show s = instance("eth0");

	(void)state;
	s.count[BED4_HOOK_XDP][BED4_RELAY] = (struct bed4_count){ UINT64_MAX, 7 };
	s.count[BED4_HOOK_UDP][BED4_MALFORMED] = (struct bed4_count){ 3, 300 };
	s.gauges.neigh.path[BED4_PATH_LAN] = 5;
	s.gauges.neigh.path[BED4_PATH_DIRECT] = 6;
	s.gauges.neigh.state[BED4_NEIGH_PERMANENT] = 11;
	s.gauges.started = 1700000000123456789ull;
	s.gauges.cpu = 1005000000ull;
	s.gauges.memory_max = 4096;
	s.gauges.policy4 = 2;
	s.info.degraded = BED4_DEGRADED_ODD_PORT;
	s.info.neigh_full = 8;
	s.losses = (struct bed4_losses){ .collisions = 9, .neighbours = 1 };
	s.events_lost = 10;
	write_all(&s, 1);
	has("bed4_packets_total{iface=\"eth0\",hook=\"xdp\",outcome=\"relay\",kind=\"forward\"} 18446744073709551615");
	has("bed4_bytes_total{iface=\"eth0\",hook=\"xdp\",outcome=\"relay\",kind=\"forward\"} 7");
	has("bed4_packets_total{iface=\"eth0\",hook=\"udp\",outcome=\"malformed\",kind=\"drop\"} 3");
	has("bed4_packets_total{iface=\"eth0\",hook=\"tc-in\",outcome=\"relay\",kind=\"forward\"} 0");
	has("bed4_path_packets_total{iface=\"eth0\",path=\"slow\"} 3");
	has("bed4_neighbours{iface=\"eth0\",path=\"lan\"} 5");
	has("bed4_neighbours{iface=\"eth0\",path=\"router\"} 0");
	has("bed4_neighbour_states{iface=\"eth0\",state=\"permanent\"} 11");
	has("bed4_neighbours_max{iface=\"eth0\"} 100");
	has("bed4_neighbours_refused_total{iface=\"eth0\"} 9");
	has("bed4_table_entries{iface=\"eth0\",table=\"neigh\"} 11");
	has("bed4_table_entries_max{iface=\"eth0\",table=\"neigh\"} 100");
	has("bed4_table_entries{iface=\"eth0\",table=\"policy4\"} 2");
	has("bed4_start_time_seconds{iface=\"eth0\"} 1700000000.123");
	has("bed4_daemon_cpu_seconds_total{iface=\"eth0\"} 1.005");
	has("bed4_daemon_memory_max_bytes{iface=\"eth0\"} 4096");
	has("bed4_degraded{iface=\"eth0\",reason=\"odd_port\"} 1");
	has("bed4_degraded{iface=\"eth0\",reason=\"router_silent\"} 0");
	has("bed4_limit_collisions_total{iface=\"eth0\"} 9");
	has("bed4_events_lost_total{iface=\"eth0\"} 10");
}

static void keeps_names_together(void **state)
{
	struct show s[2] = { instance("eth0"), instance("eth1") };

	(void)state;
	write_all(s, 2);
	has("# TYPE bed4_up gauge\nbed4_up{iface=\"eth0\"} 1\nbed4_up{iface=\"eth1\"} 1");
	has("# TYPE bed4_packets_total counter");
}

static void a_dead_daemon_tells_less(void **state)
{
	struct show s = instance("eth0");

	(void)state;
	s.alive = false;
	s.info.degraded = BED4_DEGRADED_NO_RA;
	write_all(&s, 1);
	has("bed4_up{iface=\"eth0\"} 0");
	has("bed4_neighbours{iface=\"eth0\",path=\"direct\"} 0");
	assert_null(strstr(text, "bed4_degraded{"));
	assert_null(strstr(text, "bed4_start_time_seconds{"));
	assert_null(strstr(text, "bed4_daemon_cpu_seconds_total{"));
	assert_null(strstr(text, "bed4_daemon_memory_max_bytes{"));
}

/* The daemon keeps a text for each of a few connections. */
static void is_bounded(void **state)
{
	struct show s = instance("\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"");

	(void)state;
	memset(s.count, 0xff, sizeof(s.count));
	write_all(&s, 1);
	assert_true(length > 30000 && length < 128 * 1024);
	assert_int_equal(text[length - 1], '\n');
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_labels),	cmocka_unit_test(has_values),
		cmocka_unit_test(keeps_names_together), cmocka_unit_test(a_dead_daemon_tells_less),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
