// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Plain ANSI, as every terminal of today knows it; see term.h. Proved by selftests/net/test_watch.sh. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "term.h"

#define ENTER "\033[?1049h\033[?25l" /* the other screen, without a cursor */
#define LEAVE "\033[?25h\033[?1049l"

static bool is_terminal(void)
{
	const char *kind = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && kind && *kind && strcmp(kind, "dumb") != 0;
}

static bool has_utf8(void)
{
	const char *lang = getenv("LC_ALL");

	if (!lang || !*lang)
		lang = getenv("LC_CTYPE");
	if (!lang || !*lang)
		lang = getenv("LANG");
	return lang && (strstr(lang, "UTF-8") || strstr(lang, "utf8"));
}

static void take_size(struct term *t)
{
	struct winsize w = {};

	t->rows = 24;
	t->columns = 80;
	if (!t->drawn || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_row || !w.ws_col)
		return;
	t->rows = w.ws_row;
	t->columns = w.ws_col;
}

static void put(const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

/* Keys one by one and unseen; ^C and ^Z stay signals. */
static void enter(const struct term *t)
{
	struct termios raw = t->old;

	if (!t->drawn)
		return;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	put(ENTER);
}

static void leave(const struct term *t)
{
	if (!t->drawn)
		return;
	put(LEAVE);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &t->old);
}

static void signals_of(sigset_t *set)
{
	static const int all[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };
	size_t i;

	sigemptyset(set);
	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		sigaddset(set, all[i]);
}

int term_open(struct term *t, bool drawn)
{
	const char *no_color = getenv("NO_COLOR");
	sigset_t set;

	*t = (struct term){ .drawn = drawn && is_terminal(), .utf8 = has_utf8() };
	if (t->drawn && tcgetattr(STDIN_FILENO, &t->old))
		t->drawn = false;
	t->color = t->drawn && !(no_color && *no_color);
	signals_of(&set);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signals < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &set, NULL);
	take_size(t);
	enter(t);
	return 0;
}

void term_close(struct term *t)
{
	sigset_t set;

	leave(t);
	close(t->signals);
	signals_of(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* Prints a line of @n bytes, but not more than the columns there are: escapes and UTF-8 take none. */
static void print_line(const struct term *t, const char *line, size_t n)
{
	bool escape = false;
	int column = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (line[i] == '\033')
			escape = true;
		column += !escape && ((unsigned char)line[i] & 0xc0) != 0x80;
		if (column > t->columns)
			break;
		putchar(line[i]);
		if (escape && line[i] == 'm')
			escape = false;
	}
	fputs("\033[0m\033[K", stdout);
}

int term_show(const struct term *t, const char *text)
{
	int row;
	size_t n;

	if (!t->drawn) {
		fputs(text, stdout);
		return fflush(stdout) ? -errno : 0;
	}
	fputs("\033[H", stdout);
	for (row = 0; *text && row < t->rows; row++) {
		n = strcspn(text, "\n");
		if (row)
			fputs("\r\n", stdout);
		print_line(t, text, n);
		text += n + (text[n] != 0);
	}
	fputs("\033[J", stdout);
	return fflush(stdout) ? -errno : 0;
}

static void suspend(struct term *t)
{
	leave(t);
	raise(SIGSTOP);
	enter(t);
}

static enum term_event take_signal(struct term *t)
{
	struct signalfd_siginfo s;

	if (read(t->signals, &s, sizeof(s)) != sizeof(s))
		return TERM_TIME;
	if (s.ssi_signo != SIGWINCH && s.ssi_signo != SIGTSTP)
		return TERM_QUIT;
	if (s.ssi_signo == SIGTSTP)
		suspend(t);
	take_size(t);
	return TERM_REDRAW;
}

static int left_until(unsigned long long until)
{
	struct timespec now;
	unsigned long long ns;

	clock_gettime(CLOCK_BOOTTIME, &now);
	ns = (unsigned long long)now.tv_sec * 1000000000ull + (unsigned long long)now.tv_nsec;
	return until > ns ? (int)((until - ns + 999999) / 1000000) : 0;
}

enum term_event term_wait(struct term *t, unsigned long long until)
{
	struct pollfd on[2] = { { .fd = t->signals, .events = POLLIN },
				{ .fd = t->drawn ? STDIN_FILENO : -1, .events = POLLIN } };
	enum term_event event;
	char key;

	while (poll(on, 2, left_until(until)) > 0) {
		if (on[0].revents) {
			event = take_signal(t);
			if (event != TERM_TIME)
				return event;
		}
		if (!on[1].revents)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q')
			return TERM_QUIT;
	}
	return TERM_TIME;
}
