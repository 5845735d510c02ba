/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looking at links, routes, address labels and sysctls of this network namespace, for a report on them.
 * Changes nothing, but for look_far(), which visits another namespace and comes back. Must not know what
 * is good or bad about what it sees. IPv4 addresses are in network order.
 */
#ifndef IO_LOOK_H
#define IO_LOOK_H

#include "6bed4/addr.h"

#define LOOK_LINKS_MAX 16384 /* more are not looked at */

struct look_link {
	unsigned int ifindex, mtu;
	unsigned int master; /* ifindex of the bridge, bond, ... that it belongs to; 0 none */
	unsigned int lower; /* what it stands on, or the far end of a veth; 0 none */
	int netnsid; /* of the namespace where `lower` is; -1 this one */
	bool up, running; /* running: with a carrier */
	char name[16], kind[16]; /* kind: "" of a real device, else "veth", "vlan", ... */
};

/* All links. The count with *@links the caller's to free, or -errno. */
int look_links(struct look_link **links);

/* Where a packet to @dst leaves. 0; -ENETUNREACH and the like: nowhere; other -errno. */
struct look_route {
	unsigned int oif;
	bool via; /* by `gateway`, else straight */
	struct bed4_in6 gateway; /* IPv4 as ::ffff:A.B.C.D */
	__u32 metric;
	unsigned char protocol; /* RTPROT_ */
};
int look_route4(__be32 dst, struct look_route *r);
int look_route6(const struct bed4_in6 *dst, struct look_route *r);

/* The default routes of the main table, AF_INET or AF_INET6, at most @max; the count or -errno. */
int look_defaults(int family, struct look_route *r, unsigned int max);

/* 1: the kernel has an address label for exactly that @prefix/64; 0: it has not; -errno. */
int look_label(const struct bed4_in6 *prefix);

/* How many TC filters at @parent of a device come before @priority; -errno. */
int look_filters(unsigned int ifindex, __u32 parent, unsigned int priority);

/* Is somebody bound to UDP port @port (host order) of @addr, or of all addresses? -errno: not to be seen. */
int look_udp_port(__be32 addr, unsigned int port);

/* The number in /proc/sys/@path, which is a pattern; -1: there is none, or it is not to be read. */
__attribute__((format(printf, 1, 2))) long look_sysctl(const char *path, ...);

/* Is this the machine's own network namespace? */
bool look_is_initial(void);

/*
 * A socket in the network namespace that this one calls @netnsid, if it has a name in /run/netns, which is
 * put into @name; -ENOENT: it has none; other -errno. Needs CAP_SYS_ADMIN.
 */
int look_far(int netnsid, char name[64]);

#endif
