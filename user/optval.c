// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Words to values; see optval.h. Must not know options. Proved by selftests/unit/test_opt.c and
 * selftests/fuzz/fuzz_opt.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "optval.h"

int opt_ipv4(const char *s, __be32 *addr)
{
	return inet_pton(AF_INET, s, addr) == 1 ? 0 : -EINVAL;
}

int opt_ipv6(const char *s, struct bed4_in6 *addr)
{
	return inet_pton(AF_INET6, s, addr) == 1 ? 0 : -EINVAL;
}

#define UINT_DIGITS 10 /* leading zeros or not: what is remembered of a value is bounded */

int opt_uint(const char *s, unsigned int min, unsigned int max, unsigned int *v)
{
	unsigned long n = 0;
	const char *p;

	if (!*s)
		return -EINVAL;
	for (p = s; *p; p++) {
		if (*p < '0' || *p > '9' || p - s == UINT_DIGITS)
			return -EINVAL;
		n = n * 10 + (unsigned long)(*p - '0');
		if (n > UINT_MAX)
			return -EINVAL;
	}
	if (n < min || n > max)
		return -EINVAL;
	*v = (unsigned int)n;
	return 0;
}

const char *opt_split(const char *s, char sep, char *left, size_t size)
{
	const char *at = strrchr(s, sep);

	if (!at || (size_t)(at - s) >= size)
		return NULL;
	memcpy(left, s, (size_t)(at - s));
	left[at - s] = 0;
	return at + 1;
}

int opt_v4_prefix(const char *s, struct opt_v4 *p)
{
	char left[INET_ADDRSTRLEN];
	const char *len = opt_split(s, '/', left, sizeof(left));

	p->len = 32;
	if (!len)
		return strchr(s, '/') ? -EINVAL : opt_ipv4(s, &p->addr);
	if (opt_ipv4(left, &p->addr) || opt_uint(len, 0, 32, &p->len))
		return -EINVAL;
	return p->len < 32 && BED4_NTOHL(p->addr) & (0xffffffffu >> p->len) ? -EINVAL : 0;
}

int opt_endpoint(const char *s, struct bed4_ep *ep)
{
	char left[INET_ADDRSTRLEN];
	const char *port = opt_split(s, ':', left, sizeof(left));
	unsigned int n;

	if (!port || opt_ipv4(left, &ep->addr) || opt_uint(port, 0, 65535, &n))
		return -EINVAL;
	*ep = bed4_ep(ep->addr, BED4_HTONS(n));
	return 0;
}

int opt_prefix64(const char *s, struct bed4_in6 *prefix)
{
	char left[INET6_ADDRSTRLEN];
	const char *len = opt_split(s, '/', left, sizeof(left));

	if (!len || strcmp(len, "64") || opt_ipv6(left, prefix))
		return -EINVAL;
	return prefix->w[2] || prefix->w[3] || bed4_in6_multicast(prefix) || !prefix->w[0] ? -EINVAL : 0;
}

int opt_plan_prefix(const char *s, __u16 *prefix)
{
	struct bed4_in6 in6;
	char left[INET6_ADDRSTRLEN];
	const char *len = opt_split(s, '/', left, sizeof(left));

	if (!len || strcmp(len, "16") || opt_ipv6(left, &in6) || !in6.h[0] || bed4_src_never(&in6) ||
	    in6.h[1] || in6.w[1] || in6.w[2] || in6.w[3])
		return -EINVAL;
	*prefix = BED4_NTOHS(in6.h[0]);
	return 0;
}

bool opt_path(const char *path)
{
	size_t len = strlen(path), i;

	for (i = 0; i < len; i++) {
		if (path[i] <= ' ' || path[i] > '~')
			return false;
	}
	return *path == '/' && len < BED4_SOCKET_LEN && path[len - 1] != '/';
}

/* [IPV6]:PORT or IPV4:PORT, with no address left out: who wants all of them has to say so. */
static int listen_ip(const char *s, struct opt_listen *l)
{
	char left[INET6_ADDRSTRLEN + 2];
	const char *port = opt_split(s, ':', left, sizeof(left));
	size_t len = port ? strlen(left) : 0;

	if (!port || opt_uint(port, 1, 65535, &l->port))
		return -EINVAL;
	if (left[0] != '[') {
		l->kind = OPT_LISTEN_IP4;
		return opt_ipv4(left, &l->in4);
	}
	if (left[len - 1] != ']')
		return -EINVAL;
	left[len - 1] = 0;
	l->kind = OPT_LISTEN_IP6;
	return opt_ipv6(left + 1, &l->in6);
}

int opt_listen(const char *s, struct opt_listen *l)
{
	*l = (struct opt_listen){ .kind = OPT_LISTEN_OFF };
	if (!strcmp(s, "off"))
		return 0;
	if (strncmp(s, "unix:", 5))
		return listen_ip(s, l);
	if (!opt_path(s + 5))
		return -EINVAL;
	l->kind = OPT_LISTEN_FILE;
	memcpy(l->path, s + 5, strlen(s + 5) + 1);
	return 0;
}

const char *opt_listen_text(const struct opt_listen *l, char buf[OPT_LISTEN_TEXT])
{
	char addr[INET6_ADDRSTRLEN] = "";

	if (l->kind == OPT_LISTEN_OFF)
		return "off";
	if (l->kind == OPT_LISTEN_FILE)
		snprintf(buf, OPT_LISTEN_TEXT, "unix:%s", l->path);
	else if (l->kind == OPT_LISTEN_IP6)
		snprintf(buf, OPT_LISTEN_TEXT, "[%s]:%u", inet_ntop(AF_INET6, &l->in6, addr, sizeof(addr)), l->port);
	else
		snprintf(buf, OPT_LISTEN_TEXT, "%s:%u", inet_ntop(AF_INET, &l->in4, addr, sizeof(addr)), l->port);
	return buf;
}

int opt_iface(const char *s)
{
	size_t len = strlen(s), i;

	if (!len || len >= BED4_NAME_LEN || !strcmp(s, ".") || !strcmp(s, ".."))
		return -EINVAL;
	for (i = 0; i < len; i++) {
		if (s[i] <= ' ' || s[i] > '~' || s[i] == '/' || s[i] == ':')
			return -EINVAL;
	}
	return s[0] == '-' ? -EINVAL : 0; /* every tool would take it for an option */
}
