/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finishing checksums that a sender had left to its device. Must not know where a packet goes. */
#ifndef CORE_FINISH_H
#define CORE_FINISH_H

#include <stddef.h>

#include "6bed4/parse.h"

/*
 * If the TCP or UDP checksum of the well-formed IPv6 packet @p of @len bytes is the pseudo-header's sum
 * alone, and wrong: finishes it. Everything else stays as it is, so that what was damaged on its way is
 * still seen to be.
 */
void finish_csum(__u8 *p, size_t len);

#endif
