/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One running instance: brought up, run, taken down. Joins the protocol core with the edges. Must
 * not know how the user asked for it nor where its messages go.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include "asroot.h"
#include "core/tunnel.h"
#include "io/instance.h"
#include "policy.h"

struct daemon;

/* What an earlier load of the instance has left at work. */
struct daemon_before {
	struct bed4_info info;
	struct bed4_self self;
	bool there; /* else all of this is void */
	bool alive; /* its daemon is, and is to hand over its sockets */
};

/* Told once each: it is up and has no privileges left; it is ready, or has waited long enough. */
struct daemon_told {
	void (*up)(void *arg);
	void (*ready)(void *arg, bool degraded);
	void *arg;
};

/*
 * Brings up what the effective options @o say for @in: control socket, TUN, UDP socket, maps, programs,
 * addresses. All arguments are copied. What is @before is taken over: programs change places in one step,
 * maps, TUN, sockets, address and neighbours stay. What is about to be made is noted in map `info`
 * first, so on failure the caller removes it (clean.h), unless something was there before, which then
 * goes on. 0 or -errno with @e set; *@notice is a line for the operator, or "".
 */
int daemon_up(struct daemon **d, const struct load_options *o, const struct instance *in,
	      const struct daemon_before *before, char *notice, size_t size, struct err *e);

/*
 * One process brings it up, another one runs it, and needs no privileges to begin with. daemon_pack() wraps
 * up what is open as one descriptor, the caller's (parcel.h); daemon_leave() lets go of @d, whose
 * predecessor, if there is one, is told to end when @packed is true, and goes on else. daemon_unpack() takes
 * over, and closes @parcel. 0 or -errno with @e set.
 */
int daemon_pack(const struct daemon *d, struct err *e);
void daemon_leave(struct daemon *d, bool packed);
int daemon_unpack(struct daemon **d, const char *iface, int parcel, struct err *e);

/*
 * Has the daemon tell the service manager at @fd (notify.h; the daemon's to close) how it fares, and that it
 * is alive if @watchdog, in ns, is not 0. So does each successor, in the same control group.
 */
void daemon_supervise(struct daemon *d, int fd, __u64 watchdog);

/* What it is at the moment, as published in map `info` and `self`. */
const struct bed4_info *daemon_info(const struct daemon *d);
const struct bed4_self *daemon_self(const struct daemon *d);

/* What root has still to do for it, as things are now; of no use after the next call. */
const struct as_root *daemon_as_root(struct daemon *d);

/*
 * Gives up all privileges that running does not need, then runs until SIGTERM, SIGINT, an unload request
 * or a successor; frees @d. What is attached and pinned stays, to be removed by the caller of unload.
 * The signals must be blocked already. 0 or -errno with @e set, when it could not begin, or logged.
 */
int daemon_run(struct daemon *d, const struct daemon_told *told, struct err *e);

#endif
