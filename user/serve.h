/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From settled options to a running daemon: `load` and `reload` end here. The caller of both waits until
 * the daemon in the background is up, tells the user what was set up, removes what a failure has left, and
 * in the foreground stays as its privileged keeper. Must not know maps or packets.
 */
#ifndef SERVE_H
#define SERVE_H

#include "daemon.h"

/*
 * What an earlier load of @iface has left, alive or dead. 0 with @b filled (b->there tells whether there is
 * anything), or -errno with @e set.
 */
int serve_before(const char *iface, struct daemon_before *b, struct err *e);

/* It did not come up: what it made is removed, but for what was there before and goes on. */
void serve_undo(const struct instance *in, const struct daemon_before *before);

/*
 * For a process that becomes a daemon: its signals come by descriptor, and it has no terminal, but for
 * messages where @log_to_stderr.
 */
void serve_block_signals(void);
void serve_leave_terminal(bool log_to_stderr);

/*
 * Brings the instance up and returns the exit code of the command. @lock, the instance's, is closed when
 * it is up; messages have been printed.
 */
int serve(const struct load_options *o, const struct instance *in, const struct daemon_before *before,
	  int lock);

#endif
