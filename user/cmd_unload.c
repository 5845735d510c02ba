// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `unload`: asks the daemon to take everything down, or does so itself when the daemon is dead. Must
 * not know what there is to take down. Proved by selftests/net.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cmd.h"
#include "daemon.h"
#include "io/caps.h"
#include "io/ctl.h"

#define PATIENCE 60 /* seconds for the daemon to end */

static int clean_up_after_dead(const struct instance *in, struct err *e)
{
	struct bed4_info info = {};
	struct instance_maps maps;
	__u32 zero = 0;
	int err = instance_open_maps(&maps, in->iface, e);

	if (err)
		return err;
	if (bpf_map_lookup_elem(maps.info, &zero, &info) || info.abi != BED4_ABI)
		memset(&info, 0, sizeof(info));
	instance_maps_close(&maps);
	return daemon_clean(in, &info, e);
}

static int unload(const char *iface, struct err *e)
{
	struct ctl_reply reply;
	struct instance in;
	int lock, err = instance_init(&in, iface, false, e);

	if (err)
		return err;
	lock = instance_lock(&in, e);
	if (lock < 0)
		return lock;
	err = ctl_ask(iface, "unload", PATIENCE, &reply, e);
	if (err == -ENOENT)
		err = clean_up_after_dead(&in, e);
	else if (!err && reply.code)
		err = err_set(e, -EIO, "%s", reply.text);
	close(lock);
	return err;
}

int cmd_unload(int argc, char **argv)
{
	struct err e = {};
	int err;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		printf("Usage: 6bed4ctl unload IFACE\n\n"
		       "Ends the daemon of IFACE and removes all that load has made, and nothing else.\n"
		       "Nothing loaded is a success.\n");
		return EXIT_DONE;
	}
	if (argc != 2 || argv[1][0] == '-') {
		fprintf(stderr, "6bed4ctl unload: say which device: `6bed4ctl unload IFACE`\n");
		return EXIT_USAGE;
	}
	err = caps_check(&e);
	if (!err)
		err = unload(argv[1], &e);
	if (!err || err == -ENOENT) {
		printf(err ? "%s: nothing loaded\n" : "%s: unloaded\n", argv[1]);
		return EXIT_DONE;
	}
	fprintf(stderr, "6bed4ctl: %s\n", *e.text ? e.text : strerror(-err));
	return EXIT_FAILED;
}
