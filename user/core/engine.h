/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the parts of the core share among themselves: one packet's way through (struct pass), and
 * adding actions and counts. For tunnel.c, router.c and peer.c only.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include "core/tunnel.h"

/* One packet on its way through the core; it ends in exactly one outcome. */
struct pass {
	struct tunnel *t;
	__u64 now;
	enum bed4_hook hook;
	struct bed4_ep src; /* hook UDP: the outer source */
	__u8 *data;
	size_t len;
	struct bed4_verdict v;
	struct actions *a;
};

/* The packet ends here, counted as @o. */
void engine_end(struct pass *p, enum bed4_outcome o);

/* The packet (or @data instead) goes on as an action, which will count it as @o. */
void engine_tun(struct pass *p, const __u8 *data, size_t len, enum bed4_outcome o);
void engine_udp(struct pass *p, struct bed4_ep to, const __u8 *data, size_t len, __u8 tos,
		enum bed4_outcome o);

/* Room for a generated packet of @len bytes, or NULL; _room() then counts the packet as FAILED. */
__u8 *engine_take(struct actions *a, size_t len);
__u8 *engine_room(struct pass *p, size_t len);

/* Writes the traffic class that the packet leaves with into it; cuts what is behind it. */
void engine_trim(struct pass *p);

/*
 * May the sender be answered by @draws packets, at @cost tokens (bed4_answer_cost())? If not, the packet
 * has been counted as LIMITED.
 */
bool engine_allowed(struct pass *p, __u32 cost, __u32 draws);

/* @own is our address now: with it comes whether it is of the plan. */
void engine_own(struct tunnel *t, const struct bed4_in6 *own);

/* A datagram of the tunnel's own making, counted nowhere. */
void engine_send(struct actions *a, struct bed4_ep to, const __u8 *data, size_t len, __u8 ttl);

/* An action without a packet. */
struct action *engine_note(struct actions *a, enum action_kind kind);

/* Random number below @n (n > 0). */
__u64 engine_random(struct tunnel *t, __u64 n);

/* ICMPv6 error about the packet, to where it came from. */
void engine_error(struct pass *p, enum bed4_icmp6_type type, __u8 code, __u32 param,
		  enum bed4_outcome o);

void router_rx_udp(struct pass *p, enum bed4_outcome o);
void router_rx_tun(struct pass *p, enum bed4_outcome o);

/* core/ping.c: */
int ping_start(struct tunnel *t, __u64 now, const struct ping_request *r);
void ping_stop(struct tunnel *t, unsigned int slot);
void ping_tick(struct tunnel *t, __u64 now, struct actions *a);
__u64 ping_deadline(const struct tunnel *t);
/* An NA of @addr has come from @p->src: did a ping ask for it? */
bool ping_advertised(struct pass *p, const struct bed4_in6 *addr);
/* An echo reply has come: is it the answer to a ping? */
bool ping_replied(struct pass *p);

void peer_sent_to_router(struct tunnel *t, __u64 now);
void peer_start(struct tunnel *t, __u64 now);
void peer_adopt(struct tunnel *t, __u64 now, const struct bed4_self *old);
void peer_rx_udp(struct pass *p, enum bed4_outcome o);
/* ND that came to the LAN's multicast group. */
void peer_rx_lan(struct pass *p);
void peer_rx_tun(struct pass *p, enum bed4_outcome o);
void peer_pulse(struct tunnel *t, __u64 now, const struct bed4_pulse *pulse);
void peer_tick(struct tunnel *t, __u64 now, struct actions *a);
__u64 peer_deadline(const struct tunnel *t);
void peer_rebound(struct tunnel *t, __u64 now);

#endif
