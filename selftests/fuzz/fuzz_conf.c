// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A configuration file through its parser (user/conf.h). Each setting is one key and at most one word;
 * written down again, and parsed again, they are the same; what is refused says so in one line that
 * names the file. The same text is then given to the options of `load`, which have to say of each setting
 * that they take it, or why not, in one line. Must not know which options there are.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "opt.h"
#include "promise.h"

#define NAME "x.conf"

/* The settings heard so far, a line each. */
struct plain {
	char *text;
	size_t len, size;
	unsigned int count, left; /* settings; how many are taken before one is refused */
};

static void check_word(const char *s)
{
	promise(*s);
	for (; *s; s++)
		promise(*s > ' ' && *s <= '~');
}

static int take(void *arg, unsigned int line, const char *key, const char *value, struct err *e)
{
	struct plain *p = arg;
	int n;

	promise(line > 0);
	check_word(key);
	promise(strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(key) && *key != '-');
	if (value)
		check_word(value);
	if (!p->left--)
		return err_set(e, -EINVAL, "refused");
	n = snprintf(p->text + p->len, p->size - p->len, "%s%s%s\n", key, value ? "=" : "",
		     value ? value : "");
	promise(n > 0 && (size_t)n < p->size - p->len);
	p->len += (size_t)n;
	p->count++;
	return 0;
}

static void check_refusal(const struct err *e)
{
	const char *line = e->text + strlen(NAME);

	promise(!strncmp(e->text, NAME ":", strlen(NAME ":")));
	promise(strlen(e->text) < sizeof(e->text) - 1);
	for (; *line; line++)
		promise(*line >= ' ' && *line <= '~');
}

/* What was heard, written down, says the same once more. */
static void check_again(const struct plain *first)
{
	struct plain again = { .text = malloc(first->len + 1), .size = first->len + 1, .left = ~0u };

	promise(again.text != NULL);
	promise(!conf_parse(NAME, first->text, first->len, take, &again, NULL));
	promise(again.count == first->count && again.len == first->len &&
		!memcmp(again.text, first->text, first->len));
	free(again.text);
}

static int take_option(void *arg, unsigned int line, const char *key, const char *value, struct err *e)
{
	struct opt_words *w = arg;

	w->line = line;
	return opt_word(w, key, value, e);
}

static void into_options(const char *text, size_t len)
{
	struct load_options o;
	struct opt_words w;
	struct err e = {};
	int err;

	opt_words_init(&w);
	err = conf_parse(NAME, text, len, take_option, &w, &e);
	if (err)
		check_refusal(&e);
	else
		promise(!opt_finish(&o, &w, NULL, NULL, &e) || *e.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plain p = { .size = 2 * size + 16 };
	struct err e = {};
	char *text;
	int err;

	if (!size)
		return 0;
	p.text = malloc(p.size);
	text = malloc(size - 1 + !(size - 1)); /* ends with its block, and without a NUL */
	promise(p.text && text);
	memcpy(text, data + 1, size - 1);
	p.left = data[0] ? ~0u : 2;
	err = conf_parse(NAME, text, size - 1, take, &p, &e);
	promise(err ? err < 0 && *e.text : !*e.text);
	if (err)
		check_refusal(&e);
	check_again(&p);
	into_options(text, size - 1);
	free(text);
	free(p.text);
	return 0;
}
