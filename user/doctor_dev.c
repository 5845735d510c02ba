// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Checks of devices: what they are, MTU, offloads, queues. Functions of facts alone. Proved by
 * selftests/unit/test_doctor.c; with real faults, as far as a lab has such devices, by
 * selftests/net/test_doctor.sh.
 */
#include <string.h>

#include "doctor.h"

#define MTU_XDP_VETH 3506 /* of a larger frame the kernel makes several buffers on veth */

static const struct doctor_dev *underlay(const struct doctor *d)
{
	return &d->t->dev[0];
}

static bool is_kind(const struct doctor_dev *dev, const char *kind)
{
	return !strcmp(dev->kind, kind);
}

/* "nsenter ... " where the far end of a veth is in another network namespace. */
static const char *far_prefix(const struct doctor_dev *dev, char buf[96])
{
	buf[0] = 0;
	if (*dev->far_ns)
		snprintf(buf, 96, "nsenter --net=/run/netns/%s ", dev->far_ns);
	return buf;
}

/* --- what they are ------------------------------------------------------------------------------- */

static void dev_there(struct doctor *d)
{
	const struct doctor_target *t = d->t;
	unsigned int i;

	for (i = t->first_v6; i < t->devs; i++) {
		if (t->dev[i].there)
			continue;
		doctor_add(d, DOCTOR_FAIL, "a device of the IPv6 side is gone (it had index %u): native IPv6 there takes the "
					   "slow path or none", t->dev[i].ifindex);
		doctor_fix(d, "6bed4ctl reload %s --v6-dev IFACE", t->iface);
	}
}

static void dev_up(struct doctor *d)
{
	const struct doctor_target *t = d->t;
	unsigned int i;

	for (i = 0; i < t->devs; i++) {
		const struct doctor_dev *dev = &t->dev[i];

		if (!dev->there || (dev->up && dev->running) || (i && i < t->first_v6))
			continue;
		doctor_add(d, DOCTOR_FAIL, dev->up ? "%s has no carrier" : "%s is down", dev->name);
		if (dev->up)
			doctor_fix(d, "ethtool %s", dev->name);
		else
			doctor_fix(d, "ip link set dev %s up", dev->name);
	}
}

static void dev_master(struct doctor *d)
{
	const struct doctor_dev *dev = underlay(d);

	if (!*dev->master)
		return;
	if (!strcmp(dev->master_kind, "vrf")) {
		doctor_add(d, DOCTOR_NOTE, "%s belongs to the VRF %s, whose table routes tunnel datagrams", dev->name,
			   dev->master);
		doctor_fix(d, "ip route show vrf %s", dev->master);
		return;
	}
	doctor_add(d, DOCTOR_WARN, "%s belongs to %s (%s), which takes what comes in by it: load on %s, or take it out",
		   dev->name, dev->master, dev->master_kind, dev->master);
	if (doctor_is_loaded(d))
		doctor_fix(d, "ip link set dev %s nomaster", dev->name);
	else
		doctor_fix(d, "6bed4ctl load %s", dev->master);
}

static void dev_vlan(struct doctor *d)
{
	const struct doctor_dev *dev = underlay(d);

	if (!is_kind(dev, "vlan"))
		return;
	if (d->t->mode == BED4_MODE_NATIVE) {
		doctor_add(d, DOCTOR_NOTE, "%s is a VLAN of %s: it has no native XDP, and auto takes TC", dev->name,
			   *dev->lower ? dev->lower : "another device");
		doctor_fix(d, "6bed4ctl load %s --fast-path tc", dev->name);
	} else if (d->t->mode == BED4_MODE_GENERIC) {
		doctor_add(d, DOCTOR_WARN, "%s is a VLAN of %s, where generic XDP is slower than TC", dev->name,
			   *dev->lower ? dev->lower : "another device");
		doctor_fix(d, "6bed4ctl %s %s --fast-path tc", doctor_is_loaded(d) ? "reload" : "load", dev->name);
	}
}

static void dev_bond(struct doctor *d)
{
	const struct doctor_dev *dev = underlay(d);

	if (!is_kind(dev, "bond") && !is_kind(dev, "team"))
		return;
	doctor_add(d, DOCTOR_NOTE, "%s is a %s: native XDP on it needs drivers with XDP in all its ports, and a mode "
				   "that is not by VLAN and MAC", dev->name, dev->kind);
	doctor_fix(d, "6bed4ctl %s %s --fast-path tc", doctor_is_loaded(d) ? "reload" : "load", dev->name);
}

/* --- programs ------------------------------------------------------------------------------------ */

static void xdp_attached(struct doctor *d)
{
	unsigned int i;

	for (i = 0; i < d->t->devs; i++) {
		if (!doctor_is_xdp_dev(d, i) || d->t->dev[i].xdp_ours)
			continue;
		doctor_add(d, DOCTOR_FAIL, "somebody has taken our XDP program off %s", d->t->dev[i].name);
		doctor_fix(d, "6bed4ctl reload %s", d->t->iface);
	}
}

static void xdp_others(struct doctor *d)
{
	unsigned int i;

	for (i = 0; i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];

		if ((i && i < d->t->first_v6) || dev->xdp_others <= 0)
			continue;
		doctor_add(d, DOCTOR_NOTE, "%d XDP program%s of somebody else on %s: what %s drops or redirects, the tunnel "
					   "never sees", dev->xdp_others, dev->xdp_others > 1 ? "s" : "", dev->name,
			   dev->xdp_others > 1 ? "they" : "it");
		doctor_fix(d, "ip link set dev %s xdp off", dev->name);
		if (dev->xdp_ours > 0)
			doctor_fix(d, "xdp-loader status %s", dev->name);
	}
}

static bool has_tc(const struct doctor *d)
{
	return doctor_is_loaded(d) && d->t->mode != BED4_MODE_OFF;
}

static void tc_attached(struct doctor *d)
{
	unsigned int i;

	for (i = 0; i < 2 && i < d->t->devs; i++) {
		if (!d->t->dev[i].there || d->t->dev[i].tc_ours)
			continue;
		doctor_add(d, DOCTOR_FAIL, "somebody has taken our TC program off %s", d->t->dev[i].name);
		doctor_fix(d, "6bed4ctl reload %s", d->t->iface);
	}
}

static void tc_others(struct doctor *d)
{
	const char *side[] = { "ingress", "egress" };
	unsigned int i;

	for (i = 0; i < 2 && i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];

		if (dev->tc_others <= 0)
			continue;
		doctor_add(d, DOCTOR_NOTE, "TC filters of somebody else on %s come before ours: what they decide, the tunnel "
					   "never sees", dev->name);
		doctor_fix(d, "tc filter show dev %s %s", dev->name, side[i]);
	}
}

static void fast_path(struct doctor *d)
{
	const struct doctor_target *t = d->t;

	if (t->mode == BED4_MODE_OFF) {
		doctor_add(d, DOCTOR_NOTE, "the fast path is off: the daemon forwards everything");
		doctor_fix(d, "6bed4ctl reload %s --fast-path auto", t->iface);
	} else if (t->mode == BED4_MODE_GENERIC) {
		doctor_add(d, DOCTOR_NOTE, "generic XDP is slower than native or TC");
		doctor_fix(d, "6bed4ctl reload %s --fast-path auto", t->iface);
	} else if (t->mode == BED4_MODE_TC && t->auto_mode && !*underlay(d)->kind) {
		doctor_add(d, DOCTOR_NOTE, "native XDP was refused on %s (driver %s), so that TC does the work", t->iface,
			   *underlay(d)->driver ? underlay(d)->driver : "unknown");
		doctor_fix(d, "6bed4ctl reload %s --fast-path native", t->iface);
	}
}

/* --- sizes --------------------------------------------------------------------------------------- */

static void mtu_underlay(struct doctor *d)
{
	const struct doctor_dev *dev = underlay(d);
	unsigned int need = d->t->mtu + BED4_OUTER_LEN;

	if (!dev->mtu || dev->mtu >= need)
		return;
	doctor_add(d, d->t->df ? DOCTOR_FAIL : DOCTOR_WARN,
		   "the MTU of %s is %u, a full tunnel datagram has %u bytes: it is %s", dev->name, dev->mtu, need,
		   d->t->df ? "lost (--df)" : "fragmented, and fragments take the slow path");
	if (dev->mtu >= BED4_MTU + BED4_OUTER_LEN)
		doctor_fix(d, "6bed4ctl reload %s --mtu %u", d->t->iface, dev->mtu - BED4_OUTER_LEN);
	else
		doctor_fix(d, "ip link set dev %s mtu %u", dev->name, need);
}

static void mtu_tun(struct doctor *d)
{
	const struct doctor_dev *tun = &d->t->dev[1];

	if (!tun->there || tun->mtu == d->t->mtu)
		return;
	doctor_add(d, DOCTOR_WARN, "the MTU of the TUN device %s is %u, that of the tunnel %u", tun->name, tun->mtu,
		   d->t->mtu);
	doctor_fix(d, "ip link set dev %s mtu %u", tun->name, d->t->mtu);
}

static void mtu_v6(struct doctor *d)
{
	unsigned int i;

	for (i = d->t->first_v6; i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];

		if (!dev->there || !dev->mtu || dev->mtu >= d->t->mtu)
			continue;
		doctor_add(d, dev->mtu < BED4_MTU ? DOCTOR_FAIL : DOCTOR_NOTE,
			   "the MTU of %s is %u, that of the tunnel %u: %s", dev->name, dev->mtu, d->t->mtu,
			   dev->mtu < BED4_MTU ? "IPv6 needs 1280" : "large packets of peers are answered with Packet Too Big");
		doctor_fix(d, "ip link set dev %s mtu %u", dev->name, d->t->mtu);
	}
}

static void mtu_xdp(struct doctor *d)
{
	unsigned int i;

	for (i = 0; i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];

		if (!doctor_is_xdp_dev(d, i) || d->t->mode != BED4_MODE_NATIVE || dev->mtu <= MTU_XDP_VETH ||
		    dev->redirects != 1 || dev->redirects_frags)
			continue;
		doctor_add(d, DOCTOR_WARN, "frames of %s may be in several buffers (MTU %u), which it cannot send when XDP "
					   "redirects them", dev->name, dev->mtu);
		doctor_fix(d, "ip link set dev %s mtu 1500", dev->name);
	}
}

/* --- offloads ------------------------------------------------------------------------------------ */

static void offload(struct doctor *d, enum ethtool_feature feature, const char *word, const char *why)
{
	unsigned int i;

	for (i = 0; i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];

		if (!doctor_is_xdp_dev(d, i) || dev->eth.on[feature] != 1)
			continue;
		doctor_add(d, DOCTOR_WARN, "%s is on for %s: %s", word, dev->name, why);
		if (dev->eth.fixed[feature])
			doctor_fix(d, "6bed4ctl %s %s --fast-path tc", doctor_is_loaded(d) ? "reload" : "load", d->t->iface);
		else
			doctor_fix(d, "ethtool -K %s %s off", dev->name, word);
	}
}

static void offload_lro(struct doctor *d)
{
	offload(d, ETHTOOL_LRO, "lro", "drivers refuse XDP beside it, or XDP would see packets merged past recognition");
}

static void offload_gro_hw(struct doctor *d)
{
	offload(d, ETHTOOL_GRO_HW, "rx-gro-hw", "drivers refuse XDP beside it, or switch it off without a word");
}

static void offload_rxvlan(struct doctor *d)
{
	unsigned int i;

	for (i = 0; i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];

		if (!doctor_is_xdp_dev(d, i) || dev->eth.on[ETHTOOL_RXVLAN] != 1)
			continue;
		doctor_add(d, dev->vlans ? DOCTOR_WARN : DOCTOR_NOTE,
			   dev->vlans ? "%s hides VLAN tags from XDP, and has VLANs: their packets pass for untagged ones" :
					"%s hides VLAN tags from XDP; that matters once there are VLANs", dev->name);
		if (dev->eth.fixed[ETHTOOL_RXVLAN])
			doctor_fix(d, "6bed4ctl %s %s --fast-path tc", doctor_is_loaded(d) ? "reload" : "load", d->t->iface);
		else
			doctor_fix(d, "ethtool -K %s rxvlan off", dev->name);
	}
}

/* Merged datagrams are several tunnel packets in one. XDP comes before the merging. */
static void offload_udp_gro(struct doctor *d)
{
	const struct doctor_dev *dev = underlay(d);

	if (dev->eth.on[ETHTOOL_UDP_GRO_FORWARDING] != 1)
		return;
	doctor_add(d, DOCTOR_NOTE, "rx-udp-gro-forwarding is on for %s: tunnel datagrams that the kernel merges take the slow "
				   "path", dev->name);
	doctor_fix(d, "ethtool -K %s rx-udp-gro-forwarding off", dev->name);
}

static bool has_no_xdp(const struct doctor *d)
{
	return !doctor_has_xdp(d);
}

static void veth_gro(struct doctor *d)
{
	char prefix[96];
	unsigned int i;

	for (i = 0; i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];

		if (!doctor_is_xdp_dev(d, i) || d->t->mode != BED4_MODE_NATIVE || dev->redirects ||
		    (!doctor_is_loaded(d) && !is_kind(dev, "veth"))) /* other drivers may learn it with a program */
			continue;
		doctor_add(d, doctor_is_loaded(d) ? DOCTOR_FAIL : DOCTOR_WARN,
			   "%s cannot send what XDP redirects to it: such packets vanish", dev->name);
		if (is_kind(dev, "veth") && *dev->far)
			doctor_fix(d, "%sethtool -K %s gro on", far_prefix(dev, prefix), dev->far);
		else
			doctor_fix(d, "6bed4ctl %s %s --fast-path tc", doctor_is_loaded(d) ? "reload" : "load", d->t->iface);
	}
}

static void veth_tx(struct doctor *d)
{
	char prefix[96];
	unsigned int i;

	for (i = 0; i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];

		if (!doctor_is_xdp_dev(d, i) || !*dev->far || dev->far_eth.on[ETHTOOL_TX_CSUM] != 1)
			continue;
		doctor_add(d, DOCTOR_NOTE, "what is sent at the far end of %s has checksums that nobody has finished: XDP leaves "
					   "it to the daemon", dev->name);
		doctor_fix(d, "%sethtool -K %s tx off", far_prefix(dev, prefix), dev->far);
	}
}

/* --- queues -------------------------------------------------------------------------------------- */

static void queues(struct doctor *d)
{
	const struct doctor_dev *dev = underlay(d);
	int want = dev->eth.combined_max < (int)d->m->cpus ? dev->eth.combined_max : (int)d->m->cpus;

	if (dev->eth.combined == ETHTOOL_UNKNOWN || dev->eth.combined >= want)
		return;
	doctor_add(d, dev->eth.combined == 1 ? DOCTOR_WARN : DOCTOR_NOTE,
		   "%s has %d of %d queues in use, the machine %u CPUs", dev->name, dev->eth.combined,
		   dev->eth.combined_max, d->m->cpus);
	doctor_fix(d, "ethtool -L %s combined %d", dev->name, want);
}

static bool is_real(const struct doctor *d)
{
	return !*underlay(d)->kind;
}

static void rss(struct doctor *d)
{
	const struct doctor_dev *dev = underlay(d);

	if (dev->eth.rings == 1)
		return;
	if (dev->eth.rings == ETHTOOL_UNKNOWN || dev->eth.udp4_ports == ETHTOOL_UNKNOWN) {
		doctor_add(d, DOCTOR_SKIP, "the driver of %s (%s) does not say how it spreads packets over its queues", dev->name,
			   *dev->driver ? dev->driver : "unknown");
		return;
	}
	if (dev->eth.udp4_ports)
		return;
	doctor_add(d, DOCTOR_WARN, "%s spreads UDP over its %d queues by addresses alone: all flows of an address share one",
		   dev->name, dev->eth.rings);
	doctor_fix(d, "ethtool -N %s rx-flow-hash udp4 sdfn", dev->name);
}

static void irq_spread(struct doctor *d)
{
	const struct doctor_dev *dev = underlay(d);

	if (d->m->cpus < 2 || dev->irqs < 2 || dev->irq_cpus != 1)
		return;
	doctor_add(d, DOCTOR_NOTE, "one CPU serves all %d interrupts of %s", dev->irqs, dev->name);
	doctor_fix(d, "apt-get install irqbalance && systemctl enable --now irqbalance");
}

const struct doctor_check doctor_device_checks[] = {
	{ "v6-dev", "the devices of the IPv6 side are there", NULL, dev_there },
	{ "dev-up", "the devices are up and have a carrier", NULL, dev_up },
	{ "dev-master", "the device belongs to no bridge or bond", NULL, dev_master },
	{ "dev-vlan", "the device is no VLAN, or TC does the work", NULL, dev_vlan },
	{ "dev-bond", "the device is no bond", NULL, dev_bond },
	{ "fast-path", "the fast path is the best that the device allows", doctor_is_loaded, fast_path },
	{ "xdp-missing", "our XDP programs are where load has put them, if anywhere", doctor_is_loaded, xdp_attached },
	{ "xdp-foreign", "no XDP program of somebody else is in the way", NULL, xdp_others },
	{ "tc-missing", "our TC programs are where load has put them", has_tc, tc_attached },
	{ "tc-foreign", "no TC filter of somebody else comes before ours", has_tc, tc_others },
	{ "mtu-underlay", "a full tunnel datagram fits the device", NULL, mtu_underlay },
	{ "mtu-tun", "the TUN device has the MTU of the tunnel", doctor_is_loaded, mtu_tun },
	{ "mtu-v6", "what comes out of the tunnel fits the IPv6 side", doctor_is_router, mtu_v6 },
	{ "mtu-xdp", "frames fit one buffer, or the driver takes several", doctor_has_xdp, mtu_xdp },
	{ "offload-rxvlan", "no VLAN tag is hidden from XDP", doctor_has_xdp, offload_rxvlan },
	{ "offload-lro", "LRO does not get in the way of XDP", doctor_has_xdp, offload_lro },
	{ "offload-gro-hw", "GRO in hardware does not get in the way of XDP", doctor_has_xdp, offload_gro_hw },
	{ "offload-udp-gro", "the kernel merges no tunnel datagrams", has_no_xdp, offload_udp_gro },
	{ "veth-gro", "the devices can send what XDP redirects to them", doctor_has_xdp, veth_gro },
	{ "veth-tx", "what comes by veth has finished checksums", doctor_has_xdp, veth_tx },
	{ "queues", "the device has queues for all CPUs", NULL, queues },
	{ "rss-udp", "UDP is spread over the queues by its ports", is_real, rss },
	{ "irq-affinity", "the device's interrupts are spread over the CPUs", is_real, irq_spread },
	{ .id = NULL },
};
