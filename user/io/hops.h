/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What makes cached next hops wrong: watches the kernel's routing by rtnetlink, and keeps the
 * neighbour entries of next hops in use fresh. Must not know packets or the cache itself.
 */
#ifndef IO_HOPS_H
#define IO_HOPS_H

#include <stdbool.h>

#include "6bed4/map.h"

struct hops;

/* Listens to routes, rules, neighbours, links and addresses. 0 with *@h set, or -errno. */
int hops_open(struct hops **h);
void hops_close(struct hops *h);

/* A pollable descriptor. */
int hops_fd(const struct hops *h);

/*
 * Reads what has happened. True when cached next hops may be wrong: a new generation is due. That a
 * neighbour was confirmed once more, with the MAC address that it had, changes nothing.
 */
bool hops_changed(struct hops *h);

/*
 * enum bed4_bypass: for which family the next hop depends on more than the destination (policy
 * rules, multipath, source-specific routes), as of the last event. Dumps rules and routes when an
 * event has made that necessary, at most every 10 s; @now in s.
 */
__u32 hops_bypass(struct hops *h, __u32 now);

/* Has the kernel use the neighbour entry of a gateway, so that it finds out when it is gone. */
int hops_use(const struct bed4_via *via);

#endif
