/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What generator and controller of a flood share: flood.bpf.c and flood.c. */
#ifndef FLOOD_H
#define FLOOD_H

#define FLOOD_HEAD 192 /* bytes that each frame gets anew, for live frames are used again */
#define FLOOD_NET  0x14000000u /* 20.0.0.0: where forged sources are; up to 95.255.255.255 nothing is special */
#define FLOOD_NETS 0x4c000000u

enum flood_flag {
	FLOOD_TUNNEL = 1 << 0, /* vary the outer source */
	FLOOD_VALID = 1 << 1, /* let the inner source be that endpoint's */
	FLOOD_NATIVE = 1 << 2, /* vary the source's /64 and host */
	FLOOD_TYPES = 1 << 3, /* vary the type of ND, without its checksum */
};

/* The only entry of `flood`; the controller maps it. */
struct flood {
	__u32 out; /* interface index */
	__u32 flags;
	__u32 sources, ports; /* so many take turns at random */
	__u32 csum_at; /* VALID: where the upper-layer checksum is, 0 none */
	__u32 size; /* of a frame without its Ethernet header */
	__u64 gap, next; /* ns between frames; when the next one is due */
	__u64 left, sent;
	__u64 random;
	__u8 head[FLOOD_HEAD];
};

/* The only entry of `seen`: what came out at either end. */
struct flood_seen {
	__u64 answers, bytes; /* to forged sources */
	__u64 arrived; /* forwarded to FLOOD_SINK */
};

#define FLOOD_SINK 0x7777 /* 2001:db8:7777::/48 */

#endif
