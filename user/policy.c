// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Permitted, denied and own IPv4 addresses; see policy.h. Proved by selftests/net. */
#include <errno.h>
#include <string.h>

#include "io/rtnl.h"
#include "policy.h"

static bool covers(const struct opt_v4 *p, __be32 addr)
{
	return !p->len || (BED4_NTOHL(p->addr) ^ BED4_NTOHL(addr)) >> (32 - p->len) == 0;
}

bool policy_onlink(const void *arg, __be32 addr)
{
	const struct policy *p = arg;
	unsigned int i;

	for (i = 0; i < p->subnet_count; i++) {
		struct opt_v4 subnet = { p->subnet[i].addr, p->subnet[i].len };

		if (covers(&subnet, addr))
			return true;
	}
	return false;
}

static int longest(const struct opt_v4 *list, unsigned int count, __be32 addr)
{
	unsigned int i;
	int best = -1;

	for (i = 0; i < count; i++) {
		if (covers(&list[i], addr) && (int)list[i].len > best)
			best = (int)list[i].len;
	}
	return best;
}

enum bed4_policy policy_ask(const void *arg, __be32 addr)
{
	const struct policy *p = arg;
	int permit = longest(p->opt->permit, p->opt->permit_count, addr);
	int deny = longest(p->opt->deny, p->opt->deny_count, addr);
	unsigned int i;

	for (i = BED4_OWN4_MAX; i < p->own_count; i++) {
		if (p->own[i] == addr)
			return BED4_POLICY_OWN;
	}
	if (permit < 0 && deny < 0)
		return BED4_POLICY_NONE;
	return permit > deny ? BED4_POLICY_PERMIT : BED4_POLICY_DENY;
}

static void publish_overflow(const struct policy *p, struct fastpath *fp, enum bed4_policy policy)
{
	unsigned int i;

	for (i = BED4_OWN4_MAX; fp && i < p->own_count; i++)
		fastpath_set_policy(fp, p->own[i], 32, policy);
}

int policy_refresh(struct policy *p, struct bed4_self *self, struct fastpath *fp)
{
	struct bed4_self old = *self;
	unsigned int fit;
	int n;

	publish_overflow(p, fp, BED4_POLICY_NONE);
	n = rtnl_addr4_own(p->own, POLICY_OWN_MAX);
	if (n < 0)
		return n;
	p->own_count = (unsigned int)n;
	n = rtnl_subnets4(p->underlay, p->subnet, POLICY_SUBNET_MAX);
	if (n < 0)
		return n;
	p->subnet_count = (unsigned int)n;
	publish_overflow(p, fp, BED4_POLICY_OWN);
	fit = p->own_count < BED4_OWN4_MAX ? p->own_count : BED4_OWN4_MAX;
	memset(self->own4, 0, sizeof(self->own4));
	memcpy(self->own4, p->own, fit * sizeof(*p->own));
	self->own4_count = fit;
	if (p->opt->permit_count || p->opt->deny_count || p->own_count > BED4_OWN4_MAX)
		self->flags |= BED4_SELF_POLICY;
	else
		self->flags &= ~BED4_SELF_POLICY;
	return memcmp(&old, self, sizeof(old)) != 0;
}

static bool listed(const struct opt_v4 *list, unsigned int count, __be32 addr, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (list[i].addr == addr && list[i].len == len)
			return true;
	}
	return false;
}

/* Where the addresses begin that `self` has no room for. */
static unsigned int overflow(const struct policy *p)
{
	return p->own_count < BED4_OWN4_MAX ? p->own_count : BED4_OWN4_MAX;
}

/* What an entry of the map should say; NONE: it stands for nothing, an earlier load or somebody else has left it. */
static enum bed4_policy entry_of(const void *arg, __be32 addr, unsigned int len)
{
	const struct policy *p = arg;
	const struct load_options *o = p->opt;
	unsigned int i;

	for (i = overflow(p); i < p->own_count; i++) {
		if (len == 32 && p->own[i] == addr)
			return BED4_POLICY_OWN;
	}
	if (listed(o->deny, o->deny_count, addr, len))
		return BED4_POLICY_DENY;
	return listed(o->permit, o->permit_count, addr, len) ? BED4_POLICY_PERMIT : BED4_POLICY_NONE;
}

static bool wanted(const void *arg, __be32 addr, unsigned int len)
{
	return entry_of(arg, addr, len) != BED4_POLICY_NONE;
}

/* How many entries the map should have: what was given twice is one. */
static unsigned int entries(const struct policy *p)
{
	const struct load_options *o = p->opt;
	unsigned int i, n = p->own_count - overflow(p);

	for (i = 0; i < o->deny_count; i++) {
		n += !listed(o->deny, i, o->deny[i].addr, o->deny[i].len) &&
		     entry_of(p, o->deny[i].addr, o->deny[i].len) == BED4_POLICY_DENY;
	}
	for (i = 0; i < o->permit_count; i++) {
		n += !listed(o->permit, i, o->permit[i].addr, o->permit[i].len) &&
		     entry_of(p, o->permit[i].addr, o->permit[i].len) == BED4_POLICY_PERMIT;
	}
	return n;
}

int policy_differs(const struct policy *p, const struct bed4_self *self, struct fastpath *fp)
{
	return self->flags & BED4_SELF_POLICY ? fastpath_policy_differs(fp, entry_of, p, entries(p)) : 0;
}

bool policy_has_own(const struct policy *p, __be32 addr)
{
	unsigned int i;

	for (i = 0; i < p->own_count; i++) {
		if (p->own[i] == addr)
			return true;
	}
	return false;
}

/* First in, then out, so that what stays permitted is so all the time. */
int policy_publish(const struct policy *p, struct fastpath *fp)
{
	const struct load_options *o = p->opt;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < o->permit_count; i++)
		err = fastpath_set_policy(fp, o->permit[i].addr, o->permit[i].len, BED4_POLICY_PERMIT);
	for (i = 0; !err && i < o->deny_count; i++)
		err = fastpath_set_policy(fp, o->deny[i].addr, o->deny[i].len, BED4_POLICY_DENY);
	publish_overflow(p, fp, BED4_POLICY_OWN);
	return err ? err : fastpath_prune_policy(fp, wanted, p);
}
