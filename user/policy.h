/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the operator lifted or denied, the machine's own addresses and the subnets that the underlay
 * is connected to: the daemon's copy of what maps `policy4` and `self` tell the fast path. Must not know packets.
 */
#ifndef POLICY_H
#define POLICY_H

#include "io/fastpath.h"
#include "io/rtnl.h"
#include "opt.h"

#define POLICY_OWN_MAX	  256
#define POLICY_SUBNET_MAX 64

struct policy {
	const struct load_options *opt;
	__be32 own[POLICY_OWN_MAX];
	unsigned int own_count;
	unsigned int underlay; /* interface index */
	struct rtnl_subnet4 subnet[POLICY_SUBNET_MAX];
	unsigned int subnet_count;
};

/* For struct tunnel_config: longest prefix wins; @arg is a struct policy. */
enum bed4_policy policy_ask(const void *arg, __be32 addr);

/* Likewise: is @addr on a subnet of the underlay? */
bool policy_onlink(const void *arg, __be32 addr);

/*
 * Reads the machine's IPv4 addresses anew into @p and @self; those that do not fit `self` go to
 * `policy4` (skipped while @fp is NULL). Returns 1 when @self changed, 0 when not, or -errno.
 */
int policy_refresh(struct policy *p, struct bed4_self *self, struct fastpath *fp);

/* Is it an address of this machine (or a directed broadcast)? As of the last refresh. */
bool policy_has_own(const struct policy *p, __be32 addr);

/* Has somebody changed what `policy4` should hold? 1, 0 or -errno. Where nobody asks it, it may hold anything. */
int policy_differs(const struct policy *p, const struct bed4_self *self, struct fastpath *fp);

/* Writes the operator's entries to `policy4`, and removes what is there and stands for nothing. */
int policy_publish(const struct policy *p, struct fastpath *fp);

#endif
