/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the next word of a command line may be, from the table of commands alone. Must not know a shell, nor
 * where the names of devices and neighbours come from.
 */
#ifndef COMPLETE_H
#define COMPLETE_H

#include "cmd.h"

/* Takes one candidate; @help may be "". */
typedef void (*complete_fn)(void *arg, const char *word, const char *help);

/*
 * Who knows the names of a kind of thing ("loaded", "device", "neigh", "outcome"): hands each to @fn. A kind that
 * it does not know has none.
 */
typedef void (*complete_names)(const char *kind, complete_fn fn, void *arg);

/*
 * Hands @fn each word that may stand in the place of the last of the @argc words behind the program's name, and
 * that begins like it; ":file" stands for the names of files, which the shell knows.
 */
void complete(const struct command *table, int argc, char **argv, complete_names names, complete_fn fn, void *arg);

/*
 * Is @words of a command well-formed? Calls @fn for each option in it, with dashes, and what may stand behind
 * it as help; for tests. 0, or -EINVAL.
 */
int complete_check(const char *words, complete_fn fn, void *arg);

#endif
