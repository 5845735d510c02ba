/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What cutting and merging have to know of a TCP header (RFC 9293 section 3.1). */
#ifndef IO_TCP_H
#define IO_TCP_H

#include <string.h>

#include "6bed4/types.h"

#define TCP_MIN	  20
#define TCP_SEQ	  4
#define TCP_ACKNO 8
#define TCP_OFF	  12 /* data offset, in the upper half of this byte */
#define TCP_FLAGS 13
#define TCP_CSUM  16

enum tcp_flag { TCP_FIN = 0x01, TCP_PSH = 0x08, TCP_ACK = 0x10, TCP_CWR = 0x80 };

BED4_INLINE size_t tcp_header_len(const __u8 *tcp)
{
	return (tcp[TCP_OFF] >> 4) * 4u;
}

BED4_INLINE __u32 tcp_seq(const __u8 *tcp)
{
	__be32 v;

	memcpy(&v, tcp + TCP_SEQ, sizeof(v));
	return BED4_NTOHL(v);
}

BED4_INLINE void tcp_set_seq(__u8 *tcp, __u32 seq)
{
	__be32 v = BED4_HTONL(seq);

	memcpy(tcp + TCP_SEQ, &v, sizeof(v));
}

#endif
