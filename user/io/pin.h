/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Files on a bpffs: directories made and removed, pins forgiven when already gone. Must not know
 * what is pinned.
 */
#ifndef IO_PIN_H
#define IO_PIN_H

#include <stddef.h>

/* Makes @dir and those of its parents that are missing. 0 or -errno. */
int pin_mkdirs(const char *dir);

/* "@dir/@name" into @buf; -ENAMETOOLONG when it does not fit. */
int pin_path(char *buf, size_t size, const char *dir, const char *name);

/* Removes the pin; "already gone" is fine. 0 or -errno. */
int pin_remove(const char *dir, const char *name);

/*
 * Removes @dir, if it is empty, and its parents as long as they are, up to the bpffs' root. 0, or -errno when
 * @dir itself could not be removed.
 */
int pin_rmdirs(const char *dir);

#endif
