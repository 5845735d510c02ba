// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Blocks and options of pcapng; see pcapng.h. Proved by selftests/unit/test_pcapng.c. */
#include <string.h>

#include "pcapng.h"

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, STATISTICS = 5, PACKET = 6 };

enum {
	OPT_END = 0, OPT_COMMENT = 1, SHB_USERAPPL = 4, IF_NAME = 2, IF_DESCRIPTION = 3, IF_TSRESOL = 9,
	EPB_FLAGS = 2, ISB_IFRECV = 4, ISB_IFDROP = 5,
};

enum { INBOUND = 1, OUTBOUND = 2 }; /* of EPB_FLAGS */

#define TEXT_MAX 1024 /* of an option; longer text is cut */

static uint32_t padded(size_t n)
{
	return (uint32_t)((n + 3) & ~(size_t)3);
}

static void put(FILE *f, const void *data, size_t n)
{
	static const char zeroes[4];

	if (n)
		fwrite(data, 1, n, f);
	fwrite(zeroes, 1, padded(n) - n, f);
}

static void put16(FILE *f, uint16_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

static void put32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

/* A time: upper half first, whatever the byte order. */
static void put_time(FILE *f, uint64_t ns)
{
	put32(f, (uint32_t)(ns >> 32));
	put32(f, (uint32_t)ns);
}

static size_t text_len(const char *s)
{
	return strnlen(s, TEXT_MAX);
}

static uint32_t option_size(size_t n)
{
	return 4 + padded(n);
}

static void put_option(FILE *f, uint16_t code, const void *data, size_t n)
{
	put16(f, code);
	put16(f, (uint16_t)n);
	put(f, data, n);
}

/* A block of @n bytes between its head and its length at the end. */
static void begin_block(FILE *f, uint32_t type, uint32_t n)
{
	put32(f, type);
	put32(f, 12 + n);
}

static void end_block(FILE *f, uint32_t n)
{
	put32(f, OPT_END);
	put32(f, 12 + n);
}

void pcapng_begin(FILE *f, const char *program)
{
	uint32_t n = 16 + option_size(text_len(program)) + 4;

	begin_block(f, SECTION, n);
	put32(f, 0x1a2b3c4d); /* tells the byte order */
	put16(f, 1);
	put16(f, 0);
	put32(f, 0xffffffff); /* length of the section: not known */
	put32(f, 0xffffffff);
	put_option(f, SHB_USERAPPL, program, text_len(program));
	end_block(f, n);
}

void pcapng_interface(FILE *f, uint16_t linktype, uint32_t snaplen, const char *name, const char *description)
{
	const uint8_t resolution = 9; /* 10^-9 s */
	uint32_t n = 8 + option_size(text_len(name)) + option_size(text_len(description)) + option_size(1) + 4;

	begin_block(f, INTERFACE, n);
	put16(f, linktype);
	put16(f, 0);
	put32(f, snaplen);
	put_option(f, IF_NAME, name, text_len(name));
	put_option(f, IF_DESCRIPTION, description, text_len(description));
	put_option(f, IF_TSRESOL, &resolution, 1);
	end_block(f, n);
}

void pcapng_packet(FILE *f, const struct pcapng_packet *p)
{
	const uint32_t flags = p->outbound ? OUTBOUND : INBOUND;
	uint32_t n = 20 + padded(p->caplen) + option_size(text_len(p->comment)) + option_size(sizeof(flags)) + 4;

	begin_block(f, PACKET, n);
	put32(f, p->interface);
	put_time(f, p->time);
	put32(f, p->caplen);
	put32(f, p->len);
	put(f, p->data, p->caplen);
	put_option(f, OPT_COMMENT, p->comment, text_len(p->comment));
	put_option(f, EPB_FLAGS, &flags, sizeof(flags));
	end_block(f, n);
}

void pcapng_statistics(FILE *f, uint32_t interface, uint64_t time, uint64_t received, uint64_t lost)
{
	uint32_t n = 12 + 2 * option_size(8) + 4;

	begin_block(f, STATISTICS, n);
	put32(f, interface);
	put_time(f, time);
	put_option(f, ISB_IFRECV, &received, sizeof(received));
	put_option(f, ISB_IFDROP, &lost, sizeof(lost));
	end_block(f, n);
}
