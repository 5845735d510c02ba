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

#define BED4_ABI 8

#define BED4_OWN4_MAX 15 /* own addresses and broadcasts that fit `self`; more go to `policy4` */
#define BED4_NEIGH_MAX 65536 /* default of --neigh-max */
#define BED4_NEIGH_LIMIT 4194304 /* its bound */
#define BED4_POLICY4_MAX 4096
#define BED4_V6DEV_MAX	 8 /* devices on the IPv6 side */

enum bed4_role {
	BED4_ROLE_ROUTER,
	BED4_ROLE_PEER,
};

enum bed4_self_flag {
	BED4_SELF_VALID = 1 << 0,  /* clear: the fast path passes everything */
	BED4_SELF_POLICY = 1 << 1, /* `policy4` has entries: ask it */
	BED4_SELF_ADDR = 1 << 2,   /* `own` is set; always so on a router */
	BED4_SELF_EAGER = 1 << 3,  /* peer: the first SYN to an unknown neighbour goes straight */
	BED4_SELF_WATCHED = 1 << 4, /* somebody watches the TUN device: let it see what is sent */
	BED4_SELF_PLAN = 1 << 5, /* `own` is of the plan `server-prefix`; its first 16 bits are the plan's */
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
	__be32 ping; /* echo replies whose identifier and sequence number are this are the daemon's; 0: none */
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

/* A router knows SEEN only; the others are a peer's: RFC 4861 section 7.3.2, PROTOCOL section 8. */
enum bed4_neigh_state {
	BED4_NEIGH_NONE,
	BED4_NEIGH_SEEN, /* has sent lately */
	BED4_NEIGH_INCOMPLETE, /* by the router while a direct path is sought */
	BED4_NEIGH_REACHABLE,
	BED4_NEIGH_STALE,
	BED4_NEIGH_DELAY,
	BED4_NEIGH_PROBE,
	BED4_NEIGH_VIA_ROUTER, /* no direct path was found */
	BED4_NEIGH_PERMANENT, /* the operator's */
	BED4_NEIGH_STATES
};

enum bed4_path {
	BED4_PATH_ROUTER,
	BED4_PATH_DIRECT,
	BED4_PATH_LAN,
	BED4_PATHS
};

/* Why a neighbour is reached by way of the router. */
enum bed4_reason {
	BED4_REASON_NONE,
	BED4_REASON_ASKING, /* no answer yet */
	BED4_REASON_NO_ANSWER,
	BED4_REASON_ODD_PORT, /* no endpoint in its address: odd port, or not of that form */
	BED4_REASON_REFUSED, /* its IPv4 address can be no endpoint (PROTOCOL section 9) */
	BED4_REASON_FULL, /* never in the map: `neigh` is full */
	BED4_REASONS
};

/*
 * Value of `neigh`; the key is a struct bed4_in6. The first word changes in one store, so that a
 * reader sees the old endpoint and state or the new ones, never a mix. Times are whole seconds of
 * boottime. Counters are scaled up when sampled (router).
 */
struct bed4_neigh {
	union {
		__u64 word;
		struct {
			__be32 addr; /* where it is, or may be; also accepted as its outer source */
			__be16 port;
			__u8 state; /* enum bed4_neigh_state */
			__u8 path : 4; /* enum bed4_path: what packets to it take */
			__u8 reason : 4; /* enum bed4_reason */
		};
	};
	__u32 used; /* last sent to */
	__u32 heard; /* last heard; on a peer: straight from it */
	__u32 since; /* in this state */
	__u32 wake; /* a packet to it from then on is told to the daemon; ~0 never */
	__u64 rx_packets; /* from it; on a peer: straight from it */
	__u64 rx_bytes;
	__u64 tx_packets; /* to it, by any path */
	__u64 tx_bytes;
};

#define BED4_NEVER 0xffffffffu /* for `wake` */

/* Record in the ring buffer `events`. */
struct bed4_event {
	__u32 type; /* enum bed4_event_type */
	__u32 heard; /* USED: as in `neigh`, 0 when not there */
	__u32 used; /* USED: the use before this one */
	__u32 pad;
	struct bed4_in6 neigh;
	struct bed4_ep ep;
};

enum bed4_event_type {
	BED4_EVENT_SEEN = 1, /* router: a validated sender that `neigh` does not hold */
	BED4_EVENT_USED, /* peer: a packet was sent to one that is unknown, stale or due again */
};

/* The only entry of `losses`: what full tables cost in the daemon, which maps this memory. */
struct bed4_losses {
	__u64 collisions; /* as in bed4_cpu, in the daemon's own table */
	__u64 neighbours; /* router: senders that found `neigh` full */
};

/* How many neighbours there are, kept with every change; each is in both. */
struct bed4_tally {
	__u32 path[BED4_PATHS];
	__u32 state[BED4_NEIGH_STATES];
};

/* Sums of outcomes as they were at one moment. */
struct bed4_sample {
	__u64 at; /* boottime, ns; 0: none was taken */
	struct bed4_count in; /* from IPv4 to this machine or to native IPv6 */
	struct bed4_count out; /* encapsulated */
	struct bed4_count relay; /* from one peer to another */
	__u64 fast; /* packets that ended in BPF ... */
	__u64 slow; /* ... and in the daemon; how packets end is said at `kind` in 6bed4/stat.h */
};

#define BED4_SAMPLES 4 /* one is written while the two before it are read */

/* The only entry of `gauges`, which the daemon maps: what it tells of itself, so that nobody has to count. */
struct bed4_gauges {
	__u32 last; /* the newest sample; written behind it */
	__u32 policy4; /* entries */
	struct bed4_tally neigh;
	__u32 limit_bpf; /* buckets of `limit` that are in use, and ... */
	__u32 limit_daemon; /* ... of the daemon's own table */
	__u64 started; /* when the daemon was, ns since 1970 */
	__u64 cpu; /* time that it has used since, ns */
	__u64 memory_max; /* bytes that it had in memory at most */
	struct bed4_sample sample[BED4_SAMPLES];
};

/* The only entry of `pulse`: when BPF last sent to a peer's router and heard from it, s of boottime. */
struct bed4_pulse {
	__u32 tx;
	__u32 rx;
};

/*
 * A next hop in `nexthop`, the router's cache in front of the kernel's FIB. Slots are direct-mapped
 * by destination, compared in full. An IPv4 destination is written ::ffff:A.B.C.D. Half a cache line,
 * because with many destinations fetching it is what costs.
 */
struct bed4_hop {
	struct bed4_in6 dst;
	__u32 expires; /* jiffies, low 32 bits */
	__u16 generation; /* low half of that of `hopgen` when it was looked up */
	__u16 mtu;
	__u8 dmac[6];
	__u8 out; /* index into bed4_cpu.out */
	__u8 pad;
};

/* Value of `percpu`: what the programs keep from packet to packet on one CPU. */
struct bed4_cpu {
	__u64 random; /* state of a generator of random numbers; 0: not begun */
	__u64 jiffies, now; /* boottime in ns, as it was when that tick began to be used */
	__u64 collisions; /* buckets of `limit` taken over from somebody who had used them */
	__u64 events_lost; /* that the daemon was not told, by rate or because `events` was full */
	__u32 crowd; /* rises when a slot turns out to serve another destination, falls with hits */
	__u16 outcome; /* of the last packet */
	__u8 shot; /* the packet at work was captured when it came */
	__u8 pad;
	struct {
		__u32 ifindex;
		__u8 smac[6];
		__u16 pad;
	} out[BED4_V6DEV_MAX + 1]; /* devices that next hops are behind */
	__u32 pad2;
};

#define BED4_HOP_SLOTS 32768 /* per CPU; default of --nexthop-slots; a power of two */

enum bed4_bypass {
	BED4_BYPASS_V4 = 1 << 0,
	BED4_BYPASS_V6 = 1 << 1,
};

/* The only entry of `hopgen`: written by the daemon into mapped memory, at every routing event. */
struct bed4_hopgen {
	__u32 generation; /* a cached next hop of another generation is not used */
	__u32 bypass; /* enum bed4_bypass: not by destination alone, so do not cache */
};

/* Key of `hops`: gateways that cached next hops use; the daemon keeps the kernel's entries fresh. */
struct bed4_via {
	struct bed4_in6 gateway; /* IPv4 as above */
	__u32 ifindex;
};

/* Argument of the program that changes an entry in place, so that BPF's counts are not lost. */
struct bed4_neigh_set {
	struct bed4_in6 key;
	struct bed4_neigh value; /* counters are added; used and heard only grow */
};

/*
 * The only entry of `capture`, in memory that the capturing process maps and writes. All but one word is of
 * interest only while that is not 0: programs look at it once per packet.
 */
struct bed4_capture {
	__u64 until; /* boottime, ns: packets are captured up to then; 0: none are */
	__u64 outcomes[2]; /* a bit for each outcome that is of interest */
	__u32 snaplen; /* bytes of a packet that are copied, from 1 to BED4_SNAP_MAX */
	__u32 pid; /* who captures */
	__u32 ended; /* the instance has been unloaded: nothing will come any more */
	__u32 pad;
	__u64 lost[BED4_HOOK_COUNT]; /* packets of interest that found no room; counted up by BPF */
};

#define BED4_SNAP_MAX 2048 /* a power of two */

/*
 * Record in the ring of a capture: one packet, as it came (@caplen[0] bytes behind this) and, where it went on
 * or was answered, what left in its place (@caplen[1] bytes behind those).
 */
struct bed4_shot_head {
	__u64 at; /* boottime, ns */
	__u32 ifindex; /* where it came */
	__u16 outcome; /* enum bed4_outcome */
	__u8 hook; /* enum bed4_hook */
	__u8 pad;
	__u32 len[2]; /* as it came; as it left, 0: it did not */
	__u32 caplen[2];
};

struct bed4_shot {
	struct bed4_shot_head head;
	__u8 data[2 * BED4_SNAP_MAX];
};

/* Is @o of interest? */
BED4_INLINE bool bed4_capture_wants(const struct bed4_capture *c, __u32 o)
{
	return o < 128 && c->outcomes[o >> 6 & 1] >> (o & 63) & 1;
}

#define BED4_NAME_LEN 16
#define BED4_OPTIONS_LEN 2048
#define BED4_SOCKET_LEN 104 /* with the NUL; what fits a Unix socket's address */

/* Why an instance is not fully at work; 0 when it is. Bits. */
enum bed4_degraded {
	BED4_DEGRADED_NO_RA = 1 << 0, /* peer: the router has not answered yet, or no longer does */
	BED4_DEGRADED_ODD_PORT = 1 << 1, /* peer: its NAT gives it odd ports only */
	BED4_DEGRADED_NO_LISTEN = 1 << 2, /* the address it listens on is no longer this machine's */
};

/*
 * What has been, or is about to be, made for an instance: written before the making, so that whatever a
 * crash leaves behind can be found and removed. The head of `info`, which no ABI changes: another build
 * has to clean up after this one. New fields take the place of `reserved`.
 */
struct bed4_made {
	__u32 abi;
	__u32 pid; /* of the daemon */
	__u32 underlay; /* interface index */
	__u32 tun;
	__u32 v6_count;
	__u32 v6_dev[BED4_V6DEV_MAX];
	__u32 old_count; /* while a load takes over: devices of the one before, which it may leave */
	__u32 old_dev[BED4_V6DEV_MAX];
	__u32 xdp_id; /* program attached to underlay and v6_dev, 0 none */
	__u32 tc_in_id; /* program on the underlay's ingress, 0 none */
	__u32 tc_out_id; /* program on the TUN device's egress, 0 none */
	__u32 made_clsact; /* the clsact qdisc of the underlay is ours to remove */
	__u32 made_tun_clsact; /* so is that of the TUN device, which may be somebody else's */
	__u32 made_tun; /* the TUN device is ours to remove */
	__u32 made_rules; /* routing rules against spoofed sources are ours to remove */
	__u32 made_label; /* peer: the address label of its prefix is ours to remove */
	__u32 made_default; /* the IPv6 default route by the TUN device is ours to remove */
	__u32 made_addr; /* `addr` on the TUN device is ours to remove */
	struct bed4_in6 addr;
	struct bed4_in6 prefix; /* what rules and label match */
	char tun_name[BED4_NAME_LEN];
	__u32 made_plan; /* the route of this /16 (host order) by the TUN device is ours to remove; 0: none */
	__u32 reserved[7];
};

/* The only entry of `info`: what `load` set up, for tools, for the next `load` and `unload`. */
struct bed4_info {
	struct bed4_made made;
	__u64 started; /* boottime, ns */
	__u32 mode; /* enum bed4_mode in effect, never AUTO */
	__u32 forward; /* enum bed4_forward */
	__u32 account; /* 0 off, 1 all, N one packet in N */
	__u32 degraded; /* enum bed4_degraded */
	__u32 neigh_max; /* bound of `neigh` */
	__u32 neigh_full; /* peer: neighbours that found it full */
	/* Files that Unix sockets for metrics are at: this load's, and the one that it takes the place of. */
	char metrics[BED4_SOCKET_LEN], old_metrics[BED4_SOCKET_LEN];
	char options[BED4_OPTIONS_LEN]; /* effective options, "name value\n" each, sorted, NUL */
	char given[BED4_OPTIONS_LEN]; /* those that were said, for a reload */
};

/*
 * fwmark of the datagrams that we send (XDP sends what has none). Tunnels in this network namespace keep it
 * on what they wrap around them, so that a packet is known which would go round and round.
 */
#define BED4_FWMARK 0x6bed4

enum bed4_mode {
	BED4_MODE_AUTO,
	BED4_MODE_NATIVE,
	BED4_MODE_GENERIC,
	BED4_MODE_TC,
	BED4_MODE_OFF,
};

/* --udp-checksum: when the fast path sends a real one. */
enum bed4_csum_mode {
	BED4_CSUM_MODE_AUTO, /* where that costs O(1) */
	BED4_CSUM_MODE_ALWAYS, /* what cannot have one in O(1) takes the slow path */
	BED4_CSUM_MODE_ZERO,
};

enum bed4_forward {
	BED4_FORWARD_XDP,
	BED4_FORWARD_KERNEL,
};

_Static_assert(sizeof(struct bed4_ep) == 8, "ABI");
_Static_assert(sizeof(struct bed4_made) == 208, "the head of `info` in every ABI");
_Static_assert(sizeof(struct bed4_info) == 208 + 32 + 2 * BED4_SOCKET_LEN + 2 * BED4_OPTIONS_LEN, "ABI");
_Static_assert(sizeof(struct bed4_self) == 128, "ABI");
_Static_assert(sizeof(struct bed4_neigh) == 56, "ABI: with the kernel's own, 128 bytes");
_Static_assert(sizeof(struct bed4_hop) == 32, "ABI");
_Static_assert(sizeof(struct bed4_cpu) == 160, "ABI");
_Static_assert(sizeof(struct bed4_via) == 20, "ABI");
_Static_assert(sizeof(struct bed4_event) == 40, "ABI");
_Static_assert(sizeof(struct bed4_gauges) == 88 + BED4_SAMPLES * 72, "ABI");
_Static_assert(sizeof(struct bed4_capture) == 40 + 8 * BED4_HOOK_COUNT, "ABI");
_Static_assert(sizeof(struct bed4_shot_head) == 32, "ABI");
_Static_assert(BED4_OUTCOME_COUNT <= 128, "bits of a capture");

#endif
