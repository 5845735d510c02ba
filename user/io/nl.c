// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * One netlink conversation per call, and safe reading of messages; see nl.h. Must not know what is asked
 * for. Proved by selftests/net and selftests/fuzz/fuzz_netlink.c.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <time.h>

#include "io/nl.h"

#define GET	  2 /* RTM_GETxxx: types come in fours NEW, DEL, GET, SET */
#define ERRNO_MAX 4095 /* the kernel's own bound */

/* libmnl takes lengths for ints: one of 2 GB and more is negative there, and would have no end. */
static bool lengths_fit(const char *p, size_t n)
{
	struct nlmsghdr nlh;
	size_t step;

	for (; n >= sizeof(nlh); p += step, n -= step) {
		memcpy(&nlh, p, sizeof(nlh));
		if (nlh.nlmsg_len < sizeof(nlh) || nlh.nlmsg_len > n)
			return false;
		step = NLMSG_ALIGN(nlh.nlmsg_len) < n ? NLMSG_ALIGN(nlh.nlmsg_len) : n;
	}
	return true;
}

int nl_run(const void *buf, size_t n, unsigned int seq, unsigned int portid, mnl_cb_t cb, void *arg)
{
	if (lengths_fit(buf, n))
		return mnl_cb_run(buf, n, seq, portid, cb, arg);
	errno = EBADMSG;
	return -1;
}

static int talk(int bus, struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	struct mnl_socket *nl = mnl_socket_open2(bus, SOCK_CLOEXEC);
	unsigned int seq = (unsigned int)time(NULL);
	char buf[32768];
	ssize_t n;
	int ret = 1;

	if (!nl)
		return -errno;
	nlh->nlmsg_seq = seq;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		ret = -1;
	while (ret > 0) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		ret = n < 0 ? -1 : nl_run(buf, (size_t)n, seq, mnl_socket_get_portid(nl), cb, arg);
	}
	if (ret < 0) /* errno is what the message said, whatever that was */
		ret = errno > 0 && errno <= ERRNO_MAX ? -errno : -EBADMSG;
	mnl_socket_close(nl);
	return ret;
}

int nl_talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	nlh->nlmsg_flags |= NLM_F_REQUEST;
	/* NLM_F_REPLACE is a bit of NLM_F_DUMP: only the type of message tells them apart. */
	if ((nlh->nlmsg_type & 3) != GET || !(nlh->nlmsg_flags & NLM_F_DUMP))
		nlh->nlmsg_flags |= NLM_F_ACK;
	return talk(NETLINK_ROUTE, nlh, cb, arg);
}

int nl_talk_generic(struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	return talk(NETLINK_GENERIC, nlh, cb, arg);
}

const void *nl_head(const struct nlmsghdr *nlh, size_t size)
{
	return mnl_nlmsg_get_payload_len(nlh) >= size ? mnl_nlmsg_get_payload(nlh) : NULL;
}

bool nl_get(const struct nlattr *attr, void *value, size_t size)
{
	if (mnl_attr_get_payload_len(attr) != size)
		return false;
	memcpy(value, mnl_attr_get_payload(attr), size);
	return true;
}
