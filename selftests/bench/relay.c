// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The simplest tunnel there is, to compare with: relay TUN LOCAL REMOTE PORT reads a packet from the
 * TUN device and writes a datagram, reads a datagram and writes a packet. Checks nothing.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_tun(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	return fd < 0 || ioctl(fd, TUNSETIFF, &ifr) ? -1 : fd;
}

static int open_udp(const char *local, const char *remote, int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	inet_pton(AF_INET, local, &sin.sin_addr);
	if (fd < 0 || bind(fd, (void *)&sin, sizeof(sin)))
		return -1;
	inet_pton(AF_INET, remote, &sin.sin_addr);
	return connect(fd, (void *)&sin, sizeof(sin)) ? -1 : fd;
}

int main(int argc, char **argv)
{
	static char packet[65536];
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	ssize_t n;

	if (argc != 5)
		return 2;
	p[0].fd = open_tun(argv[1]);
	p[1].fd = open_udp(argv[2], argv[3], atoi(argv[4]));
	if (p[0].fd < 0 || p[1].fd < 0) {
		perror("relay");
		return 1;
	}
	for (;;) {
		if (poll(p, 2, -1) < 0)
			return 1;
		for (int i = 0; i < 2; i++) {
			if (!(p[i].revents & POLLIN))
				continue;
			n = read(p[i].fd, packet, sizeof(packet));
			if (n > 0 && write(p[!i].fd, packet, n) < 0)
				continue;
		}
	}
}
