/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What both ends of a numbered flow agree on. Must not know the product's headers.
 */
#ifndef FLOW_H
#define FLOW_H

#define FLOW_MAGIC 0x776f6c66u /* "flow" */
#define FLOW_MAX   4
#define FLOW_WORDS (1u << 19) /* of 64 numbers each: 33 million packets */

/* The payload. Number and complement sum to a constant, so every packet has the same checksums. */
struct flow_tag {
	unsigned int magic;
	unsigned int flow;
	unsigned int seq;
	unsigned int inverse;
};

struct flow_count {
	unsigned long long arrived;
	unsigned long long twice;
};

#endif
