// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Finishing checksums; see finish.h. Datagrams from another network namespace of the same machine come
 * with inner checksums that no device has finished, and a UDP socket does not tell. Proved by
 * selftests/unit/test_mss.c.
 */
#include <string.h>

#include "core/finish.h"

void finish_csum(__u8 *p, size_t len)
{
	const struct bed4_ip6 *ip6 = (const void *)p;
	struct bed4_cur upper = { p + BED4_IP6_LEN, p + len };
	size_t n = len - BED4_IP6_LEN;
	__u8 *field = p + BED4_IP6_LEN + (ip6->next == BED4_PROTO_TCP ? 16 : 6);
	__be16 csum = 0;

	if (!bed4_csum_unfinished(ip6, upper) || !bed4_csum_upper(ip6, ip6->next, p + BED4_IP6_LEN, n))
		return;
	memcpy(field, &csum, sizeof(csum));
	csum = bed4_csum_upper(ip6, ip6->next, p + BED4_IP6_LEN, n);
	if (!csum && ip6->next == BED4_PROTO_UDP)
		csum = 0xffff;
	memcpy(field, &csum, sizeof(csum));
}
