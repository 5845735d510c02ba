// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections of tools to the control socket: few, none of which is waited for. Who has connected may take
 * a second to say what it wants, and makes room for others when they are too many; who listens has a
 * queue in the kernel, and what does not fit into it is lost and counted. Must not know requests. Proved by
 * selftests/net/test_live.sh.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon_priv.h"
#include "io/ctl.h"

#define PATIENCE NSEC_PER_SEC /* for a request */
#define BATCH	 16 /* connections taken per wake-up */
#define RESPITE	 (100 * NSEC_PER_MSEC) /* without a look at who else connects */

void daemon_conn_close(struct daemon *d, struct conn *c)
{
	if (c->kind == CONN_NONE)
		return;
	if (c->kind == CONN_PING) {
		tunnel_ping_stop(&d->tunnel, c->slot);
		daemon_publish_self(d);
	}
	d->watchers -= c->kind == CONN_WATCH;
	d->pingers -= c->kind == CONN_PING;
	close(c->fd); /* leaves the epoll set with it */
	*c = (struct conn){ .kind = CONN_NONE };
}

void daemon_conn_close_all(struct daemon *d)
{
	unsigned int i;

	for (i = 0; i < CONNS; i++) {
		if (d->conn[i].kind != CONN_NONE)
			close(d->conn[i].fd);
		d->conn[i].kind = CONN_NONE;
	}
	d->watchers = d->pingers = 0;
}

/* A place for another: a free one, or that of who has said nothing for longest. */
static struct conn *place(struct daemon *d)
{
	struct conn *oldest = NULL, *c;

	for (c = d->conn; c < d->conn + CONNS; c++) {
		if (c->kind == CONN_NONE)
			return c;
		if (c->kind == CONN_PENDING && (!oldest || c->since < oldest->since))
			oldest = c;
	}
	if (oldest) /* always so: those who listen are fewer than places */
		daemon_conn_close(d, oldest);
	return oldest;
}

static void read_request(struct daemon *d, struct conn *c)
{
	char request[CTL_REQUEST];
	int err = ctl_request(c->fd, request, sizeof(request));

	if (!err)
		daemon_serve(d, c, request);
	else if (err != -EAGAIN)
		daemon_conn_close(d, c);
}

static void hear_callers(struct daemon *d, bool yes)
{
	struct epoll_event ev = { .events = yes ? EPOLLIN : 0, .data.u32 = SRC_CTL };

	epoll_ctl(d->epoll, EPOLL_CTL_MOD, d->ctl, &ev);
}

/* No descriptors, no memory: who connects waits in the socket's queue, and wakes nobody meanwhile. */
static void deaf_for_a_while(struct daemon *d)
{
	d->deaf_until = daemon_now() + RESPITE;
	hear_callers(d, false);
}

static bool is_callers_fault(int err)
{
	return err == -EPERM || err == -ECONNABORTED || err == -EINTR;
}

void daemon_accept(struct daemon *d)
{
	struct conn *c;
	int fd, i;

	for (i = 0; i < BATCH && !d->stop; i++) {
		fd = ctl_accept(d->ctl, d->owner);
		if (is_callers_fault(fd))
			continue;
		if (fd < 0) {
			if (fd != -EAGAIN)
				deaf_for_a_while(d);
			return;
		}
		c = place(d);
		*c = (struct conn){ .kind = CONN_PENDING, .fd = fd, .since = daemon_now() };
		if (daemon_poll(d, fd, SRC_CONN + (unsigned int)(c - d->conn)))
			daemon_conn_close(d, c);
		else
			read_request(d, c); /* mostly it is there already */
	}
}

/* Is room to be waited for, to say how much was lost? */
static void await_room(struct daemon *d, const struct conn *c, bool wait)
{
	struct epoll_event ev = { .events = wait ? EPOLLIN | EPOLLOUT : EPOLLIN,
				  .data.u32 = SRC_CONN + (__u32)(c - d->conn) };

	epoll_ctl(d->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

/* False: there is no room for saying so, either. */
static bool tell_loss(struct daemon *d, struct conn *c)
{
	struct watch_msg msg = daemon_msg(WATCH_LOST);

	if (!c->lost)
		return true;
	msg.number = c->lost;
	if (ctl_tell(c->fd, &msg, sizeof(msg)))
		return false;
	c->lost = 0;
	await_room(d, c, false);
	return true;
}

void daemon_conn_tell(struct daemon *d, struct conn *c, const struct watch_msg *msg)
{
	if (tell_loss(d, c) && !ctl_tell(c->fd, msg, sizeof(*msg)))
		return;
	if (!c->lost++)
		await_room(d, c, true);
}

void daemon_conn_ready(struct daemon *d, unsigned int i)
{
	struct conn *c = &d->conn[i];
	char word[CTL_REQUEST];

	if (i >= CONNS || c->kind == CONN_NONE)
		return;
	if (c->kind == CONN_PENDING) {
		read_request(d, c);
		return;
	}
	/* Who listens has nothing more to say, but that it goes. */
	if (ctl_request(c->fd, word, sizeof(word)) != -EAGAIN)
		daemon_conn_close(d, c);
	else
		tell_loss(d, c);
}

void daemon_conn_tick(struct daemon *d, __u64 now)
{
	struct conn *c;

	if (d->deaf_until && now >= d->deaf_until) {
		d->deaf_until = 0;
		hear_callers(d, true);
	}
	for (c = d->conn; c < d->conn + CONNS; c++) {
		if (c->kind != CONN_PENDING || now < c->since + PATIENCE)
			continue;
		read_request(d, c); /* it may have come while we were kept from looking */
		if (c->kind == CONN_PENDING)
			daemon_conn_close(d, c);
	}
}

__u64 daemon_conn_due(const struct daemon *d)
{
	__u64 due = d->deaf_until ? d->deaf_until : UINT64_MAX;
	const struct conn *c;

	for (c = d->conn; c < d->conn + CONNS; c++) {
		if (c->kind == CONN_PENDING && c->since + PATIENCE < due)
			due = c->since + PATIENCE;
	}
	return due;
}
