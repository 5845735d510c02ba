// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Unloading; see unload.h. Must not know what there is to remove. Proved by selftests/net. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clean.h"
#include "io/ctl.h"
#include "unload.h"

#define PATIENCE 60 /* s for the daemon to end */

/*
 * Where its bpffs is, if we do not see that: a way through the daemon's descriptor, which is kept open in
 * *@fd as long as the path is used.
 */
static int see_pins(struct instance *in, int *fd, struct err *e)
{
	struct ctl_reply reply;
	char path[64];
	int err;

	if (instance_pinned(in))
		return 0;
	err = ctl_ask(in->iface, "root", PATIENCE, &reply, e);
	if (err || !reply.fd_count)
		return err;
	*fd = reply.fds[0];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
	return instance_set_root(in, path, e);
}

static int end_daemon(const struct instance *in, struct err *e)
{
	struct ctl_reply reply;
	int err = ctl_ask(in->iface, "unload", PATIENCE, &reply, e);

	return !err && reply.code ? err_set(e, -EIO, "%s", reply.text) : err;
}

/* What `info` says is read when the daemon has ended: it puts right before what others may have written. */
static int unload_live(struct instance *in, const struct instance_maps *maps, struct err *e)
{
	int root = -1, err = see_pins(in, &root, e);

	if (!err)
		err = end_daemon(in, e);
	if (!err || err == -ENOENT) /* it has died in between */
		err = clean_maps(in, maps, e);
	if (root >= 0)
		close(root);
	return err;
}

int unload(const char *iface, struct err *e)
{
	struct instance_maps maps;
	struct instance in;
	int lock, err = instance_init(&in, iface, false, e);

	if (err)
		return err;
	lock = instance_lock(&in, e);
	if (lock < 0)
		return lock;
	err = instance_open_maps(&maps, iface, e);
	if (!err && maps.alive)
		err = unload_live(&in, &maps, e);
	else if (!err)
		err = clean_maps(&in, &maps, e);
	if (err != -ENOENT)
		instance_maps_close(&maps);
	close(lock);
	return err;
}
