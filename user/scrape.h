/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Serves one text over HTTP to few clients at once, as part of somebody else's event loop: connections,
 * requests, memory, time and the work per second are bounded, so that no client can hold up the loop. Must
 * not know what the text is, nor where it listens.
 */
#ifndef SCRAPE_H
#define SCRAPE_H

#include <stddef.h>

#include "6bed4/types.h"

#define SCRAPE_CONNS 8 /* at once; more wait in the listener's queue */
#define SCRAPE_RATE  20 /* connections taken per second, and as many at once */
#define SCRAPE_TIME  (5ull * 1000000000ull) /* ns for the request, and again for taking the answer */

struct scrape;

/* Makes the text: *@text is malloc'ed, *@len bytes; 0 or -errno. */
typedef int (*scrape_text_fn)(void *arg, char **text, size_t *len);

/* Serves what connects to @listener, which stays the caller's and does not block. NULL: errno says why. */
struct scrape *scrape_new(int listener, const char *type, scrape_text_fn fn, void *arg);
void scrape_free(struct scrape *s);

/* Readable when there is something to do for scrape_run(); @now is ns of a clock that goes on evenly. */
int scrape_fd(const struct scrape *s);
void scrape_run(struct scrape *s, __u64 now);

/* When scrape_tick() wants to be called next; UINT64_MAX for never. It is cheap, and never early. */
__u64 scrape_deadline(const struct scrape *s);
void scrape_tick(struct scrape *s, __u64 now);

#endif
