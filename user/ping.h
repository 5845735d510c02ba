/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `ping` and `probe` share: words, one conversation with the daemon, its sums. Both are cmd_ping.c's. */
#ifndef PING_CMD_H
#define PING_CMD_H

#include <json-c/json.h>

#include "core/ping.h"
#include "err.h"
#include "watchmsg.h"

struct ping_words {
	const char *options; /* letters of those that are taken, of "ciwW" */
	struct bed4_in6 addr;
	unsigned int count; /* 0: until interrupted */
	unsigned int gap, wait; /* ms */
	unsigned int deadline; /* ms, 0 none */
	int signals; /* live_signals(), or -1 */
};

/* One path's. */
struct ping_sum {
	unsigned int sent, received, straight; /* straight: answers that did not come by the router */
	__u64 min, max, total; /* ns */
	struct bed4_ep to;
	bool echo, skipped;
	__u8 reason; /* skipped: why */
};

struct ping_result {
	struct watch_msg begin;
	struct ping_sum path[PING_PATHS];
	struct bed4_neigh neigh; /* the cache's entry at the end; state NONE: none, or not known */
	bool over; /* all was sent, and answered or waited for */
	bool ended; /* the daemon has gone meanwhile */
};

/*
 * Words behind the command, of which @w says which are taken; finds the instance. 0; -1: help was asked for
 * and printed; else an exit code, told on stderr.
 */
int ping_words(struct ping_words *w, int argc, char **argv, const char *text, char iface[BED4_NAME_LEN]);

/*
 * Pings until it is over, the deadline, or a signal. @show, if not NULL, sees every message. 0 or -errno with
 * @e set, or -ENOENT: no daemon.
 */
int ping_run(const char *iface, const struct ping_words *w, struct ping_result *r,
	     void (*show)(const struct ping_result *r, const struct watch_msg *m), struct err *e);

unsigned int ping_received(const struct ping_result *r);

/* Adds "paths" and "in_use" to @o. */
void ping_json(struct json_object *o, const struct ping_result *r);

#endif
