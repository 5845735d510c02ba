/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Writing a pcapng file (draft-ietf-opsawg-pcapng): one section in this machine's byte order. Errors stay with
 * the stream, for ferror(). Must not know what is captured.
 */
#ifndef PCAPNG_H
#define PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_ETHERNET 1 /* LINKTYPE_ETHERNET */
#define PCAPNG_RAW	101 /* LINKTYPE_RAW: IPv4 or IPv6 */

/* Begins the section; @program writes it. */
void pcapng_begin(FILE *f, const char *program);

/* An interface; they are numbered from 0 as they come. Its times are in ns. @snaplen 0: no limit. */
void pcapng_interface(FILE *f, uint16_t linktype, uint32_t snaplen, const char *name, const char *description);

struct pcapng_packet {
	uint32_t interface;
	uint64_t time; /* ns since 1970 */
	const void *data;
	uint32_t caplen, len;
	bool outbound;
	const char *comment;
};

void pcapng_packet(FILE *f, const struct pcapng_packet *p);

/* How many packets of an interface were received, and how many of these were lost. */
void pcapng_statistics(FILE *f, uint32_t interface, uint64_t time, uint64_t received, uint64_t lost);

#endif
