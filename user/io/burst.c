// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Datagrams in bulk; see burst.h. Proved by selftests/unit/test_burst.c and, in mode off,
 * selftests/net.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/burst.h"

#define RECEIVE	  16 /* messages per call, each of up to 64 KB */
#define SEND	  256 /* datagrams that wait */
#define ROOM	  65536

void burst_merge(int fd, bool merge)
{
	int on = merge;

	setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
}

/* --- receiving ------------------------------------------------------------------------------------- */

struct received {
	struct bed4_ep src;
	__u8 tos;
	unsigned int segment; /* length of all but the last; 0: not merged */
};

static struct received look(struct msghdr *msg)
{
	const struct sockaddr_in *sin = msg->msg_name;
	struct received r = { .src = bed4_ep(sin->sin_addr.s_addr, sin->sin_port) };
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			r.tos = *(const __u8 *)CMSG_DATA(c);
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			int segment; /* as the kernel writes it: half of it is 0 on big-endian machines */

			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
			r.segment = segment > 0 ? (unsigned int)segment : 0;
		}
	}
	return r;
}

#define PADDING 128 /* a byte for each segment that moves; the kernel merges 64 at most */

/* @spare: for segments of odd length, every second of which would start at an odd address. */
static int hand_over(struct msghdr *msg, __u8 *data, size_t len, __u8 *spare,
		     void (*fn)(void *arg, struct bed4_ep src, __u8 tos, __u8 *data, size_t len),
		     void *arg)
{
	struct received r = look(msg);
	size_t at, n, step = r.segment ? r.segment : len;
	int count = 0;

	if (!len) {
		fn(arg, r.src, r.tos, data, 0);
		return 1;
	}
	for (at = 0; at < len; at += n) {
		__u8 *p = data + at;

		n = len - at < step ? len - at : step;
		if (at & 1) {
			p = memcpy(spare, p, n);
			spare += (n + 1) & ~1ul; /* each stays as it is until the next call */
		}
		fn(arg, r.src, r.tos, p, n);
		count++;
	}
	return count;
}

int burst_recv(int fd, void (*fn)(void *arg, struct bed4_ep src, __u8 tos, __u8 *data, size_t len),
	       void *arg)
{
	static __u8 room[RECEIVE][ROOM] __attribute__((aligned(8)));
	static __u8 spare[RECEIVE][ROOM + PADDING] __attribute__((aligned(8)));
	static _Alignas(struct cmsghdr) char control[RECEIVE][128];
	struct sockaddr_in sin[RECEIVE];
	struct iovec iov[RECEIVE];
	struct mmsghdr msg[RECEIVE];
	int i, n, count = 0;

	for (i = 0; i < RECEIVE; i++) {
		iov[i] = (struct iovec){ room[i], ROOM };
		msg[i].msg_hdr = (struct msghdr){ .msg_name = &sin[i], .msg_namelen = sizeof(sin[i]),
						  .msg_iov = &iov[i], .msg_iovlen = 1,
						  .msg_control = control[i],
						  .msg_controllen = sizeof(control[i]) };
	}
	n = recvmmsg(fd, msg, RECEIVE, MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	for (i = 0; i < n; i++)
		count += hand_over(&msg[i].msg_hdr, room[i], msg[i].msg_len, spare[i], fn,
				   arg);
	return count;
}

/* --- sending --------------------------------------------------------------------------------------- */

/*
 * UDP GSO would send a run of datagrams in one pass through the stack, but the kernel gives each run
 * one identification and counts on from there, so that runs which follow each other repeat them.
 * With DF clear that breaks reassembly on narrow paths (RFC 6864).
 */
struct burst {
	unsigned int count;
	unsigned int note[SEND];
	struct sockaddr_in to[SEND];
	struct iovec iov[SEND];
	struct mmsghdr msg[SEND];
	_Alignas(struct cmsghdr) char control[SEND][2 * CMSG_SPACE(sizeof(int))];
};

struct burst *burst_new(void)
{
	return calloc(1, sizeof(struct burst));
}

void burst_free(struct burst *b)
{
	free(b);
}

static void put_int(struct msghdr *h, int type, int value)
{
	struct cmsghdr *c = (void *)((char *)h->msg_control + h->msg_controllen);

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(sizeof(value));
	memcpy(CMSG_DATA(c), &value, sizeof(value));
	h->msg_controllen += CMSG_SPACE(sizeof(value));
}

bool burst_add(struct burst *b, struct bed4_ep to, const void *data, size_t len, __u8 tos, __u8 ttl,
	       unsigned int note)
{
	unsigned int i = b->count;

	if (i == SEND)
		return false;
	b->note[i] = note;
	b->to[i] = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = to.addr,
					 .sin_port = to.port };
	b->iov[i] = (struct iovec){ (void *)data, len };
	b->msg[i].msg_hdr = (struct msghdr){ .msg_name = &b->to[i], .msg_namelen = sizeof(b->to[i]),
					     .msg_iov = &b->iov[i], .msg_iovlen = 1,
					     .msg_control = b->control[i] };
	put_int(&b->msg[i].msg_hdr, IP_TOS, tos);
	put_int(&b->msg[i].msg_hdr, IP_TTL, ttl);
	b->count++;
	return true;
}

void burst_flush(struct burst *b, int fd, void (*done)(void *arg, unsigned int note, bool ok),
		 void *arg)
{
	unsigned int at = 0, i;
	bool again = false;

	while (at < b->count) {
		int sent = sendmmsg(fd, b->msg + at, b->count - at, 0);

		for (i = 0; (int)i < sent; i++)
			done(arg, b->note[at + i], true);
		at += sent > 0 ? (unsigned int)sent : 0;
		if (sent > 0) {
			again = false;
			continue;
		}
		/* An ICMP error about an earlier datagram is told once, and is not this one's. */
		again = errno == ECONNREFUSED && !again;
		if (!again)
			done(arg, b->note[at++], false);
	}
	b->count = 0;
}
