/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options in effect, each with where its value comes from. Must not know how they came into effect, nor
 * how they are shown.
 */
#ifndef EFFECTIVE_H
#define EFFECTIVE_H

#include "opt.h"

struct effective_row {
	char name[20], value[64];
	enum opt_source source;
	unsigned int line; /* of the file, else 0 */
	bool changed; /* the file says something else by now */
};

struct effective {
	struct effective_row row[OPT_ENTRIES];
	unsigned int count;
};

/* Adds a value; the values of a repeatable option in the order in which they were given. */
void effective_add(struct effective *l, const struct load_options *o, const char *name, const char *value);

/*
 * What is loaded: @options are those in effect ("name value\n" each). @now: what the words of that load and the
 * present file say, with sources, from which those of @l are drawn: a value that only another file than the
 * present one can have given is marked.
 */
void effective_loaded(struct effective *l, const char *options, const struct effective *now);

/* "default", "option", "option of an earlier load", "FILE:LINE" or the like for a row; @path is the file's. */
#define EFFECTIVE_TEXT 128
const char *effective_source(const struct effective_row *r, const char *path, char buf[EFFECTIVE_TEXT]);

/* The table of them, a line each, indented. */
void effective_print(FILE *f, const struct effective *l, const char *path);

#endif
