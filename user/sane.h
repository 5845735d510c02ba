/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether what is read back from maps can be what 6bed4 has written: before names are shown or used for
 * devices, and counts for arrays. Must not know where it was read, nor what it is for.
 */
#ifndef SANE_H
#define SANE_H

#include "6bed4/map.h"
#include "err.h"

/*
 * 0: names end and can be those of devices, counts are in range, indexes can be those of devices, as of
 * any state that `load` leaves while it is at work, of whatever ABI. -EUCLEAN: damaged, with @e set, where
 * @iface is what it is about.
 */
int made_sane(const struct bed4_made *made, const char *iface, struct err *e);

/* Is it "", or can it be the file of a socket that we have made? */
bool file_sane(const char path[BED4_SOCKET_LEN]);

/*
 * 0: made_sane(), and all the rest is in range, options are lines of printable ASCII. -EPROTO: written by a
 * build with another layout; -EUCLEAN: damaged. Both with @e set.
 */
int info_sane(const struct bed4_info *info, const char *iface, struct err *e);
int self_sane(const struct bed4_self *self, const char *iface, struct err *e);

#endif
