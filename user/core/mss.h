/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lowering the MSS of a TCP SYN. Must not know why, nor where the packet goes. */
#ifndef CORE_MSS_H
#define CORE_MSS_H

#include <stddef.h>

#include "6bed4/mss.h"

/*
 * If the well-formed IPv6 packet @p of @len bytes is a TCP SYN, directly behind its IPv6 header, with an
 * MSS above @max: lowers it, checksum included. Everything else stays as it is.
 */
void mss_clamp(__u8 *p, size_t len, __u32 max);

#endif
