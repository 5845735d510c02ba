/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the neighbour cache's two files share, and nobody else sees: neigh.c (states and timers) and
 * neigh_map.c (what the map is told, and says).
 */
#ifndef CORE_NEIGH_PRIV_H
#define CORE_NEIGH_PRIV_H

#include "core/nd.h"
#include "core/neigh.h"

#define REACHABLE_MS 32000 /* times 0.5 to 1.5 */
#define ROOM_FOR_ONE 4 /* actions that one entry's turn makes at most; more have to wait for an empty list */

static inline __u32 neigh_seconds(__u64 ns)
{
	return (__u32)(ns / NSEC_PER_SEC);
}

static inline bool neigh_room_left(const struct actions *a)
{
	return a->count + ROOM_FOR_ONE <= ACTIONS_MAX && a->used + 2 * ND_NS_LEN <= sizeof(a->room);
}

/* neigh.c: */

/* Its whole address. */
struct bed4_in6 neigh_addr(const struct tunnel *t, const struct neigh *n);

/* Puts it where its address says that it is, if that says anything. */
void neigh_place(const struct tunnel *t, struct neigh *n);

/* A new state from @now on, whose end is due at @state_at (ns; 0: never). Publish it when all is set. */
void neigh_set_state(struct tunnel *t, __u64 now, struct neigh *n, enum bed4_neigh_state state, __u64 state_at);

/* An entry for @addr, which is in the prefix; NULL when it is full. @wanted: we send to it. */
struct neigh *neigh_enter(struct tunnel *t, const struct bed4_in6 *addr, bool wanted);

/* neigh_map.c: */

/* Tells the map. Counters go along; when the list is full they and the entry follow with the next. */
void neigh_publish(struct tunnel *t, struct neigh *n, struct actions *a);

/* Out of the cache and the map; stays when the list is full: whoever wanted it gone comes again. */
void neigh_drop(struct tunnel *t, struct neigh *n, struct actions *a);

/* Counters reach the map a second late, so that a packet does not cost a system call more. */
void neigh_write_later(struct tunnel *t, __u64 now, struct neigh *n);

#endif
