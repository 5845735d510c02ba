// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TC programs on devices, as filters of a clsact qdisc: works on every kernel that we support, and
 * `tc filter show` tells operators about it. Must not know what a program does. Proved by
 * selftests/net.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include <bpf/bpf.h>

#include "io/attach.h"

/* Ours among the filters of a hook; behind those of others, who may thus drop before us. */
#define TC_HANDLE   0x6bed4
#define TC_PRIORITY 25788

static int program_id(int prog_fd, __u32 *id)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(prog_fd, &info, &len);

	*id = info.id;
	return err ? -errno : 0;
}

int attach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, int prog_fd, bool *made,
	      __u32 *id, struct err *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY,
		    .prog_fd = prog_fd);
	char name[IF_NAMESIZE] = "?";
	int err;

	if_indextoname(ifindex, name);
	*made = false;
	err = bpf_tc_hook_create(&hook);
	if (err && err != -EEXIST)
		return err_set(e, err, "cannot add a clsact qdisc to %s: %s; is sch_ingress available?",
			       name, strerror(-err));
	*made = !err;
	err = bpf_tc_attach(&hook, &opts);
	if (!err)
		err = program_id(prog_fd, id);
	if (!err)
		return 0;
	detach_tc(ifindex, point, 0, *made, NULL);
	return err_set(e, err, "cannot attach the TC program to %s: %s; see `tc filter show dev %s %s`",
		       name, strerror(-err), name, point == BPF_TC_INGRESS ? "ingress" : "egress");
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
	char buf[32768]; /* what the kernel fills per dump message */
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	struct tcmsg *tcm;
	ssize_t len;
	int ret = 1;

	if (!nl)
		return -errno;
	nlh->nlmsg_type = RTM_GETTFILTER;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = parent;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		ret = -1;
	while (ret > 0) {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		ret = len < 0 ? -1 : mnl_cb_run(buf, len, 0, 0, count_filter, n);
	}
	if (ret < 0)
		ret = -errno;
	mnl_socket_close(nl);
	return ret;
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

int detach_tc(unsigned int ifindex, enum bpf_tc_attach_point point, __u32 id, bool made,
	      struct err *e)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE, .priority = TC_PRIORITY);
	char name[IF_NAMESIZE];
	int err;

	if (!if_indextoname(ifindex, name))
		return 0;
	err = bpf_tc_query(&hook, &opts);
	if (!err && opts.prog_id == id) {
		opts.prog_fd = 0;
		opts.flags = opts.prog_id = 0;
		err = bpf_tc_detach(&hook, &opts);
	} else {
		err = 0;
	}
	if (made)
		remove_clsact(ifindex);
	if (!err || err == -ENOENT)
		return 0;
	return err_set(e, err, "cannot detach the TC program from %s: %s; try `tc filter del dev %s %s`",
		       name, strerror(-err), name, point == BPF_TC_INGRESS ? "ingress" : "egress");
}
