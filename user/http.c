// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One request, one answer; see http.h. Proved by selftests/unit/test_http.c and fuzz/fuzz_http.c. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http.h"

/* A piece of the request. */
struct span {
	const char *p;
	size_t len;
};

static bool is(struct span s, const char *text)
{
	return s.len == strlen(text) && !memcmp(s.p, text, s.len);
}

/* In whatever case: names of fields and schemes. */
static bool begins(struct span s, const char *text)
{
	return s.len >= strlen(text) && !strncasecmp(s.p, text, strlen(text));
}

/* RFC 9110 section 5.6.2. */
static bool is_token(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      (c && strchr("!#$%&'*+-.^_`|~", c))))
			return false;
	}
	return s.len > 0;
}

/*
 * How long the head of the request is, with the empty line at its end and such as may stand before it. 0: not
 * whole yet; -1: what no text has, so that whatever was meant, TLS perhaps, is answered at once.
 */
static long head_length(const char *buf, size_t len)
{
	size_t i, start = 0;
	bool begun = false;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)buf[i];

		if (c == '\n') {
			bool empty = i == start || (i == start + 1 && buf[start] == '\r');

			if (empty && begun)
				return (long)i + 1;
			begun |= !empty;
			start = i + 1;
		} else if (c == '\r' ? i + 1 < len && buf[i + 1] != '\n' : (c < ' ' && c != '\t') || c == 0x7f) {
			return -1;
		}
	}
	return 0;
}

/* Takes a line, without its end, off the front of @rest, which has one. */
static struct span take_line(struct span *rest)
{
	const char *end = memchr(rest->p, '\n', rest->len);
	struct span line = { rest->p, (size_t)(end - rest->p) };

	rest->p += line.len + 1;
	rest->len -= line.len + 1;
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Takes what stands before the first space, and that, off the front of @line. */
static struct span take_word(struct span *line)
{
	const char *end = memchr(line->p, ' ', line->len);
	struct span word = { line->p, end ? (size_t)(end - line->p) : line->len };
	size_t used = word.len + (end != NULL);

	line->p += used;
	line->len -= used;
	return word;
}

/* The path, without a query; RFC 9112 section 3.2.2 has servers take a whole URI too. */
static struct span path_of(struct span target)
{
	const char *end;

	if (begins(target, "http://")) {
		end = memchr(target.p + 7, '/', target.len - 7);
		target.len = end ? target.len - (size_t)(end - target.p) : 0;
		target.p = end;
	}
	end = target.len ? memchr(target.p, '?', target.len) : NULL;
	if (end)
		target.len = (size_t)(end - target.p);
	return target;
}

/* "Name: value"; white space before the colon has been used to smuggle requests, and is an error. */
static bool good_field(struct span line, unsigned int *hosts)
{
	const char *colon = memchr(line.p, ':', line.len);
	struct span name = { line.p, colon ? (size_t)(colon - line.p) : 0 };

	*hosts += name.len == 4 && begins(name, "host");
	return is_token(name);
}

static enum http_status judge(struct span line, struct span fields, bool *head)
{
	struct span method = take_word(&line), target = take_word(&line), version = line, field;
	unsigned int hosts = 0;
	bool digits = version.len == 8 && !memcmp(version.p, "HTTP/", 5) && version.p[6] == '.' && version.p[5] >= '0' &&
		      version.p[5] <= '9' && version.p[7] >= '0' && version.p[7] <= '9';

	if (!is_token(method) || !target.len || memchr(target.p, '\t', target.len) || !digits)
		return HTTP_BAD_REQUEST;
	*head = is(method, "HEAD");
	while ((field = take_line(&fields)).len) {
		if (!good_field(field, &hosts))
			return HTTP_BAD_REQUEST;
	}
	if (version.p[5] != '1')
		return HTTP_BAD_VERSION;
	if (hosts > 1 || (!hosts && version.p[7] != '0'))
		return HTTP_BAD_REQUEST;
	if (!is(path_of(target), "/metrics"))
		return HTTP_NOT_FOUND;
	return *head || is(method, "GET") ? HTTP_OK : HTTP_BAD_METHOD;
}

enum http_status http_parse(const char *buf, size_t len, bool *head)
{
	long n = head_length(buf, len < HTTP_REQUEST_MAX ? len : HTTP_REQUEST_MAX);
	struct span rest = { buf, n > 0 ? (size_t)n : 0 }, line;

	*head = false;
	if (n < 0)
		return HTTP_BAD_REQUEST;
	if (!n)
		return len < HTTP_REQUEST_MAX ? HTTP_MORE : HTTP_TOO_LARGE;
	do
		line = take_line(&rest);
	while (!line.len);
	return judge(line, rest, head);
}

static const char *reason(enum http_status status)
{
	switch (status) {
	case HTTP_OK:
		return "OK";
	case HTTP_NOT_FOUND:
		return "Not Found";
	case HTTP_BAD_METHOD:
		return "Method Not Allowed";
	case HTTP_TOO_LARGE:
		return "Request Header Fields Too Large";
	case HTTP_UNAVAILABLE:
		return "Service Unavailable";
	case HTTP_BAD_VERSION:
		return "HTTP Version Not Supported";
	default:
		return "Bad Request";
	}
}

size_t http_head(char buf[HTTP_HEAD_MAX], enum http_status status, const char *type, size_t length, bool head,
		 time_t now)
{
	const char *why = reason(status);
	bool ok = status == HTTP_OK;
	char date[64];
	struct tm tm;
	int n;

	if (!gmtime_r(&now, &tm) || !strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm))
		date[0] = 0;
	n = snprintf(buf, HTTP_HEAD_MAX,
		     "HTTP/1.1 %d %s\r\nDate: %s\r\nServer: 6bed4/" BED4_VERSION "\r\n%sContent-Type: %s\r\n"
		     "Content-Length: %zu\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%s%s",
		     (int)status, why, date, status == HTTP_BAD_METHOD ? "Allow: GET, HEAD\r\n" : "",
		     ok ? type : "text/plain; charset=utf-8", ok ? length : strlen(why) + 1,
		     ok || head ? "" : why, ok || head ? "" : "\n");
	return n < 0 ? 0 : n < HTTP_HEAD_MAX ? (size_t)n : HTTP_HEAD_MAX - 1;
}
