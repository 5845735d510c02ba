// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TC programs on devices, as filters of a clsact qdisc: works on every kernel that we support, and
 * `tc filter show` tells operators about it. Must not know what a program does. Proved by
 * selftests/net.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "io/attach.h"
#include "io/rtnl.h"

#define TC_HANDLE 0x6bed4 /* ours among the filters of a hook */

static const char *side(enum bpf_tc_attach_point point)
{
	return point == BPF_TC_INGRESS ? "ingress" : "egress";
}

/* Is the filter with our handle and priority ours? 1; 0: it is not, or there is none; -errno. */
static int has_ours(const struct bpf_tc_hook *hook, const struct owner *owner)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY);
	int err = bpf_tc_query(hook, &opts);

	if (err)
		return err == -ENOENT || err == -EINVAL || err == -ENODEV ? 0 : err; /* EINVAL: no clsact */
	return owner_has(owner, opts.prog_id);
}

bool tc_is_ours(unsigned int ifindex, enum bpf_tc_attach_point point, const struct owner *owner)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);

	return has_ours(&hook, owner) > 0;
}

int attach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, int prog_fd, const struct owner *owner,
	      struct err *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY,
		    .prog_fd = prog_fd);
	char name[IF_NAMESIZE] = "?";
	int err, ours;

	if_indextoname(ifindex, name);
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err_set(e, err, "cannot add a clsact qdisc to %s: %s; is sch_ingress available?",
			       name, strerror(-err));
	ours = has_ours(&hook, owner);
	if (ours > 0)
		opts.flags = BPF_TC_F_REPLACE;
	err = ours < 0 ? ours : bpf_tc_attach(&hook, &opts);
	if (!err)
		return 0;
	return err_set(e, err, "cannot attach the TC program to %s: %s; see `tc filter show dev %s %s`",
		       name, strerror(-err), name, side(point));
}

/* Unless somebody's filters are in it. */
static int remove_clsact(unsigned int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	unsigned int others = 0;
	int err = rtnl_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), &others);

	if (!err)
		err = rtnl_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), &others);
	if (!err && !others)
		err = bpf_tc_hook_destroy(&hook);
	return err == -EINVAL ? 0 : err; /* there is no clsact */
}

int detach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, const struct owner *owner, bool made,
	      struct err *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY);
	int err = has_ours(&hook, owner), ret = 0;
	char name[IF_NAMESIZE] = "?";

	if (err > 0)
		err = bpf_tc_detach(&hook, &opts);
	if (made)
		ret = remove_clsact(ifindex);
	err = err ? err : ret;
	if (!err || err == -ENOENT || err == -ENODEV)
		return 0;
	if_indextoname(ifindex, name);
	return err_set(e, err, "cannot detach the TC program from %s: %s; try `tc filter del dev %s %s`",
		       name, strerror(-err), name, side(point));
}
