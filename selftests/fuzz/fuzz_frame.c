// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A frame as the fast path sees it, through 6bed4/parse.h and decide.h in both roles and directions.
 * The verdict has to lie within the frame, and what would be forwarded must keep the rules of
 * PROTOCOL sections 5 and 9. The first byte picks the role, whether checksums are made right, and the plan.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "6bed4/decide.h"
#include "frame_repair.h"
#include "promise.h"

static const struct bed4_neigh *no_neigh(const void *arg, const struct bed4_in6 *addr)
{
	(void)arg;
	(void)addr;
	return NULL;
}

static enum bed4_policy no_policy(const void *arg, __be32 addr)
{
	(void)arg;
	(void)addr;
	return BED4_POLICY_NONE;
}

static struct bed4_self self_of(int peer, int plan)
{
	struct bed4_self s = { .abi = BED4_ABI, .flags = BED4_SELF_VALID | BED4_SELF_ADDR,
			       .mtu = BED4_MTU };

	s.listen = bed4_ep(BED4_HTONL(0x91880001), BED4_HTONS(BED4_PORT));
	s.role = peer ? BED4_ROLE_PEER : BED4_ROLE_ROUTER;
	if (peer) {
		s.server = s.listen;
		s.listen = bed4_ep(BED4_HTONL(0x83010002), BED4_HTONS(50000));
	}
	s.public = s.listen;
	s.own.w[0] = BED4_HTONL(0x2001067c);
	s.own.w[1] = BED4_HTONL(0x127c0000);
	if (plan) {
		s.flags |= BED4_SELF_PLAN;
		bed4_plan_put(&s.own, BED4_PLAN_PREFIX, peer ? s.server : s.listen);
	}
	bed4_iid_put(&s.own, s.public);
	return s;
}

static void check(const struct bed4_verdict *v, const uint8_t *frame, size_t len)
{
	const uint8_t *ip6 = (const void *)v->ip6;

	promise(ip6 >= frame && v->len >= BED4_IP6_LEN && ip6 + v->len <= frame + len);
	promise(ip6[0] >> 4 == 6 && ip6[24] != 0xff && ip6[8] != 0xff);
	promise(ip6[8] != 0xfe || (ip6[9] & 0xc0) != 0x80);
	promise(ip6[6] != 58 || ip6[40] < 133 || ip6[40] > 137);
}

static void check_to(const struct bed4_self *self, struct bed4_ep to)
{
	promise(self->role == BED4_ROLE_PEER || !bed4_v4_special(to.addr));
	promise(bed4_port_ok(to.port) && to.addr != self->listen.addr);
}

static void through(const struct bed4_self *self, const uint8_t *frame, size_t len)
{
	struct bed4_cur cur = { frame, frame + len };
	struct bed4_verdict v = { 0 };
	struct bed4_dgram dg;
	enum bed4_outcome o;

	switch (bed4_parse_eth(&cur)) {
	case BED4_ETH_IP4:
		o = bed4_parse_outer(cur, self, &dg);
		promise(o < BED4_OUTCOME_COUNT);
		if (o)
			return;
		promise(dg.payload.pos >= frame && dg.payload.pos + dg.len <= frame + len);
		o = bed4_decide_in(self, &dg, no_policy, no_neigh, NULL, &v);
		break;
	case BED4_ETH_IP6:
		o = bed4_decide_out(self, cur, cur.end - cur.pos, BED4_FROM_NATIVE, no_policy, NULL,
				    &v);
		break;
	default:
		return;
	}
	promise(o > BED4_GO && o < BED4_OUTCOME_COUNT);
	if (o >= BED4_IN_NATIVE && o <= BED4_OUT_ROUTER)
		check(&v, frame, len);
	if (o == BED4_RELAY || o == BED4_OUT)
		check_to(self, v.to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bed4_self self;
	uint8_t *block;

	if (size < 1 || size > 4096)
		return 0;
	self = self_of(data[0] & 1, data[0] & 4);
	block = malloc(size + 1);
	promise(block != NULL);
	memcpy(block + 2, data + 1, size - 1);
	if (data[0] & 2)
		frame_repair(block + 2, size - 1);
	through(&self, block + 2, size - 1);
	free(block);
	return 0;
}
