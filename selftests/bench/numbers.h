/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What every table of the bench does with its numbers. Must not know what is measured. */
#ifndef BENCH_NUMBERS_H
#define BENCH_NUMBERS_H

#include <stdlib.h>
#include <time.h>

/* ns, of a clock that nobody sets. */
static inline unsigned long long bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts in place: the median is in the middle then, the extremes at both ends. */
static inline void bench_sort(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), bench_compare);
}

#endif
