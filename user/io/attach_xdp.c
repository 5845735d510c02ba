// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * XDP programs on devices, by libxdp: its dispatcher lets programs of others live beside ours.
 * Where a kernel refuses dispatchers libxdp attaches ours alone. Must not know what the program
 * does. Proved by selftests/net.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>

#include "io/attach.h"
#include "io/device.h"

static enum xdp_attach_mode xdp_mode(enum bed4_mode mode)
{
	return mode == BED4_MODE_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE;
}

static const char *refusal_advice(int err, enum bed4_mode mode)
{
	if (err == -EBUSY || err == -EEXIST)
		return "another XDP program is attached and this kernel allows no second one: remove "
		       "it, or use --fast-path tc";
	if (mode == BED4_MODE_GENERIC)
		return "use --fast-path tc or off";
	if (err == -ERANGE || err == -EINVAL)
		return "its MTU may be too large for XDP: lower it, or use --fast-path generic or tc";
	return "its driver may have no native XDP: use --fast-path generic or tc";
}

int attach_xdp(struct xdp_program *prog, unsigned int ifindex, enum bed4_mode mode, struct err *e)
{
	int err = xdp_program__attach(prog, (int)ifindex, xdp_mode(mode), 0);
	char name[IF_NAMESIZE] = "?", driver[32];

	if (!err)
		return 0;
	if_indextoname(ifindex, name);
	device_driver(ifindex, driver);
	return err_set(e, err, "XDP (%s) was refused on %s (driver %s): %s; %s",
		       mode == BED4_MODE_GENERIC ? "generic" : "native", name,
		       *driver ? driver : "unknown", strerror(-err), refusal_advice(err, mode));
}

/* Our program within what is attached; owned by @mp. */
static struct xdp_program *find_program(struct xdp_multiprog *mp, __u32 id)
{
	struct xdp_program *prog = NULL;

	if (xdp_multiprog__is_legacy(mp)) {
		prog = xdp_multiprog__main_prog(mp);
		return prog && xdp_program__id(prog) == id ? prog : NULL;
	}
	while ((prog = xdp_multiprog__next_prog(prog, mp))) {
		if (xdp_program__id(prog) == id)
			return prog;
	}
	return NULL;
}

int detach_xdp(unsigned int ifindex, __u32 id, struct err *e)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex((int)ifindex);
	char name[IF_NAMESIZE] = "?";
	struct xdp_program *prog;
	int err = 0;

	if (libxdp_get_error(mp))
		return 0;
	prog = find_program(mp, id);
	if (prog)
		err = xdp_program__detach(prog, (int)ifindex, xdp_multiprog__attach_mode(mp), 0);
	xdp_multiprog__close(mp);
	if (!err || err == -ENOENT || err == -ENODEV)
		return 0;
	if_indextoname(ifindex, name);
	return err_set(e, err, "cannot detach the XDP program from %s: %s; try `ip link set %s xdp off`",
		       name, strerror(-err), name);
}
