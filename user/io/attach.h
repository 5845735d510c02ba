/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaching programs to devices and finding them again: XDP by libxdp, TC by a clsact filter. Must
 * not know maps or the protocol.
 */
#ifndef IO_ATTACH_H
#define IO_ATTACH_H

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "6bed4/map.h"
#include "err.h"

/*
 * Attaches @prog in @mode (NATIVE or GENERIC), through libxdp's dispatcher where the kernel allows
 * one, alone otherwise; never in place of a program that is there. The first attachment loads the
 * program. 0 or -errno with @e set.
 */
int attach_xdp(struct xdp_program *prog, unsigned int ifindex, enum bed4_mode mode, struct err *e);

/* Detaches the program with @id from @ifindex; not attached or no such device: 0. */
int detach_xdp(unsigned int ifindex, __u32 id, struct err *e);

/*
 * Attaches @prog_fd to clsact of @ifindex; *@made is set when the qdisc was made for it, and *@id
 * to the program's id. 0 or -errno with @e set.
 */
int attach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, int prog_fd, bool *made,
	      __u32 *id, struct err *e);

/*
 * Detaches our filter with program @id; with @made also removes the clsact qdisc, unless somebody
 * else's filters are in it now. Already gone: 0.
 */
int detach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, __u32 id, bool made,
	      struct err *e);

#endif
