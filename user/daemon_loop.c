// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The loop: who has something to say, and what time makes due. Must not know packets (daemon_packets.c).
 * Proved by selftests/net.
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
#include "gauges.h"
#include "io/join.h"
#include "io/privs.h"
#include "io/rtnl.h"
#include "log.h"

#define SWEEP_TICK  (60 * NSEC_PER_SEC)
#define PEER_SWEEP_TICK (5 * NSEC_PER_SEC)
#define EXPIRE_AGE  600 /* s */
#define HOPS_TICK   (1 * NSEC_PER_SEC)
#define PULSE_TICK  (2 * NSEC_PER_SEC)
#define CHECK_TICK  (2 * NSEC_PER_SEC)

int daemon_poll(struct daemon *d, int fd, unsigned int id)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = id };

	return epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

void daemon_publish_self(struct daemon *d)
{
	int err = fastpath_set_self(d->fp, &d->tunnel.self);

	if (err)
		log_error("cannot write map self: %s", strerror(-err));
}

static __u32 degraded(const struct daemon *d)
{
	if (!policy_has_own(&d->policy, d->tunnel.self.listen.addr))
		return BED4_DEGRADED_NO_LISTEN;
	if (d->opt.role == BED4_ROLE_ROUTER || d->tunnel.peer.state == PEER_CONFIGURED)
		return 0;
	return d->tunnel.peer.state == PEER_ODD_PORT ? BED4_DEGRADED_ODD_PORT : BED4_DEGRADED_NO_RA;
}

static void tell_ready(struct daemon *d)
{
	void (*ready)(void *arg, bool degraded) = d->told.ready;

	d->told.ready = NULL;
	if (!ready)
		return;
	ready(d->told.arg, d->info.degraded != 0);
	daemon_notify_ready(d);
}

static void publish_state(struct daemon *d)
{
	__u32 now = degraded(d);

	if (now != d->info.degraded) {
		d->info.degraded = now;
		fastpath_set_info(d->fp, &d->info);
		if (now)
			log_error("degraded: %s", daemon_degraded_text(now));
		else
			log_info("no longer degraded");
		daemon_notify_status(d);
		daemon_watch_state(d);
	}
	daemon_watch_self(d);
	if (d->info.neigh_full != d->tunnel.refused) {
		d->info.neigh_full = (__u32)d->tunnel.refused;
		fastpath_set_info(d->fp, &d->info);
	}
	daemon_publish_tally(d);
	if (!now)
		tell_ready(d);
}

static void on_event(void *arg, const struct bed4_event *ev)
{
	struct daemon *d = arg;

	if (ev->type == BED4_EVENT_SEEN && d->opt.account)
		daemon_enter_seen(d, &ev->neigh, ev->ep, d->opt.account, 0);
	if (ev->type != BED4_EVENT_USED)
		return;
	tunnel_used(&d->tunnel, daemon_now(), &ev->neigh, ev->used, ev->heard, &d->actions);
	daemon_carry_out(d);
}

/* What TC redirects on its way to the TUN device, tcpdump does not see: while it runs, TC passes. */
static void follow_watchers(struct daemon *d)
{
	__u32 flags = d->tunnel.self.flags & ~BED4_SELF_WATCHED;
	struct rtnl_link link;
	int err = rtnl_link_get(d->opt.tun, &link);

	if (err == -ENODEV || (!err && link.ifindex != d->tun_index)) {
		log_error("the TUN device %s has been removed: load %s again", d->opt.tun, d->opt.iface);
		d->failed = -ENODEV;
	}
	if (err)
		return;
	flags |= link.watched ? BED4_SELF_WATCHED : 0;
	if (flags == d->tunnel.self.flags)
		return;
	d->tunnel.self.flags = flags;
	daemon_publish_self(d);
}

static bool underlay_is_there(const struct daemon *d)
{
	struct rtnl_link link;
	int err = rtnl_link_get(d->opt.iface, &link);

	return err ? err != -ENODEV : link.ifindex == d->underlay;
}

static void read_monitor(struct daemon *d)
{
	rtnl_drain(d->monitor);
	if (policy_refresh(&d->policy, &d->tunnel.self, d->fp) > 0)
		daemon_publish_self(d);
	if (!underlay_is_there(d)) {
		log_error("the device %s has been removed: load again when it is back", d->opt.iface);
		d->failed = -ENODEV;
	}
	if (d->opt.role == BED4_ROLE_PEER)
		daemon_follow_link(d);
	follow_watchers(d);
}

/* Cached next hops are of an older generation at once; a changed bypass follows. */
static void follow_hops(struct daemon *d)
{
	bool changed = hops_changed(d->hops);
	__u32 bypass = hops_bypass(d->hops, daemon_seconds());

	if (changed || bypass != d->bypass)
		fastpath_hops_changed(d->fp, bypass);
	d->bypass = bypass;
}

/* Somebody may have written to our maps: what the fast path and an unload go by is put right again. */
static void check_maps(struct daemon *d)
{
	if (fastpath_self_differs(d->fp, &d->tunnel.self) > 0) {
		log_error("map self has been tampered with; it is written anew");
		daemon_publish_self(d);
	}
	if (policy_differs(&d->policy, &d->tunnel.self, d->fp) > 0) {
		log_error("map policy4 has been tampered with; it is written anew");
		policy_publish(&d->policy, d->fp);
	}
	if (fastpath_info_differs(d->fp, &d->info) > 0) {
		log_error("map info has been tampered with; it is written anew");
		daemon_publish_info(d);
	}
}

/* Until the next sweep: what others have written there stays no longer, and 65,536 entries take some 0.1 s. */
static __u64 sweep_tick(const struct daemon *d)
{
	return d->opt.role == BED4_ROLE_PEER ? PEER_SWEEP_TICK * (1 + d->tunnel.table.count / 65536) : SWEEP_TICK;
}

/* Some of the entries of map neigh: who has gone, and on a peer whether they are what they should be. */
static void sweep(struct daemon *d, __u64 now)
{
	if (!d->sweeping)
		d->sweep_at = now + sweep_tick(d);
	if (d->opt.role == BED4_ROLE_PEER)
		d->sweeping = daemon_sweep_neighbours(d);
	else
		d->sweeping = fastpath_expire(d->fp, daemon_seconds(), EXPIRE_AGE, daemon_watch_gone, d) == 1;
}

static void timers(struct daemon *d)
{
	__u64 now = daemon_now();

	if (now >= tunnel_deadline(&d->tunnel)) {
		tunnel_tick(&d->tunnel, now, &d->actions);
		daemon_carry_out(d);
	}
	if (d->sweeping || now >= d->sweep_at)
		sweep(d, now);
	if (now >= d->hops_at) {
		d->hops_at = now + HOPS_TICK;
		fastpath_take_gateways(d->fp, hops_use);
		follow_hops(d);
	}
	if (now >= d->pulse_at) {
		d->pulse_at = now + PULSE_TICK;
		tunnel_pulse(&d->tunnel, now, fastpath_pulse(d->fp));
	}
	if (now >= d->check_at) {
		d->check_at = now + CHECK_TICK;
		check_maps(d);
		fastpath_sweep_capture(d->fp, now);
	}
	if (d->scrape && now >= scrape_deadline(d->scrape))
		scrape_tick(d->scrape, now);
	if (now >= d->sample_at) {
		d->sample_at = now + GAUGES_TICK;
		daemon_sample(d);
	}
	if (d->told.ready && now >= d->ready_by)
		tell_ready(d);
	daemon_retry_address(d, now);
	daemon_notify_alive(d, now);
	daemon_conn_tick(d, now);
}

/* Milliseconds to the next thing that time makes due, rounded up. */
static int until_due(const struct daemon *d)
{
	__u64 now = daemon_now(), due = tunnel_deadline(&d->tunnel);

	if (d->sweeping)
		return 0;
	if (daemon_conn_due(d) < due)
		due = daemon_conn_due(d);
	if (d->sweep_at < due)
		due = d->sweep_at;
	if (d->pulse_at < due)
		due = d->pulse_at;
	if (d->hops_at < due)
		due = d->hops_at;
	if (d->check_at < due)
		due = d->check_at;
	if (d->watchdog && d->watchdog_at < due)
		due = d->watchdog_at;
	if (d->sample_at < due)
		due = d->sample_at;
	if (d->scrape && scrape_deadline(d->scrape) < due)
		due = scrape_deadline(d->scrape);
	if (d->told.ready && d->ready_by < due)
		due = d->ready_by;
	if (d->address_at && d->address_at < due)
		due = d->address_at;
	if (due <= now)
		return 0;
	due = (due - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	return due > 60000 ? 60000 : (int)due;
}

static void dispatch(struct daemon *d, enum daemon_source source)
{
	if (source >= SRC_CONN) {
		daemon_conn_ready(d, source - SRC_CONN);
		return;
	}
	switch (source) {
	case SRC_TUN:
		daemon_read_tun(d);
		break;
	case SRC_UDP:
		daemon_read_udp(d);
		break;
	case SRC_LAN:
		daemon_read_lan(d);
		break;
	case SRC_ICMP:
		daemon_read_icmp(d);
		break;
	case SRC_CTL:
		daemon_accept(d);
		break;
	case SRC_MONITOR:
		read_monitor(d);
		break;
	case SRC_EVENTS:
		fastpath_events(d->fp, on_event, d);
		break;
	case SRC_HOPS:
		follow_hops(d);
		break;
	case SRC_METRICS:
		scrape_run(d->scrape, daemon_now());
		break;
	case SRC_SIGNAL:
		daemon_publish_tally(d);
		d->stop = true;
		break;
	case SRC_CONN:
		break;
	}
}

static int loop(struct daemon *d)
{
	struct epoll_event ev[8];
	int i, n;

	while (!d->stop && !d->failed) {
		n = epoll_wait(d->epoll, ev, 8, until_due(d));
		if (n < 0 && errno != EINTR)
			return -errno;
		for (i = 0; i < n && !d->stop; i++)
			dispatch(d, ev[i].data.u32);
		if (d->stop)
			break; /* a successor's maps are not ours to write to any more */
		timers(d);
		publish_state(d);
	}
	return d->failed;
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

static int set_up_loop(struct daemon *d, int sig)
{
	const struct { int fd; enum daemon_source id; } sources[] = {
		{ d->tun, SRC_TUN },	     { d->udp, SRC_UDP },
		{ d->ctl, SRC_CTL },	     { d->monitor, SRC_MONITOR },
		{ sig, SRC_SIGNAL },	     { fastpath_event_fd(d->fp), SRC_EVENTS },
		{ d->lan, SRC_LAN },	     { d->icmp, SRC_ICMP },
		{ d->hops ? hops_fd(d->hops) : -1, SRC_HOPS },
	};
	size_t i;
	int err = 0;

	for (i = 0; !err && i < sizeof(sources) / sizeof(*sources); i++)
		err = sources[i].fd < 0 ? 0 : daemon_poll(d, sources[i].fd, sources[i].id);
	return err ? err : daemon_serve_metrics(d);
}

/*
 * Whoever asked us to unload removes the rest; it has the privileges. Programs, pins and TUN device stay
 * after a signal, too, and forwarding goes on, until the next load or unload.
 */
static void finish(struct daemon *d)
{
	struct ctl_reply reply = {};
	int conn = d->stop_conn;

	if (!d->replaced)
		daemon_notify_stop(d);
	daemon_watch_end(d);
	log_tee(NULL, NULL);
	daemon_conn_close_all(d);
	daemon_close(d);
	if (conn)
		ctl_reply(conn, &reply);
}

static void set_times(struct daemon *d)
{
	__u64 now = daemon_now();

	d->ready_by = now + d->opt.wait * NSEC_PER_SEC;
	/* A router has to look once what its map holds, to know how many there are. */
	d->sweep_at = d->opt.role == BED4_ROLE_ROUTER ? now : now + PEER_SWEEP_TICK;
	d->check_at = now + CHECK_TICK;
	d->sample_at = now + GAUGES_TICK;
	d->hops_at = d->hops ? now : UINT64_MAX;
	d->pulse_at = d->opt.role == BED4_ROLE_PEER && d->info.mode != BED4_MODE_OFF ? now : UINT64_MAX;
}

/* From here on nothing is opened that needs more than the two capabilities that are left. */
static int begin(struct daemon *d, int sig, struct err *e)
{
	int err = d->epoll < 0 || sig < 0 ? -errno : set_up_loop(d, sig);

	if (err)
		return err_set(e, err, "cannot set up the event loop: %s", strerror(-err));
	daemon_drop_old_metrics(d);
	/* A service's next process is to be found where the last one was, and to see no more than that. */
	if (d->notify >= 0 && d->old_pid)
		err = join_process(d->old_pid, e);
	if (!err)
		err = privs_drop(e);
	if (!err)
		err = privs_confine(e);
	if (err)
		return err;
	if (d->old >= 0) {
		daemon_notify_ready(d);
		ctl_go(d->old);
	}
	d->old = -1;
	return 0;
}

int daemon_run(struct daemon *d, const struct daemon_told *told, struct err *e)
{
	int sig = signals(), err;

	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	d->told = *told;
	set_times(d);
	err = begin(d, sig, e);
	if (!err) {
		told->up(told->arg);
		d->told_self = d->tunnel.self;
		d->told_from = d->tunnel.self.listen;
		log_tee(daemon_watch_log, d);
		tunnel_start(&d->tunnel, daemon_now());
		daemon_start_gauges(d);
		d->info.degraded = degraded(d);
		fastpath_set_info(d->fp, &d->info);
		if (d->opt.role == BED4_ROLE_ROUTER)
			tell_ready(d);
		err = loop(d);
		if (err && !d->failed)
			log_error("the loop ended: %s", strerror(-err));
	} else {
		daemon_undo_metrics(d);
		if (d->before.there)
			fastpath_set_info(d->fp, &d->before.info);
	}
	close(d->epoll);
	close(sig);
	finish(d);
	return err;
}
