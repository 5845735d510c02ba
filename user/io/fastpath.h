/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The BPF side seen from user space: maps made or adopted and pinned, programs loaded, attached,
 * detached. Must not know the protocol; it moves `self`, policy entries and neighbours into maps.
 */
#ifndef IO_FASTPATH_H
#define IO_FASTPATH_H

#include "6bed4/limit.h"
#include "6bed4/map.h"
#include "err.h"

/*
 * Without BPF there are no maps, and nothing to load or attach: the daemon does everything, counts in its own
 * memory, and all calls below that would write to maps succeed and do nothing.
 */
struct fastpath;

struct fastpath_config {
	enum bed4_role role;
	enum bed4_mode mode; /* AUTO is resolved by fastpath_attach() */
	enum bed4_forward forward;
	enum bed4_csum_mode csum;
	__u32 dscp; /* of outer headers, or BED4_DSCP_COPY */
	bool df; /* outer headers forbid fragmentation */
	enum bed4_plan plan;
	__u32 mss; /* TCP SYNs get no higher one; 0: they stay as they are */
	unsigned int underlay; /* interface indexes */
	unsigned int tun; /* set by fastpath_load() */
	unsigned int v6_dev[BED4_V6DEV_MAX];
	unsigned int v6_count;
	__u32 account; /* 0 off, 1 all, N one in N */
	__u32 neigh_max; /* bound of `neigh` */
	__u32 hop_slots; /* router: of `nexthop`, per CPU; a power of two */
	const char *pin_dir; /* on a bpffs; made if missing, with its parents up to the mount. NULL: do without BPF */
};

/*
 * Creates and pins the maps (or adopts those pinned in pin_dir when their ABI number and shapes agree; else
 * rebuilds them). On failure nothing is left behind that was not there before. Returns 0 or -errno with @e
 * set.
 */
int fastpath_open(struct fastpath **fp, const struct fastpath_config *config, struct err *e);

/*
 * Loads the programs that the mode needs, for the TUN device @tun. Attaches nothing. @before: what an
 * earlier load had made that is now taken over, or NULL. 0 or -errno with @e set.
 */
int fastpath_load(struct fastpath *fp, unsigned int tun, const struct bed4_made *before, struct err *e);

/*
 * What another process needs to go on with what this one has loaded: descriptors of the maps, in the order
 * of their names, and of the program that changes neighbours. Borrowed.
 */
#define FASTPATH_MAPS 20
#define FASTPATH_FDS  22 /* maps and the two programs that the daemon runs itself */
void fastpath_give(const struct fastpath *fp, int fds[FASTPATH_FDS]);

/*
 * The same by that other process, which may neither load nor attach with it: @mode is the one in effect,
 * @fds stay the caller's. 0; -EPROTO: they are other maps; other -errno, all with @e set.
 */
int fastpath_take(struct fastpath **fp, const struct fastpath_config *config, enum bed4_mode mode,
		  const int fds[FASTPATH_FDS], struct err *e);

/* Will attaching put XDP programs to work, or has it? Then next hops are cached. */
bool fastpath_has_xdp(const struct fastpath *fp);

/* The program that the TUN device asks before it queues a packet, in all modes; borrowed. */
int fastpath_guard_fd(const struct fastpath *fp);

/*
 * Attaches what the mode needs: TC egress on the TUN, TC ingress on the underlay, XDP on underlay
 * and IPv6 devices, each in the place of ours that may be there already, in one step; then removes what
 * else an earlier load had attached. Notes in @info, and publishes, what is about to be made; fills
 * `notice` with a line for the operator when the mode had to be chosen ("" else). On failure what is
 * attached stays, for fastpath_detach() to remove or an earlier daemon to go on with.
 */
int fastpath_attach(struct fastpath *fp, struct bed4_info *info, char *notice, size_t size,
		    struct err *e);

/* Frees memory and descriptors. What is attached and pinned stays. */
void fastpath_close(struct fastpath *fp);

/*
 * Publishes @self. Where its addresses change: clears VALID, waits until no program reads the old one,
 * writes, sets VALID. Else in one go, and what is there already is not written.
 */
int fastpath_set_self(struct fastpath *fp, const struct bed4_self *self);

/* Publishes @info. */
int fastpath_set_info(struct fastpath *fp, const struct bed4_info *info);

/* The mapped `slow` counters, BED4_HOOK_DAEMON * BED4_OUTCOME_COUNT; valid until close. */
struct bed4_count *fastpath_slow(struct fastpath *fp);

/* The mapped `losses`; valid until close. */
struct bed4_losses *fastpath_losses(struct fastpath *fp);

/* The mapped `gauges`; valid until close. A router's neighbours are counted there by the calls below. */
struct bed4_gauges *fastpath_gauges(struct fastpath *fp);

/* The mapped `limit`, BED4_LIMIT_ROWS, which programs write to; valid until close. */
const struct bed4_bucket *fastpath_limit(const struct fastpath *fp);
/*
 * What is captured, mapped; valid until close. Whoever fills fastpath_slowshot() has fastpath_put_shot() copy
 * it into the ring of the capture; a ring that is full loses it, and that is counted.
 */
const struct bed4_capture *fastpath_capture(const struct fastpath *fp);
struct bed4_shot *fastpath_slowshot(struct fastpath *fp);
void fastpath_put_shot(struct fastpath *fp);

/* Frees the ring of a capture whose process has died without doing so. @now: boottime, ns. */
void fastpath_sweep_capture(struct fastpath *fp, __u64 now);

/* Sets (or with BED4_POLICY_NONE removes) an entry of `policy4`. */
int fastpath_set_policy(struct fastpath *fp, __be32 addr, unsigned int prefixlen,
			enum bed4_policy policy);

/*
 * Is `policy4` something else than what @want says of each of its entries (BED4_POLICY_NONE: it should not be
 * there), and @count entries in all? 1, 0 or -errno.
 */
int fastpath_policy_differs(struct fastpath *fp, enum bed4_policy (*want)(const void *arg, __be32 addr, unsigned int len),
			    const void *arg, unsigned int count);

/* Removes the entries of `policy4` that @wanted does not want. 0 or -errno. */
int fastpath_prune_policy(struct fastpath *fp, bool (*wanted)(const void *arg, __be32 addr, unsigned int len),
			  const void *arg);

/* Does the map hold something else than fastpath_set_self() or _info() would write? Or -errno. */
int fastpath_self_differs(const struct fastpath *fp, const struct bed4_self *self);
int fastpath_info_differs(const struct fastpath *fp, const struct bed4_info *info);

/*
 * Notes that @in6 at @ep has sent @packets, @bytes: inserts it into `neigh`, or, while no program
 * is attached, adds to its counters. Never grows past its bound: then returns -ENOSPC. @now in s.
 */
int fastpath_seen(struct fastpath *fp, const struct bed4_in6 *in6, struct bed4_ep ep, __u32 now,
		  __u64 packets, __u64 bytes);

typedef void (*fastpath_neigh_fn)(void *arg, const struct bed4_in6 *in6, const struct bed4_neigh *n);

/*
 * Router: removes neighbours not seen for @age at @now (s), and tells @gone (may be NULL) of each. Looks at some
 * thousand entries in one call, so that packets do not wait for a large table. 1: call again; 0: that was all;
 * or -errno.
 */
int fastpath_expire(struct fastpath *fp, __u32 now, __u32 age, fastpath_neigh_fn gone, void *arg);

/* Calls @fn for each neighbour, some thousand in one call; it may delete or change the entry. As above. */
int fastpath_sweep(struct fastpath *fp, fastpath_neigh_fn fn, void *arg);

/*
 * Peer: makes the entry or changes it in place; its counters are added to those that BPF holds, its
 * stamps only grow. -ENOSPC when `neigh` is full. Deleting what is not there is fine.
 */
int fastpath_neigh_set(struct fastpath *fp, const struct bed4_in6 *in6, const struct bed4_neigh *n);
/* What the map holds of @in6. 0, -ENOENT or another -errno. */
int fastpath_neigh_get(struct fastpath *fp, const struct bed4_in6 *in6, struct bed4_neigh *n);
int fastpath_neigh_del(struct fastpath *fp, const struct bed4_in6 *in6);
int fastpath_neigh_flush(struct fastpath *fp);

/* Calls @fn for each neighbour; it may delete entries. 0 or -errno. */
int fastpath_walk(struct fastpath *fp, fastpath_neigh_fn fn, void *arg);

/* Router: a new generation of next hops, and what is not to be cached (enum bed4_bypass). */
void fastpath_hops_changed(struct fastpath *fp, __u32 bypass);

/* Router: calls @fn for each gateway that was used since the last call. */
void fastpath_take_gateways(struct fastpath *fp, int (*fn)(const struct bed4_via *via));

/* Peer: the mapped `pulse`; valid until close. */
const struct bed4_pulse *fastpath_pulse(const struct fastpath *fp);

/* A pollable descriptor of the events, and the call that hands each to @fn. */
int fastpath_event_fd(const struct fastpath *fp);
int fastpath_events(struct fastpath *fp, void (*fn)(void *arg, const struct bed4_event *ev),
		    void *arg);

/* Descriptors of the maps, by name; borrowed. -ENOENT for an unknown name. */
int fastpath_map_fd(const struct fastpath *fp, const char *name);

/* The names of all pinned maps, NULL-terminated: "self", "info", "neigh", "stats", "slow", ... */
extern const char *const fastpath_map_names[];

/*
 * Detaches what @made says that a load has made or was about to make; @self_fd: the map `self` by which
 * our programs are known, -1 none. "Already gone" is fine, everything else is an error but does not stop
 * the rest. Touches neither pins nor the TUN device.
 */
int fastpath_detach(const struct bed4_made *made, int self_fd, const char *pin_dir, struct err *e);

/* libbpf and libxdp complain to nobody from now on, and libxdp keeps dispatchers where @pin_dir is. */
void fastpath_set_up_libraries(const char *pin_dir);

/* Removes all pins in @pin_dir, `info` as the last, and the directories that are empty then. */
int fastpath_unpin(const char *pin_dir);

#endif
