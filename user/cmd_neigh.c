// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `neigh`: the neighbours, in the manner of `ip neigh`. Reads the map; changes go through the daemon.
 * Must not know how paths are found.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "cmd.h"
#include "io/ctl.h"
#include "opt.h"
#include "show.h"
#include "show_neigh.h"

static const char help[] =
	"Usage: 6bed4ctl neigh [show] [[dev] IFACE] [-j]\n"
	"       6bed4ctl neigh get IPV6 [[dev] IFACE] [-j]\n"
	"       6bed4ctl neigh add IPV6 [lladdr IPV4:PORT] [[dev] IFACE]\n"
	"       6bed4ctl neigh del IPV6 [[dev] IFACE]\n"
	"       6bed4ctl neigh flush [[dev] IFACE]\n"
	"       6bed4ctl neigh monitor [[dev] IFACE] [-t] [-j]\n\n"
	"Lists or changes the neighbours of IFACE, or of every loaded device. On a peer: who it has sent\n"
	"to, by which path (lan, direct, router), and why not directly. `add` makes a direct path that\n"
	"is never probed, by default to the address inside IPV6; `del` lets the search begin anew;\n"
	"`flush` forgets all that were not added; `monitor` shows each that changes as it\n"
	"does so, with `Deleted` in front of those that go. On a router: the peers that have sent something within\n"
	"the last 10 minutes; counters are scaled up from samples, see --account.\n";

/* What was asked for. */
struct request {
	const char *verb;
	struct bed4_in6 addr;
	bool has_addr;
	struct bed4_ep at;
	struct json_object *list; /* with -j */
	unsigned int found;
};

static void show_line(const struct show *s, const struct bed4_in6 *addr, const struct bed4_neigh *n,
		      struct request *r)
{
	struct show_neigh l = { .iface = s->iface, .tun = s->info.made.tun_name, .server = s->self.server,
				.addr = *addr, .n = *n };

	r->found++;
	if (r->list)
		json_object_array_add(r->list, show_neigh_json(&l));
	else
		show_neigh_text(&l);
}

static int show_all(const struct show *s, struct instance_maps *m, struct request *r)
{
	bool more = true, first = true;
	struct bed4_in6 key, next;
	struct bed4_neigh n;
	__u32 steps;

	for (steps = 0; more && steps <= 2 * s->info.neigh_max; steps++) {
		if (!first && !bpf_map_lookup_elem(m->neigh, &key, &n))
			show_line(s, &key, &n, r);
		more = !bpf_map_get_next_key(m->neigh, first ? NULL : &key, &next);
		key = next;
		first = false;
	}
	return EXIT_DONE;
}

/* An unknown neighbour goes by the router; if it cannot even be sought, that is worth a line. */
static int show_get(const struct show *s, struct instance_maps *m, struct request *r)
{
	struct bed4_neigh n = { .reason = BED4_REASON_FULL };

	if (bpf_map_lookup_elem(m->neigh, &r->addr, &n)) {
		if (s->self.role != BED4_ROLE_PEER || !bed4_same_prefix(&r->addr, &s->self.own) ||
		    gauges_neighbours(&s->gauges.neigh) < s->info.neigh_max)
			return EXIT_DONE;
		bed4_iid_get(&r->addr, &r->at);
		n.addr = r->at.addr;
		n.port = r->at.port;
	}
	show_line(s, &r->addr, &n, r);
	return EXIT_DONE;
}

static int change(const struct show *s, const struct request *r)
{
	char words[CTL_REQUEST], addr[SHOW_TEXT], at[SHOW_TEXT];
	struct ctl_reply reply = {};
	struct err e = {};
	int err;

	snprintf(words, sizeof(words), "neigh %s %s %s", r->verb,
		 r->has_addr ? show_ip6(&r->addr, addr) : "", r->at.addr ? show_ep(r->at, at) : "");
	err = ctl_ask(s->iface, words, 5, &reply, &e);
	if (err == -ENOENT)
		snprintf(e.text, sizeof(e.text), "the daemon of %s is dead; `6bed4ctl load` revives it",
			 s->iface);
	if (err || reply.code) {
		fprintf(stderr, "6bed4ctl neigh: %s\n", err ? e.text : reply.text);
		return EXIT_FAILED;
	}
	return EXIT_DONE;
}

static int run_one(const struct show *s, struct instance_maps *m, void *arg)
{
	struct request *r = arg;

	if (!strcmp(r->verb, "show"))
		return show_all(s, m, r);
	if (!strcmp(r->verb, "get"))
		return show_get(s, m, r);
	return change(s, r);
}

static int usage(const char *what, const char *word)
{
	fprintf(stderr, "6bed4ctl neigh: %s%.60s; see `6bed4ctl neigh --help`\n", what, word);
	return EXIT_USAGE;
}

static const char *const verbs[] = { "show", "get", "add", "del", "flush", "monitor", NULL };
#define VERB_MONITOR 5

/* Takes the words that are ours out of @argv; what is left is a device and -j, for show_args(). */
static int parse(struct request *r, int *argc, char **argv)
{
	int verb = *argc > 1 ? cmd_abbrev(argv[1], verbs) : -ENOENT, i, left = 1;
	bool wants;

	r->verb = verb >= 0 ? verbs[verb] : "show";
	wants = strcmp(r->verb, "show") && strcmp(r->verb, "flush");
	for (i = verb >= 0 ? 2 : 1; i < *argc; i++) {
		if (!strcmp(argv[i], "lladdr") && !strcmp(r->verb, "add") && i + 1 < *argc) {
			if (opt_endpoint(argv[++i], &r->at) || !r->at.addr)
				return usage("lladdr must be IPV4:PORT, not ", argv[i]);
		} else if (!strcmp(argv[i], "dev") && i + 1 < *argc) {
			argv[left++] = argv[++i];
		} else if (wants && !r->has_addr && argv[i][0] != '-') {
			if (opt_ipv6(argv[i], &r->addr))
				return usage("not an IPv6 address: ", argv[i]);
			r->has_addr = true;
		} else {
			argv[left++] = argv[i];
		}
	}
	*argc = left;
	return 0;
}

int cmd_neigh(int argc, char **argv)
{
	struct request r = {};
	struct json_object *root = NULL;
	struct show_args a;
	int code = 0;

	if (argc > 1 && cmd_abbrev(argv[1], verbs) == VERB_MONITOR) {
		argv[1] = argv[0];
		return cmd_neigh_monitor(argc - 1, argv + 1);
	}
	code = parse(&r, &argc, argv);
	if (code || show_args(&a, argc, argv, help, false, &code))
		return code;
	if (strcmp(r.verb, "show") && strcmp(r.verb, "flush") && !r.has_addr)
		return usage("say which IPv6 address to ", r.verb);
	if (cmd_json) {
		root = show_json();
		r.list = json_object_new_array();
		json_object_object_add(root, "neighbours", r.list);
	}
	code = show_each(&a, run_one, &r);
	if (root)
		show_print(root);
	if (code == EXIT_DONE && !strcmp(r.verb, "get") && !r.found) {
		fprintf(stderr, "6bed4ctl neigh: no such neighbour: packets to it go by the router\n");
		return EXIT_FAILED;
	}
	return code;
}
