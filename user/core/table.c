// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Hash table and timer heap; see table.h. Proved by selftests/unit/test_neigh.c. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/table.h"

#define NOT_DIRTY 0 /* `dirty` links: 0 not in the list, else next index + 1 */

int table_init(struct table *t, unsigned int max, __u64 seed)
{
	memset(t, 0, sizeof(*t));
	t->max = max;
	t->seed = seed | 1;
	t->buckets = 1;
	while (t->buckets < max)
		t->buckets *= 2;
	/* calloc: pages that no neighbour needs are never touched. */
	t->node = calloc((size_t)max + 1, sizeof(*t->node));
	t->heap = calloc((size_t)max + 1, sizeof(*t->heap));
	t->bucket = calloc(t->buckets, sizeof(*t->bucket));
	t->fresh = 1;
	if (t->node && t->heap && t->bucket)
		return 0;
	table_free(t);
	return -ENOMEM;
}

void table_free(struct table *t)
{
	free(t->node);
	free(t->heap);
	free(t->bucket);
	memset(t, 0, sizeof(*t));
}

static __u32 *bucket_of(const struct table *t, __be32 hi, __be32 lo)
{
	__u64 h = (((__u64)hi << 32 | lo) ^ t->seed) * 0x9e3779b97f4a7c15ull;

	h ^= h >> 31;
	h *= t->seed;
	return &t->bucket[(h >> 32) & (t->buckets - 1)];
}

static __u32 index_of(const struct table *t, const struct neigh *n)
{
	return (__u32)(n - t->node);
}

static bool same_iid(const struct neigh *n, const struct bed4_in6 *addr)
{
	return n->iid[0] == addr->w[2] && n->iid[1] == addr->w[3];
}

static bool same_key(const struct table *t, const struct neigh *n, const struct bed4_in6 *addr)
{
	return same_iid(n, addr) &&
	       (!t->whole || (n->prefix[0] == addr->w[0] && n->prefix[1] == addr->w[1]));
}

/* Buckets are by identifier alone, so that those which share one are found together, and are bounded. */
struct neigh *table_find(const struct table *t, const struct bed4_in6 *addr)
{
	__u32 i = *bucket_of(t, addr->w[2], addr->w[3]);

	while (i && !same_key(t, &t->node[i], addr))
		i = t->node[i].next;
	return i ? &t->node[i] : NULL;
}

static unsigned int count_same_iid(const struct table *t, const struct bed4_in6 *addr)
{
	__u32 i = *bucket_of(t, addr->w[2], addr->w[3]);
	unsigned int n = 0;

	for (; i; i = t->node[i].next)
		n += same_iid(&t->node[i], addr);
	return n;
}

/* Counts @n in (1) or out (-1). */
static void tally(const struct table *t, const struct neigh *n, int by)
{
	if (!t->tally)
		return;
	t->tally->path[n->path] += (__u32)by;
	t->tally->state[n->state] += (__u32)by;
}

void table_set_state(struct table *t, struct neigh *n, enum bed4_neigh_state state)
{
	tally(t, n, -1);
	n->state = state;
	tally(t, n, 1);
}

void table_set_path(struct table *t, struct neigh *n, enum bed4_path path)
{
	tally(t, n, -1);
	n->path = path;
	tally(t, n, 1);
}

struct neigh *table_add(struct table *t, const struct bed4_in6 *addr)
{
	__u32 *head = bucket_of(t, addr->w[2], addr->w[3]), i = t->unused;
	struct neigh *n;

	if (t->count == t->max || (t->whole && count_same_iid(t, addr) >= TABLE_SAME_IID))
		return NULL;
	if (i)
		t->unused = t->node[i].next;
	else
		i = t->fresh++;
	n = &t->node[i];
	memset(n, 0, sizeof(*n));
	if (t->whole) {
		n->prefix[0] = addr->w[0];
		n->prefix[1] = addr->w[1];
	}
	n->iid[0] = addr->w[2];
	n->iid[1] = addr->w[3];
	n->next = *head;
	*head = i;
	t->count++;
	tally(t, n, 1);
	return n;
}

__u64 table_due(const struct neigh *n)
{
	__u64 a = n->state_at ? n->state_at : UINT64_MAX, b = n->ns_at ? n->ns_at : UINT64_MAX;

	return a < b ? a : b;
}

static void place(struct table *t, __u32 pos, __u32 node)
{
	t->heap[pos] = node;
	t->node[node].heap = pos;
}

static __u64 due_at(const struct table *t, __u32 pos)
{
	return table_due(&t->node[t->heap[pos]]);
}

static void sift(struct table *t, __u32 pos)
{
	__u32 node = t->heap[pos], child;
	__u64 due = table_due(&t->node[node]);

	for (; pos > 1 && due_at(t, pos / 2) > due; pos /= 2)
		place(t, pos, t->heap[pos / 2]);
	for (; (child = 2 * pos) <= t->heaped; pos = child) {
		if (child < t->heaped && due_at(t, child + 1) < due_at(t, child))
			child++;
		if (due_at(t, child) >= due)
			break;
		place(t, pos, t->heap[child]);
	}
	place(t, pos, node);
}

static void heap_remove(struct table *t, struct neigh *n)
{
	__u32 pos = n->heap, last = t->heap[t->heaped--];

	n->heap = 0;
	if (last == index_of(t, n))
		return;
	place(t, pos, last);
	sift(t, pos);
}

void table_timer(struct table *t, struct neigh *n)
{
	if (table_due(n) == UINT64_MAX) {
		if (n->heap)
			heap_remove(t, n);
		return;
	}
	if (!n->heap)
		place(t, ++t->heaped, index_of(t, n));
	sift(t, n->heap);
}

struct neigh *table_first(const struct table *t)
{
	return t->heaped ? &t->node[t->heap[1]] : NULL;
}

void table_mark(struct table *t, struct neigh *n)
{
	if (n->dirty != NOT_DIRTY)
		return;
	n->dirty = t->dirty + 1;
	t->dirty = index_of(t, n);
}

struct neigh *table_take_marked(struct table *t)
{
	struct neigh *n = t->dirty ? &t->node[t->dirty] : NULL;

	if (!n)
		return NULL;
	t->dirty = n->dirty - 1;
	n->dirty = NOT_DIRTY;
	return n;
}

static void unmark(struct table *t, struct neigh *n)
{
	__u32 *link, i = index_of(t, n);

	if (n->dirty == NOT_DIRTY)
		return;
	if (t->dirty == i) {
		t->dirty = n->dirty - 1;
		return;
	}
	for (link = &t->node[t->dirty].dirty; *link - 1 != i; link = &t->node[*link - 1].dirty)
		;
	*link = n->dirty;
}

void table_del(struct table *t, struct neigh *n)
{
	__u32 *link = bucket_of(t, n->iid[0], n->iid[1]), i = index_of(t, n);

	while (*link != i)
		link = &t->node[*link].next;
	*link = n->next;
	if (n->heap)
		heap_remove(t, n);
	unmark(t, n);
	tally(t, n, -1);
	memset(n, 0, sizeof(*n));
	n->next = t->unused;
	t->unused = i;
	t->count--;
}
