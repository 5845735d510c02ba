// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* 6bed4ctl: the table of commands is the program. Must not know what a command does. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"

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
	{ "doctor", cmd_doctor, "[IFACE] [-v]", "what is not as it should be, and what mends it" },
	{ "addr", cmd_addr, "encode|decode ...", "6bed4 addresses from and to IPv4:port" },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void usage(FILE *f)
{
	size_t i;

	fprintf(f, "Usage: 6bed4ctl [-j|-p] [COMMAND ...]\n\n"
		   "Without a command: status of all that is loaded.\n\n");
	for (i = 0; i < COMMANDS; i++)
		fprintf(f, "  %-7s %-27s %s\n", commands[i].name, commands[i].args, commands[i].help);
	fprintf(f, "  %-7s %-27s %s\n", "help", "[COMMAND]", "this, or more on one command");
	fprintf(f, "\n-j prints JSON, -p the same on many lines; a command may be cut short where that is\n"
		   "unambiguous. `6bed4ctl COMMAND --help` tells more; so does man 6bed4ctl.\n"
		   "Exit codes: 0 done, 1 failed, 2 usage, 3 nothing loaded, 4 degraded.\n");
}

/* The command that @name names or begins; NULL told. */
static const struct command *find(const char *name)
{
	const char *names[COMMANDS + 1] = { NULL };
	size_t i;
	int at;

	for (i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	at = cmd_abbrev(name, names);
	if (at >= 0)
		return &commands[at];
	if (at == -ENOENT) {
		fprintf(stderr, "6bed4ctl: no command %.40s; see `6bed4ctl --help`\n", name);
		return NULL;
	}
	fprintf(stderr, "6bed4ctl: %.40s may be", name);
	for (i = 0; i < COMMANDS; i++) {
		if (!strncmp(names[i], name, strlen(name)))
			fprintf(stderr, " %s", names[i]);
	}
	fprintf(stderr, ": say more of it\n");
	return NULL;
}

static int help(const char *name)
{
	char *argv[] = { (char *)name, (char *)"--help", NULL };
	const struct command *c;

	if (!name || !strcmp(name, "help") || !strcmp(name, "-h") || !strcmp(name, "--help")) {
		usage(stdout);
		return EXIT_DONE;
	}
	c = find(name);
	if (!c)
		return EXIT_USAGE;
	argv[0] = (char *)c->name;
	return c->run(2, argv);
}

int main(int argc, char **argv)
{
	static char *status[] = { (char *)"status", NULL };
	const struct command *c;

	for (argc--, argv++; argc && argv[0][0] == '-'; argc--, argv++) {
		if (cmd_json_word(*argv))
			continue;
		if (!strcmp(*argv, "-h") || !strcmp(*argv, "--help")) {
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
	if (!c)
		return EXIT_USAGE;
	*argv = (char *)c->name;
	return c->run(argc, argv);
}
