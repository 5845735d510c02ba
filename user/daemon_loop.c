// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The loop: what arrives goes to the core, what the core wants done is done. Must not decide
 * anything about packets. Proved by selftests/net.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "daemon_priv.h"
#include "io/ctl.h"
#include "io/rtnl.h"
#include "io/udp.h"
#include "log.h"
#include "settle.h"

#define BATCH	    64 /* packets per source and wake-up, so that nobody starves */
#define PACKET_MAX  65536
#define EXPIRE_TICK (60 * NSEC_PER_SEC)
#define EXPIRE_AGE  (600 * NSEC_PER_SEC)

static int watch(int epoll, int fd, uint32_t id)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = id };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

enum source { SRC_TUN, SRC_UDP, SRC_CTL, SRC_MONITOR, SRC_EVENTS, SRC_SIGNAL };

static void publish_self(struct daemon *d)
{
	int err = fastpath_set_self(d->fp, &d->tunnel.self);

	if (err)
		log_error("cannot write map self: %s", strerror(-err));
}

static __u32 degraded(const struct daemon *d)
{
	if (d->opt.role == BED4_ROLE_ROUTER || d->tunnel.peer.state == PEER_CONFIGURED)
		return 0;
	return d->tunnel.peer.state == PEER_ODD_PORT ? BED4_DEGRADED_ODD_PORT : BED4_DEGRADED_NO_RA;
}

static void tell_ready(struct daemon *d)
{
	daemon_ready_fn ready = d->ready;

	d->ready = NULL;
	if (ready)
		ready(d->ready_arg, d->info.degraded != 0);
}

static void publish_state(struct daemon *d)
{
	__u32 now = degraded(d);

	if (now != d->info.degraded) {
		d->info.degraded = now;
		fastpath_set_info(d->fp, &d->info);
		if (now)
			log_error("degraded: %s", now & BED4_DEGRADED_ODD_PORT ?
							  "the NAT gives odd external ports only" :
							  "the router does not answer");
	}
	if (!now)
		tell_ready(d);
}

/* New address first, then the old one deprecated and removed, so that there is always one. */
static void set_address(struct daemon *d, const struct bed4_in6 *addr)
{
	int err = rtnl_addr6_set(d->tun_index, addr, false);

	if (err)
		log_error("cannot set the address: %s", strerror(-err));
	if (d->has_addr && !bed4_in6_eq(&d->addr, addr)) {
		rtnl_addr6_set(d->tun_index, &d->addr, true);
		rtnl_addr6_del(d->tun_index, &d->addr);
	}
	d->addr = *addr;
	d->has_addr = true;
	publish_self(d);
	log_info("address set");
}

static void del_address(struct daemon *d)
{
	if (d->has_addr)
		rtnl_addr6_del(d->tun_index, &d->addr);
	d->has_addr = false;
	publish_self(d);
}

/* A NAT that gave an odd port may give an even one to another local port. */
static void rebind(struct daemon *d)
{
	struct bed4_ep ep = d->tunnel.self.listen;
	unsigned int port = BED4_NTOHS(ep.port) + 2;
	struct err e;
	int fd;

	if (port > BED4_PEER_PORT_MAX || port < BED4_PEER_PORT_MIN)
		port = BED4_PEER_PORT_MIN;
	ep.port = BED4_HTONS(port);
	fd = udp_open(ep, &e);
	if (fd < 0) {
		log_error("%s", e.text);
		tunnel_rebound(&d->tunnel, daemon_now(), d->tunnel.self.listen);
		return;
	}
	close(d->udp); /* leaves the epoll set with it */
	d->udp = fd;
	watch(d->epoll, fd, SRC_UDP);
	tunnel_rebound(&d->tunnel, daemon_now(), ep);
	publish_self(d);
}

static void note_seen(struct daemon *d, const struct action *act)
{
	__u64 n = d->opt.account;

	if (!n)
		return;
	/* With programs attached those count, and an entry only has to be there. */
	if (n > 1 && d->info.mode == BED4_MODE_OFF && (__u64)random() % n)
		n = 0;
	fastpath_seen(d->fp, &act->in6, act->to, daemon_now(), n, n * act->len);
}

static void carry_out(struct daemon *d, const struct action *act)
{
	bool ok = true;

	switch (act->kind) {
	case ACTION_UDP:
		ok = !udp_send(d->udp, act->to, act->data, act->len, act->tos, act->ttl);
		break;
	case ACTION_TUN:
		ok = write(d->tun, act->data, act->len) == (ssize_t)act->len;
		break;
	case ACTION_SEEN:
		note_seen(d, act);
		break;
	case ACTION_ADDR_SET:
		set_address(d, &act->in6);
		break;
	case ACTION_ADDR_DEL:
		del_address(d);
		break;
	case ACTION_REBIND:
		rebind(d);
		break;
	}
	tunnel_done(&d->tunnel, act, ok);
}

static void carry_out_all(struct daemon *d)
{
	unsigned int i;

	for (i = 0; i < d->actions.count; i++)
		carry_out(d, &d->actions.list[i]);
	actions_clear(&d->actions);
}

/* Room in front keeps packets aligned like frames; static, because nothing is allocated per packet. */
static __u8 packet[PACKET_MAX] __attribute__((aligned(8)));

static void read_udp(struct daemon *d)
{
	struct bed4_ep src;
	int i, n;
	__u8 tos;

	for (i = 0; i < BATCH; i++) {
		n = udp_recv(d->udp, packet, sizeof(packet), &src, &tos);
		if (n < 0)
			break;
		tunnel_rx_udp(&d->tunnel, daemon_now(), src, tos, packet, (size_t)n, &d->actions);
		carry_out_all(d);
	}
	if (d->opt.role == BED4_ROLE_PEER)
		publish_state(d);
}

static void read_tun(struct daemon *d)
{
	ssize_t n;
	int i;

	for (i = 0; i < BATCH; i++) {
		n = read(d->tun, packet, sizeof(packet));
		if (n <= 0)
			break;
		tunnel_rx_tun(&d->tunnel, daemon_now(), packet, (size_t)n, &d->actions);
		carry_out_all(d);
	}
}

static void on_event(void *arg, const struct bed4_event *ev)
{
	struct daemon *d = arg;

	if (ev->type == BED4_EVENT_SEEN && d->opt.account)
		fastpath_seen(d->fp, &ev->neigh, ev->ep, daemon_now(), d->opt.account, 0);
}

static void serve_maps(struct daemon *d, int conn)
{
	struct ctl_reply reply = {};
	unsigned int i;

	for (i = 0; instance_map_names[i]; i++)
		reply.fds[reply.fd_count++] = fastpath_map_fd(d->fp, instance_map_names[i]);
	ctl_reply(conn, &reply);
}

static void read_ctl(struct daemon *d)
{
	char request[64];
	int conn = ctl_accept(d->ctl, request, sizeof(request));

	if (conn < 0)
		return;
	if (!strcmp(request, "maps")) {
		serve_maps(d, conn);
	} else if (!strcmp(request, "unload")) {
		d->stop = true;
		d->stop_conn = conn; /* answered when it is done */
	} else {
		struct ctl_reply reply = { .code = 1, .text = "unknown request" };

		ctl_reply(conn, &reply);
	}
}

static void read_monitor(struct daemon *d)
{
	rtnl_drain(d->monitor);
	if (policy_refresh(&d->policy, &d->tunnel.self, d->fp) > 0)
		publish_self(d);
}

static void timers(struct daemon *d)
{
	__u64 now = daemon_now();

	if (now >= tunnel_deadline(&d->tunnel)) {
		tunnel_tick(&d->tunnel, now, &d->actions);
		carry_out_all(d);
		publish_state(d);
	}
	if (now >= d->expire_at) {
		d->expire_at = now + EXPIRE_TICK;
		fastpath_expire(d->fp, now > EXPIRE_AGE ? now - EXPIRE_AGE : 0);
	}
	if (d->ready && now >= d->ready_by)
		tell_ready(d);
}

/* Milliseconds to the next thing that time makes due, rounded up. */
static int until_due(const struct daemon *d)
{
	__u64 now = daemon_now(), due = tunnel_deadline(&d->tunnel);

	if (d->expire_at < due)
		due = d->expire_at;
	if (d->ready && d->ready_by < due)
		due = d->ready_by;
	if (due <= now)
		return 0;
	due = (due - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	return due > 60000 ? 60000 : (int)due;
}

static void dispatch(struct daemon *d, enum source source)
{
	switch (source) {
	case SRC_TUN:
		read_tun(d);
		break;
	case SRC_UDP:
		read_udp(d);
		break;
	case SRC_CTL:
		read_ctl(d);
		break;
	case SRC_MONITOR:
		read_monitor(d);
		break;
	case SRC_EVENTS:
		fastpath_events(d->fp, on_event, d);
		break;
	case SRC_SIGNAL:
		d->stop = true;
		break;
	}
}

static int loop(struct daemon *d, int epoll)
{
	struct epoll_event ev[8];
	int i, n;

	while (!d->stop) {
		n = epoll_wait(epoll, ev, 8, until_due(d));
		if (n < 0 && errno != EINTR)
			return -errno;
		for (i = 0; i < n; i++)
			dispatch(d, ev[i].data.u32);
		timers(d);
	}
	return 0;
}

static int signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int set_up_loop(struct daemon *d, int epoll, int sig)
{
	const struct { int fd; enum source id; } sources[] = {
		{ d->tun, SRC_TUN },	     { d->udp, SRC_UDP },
		{ d->ctl, SRC_CTL },	     { d->monitor, SRC_MONITOR },
		{ sig, SRC_SIGNAL },	     { fastpath_event_fd(d->fp), SRC_EVENTS },
	};
	size_t i;
	int err = 0;

	for (i = 0; !err && i < sizeof(sources) / sizeof(*sources); i++)
		err = watch(epoll, sources[i].fd, sources[i].id);
	return err;
}

/* Signals take the lock that an unload request's sender holds already. */
static int finish(struct daemon *d)
{
	struct ctl_reply reply = {};
	int lock = -1, err, conn = d->stop_conn;
	struct instance in = d->in;
	struct err e = {};

	if (!conn)
		lock = instance_lock(&in, &e);
	err = daemon_down(d, &e);
	if (lock >= 0)
		close(lock);
	if (err)
		log_error("%s", e.text);
	if (!conn)
		return err;
	reply.code = err ? 1 : 0;
	memcpy(reply.text, e.text, sizeof(e.text));
	ctl_reply(conn, &reply);
	return err;
}

int daemon_run(struct daemon *d, daemon_ready_fn ready, void *arg)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), sig = signals(), err, down;

	d->ready = ready;
	d->ready_arg = arg;
	d->ready_by = daemon_now() + d->opt.wait * NSEC_PER_SEC;
	d->expire_at = daemon_now() + EXPIRE_TICK;
	d->epoll = epoll;
	tunnel_start(&d->tunnel, daemon_now());
	d->info.degraded = degraded(d);
	fastpath_set_info(d->fp, &d->info);
	if (d->opt.role == BED4_ROLE_ROUTER)
		tell_ready(d);
	err = epoll < 0 || sig < 0 ? -errno : set_up_loop(d, epoll, sig);
	if (!err)
		err = loop(d, epoll);
	if (err)
		log_error("the loop ended: %s", strerror(-err));
	close(epoll);
	close(sig);
	down = finish(d);
	return err ? err : down;
}
