/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A neighbour as it is shown, whether it was read from the map or told by the daemon. Must not know where
 * it came from.
 */
#ifndef SHOW_NEIGH_H
#define SHOW_NEIGH_H

#include <json-c/json.h>

#include "6bed4/map.h"

struct show_neigh {
	const char *iface, *tun;
	struct bed4_ep server; /* where packets by the router go */
	struct bed4_in6 addr;
	struct bed4_neigh n;
};

/* Names; "?" for what no build knows. A reason may be "". */
const char *show_neigh_state(const struct bed4_neigh *n);
const char *show_neigh_path(unsigned int path);
const char *show_neigh_reason(unsigned int reason);

/* "path direct REACHABLE", "path router VIA_ROUTER (no answer)"; the buffer is the caller's. */
#define SHOW_NEIGH_BRIEF 96
const char *show_neigh_brief(const struct bed4_neigh *n, char buf[SHOW_NEIGH_BRIEF]);

/* A line of `neigh show`, and the same as JSON, which is the caller's. */
void show_neigh_text(const struct show_neigh *s);
struct json_object *show_neigh_json(const struct show_neigh *s);

#endif
