// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Commands for root; see asroot.h. Proved by selftests/net/test_compat.sh. */
#include <arpa/inet.h>
#include <string.h>

#include "asroot.h"
#include "io/rtnl.h"

static bool is_set(const struct bed4_in6 *addr)
{
	return addr->w[0] || addr->w[1] || addr->w[2] || addr->w[3];
}

__attribute__((format(printf, 2, 3))) static void add(struct as_root *a, const char *fmt, ...)
{
	va_list ap;

	if (a->count == AS_ROOT_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(a->command[a->count++], sizeof(*a->command), fmt, ap);
	va_end(ap);
}

void as_root_address(struct as_root *a, const struct bed4_in6 *addr)
{
	if (is_set(&a->addr) && !bed4_in6_eq(&a->addr, addr))
		a->old = a->addr;
	a->addr = *addr;
}

static void make_link(struct as_root *a, const struct load_options *o)
{
	struct rtnl_link link;

	if (!rtnl_link_get(o->tun, &link) && (!link.running || link.mtu != o->mtu))
		add(a, "ip link set %s mtu %u up", o->tun, o->mtu);
}

static void make_addresses(struct as_root *a, const struct load_options *o, unsigned int tun)
{
	char text[INET6_ADDRSTRLEN];

	if (is_set(&a->addr) && !rtnl_addr6_is_on(tun, &a->addr))
		add(a, "ip -6 addr add %s/64 dev %s nodad", inet_ntop(AF_INET6, &a->addr, text, sizeof(text)), o->tun);
	if (is_set(&a->old) && rtnl_addr6_is_on(tun, &a->old))
		add(a, "ip -6 addr del %s/64 dev %s", inet_ntop(AF_INET6, &a->old, text, sizeof(text)), o->tun);
}

/* As daemon.c does it where it may. */
static void make_plan_route(struct as_root *a, const struct load_options *o)
{
	bool router = o->role == BED4_ROLE_ROUTER;
	char text[INET6_ADDRSTRLEN];

	if (o->plan != BED4_PLAN_SERVER || a->addr.h[0] != BED4_HTONS(o->plan_prefix))
		return;
	add(a, "ip -6 route replace %x::/16 dev %s%s", o->plan_prefix, o->tun, router ? " table 25788" : "");
	if (router)
		add(a, "ip -6 rule add iif lo from %s to %x::/16 lookup 25788 priority 25788",
		    inet_ntop(AF_INET6, &a->addr, text, sizeof(text)), o->plan_prefix);
}

/* Against packets from native IPv6 with the router's own source; what the kernel has cannot be told apart. */
static void make_rules(struct as_root *a, const struct load_options *o)
{
	char text[INET6_ADDRSTRLEN];
	unsigned int i;

	inet_ntop(AF_INET6, &o->prefix, text, sizeof(text));
	for (i = 0; i < o->v6_count; i++)
		add(a, "ip -6 rule add iif %s from %s/64 blackhole", o->v6_dev[i], text);
}

void as_root_make(struct as_root *a, const struct load_options *o, unsigned int tun)
{
	unsigned int dev;

	a->count = 0;
	make_link(a, o);
	make_addresses(a, o, tun);
	make_plan_route(a, o);
	if (o->default_route && rtnl_default6_dev(0, &dev))
		add(a, "ip -6 route add default dev %s", o->tun);
	if (o->role == BED4_ROLE_ROUTER)
		make_rules(a, o);
}
