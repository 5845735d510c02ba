// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `unload`: the words of the command. What it does is in unload.c. Proved by selftests/net. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "io/caps.h"
#include "unload.h"

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
