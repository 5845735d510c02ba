// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The XDP program under BPF_PROG_RUN: packet in, verdict, packet out byte for byte, counter; and
 * the native decision on the same packet. Headroom is poisoned. Runs inside env.sh's namespace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "xdp_run.h"

static void decapsulates(void **state)
{
	struct fixture f = { .name = "peer to native", .verdict = XDP_REDIRECT, .outcome = BED4_IN_NATIVE };
	enum pkt_csum mode;
	size_t n;

	(void)state;
	for (n = 0; n < 1200; n += 399) {
		for (mode = CSUM_ZERO; mode <= CSUM_FULL; mode++) {
			from_peer(&f.in, n & 1 ? HOST6 : NET6, 64, n, mode);
			pkt_udp6(&f.out, PEER6, n & 1 ? HOST6 : NET6, 63, n);
			pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
			run(&f);
		}
	}
}

/*
 * A bond's packets come from its ports, which nobody has told the program about ("lo" stands for one); what
 * comes in by an IPv6-side device is not the tunnel's.
 */
static void takes_from_ports(void **state)
{
	struct fixture f = { .name = "from a port of the underlay", .verdict = XDP_REDIRECT, .outcome = BED4_IN_NATIVE };
	const unsigned int underlay = t.dev[FX_UNDER];

	(void)state;
	t.dev[FX_UNDER] = if_nametoindex("lo");
	from_peer(&f.in, HOST6, 64, 10, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, HOST6, 63, 10);
	pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
	run_only(&f);
	t.dev[FX_UNDER] = underlay;
	f = (struct fixture){ .name = "IPv4 on the IPv6 side", .dev = FX_V6, .verdict = XDP_PASS, .outcome = BED4_OTHER };
	from_peer(&f.in, HOST6, 64, 10, CSUM_FULL);
	run_only(&f);
}

/* All 16 combinations, with DSCPs on both that differ; and what goes outward. */
static void carries_ecn(void **state)
{
	(void)state;
	for (int i = 0; i < 32; i++) {
		int inner = i >> 2 & 3, outer = i & 3, ecn = ecn_table[inner][outer];
		bool relay = i >> 4;
		struct fixture f = { .name = relay ? "ECN, relayed" : "ECN, to native",
				     .verdict = ecn < 0 ? XDP_DROP : relay ? XDP_TX : XDP_REDIRECT,
				     .outcome = ecn < 0 ? BED4_ECN : relay ? BED4_RELAY : BED4_IN_NATIVE };

		pkt_udp6(&f.in, PEER6, relay ? FAR6 : HOST6, 64, 100);
		set_tclass(f.in.b, 0x28 | inner);
		f.out = f.in;
		pkt_outer(&f.in, PEER4, PPORT, ROUTER4, PORT, 0xb8 | outer, CSUM_FULL);
		pkt_eth(&f.in, MAC_UNDER, MAC_PEER, 0x0800);
		if (ecn < 0) {
			f.out.len = 0;
			run(&f);
			continue;
		}
		f.out.b[7]--;
		set_tclass(f.out.b, 0x28 | (unsigned int)ecn);
		if (relay)
			pkt_outer(&f.out, ROUTER4, PORT, FAR4, PPORT, 0x28 | (unsigned int)ecn, CSUM_FULL);
		pkt_eth(&f.out, relay ? MAC_GATEWAY : MAC_HOST, relay ? MAC_UNDER : MAC_V6,
			relay ? 0x0800 : 0x86dd);
		run(&f);
	}
	for (unsigned int tclass = 0; tclass < 256; tclass += 37) {
		struct fixture f = { .name = "traffic class, from native", .dev = FX_V6,
				     .verdict = XDP_REDIRECT, .outcome = BED4_OUT };

		pkt_udp6(&f.in, HOST6, FAR6, 64, 100);
		set_tclass(f.in.b, tclass);
		f.out = f.in;
		f.out.b[7]--;
		pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
		pkt_outer(&f.out, ROUTER4, PORT, FAR4, PPORT, tclass, CSUM_FULL);
		pkt_eth(&f.out, MAC_GATEWAY, MAC_UNDER, 0x0800);
		run(&f);
	}
}

static void relays(void **state)
{
	struct fixture f = { .name = "peer to far peer", .verdict = XDP_TX, .outcome = BED4_RELAY };

	(void)state;
	from_peer(&f.in, FAR6, 64, 100, CSUM_ZERO);
	pkt_udp6(&f.out, PEER6, FAR6, 63, 100);
	to_peer(&f.out, FAR4, MAC_GATEWAY);
	run(&f);
	f.name = "peer to far peer, checksum there before";
	from_peer(&f.in, FAR6, 2, 101, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, FAR6, 1, 101);
	to_peer(&f.out, FAR4, MAC_GATEWAY);
	run(&f);
}

static void encapsulates(void **state)
{
	struct fixture f = { .name = "native to peer", .dev = FX_V6, .verdict = XDP_REDIRECT,
			     .outcome = BED4_OUT };
	size_t n;

	(void)state;
	for (n = 0; n <= 1232; n += 77) {
		from_host(&f.in, HOST6, n & 1 ? PEER6 : FAR6, 64, n);
		pkt_udp6(&f.out, HOST6, n & 1 ? PEER6 : FAR6, 63, n);
		to_peer(&f.out, n & 1 ? PEER4 : FAR4, n & 1 ? MAC_PEER : MAC_GATEWAY);
		run(&f);
	}
	f.name = "native to peer, fragment: no sum in O(1)";
	pkt_ip6(&f.in, HOST6, PEER6, 44, 64, 64, 100);
	f.out = f.in;
	f.out.b[7]--;
	pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
	pkt_outer(&f.out, ROUTER4, PORT, PEER4, PPORT, 0, CSUM_ZERO);
	pkt_eth(&f.out, MAC_PEER, MAC_UNDER, 0x0800);
	run(&f);
}

/* TCP and ICMPv6 get a derived sum too, and the traffic class goes outward. */
static void sums_and_classes(void **state)
{
	static const struct { unsigned int next; size_t csum_at; } upper[] = { { 6, 16 }, { 58, 2 } };
	struct fixture f = { .name = "TCP and ICMPv6", .dev = FX_V6, .verdict = XDP_REDIRECT,
			     .outcome = BED4_OUT };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pkt_ip6(&f.in, HOST6, PEER6, upper[i].next, 64, 333, upper[i].csum_at);
		f.in.b[40] = 128; /* an echo request, or a source port */
		f.in.b[0] = 0x6b;
		f.in.b[1] = 0x87; /* traffic class 0xb8, flow label 0x70000 */
		pkt_put16(f.in.b + 40 + upper[i].csum_at, 0);
		pkt_put16(f.in.b + 40 + upper[i].csum_at,
			  pkt_csum6(f.in.b + 8, upper[i].next, f.in.b + 40, 333));
		f.out = f.in;
		f.out.b[7]--;
		pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
		pkt_outer(&f.out, ROUTER4, PORT, PEER4, PPORT, 0xb8, CSUM_FULL);
		pkt_eth(&f.out, MAC_PEER, MAC_UNDER, 0x0800);
		run(&f);
	}
}

/* For this machine: stripped, unrouted, and marked for TC in the metadata ahead of the frame. */
static void strips_for_local(void **state)
{
	const uint32_t mark = 0x6bed4001;
	struct fixture f = { .name = "peer to router", .verdict = XDP_PASS, .outcome = BED4_IN_LOCAL };

	(void)state;
	from_peer(&f.in, OWN6, 1, 50, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, OWN6, 1, 50);
	pkt_eth(&f.out, MAC_UNDER, MAC_PEER, 0x86dd);
	memcpy(pkt_push(&f.out, sizeof(mark)), &mark, sizeof(mark));
	run(&f);
}

static void passes_unready(void **state)
{
	struct fixture f = { .verdict = XDP_PASS };

	(void)state;
	f.name = "native router unresolved";
	f.outcome = BED4_SLOW_NEXTHOP;
	f.native = BED4_IN_NATIVE;
	from_peer(&f.in, DARKNET6, 64, 10, CSUM_FULL);
	run(&f);
	f.name = "relay target unresolved";
	f.native = BED4_RELAY;
	from_peer(&f.in, DARK6, 64, 10, CSUM_FULL);
	run(&f);
	f.name = "peer unresolved";
	f.dev = FX_V6;
	f.native = BED4_OUT;
	from_host(&f.in, HOST6, DARK6, 64, 10);
	run(&f);
}

/* What is larger than the tunnel's MTU is answered at once, back to where it came from. */
static void refuses_big(void **state)
{
	static const size_t sizes[] = { 1233, 1234, 1291, 1452 };
	struct fixture f = { .verdict = XDP_TX, .outcome = BED4_ICMP_BIG, .native = BED4_SLOW_BIG };
	struct pkt inner;

	(void)state;
	forget_limits();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		f.name = "too big, from native";
		f.dev = FX_V6;
		pkt_udp6(&inner, HOST6, FAR6, 64, sizes[i]);
		too_big_about(&f.out, &inner);
		pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
		from_host(&f.in, HOST6, FAR6, 64, sizes[i]);
		run(&f);
		f.name = "too big, from peer to peer";
		f.dev = FX_UNDER;
		pkt_udp6(&inner, PEER6, FAR6, 64, sizes[i]);
		too_big_about(&f.out, &inner);
		to_peer(&f.out, PEER4, MAC_PEER);
		from_peer(&f.in, FAR6, 64, sizes[i], CSUM_FULL);
		run(&f);
	}
	f.name = "just fits";
	f.native = 0;
	f.outcome = BED4_RELAY;
	from_peer(&f.in, FAR6, 64, 1232, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, FAR6, 63, 1232);
	pkt_outer(&f.out, ROUTER4, PORT, FAR4, PPORT, 0, CSUM_FULL);
	pkt_eth(&f.out, MAC_GATEWAY, MAC_UNDER, 0x0800);
	run(&f);
}

/* No error about errors; what is not plain to see is the daemon's to answer. */
static void leaves_big(void **state)
{
	struct fixture f = { .dev = FX_V6, .verdict = XDP_PASS, .outcome = BED4_SLOW_BIG };
	static const uint8_t types[] = { 1, 2, 3, 4, 100, 127 };

	(void)state;
	forget_limits();
	for (size_t i = 0; i < sizeof(types); i++) {
		f.name = "too big, an ICMPv6 error";
		pkt_ip6(&f.in, HOST6, FAR6, 58, 64, 1300, SIZE_MAX - 2);
		f.in.b[40] = types[i];
		pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
		run(&f);
	}
	f.name = "too big, behind an extension header";
	pkt_ip6(&f.in, HOST6, FAR6, 60, 64, 1300, SIZE_MAX - 2);
	memcpy(f.in.b + 40, "\x11\0\x01\x04\0\0\0\0", 8);
	pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
	run(&f);
	f.name = "too big, to a group's MAC address";
	from_host(&f.in, HOST6, FAR6, 64, 1300);
	f.in.b[0] |= 1;
	run(&f);
	f.name = "too big, an echo request: answered";
	f.verdict = XDP_TX;
	f.outcome = BED4_ICMP_BIG;
	f.native = BED4_SLOW_BIG;
	pkt_ip6(&f.in, HOST6, FAR6, 58, 64, 1300, SIZE_MAX - 2);
	f.in.b[40] = 128;
	too_big_about(&f.out, &f.in);
	pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
	pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
	run(&f);
}

static void passes_slow(void **state)
{
	struct pkt p;

	(void)state;
	from_peer(&p, HOST6, 1, 10, CSUM_FULL);
	passes("hop limit 1 to native", &p, BED4_SLOW_HOPS);
	from_peer(&p, FAR6, 0, 10, CSUM_FULL);
	passes("hop limit 0 to peer", &p, BED4_SLOW_HOPS);
	from_peer(&p, HOST6, 64, 10, CSUM_WRONG);
	passes("wrong UDP checksum", &p, BED4_SLOW_CSUM);
	from_peer(&p, HOST6, 64, 10, CSUM_FULL);
	p.b[14 + 6] = 0x20;
	reseal(&p);
	passes("first fragment", &p, BED4_SLOW_FRAGMENT);
	p.b[14 + 6] = 0;
	p.b[14 + 7] = 5;
	reseal(&p);
	passes("later fragment", &p, BED4_SLOW_FRAGMENT);
	p.b[14 + 7] = 0;
	reseal(&p);
	p.b[14 + 10] ^= 1;
	passes("wrong IPv4 checksum", &p, BED4_SLOW_OUTER);
	from_peer(&p, HOST6, 64, 10, CSUM_FULL);
	p.len--;
	passes("frame shorter than its IPv4 length", &p, BED4_SLOW_OUTER);
	p.len += 2;
	passes("bytes behind the datagram", &p, BED4_SLOW_TRAILING);
	from_peer(&p, HOST6, 64, 10, CSUM_ZERO);
	p.b[14 + 33] = 10; /* inner payload length 18 -> 10 */
	passes("bytes behind the inner packet", &p, BED4_SLOW_TRAILING);
	from_peer(&p, HOST6, 64, 10, CSUM_ZERO);
	p.b[14] = 0x46;
	reseal(&p);
	passes("IPv4 options", &p, BED4_SLOW_OPTIONS);
	pkt_udp6(&p, PEER6, HOST6, 64, 10);
	pkt_outer(&p, PEER4, PPORT + 2, ROUTER4, PORT, 0, CSUM_FULL);
	pkt_eth(&p, MAC_UNDER, MAC_PEER, 0x0800);
	passes("source of another port", &p, BED4_SLOW_MISMATCH);
	from_peer(&p, "2001:67c:127c::1", 64, 10, CSUM_FULL);
	passes("no endpoint in the destination", &p, BED4_SLOW_UNREACH);
	from_peer(&p, "2001:67c:127c:0:52c3:aff:fe00:1", 64, 10, CSUM_FULL);
	passes("private endpoint in the destination", &p, BED4_SLOW_UNREACH);
	from_peer(&p, "2001:67c:127c:0:52c3:91ff:fe88:ff", 64, 10, CSUM_FULL);
	passes("broadcast endpoint in the destination", &p, BED4_SLOW_UNREACH);
	pkt_ip6(&p, "::", "ff02::2", 58, 255, 16, 2);
	p.b[40] = 133;
	tunnelled(&p, CSUM_ZERO);
	passes("router solicitation", &p, BED4_SLOW_ND);
	for (unsigned int type = 134; type < 138; type++) {
		pkt_ip6(&p, PEER6, OWN6, 58, 255, 40, 2);
		p.b[40] = (uint8_t)type;
		tunnelled(&p, CSUM_ZERO);
		if (type == 135)
			passes("neighbour solicitation", &p, BED4_SLOW_ND);
		else
			drops("ND that is not for a router", &p, BED4_ND_UNWANTED);
	}
}

static void leaves_others(void **state)
{
	struct fixture f = { .verdict = XDP_PASS, .outcome = BED4_OTHER };
	struct pkt p;

	(void)state;
	from_peer(&p, HOST6, 64, 10, CSUM_FULL);
	p.b[14 + 19] = 2;
	reseal(&p);
	passes("another address of ours", &p, BED4_OTHER);
	from_peer(&p, HOST6, 64, 10, CSUM_FULL);
	p.b[14 + 23]++;
	passes("another port", &p, BED4_OTHER);
	from_peer(&p, HOST6, 64, 10, CSUM_FULL);
	memmove(p.b + 16, p.b + 12, p.len - 12);
	p.len += 4;
	pkt_put16(p.b + 12, 0x8100);
	pkt_put16(p.b + 14, 7);
	passes("802.1Q", &p, BED4_OTHER);
	pkt_put16(p.b + 12, 0x88a8);
	passes("802.1ad", &p, BED4_OTHER);
	f.name = "tunnel datagram on the IPv6 side";
	f.dev = FX_V6;
	from_peer(&f.in, HOST6, 64, 10, CSUM_FULL);
	run(&f);
	f.name = "native to native";
	from_host(&f.in, HOST6, NET6, 64, 10);
	run(&f);
	f.name = "neighbour solicitation on the IPv6 link";
	pkt_ip6(&f.in, HOST6, "ff02::1:ff00:1", 58, 255, 24, 2);
	f.in.b[40] = 135;
	pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
	run(&f);
	f.name = "native to the router's own address";
	f.outcome = BED4_SLOW_LOCAL;
	from_host(&f.in, HOST6, OWN6, 64, 10);
	run(&f);
}

/* ND behind an extension header of each kind, and what merely looks like it. */
static void sees_through_extensions(void **state)
{
	static const unsigned int ext[] = { 0, 43, 44, 60 };
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		pkt_ip6(&p, PEER6, HOST6, ext[i], 64, 8 + 24, 100);
		memset(p.b + 40, 0, 8);
		p.b[40] = 58;
		p.b[48] = 135;
		tunnelled(&p, CSUM_ZERO);
		drops("ND behind an extension header", &p, BED4_ND_HIDDEN);
	}
	pkt_ip6(&p, PEER6, HOST6, 0, 64, 16, 100);
	memset(p.b + 40, 0, 16);
	p.b[41] = 9;
	tunnelled(&p, CSUM_ZERO);
	drops("extension header that overruns", &p, BED4_MALFORMED);
}

static void drops_hostile(void **state)
{
	struct pkt p;
	unsigned int n;

	(void)state;
	p.len = 0;
	tunnelled(&p, CSUM_ZERO);
	drops("keepalive", &p, BED4_KEEPALIVE);
	for (n = 1; n < 40; n += 13) {
		memset(p.b, 0x60, n);
		p.len = n;
		tunnelled(&p, CSUM_ZERO);
		drops("runt", &p, BED4_MALFORMED);
	}
	pkt_udp6(&p, PEER6, HOST6, 64, 10);
	p.b[0] = 0x45;
	tunnelled(&p, CSUM_ZERO);
	drops("not IPv6", &p, BED4_MALFORMED);
	pkt_udp6(&p, PEER6, HOST6, 64, 10);
	pkt_put16(p.b + 4, 19);
	tunnelled(&p, CSUM_ZERO);
	drops("inner length too large", &p, BED4_MALFORMED);
	from_peer(&p, "ff0e::1", 64, 10, CSUM_FULL);
	drops("multicast", &p, BED4_MULTICAST);
	pkt_udp6(&p, HOST6, NET6, 64, 10);
	tunnelled(&p, CSUM_FULL);
	drops("foreign inner source", &p, BED4_SRC_FOREIGN);
	pkt_udp6(&p, "fe80::52c3:91ff:fe88:7", HOST6, 64, 10);
	tunnelled(&p, CSUM_FULL);
	drops("link-local inner source", &p, BED4_SRC_NEVER);
	from_peer(&p, "fe80::1", 64, 10, CSUM_FULL);
	drops("link-local inner destination", &p, BED4_DST_NEVER);
	from_peer(&p, "::ffff:1.2.3.4", 64, 10, CSUM_FULL);
	drops("v4-mapped inner destination", &p, BED4_DST_NEVER);
	pkt_udp6(&p, "2001:67c:127c:0:52c3:aff:fe00:1", HOST6, 64, 10);
	pkt_outer(&p, "10.0.0.1", PPORT, ROUTER4, PORT, 0, CSUM_FULL);
	pkt_eth(&p, MAC_UNDER, MAC_PEER, 0x0800);
	drops("private outer source", &p, BED4_SRC_SPECIAL);
	pkt_udp6(&p, OWN6, HOST6, 64, 10);
	pkt_outer(&p, ROUTER4, PORT, ROUTER4, PORT, 0, CSUM_FULL);
	pkt_eth(&p, MAC_UNDER, MAC_PEER, 0x0800);
	drops("own outer source", &p, BED4_SRC_OWN);
	pkt_udp6(&p, PEER6, HOST6, 64, 10);
	pkt_outer(&p, PEER4, PPORT, ROUTER4, PORT, 3, CSUM_FULL);
	pkt_eth(&p, MAC_UNDER, MAC_PEER, 0x0800);
	drops("CE on a packet that is not ECT", &p, BED4_ECN);
}

static void drops_native(void **state)
{
	struct fixture f = { .dev = FX_V6, .verdict = XDP_DROP };

	(void)state;
	f.name = "native source within the prefix";
	f.outcome = BED4_SRC_SPOOFED;
	from_host(&f.in, FAR6, PEER6, 64, 10);
	run(&f);
	f.name = "native ND to a peer";
	f.outcome = BED4_ND_NATIVE;
	pkt_ip6(&f.in, HOST6, PEER6, 58, 255, 24, 2);
	f.in.b[40] = 135;
	pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
	run(&f);
	f.name = "link-local source to a peer";
	f.outcome = BED4_SRC_NEVER;
	from_host(&f.in, "fe80::1", PEER6, 64, 10);
	run(&f);
	f.name = "native to a private endpoint";
	f.verdict = XDP_PASS;
	f.outcome = BED4_SLOW_UNREACH;
	from_host(&f.in, HOST6, "2001:67c:127c:0:52c3:aff:fe00:1", 64, 10);
	run(&f);
}

/* While the configuration changes, nothing is touched. */
static void passes_when_invalid(void **state)
{
	struct bed4_self self = fixture_self;
	struct fixture f = { .name = "invalid", .verdict = XDP_PASS, .outcome = BED4_SLOW_INVALID,
			     .native = BED4_IN_NATIVE };
	int fd = bpf_map__fd(t.xdp->maps.self);
	__u32 zero = 0;

	(void)state;
	self.flags &= ~BED4_SELF_VALID;
	assert_int_equal(bpf_map_update_elem(fd, &zero, &self, BPF_ANY), 0);
	from_peer(&f.in, HOST6, 64, 10, CSUM_FULL);
	run(&f);
	assert_int_equal(bpf_map_update_elem(fd, &zero, &fixture_self, BPF_ANY), 0);
}

/* While the daemon pings, echo replies with its identifier and sequence number are its own, and no others. */
static void leaves_the_pings_replies(void **state)
{
	static const struct { unsigned int type, id, seq; bool own; } cases[] = {
		{ 129, 0x1234, 0x5678, true }, { 129, 0x1234, 0x5679, false }, { 129, 0x1235, 0x5678, false },
		{ 128, 0x1234, 0x5678, false }, { 129, 0, 0, false },
	};
	const uint32_t mark = 0x6bed4001;
	struct bed4_self self = fixture_self;
	struct fixture f = { .name = "echo reply", .native = BED4_IN_LOCAL };
	int fd = bpf_map__fd(t.xdp->maps.self);
	__u32 zero = 0;

	(void)state;
	for (unsigned int pinging = 0; pinging < 2; pinging++) {
		self.ping = pinging ? htonl(0x12345678) : 0;
		assert_int_equal(bpf_map_update_elem(fd, &zero, &self, BPF_ANY), 0);
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
			bool own = pinging && cases[i].own;

			f.verdict = XDP_PASS;
			f.outcome = own ? BED4_SLOW_ECHO : BED4_IN_LOCAL;
			pong(&f.in, cases[i].type, cases[i].id, cases[i].seq);
			f.out = f.in;
			tunnelled(&f.in, CSUM_FULL);
			pkt_eth(&f.out, MAC_UNDER, MAC_PEER, 0x86dd);
			memcpy(pkt_push(&f.out, sizeof(mark)), &mark, sizeof(mark));
			if (own)
				f.out.len = 0; /* as it came */
			run(&f);
		}
	}
	assert_int_equal(bpf_map_update_elem(fd, &zero, &fixture_self, BPF_ANY), 0);
}

/* What the operator lifts or denies is honoured, and only while `self` says there is something. */
static void asks_policy(void **state)
{
	struct bed4_lpm4 key = { .prefixlen = 8, .addr = BED4_HTONL(0x0a000000) };
	struct bed4_self self = fixture_self;
	int self_fd = bpf_map__fd(t.xdp->maps.self), fd = bpf_map__fd(t.xdp->maps.policy4);
	__u32 zero = 0, permit = BED4_POLICY_PERMIT, deny = BED4_POLICY_DENY;
	struct fixture f = { .name = "permitted outer source", .verdict = XDP_REDIRECT,
			     .outcome = BED4_IN_NATIVE, .native = BED4_SRC_SPECIAL };

	(void)state;
	self.flags |= BED4_SELF_POLICY;
	assert_int_equal(bpf_map_update_elem(self_fd, &zero, &self, BPF_ANY), 0);
	assert_int_equal(bpf_map_update_elem(fd, &key, &permit, BPF_ANY), 0);
	key = (struct bed4_lpm4){ .prefixlen = 32, .addr = BED4_HTONL(0x91880007) };
	assert_int_equal(bpf_map_update_elem(fd, &key, &deny, BPF_ANY), 0);
	pkt_udp6(&f.in, "2001:67c:127c:0:52c3:aff:fe00:1", HOST6, 64, 10);
	f.out = f.in;
	f.out.b[7]--;
	pkt_outer(&f.in, "10.0.0.1", PPORT, ROUTER4, PORT, 0, CSUM_FULL);
	pkt_eth(&f.in, MAC_UNDER, MAC_PEER, 0x0800);
	pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
	run(&f);
	f = (struct fixture){ .name = "denied outer source", .verdict = XDP_DROP,
			      .outcome = BED4_SRC_DENIED, .native = BED4_IN_NATIVE };
	from_peer(&f.in, HOST6, 64, 10, CSUM_FULL);
	run(&f);
	assert_int_equal(bpf_map_update_elem(self_fd, &zero, &fixture_self, BPF_ANY), 0);
}

/* Sends @n packets to as many destinations from the peer; all have to be forwarded. */
static void send_to_many(unsigned int n)
{
	struct xdp_md md = { .ingress_ifindex = t.dev[FX_UNDER] };
	uint8_t out[PKT_MAX];
	struct pkt p;

	from_peer(&p, NET6, 64, 10, CSUM_ZERO);
	md.data_end = p.len;
	for (unsigned int i = 0; i < n; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p.b, .data_size_in = p.len,
			    .data_out = out, .data_size_out = sizeof(out), .ctx_in = &md,
			    .ctx_size_in = sizeof(md));

		pkt_put16(p.b + 14 + 28 + 24 + 14, i);
		assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(t.xdp->progs.bed4_xdp), &opts), 0);
		assert_int_equal(opts.retval, XDP_REDIRECT);
		assert_int_equal(opts.data_size_out, p.len - 28);
	}
}

static unsigned int highest_crowd(void)
{
	struct bed4_cpu cpu[libbpf_num_possible_cpus()];
	unsigned int highest = 0;
	__u32 zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(t.xdp->maps.percpu), &zero, cpu), 0);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		highest = cpu[i].crowd > highest ? cpu[i].crowd : highest;
	return highest;
}

/* Many more destinations than slots: all are forwarded, and the cache steps back; fewer: it is used. */
static void leaves_a_crowded_cache_alone(void **state)
{
	cpu_set_t one, before;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	send_to_many(100);
	assert_true(highest_crowd() < 200);
	send_to_many(20 * SLOTS);
	assert_true(highest_crowd() > 500);
	for (int i = 0; i < 1000 && highest_crowd(); i++)
		send_to_many(100);
	assert_int_equal(highest_crowd(), 0);
	sched_setaffinity(0, sizeof(before), &before);
}

/* What the cache was told half a turn of the clock's 32 bits ago is not news, whatever the sign says. */
static void forgets_what_is_long_gone(void **state)
{
	struct fixture f = { .name = "peer to native", .verdict = XDP_REDIRECT, .outcome = BED4_IN_NATIVE };
	int fd = bpf_map__fd(t.xdp->maps.nexthop);
	struct bed4_cpu cpu[libbpf_num_possible_cpus()];
	int percpu = bpf_map__fd(t.xdp->maps.percpu);
	unsigned int aged = 0;
	struct bed4_hop h;
	__u32 i = 0;

	(void)state;
	assert_int_equal(bpf_map_lookup_elem(percpu, &i, cpu), 0);
	for (int c = 0; c < libbpf_num_possible_cpus(); c++)
		cpu[c].crowd = 0; /* or the cache might not be asked at all */
	assert_int_equal(bpf_map_update_elem(percpu, &i, cpu, BPF_ANY), 0);
	from_peer(&f.in, HOST6, 64, 10, CSUM_ZERO);
	pkt_udp6(&f.out, PEER6, HOST6, 63, 10);
	pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
	run(&f);
	for (i = 0; !bpf_map_lookup_elem(fd, &i, &h); i++) {
		if (!h.expires)
			continue;
		h.expires += 0x40000000;
		memset(h.dmac, 0xee, sizeof(h.dmac));
		assert_int_equal(bpf_map_update_elem(fd, &i, &h, BPF_ANY), 0);
		aged++;
	}
	assert_true(aged);
	run(&f);
}

/* RFC 1624: a relay updates what it cannot derive; where the tunnel ends, the stack sums up. */
static void updates_what_it_cannot_derive(void **state)
{
	struct fixture f = { .name = "ESP relayed", .verdict = XDP_TX, .outcome = BED4_RELAY };
	struct pkt p;

	(void)state;
	esp(&f.in, PEER6, FAR6, 64);
	tunnelled(&f.in, CSUM_FULL);
	esp(&f.out, PEER6, FAR6, 63);
	to_peer(&f.out, FAR4, MAC_GATEWAY);
	run(&f);
	f.name = "ESP relayed, no checksum before: none after";
	esp(&f.in, PEER6, FAR6, 64);
	tunnelled(&f.in, CSUM_ZERO);
	esp(&f.out, PEER6, FAR6, 63);
	pkt_outer(&f.out, ROUTER4, PORT, FAR4, PPORT, 0, CSUM_ZERO);
	pkt_eth(&f.out, MAC_GATEWAY, MAC_UNDER, 0x0800);
	run(&f);
	esp(&p, PEER6, HOST6, 64);
	tunnelled(&p, CSUM_FULL);
	passes("ESP to native, checksum to be verified in full", &p, BED4_SLOW_CSUM);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decapsulates),	      cmocka_unit_test(takes_from_ports), cmocka_unit_test(relays),
		cmocka_unit_test(encapsulates),	      cmocka_unit_test(sums_and_classes),
		cmocka_unit_test(strips_for_local),   cmocka_unit_test(passes_unready),
		cmocka_unit_test(passes_slow),	      cmocka_unit_test(leaves_others),
		cmocka_unit_test(sees_through_extensions), cmocka_unit_test(drops_hostile),
		cmocka_unit_test(drops_native),	      cmocka_unit_test(passes_when_invalid),
		cmocka_unit_test(carries_ecn),	      cmocka_unit_test(asks_policy),
		cmocka_unit_test(updates_what_it_cannot_derive), cmocka_unit_test(forgets_what_is_long_gone),
		cmocka_unit_test(refuses_big),	      cmocka_unit_test(leaves_big),
		cmocka_unit_test(leaves_a_crowded_cache_alone), cmocka_unit_test(leaves_the_pings_replies),
	};

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
