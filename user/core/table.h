/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The peer's neighbours: a bounded hash table by interface identifier, and a heap of what is due
 * next. Must not know states nor what a timer means. All memory is taken at the start.
 */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include "6bed4/map.h"

/* Kept small, there may be a million: see docs/design.md for the count of bytes. */
struct neigh {
	__be32 prefix[2]; /* with table.whole: the upper half of its address; else 0, and it is our prefix */
	__be32 iid[2]; /* the low half; both halves are the key */
	__be32 at_addr, lan_addr; /* neigh_at(), neigh_lan() */
	__be16 at_port, lan_port;
	__u8 state; /* enum bed4_neigh_state; table_set_state() */
	__u8 path; /* enum bed4_path; table_set_path() */
	__u8 reason; /* enum bed4_reason */
	__u8 backoff; /* failed searches in a row */
	__u8 ns_lan, ns_left; /* NS still to be sent: to the LAN, then straight */
	__u8 probes; /* sent in PROBE */
	bool wanted : 1; /* we have sent to it; else it only solicited us */
	bool asked_lan : 1; /* the open solicitation has gone to the LAN */
	bool to_lan : 1; /* NS that go straight go to neigh_lan(), not to neigh_at() */
	bool solicited : 1; /* `ns_sent` is set */
	bool answered : 1; /* `answered_at` is set */
	__u32 used, heard, since, wake; /* s; as in struct bed4_neigh */
	__u32 ns_sent, answered_at; /* neigh_ticks(): our last NS; when its NS last made us solicit */
	__u32 rx_packets, rx_bytes, tx_packets, tx_bytes; /* not handed to the map yet */
	__u32 heap, next, dirty; /* table.c's: place in the heap, chain, list of unwritten counters */
	__u64 state_at, ns_at; /* ns; end of the state, next NS; 0 none */
};

_Static_assert(sizeof(struct neigh) == 104, "docs/design.md counts on it");

/* Where it is, or would be: what `word` of the map tells. */
BED4_INLINE struct bed4_ep neigh_at(const struct neigh *n)
{
	return bed4_ep(n->at_addr, n->at_port);
}

BED4_INLINE void neigh_set_at(struct neigh *n, struct bed4_ep ep)
{
	n->at_addr = ep.addr;
	n->at_port = ep.port;
}

/* A LAN endpoint that it has spoken from; address 0: none. */
BED4_INLINE struct bed4_ep neigh_lan(const struct neigh *n)
{
	return bed4_ep(n->lan_addr, n->lan_port);
}

BED4_INLINE void neigh_set_lan(struct neigh *n, struct bed4_ep ep)
{
	n->lan_addr = ep.addr;
	n->lan_port = ep.port;
}

/*
 * Time in units of about a millisecond, which wrap after 52 days: for stamps of which only matters
 * whether they are some seconds old. One that is forgotten looks young again for as long, each time.
 */
BED4_INLINE __u32 neigh_ticks(__u64 ns)
{
	return (__u32)(ns >> 20);
}

struct table {
	unsigned int max, count;
	__u64 seed;
	struct neigh *node; /* from 1; 0 is "none" in all indexes */
	__u32 *bucket, *heap;
	__u32 buckets, heaped, unused, fresh; /* fresh: nodes never used begin here */
	__u32 dirty;
	bool whole; /* keys are whole addresses; else the prefix of all is ours, whatever that is */
	struct bed4_tally *tally; /* the caller's; NULL: nobody wants to know */
};

/* 0 or -ENOMEM. @seed guards against chosen collisions. */
int table_init(struct table *t, unsigned int max, __u64 seed);
void table_free(struct table *t);

/* Entries that share an identifier, under different prefixes: whoever owns one must not fill the table. */
#define TABLE_SAME_IID 4

struct neigh *table_find(const struct table *t, const struct bed4_in6 *addr);

/* A zeroed new entry for @addr, which is not in there; NULL when the table is full, or TABLE_SAME_IID reached. */
struct neigh *table_add(struct table *t, const struct bed4_in6 *addr);
void table_del(struct table *t, struct neigh *n);

/* The only ways to change either: the tally follows. A new entry is in state NONE, by the router. */
void table_set_state(struct table *t, struct neigh *n, enum bed4_neigh_state state);
void table_set_path(struct table *t, struct neigh *n, enum bed4_path path);

/* Puts @n where its timers belong; call after changing state_at or ns_at. */
void table_timer(struct table *t, struct neigh *n);

/* The entry that is due first, or NULL; and when (UINT64_MAX: never). */
struct neigh *table_first(const struct table *t);
__u64 table_due(const struct neigh *n);

/* Entries whose counters have changed: marks one, takes one (NULL: none left). */
void table_mark(struct table *t, struct neigh *n);
struct neigh *table_take_marked(struct table *t);

#endif
