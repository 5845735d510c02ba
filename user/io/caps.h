/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Privileges: what loading needs. Must not know why. */
#ifndef IO_CAPS_H
#define IO_CAPS_H

#include "err.h"

/* 0 when this process may load; -EPERM with @e naming the missing capability. */
int caps_check(struct err *e);

#endif
