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
#define BED4_WIRE_ALIGN 4
#else
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#define BED4_INLINE static inline __attribute__((unused))
/* Native buffers promise 2-byte alignment, no more: an inner header starts at 14 + 20 + 8. */
#define BED4_WIRE_ALIGN 2
#endif

#define BED4_WIRE __attribute__((packed, aligned(BED4_WIRE_ALIGN)))

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

/*
 * The same for the length of an extension header, at most 255 times 8: it loses the bounds of a product, and
 * adds nothing to a packet pointer that might get 65,536 bytes away.
 */
BED4_INLINE __u32 bed4_bound11(__u32 v)
{
#ifdef __bpf__
	asm volatile("%0 &= 0x7ff" : "+r"(v));
#endif
	return v;
}

/*
 * 1 when two small numbers are equal, else 0, without a branch: where a loop goes round, each branch
 * that does not leave it would double the paths that the verifier walks.
 */
BED4_INLINE __u32 bed4_equal(__u8 a, __u8 b)
{
	__u32 x = a ^ b;

#ifdef __bpf__
	asm volatile("" : "+r"(x)); /* or the compiler makes a branch of it after all */
#endif
	return (x - 1) >> 31;
}

#endif
