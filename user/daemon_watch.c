// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What tools that listen are told of: neighbours, addresses, the state, the log, and how a ping fares. Costs
 * nothing while nobody listens. Must not change anything, nor log. Proved by selftests/net/test_live.sh.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon_priv.h"

struct watch_msg daemon_msg(enum watch_kind kind)
{
	struct watch_msg msg;
	struct timespec ts;

	memset(&msg, 0, sizeof(msg));
	clock_gettime(CLOCK_REALTIME, &ts);
	msg.abi = WATCH_ABI;
	msg.kind = kind;
	msg.at = (__u64)ts.tv_sec * NSEC_PER_SEC + (__u64)ts.tv_nsec;
	return msg;
}

static bool about_neighbours(__u32 kind)
{
	return kind == WATCH_NEIGH || kind == WATCH_NEIGH_GONE || kind == WATCH_FLUSH;
}

static bool wants(const struct conn *c, const struct watch_msg *msg)
{
	if (c->kind != CONN_WATCH)
		return false;
	if (!c->neigh_only || msg->kind == WATCH_END)
		return true;
	return about_neighbours(msg->kind) && (!c->one || msg->kind == WATCH_FLUSH ||
					       bed4_in6_eq(&c->addr, &msg->addr));
}

void daemon_watch_tell(struct daemon *d, const struct watch_msg *msg)
{
	struct conn *c;

	for (c = d->conn; d->watchers && c < d->conn + CONNS; c++) {
		if (wants(c, msg))
			daemon_conn_tell(d, c, msg);
	}
}

/* Who probes one neighbour hears how that stands already. */
static void tell_one(struct daemon *d, struct conn *c)
{
	struct watch_msg msg = daemon_msg(WATCH_NEIGH);

	msg.addr = c->addr;
	if (!fastpath_neigh_get(d->fp, &msg.addr, &msg.neigh))
		daemon_conn_tell(d, c, &msg);
}

void daemon_watch_begin(struct daemon *d, struct conn *c)
{
	struct watch_msg msg = daemon_msg(WATCH_BEGIN);
	const struct bed4_self *self = &d->tunnel.self;

	daemon_watch_self(d); /* so that what is told next is news */
	if (self->flags & BED4_SELF_ADDR)
		msg.addr = self->own;
	msg.ep = self->public;
	msg.listen = self->listen;
	msg.server = self->server;
	msg.role = (__u8)self->role;
	msg.pid = d->info.made.pid;
	memcpy(msg.name, d->opt.tun, sizeof(msg.name));
	snprintf(msg.text, sizeof(msg.text), "%s", daemon_degraded_text(d->info.degraded));
	daemon_conn_tell(d, c, &msg);
	if (c->one)
		tell_one(d, c);
}

void daemon_watch_neigh(struct daemon *d, const struct action *act)
{
	struct watch_msg msg;

	if (!d->watchers)
		return;
	msg = daemon_msg(act->kind == ACTION_NEIGH_SET ? WATCH_NEIGH :
			 act->kind == ACTION_NEIGH_DEL ? WATCH_NEIGH_GONE : WATCH_FLUSH);
	msg.addr = act->in6;
	msg.neigh = act->neigh;
	if (msg.kind != WATCH_FLUSH && fastpath_neigh_get(d->fp, &act->in6, &msg.was))
		memset(&msg.was, 0, sizeof(msg.was));
	/* What is written adds to what is there. */
	msg.neigh.rx_packets += msg.was.rx_packets;
	msg.neigh.rx_bytes += msg.was.rx_bytes;
	msg.neigh.tx_packets += msg.was.tx_packets;
	msg.neigh.tx_bytes += msg.was.tx_bytes;
	/* Counters are no news, nor is the end of what is not there. */
	if ((msg.kind == WATCH_NEIGH && msg.was.word == msg.neigh.word) ||
	    (msg.kind == WATCH_NEIGH_GONE && msg.was.state == BED4_NEIGH_NONE))
		return;
	daemon_watch_tell(d, &msg);
}

void daemon_watch_seen(struct daemon *d, const struct bed4_in6 *addr, struct bed4_ep ep)
{
	struct watch_msg msg;

	if (!d->watchers)
		return;
	msg = daemon_msg(WATCH_NEIGH);
	if (fastpath_neigh_get(d->fp, addr, &msg.was) != -ENOENT)
		return;
	memset(&msg.was, 0, sizeof(msg.was));
	msg.addr = *addr;
	msg.neigh = (struct bed4_neigh){ .addr = ep.addr, .port = ep.port, .state = BED4_NEIGH_SEEN,
					 .path = BED4_PATH_DIRECT, .heard = daemon_seconds(),
					 .since = daemon_seconds(), .wake = BED4_NEVER };
	daemon_watch_tell(d, &msg);
}

void daemon_watch_gone(void *arg, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	struct daemon *d = arg;
	struct watch_msg msg;

	if (!d->watchers)
		return;
	msg = daemon_msg(WATCH_NEIGH_GONE);
	msg.addr = *in6;
	msg.was = *n;
	daemon_watch_tell(d, &msg);
}

static void tell_endpoint(struct daemon *d, enum watch_kind kind, struct bed4_ep ep, struct bed4_ep old,
			  bool flag)
{
	struct watch_msg msg = daemon_msg(kind);

	msg.ep = ep;
	msg.old_ep = old;
	msg.flag = flag;
	if (!bed4_ep_eq(ep, old))
		daemon_watch_tell(d, &msg);
}

static void tell_address(struct daemon *d, const struct bed4_self *now, const struct bed4_self *old)
{
	struct watch_msg msg = daemon_msg(WATCH_ADDRESS);

	if (now->flags & BED4_SELF_ADDR)
		msg.addr = now->own;
	if (old->flags & BED4_SELF_ADDR)
		msg.old_addr = old->own;
	if (!bed4_in6_eq(&msg.addr, &msg.old_addr))
		daemon_watch_tell(d, &msg);
}

void daemon_watch_self(struct daemon *d)
{
	const struct bed4_self *now = &d->tunnel.self;
	struct bed4_self old = d->told_self;
	bool addr_now = now->flags & BED4_SELF_ADDR, addr_old = old.flags & BED4_SELF_ADDR;
	bool same_place = bed4_ep_eq(now->listen, d->told_from);

	if (!memcmp(now, &old, sizeof(old)))
		return;
	d->told_self = *now;
	if (!bed4_ep_eq(now->public, old.public))
		d->told_from = now->listen;
	if (!d->watchers)
		return;
	tell_endpoint(d, WATCH_LISTEN, now->listen, old.listen, false);
	if (addr_now && addr_old)
		tell_endpoint(d, WATCH_PUBLIC, now->public, old.public, same_place);
	tell_address(d, now, &old);
}

void daemon_watch_state(struct daemon *d)
{
	struct watch_msg msg = daemon_msg(WATCH_STATE);

	snprintf(msg.text, sizeof(msg.text), "%s", daemon_degraded_text(d->info.degraded));
	daemon_watch_tell(d, &msg);
}

void daemon_watch_log(void *daemon, bool error, const char *text)
{
	struct daemon *d = daemon;
	struct watch_msg msg;

	if (!d->watchers)
		return;
	msg = daemon_msg(WATCH_LOG);
	msg.flag = error;
	snprintf(msg.text, sizeof(msg.text), "%s", text);
	daemon_watch_tell(d, &msg);
}

void daemon_watch_mismatch(struct daemon *d, const struct action *act)
{
	struct watch_msg msg;

	if (!d->watchers)
		return;
	msg = daemon_msg(WATCH_MISMATCH);
	msg.addr = act->in6;
	msg.ep = act->to;
	daemon_watch_tell(d, &msg);
}

static struct conn *who_pings(struct daemon *d, unsigned int slot)
{
	struct conn *c;

	for (c = d->conn; c < d->conn + CONNS; c++) {
		if (c->kind == CONN_PING && c->slot == slot)
			return c;
	}
	return NULL;
}

void daemon_watch_ping(struct daemon *d, const struct action *act)
{
	const struct ping_event *ev = &act->ping;
	struct conn *c = who_pings(d, ev->slot);
	struct watch_msg msg;

	if (!c)
		return;
	msg = daemon_msg(WATCH_PING);
	msg.addr = act->in6;
	msg.ping = ev->kind;
	msg.path = ev->path;
	msg.back = ev->back;
	msg.reason = ev->reason;
	msg.seq = ev->seq;
	msg.number = ev->rtt;
	msg.ep = ev->ep;
	msg.flag = ev->echo;
	msg.neigh = ev->neigh;
	daemon_conn_tell(d, c, &msg);
	if (ev->kind == PING_OVER)
		daemon_conn_close(d, c);
}

void daemon_watch_end(struct daemon *d)
{
	struct watch_msg msg = daemon_msg(WATCH_END);
	struct conn *c;

	snprintf(msg.text, sizeof(msg.text), "%s", d->stop_conn ? WATCH_END_UNLOAD :
		 d->replaced ? WATCH_END_RELOAD : WATCH_END_OTHER);
	for (c = d->conn; c < d->conn + CONNS; c++) {
		if (c->kind == CONN_WATCH || c->kind == CONN_PING)
			daemon_conn_tell(d, c, &msg);
	}
}
