// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The service manager's sockets; see notify.h. Proved by selftests/unit/test_notify.c and
 * selftests/net/test_systemd.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/notify.h"

#define FIRST_FD 3 /* of those that a manager passes */
#define FDS_MAX	 64

/* A path, or an abstract name behind an '@'. */
static int address(struct sockaddr_un *sun, const char *name, socklen_t *len_out)
{
	size_t len = strlen(name);

	if ((*name != '/' && *name != '@') || len < 2)
		return -EINVAL;
	if (len >= sizeof(sun->sun_path))
		return -ENAMETOOLONG;
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, name, len);
	if (*name == '@')
		sun->sun_path[0] = 0;
	*len_out = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return 0;
}

static int open_to(const struct sockaddr_un *sun, socklen_t len)
{
	struct timeval patience = { .tv_sec = 1 };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) &&
	    !connect(fd, (const void *)sun, len))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int notify_open(struct err *e)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun;
	socklen_t len = 0;
	int fd;

	if (!name || !*name)
		return -ENOENT;
	fd = address(&sun, name, &len);
	if (!fd)
		fd = open_to(&sun, len);
	if (fd >= 0)
		return fd;
	err_set(e, fd, "cannot reach the service manager at NOTIFY_SOCKET=%.100s: %s", name, strerror(-fd));
	return fd == -ENOENT ? -ECONNREFUSED : fd; /* somebody should listen there */
}

/* A message with @pass in it, -1 none. */
static int send_text(int fd, const char *text, int pass, int flags)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { (void *)text, strlen(text) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c = (void *)control;

	if (pass >= 0) {
		msg.msg_control = control;
		msg.msg_controllen = sizeof(control);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(pass));
		memcpy(CMSG_DATA(c), &pass, sizeof(pass));
	}
	return sendmsg(fd, &msg, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void format_and_send(int fd, int flags, const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	send_text(fd, text, -1, flags); /* a manager that is gone is no reason not to forward */
}

void notify_send(int fd, const char *fmt, ...)
{
	va_list ap;

	if (fd < 0)
		return;
	va_start(ap, fmt);
	format_and_send(fd, 0, fmt, ap);
	va_end(ap);
}

void notify_try(int fd, const char *fmt, ...)
{
	va_list ap;

	if (fd < 0)
		return;
	va_start(ap, fmt);
	format_and_send(fd, MSG_DONTWAIT, fmt, ap);
	va_end(ap);
}

int notify_store(int fd, const char *name, int store)
{
	char text[128];

	/* It may look dead to the manager, which would forget it: nobody else holds its other end. */
	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	return send_text(fd, text, store, 0);
}

int notify_barrier(int fd, unsigned int seconds)
{
	struct pollfd end = { .events = 0 }; /* POLLHUP comes anyway, when the manager closes its copy */
	int ends[2], err, n;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	err = send_text(fd, "BARRIER=1", ends[1], 0);
	close(ends[1]);
	end.fd = ends[0];
	n = err ? 0 : poll(&end, 1, (int)seconds * 1000);
	close(ends[0]);
	return err ? err : n > 0 ? 0 : -ETIMEDOUT;
}

/* The whole of the variable's value, at most @max; 0 if it is not there or no such number. */
static unsigned long long number(const char *name, unsigned long long max)
{
	const char *s = getenv(name);
	unsigned long long v;
	char *end;

	if (!s || *s < '0' || *s > '9')
		return 0;
	errno = 0;
	v = strtoull(s, &end, 10);
	return errno || *end || v > max ? 0 : v;
}

/* Is what the variables say said to us, and not to a parent that has left them lying about? */
static bool is_for_us(const char *name)
{
	return number(name, INT_MAX) == (unsigned long long)getpid();
}

__u64 notify_watchdog(void)
{
	bool ours = !getenv("WATCHDOG_PID") || is_for_us("WATCHDOG_PID");
	__u64 usec = number("WATCHDOG_USEC", UINT_MAX * 1000000ull);

	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return ours ? usec * 1000 : 0;
}

/* Is the word at @p, up to a colon, @name? */
static bool is_word(const char *p, const char *name)
{
	size_t n = strcspn(p, ":");

	return n == strlen(name) && !memcmp(p, name, n);
}

int notify_stored(const char *name)
{
	int count = is_for_us("LISTEN_PID") ? (int)number("LISTEN_FDS", FDS_MAX) : 0, found = -ENOENT, fd;
	const char *names = getenv("LISTEN_FDNAMES");

	for (fd = FIRST_FD; fd < FIRST_FD + count; fd++) {
		if (found < 0 && names && is_word(names, name) && !fcntl(fd, F_SETFD, FD_CLOEXEC))
			found = fd;
		else
			close(fd);
		names = names ? strchr(names, ':') : NULL;
		names = names ? names + 1 : NULL;
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return found;
}
