// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the service manager is told, as sd_notify(3) has it: ready, how it fares, reloading, ending, alive.
 * Must not know how messages get there (io/notify.c). Proved by selftests/net/test_systemd.sh.
 */
#include <arpa/inet.h>
#include <time.h>
#include <unistd.h>

#include "daemon_priv.h"
#include "io/notify.h"

const char *daemon_degraded_text(__u32 degraded)
{
	if (!degraded)
		return "";
	if (degraded & BED4_DEGRADED_NO_LISTEN)
		return "the address that it listens on is gone from this machine";
	return degraded & BED4_DEGRADED_ODD_PORT ? "the NAT gives odd external ports only" :
						   "the router does not answer";
}

/* One line for `systemctl status`. */
static void say_status(const struct daemon *d, char *text, size_t size)
{
	char addr[INET6_ADDRSTRLEN] = "no address yet";

	if (d->tunnel.self.flags & BED4_SELF_ADDR)
		inet_ntop(AF_INET6, &d->tunnel.self.own, addr, sizeof(addr));
	snprintf(text, size, "%s on %s, %s, fast path %s%s%s", opt_role_name(d->opt.role), d->opt.tun, addr,
		 opt_mode_name(d->info.mode), d->info.degraded ? "; degraded: " : "",
		 daemon_degraded_text(d->info.degraded));
}

void daemon_notify_ready(struct daemon *d)
{
	char text[256];

	say_status(d, text, sizeof(text));
	notify_send(d->notify, "MAINPID=%d\nREADY=1\nWATCHDOG=1\nSTATUS=%s", (int)getpid(), text);
}

void daemon_notify_status(struct daemon *d)
{
	char text[256];

	say_status(d, text, sizeof(text));
	notify_try(d->notify, "STATUS=%s", text);
}

void daemon_notify_reload(struct daemon *d)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	notify_send(d->notify, "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=handing over to a successor",
		    now.tv_sec * 1000000ull + (unsigned long long)now.tv_nsec / 1000);
}

void daemon_notify_stop(struct daemon *d)
{
	notify_send(d->notify, "STOPPING=1\nSTATUS=%s", d->failed ? "ended: see the log" : "ended");
}

void daemon_notify_alive(struct daemon *d, __u64 now)
{
	if (!d->watchdog || now < d->watchdog_at)
		return;
	d->watchdog_at = now + d->watchdog / 2;
	notify_try(d->notify, "WATCHDOG=1");
}

void daemon_supervise(struct daemon *d, int fd, __u64 watchdog)
{
	d->notify = fd;
	d->watchdog = watchdog;
	d->watchdog_at = 0;
}
