/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One request, its answers: the shape of every rtnetlink conversation here. Must not know what is
 * asked for.
 */
#ifndef IO_NL_H
#define IO_NL_H

#include <libmnl/libmnl.h>

/*
 * Sends @nlh and hands each answer to @cb (which may be NULL), until the last one. Returns 0 or
 * -errno, the kernel's own when it refused.
 */
int nl_talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *arg);

#endif
