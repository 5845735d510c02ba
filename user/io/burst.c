// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Datagrams in bulk; see burst.h. Proved by selftests/net in mode off. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/burst.h"

#define RECEIVE	  16 /* messages per call, each of up to 64 KB */
#define SEND	  256 /* datagrams that wait */
#define SEGMENTS  60 /* per message; the kernel takes 64 */
#define BYTES	  60000 /* per message of several segments */
#define ROOM	  65536

void burst_prepare(int fd)
{
	int on = 1;

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
			__u16 segment;

			memcpy(&segment, CMSG_DATA(c), sizeof(segment));
			r.segment = segment;
		}
	}
	return r;
}

/* Segments of odd length would start at odd addresses: those move, from the last one on. */
static __u8 *aligned(__u8 *p)
{
	return (__u8 *)(((unsigned long)p + 1) & ~1ul);
}

static int hand_over(struct msghdr *msg, __u8 *data, size_t len,
		     void (*fn)(void *arg, struct bed4_ep src, __u8 tos, __u8 *data, size_t len),
		     void *arg)
{
	static __u8 scratch[ROOM] __attribute__((aligned(8)));
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
		if (p != aligned(p))
			p = memcpy(scratch, p, n);
		fn(arg, r.src, r.tos, p, n);
		count++;
	}
	return count;
}

int burst_recv(int fd, void (*fn)(void *arg, struct bed4_ep src, __u8 tos, __u8 *data, size_t len),
	       void *arg)
{
	static __u8 room[RECEIVE][ROOM] __attribute__((aligned(8)));
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
		count += hand_over(&msg[i].msg_hdr, room[i], msg[i].msg_len, fn, arg);
	return count;
}

/* --- sending --------------------------------------------------------------------------------------- */

struct waiting {
	struct bed4_ep to;
	__u8 tos, ttl;
	unsigned int note;
};

struct burst {
	bool gso;
	unsigned int count;
	struct waiting waiting[SEND];
	struct iovec iov[SEND];
};

/* One message of a flush: datagrams from `first` on. */
struct message {
	unsigned int first, count;
	struct sockaddr_in to;
	_Alignas(struct cmsghdr) char control[2 * CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(__u16))];
};

struct burst *burst_new(bool gso)
{
	struct burst *b = calloc(1, sizeof(*b));

	if (b)
		b->gso = gso;
	return b;
}

void burst_free(struct burst *b)
{
	free(b);
}

bool burst_add(struct burst *b, struct bed4_ep to, const void *data, size_t len, __u8 tos, __u8 ttl,
	       unsigned int note)
{
	if (b->count == SEND)
		return false;
	b->waiting[b->count] = (struct waiting){ to, tos, ttl, note };
	b->iov[b->count++] = (struct iovec){ (void *)data, len };
	return true;
}

/* How many from @first on can go as one message: one endpoint, one length but for a shorter last. */
static unsigned int run_length(const struct burst *b, unsigned int first)
{
	const struct waiting *w = &b->waiting[first];
	size_t len = b->iov[first].iov_len, total = len;
	unsigned int n;

	for (n = 1; b->gso && len && first + n < b->count && n < SEGMENTS; n++) {
		const struct waiting *x = &b->waiting[first + n];
		size_t next = b->iov[first + n].iov_len;

		total += next;
		if (!bed4_ep_eq(x->to, w->to) || x->tos != w->tos || x->ttl != w->ttl || next > len ||
		    !next || total > BYTES)
			break;
		if (next < len)
			return n + 1;
	}
	return n;
}

static void put(struct msghdr *h, int level, int type, const void *value, size_t len)
{
	struct cmsghdr *c = (void *)((char *)h->msg_control + h->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), value, len);
	h->msg_controllen += CMSG_SPACE(len);
}

static void build(struct burst *b, unsigned int first, unsigned int count, struct message *m,
		  struct msghdr *h)
{
	const struct waiting *w = &b->waiting[first];
	int tos = w->tos, ttl = w->ttl;
	__u16 segment = (__u16)b->iov[first].iov_len;

	m->first = first;
	m->count = count;
	m->to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = w->to.addr,
				      .sin_port = w->to.port };
	*h = (struct msghdr){ .msg_name = &m->to, .msg_namelen = sizeof(m->to),
			      .msg_iov = &b->iov[first], .msg_iovlen = count,
			      .msg_control = m->control };
	put(h, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	put(h, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	if (count > 1)
		put(h, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment));
}

static bool send_one(int fd, const struct msghdr *h)
{
	/* An ICMP error about an earlier datagram is told once, and is not this one's. */
	return sendmsg(fd, h, 0) >= 0 || (errno == ECONNREFUSED && sendmsg(fd, h, 0) >= 0);
}

/* A message that the kernel refused: whoever cannot segment (or fragment) it may take it in pieces. */
static void send_apart(struct burst *b, int fd, const struct message *m,
		       void (*done)(void *arg, unsigned int note, bool ok), void *arg)
{
	unsigned int i;

	for (i = m->first; i < m->first + m->count; i++) {
		struct message single;
		struct msghdr h;

		build(b, i, 1, &single, &h);
		done(arg, b->waiting[i].note, send_one(fd, &h));
	}
}

void burst_flush(struct burst *b, int fd, void (*done)(void *arg, unsigned int note, bool ok),
		 void *arg)
{
	static struct message messages[SEND];
	static struct mmsghdr hdr[SEND];
	unsigned int count = 0, at, i, k;
	int sent;

	memset(hdr, 0, sizeof(*hdr) * b->count);
	for (at = 0; at < b->count; at += messages[count++].count)
		build(b, at, run_length(b, at), &messages[count], &hdr[count].msg_hdr);
	for (i = 0; i < count; i += (unsigned int)sent) {
		sent = sendmmsg(fd, hdr + i, count - i, 0);
		if (sent <= 0) {
			send_apart(b, fd, &messages[i], done, arg);
			sent = 1;
			continue;
		}
		for (k = messages[i].first;
		     k < messages[i + (unsigned int)sent - 1].first + messages[i + (unsigned int)sent - 1].count;
		     k++)
			done(arg, b->waiting[k].note, true);
	}
	b->count = 0;
}
