/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the parts of the fast path's user side share: fastpath.c (maps and programs made), fastpath_attach.c
 * (put to work) and fastpath_maps.c (contents). For nobody else.
 */
#ifndef IO_FASTPATH_PRIV_H
#define IO_FASTPATH_PRIV_H

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "6bed4/limit.h"
#include "bed4_tc.skel.h"
#include "bed4_xdp.skel.h"
#include "io/fastpath.h"
#include "io/owner.h"

#define FASTPATH_PATH 512

/* A place in `neigh`, as the kernel's batches have it. */
struct walk {
	__u32 cursor;
	bool begun;
};

/* A sweep under way. */
struct sweep {
	struct walk at;
	__u32 left_batches; /* 0: none is */
	__u32 left; /* entries met that stay */
	__u32 added; /* meanwhile */
};

struct fastpath {
	struct fastpath_config config;
	enum bed4_mode mode; /* in effect, never AUTO */
	char pin_dir[FASTPATH_PATH];
	struct bed4_tc_bpf *tc; /* all maps are in it; NULL: without BPF */
	/*
	 * In the order of fastpath_map_names. libbpf takes a pinned map's name from the kernel, which has none where it
	 * was not told: so these are found once, before.
	 */
	struct bpf_map *map[FASTPATH_MAPS];
	struct bed4_xdp_bpf *xdp; /* NULL unless the mode needs it */
	struct xdp_program *prog; /* of `xdp`; NULL: attached alone, as the one that it replaces */
	int set_neigh; /* the program that changes a neighbour in place, -1 not loaded */
	int put_shot; /* the one that copies `slowshot` into the ring of a capture, likewise */
	bool taken; /* from another process, and then these two are ours to close */
	struct owner owner; /* recognises what an earlier load has attached */
	struct bed4_count *slow;
	size_t slow_size;
	const struct bed4_pulse *pulse;
	struct bed4_hopgen *hopgen;
	struct bed4_losses *losses;
	struct bed4_gauges *gauges;
	const struct bed4_bucket *limit;
	const struct bed4_capture *capture;
	struct bed4_shot *slowshot;
	struct sweep sweep;
	__u64 swept; /* `until` of the last capture that was found dead */
	__u64 limit_seed;
	struct ring_buffer *ring;
	void (*event_fn)(void *arg, const struct bed4_event *ev);
	void *event_arg;
};

/* Is it one without BPF? */
static inline bool fastpath_is_bare(const struct fastpath *fp)
{
	return !fp->tc;
}

int fastpath_open_events(struct fastpath *fp);

/* The devices that XDP programs go onto; returns how many. */
#define DEVS_MAX (BED4_V6DEV_MAX + 1)
unsigned int fastpath_xdp_devices(const struct fastpath_config *c, unsigned int devs[DEVS_MAX]);

#endif
