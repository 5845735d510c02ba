/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The options of an instance as its configuration file gives them: joins the form of such files (conf.h) with
 * the table of options (opt.h). Must not know what else decides about an option.
 */
#ifndef OPTFILE_H
#define OPTFILE_H

#include "conf.h"
#include "opt.h"

#define OPTFILE_PATH (sizeof(CONF_DIR) + BED4_NAME_LEN + 8)

/* The name of the file of @iface, in @buf, which is returned. */
const char *optfile_path(const char *iface, char buf[OPTFILE_PATH]);

/*
 * Reads it into @w, which becomes empty when there is none; w->set.has_file tells. 0 or -errno with @e set,
 * at the first line that is wrong.
 */
int optfile_read(struct opt_words *w, const char *iface, struct err *e);

/*
 * Reads the file at @path likewise, but goes on behind what is wrong; @wrong hears of each such line. 0;
 * -ENOENT and -errno with @e set: the file cannot be read.
 */
int optfile_check(struct opt_words *w, const char *path, conf_wrong_fn wrong, void *arg, struct err *e);

#endif
