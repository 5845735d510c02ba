// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Captured packets in words (user/packet.c): what is said of each kind, what is left out of what leaves, and
 * that bytes may end anywhere and say anything: nothing is read behind their end, and text stays printable and
 * bounded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../prog/cases.h"
#include "packet.h"

static char buf[PACKET_TEXT];

static struct packet read_pkt(const struct pkt *p, bool eth)
{
	struct packet r;

	packet_read(&r, p->b, p->len, eth);
	return r;
}

static void says(const struct pkt *p, bool eth, const char *want)
{
	struct packet r = read_pkt(p, eth);

	assert_string_equal(packet_text(&r, buf), want);
}

static void names_packets(void **state)
{
	struct pkt p;

	(void)state;
	from_peer(&p, HOST6, 64, 10, CSUM_FULL);
	says(&p, true, "145.136.0.7:50000 > 145.136.0.1:25788 2001:67c:127c:0:52c3:91ff:fe88:7 > 2001:db8:6::2 "
		       "UDP 1 > 515 hops 64");
	from_host(&p, HOST6, PEER6, 3, 10);
	says(&p, true, "2001:db8:6::2 > 2001:67c:127c:0:52c3:91ff:fe88:7 UDP 1 > 515 hops 3");
	pkt_ip6(&p, HOST6, PEER6, 58, 255, 20, 2);
	p.b[40] = 135;
	p.b[41] = 0;
	says(&p, false, "2001:db8:6::2 > 2001:67c:127c:0:52c3:91ff:fe88:7 ICMPv6 neighbour solicitation hops 255");
	p.b[40] = 1;
	p.b[41] = 3;
	says(&p, false, "2001:db8:6::2 > 2001:67c:127c:0:52c3:91ff:fe88:7 ICMPv6 unreachable code 3 hops 255");
	p.b[40] = 200;
	p.b[41] = 0;
	says(&p, false, "2001:db8:6::2 > 2001:67c:127c:0:52c3:91ff:fe88:7 ICMPv6 type 200 hops 255");
	pkt_ip6(&p, HOST6, PEER6, 47, 1, 20, 2);
	says(&p, false, "2001:db8:6::2 > 2001:67c:127c:0:52c3:91ff:fe88:7 proto 47 hops 1");
	p = (struct pkt){ .len = 0 };
	pkt_outer(&p, PEER4, PPORT, ROUTER4, PORT, 0, CSUM_ZERO);
	says(&p, false, "145.136.0.7:50000 > 145.136.0.1:25788");
	p.b[9] = 1;
	p.b[20] = 3;
	p.b[21] = 4;
	says(&p, false, "145.136.0.7 > 145.136.0.1 ICMPv4 type 3 code 4");
	p.b[9] = 47;
	says(&p, false, "145.136.0.7 > 145.136.0.1 proto 47");
	p.b[9] = 17;
	p.b[7] = 100; /* a later fragment */
	says(&p, false, "145.136.0.7 > 145.136.0.1");
	p.b[0] = 0x95;
	says(&p, false, "not IP");
	from_host(&p, HOST6, PEER6, 3, 10);
	pkt_put16(p.b + 12, 0x0806);
	says(&p, true, "not IP");
}

static void says_what_is_new(void **state)
{
	struct packet before, after;
	struct pkt p;

	(void)state;
	from_peer(&p, FAR6, 64, 10, CSUM_FULL);
	before = read_pkt(&p, true);
	pkt_udp6(&p, PEER6, FAR6, 63, 10);
	pkt_outer(&p, ROUTER4, PORT, FAR4, PPORT, 0, CSUM_FULL);
	after = read_pkt(&p, false);
	assert_string_equal(packet_text_after(&after, &before, buf),
			    "145.136.0.1:25788 > 131.1.2.4:50000 hops 63");
	pkt_udp6(&p, PEER6, FAR6, 63, 10);
	after = read_pkt(&p, false);
	assert_string_equal(packet_text_after(&after, &before, buf), "native hops 63");
	assert_string_equal(packet_text_after(&after, &after, buf), "hops 63");
	pkt_ip6(&p, OWN6, PEER6, 58, 64, 20, 2);
	p.b[40] = 3;
	p.b[41] = 0;
	pkt_outer(&p, ROUTER4, PORT, PEER4, PPORT, 0, CSUM_ZERO);
	after = read_pkt(&p, false);
	assert_string_equal(packet_text_after(&after, &before, buf),
			    "145.136.0.1:25788 > 145.136.0.7:50000 2001:67c:127c:0:be64:91ff:fe88:1 > "
			    "2001:67c:127c:0:52c3:91ff:fe88:7 ICMPv6 time exceeded hops 64");
}

static void knows_headers_of_hooks(void **state)
{
	(void)state;
	assert_true(packet_has_eth(BED4_HOOK_XDP, false) && packet_has_eth(BED4_HOOK_XDP, true));
	assert_true(packet_has_eth(BED4_HOOK_TC_IN, false) && packet_has_eth(BED4_HOOK_TC_IN, true));
	assert_true(!packet_has_eth(BED4_HOOK_TC_OUT, false) && packet_has_eth(BED4_HOOK_TC_OUT, true));
	assert_true(!packet_has_eth(BED4_HOOK_UDP, false) && !packet_has_eth(BED4_HOOK_UDP, true));
}

/* Each in memory that ends where the packet does, so that the sanitizer sees a byte too many. */
static void read_cut(const uint8_t *data, size_t len, bool eth)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct packet p;
	const char *s;

	assert_non_null(copy);
	memcpy(copy, data, len);
	packet_read(&p, copy, len, eth);
	for (s = packet_text(&p, buf); *s; s++)
		assert_true(*s >= ' ' && *s <= '~');
	assert_true(strlen(packet_text_after(&p, &p, buf)) < PACKET_TEXT);
	if (p.ip)
		assert_true(p.ip >= copy && p.ip + p.ip_len == copy + len);
	if (p.ip6)
		assert_true(p.ip6 >= copy && p.ip6 + p.ip6_len == copy + len);
	free(copy);
}

static void ends_anywhere(void **state)
{
	unsigned int seed = 1, n;
	struct pkt p;

	(void)state;
	from_peer(&p, HOST6, 64, 10, CSUM_FULL);
	for (size_t len = 0; len <= p.len; len++)
		read_cut(p.b, len, true);
	for (n = 0; n < 200000; n++) {
		from_peer(&p, HOST6, 64, 10, CSUM_FULL);
		for (int i = 0; i < 4; i++)
			p.b[(unsigned int)rand_r(&seed) % 60 + 12] = (uint8_t)rand_r(&seed);
		read_cut(p.b + (n & 1 ? 14 : 0), (unsigned int)rand_r(&seed) % (p.len - 14), !(n & 1));
	}
}

static void refuses_records(void **state)
{
	static struct bed4_shot s;
	const struct bed4_shot_head good = { .outcome = BED4_RELAY, .hook = BED4_HOOK_XDP, .len = { 100, 90 },
					     .caplen = { 50, 40 } };
	size_t size = sizeof(s.head) + 90;

	(void)state;
	s.head = good;
	assert_true(packet_shot_sane(&s, size));
	assert_true(packet_shot_sane(&s, size + 6)); /* rings round up */
	assert_false(packet_shot_sane(&s, size - 1));
	assert_false(packet_shot_sane(&s, sizeof(s.head) - 1));
	s.head.hook = BED4_HOOK_COUNT;
	assert_false(packet_shot_sane(&s, size));
	s.head = good;
	s.head.outcome = 0;
	assert_false(packet_shot_sane(&s, size));
	s.head.outcome = BED4_OUTCOME_COUNT;
	assert_false(packet_shot_sane(&s, size));
	s.head = good;
	s.head.caplen[0] = 101;
	assert_false(packet_shot_sane(&s, sizeof(s)));
	s.head = good;
	s.head.caplen[1] = s.head.len[1] = BED4_SNAP_MAX + 1;
	assert_false(packet_shot_sane(&s, sizeof(s)));
	s.head.caplen[1] = 0xffffffff;
	assert_false(packet_shot_sane(&s, sizeof(s)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_packets),	  cmocka_unit_test(says_what_is_new),
		cmocka_unit_test(knows_headers_of_hooks), cmocka_unit_test(ends_anywhere),
		cmocka_unit_test(refuses_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
