// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The steps of the systemd unit; see service.h. Proved by selftests/net/test_systemd.sh. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "io/notify.h"
#include "log.h"
#include "service.h"
#include "report.h"
#include "serve.h"
#include "settle.h"
#include "unload.h"

#define STORED_AS "6bed4" /* the name in the manager's store of descriptors */
#define PATIENCE  10 /* s for the manager to take something in */

static int failed(const struct err *e, int err)
{
	fprintf(stderr, "6bed4ctl: %s\n", *e->text ? e->text : strerror(-err));
	return EXIT_FAILED;
}

/* @e is set in any case. */
static int reach_manager(struct err *e)
{
	int fd = notify_open(e);

	return fd != -ENOENT ? fd : err_set(e, fd, "there is no service manager that would keep what is opened: "
						   "`systemctl start 6bed4@IFACE`, or `6bed4ctl load IFACE`");
}

int service_begin(struct err *e)
{
	int fd = reach_manager(e), err;

	if (fd < 0)
		return fd;
	notify_send(fd, "FDSTOREREMOVE=1\nFDNAME=" STORED_AS);
	err = notify_barrier(fd, PATIENCE);
	close(fd);
	return err ? err_set(e, err, "the service manager does not answer: %s; needs systemd 246 or newer",
			     strerror(-err)) : 0;
}

/* The parcel is with the manager when this returns 0. */
static int leave_with_manager(const struct daemon *d, struct err *e)
{
	int fd = reach_manager(e), parcel, err;

	if (fd < 0)
		return fd;
	parcel = daemon_pack(d, e);
	if (parcel < 0) {
		close(fd);
		return parcel;
	}
	err = notify_store(fd, STORED_AS, parcel);
	if (!err)
		err = notify_barrier(fd, PATIENCE);
	close(fd);
	close(parcel);
	return err ? err_set(e, err, "cannot leave what was opened with the service manager: %s", strerror(-err)) :
		     0;
}

int service_load(const struct load_options *o, const struct instance *in, const struct daemon_before *before,
		 int lock)
{
	char notice[512] = "";
	struct err e = {};
	struct daemon *d;
	int err;

	log_open(o->iface, LOG_TO_STDERR);
	err = daemon_up(&d, o, in, before, notice, sizeof(notice), &e);
	if (!err) {
		if (o->role == BED4_ROLE_PEER)
			settle_keep_port(o, in);
		err = leave_with_manager(d, &e);
		if (!err)
			report(stdout, &(struct report){ .opt = o, .before = before, .daemon = d, .notice = notice });
		daemon_leave(d, !err);
	}
	if (err)
		serve_undo(in, before);
	close(lock);
	return err ? failed(&e, err) : EXIT_DONE;
}

/* The manager knows from READY=1; here nobody waits. */
static void on_up(void *arg)
{
	(void)arg;
}

static void on_ready(void *arg, bool degraded)
{
	(void)arg;
	(void)degraded;
}

static int begin_to_run(struct daemon **d, const char *iface, struct err *e)
{
	int parcel = notify_stored(STORED_AS), fd, err;

	if (parcel < 0)
		return err_set(e, parcel, "the service manager has kept nothing for %s: `systemctl start 6bed4@%s`, "
					  "or `6bed4ctl load %s`", iface, iface, iface);
	err = daemon_unpack(d, iface, parcel, e);
	if (err)
		return err;
	fd = notify_open(e);
	if (fd >= 0) {
		daemon_supervise(*d, fd, notify_watchdog());
		return 0;
	}
	daemon_leave(*d, true);
	return fd == -ENOENT ? err_set(e, fd, "NOTIFY_SOCKET is not set: is the unit's Type=notify?") : fd;
}

int service_run(const char *iface)
{
	struct daemon_told told = { .up = on_up, .ready = on_ready };
	struct err e = {};
	struct daemon *d = NULL;
	int err = begin_to_run(&d, iface, &e);

	if (err)
		return failed(&e, err);
	serve_block_signals();
	log_open(iface, LOG_TO_SYSTEM);
	err = daemon_run(d, &told, &e);
	if (!err)
		return EXIT_DONE;
	return *e.text ? failed(&e, err) : EXIT_FAILED;
}

int service_end(const char *iface)
{
	const char *result = getenv("SERVICE_RESULT");
	struct err e = {};
	int err;

	if (result && strcmp(result, "success") != 0) {
		printf("%s: failed (%.40s); what is loaded goes on, for the next start to take over\n", iface, result);
		return EXIT_DONE;
	}
	err = unload(iface, &e);
	if (err && err != -ENOENT)
		return failed(&e, err);
	printf(err ? "%s: nothing loaded\n" : "%s: unloaded\n", iface);
	return EXIT_DONE;
}
