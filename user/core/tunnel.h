/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The slow path, complete: one tunnel in either role. Gets time, bytes and events, returns actions.
 * Does no I/O, allocates nothing per packet, reads no clock. Time is nanoseconds of boottime.
 */
#ifndef CORE_TUNNEL_H
#define CORE_TUNNEL_H

#include "6bed4/decide.h"
#include "core/action.h"
#include "core/limit.h"
#include "core/ping.h"
#include "core/table.h"

#define NSEC_PER_SEC  1000000000ull
#define NSEC_PER_MSEC 1000000ull

/* PROTOCOL section 7: where a peer stands in finding its address. */
enum peer_state {
	PEER_SOLICITING, /* no RA yet: RS after 0, 1, 3, 7, 15, 30, 30... s */
	PEER_CONFIGURED,
	PEER_LOST, /* had an RA, three RS unanswered since: solicits like SOLICITING, keeps address */
	PEER_ODD_PORT, /* 8 local ports tried, each odd outside: an RS every 30 s */
};

struct peer {
	enum peer_state state;
	unsigned int rs_count; /* sent since soliciting began */
	unsigned int unanswered; /* RS sent to a router that had answered before */
	unsigned int odd_ports; /* odd external ports met in a row */
	unsigned int keepalives; /* due so far; every 10th is an RS */
	__u64 rs_at; /* next RS, 0 none */
	__u64 rs_last; /* last RS that a suspicion triggered, 0 never */
	__u64 keepalive_at; /* next keepalive, 0 none */
	__u64 tx_last; /* last datagram that could reach the router */
	__u64 tx_unheard; /* first one since the router was last heard, 0 none */
	struct bed4_pulse pulse; /* what the fast path had done when last looked at */
};

struct tunnel_config {
	enum bed4_role role;
	struct bed4_ep listen;
	struct bed4_ep public; /* router: == listen unless 1:1 NAT */
	struct bed4_ep server; /* peer */
	struct bed4_in6 prefix; /* router: low half 0 */
	enum bed4_plan plan;
	__u16 plan_prefix; /* with BED4_PLAN_SERVER; host order. A router's prefix is derived from it */
	__u32 mtu;
	__u32 mss; /* TCP SYNs get no higher one; 0: they stay as they are */
	bool fixed_port; /* peer: the local port was asked for, never leave it */
	__u32 keepalive_sec; /* 0: none */
	__u8 keepalive_ttl;
	__u8 radius; /* peer: TTL of NS to the LAN, 0 none */
	bool eager; /* peer: the first SYN to an unknown neighbour goes straight */
	unsigned int neigh_max; /* peer: bound of the neighbour cache, at least 1 */
	__u64 seed; /* for jitter */
	bed4_policy_fn policy; /* asked when self->flags has BED4_SELF_POLICY */
	/* Is the address on a subnet that the underlay is connected to? NULL: none is. */
	bool (*onlink)(const void *arg, __be32 addr);
	const void *policy_arg; /* for both */
	struct bed4_tally *tally; /* peer: its neighbours are counted here, from 0; NULL: nowhere */
};

/*
 * Counts outcomes: slow[bed4_stat_row(hook, outcome)] with hook UDP or TUN. The memory is the
 * caller's (a mapped map, or an array in tests), BED4_HOOK_DAEMON * BED4_OUTCOME_COUNT entries.
 */
struct tunnel {
	struct tunnel_config config;
	struct bed4_self self; /* what the caller publishes in map `self` */
	struct bed4_count *slow;
	struct limit *limit; /* answers, per sender */
	struct peer peer;
	struct table table; /* peer: the neighbour cache */
	struct pings pings;
	unsigned int strangers; /* entries of those that we have not sent to */
	__u64 refused; /* neighbours that found the cache full */
	__u64 write_at; /* when counters of the slow path go to the map, 0 none wait */
	struct bed4_neigh found; /* neigh_lookup()'s */
	enum bed4_outcome ended; /* of the last packet that no action counts */
	__u64 rng;
};

/*
 * Sets @t up. @slow and @limit stay the caller's and outlive @t. Router: self.own is set from the
 * prefix and public endpoint, self.flags has BED4_SELF_ADDR. Returns 0, -ENOMEM, or -EINVAL when
 * the configuration contradicts itself (port odd or 0, prefix with low bits or not of the plan, mtu < 1280).
 */
int tunnel_init(struct tunnel *t, const struct tunnel_config *config, struct bed4_count *slow,
		struct limit *limit);

/* Frees what tunnel_init() took; fine on a zeroed tunnel. */
void tunnel_exit(struct tunnel *t);

/* Begins: a peer solicits at the next tunnel_tick(). */
void tunnel_start(struct tunnel *t, __u64 now);

/*
 * Before that: takes over what an earlier daemon of this instance was, as far as it still holds: a peer
 * keeps its address when server and local endpoint are the same, and has the router confirm it.
 */
void tunnel_adopt(struct tunnel *t, __u64 now, const struct bed4_self *old);

/* Then, for each entry of the map `neigh`; see neigh_adopt(). */
void tunnel_neigh_adopt(struct tunnel *t, __u64 now, const struct bed4_in6 *addr,
			const struct bed4_neigh *v, struct actions *a);

/* A successor is about to read the map; see neigh_write_all(). */
void tunnel_write_all(struct tunnel *t, __u64 now, struct actions *a);

/* Empties an action list; do so before each of the calls below. */
void actions_clear(struct actions *a);

/*
 * One datagram from the UDP socket, 2-byte aligned. May be changed in place (hop limit, traffic
 * class); actions borrow @data. @tos is the outer TOS.
 */
void tunnel_rx_udp(struct tunnel *t, __u64 now, struct bed4_ep src, __u8 tos, __u8 *data,
		   size_t len, struct actions *a);

/* Peer: one datagram from the LAN's multicast group, likewise. */
void tunnel_rx_lan(struct tunnel *t, __u64 now, struct bed4_ep src, __u8 *data, size_t len,
		   struct actions *a);

/* One packet from the TUN device, likewise. */
void tunnel_rx_tun(struct tunnel *t, __u64 now, __u8 *data, size_t len, struct actions *a);

/* What time makes due. Call at or after tunnel_deadline(); calling early does nothing. */
void tunnel_tick(struct tunnel *t, __u64 now, struct actions *a);

/* When tunnel_tick() wants to be called next; UINT64_MAX for never. */
__u64 tunnel_deadline(const struct tunnel *t);

/* The socket was bound anew, to @listen (after ACTION_REBIND or an address change): solicit. */
void tunnel_rebound(struct tunnel *t, __u64 now, struct bed4_ep listen);

/* Peer: the fast path says that a neighbour is in use; see neigh_used(). */
void tunnel_used(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, __u32 used,
		__u32 heard, struct actions *a);

/*
 * Peer: when the fast path last sent to the router and heard from it; call every few seconds. What lies ahead of
 * @now is none of its stamps.
 */
void tunnel_pulse(struct tunnel *t, __u64 now, const struct bed4_pulse *pulse);

/* Peer: what the map says of a neighbour; see neigh_stamp(). For each entry now and then. */
bool tunnel_stamp(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, const struct bed4_neigh *v,
		  struct actions *a);

/* Peer: the operator's entries; see neigh_add() and neigh_del(). A flush keeps those. */
int tunnel_neigh_add(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct bed4_ep at,
		     struct actions *a);
int tunnel_neigh_del(struct tunnel *t, const struct bed4_in6 *addr, struct actions *a);
void tunnel_neigh_flush(struct tunnel *t, struct actions *a);

/* Measures paths to an address; see core/ping.h. self.ping changes with both: publish it. */
int tunnel_ping(struct tunnel *t, __u64 now, const struct ping_request *r);
void tunnel_ping_stop(struct tunnel *t, unsigned int slot);

/*
 * Peer: the search for a direct path to @addr begins anew; see neigh_search(). -EOPNOTSUPP on a router.
 */
int tunnel_search(struct tunnel *t, __u64 now, const struct bed4_in6 *addr, struct actions *a);

/* The carrying-out of @act failed or succeeded: counts its outcome, or FAILED. */
void tunnel_done(struct tunnel *t, const struct action *act, bool ok);

#endif
