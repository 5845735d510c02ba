/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A terminal that is drawn anew again and again, or, where there is none, output that grows. What it changes it
 * puts back however that ends: by a key, a signal, or ^Z until it goes on. Must not know what is drawn.
 */
#ifndef TERM_H
#define TERM_H

#include <stdbool.h>
#include <termios.h>

struct term {
	bool drawn; /* standard input and output are a terminal that can do it */
	bool color; /* it is, and NO_COLOR is not set */
	bool utf8;
	int rows, columns; /* 24, 80 where it does not tell */
	int signals; /* signalfd */
	struct termios old;
};

enum term_event {
	TERM_TIME, /* it is up */
	TERM_QUIT, /* q, ^C, SIGTERM, the terminal has gone */
	TERM_REDRAW, /* another size, or back from ^Z */
};

/* Takes signals and terminal over. @drawn: may be drawn, else it grows. 0 or -errno, with nothing taken. */
int term_open(struct term *t, bool drawn);
void term_close(struct term *t);

/* Shows @text from the top, cut to the terminal's size; or appends it. -errno: nobody reads it. */
int term_show(const struct term *t, const char *text);

/* Waits until @until (ns of CLOCK_BOOTTIME), a key or a signal. */
enum term_event term_wait(struct term *t, unsigned long long until);

#endif
