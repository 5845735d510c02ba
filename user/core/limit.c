// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The table behind limit.h; how buckets work is in include/6bed4/limit.h. Must not know what is
 * answered. Proved by selftests/unit/test_nd.c.
 */
#include <string.h>

#include "6bed4/admit.h"
#include "core/limit.h"

void limit_init(struct limit *l, __u64 seed, __u64 *collisions)
{
	memset(l, 0, sizeof(*l));
	l->seed = seed;
	l->collisions = collisions;
}

bool limit_allow(struct limit *l, __u64 now, struct bed4_ep who, __u32 cost, __u32 draws)
{
	struct bed4_charge c = bed4_charge_question(who, cost, draws);

	return bed4_limit_pay(&l->row[BED4_LIMIT_ONES + bed4_limit_slot(c.one, l->seed)],
			      &l->row[BED4_LIMIT_SITES + bed4_limit_slot(c.site, l->seed)],
			      &l->row[BED4_LIMIT_ALL], &c, now, l->collisions);
}
