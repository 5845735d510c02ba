/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `6bed4peer` and `6bed4router`: the command lines of the reference implementation of 2012, as other names
 * of this program.
 */
#ifndef COMPAT_H
#define COMPAT_H

/* What a program that was called as @argv0 does with its words; NULL: that is none of these names. */
int (*compat_find(const char *argv0))(int argc, char **argv);

#endif
