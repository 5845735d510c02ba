// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Lowering the MSS of a TCP SYN wherever among its options it stands; see mss.h. Must not know why.
 * Proved by selftests/unit/test_mss.c.
 */
#include "core/mss.h"

#define OPT_END 0
#define OPT_NOP 1

void mss_clamp(__u8 *p, size_t len, __u32 max)
{
	__u8 *tcp = p + BED4_IP6_LEN, *opt = tcp + BED4_TCP_LEN, *end;
	struct bed4_cur upper = { tcp, p + len };

	if (bed4_mss_look(((const struct bed4_ip6 *)(void *)p)->next, upper, max) == BED4_MSS_FINE)
		return;
	end = tcp + (tcp[12] >> 4) * 4;
	if (end > p + len)
		return;
	while (opt < end && *opt != OPT_END) {
		if (*opt == OPT_NOP) {
			opt++;
			continue;
		}
		if (end - opt < 2 || opt[1] < 2 || opt[1] > end - opt)
			return;
		if (opt[0] == BED4_MSS_KIND && opt[1] == BED4_MSS_LEN) {
			if (((__u32)opt[2] << 8 | opt[3]) > max)
				bed4_mss_put(tcp, opt, (opt - tcp) & 1, max);
			return;
		}
		opt += opt[1];
	}
}
