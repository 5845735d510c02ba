// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Checks of the firewall: what the fast path bypasses, what keeps datagrams from the daemon. Functions of
 * facts alone. Proved by selftests/unit/test_doctor.c and, with real faults, selftests/net/test_doctor.sh.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "doctor.h"
#include "doctor_nft.h"

/* The ruleset; NULL: it cannot be looked at, which is said once. */
static struct nft_rules *rules(struct doctor *d)
{
	struct nft_rules *r = NULL;

	if (!d->m->nft)
		doctor_add(d, DOCTOR_SKIP, "the firewall cannot be looked at: %s",
			   d->m->nft_err == -ENOENT ? "libnftables is not installed" :
			   d->m->nft_err == -E2BIG ? "its ruleset is too large" : strerror(-d->m->nft_err));
	else if (nft_parse(d->m->nft, &r))
		doctor_add(d, DOCTOR_SKIP, "the firewall's ruleset is not in a form that is understood");
	return r;
}

static bool bypasses(const struct doctor *d)
{
	return doctor_is_router(d) && doctor_has_xdp(d) && d->t->forward == BED4_FORWARD_XDP;
}

static const char *verb(const struct doctor *d)
{
	return doctor_is_loaded(d) ? "reload" : "load";
}

static void fw_bypass(struct doctor *d)
{
	struct nft_rules *r = rules(d);
	struct nft_chain c;

	if (r && nft_has_rules(r, "forward", true, &c)) {
		doctor_add(d, DOCTOR_WARN, "packets between peers and native IPv6 bypass the rules of chain %s %s %s: XDP forwards "
					   "before netfilter", c.family, c.table, c.chain);
		doctor_fix(d, "6bed4ctl %s %s --forward kernel", verb(d), d->t->iface);
	}
	if (d->m->legacy_forward6 == 1) {
		doctor_add(d, DOCTOR_WARN, "packets between peers and native IPv6 bypass the rules of ip6tables' chain FORWARD: XDP "
					   "forwards before netfilter");
		doctor_fix(d, "6bed4ctl %s %s --forward kernel", verb(d), d->t->iface);
	}
	nft_free(r);
}

static void fw_ingress(struct doctor *d)
{
	struct nft_rules *r = d->m->nft ? rules(d) : NULL;
	struct nft_chain c;

	if (r && nft_has_rules(r, "ingress", false, &c)) {
		doctor_add(d, DOCTOR_NOTE, "the fast path comes before the rules of chain %s %s %s, which sees only what it leaves",
			   c.family, c.table, c.chain);
		doctor_fix(d, "6bed4ctl %s %s --fast-path off", verb(d), d->t->iface);
	}
	nft_free(r);
}

/* Who wrote the chain? His program would undo what another one adds. */
static void admit(struct doctor *d, const struct nft_rules *r, const struct nft_chain *c, const char *field,
		  const char *option)
{
	bool upper = c->chain[0] >= 'A' && c->chain[0] <= 'Z';

	if (!doctor_is_plain(c->table) || !doctor_is_plain(c->chain))
		doctor_fix(d, "nft list ruleset");
	else if (!strcmp(c->table, "firewalld"))
		doctor_fix(d, "firewall-cmd --permanent --add-port=%u/udp && firewall-cmd --reload", d->t->port);
	else if (nft_has_chain(r, "ufw-"))
		doctor_fix(d, "ufw allow %u/udp", d->t->port);
	else if (upper && !strcmp(c->table, "filter") && !strcmp(c->family, "ip"))
		doctor_fix(d, "iptables -I %s -p udp %s %u -j ACCEPT", c->chain, option, d->t->port);
	else
		doctor_fix(d, "nft insert rule %s %s %s udp %s %u accept", c->family, c->table, c->chain, field, d->t->port);
}

static unsigned int fate_in(const struct nft_rules *r, struct nft_packet *p, struct nft_chain *c)
{
	unsigned int before = nft_fate(r, "prerouting", p, c), fate;

	if (!(before & NFT_ACCEPTED))
		return before;
	fate = nft_fate(r, "input", p, c);
	return fate & NFT_ACCEPTED ? before | fate : fate;
}

static void unreadable(struct doctor *d, const char *chain, const char *command)
{
	doctor_add(d, DOCTOR_SKIP, "rules of %s's chain %s are not shown in full: look for UDP port %u in what `%s -S %s` says",
		   command, chain, d->t->port, command, chain);
}

static void fw_input(struct doctor *d)
{
	struct nft_rules *r = rules(d);
	char address[INET_ADDRSTRLEN];
	struct nft_packet p = { .dev = d->t->dev[0].name, .port = d->t->port, .state = NFT_STATE_NEW,
				.address = inet_ntop(AF_INET, &d->t->listen, address, sizeof(address)) };
	struct nft_chain c = {};
	unsigned int fate;

	if (!r)
		return;
	fate = fate_in(r, &p, &c);
	if (!(fate & NFT_ACCEPTED)) {
		p.state = NFT_STATE_ESTABLISHED;
		if (doctor_is_router(d) || !(fate_in(r, &p, &c) & NFT_ACCEPTED))
			doctor_add(d, DOCTOR_FAIL, "chain %s %s %s drops datagrams that come in to UDP port %u", c.family, c.table,
				   c.chain, d->t->port);
		else
			doctor_add(d, DOCTOR_WARN, "chain %s %s %s admits answers to UDP port %u, nothing new: no other peer can open "
						   "a direct path", c.family, c.table, c.chain, d->t->port);
		admit(d, r, &c, "dport", "--dport");
	} else if (fate & NFT_DROPPED && fate & NFT_UNREADABLE) {
		unreadable(d, "INPUT", "iptables");
	}
	nft_free(r);
	if (d->m->legacy_input4 == 1)
		unreadable(d, "INPUT", "iptables-legacy");
}

/* What the daemon sends; the fast path does not pass that hook. */
static void fw_output(struct doctor *d)
{
	struct nft_rules *r = d->m->nft ? rules(d) : NULL;
	char address[INET_ADDRSTRLEN];
	struct nft_packet p = { .out = true, .dev = d->t->dev[0].name, .port = d->t->port, .state = NFT_STATE_NEW,
				.address = inet_ntop(AF_INET, &d->t->listen, address, sizeof(address)) };
	struct nft_chain c = {};

	if (!r)
		return;
	if (!(nft_fate(r, "output", &p, &c) & NFT_ACCEPTED)) {
		doctor_add(d, DOCTOR_FAIL, "chain %s %s %s drops what the daemon sends from UDP port %u", c.family, c.table, c.chain,
			   d->t->port);
		admit(d, r, &c, "sport", "--sport");
	}
	nft_free(r);
}

static bool is_tracked(struct doctor *d)
{
	struct nft_rules *r = NULL;
	const struct nft_packet p = { .dev = d->t->dev[0].name, .port = d->t->port, .state = NFT_STATE_NEW };
	bool tracks = false;

	if (d->m->nft && !nft_parse(d->m->nft, &r))
		tracks = nft_tracks(r) && !nft_untracked(r, &p);
	nft_free(r);
	return tracks;
}

/* One table of its own, so that it goes as it came. */
static void untrack(struct doctor *d)
{
	doctor_fix(d, "nft 'add table ip bed4; add chain ip bed4 pre { type filter hook prerouting priority -300; }; "
		      "add chain ip bed4 out { type filter hook output priority -300; }; "
		      "add rule ip bed4 pre udp dport %u notrack; add rule ip bed4 out udp sport %u notrack'",
		   d->t->port, d->t->port);
}

/* Only what the fast path leaves is tracked: much of that there is but without one. */
static void conntrack(struct doctor *d)
{
	const struct doctor_machine *m = d->m;
	bool full = m->ct_max > 0 && m->ct_count >= m->ct_max - m->ct_max / 10;

	if (!full && (d->t->mode != BED4_MODE_OFF || !doctor_is_router(d) || !is_tracked(d)))
		return;
	if (full)
		doctor_add(d, DOCTOR_WARN, "%ld of %ld connections are tracked: when that is full, datagrams of new senders are "
					   "dropped", m->ct_count, m->ct_max);
	else
		doctor_add(d, DOCTOR_NOTE, "the kernel tracks a connection for each peer, for which the tunnel has no use");
	if (full)
		doctor_fix(d, "sysctl -w net.netfilter.nf_conntrack_max=%ld", 4 * m->ct_max);
	else
		untrack(d);
}

static bool has_port(const struct doctor *d)
{
	return d->t->port;
}

static bool has_fast_path(const struct doctor *d)
{
	return d->t->mode != BED4_MODE_OFF;
}

const struct doctor_check doctor_firewall_checks[] = {
	{ "fw-bypass", "no forwarding rule is bypassed", bypasses, fw_bypass },
	{ "fw-ingress", "no rule at ingress is bypassed", has_fast_path, fw_ingress },
	{ "fw-input", "the firewall lets tunnel datagrams in, as far as can be told", has_port, fw_input },
	{ "fw-output", "the firewall lets tunnel datagrams out, as far as can be told", has_port, fw_output },
	{ "conntrack", "connection tracking is no burden", has_port, conntrack },
	{ .id = NULL },
};
