// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The options of `load` and the strict parsers: lines that must be taken, lines that must be
 * refused and what the message has to name, and the structure that comes out. Must not know the
 * machine: no device in here has to exist.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "opt.h"

#define WORDS_MAX 200
#define R	  "eth0 --prefix 2001:db8::/64 " /* a router */

/* Words are separated by single spaces; two in a row make an empty word. Keeps @line's memory. */
static int parse(struct load_options *o, char *line, struct err *e)
{
	char *argv[WORDS_MAX + 1];
	int argc = 0;

	memset(e, 0, sizeof(*e));
	while (line && *line && argc < WORDS_MAX)
		argv[argc++] = strsep(&line, " ");
	if (line && argc)
		argv[argc++] = line; /* what stands behind a last space */
	argv[argc] = NULL;
	return opt_parse_load(o, argc, argv, e);
}

static int parse_copy(struct load_options *o, const char *line, struct err *e)
{
	char *copy = strdup(line);
	int ret;

	assert_non_null(copy);
	ret = parse(o, copy, e);
	free(copy);
	return ret;
}

/* --- lines that must be taken -------------------------------------------------------------------- */

static const char *const accepted[] = {
	"eth0",
	"abcdefghijklmno",
	"eth0.100",
	"wlan-0_x",
	"eth0 --role peer",
	"--role peer eth0",
	"eth0 --role=peer",
	"eth0 --prefix 2001:67c:127c::/64",
	"--prefix=2001:67c:127c::/64 eth0",
	"eth0 --prefix fd00:1:2:3::/64",
	"eth0 --prefix 2001:DB8:0:0:0:0:0:0/64",
	"eth0 --role router --prefix 2001:db8::/64",
	"eth0 --role router --plan server-prefix",
	"eth0 --plan server-prefix --plan-prefix 2a10::/16",
	"eth0 --plan v01",
	"eth0 --prefix 2001:db8::/64 --role router",
	"eth0 --listen 192.0.2.1",
	"eth0 --listen 10.0.0.1 --server 10.0.0.2",
	"eth0 --server 145.136.0.1",
	"eth0 --server 223.255.255.254",
	"eth0 --port 2",
	"eth0 --port 65534",
	"eth0 --port=49152",
	"eth0 --default-route",
	"eth0 --tun tun6",
	"eth0 --tun abcdefghijklmno",
	"eth0 --mtu 1280",
	"eth0 --mtu 65507",
	"eth0 --permit-v4 10.0.0.0/8",
	"eth0 --permit-v4 192.168.1.1",
	"eth0 --permit-v4 192.168.1.1/32",
	"eth0 --permit-v4 10.0.0.0/8 --permit-v4=172.16.0.0/12",
	"eth0 --permit-v4 1.0.0.0/8",
	"eth0 --permit-v4 126.0.0.0/8",
	"eth0 --permit-v4 128.0.0.0/2",
	"eth0 --permit-v4 223.255.255.255",
	"eth0 --permit-v4 192.0.0.0/3",
	"eth0 --deny-v4 0.0.0.0/0",
	"eth0 --deny-v4 224.0.0.0/4",
	"eth0 --deny-v4 8.8.8.8 --deny-v4 8.8.4.4",
	"eth0 --permit-v4 10.0.0.0/8 --deny-v4 10.0.0.0/8",
	"eth0 --account off",
	"eth0 --account all",
	"eth0 --account 1",
	"eth0 --account 1000000",
	"eth0 --fast-path auto",
	"eth0 --fast-path off",
	"eth0 --wait 0",
	"eth0 --wait 3600",
	"eth0 --foreground",
	"eth0 --keepalive 0",
	"eth0 --keepalive 3600",
	"eth0 --keepalive 30,3",
	"eth0 --keepalive=25,255",
	"eth0 --radius 0",
	"eth0 --radius 255",
	"eth0 --neigh-max 16",
	"eth0 --neigh-max 4194304",
	"eth0 --eager-tcp",
	"eth0 --metrics off",
	"eth0 --metrics unix:/run/6bed4/metrics",
	"eth0 --metrics unix:/a",
	"eth0 --metrics 127.0.0.1:9100",
	"eth0 --metrics 0.0.0.0:1",
	"eth0 --metrics [::1]:9100",
	"eth0 --metrics=[2001:db8:1:2:3:4:5:6]:65535",
	"eth0 --metrics [::ffff:192.0.2.1]:80",
	R "--metrics [::]:9100",
	"eth0 --udp-checksum auto",
	"eth0 --udp-checksum always",
	"eth0 --df=on", "eth0 --df=off",
	"eth0 --dscp copy", "eth0 --dscp zero", "eth0 --dscp 63", "eth0 --df",
	"eth0 --udp-checksum zero",
	R "--neigh-max 1000",
	R "--nexthop-slots 1024",
	R "--nexthop-slots 1048576",
	R "--udp-checksum zero",
	R "--v6-dev eth1",
	R "--v6-dev eth0",
	R "--v6-dev a --v6-dev b --v6-dev c --v6-dev d --v6-dev e --v6-dev f --v6-dev g --v6-dev h",
	R "--public-v4 203.0.113.9",
	R "--forward xdp",
	R "--forward=kernel",
	R "--fast-path native",
	R "--fast-path generic",
	R "--fast-path tc",
};

static void test_accepted(void **state)
{
	struct load_options o;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(accepted) / sizeof(*accepted); i++) {
		if (parse_copy(&o, accepted[i], &e))
			fail_msg("refused: %s: %s", accepted[i], e.text);
	}
}

/* --- lines that must be refused ------------------------------------------------------------------ */

static const struct {
	const char *line;
	const char *names; /* what the message must contain */
} refused[] = {
	{ "", "device" },
	{ " ", "device name" },
	{ "--foreground", "device" },
	{ "eth0 eth1", "eth1" },
	{ "eth0 ", "one device" },
	{ "abcdefghijklmnop", "abcdefghijklmnop" },
	{ "eth/0", "eth/0" },
	{ "eth0:1", "eth0:1" },
	{ "eth\t0", "device name" },
	{ ".", "device name" },
	{ "..", "device name" },
	{ "eth0 -x", "-x" },
	{ "-", "-" },
	{ "eth0 --", "--" },
	{ "eth0 --bogus", "--bogus" },
	{ "eth0 --bogus=1", "--bogus" },
	{ "eth0 --por 2", "--por" },
	{ "eth0 --portt 2", "--portt" },
	{ "eth0 --PORT 2", "--PORT" },
	{ "eth0 --=2", "unknown" },
	/* repeated */
	{ "eth0 --port 2 --port 2", "--port is given twice" },
	{ "eth0 --port 2 --port=4", "--port is given twice" },
	{ "eth0 --foreground --foreground", "--foreground is given twice" },
	{ "eth0 --server 8.8.8.8 --server 8.8.4.4", "--server is given twice" },
	{ R "--prefix 2001:db8::/64", "--prefix is given twice" },
	{ R "--v6-dev eth1 --v6-dev eth1", "each once" },
	{ "eth0 --permit-v4 10.0.0.0/8 --permit-v4 10.0.0.0/8", "each once" },
	{ "eth0 --deny-v4 8.8.8.8 --deny-v4 8.8.8.8/32", "each once" },
	/* values that are missing or not wanted */
	{ "eth0 --port", "--port needs a value: an even number" },
	{ "eth0 --port=", "--port" },
	{ "eth0 --tun --foreground", "--tun needs a value" },
	{ "eth0 --tun --help", "--tun needs a value" },
	{ "eth0 --wait -1", "--wait needs a value" },
	{ "eth0 --foreground=yes", "must be on or off" },
	{ "eth0 --foreground=", "must be on or off" },
	{ "eth0 --default-route=1", "must be on or off" },
	/* numbers */
	{ "eth0 --port 0", "even number from 2 to 65534" },
	{ "eth0 --port 1", "even number from 2 to 65534" },
	{ "eth0 --port 25789", "25789" },
	{ "eth0 --port 65535", "65535" },
	{ "eth0 --port 65536", "65536" },
	{ "eth0 --port +2", "+2" },
	{ "eth0 --port=-2", "-2" },
	{ "eth0 --port 2x", "2x" },
	{ "eth0 --port 0x10", "0x10" },
	{ "eth0 --port 2.0", "2.0" },
	{ "eth0 --port 4294967298", "4294967298" },
	{ "eth0 --port 18446744073709551618", "184467440737095" },
	{ "eth0 --mtu 1279", "from 1280 to 65507" },
	{ "eth0 --metrics", "needs a value" },
	{ "eth0 --metrics on", "off, unix:/PATH" },
	{ "eth0 --metrics 9100", "off, unix:/PATH" },
	{ "eth0 --metrics :9100", "off, unix:/PATH" },
	{ "eth0 --metrics *:9100", "off, unix:/PATH" },
	{ "eth0 --metrics localhost:9100", "off, unix:/PATH" },
	{ "eth0 --metrics 127.0.0.1", "off, unix:/PATH" },
	{ "eth0 --metrics 127.0.0.1:0", "off, unix:/PATH" },
	{ "eth0 --metrics 127.0.0.1:65536", "off, unix:/PATH" },
	{ "eth0 --metrics ::1:9100", "off, unix:/PATH" },
	{ "eth0 --metrics [::1]", "off, unix:/PATH" },
	{ "eth0 --metrics [::1]9100", "off, unix:/PATH" },
	{ "eth0 --metrics [::1:9100", "off, unix:/PATH" },
	{ "eth0 --metrics [:9100", "off, unix:/PATH" },
	{ "eth0 --metrics []:9100", "off, unix:/PATH" },
	{ "eth0 --metrics [127.0.0.1]:9100", "off, unix:/PATH" },
	{ "eth0 --metrics [fe80::1%eth0]:9100", "off, unix:/PATH" },
	{ "eth0 --metrics unix:", "off, unix:/PATH" },
	{ "eth0 --metrics unix:/", "off, unix:/PATH" },
	{ "eth0 --metrics unix:run/metrics", "off, unix:/PATH" },
	{ "eth0 --metrics unix:/run/", "off, unix:/PATH" },
	{ "eth0 --metrics unix:/\xc3\xa4", "off, unix:/PATH" },
	{ "eth0 --metrics off --metrics off", "twice" },
	{ "eth0 --mtu 65508", "from 1280 to 65507" },
	{ "eth0 --mtu 1280k", "1280k" },
	{ "eth0 --wait 3601", "from 0 to 3600" },
	{ "eth0 --wait=-1", "from 0 to 3600" },
	{ "eth0 --wait 1s", "1s" },
	{ "eth0 --keepalive 3601", "SEC from 0 to 3600" },
	{ "eth0 --keepalive 30,0", "TTL from 1 to 255" },
	{ "eth0 --keepalive 30,256", "TTL from 1 to 255" },
	{ "eth0 --keepalive 30,", "30," },
	{ "eth0 --keepalive ,3", ",3" },
	{ "eth0 --keepalive 30,3,1", "30,3,1" },
	{ "eth0 --radius 256", "from 0 to 255" },
	{ "eth0 --neigh-max 15", "from 16 to" },
	{ "eth0 --neigh-max 4194305", "4194305" },
	{ R "--nexthop-slots 512", "power of two" },
	{ R "--nexthop-slots 1025", "power of two" },
	{ R "--nexthop-slots 2097152", "power of two" },
	{ "eth0 --nexthop-slots 1024", "not for a peer" },
	{ "eth0 --eager-tcp=yes", "must be on or off" },
	{ "eth0 --udp-checksum on", "auto, always or zero" },
	{ "eth0 --dscp 64", "from 0 to 63" },
	{ "eth0 --dscp ef", "from 0 to 63" },
	{ "eth0 --df=", "must be on or off" },
	{ R "--keepalive 30", "not for a router" },
	{ R "--radius 1", "not for a router" },
	{ R "--eager-tcp", "not for a router" },
	{ "eth0 --account 0", "off, all, or a number" },
	{ "eth0 --account 1000001", "1000001" },
	{ "eth0 --account ALL", "off, all" },
	{ "eth0 --account none", "off, all" },
	/* IPv4 addresses */
	{ "eth0 --listen 0.0.0.0", "0.0.0.0" },
	{ "eth0 --listen 127.0.0.1", "127.0.0.1" },
	{ "eth0 --listen 224.0.0.1", "224.0.0.1" },
	{ "eth0 --listen 255.255.255.255", "255.255.255.255" },
	{ "eth0 --listen 10.0.0", "10.0.0" },
	{ "eth0 --listen 10.0.0.256", "10.0.0.256" },
	{ "eth0 --listen 10.0.0.1.2", "10.0.0.1.2" },
	{ "eth0 --listen 10.0.0.1/24", "10.0.0.1/24" },
	{ "eth0 --server example.org", "example.org" },
	{ "eth0 --server ::1", "::1" },
	{ "eth0 --server 240.0.0.1", "240.0.0.1" },
	/* prefixes */
	{ "eth0 --prefix 2001:db8::/63", "P/64" },
	{ "eth0 --prefix 2001:db8::/65", "P/64" },
	{ "eth0 --prefix 2001:db8::/064", "P/64" },
	{ "eth0 --prefix 2001:db8::/64x", "P/64" },
	{ "eth0 --prefix 2001:db8::/", "P/64" },
	{ "eth0 --prefix 2001:db8::", "P/64" },
	{ "eth0 --prefix /64", "P/64" },
	{ "eth0 --prefix 2001:db8::1/64", "no low bits" },
	{ "eth0 --prefix 2001:db8:0:0:8000::/64", "no low bits" },
	{ "eth0 --prefix ::/64", "unicast" },
	{ "eth0 --prefix fe80::/64", "unicast" },
	{ "eth0 --prefix febf:ffff::/64", "unicast" },
	{ "eth0 --prefix ff02::/64", "unicast" },
	{ "eth0 --prefix 192.0.2.0/64", "P/64" },
	{ "eth0 --permit-v4 10.0.0.1/8", "without host bits" },
	{ "eth0 --permit-v4 10.0.0.0/33", "A.B.C.D/LEN" },
	{ "eth0 --permit-v4 10.0.0.0/", "A.B.C.D/LEN" },
	{ "eth0 --permit-v4 10/8", "A.B.C.D/LEN" },
	{ "eth0 --deny-v4 10.0.0.0/-1", "A.B.C.D/LEN" },
	{ "eth0 --deny-v4 10.0.0.0/8/8", "A.B.C.D/LEN" },
	/* what nobody can lift, and what contains a bit of it */
	{ "eth0 --permit-v4 0.0.0.0/0", "cannot be lifted" },
	{ "eth0 --permit-v4 0.0.0.0/8", "cannot be lifted" },
	{ "eth0 --permit-v4 0.1.2.3", "cannot be lifted" },
	{ "eth0 --permit-v4 0.0.0.0/1", "cannot be lifted" },
	{ "eth0 --permit-v4 64.0.0.0/2", "cannot be lifted" },
	{ "eth0 --permit-v4 127.0.0.0/8", "cannot be lifted" },
	{ "eth0 --permit-v4 126.0.0.0/7", "cannot be lifted" },
	{ "eth0 --permit-v4 127.255.255.255", "cannot be lifted" },
	{ "eth0 --permit-v4 128.0.0.0/1", "cannot be lifted" },
	{ "eth0 --permit-v4 192.0.0.0/2", "cannot be lifted" },
	{ "eth0 --permit-v4 224.0.0.0/4", "cannot be lifted" },
	{ "eth0 --permit-v4 224.0.0.1", "cannot be lifted" },
	{ "eth0 --permit-v4 240.0.0.0/4", "cannot be lifted" },
	{ "eth0 --permit-v4 255.255.255.255", "cannot be lifted" },
	/* names from a list, device names */
	{ "eth0 --role Router", "router or peer" },
	{ "eth0 --role rout", "router or peer" },
	{ "eth0 --fast-path xdp", "auto, native, generic, tc or off" },
	{ "eth0 --fast-path nativee", "auto, native, generic, tc or off" },
	{ "eth0 --tun=", "device name" },
	{ "eth0 --tun=-j", "device name" },
	{ "eth0 --tun abcdefghijklmnop", "device name" },
	{ "eth0 --tun a/b", "device name" },
	{ R "--forward both", "xdp or kernel" },
	{ R "--v6-dev a/b", "device name" },
	{ R "--v6-dev a --v6-dev b --v6-dev c --v6-dev d --v6-dev e --v6-dev f --v6-dev g --v6-dev h "
	    "--v6-dev i", "at most 8" },
	/* what does not go together */
	{ "eth0 --role router", "--prefix" },
	{ "eth0 --role router --plan v01", "--prefix" },
	{ "eth0 --plan server", "v01 or server-prefix" },
	{ "eth0 --plan server-prefix --plan-prefix fc64::/15", "P/16" },
	{ "eth0 --plan server-prefix --plan-prefix fc64:1::/16", "P/16" },
	{ "eth0 --plan server-prefix --plan-prefix fc64::1/16", "P/16" },
	{ "eth0 --plan server-prefix --plan-prefix ::/16", "P/16" },
	{ "eth0 --plan server-prefix --plan-prefix ff02::/16", "P/16" },
	{ "eth0 --plan server-prefix --plan-prefix fe80::/16", "P/16" },
	{ "eth0 --plan-prefix fc64::/16", "is for --plan server-prefix" },
	{ R "--plan-prefix fc64::/16 --plan v01", "is for --plan server-prefix" },
	{ "eth0 --role router --prefix 2001:db8::/64 --server 8.8.8.8", "--server is not for a router" },
	{ R "--default-route", "--default-route is not for a router" },
	{ "eth0 --role peer --prefix 2001:db8::/64", "--prefix is not for a peer" },
	{ "eth0 --role peer --v6-dev eth1", "--v6-dev is not for a peer" },
	{ "eth0 --v6-dev eth1", "--v6-dev is not for a peer" },
	{ "eth0 --public-v4 203.0.113.9", "--public-v4 is not for a peer" },
	{ "eth0 --forward kernel", "--forward is not for a peer" },
};

static void test_refused(void **state)
{
	struct load_options o;
	struct err e;
	size_t i;
	int ret;

	(void)state;
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		ret = parse_copy(&o, refused[i].line, &e);
		if (ret >= 0)
			fail_msg("taken (%d): %s", ret, refused[i].line);
		if (!strstr(e.text, refused[i].names))
			fail_msg("%s: says \"%s\", not \"%s\"", refused[i].line, e.text, refused[i].names);
		if (strchr(e.text, '\n') || strlen(e.text) > 200)
			fail_msg("%s: not one short line: \"%s\"", refused[i].line, e.text);
	}
}

/* A message repeats what was typed, but not all of an endless word. */
static void test_long_words(void **state)
{
	static const char *const before[] = { "", "eth0 ", "eth0 --", "eth0 --port ", "eth0 --tun=",
					      "eth0 -", "eth0 --permit-v4 ", R "--prefix=" };
	struct load_options o;
	char line[5000];
	struct err e;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(before) / sizeof(*before); i++) {
		n = strlen(before[i]);
		memcpy(line, before[i], n);
		memset(line + n, '7', sizeof(line) - n - 1);
		line[sizeof(line) - 1] = 0;
		assert_true(parse_copy(&o, line, &e) < 0);
		assert_in_range(strlen(e.text), 1, 200);
	}
}

static void test_help(void **state)
{
	static const char *const lines[] = { "--help", "-h", "eth0 --help", "--port 2 --help",
					     "--help --bogus" };
	struct load_options o;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(parse_copy(&o, lines[i], &e), 1);
}

/* The table drives the help: every option that the tests above take is in it. */
static void test_help_text(void **state)
{
	static const char *const names[] = {
		"--role", "--prefix", "--listen", "--v6-dev", "--server", "--port", "--default-route",
		"--tun", "--mtu", "--permit-v4", "--deny-v4", "--public-v4", "--account", "--fast-path",
		"--forward", "--wait", "--foreground", "--keepalive", "--radius", "--neigh-max", "--nexthop-slots",
		"--eager-tcp", "--udp-checksum", "--dscp", "--df",
	};
	char *text = NULL, *line, *rest;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	opt_help_load(f);
	fclose(f);
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strstr(text, names[i]))
			fail_msg("help does not tell of %s", names[i]);
	}
	for (rest = text; (line = strsep(&rest, "\n"));)
		assert_in_range(strlen(line), 0, 100);
	free(text);
}

/* --- what comes out ------------------------------------------------------------------------------ */

static struct load_options taken(const char *line)
{
	struct load_options o;
	struct err e;

	if (parse_copy(&o, line, &e))
		fail_msg("refused: %s: %s", line, e.text);
	return o;
}

static void test_defaults(void **state)
{
	struct load_options o = taken("eth0");

	(void)state;
	assert_string_equal(o.iface, "eth0");
	assert_int_equal(o.role, BED4_ROLE_PEER);
	assert_false(o.prefix_set);
	assert_int_equal(o.listen, 0);
	assert_int_equal(o.server, BED4_HTONL(0x91880001));
	assert_int_equal(o.port, 0);
	assert_false(o.port_fixed);
	assert_false(o.default_route);
	assert_string_equal(o.tun, "");
	assert_int_equal(o.mtu, 1280);
	assert_int_equal(o.permit_count + o.deny_count + o.v6_count, 0);
	assert_int_equal(o.public_v4, 0);
	assert_int_equal(o.account, 64);
	assert_int_equal(o.mode, BED4_MODE_AUTO);
	assert_int_equal(o.forward, BED4_FORWARD_XDP);
	assert_int_equal(o.wait, 10);
	assert_int_equal(o.keepalive, 30);
	assert_int_equal(o.keepalive_ttl, 3);
	assert_int_equal(o.radius, 1);
	assert_int_equal(o.neigh_max, 65536);
	assert_int_equal(o.hop_slots, 32768);
	assert_int_equal(o.dscp, BED4_DSCP_COPY);
	assert_false(o.df);
	assert_int_equal(o.csum, BED4_CSUM_MODE_AUTO);
	assert_false(o.eager_tcp);
	assert_false(o.foreground);
}

static void test_router(void **state)
{
	struct load_options o = taken(R "--listen 192.0.2.1 --v6-dev a --v6-dev=b --port 1000 --tun t6 "
					"--mtu 1400 --public-v4 203.0.113.9 --account all --fast-path tc "
					"--forward kernel --wait 0 --foreground");
	static const __u8 prefix[16] = { 0x20, 0x01, 0x0d, 0xb8 };

	(void)state;
	assert_int_equal(o.role, BED4_ROLE_ROUTER);
	assert_true(o.prefix_set);
	assert_memory_equal(o.prefix.b, prefix, 16);
	assert_int_equal(o.listen, BED4_HTONL(0xc0000201));
	assert_int_equal(o.v6_count, 2);
	assert_string_equal(o.v6_dev[0], "a");
	assert_string_equal(o.v6_dev[1], "b");
	assert_int_equal(o.port, 1000);
	assert_true(o.port_fixed);
	assert_string_equal(o.tun, "t6");
	assert_int_equal(o.mtu, 1400);
	assert_int_equal(o.public_v4, BED4_HTONL(0xcb007109));
	assert_int_equal(o.account, 1);
	assert_int_equal(o.mode, BED4_MODE_TC);
	assert_int_equal(o.forward, BED4_FORWARD_KERNEL);
	assert_int_equal(o.wait, 0);
	assert_true(o.foreground);
}

static void test_lists(void **state)
{
	struct load_options o = taken("eth0 --permit-v4 10.0.0.0/8 --deny-v4 0.0.0.0/0 --permit-v4 1.2.3.4 "
				      "--account off --default-route");

	(void)state;
	assert_int_equal(o.permit_count, 2);
	assert_int_equal(o.permit[0].addr, BED4_HTONL(0x0a000000));
	assert_int_equal(o.permit[0].len, 8);
	assert_int_equal(o.permit[1].addr, BED4_HTONL(0x01020304));
	assert_int_equal(o.permit[1].len, 32);
	assert_int_equal(o.deny_count, 1);
	assert_int_equal(o.deny[0].len, 0);
	assert_int_equal(o.account, 0);
	assert_true(o.default_route);
}

/* Lists are full at OPT_V4_MAX, and one more is refused, not written behind the end. */
static void test_full_lists(void **state)
{
	static const char *const names[] = { "--permit-v4", "--deny-v4" };
	struct load_options o;
	char line[8192];
	struct err e;
	int i, k, used;

	(void)state;
	for (k = 0; k < 2; k++) {
		used = snprintf(line, sizeof(line), "eth0");
		for (i = 0; i < OPT_V4_MAX; i++)
			used += snprintf(line + used, sizeof(line) - (size_t)used, " %s=10.0.%d.0/24",
					 names[k], i);
		assert_int_equal(parse_copy(&o, line, &e), 0);
		assert_int_equal(k ? o.deny_count : o.permit_count, OPT_V4_MAX);
		snprintf(line + used, sizeof(line) - (size_t)used, " %s=10.1.0.0/24", names[k]);
		assert_true(parse_copy(&o, line, &e) < 0);
		assert_non_null(strstr(e.text, "at most 64"));
	}
}

/* --- strict parsers ------------------------------------------------------------------------------ */

static void test_uint(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "1a", "4294967296", "0x1", "9", "21",
					   "99999999999999999999999999", "00000000012" };
	unsigned int v = 77;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(opt_uint(bad[i], 10, 20, &v) < 0);
	assert_int_equal(v, 77); /* a refused value leaves the target alone */
	assert_int_equal(opt_uint("10", 10, 20, &v), 0);
	assert_int_equal(v, 10);
	assert_int_equal(opt_uint("4294967295", 0, 0xffffffffu, &v), 0);
	assert_int_equal(v, 0xffffffffu);
}

static void test_endpoint(void **state)
{
	static const char *const bad[] = { "", ":", "192.0.2.1", "192.0.2.1:", ":1", "192.0.2.1:65536",
					   "192.0.2.1:1x", "192.0.2.1:-1", "192.0.2:1", "192.0.2.1:1:1",
					   "[192.0.2.1]:1", "2001:db8::1:1", " 192.0.2.1:1" };
	struct bed4_ep ep;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(opt_endpoint(bad[i], &ep) < 0);
	assert_int_equal(opt_endpoint("192.0.2.1:50000", &ep), 0);
	assert_int_equal(ep.addr, BED4_HTONL(0xc0000201));
	assert_int_equal(ep.port, BED4_HTONS(50000));
	assert_int_equal(opt_endpoint("192.0.2.1:0", &ep), 0); /* which port will do is not said here */
	assert_int_equal(opt_endpoint("192.0.2.1:65535", &ep), 0);
}

static void test_ipv6(void **state)
{
	struct bed4_in6 a;

	(void)state;
	assert_int_equal(opt_ipv6("2001:db8::1", &a), 0);
	assert_true(opt_ipv6("2001:db8::1/64", &a) < 0);
	assert_true(opt_ipv6("fe80::1%eth0", &a) < 0);
	assert_true(opt_ipv6("192.0.2.1", &a) < 0);
	assert_true(opt_ipv6("", &a) < 0);
}

/* Also what `addr` is given, which asks nothing else about it. */
static void test_prefix64(void **state)
{
	static const char *const bad[] = { "", "2001:db8::", "2001:db8::/63", "2001:db8::1/64", "ff02::/64",
					   "::/64", "::ffff:0:0/64", "2001:db8::/64 " };
	struct bed4_in6 in6;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (!opt_prefix64(bad[i], &in6))
			fail_msg("taken: \"%s\"", bad[i]);
	assert_int_equal(opt_prefix64("2001:db8::/64", &in6), 0);
	assert_int_equal(in6.w[0], BED4_HTONL(0x20010db8));
	assert_int_equal(opt_prefix64("fe80::/64", &in6), 0);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(opt_mode_name(BED4_MODE_GENERIC), "generic");
	assert_string_equal(opt_forward_name(BED4_FORWARD_KERNEL), "kernel");
	assert_string_equal(opt_role_name(BED4_ROLE_ROUTER), "router");
	assert_string_equal(opt_mode_name(99), "?"); /* a map of another build */
	assert_string_equal(opt_forward_name(99), "?");
	assert_string_equal(opt_role_name(99), "?");
}

/* --- a reload --------------------------------------------------------------------------------------- */

/* What comes out when @line is said to what was loaded with @base. */
static struct load_options after(const char *base, const char *line)
{
	char *copy = strdup(line), *rest = copy, *argv[WORDS_MAX + 1];
	struct load_options o;
	struct opt_words w;
	struct err e = {};
	int argc = 0;

	while (rest && *rest)
		argv[argc++] = strsep(&rest, " ");
	argv[argc] = NULL;
	opt_words_init(&w);
	if (opt_parse_words(&w, argc, argv, &e) || opt_finish(&o, &w, base, NULL, &e))
		fail_msg("refused: %s after %s: %s", line, base, e.text);
	free(copy);
	return o;
}

static void test_reload(void **state)
{
	struct load_options first = taken(R "--mtu 1400 --df --permit-v4 10.0.0.0/8 --permit-v4 192.168.0.0/16 --wait 3"), o;

	(void)state;
	o = after(first.given, "eth0");
	assert_int_equal(o.mtu, 1400);
	assert_true(o.df);
	assert_int_equal(o.permit_count, 2);
	assert_int_equal(o.role, BED4_ROLE_ROUTER);
	assert_int_equal(o.wait, 10);
	assert_string_equal(o.given, first.given);
	o = after(first.given, "eth0 --df=off --permit-v4 172.16.0.0/12 --clamp-mss");
	assert_int_equal(o.mtu, 1400);
	assert_false(o.df);
	assert_true(o.clamp_mss);
	assert_int_equal(o.permit_count, 1);
	assert_int_equal(o.permit[0].addr, BED4_HTONL(0xac100000));
	o = after(o.given, "eth0");
	assert_false(o.df);
	assert_int_equal(o.permit_count, 1);
}

static void check_source(const struct load_options *o, const char *name, unsigned int nth, enum opt_source want,
			 unsigned int want_line)
{
	unsigned int line = 99;

	assert_int_equal(opt_source(o, name, nth, &line), want);
	assert_int_equal(line, want_line);
}

/* Words come before what was said at load, and that before the file, which is no part of it. */
static void test_file(void **state)
{
	static const struct {
		unsigned int line;
		const char *name, *value;
	} lines[] = { { 3, "mtu", "1400" }, { 4, "keepalive", "25,5" }, { 7, "df", NULL },
		      { 8, "deny-v4", "8.8.8.8/32" }, { 11, "deny-v4", "9.9.9.9" } };
	struct opt_words w, file;
	struct load_options o;
	struct err e = {};

	(void)state;
	opt_words_init(&file);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		file.line = lines[i].line;
		assert_int_equal(opt_word(&file, lines[i].name, lines[i].value, &e), 0);
	}
	opt_words_init(&w);
	assert_int_equal(opt_word(&w, "mtu", "1300", &e), 0);
	assert_int_equal(opt_finish(&o, &w, "keepalive 20\n", &file, &e), 0);
	check_source(&o, "mtu", 0, OPT_SAID, 0);
	check_source(&o, "keepalive", 0, OPT_EARLIER, 0);
	check_source(&o, "df", 0, OPT_FILE, 7);
	check_source(&o, "deny-v4", 0, OPT_FILE, 8);
	check_source(&o, "deny-v4", 1, OPT_FILE, 11);
	check_source(&o, "deny-v4", 2, OPT_DEFAULT, 0);
	check_source(&o, "radius", 0, OPT_DEFAULT, 0);
	check_source(&o, "nonsense", 0, OPT_DEFAULT, 0);
	assert_int_equal(opt_line(&o, "deny-v4"), 8);
	assert_int_equal(opt_line(&o, "mtu"), 0);
	assert_int_equal(o.mtu, 1300);
	assert_int_equal(o.keepalive, 20);
	assert_int_equal(o.keepalive_ttl, 3);
	assert_true(o.df);
	assert_int_equal(o.deny_count, 2);
	assert_string_equal(o.given, "mtu 1300\nkeepalive 20\n");
	assert_true(opt_is_momentary("wait"));
	assert_false(opt_is_momentary("mtu"));
}

/* What a map holds is not what we wrote: it is refused, not believed. */
static void test_reload_garbage(void **state)
{
	static const char *const garbage[] = { "mtu", "mtu 12", "mtu 1400\nmtu 1400\n", "nonsense 1\n", "\n",
					       "tun -x\n" };
	struct load_options o;
	struct opt_words w;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		e = (struct err){};
		opt_words_init(&w);
		assert_true(opt_finish(&o, &w, garbage[i], NULL, &e) < 0);
		assert_true(*e.text);
	}
}

/* The longest path is taken, remembered and read back; one more is refused. */
static void test_metrics(void **state)
{
	char line[256] = "eth0 --metrics unix:/", text[OPT_LISTEN_TEXT];
	struct opt_listen l;
	struct load_options o, again;
	struct opt_words w;
	struct err e = {};
	size_t len = strlen(line);

	(void)state;
	memset(line + len, 'x', BED4_SOCKET_LEN - 2);
	line[len + BED4_SOCKET_LEN - 2] = 0;
	assert_int_equal(parse_copy(&o, line, &e), 0);
	assert_int_equal(strlen(o.metrics.path), BED4_SOCKET_LEN - 1);
	opt_words_init(&w);
	assert_int_equal(opt_finish(&again, &w, o.given, NULL, &e), 0);
	assert_string_equal(again.metrics.path, o.metrics.path);
	assert_string_equal(opt_listen_text(&o.metrics, text), line + strlen("eth0 --metrics "));
	strcat(line, "x");
	assert_int_equal(parse_copy(&o, line, &e), -EINVAL);
	assert_int_equal(opt_listen("[2001:DB8:0::1]:080", &l), 0);
	assert_string_equal(opt_listen_text(&l, text), "[2001:db8::1]:80");
	assert_int_equal(opt_listen("127.0.0.1:9100", &l), 0);
	assert_string_equal(opt_listen_text(&l, text), "127.0.0.1:9100");
	assert_int_equal(opt_listen("off", &l), 0);
	assert_string_equal(opt_listen_text(&l, text), "off");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),   cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_words), cmocka_unit_test(test_help),
		cmocka_unit_test(test_help_text),  cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_router),	   cmocka_unit_test(test_lists),
		cmocka_unit_test(test_full_lists), cmocka_unit_test(test_uint),
		cmocka_unit_test(test_endpoint),   cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_prefix64), cmocka_unit_test(test_names),	   cmocka_unit_test(test_reload),
		cmocka_unit_test(test_metrics), cmocka_unit_test(test_reload_garbage), cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
