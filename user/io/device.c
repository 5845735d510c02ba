// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Questions to devices, by ethtool's ioctl and the kernel's generic netlink family "netdev". Must not
 * know what the answers are for. Proved by selftests/net and selftests/fuzz/fuzz_netlink.c.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/genetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/device.h"
#include "io/nl.h"

/* One ioctl about a device, whose name is filled in here. */
static int ask(unsigned int ifindex, unsigned long request, struct ifreq *ifr)
{
	int err, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	err = if_indextoname(ifindex, ifr->ifr_name) && !ioctl(fd, request, ifr) ? 0 : -errno;
	close(fd);
	return err;
}

/* @cmd begins with its number and takes the answer. */
static int ask_ethtool(unsigned int ifindex, void *cmd)
{
	struct ifreq ifr = { .ifr_data = cmd };

	return ask(ifindex, SIOCETHTOOL, &ifr);
}

int device_index(const char *name, unsigned int *ifindex)
{
	*ifindex = if_nametoindex(name);
	return *ifindex || errno == ENODEV ? 0 : -errno;
}

void device_driver(unsigned int ifindex, char name[32])
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	name[0] = 0;
	if (ask_ethtool(ifindex, &info))
		return;
	memcpy(name, info.driver, 31);
	name[31] = 0;
}

bool device_is_veth(unsigned int ifindex)
{
	char driver[32];

	device_driver(ifindex, driver);
	return !strcmp(driver, "veth");
}

bool device_has_whole_packets(const char *driver)
{
	return !strcmp(driver, "veth") || !strcmp(driver, "bridge") || !strcmp(driver, "tun");
}

unsigned int device_mtu(unsigned int ifindex)
{
	struct ifreq ifr = {};

	return ask(ifindex, SIOCGIFMTU, &ifr) ? 0 : (unsigned int)ifr.ifr_mtu;
}

bool device_hides_vlan(unsigned int ifindex)
{
	struct ethtool_value flags = { .cmd = ETHTOOL_GFLAGS };

	return !ask_ethtool(ifindex, &flags) && flags.data & ETH_FLAG_RXVLAN;
}

/* The family's ABI; its header is younger than what we build on. */
enum {
	NETDEV_DEV_GET = 1,
	NETDEV_IFINDEX = 1,
	NETDEV_XDP_FEATURES = 3,
	NETDEV_NDO_XMIT = 1 << 2,
	NETDEV_NDO_XMIT_SG = 1 << 6,
};

struct answer {
	uint16_t type;
	uint64_t value;
	bool found;
};

/* Keeps the one attribute that was asked for; families are numbers of 16 bits, features of 64. */
static int keep(const struct nlmsghdr *nlh, void *arg)
{
	struct answer *a = arg;
	const struct nlattr *attr;
	uint16_t family;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) != a->type)
			continue;
		if (nl_get(attr, &family, sizeof(family))) {
			a->value = family;
			a->found = true;
		} else if (nl_get(attr, &a->value, sizeof(a->value))) {
			a->found = true;
		}
	}
	return MNL_CB_OK;
}

static struct nlmsghdr *request(void *buf, uint16_t family, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	nlh->nlmsg_type = family;
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

bool device_xdp_features(unsigned int ifindex, uint64_t *features)
{
	struct answer family = { .type = CTRL_ATTR_FAMILY_ID }, answer = { .type = NETDEV_XDP_FEATURES };
	char buf[256] = {};
	struct nlmsghdr *nlh = request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, "netdev");
	if (nl_talk_generic(nlh, keep, &family) || !family.found)
		return false;
	nlh = request(buf, (uint16_t)family.value, NETDEV_DEV_GET);
	mnl_attr_put_u32(nlh, NETDEV_IFINDEX, ifindex);
	if (nl_talk_generic(nlh, keep, &answer) || !answer.found)
		return false;
	*features = answer.value;
	return true;
}

bool device_takes_redirects(unsigned int ifindex, bool frags)
{
	uint64_t features, needed = NETDEV_NDO_XMIT | (frags ? NETDEV_NDO_XMIT_SG : 0);

	return !device_xdp_features(ifindex, &features) || (features & needed) == needed;
}
