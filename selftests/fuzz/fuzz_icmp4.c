// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ICMPv4 errors through the core (core/icmp4.h) in both roles. One that is told on must be about what
 * this tunnel could have sent, and what it becomes must be one good ICMPv6 error to the inner source and
 * nobody else: written down here once more in other words. Must not know how paths are found.
 *
 * Input: one byte of role and flags, then records: repairs, length (2 bytes), ICMPv4 message.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/icmp4.h"
#include "tunnel_run.h"

enum { ICMP = 8, OUTER = 28, INNER = ICMP + OUTER }; /* where in a message things begin */

/* What a record has made right, so that what is behind it gets tested too. */
enum repair {
	REPAIR_OUTER = 1, /* the quoted headers are those of a datagram of ours */
	REPAIR_INNER = 2, /* and what was in it may have gone to where it went */
	REPAIR_RELAYED = 4, /* from another peer */
	REPAIR_SUM = 8,
	REPAIR_WAIT = 16, /* a minute passes before */
};

static const struct bed4_ep there = { .addr = BED4_HTONL(0x83020304), .port = BED4_HTONS(50000) };
static const struct bed4_ep elsewhere = { .addr = BED4_HTONL(0x83050607), .port = BED4_HTONS(50002) };

static struct bed4_in6 peer_at(struct bed4_ep ep)
{
	struct bed4_in6 a = { .w = { BED4_HTONL(0x2001067c), BED4_HTONL(0x127c0000) } };

	bed4_iid_put(&a, ep);
	return a;
}

static void repair_outer(uint8_t *p)
{
	const struct bed4_ep to = tunnel.config.role == BED4_ROLE_PEER && p[1] & 1 ?
					  tunnel.self.server : there;

	p[0] = (const uint8_t[]){ 3, 3, 11, 12 }[p[0] & 3];
	p[ICMP] = 0x45;
	p[ICMP + 6] = p[ICMP + 7] = 0;
	p[ICMP + 9] = BED4_PROTO_UDP;
	memcpy(p + ICMP + 12, &tunnel.self.listen.addr, 4);
	memcpy(p + ICMP + 16, &to.addr, 4);
	memcpy(p + ICMP + 20, &tunnel.self.listen.port, 2);
	memcpy(p + ICMP + 22, &to.port, 2);
}

static void repair_inner(uint8_t *p, bool relayed)
{
	struct bed4_in6 dst = peer_at(there), src = peer_at(elsewhere);

	p[INNER] = 0x60 | (p[INNER] & 15);
	memcpy(p + INNER + 24, &dst, 16);
	if (tunnel.config.role == BED4_ROLE_PEER)
		memcpy(p + INNER + 8, &tunnel.self.own, 16);
	else if (relayed)
		memcpy(p + INNER + 8, &src, 16);
}

static void repair(uint8_t *p, size_t len, uint8_t what)
{
	__u16 csum = 0;

	if (what & REPAIR_OUTER && len >= INNER)
		repair_outer(p);
	if (what & REPAIR_INNER && len >= INNER + BED4_IP6_LEN)
		repair_inner(p, what & REPAIR_RELAYED);
	if (!(what & REPAIR_SUM) || len < 4)
		return;
	memcpy(p + 2, &csum, 2);
	csum = (__u16)~bed4_csum_fold(bed4_csum_buf(0, p, len));
	memcpy(p + 2, &csum, 2);
}

/* The one's complement sum the plain way. */
static unsigned int sum(unsigned int s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		s += i & 1 ? p[i] : p[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

/* Could we have sent what @p quotes, and may anybody be told of its fate? */
static void check_told(const uint8_t *p, size_t len)
{
	const uint8_t *ip4 = p + ICMP, *ip6 = p + INNER;

	promise(len >= INNER + BED4_IP6_LEN && sum(0, p, len) == 0xffff);
	promise(p[0] == 3 || p[0] == 11 || p[0] == 12);
	promise(ip4[0] == 0x45 && ip4[9] == 17 && !(ip4[6] & 0x1f) && !ip4[7]);
	promise(!memcmp(ip4 + 12, &tunnel.self.listen.addr, 4));
	promise(!memcmp(ip4 + 20, &tunnel.self.listen.port, 2));
	promise(ip6[0] >> 4 == 6 && ip6[8] != 0xff && ip6[24] != 0xff);
	if (tunnel.config.role == BED4_ROLE_PEER)
		promise(tunnel.self.flags & BED4_SELF_ADDR && !memcmp(ip6 + 8, &tunnel.self.own, 16));
	else
		promise(!memcmp(ip6 + 24, &tunnel.self.own, 8) && ip6[35] == 0xff && ip6[36] == 0xfe);
}

/* One ICMPv6 error at @e about @p's inner packet. */
static void check_error(const uint8_t *e, size_t n, const uint8_t *p, size_t len)
{
	const uint8_t *icmp = e + 40;
	unsigned int mtu;

	promise(n >= 48 + 40 && n <= 1280 && e[0] >> 4 == 6 && (size_t)(e[4] << 8 | e[5]) == n - 40);
	promise(e[6] == 58 && !memcmp(e + 24, p + INNER + 8, 16));
	promise(n - 48 <= len - INNER && !memcmp(icmp + 8, p + INNER, n - 48));
	promise(sum(sum((unsigned int)(n - 40) + 58, e + 8, 32), icmp, n - 40) == 0xffff);
	mtu = (unsigned int)icmp[4] << 24 | icmp[5] << 16 | icmp[6] << 8 | icmp[7];
	if (p[0] == 3 && p[1] == 4)
		promise(icmp[0] == 2 && !icmp[1] && mtu >= 1280 && mtu <= 65535 - 28);
	else
		promise(icmp[0] == 1 && icmp[1] == 3 && !mtu);
}

/* @p: the message as it came. At most one error; whatever else a peer sends are solicitations. */
static void check_actions(const uint8_t *p, size_t len)
{
	unsigned int errors = 0;

	for (unsigned int i = 0; i < actions.count; i++) {
		const struct action *act = &actions.list[i];
		bool sent = act->kind == ACTION_UDP || act->kind == ACTION_TUN;

		if (sent && act->hook == BED4_HOOK_ICMP && act->outcome) {
			errors++;
			check_told(p, len);
			check_error(act->data, act->len, p, len);
			promise(act->kind == ACTION_TUN || (tunnel.config.role == BED4_ROLE_ROUTER &&
							    bed4_iid_is((const void *)(p + INNER + 8), act->to)));
		} else if (sent) {
			promise(tunnel.config.role == BED4_ROLE_PEER && act->kind == ACTION_UDP);
			promise(act->len == 72 && act->data[6] == 58 && act->data[40] == 135);
		}
	}
	promise(errors <= 1);
}

static void message(uint8_t repairs, const uint8_t *body, size_t len)
{
	uint8_t *p = malloc(len + 2), *copy = malloc(len + 2);
	__u64 before = counted();

	promise(p && copy);
	memcpy(p + 2, body, len);
	repair(p + 2, len, repairs);
	memcpy(copy, p + 2, len);
	actions_clear(&actions);
	tunnel_rx_icmp4(&tunnel, now, p + 2, len, &actions);
	check_actions(copy, len);
	carry_out(p + 2, len);
	promise(counted() == before + 1);
	free(copy);
	free(p);
}

/* An operator's neighbour and one that was found, so that there are direct paths to doubt. */
static void add_neighbours(void)
{
	struct bed4_in6 a = peer_at(elsewhere), b = peer_at(there);

	actions_clear(&actions);
	tunnel_neigh_add(&tunnel, now, &a, elsewhere, &actions);
	tunnel_used(&tunnel, now, &b, 0, (__u32)(now / NSEC_PER_SEC), &actions);
	carry_out(NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len;

	if (size < 1 || size > 4096)
		return 0;
	begin(*data++);
	if (tunnel.config.role == BED4_ROLE_PEER)
		add_neighbours();
	for (size--; size >= 3; data += len, size -= len) {
		uint8_t repairs = *data;

		len = data[1] << 8 | data[2];
		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		if (repairs & REPAIR_WAIT)
			now += 60 * NSEC_PER_SEC;
		message(repairs, data, len);
	}
	return 0;
}
