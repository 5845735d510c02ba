// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Gathering facts for `health`; see health_facts.h. Must not judge. Proved by selftests/net/test_anycast.sh
 * and test_health.sh.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "health_facts.h"
#include "io/attach.h"
#include "io/instance.h"
#include "io/look.h"
#include "io/rtnl.h"
#include "show.h"

/* Addresses that only a default route leads to: nobody has them on a network of his own. */
#define ANY4 BED4_HTONL(0x01000000)
#define ANY6 BED4_HTONL(0x20000000)
#define INTERNET "the Internet"

static void take_dev(struct health_dev *dev, unsigned int ifindex)
{
	struct rtnl_link link;
	char name[IF_NAMESIZE];

	if (!ifindex || !if_indextoname(ifindex, name) || rtnl_link_get(name, &link))
		return;
	memcpy(dev->name, name, sizeof(dev->name));
	dev->running = link.running;
}

/* --- routes -------------------------------------------------------------------------------------- */

static void take_way(struct health_way *w, int err, const struct look_route *r, unsigned int tun)
{
	w->err = err;
	if (err)
		return;
	take_dev(&w->dev, r->oif);
	w->back = r->oif == tun || !strcmp(w->dev.name, "lo");
}

static void take_way4(struct health_facts *f, const struct show *s, const struct health_ask *ask)
{
	__be32 to = f->role == BED4_ROLE_PEER ? s->self.server.addr : ask->to4_set ? ask->to4 : ANY4;
	struct look_route r;

	f->way4.default_meant = f->role == BED4_ROLE_ROUTER && !ask->to4_set;
	if (f->way4.default_meant)
		snprintf(f->way4.to, sizeof(f->way4.to), INTERNET);
	else
		inet_ntop(AF_INET, &to, f->way4.to, sizeof(f->way4.to));
	take_way(&f->way4, look_route4(to, &r), &r, s->info.made.tun);
}

static void take_way6(struct health_facts *f, const struct show *s, const struct health_ask *ask)
{
	struct bed4_in6 to = { .w = { ANY6 } };
	struct look_route r;

	f->way6.default_meant = !ask->to6_set;
	if (ask->to6_set)
		to = ask->to6;
	if (f->way6.default_meant)
		snprintf(f->way6.to, sizeof(f->way6.to), INTERNET);
	else
		inet_ntop(AF_INET6, &to, f->way6.to, sizeof(f->way6.to));
	take_way(&f->way6, look_route6(&to, &r), &r, s->info.made.tun);
}

/* As for a packet to an address of the prefix that nobody has. */
static bool prefix_is_here(const struct show *s)
{
	struct bed4_in6 addr = s->self.own;
	struct look_route r;

	addr.w[2] = BED4_HTONL(0x02c0cbff);
	addr.w[3] = BED4_HTONL(0xfe0071fe);
	return !look_route6(&addr, &r) && r.oif == s->info.made.tun;
}

/* --- devices ------------------------------------------------------------------------------------- */

static bool lacks_xdp(unsigned int ifindex, const struct owner *owner)
{
	int ours, others;

	xdp_count(ifindex, owner, &ours, &others);
	return !ours; /* -1: the kernel does not tell */
}

static void take_devs(struct health_facts *f, const struct show *s, const struct instance_maps *m)
{
	const struct bed4_made *made = &s->info.made;
	bool xdp = f->mode == BED4_MODE_NATIVE || f->mode == BED4_MODE_GENERIC, tc = f->mode != BED4_MODE_OFF;
	struct owner owner;
	unsigned int i;

	owner_init(&owner, m->self, made);
	take_dev(&f->underlay, made->underlay);
	take_dev(&f->tun, made->tun);
	f->underlay.lacks_xdp = xdp && lacks_xdp(made->underlay, &owner);
	f->underlay.lacks_tc = tc && !tc_is_ours(made->underlay, BPF_TC_INGRESS, &owner);
	f->tun.lacks_tc = tc && !tc_is_ours(made->tun, BPF_TC_EGRESS, &owner);
	f->v6_count = made->v6_count < BED4_V6DEV_MAX ? made->v6_count : BED4_V6DEV_MAX;
	for (i = 0; i < f->v6_count; i++) {
		take_dev(&f->v6[i], made->v6_dev[i]);
		f->v6[i].lacks_xdp = xdp && lacks_xdp(made->v6_dev[i], &owner);
	}
}

/* --- all of it ----------------------------------------------------------------------------------- */

static void take_show(struct health_facts *f, const struct show *s, const struct instance_maps *m)
{
	struct gauges_rates rates;
	unsigned int ifindex;

	f->role = s->self.role;
	f->mode = s->info.mode;
	f->valid = s->self.flags & BED4_SELF_VALID;
	f->degraded = s->info.degraded;
	show_ep(s->self.listen, f->listen);
	f->listen_own = !rtnl_addr4_dev(s->self.listen.addr, &ifindex);
	f->forwarding6 = look_sysctl("net/ipv6/conf/all/forwarding");
	take_devs(f, s, m);
	f->prefix_here = prefix_is_here(s);
	f->load_known = show_rates(s, &rates);
	if (f->load_known) {
		f->fast = rates.fast;
		f->slow = rates.slow;
	}
}

/* A daemon that does not answer has left its maps in sight. */
static int open_maps(struct health_facts *f, struct instance_maps *m, const char *iface, struct err *e)
{
	f->daemon = instance_ask_maps(m, iface, f->patience, e);
	if (!f->daemon || f->daemon == -EPERM)
		return f->daemon;
	return instance_open_pins(m, iface, e);
}

int health_facts(struct health_facts *f, const char *iface, const struct health_ask *ask, struct err *e)
{
	struct instance_maps m;
	struct show s;
	int err;

	memset(f, 0, sizeof(*f));
	f->patience = ask->patience;
	err = open_maps(f, &m, iface, e);
	if (err == -ENOENT && f->daemon != -ENOENT) { /* bpffs is hidden, but there is a daemon */
		snprintf(f->maps, sizeof(f->maps), "the maps are not in sight");
		return 0;
	}
	if (err)
		return err;
	err = show_read(&s, iface, &m, e);
	if (err)
		snprintf(f->maps, sizeof(f->maps), "%.*s", HEALTH_TEXT - 1, e->text);
	if (!err) {
		take_show(f, &s, &m);
		take_way4(f, &s, ask);
		if (f->role == BED4_ROLE_ROUTER)
			take_way6(f, &s, ask);
	}
	instance_maps_close(&m);
	return 0;
}
