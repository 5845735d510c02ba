/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A fixture: a sentence, a packet in, a verdict, a packet out, an outcome. The addresses of the
 * namespace that env.sh makes, and the runner that both program tests share.
 */
#ifndef PROG_FIXTURE_H
#define PROG_FIXTURE_H

#include <stdbool.h>

#include "6bed4/admit.h"
#include "pkt.h"

#define ROUTER4	  "145.136.0.1"
#define PEER4	  "145.136.0.7" /* neighbour on the link */
#define FAR4	  "131.1.2.4" /* behind the gateway */
#define DARK4	  "145.136.0.9" /* on the link, unresolved */
#define PORT	  25788
#define PPORT	  50000 /* c350 */
#define OWN6	  "2001:67c:127c:0:be64:91ff:fe88:1" /* ROUTER4:PORT */
#define PEER6	  "2001:67c:127c:0:52c3:91ff:fe88:7" /* PEER4:PPORT */
#define FAR6	  "2001:67c:127c:0:52c3:83ff:fe01:204" /* FAR4:PPORT */
#define DARK6	  "2001:67c:127c:0:52c3:91ff:fe88:9" /* DARK4:PPORT */
#define HOST6	  "2001:db8:6::2"
#define NET6	  "2001:db8:77::1" /* by the default route */
#define DARKNET6  "2001:db8:3::1" /* its router is unresolved */

enum { MAC_UNDER = 0x0101, MAC_GATEWAY = 0x01fe, MAC_PEER = 0x0107, MAC_V6 = 0x0201, MAC_HOST = 0x0202 };

enum fx_dev { FX_UNDER, FX_V6 };

struct fixture {
	const char *name;
	enum fx_dev dev; /* where the frame comes in */
	int verdict; /* expected: XDP_* or TC_ACT_* */
	enum bed4_outcome outcome; /* expected, counted once */
	enum bed4_outcome native; /* what the native decision says, if not `outcome` */
	struct pkt in;
	struct pkt out; /* len 0: as `in` */
};

/* A router, and a peer of it. */
extern const struct bed4_self fixture_self, fixture_peer;

/* Compares what @f expects with what the router's native decision says. */
void fixture_native(const struct fixture *f);

/* Every bucket of map `limit` is full again. */
void fixture_forget_limits(int map);

/* What the native decision and admission of @self say of a frame that came in by @dev; @v points into it. */
enum bed4_outcome fixture_decide(const struct bed4_self *self, const struct pkt *in, enum fx_dev dev,
				 struct bed4_verdict *v);

/* Compares frames; the outer IPv4 identification is free, so it is checked to sum up and cleared. */
void fixture_compare(const struct fixture *f, const uint8_t *out, size_t len);

/* Packets of @map (stats) per outcome, summed over CPUs, for one hook. */
void fixture_counts(int map, enum bed4_hook hook, __u64 *packets);
void fixture_counted(const struct fixture *f, const __u64 *before, const __u64 *after);

/* Starts over inside the namespace of env.sh, unless it is there already. */
void fixture_enter(char **argv);

#endif
