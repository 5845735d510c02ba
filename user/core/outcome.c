// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The tables of 6bed4/stat.h as arrays. Must not know where they are used. Proved by
 * selftests/unit/test_core.c.
 */
#include "core/outcome.h"

static const struct {
	const char *name, *text;
	enum bed4_kind kind;
} outcomes[BED4_OUTCOME_COUNT] = {
#define BED4_X(id, name_, kind_, text_) [BED4_##id] = { name_, text_, BED4_KIND_##kind_ },
	BED4_OUTCOMES(BED4_X)
#undef BED4_X
};

static const struct {
	const char *name, *text;
} hooks[BED4_HOOK_COUNT] = {
#define BED4_X(id, name_, text_) [BED4_HOOK_##id] = { name_, text_ },
	BED4_HOOKS(BED4_X)
#undef BED4_X
};

static bool known(enum bed4_outcome o)
{
	return o > BED4_GO && o < BED4_OUTCOME_COUNT;
}

const char *outcome_name(enum bed4_outcome o)
{
	return known(o) ? outcomes[o].name : "?";
}

const char *outcome_text(enum bed4_outcome o)
{
	return known(o) ? outcomes[o].text : "?";
}

enum bed4_kind outcome_kind(enum bed4_outcome o)
{
	return known(o) ? outcomes[o].kind : BED4_KIND_OTHER;
}

const char *kind_name(enum bed4_kind kind)
{
	static const char *const names[] = { "other", "forward", "slow", "answer", "drop" };

	return (unsigned int)kind < sizeof(names) / sizeof(*names) ? names[kind] : "?";
}

const char *hook_name(enum bed4_hook hook)
{
	return (unsigned int)hook < BED4_HOOK_COUNT ? hooks[hook].name : "?";
}

const char *hook_text(enum bed4_hook hook)
{
	return (unsigned int)hook < BED4_HOOK_COUNT ? hooks[hook].text : "?";
}
