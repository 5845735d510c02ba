/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `load` and `reload` say was set up, for people or as JSON. Must not set anything up.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "daemon.h"
#include "effective.h"

struct json_object;

/* All of it is the caller's. */
struct report {
	const struct load_options *opt; /* in effect */
	const struct daemon_before *before;
	struct daemon *daemon;
	const char *notice; /* "" none */
	bool bare; /* it runs without privileges */
	bool asked; /* a peer's router, and given its time to answer */
	bool degraded; /* which it did not */
};

void report(FILE *f, const struct report *r);

/* As JSON, where that is all there is to say: @iface was not (@changed) as it was asked to be. */
void report_changed(const char *iface, bool changed);

/* Options in effect and their sources, as an array; @path is the file's. The caller's, as json-c has it. */
struct json_object *report_options(const struct effective *l, const char *path);

#endif
