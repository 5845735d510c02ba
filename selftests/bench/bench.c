// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ns per packet by BPF_PROG_RUN: the router's paths next to a plain XDP IPv6 forward, all
 * interleaved in one run, as ratios. Runs in the namespace of selftests/prog/env.sh. Must not judge:
 * it prints numbers and fails only when something could not be measured.
 */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <json-c/json.h>

#include "bed4_xdp.skel.h"
#include "bench_base.skel.h"
#include "cases.h"
#include "numbers.h"

#define ROUNDS 25
#define REPEAT 50000 /* at least; and each destination twice */

struct contender {
	const char *name;
	int prog; /* descriptor */
	unsigned int dev;
	__u32 verdict;
	__u32 destinations; /* that take turns */
	const struct contender *base; /* what the ratio is to */
	struct pkt pkt;
	const struct contender *without; /* the same but for one thing, whose cost is told apart */
	double ns[ROUNDS]; /* without what `again` costs for this packet */
	double sorted[ROUNDS];
};

static struct bench_base_bpf *base;
/* Without checksums; without accounting; while somebody captures what is dropped. */
static struct bed4_xdp_bpf *xdp, *zero, *blind, *watched;

static __u32 repeats(const struct contender *c)
{
	return 2 * c->destinations > REPEAT ? 2 * c->destinations : REPEAT;
}

static double run_one(const struct contender *c, int prog, __u32 verdict)
{
	struct xdp_md md = { .data_end = c->pkt.len, .ingress_ifindex = c->dev };
	uint8_t out[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = c->pkt.b, .data_size_in = c->pkt.len,
		    .data_out = out, .data_size_out = sizeof(out), .ctx_in = &md,
		    .ctx_size_in = sizeof(md), .repeat = (int)repeats(c));
	struct { __u32 len, at, destinations, first, turn, pad; uint8_t head[92]; } canon = {
		.len = c->pkt.len, .at = c->pkt.b[12] == 0x86 ? 51 : 79,
		.destinations = c->destinations };
	__u32 key = 0;

	canon.first = c->pkt.b[canon.at] << 16 | c->pkt.b[canon.at + 1] << 8 | c->pkt.b[canon.at + 2];
	memcpy(canon.head, c->pkt.b, sizeof(canon.head));
	if (bpf_map_update_elem(bpf_map__fd(base->maps.canon), &key, &canon, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(base->maps.under_test), &key, &prog, BPF_ANY) ||
	    bpf_prog_test_run_opts(bpf_program__fd(base->progs.again), &opts))
		return -1;
	if (opts.retval != verdict) {
		fprintf(stderr, "bench: %s: verdict %u, expected %u\n", c->name, opts.retval, verdict);
		return -1;
	}
	return opts.duration;
}

static int measure(struct contender *c, size_t n)
{
	int drop = bpf_program__fd(base->progs.drop);

	for (int round = -1; round < ROUNDS; round++) {
		for (size_t i = 0; i < n; i++) {
			double undo = run_one(&c[i], drop, XDP_DROP), all = 0;

			/* The first run warms what has become too old since the last turn. */
			for (int run = 0; run < 2; run++)
				all = run_one(&c[i], c[i].prog, c[i].verdict);
			if (undo < 0 || all < 0)
				return -1;
			if (round < 0)
				continue; /* warm-up */
			c[i].ns[round] = all - undo;
		}
	}
	return 0;
}

static double median(const struct contender *c)
{
	return c->sorted[ROUNDS / 2];
}

/* What one thing costs: the median of the differences between runs side by side. */
static double extra(const struct contender *c)
{
	double d[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		d[i] = c->ns[i] - c->without->ns[i];
	bench_sort(d, ROUNDS);
	return d[ROUNDS / 2];
}

static void report_one(const struct contender *c, struct json_object *root)
{
	double ratio = c->base ? median(c) / median(c->base) : 0;
	struct json_object *o = json_object_new_object();

	if (c->base)
		printf("%-38s %8.2f", c->name, ratio);
	else
		printf("%-38s %8s", c->name, "");
	printf(" %8.0f %8.0f %8.0f\n", median(c), c->sorted[0], c->sorted[ROUNDS - 1]);
	if (c->base)
		json_object_object_add(o, "ratio", json_object_new_double(ratio));
	json_object_object_add(o, "ns", json_object_new_double(median(c)));
	json_object_object_add(o, "min", json_object_new_double(c->sorted[0]));
	json_object_object_add(o, "max", json_object_new_double(c->sorted[ROUNDS - 1]));
	if (c->without)
		json_object_object_add(o, "extra", json_object_new_double(extra(c)));
	json_object_object_add(root, c->name, o);
}

static void report(struct contender *c, size_t n, const char *file)
{
	struct json_object *root = json_object_new_object();

	for (size_t i = 0; i < n; i++) {
		memcpy(c[i].sorted, c[i].ns, sizeof(c[i].ns));
		bench_sort(c[i].sorted, ROUNDS);
	}
	printf("%-38s %8s %8s %8s %8s\n", "per packet, over a bare drop", "ratio", "ns", "min", "max");
	for (size_t i = 0; i < n; i++)
		report_one(&c[i], root);
	for (size_t i = 0; i < n; i++) {
		if (c[i].without)
			printf("%-30s - %-34s %+5.0f ns\n", c[i].name, c[i].without->name, extra(&c[i]));
	}
	printf("Median of %d interleaved rounds of at least %d packets each; ratio to the plain XDP forward\n"
	       "(FIB look-up for each packet) of the same size and as many destinations.\n\n", ROUNDS,
	       REPEAT);
	if (file && *file && json_object_to_file_ext(file, root, JSON_C_TO_STRING_PRETTY))
		fprintf(stderr, "bench: cannot write %s\n", file);
	json_object_put(root);
}

static struct bed4_xdp_bpf *load(enum bed4_csum_mode csum, __u32 account)
{
	struct bed4_xdp_bpf *x = bed4_xdp_bpf__open();
	struct bed4_neigh seen = { .state = BED4_NEIGH_SEEN };
	struct bed4_self self = fixture_self;
	struct bed4_in6 peer = {};
	__u32 key = 0;

	self.mtu = 1472;

	if (!x)
		return NULL;
	x->rodata->cfg_dscp = BED4_DSCP_COPY;
	x->rodata->cfg_underlay = if_nametoindex("under");
	x->rodata->cfg_tun = if_nametoindex("tun");
	x->rodata->cfg_out[0] = if_nametoindex("under");
	x->rodata->cfg_out[1] = if_nametoindex("v6");
	x->rodata->cfg_out_count = 2;
	x->rodata->cfg_account = account;
	x->rodata->cfg_account_below = account ? 0xffffffffu / account : 0;
	x->rodata->cfg_csum = csum;
	x->rodata->cfg_hop_mask = BED4_HOP_SLOTS - 1;
	x->rodata->cfg_hop_life = 750;
	bpf_map__set_max_entries(x->maps.nexthop, BED4_HOP_SLOTS * libbpf_num_possible_cpus());
	inet_pton(AF_INET6, PEER6, &peer);
	if (bed4_xdp_bpf__load(x) ||
	    bpf_map_update_elem(bpf_map__fd(x->maps.self), &key, &self, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(x->maps.neigh), &peer, &seen, BPF_ANY))
		return NULL;
	return x;
}

/* A capture that wants drops, and so finds nothing in what is measured here. */
static int capture_drops(struct bed4_xdp_bpf *x)
{
	struct bed4_capture c = { .until = ~0ull, .snaplen = 256,
				  .outcomes = { [BED4_MALFORMED / 64] = 1ull << BED4_MALFORMED % 64 } };
	__u32 key = 0;

	return x ? bpf_map_update_elem(bpf_map__fd(x->maps.capture), &key, &c, BPF_ANY) : -1;
}

static int set_up(void)
{
	base = bench_base_bpf__open_and_load();
	xdp = load(BED4_CSUM_MODE_AUTO, 64);
	zero = load(BED4_CSUM_MODE_ZERO, 64);
	blind = load(BED4_CSUM_MODE_AUTO, 0);
	watched = load(BED4_CSUM_MODE_AUTO, 64);
	return base && xdp && zero && blind && !capture_drops(watched) ? 0 : -1;
}

static struct contender contenders[40];
static size_t count;

/* One more contender, whose packet the caller makes. */
static struct contender *add(const char *what, size_t size, __u32 destinations, int prog,
			     const char *dev, __u32 verdict, const struct contender *to)
{
	struct contender *c = &contenders[count++];
	char *name = malloc(64);

	if (!name)
		abort();
	if (destinations > 1)
		snprintf(name, 64, "%s, %u destinations", what, destinations);
	else
		snprintf(name, 64, "%s, %zu bytes", what, size);
	*c = (struct contender){ .name = name, .prog = prog, .dev = if_nametoindex(dev),
				 .verdict = verdict, .destinations = destinations, .base = to };
	return c;
}

/* What two programs do, one of which lacks one thing: checksums, accounting. */
static void fill_pairs(size_t size, const struct contender *base_line)
{
	int ours = bpf_program__fd(xdp->progs.bed4_xdp), load = (int)size - 48;
	struct contender *c, *without;

	without = add("decapsulate, checksum 0", size, 1, ours, "under", XDP_REDIRECT, base_line);
	from_peer(&without->pkt, NET6, 64, load, CSUM_ZERO);
	c = add("decapsulate", size, 1, ours, "under", XDP_REDIRECT, base_line);
	from_peer(&c->pkt, NET6, 64, load, CSUM_FULL);
	c->without = without;
	without = add("encapsulate, checksum 0", size, 1, bpf_program__fd(zero->progs.bed4_xdp), "v6",
		      XDP_REDIRECT, base_line);
	from_host(&without->pkt, HOST6, FAR6, 64, load);
	c = add("encapsulate", size, 1, ours, "v6", XDP_REDIRECT, base_line);
	from_host(&c->pkt, HOST6, FAR6, 64, load);
	c->without = without;
	without = add("relay, no accounting", size, 1, bpf_program__fd(blind->progs.bed4_xdp), "under",
		      XDP_TX, base_line);
	from_peer(&without->pkt, FAR6, 64, load, CSUM_FULL);
	c = add("relay", size, 1, ours, "under", XDP_TX, base_line);
	from_peer(&c->pkt, FAR6, 64, load, CSUM_FULL);
	c->without = without;
	without = c;
	c = add("relay, drops captured", size, 1, bpf_program__fd(watched->progs.bed4_xdp), "under", XDP_TX,
		base_line);
	from_peer(&c->pkt, FAR6, 64, load, CSUM_FULL);
	c->without = without;
}

static void fill_many(__u32 n, const struct contender *base_line)
{
	int ours = bpf_program__fd(xdp->progs.bed4_xdp);
	struct contender *c;

	c = add("decapsulate", 64, n, ours, "under", XDP_REDIRECT, base_line);
	from_peer(&c->pkt, NET6, 64, 16, CSUM_FULL);
	c = add("relay", 64, n, ours, "under", XDP_TX, base_line);
	from_peer(&c->pkt, FAR6, 64, 16, CSUM_FULL);
	c = add("encapsulate", 64, n, ours, "v6", XDP_REDIRECT, base_line);
	from_host(&c->pkt, HOST6, FAR6, 64, 16);
}

/* The baseline and ours, for one size of inner packet and number of destinations. */
static void fill(size_t size, __u32 n)
{
	struct contender *base_line;

	base_line = add("plain XDP forward", size, n, bpf_program__fd(base->progs.plain_forward), "v6",
			XDP_REDIRECT, NULL);
	base_line->base = base_line;
	from_host(&base_line->pkt, HOST6, NET6, 64, (int)size - 48);
	if (n == 1)
		fill_pairs(size, base_line);
	else
		fill_many(n, base_line);
}

static void fill_all(void)
{
	struct contender *c = add("XDP_DROP", 64, 1, bpf_program__fd(base->progs.drop), "v6", XDP_DROP,
				  NULL);

	from_host(&c->pkt, HOST6, NET6, 64, 16);
	c = add("bare XDP redirect", 64, 1, bpf_program__fd(base->progs.bare_redirect), "v6",
		XDP_REDIRECT, NULL);
	from_host(&c->pkt, HOST6, NET6, 64, 16);
	fill(64, 1);
	fill(1400, 1);
	fill(64, 1000);
	fill(64, 100000);
}

int main(int argc, char **argv)
{
	(void)argc;
	fixture_enter(argv);
	libbpf_set_print(NULL);
	if (set_up()) {
		fprintf(stderr, "bench: cannot load the programs; root is needed\n");
		return 1;
	}
	fill_all();
	if (measure(contenders, count))
		return 1;
	report(contenders, count, getenv("BENCH_JSON"));
	bench_base_bpf__destroy(base);
	bed4_xdp_bpf__destroy(xdp);
	bed4_xdp_bpf__destroy(zero);
	bed4_xdp_bpf__destroy(blind);
	bed4_xdp_bpf__destroy(watched);
	return 0;
}
