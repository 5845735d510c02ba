// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Bytes of a client through the parser of requests (user/http.h), at once and in two pieces. A status is
 * one of those that can be answered, and stays whatever comes behind; only what asks for /metrics is served;
 * the fields of the answer end in an empty line and fit.
 *
 * Input: where the first piece ends (1 byte), the bytes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "promise.h"

/* On memory that is exactly as long, so that a byte too far is noticed. */
static enum http_status parse(const uint8_t *data, size_t size, bool *head)
{
	char *exact = malloc(size ? size : 1);
	enum http_status status;

	promise(exact != NULL);
	memcpy(exact, data, size);
	status = http_parse(exact, size, head);
	free(exact);
	return status;
}

static void check_served(const uint8_t *data, size_t size, bool head)
{
	while (*data == '\r' || *data == '\n') {
		data++;
		size--;
	}
	promise(!memcmp(data, head ? "HEAD " : "GET ", head ? 5 : 4));
	promise(memmem(data, size, "/metrics", 8) && memmem(data, size, " HTTP/1.", 8));
}

static void check_answer(enum http_status status, bool head)
{
	char buf[HTTP_HEAD_MAX];
	size_t n = http_head(buf, status, "text/plain", 12345, head, 1700000000);
	const char *end;

	promise(n < sizeof(buf) && n == strlen(buf));
	end = strstr(buf, "\r\n\r\n");
	promise(end && (end[4] == 0) == (head || status == HTTP_OK));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum http_status first, whole;
	bool first_head, head;
	size_t cut;

	if (!size)
		return 0;
	cut = (size_t)*data++ * 8;
	size--;
	cut = cut < size ? cut : size;
	first = parse(data, cut, &first_head);
	whole = parse(data, size, &head);
	promise(first == HTTP_MORE || (first == whole && first_head == head));
	switch (whole) {
	case HTTP_MORE:
		promise(size < HTTP_REQUEST_MAX);
		return 0;
	case HTTP_OK:
		check_served(data, size, head);
		break;
	case HTTP_TOO_LARGE:
		promise(size >= HTTP_REQUEST_MAX);
		break;
	case HTTP_BAD_REQUEST:
	case HTTP_NOT_FOUND:
	case HTTP_BAD_METHOD:
	case HTTP_BAD_VERSION:
		break;
	default:
		promise(false);
	}
	check_answer(whole, head);
	return 0;
}
