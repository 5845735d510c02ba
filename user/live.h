/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The tools' end of a conversation with a running daemon: which one, its messages, and their text forms.
 * Must not know what a command makes of them.
 */
#ifndef LIVE_H
#define LIVE_H

#include <json-c/json.h>

#include "err.h"
#include "watchmsg.h"

/*
 * Asks the daemon of @iface for messages: "@verb ABI @words". The connection; -ENOENT: no daemon there; other
 * -errno with @e set, as when it refuses.
 */
int live_open(const char *iface, const char *verb, const char *words, struct err *e);

/* The next message. 0; -EAGAIN: none yet; -EPIPE: the daemon has gone; -EPROTO: it is of another version. */
int live_next(int fd, struct watch_msg *msg);

/*
 * Which instance a command about @addr is for, if the user has not said so in @iface: the only one, or the one
 * whose prefix that is. 0 with @name set, or an exit code, told on stderr for @cmd.
 */
int live_pick(const char *cmd, const char *iface, const struct bed4_in6 *addr, char name[BED4_NAME_LEN]);

/* A descriptor that can be read after SIGINT and SIGTERM, which no longer end the process; or -errno. */
int live_signals(void);

/* Decimal seconds, such as 0.2, as ms; at least @min. 0 or -EINVAL. */
int live_seconds(const char *text, unsigned int min, unsigned int *ms);

/* ISO 8601 with microseconds, local. */
#define LIVE_TIME 40
const char *live_time(__u64 ns, char buf[LIVE_TIME]);

/* Why there is no direct path, in a sentence; @ep: where the neighbour would be. */
#define LIVE_WHY 256
const char *live_why(unsigned int reason, struct bed4_ep ep, char buf[LIVE_WHY]);

#endif
