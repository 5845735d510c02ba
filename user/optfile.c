// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Options out of a file; see optfile.h. Proved by selftests/unit/test_effective.c and net/test_config.sh. */
#include <errno.h>
#include <string.h>

#include "optfile.h"

struct taking {
	struct opt_words *w;
	conf_wrong_fn wrong;
	void *arg;
};

const char *optfile_path(const char *iface, char buf[OPTFILE_PATH])
{
	snprintf(buf, OPTFILE_PATH, CONF_DIR "/%s.conf", iface);
	return buf;
}

static int take(void *arg, unsigned int line, const char *key, const char *value, struct err *e)
{
	const struct taking *t = arg;

	if (opt_is_momentary(key))
		return err_set(e, -EINVAL, "--%s is about one call: it cannot stand in a file", key);
	t->w->line = line;
	return opt_word(t->w, key, value, e);
}

static void pass_on(void *arg, unsigned int line, const char *text)
{
	const struct taking *t = arg;

	t->wrong(t->arg, line, text);
}

int optfile_read(struct opt_words *w, const char *iface, struct err *e)
{
	struct taking t = { .w = w };
	char path[OPTFILE_PATH];
	int err;

	opt_words_init(w);
	w->source = OPT_FILE;
	err = conf_read(optfile_path(iface, path), take, &t, e);
	w->set.has_file = !err;
	return err == -ENOENT && !*e->text ? 0 : err;
}

int optfile_check(struct opt_words *w, const char *path, conf_wrong_fn wrong, void *arg, struct err *e)
{
	struct taking t = { .w = w, .wrong = wrong, .arg = arg };
	int err;

	opt_words_init(w);
	w->source = OPT_FILE;
	err = conf_check(path, take, pass_on, &t, e);
	w->set.has_file = !err;
	return err == -ENOENT && !*e->text ? err_set(e, err, "%.200s: %s", path, strerror(-err)) : err;
}
