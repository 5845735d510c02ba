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

/* Ours among the filters of a hook; behind those of others, who may thus drop before us. */
#define TC_HANDLE   0x6bed4
#define TC_PRIORITY 25788

static const char *side(enum bpf_tc_attach_point point)
{
	return point == BPF_TC_INGRESS ? "ingress" : "egress";
}

/* The program of the filter that has our handle and priority; 0: there is none. */
static __u32 filter_at(const struct bpf_tc_hook *hook)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY);

	return bpf_tc_query(hook, &opts) ? 0 : opts.prog_id;
}

bool tc_is_ours(unsigned int ifindex, enum bpf_tc_attach_point point, const struct owner *owner)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);

	return owner_has(owner, filter_at(&hook));
}

int attach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, int prog_fd, const struct owner *owner,
	      struct err *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY,
		    .prog_fd = prog_fd);
	char name[IF_NAMESIZE] = "?";
	int err;

	if_indextoname(ifindex, name);
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err_set(e, err, "cannot add a clsact qdisc to %s: %s; is sch_ingress available?",
			       name, strerror(-err));
	if (owner_has(owner, filter_at(&hook)))
		opts.flags = BPF_TC_F_REPLACE;
	err = bpf_tc_attach(&hook, &opts);
	if (!err)
		return 0;
	return err_set(e, err, "cannot attach the TC program to %s: %s; see `tc filter show dev %s %s`",
		       name, strerror(-err), name, side(point));
}

static void remove_clsact(unsigned int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	unsigned int others = 0;

	if (rtnl_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), &others) ||
	    rtnl_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), &others) || others)
		return;
	bpf_tc_hook_destroy(&hook);
}

int detach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, const struct owner *owner, bool made,
	      struct err *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY);
	char name[IF_NAMESIZE];
	int err = 0;

	if (!if_indextoname(ifindex, name))
		return 0;
	if (owner_has(owner, filter_at(&hook)))
		err = bpf_tc_detach(&hook, &opts);
	if (made)
		remove_clsact(ifindex);
	if (!err || err == -ENOENT)
		return 0;
	return err_set(e, err, "cannot detach the TC program from %s: %s; try `tc filter del dev %s %s`",
		       name, strerror(-err), name, side(point));
}
