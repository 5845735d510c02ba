/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The configuration file of an instance, /etc/6bed4/IFACE.conf: the options of `load` by their names,
 * without dashes, one a line.
 *
 *	# comment, also behind a value
 *	mtu 1400
 *	deny-v4 = 10.0.0.0/8
 *	clamp-mss
 *	df off
 *
 * The form is `key value`; `key = value` is taken too. A key may stand alone. Must not know which keys
 * there are, nor what they may be set to.
 */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>

#include "err.h"

#define CONF_DIR      "/etc/6bed4"
#define CONF_SIZE_MAX 65536 /* bytes of a file */
#define CONF_LINE_MAX 512 /* bytes of a line, with its comment */

/*
 * Takes one setting, of line @line; @value is NULL where the key stands alone. 0, or -errno with @e set to what is wrong
 * with it, where not said: name of file and number of line are put in front.
 */
typedef int (*conf_set_fn)(void *arg, unsigned int line, const char *key, const char *value, struct err *e);

/*
 * Gives each setting in @text, of @len bytes, to @set, in order. @name is what messages call the file. 0,
 * or -errno with @e set, at the first line that is wrong; the settings before it have been given.
 */
int conf_parse(const char *name, const char *text, size_t len, conf_set_fn set, void *arg,
	       struct err *e);

/* Hears of one line that is wrong. */
typedef void (*conf_wrong_fn)(void *arg, unsigned int line, const char *text);

/*
 * The same for the file at @path, which has to be a regular one that nobody but its owner and group can
 * write to. -ENOENT with @e unset: there is none.
 */
int conf_read(const char *path, conf_set_fn set, void *arg, struct err *e);

/*
 * The same, but @wrong hears of each line that is wrong, and reading goes on behind it: 0 whatever it heard.
 * -errno with @e set: the file as a whole cannot be read.
 */
int conf_check(const char *path, conf_set_fn set, conf_wrong_fn wrong, void *arg, struct err *e);

#endif
