/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaching programs to devices and finding them again: XDP by libxdp, TC by a clsact filter. Ours is
 * put in the place of an earlier one of ours, in one step; a program of somebody else stays. Must not
 * know maps or the protocol.
 */
#ifndef IO_ATTACH_H
#define IO_ATTACH_H

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "6bed4/map.h"
#include "err.h"
#include "io/owner.h"

/*
 * Attaches @prog in @mode (NATIVE or GENERIC) through libxdp's dispatcher where the kernel allows one,
 * alone otherwise; the first attachment loads the program. An earlier one of ours in the dispatcher goes
 * when the new one is in. 0 or -errno with @e set.
 */
int attach_xdp(struct xdp_program *prog, unsigned int ifindex, enum bed4_mode mode,
	       const struct owner *owner, struct err *e);

/* Is a program of ours attached there without a dispatcher? Then only its like can replace it: */
bool xdp_is_alone(unsigned int ifindex, const struct owner *owner);
int attach_xdp_alone(int prog_fd, unsigned int ifindex, enum bed4_mode mode, const struct owner *owner,
		     struct err *e);

/* Detaches all of ours from @ifindex but the program @but; none there or no such device: 0. */
int detach_xdp(unsigned int ifindex, const struct owner *owner, __u32 but, struct err *e);

/* Has the device a program of ours there? */
bool xdp_is_ours(unsigned int ifindex, const struct owner *owner);
bool tc_is_ours(unsigned int ifindex, enum bpf_tc_attach_point point, const struct owner *owner);

/* How many programs there are of ours, and of others; -1 both: the kernel does not tell. */
void xdp_count(unsigned int ifindex, const struct owner *owner, int *ours, int *others);

/* Of our filters; behind those of others, who may thus drop before us. */
#define TC_PRIORITY 25788

/*
 * Attaches @prog_fd to clsact of @ifindex, which is made if it is not there; replaces a filter of ours.
 * 0 or -errno with @e set.
 */
int attach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, int prog_fd, const struct owner *owner,
	      struct err *e);

/*
 * Detaches our filter; with @made also removes the clsact qdisc, unless somebody else's filters are in it
 * now. Already gone: 0.
 */
int detach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, const struct owner *owner, bool made,
	      struct err *e);

#endif
