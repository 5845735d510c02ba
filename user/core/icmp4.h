/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ICMPv4 errors about tunnel datagrams. Must not know sockets: what arrives is the ICMP message alone.
 */
#ifndef CORE_ICMP4_H
#define CORE_ICMP4_H

#include "core/tunnel.h"

/*
 * Takes one ICMPv4 message of @len bytes, @icmp at its ICMP header, 2-aligned. If it is an error about
 * a datagram of this tunnel, with enough of the inner packet and nothing in it that we would not have
 * sent, the inner source is told by an ICMPv6 error; a peer doubts the path, too. RFC 2473 section 8.
 */
void tunnel_rx_icmp4(struct tunnel *t, __u64 now, __u8 *icmp, size_t len, struct actions *actions);

#endif
