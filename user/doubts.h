/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What does not go together in the options of a file, though each line for itself is right. Must not know the
 * machine, nor how it is told.
 */
#ifndef DOUBTS_H
#define DOUBTS_H

#include "opt.h"

/* Hears of one: an error when a load would refuse it, else it has no effect or a strange one. */
typedef void (*doubts_fn)(void *arg, bool error, unsigned int line, const char *text);

/* Tells @fn of all, for the options @o of a file, whose role need not be settled. Which role that is. */
enum bed4_role doubts(const struct load_options *o, doubts_fn fn, void *arg);

#endif
