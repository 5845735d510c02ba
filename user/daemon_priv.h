/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What daemon.c (up and down), daemon_loop.c (running), daemon_ctl.c (requests) and daemon_peer.c (a peer's
 * part) share. For nobody else.
 */
#ifndef DAEMON_PRIV_H
#define DAEMON_PRIV_H

#include <sys/types.h>

#include "daemon.h"
#include "io/ctl.h"
#include "io/burst.h"
#include "io/gso.h"
#include "io/hops.h"

#define WAITING_MAX 256

#define SEEN_SLOTS 1024 /* a power of two */

/* Router with the fast path off: a sender, and the second when `neigh` was last told of it. */
struct seen_slot {
	__u64 iid;
	__u32 at;
};

struct daemon {
	struct load_options opt; /* in effect */
	struct instance in;
	struct bed4_info info;
	struct policy policy;
	struct tunnel tunnel;
	struct limit limit;
	struct fastpath *fp;
	bool fixed_port; /* the user said --port */
	int ctl, tun, udp, lan, icmp, monitor; /* -1: not open */
	unsigned int tun_index, underlay;
	bool running; /* the underlay has a carrier */
	__u64 expire_at; /* next look for neighbours that are gone */
	struct daemon_told told; /* .ready NULL once told */
	__u64 ready_by;
	struct daemon_before before;
	int old; /* connection to the daemon that hands over, -1 none */
	int root; /* the bpffs, for a tool that does not see it */
	uid_t owner; /* who loaded it, and may speak to it beside root */
	int failed; /* -errno: why it cannot go on, 0 none */
	struct hops *hops; /* router with XDP: what makes cached next hops wrong */
	__u32 bypass; /* as last told to the fast path */
	__u64 hops_at; /* next refreshing of the gateways in use */
	__u64 check_at; /* next look whether the maps are as we left them */
	__u64 pulse_at; /* next look at what the fast path sends to the router */
	int epoll;
	__u64 now; /* of the packets being read */
	bool stop;
	int stop_conn; /* who asked for it and waits for the answer, 0 nobody */
	struct actions actions;
	struct burst *out; /* datagrams that wait for the end of a round */
	struct gro in_order; /* packets for the TUN device that do, in order within a flow */
	struct action waiting[WAITING_MAX]; /* what they are, by their notes */
	unsigned int waiting_count;
	struct seen_slot seen[SEEN_SLOTS];
	unsigned int taps; /* that have been taken; the next packet of a capture lies behind the last */
	bool tapped; /* the packet at work is there */
};

enum daemon_source { SRC_TUN, SRC_UDP, SRC_LAN, SRC_ICMP, SRC_CTL, SRC_MONITOR, SRC_EVENTS, SRC_SIGNAL, SRC_HOPS };

/* CLOCK_BOOTTIME, ns; and in s as in map `neigh`. */
__u64 daemon_now(void);
__u32 daemon_seconds(void);

/* daemon_loop.c: */
int daemon_watch(struct daemon *d, int fd, enum daemon_source id);
void daemon_publish_self(struct daemon *d);
void daemon_carry_out(struct daemon *d); /* d->actions, all of them */

/*
 * daemon_tap.c: packets of the slow path for a capture. begin before the core gets a packet (@src NULL: no
 * datagram; else its outer source, and @dst where it came to), decided when the core has decided, done instead
 * of tunnel_done().
 */
void daemon_tap_begin(struct daemon *d, enum bed4_hook hook, const struct bed4_ep *src, struct bed4_ep dst,
		      __u8 tos, const __u8 *data, size_t len);
void daemon_tap_decided(struct daemon *d);
void daemon_tap_done(struct daemon *d, const struct action *act, bool ok);

/* daemon_ctl.c: */
void daemon_read_ctl(struct daemon *d); /* one request */

/* daemon_peer.c, for a peer only: */
void daemon_carry_peer(struct daemon *d, const struct action *act);
void daemon_follow_link(struct daemon *d); /* after link or address events */
void daemon_stamp_neighbours(struct daemon *d);
void daemon_neigh_request(struct daemon *d, const char *words, struct ctl_reply *reply);

/* Notes in map `info` what has changed in @d->info. */
void daemon_publish_info(struct daemon *d);

/* An address for the TUN device in the place of one that it may have; noted first. */
int daemon_set_address(struct daemon *d, const struct bed4_in6 *addr);

/* How the tunnel's socket is to behave, whoever opened it. */
void daemon_set_up_udp(const struct daemon *d, int fd);

/* Closes everything and frees @d. */
void daemon_close(struct daemon *d);

#endif
