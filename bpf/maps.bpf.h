/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map, pinned by its name; layouts are in 6bed4/map.h. Both objects contain this file and
 * share the maps by pin. Must not hold code that decides anything.
 */
#ifndef BED4_MAPS_BPF_H
#define BED4_MAPS_BPF_H

#include "6bed4/limit.h"
#include "6bed4/map.h"
#include <bpf/bpf_helpers.h>

/*
 * What `load` set up. Written by the daemon, read by tools; TC asks it whether XDP is attached. First of all, because libbpf makes and pins
 * maps in this order.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_info);
} info SEC(".maps");

/* What this instance is. Written by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_self);
} self SEC(".maps");

/* Outcomes counted by BPF. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BED4_HOOK_BPF *BED4_OUTCOME_COUNT);
	__type(key, __u32);
	__type(value, struct bed4_count);
} stats SEC(".maps");

/* Outcomes counted by the daemon, which maps this memory, so that they outlive it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BED4_HOOK_DAEMON *BED4_OUTCOME_COUNT);
	__type(key, __u32);
	__type(value, struct bed4_count);
} slow SEC(".maps");

/* Neighbours. Entries come and go by the daemon, which also sizes it; BPF counts and stamps. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BED4_NEIGH_MAX);
	__type(key, struct bed4_in6);
	__type(value, struct bed4_neigh);
} neigh SEC(".maps");

/* Peer: written by BPF, mapped by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_pulse);
} pulse SEC(".maps");

/*
 * Peer: whose use was told to the daemon lately, so that a stream of packets does not become a
 * stream of events. Two neighbours may share a slot; then both are told more often.
 */
#define TOLD_SLOTS 256

struct told {
	__u64 iid; /* with the plan `server-prefix` the prefix is mixed in */
	__u64 at; /* ns */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TOLD_SLOTS);
	__type(key, __u32);
	__type(value, struct told);
} told SEC(".maps");

/*
 * Router: the next-hop cache, a run of slots for each CPU, which alone reads and writes them, so that
 * nothing is torn. One array, because that of each CPU lies in one piece then: a look-up in a per-CPU
 * array of many entries costs one more cache miss. The loader sizes it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_hop);
} nexthop SEC(".maps");

/* What is kept from packet to packet. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_cpu);
} percpu SEC(".maps");

/* Router: written by the daemon, which maps it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_hopgen);
} hopgen SEC(".maps");

/* Router: gateways in use. BPF enters, the daemon reads and empties it every other second. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct bed4_via);
	__type(value, __u32);
} hops SEC(".maps");

/*
 * The buckets (6bed4/limit.h) of those who ask for what is answered, by XDP or by the daemon. One table
 * for all CPUs: only what leaves the fast path touches it. The daemon maps it, to see how full it is.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, BED4_LIMIT_ROWS);
	__type(key, __u32);
	__type(value, struct bed4_bucket);
} limit SEC(".maps");

/* What full tables cost in the daemon, which maps it; what they cost in BPF is in `percpu`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_losses);
} losses SEC(".maps");

/* Numbers of neighbours and samples of counters, by the daemon, which maps it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_gauges);
} gauges SEC(".maps");

/* What is captured, if anything. Written by the capturing process, which maps it; BPF counts losses. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_capture);
} capture SEC(".maps");

/*
 * The ring that a capture has made for itself and put here: its memory is taken only while it lasts, and its
 * size is the user's choice.
 */
struct capture_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct capture_ring);
} rings SEC(".maps");

/* The packet at work while there is a capture: its outcome tells in the end whether it gets into the ring. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_shot);
} shots SEC(".maps");

/* The same of the daemon, which maps it: a syscall program puts it into the ring. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bed4_shot);
} slowshot SEC(".maps");

/* What the operator lifted or denied, enum bed4_policy. Written by the daemon. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, BED4_POLICY4_MAX);
	__type(key, struct bed4_lpm4);
	__type(value, __u32);
} policy4 SEC(".maps");

/* struct bed4_event, from BPF to the daemon. When it is full, events are lost and counted, nothing else. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

#endif
