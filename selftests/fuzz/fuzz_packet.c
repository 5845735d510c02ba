// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A sequence of packets, ticks and moves of the clock through a whole tunnel of either role. Each
 * packet ends in exactly one outcome, actions stay inside what they borrow, and nothing leaves that
 * PROTOCOL forbids. Must not know what is answered to what.
 *
 * Input: one byte of role and flags, then records: kind, length (2 bytes), body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/icmp4.h"
#include "core/tunnel.h"

static struct tunnel tunnel;
static struct limit limit;
static __u64 collisions;
static struct bed4_count slow[BED4_HOOK_DAEMON * BED4_OUTCOME_COUNT];
static struct actions actions;
static __u64 now;

static void promise(int kept)
{
	if (!kept)
		abort();
}

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
}

/* How a packet comes in. */
enum way { WAY_UDP, WAY_TUN, WAY_LAN };

/* On a heap block of just its size and only 2-aligned, as promised in tunnel.h. */
static void packet(enum way way, const uint8_t *body, size_t len)
{
	uint8_t *block = malloc(len + 2);
	__u64 before = counted();
	struct bed4_ep src = tunnel.self.server;

	promise(block != NULL);
	if (way != WAY_TUN && len >= 6 && (body[0] & 1)) {
		memcpy(&src.addr, body, 4);
		memcpy(&src.port, body + 4, 2);
		body += 6;
		len -= 6;
	} else if (way != WAY_TUN && len) {
		body++;
		len--;
	}
	memcpy(block + 2, body, len);
	actions_clear(&actions);
	if (way == WAY_TUN)
		tunnel_rx_tun(&tunnel, now, block + 2, len, &actions);
	else if (way == WAY_LAN)
		tunnel_rx_lan(&tunnel, now, src, block + 2, len, &actions);
	else
		tunnel_rx_udp(&tunnel, now, src, len & 0xff, block + 2, len, &actions);
	carry_out(block + 2, len);
	promise(counted() == before + 1);
	free(block);
}

/* An ICMPv4 message; most of them quote a datagram of ours and have a right checksum. */
static void icmp4(const uint8_t *body, size_t len)
{
	uint8_t *p = malloc(len + 2);
	__u64 before = counted();
	struct bed4_ip4 *ip4;
	__be16 csum = 0;

	promise(p != NULL);
	memcpy(p, body, len);
	if (len >= 36 && !(body[4] & 1)) {
		ip4 = (void *)(p + 8);
		ip4->vhl = 0x45;
		ip4->proto = BED4_PROTO_UDP;
		ip4->frag = 0;
		ip4->src = tunnel.self.listen.addr;
		memcpy(p + 28, &tunnel.self.listen.port, 2);
		memcpy(p + 2, &csum, 2);
		csum = (__be16)~bed4_csum_fold(bed4_csum_buf(0, p, len));
		memcpy(p + 2, &csum, 2);
	}
	actions_clear(&actions);
	tunnel_rx_icmp4(&tunnel, now, p, len, &actions);
	carry_out(p, len);
	promise(counted() == before + 1);
	free(p);
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
				   .eager = flags & 16 };

	c.listen = c.public = bed4_ep(BED4_HTONL(0x91880001), BED4_HTONS(BED4_PORT));
	if (c.role == BED4_ROLE_PEER) {
		c.server = c.listen;
		c.listen = bed4_ep(BED4_HTONL(0x83010002), BED4_HTONS(50000));
	}
	c.prefix.w[0] = BED4_HTONL(0x2001067c);
	c.prefix.w[1] = BED4_HTONL(0x127c0000);
	memset(slow, 0, sizeof(slow));
	limit_init(&limit, flags, &collisions);
	tunnel_exit(&tunnel);
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

/* Sums a message's ICMPv6 checksum up, so that what is behind it gets tested too. */
static size_t summed(uint8_t *copy, const uint8_t *body, size_t len, size_t at)
{
	struct bed4_ip6 *ip6 = (void *)(copy + at);
	uint8_t *icmp = copy + at + BED4_IP6_LEN;
	__u16 csum;
	size_t n;

	memcpy(copy, body, len);
	if (len < at + BED4_IP6_LEN + 4)
		return len;
	n = len - at - BED4_IP6_LEN;
	ip6->vtf = BED4_HTONL(0x60000000);
	ip6->len = BED4_HTONS(n);
	ip6->next = BED4_PROTO_ICMP6;
	ip6->hops = 255;
	icmp[2] = icmp[3] = 0;
	csum = bed4_csum_upper(ip6, BED4_PROTO_ICMP6, icmp, n);
	memcpy(icmp + 2, &csum, 2);
	return len;
}

/* The fast path tells of a use, or the map's walk of an entry. */
static void hear_of(const uint8_t *addr, int used)
{
	struct bed4_in6 who;

	memcpy(&who, addr, sizeof(who));
	actions_clear(&actions);
	if (used)
		tunnel_used(&tunnel, now, &who, 0, now / NSEC_PER_SEC, &actions);
	else
		tunnel_stamp(&tunnel, now, &who, 0, 0, &actions);
	carry_out(NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t copy[4096] __attribute__((aligned(8)));
	size_t len, at;

	if (size < 1 || size > sizeof(copy))
		return 0;
	begin(*data++);
	for (size--; size >= 3; data += len, size -= len) {
		uint8_t kind = *data;

		len = data[1] << 8 | data[2];
		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		switch (kind & 3) {
		case 0:
			packet((kind >> 2) % 3, data, len);
			break;
		case 1: /* the same with valid ICMPv6; at an even offset behind the source */
			at = (kind >> 2) % 3 == WAY_TUN ? 0 : len && data[0] & 1 ? 6 : 1;
			if (at == 1)
				break;
			packet((kind >> 2) % 3, copy, summed(copy, data, len, at));
			break;
		case 2:
			if (kind & 16) {
				icmp4(data, len);
				break;
			}
			if (kind & 4 && len >= 16) {
				hear_of(data, kind & 8);
				break;
			}
			now += (len ? data[0] : 1) * NSEC_PER_SEC;
			/* fall through */
		default:
			actions_clear(&actions);
			tunnel_tick(&tunnel, now, &actions);
			carry_out(NULL, 0);
		}
	}
	return 0;
}
