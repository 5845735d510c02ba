/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * /etc/gai.conf, by which glibc's getaddrinfo() orders addresses: it does not ask the kernel for labels, and
 * one line of a kind makes it forget its own table of that kind. Must not know where the text comes from.
 */
#ifndef DOCTOR_GAI_H
#define DOCTOR_GAI_H

#include "6bed4/addr.h"

#define GAI_SIZE_MAX 65536 /* bytes that are looked at */

struct gai {
	bool labels, precedences; /* there are such lines */
	long label, label_any; /* of the prefix, and of ::/0, by the longest match; glibc's own where no line is */
	long precedence, precedence_any;
	bool own_label; /* the label is not that of ::/0 */
	unsigned int bad; /* number of the first line that glibc cannot take; 0 none */
};

/* What @text (at most GAI_SIZE_MAX of it) says of addresses in @prefix/64. */
void gai_parse(const char *text, const struct bed4_in6 *prefix, struct gai *g);

#endif
