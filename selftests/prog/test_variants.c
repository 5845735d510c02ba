// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The XDP program as other constants make it, under BPF_PROG_RUN: checksum modes, --clamp-mss, a veth's
 * unfinished checksums, frames in several buffers, generic mode. Runs inside env.sh's namespace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "xdp_run.h"

static void load_as(tune_fn tune)
{
	unload();
	assert_int_equal(load(tune), 0);
}

static void always_sum(struct bed4_xdp_bpf__rodata *ro)
{
	ro->cfg_csum = BED4_CSUM_MODE_ALWAYS;
}

static void never_sum(struct bed4_xdp_bpf__rodata *ro)
{
	ro->cfg_csum = BED4_CSUM_MODE_ZERO;
}

static void checksum_modes(void **state)
{
	struct fixture f = { .name = "always: derived", .verdict = XDP_TX, .outcome = BED4_RELAY };
	struct pkt p;

	(void)state;
	load_as(always_sum);
	from_peer(&f.in, FAR6, 64, 100, CSUM_ZERO);
	pkt_udp6(&f.out, PEER6, FAR6, 63, 100);
	to_peer(&f.out, FAR4, MAC_GATEWAY);
	run(&f);
	esp(&p, PEER6, FAR6, 64);
	tunnelled(&p, CSUM_ZERO);
	f = (struct fixture){ .name = "always: ESP without one", .in = p, .verdict = XDP_PASS,
			      .outcome = BED4_SLOW_CSUM, .native = BED4_RELAY };
	run(&f);
	load_as(never_sum);
	f = (struct fixture){ .name = "zero", .verdict = XDP_TX, .outcome = BED4_RELAY };
	from_peer(&f.in, FAR6, 64, 100, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, FAR6, 63, 100);
	pkt_outer(&f.out, ROUTER4, PORT, FAR4, PPORT, 0, CSUM_ZERO);
	pkt_eth(&f.out, MAC_GATEWAY, MAC_UNDER, 0x0800);
	run(&f);
}

static void clamp_to_1220(struct bed4_xdp_bpf__rodata *ro)
{
	ro->cfg_mss = 1220;
}

/* TCP with @flags and @n bytes of @options, its checksum right. */
static void tcp(struct pkt *p, const char *src, const char *dst, unsigned int hops, unsigned int flags,
		const char *options, size_t n)
{
	unsigned int csum;

	pkt_ip6(p, src, dst, 6, hops, 20 + n, SIZE_MAX - 2);
	p->b[40 + 12] = (uint8_t)((20 + n) / 4 << 4);
	p->b[40 + 13] = (uint8_t)flags;
	memcpy(p->b + 60, options, n);
	pkt_put16(p->b + 56, 0);
	csum = pkt_csum6(p->b + 8, 6, p->b + 40, 20 + n);
	pkt_put16(p->b + 56, csum);
}

#define SYN    2
#define SYNACK 18
#define ACK    16
#define MSS(n) "\x02\x04" n "\x01\x01\x04\x02"

/* SYNs both ways and from peer to peer: their MSS is lowered, never raised, and nothing else touched. */
static void clamps_mss(void **state)
{
	static const struct { unsigned int flags; const char *in, *out; } cases[] = {
		{ SYN, MSS("\x05\xa0"), MSS("\x04\xc4") },	{ SYNACK, MSS("\xff\xff"), MSS("\x04\xc4") },
		{ SYN, MSS("\x04\xc5"), MSS("\x04\xc4") },	{ SYN, MSS("\x04\xc4"), MSS("\x04\xc4") },
		{ SYN, MSS("\x02\x18"), MSS("\x02\x18") },	{ ACK, MSS("\x05\xa0"), MSS("\x05\xa0") },
	};

	(void)state;
	load_as(clamp_to_1220);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fixture f = { .name = "SYN to native", .verdict = XDP_REDIRECT, .outcome = BED4_IN_NATIVE };

		tcp(&f.in, PEER6, HOST6, 64, cases[i].flags, cases[i].in, 8);
		tcp(&f.out, PEER6, HOST6, 63, cases[i].flags, cases[i].out, 8);
		tunnelled(&f.in, CSUM_FULL);
		pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
		run(&f);
		f = (struct fixture){ .name = "SYN relayed", .verdict = XDP_TX, .outcome = BED4_RELAY };
		tcp(&f.in, PEER6, FAR6, 64, cases[i].flags, cases[i].in, 8);
		tcp(&f.out, PEER6, FAR6, 63, cases[i].flags, cases[i].out, 8);
		tunnelled(&f.in, CSUM_FULL);
		to_peer(&f.out, FAR4, MAC_GATEWAY);
		run(&f);
		f = (struct fixture){ .name = "SYN from native", .dev = FX_V6, .verdict = XDP_REDIRECT, .outcome = BED4_OUT };
		tcp(&f.in, HOST6, FAR6, 64, cases[i].flags, cases[i].in, 8);
		tcp(&f.out, HOST6, FAR6, 63, cases[i].flags, cases[i].out, 8);
		pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
		to_peer(&f.out, FAR4, MAC_GATEWAY);
		run(&f);
	}
}

/* Where the MSS is not the first option, the daemon looks for it. */
static void leaves_odd_syns(void **state)
{
	struct fixture f = { .name = "SYN with the MSS behind a NOP", .verdict = XDP_PASS,
			     .outcome = BED4_SLOW_SYN, .native = BED4_IN_NATIVE };

	(void)state;
	load_as(clamp_to_1220);
	tcp(&f.in, PEER6, HOST6, 64, SYN, "\x01\x02\x04\x05\xa0\x01\x01\x01", 8);
	tunnelled(&f.in, CSUM_FULL);
	run(&f);
	f.dev = FX_V6;
	f.native = BED4_OUT;
	tcp(&f.in, HOST6, FAR6, 64, SYN, "\x01\x02\x04\x05\xa0\x01\x01\x01", 8);
	pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
	run(&f);
}

static void expect_unfinished(struct bed4_xdp_bpf__rodata *ro)
{
	ro->cfg_unfinished = true;
}

/* Leaves only the pseudo-header's sum in the checksum field at @at of the IPv6 packet. */
static void unfinish(struct pkt *p, unsigned int at)
{
	uint32_t sum = pkt_sum(0, p->b + 8, 32) + pkt_get16(p->b + 4) + p->b[6];

	pkt_put16(p->b + 40 + at, pkt_fold(sum) ^ 0xffff);
}

/* What nobody has summed up is never sent on by XDP, wherever it goes. */
static void leaves_unfinished(void **state)
{
	static const struct { const char *dst; enum bed4_outcome native; } to[] = {
		{ HOST6, BED4_IN_NATIVE }, { FAR6, BED4_RELAY }, { OWN6, BED4_IN_LOCAL },
	};
	struct fixture f = { .verdict = XDP_PASS, .outcome = BED4_SLOW_CSUM };

	(void)state;
	load_as(expect_unfinished);
	for (size_t i = 0; i < 3; i++) {
		f.name = "unfinished UDP from a peer";
		f.native = to[i].native;
		pkt_udp6(&f.in, PEER6, to[i].dst, 64, 100);
		unfinish(&f.in, 6);
		tunnelled(&f.in, CSUM_ZERO);
		run(&f);
		f.name = "unfinished TCP from a peer";
		tcp(&f.in, PEER6, to[i].dst, 64, ACK, "", 0);
		unfinish(&f.in, 16);
		tunnelled(&f.in, CSUM_ZERO);
		run(&f);
	}
	f = (struct fixture){ .name = "unfinished TCP from native", .dev = FX_V6, .verdict = XDP_PASS,
			      .outcome = BED4_SLOW_CSUM, .native = BED4_OUT };
	tcp(&f.in, HOST6, FAR6, 64, ACK, "", 0);
	unfinish(&f.in, 16);
	pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
	run(&f);
}

static void expect_frags(struct bed4_xdp_bpf__rodata *ro)
{
	ro->cfg_frags = true;
}

static struct pkt inner; /* large */

/* The devices' MTU, which next hops are looked up with. */
static void set_links(int mtu)
{
	static const char *const names[] = { "under", "v6" };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (size_t i = 0; i < 2; i++) {
		struct ifreq ifr = { .ifr_mtu = mtu };

		snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", names[i]);
		assert_int_equal(ioctl(fd, SIOCSIFMTU, &ifr), 0);
	}
	close(fd);
}

/* The tunnel's MTU for one test. */
static void set_mtu(__u32 mtu)
{
	struct bed4_self self = fixture_self;
	__u32 zero = 0;

	self.mtu = mtu;
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(t.xdp->maps.self), &zero, &self, BPF_ANY), 0);
}

/* Datagrams of 9000 bytes lie in three buffers: all of them goes on its way, each way. */
static void carries_jumbo(void **state)
{
	static const size_t sizes[] = { 100, 1300, 3400, 3500, 4096, 8000, 8924 };

	(void)state;
	set_links(9000);
	load_as(expect_frags);
	set_mtu(8972);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct fixture f = { .name = "jumbo to native", .verdict = XDP_REDIRECT, .outcome = BED4_IN_NATIVE };

		from_peer(&f.in, HOST6, 64, sizes[i], CSUM_FULL);
		pkt_udp6(&f.out, PEER6, HOST6, 63, sizes[i]);
		pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
		run_only(&f);
		f = (struct fixture){ .name = "jumbo relayed", .verdict = XDP_TX, .outcome = BED4_RELAY };
		from_peer(&f.in, FAR6, 64, sizes[i], CSUM_ZERO);
		pkt_udp6(&f.out, PEER6, FAR6, 63, sizes[i]);
		to_peer(&f.out, FAR4, MAC_GATEWAY);
		run_only(&f);
		f = (struct fixture){ .name = "jumbo from native", .dev = FX_V6, .verdict = XDP_REDIRECT, .outcome = BED4_OUT };
		from_host(&f.in, HOST6, FAR6, 64, sizes[i]);
		pkt_udp6(&f.out, HOST6, FAR6, 63, sizes[i]);
		to_peer(&f.out, FAR4, MAC_GATEWAY);
		run_only(&f);
		f = (struct fixture){ .name = "a byte behind a jumbo datagram", .verdict = XDP_PASS, .outcome = BED4_SLOW_TRAILING };
		from_peer(&f.in, HOST6, 64, sizes[i], CSUM_FULL);
		f.in.len++;
		run_only(&f);
	}
	set_links(1500);
}

/* Larger than the tunnel in whatever number of buffers: the quote is the same. */
static void refuses_jumbo(void **state)
{
	static const size_t sizes[] = { 1300, 3400, 3500, 4096, 8000, 8924 };

	(void)state;
	load_as(expect_frags);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct fixture f = { .name = "too big, from native", .dev = FX_V6, .verdict = XDP_TX,
				     .outcome = BED4_ICMP_BIG, .native = BED4_SLOW_BIG };

		forget_limits();
		from_host(&f.in, HOST6, FAR6, 64, sizes[i]);
		pkt_udp6(&inner, HOST6, FAR6, 64, sizes[i]);
		too_big_about(&f.out, &inner);
		pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
		run(&f);
		f.name = "too big, from peer to peer";
		f.dev = FX_UNDER;
		from_peer(&f.in, FAR6, 64, sizes[i], CSUM_FULL);
		pkt_udp6(&inner, PEER6, FAR6, 64, sizes[i]);
		too_big_about(&f.out, &inner);
		to_peer(&f.out, PEER4, MAC_PEER);
		run(&f);
	}
}

static void in_generic_mode(struct bed4_xdp_bpf__rodata *ro)
{
	ro->cfg_generic = true;
}

/* Behind GRO nothing tells one large packet from several merged ones: TC knows, so it is left to TC. */
static void leaves_merged(void **state)
{
	struct fixture f = { .name = "large or merged, from native", .dev = FX_V6, .verdict = XDP_PASS,
			     .outcome = BED4_SLOW_BIG };

	(void)state;
	load_as(in_generic_mode);
	from_host(&f.in, HOST6, FAR6, 64, 1300);
	run(&f);
	f.name = "large or merged, from peer to peer";
	f.dev = FX_UNDER;
	from_peer(&f.in, FAR6, 64, 1300, CSUM_FULL);
	run(&f);
	f.name = "large or merged, from peer to native";
	f.outcome = BED4_SLOW_MODE;
	f.native = BED4_IN_NATIVE;
	from_peer(&f.in, HOST6, 64, 1300, CSUM_FULL);
	run(&f);
	f.name = "large or merged, from peer to router";
	f.native = BED4_IN_LOCAL;
	from_peer(&f.in, OWN6, 64, 1300, CSUM_FULL);
	run(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_modes),    cmocka_unit_test(clamps_mss),
		cmocka_unit_test(leaves_odd_syns),   cmocka_unit_test(leaves_unfinished),
		cmocka_unit_test(carries_jumbo),     cmocka_unit_test(refuses_jumbo),
		cmocka_unit_test(leaves_merged),
	};

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
