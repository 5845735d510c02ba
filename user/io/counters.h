/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reading the counters of outcomes: one system call for a map, however many outcomes and CPUs there are.
 * Must not know what an outcome is.
 */
#ifndef IO_COUNTERS_H
#define IO_COUNTERS_H

#include "6bed4/map.h"

/* Counters of the hooks of map `stats`, summed over CPUs, into the first rows of @count. 0 or -errno. */
int counters_read_stats(int fd, struct bed4_count (*count)[BED4_OUTCOME_COUNT]);

/* Those of map `slow` into the rows behind. */
int counters_read_slow(int fd, struct bed4_count (*count)[BED4_OUTCOME_COUNT]);

#endif
