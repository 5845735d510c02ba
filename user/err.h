/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Errors for people: one line that says what failed, the likely cause, and what to do. Carried up
 * by value to the one place that prints it. Must not know where it is printed.
 */
#ifndef ERR_H
#define ERR_H

#include <stdarg.h>
#include <stdio.h>

struct err {
	char text[512];
};

/* Sets @e (which may be NULL) and returns @code, a negative errno; an earlier text is replaced. */
__attribute__((format(printf, 3, 4))) static inline int err_set(struct err *e, int code,
								 const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return code;
}

#endif
