/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What daemon.c (up and down), daemon_loop.c (running), daemon_conn.c (connections of tools), daemon_ctl.c
 * (their requests), daemon_watch.c (what they are told), daemon_peer.c (a peer's part) and daemon_gauges.c
 * (numbers about it) share. For nobody else.
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
#include "watchmsg.h"

#define WAITING_MAX 256

#define SEEN_SLOTS 1024 /* a power of two */

/* Router with the fast path off: a sender, and the second when `neigh` was last told of it. */
struct seen_slot {
	__u64 iid;
	__u32 at;
};

#define CONNS	     40 /* with tools: those below, and as many that have not said yet what they want */
#define WATCHERS_MAX 8
#define PINGERS_MAX  PING_MAX

enum conn_kind {
	CONN_NONE,
	CONN_PENDING, /* its request has not come yet */
	CONN_WATCH,
	CONN_PING,
};

struct conn {
	enum conn_kind kind;
	int fd;
	__u64 since; /* PENDING: when it came */
	__u64 lost; /* messages since the last one that found room */
	bool neigh_only; /* WATCH: of neighbours, and if `one` of that alone */
	bool one;
	struct bed4_in6 addr;
	unsigned int slot; /* PING: the core's */
};

/* Where peers of one LAN look for each other (PROTOCOL section 7). */
static const struct bed4_ep lan_group = { .addr = BED4_HTONL(0xe0000001),
					  .port = BED4_HTONS(BED4_PORT) };

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
	__u64 sweep_at; /* next look at all entries of map neigh */
	bool sweeping; /* one is under way */
	__u64 address_at; /* next try to set the address where that failed, 0 none is due */
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
	struct conn conn[CONNS];
	unsigned int watchers, pingers; /* how many of them are */
	__u64 deaf_until; /* no descriptor for who connects: next try, 0 none is due */
	struct bed4_self told_self; /* as watchers know it */
	struct bed4_ep told_from; /* the local endpoint for which the router told the public one */
	bool replaced; /* a successor goes on: what serves does not end with us */
	unsigned int taps; /* that have been taken; the next packet of a capture lies behind the last */
	bool tapped; /* the packet at work is there */
};

/* Behind SRC_CONN come the connections, by their index. */
enum daemon_source { SRC_TUN, SRC_UDP, SRC_LAN, SRC_ICMP, SRC_CTL, SRC_MONITOR, SRC_EVENTS, SRC_SIGNAL, SRC_HOPS,
		     SRC_METRICS, SRC_CONN };

/* CLOCK_BOOTTIME, ns; and in s as in map `neigh`. */
__u64 daemon_now(void);
__u32 daemon_seconds(void);

/* daemon_loop.c: */
int daemon_poll(struct daemon *d, int fd, unsigned int id);
const char *daemon_degraded_text(__u32 degraded); /* "" when it is not */
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

/* daemon_conn.c: tools that have connected. */
void daemon_retry_address(struct daemon *d, __u64 now); /* when d->address_at has come */
void daemon_accept(struct daemon *d);
void daemon_conn_ready(struct daemon *d, unsigned int i); /* something has happened on it */
void daemon_conn_close(struct daemon *d, struct conn *c);
void daemon_conn_close_all(struct daemon *d);
void daemon_conn_tick(struct daemon *d, __u64 now);
__u64 daemon_conn_due(const struct daemon *d);
void daemon_conn_tell(struct daemon *d, struct conn *c, const struct watch_msg *msg);

/* daemon_ctl.c: one request; @c is closed, or goes on as what was asked for. */
void daemon_serve(struct daemon *d, struct conn *c, char *request);

/* daemon_watch.c: what those who listen are told. All of it is nothing while nobody does. */
struct watch_msg daemon_msg(enum watch_kind kind);
void daemon_watch_begin(struct daemon *d, struct conn *c);
void daemon_watch_tell(struct daemon *d, const struct watch_msg *msg);
/* Before the map changes by @act. */
void daemon_watch_neigh(struct daemon *d, const struct action *act);
/* Router: before @addr is entered; when one not heard for long has been removed (@arg: the daemon). */
void daemon_watch_seen(struct daemon *d, const struct bed4_in6 *addr, struct bed4_ep ep);
void daemon_watch_gone(void *arg, const struct bed4_in6 *in6, const struct bed4_neigh *n);
void daemon_watch_self(struct daemon *d); /* what may have changed in d->tunnel.self */
void daemon_watch_state(struct daemon *d);
void daemon_watch_log(void *daemon, bool error, const char *text);
void daemon_watch_mismatch(struct daemon *d, const struct action *act);
void daemon_watch_ping(struct daemon *d, const struct action *act);
void daemon_watch_end(struct daemon *d);

/* daemon_packets.c: some of what waits there, through the core and out again. */
void daemon_read_udp(struct daemon *d);
void daemon_read_lan(struct daemon *d);
void daemon_read_icmp(struct daemon *d);
void daemon_read_tun(struct daemon *d);
/* A sender for map `neigh`, which may be full: then it is only counted. */
void daemon_enter_seen(struct daemon *d, const struct bed4_in6 *addr, struct bed4_ep ep, __u64 packets,
		       __u64 bytes);

/*
 * daemon_tap.c: packets of the slow path for a capture. begin before the core gets a packet (@src NULL: no
 * datagram; else its outer source, and @dst where it came to), decided when the core has decided, done instead
 * of tunnel_done().
 */
void daemon_tap_begin(struct daemon *d, enum bed4_hook hook, const struct bed4_ep *src, struct bed4_ep dst,
		      __u8 tos, const __u8 *data, size_t len);
void daemon_tap_decided(struct daemon *d);
void daemon_tap_done(struct daemon *d, const struct action *act, bool ok);

/* daemon_peer.c, for a peer only: */
void daemon_carry_peer(struct daemon *d, const struct action *act);
void daemon_follow_link(struct daemon *d); /* after link or address events */
bool daemon_sweep_neighbours(struct daemon *d); /* some of them; true: call again */
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
