/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The values that words of a command line and of a configuration file stand for: addresses, prefixes, numbers,
 * places where something is served. Strict: the whole word, or -EINVAL. Must not know what they are for.
 */
#ifndef OPTVAL_H
#define OPTVAL_H

#include <stdbool.h>

#include "6bed4/map.h"

struct opt_v4 {
	__be32 addr; /* host bits are 0 */
	unsigned int len;
};

/* Where something is served. */
struct opt_listen {
	enum { OPT_LISTEN_OFF, OPT_LISTEN_FILE, OPT_LISTEN_IP4, OPT_LISTEN_IP6 } kind;
	__be32 in4;
	struct bed4_in6 in6;
	unsigned int port;
	char path[BED4_SOCKET_LEN]; /* absolute */
};

/* Splits "LEFT<sep>RIGHT" at the last @sep: the right part; the left one is copied. NULL: no @sep, or too long. */
const char *opt_split(const char *s, char sep, char *left, size_t size);

int opt_ipv4(const char *s, __be32 *addr);
int opt_ipv6(const char *s, struct bed4_in6 *addr);
int opt_v4_prefix(const char *s, struct opt_v4 *p); /* "A", "A/LEN"; host bits must be 0 */
int opt_uint(const char *s, unsigned int min, unsigned int max, unsigned int *v);
int opt_endpoint(const char *s, struct bed4_ep *ep); /* IPV4:PORT */
int opt_prefix64(const char *s, struct bed4_in6 *prefix); /* P/64, low half 0, unicast */
int opt_plan_prefix(const char *s, __u16 *prefix); /* P/16 of unicast addresses, host order */
bool opt_path(const char *path); /* can it be the file of a socket? Absolute, printable, not too long */
int opt_iface(const char *s); /* can it be the name of a device, and pass through every tool? */

int opt_listen(const char *s, struct opt_listen *l); /* off, unix:PATH, IPV4:PORT, [IPV6]:PORT */

#define OPT_LISTEN_TEXT (BED4_SOCKET_LEN + 8)
const char *opt_listen_text(const struct opt_listen *l, char buf[OPT_LISTEN_TEXT]); /* as it is said */

#endif
