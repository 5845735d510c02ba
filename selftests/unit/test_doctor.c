// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The checks of `doctor` with made-up facts: machines, drivers and devices that a lab does not have. A good
 * machine has nothing to mend; one fact changed is one finding, with its severity and its command.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/rtnetlink.h>

#include "doctor.h"
#include "doctor_gai.h"

#define RULES(list) "{\"nftables\": [" list "]}"

/* All that a report is made from, good as it begins. */
struct world {
	struct doctor_machine m;
	struct doctor_target t;
	struct show s;
	struct doctor_finding findings[DOCTOR_FINDINGS];
	struct doctor_report report;
	char nft[1024];
};

static void good_dev(struct doctor_dev *dev, const char *name, unsigned int ifindex, unsigned int mtu)
{
	*dev = (struct doctor_dev){ .there = true, .up = true, .running = true, .ifindex = ifindex, .mtu = mtu,
				    .redirects = 1, .redirects_frags = 1, .xdp_ours = 1, .tc_ours = 1, .forwarding4 = 1,
				    .forwarding6 = 1, .irqs = 8, .irq_cpus = 2 };
	snprintf(dev->name, sizeof(dev->name), "%s", name);
	snprintf(dev->driver, sizeof(dev->driver), "ice");
	memset(dev->far_eth.on, ETHTOOL_UNKNOWN, sizeof(dev->far_eth.on));
	dev->eth.combined = dev->eth.combined_max = dev->eth.rings = 8;
	dev->eth.udp4_ports = 1;
}

static __be32 v4(const char *text)
{
	__be32 addr = 0;

	assert_int_equal(inet_pton(AF_INET, text, &addr), 1);
	return addr;
}

static void good_machine(struct world *w)
{
	w->m = (struct doctor_machine){ .major = 6, .minor = 1, .jit = 1, .btf = 1, .ringbuf = 1, .lpm = 1, .xdp = 1,
					.cls = 1, .sch_ingress = 1, .initial = true, .bpffs = "/sys/fs/bpf",
					.bpffs_mode = 0700, .year = 2026, .cpus = 8, .nft = w->nft, .ct_max = 262144,
					.forwarding6 = 1 };
	snprintf(w->nft, sizeof(w->nft), RULES(""));
}

static void good(struct world *w, enum bed4_role role)
{
	struct doctor_target *t = &w->t;

	memset(w, 0, sizeof(*w));
	w->report.findings = w->findings;
	good_machine(w);
	w->s.alive = true;
	w->s.info.neigh_max = 65536;
	w->s.self.flags = BED4_SELF_VALID | BED4_SELF_ADDR;
	assert_int_equal(inet_pton(AF_INET6, "2001:db8:64:0:1::1", &w->s.self.own), 1);
	w->s.self.public.addr = v4("198.51.100.1");
	*t = (struct doctor_target){ .iface = "eth0", .show = &w->s, .role = (int)role, .mode = BED4_MODE_NATIVE,
				     .forward = BED4_FORWARD_XDP, .mtu = 1280, .port = 25788, .first_v6 = 2,
				     .listen = v4("198.51.100.1"), .label = 1, .listen_own = 1, .port_bound = 1,
				     .addr_on_tun = 1, .default4_count = 1, .default6_count = 1,
				     .load = "6bed4ctl load eth0 --prefix=2001:db8:64::/64" };
	good_dev(&t->dev[0], "eth0", 2, 1500);
	good_dev(&t->dev[1], "6bed4", 3, 1280);
	good_dev(&t->dev[2], "eth1", 4, 1500);
	snprintf(t->dev[1].kind, sizeof(t->dev[1].kind), "tun");
	t->devs = role == BED4_ROLE_ROUTER ? 3 : 2;
	t->default4[0] = (struct look_route){ .oif = 2, .via = true, .gateway = bed4_mapped(v4("198.51.100.254")) };
	t->default6[0].oif = role == BED4_ROLE_ROUTER ? 4 : 3;
	t->to_prefix.oif = 3;
	if (role == BED4_ROLE_PEER) {
		t->server = v4("145.136.0.1");
		t->to_server.oif = 2;
		t->default_route = true;
	}
}

static void not_loaded(struct world *w)
{
	good(w, BED4_ROLE_ROUTER);
	w->t.show = NULL;
	w->t.dev[1] = w->t.dev[2];
	w->t.first_v6 = 1;
	w->t.devs = 2;
	w->t.port_bound = 0;
}

static void examine(struct world *w)
{
	w->report.count = 0;
	doctor_examine_machine(&w->m, &w->report);
	doctor_examine(&w->m, &w->t, &w->report);
}

/* The worst finding of that id. */
static const struct doctor_finding *find(const struct world *w, const char *id)
{
	const struct doctor_finding *f = NULL;
	unsigned int i;

	for (i = 0; i < w->report.count; i++) {
		if (!strcmp(w->findings[i].id, id) && (!f || w->findings[i].severity > f->severity))
			f = &w->findings[i];
	}
	assert_non_null(f);
	return f;
}

static void one_finding(struct world *w, const char *id, enum doctor_severity severity, const char *fix)
{
	const struct doctor_finding *f;
	unsigned int i;

	examine(w);
	f = find(w, id);
	assert_int_equal(f->severity, severity);
	assert_string_equal(f->fix, fix);
	for (i = 0; i < w->report.count; i++) {
		f = &w->findings[i];
		assert_true(*f->text && strlen(f->text) < DOCTOR_TEXT - 1 && strlen(f->fix) < DOCTOR_FIX - 1);
		if (f->severity >= DOCTOR_NOTE)
			assert_true(*f->fix);
		if (strcmp(f->id, id) && f->severity != DOCTOR_OK)
			fail_msg("%s also says %s: %s", id, f->id, f->text);
	}
}

static void test_nothing(void **state)
{
	struct world *w = *state;
	unsigned int i, role;

	for (role = 0; role < 3; role++) {
		if (role == 2)
			not_loaded(w);
		else
			good(w, role);
		examine(w);
		for (i = 0; i < w->report.count; i++)
			assert_int_equal(w->findings[i].severity, DOCTOR_OK);
		assert_true(i > 30);
		assert_int_equal(doctor_worst(&w->report), DOCTOR_OK);
	}
}

/* --- one fact ------------------------------------------------------------------------------------ */

#define FAULT(change, id, severity, fix)                                                           \
	do {                                                                                       \
		good(w, role);                                                                     \
		change;                                                                            \
		one_finding(w, id, DOCTOR_##severity, fix);                                        \
	} while (0)

#define NEW_KERNEL "apt-get install linux-image-$(dpkg --print-architecture) && reboot"

static void test_machine(void **state)
{
	const enum bed4_role role = BED4_ROLE_ROUTER;
	struct world *w = *state;

	FAULT(w->m.minor = 0, "kernel-version", WARN, NEW_KERNEL);
	FAULT(w->m.major = 5, "kernel-version", FAIL, NEW_KERNEL);
	FAULT(w->m.ringbuf = 0, "kernel-bpf", FAIL, NEW_KERNEL);
	FAULT(w->m.xdp = 0, "kernel-bpf", FAIL, NEW_KERNEL);
	FAULT(w->m.cls = DOCTOR_UNKNOWN, "kernel-bpf", SKIP, "");
	FAULT(w->m.jit = 0, "bpf-jit", WARN, "sysctl -w net.core.bpf_jit_enable=1");
	FAULT(w->m.jit = 0; w->m.initial = false, "bpf-jit", WARN, "nsenter -t 1 -n sysctl -w net.core.bpf_jit_enable=1");
	FAULT(w->m.jit = DOCTOR_UNKNOWN, "bpf-jit", SKIP, "");
	FAULT(w->m.btf = 0, "kernel-btf", NOTE, NEW_KERNEL);
	FAULT(w->m.sch_ingress = 0, "tc-clsact", FAIL, "modprobe sch_ingress");
	FAULT(w->m.sch_ingress = DOCTOR_UNKNOWN, "tc-clsact", SKIP, "");
	FAULT(w->m.bpffs[0] = 0, "bpffs", NOTE, "mount -t bpf -o mode=0700 bpf /sys/fs/bpf");
	FAULT(w->m.bpffs_mode = 0770, "bpffs", WARN, "chmod go-w /sys/fs/bpf");
	FAULT(strcpy(w->m.missing, "missing capability CAP_BPF"), "permissions", WARN, "sudo 6bed4ctl doctor");
	FAULT(w->m.tun = -ENOENT, "tun-device", FAIL,
	      "modprobe tun; mkdir -p /dev/net; [ -e /dev/net/tun ] || mknod -m 0666 /dev/net/tun c 10 200");
	FAULT(w->m.tun = -EPERM, "tun-device", FAIL, "chmod 0666 /dev/net/tun");
	FAULT(w->m.year = 1970, "clock", NOTE, "timedatectl set-ntp true");
	FAULT(w->m.unsynchronised = 1, "clock", NOTE, "timedatectl set-ntp true");
}

static void test_devices(void **state)
{
	const enum bed4_role role = BED4_ROLE_ROUTER;
	struct world *w = *state;
	struct doctor_dev *dev = &w->t.dev[0];

	FAULT(w->t.dev[2].there = false, "v6-dev", FAIL, "6bed4ctl reload eth0 --v6-dev IFACE");
	FAULT(dev->up = dev->running = false, "dev-up", FAIL, "ip link set dev eth0 up");
	FAULT(w->t.dev[2].running = false, "dev-up", FAIL, "ethtool eth1");
	FAULT(strcpy(dev->master, "br0"); strcpy(dev->master_kind, "bridge"), "dev-master", WARN,
	      "ip link set dev eth0 nomaster");
	FAULT(strcpy(dev->master, "red"); strcpy(dev->master_kind, "vrf"), "dev-master", NOTE, "ip route show vrf red");
	FAULT(strcpy(dev->kind, "vlan"); strcpy(dev->lower, "eth9"), "dev-vlan", NOTE, "6bed4ctl load eth0 --fast-path tc");
	FAULT(strcpy(dev->kind, "bond"), "dev-bond", NOTE, "6bed4ctl reload eth0 --fast-path tc");
	FAULT(w->t.mode = BED4_MODE_OFF, "fast-path", NOTE, "6bed4ctl reload eth0 --fast-path auto");
	FAULT(w->t.mode = BED4_MODE_GENERIC, "fast-path", NOTE, "6bed4ctl reload eth0 --fast-path auto");
	FAULT(w->t.mode = BED4_MODE_TC; w->t.auto_mode = true, "fast-path", NOTE, "6bed4ctl reload eth0 --fast-path native");
	FAULT(w->t.dev[2].xdp_ours = 0, "xdp-missing", FAIL, "6bed4ctl reload eth0");
	FAULT(dev->xdp_others = 2, "xdp-foreign", NOTE, "xdp-loader status eth0");
	FAULT(dev->tc_ours = 0, "tc-missing", FAIL, "6bed4ctl reload eth0");
	FAULT(w->t.dev[1].tc_others = 1, "tc-foreign", NOTE, "tc filter show dev 6bed4 egress");
	not_loaded(w);
	strcpy(dev->master, "br0");
	strcpy(dev->master_kind, "bridge");
	one_finding(w, "dev-master", DOCTOR_WARN, "6bed4ctl load br0");
}

static void test_sizes(void **state)
{
	const enum bed4_role role = BED4_ROLE_ROUTER;
	struct world *w = *state;

	FAULT(w->t.dev[0].mtu = 1307, "mtu-underlay", WARN, "ip link set dev eth0 mtu 1308");
	FAULT(w->t.dev[0].mtu = 1307; w->t.df = true, "mtu-underlay", FAIL, "ip link set dev eth0 mtu 1308");
	FAULT(w->t.dev[0].mtu = 1427; w->t.mtu = w->t.dev[1].mtu = 1400, "mtu-underlay", WARN, "6bed4ctl reload eth0 --mtu 1399");
	FAULT(w->t.dev[0].mtu = 1308, "mtu-underlay", OK, "");
	FAULT(w->t.dev[1].mtu = 1500, "mtu-tun", WARN, "ip link set dev 6bed4 mtu 1280");
	FAULT(w->t.dev[2].mtu = 1279, "mtu-v6", FAIL, "ip link set dev eth1 mtu 1280");
	FAULT(w->t.dev[2].mtu = 1300; w->t.mtu = w->t.dev[1].mtu = 1400, "mtu-v6", NOTE, "ip link set dev eth1 mtu 1400");
	FAULT(w->t.dev[2].mtu = 3507; w->t.dev[2].redirects_frags = 0, "mtu-xdp", WARN, "ip link set dev eth1 mtu 1500");
	FAULT(w->t.dev[2].mtu = 3506; w->t.dev[2].redirects_frags = 0, "mtu-xdp", OK, "");
}

static void test_offloads(void **state)
{
	const enum bed4_role role = BED4_ROLE_ROUTER;
	struct world *w = *state;
	struct doctor_dev *dev = &w->t.dev[0];

	FAULT(dev->eth.on[ETHTOOL_RXVLAN] = 1, "offload-rxvlan", NOTE, "ethtool -K eth0 rxvlan off");
	FAULT(dev->eth.on[ETHTOOL_RXVLAN] = 1; dev->vlans = true, "offload-rxvlan", WARN, "ethtool -K eth0 rxvlan off");
	FAULT(dev->eth.on[ETHTOOL_RXVLAN] = 1; dev->eth.fixed[ETHTOOL_RXVLAN] = true, "offload-rxvlan", NOTE,
	      "6bed4ctl reload eth0 --fast-path tc");
	FAULT(w->t.dev[2].eth.on[ETHTOOL_LRO] = 1, "offload-lro", WARN, "ethtool -K eth1 lro off");
	FAULT(dev->eth.on[ETHTOOL_GRO_HW] = 1, "offload-gro-hw", WARN, "ethtool -K eth0 rx-gro-hw off");
	FAULT(dev->eth.on[ETHTOOL_UDP_GRO_FORWARDING] = 1; w->t.mode = BED4_MODE_TC, "offload-udp-gro", NOTE, "ethtool -K eth0 rx-udp-gro-forwarding off");
	FAULT(dev->redirects = 0, "veth-gro", FAIL, "6bed4ctl reload eth0 --fast-path tc");
	FAULT(dev->redirects = 0; strcpy(dev->kind, "veth"); strcpy(dev->far, "r0"), "veth-gro", FAIL, "ethtool -K r0 gro on");
	FAULT(dev->redirects = 0; strcpy(dev->kind, "veth"); strcpy(dev->far, "r0"); strcpy(dev->far_ns, "inet"), "veth-gro", FAIL,
	      "nsenter --net=/run/netns/inet ethtool -K r0 gro on");
	FAULT(strcpy(dev->kind, "veth"); strcpy(dev->far, "r0"); dev->far_eth.on[ETHTOOL_TX_CSUM] = 1, "veth-tx", NOTE,
	      "ethtool -K r0 tx off");
}

static void test_queues(void **state)
{
	const enum bed4_role role = BED4_ROLE_ROUTER;
	struct world *w = *state;
	struct ethtool_state *eth = &w->t.dev[0].eth;

	FAULT(eth->combined = 1, "queues", WARN, "ethtool -L eth0 combined 8");
	FAULT(eth->combined = 4; eth->combined_max = 63, "queues", NOTE, "ethtool -L eth0 combined 8");
	FAULT(eth->combined = eth->combined_max = 4, "queues", OK, "");
	FAULT(eth->combined = ETHTOOL_UNKNOWN, "queues", OK, "");
	FAULT(eth->udp4_ports = 0, "rss-udp", WARN, "ethtool -N eth0 rx-flow-hash udp4 sdfn");
	FAULT(eth->udp4_ports = 0; eth->rings = 1, "rss-udp", OK, "");
	FAULT(eth->udp4_ports = ETHTOOL_UNKNOWN, "rss-udp", SKIP, "");
	FAULT(w->t.dev[0].irq_cpus = 1, "irq-affinity", NOTE, "apt-get install irqbalance && systemctl enable --now irqbalance");
	FAULT(w->t.dev[0].irq_cpus = 1; w->t.dev[0].irqs = 1, "irq-affinity", OK, "");
}

static void test_net(void **state)
{
	const enum bed4_role role = BED4_ROLE_ROUTER;
	struct world *w = *state;
	struct doctor_target *t = &w->t;

	FAULT(t->listen_own = 0, "listen-address", FAIL, "ip addr add 198.51.100.1/32 dev eth0");
	FAULT(t->port_bound = 0, "listen-port", FAIL, "6bed4ctl reload eth0");
	FAULT(w->s.self.public.addr = v4("10.1.2.3"), "listen-private", WARN, "6bed4ctl reload eth0 --permit-v4 10.0.0.0/8");
	FAULT(w->s.self.public.addr = v4("10.1.2.3"); strcpy(w->s.info.options, "mtu 1280\npermit-v4 192.168.0.0/16\n"),
	      "listen-private", WARN, "6bed4ctl reload eth0 --permit-v4 10.0.0.0/8 --permit-v4 192.168.0.0/16");
	FAULT(w->s.self.public.addr = v4("10.1.2.3"); strcpy(w->s.info.options, "permit-v4 10.1.0.0/16\n"), "listen-private", OK, "");
	FAULT(t->tun_manager = "NetworkManager", "tun-managed", NOTE, "nmcli device set 6bed4 managed no");
	FAULT(t->tun_manager = "systemd-networkd", "tun-managed", NOTE,
	      "printf '[Match]\\nName=6bed4\\n[Link]\\nUnmanaged=yes\\n' >/etc/systemd/network/00-6bed4.network && networkctl reload");
	FAULT(strcpy(t->tun_shared, "eth7"), "tun-shared", FAIL,
	      "6bed4ctl unload eth0 && 6bed4ctl load eth0 --prefix=2001:db8:64::/64 --tun 6bed4-eth0");
	FAULT(t->default4_count = 0, "route-default", WARN, "ip route add default via GATEWAY dev eth0");
	FAULT(t->prefix_err = -ENETUNREACH, "route-prefix", FAIL, "ip -6 route replace 2001:db8:64::/64 dev 6bed4");
	FAULT(t->default6_count = 0, "default6", NOTE, "ip -6 route add default via GATEWAY dev eth1");
	FAULT(w->m.forwarding6 = 0, "forwarding6", FAIL, "sysctl -w net.ipv6.conf.all.forwarding=1");
	FAULT(t->dev[2].forwarding6 = 0, "forwarding6", FAIL, "sysctl -w net.ipv6.conf.eth1.forwarding=1");
	FAULT(t->dev[2].forwarding6 = 0; strcpy(t->dev[2].name, "eth1.7"), "forwarding6", FAIL,
	      "sysctl -w net/ipv6/conf/eth1.7/forwarding=1");
	FAULT(t->dev[1].forwarding4 = 0, "forwarding4", WARN, "sysctl -w net.ipv4.conf.6bed4.forwarding=1");
	FAULT(t->dev[1].disable6 = 1, "disable-ipv6", FAIL, "sysctl -w net.ipv6.conf.6bed4.disable_ipv6=0 && 6bed4ctl reload eth0");
	FAULT(t->dev[2].accept_ra = 1; t->default6[0].protocol = RTPROT_RA, "accept-ra", WARN,
	      "sysctl -w net.ipv6.conf.eth1.accept_ra=2");
	FAULT(t->dev[2].accept_ra = 2; t->default6[0].protocol = RTPROT_RA, "accept-ra", OK, "");
	FAULT(w->m.rp_filter = 1; t->default4[0].oif = 9, "rp-filter", FAIL, "sysctl -w net.ipv4.conf.eth0.rp_filter=2");
	FAULT(w->m.rp_filter = 1; t->dev[0].rp_filter = 2; t->default4[0].oif = 9, "rp-filter", OK, "");
	FAULT(w->m.rp_filter = 1, "rp-filter", OK, "");
}

static void test_peer(void **state)
{
	const enum bed4_role role = BED4_ROLE_PEER;
	struct world *w = *state;
	struct doctor_target *t = &w->t;

	FAULT(w->s.info.degraded = BED4_DEGRADED_NO_RA, "router-answers", FAIL, "tcpdump -c 4 -ni eth0 udp and host 145.136.0.1");
	FAULT(w->s.info.degraded = BED4_DEGRADED_NO_RA | BED4_DEGRADED_ODD_PORT; t->port = 50000, "odd-port", FAIL,
	      "6bed4ctl reload eth0 --port 50002");
	FAULT(w->s.info.degraded = BED4_DEGRADED_ODD_PORT; t->port = BED4_PEER_PORT_MAX, "odd-port", FAIL,
	      "6bed4ctl reload eth0 --port 49152");
	FAULT(t->server_err = -ENETUNREACH, "route-server", FAIL, "ip route replace 145.136.0.1/32 via 198.51.100.254 dev eth0");
	FAULT(t->to_server.oif = 9; t->default4[0].via = false, "route-server", WARN,
	      "ip route replace 145.136.0.1/32 via GATEWAY dev eth0");
	FAULT(t->default6_count = 0, "default6", WARN, "ip -6 route add default dev 6bed4");
	FAULT(t->default6_count = 0; t->default_route = false, "default6", NOTE, "6bed4ctl reload eth0 --default-route");
	FAULT(t->default6[0].oif = 2, "default6", NOTE, "ip -6 route show default");
	FAULT(t->label = 0, "address-label", WARN, "ip addrlabel add prefix 2001:db8:64::/64 label 25788");
	FAULT(t->label = -EOPNOTSUPP, "address-label", SKIP, "");
	FAULT(t->addr_on_tun = 0, "tun-address", FAIL, "ip addr add 2001:db8:64:0:1::1/64 dev 6bed4 nodad");
	FAULT(w->m.gai = (char *)"label ::/0 1\nprecedence ::/0 40\nprecedence 2001:db8::/32 50\nlabel 2001:db8:64::/64 9\n", "gai-conf",
	      WARN, "echo 'precedence 2001:db8:64::/64 39' >>/etc/gai.conf");
	FAULT(w->m.gai = (char *)"label ::/0 1\n", "gai-conf", NOTE, "echo 'label 2001:db8:64::/64 25788' >>/etc/gai.conf");
	FAULT(w->m.gai = (char *)"# nothing\nreload yes\nlabel x\n", "gai-conf", NOTE, "sed -i '3s/^/#/' /etc/gai.conf");
}

static void count(struct world *w, enum bed4_hook hook, enum bed4_outcome o, __u64 n)
{
	w->s.count[hook][o].packets = n;
}

static void test_state(void **state)
{
	const enum bed4_role role = BED4_ROLE_ROUTER;
	struct world *w = *state;

	FAULT(w->s.alive = false, "daemon", FAIL, "6bed4ctl load eth0 --prefix=2001:db8:64::/64");
	FAULT(strcpy(w->t.conf_error, "eth0.conf:3: no"), "config", FAIL, "${EDITOR:-vi} /etc/6bed4/eth0.conf");
	FAULT(count(w, BED4_HOOK_XDP, BED4_IN_NATIVE, 899); count(w, BED4_HOOK_UDP, BED4_IN_NATIVE, 101);
	      count(w, BED4_HOOK_XDP, BED4_SLOW_FRAGMENT, 101), "slow-share", WARN, "ip link set dev eth0 mtu 1308");
	FAULT(count(w, BED4_HOOK_XDP, BED4_IN_NATIVE, 900); count(w, BED4_HOOK_UDP, BED4_IN_NATIVE, 100);
	      count(w, BED4_HOOK_XDP, BED4_SLOW_FRAGMENT, 100), "slow-share", OK, "");
	FAULT(count(w, BED4_HOOK_XDP, BED4_IN_NATIVE, 10); count(w, BED4_HOOK_UDP, BED4_IN_NATIVE, 900);
	      count(w, BED4_HOOK_XDP, BED4_SLOW_FRAGMENT, 900), "slow-share", OK, "");
	FAULT(count(w, BED4_HOOK_XDP, BED4_SRC_SPECIAL, 100), "drops-special", WARN, "6bed4ctl reload eth0 --permit-v4 PREFIX");
	FAULT(count(w, BED4_HOOK_XDP, BED4_SRC_SPECIAL, 99), "drops-special", OK, "");
	FAULT(count(w, BED4_HOOK_TUN, BED4_FAILED, 1000), "drops-failed", WARN, "6bed4ctl stats eth0");
	FAULT(w->s.losses.neighbours = 1, "neigh-full", WARN, "6bed4ctl reload eth0 --neigh-max 262144");
	FAULT(w->s.gauges.neigh.path[BED4_PATH_DIRECT] = 60000; w->s.info.neigh_max = 65536, "neigh-full", WARN, "6bed4ctl reload eth0 --neigh-max 262144");
	FAULT(w->s.gauges.neigh.path[BED4_PATH_DIRECT] = w->s.info.neigh_max = BED4_NEIGH_LIMIT, "neigh-full", WARN, "6bed4ctl reload eth0 --neigh-max 4194304");
}

#define CHAIN(family, name, hook, policy)                                                          \
	"{\"chain\": {\"family\": \"" family "\", \"table\": \"t\", \"name\": \"" name "\", \"type\": \"filter\", " \
	"\"hook\": \"" hook "\", \"prio\": 0, \"policy\": \"" policy "\"}}"

static void ruleset(struct world *w, const char *text)
{
	snprintf(w->nft, sizeof(w->nft), "%s", text);
}

static void test_firewall(void **state)
{
	const enum bed4_role role = BED4_ROLE_ROUTER;
	struct world *w = *state;

	FAULT(ruleset(w, RULES(CHAIN("inet", "f", "forward", "drop"))), "fw-bypass", WARN, "6bed4ctl reload eth0 --forward kernel");
	FAULT(ruleset(w, RULES(CHAIN("ip", "f", "forward", "drop"))), "fw-bypass", OK, "");
	FAULT(w->m.legacy_forward6 = 1, "fw-bypass", WARN, "6bed4ctl reload eth0 --forward kernel");
	FAULT(ruleset(w, RULES(CHAIN("netdev", "i", "ingress", "drop"))), "fw-ingress", NOTE, "6bed4ctl reload eth0 --fast-path off");
	FAULT(ruleset(w, RULES(CHAIN("ip", "i", "input", "drop"))), "fw-input", FAIL, "nft insert rule ip t i udp dport 25788 accept");
	FAULT(ruleset(w, RULES(CHAIN("ip", "i", "output", "drop"))), "fw-output", FAIL, "nft insert rule ip t i udp sport 25788 accept");
	FAULT(ruleset(w, RULES(CHAIN("ip", "i", "input", "drop") "," CHAIN("ip", "ufw-before-input", "x", "accept"))), "fw-input", FAIL,
	      "ufw allow 25788/udp");
	FAULT(ruleset(w, RULES(CHAIN("ip", "$(x)", "input", "drop"))), "fw-input", FAIL, "nft list ruleset");
	FAULT(ruleset(w, RULES(CHAIN("ip", "INPUT", "input", "drop"))), "fw-input", FAIL, "nft insert rule ip t INPUT udp dport 25788 accept");
	FAULT(w->m.legacy_input4 = 1, "fw-input", SKIP, "");
	FAULT(w->m.ct_count = 235930, "conntrack", WARN, "sysctl -w net.netfilter.nf_conntrack_max=1048576");
	FAULT(w->m.ct_count = 235929, "conntrack", OK, "");
	good(w, role);
	w->m.nft = NULL;
	w->m.nft_err = -ENOENT;
	examine(w);
	assert_int_equal(find(w, "fw-input")->severity, DOCTOR_SKIP);
	assert_int_equal(find(w, "fw-bypass")->severity, DOCTOR_SKIP);
	ruleset(w, "{ nonsense");
	w->m.nft = w->nft;
	examine(w);
	assert_int_equal(find(w, "fw-input")->severity, DOCTOR_SKIP);
}

/* --- reports and parsers ------------------------------------------------------------------------- */

static void test_full(void **state)
{
	struct world *w = *state;
	struct doctor d = { .m = &w->m, .report = &w->report, .id = "x" };
	unsigned int i;

	good(w, BED4_ROLE_PEER);
	for (i = 0; i < 2 * DOCTOR_FINDINGS; i++) {
		doctor_add(&d, DOCTOR_WARN, "%0*u", DOCTOR_TEXT + 5, i);
		doctor_fix(&d, "%0*u", DOCTOR_FIX + 5, i);
	}
	assert_int_equal(w->report.count, DOCTOR_FINDINGS);
	assert_int_equal(strlen(w->findings[DOCTOR_FINDINGS - 1].text), DOCTOR_TEXT - 1);
	assert_int_equal(doctor_worst(&w->report), DOCTOR_WARN);
}

static void test_gai(void **state)
{
	struct bed4_in6 prefix;
	struct gai g;
	char *large = malloc(2 * GAI_SIZE_MAX);

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "2001:db8:64::", &prefix), 1);
	gai_parse("", &prefix, &g);
	assert_false(g.labels || g.precedences || g.bad || g.own_label);
	gai_parse("  label 2001:db8:64::/64\t7 # ours\nlabel\t::/0 3", &prefix, &g);
	assert_true(g.labels && g.own_label && !g.precedences && !g.bad);
	assert_int_equal(g.label, 7);
	assert_int_equal(g.label_any, 3);
	gai_parse("precedence 2001:db8::/32 5\nprecedence 2001:d00::/24 50\nprecedence 2001:db8:65::/64 9\n", &prefix, &g);
	assert_int_equal(g.precedence, 5); /* the longest match, wherever it stands */
	assert_int_equal(g.precedence_any, 40);
	gai_parse("label 2001:db8:64::1/128 9\n", &prefix, &g);
	assert_false(g.own_label); /* of one address, not of the prefix */
	gai_parse("label ::/0 1\nlabel ::/129 1\nlabel x/1 1\n", &prefix, &g);
	assert_int_equal(g.bad, 2);
	gai_parse("label ::/0 1x\n", &prefix, &g);
	assert_int_equal(g.bad, 1);
	gai_parse("scopev4 ::ffff:10.0.0.0/104 14\nreload no\n", &prefix, &g);
	assert_int_equal(g.bad, 0);
	assert_non_null(large);
	memset(large, 'x', 2 * GAI_SIZE_MAX); /* one line, without an end */
	gai_parse(large, &prefix, &g);
	assert_int_equal(g.bad, 1);
	free(large);
}

static void test_plain(void **state)
{
	static const char *const bad[] = { "", "-x", "a b", "a;reboot", "$x", "`x`", "a'b", "a\"b", "a\nb", "\033[2J", "a|b", "a&", "~", "a*" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(doctor_is_plain(bad[i]));
	assert_true(doctor_is_plain("eth0.7") && doctor_is_plain("veth1@x") && doctor_is_plain("prefix=2001:db8::/64"));
}

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct world));
	return !*state;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),	 cmocka_unit_test(test_machine),  cmocka_unit_test(test_devices),
		cmocka_unit_test(test_sizes),	 cmocka_unit_test(test_offloads), cmocka_unit_test(test_queues),
		cmocka_unit_test(test_net),	 cmocka_unit_test(test_peer),	  cmocka_unit_test(test_state),
		cmocka_unit_test(test_firewall), cmocka_unit_test(test_full),	  cmocka_unit_test(test_gai),
		cmocka_unit_test(test_plain),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
