// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `service`: the words of the command. What the steps do is in service.c. Proved by
 * selftests/net/test_systemd.sh.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "io/caps.h"
#include "opt.h"
#include "service.h"

static void help(void)
{
	printf("Usage: 6bed4ctl service load|run|end IFACE\n\n"
	       "The steps of the unit 6bed4@.service, for systemd to call:\n"
	       "  load IFACE [OPTION]...  as load, but the daemon is left to `run`; with all privileges\n"
	       "  run IFACE               is the daemon; needs CAP_NET_ADMIN and CAP_BPF at most\n"
	       "  end IFACE               as unload; but after a failure everything stays for a restart\n");
}

static int usage(const char *what)
{
	fprintf(stderr, "6bed4ctl service: %s; see `6bed4ctl service --help`\n", what);
	return EXIT_USAGE;
}

static int explained(int err, const struct err *e)
{
	fprintf(stderr, "6bed4ctl: %s\n", *e->text ? e->text : strerror(-err));
	return EXIT_FAILED;
}

static int load_step(int argc, char **argv)
{
	struct err e = {};
	int err = caps_check(&e);

	if (!err)
		err = service_begin(&e);
	return err ? explained(err, &e) : cmd_load_for_service(argc, argv);
}

static int end_step(const char *iface)
{
	struct err e = {};
	int err = caps_check(&e);

	return err ? explained(err, &e) : service_end(iface);
}

int cmd_service(int argc, char **argv)
{
	static const char *const steps[] = { "load", "run", "end", NULL };
	int step;

	if (argc >= 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		help();
		return EXIT_DONE;
	}
	step = argc >= 3 ? cmd_abbrev(argv[1], steps) : -ENOENT;
	if (step < 0)
		return usage("say load, run or end, and a device");
	argv[1] = (char *)steps[step];
	if (step == 0)
		return load_step(argc - 1, argv + 1);
	if (argc != 3 || opt_iface(argv[2]))
		return usage("say which device, and nothing else");
	return step == 1 ? service_run(argv[2]) : end_step(argv[2]);
}
