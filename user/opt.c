// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The options of `load`: a table drives parsing and help; see opt.h. Must not know the machine.
 * Proved by selftests/unit/test_opt.c and selftests/fuzz/fuzz_opt.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "opt.h"

/* --- names --------------------------------------------------------------------------------------- */

static const char *const mode_names[] = { "auto", "native", "generic", "tc", "off", NULL };
static const char *const forward_names[] = { "xdp", "kernel", NULL };
static const char *const csum_names[] = { "auto", "always", "zero", NULL };
static const char *const plan_names[] = { "v01", "server-prefix", NULL };
static const char *const role_names[] = { "router", "peer", NULL };

static int find_name(const char *const *names, const char *s)
{
	int i;

	for (i = 0; names[i]; i++) {
		if (!strcmp(names[i], s))
			return i;
	}
	return -EINVAL;
}

const char *opt_mode_name(enum bed4_mode mode)
{
	return mode <= BED4_MODE_OFF ? mode_names[mode] : "?";
}

const char *opt_forward_name(enum bed4_forward forward)
{
	return forward <= BED4_FORWARD_KERNEL ? forward_names[forward] : "?";
}

const char *opt_csum_name(enum bed4_csum_mode csum)
{
	return csum <= BED4_CSUM_MODE_ZERO ? csum_names[csum] : "?";
}

const char *opt_plan_name(enum bed4_plan plan)
{
	return plan <= BED4_PLAN_SERVER ? plan_names[plan] : "?";
}

const char *opt_role_name(enum bed4_role role)
{
	return role <= BED4_ROLE_PEER ? role_names[role] : "?";
}

/* --- one setter per option: 0 or -errno; -E2BIG is "too many" ----------------------------------- */

static int set_name(char name[BED4_NAME_LEN], const char *s)
{
	if (opt_iface(s))
		return -EINVAL;
	memcpy(name, s, strlen(s) + 1);
	return 0;
}

static int set_role(struct load_options *o, const char *s)
{
	int role = find_name(role_names, s);

	if (role < 0)
		return role;
	o->role = (enum bed4_role)role;
	o->role_set = true;
	return 0;
}

static int set_prefix(struct load_options *o, const char *s)
{
	if (opt_prefix64(s, &o->prefix) || bed4_in6_linklocal(&o->prefix))
		return -EINVAL;
	o->prefix_set = true;
	return 0;
}

static int set_plan(struct load_options *o, const char *s)
{
	int plan = find_name(plan_names, s);

	if (plan < 0)
		return plan;
	o->plan = (enum bed4_plan)plan;
	return 0;
}

static int set_plan_prefix(struct load_options *o, const char *s)
{
	return opt_plan_prefix(s, &o->plan_prefix);
}

static int unicast4(const char *s, __be32 *addr)
{
	return opt_ipv4(s, addr) || bed4_v4_hard(*addr) ? -EINVAL : 0;
}

static int set_listen(struct load_options *o, const char *s)
{
	return unicast4(s, &o->listen);
}

static int set_server(struct load_options *o, const char *s)
{
	return unicast4(s, &o->server);
}

static int set_public(struct load_options *o, const char *s)
{
	return unicast4(s, &o->public_v4);
}

static int set_v6_dev(struct load_options *o, const char *s)
{
	unsigned int i;

	if (o->v6_count == BED4_V6DEV_MAX)
		return -E2BIG;
	for (i = 0; i < o->v6_count; i++) {
		if (!strcmp(o->v6_dev[i], s))
			return -EEXIST;
	}
	return set_name(o->v6_dev[o->v6_count], s) ?: (o->v6_count++, 0);
}

static int set_port(struct load_options *o, const char *s)
{
	if (opt_uint(s, 2, 65534, &o->port) || o->port & 1)
		return -EINVAL;
	o->port_fixed = true;
	return 0;
}

static int set_switch(bool *on, const char *s)
{
	if (strcmp(s, "on") && strcmp(s, "off"))
		return -EINVAL;
	*on = !strcmp(s, "on");
	return 0;
}

static int set_default_route(struct load_options *o, const char *s)
{
	return set_switch(&o->default_route, s);
}

static int set_tun(struct load_options *o, const char *s)
{
	return set_name(o->tun, s);
}

static int set_mtu(struct load_options *o, const char *s)
{
	return opt_uint(s, BED4_MTU, BED4_MTU_MAX, &o->mtu);
}

static int add_v4(struct opt_v4 *list, unsigned int *count, const char *s)
{
	unsigned int i;

	if (*count == OPT_V4_MAX)
		return -E2BIG;
	if (opt_v4_prefix(s, &list[*count]))
		return -EINVAL;
	for (i = 0; i < *count; i++) {
		if (list[i].addr == list[*count].addr && list[i].len == list[*count].len)
			return -EEXIST;
	}
	++*count;
	return 0;
}

/* Would lifting @p lift a range that nobody can lift (PROTOCOL section 9)? */
static bool lifts_hard(const struct opt_v4 *p)
{
	__u32 first = BED4_NTOHL(p->addr);
	__u32 last = p->len ? first | (p->len < 32 ? 0xffffffffu >> p->len : 0) : 0xffffffffu;

	return first < 0x01000000u || last >= 0xe0000000u ||
	       (first < 0x80000000u && last >= 0x7f000000u);
}

static int set_permit(struct load_options *o, const char *s)
{
	int err = add_v4(o->permit, &o->permit_count, s);

	return err ? err : lifts_hard(&o->permit[o->permit_count - 1]) ? -EPERM : 0;
}

static int set_deny(struct load_options *o, const char *s)
{
	return add_v4(o->deny, &o->deny_count, s);
}

static int set_account(struct load_options *o, const char *s)
{
	if (!strcmp(s, "off"))
		o->account = 0;
	else if (!strcmp(s, "all"))
		o->account = 1;
	else
		return opt_uint(s, 1, 1000000, &o->account);
	return 0;
}

static int set_mode(struct load_options *o, const char *s)
{
	int mode = find_name(mode_names, s);

	if (mode < 0)
		return mode;
	o->mode = (enum bed4_mode)mode;
	return 0;
}

static int set_forward(struct load_options *o, const char *s)
{
	int forward = find_name(forward_names, s);

	if (forward < 0)
		return forward;
	o->forward = (enum bed4_forward)forward;
	return 0;
}

static int set_csum(struct load_options *o, const char *s)
{
	int csum = find_name(csum_names, s);

	if (csum < 0)
		return csum;
	o->csum = (enum bed4_csum_mode)csum;
	return 0;
}

static int set_dscp(struct load_options *o, const char *s)
{
	if (!strcmp(s, "copy"))
		o->dscp = BED4_DSCP_COPY;
	else if (!strcmp(s, "zero"))
		o->dscp = 0;
	else
		return opt_uint(s, 0, BED4_DSCP_COPY - 1, &o->dscp);
	return 0;
}

static int set_df(struct load_options *o, const char *s)
{
	return set_switch(&o->df, s);
}

static int set_clamp_mss(struct load_options *o, const char *s)
{
	return set_switch(&o->clamp_mss, s);
}

static int set_wait(struct load_options *o, const char *s)
{
	return opt_uint(s, 0, 3600, &o->wait);
}

static int set_keepalive(struct load_options *o, const char *s)
{
	char left[16];
	const char *ttl = opt_split(s, ',', left, sizeof(left));

	if (!ttl)
		return strchr(s, ',') ? -EINVAL : opt_uint(s, 0, 3600, &o->keepalive);
	return opt_uint(left, 0, 3600, &o->keepalive) || opt_uint(ttl, 1, 255, &o->keepalive_ttl) ?
		       -EINVAL : 0;
}

static int set_radius(struct load_options *o, const char *s)
{
	return opt_uint(s, 0, 255, &o->radius);
}

static int set_neigh_max(struct load_options *o, const char *s)
{
	return opt_uint(s, 16, BED4_NEIGH_LIMIT, &o->neigh_max);
}

static int set_hop_slots(struct load_options *o, const char *s)
{
	unsigned int n;

	if (opt_uint(s, 1024, 1048576, &n) || n & (n - 1))
		return -EINVAL;
	o->hop_slots = n;
	return 0;
}

static int set_eager_tcp(struct load_options *o, const char *s)
{
	return set_switch(&o->eager_tcp, s);
}

static int set_metrics(struct load_options *o, const char *s)
{
	return opt_listen(s, &o->metrics);
}

static int set_foreground(struct load_options *o, const char *s)
{
	return set_switch(&o->foreground, s);
}

/* --- the table ----------------------------------------------------------------------------------- */

/* MOMENTARY: about this call, not about what is loaded; a reload does not inherit it. */
enum { FOR_ROUTER = 1, FOR_PEER = 2, FOR_BOTH = 3, REPEATS = 4, MOMENTARY = 8 };

static const struct option {
	const char *name, *arg; /* arg NULL: a switch, "on" when it stands alone */
	unsigned int flags;
	int (*set)(struct load_options *o, const char *s);
	const char *allowed, *help;
} table[] = {
	{ "role", "router|peer", FOR_BOTH, set_role, "router or peer",
	  "default: router with --prefix, else peer" },
	{ "prefix", "P/64", FOR_ROUTER, set_prefix, "a unicast IPv6 prefix P/64 with no low bits set",
	  "the prefix that this router serves" },
	{ "plan", "PLAN", FOR_BOTH, set_plan, "v01 or server-prefix",
	  "server-prefix: prefixes tell where their router is; default: v01" },
	{ "plan-prefix", "P/16", FOR_BOTH, set_plan_prefix, "a unicast IPv6 prefix P/16 with no low bits set",
	  "what those prefixes begin with; default: fc64::/16" },
	{ "listen", "IPV4", FOR_BOTH, set_listen, "a unicast IPv4 address of this machine",
	  "default: the primary address of IFACE" },
	{ "v6-dev", "IFACE", FOR_ROUTER | REPEATS, set_v6_dev, "a device name, each once, at most 8",
	  "IPv6 side; default: the device of the default route" },
	{ "server", "IPV4", FOR_PEER, set_server, "a unicast IPv4 address",
	  "the router; default: " BED4_SERVICE_V4 },
	{ "port", "N", FOR_BOTH, set_port, "an even number from 2 to 65534",
	  "own UDP port; default: 25788, a peer's is random and kept" },
	{ "default-route", NULL, FOR_PEER, set_default_route, "on or off",
	  "send all native IPv6 through the tunnel" },
	{ "tun", "NAME", FOR_BOTH, set_tun, "a device name of at most 15 characters",
	  "default: 6bed4, or 6bed4-IFACE when that is taken" },
	{ "mtu", "N", FOR_BOTH, set_mtu, "a number from 1280 to 65507", "of the tunnel; default: 1280" },
	{ "permit-v4", "PREFIX", FOR_BOTH | REPEATS, set_permit,
	  "A.B.C.D/LEN without host bits, each once, at most 64",
	  "let these special-purpose addresses be endpoints" },
	{ "deny-v4", "PREFIX", FOR_BOTH | REPEATS, set_deny,
	  "A.B.C.D/LEN without host bits, each once, at most 64", "refuse these endpoints" },
	{ "public-v4", "IPV4", FOR_ROUTER, set_public, "a unicast IPv4 address",
	  "what others see --listen as, behind 1:1 NAT" },
	{ "account", "off|N|all", FOR_BOTH, set_account, "off, all, or a number from 1 to 1000000",
	  "count peers on one packet in N; default: 64" },
	{ "fast-path", "MODE", FOR_BOTH, set_mode, "auto, native, generic, tc or off",
	  "auto, native, generic, tc, off; default: auto" },
	{ "forward", "xdp|kernel", FOR_ROUTER, set_forward, "xdp or kernel",
	  "who routes native IPv6; default: xdp, which bypasses netfilter" },
	{ "udp-checksum", "MODE", FOR_BOTH, set_csum, "auto, always or zero",
	  "auto (where it costs nothing), always, zero; default: auto" },
	{ "dscp", "copy|zero|N", FOR_BOTH, set_dscp, "copy, zero, or a number from 0 to 63",
	  "DSCP of the outer header; default: copy" },
	{ "df", NULL, FOR_BOTH, set_df, "on or off", "forbid routers to fragment tunnel datagrams" },
	{ "clamp-mss", NULL, FOR_BOTH, set_clamp_mss, "on or off",
	  "lower the MSS of TCP to what fits: for networks that filter ICMPv6" },
	{ "keepalive", "SEC[,TTL]", FOR_PEER, set_keepalive, "SEC from 0 to 3600, TTL from 1 to 255",
	  "how often to refresh the NAT's mapping; default: 30,3" },
	{ "radius", "HOPS", FOR_PEER, set_radius, "a number from 0 to 255",
	  "how far to look for LAN neighbours; default: 1, 0 is off" },
	{ "neigh-max", "N", FOR_BOTH, set_neigh_max, "a number from 16 to 4194304",
	  "bound of the neighbour table; default: 65536" },
	{ "nexthop-slots", "N", FOR_ROUTER, set_hop_slots, "a power of two from 1024 to 1048576",
	  "of the next-hop cache, per CPU, 32 bytes each; default: 32768" },
	{ "eager-tcp", NULL, FOR_PEER, set_eager_tcp, "on or off",
	  "send the first SYN to an unknown neighbour straight to it" },
	{ "metrics", "WHERE", FOR_BOTH, set_metrics, "off, unix:/PATH, IPV4:PORT or [IPV6]:PORT",
	  "serve metrics by HTTP at unix:PATH or ADDR:PORT; default: off" },
	{ "wait", "SEC", FOR_BOTH | MOMENTARY, set_wait, "a number from 0 to 3600",
	  "how long a peer waits for its address; default: 10" },
	{ "foreground", NULL, FOR_BOTH | MOMENTARY, set_foreground, "on or off", "stay attached; SIGTERM unloads" },
};

#define OPTIONS (sizeof(table) / sizeof(*table))

/* Where a setter takes one of few words: those. */
static const char *const *values_of(const struct option *o)
{
	static const char *const account[] = { "off", "all", NULL }, *const dscp[] = { "copy", "zero", NULL };

	if (o->set == set_role)
		return role_names;
	if (o->set == set_mode)
		return mode_names;
	if (o->set == set_forward)
		return forward_names;
	if (o->set == set_csum)
		return csum_names;
	if (o->set == set_plan)
		return plan_names;
	if (o->set == set_account)
		return account;
	return o->set == set_dscp ? dscp : NULL;
}

static bool changes_by_reload(const struct option *o)
{
	return o->set != set_role && o->set != set_tun;
}

bool opt_about(unsigned int i, struct opt_about *a)
{
	if (i >= OPTIONS)
		return false;
	*a = (struct opt_about){
		.name = table[i].name,
		.help = table[i].help,
		.arg = table[i].arg,
		.values = values_of(&table[i]),
		.device = table[i].set == set_v6_dev,
		.repeats = table[i].flags & REPEATS,
		.reload = changes_by_reload(&table[i]),
	};
	return true;
}

static void help(FILE *f, bool reload)
{
	char left[40];
	size_t i;

	for (i = 0; i < OPTIONS; i++) {
		if (reload && !changes_by_reload(&table[i]))
			continue;
		snprintf(left, sizeof(left), "--%s %s", table[i].name, table[i].arg ? table[i].arg : "");
		fprintf(f, "  %-22s %s%s\n", left, table[i].help,
			table[i].flags & REPEATS ? " (repeatable)" : "");
	}
	fprintf(f, "\nA switch may be given as --name=on or --name=off. What is not given is taken from\n"
		   "/etc/6bed4/IFACE.conf, one `name value` a line.\n"
		   "Exit codes: 0 done, 1 failed, 2 usage, %s4 loaded, but the router does not answer.\n",
		reload ? "3 nothing loaded, " : "");
}

void opt_help_load(FILE *f)
{
	fprintf(f, "Usage: 6bed4ctl load IFACE [OPTION]...\n\n"
		   "Makes this machine a 6bed4 router (with --prefix) or peer on the IPv4 device IFACE.\n"
		   "What a dead daemon has left working is taken over as it is.\n\n");
	help(f, false);
}

void opt_help_reload(FILE *f)
{
	fprintf(f, "Usage: 6bed4ctl reload IFACE [OPTION]...\n\n"
		   "Puts this program in the place of the one that serves IFACE, without losing a packet. Options\n"
		   "stay as they are loaded but for those given here; a repeatable one replaces its whole list.\n\n");
	help(f, true);
}

static int find_option(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < OPTIONS; i++) {
		if (strlen(table[i].name) == len && !memcmp(table[i].name, word, len))
			return (int)i;
	}
	return -1;
}

static int remember(struct opt_words *w, int k, const char *value, struct err *e)
{
	size_t room = sizeof(w->text) - w->used;
	int n = snprintf(w->text + w->used, room, "%s %s\n", table[k].name, value);

	if (n < 0 || (size_t)n >= room || w->set.entry_count == OPT_ENTRIES) {
		w->text[w->used] = 0;
		return err_set(e, -ENOSPC, "too many options to be remembered: use fewer --permit-v4, --deny-v4");
	}
	w->used += (size_t)n;
	w->set.entries[w->set.entry_count++] = (struct opt_entry){
		.option = (__u8)k, .source = (__u8)w->source, .line = (unsigned short)w->line,
	};
	return 0;
}

void opt_words_init(struct opt_words *w)
{
	struct load_options *o = &w->set;

	memset(w, 0, sizeof(*w));
	o->mtu = BED4_MTU;
	o->account = 64;
	o->wait = 10;
	o->keepalive = 30;
	o->keepalive_ttl = BED4_KEEPALIVE_TTL;
	o->radius = 1;
	o->dscp = BED4_DSCP_COPY;
	o->neigh_max = BED4_NEIGH_MAX;
	o->hop_slots = BED4_HOP_SLOTS;
	o->plan_prefix = BED4_PLAN_PREFIX;
	opt_ipv4(BED4_SERVICE_V4, &o->server);
}

bool opt_is_momentary(const char *name)
{
	int k = find_option(name, strlen(name));

	return k >= 0 && table[k].flags & MOMENTARY;
}

const char *opt_allowed(const char *name)
{
	int k = find_option(name, strlen(name));

	return k < 0 ? NULL : table[k].allowed;
}

bool opt_takes_value(const char *name)
{
	int k = find_option(name, strlen(name));

	return k >= 0 && table[k].arg;
}

int opt_word(struct opt_words *w, const char *name, const char *value, struct err *e)
{
	int k = find_option(name, strlen(name)), err;

	if (k < 0)
		return err_set(e, -ENOENT, "unknown option --%.40s", name);
	if (w->seen & 1u << k && !(table[k].flags & REPEATS))
		return err_set(e, -EEXIST, "--%s is given twice", table[k].name);
	w->seen |= 1u << k;
	if (!value && table[k].arg)
		return err_set(e, -EINVAL, "--%s needs a value: %s", table[k].name, table[k].allowed);
	value = value ? value : "on";
	err = table[k].set(&w->set, value);
	if (err == -EPERM)
		return err_set(e, -EINVAL, "--%s %.40s: 0/8, 127/8, 224/4 and 240/4 cannot be lifted",
			       table[k].name, value);
	if (err)
		return err_set(e, -EINVAL, "--%s %.40s: must be %s", table[k].name, value, table[k].allowed);
	return table[k].flags & MOMENTARY ? 0 : remember(w, k, value, e);
}

/* One "--name[=value]" at argv[*i]; moves *i over a separate value. */
static int parse_option(struct opt_words *w, int argc, char **argv, int *i, struct err *e)
{
	const char *word = argv[*i] + 2, *value = strchr(word, '=');
	size_t len = value ? (size_t)(value - word) : strlen(word);
	char name[32];

	if (len >= sizeof(name))
		return err_set(e, -EINVAL, "unknown option --%.40s", word);
	memcpy(name, word, len);
	name[len] = 0;
	if (value)
		value++;
	else if (opt_takes_value(name) && *i + 1 < argc && argv[*i + 1][0] != '-')
		value = argv[++*i]; /* no value begins with '-': a forgotten one eats no option */
	return opt_word(w, name, value, e);
}

bool opt_without_plan(const struct load_options *o)
{
	unsigned int line;

	return o->plan == BED4_PLAN_V01 && opt_source(o, "plan-prefix", 0, &line) != OPT_DEFAULT;
}

/* Options that do not go together, once all are known. */
static int check_role(struct load_options *o, unsigned int seen, struct err *e)
{
	unsigned int fits;
	size_t i;

	if (!o->role_set)
		o->role = o->prefix_set ? BED4_ROLE_ROUTER : BED4_ROLE_PEER;
	if (o->role == BED4_ROLE_ROUTER && !o->prefix_set && o->plan == BED4_PLAN_V01)
		return err_set(e, -EINVAL, "a router needs --prefix P/64");
	if (opt_without_plan(o))
		return err_set(e, -EINVAL, "--plan-prefix is for --plan server-prefix");
	fits = o->role == BED4_ROLE_ROUTER ? FOR_ROUTER : FOR_PEER;
	for (i = 0; i < OPTIONS; i++) {
		if (seen & 1u << i && !(table[i].flags & fits))
			return err_set(e, -EINVAL, "--%s is not for a %s", table[i].name,
				       opt_role_name(o->role));
	}
	return 0;
}

/*
 * Takes over those lines of an earlier text whose option @w does not have: @w then has them all. @from: the
 * words whose text it is, NULL for that of an earlier load.
 */
static int inherit(struct opt_words *w, const char *base, const struct opt_words *from, struct err *e)
{
	unsigned int own = w->seen, i = 0;
	char name[32], value[128];
	int err = 0, k;

	w->source = from ? OPT_FILE : OPT_EARLIER;
	for (; !err && *base; base += strcspn(base, "\n"), base += *base == '\n', i++) {
		w->line = from && i < from->set.entry_count ? from->set.entries[i].line : 0;
		if (sscanf(base, "%31[^ \n] %127[^\n]", name, value) != 2)
			return err_set(e, -EINVAL, "what was loaded cannot be read back; unload, and load anew");
		k = find_option(name, strlen(name));
		if (k < 0 || !(own & 1u << k))
			err = opt_word(w, name, value, e);
	}
	return err;
}

int opt_finish(struct load_options *o, struct opt_words *w, const char *base, const struct opt_words *file,
	       struct err *e)
{
	char given[BED4_OPTIONS_LEN];
	int err = base ? inherit(w, base, NULL, e) : 0;

	memcpy(given, w->text, sizeof(given));
	if (!err && file)
		err = inherit(w, file->text, file, e);
	if (!err)
		err = check_role(&w->set, w->seen, e);
	*o = w->set;
	memcpy(o->given, given, sizeof(o->given));
	return err;
}

enum opt_source opt_source(const struct load_options *o, const char *name, unsigned int nth, unsigned int *line)
{
	int k = find_option(name, strlen(name));
	unsigned int i;

	*line = 0;
	for (i = 0; i < o->entry_count; i++) {
		if (o->entries[i].option != k || nth--)
			continue;
		*line = o->entries[i].line;
		return (enum opt_source)o->entries[i].source;
	}
	return OPT_DEFAULT;
}

const char *opt_entry_name(const struct opt_entry *entry)
{
	return entry->option < OPTIONS ? table[entry->option].name : "?";
}

bool opt_entry_fits(const struct opt_entry *entry, enum bed4_role role)
{
	unsigned int fits = role == BED4_ROLE_ROUTER ? FOR_ROUTER : FOR_PEER;

	return entry->option < OPTIONS && table[entry->option].flags & fits;
}

unsigned int opt_line(const struct load_options *o, const char *name)
{
	unsigned int line;

	opt_source(o, name, 0, &line);
	return line;
}

int opt_parse_words(struct opt_words *w, int argc, char **argv, struct err *e)
{
	int i, err = 0;

	for (i = 0; !err && i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return 1;
		if (!strncmp(argv[i], "--", 2))
			err = parse_option(w, argc, argv, &i, e);
		else if (argv[i][0] == '-')
			err = err_set(e, -EINVAL, "unknown option %.40s", argv[i]);
		else if (*w->set.iface)
			err = err_set(e, -EINVAL, "one device only: %.40s is too much", argv[i]);
		else if (set_name(w->set.iface, argv[i]))
			err = err_set(e, -EINVAL, "%.40s is no device name", argv[i]);
	}
	if (!err && !*w->set.iface)
		err = err_set(e, -EINVAL, "say which IPv4 device: `6bed4ctl load IFACE`");
	return err;
}

int opt_parse_load(struct load_options *o, int argc, char **argv, struct err *e)
{
	struct opt_words w;
	int ret;

	opt_words_init(&w);
	ret = opt_parse_words(&w, argc, argv, e);
	return ret ? (ret > 0 ? 1 : -EINVAL) : opt_finish(o, &w, NULL, NULL, e);
}
