/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What ethtool tells of a device: offloads by their names, channels, how received packets are spread.
 * Changes nothing. Must not know what is good or bad about the answers.
 */
#ifndef IO_ETHTOOL_H
#define IO_ETHTOOL_H

#include <stdbool.h>

enum ethtool_feature {
	ETHTOOL_RXVLAN,
	ETHTOOL_LRO,
	ETHTOOL_GRO,
	ETHTOOL_GRO_HW,
	ETHTOOL_UDP_GRO_FORWARDING,
	ETHTOOL_TX_CSUM,
	ETHTOOL_FEATURES
};

/* How an answer is written that the kernel or driver did not give. */
#define ETHTOOL_UNKNOWN (-1)

struct ethtool_state {
	signed char on[ETHTOOL_FEATURES]; /* 1, 0, ETHTOOL_UNKNOWN */
	bool fixed[ETHTOOL_FEATURES]; /* it cannot be changed */
	int combined, combined_max; /* channels; ETHTOOL_UNKNOWN */
	int rings; /* that received packets are spread over; ETHTOOL_UNKNOWN */
	int udp4_ports; /* do the UDP ports count in that? 1, 0, ETHTOOL_UNKNOWN */
};

/*
 * Asks about the device @name through @fd, a socket of the network namespace that the device is in. What
 * is not told is ETHTOOL_UNKNOWN.
 */
void ethtool_read(int fd, const char *name, struct ethtool_state *s);

/* What ethtool_read() says of a device that tells nothing. */
void ethtool_unknown(struct ethtool_state *s);

/* The name of device @ifindex, as the namespace of @fd knows it, into @name; false: none. */
bool ethtool_name(int fd, unsigned int ifindex, char name[16]);

#endif
