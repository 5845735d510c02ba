/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a daemon may do, read from /proc for `status`. Must not know what it should be allowed. */
#ifndef SHOW_PRIVS_H
#define SHOW_PRIVS_H

#include <stdbool.h>
#include <stddef.h>

struct show_privs {
	unsigned int uid;
	unsigned long long caps; /* effective, a bit for each */
	bool no_new_privs;
	bool filtered; /* by seccomp */
};

#define SHOW_CAPS 64 /* bits of `caps` */

/* False: that process is not to be seen. */
bool show_privs_read(struct show_privs *p, unsigned int pid);

/* The user's name, or number, in @buf. */
const char *show_privs_user(const struct show_privs *p, char *buf, size_t size);

/* Has it that capability? Then its name is in @buf. */
bool show_privs_cap(const struct show_privs *p, int cap, char *buf, size_t size);

#endif
