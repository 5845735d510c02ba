/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What inputs of fuzz_frame get made right when they ask for it; also for who runs its corpus through the
 * BPF objects. Must not know what becomes of a frame.
 */
#ifndef FUZZ_FRAME_REPAIR_H
#define FUZZ_FRAME_REPAIR_H

#include <stdint.h>
#include <string.h>

#include "6bed4/outer.h"

/* An outer header that is right, so that what is behind it gets tested too. */
static inline void frame_repair(uint8_t *f, size_t len)
{
	struct bed4_ip4 *ip4 = (void *)(f + 14);
	struct bed4_udp *udp = (void *)(f + 34);

	if (len < 42)
		return;
	memcpy(f + 12, "\x08\x00\x45", 3);
	ip4->len = BED4_HTONS(len - 14);
	ip4->frag = 0;
	ip4->proto = BED4_PROTO_UDP;
	ip4->csum = 0;
	ip4->csum = bed4_csum_ip4(ip4);
	udp->len = BED4_HTONS(len - 34);
	udp->csum = 0;
}

#endif
