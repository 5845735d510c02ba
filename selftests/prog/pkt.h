/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Builds packets for fixtures the plain way: byte by byte, every checksum a full sum. Shares no
 * code with what it tests; must not include 6bed4/csum.h, addr.h or outer.h.
 */
#ifndef PROG_PKT_H
#define PROG_PKT_H

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#define PKT_MAX 9216

struct pkt {
	size_t len;
	uint8_t b[PKT_MAX];
};

static inline void pkt_put16(uint8_t *p, unsigned int v)
{
	p[0] = v >> 8 & 0xff;
	p[1] = v & 0xff;
}

static inline unsigned int pkt_get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* Makes room for @n bytes in front. */
static inline uint8_t *pkt_push(struct pkt *p, size_t n)
{
	memmove(p->b + n, p->b, p->len);
	memset(p->b, 0, n);
	p->len += n;
	return p->b;
}

static inline uint32_t pkt_sum(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? p[i] : p[i] << 8;
	return sum;
}

static inline unsigned int pkt_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* Checksum of an upper-layer message under IPv6 addresses at @addrs (source, destination). */
static inline unsigned int pkt_csum6(const uint8_t *addrs, unsigned int next, const uint8_t *msg,
				     size_t n)
{
	uint32_t sum = pkt_sum(0, addrs, 32) + n + next;

	return pkt_fold(pkt_sum(sum, msg, n));
}

/* A message of protocol @next of @n bytes, header zeroed but for ports, payload counting up; its
 * checksum, at @csum_at, is right. */
static inline void pkt_ip6(struct pkt *p, const char *src, const char *dst, unsigned int next,
			   unsigned int hops, size_t n, size_t csum_at)
{
	unsigned int csum;
	size_t i;

	p->len = 40 + n;
	memset(p->b, 0, 40);
	p->b[0] = 0x60;
	pkt_put16(p->b + 4, n);
	p->b[6] = next;
	p->b[7] = hops;
	inet_pton(AF_INET6, src, p->b + 8);
	inet_pton(AF_INET6, dst, p->b + 24);
	for (i = 0; i < n; i++)
		p->b[40 + i] = i;
	if (next == 17)
		pkt_put16(p->b + 44, n);
	if (csum_at + 2 > n)
		return;
	pkt_put16(p->b + 40 + csum_at, 0);
	csum = pkt_csum6(p->b + 8, next, p->b + 40, n);
	pkt_put16(p->b + 40 + csum_at, csum ? csum : 0xffff);
}

static inline void pkt_udp6(struct pkt *p, const char *src, const char *dst, unsigned int hops,
			    size_t payload)
{
	pkt_ip6(p, src, dst, 17, hops, 8 + payload, 6);
}

enum pkt_csum { CSUM_ZERO, CSUM_FULL, CSUM_WRONG };

/* Sets the UDP checksum of the datagram whose IPv4 header stands at @ip. */
static inline void pkt_udp_csum(uint8_t *ip, enum pkt_csum mode)
{
	uint8_t *udp = ip + 20;
	size_t n = pkt_get16(udp + 4);
	unsigned int csum;

	pkt_put16(udp + 6, 0);
	if (mode == CSUM_ZERO)
		return;
	csum = pkt_fold(pkt_sum(pkt_sum(17 + n, ip + 12, 8), udp, n));
	csum = csum ? csum : 0xffff;
	pkt_put16(udp + 6, mode == CSUM_WRONG ? (csum == 0x1234 ? 0x4321 : 0x1234) : csum);
}

static inline void pkt_ip4_csum(uint8_t *ip)
{
	pkt_put16(ip + 10, 0);
	pkt_put16(ip + 10, pkt_fold(pkt_sum(0, ip, 20)));
}

/* IPv4 and UDP around what is there. */
static inline void pkt_outer(struct pkt *p, const char *src, unsigned int sport, const char *dst,
			     unsigned int dport, unsigned int tos, enum pkt_csum mode)
{
	uint8_t *ip = pkt_push(p, 28);

	ip[0] = 0x45;
	ip[1] = tos;
	pkt_put16(ip + 2, p->len);
	ip[8] = 64;
	ip[9] = 17;
	inet_pton(AF_INET, src, ip + 12);
	inet_pton(AF_INET, dst, ip + 16);
	pkt_put16(ip + 20, sport);
	pkt_put16(ip + 22, dport);
	pkt_put16(ip + 24, p->len - 20);
	pkt_ip4_csum(ip);
	pkt_udp_csum(ip, mode);
}

/* Ethernet in front; MACs are 02:00:00:00:@dst and 02:00:00:00:@src. */
static inline void pkt_eth(struct pkt *p, unsigned int dst, unsigned int src, unsigned int type)
{
	uint8_t *eth = pkt_push(p, 14);

	eth[0] = eth[6] = 2;
	pkt_put16(eth + 4, dst);
	pkt_put16(eth + 10, src);
	pkt_put16(eth + 12, type);
}

#endif
