/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The subcommands. Each gets its own words, argv[0] being the command, and returns an exit code.
 */
#ifndef CMD_H
#define CMD_H

#include <stdbool.h>

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NOTHING = 3, /* nothing is loaded */
	EXIT_DEGRADED = 4,
};

/* Set by -j before the command; commands also take it behind. */
extern bool cmd_json;

int cmd_load(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_unload(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_neigh(int argc, char **argv);
int cmd_addr(int argc, char **argv);

#endif
