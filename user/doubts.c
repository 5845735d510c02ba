// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Contradictions between options; see doubts.h. Proved by selftests/unit/test_doubts.c. */
#include <arpa/inet.h>
#include <string.h>

#include "doubts.h"

struct telling {
	const struct load_options *o;
	enum bed4_role role;
	doubts_fn fn;
	void *arg;
};

__attribute__((format(printf, 4, 5))) static void tell(const struct telling *t, bool error, unsigned int line,
						       const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	t->fn(t->arg, error, line, text);
}

static void check_role(const struct telling *t)
{
	const struct load_options *o = t->o;
	unsigned int i;

	if (t->role == BED4_ROLE_ROUTER && !o->prefix_set && o->plan == BED4_PLAN_V01)
		tell(t, true, opt_line(o, "role"), "a router needs --prefix P/64");
	if (opt_without_plan(o))
		tell(t, true, opt_line(o, "plan-prefix"), "--plan-prefix is for --plan server-prefix");
	for (i = 0; i < o->entry_count; i++) {
		if (!opt_entry_fits(&o->entries[i], t->role))
			tell(t, true, o->entries[i].line, "--%s is not for a %s%s", opt_entry_name(&o->entries[i]),
			     opt_role_name(t->role),
			     t->role == BED4_ROLE_PEER && !o->role_set ? ", which this is without --prefix" : "");
	}
}

static unsigned int nth_line(const struct load_options *o, const char *name, unsigned int nth)
{
	unsigned int line;

	opt_source(o, name, nth, &line);
	return line;
}

static bool has(const struct load_options *o, const char *name)
{
	unsigned int line;

	return opt_source(o, name, 0, &line) != OPT_DEFAULT;
}

static void check_devices(const struct telling *t)
{
	const struct load_options *o = t->o;
	unsigned int i;

	if (*o->tun && !strcmp(o->tun, o->iface))
		tell(t, true, opt_line(o, "tun"), "--tun %s is the IPv4 device itself: choose another name", o->tun);
	for (i = 0; i < o->v6_count; i++) {
		if (*o->tun && !strcmp(o->tun, o->v6_dev[i]))
			tell(t, true, nth_line(o, "v6-dev", i), "--v6-dev %s is the tunnel, see --tun in line %u",
			     o->tun, opt_line(o, "tun"));
	}
}

static const char *prefix_text(const struct opt_v4 *p, char buf[INET_ADDRSTRLEN + 4])
{
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &p->addr, addr, sizeof(addr));
	snprintf(buf, INET_ADDRSTRLEN + 4, "%s/%u", addr, p->len);
	return buf;
}

/* Is all of @p within @outer? */
static bool within(const struct opt_v4 *p, const struct opt_v4 *outer)
{
	if (p->len < outer->len)
		return false;
	return !outer->len || (BED4_NTOHL(p->addr) ^ BED4_NTOHL(outer->addr)) >> (32 - outer->len) == 0;
}

/* Has a prefix of this list, but @but, all of @p? Its index or -1. */
static int covered(const struct opt_v4 *p, const struct opt_v4 *list, unsigned int count, int but)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if ((int)i != but && within(p, &list[i]))
			return (int)i;
	}
	return -1;
}

/* Is an address of @p special-purpose? No range in the registry is smaller than a /24. */
static bool any_special(const struct opt_v4 *p)
{
	__u64 at = BED4_NTOHL(p->addr), end = at + (1ull << (32 - p->len));

	for (; at < end; at += 256) {
		if (bed4_v4_special(BED4_HTONL((__u32)at)))
			return true;
	}
	return false;
}

static void check_permit(const struct telling *t, unsigned int i)
{
	const struct load_options *o = t->o;
	const struct opt_v4 *p = &o->permit[i];
	unsigned int line = nth_line(o, "permit-v4", i);
	char a[INET_ADDRSTRLEN + 4], b[INET_ADDRSTRLEN + 4];
	int j = covered(p, o->deny, o->deny_count, -1);

	if (j >= 0 && o->deny[j].len == p->len)
		tell(t, false, line, "--permit-v4 %s is refused by line %u: between equals --deny-v4 decides",
		     prefix_text(p, a), nth_line(o, "deny-v4", (unsigned int)j));
	else if (j < 0 && !any_special(p))
		tell(t, false, line, "--permit-v4 %s has no effect: none of it is special-purpose", prefix_text(p, a));
	j = covered(p, o->permit, o->permit_count, (int)i);
	if (j >= 0 && covered(p, o->deny, o->deny_count, -1) < 0)
		tell(t, false, line, "--permit-v4 %s is within %s of line %u already", prefix_text(p, a),
		     prefix_text(&o->permit[j], b), nth_line(o, "permit-v4", (unsigned int)j));
}

static void check_deny(const struct telling *t, unsigned int i)
{
	const struct load_options *o = t->o;
	const struct opt_v4 *p = &o->deny[i];
	char a[INET_ADDRSTRLEN + 4], b[INET_ADDRSTRLEN + 4];
	int j = covered(p, o->deny, o->deny_count, (int)i);

	if (!p->len)
		tell(t, false, nth_line(o, "deny-v4", i), "--deny-v4 %s refuses every endpoint that no --permit-v4 "
							  "lifts", prefix_text(p, a));
	if (j >= 0 && covered(p, o->permit, o->permit_count, -1) < 0)
		tell(t, false, nth_line(o, "deny-v4", i), "--deny-v4 %s is within %s of line %u already",
		     prefix_text(p, a), prefix_text(&o->deny[j], b), nth_line(o, "deny-v4", (unsigned int)j));
}

/* What is set, but has no effect with what else is set. */
static void check_idle(const struct telling *t)
{
	const struct load_options *o = t->o;
	bool no_xdp = o->mode == BED4_MODE_TC || o->mode == BED4_MODE_OFF, router = t->role == BED4_ROLE_ROUTER;

	if (router && no_xdp && has(o, "forward"))
		tell(t, false, opt_line(o, "forward"), "--forward has no effect with --fast-path %s: the kernel routes",
		     opt_mode_name(o->mode));
	if (router && no_xdp && has(o, "nexthop-slots"))
		tell(t, false, opt_line(o, "nexthop-slots"), "--nexthop-slots has no effect with --fast-path %s",
		     opt_mode_name(o->mode));
	if (!router && has(o, "account"))
		tell(t, false, opt_line(o, "account"), "--account has no effect: a peer counts all");
	if (router && o->public_v4 && o->public_v4 == o->listen)
		tell(t, false, opt_line(o, "public-v4"), "--public-v4 has no effect: it is the same as --listen");
	if (!router && has(o, "keepalive") && !o->keepalive)
		tell(t, false, opt_line(o, "keepalive"), "--keepalive 0: behind a NAT nobody reaches this peer after "
							 "some seconds of silence");
	if (!router && o->server && o->server == o->listen)
		tell(t, true, opt_line(o, "server"), "--server is this machine's own --listen: a peer's router is "
						     "another machine");
	if (o->mode == BED4_MODE_OFF && has(o, "udp-checksum") && o->csum != BED4_CSUM_MODE_ZERO)
		tell(t, false, opt_line(o, "udp-checksum"), "--udp-checksum %s has no effect with --fast-path off: the "
							    "daemon always sends one", opt_csum_name(o->csum));
}

enum bed4_role doubts(const struct load_options *o, doubts_fn fn, void *arg)
{
	struct telling t = { .o = o, .fn = fn, .arg = arg };
	unsigned int i;

	t.role = o->role_set ? o->role : o->prefix_set ? BED4_ROLE_ROUTER : BED4_ROLE_PEER;
	check_role(&t);
	check_devices(&t);
	for (i = 0; i < o->permit_count; i++)
		check_permit(&t, i);
	for (i = 0; i < o->deny_count; i++)
		check_deny(&t, i);
	check_idle(&t);
	return t.role;
}
