/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The XDP object loaded with the constants that a test wants, and the runner for its fixtures; included
 * by one test each, inside env.sh's namespace. Must not hold expectations.
 */
#ifndef PROG_XDP_RUN_H
#define PROG_XDP_RUN_H

#include <net/if.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "bed4_xdp.skel.h"
#include "poison.skel.h"
#include "cases.h"

#define SLOTS 1024 /* of the next-hop cache */

static struct {
	struct bed4_xdp_bpf *xdp;
	struct poison_bpf *poison;
	unsigned int dev[2];
} t;

/* Without the native decision. */
static inline void run_only(const struct fixture *f)
{
	__u64 before[BED4_OUTCOME_COUNT], after[BED4_OUTCOME_COUNT];
	struct xdp_md md = { .data_end = f->in.len, .ingress_ifindex = t.dev[f->dev] };
	uint8_t out[PKT_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->in.b, .data_size_in = f->in.len,
		    .data_out = out, .data_size_out = sizeof(out), .ctx_in = &md,
		    .ctx_size_in = sizeof(md), .repeat = 1);
	int stats = bpf_map__fd(t.xdp->maps.stats);

	fixture_forget_limits(bpf_map__fd(t.xdp->maps.limit));
	fixture_counts(stats, BED4_HOOK_XDP, before);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(t.poison->progs.poison), &opts), 0);
	if ((int)opts.retval != f->verdict)
		fail_msg("%s: verdict %u, expected %d", f->name, opts.retval, f->verdict);
	fixture_compare(f, out, opts.data_size_out);
	fixture_counts(stats, BED4_HOOK_XDP, after);
	fixture_counted(f, before, after);
}

static inline void run(const struct fixture *f)
{
	run_only(f);
	fixture_native(f);
}

/* A packet that the program must leave as it is. */
static inline void passes(const char *name, const struct pkt *in, enum bed4_outcome outcome)
{
	struct fixture f = { .name = name, .verdict = XDP_PASS, .outcome = outcome, .in = *in };

	run(&f);
}

static inline void drops(const char *name, const struct pkt *in, enum bed4_outcome outcome)
{
	struct fixture f = { .name = name, .verdict = XDP_DROP, .outcome = outcome, .in = *in };

	run(&f);
}

static inline void unload(void)
{
	bed4_xdp_bpf__destroy(t.xdp);
	poison_bpf__destroy(t.poison);
	t.xdp = NULL;
	t.poison = NULL;
}

typedef void (*tune_fn)(struct bed4_xdp_bpf__rodata *ro);

/* Loads both programs, with constants as @tune (or NULL) changes them. */
static int load(tune_fn tune)
{
	__u32 zero = 0, flags;
	int fd;

	t.dev[FX_UNDER] = if_nametoindex("under");
	t.dev[FX_V6] = if_nametoindex("v6");
	t.poison = poison_bpf__open();
	t.xdp = bed4_xdp_bpf__open();
	if (!t.xdp || !t.poison)
		return -1;
	t.xdp->rodata->cfg_dscp = BED4_DSCP_COPY;
	t.xdp->rodata->cfg_underlay = t.dev[FX_UNDER];
	t.xdp->rodata->cfg_tun = if_nametoindex("tun");
	t.xdp->rodata->cfg_out[0] = t.dev[FX_UNDER];
	t.xdp->rodata->cfg_out[1] = t.dev[FX_V6];
	t.xdp->rodata->cfg_out_count = 2;
	t.xdp->rodata->cfg_csum = BED4_CSUM_MODE_AUTO;
	t.xdp->rodata->cfg_hop_mask = SLOTS - 1;
	t.xdp->rodata->cfg_hop_life = 75;
	if (tune)
		tune(t.xdp->rodata);
	flags = t.xdp->rodata->cfg_frags ? BPF_F_XDP_HAS_FRAGS : 0;
	bpf_map__set_max_entries(t.xdp->maps.nexthop, SLOTS * libbpf_num_possible_cpus());
	if (bpf_program__set_flags(t.xdp->progs.bed4_xdp, flags) ||
	    bpf_program__set_flags(t.poison->progs.poison, flags) || bed4_xdp_bpf__load(t.xdp) ||
	    poison_bpf__load(t.poison))
		return -1;
	fd = bpf_program__fd(t.xdp->progs.bed4_xdp);
	if (bpf_map_update_elem(bpf_map__fd(t.poison->maps.under_test), &zero, &fd, BPF_ANY))
		return -1;
	return bpf_map_update_elem(bpf_map__fd(t.xdp->maps.self), &zero, &fixture_self, BPF_ANY);
}

static inline void forget_limits(void)
{
	fixture_forget_limits(bpf_map__fd(t.xdp->maps.limit));
}

static inline int set_up(void **state)
{
	(void)state;
	return load(NULL);
}

static inline int tear_down(void **state)
{
	(void)state;
	unload();
	return 0;
}

#endif
