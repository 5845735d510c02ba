// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Taking an instance off the machine; see clean.h. Proved by selftests/net/test_crash.sh. */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "clean.h"
#include "io/fastpath.h"
#include "io/rtnl.h"
#include "io/tun.h"

/* Its number tells whether the device of that name is still the one that we had. */
static unsigned int our_tun(const struct bed4_made *made)
{
	unsigned int now = *made->tun_name ? if_nametoindex(made->tun_name) : 0;

	return !made->tun || made->tun == now ? now : 0;
}

static void clean_routing(const struct bed4_made *made)
{
	if (made->made_rules)
		rtnl_spoof_rules_del(&made->prefix);
	if (made->made_label)
		rtnl_label_del(&made->prefix);
}

/* Somebody else's device, which an operator told us to use: as it was before. */
static void give_back_tun(const struct bed4_made *made, unsigned int tun)
{
	if (made->made_default)
		rtnl_default6_del(tun);
	if (made->made_addr)
		rtnl_addr6_del(tun, &made->addr);
	tun_unguard(made->tun_name);
}

static int clean_tun(const struct bed4_made *made, struct err *e)
{
	unsigned int tun = our_tun(made);
	int err;

	if (!tun)
		return 0;
	if (!made->made_tun) {
		give_back_tun(made, tun);
		return 0;
	}
	err = rtnl_link_del(tun);
	return !err || err == -ENODEV ? 0 : err_set(e, err, "cannot remove %s: %s; try `ip link del %s`",
						    made->tun_name, strerror(-err), made->tun_name);
}

int clean(const struct instance *in, const struct bed4_made *made, int self_fd, struct err *e)
{
	int err = fastpath_detach(made, self_fd, in->pin_dir, e), ret;

	clean_routing(made);
	ret = clean_tun(made, e);
	err = err ? err : ret;
	if (err || !*in->pin_dir)
		return err; /* what could not be removed is still told of by the pins */
	ret = fastpath_unpin(in->pin_dir);
	return ret ? err_set(e, ret, "cannot remove the pins in %s: %s", in->pin_dir, strerror(-ret)) : 0;
}

int clean_pinned(const struct instance *in, struct err *e)
{
	struct bed4_info info;
	struct instance_maps maps;
	int err = instance_open_maps(&maps, in->iface, e);

	if (err)
		return err;
	err = instance_read_info(maps.info, &info);
	err = err ? err_set(e, err, "cannot read map info: %s", strerror(-err)) :
		    clean(in, &info.made, maps.self, e);
	instance_maps_close(&maps);
	return err;
}
