// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Checks of the machine: kernel, privileges, clock. Functions of facts alone. Proved by
 * selftests/unit/test_doctor.c.
 */
#include <errno.h>
#include <string.h>

#include "doctor.h"

static void kernel_version(struct doctor *d)
{
	const struct doctor_machine *m = d->m;

	if (m->major > 6 || (m->major == 6 && m->minor >= 1))
		return;
	doctor_add(d, m->major < 5 || (m->major == 5 && m->minor < 14) ? DOCTOR_FAIL : DOCTOR_WARN,
		   "Linux %u.%u is older than 6.1, which is the oldest that is tested", m->major, m->minor);
	doctor_fix(d, "apt-get install linux-image-$(dpkg --print-architecture) && reboot");
}

static void kernel_bpf(struct doctor *d)
{
	const struct {
		int has;
		const char *what;
	} parts[] = {
		{ d->m->ringbuf, "ring buffers" }, { d->m->lpm, "LPM tries" },
		{ d->m->xdp, "XDP programs" }, { d->m->cls, "TC programs" },
	};
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (parts[i].has == DOCTOR_UNKNOWN) {
			doctor_add(d, DOCTOR_SKIP, "only who may load BPF programs can ask the kernel for %s",
				   parts[i].what);
			return;
		}
		if (parts[i].has)
			continue;
		doctor_add(d, DOCTOR_FAIL, "this kernel was built without BPF %s", parts[i].what);
		doctor_fix(d, "apt-get install linux-image-$(dpkg --print-architecture) && reboot");
	}
}

static void bpf_jit(struct doctor *d)
{
	if (d->m->jit == DOCTOR_UNKNOWN)
		doctor_add(d, DOCTOR_SKIP, "only who may load BPF programs can see whether they are compiled");
	if (d->m->jit)
		return;
	doctor_add(d, DOCTOR_WARN, "BPF programs are interpreted, several times slower than compiled");
	doctor_fix(d, d->m->initial ? "sysctl -w net.core.bpf_jit_enable=1" :
				      "nsenter -t 1 -n sysctl -w net.core.bpf_jit_enable=1");
}

static void kernel_btf(struct doctor *d)
{
	if (d->m->btf)
		return;
	doctor_add(d, DOCTOR_NOTE, "the kernel has no type information (BTF): bpftool shows maps without names");
	doctor_fix(d, "apt-get install linux-image-$(dpkg --print-architecture) && reboot");
}

static void tc_clsact(struct doctor *d)
{
	if (d->m->sch_ingress == DOCTOR_UNKNOWN)
		doctor_add(d, DOCTOR_SKIP, "the kernel does not say whether it has clsact before one is made");
	if (d->m->sch_ingress)
		return;
	doctor_add(d, DOCTOR_FAIL, "this kernel has no clsact qdisc, which TC programs need");
	doctor_fix(d, "modprobe sch_ingress");
}

static void bpffs(struct doctor *d)
{
	if (!*d->m->bpffs) {
		doctor_add(d, DOCTOR_NOTE, "no bpffs is in sight; load mounts one");
		doctor_fix(d, "mount -t bpf -o mode=0700 bpf /sys/fs/bpf");
	} else if (d->m->bpffs_mode & 0022) {
		doctor_add(d, DOCTOR_WARN, "users other than root may write into %s, and hold pins there (mode %04o)",
			   d->m->bpffs, d->m->bpffs_mode & 07777);
		doctor_fix(d, "chmod go-w %s", d->m->bpffs);
	}
}

static void permissions(struct doctor *d)
{
	if (!*d->m->missing)
		return;
	doctor_add(d, DOCTOR_WARN, "%s; some checks are left out", d->m->missing);
	doctor_fix(d, "sudo 6bed4ctl doctor");
}

static void tun_device(struct doctor *d)
{
	if (!d->m->tun)
		return;
	if (d->m->tun == -EACCES || d->m->tun == -EPERM) {
		if (*d->m->missing)
			doctor_add(d, DOCTOR_SKIP, "/dev/net/tun is not for this user");
		else
			doctor_add(d, DOCTOR_FAIL, "/dev/net/tun may not be opened here, by its mode or by a device cgroup");
		doctor_fix(d, "chmod 0666 /dev/net/tun");
		return;
	}
	doctor_add(d, DOCTOR_FAIL, "no TUN device can be made: /dev/net/tun: %s", strerror(-d->m->tun));
	doctor_fix(d, "modprobe tun; mkdir -p /dev/net; [ -e /dev/net/tun ] || mknod -m 0666 /dev/net/tun c 10 200");
}

static void wall_clock(struct doctor *d)
{
	if (d->m->year && d->m->year < 2024) {
		doctor_add(d, DOCTOR_NOTE, "the wall clock says %d; the tunnel does not use it, logs do", d->m->year);
		doctor_fix(d, "timedatectl set-ntp true");
	} else if (d->m->unsynchronised == 1) {
		doctor_add(d, DOCTOR_NOTE, "nobody synchronises the wall clock; the tunnel does not use it, logs do");
		doctor_fix(d, "timedatectl set-ntp true");
	}
}

const struct doctor_check doctor_machine_checks[] = {
	{ "kernel-version", "Linux is 6.1 or newer", NULL, kernel_version },
	{ "kernel-bpf", "the kernel has the BPF maps and programs that are needed", NULL, kernel_bpf },
	{ "bpf-jit", "BPF programs are compiled", NULL, bpf_jit },
	{ "kernel-btf", "the kernel has type information (BTF)", NULL, kernel_btf },
	{ "tc-clsact", "the kernel has the clsact qdisc", NULL, tc_clsact },
	{ "bpffs", "a bpffs is mounted, and only root may write there", NULL, bpffs },
	{ "permissions", "this process may load and look at everything", NULL, permissions },
	{ "tun-device", "/dev/net/tun can be opened", NULL, tun_device },
	{ "clock", "the wall clock is synchronised", NULL, wall_clock },
	{ .id = NULL },
};
