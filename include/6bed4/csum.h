/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Internet checksums: RFC 1071 sums, RFC 1624 updates, and local checksum offload (LCO), which
 * derives the sum over an inner packet from its headers alone. Must not know packets' meaning.
 *
 * A sum is a plain 64-bit total of 16- or 32-bit words in the order they have in memory: carries
 * gather above and are folded in once, at the end, so that adding is one instruction without a
 * branch. One's complement sums do not depend on byte order (RFC 1071 section 2 B), so no word is
 * ever swapped. 2^32 words fit.
 */
#ifndef BED4_CSUM_H
#define BED4_CSUM_H

#include "wire.h"

/* Four bytes of any header, aligned as that is. */
typedef __be32 __attribute__((may_alias, aligned(BED4_WIRE_ALIGN))) bed4_word;

/* Two bytes of any header, aligned as all are. */
typedef __be16 __attribute__((may_alias, aligned(2))) bed4_half;

/* Folds to 16 bits; the caller complements. */
BED4_INLINE __u16 bed4_csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

BED4_INLINE __u64 bed4_csum_in6(const struct bed4_in6 *a)
{
	return (__u64)a->w[0] + a->w[1] + a->w[2] + a->w[3];
}

/* The header checksum of an IPv4 header of 20 bytes: 0 over a received one means valid. */
BED4_INLINE __u16 bed4_csum_ip4(const struct bed4_ip4 *ip)
{
	const bed4_word *w = (const void *)ip;

	return (__u16)~bed4_csum_fold((__u64)w[0] + w[1] + w[2] + w[3] + w[4]);
}

/* The sum over the IPv4 pseudo-header and the UDP header of a datagram, checksum field as is. */
BED4_INLINE __u64 bed4_csum_udp4(__be32 src, __be32 dst, const struct bed4_udp *udp)
{
	return (__u64)src + dst + BED4_HTONS(BED4_PROTO_UDP) + udp->len + udp->len + udp->src +
	       udp->dst + udp->csum;
}

/*
 * LCO. A TCP, UDP or ICMPv6 message with a valid checksum sums, with its IPv6 pseudo-header, to
 * ~0. So its own sum is the complement of the pseudo-header's; addresses and length cancel out
 * against those in the header, and what is left of header plus message is: version, traffic class
 * and flow label, the word of next header and hop limit, minus the next header. Take it after the
 * hop limit is final. The caller knows that the transport header follows the IPv6 header directly,
 * unfragmented, with a checksum that is not 0 if it is UDP.
 */
BED4_INLINE __u64 bed4_csum_lco(const struct bed4_ip6 *ip6)
{
	return (__u64)ip6->vtf + BED4_HTONS((__u16)(ip6->next << 8 | ip6->hops)) +
	       (__u16)~BED4_HTONS(ip6->next);
}

/* A computed UDP checksum of 0 is sent as 0xffff (RFC 768). */
BED4_INLINE __be16 bed4_csum_udp_final(__u64 sum)
{
	__u16 csum = (__u16)~bed4_csum_fold(sum);

	return csum ? csum : 0xffff;
}

#ifndef __bpf__
/* The sum over @len bytes at @p, which need not be aligned; an odd last byte is padded with 0. */
BED4_INLINE __u64 bed4_csum_buf(__u64 sum, const void *p, size_t len)
{
	const __u8 *b = p;
	__u64 eight;
	__u16 word;

	for (; len >= 8; len -= 8, b += 8) {
		__builtin_memcpy(&eight, b, 8);
		sum += (__u32)eight;
		sum += eight >> 32;
	}
	for (; len > 1; len -= 2, b += 2) {
		__builtin_memcpy(&word, b, 2);
		sum += word;
	}
	if (len) {
		word = BED4_HTONS((__u16)(*b << 8));
		sum += word;
	}
	return sum;
}

/* The checksum of an upper-layer message of @len bytes under @ip6 (RFC 8200 section 8.1). */
BED4_INLINE __u16 bed4_csum_upper(const struct bed4_ip6 *ip6, __u8 next, const void *msg,
				  size_t len)
{
	__u64 sum = bed4_csum_in6(&ip6->src) + bed4_csum_in6(&ip6->dst);

	sum += BED4_HTONL((__u32)len);
	sum += BED4_HTONS(next);
	return (__u16)~bed4_csum_fold(bed4_csum_buf(sum, msg, len));
}
#endif

#endif
