// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Completion of command lines; see complete.h. Proved by selftests/unit/test_complete.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "complete.h"
#include "opt.h"

#define WORD 96 /* longest token of struct command's words, and longest candidate */

struct completing {
	const struct command *table;
	complete_names names;
	complete_fn fn;
	void *arg;
	const char *prefix; /* candidates begin like this */
	const char *before; /* and have this put in front: "--name=" */
};

static void offer(void *arg, const char *word, const char *help)
{
	const struct completing *c = arg;
	char text[2 * WORD];

	if (strncmp(word, c->prefix, strlen(c->prefix)))
		return;
	snprintf(text, sizeof(text), "%s%s", c->before, word);
	c->fn(c->arg, text, help);
}

/* Copies the word up to one of @stops at *@p, and moves over it and over that one. False: there is none. */
static bool next(const char **p, const char *stops, char buf[WORD])
{
	size_t n = strcspn(*p, stops);

	if (!**p)
		return false;
	snprintf(buf, WORD, "%.*s", (int)n, *p);
	*p += n + ((*p)[n] != 0);
	return true;
}

static void offer_commands(struct completing *c)
{
	const struct command *cmd;

	for (cmd = c->table; cmd->name; cmd++)
		offer(c, cmd->name, cmd->help);
}

/* Each of A|B|C. Words in capitals stand for what cannot be listed. */
static void offer_alternatives(struct completing *c, const char *alts)
{
	char alt[WORD];

	while (next(&alts, "|", alt)) {
		if (!strcmp(alt, "@command"))
			offer_commands(c);
		else if (!strcmp(alt, "@file"))
			c->fn(c->arg, ":file", "");
		else if (*alt == '@')
			c->names(alt + 1, offer, c);
		else if (*alt >= 'a' && *alt <= 'z')
			offer(c, alt, "");
	}
}

/* The @nth of ALT,ALT,... or "" */
static void place(const char *places, unsigned int nth, char alts[WORD])
{
	char here[WORD] = "";
	bool repeats = *places && places[strlen(places) - 1] == '*';

	*alts = 0;
	do {
		if (!next(&places, ",", here)) {
			if (!repeats)
				*here = 0;
			break;
		}
	} while (nth--);
	here[strcspn(here, "*")] = 0;
	memcpy(alts, here, WORD);
}

/* --- options --------------------------------------------------------------------------------------- */

/* One option, wherever it is written down. */
struct option_of {
	char name[WORD]; /* with dashes */
	char alts[WORD]; /* what its value may be; "" a switch */
	const char *help;
	bool repeats;
};

/* From the table of `load`. */
static bool nth_of_load(unsigned int i, bool reload, struct option_of *o)
{
	struct opt_about a;
	size_t used = 0, k;

	if (!opt_about(i, &a))
		return false;
	*o = (struct option_of){ .help = a.help, .repeats = a.repeats };
	if (reload && !a.reload)
		return true; /* no name: nothing to offer */
	snprintf(o->name, sizeof(o->name), "--%s", a.name);
	if (a.device)
		snprintf(o->alts, sizeof(o->alts), "@device");
	else if (a.arg && !a.values)
		snprintf(o->alts, sizeof(o->alts), "VALUE");
	for (k = 0; a.arg && a.values && a.values[k] && used < sizeof(o->alts); k++)
		used += (size_t)snprintf(o->alts + used, sizeof(o->alts) - used, "%s%s", k ? "|" : "", a.values[k]);
	return true;
}

/*
 * The @nth option of a command. False: there are no more. One without a name is not to be had.
 */
static bool nth_option(const char *words, unsigned int nth, struct option_of *o)
{
	char word[WORD], *value;
	unsigned int k;

	while (next(&words, " ", word)) {
		if (*word == '%') {
			for (k = 0; nth_of_load(k, !strcmp(word, "%reload"), o); k++) {
				if (!nth--)
					return true;
			}
		} else if (*word == '-' && !nth--) {
			*o = (struct option_of){ .help = "" };
			value = strchr(word, '=');
			if (value)
				*value++ = 0;
			memcpy(o->name, word, sizeof(o->name));
			snprintf(o->alts, sizeof(o->alts), "%s", value ? value : "");
			return true;
		}
	}
	return false;
}

static bool find_option(const char *words, const char *name, size_t len, struct option_of *o)
{
	unsigned int i;

	for (i = 0; nth_option(words, i, o); i++) {
		if (*o->name && strlen(o->name) == len && !memcmp(o->name, name, len))
			return true;
	}
	return false;
}

/* Has that option been given among @argv already? */
static bool given(const char *name, int argc, char **argv)
{
	size_t len = strlen(name);
	int i;

	for (i = 0; i < argc; i++) {
		if (!strncmp(argv[i], name, len) && (!argv[i][len] || argv[i][len] == '='))
			return true;
	}
	return false;
}

static void offer_options(struct completing *c, const char *words, int argc, char **argv)
{
	static const struct {
		const char *name, *help;
	} always[] = { { "--json", "print JSON" }, { "--pretty", "print JSON on many lines" }, { "--help", "tell more" } };
	struct option_of o;
	unsigned int i;

	for (i = 0; nth_option(words, i, &o); i++) {
		if (*o.name && (o.repeats || !given(o.name, argc, argv)))
			offer(c, o.name, o.help);
	}
	for (i = 0; i < sizeof(always) / sizeof(*always); i++) {
		if (!given(always[i].name, argc, argv))
			offer(c, always[i].name, always[i].help);
	}
}

/* --- plain words ----------------------------------------------------------------------------------- */

/* Places behind @verb, or without one when it is NULL; "" none. */
static void places_of(const char *words, const char *verb, char places[WORD])
{
	size_t len = verb ? strlen(verb) : 0;
	char word[WORD];

	*places = 0;
	while (next(&words, " ", word)) {
		if (!verb && *word == '@') {
			memcpy(places, word, WORD);
		} else if (verb && !strncmp(word, verb, len) && (word[len] == ':' || !word[len])) {
			snprintf(places, WORD, "%s", word + len + (word[len] == ':'));
			return;
		}
	}
}

/* The verbs of a command, as cmd_abbrev() wants them; @buf holds their text. */
#define VERBS 16
static void verbs_of(const char *words, const char *verbs[VERBS], char buf[VERBS][WORD])
{
	char word[WORD];
	int n = 0;

	while (next(&words, " ", word)) {
		if (*word == '@' || *word == '%' || *word == '-' || n == VERBS - 1)
			continue;
		word[strcspn(word, ":")] = 0;
		memcpy(buf[n], word, WORD);
		verbs[n] = buf[n];
		n++;
	}
	verbs[n] = NULL;
}

/* Plain words among those between the command and the one that is completed. */
static unsigned int plain_words(const char *words, int argc, char **argv, const char *plain[2])
{
	struct option_of o;
	unsigned int n = 0;
	int i;

	for (i = 0; i < argc; i++) {
		if (argv[i][0] == '-') {
			if (!strchr(argv[i], '=') && find_option(words, argv[i], strlen(argv[i]), &o) && *o.alts)
				i++;
			continue;
		}
		if (n < 2)
			plain[n] = argv[i];
		n++;
	}
	return n;
}

static void offer_plain(struct completing *c, const char *words, int argc, char **argv)
{
	char buf[VERBS][WORD], places[WORD], alts[WORD];
	const char *verbs[VERBS], *plain[2] = { NULL };
	unsigned int i, n = plain_words(words, argc, argv, plain);
	int verb = -1;

	verbs_of(words, verbs, buf);
	if (n && verbs[0])
		verb = cmd_abbrev(plain[0], verbs);
	places_of(words, verb >= 0 ? verbs[verb] : NULL, places);
	place(places, n - (verb >= 0), alts);
	for (i = 0; !n && verbs[i]; i++)
		offer(c, verbs[i], "");
	offer_alternatives(c, alts);
}

/* --- the whole line -------------------------------------------------------------------------------- */

/* Behind the command: @argc words, the last of which is completed. */
static void behind(struct completing *c, const struct command *cmd, int argc, char **argv)
{
	const char *word = argv[argc - 1], *last = argc > 1 ? argv[argc - 2] : "", *value = strchr(word, '=');
	struct completing with = *c;
	char before[WORD + 2];
	struct option_of o;

	if (*last == '-' && find_option(cmd->words, last, strlen(last), &o) && *o.alts && *word != '-') {
		offer_alternatives(c, o.alts);
	} else if (*word == '-' && value) {
		if (!find_option(cmd->words, word, (size_t)(value - word), &o))
			return;
		snprintf(before, sizeof(before), "%s=", o.name);
		with.before = before;
		with.prefix = value + 1;
		offer_alternatives(&with, *o.alts ? o.alts : "on|off");
	} else if (*word == '-') {
		offer_options(c, cmd->words, argc - 1, argv);
	} else {
		offer_plain(c, cmd->words, argc - 1, argv);
	}
}

static const struct command *find_command(const struct command *table, const char *word)
{
	const char *names[64] = { NULL };
	int i;

	for (i = 0; i < 63 && table[i].name; i++)
		names[i] = table[i].name;
	i = cmd_abbrev(word, names);
	return i < 0 ? NULL : &table[i];
}

void complete(const struct command *table, int argc, char **argv, complete_names names, complete_fn fn, void *arg)
{
	struct completing c = { .table = table, .names = names, .fn = fn, .arg = arg, .before = "" };
	const struct command *cmd;

	while (argc > 1 && argv[0][0] == '-') {
		argc--;
		argv++;
	}
	if (!argc)
		return;
	c.prefix = argv[argc - 1];
	if (argc == 1 && argv[0][0] == '-') {
		offer_options(&c, "--version", 0, NULL);
	} else if (argc == 1) {
		offer_commands(&c);
	} else {
		cmd = find_command(table, argv[0]);
		if (cmd)
			behind(&c, cmd, argc - 1, argv + 1);
	}
}

static bool good_alternatives(const char *alts)
{
	static const char *const kinds[] = { "@loaded", "@device", "@neigh", "@outcome", "@command", "@file" };
	char alt[WORD];
	bool known;
	size_t i;

	while (next(&alts, "|,*", alt)) {
		known = *alt && *alt != '@';
		for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
			known |= !strcmp(alt, kinds[i]);
		if (!known)
			return false;
	}
	return true;
}

int complete_check(const char *words, complete_fn fn, void *arg)
{
	const char *p = words, *at;
	struct option_of o;
	char word[WORD];
	unsigned int i;

	while (next(&p, " ", word)) {
		if (!*word || strlen(word) >= WORD - 1)
			return -EINVAL;
		if (*word == '%' && strcmp(word, "%load") && strcmp(word, "%reload"))
			return -EINVAL;
		at = *word == '@' ? word : strpbrk(word, ":=");
		if (at && !good_alternatives(at + (at != word)))
			return -EINVAL;
	}
	for (i = 0; nth_option(words, i, &o); i++) {
		if (*o.name)
			fn(arg, o.name, o.alts);
	}
	return 0;
}
