// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Putting loaded programs to work on devices, in the place of those of an earlier load, and taking them
 * off; what is worth knowing about the mode in effect. Must not know the protocol. Proved by
 * selftests/prog/test_fastpath.c and selftests/net.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "io/attach.h"
#include "io/device.h"
#include "io/fastpath_priv.h"
#include "io/rtnl.h"

static __u32 program_id(int fd)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &len) ? 0 : info.id;
}

/* Takes ours, but program @but, off the @count devices. */
static int detach_xdp_from(const __u32 *devs, __u32 count, const struct owner *owner, __u32 but, struct err *e)
{
	int err, ret = 0;
	__u32 i;

	for (i = 0; i < count && i < BED4_V6DEV_MAX; i++) {
		err = detach_xdp(devs[i], owner, but, e);
		ret = ret ? ret : err;
	}
	return ret;
}

static int detach_xdp_all(const struct bed4_made *made, const struct owner *owner, __u32 but, struct err *e)
{
	int old = detach_xdp_from(made->old_dev, made->old_count, owner, but, e);
	int v6 = detach_xdp_from(made->v6_dev, made->v6_count, owner, but, e);
	int under = detach_xdp_from(&made->underlay, 1, owner, but, e);

	return under ? under : v6 ? v6 : old;
}

/*
 * The kernel drops what XDP redirects to a device that cannot take it: better not to begin. Asked when
 * all programs are in place, for some drivers can do it only then.
 */
static int check_redirects(const struct fastpath *fp, struct err *e)
{
	unsigned int devs[DEVS_MAX], i, n = fastpath_xdp_devices(&fp->config, devs);
	char name[IF_NAMESIZE] = "?";

	if (fp->mode != BED4_MODE_NATIVE || fp->config.role == BED4_ROLE_PEER)
		return 0;
	for (i = 0; i < n; i++) {
		if (device_takes_redirects(devs[i], fp->xdp->rodata->cfg_frags))
			continue;
		if_indextoname(devs[i], name);
		return err_set(e, -EOPNOTSUPP, "%s cannot send what XDP redirects to it%s: %s, or use --fast-path "
					       "generic or tc", name,
			       device_takes_redirects(devs[i], false) ? " in frames larger than Ethernet's" : "",
			       device_is_veth(devs[i]) ? "`ethtool -K DEV gro on` on its far end" :
							 "try an MTU of 1500");
	}
	return 0;
}

static int attach_xdp_all(struct fastpath *fp, struct bed4_info *info, struct err *e)
{
	unsigned int devs[DEVS_MAX], i, n = fastpath_xdp_devices(&fp->config, devs);
	int err = 0;

	for (i = 0; !err && i < n; i++) {
		if (fp->prog)
			err = attach_xdp(fp->prog, devs[i], fp->mode, &fp->owner, e);
		else
			err = attach_xdp_alone(bpf_program__fd(fp->xdp->progs.bed4_xdp), devs[i], fp->mode,
					       &fp->owner, e);
	}
	info->made.xdp_id = err ? 0 : program_id(fp->prog ? xdp_program__fd(fp->prog) :
							     bpf_program__fd(fp->xdp->progs.bed4_xdp));
	return err ? err : check_redirects(fp, e);
}

static int attach_tc_all(struct fastpath *fp, const struct bed4_info *info, struct err *e)
{
	int err = attach_tc(info->made.tun, BPF_TC_EGRESS, bpf_program__fd(fp->tc->progs.bed4_tc_out),
			    &fp->owner, e);

	if (err)
		return err;
	return attach_tc(info->made.underlay, BPF_TC_INGRESS, bpf_program__fd(fp->tc->progs.bed4_tc_in),
			 &fp->owner, e);
}

static int detach_tc_all(const struct bed4_made *made, const struct owner *owner, struct err *e)
{
	int in = detach_tc(made->underlay, BPF_TC_INGRESS, owner, made->made_clsact, e);
	int out = detach_tc(made->tun, BPF_TC_EGRESS, owner, made->made_tun_clsact, e);

	return in ? in : out;
}

/* What is about to be made, beside what an earlier load has made and left. */
static void fill_info(const struct fastpath *fp, struct bed4_info *info)
{
	const struct fastpath_config *c = &fp->config;
	struct bed4_made *m = &info->made;
	bool tc = fp->mode != BED4_MODE_OFF;

	m->old_count = m->v6_count;
	memcpy(m->old_dev, m->v6_dev, sizeof(m->old_dev));
	m->underlay = c->underlay;
	m->tun = c->tun;
	m->v6_count = c->v6_count;
	memcpy(m->v6_dev, c->v6_dev, sizeof(m->v6_dev));
	info->forward = c->forward;
	info->account = c->account;
	info->neigh_max = c->neigh_max;
	m->made_clsact |= tc && !rtnl_has_clsact(c->underlay);
	m->made_tun_clsact |= tc && !rtnl_has_clsact(c->tun);
	m->tc_in_id = tc ? program_id(bpf_program__fd(fp->tc->progs.bed4_tc_in)) : 0;
	m->tc_out_id = tc ? program_id(bpf_program__fd(fp->tc->progs.bed4_tc_out)) : 0;
}

/* `auto` tried native XDP in vain: TC does not need the driver's help. */
static void fall_back_to_tc(struct fastpath *fp, struct bed4_info *info, char *notice, size_t size,
			    const struct err *e)
{
	snprintf(notice, size, "%s; using TC instead", e->text);
	fp->mode = BED4_MODE_TC;
	info->made.xdp_id = 0;
}

/* One more sentence in a line for the operator. */
__attribute__((format(printf, 3, 4))) static void note(char *line, size_t size, const char *fmt, ...)
{
	size_t used = strlen(line);
	va_list ap;

	if (used && used < size)
		used += (size_t)snprintf(line + used, size - used, "; ");
	if (used >= size)
		return;
	va_start(ap, fmt);
	vsnprintf(line + used, size - used, fmt, ap);
	va_end(ap);
}

/* What is worth knowing about the mode in effect, behind what @line says already. */
static void add_notices(const struct fastpath *fp, char *line, size_t size)
{
	unsigned int devs[DEVS_MAX], i, n = fastpath_xdp_devices(&fp->config, devs);
	char name[IF_NAMESIZE] = "?";

	if (fp->mode != BED4_MODE_NATIVE && fp->mode != BED4_MODE_GENERIC)
		return;
	if (fp->mode == BED4_MODE_GENERIC)
		note(line, size, "generic XDP: correct everywhere, but slower than native or TC");
	for (i = 0; i < n; i++) {
		if_indextoname(devs[i], name);
		if (device_hides_vlan(devs[i]))
			note(line, size, "%s hides VLAN tags from XDP: if there are VLANs, `ethtool -K %s rxvlan off`",
			     name, name);
	}
	if (fp->xdp->rodata->cfg_unfinished)
		note(line, size, "segments that a veth's far end sends without a checksum go through the daemon: "
				 "`ethtool -K DEV tx off` there makes them fast");
}

/* What an earlier load had attached and this one has not replaced. */
static int sweep(const struct fastpath *fp, struct bed4_info *info, struct err *e)
{
	const struct bed4_made none = { .underlay = info->made.underlay, .tun = info->made.tun };
	int err = detach_xdp_all(&info->made, &fp->owner, info->made.xdp_id, e);

	if (!err && fp->mode == BED4_MODE_OFF)
		err = detach_tc_all(&none, &fp->owner, e);
	info->made.old_count = 0;
	return err;
}

int fastpath_attach(struct fastpath *fp, struct bed4_info *info, char *notice, size_t size,
		    struct err *e)
{
	bool xdp = fp->mode == BED4_MODE_NATIVE || fp->mode == BED4_MODE_GENERIC, tc_in = false;
	int err;

	snprintf(notice, size, "%s", "");
	info->mode = fp->mode;
	if (fastpath_is_bare(fp))
		return 0;
	fill_info(fp, info);
	err = fastpath_set_info(fp, info);
	if (!err && fp->mode != BED4_MODE_OFF) {
		err = attach_tc_all(fp, info, e);
		tc_in = !err;
	}
	if (!err && xdp)
		err = attach_xdp_all(fp, info, e);
	if (err && tc_in && fp->config.mode == BED4_MODE_AUTO) {
		fall_back_to_tc(fp, info, notice, size, e);
		err = 0;
	}
	info->mode = fp->mode;
	if (!err)
		err = sweep(fp, info, e);
	if (!err)
		add_notices(fp, notice, size);
	return err ? err : fastpath_set_info(fp, info);
}

int fastpath_detach(const struct bed4_made *made, int self_fd, const char *pin_dir, struct err *e)
{
	struct owner owner;
	int xdp, tc;

	fastpath_set_up_libraries(pin_dir);
	owner_init(&owner, self_fd, made);
	xdp = detach_xdp_all(made, &owner, 0, e);
	tc = detach_tc_all(made, &owner, e);
	return xdp ? xdp : tc;
}
