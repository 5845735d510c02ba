// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Words that every command understands; see cmd.h. Must not know a command. Proved by unit/test_words.c. */
#include <errno.h>
#include <string.h>

#include "cmd.h"

bool cmd_json, cmd_pretty;

bool cmd_json_word(const char *word)
{
	static const struct {
		const char *word;
		bool pretty;
	} words[] = {
		{ "-j", false }, { "--json", false }, { "-p", true }, { "--pretty", true }, { "-jp", true }, { "-pj", true },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(word, words[i].word))
			continue;
		cmd_json = true;
		cmd_pretty |= words[i].pretty;
		return true;
	}
	return false;
}

int cmd_abbrev(const char *word, const char *const *names)
{
	size_t len = strlen(word);
	int i, found = -ENOENT;

	for (i = 0; len && names[i]; i++) {
		if (strncmp(names[i], word, len))
			continue;
		if (!names[i][len])
			return i;
		found = found == -ENOENT ? i : -EMLINK;
	}
	return found;
}
