/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Integer types and byte order for the three worlds this directory is compiled in: BPF objects,
 * the daemon, and native tests. Must not know libc, BPF helpers or anything of 6bed4 itself.
 */
#ifndef BED4_TYPES_H
#define BED4_TYPES_H

#ifdef __bpf__
#include "vmlinux.h"
#define BED4_INLINE static inline __attribute__((always_inline, unused))
/* BPF programs see headers at Ethernet + 14, as the kernel's own 4-aligned structs do. */
#define BED4_WIRE __attribute__((packed, aligned(4)))
#else
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#define BED4_INLINE static inline __attribute__((unused))
/* Native buffers promise 2-byte alignment, no more: an inner header starts at 14 + 20 + 8. */
#define BED4_WIRE __attribute__((packed, aligned(2)))
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BED4_SWAP16(x) ((__u16)__builtin_bswap16(x))
#define BED4_SWAP32(x) ((__u32)__builtin_bswap32(x))
#else
#define BED4_SWAP16(x) ((__u16)(x))
#define BED4_SWAP32(x) ((__u32)(x))
#endif

/* Host to network order and back; also usable in constant expressions. */
#define BED4_HTONS(x) ((__be16)BED4_SWAP16((__u16)(x)))
#define BED4_HTONL(x) ((__be32)BED4_SWAP32((__u32)(x)))
#define BED4_NTOHS(x) BED4_SWAP16((__u16)(x))
#define BED4_NTOHL(x) BED4_SWAP32((__u32)(x))

#define BED4_LIKELY(x)	 __builtin_expect(!!(x), 1)
#define BED4_UNLIKELY(x) __builtin_expect(!!(x), 0)

/*
 * Tells the verifier of kernels up to 6.1 that a byte-swapped length is at most 16 bits wide: it
 * forgets the bounds of a register across a byte swap. Nothing to do natively.
 */
BED4_INLINE __u32 bed4_bound16(__u32 v)
{
#ifdef __bpf__
	asm volatile("%0 &= 0xffff" : "+r"(v));
#endif
	return v;
}

#endif
