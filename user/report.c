// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What was set up, told; see report.h. Proved by selftests/net/test_golden.sh and test_config.sh. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "6bed4/wire.h"
#include "cmd.h"
#include "conf.h"
#include "optfile.h"
#include "report.h"
#include "settle.h"
#include "show.h"

/* --- for people -------------------------------------------------------------------------------------- */

/* A fixed port is that of a server: its address stays, and may be published. */
static void print_address(FILE *f, const struct bed4_self *self, bool fixed_port)
{
	char text[INET6_ADDRSTRLEN];

	if (!(self->flags & BED4_SELF_ADDR))
		return;
	inet_ntop(AF_INET6, &self->own, text, sizeof(text));
	fprintf(f, "  address    %s/64\n", text);
	if (self->role == BED4_ROLE_PEER && fixed_port)
		fprintf(f, "  dns        IN AAAA %s\n", text);
}

/* Who cannot be asked by 6bed4ctl tells how to end it, and what it lacks. */
static void print_bare(FILE *f, struct daemon *d)
{
	const struct as_root *a = daemon_as_root(d);
	unsigned int i;

	fprintf(f, "  process    %d, without privileges; SIGTERM ends it\n", (int)getpid());
	for (i = 0; i < a->count; i++)
		fprintf(f, "  as root    %s\n", a->command[i]);
}

/* Every option in effect, and where its value comes from. */
static void print_options(FILE *f, const struct load_options *o)
{
	struct effective l;
	char path[OPTFILE_PATH];

	settle_list(o, &l);
	fprintf(f, "  options\n");
	effective_print(f, &l, optfile_path(o->iface, path));
}

static void print(FILE *f, const struct report *r)
{
	char text[INET_ADDRSTRLEN], metrics[OPT_LISTEN_TEXT];
	const struct load_options *o = r->opt;
	unsigned int i;

	fprintf(f, "%s: %s on %s%s\n", o->iface, opt_role_name(o->role), o->tun,
		r->before->there ? ", taken over" : "");
	if (o->has_file)
		fprintf(f, "  config     " CONF_DIR "/%s.conf\n", o->iface);
	fprintf(f, "  listen     %s:%u\n", inet_ntop(AF_INET, &o->listen, text, sizeof(text)), o->port);
	if (o->role == BED4_ROLE_PEER)
		fprintf(f, "  server     %s:%d\n", inet_ntop(AF_INET, &o->server, text, sizeof(text)),
			BED4_PORT);
	for (i = 0; i < o->v6_count; i++)
		fprintf(f, "  ipv6 side  %s\n", o->v6_dev[i]);
	print_address(f, daemon_self(r->daemon), o->port_fixed);
	fprintf(f, "  mtu        %u\n", o->mtu);
	if (o->metrics.kind != OPT_LISTEN_OFF)
		fprintf(f, "  metrics    %s\n", opt_listen_text(&o->metrics, metrics));
	fprintf(f, "  fast path  %s\n", opt_mode_name(daemon_info(r->daemon)->mode));
	if (*r->notice)
		fprintf(f, "  notice     %s\n", r->notice);
	print_options(f, o);
	if (r->bare)
		print_bare(f, r->daemon);
	if (r->degraded)
		fprintf(f, "%s: no answer from the router within %u s: is UDP to its port %d let through? "
			   "Still trying in the background\n", program_invocation_short_name, o->wait, BED4_PORT);
}

/* --- as JSON ----------------------------------------------------------------------------------------- */

static const char *source_name(enum opt_source source)
{
	static const char *const names[] = { "option", "option", "file", "default" };

	return (unsigned int)source < sizeof(names) / sizeof(*names) ? names[source] : "?";
}

struct json_object *report_options(const struct effective *l, const char *path)
{
	struct json_object *list = json_object_new_array(), *row;
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		row = json_object_new_object();
		show_put(row, "name", l->row[i].name);
		show_put(row, "value", l->row[i].value);
		show_put(row, "source", source_name(l->row[i].source));
		if (l->row[i].source == OPT_FILE) {
			show_put(row, "file", path);
			if (l->row[i].line && !l->row[i].changed)
				show_put_number(row, "line", l->row[i].line);
			show_put_bool(row, "changed", l->row[i].changed);
		}
		json_object_array_add(list, row);
	}
	return list;
}

static struct json_object *ipv6_sides(const struct load_options *o)
{
	struct json_object *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < o->v6_count; i++)
		json_object_array_add(list, json_object_new_string(o->v6_dev[i]));
	return list;
}

static struct json_object *commands_for_root(struct daemon *d)
{
	const struct as_root *a = daemon_as_root(d);
	struct json_object *list = json_object_new_array();
	unsigned int i;

	for (i = 0; i < a->count; i++)
		json_object_array_add(list, json_object_new_string(a->command[i]));
	return list;
}

static void put_endpoints(struct json_object *o, const struct report *r)
{
	struct bed4_ep listen = { .addr = r->opt->listen, .port = htons(r->opt->port) };
	struct bed4_ep server = { .addr = r->opt->server, .port = htons(BED4_PORT) };
	const struct bed4_self *self = daemon_self(r->daemon);
	char text[SHOW_TEXT];

	show_put(o, "listen", show_ep(listen, text));
	if (r->opt->role == BED4_ROLE_PEER)
		show_put(o, "server", show_ep(server, text));
	else
		json_object_object_add(o, "ipv6_side", ipv6_sides(r->opt));
	if (self->flags & BED4_SELF_ADDR)
		show_put(o, "address", show_ip6(&self->own, text));
}

static struct json_object *json(const struct report *r)
{
	char metrics[OPT_LISTEN_TEXT], path[OPTFILE_PATH];
	const struct load_options *opt = r->opt;
	struct json_object *o = show_json();
	struct effective l;

	show_put(o, "iface", opt->iface);
	show_put(o, "role", opt_role_name(opt->role));
	show_put(o, "tun", opt->tun);
	show_put_bool(o, "changed", true);
	show_put_bool(o, "taken_over", r->before->there);
	put_endpoints(o, r);
	show_put_number(o, "mtu", opt->mtu);
	if (opt->metrics.kind != OPT_LISTEN_OFF)
		show_put(o, "metrics", opt_listen_text(&opt->metrics, metrics));
	show_put(o, "fast_path", opt_mode_name(daemon_info(r->daemon)->mode));
	if (r->asked)
		show_put_bool(o, "router_answers", !r->degraded);
	if (*r->notice)
		show_put(o, "notice", r->notice);
	if (r->bare) {
		show_put_number(o, "pid", (__u64)getpid());
		json_object_object_add(o, "as_root", commands_for_root(r->daemon));
	}
	settle_list(opt, &l);
	json_object_object_add(o, "options", report_options(&l, optfile_path(opt->iface, path)));
	return o;
}

void report(FILE *f, const struct report *r)
{
	if (cmd_json)
		show_print_to(f, json(r));
	else
		print(f, r);
}

void report_changed(const char *iface, bool changed)
{
	struct json_object *o = show_json();

	show_put(o, "iface", iface);
	show_put_bool(o, "changed", changed);
	show_print(o);
}
