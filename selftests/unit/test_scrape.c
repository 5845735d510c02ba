// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Serving over HTTP (user/scrape.h), on a Unix socket and a clock of the test: connections, their rate,
 * time and pieces are bounded, an answer arrives whole however slowly it is taken, and whoever breaks off,
 * floods or says nothing costs one place for a while.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "http.h"
#include "scrape.h"

#define SEC  1000000000ull
#define GET  "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
#define BIG  (1 << 20) /* more than a socket's buffer holds */

static struct scrape *scrape;
static struct sockaddr_un addr = { .sun_family = AF_UNIX };
static socklen_t addr_len;
static int listener;
static __u64 now;
static size_t text_len;
static unsigned int texts;

static int text(void *arg, char **out, size_t *len)
{
	(void)arg;
	texts++;
	if (!text_len)
		return -ENOMEM;
	*out = malloc(text_len);
	assert_non_null(*out);
	memset(*out, 'x', text_len);
	*len = text_len;
	return 0;
}

/* A queue longer than the one in life, so that the test's connecting never fails. */
static int set_up(void **state)
{
	(void)state;
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	addr_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			       snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1, "6bed4-test-scrape-%d", getpid()));
	if (listener < 0 || bind(listener, (void *)&addr, addr_len) || listen(listener, 2000))
		return -1;
	now = 1000 * SEC;
	text_len = 1000;
	texts = 0;
	scrape = scrape_new(listener, "text/plain", text, NULL);
	return scrape ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	scrape_free(scrape);
	close(listener);
	return 0;
}

static int client(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (void *)&addr, addr_len), 0);
	return fd;
}

static void say(int fd, const char *words)
{
	assert_int_equal(send(fd, words, strlen(words), MSG_NOSIGNAL), strlen(words));
}

static bool wants_to_run(void)
{
	struct pollfd p = { scrape_fd(scrape), POLLIN, 0 };

	return poll(&p, 1, 0) == 1;
}

/* As the daemon's loop does, until there is nothing to do; bounded, for a busy loop would be a bug. */
static unsigned int run(void)
{
	unsigned int rounds = 0;

	while (wants_to_run() && rounds < 10000) {
		scrape_run(scrape, now);
		rounds++;
	}
	assert_true(rounds < 10000);
	return rounds;
}

static void pass(__u64 ns)
{
	now += ns;
	scrape_tick(scrape, now);
	run();
}

/* What has come: the count of bytes, or -1 at the end with nothing. */
static long hear(int fd, char *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, 0);

	if (n < 0 && errno == EAGAIN)
		return 0;
	return n > 0 ? n : -1;
}

static void assert_ended(int fd)
{
	char c;

	assert_int_equal(hear(fd, &c, 1), -1);
	close(fd);
}

static void assert_answer(int fd, const char *status)
{
	char buf[4096];
	long n = hear(fd, buf, sizeof(buf) - 1);

	assert_true(n > 0);
	buf[n] = 0;
	if (strncmp(buf + 9, status, 3))
		fail_msg("%s", buf);
	assert_ended(fd);
	run();
}

static void serves(void **state)
{
	char buf[4096];
	int fd = client();
	long n;

	(void)state;
	run();
	say(fd, "GET /met");
	run();
	assert_int_equal(hear(fd, buf, 1), 0);
	say(fd, "rics HTTP/1.1\r\nHost: x\r\n\r\n");
	run();
	n = hear(fd, buf, sizeof(buf));
	assert_true(n > 1000);
	buf[n - 1000] = 0;
	assert_int_equal(buf[n - 1], 'x');
	assert_string_equal(buf + n - 1004, "\r\n\r\n");
	assert_ended(fd);
	run();
	assert_int_equal(scrape_deadline(scrape), UINT64_MAX); /* nothing is left */
	assert_int_equal(texts, 1);
}

static void refuses(void **state)
{
	static const char *const words[][2] = {
		{ "GET / HTTP/1.0\r\n\r\n", "404" }, { "PUT /metrics HTTP/1.0\r\n\r\n", "405" },
		{ "\x16\x03\x01", "400" },
	};
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < 3; i++) {
		fd = client();
		say(fd, words[i][0]);
		run();
		assert_answer(fd, words[i][1]);
	}
	assert_int_equal(texts, 0);
	text_len = 0; /* no memory */
	fd = client();
	say(fd, GET);
	run();
	assert_answer(fd, "503");
	assert_int_equal(scrape_deadline(scrape), UINT64_MAX);
}

static void waits_for_slow_readers(void **state)
{
	static char buf[65536];
	size_t got = 0;
	int fd = client();
	long n;

	(void)state;
	text_len = BIG;
	say(fd, GET);
	run();
	assert_false(wants_to_run()); /* its buffer is full, and nobody is woken */
	while ((n = hear(fd, buf, sizeof(buf))) > 0) {
		got += (size_t)n;
		run();
	}
	assert_true(got > BIG && got < BIG + HTTP_HEAD_MAX);
	assert_ended(fd);
	run();
	assert_int_equal(scrape_deadline(scrape), UINT64_MAX);
}

static void patience_ends(void **state)
{
	int silent = client(), deaf = client();
	char buf[100];

	(void)state;
	text_len = BIG;
	say(deaf, GET);
	run();
	run();
	assert_int_equal(scrape_deadline(scrape), now + SCRAPE_TIME);
	say(silent, "GET");
	pass(SCRAPE_TIME - 1);
	assert_int_equal(hear(silent, buf, 1), 0);
	pass(1);
	assert_ended(silent);
	assert_int_equal(scrape_deadline(scrape), UINT64_MAX); /* the deaf one is gone, too */
	assert_true(hear(deaf, buf, sizeof(buf)) > 0); /* what the socket held */
	close(deaf);
}

static void few_at_once(void **state)
{
	int fd[SCRAPE_CONNS + 3], i;
	char c;

	(void)state;
	for (i = 0; i < SCRAPE_CONNS + 3; i++)
		fd[i] = client();
	run();
	assert_false(wants_to_run());
	assert_int_equal(scrape_deadline(scrape), now + SCRAPE_TIME);
	say(fd[SCRAPE_CONNS], GET);
	run();
	assert_int_equal(hear(fd[SCRAPE_CONNS], &c, 1), 0); /* has to wait for a place */
	close(fd[0]);
	run();
	assert_answer(fd[SCRAPE_CONNS], "200");
	pass(SCRAPE_TIME);
	for (i = 1; i < SCRAPE_CONNS; i++)
		assert_ended(fd[i]);
	pass(SCRAPE_TIME);
	for (i = SCRAPE_CONNS + 1; i < SCRAPE_CONNS + 3; i++)
		assert_ended(fd[i]);
	assert_int_equal(scrape_deadline(scrape), UINT64_MAX);
}

/* A thousand who ask at once: as many are answered as the rate lets, and in time all of them. */
static void a_thousand_at_once(void **state)
{
	static int fd[1000];
	unsigned int i, rounds, steps = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		fd[i] = client();
		say(fd[i], GET);
		shutdown(fd[i], SHUT_WR);
	}
	rounds = run();
	assert_int_equal(texts, SCRAPE_RATE);
	assert_true(rounds < 10 * SCRAPE_RATE);
	while (texts < 1000 && steps++ < 2000)
		pass(SEC / SCRAPE_RATE);
	assert_true(steps >= 1000 - SCRAPE_RATE && steps <= 1000);
	pass(SEC / SCRAPE_RATE);
	for (i = 0; i < 1000; i++)
		assert_answer(fd[i], "200");
}

static void few_pieces(void **state)
{
	int fd = client(), i;
	char c;

	(void)state;
	run();
	for (i = 0; i < 64; i++) {
		say(fd, "G");
		run();
	}
	assert_int_equal(hear(fd, &c, 1), 0);
	say(fd, "G");
	run();
	assert_ended(fd);
}

static void no_conversation(void **state)
{
	char junk[4096], buf[4096];
	int fd = client(), i, sent = 0;

	(void)state;
	memset(junk, 'j', sizeof(junk));
	say(fd, GET GET GET); /* one is answered */
	run();
	assert_true(hear(fd, buf, sizeof(buf)) > 0);
	for (i = 0; i < 100; i++) {
		sent += send(fd, junk, sizeof(junk), MSG_NOSIGNAL) > 0;
		run();
	}
	assert_true(sent >= 10 && sent < 20); /* then it is closed */
	assert_int_equal(texts, 1);
	close(fd);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(serves),	    TEST(refuses),	      TEST(waits_for_slow_readers),
		TEST(patience_ends), TEST(few_at_once),	      TEST(a_thousand_at_once),
		TEST(few_pieces),   TEST(no_conversation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
