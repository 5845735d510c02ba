// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* 6bed4ctl: the table of commands is the program. Must not know what a command does. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "compat.h"

static int cmd_help(int argc, char **argv);

const struct command commands[] = {
	{ "load", cmd_load, "IFACE [OPTION]...", "make this machine a router or peer", "@device %load" },
	{ "reload", cmd_reload, "IFACE [OPTION]...", "another program or other options, without a lost packet",
	  "@loaded %reload" },
	{ "unload", cmd_unload, "IFACE", "remove all that load has made", "@loaded" },
	{ "status", cmd_status, "[IFACE] [--watch]", "what is loaded and how it fares", "@loaded --watch" },
	{ "stats", cmd_stats, "[IFACE] [--explain]", "what became of every packet", "@loaded --all --explain --watch" },
	{ "metrics", cmd_metrics, "[IFACE]", "all numbers, for Prometheus", "@loaded" },
	{ "neigh", cmd_neigh, "[show|get|add|del|flush]", "neighbours: show or change them",
	  "show:dev|@loaded,@loaded get:@neigh,dev|@loaded,@loaded add:@neigh,lladdr|dev|@loaded,LLADDR|@loaded* "
	  "del:@neigh,dev|@loaded,@loaded flush:dev|@loaded,@loaded monitor:@loaded" },
	{ "monitor", cmd_monitor, "[IFACE] [-t]", "what happens, as it happens", "@loaded -t" },
	{ "capture", cmd_capture, "[IFACE] [OPTION]... [FILTER]", "packets with what became of them, as tcpdump",
	  "@loaded --interface=@loaded --drops=@outcome --outcome=@outcome --write=@file --count=N "
	  "--snaplen=BYTES --buffer=KIB" },
	{ "ping", cmd_ping, "IPV6 [-c N] [IFACE]", "is it reached, by which paths, how fast",
	  "@neigh,@loaded -c -i -w -W" },
	{ "probe", cmd_probe, "IPV6 [IFACE]", "search a direct path anew, and say what came of it",
	  "@neigh,@loaded -w" },
	{ "doctor", cmd_doctor, "[IFACE] [-v]", "what is not as it should be, and what mends it", "@loaded|@device --all" },
	{ "health", cmd_health, "[IFACE] [-q]", "is it fit to be sent traffic", "@loaded --quiet --wait=SEC --to=ADDRESS" },
	{ "config", cmd_config, "check|show [FILE|IFACE]", "what a file says, what is in effect and why",
	  "check:@loaded|@device|@file show:@loaded" },
	{ "features", cmd_features, "[IFACE]...", "what kernel and privileges offer, and what is done without",
	  "@device*" },
	{ "service", cmd_service, "load|run|end IFACE", "the steps of the systemd unit 6bed4@IFACE",
	  "load:@device,%load run:@loaded end:@loaded" },
	{ "addr", cmd_addr, "encode|decode ...", "6bed4 addresses from and to IPv4:port",
	  "encode:ENDPOINT decode:ADDRESS --prefix=PREFIX --router=ENDPOINT --plan-prefix=PREFIX" },
	{ "completion", cmd_completion, "bash|zsh|fish", "a script that completes words in that shell",
	  "bash zsh fish" },
	{ "help", cmd_help, "[COMMAND]", "this, or more on one command", "@command" },
	{ .name = NULL },
};

#define COMMANDS (sizeof(commands) / sizeof(*commands) - 1)

static void usage(FILE *f)
{
	size_t i;

	fprintf(f, "Usage: 6bed4ctl [-j|-p] [COMMAND ...]\n\n"
		   "Without a command: status of all that is loaded.\n\n");
	for (i = 0; i < COMMANDS; i++)
		fprintf(f, "  %-10s %-24s %s\n", commands[i].name, commands[i].args, commands[i].help);
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

static int cmd_help(int argc, char **argv)
{
	return help(argc > 1 ? argv[1] : NULL);
}

int main(int argc, char **argv)
{
	static char *status[] = { (char *)"status", NULL };
	int (*as_other)(int argc, char **argv) = compat_find(argv[0]);
	const struct command *c;

	if (as_other)
		return as_other(argc, argv);
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
	c = find(*argv);
	if (!c)
		return EXIT_USAGE;
	*argv = (char *)c->name;
	return c->run(argc, argv);
}
