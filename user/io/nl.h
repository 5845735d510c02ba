/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One request, its answers: the shape of every netlink conversation here; and what messages hold, read
 * without trust in what they say of their own lengths. Must not know what is asked for.
 */
#ifndef IO_NL_H
#define IO_NL_H

#include <stdbool.h>

#include <libmnl/libmnl.h>

/*
 * Sends @nlh to rtnetlink and hands each answer to @cb (which may be NULL), until the last one. Returns 0
 * or -errno, the kernel's own when it refused.
 */
int nl_talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *arg);

/* The same with generic netlink. */
int nl_talk_generic(struct nlmsghdr *nlh, mnl_cb_t cb, void *arg);

/*
 * Hands each message of a datagram of @n bytes to @cb, as mnl_cb_run() does: 1 go on, 0 that was the last
 * one, -1 with errno set. With a length that cannot be, none is handed over.
 */
int nl_run(const void *buf, size_t n, unsigned int seq, unsigned int portid, mnl_cb_t cb, void *arg);

/* The fixed header of @size bytes behind netlink's own; NULL: the message is too short for one. */
const void *nl_head(const struct nlmsghdr *nlh, size_t size);

/* Copies an attribute's payload if it has exactly @size bytes; else false, and @value as it was. */
bool nl_get(const struct nlattr *attr, void *value, size_t size);

#endif
