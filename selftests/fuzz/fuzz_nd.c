// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Neighbour Discovery messages through the parser (core/nd.h), with the checksum made right half of
 * the time. What is taken must pass RFC 4861's checks, written down here once more in other words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/nd.h"
#include "promise.h"

static int options_fit(const uint8_t *p, size_t n)
{
	size_t at = 0;

	while (at < n) {
		if (n - at < 2 || !p[at + 1] || n - at < 8u * p[at + 1])
			return 0;
		at += 8u * p[at + 1];
	}
	return 1;
}

static void check_taken(const uint8_t *p, size_t len, const struct nd_msg *m)
{
	static const size_t fixed[] = { 8, 16, 24, 24, 40 };
	size_t n = p[4] << 8 | p[5];

	promise(40 + n <= len && p[6] == 58 && p[7] == 255 && p[41] == 0);
	promise(p[40] >= 133 && p[40] <= 137 && m->type == p[40]);
	promise(n >= fixed[p[40] - 133] && options_fit(p + 40 + fixed[p[40] - 133],
						       n - fixed[p[40] - 133]));
	if (p[40] == 135 || p[40] == 136)
		promise(p[48] != 0xff && !memcmp(&m->target, p + 48, 16));
	promise(!m->has_prefix || (p[40] == 134 && !m->prefix.w[2] && !m->prefix.w[3]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nd_msg m;
	uint8_t *block, *p;
	size_t n;

	if (size < 1 || size > 4096)
		return 0;
	block = malloc(size + 1); /* p is 2-aligned and ends with the block */
	promise(block != NULL);
	p = block + 2;
	size--;
	memcpy(p, data + 1, size);
	n = size >= 44 ? p[4] << 8 | p[5] : 0;
	if (data[0] & 1 && n >= 4 && 40 + n <= size) {
		__u16 csum;

		p[6] = 58;
		p[7] = 255;
		p[42] = p[43] = 0;
		csum = bed4_csum_upper((void *)p, 58, p + 40, n);
		memcpy(p + 42, &csum, 2);
	}
	if (!nd_parse(p, size, &m))
		check_taken(p, size, &m);
	free(block);
	return 0;
}
