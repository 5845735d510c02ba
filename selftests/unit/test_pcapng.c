// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The pcapng writer (user/pcapng.c), read back block by block as the format says, by a reader that shares
 * nothing with it: lengths at both ends agree, everything is on 4-byte boundaries, options end. That other
 * programs read it too is selftests/net/test_capture.sh's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pcapng.h"

static char *file;
static size_t size, at;

static FILE *begin(void)
{
	FILE *f;

	free(file);
	file = NULL;
	at = 0;
	f = open_memstream(&file, &size);
	assert_non_null(f);
	return f;
}

static uint32_t get32(size_t pos)
{
	uint32_t v;

	assert_true(pos + 4 <= size);
	memcpy(&v, file + pos, 4);
	return v;
}

static uint16_t get16(size_t pos)
{
	uint16_t v;

	assert_true(pos + 2 <= size);
	memcpy(&v, file + pos, 2);
	return v;
}

/* The next block is of @type: where its body begins; *@end is behind it. */
static size_t block(uint32_t type, size_t *end)
{
	uint32_t len = get32(at + 4);
	size_t body = at + 8;

	assert_int_equal(get32(at), type);
	assert_true(len % 4 == 0 && len >= 12 && at + len <= size);
	assert_int_equal(get32(at + len - 4), len);
	*end = at + len - 4;
	at += len;
	return body;
}

/* The option @code of the list from @pos to @end, whose length goes to *@len; NULL: there is none. */
static const char *option(size_t pos, size_t end, uint16_t code, size_t *len)
{
	const char *found = NULL;

	for (;;) {
		uint16_t c = get16(pos), n = get16(pos + 2);

		assert_true(pos + 4 + n <= end);
		if (!c) {
			assert_int_equal(n, 0);
			assert_int_equal(pos + 4, end); /* and nothing is behind the last */
			return found;
		}
		if (c == code) {
			assert_null(found);
			found = file + pos + 4;
			*len = n;
		}
		pos += 4 + (n + 3u) / 4 * 4;
	}
}

static void has_text(size_t pos, size_t end, uint16_t code, const char *want)
{
	size_t n = 0;
	const char *s = option(pos, end, code, &n);

	assert_non_null(s);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(s, want, n);
}

static void begins_a_section(void **state)
{
	size_t body, end;
	FILE *f = begin();

	(void)state;
	pcapng_begin(f, "a program 1.0");
	fclose(f);
	body = block(0x0a0d0d0a, &end);
	assert_int_equal(get32(body), 0x1a2b3c4d);
	assert_int_equal(get16(body + 4), 1);
	assert_int_equal(get16(body + 6), 0);
	assert_int_equal(get32(body + 8), 0xffffffff);
	assert_int_equal(get32(body + 12), 0xffffffff);
	has_text(body + 16, end, 4, "a program 1.0");
	assert_int_equal(at, size);
}

static void tells_interfaces(void **state)
{
	size_t body, end, n = 0;
	const char *resolution;
	FILE *f = begin();

	(void)state;
	pcapng_interface(f, PCAPNG_RAW, 256, "eth0 udp before", "a socket");
	pcapng_interface(f, PCAPNG_ETHERNET, 0, "", "");
	fclose(f);
	body = block(1, &end);
	assert_int_equal(get16(body), 101);
	assert_int_equal(get32(body + 4), 256);
	has_text(body + 8, end, 2, "eth0 udp before");
	has_text(body + 8, end, 3, "a socket");
	resolution = option(body + 8, end, 9, &n);
	assert_non_null(resolution);
	assert_int_equal(n, 1);
	assert_int_equal(*resolution, 9);
	body = block(1, &end);
	assert_int_equal(get16(body), 1);
	has_text(body + 8, end, 2, "");
	assert_int_equal(at, size);
}

static void one_packet(size_t len, const char *comment)
{
	static uint8_t data[64];
	struct pcapng_packet p = { .interface = 7, .time = 0x0123456789abcdefull, .data = data,
				   .caplen = (uint32_t)len, .len = (uint32_t)len + 1000, .comment = comment,
				   .outbound = len & 1 };
	size_t body, end, n = 0, options, i;
	const char *flags;
	FILE *f = begin();

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i + 1);
	pcapng_packet(f, &p);
	fclose(f);
	body = block(6, &end);
	assert_int_equal(get32(body), 7);
	assert_int_equal(get32(body + 4), 0x01234567);
	assert_int_equal(get32(body + 8), 0x89abcdef);
	assert_int_equal(get32(body + 12), len);
	assert_int_equal(get32(body + 16), len + 1000);
	assert_memory_equal(file + body + 20, data, len);
	options = body + 20 + (len + 3) / 4 * 4;
	for (i = body + 20 + len; i < options; i++)
		assert_int_equal(file[i], 0);
	has_text(options, end, 1, comment);
	flags = option(options, end, 2, &n);
	assert_non_null(flags);
	assert_int_equal(n, 4);
	assert_int_equal(get32((size_t)(flags - file)), len & 1 ? 2 : 1);
	assert_int_equal(at, size);
}

static void puts_packets(void **state)
{
	size_t len;

	(void)state;
	for (len = 0; len <= 64; len++)
		one_packet(len, "before: relay");
	one_packet(60, "");
	one_packet(60, "ab");
	one_packet(60, "abcd");
}

static void tells_losses(void **state)
{
	size_t body, end, n = 0;
	const char *v;
	uint64_t got;
	FILE *f = begin();

	(void)state;
	pcapng_statistics(f, 3, 5000000000ull, 100, 7);
	fclose(f);
	body = block(5, &end);
	assert_int_equal(get32(body), 3);
	assert_int_equal(get32(body + 4), 1);
	assert_int_equal(get32(body + 8), 705032704);
	v = option(body + 12, end, 4, &n);
	assert_int_equal(n, 8);
	memcpy(&got, v, 8);
	assert_int_equal(got, 100);
	v = option(body + 12, end, 5, &n);
	assert_int_equal(n, 8);
	memcpy(&got, v, 8);
	assert_int_equal(got, 7);
}

/* A text that is too long is cut, and the block still is a block. */
static void bounds_text(void **state)
{
	static char text[70000];
	size_t body, end, n = 0;
	FILE *f = begin();

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	pcapng_begin(f, text);
	fclose(f);
	body = block(0x0a0d0d0a, &end);
	assert_non_null(option(body + 16, end, 4, &n));
	assert_int_equal(n, 1024);
}

static int tear_down(void **state)
{
	(void)state;
	free(file);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_a_section), cmocka_unit_test(tells_interfaces),
		cmocka_unit_test(puts_packets),	    cmocka_unit_test(tells_losses),
		cmocka_unit_test(bounds_text),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
