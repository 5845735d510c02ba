/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Gathering the facts that `health` judges (health.h): a bounded number of system calls, whatever the size of
 * routing tables and maps. Changes nothing. Must not judge.
 */
#ifndef HEALTH_FACTS_H
#define HEALTH_FACTS_H

#include "err.h"
#include "health.h"

/* What was asked for beside the instance. */
struct health_ask {
	unsigned int patience; /* s for the daemon to answer */
	bool to4_set, to6_set; /* where there has to be a route to; else a default route */
	__be32 to4;
	struct bed4_in6 to6;
};

/*
 * Facts on the instance on @iface. What cannot be learnt is told in @f. 0; -ENOENT: nothing is loaded there;
 * other -errno with @e set: it cannot be asked at all.
 */
int health_facts(struct health_facts *f, const char *iface, const struct health_ask *ask, struct err *e);

#endif
