// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TC programs on devices, as filters of a clsact qdisc: works on every kernel that we support, and
 * `tc filter show` tells operators about it. Must not know what a program does. Proved by
 * selftests/net.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "io/attach.h"
#include "io/nl.h"

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

static int is_clsact(const struct nlmsghdr *nlh, void *arg)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (nlh->nlmsg_type != RTM_NEWQDISC || tcm->tcm_ifindex != ((int *)arg)[0])
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_KIND && !mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) &&
		    !strcmp(mnl_attr_get_str(attr), "clsact"))
			((int *)arg)[1] = 1;
	}
	return MNL_CB_OK;
}

bool tc_has_clsact(unsigned int ifindex)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int found[2] = { (int)ifindex, 0 };
	struct tcmsg *tcm;

	nlh->nlmsg_type = RTM_GETQDISC;
	nlh->nlmsg_flags = NLM_F_DUMP;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = (int)ifindex;
	return !nl_talk(nlh, is_clsact, found) && found[1];
}

static int count_filter(const struct nlmsghdr *nlh, void *arg)
{
	if (nlh->nlmsg_type == RTM_NEWTFILTER)
		++*(unsigned int *)arg;
	return MNL_CB_OK;
}

/* Filters at one end of clsact, whoever's; -errno when the kernel does not tell. */
static int count_filters(unsigned int ifindex, __u32 parent, unsigned int *n)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *tcm;

	nlh->nlmsg_type = RTM_GETTFILTER;
	nlh->nlmsg_flags = NLM_F_DUMP;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = parent;
	return nl_talk(nlh, count_filter, n);
}

static void remove_clsact(unsigned int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	unsigned int others = 0;

	if (count_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), &others) ||
	    count_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS), &others) || others)
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
