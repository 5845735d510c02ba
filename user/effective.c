// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Options in effect and their sources; see effective.h. Proved by selftests/unit/test_effective.c. */
#include <string.h>

#include "effective.h"

static unsigned int count_of(const struct effective *l, const char *name)
{
	unsigned int i, n = 0;

	for (i = 0; i < l->count; i++)
		n += !strcmp(l->row[i].name, name);
	return n;
}

static struct effective_row *append(struct effective *l, const char *name, const char *value)
{
	struct effective_row *r;

	if (l->count == OPT_ENTRIES)
		return NULL;
	r = &l->row[l->count++];
	*r = (struct effective_row){ .source = OPT_DEFAULT };
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->value, sizeof(r->value), "%s", value);
	return r;
}

void effective_add(struct effective *l, const struct load_options *o, const char *name, const char *value)
{
	unsigned int nth = count_of(l, name);
	struct effective_row *r = append(l, name, value);

	if (r)
		r->source = opt_source(o, name, nth, &r->line);
}

/* The row of that name, and of that value unless NULL; NULL none. */
static const struct effective_row *find(const struct effective *l, const char *name, const char *value)
{
	unsigned int i;

	for (i = 0; i < l->count; i++) {
		if (!strcmp(l->row[i].name, name) && (!value || !strcmp(l->row[i].value, value)))
			return &l->row[i];
	}
	return NULL;
}

/* Those whose default the machine decides, so that it differs from load to load. */
static bool follows_machine(const char *name, const struct effective *now)
{
	static const char *const names[] = { "role", "listen", "v6-dev", "port", "tun", "public-v4" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i], name))
			return true;
	}
	return !strcmp(name, "prefix") && find(now, "plan", "server-prefix");
}

/* What was said is known for certain. What was not, and is not said by the file now, it said then. */
static void draw_source(struct effective_row *r, const struct effective *now)
{
	const struct effective_row *like = find(now, r->name, r->value);
	bool same = like;

	if (!like)
		like = find(now, r->name, NULL);
	r->source = like ? like->source : OPT_DEFAULT;
	r->line = like ? like->line : 0;
	if (r->source == OPT_EARLIER)
		r->source = OPT_SAID;
	if (same || r->source == OPT_SAID)
		return;
	if (r->source == OPT_DEFAULT && follows_machine(r->name, now))
		return;
	r->source = OPT_FILE;
	r->changed = true;
}

void effective_loaded(struct effective *l, const char *options, const struct effective *now)
{
	char line[sizeof(l->row->name) + sizeof(l->row->value)], *value;
	struct effective_row *r;

	l->count = 0;
	for (; *options; options += strcspn(options, "\n"), options += *options == '\n') {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(options, "\n"), options);
		value = strchr(line, ' ');
		if (!value || value == line)
			continue;
		*value++ = 0;
		r = append(l, line, value);
		if (r)
			draw_source(r, now);
	}
}

const char *effective_source(const struct effective_row *r, const char *path, char buf[EFFECTIVE_TEXT])
{
	switch (r->source) {
	case OPT_SAID:
		return "option";
	case OPT_EARLIER:
		return "option of an earlier load";
	case OPT_FILE:
		if (!r->changed)
			snprintf(buf, EFFECTIVE_TEXT, "%.100s:%u", path, r->line);
		else if (r->line)
			snprintf(buf, EFFECTIVE_TEXT, "%.80s as it was then, now see line %u", path, r->line);
		else
			snprintf(buf, EFFECTIVE_TEXT, "%.80s as it was then", path);
		return buf;
	default:
		return "default";
	}
}

void effective_print(FILE *f, const struct effective *l, const char *path)
{
	char buf[EFFECTIVE_TEXT];
	unsigned int i;

	for (i = 0; i < l->count; i++)
		fprintf(f, "    %-14s %-26s %s\n", l->row[i].name, l->row[i].value,
			effective_source(&l->row[i], path, buf));
}
