// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Captured packets read and put into words; see packet.h. Proved by selftests/unit/test_packet.c. */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "6bed4/parse.h"
#include "packet.h"

#define PROTO_ICMP4 1

bool packet_has_eth(enum bed4_hook hook, bool after)
{
	/* What TC sends from the TUN device has got a header by then. */
	return hook == BED4_HOOK_XDP || hook == BED4_HOOK_TC_IN || (hook == BED4_HOOK_TC_OUT && after);
}

static void read_upper(struct packet *p, struct bed4_cur cur)
{
	const __u8 *h;

	if (p->proto == BED4_PROTO_TCP || p->proto == BED4_PROTO_UDP) {
		h = bed4_take(&cur, 4);
		if (!h)
			return;
		p->has_ports = true;
		p->sport = (__u16)(h[0] << 8 | h[1]);
		p->dport = (__u16)(h[2] << 8 | h[3]);
	} else if (p->proto == BED4_PROTO_ICMP6) {
		h = bed4_take(&cur, 2);
		if (!h)
			return;
		p->has_type = true;
		p->type = h[0];
		p->code = h[1];
	}
}

static void read_ip6(struct packet *p, struct bed4_cur cur)
{
	struct bed4_ip6 ip6;
	const __u8 *start = cur.pos, *h = bed4_take(&cur, BED4_IP6_LEN);

	if (!h || h[0] >> 4 != 6)
		return;
	memcpy(&ip6, h, sizeof(ip6));
	p->ip6 = start;
	p->ip6_len = (size_t)(cur.end - start);
	p->has_inner = true;
	p->src = ip6.src;
	p->dst = ip6.dst;
	p->proto = ip6.next;
	p->hops = ip6.hops;
	read_upper(p, cur);
}

static void read_ip4(struct packet *p, struct bed4_cur cur)
{
	const __u8 *h = bed4_take(&cur, BED4_IP4_LEN), *options, *next;
	struct bed4_ip4 ip4;

	if (!h)
		return;
	memcpy(&ip4, h, sizeof(ip4));
	options = bed4_take(&cur, (ip4.vhl & 15) > 5 ? 4 * (ip4.vhl & 15) - BED4_IP4_LEN : 0);
	p->has_outer = true;
	p->outer_proto = ip4.proto;
	p->outer_src.addr = ip4.src;
	p->outer_dst.addr = ip4.dst;
	if (!options || ip4.frag & BED4_HTONS(0x1fff))
		return; /* a later fragment shows nothing of what is in it */
	next = bed4_take(&cur, BED4_UDP_LEN);
	if (!next)
		return;
	if (ip4.proto == PROTO_ICMP4) {
		p->has_type = true;
		p->type = next[0];
		p->code = next[1];
	}
	if (ip4.proto != BED4_PROTO_UDP)
		return;
	memcpy(&p->outer_src.port, next, 2);
	memcpy(&p->outer_dst.port, next + 2, 2);
	read_ip6(p, cur);
}

void packet_read(struct packet *p, const __u8 *data, size_t len, bool eth)
{
	struct bed4_cur cur = { data, data + len };
	const __u8 *h;

	memset(p, 0, sizeof(*p));
	if (eth) {
		h = bed4_take(&cur, BED4_ETH_LEN);
		if (!h || ((h[12] != 0x08 || h[13]) && (h[12] != 0x86 || h[13] != 0xdd)))
			return;
	}
	if (cur.pos == cur.end)
		return;
	p->ip = cur.pos;
	p->ip_len = (size_t)(cur.end - cur.pos);
	if (*cur.pos >> 4 == 4)
		read_ip4(p, cur);
	else if (*cur.pos >> 4 == 6)
		read_ip6(p, cur);
	else
		p->ip = NULL;
}

const char *packet_proto(__u8 proto, char buf[16])
{
	switch (proto) {
	case BED4_PROTO_TCP:
		return "TCP";
	case BED4_PROTO_UDP:
		return "UDP";
	case BED4_PROTO_ICMP6:
		return "ICMPv6";
	default:
		snprintf(buf, 16, "proto %u", proto);
		return buf;
	}
}

/* RFC 4443, RFC 4861. */
static const char *icmp6_name(__u8 type)
{
	static const struct { __u8 type; const char *name; } names[] = {
		{ 1, "unreachable" }, { 2, "packet too big" }, { 3, "time exceeded" }, { 4, "parameter problem" },
		{ 128, "echo request" }, { 129, "echo reply" }, { 133, "router solicitation" },
		{ 134, "router advertisement" }, { 135, "neighbour solicitation" },
		{ 136, "neighbour advertisement" }, { 137, "redirect" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (names[i].type == type)
			return names[i].name;
	}
	return NULL;
}

/* Appends as much as there is room for. */
__attribute__((format(printf, 2, 3))) static void add(char buf[PACKET_TEXT], const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf + used, PACKET_TEXT - used, fmt, ap);
	va_end(ap);
}

static void add_ep(char *buf, struct bed4_ep ep, bool port)
{
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &ep.addr, addr, sizeof(addr));
	if (port)
		add(buf, "%s:%u", addr, BED4_NTOHS(ep.port));
	else
		add(buf, "%s", addr);
}

static void add_outer(char *buf, const struct packet *p)
{
	bool ports = p->outer_src.port || p->outer_dst.port;

	add_ep(buf, p->outer_src, ports);
	add(buf, " > ");
	add_ep(buf, p->outer_dst, ports);
	if (p->outer_proto == PROTO_ICMP4 && p->has_type)
		add(buf, " ICMPv4 type %u code %u", p->type, p->code);
	else if (p->outer_proto != BED4_PROTO_UDP)
		add(buf, " proto %u", p->outer_proto);
}

static void add_type(char *buf, const struct packet *p)
{
	const char *name = icmp6_name(p->type);

	if (name)
		add(buf, " %s", name);
	else
		add(buf, " type %u", p->type);
	if (p->code)
		add(buf, " code %u", p->code);
}

static void add_inner(char *buf, const struct packet *p)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN], proto[16];

	inet_ntop(AF_INET6, &p->src, src, sizeof(src));
	inet_ntop(AF_INET6, &p->dst, dst, sizeof(dst));
	add(buf, "%s > %s %s", src, dst, packet_proto(p->proto, proto));
	if (p->has_ports)
		add(buf, " %u > %u", p->sport, p->dport);
	if (p->has_type)
		add_type(buf, p);
	add(buf, " hops %u", p->hops);
}

static const char *text(const struct packet *p, bool outer, bool inner, char *buf)
{
	*buf = 0;
	if (!p->ip)
		add(buf, "not IP");
	if (p->has_outer && outer)
		add_outer(buf, p);
	if (p->has_inner && inner)
		add(buf, *buf ? " " : "");
	if (p->has_inner && inner)
		add_inner(buf, p);
	return buf;
}

const char *packet_text(const struct packet *p, char buf[PACKET_TEXT])
{
	return text(p, true, true, buf);
}

const char *packet_text_after(const struct packet *p, const struct packet *b, char buf[PACKET_TEXT])
{
	bool same_outer = p->has_outer && b->has_outer && bed4_ep_eq(p->outer_src, b->outer_src) &&
			  bed4_ep_eq(p->outer_dst, b->outer_dst);
	bool same_inner = p->has_inner && b->has_inner && bed4_in6_eq(&p->src, &b->src) &&
			  bed4_in6_eq(&p->dst, &b->dst) && p->proto == b->proto;

	text(p, !same_outer, !same_inner, buf);
	if (same_inner && b->has_outer && !p->has_outer)
		add(buf, "native");
	if (same_inner)
		add(buf, "%shops %u", *buf ? " " : "", p->hops);
	return buf;
}

bool packet_shot_sane(const struct bed4_shot *s, size_t size)
{
	const struct bed4_shot_head *h = &s->head;

	return size >= sizeof(*h) && h->hook < BED4_HOOK_COUNT && h->outcome && h->outcome < BED4_OUTCOME_COUNT &&
	       h->caplen[0] <= BED4_SNAP_MAX && h->caplen[1] <= BED4_SNAP_MAX &&
	       h->caplen[0] <= h->len[0] && h->caplen[1] <= h->len[1] &&
	       sizeof(*h) + h->caplen[0] + h->caplen[1] <= size;
}
