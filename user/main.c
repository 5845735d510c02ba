// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* 6bed4ctl: the table of commands is the program. Must not know what a command does. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"

bool cmd_json;

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args, *help;
} commands[] = {
	{ "load", cmd_load, "IFACE [OPTION]...", "make this machine a router or peer" },
	{ "reload", cmd_reload, "IFACE [OPTION]...", "another program or other options, without a lost packet" },
	{ "unload", cmd_unload, "IFACE", "remove all that load has made" },
	{ "status", cmd_status, "[IFACE]", "what is loaded and how it fares" },
	{ "stats", cmd_stats, "[IFACE] [--all]", "what became of every packet" },
	{ "neigh", cmd_neigh, "[show|get|add|del|flush]", "neighbours: show or change them" },
	{ "addr", cmd_addr, "encode|decode ...", "6bed4 addresses from and to IPv4:port" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void usage(FILE *f)
{
	size_t i;

	fprintf(f, "Usage: 6bed4ctl [-j] [COMMAND ...]\n\n"
		   "Without a command: status of all that is loaded.\n\n");
	for (i = 0; i < COMMANDS; i++)
		fprintf(f, "  %-7s %-27s %s\n", commands[i].name, commands[i].args, commands[i].help);
	fprintf(f, "  %-7s %-27s %s\n", "help", "[COMMAND]", "this, or more on one command");
	fprintf(f, "\n-j prints JSON. `6bed4ctl COMMAND --help` tells more; so does man 6bed4ctl.\n"
		   "Exit codes: 0 done, 1 failed, 2 usage, 3 nothing loaded, 4 degraded.\n");
}

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static int help(const char *name)
{
	char *argv[] = { (char *)name, (char *)"--help", NULL };
	const struct command *c = name ? find(name) : NULL;

	if (c)
		return c->run(2, argv);
	if (name && strcmp(name, "help") && strcmp(name, "-h") && strcmp(name, "--help")) {
		fprintf(stderr, "6bed4ctl: no command %.40s; see `6bed4ctl --help`\n", name);
		return EXIT_USAGE;
	}
	usage(stdout);
	return EXIT_DONE;
}

int main(int argc, char **argv)
{
	static char *status[] = { (char *)"status", NULL };
	const struct command *c;

	for (argc--, argv++; argc && argv[0][0] == '-'; argc--, argv++) {
		if (!strcmp(*argv, "-j") || !strcmp(*argv, "--json")) {
			cmd_json = true;
		} else if (!strcmp(*argv, "-h") || !strcmp(*argv, "--help")) {
			return help(NULL);
		} else if (!strcmp(*argv, "-V") || !strcmp(*argv, "--version")) {
			printf("6bed4ctl %s\n", BED4_VERSION);
			return EXIT_DONE;
		} else {
			fprintf(stderr, "6bed4ctl: unknown option %.40s; see `6bed4ctl --help`\n", *argv);
			return EXIT_USAGE;
		}
	}
	if (!argc)
		return cmd_status(1, status);
	if (!strcmp(*argv, "help"))
		return help(argc > 1 ? argv[1] : NULL);
	c = find(*argv);
	return c ? c->run(argc, argv) : help(*argv);
}
