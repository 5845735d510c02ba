// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The address codec of 6bed4/addr.h: vectors, round trips, address classes at their boundaries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "6bed4/addr.h"

static struct bed4_ep ep(const char *addr, unsigned int port)
{
	struct in_addr in;

	assert_int_equal(inet_pton(AF_INET, addr, &in), 1);
	return bed4_ep(in.s_addr, htons(port));
}

static struct bed4_in6 in6(const char *text)
{
	struct bed4_in6 a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

/* PROTOCOL section 3. */
static void vectors(void **state)
{
	static const struct { const char *addr; unsigned int port; uint8_t ll[6], iid[8]; } v[] = {
		{ "145.136.0.1", 25788, { 0xbc, 0x64, 0x91, 0x88, 0x00, 0x01 },
		  { 0xbe, 0x64, 0x91, 0xff, 0xfe, 0x88, 0x00, 0x01 } },
		{ "192.0.2.1", 50000, { 0x50, 0xc3, 0xc0, 0x00, 0x02, 0x01 },
		  { 0x52, 0xc3, 0xc0, 0xff, 0xfe, 0x00, 0x02, 0x01 } },
		{ "203.0.113.254", 49152, { 0x00, 0xc0, 0xcb, 0x00, 0x71, 0xfe },
		  { 0x02, 0xc0, 0xcb, 0xff, 0xfe, 0x00, 0x71, 0xfe } },
		{ "198.51.100.7", 65534, { 0xfe, 0xff, 0xc6, 0x33, 0x64, 0x07 },
		  { 0xfc, 0xff, 0xc6, 0xff, 0xfe, 0x33, 0x64, 0x07 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(*v); i++) {
		struct bed4_ep e = ep(v[i].addr, v[i].port), back;
		struct bed4_in6 a = in6("2001:67c:127c::");
		uint8_t ll[6];

		bed4_lladdr_put(ll, e);
		assert_memory_equal(ll, v[i].ll, 6);
		assert_true(bed4_ep_eq(bed4_lladdr_get(ll), e));
		bed4_iid_put(&a, e);
		assert_memory_equal(a.b + 8, v[i].iid, 8);
		assert_memory_equal(a.b, in6("2001:67c:127c::").b, 8);
		assert_true(bed4_iid_get(&a, &back));
		assert_true(bed4_ep_eq(back, e));
		assert_true(bed4_iid_is(&a, e));
	}
}

static void every_port_round_trips(void **state)
{
	static const char *const addrs[] = { "0.0.0.0", "1.2.3.4", "10.0.0.1", "127.255.255.255",
					     "128.0.0.0", "145.136.0.1", "255.255.255.255" };
	unsigned int port;

	(void)state;
	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		for (port = 0; port < 65536; port++) {
			struct bed4_ep e = ep(addrs[i], port), back;
			struct bed4_in6 a = bed4_link_local(e);
			uint8_t ll[6];

			/* Ill-formed identifiers still read back, they are only told as such. */
			assert_int_equal(bed4_iid_get(&a, &back), port && !(port & 1));
			assert_true(bed4_ep_eq(back, e));
			bed4_lladdr_put(ll, e);
			assert_true(bed4_ep_eq(bed4_lladdr_get(ll), e));
			assert_int_equal(ll[0], a.b[8] ^ 2);
		}
	}
}

static void every_byte_of_an_address_round_trips(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 1u << 16; i++) {
		uint32_t host = i * 2654435761u;
		struct bed4_ep e = bed4_ep(htonl(host), htons(50000)), back;
		struct bed4_in6 a = bed4_link_local(e);

		assert_true(bed4_iid_get(&a, &back));
		assert_true(bed4_ep_eq(back, e));
		e.addr ^= htonl(1u << (i & 31));
		assert_false(bed4_iid_is(&a, e));
	}
}

static void ill_formed_identifiers(void **state)
{
	static const char *const bad[] = { "fe80::52c3:c000:fe00:201", "fe80::52c3:c0ff:ff00:201",
					   "fe80::52c3:c0fe:fe00:201", "fe80::53c3:c0ff:fe00:201",
					   "fe80::200:c0ff:fe00:201", "fe80::", "fe80::1" };
	struct bed4_ep e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct bed4_in6 a = in6(bad[i]);

		assert_false(bed4_iid_get(&a, &e));
	}
}

/* First and last address of each range of PROTOCOL section 9, and the ones outside of it. */
static void special_ranges(void **state)
{
	static const struct { const char *before, *first, *last, *after; } r[] = {
		{ NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0" },
		{ "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0" },
		{ "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0" },
		{ "126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0" },
		{ "169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0" },
		{ "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0" },
		{ "191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0" },
		{ "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0" },
		{ "192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0" },
		{ "192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0" },
		{ "198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0" },
		{ "198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0" },
		{ "203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0" },
		{ "223.255.255.255", "224.0.0.0", "255.255.255.255", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(r) / sizeof(*r); i++) {
		assert_true(bed4_v4_special(ep(r[i].first, 0).addr));
		assert_true(bed4_v4_special(ep(r[i].last, 0).addr));
		if (r[i].before)
			assert_false(bed4_v4_special(ep(r[i].before, 0).addr));
		if (r[i].after)
			assert_false(bed4_v4_special(ep(r[i].after, 0).addr));
	}
}

static void hard_ranges(void **state)
{
	(void)state;
	assert_true(bed4_v4_hard(ep("0.1.2.3", 0).addr));
	assert_true(bed4_v4_hard(ep("127.0.0.1", 0).addr));
	assert_true(bed4_v4_hard(ep("224.0.0.1", 0).addr));
	assert_true(bed4_v4_hard(ep("255.255.255.255", 0).addr));
	assert_false(bed4_v4_hard(ep("10.0.0.1", 0).addr));
	assert_false(bed4_v4_hard(ep("223.255.255.255", 0).addr));
}

static void inner_addresses(void **state)
{
	static const struct { const char *addr; bool src_never, dst_never; } c[] = {
		{ "::", true, true }, { "::1", true, true }, { "fe80::1", true, true },
		{ "febf::1", true, true }, { "fec0::1", false, false }, { "ff02::1", true, false },
		{ "::ffff:1.2.3.4", true, true }, { "::1.2.3.4", false, true },
		{ "2001:db8::1", false, false }, { "fc64::1", false, false },
		{ "::1:0:0:0", false, false }, { "0:0:0:1::1", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct bed4_in6 a = in6(c[i].addr);

		if (bed4_src_never(&a) != c[i].src_never || bed4_dst_never(&a) != c[i].dst_never)
			fail_msg("%s", c[i].addr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test(every_port_round_trips),
		cmocka_unit_test(every_byte_of_an_address_round_trips),
		cmocka_unit_test(ill_formed_identifiers),
		cmocka_unit_test(special_ranges),
		cmocka_unit_test(hard_ranges),
		cmocka_unit_test(inner_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
