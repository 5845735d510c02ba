// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Taking an instance off the machine; see clean.h. Proved by selftests/net/test_crash.sh. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "clean.h"
#include "io/attach.h"
#include "io/fastpath.h"
#include "io/listen.h"
#include "io/rtnl.h"
#include "io/tun.h"
#include "sane.h"

/* Its number tells whether the device of that name is still the one that we had: then into *@tun, else 0. */
static int our_tun(const struct bed4_made *made, unsigned int *tun)
{
	struct rtnl_link link;
	int err = *made->tun_name ? rtnl_link_get(made->tun_name, &link) : -ENODEV;

	*tun = !err && (!made->tun || made->tun == link.ifindex) ? link.ifindex : 0;
	return err == -ENODEV ? 0 : err;
}

static int clean_routing(const struct bed4_made *made, struct err *e)
{
	int err = made->made_rules ? rtnl_spoof_rules_del(&made->prefix) : 0, ret = 0;

	if (made->made_label)
		ret = rtnl_label_del(&made->prefix);
	if (ret == -ENOENT || ret == -ESRCH)
		ret = 0;
	err = err ? err : ret;
	if (made->made_plan)
		ret = rtnl_plan_del(made->tun, (__u16)made->made_plan, &made->addr);
	err = err ? err : ret;
	return err ? err_set(e, err, "cannot remove routing rules or address label: %s; see `ip -6 rule`, `ip "
				     "addrlabel`", strerror(-err)) : 0;
}

/* Somebody else's device, which an operator told us to use: as it was before. */
static void give_back_tun(const struct bed4_made *made, unsigned int tun)
{
	if (made->made_default)
		rtnl_default6_del(tun);
	if (made->made_plan)
		rtnl_plan_del(tun, (__u16)made->made_plan, NULL); /* a peer's; a router's is gone */
	if (made->made_addr)
		rtnl_addr6_del(tun, &made->addr);
	tun_unguard(made->tun_name);
}

static int clean_tun(const struct bed4_made *made, struct err *e)
{
	unsigned int tun;
	int err = our_tun(made, &tun);

	if (!err && tun && !made->made_tun)
		give_back_tun(made, tun);
	if (!err && tun && made->made_tun)
		err = rtnl_link_del(tun);
	return !err || err == -ENODEV ? 0 : err_set(e, err, "cannot remove %s: %s; try `ip link del %s`",
						    made->tun_name, strerror(-err), made->tun_name);
}

static int clean(const struct instance *in, const struct bed4_made *made, int self_fd, struct err *e)
{
	int programs = fastpath_detach(made, self_fd, in->pin_dir, e), routing = clean_routing(made, e);
	int tun = clean_tun(made, e), ret, err = programs ? programs : routing ? routing : tun;

	if (err || !*in->pin_dir)
		return err; /* what could not be removed is still told of by the pins */
	ret = fastpath_unpin(in->pin_dir);
	return ret ? err_set(e, ret, "cannot remove the pins in %s: %s", in->pin_dir, strerror(-ret)) : 0;
}

static void take_tun(struct bed4_made *made, const struct if_nameindex *dev)
{
	made->tun = dev->if_index;
	made->made_tun = made->made_tun_clsact = 1;
	snprintf(made->tun_name, sizeof(made->tun_name), "%s", dev->if_name);
}

/*
 * `info` is void: what a look at all devices tells. Ours is what uses our map `self`, and what has the
 * address that is in there.
 */
static void search(struct bed4_made *made, const struct instance *in, int self_fd)
{
	struct if_nameindex *devs = if_nameindex(), *dev;
	struct bed4_self self = {};
	struct owner owner;
	__u32 zero = 0;

	*made = (struct bed4_made){ .abi = BED4_ABI, .underlay = if_nametoindex(in->iface), .made_clsact = 1,
				    .made_rules = 1, .made_label = 1 };
	owner_init(&owner, self_fd, NULL);
	if (!instance_map_read(self_fd, &zero, &self, sizeof(self)) && !self_sane(&self, in->iface, NULL))
		made->prefix = made->addr = self.own;
	if (self.flags & BED4_SELF_PLAN)
		made->made_plan = BED4_NTOHS(made->addr.h[0]);
	made->prefix.w[2] = made->prefix.w[3] = 0;
	for (dev = devs; dev && dev->if_index; dev++) {
		if (xdp_is_ours(dev->if_index, &owner) && made->v6_count < BED4_V6DEV_MAX)
			made->v6_dev[made->v6_count++] = dev->if_index;
		if (tc_is_ours(dev->if_index, BPF_TC_EGRESS, &owner) ||
		    (made->prefix.w[0] && rtnl_addr6_is_on(dev->if_index, &self.own)))
			take_tun(made, dev);
	}
	if (devs)
		if_freenameindex(devs);
}

static void remove_files(const struct bed4_info *info)
{
	if (file_sane(info->metrics))
		listen_remove(info->metrics, false);
	if (file_sane(info->old_metrics))
		listen_remove(info->old_metrics, false);
}

int clean_maps(const struct instance *in, const struct instance_maps *maps, struct err *e)
{
	struct bed4_info info;
	int err = instance_read_info(maps->info, &info);

	if (err)
		return err_set(e, err, "cannot read map info: %s", strerror(-err));
	remove_files(&info);
	if (made_sane(&info.made, in->iface, NULL))
		search(&info.made, in, maps->self);
	return clean(in, &info.made, maps->self, e);
}

int clean_pinned(const struct instance *in, struct err *e)
{
	struct instance_maps maps;
	int err = instance_open_maps(&maps, in->iface, e);

	if (err)
		return err;
	err = clean_maps(in, &maps, e);
	instance_maps_close(&maps);
	return err;
}
