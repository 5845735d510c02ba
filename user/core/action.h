/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the protocol core wants done: a bounded list that the caller carries out in order. Must not
 * know how: no descriptors, no system calls.
 */
#ifndef CORE_ACTION_H
#define CORE_ACTION_H

#include "6bed4/map.h"

#define ACTIONS_MAX  32
#define ACTIONS_ROOM 4096 /* for generated packets; the largest is a 1280-byte ICMPv6 error */

enum action_kind {
	ACTION_UDP, /* send data to `to` as one datagram, outer TTL and TOS as given */
	ACTION_TUN, /* write data to the TUN device */
	ACTION_SEEN, /* router: `in6` at `to` has sent something valid; note it in `neigh` */
	ACTION_ADDR_SET, /* peer: `in6` is the own address now; replaces any earlier one */
	ACTION_ADDR_DEL, /* peer: there is no own address any more */
	ACTION_NEIGH_SET, /* peer: `neigh` of `in6`, to be made or changed; counters are to be added */
	ACTION_NEIGH_DEL, /* peer: `in6` is no neighbour any more */
	ACTION_NEIGH_FLUSH, /* peer: nobody is; entries that stay are set again behind this */
	ACTION_REBIND, /* peer: close the socket, bind another local port, say core_rebound() */
};

struct action {
	enum action_kind kind;
	const __u8 *data; /* borrowed: the caller's buffer or `room` of the list */
	size_t len;
	struct bed4_ep to;
	__u8 tos; /* the traffic class; which DSCP the outer header gets is the sender's choice */
	__u8 ttl;
	enum bed4_hook hook; /* where the packet was seen, for `outcome` */
	enum bed4_outcome outcome; /* of the packet in `data`; count FAILED instead if it fails */
	size_t counted; /* bytes to count */
	unsigned int tap; /* the caller's; 0 to begin with */
	struct bed4_in6 in6;
	struct bed4_neigh neigh;
};

struct actions {
	unsigned int count;
	struct action list[ACTIONS_MAX];
	size_t used; /* of `room` */
	__u8 room[ACTIONS_ROOM] __attribute__((aligned(8)));
};

#endif
