/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An instance as a service of systemd: one process with all privileges loads and ends, and leaves what it
 * has opened with the service manager; the next, which never had any but two capabilities, runs it. All three
 * return an exit code; messages have been printed. Must not know maps or packets.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "daemon.h"

/*
 * Before anything is looked at: what an earlier process has left with the manager and nobody has taken goes.
 * 0, or -errno with @e set when there is no manager.
 */
int service_begin(struct err *e);

/* Brings the instance up and leaves it with the manager. @lock is closed. */
int service_load(const struct load_options *o, const struct instance *in, const struct daemon_before *before,
		 int lock);

/* Takes it, and is its daemon. */
int service_run(const char *iface);

/* When the service has stopped: unloads, unless it has failed, for then a restart takes over what is left. */
int service_end(const char *iface);

#endif
