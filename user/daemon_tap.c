// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The slow path's packets for a capture (6bed4/map.h): each as it was read, its outcome, and what was sent for
 * it. They go into the ring that the programs' packets go into, by way of one that may not wait: what finds no
 * room is counted as lost, and packets are not held up. Must not know who captures. Proved by
 * selftests/net/test_capture.sh.
 */
#include <string.h>

#include "6bed4/outer.h"
#include "daemon_priv.h"

/*
 * The packets that wait for the end of a round, as they came; the core changes them in place. Static, like the
 * buffers that they came in: memory that no capture reaches costs nothing.
 */
#define TAPS (WAITING_MAX + 2)
static struct tap {
	struct bed4_shot_head head;
	__u8 data[BED4_SNAP_MAX];
} taps[TAPS];

static struct tap *current(struct daemon *d)
{
	return &taps[d->taps];
}

/* @to has BED4_SNAP_MAX bytes. An outer header comes in front, when there is one. How many are there now. */
static __u32 copy(__u8 *to, __u32 snaplen, const struct bed4_outer *outer, const __u8 *data, size_t len)
{
	size_t head = outer ? sizeof(*outer) : 0, all;

	snaplen = snaplen && snaplen <= BED4_SNAP_MAX ? snaplen : BED4_SNAP_MAX;
	all = head + len < snaplen ? head + len : snaplen;
	if (head > all)
		head = all;
	if (head)
		memcpy(to, outer, head);
	memcpy(to + head, data, all - head);
	return (__u32)all;
}

void daemon_tap_begin(struct daemon *d, enum bed4_hook hook, const struct bed4_ep *src, struct bed4_ep dst,
		      __u8 tos, const __u8 *data, size_t len)
{
	const struct bed4_capture *c = fastpath_capture(d->fp);
	struct tap *t = current(d);
	struct bed4_outer outer;
	__u64 now;

	d->tapped = false;
	if (BED4_LIKELY(!c->until))
		return;
	now = daemon_now();
	if (now >= c->until)
		return;
	/* What a socket does not tell stays at what we would send. */
	if (src)
		bed4_outer_put(&outer, *src, dst, (__u32)len, tos, 0, 0);
	t->head = (struct bed4_shot_head){
		.at = now, .hook = (__u8)hook, .ifindex = hook == BED4_HOOK_TUN ? d->tun_index : d->underlay,
		.len = { (__u32)(len + (src ? sizeof(outer) : 0)) },
	};
	t->head.caplen[0] = copy(t->data, c->snaplen, src ? &outer : NULL, data, len);
	d->tunnel.ended = BED4_GO;
	d->tapped = true;
}

static void put(struct daemon *d, const struct tap *t, enum bed4_outcome o, const struct action *act)
{
	const struct bed4_capture *c = fastpath_capture(d->fp);
	struct bed4_shot *s = fastpath_slowshot(d->fp);
	bool udp = act && act->kind == ACTION_UDP;
	struct bed4_outer outer;

	if (!c->until || !bed4_capture_wants(c, o))
		return;
	s->head = t->head;
	s->head.outcome = (__u16)o;
	memcpy(s->data, t->data, t->head.caplen[0]);
	if (udp)
		bed4_outer_put(&outer, d->tunnel.self.listen, act->to, (__u32)act->len,
			       bed4_outer_tos(d->opt.dscp, act->tos), 0, d->opt.df ? BED4_IP4_DF : 0);
	if (act) {
		s->head.len[1] = (__u32)(act->len + (udp ? sizeof(outer) : 0));
		s->head.caplen[1] = copy(s->data + t->head.caplen[0], c->snaplen, udp ? &outer : NULL,
					 act->data, act->len);
	}
	fastpath_put_shot(d->fp);
}

void daemon_tap_decided(struct daemon *d)
{
	struct action *act = d->actions.list, *end = act + d->actions.count;

	if (!d->tapped)
		return;
	d->tapped = false;
	if (d->tunnel.ended) {
		put(d, current(d), d->tunnel.ended, NULL);
		return;
	}
	while (act < end && !act->outcome)
		act++;
	if (act == end)
		return;
	act->tap = d->taps + 1;
	d->taps = (d->taps + 1) % TAPS;
}

void daemon_tap_done(struct daemon *d, const struct action *act, bool ok)
{
	if (act->tap) {
		put(d, &taps[act->tap - 1], ok ? act->outcome : BED4_FAILED, ok ? act : NULL);
		if (act->tap == (d->taps ? d->taps : TAPS))
			d->taps = act->tap - 1; /* it did not wait: so no more are in use than packets wait */
	}
	tunnel_done(&d->tunnel, act, ok);
}
