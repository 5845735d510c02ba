// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `neigh`: the neighbours, one line each, in the manner of `ip neigh`. */
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>

#include "cmd.h"
#include "show.h"

static const char help[] =
	"Usage: 6bed4ctl neigh [show] [IFACE] [-j]\n\n"
	"Lists the neighbours of IFACE, or of every loaded device: on a router the peers that have\n"
	"sent something within the last 10 minutes. Counters are scaled up from samples, see --account.\n";

static void text(const struct show *s, const struct bed4_in6 *addr, const struct bed4_neigh *n,
		 __u64 now)
{
	struct bed4_ep ep = bed4_ep(n->addr, n->port);
	char a[SHOW_TEXT], b[SHOW_TEXT], c[SHOW_TEXT], d[SHOW_TEXT];

	printf("%s via %s dev %s lladdr %s SEEN age %s rx %llu/%llu tx %llu/%llu\n", show_ip6(addr, a),
	       show_ep(ep, b), s->info.tun_name, show_lladdr(ep, c),
	       show_age(now > n->last_seen ? now - n->last_seen : 0, d), n->rx_packets, n->rx_bytes,
	       n->tx_packets, n->tx_bytes);
}

static struct json_object *json(const struct show *s, const struct bed4_in6 *addr,
				const struct bed4_neigh *n, __u64 now)
{
	const struct { const char *key; __u64 value; } numbers[] = {
		{ "age_seconds", now > n->last_seen ? (now - n->last_seen) / 1000000000ull : 0 },
		{ "rx_packets", n->rx_packets }, { "rx_bytes", n->rx_bytes },
		{ "tx_packets", n->tx_packets }, { "tx_bytes", n->tx_bytes },
	};
	struct bed4_ep ep = bed4_ep(n->addr, n->port);
	struct json_object *o = json_object_new_object();
	char buf[SHOW_TEXT];
	size_t i;

	json_object_object_add(o, "iface", json_object_new_string(s->iface));
	json_object_object_add(o, "address", json_object_new_string(show_ip6(addr, buf)));
	json_object_object_add(o, "via", json_object_new_string(show_ep(ep, buf)));
	json_object_object_add(o, "dev", json_object_new_string(s->info.tun_name));
	json_object_object_add(o, "lladdr", json_object_new_string(show_lladdr(ep, buf)));
	json_object_object_add(o, "state", json_object_new_string("SEEN"));
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		json_object_object_add(o, numbers[i].key,
				       json_object_new_int64((int64_t)numbers[i].value));
	return o;
}

static int show_one(const struct show *s, struct instance_maps *m, void *list)
{
	struct bed4_in6 key, next;
	__u64 now = show_now();
	struct bed4_neigh n;
	unsigned int steps;
	bool more = !bpf_map_get_next_key(m->neigh, NULL, &next);

	for (steps = 0; more && steps < 2 * BED4_NEIGH_MAX; steps++) {
		key = next;
		more = !bpf_map_get_next_key(m->neigh, &key, &next);
		if (bpf_map_lookup_elem(m->neigh, &key, &n))
			continue; /* gone meanwhile */
		if (list)
			json_object_array_add(list, json(s, &key, &n, now));
		else
			text(s, &key, &n, now);
	}
	return EXIT_DONE;
}

int cmd_neigh(int argc, char **argv)
{
	struct json_object *root, *list;
	struct show_args a;
	int code;

	if (argc > 1 && !strcmp(argv[1], "show")) {
		argv[1] = argv[0];
		argc--;
		argv++;
	}
	if (show_args(&a, argc, argv, help, false, &code))
		return code;
	if (!cmd_json)
		return show_each(&a, show_one, NULL);
	root = show_json();
	list = json_object_new_array();
	code = show_each(&a, show_one, list);
	json_object_object_add(root, "neighbours", list);
	show_print(root);
	return code;
}
