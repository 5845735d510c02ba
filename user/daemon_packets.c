// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets of the slow path, in bursts: what arrives goes to the core, what the core wants done is done. Must
 * not decide anything about them. Proved by selftests/net, each scenario in mode off.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/icmp4.h"
#include "daemon_priv.h"
#include "io/join.h"
#include "io/tun.h"
#include "io/udp.h"

#define BATCH	   64 /* packets of the TUN per wake-up, so that nobody starves */
#define ROUNDS	   4 /* bursts of datagrams, likewise */
#define PACKET_MAX 65536

/* Was this sender told to the map less than a second ago? From now on it was. */
static bool told_lately(struct daemon *d, const struct bed4_in6 *addr, __u32 now)
{
	__u64 iid = (__u64)addr->w[2] << 32 | addr->w[3];
	struct seen_slot *s = &d->seen[((iid ^ iid >> 29) * 0x9e3779b97f4a7c15ull) >> 54 & (SEEN_SLOTS - 1)];
	bool lately = s->iid == iid && s->at == now;

	*s = (struct seen_slot){ .iid = iid, .at = now };
	return lately;
}

void daemon_enter_seen(struct daemon *d, const struct bed4_in6 *addr, struct bed4_ep ep, __u64 packets,
		       __u64 bytes)
{
	daemon_watch_seen(d, addr, ep);
	if (fastpath_seen(d->fp, addr, ep, daemon_seconds(), packets, bytes) == -ENOSPC)
		fastpath_losses(d->fp)->neighbours++;
}

static void note_seen(struct daemon *d, const struct action *act)
{
	__u64 n = d->opt.account;
	__u32 now = daemon_seconds();

	if (!n)
		return;
	/* With programs attached those count, and an entry only has to be there. */
	if (n > 1 && d->info.mode == BED4_MODE_OFF && (__u64)random() % n) {
		if (told_lately(d, &act->in6, now))
			return;
		n = 0;
	}
	daemon_enter_seen(d, &act->in6, act->to, n, n * act->len);
}

static void sent(void *arg, unsigned int note, bool ok)
{
	struct daemon *d = arg;

	daemon_tap_done(d, &d->waiting[note], ok);
}

static void written(void *arg, const struct gro_batch *batch)
{
	struct daemon *d = arg;
	bool ok = tun_write(d->tun, batch);
	unsigned int i;

	for (i = 0; i < batch->count; i++)
		daemon_tap_done(d, &d->waiting[batch->notes[i]], ok);
}

/* The end of a round: all that waits goes out. */
static void flush(struct daemon *d)
{
	if (!d->waiting_count)
		return;
	burst_flush(d->out, d->udp, sent, d);
	gro_flush(&d->in_order, written, d);
	d->waiting_count = 0;
}

/* What a packet was read into stays as it is until the round is over; what the core made does not. */
static bool may_wait(struct daemon *d, const struct action *act)
{
	const __u8 *room = d->actions.room;

	if (!act->len || (act->data >= room && act->data < room + sizeof(d->actions.room)))
		return false;
	if (d->waiting_count == WAITING_MAX)
		flush(d);
	return true;
}

static bool send_later(struct daemon *d, const struct action *act)
{
	if (!may_wait(d, act))
		return false;
	if (!burst_add(d->out, act->to, act->data, act->len, bed4_outer_tos(d->opt.dscp, act->tos),
		       act->ttl, d->waiting_count))
		return false;
	d->waiting[d->waiting_count++] = *act;
	return true;
}

/* Merged with others of its flow if it may wait for them; else behind all that do. */
static void write_tun(struct daemon *d, const struct action *act)
{
	bool waits = may_wait(d, act);
	unsigned int note;

	if (!waits)
		flush(d);
	note = d->waiting_count++;
	d->waiting[note] = *act;
	gro_add(&d->in_order, act->data, act->len, note, written, d);
	if (!waits)
		flush(d);
}

static void carry_out(struct daemon *d, const struct action *act)
{
	bool ok = true;

	switch (act->kind) {
	case ACTION_UDP:
		if (send_later(d, act))
			return;
		ok = !udp_send(d->udp, act->to, act->data, act->len,
			       bed4_outer_tos(d->opt.dscp, act->tos), act->ttl);
		break;
	case ACTION_TUN:
		write_tun(d, act);
		return;
	case ACTION_SEEN:
		note_seen(d, act);
		break;
	case ACTION_MISMATCH:
		daemon_watch_mismatch(d, act);
		break;
	case ACTION_PING:
		daemon_watch_ping(d, act);
		break;
	case ACTION_ADDR_SET:
	case ACTION_ADDR_DEL:
	case ACTION_NEIGH_SET:
	case ACTION_NEIGH_DEL:
	case ACTION_NEIGH_FLUSH:
	case ACTION_REBIND:
		daemon_carry_peer(d, act);
		break;
	}
	daemon_tap_done(d, act, ok);
}

void daemon_carry_out(struct daemon *d)
{
	unsigned int i;

	daemon_tap_decided(d);
	for (i = 0; i < d->actions.count; i++)
		carry_out(d, &d->actions.list[i]);
	actions_clear(&d->actions);
}

/* Static, because nothing is allocated per packet; pages that no packet reaches cost nothing. */
static __u8 packets[BATCH][PACKET_MAX] __attribute__((aligned(8)));

static void from_udp(void *arg, struct bed4_ep src, __u8 tos, __u8 *data, size_t len)
{
	struct daemon *d = arg;

	daemon_tap_begin(d, BED4_HOOK_UDP, &src, d->tunnel.self.listen, tos, data, len);
	tunnel_rx_udp(&d->tunnel, d->now, src, tos, data, len, &d->actions);
	daemon_carry_out(d);
}

void daemon_read_udp(struct daemon *d)
{
	int i, n = 0;

	for (i = 0; i < ROUNDS && n >= 0; i++) {
		d->now = daemon_now();
		n = burst_recv(d->udp, from_udp, d);
		flush(d);
	}
}

void daemon_read_lan(struct daemon *d)
{
	struct bed4_ep src;
	int i, n;
	__u8 tos;

	for (i = 0; i < BATCH; i++) {
		n = udp_recv(d->lan, packets[0], sizeof(packets[0]), &src, &tos);
		if (n < 0)
			break;
		daemon_tap_begin(d, BED4_HOOK_UDP, &src, lan_group, tos, packets[0], (size_t)n);
		tunnel_rx_lan(&d->tunnel, daemon_now(), src, packets[0], (size_t)n, &d->actions);
		daemon_carry_out(d);
		flush(d);
	}
}

/* A packet that stands for many: segment by segment. */
static void cut(struct daemon *d, struct gso *g)
{
	static __u8 room[4 * PACKET_MAX] __attribute__((aligned(8)));
	size_t n, used = 0;

	while ((n = gso_next_len(g))) {
		if (used + n > sizeof(room)) {
			flush(d);
			used = 0;
		}
		gso_next(g, room + used);
		daemon_tap_begin(d, BED4_HOOK_TUN, NULL, (struct bed4_ep){}, 0, room + used, n);
		tunnel_rx_tun(&d->tunnel, d->now, room + used, n, &d->actions);
		daemon_carry_out(d);
		used += (n + 7) & ~7ul;
	}
	flush(d);
}

void daemon_read_icmp(struct daemon *d)
{
	__u8 *icmp;
	int i, n;

	for (i = 0; i < BATCH; i++) {
		n = udp_recv_error(d->icmp, packets[0], sizeof(packets[0]), &icmp);
		if (n < 0)
			break;
		daemon_tap_begin(d, BED4_HOOK_ICMP, NULL, (struct bed4_ep){}, 0, packets[0],
				 (size_t)(icmp - packets[0]) + (size_t)n);
		tunnel_rx_icmp4(&d->tunnel, daemon_now(), icmp, (size_t)n, &d->actions);
		daemon_carry_out(d);
		flush(d);
	}
}

void daemon_read_tun(struct daemon *d)
{
	struct virtio_net_hdr vnet;
	struct gso g;
	ssize_t n;
	int i;

	d->now = daemon_now();
	for (i = 0; i < BATCH; i++) {
		n = tun_read(d->tun, &vnet, packets[i], sizeof(packets[i]));
		if (n <= 0)
			break;
		if (gso_begin(&g, &vnet, packets[i], (size_t)n) > 0) {
			cut(d, &g);
			continue;
		}
		daemon_tap_begin(d, BED4_HOOK_TUN, NULL, (struct bed4_ep){}, 0, packets[i], (size_t)n);
		tunnel_rx_tun(&d->tunnel, d->now, packets[i], (size_t)n, &d->actions);
		daemon_carry_out(d);
	}
	flush(d);
}
