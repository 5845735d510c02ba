// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What doctor reads of the machine: an nftables ruleset in JSON (user/doctor_nft.h), and gai.conf
 * (user/doctor_gai.h). A datagram always has a fate, the same when asked again; a chain is named when it is
 * surely dropped. A line of gai.conf that is said to be bad is there.
 *
 * Input: a byte that says which of both and what is asked (1 byte), the text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_gai.h"
#include "doctor_nft.h"
#include "promise.h"

#define ANY (NFT_ACCEPTED | NFT_DROPPED | NFT_UNREADABLE)

static void ask(const struct nft_rules *r, const char *hook, unsigned int what)
{
	struct nft_packet p = { .out = what & 1, .dev = "eth0", .address = "198.51.100.1", .port = 25788,
				.state = what & 2 ? NFT_STATE_NEW : NFT_STATE_ESTABLISHED };
	struct nft_chain chain = {}, again = {};
	unsigned int fate = nft_fate(r, hook, &p, &chain);

	promise(fate && !(fate & ~ANY));
	promise(nft_fate(r, hook, &p, &again) == fate);
	promise((fate & NFT_ACCEPTED) ? !chain.chain : chain.chain && chain.table && chain.family);
	promise(chain.chain == again.chain);
	if (nft_has_rules(r, hook, what & 4, &chain))
		promise(chain.chain && strlen(chain.chain) + strlen(chain.table) + strlen(chain.family) < 4096);
	nft_untracked(r, &p);
}

static void ruleset(const char *text, unsigned int what)
{
	static const char *const hooks[] = { "input", "output", "prerouting", "forward" };
	struct nft_rules *r;

	if (nft_parse(text, &r))
		return;
	ask(r, hooks[what >> 4 & 3], what);
	nft_tracks(r);
	nft_has_chain(r, "in");
	nft_free(r);
}

static unsigned int lines(const char *text)
{
	unsigned int n = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n;
}

static void gai_conf(const char *text)
{
	struct bed4_in6 prefix = { .b = { 0x20, 0x01, 0x06, 0x7c, 0x12, 0x7c } };
	struct gai g;

	gai_parse(text, &prefix, &g);
	promise(g.bad <= lines(text));
	promise(g.label >= 0 && g.label_any >= 0 && g.precedence >= 0 && g.precedence_any >= 0);
	promise(g.own_label == (g.label != g.label_any));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (!size)
		return 0;
	text = malloc(size); /* of exactly that length, so that a byte too far is noticed */
	promise(text != NULL);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = 0;
	if (*data & 8)
		gai_conf(text);
	else
		ruleset(text, *data);
	free(text);
	return 0;
}
