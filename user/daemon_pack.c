// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A daemon that one process has brought up, for another one to run: everything that needs privileges to be
 * opened goes along as descriptors, the rest is opened anew. Must not know how a parcel gets from the one to
 * the other. Proved by selftests/net/test_systemd.sh.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon_priv.h"
#include "io/parcel.h"
#include "io/rtnl.h"
#include "log.h"
#include "sane.h"

/* Both processes are of the same build, or this is refused. */
struct contents {
	char version[32];
	__u32 abi;
	struct load_options opt;
	struct instance in;
};

enum { FD_CTL, FD_TUN, FD_UDP, FD_LAN, FD_ICMP, FD_ROOT, FD_METRICS, FD_MAPS, FD_COUNT = FD_MAPS + FASTPATH_FDS };
_Static_assert(FD_COUNT <= PARCEL_FDS, "they fit");

int daemon_pack(const struct daemon *d, struct err *e)
{
	struct contents c = { .version = BED4_VERSION, .abi = BED4_ABI, .opt = d->opt, .in = d->in };
	int fds[FD_COUNT] = { d->ctl, d->tun, d->udp, d->lan, d->icmp, d->root, d->metrics }, sock;

	fastpath_give(d->fp, fds + FD_MAPS);
	sock = parcel_pack(&c, sizeof(c), fds, FD_COUNT);
	return sock < 0 ? err_set(e, sock, "cannot pass on what was opened: %s", strerror(-sock)) : sock;
}

void daemon_leave(struct daemon *d, bool packed)
{
	if (packed && d->old >= 0) {
		ctl_go(d->old);
		d->old = -1;
	}
	if (!packed && d->before.there)
		fastpath_set_info(d->fp, &d->before.info);
	daemon_close(d);
}

static void close_all(const int *fds, unsigned int count)
{
	while (count--) {
		if (fds[count] >= 0)
			close(fds[count]);
	}
}

static int unwrap(int parcel, const char *iface, struct contents *c, int fds[FD_COUNT], struct err *e)
{
	int err = parcel_open(parcel, c, sizeof(*c), fds, FD_COUNT);

	close(parcel);
	if (err)
		return err_set(e, err, "what was passed on for %s is not there, or is another version's: %s; start "
				       "it again", iface, strerror(-err));
	if (strncmp(c->version, BED4_VERSION, sizeof(c->version)) || c->abi != BED4_ABI ||
	    strncmp(c->opt.iface, iface, sizeof(c->opt.iface)))
		err = err_set(e, -EPROTO, "what was passed on is for another version or device; start %s again",
			      iface);
	if (err)
		close_all(fds, FD_COUNT);
	return err;
}

/* The map at a place in fastpath_map_names. */
static int map_of(const int *maps, const char *name)
{
	unsigned int i;

	for (i = 0; fastpath_map_names[i] && strcmp(fastpath_map_names[i], name) != 0; i++)
		;
	return maps[i];
}

/* What the maps say is what the other process has left in them. */
static int read_past(struct daemon_before *b, const int *maps, const char *iface, struct err *e)
{
	__u32 zero = 0;
	int err = instance_read_info(map_of(maps, "info"), &b->info);

	b->there = true;
	if (!err)
		err = instance_map_read(map_of(maps, "self"), &zero, &b->self, sizeof(b->self));
	if (err)
		return err_set(e, err, "cannot read the maps of %s: %s", iface, strerror(-err));
	err = info_sane(&b->info, iface, e);
	return err ? err : self_sane(&b->self, iface, e);
}

static int take_maps(struct daemon *d, const int *maps, struct err *e)
{
	struct fastpath_config c;
	int err = daemon_configure(d, &c, e);

	if (err)
		return err;
	c.tun = d->tun_index;
	return fastpath_take(&d->fp, &c, d->info.mode, maps, e);
}

/* As bring_up() in daemon.c, but for what its process has done already. */
static int carry_on(struct daemon *d, const int *maps, struct err *e)
{
	int err = daemon_get_ready(d, e);

	d->monitor = rtnl_monitor();
	if (!err && d->monitor < 0)
		err = err_set(e, d->monitor, "cannot watch for address changes: %s", strerror(-d->monitor));
	if (!err)
		err = take_maps(d, maps, e);
	if (!err)
		err = daemon_begin_core(d, e);
	if (!err)
		err = daemon_watch_hops(d, e);
	if (err)
		return err;
	d->info.made.pid = (__u32)getpid();
	daemon_publish_info(d);
	return 0;
}

static void take_sockets(struct daemon *d, const int *fds)
{
	d->ctl = fds[FD_CTL];
	d->tun = fds[FD_TUN];
	d->udp = fds[FD_UDP];
	d->lan = fds[FD_LAN];
	d->icmp = fds[FD_ICMP];
	d->root = fds[FD_ROOT];
	d->metrics = fds[FD_METRICS];
	d->owner = ctl_owner(d->ctl);
	d->tun_index = if_nametoindex(d->opt.tun);
}

int daemon_unpack(struct daemon **out, const char *iface, int parcel, struct err *e)
{
	struct daemon_before before = {};
	struct contents c = {};
	struct daemon *d = NULL;
	int fds[FD_COUNT], err = unwrap(parcel, iface, &c, fds, e);

	if (err)
		return err;
	err = read_past(&before, fds + FD_MAPS, iface, e);
	if (!err)
		d = daemon_new(&c.opt, &c.in, &before);
	if (!d) {
		close_all(fds, FD_COUNT);
		return err ? err : err_set(e, -ENOMEM, "out of memory");
	}
	take_sockets(d, fds);
	err = carry_on(d, fds + FD_MAPS, e);
	close_all(fds + FD_MAPS, FASTPATH_FDS);
	if (err)
		daemon_close(d);
	else
		*out = d;
	return err;
}
