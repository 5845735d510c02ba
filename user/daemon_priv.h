/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What daemon.c (up and down) and daemon_loop.c (running) share. For nobody else. */
#ifndef DAEMON_PRIV_H
#define DAEMON_PRIV_H

#include "daemon.h"

struct daemon {
	struct load_options opt; /* in effect */
	struct instance in;
	struct bed4_info info;
	struct policy policy;
	struct tunnel tunnel;
	struct limit limit;
	struct fastpath *fp;
	bool fixed_port; /* the user said --port */
	int ctl, tun, udp, monitor; /* -1: not open */
	unsigned int tun_index;
	__u64 expire_at; /* next look for neighbours that are gone */
	daemon_ready_fn ready; /* NULL once told */
	void *ready_arg;
	__u64 ready_by;
	struct bed4_in6 addr; /* peer: what the TUN device has */
	bool has_addr;
	int epoll;
	bool stop;
	int stop_conn; /* who asked for it and waits for the answer, 0 nobody */
	struct actions actions;
};

/* CLOCK_BOOTTIME, ns. */
__u64 daemon_now(void);

/* Takes everything down and frees @d. */
int daemon_down(struct daemon *d, struct err *e);

#endif
