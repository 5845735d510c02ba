// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bringing an instance up and taking it down; the loop is in daemon_loop.c. Proved by
 * selftests/net.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "6bed4/mss.h"
#include "daemon_priv.h"
#include "io/ctl.h"
#include "io/device.h"
#include "io/rtnl.h"
#include "io/tun.h"
#include "io/udp.h"
#include "log.h"
#include "settle.h"

__u64 daemon_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (__u64)ts.tv_sec * NSEC_PER_SEC + (__u64)ts.tv_nsec;
}

__u32 daemon_seconds(void)
{
	return (__u32)(daemon_now() / NSEC_PER_SEC);
}

static int open_ctl(struct daemon *d, struct err *e)
{
	char name[64];

	if (d->in.bare)
		return 0; /* that name is for what root has loaded */
	snprintf(name, sizeof(name), "6bed4/%s", d->in.iface);
	d->ctl = ctl_bind(name);
	return d->ctl < 0 ? err_set(e, d->ctl, "cannot open the control socket @%s: %s", name,
				    strerror(-d->ctl)) : 0;
}

/* What only some have, in the order of daemon_ctl.c; the text says which, behind the time of the watchdog. */
static void handover_take(struct daemon *d, struct ctl_reply *reply)
{
	const char *kinds = strchr(reply->text, ' ');
	unsigned int i = 3;

	if (kinds && strchr(kinds, 'n') && i < reply->fd_count)
		daemon_supervise(d, reply->fds[i++], strtoull(reply->text, NULL, 10));
	if (kinds && strchr(kinds, 'm') && i < reply->fd_count)
		d->metrics = reply->fds[i++];
}

/*
 * Control socket, TUN queue and tunnel socket of the daemon that runs. It waits, and goes on when we do not
 * come to an end; what arrives meanwhile waits in the sockets.
 */
static int take_sockets(struct daemon *d, struct err *e)
{
	struct ctl_reply reply;

	d->old = ctl_ask_open(d->in.iface, "handover", 10, &reply, e);
	if (d->old < 0)
		return err_set(e, d->old, "the daemon of %s does not hand over: %s", d->in.iface,
			       strerror(-d->old));
	if (reply.code || reply.fd_count < 3 || reply.fd_count > 5)
		return err_set(e, -EPROTO, "the daemon of %s cannot hand over: %s; unload, and load anew",
			       d->in.iface, reply.text);
	d->ctl = reply.fds[0];
	d->tun = reply.fds[1];
	d->udp = reply.fds[2];
	d->old_pid = reply.pid;
	handover_take(d, &reply);
	return 0;
}

void daemon_set_up_udp(const struct daemon *d, int fd)
{
	udp_no_csum(fd, d->opt.csum == BED4_CSUM_MODE_ZERO);
	udp_df(fd, d->opt.df);
	burst_merge(fd, d->info.mode == BED4_MODE_OFF);
}

static int open_udp(struct daemon *d, struct err *e)
{
	struct bed4_ep listen = bed4_ep(d->opt.listen, BED4_HTONS(d->opt.port));

	if (d->udp >= 0 && !udp_is_at(d->udp, listen)) {
		close(d->udp);
		d->udp = -1;
	}
	if (d->udp < 0)
		d->udp = udp_open(listen, d->underlay, e);
	return d->udp < 0 ? d->udp : 0;
}

static int open_sockets(struct daemon *d, struct err *e)
{
	int err = open_udp(d, e);

	if (err)
		return err;
	d->icmp = udp_open_errors();
	if (d->icmp < 0 && !d->in.bare)
		log_error("cannot hear ICMPv4 errors: %s; hosts will not be told of what the underlay refuses",
			  strerror(-d->icmp));
	if (d->opt.role == BED4_ROLE_PEER && d->opt.radius)
		d->lan = udp_open_group(lan_group, d->underlay, e);
	if (d->lan < 0 && d->opt.role == BED4_ROLE_PEER && d->opt.radius)
		return d->lan;
	d->monitor = rtnl_monitor();
	return d->monitor < 0 ? err_set(e, d->monitor, "cannot watch for address changes: %s",
					strerror(-d->monitor)) : 0;
}

/* Its number is noted as soon as there is one; that it may be ours was noted before. */
static int open_tun(struct daemon *d, struct err *e)
{
	int err;

	if (d->tun < 0)
		d->tun = tun_open(d->opt.tun, e);
	if (d->tun < 0)
		return d->tun;
	err = d->in.bare ? tun_use(d->tun, d->opt.tun, &d->tun_index, e) :
			   tun_set_up(d->tun, d->opt.tun, d->opt.mtu, &d->tun_index, e);
	if (err)
		return err;
	d->info.made.tun = d->tun_index;
	daemon_publish_info(d);
	return 0;
}

static __u32 mss(const struct load_options *o)
{
	return o->clamp_mss ? o->mtu - BED4_MSS_HEADS : 0;
}

/* @needed: that there is none is an error, too. */
static int index_of(const char *name, bool needed, __u32 *ifindex, struct err *e)
{
	int err = device_index(name, ifindex);

	if (!err && needed && !*ifindex)
		err = -ENODEV;
	return err ? err_set(e, err, "cannot find the device %s: %s; see `ip link`", name, strerror(-err)) : 0;
}

int daemon_configure(const struct daemon *d, struct fastpath_config *c, struct err *e)
{
	unsigned int i;
	int err;

	*c = (struct fastpath_config){
		.role = d->opt.role, .mode = d->opt.mode, .forward = d->opt.forward, .csum = d->opt.csum,
		.account = d->opt.account, .pin_dir = d->in.bare ? NULL : d->in.pin_dir, .underlay = d->underlay,
		.neigh_max = d->opt.neigh_max, .hop_slots = d->opt.hop_slots, .dscp = d->opt.dscp,
		.df = d->opt.df, .mss = mss(&d->opt), .plan = d->opt.plan,
	};
	for (i = 0; i < d->opt.v6_count; i++) {
		err = index_of(d->opt.v6_dev[i], true, &c->v6_dev[c->v6_count++], e);
		if (err)
			return err;
	}
	return 0;
}

static int open_maps(struct daemon *d, struct err *e)
{
	struct fastpath_config c;
	int err = daemon_configure(d, &c, e);

	if (err)
		return err;
	return fastpath_open(&d->fp, &c, e);
}

/* Before anything else is made: what a crash from here on may leave behind. */
static int note_plan(struct daemon *d, struct err *e)
{
	struct bed4_made *m = &d->info.made;
	__u32 tun;
	int err;

	if (!d->before.there)
		memcpy(m->tun_name, d->opt.tun, sizeof(m->tun_name));
	err = index_of(m->tun_name, false, &tun, e);
	if (err)
		return err;
	if (!d->before.there) {
		m->abi = BED4_ABI;
		m->underlay = d->underlay;
		m->made_tun = !tun;
	} else if (m->tun && tun != m->tun) {
		if (m->made_plan) /* its rule is left */
			rtnl_plan_del(m->tun, (__u16)m->made_plan, &m->addr);
		m->tun = 0; /* somebody has removed it */
		m->made_tun = !tun;
		m->made_tun_clsact = m->made_addr = m->made_default = m->made_plan = 0;
	}
	m->underlay = d->underlay;
	m->pid = (__u32)getpid();
	err = fastpath_set_info(d->fp, &d->info);
	return err ? err_set(e, err, "cannot fill map info: %s", strerror(-err)) : 0;
}

static int load_programs(struct daemon *d, struct err *e)
{
	int err = fastpath_load(d->fp, d->tun_index, d->before.there ? &d->before.info.made : NULL, e);

	if (err || d->in.bare)
		return err;
	err = tun_guard(d->tun, fastpath_guard_fd(d->fp));
	return err ? err_set(e, err, "cannot guard %s against loops: %s; needs Linux 6.1 or newer with "
				     "CONFIG_BPF_SYSCALL", d->opt.tun, strerror(-err)) : 0;
}

static int open_tunnel(struct daemon *d, struct err *e)
{
	struct tunnel_config c = { .role = d->opt.role, .mtu = d->opt.mtu, .prefix = d->opt.prefix,
				   .listen = bed4_ep(d->opt.listen, BED4_HTONS(d->opt.port)),
				   .keepalive_sec = d->opt.keepalive,
				   .keepalive_ttl = (__u8)d->opt.keepalive_ttl,
				   .radius = (__u8)d->opt.radius, .eager = d->opt.eager_tcp,
				   .neigh_max = d->opt.neigh_max, .policy = policy_ask,
				   .onlink = policy_onlink, .policy_arg = &d->policy,
				   .mss = mss(&d->opt), .fixed_port = d->fixed_port,
				   .plan = d->opt.plan, .plan_prefix = d->opt.plan_prefix,
				   .tally = &d->tally };
	int err;

	c.public = bed4_ep(d->opt.public_v4 ? d->opt.public_v4 : d->opt.listen, c.listen.port);
	if (c.role == BED4_ROLE_PEER)
		c.server = bed4_ep(d->opt.server, BED4_HTONS(BED4_PORT));
	if (getrandom(&c.seed, sizeof(c.seed), 0) != sizeof(c.seed))
		c.seed = daemon_now();
	limit_init(&d->limit, c.seed, &fastpath_losses(d->fp)->collisions);
	err = tunnel_init(&d->tunnel, &c, fastpath_slow(d->fp), &d->limit);
	if (err)
		return err_set(e, err, "the options contradict each other: %s", strerror(-err));
	if (d->before.there)
		tunnel_adopt(&d->tunnel, daemon_now(), &d->before.self);
	err = policy_refresh(&d->policy, &d->tunnel.self, NULL);
	if (err >= 0)
		err = policy_publish(&d->policy, d->fp);
	if (!err)
		err = fastpath_set_self(d->fp, &d->tunnel.self);
	return err ? err_set(e, err, "cannot fill the maps: %s", strerror(-err)) : 0;
}

static void adopt_one(void *arg, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	struct daemon *d = arg;

	tunnel_neigh_adopt(&d->tunnel, daemon_now(), in6, n, &d->actions);
	daemon_carry_out(d);
}

/* A router's table needs nobody who remembers it; a peer's is the picture of its daemon's. */
static int adopt_neighbours(struct daemon *d, struct err *e)
{
	int err;

	if (!d->before.there || d->opt.role != BED4_ROLE_PEER)
		return 0;
	err = fastpath_walk(d->fp, adopt_one, d);
	return err ? err_set(e, err, "cannot read map neigh: %s", strerror(-err)) : 0;
}

/*
 * Without programs nothing tells what the kernel forwarded to the TUN from what this machine itself
 * sends: a packet from native IPv6 with the router's own source would pass for the latter.
 */
static int guard_own_source(struct daemon *d, struct err *e)
{
	struct bed4_made *m = &d->info.made;
	bool router = d->opt.role == BED4_ROLE_ROUTER;
	unsigned int i;
	int err = 0;

	if (m->made_rules && (d->opt.mode != BED4_MODE_OFF || !bed4_same_prefix(&m->prefix, &d->opt.prefix))) {
		rtnl_spoof_rules_del(&m->prefix);
		m->made_rules = 0;
	}
	if (router)
		m->prefix = d->opt.prefix;
	m->made_rules |= router && d->opt.mode == BED4_MODE_OFF && !d->in.bare;
	daemon_publish_info(d);
	for (i = 0; !err && m->made_rules && i < d->opt.v6_count; i++)
		err = rtnl_spoof_rule_add(d->opt.v6_dev[i], &d->opt.prefix);
	return err ? err_set(e, err, "cannot add a routing rule against spoofed sources: %s; does the "
				     "kernel lack IPv6 policy routing?", strerror(-err)) : 0;
}

void daemon_publish_info(struct daemon *d)
{
	int err = fastpath_set_info(d->fp, &d->info);

	if (err)
		log_error("cannot write map info: %s", strerror(-err));
}

/*
 * The plan's route by the TUN device: to peers of other routers. A router's is for what it sends from its own
 * address only, as an answer to one of those; what native hosts send there keeps to native IPv6. Called before
 * and (@add) after @own becomes the address.
 */
static void set_plan_route(struct daemon *d, const struct bed4_in6 *own, bool add)
{
	struct bed4_made *m = &d->info.made;
	bool router = d->opt.role == BED4_ROLE_ROUTER, want = d->tunnel.self.flags & BED4_SELF_PLAN;
	int err;

	if (m->made_plan && (!want || m->made_plan != BED4_NTOHS(own->h[0]) || !bed4_in6_eq(&m->addr, own))) {
		rtnl_plan_del(d->tun_index, (__u16)m->made_plan, router ? &m->addr : NULL);
		m->made_plan = 0;
		daemon_publish_info(d);
	}
	if (!add || !want || m->made_plan)
		return;
	m->made_plan = BED4_NTOHS(own->h[0]);
	daemon_publish_info(d);
	err = rtnl_plan_add(d->tun_index, (__u16)m->made_plan, router ? own : NULL);
	if (!err)
		return;
	m->made_plan = 0;
	daemon_publish_info(d);
	log_error("cannot add the route to peers of other routers: %s", strerror(-err));
}

/* New address first, then the old one deprecated and removed, so that there is always one. */
int daemon_set_address(struct daemon *d, const struct bed4_in6 *addr)
{
	struct bed4_made *m = &d->info.made;
	struct bed4_in6 old = m->addr;
	bool had = m->made_addr && !bed4_in6_eq(&old, addr);
	int err;

	if (d->in.bare) {
		as_root_address(&d->as_root, addr);
		return 0;
	}
	set_plan_route(d, addr, false);
	m->addr = *addr;
	m->made_addr = 1;
	daemon_publish_info(d);
	err = rtnl_addr6_set(d->tun_index, addr, false);
	if (had) {
		rtnl_addr6_set(d->tun_index, &old, true);
		rtnl_addr6_del(d->tun_index, &old);
	}
	if (!err)
		set_plan_route(d, addr, true);
	return err;
}

static int set_default_route(struct daemon *d, struct err *e)
{
	struct bed4_made *m = &d->info.made;
	int err;

	if (d->in.bare)
		return 0;
	if (!d->opt.default_route) {
		if (m->made_default)
			rtnl_default6_del(d->tun_index);
		m->made_default = 0;
		return 0;
	}
	if (m->made_default)
		return 0;
	m->made_default = 1;
	daemon_publish_info(d);
	err = rtnl_default6_add(d->tun_index);
	if (err == -EEXIST) {
		m->made_default = 0;
		log_info("there is an IPv6 default route already, it stays");
		return 0;
	}
	return err ? err_set(e, err, "cannot add the default route: %s", strerror(-err)) : 0;
}

int daemon_begin_core(struct daemon *d, struct err *e)
{
	int err = open_tunnel(d, e);

	return err ? err : adopt_neighbours(d, e);
}

static int set_addresses(struct daemon *d, struct err *e)
{
	int err = 0;

	/* A peer has one already if it has taken it over; the TUN device may be a new one all the same. */
	if (d->tunnel.self.flags & BED4_SELF_ADDR)
		err = daemon_set_address(d, &d->tunnel.self.own);
	if (err)
		return err_set(e, err, "cannot give %s its address: %s", d->opt.tun, strerror(-err));
	return set_default_route(d, e);
}

static int note_options(struct daemon *d, struct err *e)
{
	int err;

	d->info.started = daemon_now();
	memcpy(d->info.given, d->opt.given, sizeof(d->info.given));
	err = settle_text(&d->opt, d->info.options);
	if (err)
		return err_set(e, err, "too many options to be remembered: use fewer --permit-v4, --deny-v4");
	err = fastpath_set_info(d->fp, &d->info);
	return err ? err_set(e, err, "cannot fill map info: %s", strerror(-err)) : 0;
}

int daemon_watch_hops(struct daemon *d, struct err *e)
{
	int err;

	if (d->opt.role == BED4_ROLE_PEER || !fastpath_has_xdp(d->fp))
		return 0;
	err = hops_open(&d->hops);
	if (err)
		return err_set(e, err, "cannot watch routes and neighbours: %s", strerror(-err));
	fastpath_hops_changed(d->fp, hops_bypass(d->hops, daemon_seconds()));
	return 0;
}

/* The kernel's side of it. Nothing here is made that `info` does not tell of. */
static int bring_up(struct daemon *d, char *notice, size_t size, struct err *e)
{
	int err = open_maps(d, e);

	if (!err)
		err = note_plan(d, e);
	if (!err)
		err = d->before.alive ? take_sockets(d, e) : open_ctl(d, e);
	if (!err)
		err = open_sockets(d, e);
	if (!err)
		err = daemon_open_metrics(d, e);
	if (!err)
		err = open_tun(d, e);
	if (!err)
		err = load_programs(d, e);
	if (!err)
		err = daemon_begin_core(d, e);
	if (!err)
		err = set_addresses(d, e);
	if (!err)
		err = guard_own_source(d, e);
	if (!err)
		err = daemon_watch_hops(d, e); /* before anything can be cached */
	if (!err)
		err = fastpath_attach(d->fp, &d->info, notice, size, e);
	if (!err)
		err = note_options(d, e);
	if (!err)
		daemon_set_up_udp(d, d->udp);
	return err;
}

void daemon_close(struct daemon *d)
{
	int *fds[] = { &d->ctl, &d->tun, &d->udp, &d->lan, &d->icmp, &d->monitor, &d->old, &d->root,
			&d->notify, &d->metrics };
	size_t i;

	hops_close(d->hops);
	scrape_free(d->scrape);
	fastpath_close(d->fp);
	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
	}
	burst_free(d->out);
	tunnel_exit(&d->tunnel);
	free(d);
}

int daemon_get_ready(struct daemon *d, struct err *e)
{
	struct rtnl_link link;
	int err = rtnl_link_get(d->opt.iface, &link);

	if (err)
		return err_set(e, err, "cannot look at %s: %s", d->opt.iface, strerror(-err));
	d->policy.underlay = d->underlay = link.ifindex;
	d->running = link.running;
	d->out = burst_new();
	return d->out ? 0 : err_set(e, -ENOMEM, "out of memory");
}

struct daemon *daemon_new(const struct load_options *o, const struct instance *in,
			  const struct daemon_before *before)
{
	struct daemon *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->opt = *o;
	d->in = *in;
	d->before = *before;
	if (before->there)
		d->info = before->info;
	d->policy.opt = &d->opt;
	d->fixed_port = o->port_fixed;
	d->ctl = d->tun = d->udp = d->lan = d->icmp = d->monitor = d->old = d->root = d->notify = d->metrics = -1;
	return d;
}

int daemon_up(struct daemon **out, const struct load_options *o, const struct instance *in,
	      const struct daemon_before *before, char *notice, size_t size, struct err *e)
{
	struct daemon *d = daemon_new(o, in, before);
	int err;

	if (!d)
		return err_set(e, -ENOMEM, "out of memory");
	d->owner = geteuid();
	d->root = open(d->in.root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	err = daemon_get_ready(d, e);
	if (!err)
		err = bring_up(d, notice, size, e);
	if (!err) {
		*out = d;
		return 0;
	}
	daemon_undo_metrics(d);
	if (d->fp && before->there)
		fastpath_set_info(d->fp, &before->info);
	daemon_close(d);
	return err;
}

const struct as_root *daemon_as_root(struct daemon *d)
{
	d->as_root.count = 0;
	if (d->in.bare)
		as_root_make(&d->as_root, &d->opt, d->tun_index);
	return &d->as_root;
}

const struct bed4_info *daemon_info(const struct daemon *d)
{
	return &d->info;
}

const struct bed4_self *daemon_self(const struct daemon *d)
{
	return &d->tunnel.self;
}
