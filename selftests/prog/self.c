// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The router that fixtures and unit tests are about, and a peer of it: what their maps `self` say. */
#include "fixture.h"

const struct bed4_self fixture_self = {
	.abi = BED4_ABI,
	.flags = BED4_SELF_VALID | BED4_SELF_ADDR,
	.own = { .b = { 0x20, 0x01, 0x06, 0x7c, 0x12, 0x7c, 0, 0, 0xbe, 0x64, 0x91, 0xff, 0xfe, 0x88,
			0x00, 0x01 } },
	.listen = { .addr = BED4_HTONL(0x91880001), .port = BED4_HTONS(PORT) },
	.public = { .addr = BED4_HTONL(0x91880001), .port = BED4_HTONS(PORT) },
	.role = BED4_ROLE_ROUTER,
	.mtu = BED4_MTU,
	.own4_count = 1,
	.own4 = { BED4_HTONL(0x918800ff) },
};

const struct bed4_self fixture_peer = {
	.abi = BED4_ABI,
	.flags = BED4_SELF_VALID | BED4_SELF_ADDR,
	.own = { .b = { 0x20, 0x01, 0x06, 0x7c, 0x12, 0x7c, 0, 0, 0x52, 0xc3, 0x83, 0xff, 0xfe, 0x01,
			0x00, 0x02 } },
	.listen = { .addr = BED4_HTONL(0x83010002), .port = BED4_HTONS(PPORT) },
	.public = { .addr = BED4_HTONL(0x83010002), .port = BED4_HTONS(PPORT) },
	.server = { .addr = BED4_HTONL(0x91880001), .port = BED4_HTONS(PORT) },
	.role = BED4_ROLE_PEER,
	.mtu = BED4_MTU,
};
