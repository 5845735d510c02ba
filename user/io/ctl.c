// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The control socket, both ends; see ctl.h. Proved by selftests/net. */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/ctl.h"

/* @len_out covers the name without a trailing NUL: an abstract name is all of its bytes. */
static int address(struct sockaddr_un *sun, const char *name, socklen_t *len_out)
{
	size_t len = strlen(name);

	if (len + 1 > sizeof(sun->sun_path))
		return -ENAMETOOLONG;
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path + 1, name, len);
	*len_out = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
	return 0;
}

int ctl_bind(const char *name)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un sun;
	socklen_t len;
	int err;

	if (fd < 0)
		return -errno;
	err = address(&sun, name, &len);
	if (!err && (bind(fd, (void *)&sun, len) || listen(fd, 16)))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int set_timeout(int fd, unsigned int seconds)
{
	struct timeval tv = { .tv_sec = seconds };

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ||
			       setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) ?
		       -errno :
		       0;
}

/* Is it root or @owner at the other end? Abstract names are anybody's to bind, and to connect to. */
static bool trusted(int fd, uid_t owner)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) &&
	       (!cred.uid || cred.uid == owner);
}

uid_t ctl_owner(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) ? 0 : cred.uid;
}

int ctl_accept(int fd, uid_t owner)
{
	int conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	const int size = CTL_QUEUE;

	if (conn < 0)
		return -errno;
	if (!trusted(conn, owner)) {
		close(conn);
		return -EPERM;
	}
	setsockopt(conn, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return conn;
}

int ctl_request(int conn, char *buf, size_t size)
{
	ssize_t n = recv(conn, buf, size - 1, MSG_DONTWAIT);

	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	buf[n] = 0;
	return n ? 0 : -EPIPE;
}

int ctl_tell(int conn, const void *msg, size_t len)
{
	ssize_t n = send(conn, msg, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EWOULDBLOCK || errno == ENOBUFS ? -EAGAIN : -errno;
	return 0;
}

int ctl_hear(int fd, void *msg, size_t len)
{
	ssize_t n = recv(fd, msg, len, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0)
		return errno == EWOULDBLOCK || errno == EINTR ? -EAGAIN : -errno;
	return !n ? -EPIPE : (size_t)n == len ? 0 : -EPROTO;
}

void ctl_send(int conn, const struct ctl_reply *reply)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(CTL_FDS * sizeof(int))] = {};
	struct iovec iov[] = { { (void *)&reply->code, sizeof(reply->code) },
			       { (void *)reply->text, strnlen(reply->text, CTL_TEXT - 1) } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	size_t size = reply->fd_count * sizeof(int);
	struct cmsghdr *c = (void *)control;

	if (size) {
		msg.msg_control = control;
		msg.msg_controllen = CMSG_SPACE(size);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(c), reply->fds, size);
	}
	(void)!sendmsg(conn, &msg, MSG_NOSIGNAL); /* who has left needs no answer */
}

void ctl_reply(int conn, const struct ctl_reply *reply)
{
	ctl_send(conn, reply);
	close(conn);
}

bool ctl_wait(int conn, int ms)
{
	struct pollfd on = { .fd = conn, .events = POLLIN };

	return poll(&on, 1, ms) > 0;
}

bool ctl_await_go(int conn, unsigned int seconds)
{
	struct pollfd on = { .fd = conn, .events = POLLIN };
	char byte;

	return poll(&on, 1, (int)seconds * 1000) == 1 && recv(conn, &byte, 1, 0) == 1;
}

void ctl_go(int conn)
{
	(void)!send(conn, "", 1, MSG_NOSIGNAL);
	close(conn);
}

static int receive(int fd, struct ctl_reply *reply)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(CTL_FDS * sizeof(int)) +
					      CMSG_SPACE(sizeof(struct ucred))] = {};
	struct iovec iov[] = { { &reply->code, sizeof(reply->code) },
			       { reply->text, CTL_TEXT - 1 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	struct ucred cred = {};
	struct cmsghdr *c;

	if (n < 0)
		return -errno;
	if ((size_t)n < sizeof(reply->code))
		return -EPROTO;
	reply->text[(size_t)n - sizeof(reply->code)] = 0;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		reply->fd_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(reply->fds, CMSG_DATA(c), reply->fd_count * sizeof(int));
	}
	reply->pid = cred.pid;
	return 0;
}

int ctl_ask_open(const char *iface, const char *request, unsigned int seconds, struct ctl_reply *reply,
		 struct err *e)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), on = 1, err;
	struct sockaddr_un sun;
	char name[64];
	socklen_t len;

	memset(reply, 0, sizeof(*reply));
	if (fd < 0)
		return err_set(e, -errno, "cannot make a socket: %s", strerror(errno));
	snprintf(name, sizeof(name), "6bed4/%s", iface);
	err = address(&sun, name, &len);
	if (!err)
		err = set_timeout(fd, seconds);
	if (!err && connect(fd, (void *)&sun, len))
		err = errno == ECONNREFUSED ? -ENOENT : -errno;
	if (!err && !trusted(fd, geteuid())) {
		close(fd);
		return err_set(e, -EPERM, "the socket @%s is neither root's nor ours; see `ss -xlp`", name);
	}
	if (!err && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		err = -errno;
	if (!err && send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		err = -errno;
	if (!err)
		err = receive(fd, reply);
	if (!err)
		return fd;
	close(fd);
	if (err == -ENOENT)
		return err;
	return err_set(e, err, "the daemon of %s does not answer: %s; is it stopped, or are you not root?",
		       iface, strerror(-err));
}

int ctl_ask(const char *iface, const char *request, unsigned int seconds, struct ctl_reply *reply,
	    struct err *e)
{
	int fd = ctl_ask_open(iface, request, seconds, reply, e);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}
