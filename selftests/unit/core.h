/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One tunnel of the core with its memory, a clock that only the test moves, and what it did last.
 * Every packet given to it is checked to be counted exactly once. Must not know what is expected.
 */
#ifndef UNIT_CORE_H
#define UNIT_CORE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include <cmocka.h>

#include "core/nd.h"
#include "core/outcome.h"
#include "core/tunnel.h"
#include "../prog/cases.h"

#define SEC  NSEC_PER_SEC
#define MSEC NSEC_PER_MSEC

struct core {
	struct tunnel t;
	struct limit limit;
	__u64 collisions;
	struct bed4_count slow[BED4_HOOK_DAEMON * BED4_OUTCOME_COUNT];
	struct actions a;
	__u64 now;
	uint8_t *packet; /* the last one given; exactly as long as it is */
};

static inline struct bed4_in6 in6(const char *text)
{
	struct bed4_in6 a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static inline struct bed4_ep ep(const char *addr, unsigned int port)
{
	struct in_addr in;

	assert_int_equal(inet_pton(AF_INET, addr, &in), 1);
	return bed4_ep(in.s_addr, htons(port));
}

/* From the beginning, at 1000 s; what an earlier test has left is freed. */
static inline int core_begin(struct core *c, const struct tunnel_config *config)
{
	free(c->packet);
	tunnel_exit(&c->t);
	memset(c, 0, sizeof(*c));
	c->now = 1000 * SEC;
	limit_init(&c->limit, 7, &c->collisions);
	return tunnel_init(&c->t, config, c->slow, &c->limit);
}

static inline void core_end(struct core *c)
{
	free(c->packet);
	c->packet = NULL;
	tunnel_exit(&c->t);
}

/* The router of fixture.h, from the beginning. */
static inline int core_router(struct core *c, unsigned int mtu)
{
	struct tunnel_config config = { .role = BED4_ROLE_ROUTER, .listen = ep(ROUTER4, PORT),
					.public = ep(ROUTER4, PORT), .mtu = mtu, .seed = 7,
					.prefix = in6("2001:67c:127c::") };

	return core_begin(c, &config);
}

static inline __u64 core_sum(const struct core *c)
{
	__u64 sum = 0;

	for (size_t i = 0; i < sizeof(c->slow) / sizeof(*c->slow); i++)
		sum += c->slow[i].packets;
	return sum;
}

/* Actions are carried out with success; @before: packets counted before the packet came in. */
static inline void core_finish(struct core *c, __u64 before)
{
	for (unsigned int i = 0; i < c->a.count; i++)
		tunnel_done(&c->t, &c->a.list[i], true);
	assert_int_equal(core_sum(c), before + 1);
}

static inline void core_keep(struct core *c, const struct pkt *p)
{
	free(c->packet);
	c->packet = malloc(p->len ? p->len : 1);
	assert_non_null(c->packet);
	memcpy(c->packet, p->b, p->len);
	actions_clear(&c->a);
}

static inline void core_udp(struct core *c, struct bed4_ep src, const struct pkt *p)
{
	__u64 before = core_sum(c);

	core_keep(c, p);
	tunnel_rx_udp(&c->t, c->now, src, 0, c->packet, p->len, &c->a);
	core_finish(c, before);
}

static inline void core_tun(struct core *c, const struct pkt *p)
{
	__u64 before = core_sum(c);

	core_keep(c, p);
	tunnel_rx_tun(&c->t, c->now, c->packet, p->len, &c->a);
	core_finish(c, before);
}

static inline __u64 core_count(const struct core *c, enum bed4_hook hook, enum bed4_outcome o)
{
	return c->slow[bed4_stat_row(hook, o)].packets;
}

/* Lets the clock run to @until, doing what is due; actions add up to at most the last tick's. */
static inline void core_run(struct core *c, __u64 until, void (*each)(struct core *c))
{
	while (tunnel_deadline(&c->t) <= until) {
		if (tunnel_deadline(&c->t) > c->now)
			c->now = tunnel_deadline(&c->t);
		actions_clear(&c->a);
		tunnel_tick(&c->t, c->now, &c->a);
		if (each)
			each(c);
	}
	c->now = until;
}

/* The first action of a kind, or NULL. */
static inline const struct action *core_did(const struct core *c, enum action_kind kind)
{
	for (unsigned int i = 0; i < c->a.count; i++)
		if (c->a.list[i].kind == kind)
			return &c->a.list[i];
	return NULL;
}

static inline void assert_ep(struct bed4_ep got, struct bed4_ep want)
{
	assert_int_equal(ntohl(got.addr), ntohl(want.addr));
	assert_int_equal(ntohs(got.port), ntohs(want.port));
}

/* A well-formed message of @n bytes; the checksum is summed up here. */
static inline void nd_packet(struct pkt *p, const char *src, const char *dst, unsigned int type,
			     const uint8_t *body, size_t n)
{
	pkt_ip6(p, src, dst, 58, 255, 4 + n, 2);
	p->b[40] = type;
	p->b[41] = 0;
	memcpy(p->b + 44, body, n);
	pkt_put16(p->b + 42, 0);
	pkt_put16(p->b + 42, pkt_csum6(p->b + 8, 58, p->b + 40, 4 + n));
}

/* NS or NA about @target, with a link-layer option when @opt is not 0. */
static inline void nd_neigh(struct pkt *p, const char *src, const char *dst, unsigned int type,
			    unsigned int flags, const char *target, unsigned int opt)
{
	uint8_t body[28] = { flags };

	inet_pton(AF_INET6, target, body + 4);
	body[20] = opt;
	body[21] = 1;
	nd_packet(p, src, dst, type, body, opt ? 28 : 20);
}

/* The ICMPv6 error in the last action, about @about, from the router's own address. */
static inline void expect_error(const struct action *act, unsigned int type, unsigned int code,
			 unsigned int param, const struct pkt *about)
{
	size_t quote = about->len < 1232 ? about->len : 1232;
	unsigned int sum;

	assert_non_null(act);
	assert_int_equal(act->len, 48 + quote);
	assert_memory_equal(act->data + 8, in6(OWN6).b, 16);
	assert_memory_equal(act->data + 24, about->b + 8, 16);
	assert_int_equal(act->data[40], type);
	assert_int_equal(act->data[41], code);
	assert_int_equal(pkt_get16(act->data + 44), param >> 16);
	assert_int_equal(pkt_get16(act->data + 46), param & 0xffff);
	assert_memory_equal(act->data + 48, about->b, quote);
	sum = pkt_csum6(act->data + 8, 58, act->data + 40, act->len - 40);
	assert_int_equal(sum, 0);
}

#endif
