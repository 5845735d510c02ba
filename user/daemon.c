// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bringing an instance up and taking it down; the loop is in daemon_loop.c. Proved by
 * selftests/net.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "6bed4/mss.h"
#include "daemon_priv.h"
#include "io/ctl.h"
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

	snprintf(name, sizeof(name), "6bed4/%s", d->in.iface);
	d->ctl = ctl_bind(name);
	return d->ctl < 0 ? err_set(e, d->ctl, "cannot open the control socket @%s: %s", name,
				    strerror(-d->ctl)) : 0;
}

/* Where peers of one LAN look for each other (PROTOCOL section 7). */
static const struct bed4_ep lan_group = { .addr = BED4_HTONL(0xe0000001),
					  .port = BED4_HTONS(BED4_PORT) };

static int open_devices(struct daemon *d, struct err *e)
{
	struct bed4_ep listen = bed4_ep(d->opt.listen, BED4_HTONS(d->opt.port));
	struct rtnl_link link;
	bool made;
	int err;

	err = rtnl_link_get(d->opt.iface, &link);
	if (err)
		return err_set(e, err, "cannot look at %s: %s", d->opt.iface, strerror(-err));
	d->running = link.running;
	d->udp = udp_open(listen, d->underlay, e);
	if (d->udp < 0)
		return d->udp;
	if (d->opt.csum == BED4_CSUM_MODE_ZERO)
		udp_no_csum(d->udp);
	if (d->opt.df)
		udp_df(d->udp);
	d->icmp = udp_open_errors();
	if (d->icmp < 0)
		log_error("cannot hear ICMPv4 errors: %s; hosts will not be told of what the underlay refuses",
			  strerror(-d->icmp));
	if (d->opt.role == BED4_ROLE_PEER && d->opt.radius)
		d->lan = udp_open_group(lan_group, d->underlay, e);
	if (d->lan < 0 && d->opt.role == BED4_ROLE_PEER && d->opt.radius)
		return d->lan;
	d->tun = tun_open(d->opt.tun, d->opt.mtu, &made, &d->tun_index, e);
	if (d->tun < 0)
		return d->tun;
	d->info.made_tun = made;
	d->monitor = rtnl_monitor();
	return d->monitor < 0 ? err_set(e, d->monitor, "cannot watch for address changes: %s",
					strerror(-d->monitor)) : 0;
}

static __u32 mss(const struct load_options *o)
{
	return o->clamp_mss ? o->mtu - BED4_MSS_HEADS : 0;
}

static int open_fastpath(struct daemon *d, struct err *e)
{
	struct fastpath_config c = { .role = d->opt.role, .mode = d->opt.mode,
				     .forward = d->opt.forward, .csum = d->opt.csum, .account = d->opt.account,
				     .tun = d->tun_index, .pin_dir = d->in.pin_dir,
				     .underlay = d->underlay, .neigh_max = d->opt.neigh_max,
				     .hop_slots = d->opt.hop_slots,
				     .dscp = d->opt.dscp, .df = d->opt.df, .mss = mss(&d->opt) };
	unsigned int i;
	int err;

	for (i = 0; i < d->opt.v6_count; i++)
		c.v6_dev[c.v6_count++] = if_nametoindex(d->opt.v6_dev[i]);
	err = fastpath_open(&d->fp, &c, e);
	if (err)
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
				   .mss = mss(&d->opt), .fixed_port = d->fixed_port };
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
	err = policy_refresh(&d->policy, &d->tunnel.self, NULL);
	if (err >= 0)
		err = policy_publish(&d->policy, d->fp);
	if (!err)
		err = fastpath_set_self(d->fp, &d->tunnel.self);
	return err ? err_set(e, err, "cannot fill the maps: %s", strerror(-err)) : 0;
}

/*
 * Without programs nothing tells what the kernel forwarded to the TUN from what this machine itself
 * sends: a packet from native IPv6 with the router's own source would pass for the latter.
 */
static int guard_own_source(struct daemon *d, struct err *e)
{
	unsigned int i;
	int err = 0;

	d->info.prefix = d->opt.prefix;
	d->info.made_rules = d->opt.role == BED4_ROLE_ROUTER && d->opt.mode == BED4_MODE_OFF;
	for (i = 0; !err && d->info.made_rules && i < d->opt.v6_count; i++)
		err = rtnl_spoof_rule_add(d->opt.v6_dev[i], &d->opt.prefix);
	return err ? err_set(e, err, "cannot add a routing rule against spoofed sources: %s; does the "
				     "kernel lack IPv6 policy routing?", strerror(-err)) : 0;
}

static int set_addresses(struct daemon *d, struct err *e)
{
	int err = 0;

	if (d->opt.role == BED4_ROLE_ROUTER)
		err = rtnl_addr6_set(d->tun_index, &d->tunnel.self.own, false);
	if (err)
		return err_set(e, err, "cannot give %s its address: %s", d->opt.tun, strerror(-err));
	if (!d->opt.default_route)
		return 0;
	err = rtnl_default6_add(d->tun_index);
	if (err && err != -EEXIST)
		return err_set(e, err, "cannot add the default route: %s", strerror(-err));
	if (err)
		log_info("there is an IPv6 default route already, it stays");
	return 0;
}

static int publish_info(struct daemon *d, struct err *e)
{
	int err;

	d->info.abi = BED4_ABI;
	d->info.pid = (__u32)getpid();
	d->info.started = daemon_now();
	memcpy(d->info.tun_name, d->opt.tun, sizeof(d->info.tun_name));
	err = settle_text(&d->opt, d->info.options);
	if (err)
		return err_set(e, err, "too many options to be remembered: use fewer --permit-v4, --deny-v4");
	err = fastpath_set_info(d->fp, &d->info);
	return err ? err_set(e, err, "cannot fill map info: %s", strerror(-err)) : 0;
}

static int watch_hops(struct daemon *d, struct err *e)
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

static int bring_up(struct daemon *d, char *notice, size_t size, struct err *e)
{
	int err = open_ctl(d, e);

	if (!err)
		err = open_devices(d, e);
	if (!err)
		err = open_fastpath(d, e);
	if (!err)
		err = open_tunnel(d, e);
	if (!err)
		err = set_addresses(d, e);
	if (!err)
		err = guard_own_source(d, e);
	if (!err)
		err = publish_info(d, e); /* a crash from here on can be cleaned up after */
	if (!err)
		err = watch_hops(d, e); /* before anything can be cached */
	if (!err)
		err = fastpath_attach(d->fp, &d->info, notice, size, e);
	if (!err && d->info.mode == BED4_MODE_OFF)
		burst_merge(d->udp);
	if (!err)
		err = publish_info(d, e);
	return err;
}

static void close_all(struct daemon *d)
{
	int *fds[] = { &d->ctl, &d->tun, &d->udp, &d->lan, &d->icmp, &d->monitor };
	size_t i;

	hops_close(d->hops);
	d->hops = NULL;
	fastpath_close(d->fp);
	d->fp = NULL;
	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int daemon_clean(const struct instance *in, const struct bed4_info *info, struct err *e)
{
	unsigned int tun = *info->tun_name ? if_nametoindex(info->tun_name) : 0;
	int err = fastpath_detach(info, *in->pin_dir ? in->pin_dir : NULL, e), ret;

	if (info->made_rules)
		rtnl_spoof_rules_del(&info->prefix);
	if (info->made_label)
		rtnl_label_del(&info->prefix);
	if (!tun || !info->made_tun)
		return err;
	ret = rtnl_link_del(tun);
	if (ret && ret != -ENODEV && !err)
		err = err_set(e, ret, "cannot remove %s: %s; try `ip link del %s`", info->tun_name,
			      strerror(-ret), info->tun_name);
	return err;
}

int daemon_down(struct daemon *d, struct err *e)
{
	struct bed4_info info = d->info;
	int err;

	memcpy(info.tun_name, d->opt.tun, sizeof(info.tun_name));
	if (!info.made_tun && d->tun >= 0)
		tun_guard(d->tun, -1);
	if (!info.made_tun && d->tunnel.self.flags & BED4_SELF_ADDR)
		rtnl_addr6_del(d->tun_index, &d->tunnel.self.own);
	if (!info.made_tun && d->opt.default_route)
		rtnl_default6_del(d->tun_index);
	close_all(d);
	burst_free(d->out);
	tunnel_exit(&d->tunnel);
	err = daemon_clean(&d->in, &info, e);
	free(d);
	return err;
}

int daemon_up(struct daemon **out, const struct load_options *o, const struct instance *in,
	      char *notice, size_t size, struct err *e)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return err_set(e, -ENOMEM, "out of memory");
	d->opt = *o;
	d->in = *in;
	d->policy.opt = &d->opt;
	d->policy.underlay = d->underlay = if_nametoindex(o->iface);
	d->fixed_port = o->port_fixed;
	d->ctl = d->tun = d->udp = d->lan = d->icmp = d->monitor = -1;
	d->out = burst_new();
	err = d->out ? bring_up(d, notice, size, e) : err_set(e, -ENOMEM, "out of memory");
	if (!err) {
		*out = d;
		return 0;
	}
	daemon_down(d, NULL);
	return err;
}

const struct bed4_info *daemon_info(const struct daemon *d)
{
	return &d->info;
}

const struct bed4_self *daemon_self(const struct daemon *d)
{
	return &d->tunnel.self;
}
