// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Capturing under BPF_PROG_RUN, by the XDP and the TC programs: a record for each packet of interest, with the
 * outcome that was counted, the bytes that went in and the bytes that came out; none while nobody captures, or
 * when who did is gone; what finds no room is counted. What packets become does not change by it. Runs inside
 * env.sh's namespace.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/pkt_cls.h>

#include "xdp_run.h"
#include "bed4_tc.skel.h"

static struct {
	struct bed4_tc_bpf *tc;
	int capture, rings, ring_fd; /* of the object at work */
	struct ring_buffer *ring;
	struct bed4_capture value;
	unsigned int records;
	struct bed4_shot last;
} cap;

static int on_record(void *ctx, void *data, size_t size)
{
	struct bed4_shot *s = data;

	(void)ctx;
	assert_true(size >= sizeof(s->head) && size <= sizeof(*s));
	assert_true(sizeof(s->head) + s->head.caplen[0] + s->head.caplen[1] <= size);
	memset(&cap.last, 0, sizeof(cap.last));
	memcpy(&cap.last, s, size);
	cap.records++;
	return 0;
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;
}

static void put_value(void)
{
	__u32 zero = 0;

	assert_int_equal(bpf_map_update_elem(cap.capture, &zero, &cap.value, BPF_ANY), 0);
}

static void take_ring(void)
{
	__u32 zero = 0;

	bpf_map_delete_elem(cap.rings, &zero);
	ring_buffer__free(cap.ring);
	if (cap.ring_fd > 0)
		close(cap.ring_fd);
	cap.ring = NULL;
	cap.ring_fd = -1;
}

static void give_ring(void)
{
	__u32 zero = 0;

	take_ring();
	cap.ring_fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, 65536, NULL);
	assert_true(cap.ring_fd > 0);
	cap.ring = ring_buffer__new(cap.ring_fd, on_record, NULL, NULL);
	assert_non_null(cap.ring);
	assert_int_equal(bpf_map_update_elem(cap.rings, &zero, &cap.ring_fd, BPF_ANY), 0);
}

static void begin(struct bpf_map *capture, struct bpf_map *rings, __u32 snaplen)
{
	cap.capture = bpf_map__fd(capture);
	cap.rings = bpf_map__fd(rings);
	give_ring();
	cap.value = (struct bed4_capture){ .until = now_ns() + 60000000000ull, .outcomes = { ~0ull, ~0ull },
					   .snaplen = snaplen };
	put_value();
	cap.records = 0;
}

static void begin_xdp(__u32 snaplen)
{
	begin(t.xdp->maps.capture, t.xdp->maps.rings, snaplen);
}

static void begin_tc(__u32 snaplen)
{
	begin(cap.tc->maps.capture, cap.tc->maps.rings, snaplen);
}

/* How many records have come since the last time. */
static unsigned int records(void)
{
	unsigned int before = cap.records;

	assert_true(ring_buffer__consume(cap.ring) >= 0);
	return cap.records - before;
}

static __u64 lost(enum bed4_hook hook)
{
	struct bed4_capture value;
	__u32 zero = 0;

	assert_int_equal(bpf_map_lookup_elem(cap.capture, &zero, &value), 0);
	return value.lost[hook];
}

static __u32 least(size_t a, size_t b)
{
	return (__u32)(a < b ? a : b);
}

/* The last record is about @in with outcome @o, and about @out, of @out_len bytes, if that left. */
static void is_about(enum bed4_hook hook, enum bed4_outcome o, const struct pkt *in, const uint8_t *out,
		     size_t out_len)
{
	const struct bed4_shot_head *h = &cap.last.head;
	__u32 n = least(in->len, cap.value.snaplen), m = least(out_len, cap.value.snaplen);

	assert_int_equal(h->hook, hook);
	assert_int_equal(h->outcome, o);
	assert_true(h->at <= now_ns() && h->at > now_ns() - 10000000000ull);
	assert_int_equal(h->len[0], in->len);
	assert_int_equal(h->caplen[0], n);
	assert_memory_equal(cap.last.data, in->b, n);
	assert_int_equal(h->len[1], out_len);
	assert_int_equal(h->caplen[1], m);
	if (m)
		assert_memory_equal(cap.last.data + n, out, m);
}

/* Runs @f, which expects as ever, and asks for the record about it. */
static void captures_xdp(const struct fixture *f)
{
	struct xdp_md md = { .data_end = f->in.len, .ingress_ifindex = t.dev[f->dev] };
	bool leaves = f->verdict == XDP_TX || f->verdict == XDP_REDIRECT || f->outcome == BED4_IN_LOCAL;
	uint8_t out[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->in.b, .data_size_in = f->in.len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &md, .ctx_size_in = sizeof(md), .repeat = 1);

	run(f);
	assert_int_equal(records(), 1);
	forget_limits();
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(t.xdp->progs.bed4_xdp), &opts), 0);
	assert_int_equal(records(), 1);
	/* Metadata ahead of the frame is not the packet's. */
	is_about(BED4_HOOK_XDP, f->outcome, &f->in, leaves ? out + (opts.data_size_out - cap.last.head.len[1]) : NULL,
		 leaves ? opts.data_size_out - (f->outcome == BED4_IN_LOCAL ? 4 : 0) : 0);
	assert_int_equal(cap.last.head.ifindex, t.dev[f->dev]);
}

static void xdp_cases(void)
{
	const uint32_t mark = 0x6bed4001;
	struct fixture f = { .name = "to native", .verdict = XDP_REDIRECT, .outcome = BED4_IN_NATIVE };
	struct pkt inner;

	from_peer(&f.in, HOST6, 64, 1000, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, HOST6, 63, 1000);
	pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
	captures_xdp(&f);
	f = (struct fixture){ .name = "relay", .verdict = XDP_TX, .outcome = BED4_RELAY };
	from_peer(&f.in, FAR6, 64, 100, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, FAR6, 63, 100);
	to_peer(&f.out, FAR4, MAC_GATEWAY);
	captures_xdp(&f);
	f = (struct fixture){ .name = "from native", .dev = FX_V6, .verdict = XDP_REDIRECT, .outcome = BED4_OUT };
	from_host(&f.in, HOST6, PEER6, 64, 77);
	pkt_udp6(&f.out, HOST6, PEER6, 63, 77);
	to_peer(&f.out, PEER4, MAC_PEER);
	captures_xdp(&f);
	f = (struct fixture){ .name = "to the router", .verdict = XDP_PASS, .outcome = BED4_IN_LOCAL };
	from_peer(&f.in, OWN6, 1, 50, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, OWN6, 1, 50);
	pkt_eth(&f.out, MAC_UNDER, MAC_PEER, 0x86dd);
	memcpy(pkt_push(&f.out, sizeof(mark)), &mark, sizeof(mark));
	captures_xdp(&f);
	f = (struct fixture){ .name = "too big", .dev = FX_V6, .verdict = XDP_TX, .outcome = BED4_ICMP_BIG,
			      .native = BED4_SLOW_BIG };
	from_host(&f.in, HOST6, FAR6, 64, 1300);
	pkt_udp6(&inner, HOST6, FAR6, 64, 1300);
	too_big_about(&f.out, &inner);
	pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
	captures_xdp(&f);
	f = (struct fixture){ .name = "left to the daemon", .verdict = XDP_PASS, .outcome = BED4_SLOW_HOPS };
	from_peer(&f.in, HOST6, 1, 10, CSUM_FULL);
	captures_xdp(&f);
	f = (struct fixture){ .name = "dropped", .verdict = XDP_DROP, .outcome = BED4_MULTICAST };
	from_peer(&f.in, "ff0e::1", 64, 10, CSUM_FULL);
	captures_xdp(&f);
	f = (struct fixture){ .name = "not ours", .verdict = XDP_PASS, .outcome = BED4_OTHER };
	pkt_udp6(&f.in, HOST6, NET6, 64, 10);
	pkt_eth(&f.in, MAC_V6, MAC_HOST, 0x86dd);
	f.dev = FX_V6;
	captures_xdp(&f);
}

static void xdp_before_and_after(void **state)
{
	static const __u32 snaplens[] = { BED4_SNAP_MAX, 256, 60, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(snaplens) / sizeof(*snaplens); i++) {
		begin_xdp(snaplens[i]);
		xdp_cases();
		assert_int_equal(lost(BED4_HOOK_XDP), 0);
	}
}

/* Relayed, and dropped, by XDP. */
static void two_packets(void)
{
	struct fixture f = { .name = "relay", .verdict = XDP_TX, .outcome = BED4_RELAY };

	from_peer(&f.in, FAR6, 64, 100, CSUM_FULL);
	pkt_udp6(&f.out, PEER6, FAR6, 63, 100);
	to_peer(&f.out, FAR4, MAC_GATEWAY);
	run(&f);
	f = (struct fixture){ .name = "dropped", .verdict = XDP_DROP, .outcome = BED4_MULTICAST };
	from_peer(&f.in, "ff0e::1", 64, 10, CSUM_FULL);
	run(&f);
}

static void selects_by_outcome(void **state)
{
	(void)state;
	begin_xdp(256);
	cap.value.outcomes[0] = cap.value.outcomes[1] = 0;
	cap.value.outcomes[BED4_MULTICAST / 64] = 1ull << BED4_MULTICAST % 64;
	put_value();
	two_packets();
	assert_int_equal(records(), 1);
	assert_int_equal(cap.last.head.outcome, BED4_MULTICAST);
	cap.value.outcomes[0] = cap.value.outcomes[1] = 0;
	cap.value.outcomes[BED4_RELAY / 64] = 1ull << BED4_RELAY % 64;
	put_value();
	two_packets();
	assert_int_equal(records(), 1);
	assert_int_equal(cap.last.head.outcome, BED4_RELAY);
	assert_int_equal(lost(BED4_HOOK_XDP), 0);
}

/* Nobody captures; or who did has not said so for too long. */
static void off_is_off(void **state)
{
	(void)state;
	begin_xdp(256);
	cap.value.until = 0;
	put_value();
	two_packets();
	assert_int_equal(records(), 0);
	cap.value.until = now_ns() - 1000000000ull; /* their clock is coarse: it may be a tick behind ours */
	put_value();
	two_packets();
	assert_int_equal(records(), 0);
	assert_int_equal(lost(BED4_HOOK_XDP), 0);
	cap.value.until = now_ns() + 60000000000ull;
	put_value();
	two_packets();
	assert_int_equal(records(), 2);
}

static void counts_losses(void **state)
{
	unsigned int n = 200, came;

	(void)state;
	begin_xdp(BED4_SNAP_MAX);
	for (unsigned int i = 0; i < n; i++) {
		struct fixture f = { .name = "large", .verdict = XDP_REDIRECT, .outcome = BED4_IN_NATIVE };

		from_peer(&f.in, HOST6, 64, 1200, CSUM_FULL);
		pkt_udp6(&f.out, PEER6, HOST6, 63, 1200);
		pkt_eth(&f.out, MAC_HOST, MAC_V6, 0x86dd);
		run(&f);
	}
	came = records();
	assert_true(came > 10 && came < n);
	assert_int_equal(lost(BED4_HOOK_XDP), n - came);
	take_ring();
	two_packets();
	assert_int_equal(lost(BED4_HOOK_XDP), n - came + 2);
}

/* --- TC ---------------------------------------------------------------------------------------------- */

static void captures_tc(const struct pkt *in, enum bed4_outcome o, int verdict)
{
	struct __sk_buff skb = { .ifindex = t.dev[FX_UNDER] };
	uint8_t out[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->b, .data_size_in = in->len, .data_out = out,
		    .data_size_out = sizeof(out), .ctx_in = &skb, .ctx_size_in = sizeof(skb), .repeat = 1);

	fixture_forget_limits(bpf_map__fd(cap.tc->maps.limit));
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(cap.tc->progs.bed4_tc_in), &opts), 0);
	assert_int_equal((int)opts.retval, verdict);
	assert_int_equal(records(), 1);
	is_about(BED4_HOOK_TC_IN, o, in, out, verdict == TC_ACT_REDIRECT ? opts.data_size_out : 0);
	assert_int_equal(cap.last.head.ifindex, t.dev[FX_UNDER]);
}

static void tc_before_and_after(void **state)
{
	static const __u32 snaplens[] = { BED4_SNAP_MAX, 61 };
	struct pkt p;

	(void)state;
	for (size_t i = 0; i < sizeof(snaplens) / sizeof(*snaplens); i++) {
		begin_tc(snaplens[i]);
		from_peer(&p, HOST6, 64, 900, CSUM_FULL);
		captures_tc(&p, BED4_IN_NATIVE, TC_ACT_REDIRECT);
		from_peer(&p, FAR6, 64, 100, CSUM_FULL);
		captures_tc(&p, BED4_RELAY, TC_ACT_REDIRECT);
		from_peer(&p, HOST6, 1, 100, CSUM_FULL);
		captures_tc(&p, BED4_SLOW_HOPS, TC_ACT_UNSPEC);
		from_peer(&p, "fe80::1", 64, 100, CSUM_FULL);
		captures_tc(&p, BED4_DST_NEVER, TC_ACT_SHOT);
		assert_int_equal(lost(BED4_HOOK_TC_IN), 0);
	}
}

/* What the TUN device refuses to queue. */
static void guard_is_captured(void **state)
{
	struct __sk_buff skb = { .mark = BED4_FWMARK };
	struct pkt p;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &skb, .ctx_size_in = sizeof(skb), .repeat = 1);

	(void)state;
	begin_tc(256);
	pkt_udp6(&p, HOST6, PEER6, 64, 100);
	pkt_eth(&p, MAC_UNDER, MAC_PEER, 0x86dd);
	opts.data_in = p.b;
	opts.data_size_in = (__u32)p.len;
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(cap.tc->progs.bed4_tun_guard), &opts), 0);
	assert_int_equal(opts.retval, 0);
	assert_int_equal(records(), 1);
	assert_int_equal(cap.last.head.hook, BED4_HOOK_TC_OUT);
	assert_int_equal(cap.last.head.outcome, BED4_LOOP);
}

/* What the daemon says of its own packets. */
static void daemon_puts_records(void **state)
{
	static struct bed4_shot shot = { .head = { .at = 1, .ifindex = 2, .outcome = BED4_RS_ANSWERED,
						   .hook = BED4_HOOK_UDP, .len = { 3000, 2000 },
						   .caplen = { BED4_SNAP_MAX, 100 } } };
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int fd = bpf_program__fd(cap.tc->progs.bed4_put_shot), map = bpf_map__fd(cap.tc->maps.slowshot);
	__u32 zero = 0;

	(void)state;
	begin_tc(256);
	for (size_t i = 0; i < sizeof(shot.data); i++)
		shot.data[i] = (__u8)(i * 7);
	assert_int_equal(bpf_map_update_elem(map, &zero, &shot, BPF_ANY), 0);
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(opts.retval, 0);
	assert_int_equal(records(), 1);
	assert_memory_equal(&cap.last.head, &shot.head, sizeof(shot.head));
	assert_memory_equal(cap.last.data, shot.data, BED4_SNAP_MAX + 100);
	shot.head.caplen[1] = BED4_SNAP_MAX + 1;
	assert_int_equal(bpf_map_update_elem(map, &zero, &shot, BPF_ANY), 0);
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal((int)opts.retval, -22);
	assert_int_equal(records(), 0);
	shot.head.caplen[1] = 0;
	assert_int_equal(bpf_map_update_elem(map, &zero, &shot, BPF_ANY), 0);
	take_ring();
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(lost(BED4_HOOK_UDP), 1);
}

static int set_up_both(void **state)
{
	__u32 zero = 0;

	if (set_up(state))
		return -1;
	cap.tc = bed4_tc_bpf__open();
	if (!cap.tc)
		return -1;
	cap.tc->rodata->cfg_dscp = BED4_DSCP_COPY;
	cap.tc->rodata->cfg_underlay = t.dev[FX_UNDER];
	cap.tc->rodata->cfg_tun = if_nametoindex("tun");
	if (bed4_tc_bpf__load(cap.tc))
		return -1;
	return bpf_map_update_elem(bpf_map__fd(cap.tc->maps.self), &zero, &fixture_self, BPF_ANY);
}

static int tear_down_both(void **state)
{
	take_ring();
	bed4_tc_bpf__destroy(cap.tc);
	return tear_down(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_before_and_after),
		cmocka_unit_test(selects_by_outcome),
		cmocka_unit_test(off_is_off),
		cmocka_unit_test(counts_losses),
		cmocka_unit_test(tc_before_and_after),
		cmocka_unit_test(guard_is_captured),
		cmocka_unit_test(daemon_puts_records),
	};

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, set_up_both, tear_down_both);
}
