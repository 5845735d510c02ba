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

/* Set by -j and -p before the command or behind: print JSON, and that on many lines. */
extern bool cmd_json, cmd_pretty;

/* Is @word -j, --json, -p, --pretty, or both in one? Then it is taken. */
bool cmd_json_word(const char *word);

/*
 * Which of @names, up to a NULL, does @word name or begin? Its index; -ENOENT none; -EMLINK several begin
 * like that, and none is the whole word.
 */
int cmd_abbrev(const char *word, const char *const *names);

int cmd_load(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_unload(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_neigh(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_addr(int argc, char **argv);

#endif
