/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `health`: is an instance fit to be sent traffic? Facts are gathered first (health_facts.c), cheaply, for this
 * is asked each second; the judgement is a function of facts alone. Must not know where facts come from, nor
 * what who asks does with the answer. Proved by selftests/unit/test_health.c.
 */
#ifndef HEALTH_H
#define HEALTH_H

#include "6bed4/map.h"

#define HEALTH_TEXT 192
#define HEALTH_TO   64 /* of an address as text */

/* One device. */
struct health_dev {
	char name[BED4_NAME_LEN]; /* "": it is gone */
	bool running; /* up, with a carrier */
	bool lacks_xdp, lacks_tc; /* a program of ours that should be on it is not */
};

/* A way of the kernel to somewhere. */
struct health_way {
	char to[HEALTH_TO]; /* "": not asked */
	bool default_meant; /* `to` stands for the default route */
	int err; /* 0 or -errno */
	bool back; /* it leads into the tunnel, or ends at this machine */
	struct health_dev dev; /* by which it leaves */
};

struct health_facts {
	enum bed4_role role;
	enum bed4_mode mode;
	int daemon; /* 0: it answers; -ENOENT: there is none; -EAGAIN: not within `patience`; other -errno */
	unsigned int patience; /* s */
	char maps[HEALTH_TEXT]; /* why they cannot be read, "" they can; else nothing below is known */
	bool valid; /* clear: the fast path is held up */
	unsigned int degraded; /* enum bed4_degraded */
	char listen[HEALTH_TO]; /* IPV4:PORT */
	bool listen_own; /* it is an address of this machine */
	struct health_dev underlay, tun, v6[BED4_V6DEV_MAX];
	unsigned int v6_count;
	long forwarding6; /* net.ipv6.conf.all.forwarding; -1 unknown */
	bool prefix_here; /* router: the kernel routes the prefix to the TUN device */
	struct health_way way4, way6; /* to the peers or the router, to native IPv6 (router) */
	bool load_known; /* packets of the last seconds that ended in BPF and in the daemon: */
	__u64 fast, slow;
};

enum health_result { HEALTH_OK, HEALTH_WARN, HEALTH_FAIL, HEALTH_RESULTS };

struct health_check {
	const char *id; /* stable: scripts know it */
	enum health_result result;
	char text[HEALTH_TEXT];
};

#define HEALTH_CHECKS 12

struct health_report {
	struct health_check checks[HEALTH_CHECKS];
	unsigned int count;
};

/* Judges @f, every check that applies, in the order of the manual. */
void health_judge(const struct health_facts *f, struct health_report *r);

/* The worst result: FAIL, it is not fit; WARN, it is, but not as it should be. */
enum health_result health_worst(const struct health_report *r);

const char *health_result_name(enum health_result result); /* "ok", "warn", "fail" */
const char *health_name(enum health_result worst); /* "healthy", "degraded", "unfit" */

#endif
