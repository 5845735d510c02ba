/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options of `load`, from words to one checked structure, by a declarative table from which
 * the help is printed too. Must not know interfaces, sockets or maps: defaults that depend on the
 * machine are filled in later, by whoever loads.
 */
#ifndef OPT_H
#define OPT_H

#include "6bed4/ecn.h"
#include "6bed4/map.h"
#include "err.h"
#include "optval.h"

#define OPT_V4_MAX  64
#define OPT_ENTRIES 192 /* more than can be remembered: all options once, repeatable ones as often as may be */

/* Where a value comes from; what comes first here comes before what is said there. */
enum opt_source {
	OPT_SAID, /* in this call */
	OPT_EARLIER, /* in the call of an earlier load */
	OPT_FILE,
	OPT_DEFAULT,
};

/* One value that was given. */
struct opt_entry {
	__u8 option; /* index into the table */
	__u8 source; /* enum opt_source */
	unsigned short line; /* of the file, else 0 */
};

/* A `*_set` or a count of 0 says "not given"; sizes and bounds have been checked. */
struct load_options {
	char iface[BED4_NAME_LEN];
	enum bed4_role role;
	bool role_set;
	struct bed4_in6 prefix; /* low half 0 */
	bool prefix_set;
	enum bed4_plan plan;
	__u16 plan_prefix; /* host order; default BED4_PLAN_PREFIX */
	__be32 listen; /* 0: not given */
	bool listen_follows; /* it was not given: the primary address of the device, whatever that is */
	char v6_dev[BED4_V6DEV_MAX][BED4_NAME_LEN];
	unsigned int v6_count;
	__be32 server; /* default 145.136.0.1 */
	unsigned int port; /* 0: not given; else even */
	bool port_fixed; /* it was given */
	bool default_route;
	char tun[BED4_NAME_LEN]; /* "": not given */
	unsigned int mtu; /* default 1280 */
	struct opt_v4 permit[OPT_V4_MAX], deny[OPT_V4_MAX];
	unsigned int permit_count, deny_count;
	__be32 public_v4; /* 0: not given */
	unsigned int account; /* 0 off, 1 all, N; default 64 */
	enum bed4_mode mode;
	enum bed4_forward forward;
	enum bed4_csum_mode csum;
	unsigned int wait; /* seconds, default 10 */
	unsigned int keepalive; /* s, 0 none; default 30 */
	unsigned int keepalive_ttl; /* default 3 */
	unsigned int radius; /* TTL of multicast to the LAN, 0 none; default 1 */
	unsigned int neigh_max; /* default 65536 */
	unsigned int dscp; /* of outer headers; default BED4_DSCP_COPY */
	bool df; /* outer headers forbid fragmentation */
	bool clamp_mss; /* TCP never sends more than the tunnel carries in one packet */
	unsigned int hop_slots; /* default 32768; a power of two */
	bool eager_tcp;
	struct opt_listen metrics;
	bool foreground;
	unsigned int log; /* enum log_to; 0: standard error in the foreground, else syslog */
	bool kept; /* what is loaded goes with the process, however that ends */
	bool has_file; /* its configuration file was read, too */
	struct opt_entry entries[OPT_ENTRIES]; /* in the order in which they were given */
	unsigned int entry_count;
	char given[BED4_OPTIONS_LEN]; /* what was said, "name value\n" each: a reload begins with it */
};

/* Options as they come in, from whatever source, each once; checked one by one. */
struct opt_words {
	struct load_options set; /* with defaults that do not depend on the machine */
	unsigned int seen; /* a bit for each option */
	enum opt_source source; /* of those to come */
	unsigned int line; /* likewise, of the file */
	size_t used; /* of `text`, which has a line for each entry */
	char text[BED4_OPTIONS_LEN]; /* as `given` */
};

void opt_words_init(struct opt_words *w);

/*
 * Takes one option; @value NULL: there is none. 0; -ENOENT: no such option; -EEXIST: given twice; other
 * -errno; all with @e set.
 */
int opt_word(struct opt_words *w, const char *name, const char *value, struct err *e);

/* What the value of that option must be, for messages; NULL: no such option. */
const char *opt_allowed(const char *name);

/* Does an option of that name need a value? A switch does not. */
bool opt_takes_value(const char *name);

/* Is the option about one call, and not about what is loaded? It cannot stand in a file. */
bool opt_is_momentary(const char *name);

/* The words of a command line, device name among them. 0, 1 when help was asked for, or -errno. */
int opt_parse_words(struct opt_words *w, int argc, char **argv, struct err *e);

/*
 * All words are in: takes the options that only @base has ("name value\n" each, NULL none), what was said
 * at an earlier load, then those that only @file has (NULL none), which are not among what was said. Settles the role,
 * and refuses what does not go together. 0 or -errno with @e set.
 */
int opt_finish(struct load_options *o, struct opt_words *w, const char *base, const struct opt_words *file,
	       struct err *e);

/* Where the @nth value (from 0) of the option @name comes from. *@line is set for a file, else 0. */
enum opt_source opt_source(const struct load_options *o, const char *name, unsigned int nth, unsigned int *line);

/* Is --plan-prefix given where there is no plan that it belongs to? */
bool opt_without_plan(const struct load_options *o);

/* The name of an entry's option; and is that an option for @role? */
const char *opt_entry_name(const struct opt_entry *entry);
bool opt_entry_fits(const struct opt_entry *entry, enum bed4_role role);

/* The first line of the file that names an option, or 0. */
unsigned int opt_line(const struct load_options *o, const char *name);

/*
 * The last three in one, for a `load` without a past. Fills defaults that do not depend on the machine
 * and settles the role. Returns 0; 1 when help was asked for; -EINVAL with @e set (unknown or repeated option,
 * trailing characters, bad value, options that contradict each other or the role).
 */
int opt_parse_load(struct load_options *o, int argc, char **argv, struct err *e);

/* What the table says of the option number @i, for completion; false: there is none of that number. */
struct opt_about {
	const char *name, *help;
	const char *arg; /* NULL: a switch */
	const char *const *values; /* all that it may be, up to a NULL; NULL: too many to list */
	bool device; /* its value is the name of one */
	bool repeats;
	bool reload; /* also of that command */
};
bool opt_about(unsigned int i, struct opt_about *a);

/* Prints the option table, one line each, for `load --help`. */
void opt_help_load(FILE *f);
void opt_help_reload(FILE *f);

const char *opt_mode_name(enum bed4_mode mode);
const char *opt_forward_name(enum bed4_forward forward);
const char *opt_csum_name(enum bed4_csum_mode csum);
const char *opt_plan_name(enum bed4_plan plan);
const char *opt_role_name(enum bed4_role role);

#endif
