/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages of the daemon: to standard error, to syslog, or to both; a bounded number of lines per second.
 * Must not know what happened.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

enum log_to {
	LOG_TO_DEFAULT = 0, /* by whoever opens it */
	LOG_TO_SYSTEM = 1,
	LOG_TO_STDERR = 2,
};

/* Lines within that bound go there, too, from now on; @fn must not log. */
void log_tee(void (*fn)(void *arg, bool error, const char *text), void *arg);

/* @tag names the instance; @to: where to, or'ed together. */
void log_open(const char *tag, unsigned int to);

__attribute__((format(printf, 1, 2))) void log_info(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_error(const char *fmt, ...);

#endif
