/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maximum segment size in TCP SYNs (RFC 9293 section 3.7.1), lowered where an operator wants TCP to
 * work across networks that filter Packet Too Big. Must not know where a packet goes.
 */
#ifndef BED4_MSS_H
#define BED4_MSS_H

#include "parse.h"

#define BED4_TCP_LEN   20 /* without options */
#define BED4_TCP_CSUM  16 /* where it stands */
#define BED4_TCP_FLAGS 13
#define BED4_TCP_SYN   0x02
#define BED4_MSS_KIND  2
#define BED4_MSS_LEN   4 /* of the option: kind, length, two bytes */
#define BED4_MSS_HEADS (BED4_IP6_LEN + BED4_TCP_LEN) /* what an MSS does not count: RFC 6691 */

enum bed4_mss {
	BED4_MSS_FINE, /* no SYN, or nothing to lower in it */
	BED4_MSS_FIRST, /* the first option, too high: as all systems in use write it */
	BED4_MSS_SCAN, /* other options come first: look through them */
};

/*
 * What there is to do about a packet, in O(1): @next is the header behind the IPv6 header, where @upper
 * stands; @max is the MSS allowed, bytes.
 */
BED4_INLINE enum bed4_mss bed4_mss_look(__u8 next, struct bed4_cur upper, __u32 max)
{
	const __u8 *tcp = bed4_take(&upper, BED4_TCP_LEN), *opt;

	if (next != BED4_PROTO_TCP || !tcp || !(tcp[BED4_TCP_FLAGS] & BED4_TCP_SYN) || tcp[12] >> 4 <= 5)
		return BED4_MSS_FINE;
	opt = bed4_take(&upper, BED4_MSS_LEN);
	if (!opt)
		return BED4_MSS_FINE;
	if (opt[0] != BED4_MSS_KIND || opt[1] != BED4_MSS_LEN)
		return BED4_MSS_SCAN;
	return ((__u32)opt[2] << 8 | opt[3]) > max ? BED4_MSS_FIRST : BED4_MSS_FINE;
}

/*
 * Writes @max into the MSS option at @opt, @odd when that is an odd number of bytes behind @tcp, and
 * updates TCP's checksum, which has to be complete (RFC 1624). What an outer checksum sums up to does
 * not change by that.
 */
BED4_INLINE void bed4_mss_put(__u8 *tcp, __u8 *opt, bool odd, __u32 max)
{
	__u32 sum = tcp[BED4_TCP_CSUM] << 8 | tcp[BED4_TCP_CSUM + 1], old = opt[2] << 8 | opt[3];

	sum = (__u16)~sum;
	/* Across a word boundary the bytes count swapped (RFC 1071 section 2 B). */
	if (odd)
		sum += (__u16)~((old & 0xff) << 8 | old >> 8) + ((max & 0xff) << 8 | (max >> 8 & 0xff));
	else
		sum += (__u16)~old + (max & 0xffff);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum;
	opt[2] = (__u8)(max >> 8);
	opt[3] = (__u8)max;
	tcp[BED4_TCP_CSUM] = (__u8)(sum >> 8);
	tcp[BED4_TCP_CSUM + 1] = (__u8)sum;
}

#endif
