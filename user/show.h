/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the showing commands share: words of their command line, maps read into structures, text
 * forms. Works without a daemon. Must not print a report itself.
 */
#ifndef SHOW_H
#define SHOW_H

#include <stdio.h>

#include <json-c/json.h>

#include "6bed4/map.h"
#include "err.h"
#include "gauges.h"
#include "io/instance.h"

#define SHOW_VERSION 1 /* of the JSON that all commands print */

/* Everything but neighbours. */
struct show {
	char iface[BED4_NAME_LEN];
	struct bed4_self self;
	struct bed4_info info;
	struct bed4_count count[BED4_HOOK_COUNT][BED4_OUTCOME_COUNT];
	struct bed4_losses losses; /* of BPF and daemon together */
	__u64 events_lost;
	struct bed4_gauges gauges;
	bool alive; /* its daemon */
};

/* Words behind a command: at most one device, -j, and @all for --all where that is not NULL. */
struct show_args {
	const char *iface; /* NULL: every instance */
	bool all;
};

/*
 * Parses them. 0, or -1 with *@code set to what the command returns: usage error told, or @help
 * printed because it was asked for.
 */
int show_args(struct show_args *a, int argc, char **argv, const char *help, bool takes_all, int *code);

/*
 * Calls @fn for the instance(s) that @a names, with open maps. Returns the exit code: the largest
 * that @fn returned, EXIT_NOTHING told on stderr when there is none, EXIT_FAILED with a message.
 */
int show_each(const struct show_args *a, int (*fn)(const struct show *s, struct instance_maps *m,
						   void *arg), void *arg);

/*
 * One instance, for who goes on with its maps: close them with instance_maps_close(). 0; -ENOENT: nothing is
 * loaded there; other -errno with @e set.
 */
int show_open(struct show *s, const char *iface, struct instance_maps *m, struct err *e);
/* Fills @s with what open maps tell, in a number of system calls that does not depend on what is in them. */
int show_read(struct show *s, const char *iface, const struct instance_maps *m, struct err *e);

/*
 * Likewise for a command that prints instances: @arg of @fn is NULL for text, with -j an array for what it has
 * to say, which is printed as "instances" in the end.
 */
int show_instances(const struct show_args *a, int (*fn)(const struct show *s, struct instance_maps *m, void *arg));

/* Text forms; the buffer is the caller's and is returned. */
#define SHOW_TEXT 64
const char *show_ip6(const struct bed4_in6 *a, char buf[SHOW_TEXT]);
const char *show_ep(struct bed4_ep ep, char buf[SHOW_TEXT]);
const char *show_lladdr(struct bed4_ep ep, char buf[SHOW_TEXT]);
const char *show_age(__u64 ns, char buf[SHOW_TEXT]);

/* {"version": 1, ...} and its printing; the object is freed. */
struct json_object *show_json(void);
void show_print(struct json_object *o);
void show_print_to(FILE *f, struct json_object *o);
void show_put(struct json_object *o, const char *key, const char *value);
void show_put_number(struct json_object *o, const char *key, __u64 value);
void show_put_bool(struct json_object *o, const char *key, bool value);

__u64 show_now(void); /* CLOCK_BOOTTIME, ns */

/* What happens at the moment. False: not known, as when the daemon is dead. */
bool show_rates(const struct show *s, struct gauges_rates *r);
__u64 show_uptime(const struct show *s); /* ns */

#endif
