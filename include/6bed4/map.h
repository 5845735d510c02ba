/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Keys and values of the pinned maps: the contract between BPF programs, daemon and tools, also
 * of different builds. Any change of a layout here raises BED4_ABI. Must not know who writes what;
 * that is said per map in bpf/maps.bpf.h.
 */
#ifndef BED4_MAP_H
#define BED4_MAP_H

#include "addr.h"
#include "stat.h"

#define BED4_ABI 1

#define BED4_OWN4_MAX 16 /* own addresses and broadcasts that fit `self`; more go to `policy4` */
#define BED4_NEIGH_MAX 65536
#define BED4_POLICY4_MAX 4096

enum bed4_role {
	BED4_ROLE_ROUTER,
	BED4_ROLE_PEER,
};

enum bed4_self_flag {
	BED4_SELF_VALID = 1 << 0,  /* clear: the fast path passes everything */
	BED4_SELF_POLICY = 1 << 1, /* `policy4` has entries: ask it */
	BED4_SELF_ADDR = 1 << 2,   /* `own` is set; always so on a router */
};

/* The only entry of `self`: what an instance is. Network order. */
struct bed4_self {
	__u32 abi;
	__u32 flags; /* enum bed4_self_flag */
	struct bed4_in6 own; /* own 6bed4 address; its upper half is the prefix */
	struct bed4_ep listen; /* what the UDP socket is bound to */
	struct bed4_ep public; /* what others see it as: `listen` but for 1:1 NAT (router) */
	struct bed4_ep server; /* peer: the router's endpoint; router: 0 */
	__u32 role; /* enum bed4_role */
	__u32 mtu; /* of the tunnel, bytes of IPv6 */
	__u32 generation;
	__u32 own4_count;
	__be32 own4[BED4_OWN4_MAX]; /* own addresses and directed broadcasts, never endpoints */
};

/* One counter. */
struct bed4_count {
	__u64 packets;
	__u64 bytes; /* of IPv6 for FORWARD outcomes; of what the hook saw, with its headers, for others */
};

/* Key of `policy4`, an LPM trie. */
struct bed4_lpm4 {
	__u32 prefixlen;
	__be32 addr;
};

enum bed4_policy {
	BED4_POLICY_NONE, /* the registry of PROTOCOL section 9 decides */
	BED4_POLICY_PERMIT,
	BED4_POLICY_DENY,
	BED4_POLICY_OWN,
};

enum bed4_neigh_state {
	BED4_NEIGH_NONE,
	BED4_NEIGH_SEEN, /* router: has sent lately */
};

/* Value of `neigh`; the key is a struct bed4_in6. The first word changes in one store. */
struct bed4_neigh {
	union {
		__u64 word;
		struct {
			__be32 addr;
			__be16 port;
			__u8 state; /* enum bed4_neigh_state */
			__u8 path;
		};
	};
	__u64 last_seen; /* boottime, ns */
	__u64 rx_packets; /* from the neighbour; scaled up when sampled */
	__u64 rx_bytes;
	__u64 tx_packets; /* towards the neighbour; scaled up when sampled */
	__u64 tx_bytes;
};

/* Record in the ring buffer `events`. */
struct bed4_event {
	__u32 type; /* enum bed4_event_type */
	__u32 pad;
	struct bed4_in6 neigh;
	struct bed4_ep ep;
};

enum bed4_event_type {
	BED4_EVENT_SEEN = 1, /* router: a validated sender that `neigh` does not hold */
};

#define BED4_V6DEV_MAX 8
#define BED4_NAME_LEN 16
#define BED4_OPTIONS_LEN 2048

/* Why an instance is not fully at work; 0 when it is. Bits. */
enum bed4_degraded {
	BED4_DEGRADED_NO_RA = 1 << 0, /* peer: the router has not answered yet, or no longer does */
	BED4_DEGRADED_ODD_PORT = 1 << 1, /* peer: its NAT gives it odd ports only */
};

/* The only entry of `info`: what `load` set up, for tools, for the next `load` and `unload`. */
struct bed4_info {
	__u32 abi;
	__u32 pid; /* of the daemon */
	__u64 started; /* boottime, ns */
	__u32 underlay; /* interface index */
	__u32 tun;
	__u32 v6_count;
	__u32 v6_dev[BED4_V6DEV_MAX];
	__u32 mode; /* enum bed4_mode in effect, never AUTO */
	__u32 forward; /* enum bed4_forward */
	__u32 account; /* 0 off, 1 all, N one packet in N */
	__u32 xdp_id; /* program attached to underlay and v6_dev, 0 none */
	__u32 tc_in_id; /* program on the underlay's ingress, 0 none */
	__u32 made_clsact; /* the clsact qdisc of the underlay is ours to remove */
	__u32 made_tun; /* the TUN device is ours to remove */
	__u32 degraded; /* enum bed4_degraded */
	__u32 made_rules; /* routing rules against spoofed sources are ours to remove */
	struct bed4_in6 prefix; /* router: what they match */
	char tun_name[BED4_NAME_LEN];
	char options[BED4_OPTIONS_LEN]; /* effective options, "name value\n" each, sorted, NUL */
};

enum bed4_mode {
	BED4_MODE_AUTO,
	BED4_MODE_NATIVE,
	BED4_MODE_GENERIC,
	BED4_MODE_TC,
	BED4_MODE_OFF,
};

enum bed4_forward {
	BED4_FORWARD_XDP,
	BED4_FORWARD_KERNEL,
};

_Static_assert(sizeof(struct bed4_ep) == 8, "ABI");
_Static_assert(sizeof(struct bed4_info) == 2176, "ABI");
_Static_assert(sizeof(struct bed4_self) == 128, "ABI");
_Static_assert(sizeof(struct bed4_neigh) == 48, "ABI");
_Static_assert(sizeof(struct bed4_event) == 32, "ABI");

#endif
