// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Following a datagram through an nftables ruleset; see doctor_nft.h. Must not know how the ruleset was
 * read. Proved by selftests/unit/test_doctor_nft.c and selftests/fuzz/fuzz_doctor.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "doctor_nft.h"

#define DEPTH_MAX 16 /* of jumps; the kernel's own bound */
#define STEPS_MAX 1000000 /* rules looked at for one question: then everything may be */

enum answer { NO, YES, MAYBE };

/* Beside the fates, within a chain. */
#define NEXT	(1u << 8) /* the rule says nothing: go on */
#define RETURN	(1u << 9) /* back to where the chain was called */
#define FATES	(NFT_ACCEPTED | NFT_DROPPED | NFT_UNREADABLE)

struct nft_rules {
	struct json_object *root, *list;
	size_t count;
};

struct walk {
	const struct nft_rules *r;
	const struct nft_packet *p;
	unsigned int steps;
	bool unreadable;
};

/* --- JSON ---------------------------------------------------------------------------------------- */

static struct json_object *member(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	if (!json_object_is_type(o, json_type_object))
		return NULL;
	json_object_object_get_ex(o, name, &v);
	return v;
}

static bool has(struct json_object *o, const char *name)
{
	struct json_object *v;

	return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, name, &v);
}

static const char *text(struct json_object *o, const char *name)
{
	struct json_object *v = member(o, name);

	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";
}

static bool is(struct json_object *o, const char *name, const char *value)
{
	return !strcmp(text(o, name), value);
}

int nft_parse(const char *json, struct nft_rules **r)
{
	struct json_object *root = json_tokener_parse(json), *list = member(root, "nftables");

	*r = NULL;
	if (!json_object_is_type(list, json_type_array)) {
		json_object_put(root);
		return -EINVAL;
	}
	*r = calloc(1, sizeof(**r));
	if (!*r) {
		json_object_put(root);
		return -ENOMEM;
	}
	**r = (struct nft_rules){ root, list, json_object_array_length(list) };
	return 0;
}

void nft_free(struct nft_rules *r)
{
	if (r)
		json_object_put(r->root);
	free(r);
}

/* Entry @i if it is a @kind ("rule", "chain"), else NULL. */
static struct json_object *entry(const struct nft_rules *r, size_t i, const char *kind)
{
	return member(json_object_array_get_idx(r->list, i), kind);
}

/* --- values -------------------------------------------------------------------------------------- */

/* One value of the packet: a number, or a name. */
struct value {
	const char *name; /* NULL: it is a number */
	long number;
	bool bits; /* the number is a set of bits, of which one has to match */
	bool stranger; /* an address that no list has */
	bool port; /* a stranger's port: one of many, so that a rule about a single one is not for it */
	bool unknown;
};

static const struct value unknown = { .unknown = true };
static const struct value stranger = { .stranger = true };
static const struct value any_port = { .port = true };

static struct value number(long n)
{
	return (struct value){ .number = n };
}

static struct value name(const char *s)
{
	return (struct value){ .name = s };
}

/* The names of what libnftables may write as one. */
static bool named_number(const char *s, long *n)
{
	static const struct {
		const char *name;
		long number;
	} names[] = {
		{ "udp", 17 }, { "ipv4", 2 }, { "ip", 0x0800 }, { "established", NFT_STATE_ESTABLISHED },
		{ "new", NFT_STATE_NEW }, { "related", 4 }, { "invalid", 1 }, { "untracked", 64 }, { "tcp", 6 },
		{ "icmp", 1 }, { "icmpv6", 58 }, { "ipv6", 10 }, { "ip6", 0x86dd },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i].name, s)) {
			*n = names[i].number;
			return true;
		}
	}
	return false;
}

static enum answer same_name(const char *pattern, const char *s)
{
	size_t n = strlen(pattern);

	if (pattern[0] == '@')
		return MAYBE;
	if (n && pattern[n - 1] == '*')
		return !strncmp(pattern, s, n - 1) ? YES : NO;
	return !strcmp(pattern, s) ? YES : NO;
}

static enum answer same_number(struct json_object *o, const struct value *v)
{
	long n;

	if (json_object_is_type(o, json_type_int))
		n = (long)json_object_get_int64(o);
	else if (!json_object_is_type(o, json_type_string) || !named_number(json_object_get_string(o), &n))
		return MAYBE;
	if (v->port)
		return NO;
	return (v->bits ? (n & v->number) != 0 : n == v->number) ? YES : NO;
}

static enum answer within(struct json_object *range, const struct value *v)
{
	struct json_object *from = json_object_array_get_idx(range, 0), *to = json_object_array_get_idx(range, 1);

	if (v->name || v->port || !json_object_is_type(from, json_type_int) || !json_object_is_type(to, json_type_int))
		return MAYBE;
	return v->number >= json_object_get_int64(from) && v->number <= json_object_get_int64(to) ? YES : NO;
}

static enum answer equals(struct json_object *right, const struct value *v);

static enum answer any_of(struct json_object *list, const struct value *v)
{
	size_t i, n = json_object_array_length(list);
	enum answer a, best = NO;

	for (i = 0; i < n && best != YES; i++) {
		a = equals(json_object_array_get_idx(list, i), v);
		best = a == NO ? best : a;
	}
	return best;
}

/* Not recursive without end: the parser bounds how deep JSON may be. */
static enum answer equals(struct json_object *right, const struct value *v)
{
	struct json_object *o;

	if (v->stranger)
		return NO;
	if (json_object_is_type(right, json_type_array))
		return any_of(right, v);
	if (!json_object_is_type(right, json_type_object))
		return v->name ? (json_object_is_type(right, json_type_string) ?
					  same_name(json_object_get_string(right), v->name) : MAYBE) :
				 same_number(right, v);
	o = member(right, "set");
	if (o)
		return json_object_is_type(o, json_type_array) ? any_of(o, v) : equals(o, v);
	o = member(right, "elem");
	if (o)
		return equals(member(o, "val"), v);
	o = member(right, "range");
	return json_object_is_type(o, json_type_array) ? within(o, v) : MAYBE;
}

/* --- what a rule asks for ------------------------------------------------------------------------ */

static struct value own_or_stranger(const struct nft_packet *p, bool own)
{
	if (!own)
		return stranger;
	return p->address ? name(p->address) : unknown;
}

/* Of the payload; *@no: the rule is for another protocol, so it does not match whatever it compares. */
static struct value payload(struct json_object *o, const struct nft_packet *p, bool *no)
{
	const char *protocol = text(o, "protocol"), *field = text(o, "field");
	static const char *const others[] = { "tcp", "ip6", "icmp", "icmpv6", "sctp", "dccp", "udplite", "esp", "ah",
					      "comp", "arp", "igmp" };
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		*no |= !strcmp(protocol, others[i]);
	if (!strcmp(protocol, "udp") || !strcmp(protocol, "th")) {
		if (!strcmp(field, "dport"))
			return p->out ? any_port : number((long)p->port);
		if (!strcmp(field, "sport"))
			return p->out ? number((long)p->port) : any_port;
	}
	if (strcmp(protocol, "ip"))
		return unknown;
	if (!strcmp(field, "protocol"))
		return number(17);
	if (!strcmp(field, "saddr"))
		return own_or_stranger(p, p->out);
	if (!strcmp(field, "daddr"))
		return own_or_stranger(p, !p->out);
	return unknown;
}

static struct value meta(const char *key, const struct nft_packet *p)
{
	if (!strcmp(key, "l4proto"))
		return number(17);
	if (!strcmp(key, "nfproto"))
		return number(2);
	if (!strcmp(key, "protocol"))
		return number(0x0800);
	if (!strcmp(key, "iifname") || !strcmp(key, "iif"))
		return p->out ? stranger : p->dev ? name(p->dev) : unknown;
	if (!strcmp(key, "oifname") || !strcmp(key, "oif"))
		return p->out ? (p->dev ? name(p->dev) : unknown) : stranger;
	return unknown;
}

static struct value value_of(struct json_object *left, const struct nft_packet *p, bool *no)
{
	if (has(left, "payload"))
		return payload(member(left, "payload"), p, no);
	if (has(left, "meta"))
		return meta(text(member(left, "meta"), "key"), p);
	if (has(left, "ct") && is(member(left, "ct"), "key", "state"))
		return (struct value){ .number = p->state, .bits = true };
	return unknown;
}

static enum answer not(enum answer a)
{
	return a == MAYBE ? MAYBE : a == YES ? NO : YES;
}

static enum answer ordered(const char *op, struct json_object *right, const struct value *v)
{
	long n;

	if (v->name || v->stranger || v->port || !json_object_is_type(right, json_type_int))
		return MAYBE;
	n = (long)json_object_get_int64(right);
	if (!strcmp(op, "<"))
		return v->number < n ? YES : NO;
	if (!strcmp(op, ">"))
		return v->number > n ? YES : NO;
	if (!strcmp(op, "<="))
		return v->number <= n ? YES : NO;
	return !strcmp(op, ">=") ? (v->number >= n ? YES : NO) : MAYBE;
}

static enum answer match(struct json_object *m, const struct nft_packet *p)
{
	const char *op = text(m, "op");
	bool no = false;
	struct value v = value_of(member(m, "left"), p, &no);
	struct json_object *right = member(m, "right");

	if (no)
		return NO;
	if (v.unknown)
		return MAYBE;
	if (!strcmp(op, "==") || !strcmp(op, "in"))
		return equals(right, &v);
	return !strcmp(op, "!=") ? not(equals(right, &v)) : ordered(op, right, &v);
}

/* --- chains -------------------------------------------------------------------------------------- */

static unsigned int follow(struct walk *w, const struct nft_chain *c, unsigned int depth);

static unsigned int call(struct walk *w, const struct nft_chain *c, struct json_object *target, unsigned int depth,
			 bool back)
{
	struct nft_chain to = { c->family, c->table, text(target, "target") };
	unsigned int fate = follow(w, &to, depth + 1);

	return back || !(fate & NEXT) ? fate : (fate & ~NEXT) | RETURN;
}

/* What the verdict in @o says; 0: there is none in it. */
static unsigned int verdict(struct walk *w, const struct nft_chain *c, struct json_object *o, unsigned int depth)
{
	if (has(o, "accept"))
		return NFT_ACCEPTED;
	if (has(o, "drop") || has(o, "reject"))
		return NFT_DROPPED;
	if (has(o, "queue"))
		return NFT_ACCEPTED | NFT_DROPPED;
	if (has(o, "return"))
		return RETURN;
	if (has(o, "continue"))
		return NEXT;
	if (has(o, "jump"))
		return call(w, c, member(o, "jump"), depth, true);
	return has(o, "goto") ? call(w, c, member(o, "goto"), depth, false) : 0;
}

static unsigned int verdict_map(struct walk *w, const struct nft_chain *c, struct json_object *vmap, unsigned int depth)
{
	struct json_object *set = member(member(vmap, "data"), "set"), *pair;
	unsigned int fate = 0, one;
	bool no = false;
	struct value v = value_of(member(vmap, "key"), w->p, &no);
	enum answer a = MAYBE;
	size_t i, n;

	if (no)
		return NEXT;
	if (!json_object_is_type(set, json_type_array))
		return NEXT | NFT_ACCEPTED | NFT_DROPPED;
	n = json_object_array_length(set);
	for (i = 0; i < n; i++) {
		pair = json_object_array_get_idx(set, i);
		if (!json_object_is_type(pair, json_type_array))
			return NEXT | NFT_ACCEPTED | NFT_DROPPED;
		a = v.unknown ? MAYBE : equals(json_object_array_get_idx(pair, 0), &v);
		if (a != NO) {
			one = verdict(w, c, json_object_array_get_idx(pair, 1), depth);
			fate |= one ? one : NEXT | NFT_ACCEPTED | NFT_DROPPED; /* one that is not known here */
		}
		if (a == YES)
			return fate;
	}
	return fate | NEXT;
}

/* Statements of a rule in order: matches narrow it, a verdict ends it. */
static unsigned int rule(struct walk *w, const struct nft_chain *c, struct json_object *expr, unsigned int depth)
{
	size_t i, n = json_object_is_type(expr, json_type_array) ? json_object_array_length(expr) : 0;
	unsigned int fate, maybe = 0;
	struct json_object *o;
	enum answer a;

	for (i = 0; i < n; i++) {
		o = json_object_array_get_idx(expr, i);
		a = YES;
		if (has(o, "match"))
			a = match(member(o, "match"), w->p);
		else if (has(o, "xt") || has(o, "limit") || has(o, "quota") || has(o, "ct count") || has(o, "dynset"))
			a = MAYBE;
		if (a == NO)
			return NEXT | maybe;
		if (a == MAYBE)
			maybe |= has(o, "xt") ? NEXT | NFT_UNREADABLE : NEXT;
		if (has(o, "vmap"))
			return verdict_map(w, c, member(o, "vmap"), depth) | maybe;
		fate = verdict(w, c, o, depth);
		if (fate)
			return fate | maybe;
	}
	/* An extension may be a target, too: then whatever it does was not seen. */
	return maybe & NFT_UNREADABLE ? NEXT | FATES : NEXT;
}

/* @c from its first rule on: fates, and NEXT when it may come to its end. */
static unsigned int follow(struct walk *w, const struct nft_chain *c, unsigned int depth)
{
	unsigned int fates = 0, fate;
	struct json_object *o;
	size_t i;

	if (depth > DEPTH_MAX)
		return FATES | NEXT;
	for (i = 0; i < w->r->count; i++) {
		if (++w->steps > STEPS_MAX)
			return fates | NFT_ACCEPTED | NFT_DROPPED | NEXT;
		o = entry(w->r, i, "rule");
		if (!o || !is(o, "chain", c->chain) || !is(o, "table", c->table) || !is(o, "family", c->family))
			continue;
		fate = rule(w, c, member(o, "expr"), depth);
		fates |= fate & FATES;
		if (fate & RETURN)
			fates |= NEXT;
		if (!(fate & NEXT))
			return fates;
	}
	return fates | NEXT;
}

/* Of a base chain that IPv4 passes, with its policy. */
static unsigned int base(struct walk *w, struct json_object *o, const struct nft_chain *c)
{
	unsigned int fate = follow(w, c, 0);

	if (fate & NEXT)
		fate |= is(o, "policy", "drop") ? NFT_DROPPED : NFT_ACCEPTED;
	return fate & FATES;
}

static struct nft_chain chain_of(struct json_object *o)
{
	return (struct nft_chain){ text(o, "family"), text(o, "table"), text(o, "name") };
}

unsigned int nft_fate(const struct nft_rules *r, const char *hook, const struct nft_packet *p,
		      struct nft_chain *chain)
{
	struct walk w = { .r = r, .p = p };
	unsigned int all = NFT_ACCEPTED, fate;
	struct json_object *o;
	struct nft_chain c;
	size_t i;

	for (i = 0; i < r->count; i++) {
		o = entry(r, i, "chain");
		if (!o || !is(o, "hook", hook) || !is(o, "type", "filter") ||
		    (!is(o, "family", "ip") && !is(o, "family", "inet")))
			continue;
		c = chain_of(o);
		fate = base(&w, o, &c);
		if (!(fate & NFT_ACCEPTED)) {
			*chain = c;
			return fate;
		}
		all |= fate;
	}
	return all;
}

static bool has_rule(const struct nft_rules *r, const struct nft_chain *c)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < r->count; i++) {
		o = entry(r, i, "rule");
		if (o && is(o, "chain", c->chain) && is(o, "table", c->table) && is(o, "family", c->family))
			return true;
	}
	return false;
}

bool nft_has_rules(const struct nft_rules *r, const char *hook, bool family6, struct nft_chain *chain)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < r->count; i++) {
		o = entry(r, i, "chain");
		if (!o || !is(o, "hook", hook))
			continue;
		*chain = chain_of(o);
		if (family6 ? strcmp(chain->family, "ip6") && strcmp(chain->family, "inet") :
			      strcmp(chain->family, "netdev") != 0)
			continue;
		if (is(o, "policy", "drop") || has_rule(r, chain))
			return true;
	}
	return false;
}

/* As deep as JSON may be, which the parser bounds. */
static bool mentions_ct(struct json_object *o)
{
	size_t i, n;

	if (json_object_is_type(o, json_type_array)) {
		n = json_object_array_length(o);
		for (i = 0; i < n; i++) {
			if (mentions_ct(json_object_array_get_idx(o, i)))
				return true;
		}
	}
	if (!json_object_is_type(o, json_type_object))
		return false;
	json_object_object_foreach(o, key, val) {
		if (!strncmp(key, "ct", 2) || mentions_ct(val))
			return true;
	}
	return false;
}

bool nft_tracks(const struct nft_rules *r)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < r->count; i++) {
		o = entry(r, i, "chain");
		if (o && is(o, "type", "nat"))
			return true;
		o = entry(r, i, "rule");
		if (o && mentions_ct(member(o, "expr")))
			return true;
	}
	return false;
}

static bool says_notrack(struct json_object *expr, const struct nft_packet *p)
{
	size_t i, n = json_object_is_type(expr, json_type_array) ? json_object_array_length(expr) : 0;
	struct json_object *o;

	for (i = 0; i < n; i++) {
		o = json_object_array_get_idx(expr, i);
		if (has(o, "notrack"))
			return true;
		if (has(o, "match") && match(member(o, "match"), p) != YES)
			return false;
	}
	return false;
}

bool nft_untracked(const struct nft_rules *r, const struct nft_packet *p)
{
	struct json_object *o, *chain;
	size_t i, k;

	for (k = 0; k < r->count; k++) {
		chain = entry(r, k, "chain");
		if (!chain || !is(chain, "hook", "prerouting") || is(chain, "family", "ip6"))
			continue;
		for (i = 0; i < r->count; i++) {
			o = entry(r, i, "rule");
			if (o && is(o, "chain", text(chain, "name")) && is(o, "table", text(chain, "table")) &&
			    is(o, "family", text(chain, "family")) && says_notrack(member(o, "expr"), p))
				return true;
		}
	}
	return false;
}

bool nft_has_chain(const struct nft_rules *r, const char *begin)
{
	struct json_object *o;
	size_t i;

	for (i = 0; i < r->count; i++) {
		o = entry(r, i, "chain");
		if (o && !strncmp(text(o, "name"), begin, strlen(begin)))
			return true;
	}
	return false;
}
