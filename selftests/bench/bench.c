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

#define ROUNDS 9
#define REPEAT 200000

struct contender {
	const char *name;
	int prog; /* descriptor */
	unsigned int dev;
	__u32 verdict;
	struct pkt pkt;
	double ns[ROUNDS]; /* without what `again` costs for this packet */
	double undo[ROUNDS];
};

static struct bench_base_bpf *base;
static struct bed4_xdp_bpf *xdp;

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double run_one(const struct contender *c, int prog, __u32 verdict)
{
	struct xdp_md md = { .data_end = c->pkt.len, .ingress_ifindex = c->dev };
	uint8_t out[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = c->pkt.b, .data_size_in = c->pkt.len,
		    .data_out = out, .data_size_out = sizeof(out), .ctx_in = &md,
		    .ctx_size_in = sizeof(md), .repeat = REPEAT);
	struct { __u32 len, pad; uint8_t head[92]; } canon = { .len = c->pkt.len };
	__u32 zero = 0;

	memcpy(canon.head, c->pkt.b, sizeof(canon.head));
	if (bpf_map_update_elem(bpf_map__fd(base->maps.canon), &zero, &canon, BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(base->maps.under_test), &zero, &prog, BPF_ANY) ||
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
			double undo = run_one(&c[i], drop, XDP_DROP);
			double all = run_one(&c[i], c[i].prog, c[i].verdict);

			if (undo < 0 || all < 0)
				return -1;
			if (round < 0)
				continue; /* warm-up */
			c[i].undo[round] = undo;
			c[i].ns[round] = all - undo;
		}
	}
	return 0;
}

static void report(struct contender *c, size_t n, const char *file)
{
	struct json_object *root = json_object_new_object(), *o;
	double plain;

	for (size_t i = 0; i < n; i++)
		qsort(c[i].ns, ROUNDS, sizeof(double), by_value);
	plain = c[1].ns[ROUNDS / 2];
	printf("%-34s %8s %8s %8s %8s\n", "per packet, over a bare drop", "ratio", "ns", "min", "max");
	for (size_t i = 1; i < n; i++) {
		printf("%-34s %8.2f %8.0f %8.0f %8.0f\n", c[i].name, c[i].ns[ROUNDS / 2] / plain,
		       c[i].ns[ROUNDS / 2], c[i].ns[0], c[i].ns[ROUNDS - 1]);
		o = json_object_new_object();
		json_object_object_add(o, "ratio", json_object_new_double(c[i].ns[ROUNDS / 2] / plain));
		json_object_object_add(o, "ns", json_object_new_double(c[i].ns[ROUNDS / 2]));
		json_object_object_add(root, c[i].name, o);
	}
	printf("Median of %d interleaved rounds of %d packets each; ratio to a plain XDP forward.\n",
	       ROUNDS, REPEAT);
	if (file && json_object_to_file_ext(file, root, JSON_C_TO_STRING_PRETTY))
		fprintf(stderr, "bench: cannot write %s\n", file);
	json_object_put(root);
}

static int set_up(void)
{
	unsigned int under = if_nametoindex("under"), v6 = if_nametoindex("v6");
	__u32 zero = 0;

	base = bench_base_bpf__open_and_load();
	xdp = bed4_xdp_bpf__open();
	if (!base || !xdp)
		return -1;
	xdp->rodata->cfg_underlay = under;
	xdp->rodata->cfg_tun = if_nametoindex("tun");
	xdp->rodata->cfg_out[0] = under;
	xdp->rodata->cfg_out[1] = v6;
	xdp->rodata->cfg_out_count = 2;
	xdp->rodata->cfg_account = 64;
	xdp->rodata->cfg_account_below = 0xffffffffu / 64;
	if (bed4_xdp_bpf__load(xdp))
		return -1;
	return bpf_map_update_elem(bpf_map__fd(xdp->maps.self), &zero, &fixture_self, BPF_ANY);
}

static size_t fill(struct contender *c)
{
	static const size_t sizes[] = { 64, 1280 };
	static char names[16][40];
	unsigned int under = if_nametoindex("under"), v6 = if_nametoindex("v6");
	int ours = bpf_program__fd(xdp->progs.bed4_xdp), plain = bpf_program__fd(base->progs.plain_forward);
	size_t n = 0;

#define ADD(label, size, prog_fd, device, want, build)                                             \
	do {                                                                                       \
		snprintf(names[n], sizeof(names[n]), "%s, %zu bytes", label, (size_t)(size));      \
		c[n].name = names[n];                                                              \
		c[n].prog = prog_fd;                                                               \
		c[n].dev = device;                                                                 \
		c[n].verdict = want;                                                               \
		build;                                                                             \
		n++;                                                                               \
	} while (0)

	ADD("drop", 64, bpf_program__fd(base->progs.drop), v6, XDP_DROP,
	    from_host(&c[n].pkt, HOST6, NET6, 64, 16));
	for (size_t i = 0; i < 2; i++) {
		size_t load = sizes[i] - 48;

		ADD("plain XDP forward", sizes[i], plain, v6, XDP_REDIRECT,
		    from_host(&c[n].pkt, NET6, HOST6, 64, load));
		ADD("decapsulate, checksum 0", sizes[i], ours, under, XDP_REDIRECT,
		    from_peer(&c[n].pkt, HOST6, 64, load, CSUM_ZERO));
		ADD("decapsulate, checksum verified", sizes[i], ours, under, XDP_REDIRECT,
		    from_peer(&c[n].pkt, HOST6, 64, load, CSUM_FULL));
		ADD("relay", sizes[i], ours, under, XDP_TX,
		    from_peer(&c[n].pkt, FAR6, 64, load, CSUM_FULL));
		ADD("encapsulate, checksum derived", sizes[i], ours, v6, XDP_REDIRECT,
		    from_host(&c[n].pkt, HOST6, PEER6, 64, load));
	}
#undef ADD
	return n;
}

int main(int argc, char **argv)
{
	static struct contender c[16];
	size_t n;

	(void)argc;
	fixture_enter(argv);
	libbpf_set_print(NULL);
	if (set_up()) {
		fprintf(stderr, "bench: cannot load the programs; root is needed\n");
		return 1;
	}
	n = fill(c);
	if (measure(c, n))
		return 1;
	report(c, n, getenv("BENCH_JSON"));
	bench_base_bpf__destroy(base);
	bed4_xdp_bpf__destroy(xdp);
	return 0;
}
