/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a daemon tells a tool that listens on its control socket: one message per event, of one size, in
 * host order. Must not know who listens, nor how it is shown.
 */
#ifndef WATCHMSG_H
#define WATCHMSG_H

#include "6bed4/map.h"

#define WATCH_ABI  1u /* of this layout: part of the request, so that another build is refused */
#define WATCH_TEXT 256

enum watch_kind {
	WATCH_BEGIN, /* what there is: addr, listen, ep (public), server, pid, role, name (TUN), text (degraded) */
	WATCH_NEIGH, /* addr; neigh now, was before: state NONE if it is new */
	WATCH_NEIGH_GONE, /* addr, was */
	WATCH_FLUSH, /* all neighbours but the operator's, which are told again */
	WATCH_ADDRESS, /* addr, old_addr; all 0: none */
	WATCH_PUBLIC, /* ep, old_ep: how others see this peer; flag: the local endpoint is the same */
	WATCH_LISTEN, /* ep, old_ep: the local endpoint */
	WATCH_STATE, /* text: why it is degraded, "" when it is not */
	WATCH_LOG, /* text; flag: an error */
	WATCH_MISMATCH, /* router: ep sends in the name of addr */
	WATCH_PING, /* ping, path, back, reason, seq, number (ns), ep, flag (echo); neigh when it is over */
	WATCH_LOST, /* number: so many messages found the queue full since the last one */
	WATCH_END, /* text: one of the words below */
	WATCH_KINDS
};

#define WATCH_END_UNLOAD "unloaded"
#define WATCH_END_RELOAD "replaced"
#define WATCH_END_OTHER	 "ended"

struct watch_msg {
	__u32 abi;
	__u32 kind; /* enum watch_kind */
	__u64 at; /* wall clock, ns */
	__u64 number;
	struct bed4_in6 addr, old_addr;
	struct bed4_ep ep, old_ep, listen, server;
	struct bed4_neigh neigh, was;
	__u32 pid;
	__u32 seq;
	__u8 role; /* enum bed4_role */
	__u8 ping; /* enum ping_event_kind */
	__u8 path, back; /* enum bed4_path */
	__u8 reason; /* enum bed4_reason */
	__u8 flag;
	__u8 pad[2];
	char name[BED4_NAME_LEN];
	char text[WATCH_TEXT];
};

_Static_assert(sizeof(struct watch_msg) % 8 == 0, "no padding behind");

#endif
