// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Configuration files; see conf.h. Must not know options: whoever calls hears each key and its value.
 * Proved by selftests/unit/test_conf.c and selftests/fuzz/fuzz_conf.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_key_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static char *skip_spaces(char *p)
{
	while (is_space(*p))
		p++;
	return p;
}

/* As much of the word at @p as a message shows. */
static int word_len(const char *p)
{
	size_t n = strcspn(p, " \t");

	return n < 40 ? (int)n : 40;
}

/* Ends @s where a comment begins, and takes the white space from its end. */
static void trim_end(char *s)
{
	size_t n;

	for (n = 0; s[n]; n++) {
		if (s[n] == '#' && (!n || is_space(s[n - 1])))
			break;
	}
	while (n && is_space(s[n - 1]))
		n--;
	s[n] = 0;
}

/* Only printable ASCII is ever part of a setting; comments are anybody's language. */
static int check_chars(const char *s, struct err *e)
{
	for (; *s; s++) {
		if ((*s < ' ' && *s != '\t') || *s > '~')
			return err_set(e, -EINVAL, "has the character 0x%02x%s", (unsigned char)*s,
				       *s == '\r' ? ": end lines as Unix does" : "");
	}
	return 0;
}

/* Takes key and value out of @line; *@value NULL: the key stands alone. */
static int split(char *line, size_t key_len, char **value, struct err *e)
{
	char *end = line + key_len, *p = skip_spaces(end);
	bool equals = *p == '=';

	if (equals)
		p = skip_spaces(p + 1);
	*end = 0; /* a space or the '=', if it is not the end already: behind us in any case */
	*value = *p ? p : NULL;
	if (equals && !*p)
		return err_set(e, -EINVAL, "%.40s: no value behind the =", line);
	p = skip_spaces(p + strcspn(p, " \t"));
	if (*p)
		return err_set(e, -EINVAL, "%.40s takes one value: %.*s is too much", line, word_len(p), p);
	return 0;
}

/* Who hears of what. */
struct reader {
	conf_set_fn set;
	conf_wrong_fn wrong; /* NULL: the first line that is wrong is the last that is read */
	void *arg;
};

/* One line, without its end; it is the caller's copy, and is cut up. */
static int parse_line(char *line, unsigned int number, const struct reader *r, struct err *e)
{
	char *key = skip_spaces(line), *value, stop;
	size_t n = 0;
	int err;

	trim_end(key);
	if (!*key)
		return 0;
	err = check_chars(key, e);
	if (err)
		return err;
	while (is_key_char(key[n]))
		n++;
	stop = key[n];
	if (!n || *key == '-' || (stop && stop != '=' && !is_space(stop)))
		return err_set(e, -EINVAL, "%.*s: a line begins with the name of an option, without dashes",
			       word_len(key), key);
	err = split(key, n, &value, e);
	return err ? err : r->set(r->arg, number, key, value, e);
}

/* The line of @n bytes at @text. */
static int take_line(const char *text, size_t n, unsigned int number, const struct reader *r, struct err *e)
{
	char line[CONF_LINE_MAX + 1];

	if (n > CONF_LINE_MAX)
		return err_set(e, -EINVAL, "a line has at most %d bytes", CONF_LINE_MAX);
	if (memchr(text, 0, n))
		return err_set(e, -EINVAL, "has the character 0x00: is this a text file?");
	memcpy(line, text, n);
	line[n] = 0;
	return parse_line(line, number, r, e);
}

static int parse(const char *name, const char *text, size_t len, const struct reader *r, struct err *e)
{
	const char *end = text + len, *stop;
	unsigned int number = 1;
	struct err what = {};
	int err;

	if (len > CONF_SIZE_MAX)
		return err_set(e, -EFBIG, "%.200s: larger than %d bytes", name, CONF_SIZE_MAX);
	for (; text < end; text = stop + 1, number++) {
		stop = memchr(text, '\n', (size_t)(end - text));
		stop = stop ? stop : end;
		err = take_line(text, (size_t)(stop - text), number, r, &what);
		if (err && r->wrong)
			r->wrong(r->arg, number, what.text);
		else if (err)
			return err_set(e, err, "%.200s:%u: %.280s", name, number, what.text);
	}
	return 0;
}

int conf_parse(const char *name, const char *text, size_t len, conf_set_fn set, void *arg, struct err *e)
{
	const struct reader r = { .set = set, .arg = arg };

	return parse(name, text, len, &r, e);
}

/* Nobody else may say what is loaded with root's powers; a FIFO would keep us waiting. */
static int check_file(const char *path, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_set(e, -errno, "%.200s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, -EINVAL, "%.200s: not a regular file", path);
	if (st.st_uid && st.st_uid != geteuid())
		return err_set(e, -EPERM, "%.200s: belongs to another user; try `chown root %.200s`", path, path);
	if (st.st_mode & S_IWOTH)
		return err_set(e, -EPERM, "%.200s: everybody may write to it; try `chmod o-w %.200s`", path, path);
	return 0;
}

/* All of @fd, and a byte more if there is more than may be. Returns the length or -errno. */
static ssize_t read_all(int fd, char *buf)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n && len <= CONF_SIZE_MAX) {
		n = read(fd, buf + len, CONF_SIZE_MAX + 1 - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)len;
}

static int read_and_parse(const char *path, const struct reader *r, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;
	char *buf;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? -ENOENT : err_set(e, -errno, "%.200s: %s", path, strerror(errno));
	buf = malloc(CONF_SIZE_MAX + 1);
	err = buf ? check_file(path, fd, e) : err_set(e, -ENOMEM, "out of memory");
	if (!err) {
		n = read_all(fd, buf);
		err = n < 0 ? err_set(e, (int)n, "%.200s: %s", path, strerror((int)-n)) :
			      parse(path, buf, (size_t)n, r, e);
	}
	free(buf);
	close(fd);
	return err;
}

int conf_read(const char *path, conf_set_fn set, void *arg, struct err *e)
{
	const struct reader r = { .set = set, .arg = arg };

	return read_and_parse(path, &r, e);
}

int conf_check(const char *path, conf_set_fn set, conf_wrong_fn wrong, void *arg, struct err *e)
{
	const struct reader r = { .set = set, .wrong = wrong, .arg = arg };

	return read_and_parse(path, &r, e);
}
