// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Descriptors in a socket; see parcel.h. Proved by selftests/unit/test_notify.c. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/types.h>

#include "io/parcel.h"

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(PARCEL_FDS * sizeof(int))];
};

/* Which of the descriptors are there, a bit each; goes in front of the bytes. */
static __u32 put_fds(struct msghdr *msg, const int *fds, unsigned int count)
{
	struct cmsghdr *c = msg->msg_control;
	unsigned int i, n = 0;
	__u32 there = 0;

	for (i = 0; i < count; i++) {
		if (fds[i] < 0)
			continue;
		there |= 1u << i;
		memcpy(CMSG_DATA(c) + n++ * sizeof(int), &fds[i], sizeof(int));
	}
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	msg->msg_controllen = n ? CMSG_SPACE(n * sizeof(int)) : 0;
	return there;
}

int parcel_pack(const void *data, size_t len, const int *fds, unsigned int count)
{
	union control control = {};
	__u32 there;
	struct iovec iov[] = { { &there, sizeof(there) }, { (void *)data, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = &control };
	int ends[2], err;

	if (count > PARCEL_FDS)
		return -E2BIG;
	there = put_fds(&msg, fds, count);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -errno;
	err = sendmsg(ends[0], &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
	close(ends[0]);
	if (!err)
		return ends[1];
	close(ends[1]);
	return err;
}

/* All that came, in its order; returns how many. */
static unsigned int received(struct msghdr *msg, int got[PARCEL_FDS])
{
	unsigned int n = 0, i;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) && n < PARCEL_FDS; i++)
			memcpy(&got[n++], CMSG_DATA(c) + i * sizeof(int), sizeof(int));
	}
	return n;
}

/* Each to its place; what does not add up is closed. */
static int sort_fds(bool whole, __u32 there, const int *got, unsigned int n, int *fds, unsigned int count)
{
	bool fits = whole && (unsigned int)__builtin_popcount(there) == n && (count == PARCEL_FDS || !(there >> count));
	unsigned int i, at = 0;

	for (i = 0; i < count; i++)
		fds[i] = fits && there & 1u << i ? got[at++] : -1;
	for (i = 0; i < n && !fits; i++)
		close(got[i]);
	return fits ? 0 : -EPROTO;
}

int parcel_open(int sock, void *data, size_t len, int *fds, unsigned int count)
{
	union control control = {};
	__u32 there = 0;
	struct iovec iov[] = { { &there, sizeof(there) }, { data, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int got[PARCEL_FDS] = {};
	unsigned int n;
	ssize_t size;
	bool whole;

	if (count > PARCEL_FDS)
		return -E2BIG;
	size = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (size < 0)
		return -errno;
	if (!size)
		return -EAGAIN; /* the end: its sender has gone, and nothing waits */
	n = received(&msg, got);
	/* Of another size: packed by another build. */
	whole = (size_t)size == sizeof(there) + len && !(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
	return sort_fds(whole, there, got, n, fds, count);
}
