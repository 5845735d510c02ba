// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Listening sockets and their files; see listen.h. Proved by selftests/net/test_metrics.sh. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/listen.h"

#define QUEUE 8

struct listen_at listen_at_file(const char *path)
{
	struct listen_at at = {};
	struct sockaddr_un *sun = (void *)&at.addr;

	sun->sun_family = AF_UNIX;
	snprintf(sun->sun_path, sizeof(sun->sun_path), "%s", path);
	at.len = sizeof(*sun);
	snprintf(at.name, sizeof(at.name), "%s", path);
	return at;
}

struct listen_at listen_at_ip(int family, const void *addr, unsigned int port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	char text[INET6_ADDRSTRLEN] = "";
	struct listen_at at = {};

	inet_ntop(family, addr, text, sizeof(text));
	if (family == AF_INET6) {
		memcpy(&sin6.sin6_addr, addr, sizeof(sin6.sin6_addr));
		memcpy(&at.addr, &sin6, sizeof(sin6));
		at.len = sizeof(sin6);
		snprintf(at.name, sizeof(at.name), "[%s]:%u", text, port);
	} else {
		memcpy(&sin.sin_addr, addr, sizeof(sin.sin_addr));
		memcpy(&at.addr, &sin, sizeof(sin));
		at.len = sizeof(sin);
		snprintf(at.name, sizeof(at.name), "%s:%u", text, port);
	}
	return at;
}

static bool is_socket(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISSOCK(st.st_mode);
}

/* A socket's file outlives its server; only then nobody takes the call. */
static bool is_stale(const char *path)
{
	struct listen_at at = listen_at_file(path);
	int fd;
	bool stale;

	if (!is_socket(path))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	stale = fd >= 0 && connect(fd, (void *)&at.addr, at.len) && errno == ECONNREFUSED;
	if (fd >= 0)
		close(fd);
	return stale;
}

void listen_remove(const char *path, bool served)
{
	if (*path && (served ? is_socket(path) : is_stale(path)))
		unlink(path);
}

static int bind_file(int fd, const struct listen_at *at)
{
	const char *path = ((const struct sockaddr_un *)(const void *)&at->addr)->sun_path;
	mode_t mask = umask(0117);
	int err = bind(fd, (const void *)&at->addr, at->len) ? -errno : 0;

	if (err == -EADDRINUSE && is_stale(path) && !unlink(path))
		err = bind(fd, (const void *)&at->addr, at->len) ? -errno : 0;
	umask(mask);
	return err;
}

static int bind_ip(int fd, const struct listen_at *at)
{
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (at->addr.ss_family == AF_INET6) /* what is said, and not IPv4 with it */
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	return bind(fd, (const void *)&at->addr, at->len) ? -errno : 0;
}

static int explain(int err, const struct listen_at *at, struct err *e)
{
	const char *why = "";

	if (err == -EADDRINUSE)
		why = at->addr.ss_family == AF_UNIX ?
			      ": something else is there; remove it, or choose another file" :
			      ": somebody listens there already; see `ss -ltnp`";
	else if (err == -ENOENT)
		why = ": make its directory first";
	else if (err == -EADDRNOTAVAIL)
		why = ": that is no address of this machine";
	return err_set(e, err, "cannot serve metrics at %s: %s%s", at->name, strerror(-err), why);
}

int listen_open(const struct listen_at *at, struct err *e)
{
	int fd = socket(at->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return explain(-errno, at, e);
	err = at->addr.ss_family == AF_UNIX ? bind_file(fd, at) : bind_ip(fd, at);
	if (!err && listen(fd, QUEUE))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return explain(err, at, e);
}

/* Ports, addresses and paths; what else there is in them is not ours to compare. */
bool listen_is_at(int fd, const struct listen_at *at)
{
	struct listen_at now = {};
	const struct sockaddr_in *a4 = (const void *)&now.addr, *b4 = (const void *)&at->addr;
	const struct sockaddr_in6 *a6 = (const void *)&now.addr, *b6 = (const void *)&at->addr;
	const struct sockaddr_un *au = (const void *)&now.addr, *bu = (const void *)&at->addr;

	now.len = sizeof(now.addr);
	if (getsockname(fd, (void *)&now.addr, &now.len) || now.addr.ss_family != at->addr.ss_family)
		return false;
	if (at->addr.ss_family == AF_INET)
		return a4->sin_port == b4->sin_port && a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	if (at->addr.ss_family == AF_INET6)
		return a6->sin6_port == b6->sin6_port &&
		       !memcmp(&a6->sin6_addr, &b6->sin6_addr, sizeof(a6->sin6_addr));
	return !strncmp(au->sun_path, bu->sun_path, sizeof(bu->sun_path)) && is_socket(bu->sun_path);
}
