// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `status`: what is loaded and how it fares, in a few lines. Must not know maps. */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "cmd_watch.h"
#include "core/outcome.h"
#include "opt.h"
#include "show.h"
#include "show_privs.h"

static const char help[] =
	"Usage: 6bed4ctl status [IFACE] [--watch [SEC]] [-j]\n\n"
	"Shows role, addresses, fast path, packets by path and drops of IFACE, or of every loaded\n"
	"device. --watch draws rates instead, every second or SEC, until q or ^C; with -j an object a\n"
	"line. Exit codes: 0 well, 3 nothing loaded, 4 degraded (no router, or the daemon is dead).\n";

struct totals {
	__u64 fast, slow, answered, dropped;
	enum bed4_outcome top_drop;
};

static struct totals add_up(const struct show *s)
{
	struct totals t = {};
	__u64 most = 0;
	__u32 hook, o;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		enum bed4_kind kind = outcome_kind(o);
		__u64 drops = 0;

		for (hook = 0; hook < BED4_HOOK_COUNT; hook++) {
			__u64 n = s->count[hook][o].packets;

			if (kind == BED4_KIND_FORWARD)
				*(hook < BED4_HOOK_BPF ? &t.fast : &t.slow) += n;
			else if (kind == BED4_KIND_ANSWER)
				t.answered += n;
			else if (kind == BED4_KIND_DROP && o != BED4_KEEPALIVE)
				drops += n;
		}
		t.dropped += drops;
		if (drops > most) {
			most = drops;
			t.top_drop = o;
		}
	}
	return t;
}

#define STATE_TEXT 128

/* What it listens on, when that is no longer an address of this machine. */
static const char *no_listen_text(const struct show *s, char buf[STATE_TEXT])
{
	char ep[SHOW_TEXT];

	snprintf(buf, STATE_TEXT, "degraded: it listens on %s, which is no longer an address of this machine",
		 show_ep(s->self.listen, ep));
	return buf;
}

static const char *state_text(const struct show *s, char buf[STATE_TEXT])
{
	if (!s->alive && s->info.mode == BED4_MODE_OFF)
		return "daemon dead: nothing is forwarded; load it again";
	if (!s->alive)
		return "daemon dead: forwarding goes on, nothing is answered; load it again";
	if (s->info.degraded & BED4_DEGRADED_ODD_PORT)
		return "degraded: the NAT gives odd external ports only, which no address can carry";
	if (s->info.degraded & BED4_DEGRADED_NO_LISTEN)
		return no_listen_text(s, buf);
	if (s->info.degraded)
		return "degraded: the router does not answer";
	return "up";
}

static const char *prefix_text(const struct show *s, char buf[SHOW_TEXT])
{
	struct bed4_in6 prefix = s->self.own;

	prefix.w[2] = prefix.w[3] = 0;
	return show_ip6(&prefix, buf);
}

static void text_address(const struct show *s)
{
	char buf[SHOW_TEXT];

	if (!(s->self.flags & BED4_SELF_ADDR)) {
		printf("  address     none yet\n");
		return;
	}
	printf("  address     %s\n", show_ip6(&s->self.own, buf));
	printf("  prefix      %s/64\n", prefix_text(s, buf));
	if (s->self.flags & BED4_SELF_PLAN)
		printf("  plan        %s: the prefix tells where its router is\n", opt_plan_name(BED4_PLAN_SERVER));
}

/* The effective options are lines; the last one may lack its end if another build wrote them. */
static const char *next_line(const char *p)
{
	p += strcspn(p, "\n");
	return *p ? p + 1 : p;
}

/* Options that the other lines do not show, one by one. */
static void text_options(const struct show *s, const char *name)
{
	const char *p = s->info.options;
	size_t len = strlen(name);

	for (; *p; p = next_line(p)) {
		if (!strncmp(p, name, len) && p[len] == ' ')
			printf("  %-11s %.*s\n", name, (int)(strcspn(p, "\n") - len - 1), p + len + 1);
	}
}

static void text_privileges(const struct show *s)
{
	char buf[SHOW_TEXT];
	struct show_privs p;
	int cap;

	if (!s->alive || !show_privs_read(&p, s->info.made.pid))
		return;
	printf("  privileges  user %s,", show_privs_user(&p, buf, sizeof(buf)));
	for (cap = 0; cap < SHOW_CAPS; cap++) {
		if (show_privs_cap(&p, cap, buf, sizeof(buf)))
			printf(" %s", buf);
	}
	printf("%s%s%s\n", p.caps ? "" : " no capabilities", p.no_new_privs ? ", no new ones" : "",
	       p.filtered ? ", seccomp" : "");
}

/* What full tables have cost, once they have. */
static void text_losses(const struct show *s)
{
	if (s->events_lost)
		printf("  events      %llu lost: senders that were too many to be noted at once\n", s->events_lost);
	if (s->losses.collisions)
		printf("  limits      %llu forgotten for the sake of other senders\n", s->losses.collisions);
}

/* 1234567 -> "1.23 M"; as few digits as say it. */
static const char *scaled(__u64 n, char buf[SHOW_TEXT])
{
	static const char *const units[] = { "", "k", "M", "G", "T", "P", "E" };
	double x = (double)n;
	int i = 0;

	for (; x >= 999.5 && i < 6; i++)
		x /= 1000;
	snprintf(buf, SHOW_TEXT, "%.*f %s", !i || x >= 99.95 ? 0 : x >= 9.995 ? 1 : 2, x, units[i]);
	return buf;
}

static void text_rate(const char *lead, const struct bed4_count *c)
{
	char packets[SHOW_TEXT], bits[SHOW_TEXT];

	printf("%s %spackets/s %sbit/s", lead, scaled(c->packets, packets), scaled(c->bytes, bits));
}

/* Of the last few seconds; a daemon that is dead, or has only begun, knows none. */
static void text_rates(const struct show *s)
{
	struct gauges_rates r;

	if (!show_rates(s, &r))
		return;
	text_rate("  rates       in", &r.in);
	text_rate(", out", &r.out);
	if (s->self.role == BED4_ROLE_ROUTER)
		text_rate(", relayed", &r.relay);
	putchar('\n');
}

static void text_share(const struct show *s)
{
	struct bed4_sample sum = gauges_sum(s->count, 0);
	unsigned int all = gauges_share(sum.fast, sum.slow), now;
	struct gauges_rates r;

	printf("  slow path   %u.%u %% of all packets", all / 10, all % 10);
	if (show_rates(s, &r)) {
		now = gauges_share(r.fast, r.slow);
		printf(", %u.%u %% at the moment", now / 10, now % 10);
	}
	putchar('\n');
}

static void text_paths(const struct show *s)
{
	static const enum bed4_path order[] = { BED4_PATH_DIRECT, BED4_PATH_LAN, BED4_PATH_ROUTER };
	const __u32 *n = s->gauges.neigh.path;
	const char *lead = ":";
	size_t i;

	for (i = 0; s->self.role == BED4_ROLE_PEER && i < BED4_PATHS; i++) {
		if (!n[order[i]])
			continue;
		printf("%s %u %s", lead, n[order[i]], gauges_path_name(order[i]));
		lead = ",";
	}
}

/* How full the other bounded tables are. */
static void text_tables(const struct show *s)
{
	const struct bed4_gauges *g = &s->gauges;
	__u32 limit = g->limit_bpf > g->limit_daemon ? g->limit_bpf : g->limit_daemon;

	printf("  tables      rate limits %u of %u, policy4 %u of %d\n", limit, GAUGES_LIMIT_MAX, g->policy4,
	       BED4_POLICY4_MAX);
}

static void text(const struct show *s, const struct totals *t)
{
	const struct bed4_info *info = &s->info;
	char buf[SHOW_TEXT], state[STATE_TEXT], name[IF_NAMESIZE];
	__u32 i;

	printf("%s: %s on %s\n", s->iface, opt_role_name(s->self.role), info->made.tun_name);
	printf("  state       %s\n", state_text(s, state));
	text_address(s);
	printf("  listen      %s\n", show_ep(s->self.listen, buf));
	if (!bed4_ep_eq(s->self.listen, s->self.public) && s->self.public.addr)
		printf("  public      %s\n", show_ep(s->self.public, buf));
	if (s->self.role == BED4_ROLE_PEER)
		printf("  server      %s\n", show_ep(s->self.server, buf));
	for (i = 0; i < info->made.v6_count; i++)
		printf("  ipv6 side   %s\n", if_indextoname(info->made.v6_dev[i], name) ? name : "gone");
	printf("  fast path   %s", opt_mode_name(info->mode));
	printf(info->made.xdp_id ? ", forward %s\n" : "\n", opt_forward_name(info->forward));
	text_options(s, "permit-v4");
	text_options(s, "deny-v4");
	printf("  uptime      %s\n", show_age(show_uptime(s), buf));
	text_privileges(s);
	printf("  packets     %llu fast, %llu by the daemon, %llu answered\n", t->fast, t->slow,
	       t->answered);
	printf("  dropped     %llu", t->dropped);
	printf(t->dropped ? ", mostly %s: %s\n" : "\n", outcome_name(t->top_drop),
	       outcome_text(t->top_drop));
	text_rates(s);
	text_share(s);
	printf("  neighbours  %u of %u", gauges_neighbours(&s->gauges.neigh), info->neigh_max);
	text_paths(s);
	if (info->neigh_full)
		printf(", full: %u more go by the router, see --neigh-max", info->neigh_full);
	if (s->losses.neighbours)
		printf(", full: %llu packets of others not accounted, see --neigh-max", s->losses.neighbours);
	putchar('\n');
	text_tables(s);
	text_losses(s);
}

/* The effective options as they were given: "name" -> value, or an array where one repeats. */
static struct json_object *options_json(const char *p)
{
	struct json_object *o = json_object_new_object(), *list;
	char name[32], value[128];

	for (; *p; p = next_line(p)) {
		if (sscanf(p, "%31s %127[^\n]", name, value) != 2)
			continue;
		if (strcmp(name, "permit-v4") && strcmp(name, "deny-v4") && strcmp(name, "v6-dev")) {
			show_put(o, name, value);
			continue;
		}
		if (!json_object_object_get_ex(o, name, &list)) {
			list = json_object_new_array();
			json_object_object_add(o, name, list);
		}
		json_object_array_add(list, json_object_new_string(value));
	}
	return o;
}

static struct json_object *privileges_json(const struct show *s)
{
	struct json_object *o = json_object_new_object(), *caps = json_object_new_array();
	char buf[SHOW_TEXT];
	struct show_privs p;
	int cap;

	json_object_object_add(o, "capabilities", caps);
	if (!s->alive || !show_privs_read(&p, s->info.made.pid))
		return o;
	show_put(o, "user", show_privs_user(&p, buf, sizeof(buf)));
	for (cap = 0; cap < SHOW_CAPS; cap++) {
		if (show_privs_cap(&p, cap, buf, sizeof(buf)))
			json_object_array_add(caps, json_object_new_string(buf));
	}
	show_put_bool(o, "no_new_privs", p.no_new_privs);
	show_put_bool(o, "seccomp", p.filtered);
	return o;
}

static struct json_object *rate_json(const struct bed4_count *c)
{
	struct json_object *o = json_object_new_object();

	show_put_number(o, "packets_per_second", c->packets);
	show_put_number(o, "bits_per_second", c->bytes);
	return o;
}

/* NULL, which JSON calls null, while they are not known. */
static struct json_object *rates_json(const struct show *s)
{
	struct json_object *o;
	struct gauges_rates r;

	if (!show_rates(s, &r))
		return NULL;
	o = json_object_new_object();
	json_object_object_add(o, "in", rate_json(&r.in));
	json_object_object_add(o, "out", rate_json(&r.out));
	json_object_object_add(o, "relay", rate_json(&r.relay));
	return o;
}

static struct json_object *percent(__u64 fast, __u64 slow)
{
	unsigned int share = gauges_share(fast, slow);
	char text[16];

	snprintf(text, sizeof(text), "%u.%u", share / 10, share % 10);
	return json_object_new_double_s(share / 10.0, text);
}

static struct json_object *share_json(const struct show *s)
{
	struct bed4_sample sum = gauges_sum(s->count, 0);
	struct json_object *o = json_object_new_object();
	struct gauges_rates r;
	bool known = show_rates(s, &r);

	json_object_object_add(o, "total", percent(sum.fast, sum.slow));
	json_object_object_add(o, "now", known ? percent(r.fast, r.slow) : NULL);
	return o;
}

static struct json_object *paths_json(const struct bed4_tally *t)
{
	struct json_object *o = json_object_new_object();
	__u32 i;

	for (i = 0; i < BED4_PATHS; i++)
		show_put_number(o, gauges_path_name(i), t->path[i]);
	return o;
}

static struct json_object *states_json(const struct bed4_tally *t)
{
	struct json_object *o = json_object_new_object();
	__u32 i;

	for (i = BED4_NEIGH_SEEN; i < BED4_NEIGH_STATES; i++)
		show_put_number(o, gauges_state_name(i), t->state[i]);
	return o;
}

static void table_json(struct json_object *list, const char *name, __u64 entries, __u64 max)
{
	struct json_object *o = json_object_new_object();

	show_put_number(o, "entries", entries);
	show_put_number(o, "max", max);
	json_object_object_add(list, name, o);
}

static struct json_object *tables_json(const struct show *s)
{
	struct json_object *o = json_object_new_object();
	const struct bed4_gauges *g = &s->gauges;

	table_json(o, "neigh", gauges_neighbours(&g->neigh), s->info.neigh_max);
	table_json(o, "limit", g->limit_bpf, GAUGES_LIMIT_MAX);
	table_json(o, "limit_daemon", g->limit_daemon, GAUGES_LIMIT_MAX);
	table_json(o, "policy4", g->policy4, BED4_POLICY4_MAX);
	return o;
}

static struct json_object *json(const struct show *s, const struct totals *t)
{
	struct json_object *o = json_object_new_object(), *p = json_object_new_object();
	char buf[SHOW_TEXT], state[STATE_TEXT], prefix[SHOW_TEXT + 3];

	show_put(o, "iface", s->iface);
	show_put(o, "role", opt_role_name(s->self.role));
	show_put(o, "tun", s->info.made.tun_name);
	show_put(o, "state", !s->alive ? "dead" : s->info.degraded ? "degraded" : "up");
	show_put(o, "state_text", state_text(s, state));
	show_put_number(o, "pid", s->info.made.pid);
	if (s->self.flags & BED4_SELF_ADDR) {
		show_put(o, "address", show_ip6(&s->self.own, buf));
		snprintf(prefix, sizeof(prefix), "%s/64", prefix_text(s, buf));
		show_put(o, "prefix", prefix);
		if (s->self.flags & BED4_SELF_PLAN)
			show_put(o, "plan", opt_plan_name(BED4_PLAN_SERVER));
	}
	show_put_number(o, "mtu", s->self.mtu);
	show_put(o, "listen", show_ep(s->self.listen, buf));
	if (s->self.public.addr)
		show_put(o, "public", show_ep(s->self.public, buf));
	if (s->self.role == BED4_ROLE_PEER)
		show_put(o, "server", show_ep(s->self.server, buf));
	show_put(o, "fast_path", opt_mode_name(s->info.mode));
	show_put(o, "forward", opt_forward_name(s->info.forward));
	show_put_number(o, "uptime_seconds", show_uptime(s) / 1000000000ull);
	show_put_number(p, "fast", t->fast);
	show_put_number(p, "daemon", t->slow);
	show_put_number(p, "answered", t->answered);
	show_put_number(p, "dropped", t->dropped);
	if (t->dropped)
		show_put(p, "top_drop", outcome_name(t->top_drop));
	json_object_object_add(o, "packets", p);
	json_object_object_add(o, "rates", rates_json(s));
	json_object_object_add(o, "slow_path_percent", share_json(s));
	show_put_number(o, "neighbours", gauges_neighbours(&s->gauges.neigh));
	json_object_object_add(o, "neighbours_by_path", paths_json(&s->gauges.neigh));
	json_object_object_add(o, "neighbours_by_state", states_json(&s->gauges.neigh));
	show_put_number(o, "neighbours_max", s->info.neigh_max);
	json_object_object_add(o, "tables", tables_json(s));
	show_put_number(o, "neighbours_refused", s->info.neigh_full + s->losses.neighbours);
	show_put_number(o, "events_lost", s->events_lost);
	show_put_number(o, "limit_collisions", s->losses.collisions);
	json_object_object_add(o, "privileges", privileges_json(s));
	json_object_object_add(o, "options", options_json(s->info.options));
	return o;
}

static int show_one(const struct show *s, struct instance_maps *m, void *list)
{
	struct totals t = add_up(s);

	(void)m;
	if (list)
		json_object_array_add(list, json(s, &t));
	else
		text(s, &t);
	return s->alive && !s->info.degraded ? EXIT_DONE : EXIT_DEGRADED;
}

int cmd_status(int argc, char **argv)
{
	struct watch_words w;
	struct show_args a;
	int code;

	argc = watch_words(&w, argc, argv);
	if (argc < 0)
		return EXIT_USAGE;
	if (show_args(&a, argc, argv, help, false, &code))
		return code;
	if (w.on)
		return watch(&a, &w, false);
	return show_instances(&a, show_one);
}
