/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * As much of HTTP/1.1 (RFC 9112) as one resource takes that is only read, /metrics, one request for each
 * connection. Pure: bytes in, a status out. A library would bring threads or an event loop of its own, and
 * its memory is not bounded by us. Must not know sockets, nor what is served.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define HTTP_REQUEST_MAX 4096 /* line and fields of a request; more is refused */
#define HTTP_HEAD_MAX	 512

enum http_status {
	HTTP_MORE = 0, /* the request is not whole yet */
	HTTP_OK = 200,
	HTTP_BAD_REQUEST = 400,
	HTTP_NOT_FOUND = 404,
	HTTP_BAD_METHOD = 405,
	HTTP_TOO_LARGE = 431,
	HTTP_UNAVAILABLE = 503,
	HTTP_BAD_VERSION = 505,
};

/*
 * What the @len bytes at @buf, all that has come so far, are to be answered with; *@head: without the body,
 * for it is a HEAD. What has once got a status keeps it, whatever comes behind.
 */
enum http_status http_parse(const char *buf, size_t len, bool *head);

/*
 * Status line and fields of an answer with @length bytes of @type behind them, at @now. Where @status is not
 * HTTP_OK these bytes are a line that names it, which is added here unless it answers a HEAD. Returns how
 * many bytes it is.
 */
size_t http_head(char buf[HTTP_HEAD_MAX], enum http_status status, const char *type, size_t length, bool head,
		 time_t now);

#endif
