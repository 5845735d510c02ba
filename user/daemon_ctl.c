// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What tools ask of a running daemon by its control socket: map descriptors, the way to its bpffs, changes
 * to neighbours, what happens, pings and probes, its end, and the hand-over to a successor. Must not know who
 * asks, nor packets. Proved by
 * selftests/net/test_life.sh, test_restart.sh and test_privs.sh.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "daemon_priv.h"
#include "io/ctl.h"
#include "log.h"
#include "opt.h"

static void answer(struct daemon *d, struct conn *c, const struct ctl_reply *reply)
{
	ctl_send(c->fd, reply);
	daemon_conn_close(d, c);
}

static void serve_maps(struct daemon *d, struct conn *c)
{
	struct ctl_reply reply = {};
	unsigned int i;

	for (i = 0; instance_map_names[i]; i++)
		reply.fds[reply.fd_count++] = fastpath_map_fd(d->fp, instance_map_names[i]);
	answer(d, c, &reply);
}

static void serve_capture(struct daemon *d, struct conn *c)
{
	struct ctl_reply reply = { .fds = { fastpath_map_fd(d->fp, "capture"), fastpath_map_fd(d->fp, "rings") },
				   .fd_count = 2 };

	answer(d, c, &reply);
}

/* The bpffs, for a tool that does not see it: `ip netns exec` hides it. */
static void serve_root(struct daemon *d, struct conn *c)
{
	struct ctl_reply reply = { .fds = { d->root }, .fd_count = d->root >= 0 };

	answer(d, c, &reply);
}

#define HANDOVER_PATIENCE 60 /* s for the successor to come up */

/* Waiting is no hanging: the watchdog is told so. */
static bool await_successor(struct daemon *d, int conn)
{
	__u64 until = daemon_now() + HANDOVER_PATIENCE * NSEC_PER_SEC;

	while (!ctl_wait(conn, 100) && daemon_now() < until)
		daemon_notify_alive(d, daemon_now());
	return ctl_await_go(conn, 1);
}

/*
 * A successor gets what cannot be opened twice. Until it says that it is up we wait, so that nothing is
 * read by both; if it does not, we go on.
 */
static void hand_over(struct daemon *d, struct conn *c)
{
	struct ctl_reply reply = { .fds = { d->ctl, d->tun, d->udp }, .fd_count = 3 };

	if (d->notify >= 0)
		reply.fds[reply.fd_count++] = d->notify;
	if (d->metrics >= 0)
		reply.fds[reply.fd_count++] = d->metrics;
	snprintf(reply.text, sizeof(reply.text), "%llu %s%s", (unsigned long long)d->watchdog,
		 d->notify >= 0 ? "n" : "", d->metrics >= 0 ? "m" : "");
	daemon_notify_reload(d);
	tunnel_write_all(&d->tunnel, daemon_now(), &d->actions);
	daemon_carry_out(d);
	ctl_send(c->fd, &reply);
	d->stop = d->replaced = await_successor(d, c->fd);
	daemon_conn_close(d, c);
	if (d->stop)
		return;
	log_error("a successor took over and did not come up; going on");
	daemon_notify_ready(d);
}

/* It goes on as one of those who are told what happens, if there is room for another. */
static bool become(struct daemon *d, struct conn *c, enum conn_kind kind, struct ctl_reply *reply)
{
	unsigned int *count = kind == CONN_WATCH ? &d->watchers : &d->pingers;
	static const unsigned int most[] = { [CONN_WATCH] = WATCHERS_MAX, [CONN_PING] = PINGERS_MAX };
	unsigned int max = most[kind];

	if (*count < max)
		reply->text[0] = 0;
	if (*count == max) {
		reply->code = 1;
		snprintf(reply->text, sizeof(reply->text), "%u others %s already; end one of them", max,
			 kind == CONN_WATCH ? "watch" : "ping");
		return false;
	}
	ctl_send(c->fd, reply);
	c->kind = kind;
	++*count;
	return true;
}

#define WORDS 5

/* The words of a live request; how many there are, or 0: too many. */
static unsigned int split(char *text, char *word[WORDS])
{
	char *save, *w = strtok_r(text, " ", &save);
	unsigned int n = 0;

	for (; w; w = strtok_r(NULL, " ", &save)) {
		if (n == WORDS)
			return 0;
		word[n++] = w;
	}
	return n;
}

/* The first of them: which layout of messages is understood. */
static bool understood(const char *abi, struct ctl_reply *reply)
{
	__u32 n;

	if (!opt_uint(abi, WATCH_ABI, WATCH_ABI, &n))
		return true;
	reply->code = 1;
	snprintf(reply->text, sizeof(reply->text), "this 6bed4ctl is of another version than the daemon: "
		 "reload, then try again");
	return false;
}

/* "watch ABI all|neigh" */
static void watch(struct daemon *d, struct conn *c, char *const *word, unsigned int count,
		  struct ctl_reply *reply)
{
	if (count != 2 || !understood(word[0], reply))
		return;
	reply->code = 0;
	c->neigh_only = !strcmp(word[1], "neigh");
	if (become(d, c, CONN_WATCH, reply))
		daemon_watch_begin(d, c);
}

static void explain_ping(int err, struct ctl_reply *reply)
{
	const char *text = strerror(-err);

	if (err == -EADDRNOTAVAIL)
		text = "there is no own address yet: see `6bed4ctl status`";
	if (err == -EINVAL)
		text = "that is no address to be reached through this tunnel: on a peer, one of another host; on a "
		       "router, one of its prefix";
	if (err == -EBUSY)
		text = "it is being pinged already";
	if (err == -EAGAIN)
		text = "too many others are being pinged";
	reply->code = 1;
	snprintf(reply->text, sizeof(reply->text), "%s", text);
}

/* "ping ABI IPV6 COUNT GAP WAIT", the last two in ms */
static void ping(struct daemon *d, struct conn *c, char *const *word, unsigned int count,
		 struct ctl_reply *reply)
{
	struct ping_request r = {};
	__u32 gap, wait;
	int slot;

	if (count != 5 || !understood(word[0], reply) || opt_ipv6(word[1], &r.addr) ||
	    opt_uint(word[2], 0, UINT32_MAX, &r.count) || opt_uint(word[3], 0, UINT32_MAX, &gap) ||
	    opt_uint(word[4], 0, UINT32_MAX, &wait))
		return;
	reply->code = 0;
	r.gap = gap * NSEC_PER_MSEC;
	r.wait = wait * NSEC_PER_MSEC;
	if (getrandom(&r.key, sizeof(r.key), 0) != sizeof(r.key) ||
	    getrandom(r.secret, sizeof(r.secret), 0) != sizeof(r.secret)) {
		explain_ping(-EIO, reply);
		return;
	}
	r.key |= !r.key;
	slot = tunnel_ping(&d->tunnel, daemon_now(), &r);
	if (slot < 0) {
		explain_ping(slot, reply);
		return;
	}
	c->slot = (unsigned int)slot;
	if (become(d, c, CONN_PING, reply))
		daemon_watch_begin(d, c);
	else
		tunnel_ping_stop(&d->tunnel, c->slot);
	daemon_publish_self(d);
}

/* "probe ABI IPV6" */
static void probe(struct daemon *d, struct conn *c, char *const *word, unsigned int count,
		  struct ctl_reply *reply)
{
	int err;

	if (count != 2 || !understood(word[0], reply) || opt_ipv6(word[1], &c->addr))
		return;
	err = tunnel_search(&d->tunnel, daemon_now(), &c->addr, &d->actions);
	daemon_carry_out(d);
	reply->code = err ? 1 : 0;
	if (err == -EOPNOTSUPP)
		snprintf(reply->text, sizeof(reply->text), "a router has no paths to choose from: every peer is "
			 "reached straight; try ping");
	else if (err == -EPERM)
		snprintf(reply->text, sizeof(reply->text), "that neighbour was added by hand and is never probed; "
			 "`6bed4ctl neigh del` it first");
	else if (err == -ENOSPC)
		snprintf(reply->text, sizeof(reply->text), "the neighbour table is full: load with a larger "
			 "--neigh-max");
	else if (err)
		snprintf(reply->text, sizeof(reply->text), "that is no neighbour: it must be another peer's "
			 "address in our own prefix");
	c->one = c->neigh_only = true;
	if (!err && become(d, c, CONN_WATCH, reply))
		daemon_watch_begin(d, c);
}

static const struct {
	const char *word;
	void (*serve)(struct daemon *d, struct conn *c, char *const *word, unsigned int count,
		      struct ctl_reply *reply);
} live[] = { { "watch ", watch }, { "ping ", ping }, { "probe ", probe } };

static void serve_others(struct daemon *d, struct conn *c, char *request)
{
	struct ctl_reply reply = { .code = 1, .text = "unknown request" };
	char *word[WORDS];
	size_t i, n;

	if (!strncmp(request, "neigh ", 6))
		daemon_neigh_request(d, request + 6, &reply);
	for (i = 0; i < sizeof(live) / sizeof(*live); i++) {
		n = strlen(live[i].word);
		if (strncmp(request, live[i].word, n))
			continue;
		live[i].serve(d, c, word, split(request + n, word), &reply);
		break;
	}
	if (c->kind == CONN_PENDING)
		answer(d, c, &reply);
}

void daemon_serve(struct daemon *d, struct conn *c, char *request)
{
	if (!strcmp(request, "maps")) {
		serve_maps(d, c);
	} else if (!strcmp(request, "capture")) {
		serve_capture(d, c);
	} else if (!strcmp(request, "root")) {
		serve_root(d, c);
	} else if (!strcmp(request, "handover")) {
		hand_over(d, c);
	} else if (!strcmp(request, "unload")) {
		d->stop = true;
		d->stop_conn = c->fd; /* answered when everything is closed */
		c->kind = CONN_NONE;
	} else {
		serve_others(d, c, request);
	}
}
