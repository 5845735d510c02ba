/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* --watch [SEC] of `status` and `stats`: samples, again and again, until somebody has seen enough. */
#ifndef CMD_WATCH_H
#define CMD_WATCH_H

#include "show.h"

struct watch_words {
	bool on;
	unsigned int ms; /* between samples */
};

/* Takes --watch and its value out of @argv. The words that are left, or -1: usage error told. */
int watch_words(struct watch_words *w, int argc, char **argv);

/* Shows rates (@stats: of every outcome) of what @a names. Returns the exit code: 3 when it was unloaded. */
int watch(const struct show_args *a, const struct watch_words *w, bool stats);

#endif
