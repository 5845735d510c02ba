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
	ACTION_MISMATCH, /* router: `to` sends in the name of `in6`, and has been told its own address */
	ACTION_PING, /* `ping` has happened; see core/ping.h */
	ACTION_REBIND, /* peer: close the socket, bind another local port, say core_rebound() */
};

enum ping_event_kind {
	PING_SENT,
	PING_ANSWERED,
	PING_UNANSWERED,
	PING_SKIPPED, /* that path cannot be tried */
	PING_OVER, /* all is done, the ping is no more */
};

/* What a ping has come to. */
struct ping_event {
	enum ping_event_kind kind;
	unsigned int slot; /* which ping */
	enum bed4_path path; /* the way of the request */
	enum bed4_path back; /* ANSWERED: the way of the answer */
	bool echo; /* the request was an ICMPv6 echo, else a neighbour solicitation */
	__u32 seq; /* from 1 */
	__u64 rtt; /* ANSWERED: ns */
	enum bed4_reason reason; /* SKIPPED: why */
	struct bed4_ep ep; /* SENT: where to; ANSWERED: where from */
	struct bed4_neigh neigh; /* OVER: the cache's entry, state NONE without one */
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
	struct ping_event ping;
};

struct actions {
	unsigned int count;
	struct action list[ACTIONS_MAX];
	size_t used; /* of `room` */
	__u8 room[ACTIONS_ROOM] __attribute__((aligned(8)));
};

#endif
