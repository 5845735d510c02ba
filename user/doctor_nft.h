/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an nftables ruleset, as JSON by libnftables, does to a tunnel datagram. Where a rule asks for what
 * is not known here, both answers count: so "dropped" is said only of what surely is. Must not know where
 * the text comes from.
 */
#ifndef DOCTOR_NFT_H
#define DOCTOR_NFT_H

#include <stdbool.h>

struct nft_rules;

/* The ruleset in @text. 0 with *@r to be freed by nft_free(); -EINVAL: that is none; -ENOMEM. */
int nft_parse(const char *text, struct nft_rules **r);
void nft_free(struct nft_rules *r);

enum nft_state { NFT_STATE_ESTABLISHED = 2, NFT_STATE_NEW = 8 }; /* the kernel's bits */

/* An IPv4 UDP datagram; the other end is a stranger whom no list of addresses names. */
struct nft_packet {
	bool out; /* leaves this machine, by device `dev`; else it comes in there */
	const char *dev;
	const char *address; /* own IPv4 address */
	unsigned int port; /* own port */
	enum nft_state state;
};

/* What may become of it; several bits: that depends on what is not known. */
enum nft_fate {
	NFT_ACCEPTED = 1 << 0,
	NFT_DROPPED = 1 << 1,
	NFT_UNREADABLE = 1 << 2, /* it depends on an extension of iptables, which the JSON does not show */
};

/* A chain by its names, which point into the ruleset. */
struct nft_chain {
	const char *family, *table, *chain;
};

/*
 * What the hook @hook ("input", "output", "prerouting") does to @p, by all its chains of type filter.
 * @chain is the one that drops it, if surely.
 */
unsigned int nft_fate(const struct nft_rules *r, const char *hook, const struct nft_packet *p,
		      struct nft_chain *chain);

/* Is there a chain at hook @hook for @family6 (ip6 and inet) or else netdev with rules or a policy of drop? */
bool nft_has_rules(const struct nft_rules *r, const char *hook, bool family6, struct nft_chain *chain);

/* Does anything make the kernel track connections? */
bool nft_tracks(const struct nft_rules *r);

/* Does a rule at hook "prerouting" say that @p is not to be tracked? */
bool nft_untracked(const struct nft_rules *r, const struct nft_packet *p);

/* Has it a chain whose name begins like that, in whatever table? */
bool nft_has_chain(const struct nft_rules *r, const char *begin);

#endif
