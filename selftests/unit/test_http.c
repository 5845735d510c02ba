// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Requests and answers of HTTP (user/http.h): what is served, what is refused by which status, that a
 * request may come byte by byte, and the fields of an answer, for a date of RFC 9110.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http.h"

#define HOST "Host: x\r\n"

static const struct {
	enum http_status want;
	bool head;
	const char *request;
} cases[] = {
	{ 200, false, "GET /metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 200, true, "HEAD /metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 200, false, "GET /metrics HTTP/1.0\r\n\r\n" },
	{ 200, false, "GET /metrics HTTP/1.1\nHost:x\n\n" },
	{ 200, false, "\r\n\nGET /metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 200, false, "GET /metrics?name[]=bed4_up HTTP/1.1\r\n" HOST "\r\n" },
	{ 200, false, "GET http://[::1]:9100/metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 200, false, "GET HTTP://x/metrics?a HTTP/1.1\r\n" HOST "\r\n" },
	{ 200, false, "GET /metrics HTTP/1.9\r\nhOsT: \r\nA:\tb \xc3\xa4\r\nEmpty:\r\n\r\n" },
	{ 200, false, "GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n" },
	{ 404, false, "GET / HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, false, "GET /metrics/ HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, false, "GET /metric HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, false, "GET /Metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, false, "GET metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, false, "GET ?/metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, false, "GET http://x HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, false, "GET http:// HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, false, "GET /../metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, true, "HEAD /x HTTP/1.1\r\n" HOST "\r\n" },
	{ 404, false, "POST /x HTTP/1.1\r\n" HOST "\r\n" },
	{ 405, false, "POST /metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 405, false, "get /metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 405, false, "GETS /metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 405, false, "DELETE /metrics HTTP/1.0\r\n\r\n" },
	{ 505, false, "GET /metrics HTTP/2.0\r\n" HOST "\r\n" },
	{ 505, false, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
	{ 505, false, "GET /metrics HTTP/0.9\r\n\r\n" },
	{ 400, false, "GET /metrics HTTP/1.1\r\n\r\n" }, /* no host */
	{ 400, false, "GET /metrics HTTP/1.1\r\n" HOST HOST "\r\n" },
	{ 400, false, "GET /metrics HTTP/1.0\r\n" HOST HOST "\r\n" },
	{ 400, false, "GET /metrics\r\n\r\n" },
	{ 400, false, "GET\r\n\r\n" },
	{ 400, false, " GET /metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 400, false, "GET  /metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 400, false, "GET /metrics HTTP/1.1 \r\n" HOST "\r\n" },
	{ 400, false, "GET /metrics HTTP/1.10\r\n" HOST "\r\n" },
	{ 400, false, "GET /metrics HTTP/1,1\r\n" HOST "\r\n" },
	{ 400, false, "GET /metrics HTTP/x.1\r\n" HOST "\r\n" },
	{ 400, false, "GET /metrics HtTP/1.1\r\n" HOST "\r\n" },
	{ 400, false, "GET /metrics ICMP/1.1\r\n" HOST "\r\n" },
	{ 400, false, "GET /met\trics HTTP/1.1\r\n" HOST "\r\n" },
	{ 400, false, "G{T /metrics HTTP/1.1\r\n" HOST "\r\n" },
	{ 400, false, "GET /metrics HTTP/1.1\r\nHost : x\r\n\r\n" },
	{ 400, false, "GET /metrics HTTP/1.1\r\n" HOST " folded\r\n\r\n" },
	{ 400, false, "GET /metrics HTTP/1.1\r\n" HOST "nothing\r\n\r\n" },
	{ 400, false, "GET /metrics HTTP/1.1\r\n" HOST ":x\r\n\r\n" },
	{ 400, false, "GET /metrics HTTP/1.1\r\n" HOST "a: \x01\r\n\r\n" },
	{ 400, false, "GET /metrics HTTP/1.1\r" },
	{ 400, false, "GET /metrics\rHTTP/1.1\r\n\r\n" },
	{ 400, false, "\x16\x03\x01" }, /* TLS */
	{ 0, false, "" },
	{ 0, false, "\r\n\r\n\r\n" },
	{ 0, false, "GET /metrics HTTP/1.1\r\n" },
	{ 0, false, "GET /metrics HTTP/1.1\r\n" HOST },
	{ 0, false, "GET /metrics HTTP/1.1\r\n" HOST "\r" },
};

/* As the whole, exactly as long as it is, and for every beginning: once decided, decided. */
static void check(const char *request, size_t len, enum http_status want, bool want_head)
{
	enum http_status got = HTTP_MORE, next;
	bool head = false, next_head;
	size_t i;

	for (i = 0; i <= len; i++) {
		char *exact = malloc(i ? i : 1);

		memcpy(exact, request, i);
		next = http_parse(exact, i, &next_head);
		free(exact);
		if (got != HTTP_MORE && (next != got || next_head != head))
			fail_msg("%s: %d becomes %d at %zu", request, got, next, i);
		got = next;
		head = next_head;
	}
	if (got != want || (want == HTTP_OK && head != want_head))
		fail_msg("%s: %d, head %d", request, got, head);
}

static void knows_requests(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool head;

		/* The case of a lone CR is decided by what follows. */
		if (!strcmp(cases[i].request, "GET /metrics HTTP/1.1\r")) {
			assert_int_equal(http_parse(cases[i].request, 22, &head), HTTP_MORE);
			continue;
		}
		check(cases[i].request, strlen(cases[i].request), cases[i].want, cases[i].head);
	}
}

static void bounds_requests(void **state)
{
	static char big[HTTP_REQUEST_MAX + 10];
	bool head;
	size_t n;

	(void)state;
	memset(big, 'a', sizeof(big));
	n = strlen("GET /metrics HTTP/1.1\r\n" HOST "x: ");
	memcpy(big, "GET /metrics HTTP/1.1\r\n" HOST "x: ", n);
	assert_int_equal(http_parse(big, HTTP_REQUEST_MAX - 1, &head), HTTP_MORE);
	assert_int_equal(http_parse(big, HTTP_REQUEST_MAX, &head), HTTP_TOO_LARGE);
	assert_int_equal(http_parse(big, sizeof(big), &head), HTTP_TOO_LARGE);
	memcpy(big + HTTP_REQUEST_MAX - 4, "\r\n\r\n", 4);
	assert_int_equal(http_parse(big, HTTP_REQUEST_MAX, &head), HTTP_OK);
	memset(big, '\n', sizeof(big));
	assert_int_equal(http_parse(big, sizeof(big), &head), HTTP_TOO_LARGE);
	assert_int_equal(http_parse("GET /metrics HTTP/1.0\r\n\0: x\r\n\r\n", 30, &head), HTTP_BAD_REQUEST);
}

static void answers(void **state)
{
	char buf[HTTP_HEAD_MAX];
	size_t n;

	(void)state;
	n = http_head(buf, HTTP_OK, "text/plain", 1234567, false, 784111777); /* the example of RFC 9110 */
	assert_int_equal(n, strlen(buf));
	assert_int_equal(strncmp(buf, "HTTP/1.1 200 OK\r\n", 17), 0);
	assert_non_null(strstr(buf, "\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
	assert_non_null(strstr(buf, "\r\nContent-Type: text/plain\r\n"));
	assert_non_null(strstr(buf, "\r\nContent-Length: 1234567\r\n"));
	assert_non_null(strstr(buf, "\r\nConnection: close\r\n"));
	assert_string_equal(buf + n - 4, "\r\n\r\n");
	assert_null(strstr(buf, "Allow"));
	n = http_head(buf, HTTP_BAD_METHOD, "x", 0, false, 0);
	assert_non_null(strstr(buf, "\r\nAllow: GET, HEAD\r\n"));
	assert_non_null(strstr(buf, "\r\nContent-Length: 19\r\n"));
	assert_string_equal(buf + n - 23, "\r\n\r\nMethod Not Allowed\n");
	n = http_head(buf, HTTP_NOT_FOUND, "x", 0, true, 0);
	assert_non_null(strstr(buf, "\r\nContent-Length: 10\r\n"));
	assert_string_equal(buf + n - 4, "\r\n\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_requests),
		cmocka_unit_test(bounds_requests),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
