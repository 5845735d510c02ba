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

/*
 * One command. @words is what may stand behind it, for completion: words separated by spaces,
 *
 *	--name		an option, alone
 *	--name=ALT	one with a value
 *	verb[:PLACES]	what may stand first, and what comes behind it
 *	@kind...	PLACES for a command without a verb
 *	%load %reload	the options of those commands, from their table
 *
 * PLACES are ALT,ALT,... for one plain word after the other; a * at the end repeats the last one. ALT is A|B|C:
 * @loaded, @device, @neigh, @outcome, @command, @file, a word in small letters, or one in capitals for what
 * nobody can list. That it agrees with what the command says itself is tested.
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args, *help;
	const char *words;
};

/* All there are, in the order of the help; ends with a NULL name. */
extern const struct command commands[];

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
int cmd_load_for_service(int argc, char **argv); /* `service load`, with the words of load */
int cmd_reload(int argc, char **argv);
int cmd_unload(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_neigh(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_features(int argc, char **argv);
int cmd_completion(int argc, char **argv);
int cmd_neigh_monitor(int argc, char **argv);
int cmd_monitor(int argc, char **argv);
int cmd_ping(int argc, char **argv);
int cmd_probe(int argc, char **argv);
int cmd_capture(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_health(int argc, char **argv);
int cmd_addr(int argc, char **argv);
int cmd_service(int argc, char **argv);

#endif
