/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files by which the kernel takes settings. Must not know what a setting means. */
#ifndef IO_PROC_H
#define IO_PROC_H

/* Writes @text to the file at @path, in one call. 0 or -errno. */
int proc_write(const char *path, const char *text);

#endif
