// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Datagrams in bulk (io/burst.h) over loopback: what the kernel hands over merged comes out as it was
 * sent, aligned, and stays so until the next call, because a relay borrows it that long.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/burst.h"

#define COUNT 20

static const uint8_t *got[2 * COUNT];
static size_t got_len[2 * COUNT];
static unsigned int got_count;

static void keep(void *arg, struct bed4_ep src, __u8 tos, __u8 *data, size_t len)
{
	(void)arg;
	(void)src;
	(void)tos;
	assert_true(got_count < 2 * COUNT);
	assert_int_equal((uintptr_t)data & 1, 0);
	got[got_count] = data;
	got_len[got_count++] = len;
}

static int receiver(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (void *)at, sizeof(*at)), 0);
	assert_int_equal(getsockname(fd, (void *)at, &len), 0);
	burst_merge(fd, true);
	return fd;
}

/* COUNT datagrams of @size in one run, the last one shorter. */
static void send_run(const struct sockaddr_in *to, size_t size, const uint8_t *bytes, size_t total)
{
	int segment = (int)size, fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(setsockopt(fd, SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)), 0);
	assert_int_equal(sendto(fd, bytes, total, 0, (const void *)to, sizeof(*to)), total);
	close(fd);
}

static void takes_apart_what_was_merged(void **state)
{
	static const size_t sizes[] = { 101, 100, 1281, 1280, 1 };
	static uint8_t bytes[COUNT * 1281];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31 + i / 251);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++) {
		size_t size = sizes[s], last = (size + 1) / 2, total = (COUNT - 1) * size + last;
		struct sockaddr_in at;
		int n;
		struct pollfd p = { .fd = receiver(&at), .events = POLLIN };

		got_count = 0;
		send_run(&at, size, bytes, total);
		assert_int_equal(poll(&p, 1, 5000), 1);
		n = burst_recv(p.fd, keep, NULL);
		assert_int_equal(n, got_count);
		assert_true(got_count >= 16); /* as many messages as a call takes, if none was merged */
		for (unsigned int i = 0; i < got_count; i++) {
			assert_int_equal(got_len[i], i == COUNT - 1 ? last : size);
			assert_memory_equal(got[i], bytes + i * size, got_len[i]);
		}
		close(p.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(takes_apart_what_was_merged) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
