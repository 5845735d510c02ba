// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is read back from maps; see sane.h. Must not know maps or devices. Proved by
 * selftests/unit/test_sane.c and selftests/fuzz/fuzz_maps.c.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "opt.h"
#include "sane.h"

static bool is_index(__u32 n)
{
	return n <= INT_MAX;
}

static bool name_sane(const char name[BED4_NAME_LEN])
{
	return memchr(name, 0, BED4_NAME_LEN) && (!*name || !opt_iface(name));
}

/* Lines of printable ASCII. */
static bool options_sane(const char text[BED4_OPTIONS_LEN])
{
	if (!memchr(text, 0, BED4_OPTIONS_LEN))
		return false;
	for (; *text; text++) {
		if ((*text < ' ' && *text != '\n') || *text > '~')
			return false;
	}
	return true;
}

static bool list_sane(__u32 count, const __u32 dev[BED4_V6DEV_MAX])
{
	__u32 i;

	if (count > BED4_V6DEV_MAX)
		return false;
	for (i = 0; i < count; i++) {
		if (!is_index(dev[i]))
			return false;
	}
	return true;
}

static bool devices_sane(const struct bed4_made *made)
{
	return is_index(made->underlay) && is_index(made->tun) && list_sane(made->v6_count, made->v6_dev) &&
	       list_sane(made->old_count, made->old_dev);
}

static int version(__u32 abi, const char *iface, struct err *e)
{
	return abi == BED4_ABI ? 0 : err_set(e, -EPROTO, "%s was loaded by another version of 6bed4ctl; load "
							 "it again", iface);
}

static int damaged(const char *iface, const char *what, struct err *e)
{
	return err_set(e, -EUCLEAN, "what is remembered of %s is damaged: its %s cannot be; load it again",
		       iface, what);
}

int made_sane(const struct bed4_made *made, const char *iface, struct err *e)
{
	if (!name_sane(made->tun_name))
		return damaged(iface, "TUN device's name", e);
	if (!devices_sane(made))
		return damaged(iface, "list of devices", e);
	return 0;
}

bool file_sane(const char path[BED4_SOCKET_LEN])
{
	return memchr(path, 0, BED4_SOCKET_LEN) && (!*path || opt_path(path));
}

int info_sane(const struct bed4_info *info, const char *iface, struct err *e)
{
	int err = version(info->made.abi, iface, e);

	if (!err)
		err = made_sane(&info->made, iface, e);
	if (err)
		return err;
	if (!options_sane(info->options) || !options_sane(info->given))
		return damaged(iface, "list of options", e);
	if (!file_sane(info->metrics) || !file_sane(info->old_metrics))
		return damaged(iface, "file for metrics", e);
	if (info->mode > BED4_MODE_OFF || info->forward > BED4_FORWARD_KERNEL)
		return damaged(iface, "mode", e);
	if (info->neigh_max > BED4_NEIGH_LIMIT)
		return damaged(iface, "bound of neighbours", e);
	return 0;
}

int self_sane(const struct bed4_self *self, const char *iface, struct err *e)
{
	int err = version(self->abi, iface, e);

	if (err)
		return err;
	if (self->role > BED4_ROLE_PEER)
		return damaged(iface, "role", e);
	if (self->mtu < BED4_MTU || self->mtu > BED4_MTU_MAX)
		return damaged(iface, "MTU", e);
	if (self->own4_count > BED4_OWN4_MAX)
		return damaged(iface, "count of own addresses", e);
	return 0;
}
