// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Neighbours as they are shown; see show_neigh.h. Proved by selftests/net/test_peer.sh and fuzz_maps.c. */
#include <stdio.h>
#include <string.h>

#include "show.h"
#include "show_neigh.h"

static const char *const state_names[BED4_NEIGH_STATES] = {
	"NONE", "SEEN", "INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "VIA_ROUTER", "PERMANENT",
};
static const char *const path_names[] = { "router", "direct", "lan" };
static const char *const reasons[BED4_REASONS] = {
	"", "no answer yet", "no answer", "odd port", "refused address", "cache full",
};

const char *show_neigh_state(const struct bed4_neigh *n)
{
	return n->state < BED4_NEIGH_STATES ? state_names[n->state] : "?";
}

const char *show_neigh_path(unsigned int path)
{
	return path <= BED4_PATH_LAN ? path_names[path] : "?";
}

const char *show_neigh_reason(unsigned int reason)
{
	return reason < BED4_REASONS ? reasons[reason] : "?";
}

const char *show_neigh_brief(const struct bed4_neigh *n, char buf[SHOW_NEIGH_BRIEF])
{
	const char *reason = show_neigh_reason(n->reason);

	snprintf(buf, SHOW_NEIGH_BRIEF, "path %s %s%s%s%s", show_neigh_path(n->path), show_neigh_state(n),
		 *reason ? " (" : "", reason, *reason ? ")" : "");
	return buf;
}

/* A neighbour with what is derived from it. */
struct line {
	struct bed4_ep via; /* where packets to it go */
	const char *state, *path, *reason;
	__u32 age, idle, wait; /* s */
};

static __u32 since(__u32 now, __u32 then)
{
	return now > then ? now - then : 0;
}

static struct line line_of(const struct show_neigh *s)
{
	const struct bed4_neigh *n = &s->n;
	__u32 now = (__u32)(show_now() / 1000000000ull);
	struct line l = { .via = bed4_ep(n->addr, n->port) };
	__u32 last = n->used > n->heard ? n->used : n->heard;

	l.state = show_neigh_state(n);
	l.path = show_neigh_path(n->path);
	l.reason = show_neigh_reason(n->reason);
	if (n->path == BED4_PATH_ROUTER)
		l.via = s->server;
	l.age = since(now, n->state == BED4_NEIGH_SEEN ? n->heard : n->since);
	l.idle = last ? since(now, last) : 0;
	if (n->state == BED4_NEIGH_VIA_ROUTER && n->wake != BED4_NEVER)
		l.wait = since(n->wake, now);
	return l;
}

void show_neigh_text(const struct show_neigh *s)
{
	const struct line line = line_of(s), *l = &line;
	const struct bed4_neigh *n = &s->n;
	char a[SHOW_TEXT], b[SHOW_TEXT], c[SHOW_TEXT];

	printf("%s via %s dev %s lladdr %s path %s %s", show_ip6(&s->addr, a), show_ep(l->via, b),
	       s->tun, show_lladdr(bed4_ep(n->addr, n->port), c), l->path, l->state);
	if (*l->reason && l->wait)
		printf(" (%s, waiting %u s)", l->reason, l->wait);
	else if (*l->reason)
		printf(" (%s)", l->reason);
	printf(" age %us idle %us rx %llu/%llu tx %llu/%llu\n", l->age, l->idle, n->rx_packets,
	       n->rx_bytes, n->tx_packets, n->tx_bytes);
}

struct json_object *show_neigh_json(const struct show_neigh *s)
{
	const struct line line = line_of(s), *l = &line;
	const struct bed4_neigh *n = &s->n;
	const struct { const char *key; __u64 value; } numbers[] = {
		{ "age_seconds", l->age }, { "idle_seconds", l->idle }, { "wait_seconds", l->wait },
		{ "rx_packets", n->rx_packets }, { "rx_bytes", n->rx_bytes },
		{ "tx_packets", n->tx_packets }, { "tx_bytes", n->tx_bytes },
	};
	struct json_object *o = json_object_new_object();
	char buf[SHOW_TEXT];
	size_t i;

	show_put(o, "iface", s->iface);
	show_put(o, "address", show_ip6(&s->addr, buf));
	show_put(o, "via", show_ep(l->via, buf));
	show_put(o, "dev", s->tun);
	show_put(o, "lladdr", show_lladdr(bed4_ep(n->addr, n->port), buf));
	show_put(o, "path", l->path);
	show_put(o, "state", l->state);
	if (*l->reason)
		show_put(o, "reason", l->reason);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		show_put_number(o, numbers[i].key, numbers[i].value);
	return o;
}
