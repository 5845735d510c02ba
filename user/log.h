/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages of the daemon: to standard error, to syslog, or to both; a bounded number of lines per second.
 * Must not know what happened.
 */
#ifndef LOG_H
#define LOG_H

enum log_to {
	LOG_TO_DEFAULT = 0, /* by whoever opens it */
	LOG_TO_SYSTEM = 1,
	LOG_TO_STDERR = 2,
};

/* @tag names the instance; @to: where to, or'ed together. */
void log_open(const char *tag, unsigned int to);

__attribute__((format(printf, 1, 2))) void log_info(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_error(const char *fmt, ...);

#endif
