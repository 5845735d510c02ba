/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What names an instance: a pair of network namespace and device. Where its pins are, its abstract
 * socket, its lock; which instances this network namespace has; and how a tool gets at the maps of
 * one, by pin or, where bpffs is hidden, from the daemon by descriptor passing. Must not know what
 * is in the maps.
 */
#ifndef IO_INSTANCE_H
#define IO_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>

#include "6bed4/map.h"
#include "err.h"

#define INSTANCE_PATH 256
#define INSTANCE_MAX 64

struct instance {
	char iface[BED4_NAME_LEN];
	char root[INSTANCE_PATH]; /* where the bpffs is; "" when none is in sight */
	char pin_dir[INSTANCE_PATH]; /* ROOT/6bed4/IFACE or ROOT/6bed4/netns-COOKIE/IFACE */
	char state_dir[INSTANCE_PATH]; /* keeps a peer's port: /var/lib/6bed4 (initial netns), else
					  /run/6bed4/netns-COOKIE; "": nothing is kept */
	bool bare; /* one process without privileges: no BPF, no pins, no control socket, hands off the TUN */
};

/*
 * Names the instance. With @mount a bpffs is mounted where none is to be had: at /sys/fs/bpf, or at
 * /run/6bed4/bpf inside a private mount namespace (ip netns exec). Without @mount, pin_dir may be
 * "" when no bpffs is in sight. Returns 0 or -errno with @e set.
 */
int instance_init(struct instance *in, const char *iface, bool mount, struct err *e);

/*
 * Names an instance that has no privileges, on the TUN device @tun: a user's own, of which nobody else sees
 * anything. Its state is in the user's state directory. 0 or -errno with @e set.
 */
int instance_init_bare(struct instance *in, const char *iface, const char *tun, struct err *e);

/* Says where the bpffs is after all. 0, or -errno with @e set. */
int instance_set_root(struct instance *in, const char *root, struct err *e);

/* The pins an instance has left behind when no daemon serves it any more; false: no such pins. */
bool instance_pinned(const struct instance *in);

/*
 * Serializes load and unload: an abstract socket "@6bed4-lock/IFACE" of this network namespace,
 * released when the descriptor is closed or its process dies. Waits up to 30 s for its turn.
 * Returns the descriptor or -errno.
 */
int instance_lock(const struct instance *in, struct err *e);

/* Names of the instances in this network namespace (pins and live daemons). Returns the count. */
int instance_list(char names[INSTANCE_MAX][BED4_NAME_LEN]);

/* The maps that tools read, in the order in which the daemon hands their descriptors over. */
extern const char *const instance_map_names[];

/* Open maps of an instance, for tools. */
struct instance_maps {
	int self, info, neigh, stats, slow, percpu, losses, gauges; /* descriptors, -1 when not open */
	bool alive; /* a daemon answers */
};

/*
 * Reads `info` through @fd, whichever build wrote it: of another one, only `made` is filled, and
 * made.abi tells. 0 or -errno.
 */
int instance_read_info(int fd, struct bed4_info *info);

/*
 * Asks the daemon for the maps; opens them by pin when no daemon lives. 0; -ENOENT: nothing is loaded on @iface; other
 * -errno with @e set. Close with instance_maps_close().
 */
int instance_open_maps(struct instance_maps *m, const char *iface, struct err *e);

/*
 * The two halves of that. The first waits up to @seconds; -ENOENT: no daemon serves @iface; -EAGAIN: one does,
 * and does not answer. Both: other -errno with @e set.
 */
int instance_ask_maps(struct instance_maps *m, const char *iface, unsigned int seconds, struct err *e);
int instance_open_pins(struct instance_maps *m, const char *iface, struct err *e);

void instance_maps_set(struct instance_maps *m, unsigned int i, int fd); /* that of instance_map_names[i] */
void instance_maps_close(struct instance_maps *m);

/*
 * Reads the value at @key of the map @fd, if values there have @size bytes: another build may have given
 * them more. 0; -EPROTO: it has; other -errno.
 */
int instance_map_read(int fd, const void *key, void *value, size_t size);

#endif
