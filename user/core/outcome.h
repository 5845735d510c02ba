/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Names and sentences of outcomes and hooks, from the tables in 6bed4/stat.h. Must not know where
 * they are counted or shown.
 */
#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

#include "6bed4/stat.h"

/* "?" for a number that is not an outcome or hook. */
const char *outcome_name(enum bed4_outcome o);
const char *outcome_text(enum bed4_outcome o);
enum bed4_kind outcome_kind(enum bed4_outcome o);
const char *kind_name(enum bed4_kind kind);
const char *hook_name(enum bed4_hook hook);
const char *hook_text(enum bed4_hook hook);

#endif
