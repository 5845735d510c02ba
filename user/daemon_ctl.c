// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What tools ask of a running daemon by its control socket: map descriptors, the way to its bpffs, changes
 * to neighbours, its end, and the hand-over to a successor. Must not know who asks, nor packets. Proved by
 * selftests/net/test_life.sh, test_restart.sh and test_privs.sh.
 */
#include <string.h>
#include <unistd.h>

#include "daemon_priv.h"
#include "io/ctl.h"
#include "log.h"

static void serve_maps(struct daemon *d, int conn)
{
	struct ctl_reply reply = {};
	unsigned int i;

	for (i = 0; instance_map_names[i]; i++)
		reply.fds[reply.fd_count++] = fastpath_map_fd(d->fp, instance_map_names[i]);
	ctl_reply(conn, &reply);
}

static void serve_capture(struct daemon *d, int conn)
{
	struct ctl_reply reply = { .fds = { fastpath_map_fd(d->fp, "capture"), fastpath_map_fd(d->fp, "rings") },
				   .fd_count = 2 };

	ctl_reply(conn, &reply);
}

/* The bpffs, for a tool that does not see it: `ip netns exec` hides it. */
static void serve_root(struct daemon *d, int conn)
{
	struct ctl_reply reply = { .fds = { d->root }, .fd_count = d->root >= 0 };

	ctl_reply(conn, &reply);
}

#define HANDOVER_PATIENCE 60 /* s for the successor to come up */

/*
 * A successor gets what cannot be opened twice. Until it says that it is up we wait, so that nothing is
 * read by both; if it does not, we go on.
 */
static void hand_over(struct daemon *d, int conn)
{
	struct ctl_reply reply = { .fds = { d->ctl, d->tun, d->udp }, .fd_count = 3 };

	tunnel_write_all(&d->tunnel, daemon_now(), &d->actions);
	daemon_carry_out(d);
	ctl_send(conn, &reply);
	d->stop = ctl_await_go(conn, HANDOVER_PATIENCE);
	close(conn);
	if (!d->stop)
		log_error("a successor took over and did not come up; going on");
}

void daemon_read_ctl(struct daemon *d)
{
	char request[CTL_REQUEST];
	int conn = ctl_accept(d->ctl, d->owner, request, sizeof(request));

	if (conn < 0)
		return;
	if (!strcmp(request, "maps")) {
		serve_maps(d, conn);
	} else if (!strcmp(request, "capture")) {
		serve_capture(d, conn);
	} else if (!strcmp(request, "root")) {
		serve_root(d, conn);
	} else if (!strcmp(request, "handover")) {
		hand_over(d, conn);
	} else if (!strcmp(request, "unload")) {
		d->stop = true;
		d->stop_conn = conn; /* answered when everything is closed */
	} else {
		struct ctl_reply reply = { .code = 1, .text = "unknown request" };

		if (!strncmp(request, "neigh ", 6))
			daemon_neigh_request(d, request + 6, &reply);
		ctl_reply(conn, &reply);
	}
}
