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

#include <bpf/bpf.h>

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

static int refused(int err, unsigned int ifindex, enum bed4_mode mode, struct err *e)
{
	char name[IF_NAMESIZE] = "?", driver[32];

	if_indextoname(ifindex, name);
	device_driver(ifindex, driver);
	return err_set(e, err, "XDP (%s) was refused on %s (driver %s): %s; %s",
		       mode == BED4_MODE_GENERIC ? "generic" : "native", name,
		       *driver ? driver : "unknown", strerror(-err), refusal_advice(err, mode));
}

int attach_xdp(struct xdp_program *prog, unsigned int ifindex, enum bed4_mode mode,
	       const struct owner *owner, struct err *e)
{
	int err = xdp_program__attach(prog, (int)ifindex, xdp_mode(mode), 0);

	if (err)
		return refused(err, ifindex, mode, e);
	return detach_xdp(ifindex, owner, xdp_program__id(prog), e);
}

/*
 * What is attached; *@mp is NULL when nothing is, and to be closed with xdp_multiprog__close() else. 0 or
 * -errno: the kernel does not tell.
 */
static int look(unsigned int ifindex, struct xdp_multiprog **mp)
{
	int err;

	*mp = xdp_multiprog__get_from_ifindex((int)ifindex);
	err = (int)libxdp_get_error(*mp);
	if (err)
		*mp = NULL;
	return err == -ENOENT || err == -ENODEV ? 0 : err;
}

/*
 * The next one of ours within what is attached, but @but, into *@prog, which @mp owns; NULL: none. 0 or
 * -errno.
 */
static int find_program(struct xdp_multiprog *mp, const struct owner *owner, __u32 but,
			struct xdp_program **prog)
{
	bool legacy = mp && xdp_multiprog__is_legacy(mp);
	struct xdp_program *p = NULL;
	int ours = 0;

	*prog = NULL;
	if (!mp)
		return 0;
	do {
		p = legacy ? xdp_multiprog__main_prog(mp) : xdp_multiprog__next_prog(p, mp);
		if (p && xdp_program__id(p) != but)
			ours = owner_has(owner, xdp_program__id(p));
	} while (p && !ours && !legacy);
	if (ours > 0)
		*prog = p;
	return ours < 0 ? ours : 0;
}

bool xdp_is_alone(unsigned int ifindex, const struct owner *owner)
{
	struct xdp_program *prog = NULL;
	struct xdp_multiprog *mp;
	bool alone = !look(ifindex, &mp) && mp && xdp_multiprog__is_legacy(mp) &&
		     !find_program(mp, owner, 0, &prog) && prog;

	xdp_multiprog__close(mp);
	return alone;
}

/* Puts ours in the place of @old, or where there is none: then one of somebody else is an error. */
static int put_alone(int prog_fd, unsigned int ifindex, enum bed4_mode mode, struct xdp_multiprog *mp,
		     struct xdp_program *old)
{
	__u32 flags = mode == BED4_MODE_GENERIC ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	int err = 0;

	if (old && xdp_multiprog__attach_mode(mp) != xdp_mode(mode)) {
		/* No device runs both kinds at once. TC takes over while there is neither. */
		err = xdp_program__detach(old, (int)ifindex, xdp_multiprog__attach_mode(mp), 0);
		old = NULL;
	}
	if (err)
		return err;
	if (old)
		opts.old_prog_fd = xdp_program__fd(old);
	return bpf_xdp_attach((int)ifindex, prog_fd, flags | (old ? XDP_FLAGS_REPLACE :
								     XDP_FLAGS_UPDATE_IF_NOEXIST), &opts);
}

int attach_xdp_alone(int prog_fd, unsigned int ifindex, enum bed4_mode mode, const struct owner *owner,
		     struct err *e)
{
	struct xdp_program *old = NULL;
	struct xdp_multiprog *mp;
	int err = look(ifindex, &mp);

	if (!err)
		err = find_program(mp, owner, 0, &old);
	if (!err)
		err = put_alone(prog_fd, ifindex, mode, mp, old);
	xdp_multiprog__close(mp);
	return err ? refused(err, ifindex, mode, e) : 0;
}

bool xdp_is_ours(unsigned int ifindex, const struct owner *owner)
{
	struct xdp_program *prog = NULL;
	struct xdp_multiprog *mp;
	bool ours = !look(ifindex, &mp) && !find_program(mp, owner, 0, &prog) && prog;

	xdp_multiprog__close(mp);
	return ours;
}

void xdp_count(unsigned int ifindex, const struct owner *owner, int *ours, int *others)
{
	struct xdp_program *p = NULL;
	struct xdp_multiprog *mp;
	int is_ours;
	bool legacy;

	*ours = *others = -1;
	if (look(ifindex, &mp))
		return;
	*ours = *others = 0;
	legacy = mp && xdp_multiprog__is_legacy(mp);
	while (mp && (p = legacy ? xdp_multiprog__main_prog(mp) : xdp_multiprog__next_prog(p, mp))) {
		is_ours = owner_has(owner, xdp_program__id(p)) > 0;
		*ours += is_ours;
		*others += !is_ours;
		if (legacy)
			break;
	}
	xdp_multiprog__close(mp);
}

/*
 * Is one of ours, other than @but, attached without a dispatcher? The kernel's own word, because libxdp takes
 * a program that it cannot look at for none. 0: no; -EBUSY: yes; other -errno.
 */
static int is_still_there(unsigned int ifindex, const struct owner *owner, __u32 but)
{
	__u32 id = 0;
	int ours, err = bpf_xdp_query_id((int)ifindex, 0, &id);

	if (err || !id || id == but)
		return err;
	ours = owner_has(owner, id);
	return ours > 0 ? -EBUSY : ours;
}

int detach_xdp(unsigned int ifindex, const struct owner *owner, __u32 but, struct err *e)
{
	struct xdp_program *prog = NULL;
	char name[IF_NAMESIZE] = "?";
	struct xdp_multiprog *mp;
	int err = look(ifindex, &mp);

	if (!err)
		err = find_program(mp, owner, but, &prog);
	if (!err && prog)
		err = xdp_program__detach(prog, (int)ifindex, xdp_multiprog__attach_mode(mp), 0);
	xdp_multiprog__close(mp);
	if (!err || err == -ENOENT) /* so libxdp says, too, when it could not look */
		err = is_still_there(ifindex, owner, but);
	if (!err || err == -ENOENT || err == -ENODEV)
		return 0;
	if_indextoname(ifindex, name);
	return err_set(e, err, "cannot detach the XDP program from %s: %s; try `ip link set %s xdp off`",
		       name, strerror(-err), name);
}
