// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How a tool gets at the maps of an instance: by pin, or from its daemon where bpffs is hidden. Must
 * not know what is in them. Proved by selftests/net.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "io/ctl.h"
#include "io/instance.h"
#include "io/pin.h"

#define MAPS 8
#define PATIENCE 5 /* s for the daemon to answer */

/* In the order in which the daemon hands them over. */
const char *const instance_map_names[] = { "self", "info", "neigh", "stats", "slow", "percpu", "losses",
					   "gauges", NULL };

static int *place(struct instance_maps *m, unsigned int i)
{
	int *places[] = { &m->self, &m->info, &m->neigh, &m->stats, &m->slow, &m->percpu, &m->losses,
			  &m->gauges };

	return places[i];
}

void instance_maps_set(struct instance_maps *m, unsigned int i, int fd)
{
	*place(m, i) = fd;
}

static int open_pins(struct instance_maps *m, const struct instance *in)
{
	char path[INSTANCE_PATH + 16];
	unsigned int i;
	int err;

	for (i = 0; instance_map_names[i]; i++) {
		err = pin_path(path, sizeof(path), in->pin_dir, instance_map_names[i]);
		if (err)
			return err;
		*place(m, i) = bpf_obj_get(path);
		if (*place(m, i) < 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

int instance_read_info(int fd, struct bed4_info *info)
{
	struct bpf_map_info map = {};
	__u32 len = sizeof(map), zero = 0;
	size_t size = sizeof(*info);
	void *value;
	int err;

	memset(info, 0, sizeof(*info));
	if (fd < 0)
		return 0; /* a load was cut short before it was pinned */
	if (bpf_obj_get_info_by_fd(fd, &map, &len))
		return -errno;
	if (map.value_size < sizeof(info->made))
		return 0;
	value = calloc(1, map.value_size > size ? map.value_size : size);
	if (!value)
		return -ENOMEM;
	err = bpf_map_lookup_elem(fd, &zero, value) ? -errno : 0;
	if (!err)
		memcpy(info, value, map.value_size == size ? size : sizeof(info->made));
	if (map.value_size == size && info->made.abi != BED4_ABI)
		memset((char *)info + sizeof(info->made), 0, size - sizeof(info->made));
	free(value);
	info->made.tun_name[BED4_NAME_LEN - 1] = 0;
	info->options[BED4_OPTIONS_LEN - 1] = info->given[BED4_OPTIONS_LEN - 1] = 0;
	return err;
}

static void take_fds(struct instance_maps *m, const struct ctl_reply *reply)
{
	unsigned int i;

	for (i = 0; i < reply->fd_count; i++) {
		if (i < MAPS)
			*place(m, i) = reply->fds[i];
		else
			close(reply->fds[i]);
	}
}

int instance_ask_maps(struct instance_maps *m, const char *iface, unsigned int seconds, struct err *e)
{
	struct ctl_reply reply;
	int err;

	*m = (struct instance_maps){ -1, -1, -1, -1, -1, -1, -1, -1, false };
	err = ctl_ask(iface, "maps", seconds, &reply, e);
	if (err)
		return err;
	m->alive = true;
	take_fds(m, &reply);
	if (reply.fd_count >= MAPS)
		return 0;
	instance_maps_close(m);
	return err_set(e, -EPROTO, "the daemon of %s is of another version", iface);
}

int instance_open_pins(struct instance_maps *m, const char *iface, struct err *e)
{
	struct instance in;
	int err = instance_init(&in, iface, false, e);

	*m = (struct instance_maps){ -1, -1, -1, -1, -1, -1, -1, -1, false };
	if (err)
		return err;
	if (!instance_pinned(&in))
		return -ENOENT;
	err = open_pins(m, &in);
	if (!err)
		return 0;
	instance_maps_close(m);
	return err_set(e, err, "cannot open the maps in %s: %s; are you root?", in.pin_dir,
		       strerror(-err));
}

int instance_open_maps(struct instance_maps *m, const char *iface, struct err *e)
{
	int err = instance_ask_maps(m, iface, PATIENCE, e);

	return err == -ENOENT ? instance_open_pins(m, iface, e) : err;
}

int instance_map_read(int fd, const void *key, void *value, size_t size)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	if (info.value_size != size)
		return -EPROTO;
	return bpf_map_lookup_elem(fd, key, value) ? -errno : 0;
}

void instance_maps_close(struct instance_maps *m)
{
	unsigned int i;

	for (i = 0; instance_map_names[i]; i++) {
		if (*place(m, i) >= 0)
			close(*place(m, i));
		*place(m, i) = -1;
	}
}
