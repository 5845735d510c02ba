/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an outcome means for an operator, and what to do about it: longer than the one sentence of
 * 6bed4/stat.h. Must not know counters.
 */
#ifndef ADVICE_H
#define ADVICE_H

#include <stddef.h>

#include "6bed4/stat.h"

#define ADVICE_TEXT 640

/* What is put into the texts. */
struct advice_for {
	const char *iface, *tun;
	const char *port; /* its own UDP port, in digits */
};

/*
 * The advice on @o for that instance; printable, one paragraph without
 * line breaks, in @buf, which is returned. "" for a number that is no outcome.
 */
const char *advice(enum bed4_outcome o, const struct advice_for *f, char buf[ADVICE_TEXT]);

/*
 * Breaks @text at spaces into lines of at most @width columns, and hands each to @fn. A word that is longer
 * has a line of its own.
 */
void advice_wrap(const char *text, int width, void (*fn)(void *arg, const char *line, int len), void *arg);

#endif
