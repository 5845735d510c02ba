// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Looking at this network namespace; see look.h. Must not know what is good or bad. Proved by
 * selftests/net/test_doctor.sh.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addrlabel.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/look.h"
#include "io/nl.h"

#define REQUEST_LEN 256
#define NETNS_DIR   "/run/netns"

static struct nlmsghdr *request(char *buf, int type, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = (uint16_t)type;
	nlh->nlmsg_flags = (uint16_t)flags;
	return nlh;
}

static void get_text(const struct nlattr *attr, char *buf, size_t size)
{
	size_t n = mnl_attr_get_payload_len(attr);

	n = n < size ? n : size - 1;
	memcpy(buf, mnl_attr_get_payload(attr), n);
	buf[n] = 0;
}

/* --- links ------------------------------------------------------------------------------------- */

struct link_walk {
	struct look_link *links;
	unsigned int count, room;
};

static void get_kind(const struct nlattr *info, struct look_link *l)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			get_text(attr, l->kind, sizeof(l->kind));
	}
}

static void get_link(const struct nlmsghdr *nlh, const struct ifinfomsg *ifm, struct look_link *l)
{
	const struct nlattr *attr;

	*l = (struct look_link){ .ifindex = (unsigned int)ifm->ifi_index, .netnsid = -1,
				 .up = ifm->ifi_flags & IFF_UP, .running = ifm->ifi_flags & IFF_RUNNING };
	mnl_attr_for_each(attr, nlh, sizeof(*ifm)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_IFNAME:
			get_text(attr, l->name, sizeof(l->name));
			break;
		case IFLA_MTU:
			nl_get(attr, &l->mtu, sizeof(l->mtu));
			break;
		case IFLA_MASTER:
			nl_get(attr, &l->master, sizeof(l->master));
			break;
		case IFLA_LINK:
			nl_get(attr, &l->lower, sizeof(l->lower));
			break;
		case IFLA_LINK_NETNSID:
			nl_get(attr, &l->netnsid, sizeof(l->netnsid));
			break;
		case IFLA_LINKINFO:
			get_kind(attr, l);
			break;
		default:
			break;
		}
	}
}

static int link_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifinfomsg *ifm = nl_head(nlh, sizeof(*ifm));
	struct link_walk *w = arg;
	struct look_link *more;

	if (!ifm || nlh->nlmsg_type != RTM_NEWLINK || w->count == LOOK_LINKS_MAX)
		return MNL_CB_OK;
	if (w->count == w->room) {
		more = realloc(w->links, (w->room + 64) * sizeof(*more));
		if (!more) {
			errno = ENOMEM;
			return MNL_CB_ERROR;
		}
		w->links = more;
		w->room += 64;
	}
	get_link(nlh, ifm, &w->links[w->count++]);
	return MNL_CB_OK;
}

int look_links(struct look_link **links)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));
	struct link_walk w = {};
	int err;

	ifm->ifi_family = AF_UNSPEC;
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	err = nl_talk(nlh, link_cb, &w);
	if (err) {
		free(w.links);
		w.links = NULL;
	}
	*links = w.links;
	return err ? err : (int)w.count;
}

/* --- routes ------------------------------------------------------------------------------------ */

static void get_gateway(const struct nlattr *attr, struct look_route *r)
{
	__be32 addr;

	if (nl_get(attr, &addr, sizeof(addr))) {
		r->gateway = bed4_mapped(addr);
		r->via = true;
	} else if (nl_get(attr, &r->gateway, sizeof(r->gateway))) {
		r->via = true;
	}
}

/* The first next hop of several, inside of RTA_MULTIPATH. */
static void get_multipath(const struct nlattr *attr, struct look_route *r)
{
	struct rtnexthop nh;

	if (mnl_attr_get_payload_len(attr) < sizeof(nh))
		return;
	memcpy(&nh, mnl_attr_get_payload(attr), sizeof(nh));
	r->oif = (unsigned int)nh.rtnh_ifindex;
}

static bool get_route(const struct nlmsghdr *nlh, struct look_route *r)
{
	const struct rtmsg *rtm = nl_head(nlh, sizeof(*rtm));
	const struct nlattr *attr;

	memset(r, 0, sizeof(*r));
	if (!rtm || nlh->nlmsg_type != RTM_NEWROUTE)
		return false;
	r->protocol = rtm->rtm_protocol;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_OIF:
			nl_get(attr, &r->oif, sizeof(r->oif));
			break;
		case RTA_GATEWAY:
			get_gateway(attr, r);
			break;
		case RTA_PRIORITY:
			nl_get(attr, &r->metric, sizeof(r->metric));
			break;
		case RTA_MULTIPATH:
			get_multipath(attr, r);
			break;
		default:
			break;
		}
	}
	return true;
}

static int one_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct look_route r;

	if (get_route(nlh, &r))
		*(struct look_route *)arg = r;
	return MNL_CB_OK;
}

static int look_route(int family, const void *dst, size_t size, struct look_route *r)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETROUTE, 0);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));

	memset(r, 0, sizeof(*r));
	rtm->rtm_family = (unsigned char)family;
	rtm->rtm_dst_len = (unsigned char)(8 * size);
	mnl_attr_put(nlh, RTA_DST, size, dst);
	return nl_talk(nlh, one_cb, r);
}

int look_route4(__be32 dst, struct look_route *r)
{
	return look_route(AF_INET, &dst, sizeof(dst), r);
}

int look_route6(const struct bed4_in6 *dst, struct look_route *r)
{
	return look_route(AF_INET6, dst, sizeof(*dst), r);
}

struct default_walk {
	int family;
	struct look_route *routes;
	unsigned int count, max;
};

static int default_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = nl_head(nlh, sizeof(*rtm));
	struct default_walk *w = arg;

	if (!rtm || rtm->rtm_family != w->family || rtm->rtm_dst_len || rtm->rtm_type != RTN_UNICAST ||
	    rtm->rtm_table != RT_TABLE_MAIN || w->count == w->max)
		return MNL_CB_OK;
	if (get_route(nlh, &w->routes[w->count]))
		w->count++;
	return MNL_CB_OK;
}

int look_defaults(int family, struct look_route *r, unsigned int max)
{
	struct default_walk w = { .family = family, .routes = r, .max = max };
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	int err;

	rtm->rtm_family = (unsigned char)family;
	err = nl_talk(nlh, default_cb, &w);
	return err ? err : (int)w.count;
}

/* --- address labels ---------------------------------------------------------------------------- */

struct label_search {
	struct bed4_in6 prefix;
	int found;
};

static int label_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifaddrlblmsg *ifal = nl_head(nlh, sizeof(*ifal));
	struct label_search *s = arg;
	const struct nlattr *attr;
	struct bed4_in6 addr;

	if (!ifal || ifal->ifal_prefixlen != 64)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(*ifal)) {
		if (mnl_attr_get_type(attr) == IFAL_ADDRESS && nl_get(attr, &addr, sizeof(addr)))
			s->found |= bed4_same_prefix(&addr, &s->prefix);
	}
	return MNL_CB_OK;
}

int look_label(const struct bed4_in6 *prefix)
{
	struct label_search s = { .prefix = *prefix };
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETADDRLABEL, NLM_F_DUMP);
	struct ifaddrlblmsg *ifal = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifal));
	int err;

	ifal->ifal_family = AF_INET6;
	err = nl_talk(nlh, label_cb, &s);
	return err ? err : s.found;
}

/* --- filters and sockets ------------------------------------------------------------------------ */

struct filter_walk {
	unsigned int priority;
	int before;
};

/* Each priority is told once without a handle, too. */
static int filter_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct tcmsg *tcm = nl_head(nlh, sizeof(*tcm));
	struct filter_walk *w = arg;

	if (tcm && nlh->nlmsg_type == RTM_NEWTFILTER && tcm->tcm_handle && tcm->tcm_info >> 16 < w->priority)
		w->before++;
	return MNL_CB_OK;
}

int look_filters(unsigned int ifindex, __u32 parent, unsigned int priority)
{
	struct filter_walk w = { .priority = priority };
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETTFILTER, NLM_F_DUMP);
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	int err;

	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = parent;
	err = nl_talk(nlh, filter_cb, &w);
	return err ? err : w.before;
}

/* "ADDRESS:PORT" in hexadecimal, the address as it lies in memory. */
static bool is_socket(const char *text, __be32 addr, unsigned int port)
{
	char *end;
	unsigned long at = strtoul(text, &end, 16);

	return *end == ':' && strtoul(end + 1, NULL, 16) == port && (!at || at == addr);
}

int look_udp_port(__be32 addr, unsigned int port)
{
	FILE *f = fopen("/proc/net/udp", "re");
	char line[256], *local;
	int found = 0;

	if (!f)
		return -errno;
	while (!found && fgets(line, sizeof(line), f)) { /* "  1: 0100007F:64BC ..." */
		local = strchr(line, ':');
		found = local && is_socket(local + 1, addr, port);
	}
	fclose(f);
	return found;
}

/* --- the rest ---------------------------------------------------------------------------------- */

long look_sysctl(const char *path, ...)
{
	char full[256] = "/proc/sys/", line[64] = "", *end;
	size_t used = strlen(full);
	long value;
	va_list ap;
	FILE *f;
	int n;

	va_start(ap, path);
	n = vsnprintf(full + used, sizeof(full) - used, path, ap);
	va_end(ap);
	f = n < 0 || (size_t)n >= sizeof(full) - used ? NULL : fopen(full, "re");
	if (!f)
		return -1;
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	fclose(f);
	value = strtol(line, &end, 10);
	return end == line || value < 0 ? -1 : value;
}

bool look_is_initial(void)
{
	return !access("/proc/sys/net/core/netdev_max_backlog", F_OK);
}

static int nsid_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, NLMSG_ALIGN(sizeof(struct rtgenmsg))) {
		if (mnl_attr_get_type(attr) == NETNSA_NSID)
			nl_get(attr, arg, sizeof(int));
	}
	return MNL_CB_OK;
}

/* How this namespace calls the one that @fd is; -1: not at all. */
static int nsid_of(int fd)
{
	char buf[REQUEST_LEN] = {};
	struct nlmsghdr *nlh = request(buf, RTM_GETNSID, 0);
	struct rtgenmsg *gen = mnl_nlmsg_put_extra_header(nlh, sizeof(*gen));
	int id = -1;

	gen->rtgen_family = AF_UNSPEC;
	mnl_attr_put_u32(nlh, NETNSA_FD, (uint32_t)fd);
	return nl_talk(nlh, nsid_cb, &id) ? -1 : id;
}

static int socket_in(int ns)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), fd, err;

	if (here < 0)
		return -errno;
	err = setns(ns, CLONE_NEWNET) ? -errno : 0;
	if (err) {
		close(here);
		return err;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	err = fd < 0 ? -errno : 0;
	if (setns(here, CLONE_NEWNET)) /* all that is looked at from now on would be somebody else's */
		abort();
	close(here);
	return err ? err : fd;
}

int look_far(int netnsid, char name[64])
{
	DIR *dir = opendir(NETNS_DIR);
	struct dirent *entry;
	int ns, ret = -ENOENT;

	while (dir && ret == -ENOENT && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= 64)
			continue;
		ns = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		if (ns < 0)
			continue;
		if (nsid_of(ns) == netnsid) {
			ret = socket_in(ns);
			memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
		}
		close(ns);
	}
	if (dir)
		closedir(dir);
	return ret;
}
