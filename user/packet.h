/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a captured packet says, and a line of text about it: outer endpoints, inner addresses, ports. Believes
 * nothing: the bytes are a stranger's, and may end anywhere. Must not know where they come from.
 */
#ifndef PACKET_H
#define PACKET_H

#include <stddef.h>

#include "6bed4/map.h"

struct packet {
	const __u8 *ip; /* from its first IP header on; NULL: it is no IP packet */
	size_t ip_len; /* of what there is */
	const __u8 *ip6; /* the IPv6 packet, inside or alone; NULL none */
	size_t ip6_len;
	bool has_outer, has_inner, has_ports, has_type;
	struct bed4_ep outer_src, outer_dst; /* of an IPv4 packet; ports 0 when it is not UDP */
	__u8 outer_proto;
	struct bed4_in6 src, dst;
	__u8 proto, hops; /* what follows the IPv6 header */
	__u16 sport, dport; /* TCP and UDP behind it, host order */
	__u8 type, code; /* ICMPv6 behind the IPv6 header, or ICMPv4 */
};

/* Has the packet of @hook a link-layer header, as it came or (@after) as it left? */
bool packet_has_eth(enum bed4_hook hook, bool after);

/* Reads @len bytes; @eth: they begin with an Ethernet header. */
void packet_read(struct packet *p, const __u8 *data, size_t len, bool eth);

/* "A:P > B:P", "A > B TCP 1 > 2", and both in one; returns @buf. */
#define PACKET_TEXT 256
const char *packet_text(const struct packet *p, char buf[PACKET_TEXT]);

/* The packet in the same words, as far as it is not what @before has said already. */
const char *packet_text_after(const struct packet *p, const struct packet *before, char buf[PACKET_TEXT]);

/* "TCP", "UDP", "ICMPv6" or a number; the buffer has 16 bytes. */
const char *packet_proto(__u8 proto, char buf[16]);

/* Is @s one record of a capture, @size bytes long, whose numbers are in range? */
bool packet_shot_sane(const struct bed4_shot *s, size_t size);

#endif
