// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Checks of an instance's own state: its daemon, what it says of itself, what its counters say of the world.
 * Functions of facts alone. Proved by selftests/unit/test_doctor.c and, with real faults,
 * selftests/net/test_doctor.sh.
 */
#include <arpa/inet.h>
#include <string.h>

#include "core/outcome.h"
#include "doctor.h"
#include "gauges.h"

#define ENOUGH 1000 /* packets, before shares of them mean anything */
#define SHARE  10 /* percent that are worth a word */

static void daemon_alive(struct doctor *d)
{
	if (d->t->show->alive)
		return;
	doctor_add(d, DOCTOR_FAIL, d->t->mode == BED4_MODE_OFF ? "the daemon is dead: nothing is forwarded" :
								  "the daemon is dead: forwarding goes on, nothing is answered");
	doctor_fix(d, "%s", d->t->load);
}

static bool is_degraded(const struct doctor *d, enum bed4_degraded why)
{
	return d->t->show->info.degraded & why;
}

static void router_answers(struct doctor *d)
{
	char a[INET_ADDRSTRLEN];

	if (!is_degraded(d, BED4_DEGRADED_NO_RA) || is_degraded(d, BED4_DEGRADED_ODD_PORT))
		return;
	inet_ntop(AF_INET, &d->t->server, a, sizeof(a));
	doctor_add(d, DOCTOR_FAIL, "the router %s does not answer: watch what goes and comes, or say another --server", a);
	doctor_fix(d, "tcpdump -c 4 -ni %s udp and host %s", d->t->iface, a);
}

static void odd_port(struct doctor *d)
{
	unsigned int port = d->t->port + 2;

	if (!is_degraded(d, BED4_DEGRADED_ODD_PORT))
		return;
	if (port > BED4_PEER_PORT_MAX)
		port = BED4_PEER_PORT_MIN;
	doctor_add(d, DOCTOR_FAIL, "the NAT gives odd external ports only, which no address can carry: try another local one");
	doctor_fix(d, "6bed4ctl reload %s --port %u", d->t->iface, port);
}

/* --- counters ------------------------------------------------------------------------------------ */

static __u64 total(const struct show *s, enum bed4_outcome o, unsigned int from, unsigned int to)
{
	__u64 n = 0;

	for (; from < to; from++)
		n += s->count[from][o].packets;
	return n;
}

static __u64 sum_kind(const struct show *s, enum bed4_kind kind, unsigned int from, unsigned int to)
{
	__u64 n = 0;
	unsigned int o;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		if (outcome_kind(o) == kind)
			n += total(s, o, from, to);
	}
	return n;
}

static enum bed4_outcome top_slow(const struct show *s)
{
	enum bed4_outcome top = BED4_OUTCOME_NONE_;
	__u64 n, most = 0;
	unsigned int o;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		n = outcome_kind(o) == BED4_KIND_SLOW ? total(s, o, 0, BED4_HOOK_BPF) : 0;
		if (n > most) {
			most = n;
			top = o;
		}
	}
	return top;
}

static void mend_slow(struct doctor *d, enum bed4_outcome top)
{
	const struct doctor_dev *dev = &d->t->dev[0];

	switch (top) {
	case BED4_SLOW_CSUM:
		doctor_fix(d, "%s%s%sethtool -K %s tx off", *dev->far_ns ? "nsenter --net=/run/netns/" : "", dev->far_ns,
			   *dev->far_ns ? " " : "", *dev->far ? dev->far : "DEV");
		break;
	case BED4_SLOW_WATCHED:
		doctor_fix(d, "ip link set dev %s promisc off", d->t->dev[1].name);
		break;
	case BED4_SLOW_FRAGMENT:
		doctor_fix(d, "ip link set dev %s mtu %u", dev->name, d->t->mtu + BED4_OUTER_LEN);
		break;
	case BED4_SLOW_SYN:
		doctor_fix(d, "6bed4ctl reload %s --clamp-mss=off", d->t->iface);
		break;
	default:
		doctor_fix(d, "6bed4ctl stats %s", d->t->iface);
	}
}

static bool has_fast_path(const struct doctor *d)
{
	return doctor_is_loaded(d) && d->t->mode != BED4_MODE_OFF;
}

static void slow_share(struct doctor *d)
{
	const struct show *s = d->t->show;
	__u64 fast = sum_kind(s, BED4_KIND_FORWARD, 0, BED4_HOOK_BPF);
	__u64 slow = sum_kind(s, BED4_KIND_FORWARD, BED4_HOOK_BPF, BED4_HOOK_COUNT);
	enum bed4_outcome top = top_slow(s);

	if (!top || fast + slow < ENOUGH || slow * 100 <= (fast + slow) * SHARE)
		return;
	doctor_add(d, DOCTOR_WARN, "the daemon forwards %llu %% of the packets, mostly %s: %s", slow * 100 / (fast + slow),
		   outcome_name(top), outcome_text(top));
	mend_slow(d, top);
}

static void drops_special(struct doctor *d)
{
	const struct show *s = d->t->show;
	__u64 special = total(s, BED4_SRC_SPECIAL, 0, BED4_HOOK_COUNT);
	__u64 good = sum_kind(s, BED4_KIND_FORWARD, 0, BED4_HOOK_COUNT);

	if (special < 100 || special * 100 <= good * SHARE)
		return;
	doctor_add(d, DOCTOR_WARN, "%llu datagrams came from private or other special-purpose IPv4 addresses and were dropped: "
				   "permit their range, if they are yours", special);
	doctor_fix(d, "6bed4ctl reload %s --permit-v4 PREFIX", d->t->iface);
}

static void drops_failed(struct doctor *d)
{
	const struct show *s = d->t->show;
	__u64 failed = total(s, BED4_FAILED, 0, BED4_HOOK_COUNT);
	__u64 good = sum_kind(s, BED4_KIND_FORWARD, 0, BED4_HOOK_COUNT);

	if (failed < 100 || failed * 100 <= good)
		return;
	doctor_add(d, DOCTOR_WARN, "%llu packets were accepted and then could not be sent", failed);
	doctor_fix(d, "6bed4ctl stats %s", d->t->iface);
}

static void neigh_full(struct doctor *d)
{
	const struct show *s = d->t->show;
	unsigned int max = s->info.neigh_max;

	if (!s->info.neigh_full && !s->losses.neighbours && gauges_neighbours(&s->gauges.neigh) < max - max / 10)
		return;
	doctor_add(d, DOCTOR_WARN, s->info.neigh_full || s->losses.neighbours ?
		   "the table of %u neighbours has been full: the rest go by the router, or are not accounted" :
		   "the table of %u neighbours is nearly full", max);
	doctor_fix(d, "6bed4ctl reload %s --neigh-max %u", d->t->iface,
		   max > BED4_NEIGH_LIMIT / 4 ? BED4_NEIGH_LIMIT : 4 * max);
}

static void config(struct doctor *d)
{
	if (!*d->t->conf_error)
		return;
	doctor_add(d, DOCTOR_FAIL, "load and reload would refuse the configuration file: %s", d->t->conf_error);
	doctor_fix(d, "${EDITOR:-vi} /etc/6bed4/%s.conf", d->t->iface);
}

static bool peer_loaded(const struct doctor *d)
{
	return doctor_is_loaded(d) && doctor_is_peer(d);
}

const struct doctor_check doctor_state_checks[] = {
	{ "daemon", "the daemon is alive", doctor_is_loaded, daemon_alive },
	{ "config", "the configuration file, if there is one, is right", NULL, config },
	{ "router-answers", "the router answers", peer_loaded, router_answers },
	{ "odd-port", "the NAT gives even ports", peer_loaded, odd_port },
	{ "slow-share", "the fast path forwards nearly all", has_fast_path, slow_share },
	{ "drops-special", "hardly anything comes from special-purpose addresses", doctor_is_loaded, drops_special },
	{ "drops-failed", "what is accepted can be sent", doctor_is_loaded, drops_failed },
	{ "neigh-full", "the neighbour table has room", doctor_is_loaded, neigh_full },
	{ .id = NULL },
};
