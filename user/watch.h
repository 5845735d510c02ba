/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rates between two samples of an instance, and how they are laid out as lines of text. Must not know where samples
 * come from, nor a terminal.
 */
#ifndef WATCH_H
#define WATCH_H

#include "show.h"

#define WATCH_HISTORY 48
#define WATCH_TOP     5
#define WATCH_NEIGH   65536 /* neighbours that are looked at */

/* A neighbour's counters, both directions together. */
struct watch_neigh {
	struct bed4_in6 addr;
	__u64 packets, bytes;
	__u32 path; /* enum bed4_path */
};

struct watch_sample {
	__u64 at; /* ns of boottime; 0: none yet */
	struct show s;
	struct watch_neigh *neigh; /* sorted by watch_sort() */
	unsigned int neigh_count;
};

/* Packets and bits per second. */
struct watch_rate {
	double packets, bits;
};

struct watch_path {
	enum bed4_outcome o;
	const char *text;
	struct watch_rate rate;
	double fast; /* of its packets, those that BPF has sent, 0 to 1 */
};

struct watch_top {
	struct bed4_in6 addr;
	__u32 path;
	struct watch_rate rate;
};

#define WATCH_PATHS 5

/* What has happened between two samples. */
struct watch_rates {
	double seconds;
	struct watch_path path[WATCH_PATHS]; /* those of the role */
	unsigned int paths;
	double total, answered, dropped; /* packets per second */
	enum bed4_outcome top_drop; /* BED4_GO: none */
	unsigned int by_path[BED4_PATH_LAN + 1]; /* neighbours */
	struct watch_top top[WATCH_TOP];
	unsigned int tops;
};

/* The totals of the last samples, the latest at the end. */
struct watch_history {
	double total[WATCH_HISTORY];
	double most; /* of any path, ever: what bars are drawn to */
};

/* How it is to look. */
struct watch_look {
	bool color, utf8;
	int rows; /* there are so many; 0 any */
};

void watch_sort(struct watch_neigh *n, unsigned int count);

/* The rate at which one counter has grown. One that has fallen has begun anew. */
struct watch_rate watch_rate(const struct bed4_count *old, const struct bed4_count *new, double seconds);

void watch_rates(struct watch_rates *r, const struct watch_sample *old, const struct watch_sample *new);
void watch_remember(struct watch_history *h, const struct watch_rates *r);

/* A number in at most 6 characters: 0, 3.2, 417, 12.3k, 1.05M. */
const char *watch_si(double n, char buf[16]);

/* `status --watch` and `stats --watch`, within 80 columns. */
void watch_status(FILE *f, const struct watch_sample *new, const struct watch_rates *r, const struct watch_history *h,
		  const struct watch_look *look);
void watch_stats(FILE *f, const struct watch_sample *old, const struct watch_sample *new, const struct watch_look *look);

#endif
