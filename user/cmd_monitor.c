// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `monitor` and `neigh monitor`: what daemons tell, a line or a JSON object per event. Follows an instance
 * over reloads until it is unloaded. Must not decide what is an event. Proved by selftests/net/test_live.sh.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "io/instance.h"
#include "live.h"
#include "opt.h"
#include "show.h"
#include "show_neigh.h"

static const char help[] =
	"Usage: 6bed4ctl monitor [[dev] IFACE] [-t] [-j]\n\n"
	"Shows what happens on IFACE, or on every device that is loaded now, until that is unloaded: neighbours\n"
	"that come, change their path or state, or go; the own address; the public endpoint that a NAT gives; the\n"
	"local one; a router that is lost or found; what is logged; reloads. With -t each line begins with the\n"
	"time; -j prints a JSON object per line. Who reads too slowly loses events, and is told how many.\n"
	"Exit code: 3 when all have been unloaded.\n";

static const char neigh_help[] =
	"Usage: 6bed4ctl neigh monitor [[dev] IFACE] [-t] [-j]\n\n"
	"Shows neighbours as they come and change, as `neigh show` does, and with `Deleted` in front as they go,\n"
	"until the device is unloaded.\n";

#define RETRY 100 /* ms between attempts to reach another daemon */

struct source {
	char iface[BED4_NAME_LEN];
	int fd; /* -1: not connected */
	bool over; /* unloaded */
	struct watch_msg begin; /* as the daemon introduced itself */
};

struct monitor {
	bool neigh, times;
	const char *iface;
	unsigned int count;
	struct source source[INSTANCE_MAX];
};

/* --- text ------------------------------------------------------------------------------------------ */

static const char *verb_of(const struct watch_msg *m)
{
	if (m->kind == WATCH_NEIGH_GONE)
		return "deleted";
	if (m->kind == WATCH_FLUSH)
		return "flushed";
	return m->was.state == BED4_NEIGH_NONE ? "new" : "changed";
}

static struct show_neigh neigh_of(const struct source *s, const struct watch_msg *m)
{
	return (struct show_neigh){ .iface = s->iface, .tun = s->begin.name, .server = s->begin.server,
				    .addr = m->addr, .n = m->kind == WATCH_NEIGH_GONE ? m->was : m->neigh };
}

static const char *or_none(const struct bed4_in6 *a, char buf[SHOW_TEXT])
{
	static const struct bed4_in6 none;

	return bed4_in6_eq(a, &none) ? "none" : show_ip6(a, buf);
}

static void text_begin(const struct watch_msg *m)
{
	char a[SHOW_TEXT], b[SHOW_TEXT];

	printf("daemon %u: %s on %s, address %s, listen %s, %s%s\n", m->pid, opt_role_name(m->role), m->name,
	       or_none(&m->addr, a), show_ep(m->listen, b), *m->text ? "degraded: " : "up", m->text);
}

static void text_neigh(const struct source *s, const struct watch_msg *m)
{
	struct show_neigh l = neigh_of(s, m);
	char a[SHOW_TEXT], b[SHOW_TEXT], now[SHOW_NEIGH_BRIEF], was[SHOW_NEIGH_BRIEF];
	struct bed4_ep via = l.n.path == BED4_PATH_ROUTER ? l.server : bed4_ep(l.n.addr, l.n.port);

	if (m->kind == WATCH_FLUSH) {
		printf("neigh flushed\n");
		return;
	}
	printf("neigh %s %s via %s %s", verb_of(m), show_ip6(&l.addr, a), show_ep(via, b),
	       show_neigh_brief(&l.n, now));
	if (m->kind == WATCH_NEIGH && m->was.state != BED4_NEIGH_NONE)
		printf(", was %s", show_neigh_brief(&m->was, was));
	putchar('\n');
}

static void text_public(const struct watch_msg *m)
{
	char a[SHOW_TEXT], b[SHOW_TEXT];

	printf("public %s, was %s%s\n", show_ep(m->ep, a), show_ep(m->old_ep, b),
	       m->flag ? ": the NAT has given this peer another endpoint" : "");
}

static void text_event(const struct source *s, const struct watch_msg *m)
{
	char a[SHOW_TEXT], b[SHOW_TEXT];

	switch (m->kind) {
	case WATCH_BEGIN:
		text_begin(m);
		break;
	case WATCH_NEIGH:
	case WATCH_NEIGH_GONE:
	case WATCH_FLUSH:
		text_neigh(s, m);
		break;
	case WATCH_ADDRESS:
		printf("address %s, was %s\n", or_none(&m->addr, a), or_none(&m->old_addr, b));
		break;
	case WATCH_PUBLIC:
		text_public(m);
		break;
	case WATCH_LISTEN:
		printf("listen %s, was %s\n", show_ep(m->ep, a), show_ep(m->old_ep, b));
		break;
	case WATCH_STATE:
		printf("state %s%s\n", *m->text ? "degraded: " : "up", m->text);
		break;
	case WATCH_LOG:
		printf("log %s: %s\n", m->flag ? "error" : "info", m->text);
		break;
	case WATCH_MISMATCH:
		printf("mismatch %s sends as %s, and has been told its own address\n", show_ep(m->ep, a),
		       show_ip6(&m->addr, b));
		break;
	case WATCH_LOST:
		printf("lost %llu events: read faster\n", m->number);
		break;
	default:
		printf("daemon %s\n", m->text);
	}
}

/* `neigh monitor`: only lines that `neigh show` might have printed. */
static void text_neigh_only(const struct source *s, const struct watch_msg *m)
{
	struct show_neigh l = neigh_of(s, m);

	if (m->kind == WATCH_FLUSH) {
		printf("Deleted all dev %s\n", s->begin.name);
	} else if (m->kind == WATCH_NEIGH || m->kind == WATCH_NEIGH_GONE) {
		if (m->kind == WATCH_NEIGH_GONE)
			printf("Deleted ");
		show_neigh_text(&l);
	} else if (m->kind == WATCH_LOST) {
		printf("Lost %llu events dev %s\n", m->number, s->begin.name);
	}
}

/* --- JSON ------------------------------------------------------------------------------------------ */

static const char *const event_names[WATCH_KINDS] = {
	"daemon", "neighbour", "neighbour", "neighbour", "address", "public", "listen", "state", "log",
	"mismatch", "ping", "lost", "end",
};

static void json_neigh(const struct source *s, const struct watch_msg *m, struct json_object *o)
{
	struct show_neigh l = neigh_of(s, m);
	struct json_object *was;

	show_put(o, "action", verb_of(m));
	if (m->kind == WATCH_FLUSH)
		return;
	json_object_object_add(o, "neighbour", show_neigh_json(&l));
	if (m->kind != WATCH_NEIGH || m->was.state == BED4_NEIGH_NONE)
		return;
	was = json_object_new_object();
	show_put(was, "path", show_neigh_path(m->was.path));
	show_put(was, "state", show_neigh_state(&m->was));
	if (m->was.reason)
		show_put(was, "reason", show_neigh_reason(m->was.reason));
	json_object_object_add(o, "was", was);
}

static void json_begin(const struct watch_msg *m, struct json_object *o)
{
	static const struct bed4_in6 none;
	char buf[SHOW_TEXT];

	show_put_number(o, "pid", m->pid);
	show_put(o, "role", opt_role_name(m->role));
	show_put(o, "tun", m->name);
	if (!bed4_in6_eq(&m->addr, &none))
		show_put(o, "address", show_ip6(&m->addr, buf));
	show_put(o, "listen", show_ep(m->listen, buf));
	show_put(o, "state", *m->text ? "degraded" : "up");
	if (*m->text)
		show_put(o, "reason", m->text);
}

static void json_pair(struct json_object *o, const char *key, struct bed4_ep ep, struct bed4_ep old)
{
	char buf[SHOW_TEXT];

	show_put(o, key, show_ep(ep, buf));
	show_put(o, "was", show_ep(old, buf));
}

static void json_address(const struct watch_msg *m, struct json_object *o)
{
	static const struct bed4_in6 none;
	char buf[SHOW_TEXT];

	if (!bed4_in6_eq(&m->addr, &none))
		show_put(o, "address", show_ip6(&m->addr, buf));
	if (!bed4_in6_eq(&m->old_addr, &none))
		show_put(o, "was", show_ip6(&m->old_addr, buf));
}

static void json_details(const struct source *s, const struct watch_msg *m, struct json_object *o)
{
	char buf[SHOW_TEXT];

	switch (m->kind) {
	case WATCH_BEGIN:
		json_begin(m, o);
		break;
	case WATCH_NEIGH:
	case WATCH_NEIGH_GONE:
	case WATCH_FLUSH:
		json_neigh(s, m, o);
		break;
	case WATCH_ADDRESS:
		json_address(m, o);
		break;
	case WATCH_PUBLIC:
		json_pair(o, "public", m->ep, m->old_ep);
		show_put_bool(o, "rebinding", m->flag);
		break;
	case WATCH_LISTEN:
		json_pair(o, "listen", m->ep, m->old_ep);
		break;
	case WATCH_STATE:
		show_put(o, "state", *m->text ? "degraded" : "up");
		if (*m->text)
			show_put(o, "reason", m->text);
		break;
	case WATCH_LOG:
		show_put(o, "level", m->flag ? "error" : "info");
		show_put(o, "text", m->text);
		break;
	case WATCH_MISMATCH:
		show_put(o, "claims", show_ip6(&m->addr, buf));
		show_put(o, "endpoint", show_ep(m->ep, buf));
		break;
	case WATCH_LOST:
		show_put_number(o, "events", m->number);
		break;
	default:
		show_put(o, "reason", m->text);
	}
}

static void json_event(const struct source *s, const struct watch_msg *m)
{
	struct json_object *o = show_json();
	char time[LIVE_TIME];

	show_put(o, "time", live_time(m->at, time));
	show_put(o, "iface", s->iface);
	show_put(o, "event", event_names[m->kind]);
	json_details(s, m, o);
	show_print(o);
}

/* --- following ------------------------------------------------------------------------------------- */

static bool shown(const struct monitor *mon, const struct watch_msg *m)
{
	return !mon->neigh || m->kind == WATCH_NEIGH || m->kind == WATCH_NEIGH_GONE || m->kind == WATCH_FLUSH ||
	       m->kind == WATCH_LOST;
}

static void show_event(const struct monitor *mon, const struct source *s, const struct watch_msg *m)
{
	char time[LIVE_TIME];

	if (!shown(mon, m))
		return;
	if (cmd_json) {
		json_event(s, m);
		return;
	}
	if (mon->times)
		printf("[%s] ", live_time(m->at, time));
	if (mon->neigh) {
		text_neigh_only(s, m);
	} else {
		printf("%s: ", s->iface);
		text_event(s, m);
	}
	fflush(stdout);
}

/* Words of our own, as if the daemon had said them. */
static void say_end(const struct monitor *mon, const struct source *s, const char *text)
{
	struct watch_msg m = { .kind = WATCH_END };
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	m.at = (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;
	snprintf(m.text, sizeof(m.text), "%s", text);
	show_event(mon, s, &m);
}

/* Has it been unloaded, or only lost its daemon? */
static bool is_gone(const char *iface)
{
	struct instance_maps maps;
	struct err e = {};
	int err = instance_open_maps(&maps, iface, &e);

	if (!err)
		instance_maps_close(&maps);
	return err == -ENOENT;
}

static int reach(const struct monitor *mon, struct source *s, struct err *e)
{
	s->fd = live_open(s->iface, "watch", mon->neigh ? "neigh" : "all", e);
	return s->fd < 0 ? s->fd : 0;
}

static void hang_up(struct source *s)
{
	close(s->fd);
	s->fd = -1;
}

static void hear(const struct monitor *mon, struct source *s)
{
	struct watch_msg m;
	int err;

	while (!(err = live_next(s->fd, &m))) {
		if (m.kind == WATCH_BEGIN)
			s->begin = m;
		if (m.kind == WATCH_END) {
			s->over = !strcmp(m.text, WATCH_END_UNLOAD);
			say_end(mon, s, s->over ? "unloaded" : strcmp(m.text, WATCH_END_RELOAD) ?
				"has ended; waiting for another" : "replaced; reconnecting");
			hang_up(s);
			return;
		}
		show_event(mon, s, &m);
	}
	if (err == -EAGAIN)
		return;
	say_end(mon, s, "has ended; waiting for another");
	hang_up(s);
}

static void reach_again(const struct monitor *mon, struct source *s)
{
	struct err e = {};

	if (reach(mon, s, &e) && is_gone(s->iface)) {
		s->over = true;
		say_end(mon, s, "unloaded");
	}
}

static int follow(struct monitor *mon)
{
	struct pollfd on[INSTANCE_MAX];
	unsigned int i, left;
	bool waiting;

	for (;;) {
		for (i = left = 0, waiting = false; i < mon->count; i++) {
			on[i] = (struct pollfd){ .fd = mon->source[i].fd, .events = POLLIN };
			left += !mon->source[i].over;
			waiting |= on[i].fd < 0 && !mon->source[i].over;
		}
		if (!left)
			return EXIT_NOTHING;
		if (poll(on, mon->count, waiting ? RETRY : -1) < 0 && errno != EINTR)
			return EXIT_FAILED;
		for (i = 0; i < mon->count; i++) {
			if (mon->source[i].over)
				continue;
			if (mon->source[i].fd < 0)
				reach_again(mon, &mon->source[i]);
			else if (on[i].revents)
				hear(mon, &mon->source[i]);
		}
	}
}

/* --- beginning ------------------------------------------------------------------------------------- */

/* Those that are loaded now; one whose daemon is dead is waited for. */
static int find(struct monitor *mon)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];
	struct err e = {};
	unsigned int i;
	int n = 1, err;

	if (mon->iface)
		snprintf(names[0], sizeof(names[0]), "%s", mon->iface);
	else
		n = instance_list(names);
	for (i = 0; n > 0 && i < (unsigned int)n; i++) {
		struct source *s = &mon->source[mon->count];

		memcpy(s->iface, names[i], sizeof(s->iface));
		err = reach(mon, s, &e);
		if (err == -ENOENT && is_gone(s->iface))
			continue;
		if (err && err != -ENOENT) {
			fprintf(stderr, "6bed4ctl: %s\n", e.text);
			return EXIT_FAILED;
		}
		mon->count++;
		if (err)
			say_end(mon, s, "is dead; waiting for another");
	}
	if (mon->count)
		return EXIT_DONE;
	fprintf(stderr, "6bed4ctl: nothing loaded%s%.15s; see `6bed4ctl load --help`\n", mon->iface ? " on " : "",
		mon->iface ? mon->iface : " in this network namespace");
	return EXIT_NOTHING;
}

/* iproute2's names of the time stamp's options; ours has one form. */
static bool is_time_word(const char *word)
{
	static const char *const words[] = { "-t", "-ts", "-timestamp", "-tshort", "--timestamp" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (!strcmp(word, words[i]))
			return true;
	}
	return false;
}

static int run(int argc, char **argv, bool neigh, const char *text)
{
	struct monitor mon = { .neigh = neigh };
	struct show_args a;
	int i, left = 1, code;

	for (i = 1; i < argc; i++) {
		if (is_time_word(argv[i]))
			mon.times = true;
		else if (strcmp(argv[i], "dev") || i + 1 == argc)
			argv[left++] = argv[i];
	}
	if (show_args(&a, left, argv, text, false, &code))
		return code;
	if (cmd_pretty) {
		fprintf(stderr, "6bed4ctl %s: an event is one line of JSON: -j, not -p\n", argv[0]);
		return EXIT_USAGE;
	}
	mon.iface = a.iface;
	code = find(&mon);
	return code ? code : follow(&mon);
}

int cmd_monitor(int argc, char **argv)
{
	return run(argc, argv, false, help);
}

int cmd_neigh_monitor(int argc, char **argv)
{
	return run(argc, argv, true, neigh_help);
}
