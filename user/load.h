/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `load` for callers that have options already, from wherever. Must not know where.
 */
#ifndef LOAD_H
#define LOAD_H

#include "opt.h"

/*
 * Loads what @w says, with what only the configuration file of the device w->set.iface says. Messages have
 * been printed; returns an exit code.
 */
int load_words(struct opt_words *w);

#endif
