/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One running instance: brought up, run, taken down. Joins the protocol core with the edges. Must
 * not know how the user asked for it nor where its messages go.
 */
#ifndef DAEMON_H
#define DAEMON_H

#include "core/tunnel.h"
#include "io/instance.h"
#include "policy.h"

struct daemon;

/* Told once, when the instance is at work or has waited long enough for its address. */
typedef void (*daemon_ready_fn)(void *arg, bool degraded);

/*
 * Brings up what the effective options @o say for @in: control socket, TUN, UDP socket, maps,
 * programs, addresses. Both are copied. On failure nothing is left behind. 0 or -errno with @e set;
 * *@notice is a line for the operator, or "".
 */
int daemon_up(struct daemon **d, const struct load_options *o, const struct instance *in,
	      char *notice, size_t size, struct err *e);

/* What it is at the moment, as published in map `info` and `self`. */
const struct bed4_info *daemon_info(const struct daemon *d);
const struct bed4_self *daemon_self(const struct daemon *d);

/*
 * Runs until SIGTERM, SIGINT or an unload request; then takes everything down and frees @d. The
 * signals must be blocked already. Returns 0 or -errno.
 */
int daemon_run(struct daemon *d, daemon_ready_fn ready, void *arg);

/*
 * Removes what an instance without a daemon has left behind: programs, pins, its TUN device.
 * 0 or -errno with @e set; nothing there is fine.
 */
int daemon_clean(const struct instance *in, const struct bed4_info *info, struct err *e);

#endif
