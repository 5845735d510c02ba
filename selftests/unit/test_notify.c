// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What goes to a service manager and what comes from it (user/io/notify.h), byte by byte at the other end of a
 * socket; and parcels (user/io/parcel.h). Must not know the daemon.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/notify.h"
#include "io/parcel.h"

/* An abstract name, and the manager's end of it. */
static char name[64];

static int listen_there(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(name, sizeof(name), "@6bed4-test-notify-%d", (int)getpid());
	memcpy(sun.sun_path, name, strlen(name));
	sun.sun_path[0] = 0;
	assert_int_equal(bind(fd, (void *)&sun, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	return fd;
}

/* The next message; *@passed: the descriptor in it, -1 none. */
static const char *hear(int manager, int *passed)
{
	static char text[1024];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { text, sizeof(text) - 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(manager, &msg, MSG_DONTWAIT);

	assert_true(n >= 0);
	text[n] = 0;
	*passed = -1;
	if (CMSG_FIRSTHDR(&msg))
		memcpy(passed, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(*passed));
	return text;
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void messages(void **state)
{
	int manager = listen_there(), fd, passed, null = open("/dev/null", O_RDONLY);
	struct err e = {};

	(void)state;
	setenv("NOTIFY_SOCKET", name, 1);
	fd = notify_open(&e);
	assert_true(fd >= 0);
	notify_send(fd, "READY=%d\nSTATUS=%s", 1, "well");
	assert_string_equal(hear(manager, &passed), "READY=1\nSTATUS=well");
	notify_try(fd, "WATCHDOG=1");
	assert_string_equal(hear(manager, &passed), "WATCHDOG=1");
	assert_int_equal(passed, -1);
	assert_int_equal(notify_store(fd, "it", null), 0);
	assert_string_equal(hear(manager, &passed), "FDSTORE=1\nFDNAME=it\nFDPOLL=0");
	assert_true(same_file(passed, null));
	close(passed);
	assert_int_equal(notify_barrier(fd, 0), -ETIMEDOUT); /* nobody has taken it */
	assert_string_equal(hear(manager, &passed), "BARRIER=1");
	close(passed);
	notify_send(-1, "READY=1"); /* to nobody */
	close(null);
	close(fd);
	close(manager);
}

static void no_manager(void **state)
{
	struct err e = {};

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_open(&e), -ENOENT);
	assert_string_equal(e.text, "");
	setenv("NOTIFY_SOCKET", "@6bed4-nobody-is-there", 1);
	assert_int_equal(notify_open(&e), -ECONNREFUSED);
	assert_non_null(strstr(e.text, "NOTIFY_SOCKET"));
	setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
	assert_int_equal(notify_open(&e), -ECONNREFUSED);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify_open(&e), -EINVAL);
	setenv("NOTIFY_SOCKET", "/a/path/that/is/far/too/long/for/the/address/of/a/unix/socket/which/has/only/one/"
				"hundred/and/eight/bytes/and/not/one/more/than/that", 1);
	assert_int_equal(notify_open(&e), -ENAMETOOLONG);
}

/* @pid NULL: not set. What notify_watchdog() makes of it, in us. */
static __u64 watchdog(const char *usec, const char *pid)
{
	setenv("WATCHDOG_USEC", usec, 1);
	unsetenv("WATCHDOG_PID");
	if (pid)
		setenv("WATCHDOG_PID", pid, 1);
	return notify_watchdog() / 1000;
}

static void watchdogs(void **state)
{
	char pid[32];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(watchdog("30000000", pid), 30000000);
	assert_null(getenv("WATCHDOG_USEC"));
	assert_int_equal(notify_watchdog(), 0);
	assert_int_equal(watchdog("30000000", NULL), 30000000);
	assert_int_equal(watchdog("30000000", "1"), 0);
	assert_int_equal(watchdog("-1", pid), 0);
	assert_int_equal(watchdog("1x", pid), 0);
	assert_int_equal(watchdog("", pid), 0);
	assert_int_equal(watchdog("99999999999999999999", pid), 0);
}

/* What a manager passes begins with descriptor 3; cmocka's own are kept out of the way. */
static void pass(const char *names, const char *count)
{
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_FDNAMES", names, 1);
}

static void stored(void **state)
{
	int keep = fcntl(3, F_DUPFD, 100), zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_RDONLY);

	(void)state;
	unsetenv("LISTEN_PID");
	assert_int_equal(notify_stored("it"), -ENOENT);
	dup2(zero, 3);
	dup2(null, 4);
	pass("other:it", "2");
	assert_int_equal(notify_stored("it"), 4);
	assert_true(same_file(4, null));
	assert_int_equal(fcntl(4, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(3, F_GETFD), -1);
	assert_null(getenv("LISTEN_FDS"));
	dup2(zero, 3);
	pass("item", "1");
	assert_int_equal(notify_stored("it"), -ENOENT);
	pass("it", "-1");
	assert_int_equal(notify_stored("it"), -ENOENT);
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	assert_int_equal(notify_stored("it"), -ENOENT);
	if (keep >= 0)
		dup2(keep, 3);
}

static void parcels(void **state)
{
	int in[5] = { open("/dev/null", O_RDONLY), -1, open("/dev/zero", O_RDONLY), -1, -1 }, out[5], sock;
	char data[6] = "hello", got[6], less[5];

	(void)state;
	sock = parcel_pack(data, sizeof(data), in, 5);
	assert_true(sock >= 0);
	assert_int_equal(parcel_open(sock, got, sizeof(got), out, 5), 0);
	assert_string_equal(got, "hello");
	assert_true(same_file(in[0], out[0]) && same_file(in[2], out[2]));
	assert_true(out[1] == -1 && out[3] == -1 && out[4] == -1);
	assert_int_equal(fcntl(out[0], F_GETFD), FD_CLOEXEC);
	assert_int_equal(parcel_open(sock, got, sizeof(got), out, 5), -EAGAIN); /* taken once */
	close(sock);
	sock = parcel_pack(data, sizeof(data), in, 5);
	assert_int_equal(parcel_open(sock, less, sizeof(less), out, 5), -EPROTO);
	close(sock);
	sock = parcel_pack(data, sizeof(data), in, 5);
	assert_int_equal(parcel_open(sock, got, sizeof(got), out, 2), -EPROTO);
	assert_true(out[0] == -1 && out[1] == -1);
	close(sock);
	assert_int_equal(parcel_pack(data, sizeof(data), in, PARCEL_FDS + 1), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages), cmocka_unit_test(no_manager), cmocka_unit_test(watchdogs),
		cmocka_unit_test(stored),   cmocka_unit_test(parcels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
