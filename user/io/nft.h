/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The firewall of this network namespace, as the kernel has it: nftables as JSON by libnftables, which is
 * opened for the occasion only, so that the daemon never carries it; and whether there are rules of the
 * older tables. Changes nothing. Must not know what a rule means.
 */
#ifndef IO_NFT_H
#define IO_NFT_H

#include <stddef.h>

#define NFT_TEXT_MAX (16u << 20) /* bytes of a ruleset; a larger one is not looked at */

/*
 * The ruleset, without counters and elements of named sets, numbers instead of names: into *@text, the
 * caller's to free. 0; -ENOENT: there is no libnftables; -E2BIG; other -errno.
 */
int nft_read(char **text);

/*
 * Older tables, which nft does not show: has the chain of @hook (NF_INET_...) of table `filter` rules, for
 * IPv4 or IPv6 (@family)? 1; 0: it has none, or there is no such table; -errno: the kernel does not tell.
 */
int nft_legacy_rules(int family, unsigned int hook);

#endif
