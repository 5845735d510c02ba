// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Conversations with a running daemon; see live.h. Proved by selftests/net/test_live.sh. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "io/ctl.h"
#include "live.h"
#include "show.h"

#define PATIENCE 5 /* s for an answer to the request */

int live_open(const char *iface, const char *verb, const char *words, struct err *e)
{
	char request[CTL_REQUEST];
	struct ctl_reply reply;
	unsigned int i;
	int fd;

	snprintf(request, sizeof(request), "%s %u %s", verb, WATCH_ABI, words);
	fd = ctl_ask_open(iface, request, PATIENCE, &reply, e);
	if (fd < 0)
		return fd;
	for (i = 0; i < reply.fd_count; i++)
		close(reply.fds[i]);
	if (!reply.code)
		return fd;
	close(fd);
	return err_set(e, -EREMOTEIO, "%s: %s", iface, reply.text);
}

/* Texts end where their room does. */
int live_next(int fd, struct watch_msg *msg)
{
	int err = ctl_hear(fd, msg, sizeof(*msg));

	if (err)
		return err == -EAGAIN || err == -EPROTO ? err : -EPIPE;
	msg->name[sizeof(msg->name) - 1] = 0;
	msg->text[sizeof(msg->text) - 1] = 0;
	return msg->abi == WATCH_ABI && msg->kind < WATCH_KINDS ? 0 : -EPROTO;
}

struct choice {
	const struct bed4_in6 *addr;
	unsigned int all, near;
	char only[BED4_NAME_LEN], nearest[BED4_NAME_LEN];
};

static int look(const struct show *s, struct instance_maps *m, void *arg)
{
	struct choice *c = arg;

	(void)m;
	c->all++;
	memcpy(c->only, s->iface, sizeof(c->only));
	if (!(s->self.flags & BED4_SELF_ADDR) || !bed4_same_prefix(&s->self.own, c->addr))
		return EXIT_DONE;
	c->near++;
	memcpy(c->nearest, s->iface, sizeof(c->nearest));
	return EXIT_DONE;
}

int live_pick(const char *cmd, const char *iface, const struct bed4_in6 *addr, char name[BED4_NAME_LEN])
{
	struct show_args all = { .iface = iface };
	struct choice c = { .addr = addr };
	int code = show_each(&all, look, &c);

	if (code)
		return code;
	if (c.all > 1 && c.near != 1) {
		fprintf(stderr, "6bed4ctl %s: several devices are loaded: say which IFACE\n", cmd);
		return EXIT_USAGE;
	}
	memcpy(name, c.all == 1 ? c.only : c.nearest, BED4_NAME_LEN);
	return EXIT_DONE;
}

int live_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int live_seconds(const char *text, unsigned int min, unsigned int *ms)
{
	char *end;
	double s;

	if (*text < '0' || *text > '9' || strspn(text, "0123456789.") != strlen(text))
		return -EINVAL;
	s = strtod(text, &end);
	if (*end || s > 3600 || s * 1000 + 0.5 < min)
		return -EINVAL;
	*ms = (unsigned int)(s * 1000 + 0.5);
	return 0;
}

const char *live_time(__u64 ns, char buf[LIVE_TIME])
{
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm = {};
	size_t n;

	localtime_r(&s, &tm);
	n = strftime(buf, LIVE_TIME, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, LIVE_TIME - n, ".%06llu", ns / 1000 % 1000000);
	return buf;
}

const char *live_why(unsigned int reason, struct bed4_ep ep, char buf[LIVE_WHY])
{
	char text[SHOW_TEXT];

	switch (reason) {
	case BED4_REASON_ODD_PORT:
		return "its address names no endpoint: the port in it is odd, or it is not of that form";
	case BED4_REASON_REFUSED:
		return "the IPv4 address in it may be no endpoint; see --permit-v4 and --deny-v4";
	case BED4_REASON_FULL:
		return "the neighbour cache is full; see --neigh-max";
	default:
		snprintf(buf, LIVE_WHY, "no answer from %s: it is down, a firewall is between, or a NAT lets nobody "
			 "in or gives each destination another port", show_ep(ep, text));
		return buf;
	}
}
