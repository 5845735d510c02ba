// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Routing events; see hops.h. Proved by selftests/net/test_hops.sh and, for messages that no kernel sends,
 * selftests/fuzz/fuzz_netlink.c.
 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "io/hops.h"
#include "io/nl.h"

#define KNOWN	 4096 /* neighbours remembered, a power of two; two in one slot only cost a look-up more */
#define RESCAN	 10 /* s between two dumps of all routes */
#define VALID	 (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP)
#define RCVBUF	 (1 << 20)

struct known {
	__u64 key; /* hash of device and address, 0 free */
	__u8 mac[6];
	bool valid;
};

struct hops {
	struct mnl_socket *nl;
	bool changed; /* by the messages being read */
	bool rescan; /* rules or routes may have become more or less simple */
	__u32 scanned; /* s, when they were last dumped; 0 never */
	__u32 bypass;
	struct known known[KNOWN];
};

static int join_all(struct mnl_socket *nl)
{
	static const int groups[] = { RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_IFADDR,
				      RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
				      RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, RTNLGRP_NEXTHOP };
	int size = RCVBUF;
	size_t i;

	setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	for (i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (mnl_socket_setsockopt(nl, NETLINK_ADD_MEMBERSHIP, (void *)&groups[i],
					  sizeof(groups[i])) < 0)
			return -errno;
	}
	return 0;
}

int hops_open(struct hops **out)
{
	struct hops *h = calloc(1, sizeof(*h));
	int err = -ENOMEM;

	if (!h)
		return err;
	h->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	err = !h->nl || mnl_socket_bind(h->nl, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : join_all(h->nl);
	h->rescan = true;
	if (!err) {
		*out = h;
		return 0;
	}
	hops_close(h);
	return err;
}

void hops_close(struct hops *h)
{
	if (!h)
		return;
	if (h->nl)
		mnl_socket_close(h->nl);
	free(h);
}

int hops_fd(const struct hops *h)
{
	return mnl_socket_get_fd(h->nl);
}

static __u64 hash(__u64 h, const void *p, size_t len)
{
	const __u8 *b = p;

	while (len--)
		h = (h ^ *b++) * 0x100000001b3ull; /* FNV-1a */
	return h;
}

/* Is this another MAC address than the one we knew, or has the entry become usable or useless? */
static bool neighbour_differs(struct hops *h, const struct nlmsghdr *nlh)
{
	const struct ndmsg *ndm = nl_head(nlh, sizeof(*ndm));
	const struct nlattr *attr;
	struct known now = {}, *k;

	if (!ndm)
		return true; /* something has happened, whatever it was */
	now.valid = nlh->nlmsg_type == RTM_NEWNEIGH && ndm->ndm_state & VALID;
	if (ndm->ndm_family != AF_INET && ndm->ndm_family != AF_INET6)
		return false;
	now.key = hash(0xcbf29ce484222325ull, &ndm->ndm_ifindex, sizeof(ndm->ndm_ifindex));
	mnl_attr_for_each(attr, nlh, sizeof(*ndm)) {
		if (mnl_attr_get_type(attr) == NDA_DST)
			now.key = hash(now.key, mnl_attr_get_payload(attr),
				       mnl_attr_get_payload_len(attr));
		if (mnl_attr_get_type(attr) == NDA_LLADDR)
			nl_get(attr, now.mac, sizeof(now.mac));
	}
	k = &h->known[(now.key ^ now.key >> 32) & (KNOWN - 1)];
	if (k->key == now.key && k->valid == now.valid && (!k->valid || !memcmp(k->mac, now.mac, 6)))
		return false;
	*k = now;
	return true;
}

/* Does the next hop of this route depend on more than the destination? */
static __u32 route_bypass(const struct nlmsghdr *nlh)
{
	const struct rtmsg *rtm = nl_head(nlh, sizeof(*rtm));
	const struct nlattr *attr;
	bool special;

	if (!rtm)
		return BED4_BYPASS_V4 | BED4_BYPASS_V6;
	special = rtm->rtm_src_len || rtm->rtm_tos;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		/* A nexthop object may be a group; asking what it is would cost more than it saves. */
		if (mnl_attr_get_type(attr) == RTA_MULTIPATH || mnl_attr_get_type(attr) == RTA_NH_ID)
			special = true;
	}
	if (!special)
		return 0;
	return rtm->rtm_family == AF_INET ? BED4_BYPASS_V4 : BED4_BYPASS_V6;
}

static int route_cb(const struct nlmsghdr *nlh, void *arg)
{
	*(__u32 *)arg |= route_bypass(nlh);
	return MNL_CB_OK;
}

/* The rules that every kernel has: all traffic to the tables local, main and (IPv4) default. */
static bool rule_is_plain(const struct nlmsghdr *nlh, const struct fib_rule_hdr *frh)
{
	__u32 table = frh->table;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(*frh)) {
		switch (mnl_attr_get_type(attr)) {
		case FRA_TABLE:
			if (!nl_get(attr, &table, sizeof(table)))
				return false;
			break;
		case FRA_PRIORITY:
		case FRA_PROTOCOL:
		case FRA_SUPPRESS_PREFIXLEN:
		case FRA_PAD:
			break;
		default:
			return false;
		}
	}
	return frh->action == FR_ACT_TO_TBL && !frh->src_len && !frh->dst_len && !frh->tos &&
	       !(frh->flags & FIB_RULE_INVERT) &&
	       (table == RT_TABLE_LOCAL || table == RT_TABLE_MAIN || table == RT_TABLE_DEFAULT);
}

static int rule_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct fib_rule_hdr *frh = nl_head(nlh, sizeof(*frh));

	if (!frh)
		*(__u32 *)arg |= BED4_BYPASS_V4 | BED4_BYPASS_V6;
	else if (!rule_is_plain(nlh, frh))
		*(__u32 *)arg |= frh->family == AF_INET ? BED4_BYPASS_V4 : BED4_BYPASS_V6;
	return MNL_CB_OK;
}

static int dump(int type, int family, size_t header, mnl_cb_t cb, __u32 *bypass)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = (__u16)type;
	nlh->nlmsg_flags = NLM_F_DUMP;
	*(__u8 *)mnl_nlmsg_put_extra_header(nlh, header) = (__u8)family;
	return nl_talk(nlh, cb, bypass);
}

__u32 hops_bypass(struct hops *h, __u32 now)
{
	static const int families[] = { AF_INET, AF_INET6 };
	__u32 bypass = 0;
	int err = 0;
	size_t i;

	if (!h->rescan || (h->scanned && now - h->scanned < RESCAN))
		return h->bypass;
	for (i = 0; i < 2; i++) {
		err |= dump(RTM_GETRULE, families[i], sizeof(struct fib_rule_hdr), rule_cb, &bypass);
		err |= dump(RTM_GETROUTE, families[i], sizeof(struct rtmsg), route_cb, &bypass);
	}
	h->scanned = now;
	h->rescan = err != 0;
	h->bypass = err ? BED4_BYPASS_V4 | BED4_BYPASS_V6 : bypass;
	return h->bypass;
}

static int event_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct hops *h = arg;

	switch (nlh->nlmsg_type) {
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		h->changed |= neighbour_differs(h, nlh);
		return MNL_CB_OK;
	case RTM_NEWROUTE:
		h->bypass |= route_bypass(nlh);
		break;
	case RTM_NEWRULE:
		rule_cb(nlh, &h->bypass);
		break;
	case RTM_DELROUTE:
	case RTM_DELRULE:
		h->rescan |= h->bypass != 0; /* perhaps the last of its kind */
		break;
	default:
		break;
	}
	h->changed = true;
	return MNL_CB_OK;
}

bool hops_changed(struct hops *h)
{
	char buf[32768];
	ssize_t n;

	h->changed = false;
	for (;;) {
		n = mnl_socket_recvfrom(h->nl, buf, sizeof(buf));
		if (n > 0) {
			if (nl_run(buf, (size_t)n, 0, 0, event_cb, h) < 0)
				h->changed = h->rescan = true;
		} else if (n < 0 && errno == ENOBUFS) {
			h->changed = h->rescan = true; /* whatever it was that we missed */
		} else {
			return h->changed;
		}
	}
}

/* A neighbour message about @via in @buf, which has room for it. */
static struct nlmsghdr *neigh_message(char *buf, int type, int flags, const struct bed4_via *via)
{
	struct bed4_in6 mapped = bed4_mapped(via->gateway.w[3]);
	bool is4 = bed4_in6_eq(&mapped, &via->gateway);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ndmsg *ndm;

	nlh->nlmsg_type = (__u16)type;
	nlh->nlmsg_flags = (__u16)flags;
	ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));
	ndm->ndm_family = is4 ? AF_INET : AF_INET6;
	ndm->ndm_ifindex = (int)via->ifindex;
	if (is4)
		mnl_attr_put_u32(nlh, NDA_DST, via->gateway.w[3]);
	else
		mnl_attr_put(nlh, NDA_DST, sizeof(via->gateway), &via->gateway);
	return nlh;
}

static int state_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct ndmsg *ndm = nl_head(nlh, sizeof(*ndm));

	if (ndm)
		*(unsigned int *)arg = ndm->ndm_state;
	return MNL_CB_OK;
}

int hops_use(const struct bed4_via *via)
{
	char buf[256] = {};
	struct nlmsghdr *nlh = neigh_message(buf, RTM_GETNEIGH, 0, via);
	unsigned int state = 0;

	/* NTF_USE takes PERMANENT from an entry, and with it the operator's address. */
	if (!nl_talk(nlh, state_cb, &state) && state & (NUD_PERMANENT | NUD_NOARP))
		return 0;
	nlh = neigh_message(buf, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, via);
	((struct ndmsg *)mnl_nlmsg_get_payload(nlh))->ndm_flags = NTF_USE;
	return nl_talk(nlh, NULL, NULL);
}
