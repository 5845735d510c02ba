/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What Prometheus is told of instances: its text exposition format, version 0.0.4. Names, types and
 * sentences are one table. Must not know where the numbers come from, nor who reads the text.
 */
#ifndef METRICS_H
#define METRICS_H

#include "show.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * Writes all metrics of the @n instances at @s to @f, those of one name together, as the format demands.
 * How much that is depends on @n only. Errors stay in @f.
 */
void metrics_write(FILE *f, const struct show *s, unsigned int n);

#endif
