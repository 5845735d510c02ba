// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * gai.conf(5) as glibc reads it; see doctor_gai.h. Must not know files. Proved by
 * selftests/unit/test_doctor.c and selftests/fuzz/fuzz_doctor.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "doctor_gai.h"

/* glibc's own tables, as far as a global unicast address can match them. */
#define LABEL_ANY      1
#define PRECEDENCE_ANY 40

/* The longest match so far; -1: none. */
struct best {
	int prefix_len, any_len;
	long *prefix, *any;
};

static bool covers(const struct bed4_in6 *net, int len, const struct bed4_in6 *addr)
{
	int i, bits;

	for (i = 0; i < 16; i++) {
		bits = len - 8 * i;
		if (bits <= 0)
			return true;
		if ((net->b[i] ^ addr->b[i]) & (bits >= 8 ? 0xff : 0xff << (8 - bits) & 0xff))
			return false;
	}
	return true;
}

/* "P/LEN VALUE"; false: glibc would skip the line. */
static bool take(const char *net, const char *value, const struct bed4_in6 *prefix, struct best *b)
{
	char text[INET6_ADDRSTRLEN];
	const char *slash = strchr(net, '/');
	struct bed4_in6 addr;
	long len = 128, v;
	char *end;

	if (slash) {
		len = strtol(slash + 1, &end, 10);
		if (end == slash + 1 || *end || len < 0 || len > 128)
			return false;
	}
	snprintf(text, sizeof(text), "%.*s", slash ? (int)(slash - net) : (int)sizeof(text) - 1, net);
	v = strtol(value, &end, 10);
	if (inet_pton(AF_INET6, text, &addr) != 1 || end == value || *end || v < 0 || v > 0x7fffffff)
		return false;
	if (!len) {
		*b->any = v;
		b->any_len = 0;
	}
	if (len <= 64 && len > b->prefix_len && covers(&addr, (int)len, prefix)) {
		*b->prefix = v;
		b->prefix_len = (int)len;
	}
	return true;
}

static bool take_line(const char *line, const struct bed4_in6 *prefix, struct gai *g, struct best *label,
		      struct best *precedence)
{
	char word[16] = "", net[64] = "", value[16] = "", more[2] = "";
	int n = sscanf(line, "%15s %63s %15s %1s", word, net, value, more);

	if (n < 1)
		return true;
	if (!strcmp(word, "label") && n == 3) {
		g->labels = true;
		return take(net, value, prefix, label);
	}
	if (!strcmp(word, "precedence") && n == 3) {
		g->precedences = true;
		return take(net, value, prefix, precedence);
	}
	return (!strcmp(word, "scopev4") && n == 3) || (!strcmp(word, "reload") && n == 2);
}

void gai_parse(const char *text, const struct bed4_in6 *prefix, struct gai *g)
{
	struct best label = { -1, -1, &g->label, &g->label_any };
	struct best precedence = { -1, -1, &g->precedence, &g->precedence_any };
	const char *limit = text + strnlen(text, GAI_SIZE_MAX), *newline;
	unsigned int number = 0;
	char line[256];
	size_t n;

	memset(g, 0, sizeof(*g));
	g->label = g->label_any = LABEL_ANY;
	g->precedence = g->precedence_any = PRECEDENCE_ANY;
	for (; text < limit; text += n + 1) {
		newline = memchr(text, '\n', (size_t)(limit - text));
		n = (size_t)((newline ? newline : limit) - text);
		snprintf(line, sizeof(line), "%.*s", (int)(n < sizeof(line) ? n : sizeof(line) - 1), text);
		line[strcspn(line, "#")] = 0;
		number++;
		if (!take_line(line, prefix, g, &label, &precedence) && !g->bad)
			g->bad = number;
	}
	g->own_label = g->label != g->label_any;
}
