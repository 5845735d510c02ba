// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The UDP socket; see udp.h. Proved by selftests/net. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "6bed4/map.h"
#include "io/udp.h"

#define RCVBUF (4 << 20)

static int set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

/* What we multicast leaves by the underlay and does not come back to us. */
static int configure_multicast(int fd, unsigned int ifindex)
{
	struct ip_mreqn via = { .imr_ifindex = (int)ifindex };
	int err = setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &via, sizeof(via)) ? -errno : 0;

	return err ? err : set_int(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
}

static int configure(int fd, struct bed4_ep ep, unsigned int ifindex)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = ep.addr,
				   .sin_port = ep.port };
	int err = set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);

	if (!err)
		err = configure_multicast(fd, ifindex);
	if (!err)
		err = set_int(fd, IPPROTO_IP, IP_RECVTOS, 1);
	if (!err && set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, RCVBUF))
		set_int(fd, SOL_SOCKET, SO_RCVBUF, RCVBUF); /* as much as we may have */
	if (!err) {
		err = set_int(fd, SOL_SOCKET, SO_MARK, BED4_FWMARK);
		err = err == -EPERM ? 0 : err; /* without privileges there is no program that looks for it */
	}
	if (!err && bind(fd, (void *)&sin, sizeof(sin)))
		err = -errno;
	return err;
}

int udp_open(struct bed4_ep ep, unsigned int ifindex, struct err *e)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct in_addr in = { ep.addr };
	unsigned int port = BED4_NTOHS(ep.port);
	int err = fd < 0 ? -errno : configure(fd, ep, ifindex);

	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	if (err == -EADDRINUSE)
		return err_set(e, err, "UDP port %u of %s is taken; see `ss -lunp sport = %u`, or choose "
				       "another with --port", port, inet_ntoa(in), port);
	if (err == -EADDRNOTAVAIL)
		return err_set(e, err, "%s is no address of this machine; see `ip -4 addr`, or choose with "
				       "--listen", inet_ntoa(in));
	return err_set(e, err, "cannot bind UDP %s:%u: %s", inet_ntoa(in), port, strerror(-err));
}

int udp_open_group(struct bed4_ep group, unsigned int ifindex, struct err *e)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = group.addr,
				   .sin_port = group.port };
	struct ip_mreqn join = { .imr_multiaddr.s_addr = group.addr, .imr_ifindex = (int)ifindex };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err = -errno;

	if (fd < 0)
		return err_set(e, err, "cannot make a socket: %s", strerror(-err));
	err = set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1); /* shared with other instances */
	if (!err)
		err = set_int(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
	if (!err && bind(fd, (void *)&sin, sizeof(sin)))
		err = -errno;
	if (!err && setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join)))
		err = -errno;
	if (!err)
		return fd;
	close(fd);
	return err_set(e, err, "cannot listen to the LAN: %s; do without it by --radius 0", strerror(-err));
}

int udp_open_errors(void)
{
	struct icmp_filter filter = { .data = ~(1u << ICMP_DEST_UNREACH | 1u << ICMP_TIME_EXCEEDED |
						1u << ICMP_PARAMETERPROB) };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP);

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)))
		return fd;
	close(fd);
	return -errno;
}

int udp_recv_error(int fd, void *buf, size_t size, __u8 **icmp)
{
	const struct bed4_ip4 *ip4 = buf;
	ssize_t n = recv(fd, buf, size, 0), head;

	if (n < 0)
		return -errno;
	head = n < BED4_IP4_LEN ? n : (ip4->vhl & 15) * 4;
	*icmp = (__u8 *)buf + head;
	return head > n ? 0 : (int)(n - head);
}

void udp_no_csum(int fd, bool on)
{
	set_int(fd, SOL_SOCKET, SO_NO_CHECK, on);
}

void udp_df(int fd, bool on)
{
	/* What the kernel believes of a path's MTU must not make it refuse: the fast path does not either. */
	set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, on ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT);
}

bool udp_is_at(int fd, struct bed4_ep ep)
{
	struct sockaddr_in sin = {};
	socklen_t len = sizeof(sin);

	return !getsockname(fd, (void *)&sin, &len) && sin.sin_family == AF_INET &&
	       sin.sin_addr.s_addr == ep.addr && sin.sin_port == ep.port;
}

int udp_recv(int fd, void *buf, size_t size, struct bed4_ep *src, __u8 *tos)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { buf, size };
	struct sockaddr_in sin;
	struct msghdr msg = { .msg_name = &sin, .msg_namelen = sizeof(sin), .msg_iov = &iov,
			      .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &msg, 0);
	struct cmsghdr *c;

	if (n < 0)
		return -errno;
	*src = bed4_ep(sin.sin_addr.s_addr, sin.sin_port);
	*tos = 0;
	for (c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			*tos = *(const __u8 *)CMSG_DATA(c);
	}
	return (int)n;
}

static void put_int(struct msghdr *msg, struct cmsghdr *c, int type, int value)
{
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(sizeof(value));
	memcpy(CMSG_DATA(c), &value, sizeof(value));
	msg->msg_controllen += CMSG_SPACE(sizeof(value));
}

int udp_send(int fd, struct bed4_ep to, const void *buf, size_t len, __u8 tos, __u8 ttl)
{
	_Alignas(struct cmsghdr) char control[2 * CMSG_SPACE(sizeof(int))] = {};
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = to.addr,
				   .sin_port = to.port };
	struct iovec iov = { (void *)buf, len };
	struct msghdr msg = { .msg_name = &sin, .msg_namelen = sizeof(sin), .msg_iov = &iov,
			      .msg_iovlen = 1, .msg_control = control };

	put_int(&msg, (void *)control, IP_TOS, tos);
	put_int(&msg, (void *)(control + CMSG_SPACE(sizeof(int))), IP_TTL, ttl);
	if (sendmsg(fd, &msg, 0) >= 0)
		return 0;
	if (errno != ECONNREFUSED)
		return -errno;
	return sendmsg(fd, &msg, 0) < 0 ? -errno : 0; /* that error was an earlier datagram's */
}
