/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What daemon.c (up and down), daemon_loop.c (running), daemon_ctl.c (requests), daemon_peer.c (a peer's
 * part) and daemon_gauges.c (numbers about it) share. For nobody else.
 */
#ifndef DAEMON_PRIV_H
#define DAEMON_PRIV_H

#include <sys/types.h>

#include "daemon.h"
#include "io/ctl.h"
#include "io/burst.h"
#include "io/fastpath.h"
#include "io/gso.h"
#include "io/hops.h"
#include "scrape.h"

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
	struct as_root as_root; /* without privileges: what only root can do */
	bool fixed_port; /* the user said --port */
	int ctl, tun, udp, lan, icmp, monitor; /* -1: not open */
	unsigned int tun_index, underlay;
	int metrics; /* where they are served, -1 nowhere */
	bool metrics_kept; /* it was handed over */
	struct scrape *scrape;
	bool running; /* the underlay has a carrier */
	__u64 expire_at; /* next look for neighbours that are gone */
	struct daemon_told told; /* .ready NULL once told */
	__u64 ready_by;
	struct daemon_before before;
	int old; /* connection to the daemon that hands over, -1 none */
	pid_t old_pid; /* its process */
	int root; /* the bpffs, for a tool that does not see it */
	uid_t owner; /* who loaded it, and may speak to it beside root */
	int failed; /* -errno: why it cannot go on, 0 none */
	struct hops *hops; /* router with XDP: what makes cached next hops wrong */
	__u32 bypass; /* as last told to the fast path */
	__u64 hops_at; /* next refreshing of the gateways in use */
	__u64 check_at; /* next look whether the maps are as we left them */
	__u64 sample_at; /* next sample of the counters */
	__u64 started; /* wall clock, ns */
	struct bed4_tally tally; /* peer: its neighbours, as in map `gauges` */
	__u64 pulse_at; /* next look at what the fast path sends to the router */
	int notify; /* to the service manager, -1 none */
	__u64 watchdog; /* ns of silence after which it takes us for dead, 0 never */
	__u64 watchdog_at; /* when to be heard next */
	bool handed_over; /* a successor goes on: the service does not end with us */
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
};

enum daemon_source { SRC_TUN, SRC_UDP, SRC_LAN, SRC_ICMP, SRC_CTL, SRC_MONITOR, SRC_EVENTS, SRC_SIGNAL, SRC_HOPS,
		     SRC_METRICS };

/* CLOCK_BOOTTIME, ns; and in s as in map `neigh`. */
__u64 daemon_now(void);
__u32 daemon_seconds(void);

/* daemon_loop.c: */
int daemon_watch(struct daemon *d, int fd, enum daemon_source id);
void daemon_publish_self(struct daemon *d);
void daemon_carry_out(struct daemon *d); /* d->actions, all of them */

/* daemon_notify.c, each nothing where there is no service manager: */
void daemon_notify_ready(struct daemon *d); /* or ready again, after daemon_notify_reload() */
void daemon_notify_status(struct daemon *d);
void daemon_notify_reload(struct daemon *d);
void daemon_notify_stop(struct daemon *d);
void daemon_notify_alive(struct daemon *d, __u64 now); /* when it is time for that */
const char *daemon_degraded_text(__u32 degraded);

/* daemon.c, the parts of coming up that daemon_pack.c does too. NULL: no memory. */
struct daemon *daemon_new(const struct load_options *o, const struct instance *in,
			  const struct daemon_before *before);
int daemon_get_ready(struct daemon *d, struct err *e);
int daemon_configure(const struct daemon *d, struct fastpath_config *c, struct err *e);
int daemon_begin_core(struct daemon *d, struct err *e); /* with what it has to know of the past */
int daemon_watch_hops(struct daemon *d, struct err *e);

/* daemon_ctl.c: */
void daemon_read_ctl(struct daemon *d); /* one request */

/* daemon_peer.c, for a peer only: */
void daemon_carry_peer(struct daemon *d, const struct action *act);
void daemon_follow_link(struct daemon *d); /* after link or address events */
void daemon_stamp_neighbours(struct daemon *d);
void daemon_neigh_request(struct daemon *d, const char *words, struct ctl_reply *reply);

/* daemon_gauges.c: */
void daemon_start_gauges(struct daemon *d); /* once it runs */
void daemon_sample(struct daemon *d); /* every GAUGES_TICK */
void daemon_publish_tally(struct daemon *d); /* after anything that may have changed it */

/* daemon_metrics.c: */
int daemon_open_metrics(struct daemon *d, struct err *e); /* as d->opt says; what was handed over is kept */
void daemon_drop_old_metrics(struct daemon *d); /* the file that an earlier load had them at */
void daemon_undo_metrics(struct daemon *d); /* what was opened, when it does not come up */
int daemon_serve_metrics(struct daemon *d); /* in the loop; 0 or -errno */

/* Notes in map `info` what has changed in @d->info. */
void daemon_publish_info(struct daemon *d);

/* An address for the TUN device in the place of one that it may have; noted first. */
int daemon_set_address(struct daemon *d, const struct bed4_in6 *addr);

/* How the tunnel's socket is to behave, whoever opened it. */
void daemon_set_up_udp(const struct daemon *d, int fd);

/* Closes everything and frees @d. */
void daemon_close(struct daemon *d);

#endif
