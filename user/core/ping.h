/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Measuring the paths to an address, a few at the same time: state only, the work is ping.c's. Every
 * round asks on each path that there is, and ends when all have answered or waited long enough; the
 * next begins a gap after the last one began. Must not know who wants to know.
 */
#ifndef CORE_PING_H
#define CORE_PING_H

#include "core/action.h"

#define PING_MAX      8 /* at the same time */
#define PING_PATHS    3 /* as in enum bed4_path */
#define PING_GAP_MIN  200000000ull /* ns: what a neighbour's rate limit lets through, 5 a second */
#define PING_TIME_MAX 3600000000000ull /* ns, of gap and wait */
#define PING_SECRET   16

struct ping_request {
	struct bed4_in6 addr;
	__u32 count; /* rounds; 0: until ping_stop() */
	__u64 gap, wait; /* ns: between rounds; for an answer */
	__be32 key; /* random, not 0: identifier and sequence number on the wire, if no other ping runs */
	__u8 secret[PING_SECRET]; /* random: what an echo reply has to bring back */
};

/* The request on one path. */
struct ping_ask {
	struct bed4_ep to;
	__u64 sent; /* ns; the last one, open or not */
	bool open; /* unanswered yet */
	bool planned; /* is to be sent in this round */
	bool skipped; /* told that it cannot be tried */
	bool echo;
};

struct ping {
	struct ping_request request;
	bool active;
	__u32 seq; /* of the round; 0 none yet */
	__u64 round_at; /* the next round, ns */
	__u64 again_at; /* next look whether what is planned may be sent */
	__u64 give_up; /* when it is sent in any case */
	struct ping_ask ask[PING_PATHS];
};

struct pings {
	struct ping list[PING_MAX];
	unsigned int active;
};

#endif
