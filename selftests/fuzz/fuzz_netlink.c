// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Arbitrary netlink messages as the kernel's answers and events, through all that reads them: links,
 * addresses, routes, rules, neighbours, filters, features of devices. The code and libmnl's walking are
 * the real ones; stands in for libmnl's sockets. What is behind a datagram is poisoned, so that a read
 * past its end is seen although the buffer is larger.
 *
 * Input: whom to call (1 byte), then messages: type (1 byte, index), flags (1 byte), length (2 bytes,
 * little-endian), body. Flags: begin a new datagram; the body is the whole message, with its header.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <linux/fib_rules.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <sanitizer/asan_interface.h>

#include "io/device.h"
#include "io/hops.h"
#include "io/nl.h"
#include "io/rtnl.h"
#include "promise.h"

enum { NEW_DATAGRAM = 1, RAW = 2 };

#define LIST_MAX 4 /* of addresses asked for */

static const uint16_t types[] = {
	RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWRULE,
	RTM_DELRULE, RTM_NEWNEIGH, RTM_DELNEIGH, RTM_NEWTFILTER, RTM_NEWNEXTHOP, RTM_NEWQDISC, GENL_ID_CTRL, 32,
	NLMSG_DONE, NLMSG_ERROR, NLMSG_NOOP, NLMSG_OVERRUN,
};

/* --- the socket ----------------------------------------------------------------------------------- */

static const uint8_t *input;
static size_t left;
static struct {
	char *at;
	size_t size;
} poisoned;

static void unpoison(void)
{
	if (poisoned.at)
		ASAN_UNPOISON_MEMORY_REGION(poisoned.at, poisoned.size);
	poisoned.at = NULL;
}

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
	static char socket;

	(void)flags;
	promise(bus == NETLINK_ROUTE || bus == NETLINK_GENERIC);
	return (struct mnl_socket *)&socket;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
	(void)nl;
	(void)groups;
	(void)pid;
	return 0;
}

int mnl_socket_setsockopt(const struct mnl_socket *nl, int type, void *buf, socklen_t len)
{
	(void)nl;
	(void)type;
	(void)buf;
	(void)len;
	return 0;
}

int mnl_socket_get_fd(const struct mnl_socket *nl)
{
	(void)nl;
	return -1;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl)
{
	(void)nl;
	return 7;
}

/* Requests are whole messages with whole attributes. */
ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *req, size_t size)
{
	const struct nlmsghdr *nlh = req;

	(void)nl;
	promise(nlh->nlmsg_len == size && size >= sizeof(*nlh) && nlh->nlmsg_flags & NLM_F_REQUEST);
	return (ssize_t)size;
}

int mnl_socket_close(struct mnl_socket *nl)
{
	(void)nl;
	unpoison();
	return 0;
}

/* Puts the next message behind the @n bytes of @buf. Returns its length, 0 if there is no room. */
static size_t next_message(char *buf, size_t n, size_t size)
{
	struct nlmsghdr nlh = { .nlmsg_type = types[input[0] % (sizeof(types) / sizeof(*types))] };
	size_t head = input[1] & RAW ? 0 : sizeof(nlh), len = input[2] | input[3] << 8;

	if (len > left - 4)
		len = left - 4;
	if (n + head + NLMSG_ALIGN(len) > size)
		return 0;
	nlh.nlmsg_len = (__u32)(head + len);
	memcpy(buf + n, &nlh, head);
	memcpy(buf + n + head, input + 4, len);
	memset(buf + n + head + len, 0, NLMSG_ALIGN(len) - len);
	input += 4 + len;
	left -= 4 + len;
	return head + NLMSG_ALIGN(len);
}

/* The next datagram; when there is none any more, what a socket says that does not wait. */
ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buf, size_t size)
{
	size_t n = 0, more = 1;

	(void)nl;
	unpoison();
	if (left && *input == 0xff) {
		input++;
		left--;
		errno = ENOBUFS;
		return -1;
	}
	while (left >= 4 && more && (!n || !(input[1] & NEW_DATAGRAM))) {
		more = next_message(buf, n, size);
		n += more;
	}
	if (!n) {
		left = 0;
		errno = EAGAIN;
		return -1;
	}
	poisoned.at = (char *)buf + n;
	poisoned.size = size - n;
	ASAN_POISON_MEMORY_REGION(poisoned.at, poisoned.size);
	return (ssize_t)n;
}

/* --- who reads ------------------------------------------------------------------------------------ */

static void ask_link(void)
{
	struct rtnl_link link;

	rtnl_link_get("a-device-with-a-name", &link);
	promise(!strcmp(link.name, "a-device-with-a"));
	rtnl_link_setup(1, 1280);
	rtnl_link_forward4(1);
}

static void ask_addresses(void)
{
	__be32 *addrs = malloc(LIST_MAX * sizeof(*addrs)), one = 0;
	unsigned int dev = 7;
	int n = rtnl_addr4_own(addrs, LIST_MAX), i, k;

	promise(addrs && n <= LIST_MAX);
	for (i = 0; i < n; i++)
		for (k = 0; k < i; k++)
			promise(addrs[i] != addrs[k]);
	rtnl_addr4_primary(1, &one);
	n = rtnl_addr4_dev(BED4_HTONL(0x83010002), &dev);
	promise(n ? n < 0 : dev != 0);
	free(addrs);
}

static void ask_subnets(void)
{
	struct rtnl_subnet4 *subnets = malloc(LIST_MAX * sizeof(*subnets));
	int n = rtnl_subnets4(1, subnets, LIST_MAX), i;

	promise(subnets && n <= LIST_MAX);
	for (i = 0; i < n; i++)
		promise(subnets[i].len <= 32);
	free(subnets);
}

static void ask_default(void)
{
	unsigned int dev = 7;
	int err = rtnl_default6_dev(2, &dev);

	promise(err ? err < 0 : dev && dev != 2);
	err = rtnl_route4_dev(BED4_HTONL(0x91880001), &dev);
	promise(err ? err < 0 : dev != 0);
}

static void ask_filters(void)
{
	unsigned int n = 0;

	int err = rtnl_filters(1, 1, &n);

	promise(err <= 0 && err >= -4095);
	rtnl_has_clsact(1);
}

static void ask_features(void)
{
	device_takes_redirects(1, true);
}

/* Events, what they make necessary, and gateways in use: all over one input. */
static void watch(void)
{
	const struct bed4_via via = { .gateway = { .b = { 0xfe, 0x80 } }, .ifindex = 1 };
	struct hops *h;
	__u32 bypass;

	promise(!hops_open(&h));
	hops_changed(h);
	bypass = hops_bypass(h, 100);
	promise(!(bypass & ~(BED4_BYPASS_V4 | BED4_BYPASS_V6)));
	hops_use(&via);
	hops_changed(h);
	hops_close(h);
}

static void dump(void)
{
	struct hops *h;
	__u32 bypass;

	promise(!hops_open(&h));
	bypass = hops_bypass(h, 100);
	promise(!(bypass & ~(BED4_BYPASS_V4 | BED4_BYPASS_V6)));
	hops_close(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(void) = { ask_link, ask_addresses, ask_subnets, ask_default,
						 ask_filters, ask_features, watch, dump };

	if (!size)
		return 0;
	input = data + 1;
	left = size - 1;
	readers[data[0] % (sizeof(readers) / sizeof(*readers))]();
	promise(!poisoned.at);
	return 0;
}
