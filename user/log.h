/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages of the daemon: standard error in the foreground, syslog in the background; a bounded
 * number of lines per second. Must not know what happened.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

/* Lines within that bound go there, too, from now on; @fn must not log. */
void log_tee(void (*fn)(void *arg, bool error, const char *text), void *arg);

/* @tag names the instance; to syslog unless @foreground. */
void log_open(const char *tag, bool foreground);

__attribute__((format(printf, 1, 2))) void log_info(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void log_error(const char *fmt, ...);

#endif
