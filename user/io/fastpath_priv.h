/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the parts of the fast path's user side share: fastpath.c (maps and programs made), fastpath_attach.c
 * (put to work) and fastpath_maps.c (contents). For nobody else.
 */
#ifndef IO_FASTPATH_PRIV_H
#define IO_FASTPATH_PRIV_H

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "bed4_tc.skel.h"
#include "bed4_xdp.skel.h"
#include "io/fastpath.h"
#include "io/owner.h"

#define FASTPATH_PATH 512

struct fastpath {
	struct fastpath_config config;
	enum bed4_mode mode; /* in effect, never AUTO */
	char pin_dir[FASTPATH_PATH];
	struct bed4_tc_bpf *tc; /* always: all maps are in it */
	struct bed4_xdp_bpf *xdp; /* NULL unless the mode needs it */
	struct xdp_program *prog; /* of `xdp`; NULL: attached alone, as the one that it replaces */
	struct owner owner; /* recognises what an earlier load has attached */
	struct bed4_count *slow;
	size_t slow_size;
	const struct bed4_pulse *pulse;
	struct bed4_hopgen *hopgen;
	struct bed4_losses *losses;
	__u64 limit_seed;
	struct ring_buffer *ring;
	void (*event_fn)(void *arg, const struct bed4_event *ev);
	void *event_arg;
};

int fastpath_open_events(struct fastpath *fp);

/* The devices that XDP programs go onto; returns how many. */
#define DEVS_MAX (BED4_V6DEV_MAX + 1)
unsigned int fastpath_xdp_devices(const struct fastpath_config *c, unsigned int devs[DEVS_MAX]);

#endif
