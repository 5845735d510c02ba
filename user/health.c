// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Is an instance fit to be sent traffic? See health.h. Proved by selftests/unit/test_health.c. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "health.h"

#define BUSY 1000 /* packets in the daemon in a few seconds, from which on its share means anything */

__attribute__((format(printf, 4, 5))) static void add(struct health_report *r, const char *id,
						       enum health_result result, const char *fmt, ...)
{
	struct health_check *c = &r->checks[r->count];
	va_list ap;

	if (r->count == HEALTH_CHECKS)
		return;
	r->count++;
	c->id = id;
	c->result = result;
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof(c->text), fmt, ap);
	va_end(ap);
}

static bool is_router(const struct health_facts *f)
{
	return f->role == BED4_ROLE_ROUTER;
}

/* --- the process, and what it shares ------------------------------------------------------------- */

/* Without it nobody new gets an address, whatever the fast path still forwards. */
static void daemon_answers(const struct health_facts *f, struct health_report *r)
{
	if (!f->daemon)
		add(r, "daemon", HEALTH_OK, "the daemon answers");
	else if (f->daemon == -ENOENT)
		add(r, "daemon", HEALTH_FAIL, "the daemon is dead: router solicitations are not answered");
	else if (f->daemon == -EAGAIN)
		add(r, "daemon", HEALTH_FAIL, "the daemon has not answered for %u s: it is stopped, or overloaded", f->patience);
	else
		add(r, "daemon", HEALTH_FAIL, "the daemon cannot be asked: %s", strerror(-f->daemon));
}

static void maps(const struct health_facts *f, struct health_report *r)
{
	if (*f->maps)
		add(r, "maps", HEALTH_FAIL, "%s", f->maps);
	else if (!f->valid)
		add(r, "maps", HEALTH_WARN, "the fast path is held up while the configuration changes");
	else
		add(r, "maps", HEALTH_OK, "the maps are in order");
}

/* --- the IPv4 side ------------------------------------------------------------------------------- */

static void underlay(const struct health_facts *f, struct health_report *r)
{
	const struct health_dev *dev = &f->underlay;

	if (!*dev->name)
		add(r, "underlay", HEALTH_FAIL, "the device is gone");
	else if (!dev->running)
		add(r, "underlay", HEALTH_FAIL, "%s is down or has no carrier", dev->name);
	else
		add(r, "underlay", HEALTH_OK, "%s is up, with a carrier", dev->name);
}

/* The daemon notices too, a moment later. */
static void listen(const struct health_facts *f, struct health_report *r)
{
	if (!f->listen_own || f->degraded & BED4_DEGRADED_NO_LISTEN)
		add(r, "listen", HEALTH_FAIL, "it listens on %s, which is no address of this machine", f->listen);
	else
		add(r, "listen", HEALTH_OK, "it listens on %s, an address of this machine", f->listen);
}

/* What is said of a way; @what begins the sentence. */
static void way(struct health_report *r, const char *id, const char *what, const struct health_way *w)
{
	const char *hint = w->default_meant && w->err ? "; without a default route, say --to" : "";

	if (w->err)
		add(r, id, HEALTH_FAIL, "%s: no route to %s: %s%s", what, w->to, strerror(-w->err), hint);
	else if (w->back)
		add(r, id, HEALTH_FAIL, "%s: the route to %s leads back into this machine", what, w->to);
	else if (!w->dev.running)
		add(r, id, HEALTH_FAIL, "%s: the route to %s is by %s, which has no carrier", what, w->to,
		    *w->dev.name ? w->dev.name : "a device that is gone");
	else
		add(r, id, HEALTH_OK, "%s: %s is reached by %s", what, w->to, w->dev.name);
}

/* --- the IPv6 side ------------------------------------------------------------------------------- */

static void tun(const struct health_facts *f, struct health_report *r)
{
	const struct health_dev *dev = &f->tun;

	if (!*dev->name)
		add(r, "tun", HEALTH_FAIL, "the TUN device is gone");
	else if (!dev->running)
		add(r, "tun", HEALTH_FAIL, "%s is down, or nobody holds it", dev->name);
	else if (is_router(f) && !f->prefix_here)
		add(r, "tun", HEALTH_FAIL, "the prefix is not routed to %s", dev->name);
	else
		add(r, "tun", HEALTH_OK, is_router(f) ? "%s is up, and the prefix is routed to it" : "%s is up", dev->name);
}

static void forwarding(const struct health_facts *f, struct health_report *r)
{
	if (f->forwarding6)
		add(r, "forwarding", HEALTH_OK, "IPv6 is forwarded");
	else
		add(r, "forwarding", HEALTH_FAIL, "IPv6 forwarding is off, so this machine is no router");
}

/* One device of several may be down: it is the route that decides. */
static void v6_side(const struct health_facts *f, struct health_report *r)
{
	const struct health_dev *down = NULL;
	unsigned int i, running = 0;

	for (i = 0; i < f->v6_count; i++) {
		if (f->v6[i].running)
			running++;
		else
			down = &f->v6[i];
	}
	if (!f->v6_count)
		return;
	if (down)
		add(r, "ipv6-side", running ? HEALTH_WARN : HEALTH_FAIL, "%s of the IPv6 side is down or has no carrier",
		    *down->name ? down->name : "a device");
	else
		add(r, "ipv6-side", HEALTH_OK, "every device of the IPv6 side has a carrier");
}

/* --- how well ------------------------------------------------------------------------------------ */

/* The first device that lacks what should be on it. */
static const struct health_dev *lacking(const struct health_facts *f, bool *xdp)
{
	const struct health_dev *dev[2 + BED4_V6DEV_MAX] = { &f->underlay, &f->tun };
	unsigned int i;

	for (i = 0; i < f->v6_count; i++)
		dev[2 + i] = &f->v6[i];
	for (i = 0; i < 2 + f->v6_count; i++) {
		*xdp = dev[i]->lacks_xdp;
		if (*dev[i]->name && (dev[i]->lacks_xdp || dev[i]->lacks_tc))
			return dev[i];
	}
	return NULL;
}

/* The daemon does without: slowly. Its like elsewhere may lack it for the same reason. */
static void programs(const struct health_facts *f, struct health_report *r)
{
	const struct health_dev *dev;
	bool xdp;

	if (f->mode == BED4_MODE_OFF) {
		add(r, "programs", HEALTH_OK, "the fast path is off: none are wanted");
		return;
	}
	dev = lacking(f, &xdp);
	if (dev)
		add(r, "programs", HEALTH_WARN, "our %s program on %s is gone: the daemon forwards instead", xdp ? "XDP" : "TC",
		    dev->name);
	else
		add(r, "programs", HEALTH_OK, "the programs of the fast path are attached");
}

static void load(const struct health_facts *f, struct health_report *r)
{
	__u64 all = f->fast + f->slow;

	if (f->mode == BED4_MODE_OFF || !f->load_known)
		return;
	if (f->slow >= BUSY && f->slow > f->fast)
		add(r, "slow-path", HEALTH_WARN, "%llu of the last %llu packets were left to the daemon", f->slow, all);
	else
		add(r, "slow-path", HEALTH_OK, "%llu of the last %llu packets were left to the daemon", f->slow, all);
}

/* Of a peer: what its router tells it. */
static void router(const struct health_facts *f, struct health_report *r)
{
	if (f->degraded & BED4_DEGRADED_ODD_PORT)
		add(r, "router", HEALTH_FAIL, "the NAT gives odd external ports only, which no address can carry");
	else if (f->degraded & BED4_DEGRADED_NO_RA)
		add(r, "router", HEALTH_FAIL, "the router does not answer");
	else
		add(r, "router", HEALTH_OK, "the router answers, and has assigned an address");
}

/* --- all of it ----------------------------------------------------------------------------------- */

void health_judge(const struct health_facts *f, struct health_report *r)
{
	memset(r, 0, sizeof(*r));
	daemon_answers(f, r);
	maps(f, r);
	if (*f->maps)
		return;
	underlay(f, r);
	listen(f, r);
	if (*f->way4.to)
		way(r, "ipv4-route", "IPv4", &f->way4);
	tun(f, r);
	if (is_router(f)) {
		forwarding(f, r);
		v6_side(f, r);
		if (*f->way6.to)
			way(r, "ipv6-route", "IPv6", &f->way6);
	} else {
		router(f, r);
	}
	programs(f, r);
	load(f, r);
}

enum health_result health_worst(const struct health_report *r)
{
	enum health_result worst = HEALTH_OK;
	unsigned int i;

	for (i = 0; i < r->count; i++) {
		if (r->checks[i].result > worst)
			worst = r->checks[i].result;
	}
	return worst;
}

const char *health_result_name(enum health_result result)
{
	static const char *const names[HEALTH_RESULTS] = { "ok", "warn", "fail" };

	return result < HEALTH_RESULTS ? names[result] : "?";
}

const char *health_name(enum health_result worst)
{
	static const char *const names[HEALTH_RESULTS] = { "healthy", "degraded", "unfit" };

	return worst < HEALTH_RESULTS ? names[worst] : "?";
}
