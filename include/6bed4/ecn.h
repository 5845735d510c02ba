/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The traffic class across the tunnel: RFC 6040 for ECN, RFC 2983 pipe model for DSCP, and the one
 * exception that deployed peers need (PROTOCOL sections 4 and 11). Must not know headers.
 */
#ifndef BED4_ECN_H
#define BED4_ECN_H

#include "types.h"

enum bed4_ecn {
	BED4_ECN_NOT_ECT = 0,
	BED4_ECN_ECT1 = 1,
	BED4_ECN_ECT0 = 2,
	BED4_ECN_CE = 3,
};

/*
 * The traffic class of a packet that leaves the tunnel with outer TOS @tos and inner traffic class
 * @tclass, or -1 when RFC 6040 section 4.2 wants it dropped. The inner DSCP stands.
 *
 * Deployed peers shift the traffic class wrongly when they write the outer TOS (0xb8 leaves as
 * 0x0b), which reads as CE: where the outer TOS is the inner class shifted right by 4 and the inner
 * packet is Not-ECT, nobody marked it.
 */
BED4_INLINE int bed4_ecn_in(__u8 tos, __u8 tclass)
{
	__u8 outer = tos & 3, inner = tclass & 3;

	if (inner == BED4_ECN_NOT_ECT)
		return outer == BED4_ECN_CE && tos != tclass >> 4 ? -1 : tclass;
	if (outer == BED4_ECN_CE)
		return tclass | BED4_ECN_CE;
	if (outer == BED4_ECN_ECT1 && inner == BED4_ECN_ECT0)
		return (tclass & ~3) | BED4_ECN_ECT1;
	return tclass;
}

#define BED4_DSCP_COPY 64 /* one more than the highest */

/*
 * The outer TOS of a packet with traffic class @tclass: ECN is always copied (RFC 6040 section 4.1), the
 * DSCP copied or, if the operator wants so, always the same (RFC 2983 section 3).
 */
BED4_INLINE __u8 bed4_outer_tos(__u32 dscp, __u8 tclass)
{
	return dscp >= BED4_DSCP_COPY ? tclass : (__u8)(dscp << 2 | (tclass & 3));
}

#endif
