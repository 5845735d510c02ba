/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The peer's neighbour cache: which path packets take to each neighbour, and how a direct one is
 * sought, confirmed and given up (PROTOCOL section 8). Changes are told as ACTION_NEIGH_SET and
 * _DEL; the fast path reads them in map `neigh`. Must not know how the own address is found.
 */
#ifndef CORE_NEIGH_H
#define CORE_NEIGH_H

#include "core/engine.h"

/* The path for a packet of the slow path, whose outcome was OUT_ROUTER: OUT or OUT_ROUTER. */
enum bed4_outcome neigh_choose(struct pass *p);

/*
 * A packet was sent to @addr on the fast path; @used (before this packet) and @heard as in the map,
 * s, 0 when not there: then it is told again.
 */
void neigh_used(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, __u32 used,
		__u32 heard, struct actions *a);

/* A packet came straight from @addr at @src: no proof of anything, but counted and remembered. */
void neigh_heard(struct pass *p, const struct bed4_in6 *addr);

/* The entry of @addr; NULL: there is none, or it is no address of 6bed4. */
struct neigh *neigh_find(const struct tunnel *t, const struct bed4_in6 *addr);

/* The endpoint from which the cache accepts @addr, beside the one in the address: addr 0 none. */
const struct bed4_neigh *neigh_lookup(const void *tunnel, const struct bed4_in6 *addr);
bool neigh_is_at(const struct tunnel *t, const struct bed4_in6 *addr, struct bed4_ep src);

/* @addr at @src has solicited us (@lan: by LAN multicast): solicits it in turn if need be. */
void neigh_solicited(struct pass *p, const struct bed4_in6 *addr, bool lan);

/* An NA about @addr came from @p->src. False: nobody has asked for it. */
bool neigh_advertised(struct pass *p, const struct bed4_in6 *addr);

/*
 * Somebody else than the cache sends @n an NS: its answer confirms the path as any other does. And has the
 * cache itself sent one that may not have been answered yet? @own: when the caller sent one last, ns.
 */
void neigh_asked(struct neigh *n, __u64 now);
bool neigh_asking(const struct neigh *n, __u64 now, __u64 own);

/* What the map says, or would say, of @n. */
struct bed4_neigh neigh_value(const struct neigh *n);

/*
 * The search for a direct path to @addr begins anew. Packets keep a direct path meanwhile, and lose it when
 * nobody answers (PROBE); without one, the entry is INCOMPLETE, or VIA_ROUTER at once when it cannot be
 * sought. 0; -EINVAL: no other peer's address; -EPERM: it is the operator's entry; -ENOSPC: the cache is full.
 */
int neigh_search(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct actions *a);

/* A Redirect about @addr: if its current path sent it, a hint to solicit, no more. Else false. */
bool neigh_redirected(struct pass *p, const struct bed4_in6 *addr);

/* Packets to @addr at @at have drawn an error: if that is its direct path, it is probed. */
void neigh_doubt(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct bed4_ep at,
		 struct actions *a);

/*
 * What the map says of @addr; call now and then for each of its entries, with room in @a for two actions. An
 * entry that nobody has used for 10 minutes is removed. Nobody but the cache and the fast path's stamps may change
 * the map: false if somebody has, and then the entry is made anew, counters and all, or removed.
 */
bool neigh_stamp(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, const struct bed4_neigh *v,
		 struct actions *a);

void neigh_tick(struct tunnel *t, __u64 now, struct actions *a);
__u64 neigh_deadline(const struct tunnel *t);

/*
 * An entry of the map that an earlier daemon has left: entered as far as it can be believed, deleted
 * otherwise. A path that was confirmed stays in use.
 */
void neigh_adopt(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, const struct bed4_neigh *v,
		 struct actions *a);

/* Counters that wait go to the map now, as many as there is room for. */
void neigh_write_all(struct tunnel *t, __u64 now, struct actions *a);

/* Forgets all but the operator's entries: the own address has changed. */
void neigh_flush(struct tunnel *t, struct actions *a);

/*
 * The operator's: an entry that stays as it is, at @at or (addr 0) where its address says; replaces
 * another. 0; -EINVAL: not in the prefix, or no endpoint; -ENOSPC: the cache is full.
 */
int neigh_add(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct bed4_ep at,
	      struct actions *a);
/* 0, or -ENOENT. The next packet to it starts anew. */
int neigh_del(struct tunnel *t, const struct bed4_in6 *addr, struct actions *a);

#endif
