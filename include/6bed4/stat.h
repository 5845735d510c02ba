/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The outcomes: every packet that a program or the daemon sees ends in exactly one of them, and
 * this table is the only place where number, name, kind and sentence are written down. Adding a
 * line anywhere but at the end of its group changes map indexes: raise BED4_ABI (map.h) then.
 */
#ifndef BED4_STAT_H
#define BED4_STAT_H

#include "types.h"

/*
 * X(CONSTANT, "name", KIND, "sentence"). Kinds: FORWARD it went on its way; SLOW unmodified to the
 * next instance (from XDP and TC: the kernel stack and with it the daemon); ANSWER the daemon
 * consumed it; DROP it ended here; OTHER no 6bed4 traffic.
 */
#define BED4_OUTCOMES(X)                                                                           \
	X(OTHER, "other", OTHER, "not 6bed4 traffic, left to the kernel")                          \
	X(STRIPPED, "stripped", OTHER, "stripped by XDP before, handed to the TUN device")         \
	X(IN_NATIVE, "in-native", FORWARD, "decapsulated and forwarded to native IPv6")            \
	X(IN_LOCAL, "in-local", FORWARD, "decapsulated and delivered to this machine")             \
	X(RELAY, "relay", FORWARD, "relayed from one peer to another")                             \
	X(OUT, "out", FORWARD, "encapsulated straight to a peer")                                    \
	X(OUT_ROUTER, "out-router", FORWARD, "encapsulated towards the router")                    \
	X(SLOW_INVALID, "slow-invalid", SLOW, "configuration is changing, left to the daemon")     \
	X(SLOW_FRAGMENT, "slow-fragment", SLOW, "IPv4 fragment, left to the kernel to reassemble") \
	X(SLOW_OPTIONS, "slow-options", SLOW, "IPv4 header with options, left to the kernel")      \
	X(SLOW_OUTER, "slow-outer", SLOW, "damaged IPv4 or UDP header, left to the kernel")        \
	X(SLOW_CSUM, "slow-csum", SLOW, "UDP checksum needs the full sum, left to the kernel")     \
	X(SLOW_TRAILING, "slow-trailing", SLOW, "bytes behind the packet, left to the daemon")     \
	X(SLOW_ND, "slow-nd", SLOW, "neighbour discovery, left to the daemon")                     \
	X(SLOW_MISMATCH, "slow-mismatch", SLOW, "inner source is not the sender's, daemon answers") \
	X(SLOW_UNREACH, "slow-unreach", SLOW, "no such endpoint, left to the daemon to refuse")    \
	X(SLOW_HOPS, "slow-hops", SLOW, "hop limit at its end, left to the slow path to refuse")   \
	X(SLOW_BIG, "slow-big", SLOW, "larger than the MTU ahead, left to the kernel")             \
	X(SLOW_NEXTHOP, "slow-nexthop", SLOW, "next hop not resolved yet, left to the kernel")     \
	X(SLOW_LOCAL, "slow-local", SLOW, "for this machine, left to the slow path")               \
	X(SLOW_MODE, "slow-mode", SLOW, "not accelerated in this mode, left to the slow path")     \
	X(SLOW_WATCHED, "slow-watched", SLOW, "somebody watches the TUN device, left to the daemon")  \
	X(SLOW_SYN, "slow-syn", SLOW, "TCP SYN whose MSS the daemon has to look for")              \
	X(SLOW_ECHO, "slow-echo", SLOW, "echo reply that a ping of the daemon's may wait for")      \
	X(RS_ANSWERED, "rs-answered", ANSWER, "router solicitation answered")                      \
	X(NS_ANSWERED, "ns-answered", ANSWER, "neighbour solicitation answered")                   \
	X(RA_TAKEN, "ra-taken", ANSWER, "router advertisement taken")                              \
	X(NA_TAKEN, "na-taken", ANSWER, "neighbour advertisement taken")                           \
	X(REDIRECT_TAKEN, "redirect-taken", ANSWER, "redirect taken as a hint to look for a path") \
	X(ECHO_TAKEN, "echo-taken", ANSWER, "echo reply to a ping of the daemon's")                \
	X(RA_MISMATCH, "ra-mismatch", ANSWER, "sender's address changed, told it the new one")     \
	X(ICMP_UNREACH, "icmp-unreach", ANSWER, "refused with ICMPv6 address unreachable")         \
	X(ICMP_HOPS, "icmp-hops", ANSWER, "refused with ICMPv6 time exceeded")                     \
	X(ICMP_BIG, "icmp-big", ANSWER, "refused with ICMPv6 packet too big")                      \
	X(KEEPALIVE, "keepalive", DROP, "empty datagram that keeps a NAT mapping alive")           \
	X(LIMITED, "limited", DROP, "an answer was due, but the rate limit was reached")           \
	X(MALFORMED, "malformed", DROP, "not a well-formed IPv6 packet")                           \
	X(MULTICAST, "multicast", DROP, "multicast is not carried")                                \
	X(ND_INVALID, "nd-invalid", DROP, "neighbour discovery that fails its checks")             \
	X(ND_UNWANTED, "nd-unwanted", DROP, "neighbour discovery that nobody here asked for")      \
	X(ND_HIDDEN, "nd-hidden", DROP, "neighbour discovery behind an extension header")          \
	X(ND_NATIVE, "nd-native", DROP, "neighbour discovery from native IPv6 into the tunnel")    \
	X(SRC_SPECIAL, "src-special", DROP, "sender's IPv4 address is special-purpose")            \
	X(SRC_OWN, "src-own", DROP, "sender's IPv4 address is one of this machine")                \
	X(SRC_DENIED, "src-denied", DROP, "sender's IPv4 address is refused by --deny-v4")         \
	X(SRC_PORT, "src-port", DROP, "sender's UDP port is 0")                                    \
	X(SRC_NEVER, "src-never", DROP, "inner source can never be a unicast source")              \
	X(SRC_FOREIGN, "src-foreign", DROP, "inner source is outside the prefix")                  \
	X(SRC_SPOOFED, "src-spoofed", DROP, "source within the prefix that nobody here owns")      \
	X(LOOP, "loop", DROP, "our own datagram came back in another tunnel's packet")             \
	X(DST_NEVER, "dst-never", DROP, "inner destination can never be routed")                   \
	X(DST_FOREIGN, "dst-foreign", DROP, "inner destination is not this machine's address")     \
	X(ECN, "ecn", DROP, "congestion mark on a packet that cannot carry it (RFC 6040)")         \
	X(ICMP4_SHORT, "icmp4-short", DROP, "ICMPv4 error that quotes too little of a datagram")    \
	X(ICMP4_FOREIGN, "icmp4-foreign", DROP, "ICMPv4 error about what was not sent from here")   \
	X(NO_ADDRESS, "no-address", DROP, "no 6bed4 address yet, nothing can be sent")             \
	X(FAILED, "failed", DROP, "could not be changed or sent after it was accepted")

/* Go on: no outcome yet. Never counted. */
#define BED4_GO 0

enum bed4_outcome {
	BED4_OUTCOME_NONE_ = BED4_GO,
#define BED4_X(id, name, kind, text) BED4_##id,
	BED4_OUTCOMES(BED4_X)
#undef BED4_X
	BED4_OUTCOME_COUNT /* one more than the last outcome */
};

enum bed4_kind {
	BED4_KIND_OTHER,
	BED4_KIND_FORWARD,
	BED4_KIND_SLOW,
	BED4_KIND_ANSWER,
	BED4_KIND_DROP,
};

/* Where a packet was seen. The first BED4_HOOK_BPF rows are counted by BPF, the rest by the daemon. */
#define BED4_HOOKS(X)                                                                              \
	X(XDP, "xdp", "XDP on the underlay and the IPv6 devices")                                  \
	X(TC_IN, "tc-in", "TC ingress on the underlay")                                            \
	X(TC_OUT, "tc-out", "TC egress on the TUN device")                                         \
	X(UDP, "udp", "the daemon's UDP socket")                                                   \
	X(TUN, "tun", "the daemon's TUN queue")                                                    \
	X(ICMP, "icmp", "ICMPv4 errors that came to this machine")

enum bed4_hook {
#define BED4_X(id, name, text) BED4_HOOK_##id,
	BED4_HOOKS(BED4_X)
#undef BED4_X
	BED4_HOOK_COUNT
};

#define BED4_HOOK_BPF 3 /* hooks counted by BPF, in map `stats` */
#define BED4_HOOK_DAEMON (BED4_HOOK_COUNT - BED4_HOOK_BPF) /* in map `slow` */

/* Row of a BPF hook's outcome in `stats`; a daemon hook's in `slow` is counted from 0 again. */
BED4_INLINE __u32 bed4_stat_row(enum bed4_hook hook, enum bed4_outcome outcome)
{
	__u32 h = hook < BED4_HOOK_BPF ? hook : hook - BED4_HOOK_BPF;

	return h * BED4_OUTCOME_COUNT + outcome;
}

#endif
