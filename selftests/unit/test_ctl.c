// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Both ends of the control socket (user/io/ctl.h): a question and its answer, and that root's tools take no
 * answer from a socket that somebody else has bound. Must not know what is asked for.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/ctl.h"

#define NOBODY 65534

static char iface[32];

static int name_it(void **state)
{
	(void)state;
	snprintf(iface, sizeof(iface), "test-%d", (int)getpid());
	return 0;
}

/* In a child: binds as @uid, says so on @ready, answers one question with what was asked. */
static void serve(uid_t uid, int ready)
{
	struct ctl_reply reply = { .code = 7 };
	char name[64], request[CTL_REQUEST];
	struct pollfd fds = { .events = POLLIN }, on = fds;
	int conn;

	snprintf(name, sizeof(name), "6bed4/%s", iface);
	fds.fd = setuid(uid) ? -1 : ctl_bind(name);
	if (fds.fd < 0 || write(ready, "+", 1) != 1 || poll(&fds, 1, 5000) != 1)
		_exit(1);
	conn = ctl_accept(fds.fd, geteuid());
	on.fd = conn;
	if (conn >= 0 && poll(&on, 1, 5000) == 1 && !ctl_request(conn, request, sizeof(request))) {
		snprintf(reply.text, sizeof(reply.text), "you said %s", request);
		ctl_reply(conn, &reply);
	}
	_exit(0);
}

static int ask_one_of(uid_t uid, struct ctl_reply *reply, struct err *e)
{
	int ready[2], err, status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		serve(uid, ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	err = ctl_ask(iface, "hello", 5, reply, e);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return err;
}

static int connect_to(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(sun.sun_path + 1, name, strlen(name));
	assert_int_equal(connect(fd, (void *)&sun, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
							       strlen(name))), 0);
	return fd;
}

static void answers_its_owner(void **state)
{
	struct ctl_reply reply;
	struct err e = {};

	(void)state;
	assert_int_equal(ctl_ask(iface, "hello", 5, &reply, &e), -ENOENT);
	assert_int_equal(ask_one_of(geteuid(), &reply, &e), 0);
	assert_int_equal(reply.code, 7);
	assert_string_equal(reply.text, "you said hello");
	assert_int_equal(reply.fd_count, 0);
}

static void believes_nobody_else(void **state)
{
	struct ctl_reply reply;
	struct err e = {};

	(void)state;
	if (geteuid()) /* only root can become somebody else */
		skip();
	assert_int_equal(ask_one_of(NOBODY, &reply, &e), -EPERM);
	assert_non_null(strstr(e.text, iface));
	assert_string_equal(reply.text, "");
}

/* What a daemon does with a connection: never waits, and notices a full queue and the other's end. */
static void never_waits(void **state)
{
	static char msg[512], got[512], long_msg[513];
	char name[64], request[CTL_REQUEST];
	struct ctl_reply hello = {};
	int fd, ask, conn, sent = 0, heard = 0;

	(void)state;
	snprintf(name, sizeof(name), "6bed4/%s", iface);
	fd = ctl_bind(name);
	assert_true(fd >= 0);
	assert_int_equal(ctl_accept(fd, geteuid()), -EAGAIN);
	ask = connect_to(name);
	conn = ctl_accept(fd, geteuid());
	assert_true(conn >= 0);
	assert_int_equal(ctl_request(conn, request, sizeof(request)), -EAGAIN);
	assert_int_equal(send(ask, "hello", 5, 0), 5);
	assert_int_equal(ctl_request(conn, request, sizeof(request)), 0);
	assert_string_equal(request, "hello");
	ctl_send(conn, &hello);
	assert_int_equal(recv(ask, got, sizeof(got), 0), sizeof(hello.code));
	assert_int_equal(ctl_hear(ask, got, sizeof(got)), -EAGAIN);
	while (!ctl_tell(conn, msg, sizeof(msg)) && sent < 100000)
		sent++;
	assert_in_range(sent, 40, 400); /* what the manual says, and no more than a queue of 64 KiB may be */
	assert_int_equal(ctl_tell(conn, msg, sizeof(msg)), -EAGAIN);
	while (!ctl_hear(ask, got, sizeof(got)))
		heard++;
	assert_int_equal(heard, sent);
	assert_int_equal(ctl_tell(conn, long_msg, sizeof(long_msg)), 0);
	assert_int_equal(ctl_hear(ask, got, sizeof(got)), -EPROTO);
	close(conn);
	assert_int_equal(ctl_hear(ask, got, sizeof(got)), -EPIPE);
	close(ask);
	ask = connect_to(name);
	conn = ctl_accept(fd, geteuid());
	close(ask);
	assert_int_equal(ctl_request(conn, request, sizeof(request)), -EPIPE);
	assert_int_not_equal(ctl_tell(conn, msg, sizeof(msg)), 0);
	close(conn);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_its_owner),
		cmocka_unit_test(believes_nobody_else),
		cmocka_unit_test(never_waits),
	};

	return cmocka_run_group_tests(tests, name_it, NULL);
}
