/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the options that were given to those in effect: defaults that depend on the machine are
 * looked up, and what cannot work is refused with advice. Must not change anything on the machine.
 */
#ifndef SETTLE_H
#define SETTLE_H

#include "daemon.h"
#include "effective.h"
#include "io/instance.h"
#include "opt.h"

/*
 * Completes @o. @old is what an earlier load of this instance has left, or NULL: its TUN is ours, a peer's
 * port stays. 0 or -errno with @e set.
 */
int settle(struct load_options *o, const struct instance *in, const struct daemon_before *old,
	   struct err *e);

/* The effective options, "name value\n" each, sorted, into @text. -ENOSPC when they do not fit. */
int settle_text(const struct load_options *o, char text[BED4_OPTIONS_LEN]);

/* The same one by one and unsorted: the values of a repeatable option in their order. */
void settle_list(const struct load_options *o, struct effective *l);

/* Names the options in which two such texts differ, with both values, into @buf. */
void settle_diff(const char *old, const char *new, char *buf, size_t size);

/* Keeps a peer's port for the next load, so that its address stays. */
void settle_keep_port(const struct load_options *o, const struct instance *in);

#endif
