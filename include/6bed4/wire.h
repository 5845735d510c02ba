/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The wire format: header layouts, protocol numbers and the constants of PROTOCOL sections 2 to 4.
 * Must not know how anything is decided. All multi-byte fields are in network order.
 */
#ifndef BED4_WIRE_H
#define BED4_WIRE_H

#include "types.h"

#define BED4_PORT	     25788 /* the service's UDP port */
#define BED4_MTU	     1280  /* of the 6bed4 Link */
#define BED4_MTU_MAX	     65507 /* what one UDP datagram over IPv4 can hold */
#define BED4_SERVICE_V4	     "145.136.0.1"
#define BED4_TTL	     64
#define BED4_KEEPALIVE_TTL   3
#define BED4_KEEPALIVE_SEC   30
#define BED4_PEER_PORT_MIN   49152
#define BED4_PEER_PORT_MAX   65534

/* EtherType, IPv4 protocol or IPv6 next header, and ICMPv6 type are different kinds of number. */
enum bed4_ethertype {
	BED4_ETH_IP4 = 0x0800,
	BED4_ETH_VLAN = 0x8100,
	BED4_ETH_IP6 = 0x86dd,
	BED4_ETH_QINQ = 0x88a8,
};

enum bed4_proto {
	BED4_PROTO_HOPOPT = 0,
	BED4_PROTO_TCP = 6,
	BED4_PROTO_UDP = 17,
	BED4_PROTO_ROUTING = 43,
	BED4_PROTO_FRAGMENT = 44,
	BED4_PROTO_AH = 51,
	BED4_PROTO_ICMP6 = 58,
	BED4_PROTO_DSTOPT = 60,
};

enum bed4_icmp6_type {
	BED4_ICMP6_UNREACH = 1,
	BED4_ICMP6_TOO_BIG = 2,
	BED4_ICMP6_TIME_EXCEEDED = 3,
	BED4_ICMP6_INFO = 128, /* types from here on are not errors (RFC 4443 section 2.1) */
	BED4_ICMP6_ECHO = 128,
	BED4_ICMP6_REPLY = 129,
	BED4_ND_RS = 133,
	BED4_ND_RA = 134,
	BED4_ND_NS = 135,
	BED4_ND_NA = 136,
	BED4_ND_REDIRECT = 137,
};

enum bed4_nd_opt {
	BED4_ND_OPT_SLLA = 1,
	BED4_ND_OPT_TLLA = 2,
	BED4_ND_OPT_PREFIX = 3,
};

/* An IPv6 address. Also a map key, so its layout is ABI. */
struct bed4_in6 {
	union {
		__u8 b[16];
		__be16 h[8];
		__be32 w[4];
	};
} BED4_WIRE;

struct bed4_eth {
	__u8 dst[6];
	__u8 src[6];
	__be16 proto;
} __attribute__((packed, aligned(2)));

struct bed4_ip4 {
	__u8 vhl; /* version and header length in words */
	__u8 tos;
	__be16 len;
	__be16 id;
	__be16 frag;
	__u8 ttl;
	__u8 proto;
	__be16 csum;
	__be32 src;
	__be32 dst;
} BED4_WIRE;

#define BED4_IP4_DF   BED4_HTONS(0x4000)
#define BED4_IP4_FRAG BED4_HTONS(0x3fff) /* more fragments, or an offset */

struct bed4_udp {
	__be16 src;
	__be16 dst;
	__be16 len;
	__be16 csum;
} BED4_WIRE;

struct bed4_ip6 {
	__be32 vtf; /* version, traffic class, flow label */
	__be16 len;
	__u8 next;
	__u8 hops;
	struct bed4_in6 src;
	struct bed4_in6 dst;
} BED4_WIRE;

struct bed4_icmp6 {
	__u8 type;
	__u8 code;
	__be16 csum;
} BED4_WIRE;

/* Head of an ICMPv6 echo request or reply (RFC 4443 section 4). */
struct bed4_echo {
	__u8 type;
	__u8 code;
	__be16 csum;
	__be32 id_seq; /* identifier and sequence number */
} BED4_WIRE;

#define BED4_ETH_LEN   14
#define BED4_IP4_LEN   20
#define BED4_UDP_LEN   8
#define BED4_IP6_LEN   40
#define BED4_OUTER_LEN (BED4_IP4_LEN + BED4_UDP_LEN)

_Static_assert(sizeof(struct bed4_in6) == 16, "IPv6 address");
_Static_assert(sizeof(struct bed4_eth) == BED4_ETH_LEN, "Ethernet header");
_Static_assert(sizeof(struct bed4_ip4) == BED4_IP4_LEN, "IPv4 header");
_Static_assert(sizeof(struct bed4_udp) == BED4_UDP_LEN, "UDP header");
_Static_assert(sizeof(struct bed4_ip6) == BED4_IP6_LEN, "IPv6 header");

/* Traffic class of an IPv6 header, and the same header word with another one. */
BED4_INLINE __u8 bed4_tclass(const struct bed4_ip6 *ip6)
{
	return (BED4_NTOHL(ip6->vtf) >> 20) & 0xff;
}

BED4_INLINE __be32 bed4_with_tclass(__be32 vtf, __u8 tclass)
{
	return (vtf & ~BED4_HTONL(0x0ff00000)) | BED4_HTONL((__u32)tclass << 20);
}

#endif
