// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `ping`: is an address reached, by which paths, how fast, and why not straight. The daemon asks and times,
 * see core/ping.c; this shows and adds up. Proved by selftests/net/test_live.sh.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "core/action.h"
#include "core/ping.h"
#include "live.h"
#include "opt.h"
#include "ping.h"
#include "show.h"
#include "show_neigh.h"

static const char help[] =
	"Usage: 6bed4ctl ping IPV6 [-c N] [-i SEC] [-w SEC] [-W SEC] [[dev] IFACE] [-j]\n\n"
	"Asks IPV6 for an answer on every path that there is, and says how long each took. On a peer: straight,\n"
	"if it is another peer, and on the LAN, if it is known there, by a Neighbour Solicitation; by the router\n"
	"with an ICMPv6 echo, whose answer may come back straight. On a router: one of its peers, with an echo.\n"
	"  -c N    rounds; without it until interrupted\n"
	"  -i SEC  from one round to the next, at least 0.2 (1)\n"
	"  -w SEC  end after so long in any case\n"
	"  -W SEC  wait so long for an answer (1)\n"
	"Exit code: 0 when something has answered, 1 when nothing has.\n";

#define GAP_MIN (unsigned int)(PING_GAP_MIN / 1000000)

static __u64 now_ms(void)
{
	return show_now() / 1000000;
}

/* --- one answer ------------------------------------------------------------------------------------ */

static void show_answer(const struct watch_msg *m)
{
	char ep[SHOW_TEXT];

	printf("seq %u %s from %s: %.3f ms%s\n", m->seq, show_neigh_path(m->path), show_ep(m->ep, ep),
	       (double)m->number / 1e6, m->back == m->path ? "" : m->back == BED4_PATH_ROUTER ?
	       ", back by the router" : ", back straight");
}

static void show_event(const struct ping_result *r, const struct watch_msg *m)
{
	char text[LIVE_WHY];

	if (m->kind == WATCH_LOST)
		printf("%llu answers were lost on the way here\n", m->number);
	if (m->kind != WATCH_PING)
		return;
	if (m->ping == PING_ANSWERED)
		show_answer(m);
	else if (m->ping == PING_UNANSWERED)
		printf("seq %u %s: no answer\n", m->seq, show_neigh_path(m->path));
	else if (m->ping == PING_SKIPPED)
		printf("%s: not tried: %s\n", show_neigh_path(m->path), live_why(m->reason, r->path[m->path].to, text));
	fflush(stdout);
}

/* --- adding up ------------------------------------------------------------------------------------- */

static void add_up(struct ping_result *r, const struct watch_msg *m)
{
	struct ping_sum *s;

	if (m->kind != WATCH_PING || m->path >= PING_PATHS)
		return;
	s = &r->path[m->path];
	if (m->ping == PING_SENT) {
		s->sent++;
		s->to = m->ep;
		s->echo = m->flag;
	} else if (m->ping == PING_ANSWERED) {
		s->min = !s->received || m->number < s->min ? m->number : s->min;
		s->max = m->number > s->max ? m->number : s->max;
		s->total += m->number;
		s->straight += m->back != BED4_PATH_ROUTER;
		s->received++;
	} else if (m->ping == PING_SKIPPED) {
		s->skipped = true;
		s->reason = m->reason;
	} else if (m->ping == PING_OVER) {
		r->over = true;
		r->neigh = m->neigh;
	}
}

unsigned int ping_received(const struct ping_result *r)
{
	return r->path[BED4_PATH_ROUTER].received + r->path[BED4_PATH_DIRECT].received +
	       r->path[BED4_PATH_LAN].received;
}

/* --- the conversation ------------------------------------------------------------------------------ */

/* What has come. 0 going on; 1 the end; -errno. */
static int hear(int fd, struct ping_result *r, void (*show)(const struct ping_result *r, const struct watch_msg *m))
{
	struct watch_msg m;
	int err;

	while (!(err = live_next(fd, &m))) {
		add_up(r, &m);
		if (m.kind == WATCH_END)
			r->ended = true;
		if (m.kind == WATCH_BEGIN)
			r->begin = m;
		if (show)
			show(r, &m);
		if (r->over || r->ended)
			return 1;
	}
	return err == -EAGAIN ? 0 : err == -EPIPE ? 1 : err;
}

int ping_run(const char *iface, const struct ping_words *w, struct ping_result *r,
	     void (*show)(const struct ping_result *r, const struct watch_msg *m), struct err *e)
{
	__u64 end = w->deadline ? now_ms() + w->deadline : 0, now;
	char words[SHOW_TEXT + 64], addr[SHOW_TEXT];
	struct pollfd on[2] = { { .events = POLLIN }, { .fd = w->signals, .events = POLLIN } };
	int err = 0;

	snprintf(words, sizeof(words), "%s %u %u %u", show_ip6(&w->addr, addr), w->count, w->gap, w->wait);
	on[0].fd = live_open(iface, "ping", words, e);
	if (on[0].fd < 0)
		return on[0].fd;
	while (!err) {
		now = now_ms();
		if (end && now >= end)
			break;
		if (poll(on, 2, end ? (int)(end - now) : -1) < 0 && errno != EINTR)
			err = -errno;
		if (on[1].revents)
			break;
		if (!err && on[0].revents)
			err = hear(on[0].fd, r, show);
	}
	close(on[0].fd);
	return err < 0 ? err_set(e, err, "the daemon of %s speaks another version; reload, then try again", iface) :
			 0;
}

/* --- the end --------------------------------------------------------------------------------------- */

static void show_sum(const struct ping_sum *s, unsigned int path)
{
	printf("%s: %u sent, %u received, %u%% loss", show_neigh_path(path), s->sent, s->received,
	       s->sent ? (s->sent - s->received) * 100 / s->sent : 0);
	if (s->received)
		printf(", rtt min/avg/max %.3f/%.3f/%.3f ms", (double)s->min / 1e6,
		       (double)s->total / s->received / 1e6, (double)s->max / 1e6);
	if (path == BED4_PATH_ROUTER && s->straight)
		printf(", %u came back straight", s->straight);
	putchar('\n');
}

static void show_end(const struct ping_result *r, const struct ping_words *w)
{
	const struct ping_sum *direct = &r->path[BED4_PATH_DIRECT];
	char buf[SHOW_NEIGH_BRIEF], addr[SHOW_TEXT], why[LIVE_WHY];
	unsigned int i;

	printf("--- %s ping statistics ---\n", show_ip6(&w->addr, addr));
	for (i = PING_PATHS; i-- > 0;) {
		if (r->path[i].sent)
			show_sum(&r->path[i], i);
	}
	if (direct->skipped)
		printf("not straight: %s\n", live_why(direct->reason, direct->to, why));
	else if (direct->sent && !direct->received)
		printf("not straight: %s\n", live_why(BED4_REASON_NO_ANSWER, direct->to, why));
	if (r->neigh.state != BED4_NEIGH_NONE)
		printf("in use: %s\n", show_neigh_brief(&r->neigh, buf));
	if (r->ended)
		printf("the daemon has ended or was replaced meanwhile\n");
}

static void put_ms(struct json_object *o, const char *key, double ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6f", ns / 1e6);
	json_object_object_add(o, key, json_object_new_double_s(ns / 1e6, text));
}

static struct json_object *json_sum(const struct ping_sum *s, unsigned int path)
{
	struct json_object *o = json_object_new_object();
	char buf[SHOW_TEXT];

	show_put(o, "path", show_neigh_path(path));
	if (s->skipped)
		show_put(o, "reason", show_neigh_reason(s->reason));
	else if (s->sent && !s->received)
		show_put(o, "reason", show_neigh_reason(BED4_REASON_NO_ANSWER));
	if (s->sent) {
		show_put(o, "to", show_ep(s->to, buf));
		show_put(o, "by", s->echo ? "echo" : "solicitation");
	}
	show_put_number(o, "sent", s->sent);
	show_put_number(o, "received", s->received);
	if (path == BED4_PATH_ROUTER)
		show_put_number(o, "back_straight", s->straight);
	if (s->received) {
		put_ms(o, "rtt_min_ms", (double)s->min);
		put_ms(o, "rtt_avg_ms", (double)s->total / s->received);
		put_ms(o, "rtt_max_ms", (double)s->max);
	}
	return o;
}

void ping_json(struct json_object *o, const struct ping_result *r)
{
	struct json_object *paths = json_object_new_array(), *use;
	unsigned int i;

	for (i = PING_PATHS; i-- > 0;) {
		if (r->path[i].sent || r->path[i].skipped)
			json_object_array_add(paths, json_sum(&r->path[i], i));
	}
	json_object_object_add(o, "paths", paths);
	if (r->neigh.state == BED4_NEIGH_NONE)
		return;
	use = json_object_new_object();
	show_put(use, "path", show_neigh_path(r->neigh.path));
	show_put(use, "state", show_neigh_state(&r->neigh));
	if (r->neigh.reason)
		show_put(use, "reason", show_neigh_reason(r->neigh.reason));
	json_object_object_add(o, "in_use", use);
}

/* --- words ----------------------------------------------------------------------------------------- */

static int usage(const char *cmd, const char *what, const char *word)
{
	fprintf(stderr, "6bed4ctl %s: %s%.60s; see `6bed4ctl %s --help`\n", cmd, what, word, cmd);
	return EXIT_USAGE;
}

/* -c, -i, -w or -W with @value. 0; 1: none of them; -EINVAL. */
static int take_option(struct ping_words *w, const char *word, const char *value)
{
	if (word[0] != '-' || !word[1] || word[2] || !strchr(w->options, word[1]))
		return 1;
	if (!value)
		return -EINVAL;
	switch (word[1]) {
	case 'c':
		return opt_uint(value, 1, 1000000000, &w->count);
	case 'i':
		return live_seconds(value, GAP_MIN, &w->gap);
	case 'W':
		return live_seconds(value, 1, &w->wait);
	default:
		return live_seconds(value, 1, &w->deadline);
	}
}

int ping_words(struct ping_words *w, int argc, char **argv, const char *text, char iface[BED4_NAME_LEN])
{
	bool has_addr = false;
	struct show_args a;
	int i, left = 1, code, err;

	for (i = 1; i < argc; i++) {
		err = take_option(w, argv[i], i + 1 < argc ? argv[i + 1] : NULL);
		if (err < 0)
			return usage(argv[0], "wants a number that makes sense: ", argv[i]);
		if (!err) {
			i++;
		} else if (!strcmp(argv[i], "dev") && i + 1 < argc) {
			argv[left++] = argv[++i];
		} else if (!has_addr && argv[i][0] != '-') {
			if (opt_ipv6(argv[i], &w->addr))
				return usage(argv[0], "not an IPv6 address: ", argv[i]);
			has_addr = true;
		} else {
			argv[left++] = argv[i];
		}
	}
	if (show_args(&a, left, argv, text, false, &code))
		return code == EXIT_DONE ? -1 : code;
	if (!has_addr)
		return usage(argv[0], "say which IPv6 address", "");
	return live_pick(argv[0], a.iface, &w->addr, iface);
}

int cmd_ping(int argc, char **argv)
{
	struct ping_words w = { .options = "ciwW", .gap = 1000, .wait = 1000 };
	struct ping_result r = {};
	char iface[BED4_NAME_LEN], addr[SHOW_TEXT];
	struct json_object *root;
	struct err e = {};
	int code = ping_words(&w, argc, argv, help, iface);

	if (code)
		return code < 0 ? EXIT_DONE : code;
	w.signals = live_signals();
	if (!cmd_json)
		printf("PING %s by %s\n", show_ip6(&w.addr, addr), iface);
	fflush(stdout);
	if (ping_run(iface, &w, &r, cmd_json ? NULL : show_event, &e)) {
		fprintf(stderr, "6bed4ctl ping: %s\n", *e.text ? e.text : "the daemon is dead; `6bed4ctl load` "
			"revives it");
		return EXIT_FAILED;
	}
	if (cmd_json) {
		root = show_json();
		show_put(root, "iface", iface);
		show_put(root, "address", show_ip6(&w.addr, addr));
		ping_json(root, &r);
		show_print(root);
	} else {
		show_end(&r, &w);
	}
	return ping_received(&r) ? EXIT_DONE : EXIT_FAILED;
}
