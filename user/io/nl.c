// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One rtnetlink conversation per call; see nl.h. Must not know what is asked for. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <time.h>

#include "io/nl.h"

#define GET 2 /* RTM_GETxxx: types come in fours NEW, DEL, GET, SET */

int nl_talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *arg)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	unsigned int seq = (unsigned int)time(NULL);
	char buf[32768];
	ssize_t n;
	int ret = 1;

	if (!nl)
		return -errno;
	nlh->nlmsg_seq = seq;
	nlh->nlmsg_flags |= NLM_F_REQUEST;
	/* NLM_F_REPLACE is a bit of NLM_F_DUMP: only the type of message tells them apart. */
	if ((nlh->nlmsg_type & 3) != GET || !(nlh->nlmsg_flags & NLM_F_DUMP))
		nlh->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		ret = -1;
	while (ret > 0) {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		ret = n < 0 ? -1 : mnl_cb_run(buf, n, seq, mnl_socket_get_portid(nl), cb, arg);
	}
	ret = ret < 0 ? -errno : 0;
	mnl_socket_close(nl);
	return ret;
}
