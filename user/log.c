// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Messages of the daemon; see log.h. The one mutable global is where they go. */
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>

#include "log.h"

#define LINES_PER_SEC 10

static struct {
	char tag[64];
	unsigned int to; /* enum log_to */
	time_t second;
	unsigned int lines; /* in this second */
	unsigned long lost;
	void (*tee)(void *arg, bool error, const char *text);
	void *tee_arg;
} out;

void log_tee(void (*fn)(void *arg, bool error, const char *text), void *arg)
{
	out.tee = fn;
	out.tee_arg = arg;
}

void log_open(const char *tag, unsigned int to)
{
	out.to = to;
	snprintf(out.tag, sizeof(out.tag), "6bed4 %s", tag);
	if (to & LOG_TO_SYSTEM)
		openlog(out.tag, LOG_PID, LOG_DAEMON);
}

static void put(int level, const char *text)
{
	if (out.to & LOG_TO_STDERR)
		fprintf(stderr, "%s: %s\n", out.tag, text);
	if (out.to & LOG_TO_SYSTEM)
		syslog(level, "%s", text);
	if (out.tee)
		out.tee(out.tee_arg, level != LOG_INFO, text);
}

static void put_line(int level, const char *fmt, va_list ap)
{
	struct timespec now;
	char text[512];

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != out.second) {
		if (out.lost) {
			snprintf(text, sizeof(text), "%lu messages were not logged", out.lost);
			put(LOG_WARNING, text);
		}
		out.second = now.tv_sec;
		out.lines = out.lost = 0;
	}
	if (out.lines++ >= LINES_PER_SEC) {
		out.lost++;
		return;
	}
	vsnprintf(text, sizeof(text), fmt, ap);
	put(level, text);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(LOG_INFO, fmt, ap);
	va_end(ap);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_line(LOG_ERR, fmt, ap);
	va_end(ap);
}
