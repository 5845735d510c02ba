// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Few connections, one answer each; see scrape.h. Proved by selftests/unit/test_scrape.c and net/test_metrics.sh. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "6bed4/limit.h"
#include "http.h"
#include "scrape.h"

#define LISTENER    SCRAPE_CONNS /* in epoll's data, beside the connections' numbers */
#define READS_MAX   64 /* pieces that a request may come in */
#define DISCARD_MAX 16 /* and what is thrown away behind it */

static const struct bed4_rate rate = { .gap = BED4_PER_SEC(SCRAPE_RATE), .burst = SCRAPE_RATE };

struct conn {
	int fd; /* -1: free */
	enum { ASKING, ANSWERING, CLOSING } state;
	__u64 until; /* it ends then, whatever it does */
	char in[HTTP_REQUEST_MAX];
	size_t used; /* of `in` */
	unsigned int reads;
	char head[HTTP_HEAD_MAX], *body;
	size_t head_len, body_len, sent; /* of both together */
};

struct scrape {
	int listener, epoll;
	bool paused; /* not taking connections for now */
	__u64 resume_at; /* 0: when one ends */
	struct bed4_bucket bucket;
	const char *type;
	scrape_text_fn fn;
	void *arg;
	struct conn conn[SCRAPE_CONNS];
};

static void watch(struct scrape *s, int op, int fd, __u32 events, __u32 id)
{
	struct epoll_event ev = { .events = events, .data.u32 = id };

	epoll_ctl(s->epoll, op, fd, &ev);
}

static void rewatch(struct scrape *s, struct conn *c, __u32 events)
{
	watch(s, EPOLL_CTL_MOD, c->fd, events, (__u32)(c - s->conn));
}

/* With nothing asked for, it wakes nobody; who connects waits in its queue, and is refused where that is full. */
static void pause_until(struct scrape *s, __u64 at)
{
	s->paused = true;
	s->resume_at = at;
	watch(s, EPOLL_CTL_MOD, s->listener, 0, LISTENER);
}

static void resume(struct scrape *s)
{
	if (s->paused)
		watch(s, EPOLL_CTL_MOD, s->listener, EPOLLIN, LISTENER);
	s->paused = false;
	s->resume_at = 0;
}

static void end(struct scrape *s, struct conn *c)
{
	close(c->fd); /* leaves the epoll set with it */
	free(c->body);
	c->body = NULL;
	c->fd = -1;
	if (!s->resume_at)
		resume(s);
}

static void shut(struct scrape *s, struct conn *c)
{
	free(c->body);
	c->body = NULL;
	c->reads = 0;
	c->state = CLOSING;
	/* Closed with something unread, TCP would reset it, and the answer could be lost on its way. */
	if (shutdown(c->fd, SHUT_WR))
		end(s, c);
	else
		rewatch(s, c, EPOLLIN);
}

static void go_on(struct scrape *s, struct conn *c)
{
	size_t of_head = c->sent < c->head_len ? c->sent : c->head_len, of_body = c->sent - of_head;
	struct iovec part[2] = { { c->head + of_head, c->head_len - of_head } };
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = c->body_len ? 2 : 1 };
	ssize_t n;

	if (c->body_len)
		part[1] = (struct iovec){ c->body + of_body, c->body_len - of_body };
	n = sendmsg(c->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		end(s, c);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	if (c->sent == c->head_len + c->body_len)
		shut(s, c);
	else
		rewatch(s, c, EPOLLOUT);
}

static void answer(struct scrape *s, struct conn *c, enum http_status status, bool head, __u64 now)
{
	size_t len = 0;

	c->body_len = 0;
	if (status == HTTP_OK && s->fn(s->arg, &c->body, &len))
		status = HTTP_UNAVAILABLE;
	if (status == HTTP_OK && !head)
		c->body_len = len;
	c->head_len = http_head(c->head, status, s->type, len, head, time(NULL));
	c->state = ANSWERING;
	c->until = now + SCRAPE_TIME;
	go_on(s, c);
}

static void hear(struct scrape *s, struct conn *c, __u64 now)
{
	ssize_t n = recv(c->fd, c->in + c->used, sizeof(c->in) - c->used, MSG_DONTWAIT);
	enum http_status status;
	bool head;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || ++c->reads > READS_MAX) {
		end(s, c);
		return;
	}
	c->used += (size_t)n;
	status = http_parse(c->in, c->used, &head);
	if (status != HTTP_MORE)
		answer(s, c, status, head, now);
}

static void discard(struct scrape *s, struct conn *c)
{
	ssize_t n = recv(c->fd, c->in, sizeof(c->in), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || ++c->reads > DISCARD_MAX)
		end(s, c);
}

static struct conn *free_conn(struct scrape *s)
{
	int i;

	for (i = 0; i < SCRAPE_CONNS; i++) {
		if (s->conn[i].fd < 0)
			return &s->conn[i];
	}
	return NULL;
}

static void welcome(struct scrape *s, __u64 now)
{
	struct conn *c = free_conn(s);
	__u64 collisions = 0;
	int fd;

	if (!c || !bed4_slot_take(&s->bucket, 0, rate, 1, now, &collisions)) {
		pause_until(s, c ? now + rate.gap : 0);
		return;
	}
	fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_until(s, now + rate.gap); /* no descriptors, no memory: not a busy loop */
		return;
	}
	c->fd = fd;
	c->state = ASKING;
	c->until = now + SCRAPE_TIME;
	c->used = c->reads = 0;
	c->sent = c->head_len = c->body_len = 0;
	watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, (__u32)(c - s->conn));
}

static void serve(struct scrape *s, struct conn *c, __u64 now)
{
	switch (c->state) {
	case ASKING:
		hear(s, c, now);
		break;
	case ANSWERING:
		go_on(s, c);
		break;
	case CLOSING:
		discard(s, c);
		break;
	}
}

void scrape_run(struct scrape *s, __u64 now)
{
	struct epoll_event ev[SCRAPE_CONNS + 1];
	int i, n = epoll_wait(s->epoll, ev, SCRAPE_CONNS + 1, 0);

	for (i = 0; i < n; i++) {
		if (ev[i].data.u32 == LISTENER)
			welcome(s, now);
		else if (s->conn[ev[i].data.u32].fd >= 0)
			serve(s, &s->conn[ev[i].data.u32], now);
	}
}

__u64 scrape_deadline(const struct scrape *s)
{
	__u64 due = s->resume_at ? s->resume_at : UINT64_MAX;
	int i;

	for (i = 0; i < SCRAPE_CONNS; i++) {
		if (s->conn[i].fd >= 0 && s->conn[i].until < due)
			due = s->conn[i].until;
	}
	return due;
}

void scrape_tick(struct scrape *s, __u64 now)
{
	int i;

	if (s->resume_at && now >= s->resume_at)
		resume(s);
	for (i = 0; i < SCRAPE_CONNS; i++) {
		if (s->conn[i].fd >= 0 && now >= s->conn[i].until)
			end(s, &s->conn[i]);
	}
}

int scrape_fd(const struct scrape *s)
{
	return s->epoll;
}

struct scrape *scrape_new(int listener, const char *type, scrape_text_fn fn, void *arg)
{
	struct scrape *s = calloc(1, sizeof(*s));
	int i;

	if (!s)
		return NULL;
	*s = (struct scrape){ .listener = listener, .type = type, .fn = fn, .arg = arg };
	for (i = 0; i < SCRAPE_CONNS; i++)
		s->conn[i].fd = -1;
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0) {
		free(s);
		return NULL;
	}
	watch(s, EPOLL_CTL_ADD, listener, EPOLLIN, LISTENER);
	return s;
}

void scrape_free(struct scrape *s)
{
	int i;

	if (!s)
		return;
	for (i = 0; i < SCRAPE_CONNS; i++) {
		if (s->conn[i].fd >= 0)
			end(s, &s->conn[i]);
	}
	close(s->epoll);
	free(s);
}
