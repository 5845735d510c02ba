/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Links, addresses and routes by rtnetlink. Must not know the protocol. All calls return 0 or
 * -errno; IPv4 addresses are in network order.
 */
#ifndef IO_RTNL_H
#define IO_RTNL_H

#include "6bed4/addr.h"

struct rtnl_link {
	unsigned int ifindex;
	unsigned int mtu;
	char name[16];
	bool running; /* up, with a carrier */
	bool watched; /* somebody captures on it (promiscuous) */
};

int rtnl_link_get(const char *name, struct rtnl_link *link);

/* MTU, no kernel-made addresses, IPv4 forwarding flag of this device alone, up; or the device gone. */
int rtnl_link_setup(unsigned int ifindex, unsigned int mtu);
int rtnl_link_forward4(unsigned int ifindex);
int rtnl_link_del(unsigned int ifindex);

/* The primary IPv4 address of a device; -EADDRNOTAVAIL when it has none. */
int rtnl_addr4_primary(unsigned int ifindex, __be32 *addr);

/* The device that has an IPv4 address of this machine; -EADDRNOTAVAIL when none has. */
int rtnl_addr4_dev(__be32 addr, unsigned int *ifindex);

/* The device by which the kernel would send to an IPv4 address; its own errors when there is no way. */
int rtnl_route4_dev(__be32 to, unsigned int *ifindex);

/* All own IPv4 addresses and directed broadcasts of the machine, at most @max; returns the count. */
int rtnl_addr4_own(__be32 *addrs, unsigned int max);

/* The subnets that a device is connected to, at most @max; returns the count. */
struct rtnl_subnet4 {
	__be32 addr;
	unsigned int len;
};
int rtnl_subnets4(unsigned int ifindex, struct rtnl_subnet4 *subnets, unsigned int max);

/* An IPv6 address with its /64 on a device, without DAD; deprecated: for old connections only. */
int rtnl_addr6_set(unsigned int ifindex, const struct bed4_in6 *addr, bool deprecated);
int rtnl_addr6_del(unsigned int ifindex, const struct bed4_in6 *addr);
bool rtnl_addr6_is_on(unsigned int ifindex, const struct bed4_in6 *addr);

/* The IPv6 default route through a device; -EEXIST when there is one already. */
int rtnl_default6_add(unsigned int ifindex);
int rtnl_default6_del(unsigned int ifindex);

/*
 * A route for the /16 @plan (host order) through a device. Unless @src is NULL it is for what this machine sends
 * from that address only, by a routing rule in front of a table of its own, so that no other route comes before.
 * Adding what is there is fine, and so is deleting what is not.
 */
int rtnl_plan_add(unsigned int ifindex, __u16 plan, const struct bed4_in6 *src);
int rtnl_plan_del(unsigned int ifindex, __u16 plan, const struct bed4_in6 *src);

/* The device of the IPv6 default route, other than @except; -ENOENT when there is none. */
int rtnl_default6_dev(unsigned int except, unsigned int *ifindex);

/*
 * A routing rule that drops what comes in by device @iif with a source in @prefix/64: nobody there
 * owns one (RFC 6324). Adding one that is there is fine. The other call removes all of ours for
 * @prefix.
 */
int rtnl_spoof_rule_add(const char *iif, const struct bed4_in6 *prefix);
int rtnl_spoof_rules_del(const struct bed4_in6 *prefix);

/*
 * An address label of its own for @prefix/64 (RFC 6724), so that for native destinations a native
 * source is preferred; -EEXIST: somebody has given it one already.
 */
int rtnl_label_add(const struct bed4_in6 *prefix);
int rtnl_label_del(const struct bed4_in6 *prefix);

/* Is there a clsact qdisc on a device, whoever's? False when the kernel does not tell. */
bool rtnl_has_clsact(unsigned int ifindex);

/* Adds the number of TC filters, whoever's, at @parent of a device to *@n. */
int rtnl_filters(unsigned int ifindex, __u32 parent, unsigned int *n);

/* A socket that becomes readable on link and IPv4 address events; rtnl_drain() empties it. */
int rtnl_monitor(void);
void rtnl_drain(int fd);

#endif
