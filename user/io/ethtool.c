// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * ethtool's questions by ioctl; see ethtool.h. Must not know what the answers are for. Proved by
 * selftests/net/test_doctor.sh.
 */
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "io/ethtool.h"

#define STRINGS_MAX 1024 /* names of features; kernels have some 70 */

/* As the kernel calls them; `ethtool -K` has shorter names for some. */
static const char *const feature_names[ETHTOOL_FEATURES] = {
	[ETHTOOL_RXVLAN] = "rx-vlan-hw-parse",
	[ETHTOOL_LRO] = "rx-lro",
	[ETHTOOL_GRO] = "rx-gro",
	[ETHTOOL_GRO_HW] = "rx-gro-hw",
	[ETHTOOL_UDP_GRO_FORWARDING] = "rx-udp-gro-forwarding",
	[ETHTOOL_TX_CSUM] = "tx-checksum-ip-generic",
};

static int ask(int fd, const char *name, void *cmd)
{
	struct ifreq ifr = { .ifr_data = cmd };

	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	return ioctl(fd, SIOCETHTOOL, &ifr);
}

static unsigned int count_features(int fd, const char *name)
{
	struct {
		struct ethtool_sset_info head;
		__u32 count;
	} info = { .head = { .cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES } };

	if (ask(fd, name, &info) || !info.head.sset_mask || info.count > STRINGS_MAX)
		return 0;
	return info.count;
}

static void take_feature(struct ethtool_state *s, const char *name, const struct ethtool_get_features_block *b,
			 unsigned int bit)
{
	__u32 mask = 1u << bit;
	int i;

	for (i = 0; i < ETHTOOL_FEATURES; i++) {
		if (strncmp(name, feature_names[i], ETH_GSTRING_LEN))
			continue;
		s->on[i] = b->active & mask ? 1 : 0;
		s->fixed[i] = !(b->available & mask) || b->never_changed & mask;
	}
}

static void read_features(int fd, const char *name, struct ethtool_state *s)
{
	unsigned int i, n = count_features(fd, name), blocks = (n + 31) / 32;
	struct ethtool_gfeatures *f = calloc(1, sizeof(*f) + blocks * sizeof(f->features[0]));
	struct ethtool_gstrings *g = calloc(1, sizeof(*g) + (size_t)n * ETH_GSTRING_LEN);

	if (!n || !f || !g)
		goto out;
	g->cmd = ETHTOOL_GSTRINGS;
	g->string_set = ETH_SS_FEATURES;
	g->len = n;
	f->cmd = ETHTOOL_GFEATURES;
	f->size = blocks;
	if (ask(fd, name, g) || ask(fd, name, f))
		goto out;
	for (i = 0; i < n && i < g->len && i / 32 < f->size; i++)
		take_feature(s, (const char *)g->data + (size_t)i * ETH_GSTRING_LEN, &f->features[i / 32], i % 32);
out:
	free(f);
	free(g);
}

static void read_channels(int fd, const char *name, struct ethtool_state *s)
{
	struct ethtool_channels c = { .cmd = ETHTOOL_GCHANNELS };

	if (ask(fd, name, &c) || !c.max_combined)
		return;
	s->combined = (int)c.combined_count;
	s->combined_max = (int)c.max_combined;
}

static void read_spread(int fd, const char *name, struct ethtool_state *s)
{
	struct ethtool_rxnfc rings = { .cmd = ETHTOOL_GRXRINGS };
	struct ethtool_rxnfc hash = { .cmd = ETHTOOL_GRXFH, .flow_type = UDP_V4_FLOW };
	const __u64 ports = RXH_L4_B_0_1 | RXH_L4_B_2_3;

	if (!ask(fd, name, &rings))
		s->rings = (int)rings.data;
	if (!ask(fd, name, &hash))
		s->udp4_ports = (hash.data & ports) == ports;
}

void ethtool_unknown(struct ethtool_state *s)
{
	memset(s, 0, sizeof(*s));
	memset(s->on, ETHTOOL_UNKNOWN, sizeof(s->on));
	s->combined = s->combined_max = s->rings = s->udp4_ports = ETHTOOL_UNKNOWN;
}

void ethtool_read(int fd, const char *name, struct ethtool_state *s)
{
	ethtool_unknown(s);
	read_features(fd, name, s);
	read_channels(fd, name, s);
	read_spread(fd, name, s);
}

bool ethtool_name(int fd, unsigned int ifindex, char name[16])
{
	struct ifreq ifr = { .ifr_ifindex = (int)ifindex };

	if (ioctl(fd, SIOCGIFNAME, &ifr))
		return false;
	memcpy(name, ifr.ifr_name, 15);
	name[15] = 0;
	return true;
}
