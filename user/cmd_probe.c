// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `probe`: has the daemon look for a direct path anew, waits for what comes of it, and measures the path
 * that is found. Must not know how one looks. Proved by selftests/net/test_live.sh.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "live.h"
#include "ping.h"
#include "show.h"
#include "show_neigh.h"

static const char help[] =
	"Usage: 6bed4ctl probe IPV6 [-w SEC] [[dev] IFACE] [-j]\n\n"
	"On a peer: looks for a direct path to the neighbour IPV6 anew, whatever had been found before, waits for\n"
	"the outcome, at most SEC (10), and says it: path, state, round-trip time, or why it is not direct.\n"
	"Exit code: 0 direct or by the LAN, 1 by the router.\n";

#define WAIT 10000 /* ms */

/* No longer looking: what is in use stays in use for now. */
static bool decided(const struct bed4_neigh *n)
{
	return n->state == BED4_NEIGH_REACHABLE || n->state == BED4_NEIGH_VIA_ROUTER ||
	       n->state == BED4_NEIGH_STALE || n->state == BED4_NEIGH_PERMANENT;
}

/* What is there. True: that was the end. */
static bool hear(int fd, const struct bed4_in6 *addr, struct bed4_neigh *n)
{
	struct watch_msg m;
	int err;

	while (!(err = live_next(fd, &m))) {
		if (m.kind == WATCH_NEIGH && bed4_in6_eq(&m.addr, addr))
			*n = m.neigh;
		if (m.kind == WATCH_END || (m.kind == WATCH_NEIGH && decided(n)))
			return true;
	}
	return err != -EAGAIN;
}

/* The neighbour's entry once all is known of it; of state NONE when the daemon has told nothing. */
static int await(const char *iface, const struct ping_words *w, struct bed4_neigh *n, struct err *e)
{
	__u64 end = show_now() / 1000000 + w->deadline, now;
	struct pollfd on = { .events = POLLIN };
	char addr[SHOW_TEXT];

	on.fd = live_open(iface, "probe", show_ip6(&w->addr, addr), e);
	if (on.fd < 0)
		return on.fd;
	for (;;) {
		now = show_now() / 1000000;
		if (now >= end || (poll(&on, 1, (int)(end - now)) < 0 && errno != EINTR))
			break;
		if (on.revents && hear(on.fd, &w->addr, n))
			break;
	}
	close(on.fd);
	return 0;
}

static void text(const struct ping_words *w, const struct bed4_neigh *n, const struct ping_result *r)
{
	const struct ping_sum *s = &r->path[n->path < PING_PATHS ? n->path : 0];
	struct bed4_ep at = bed4_ep(n->addr, n->port);
	char a[SHOW_TEXT], b[SHOW_TEXT], brief[SHOW_NEIGH_BRIEF], why[LIVE_WHY];

	printf("%s via %s %s", show_ip6(&w->addr, a),
	       show_ep(n->path == BED4_PATH_ROUTER ? r->begin.server : at, b), show_neigh_brief(n, brief));
	if (s->received)
		printf(" rtt %.3f ms", (double)s->min / 1e6);
	putchar('\n');
	if (n->reason == BED4_REASON_ASKING)
		printf("the search is not over yet; see `6bed4ctl neigh get %s`\n", a);
	else if (n->path == BED4_PATH_ROUTER)
		printf("not straight: %s\n", live_why(n->reason, at, why));
	if (n->path == BED4_PATH_ROUTER && !s->received)
		printf("nor does it answer by the router\n");
}

static void json(const char *iface, const struct ping_words *w, const struct bed4_neigh *n,
		 const struct ping_result *r)
{
	struct show_neigh l = { .iface = iface, .tun = r->begin.name, .server = r->begin.server,
				.addr = w->addr, .n = *n };
	struct json_object *root = show_json();

	json_object_object_add(root, "neighbour", show_neigh_json(&l));
	ping_json(root, r);
	show_print(root);
}

int cmd_probe(int argc, char **argv)
{
	struct ping_words w = { .options = "w", .count = 1, .gap = 1000, .wait = 1000, .deadline = WAIT,
				.signals = -1 };
	struct ping_result r = {};
	struct bed4_neigh n = {};
	char iface[BED4_NAME_LEN];
	struct err e = {};
	int code = ping_words(&w, argc, argv, help, iface), err;

	if (code)
		return code < 0 ? EXIT_DONE : code;
	err = await(iface, &w, &n, &e);
	w.deadline = WAIT; /* the measuring has bounds of its own */
	if (!err)
		err = ping_run(iface, &w, &r, NULL, &e);
	if (!err && n.state == BED4_NEIGH_NONE)
		err = err_set(&e, -EPROTO, "the daemon of %s has said nothing about that neighbour", iface);
	if (err) {
		fprintf(stderr, "6bed4ctl probe: %s\n", *e.text ? e.text : "the daemon is dead; `6bed4ctl load` "
			"revives it");
		return EXIT_FAILED;
	}
	if (cmd_json)
		json(iface, &w, &n, &r);
	else
		text(&w, &n, &r);
	return n.path == BED4_PATH_ROUTER ? EXIT_FAILED : EXIT_DONE;
}
