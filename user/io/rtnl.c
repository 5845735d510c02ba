// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Links, addresses and routes by rtnetlink; see rtnl.h. Proved by selftests/net and, for messages that no
 * kernel sends, selftests/fuzz/fuzz_netlink.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_addrlabel.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "io/nl.h"
#include "io/rtnl.h"

#define REQUEST_LEN 1024
#define FOREVER	    0xffffffffu

/* Of our rules: before the main table's 32766; the service's port number, to be recognised. */
#define RULE_PRIORITY	 25788
#define LABEL		 25788 /* any that the default table does not use */
#define BED4_V6DEV_RULES 64 /* more than there can be */

/* The netlink flavour of "one of ours": protocol number of routes that we add. */
#define ROUTE_PROTOCOL RTPROT_STATIC

static struct nlmsghdr *request(char *buf, int type, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = (uint16_t)type;
	nlh->nlmsg_flags = (uint16_t)flags;
	return nlh;
}

static struct ifinfomsg *put_link(struct nlmsghdr *nlh, unsigned int ifindex)
{
	struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));

	ifm->ifi_family = AF_UNSPEC;
	ifm->ifi_index = (int)ifindex;
	return ifm;
}

static int link_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifinfomsg *ifm = nl_head(nlh, sizeof(*ifm));
	struct rtnl_link *link = arg;
	const struct nlattr *attr;
	__u32 watchers = 0;

	if (!ifm)
		return MNL_CB_OK;
	link->ifindex = (unsigned int)ifm->ifi_index;
	link->running = ifm->ifi_flags & IFF_RUNNING;
	mnl_attr_for_each(attr, nlh, sizeof(*ifm)) {
		if (mnl_attr_get_type(attr) == IFLA_MTU)
			nl_get(attr, &link->mtu, sizeof(link->mtu));
		if (mnl_attr_get_type(attr) == IFLA_PROMISCUITY)
			nl_get(attr, &watchers, sizeof(watchers));
	}
	link->watched = watchers;
	return MNL_CB_OK;
}

int rtnl_link_get(const char *name, struct rtnl_link *link)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETLINK, 0);

	memset(link, 0, sizeof(*link));
	strncpy(link->name, name, sizeof(link->name) - 1);
	put_link(nlh, 0);
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return nl_talk(nlh, link_cb, link);
}

static int link_up(unsigned int ifindex)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_NEWLINK, 0);
	struct ifinfomsg *ifm = put_link(nlh, ifindex);

	ifm->ifi_flags = ifm->ifi_change = IFF_UP;
	return nl_talk(nlh, NULL, NULL);
}

/* Two requests: in one, the kernel would bring the link up, and make an address, first. */
int rtnl_link_setup(unsigned int ifindex, unsigned int mtu)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_NEWLINK, 0);
	struct nlattr *spec, *inet6;
	int err;

	put_link(nlh, ifindex);
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	inet6 = mnl_attr_nest_start(nlh, AF_INET6);
	mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(nlh, inet6);
	mnl_attr_nest_end(nlh, spec);
	err = nl_talk(nlh, NULL, NULL);
	return err ? err : link_up(ifindex);
}

/*
 * Lets bpf_fib_lookup() find IPv4 next hops as if from this device, though the machine forwards no
 * IPv4: the flag counts for packets that come in by the TUN, and none ever does as IPv4.
 */
int rtnl_link_forward4(unsigned int ifindex)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_NEWLINK, 0);
	struct nlattr *spec, *inet, *conf;

	put_link(nlh, ifindex);
	spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	inet = mnl_attr_nest_start(nlh, AF_INET);
	conf = mnl_attr_nest_start(nlh, IFLA_INET_CONF);
	mnl_attr_put_u32(nlh, IPV4_DEVCONF_FORWARDING, 1);
	mnl_attr_nest_end(nlh, conf);
	mnl_attr_nest_end(nlh, inet);
	mnl_attr_nest_end(nlh, spec);
	return nl_talk(nlh, NULL, NULL);
}

int rtnl_link_del(unsigned int ifindex)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_DELLINK, 0);

	put_link(nlh, ifindex);
	return nl_talk(nlh, NULL, NULL);
}

struct addr4_walk {
	unsigned int ifindex; /* 0: all */
	__be32 *addrs;
	unsigned int count, max;
	bool primary_only;
};

static void keep(struct addr4_walk *w, __be32 addr)
{
	unsigned int i;

	for (i = 0; i < w->count; i++) {
		if (w->addrs[i] == addr)
			return;
	}
	if (w->count < w->max)
		w->addrs[w->count++] = addr;
}

/* A directed broadcast is one whether or not somebody configured it as such. */
static void keep_broadcast(struct addr4_walk *w, __be32 addr, unsigned int len)
{
	if (len && len < 31)
		keep(w, addr | BED4_HTONL(0xffffffffu >> len));
}

static int addr4_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifaddrmsg *ifa = nl_head(nlh, sizeof(*ifa));
	struct addr4_walk *w = arg;
	const struct nlattr *attr;
	__be32 addr;

	if (!ifa || ifa->ifa_family != AF_INET || (w->ifindex && ifa->ifa_index != w->ifindex) ||
	    (w->primary_only && ifa->ifa_flags & IFA_F_SECONDARY))
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		int type = mnl_attr_get_type(attr);

		if (!nl_get(attr, &addr, sizeof(addr)))
			continue;
		if (type == IFA_LOCAL || (type == IFA_BROADCAST && !w->primary_only))
			keep(w, addr);
		if (type == IFA_ADDRESS && !w->primary_only)
			keep_broadcast(w, addr, ifa->ifa_prefixlen);
	}
	return MNL_CB_OK;
}

static int dump_addr(int family, mnl_cb_t cb, void *arg)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));

	ifa->ifa_family = (unsigned char)family;
	return nl_talk(nlh, cb, arg);
}

int rtnl_addr4_primary(unsigned int ifindex, __be32 *addr)
{
	struct addr4_walk w = { .ifindex = ifindex, .addrs = addr, .max = 1, .primary_only = true };
	int err = dump_addr(AF_INET, addr4_cb, &w);

	return err ? err : w.count ? 0 : -EADDRNOTAVAIL;
}

struct addr4_search {
	__be32 addr;
	unsigned int found;
};

static int addr4_dev_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifaddrmsg *ifa = nl_head(nlh, sizeof(*ifa));
	struct addr4_search *search = arg;
	const struct nlattr *attr;
	__be32 addr;

	if (!ifa || ifa->ifa_family != AF_INET)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		if (mnl_attr_get_type(attr) == IFA_LOCAL && nl_get(attr, &addr, sizeof(addr)) &&
		    addr == search->addr && !search->found)
			search->found = ifa->ifa_index;
	}
	return MNL_CB_OK;
}

int rtnl_addr4_dev(__be32 addr, unsigned int *ifindex)
{
	struct addr4_search search = { .addr = addr };
	int err = dump_addr(AF_INET, addr4_dev_cb, &search);

	*ifindex = search.found;
	return err ? err : search.found ? 0 : -EADDRNOTAVAIL;
}

static int route4_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = nl_head(nlh, sizeof(*rtm));
	const struct nlattr *attr;

	if (!rtm || rtm->rtm_family != AF_INET)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		if (mnl_attr_get_type(attr) == RTA_OIF)
			nl_get(attr, arg, sizeof(__u32));
	}
	return MNL_CB_OK;
}

int rtnl_route4_dev(__be32 to, unsigned int *ifindex)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETROUTE, 0);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	__u32 oif = 0;
	int err;

	rtm->rtm_family = AF_INET;
	rtm->rtm_dst_len = 32;
	mnl_attr_put(nlh, RTA_DST, sizeof(to), &to);
	err = nl_talk(nlh, route4_cb, &oif);
	*ifindex = oif;
	return err ? err : oif ? 0 : -ENETUNREACH;
}

int rtnl_addr4_own(__be32 *addrs, unsigned int max)
{
	struct addr4_walk w = { .addrs = addrs, .max = max };
	int err = dump_addr(AF_INET, addr4_cb, &w);

	return err ? err : (int)w.count;
}

struct subnet4_walk {
	unsigned int ifindex;
	struct rtnl_subnet4 *subnets;
	unsigned int count, max;
};

static int subnet4_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifaddrmsg *ifa = nl_head(nlh, sizeof(*ifa));
	struct subnet4_walk *w = arg;
	const struct nlattr *attr;
	__be32 addr;

	if (!ifa || ifa->ifa_family != AF_INET || ifa->ifa_index != w->ifindex || ifa->ifa_prefixlen > 32)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		if (mnl_attr_get_type(attr) == IFA_ADDRESS && w->count < w->max &&
		    nl_get(attr, &addr, sizeof(addr)))
			w->subnets[w->count++] = (struct rtnl_subnet4){ addr, ifa->ifa_prefixlen };
	}
	return MNL_CB_OK;
}

int rtnl_subnets4(unsigned int ifindex, struct rtnl_subnet4 *subnets, unsigned int max)
{
	struct subnet4_walk w = { .ifindex = ifindex, .subnets = subnets, .max = max };
	int err = dump_addr(AF_INET, subnet4_cb, &w);

	return err ? err : (int)w.count;
}

static int addr6(unsigned int ifindex, const struct bed4_in6 *addr, int type, int flags,
		 const struct ifa_cacheinfo *ci)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, type, flags);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));

	ifa->ifa_family = AF_INET6;
	ifa->ifa_prefixlen = 64;
	ifa->ifa_flags = IFA_F_NODAD;
	ifa->ifa_index = ifindex;
	mnl_attr_put(nlh, IFA_LOCAL, sizeof(*addr), addr);
	if (ci)
		mnl_attr_put(nlh, IFA_CACHEINFO, sizeof(*ci), ci);
	return nl_talk(nlh, NULL, NULL);
}

int rtnl_addr6_set(unsigned int ifindex, const struct bed4_in6 *addr, bool deprecated)
{
	struct ifa_cacheinfo ci = { .ifa_prefered = deprecated ? 0 : FOREVER, .ifa_valid = FOREVER };

	return addr6(ifindex, addr, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &ci);
}

int rtnl_addr6_del(unsigned int ifindex, const struct bed4_in6 *addr)
{
	return addr6(ifindex, addr, RTM_DELADDR, 0, NULL);
}

struct addr6_search {
	unsigned int ifindex;
	const struct bed4_in6 *addr;
	bool found;
};

static int addr6_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifaddrmsg *ifa = nl_head(nlh, sizeof(*ifa));
	struct addr6_search *search = arg;
	const struct nlattr *attr;
	struct bed4_in6 addr;

	if (!ifa || ifa->ifa_family != AF_INET6 || ifa->ifa_index != search->ifindex)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		if (mnl_attr_get_type(attr) == IFA_ADDRESS && nl_get(attr, &addr, sizeof(addr)))
			search->found |= bed4_in6_eq(&addr, search->addr);
	}
	return MNL_CB_OK;
}

bool rtnl_addr6_is_on(unsigned int ifindex, const struct bed4_in6 *addr)
{
	struct addr6_search search = { .ifindex = ifindex, .addr = addr };

	return !dump_addr(AF_INET6, addr6_cb, &search) && search.found;
}

/* Begins a request about the default route through a device. */
static struct rtmsg *route6(char buf[REQUEST_LEN], unsigned int ifindex, int type, int flags)
{
	struct nlmsghdr *nlh = request(buf, type, flags);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	rtm->rtm_family = AF_INET6;
	rtm->rtm_table = RT_TABLE_MAIN;
	rtm->rtm_protocol = ROUTE_PROTOCOL;
	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	rtm->rtm_type = RTN_UNICAST;
	mnl_attr_put_u32(nlh, RTA_OIF, ifindex);
	return rtm;
}

static int default6(unsigned int ifindex, int type, int flags)
{
	char buf[REQUEST_LEN] = {};

	route6(buf, ifindex, type, flags);
	return nl_talk((struct nlmsghdr *)(void *)buf, NULL, NULL);
}

/* A routing table of the device's own. */
#define PLAN_TABLE 0x6bed4000u

static void put_plan(struct nlmsghdr *nlh, int attr, __u16 plan)
{
	struct bed4_in6 dst = { .h = { BED4_HTONS(plan) } };

	mnl_attr_put(nlh, (uint16_t)attr, sizeof(dst), &dst);
}

static int plan_route(unsigned int ifindex, __u16 plan, bool own_table, int type, int flags)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = (void *)buf;
	struct rtmsg *rtm = route6(buf, ifindex, type, flags);

	rtm->rtm_dst_len = 16;
	put_plan(nlh, RTA_DST, plan);
	if (own_table) {
		rtm->rtm_table = RT_TABLE_UNSPEC;
		mnl_attr_put_u32(nlh, RTA_TABLE, PLAN_TABLE + ifindex);
	}
	return nl_talk(nlh, NULL, NULL);
}

/* For what this machine sends ("lo") from @src; what is forwarded with that source is forged. */
static int plan_rule(unsigned int ifindex, __u16 plan, const struct bed4_in6 *src, int type, int flags)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, type, flags);
	struct fib_rule_hdr *rule = mnl_nlmsg_put_extra_header(nlh, sizeof(*rule));

	rule->family = AF_INET6;
	rule->src_len = 128;
	rule->dst_len = 16;
	rule->action = FR_ACT_TO_TBL;
	mnl_attr_put(nlh, FRA_SRC, sizeof(*src), src);
	put_plan(nlh, FRA_DST, plan);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, RULE_PRIORITY);
	mnl_attr_put_strz(nlh, FRA_IIFNAME, "lo");
	mnl_attr_put_u32(nlh, FRA_TABLE, PLAN_TABLE + ifindex);
	return nl_talk(nlh, NULL, NULL);
}

int rtnl_plan_add(unsigned int ifindex, __u16 plan, const struct bed4_in6 *src)
{
	const int flags = NLM_F_CREATE | NLM_F_EXCL;
	int err = plan_route(ifindex, plan, src, RTM_NEWROUTE, flags);

	if ((!err || err == -EEXIST) && src)
		err = plan_rule(ifindex, plan, src, RTM_NEWRULE, flags);
	return err == -EEXIST ? 0 : err;
}

int rtnl_plan_del(unsigned int ifindex, __u16 plan, const struct bed4_in6 *src)
{
	int rule = src ? plan_rule(ifindex, plan, src, RTM_DELRULE, 0) : 0;
	int err = plan_route(ifindex, plan, src, RTM_DELROUTE, 0);

	err = rule && rule != -ENOENT ? rule : err;
	return err == -ESRCH || err == -ENODEV ? 0 : err;
}

int rtnl_default6_add(unsigned int ifindex)
{
	return default6(ifindex, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
}

int rtnl_default6_del(unsigned int ifindex)
{
	return default6(ifindex, RTM_DELROUTE, 0);
}

struct default_walk {
	unsigned int except, found;
	__u32 metric;
};

static int default_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = nl_head(nlh, sizeof(*rtm));
	struct default_walk *w = arg;
	const struct nlattr *attr;
	__u32 oif = 0, metric = 0;

	if (!rtm || rtm->rtm_family != AF_INET6 || rtm->rtm_dst_len || rtm->rtm_table != RT_TABLE_MAIN ||
	    rtm->rtm_type != RTN_UNICAST)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		if (mnl_attr_get_type(attr) == RTA_OIF)
			nl_get(attr, &oif, sizeof(oif));
		else if (mnl_attr_get_type(attr) == RTA_PRIORITY)
			nl_get(attr, &metric, sizeof(metric));
	}
	if (oif && oif != w->except && (!w->found || metric < w->metric)) {
		w->found = oif;
		w->metric = metric;
	}
	return MNL_CB_OK;
}

int rtnl_default6_dev(unsigned int except, unsigned int *ifindex)
{
	struct default_walk w = { .except = except };
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	int err;

	rtm->rtm_family = AF_INET6;
	err = nl_talk(nlh, default_cb, &w);
	if (err)
		return err;
	*ifindex = w.found;
	return w.found ? 0 : -ENOENT;
}

static int spoof_rule(const char *iif, const struct bed4_in6 *prefix, int type, int flags)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, type, flags);
	struct fib_rule_hdr *rule = mnl_nlmsg_put_extra_header(nlh, sizeof(*rule));

	rule->family = AF_INET6;
	rule->src_len = 64;
	rule->action = FR_ACT_BLACKHOLE;
	mnl_attr_put(nlh, FRA_SRC, sizeof(*prefix), prefix);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, RULE_PRIORITY);
	if (iif)
		mnl_attr_put_strz(nlh, FRA_IIFNAME, iif);
	return nl_talk(nlh, NULL, NULL);
}

int rtnl_spoof_rule_add(const char *iif, const struct bed4_in6 *prefix)
{
	int err = spoof_rule(iif, prefix, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);

	return err == -EEXIST ? 0 : err;
}

int rtnl_spoof_rules_del(const struct bed4_in6 *prefix)
{
	int err, left = BED4_V6DEV_RULES;

	do
		err = spoof_rule(NULL, prefix, RTM_DELRULE, 0);
	while (!err && --left);
	return err == -ENOENT ? 0 : err;
}

static int label(const struct bed4_in6 *prefix, int type, int flags)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, type, flags);
	struct ifaddrlblmsg *ifal = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifal));
	struct bed4_in6 addr = *prefix;

	addr.w[2] = addr.w[3] = 0;
	ifal->ifal_family = AF_INET6;
	ifal->ifal_prefixlen = 64;
	mnl_attr_put(nlh, IFAL_ADDRESS, sizeof(addr), &addr);
	mnl_attr_put_u32(nlh, IFAL_LABEL, LABEL);
	return nl_talk(nlh, NULL, NULL);
}

int rtnl_label_add(const struct bed4_in6 *prefix)
{
	return label(prefix, RTM_NEWADDRLABEL, NLM_F_CREATE | NLM_F_EXCL);
}

int rtnl_label_del(const struct bed4_in6 *prefix)
{
	return label(prefix, RTM_DELADDRLABEL, 0);
}

static int is_clsact(const struct nlmsghdr *nlh, void *arg)
{
	static const char clsact[] = "clsact";
	const struct tcmsg *tcm = nl_head(nlh, sizeof(*tcm));
	char kind[sizeof(clsact)];
	const struct nlattr *attr;

	if (!tcm || nlh->nlmsg_type != RTM_NEWQDISC || tcm->tcm_ifindex != ((int *)arg)[0])
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_KIND && nl_get(attr, kind, sizeof(kind)) &&
		    !memcmp(kind, clsact, sizeof(kind)))
			((int *)arg)[1] = 1;
	}
	return MNL_CB_OK;
}

static void put_tc(struct nlmsghdr *nlh, unsigned int ifindex, __u32 parent)
{
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));

	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = parent;
}

bool rtnl_has_clsact(unsigned int ifindex)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETQDISC, NLM_F_DUMP);
	int found[2] = { (int)ifindex, 0 };

	put_tc(nlh, ifindex, 0);
	return !nl_talk(nlh, is_clsact, found) && found[1];
}

static int count_filter(const struct nlmsghdr *nlh, void *arg)
{
	if (nlh->nlmsg_type == RTM_NEWTFILTER)
		++*(unsigned int *)arg;
	return MNL_CB_OK;
}

int rtnl_filters(unsigned int ifindex, __u32 parent, unsigned int *n)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETTFILTER, NLM_F_DUMP);

	put_tc(nlh, ifindex, parent);
	return nl_talk(nlh, count_filter, n);
}

int rtnl_monitor(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK,
				    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (bind(fd, (void *)&addr, sizeof(addr))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* What happened does not matter: whoever listens looks at the present state. */
void rtnl_drain(int fd)
{
	char buf[8192];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		errno = 0;
}
