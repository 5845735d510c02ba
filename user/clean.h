/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Taking an instance off the machine, whether its daemon has ended in order, has crashed, or never came
 * to its end of loading. For a privileged caller, with the instance's lock held.
 */
#ifndef CLEAN_H
#define CLEAN_H

#include "err.h"
#include "io/instance.h"

/*
 * Removes what `info` says was made or about to be made: programs, routing rules, label, addresses, TUN
 * device, and when all that is gone the pins. Where `info` is damaged, what a look at all devices finds.
 * Already gone is fine, and one failure does not keep the rest from being removed. 0 or -errno with @e set.
 */
int clean_maps(const struct instance *in, const struct instance_maps *maps, struct err *e);

/* The same for an instance without a daemon, by its pins. -ENOENT: there is none. */
int clean_pinned(const struct instance *in, struct err *e);

#endif
