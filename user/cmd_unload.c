// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `unload`: the words of the command. What it does is in unload.c. Proved by selftests/net. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "io/caps.h"
#include "report.h"
#include "unload.h"

static const char help[] =
	"Usage: 6bed4ctl unload IFACE [-j]\n\n"
	"Ends the daemon of IFACE and removes all that load has made, and nothing else.\n"
	"Nothing loaded is a success.\n";

static int done(const char *iface, bool there)
{
	if (cmd_json)
		report_changed(iface, there);
	else
		printf(there ? "%s: unloaded\n" : "%s: nothing loaded\n", iface);
	return EXIT_DONE;
}

/* The device that the words name; NULL: usage. */
static const char *device(int argc, char **argv)
{
	const char *iface = NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (cmd_json_word(argv[i]))
			continue;
		if (iface || argv[i][0] == '-')
			return NULL;
		iface = argv[i];
	}
	return iface;
}

int cmd_unload(int argc, char **argv)
{
	const char *iface = device(argc, argv);
	struct err e = {};
	int err;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(help, stdout);
		return EXIT_DONE;
	}
	if (!iface) {
		fprintf(stderr, "6bed4ctl unload: say which device: `6bed4ctl unload IFACE`\n");
		return EXIT_USAGE;
	}
	err = caps_check(&e);
	if (!err)
		err = unload(iface, &e);
	if (!err || err == -ENOENT)
		return done(iface, !err);
	fprintf(stderr, "6bed4ctl: %s\n", *e.text ? e.text : strerror(-err));
	return EXIT_FAILED;
}
