/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A tunnel of either role as a fuzzer drives it: set up from one byte of flags, its actions carried out
 * and checked. Actions stay inside what they borrow, and no datagram leaves that PROTOCOL forbids.
 * Included by one fuzzer each. Must not know what is answered to what.
 */
#ifndef FUZZ_TUNNEL_RUN_H
#define FUZZ_TUNNEL_RUN_H

#include <stdint.h>
#include <string.h>

#include "core/tunnel.h"
#include "promise.h"

static struct tunnel tunnel;
static struct limit limit;
static __u64 collisions;
static struct bed4_count slow[BED4_HOOK_DAEMON * BED4_OUTCOME_COUNT];
static struct actions actions;
static __u64 now;

static __u64 counted(void)
{
	__u64 sum = 0;

	for (size_t i = 0; i < sizeof(slow) / sizeof(*slow); i++)
		sum += slow[i].packets;
	return sum;
}

static int within(const __u8 *p, size_t len, const __u8 *area, size_t room)
{
	uintptr_t from = (uintptr_t)p, start = (uintptr_t)area;

	return from >= start && from - start <= room && len <= room - (from - start);
}

/* What every datagram that leaves has to be: empty, or one whole IPv6 packet. */
static void check_udp(const struct action *act)
{
	const struct bed4_ip6 *ip6 = (const void *)act->data;

	promise(act->to.port && act->to.addr);
	if (!act->len) {
		promise(tunnel.config.role == BED4_ROLE_PEER);
		return;
	}
	promise(act->len >= BED4_IP6_LEN && act->data[0] >> 4 == 6);
	promise(act->len == (size_t)BED4_IP6_LEN + BED4_NTOHS(ip6->len));
	promise(act->ttl == BED4_TTL || act->to.addr == BED4_HTONL(0xe0000001));
}

static struct bed4_tally tally;

/* Kept with every change, and no entry is left out. */
static void check_tally(void)
{
	__u32 paths = 0, states = 0, i;

	for (i = 0; i < BED4_PATHS; i++)
		paths += tally.path[i];
	for (i = 0; i < BED4_NEIGH_STATES; i++)
		states += tally.state[i];
	promise(paths == tunnel.table.count && states == paths);
	for (i = 0; i < BED4_PATHS; i++)
		promise(tally.path[i] <= paths);
}

static void carry_out(const __u8 *packet, size_t len)
{
	promise(actions.count <= ACTIONS_MAX);
	for (unsigned int i = 0; i < actions.count; i++) {
		const struct action *act = &actions.list[i];

		if (act->kind == ACTION_UDP || act->kind == ACTION_TUN)
			promise(!act->len || within(act->data, act->len, packet, len) ||
				within(act->data, act->len, actions.room, sizeof(actions.room)));
		if (act->kind == ACTION_UDP)
			check_udp(act);
		if (act->kind == ACTION_REBIND) {
			struct bed4_ep ep = tunnel.config.listen;

			ep.port = BED4_HTONS((BED4_NTOHS(ep.port) + 2) | 0xc000);
			tunnel_rebound(&tunnel, now, ep);
		}
		tunnel_done(&tunnel, act, (act->len & 15) != 3);
	}
	promise(tunnel.config.role == BED4_ROLE_ROUTER || tunnel_deadline(&tunnel) > 0);
	promise(tunnel.table.count <= tunnel.table.max && tunnel.strangers <= tunnel.table.count);
	check_tally();
}

static bool onlink(const void *arg, __be32 addr)
{
	(void)arg;
	return (addr & BED4_HTONL(0xff000000)) == BED4_HTONL(0x83000000);
}

static void begin(uint8_t flags)
{
	struct tunnel_config c = { .role = flags & 1 ? BED4_ROLE_PEER : BED4_ROLE_ROUTER,
				   .mtu = flags & 2 ? 1472 : BED4_MTU, .seed = flags,
				   .keepalive_sec = 30, .keepalive_ttl = BED4_KEEPALIVE_TTL,
				   .radius = flags & 8 ? 1 : 0, .neigh_max = 8, .onlink = onlink,
				   .eager = flags & 16, .tally = &tally };

	c.listen = c.public = bed4_ep(BED4_HTONL(0x91880001), BED4_HTONS(BED4_PORT));
	if (c.role == BED4_ROLE_PEER) {
		c.server = c.listen;
		c.listen = bed4_ep(BED4_HTONL(0x83010002), BED4_HTONS(50000));
	}
	c.prefix.w[0] = BED4_HTONL(0x2001067c);
	c.prefix.w[1] = BED4_HTONL(0x127c0000);
	if (flags & 32) {
		c.plan = BED4_PLAN_SERVER;
		c.plan_prefix = BED4_PLAN_PREFIX;
		bed4_plan_put(&c.prefix, c.plan_prefix, c.role == BED4_ROLE_PEER ? c.server : c.listen);
	}
	memset(slow, 0, sizeof(slow));
	limit_init(&limit, flags, &collisions);
	tunnel_exit(&tunnel);
	tally = (struct bed4_tally){}; /* a router has none */
	promise(!tunnel_init(&tunnel, &c, slow, &limit));
	now = 1000 * NSEC_PER_SEC;
	tunnel_start(&tunnel, now);
	/* Half of the peers have an address from the start: fuzzers rarely guess a checksum. */
	if (c.role == BED4_ROLE_PEER && flags & 4) {
		tunnel.self.own = c.prefix;
		bed4_iid_put(&tunnel.self.own, c.listen);
		tunnel.self.public = c.listen;
		tunnel.self.flags |= BED4_SELF_ADDR;
		tunnel.peer.state = PEER_CONFIGURED;
	}
}

#endif
