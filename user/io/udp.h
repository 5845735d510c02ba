/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The UDP sockets of an instance. Must not know what datagrams contain.
 */
#ifndef IO_UDP_H
#define IO_UDP_H

#include <stddef.h>

#include "6bed4/addr.h"
#include "err.h"

/*
 * Binds @ep: DF clear on what it sends, so that narrow paths may fragment; TOS of what it receives
 * is told; multicast leaves by the device @ifindex. Returns a non-blocking descriptor, or -errno
 * with @e set.
 */
int udp_open(struct bed4_ep ep, unsigned int ifindex, struct err *e);

/*
 * A socket that gets the machine's ICMPv4 errors, those too about datagrams that BPF has sent; a
 * descriptor or -errno. udp_recv_error() reads one: its length with *@icmp at the ICMP header, 2-aligned
 * in @buf, or -errno.
 */
int udp_open_errors(void);
int udp_recv_error(int fd, void *buf, size_t size, __u8 **icmp);

/* Joins the multicast address of @group on one device, beside others. Returns likewise. */
int udp_open_group(struct bed4_ep group, unsigned int ifindex, struct err *e);

/* Sends without UDP checksum from now on (RFC 768), or with. */
void udp_no_csum(int fd, bool on);

/* Sends with DF set from now on, or clear. */
void udp_df(int fd, bool on);

/* Is the socket bound to @ep? */
bool udp_is_at(int fd, struct bed4_ep ep);

/* One datagram; 0 bytes is a datagram too. Returns its length or -errno (-EAGAIN: none waits). */
int udp_recv(int fd, void *buf, size_t size, struct bed4_ep *src, __u8 *tos);

/* Sends one. 0 or -errno; an ICMP error about an earlier datagram is not this one's. */
int udp_send(int fd, struct bed4_ep to, const void *buf, size_t len, __u8 tos, __u8 ttl);

#endif
