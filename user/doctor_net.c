// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Checks of addresses, routes and sysctls. Functions of facts alone. Proved by selftests/unit/test_doctor.c
 * and, with real faults, selftests/net/test_doctor.sh.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "doctor.h"
#include "doctor_gai.h"
#include "opt.h"

static const struct doctor_dev *underlay(const struct doctor *d)
{
	return &d->t->dev[0];
}

static const struct doctor_dev *tun(const struct doctor *d)
{
	return &d->t->dev[1];
}

static const char *ip4(__be32 addr, char buf[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &addr, buf, INET_ADDRSTRLEN);
}

static const char *prefix_text(const struct doctor *d, char buf[INET6_ADDRSTRLEN])
{
	struct bed4_in6 prefix = d->t->show->self.own;

	prefix.w[2] = prefix.w[3] = 0;
	return inet_ntop(AF_INET6, &prefix, buf, INET6_ADDRSTRLEN);
}

/* The best default route but by device @except; NULL: none. */
static const struct look_route *best_default(const struct look_route *r, int count, unsigned int except)
{
	const struct look_route *best = NULL;
	int i;

	for (i = 0; i < count; i++) {
		if (r[i].oif != except && (!best || r[i].metric < best->metric))
			best = &r[i];
	}
	return best;
}

/* The gateway of a default route by the underlay, or a word to fill in. */
static const char *gateway(const struct doctor *d, char buf[INET_ADDRSTRLEN])
{
	int i;

	for (i = 0; i < d->t->default4_count; i++) {
		if (d->t->default4[i].oif == underlay(d)->ifindex && d->t->default4[i].via)
			return ip4(d->t->default4[i].gateway.w[3], buf);
	}
	return "GATEWAY";
}

static bool has_prefix(const struct doctor *d)
{
	return doctor_is_loaded(d) && d->t->show->self.flags & BED4_SELF_ADDR;
}

static bool router_at_work(const struct doctor *d)
{
	return doctor_is_router(d) && doctor_is_loaded(d);
}

static bool peer_at_work(const struct doctor *d)
{
	return doctor_is_peer(d) && has_prefix(d);
}

/* --- addresses ----------------------------------------------------------------------------------- */

static void listen_address(struct doctor *d)
{
	char a[INET_ADDRSTRLEN];

	if (!d->t->listen) {
		doctor_add(d, DOCTOR_FAIL, "%s has no IPv4 address", underlay(d)->name);
		doctor_fix(d, "ip addr add ADDRESS/LEN dev %s", underlay(d)->name);
	} else if (!d->t->listen_own) {
		doctor_add(d, DOCTOR_FAIL, "it listens on %s, which is no address of this machine", ip4(d->t->listen, a));
		doctor_fix(d, "ip addr add %s/32 dev %s", a, underlay(d)->name);
	}
}

static void listen_port(struct doctor *d)
{
	const struct doctor_target *t = d->t;

	if (!t->port || t->port_bound == DOCTOR_UNKNOWN)
		return;
	if (doctor_is_loaded(d) && t->show->alive && !t->port_bound && t->listen_own) {
		doctor_add(d, DOCTOR_FAIL, "nobody is bound to UDP port %u", t->port);
		doctor_fix(d, "6bed4ctl reload %s", t->iface);
	} else if (!doctor_is_loaded(d) && t->port_bound) {
		doctor_add(d, DOCTOR_FAIL, "another program has UDP port %u: see which one", t->port);
		doctor_fix(d, "ss -Hulnp 'sport = %u'", t->port);
	}
}

/* The largest of the private ranges and their like that @addr is in. */
static const char *range_of(__be32 addr)
{
	static const struct {
		__u32 net;
		int len;
		const char *text;
	} ranges[] = {
		{ 0x0a000000, 8, "10.0.0.0/8" }, { 0xac100000, 12, "172.16.0.0/12" },
		{ 0xc0a80000, 16, "192.168.0.0/16" }, { 0x64400000, 10, "100.64.0.0/10" },
		{ 0xa9fe0000, 16, "169.254.0.0/16" },
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		if (bed4_v4_within(BED4_NTOHL(addr), ranges[i].net, ranges[i].len))
			return ranges[i].text;
	}
	return NULL;
}

/*
 * The prefixes permitted so far, as options: a repeatable one is replaced as a whole. True: one of them has
 * @addr.
 */
static bool permits(const struct doctor *d, __be32 addr, char *buf, size_t size)
{
	const char *p = d->t->show->info.options;
	size_t used = 0, n;
	char value[32];
	struct opt_v4 v;

	buf[0] = 0;
	for (; *p; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		if (sscanf(p, "permit-v4 %31[^\n]", value) != 1 || opt_v4_prefix(value, &v) || used + n + 4 >= size)
			continue;
		if (!v.len || bed4_v4_within(BED4_NTOHL(addr), BED4_NTOHL(v.addr), (int)v.len))
			return true;
		used += (size_t)snprintf(buf + used, size - used, " --permit-v4 %s", value);
	}
	return false;
}

static void listen_private(struct doctor *d)
{
	const struct bed4_self *self = &d->t->show->self;
	const char *range = range_of(self->public.addr);
	char a[INET_ADDRSTRLEN], others[DOCTOR_FIX / 2];

	if (!range || permits(d, self->public.addr, others, sizeof(others)))
		return;
	doctor_add(d, DOCTOR_WARN, "others see this router as %s, which is private: behind a 1:1 NAT say --public-v4, in a lab "
				   "permit the range", ip4(self->public.addr, a));
	doctor_fix(d, "6bed4ctl reload %s --permit-v4 %s%s", d->t->iface, range, others);
}

static void tun_address(struct doctor *d)
{
	char a[INET6_ADDRSTRLEN];

	if (!tun(d)->there) {
		doctor_add(d, DOCTOR_FAIL, "the TUN device is gone");
		doctor_fix(d, "6bed4ctl unload %s && %s", d->t->iface, d->t->load);
	} else if (!tun(d)->up) {
		doctor_add(d, DOCTOR_FAIL, "the TUN device %s is down", tun(d)->name);
		doctor_fix(d, "ip link set dev %s up && 6bed4ctl reload %s", tun(d)->name, d->t->iface);
	} else if (has_prefix(d) && !d->t->addr_on_tun && tun(d)->disable6 != 1) {
		doctor_add(d, DOCTOR_FAIL, "the address %s is not on %s",
			   inet_ntop(AF_INET6, &d->t->show->self.own, a, sizeof(a)), tun(d)->name);
		doctor_fix(d, "ip addr add %s/64 dev %s nodad", a, tun(d)->name);
	}
}

static void tun_managed(struct doctor *d)
{
	const char *name = tun(d)->name;

	if (!d->t->tun_manager)
		return;
	doctor_add(d, DOCTOR_NOTE, "%s manages %s, and may take away what is not its own", d->t->tun_manager, name);
	if (!strcmp(d->t->tun_manager, "NetworkManager"))
		doctor_fix(d, "nmcli device set %s managed no", name);
	else
		doctor_fix(d, "printf '[Match]\\nName=%s\\n[Link]\\nUnmanaged=yes\\n' >/etc/systemd/network/00-%s.network && "
			      "networkctl reload", name, name);
}

static void tun_shared(struct doctor *d)
{
	if (!*d->t->tun_shared)
		return;
	doctor_add(d, DOCTOR_FAIL, "the instance of %s has the same TUN device %s", d->t->tun_shared, tun(d)->name);
	doctor_fix(d, "6bed4ctl unload %s && %s --tun 6bed4-%.9s", d->t->iface, d->t->load, d->t->iface);
}

/* --- routes -------------------------------------------------------------------------------------- */

static void route_default(struct doctor *d)
{
	char a[INET_ADDRSTRLEN];

	if (best_default(d->t->default4, d->t->default4_count, 0))
		return;
	doctor_add(d, doctor_is_peer(d) && !d->t->server_err ? DOCTOR_NOTE : DOCTOR_WARN,
		   "there is no IPv4 default route: only connected networks are reached");
	doctor_fix(d, "ip route add default via %s dev %s", gateway(d, a), underlay(d)->name);
}

static void route_server(struct doctor *d)
{
	char server[INET_ADDRSTRLEN], via[INET_ADDRSTRLEN];

	if (!d->t->server)
		return;
	ip4(d->t->server, server);
	if (d->t->server_err)
		doctor_add(d, DOCTOR_FAIL, "there is no route to the router %s: %s", server, strerror(-d->t->server_err));
	else if (d->t->to_server.oif != underlay(d)->ifindex)
		doctor_add(d, DOCTOR_WARN, "the route to the router %s does not leave by %s", server, underlay(d)->name);
	else
		return;
	doctor_fix(d, "ip route replace %s/32 via %s dev %s", server, gateway(d, via), underlay(d)->name);
}

static void route_prefix(struct doctor *d)
{
	char prefix[INET6_ADDRSTRLEN];

	if (!tun(d)->there || (!d->t->prefix_err && d->t->to_prefix.oif == tun(d)->ifindex) || !tun(d)->up ||
	    tun(d)->disable6 == 1)
		return;
	doctor_add(d, DOCTOR_FAIL, "the kernel does not route %s/64 to %s: what is not on the fast path is lost",
		   prefix_text(d, prefix), tun(d)->name);
	doctor_fix(d, "ip -6 route replace %s/64 dev %s", prefix, tun(d)->name);
}

static void router_default6(struct doctor *d)
{
	const struct doctor_dev *v6 = d->t->devs > d->t->first_v6 ? &d->t->dev[d->t->first_v6] : NULL;

	if (best_default(d->t->default6, d->t->default6_count, tun(d)->ifindex))
		return;
	doctor_add(d, DOCTOR_NOTE, "there is no IPv6 default route: peers reach connected networks only");
	doctor_fix(d, "ip -6 route add default via GATEWAY dev %s", v6 && v6->there ? v6->name : "IFACE");
}

static void default6(struct doctor *d)
{
	const struct look_route *best = best_default(d->t->default6, d->t->default6_count, 0);

	if (doctor_is_router(d)) {
		router_default6(d);
	} else if (!best && d->t->default_route) {
		doctor_add(d, DOCTOR_WARN, "the IPv6 default route by %s is gone", tun(d)->name);
		doctor_fix(d, "ip -6 route add default dev %s", tun(d)->name);
	} else if (!best) {
		doctor_add(d, DOCTOR_NOTE, "there is no IPv6 default route: only addresses in the router's prefix are reached");
		doctor_fix(d, "6bed4ctl reload %s --default-route", d->t->iface);
	} else if (d->t->default_route && best->oif != tun(d)->ifindex) {
		doctor_add(d, DOCTOR_NOTE, "--default-route was said, but an IPv6 default route of somebody else comes first");
		doctor_fix(d, "ip -6 route show default");
	}
}

/* --- sysctls ------------------------------------------------------------------------------------- */

static void forwarding_of(struct doctor *d, const struct doctor_dev *dev)
{
	char name[96];

	if (!dev->there || dev->forwarding6)
		return;
	doctor_add(d, DOCTOR_FAIL, "IPv6 forwarding is off for %s: what comes in there is not routed", dev->name);
	doctor_fix(d, "sysctl -w %s=1", doctor_sysctl_name("ipv6", dev->name, "forwarding", name));
}

static void forwarding6(struct doctor *d)
{
	unsigned int i;

	if (!d->m->forwarding6) {
		doctor_add(d, DOCTOR_FAIL, "IPv6 forwarding is off, so this machine is no router");
		doctor_fix(d, "sysctl -w net.ipv6.conf.all.forwarding=1");
		return;
	}
	for (i = 0; i < d->t->devs; i++)
		forwarding_of(d, &d->t->dev[i]);
}

/* bpf_fib_lookup() is asked as if from the TUN device, which nothing enters as IPv4. */
static void forwarding4(struct doctor *d)
{
	char name[96];

	if (!tun(d)->there || tun(d)->forwarding4)
		return;
	doctor_add(d, DOCTOR_WARN, "the flag by which the fast path finds IPv4 next hops is off for %s; it lets no IPv4 through",
		   tun(d)->name);
	doctor_fix(d, "sysctl -w %s=1", doctor_sysctl_name("ipv4", tun(d)->name, "forwarding", name));
}

static void disable6(struct doctor *d)
{
	char name[96];
	unsigned int i;

	for (i = 0; i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];
		bool is_tun = doctor_is_loaded(d) && i == 1;

		if (!dev->there || dev->disable6 != 1 || (!is_tun && i < d->t->first_v6))
			continue;
		doctor_add(d, DOCTOR_FAIL, "IPv6 is disabled on %s", dev->name);
		doctor_sysctl_name("ipv6", dev->name, "disable_ipv6", name);
		if (is_tun)
			doctor_fix(d, "sysctl -w %s=0 && 6bed4ctl reload %s", name, d->t->iface);
		else
			doctor_fix(d, "sysctl -w %s=0", name);
	}
	if (!doctor_is_loaded(d) && d->m->disable6 == 1) {
		doctor_add(d, DOCTOR_FAIL, "IPv6 is disabled on this machine");
		doctor_fix(d, "sysctl -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0");
	}
}

static bool learnt_by_ra(const struct doctor *d, unsigned int ifindex)
{
	int i;

	for (i = 0; i < d->t->default6_count; i++) {
		if (d->t->default6[i].oif == ifindex && d->t->default6[i].protocol == RTPROT_RA)
			return true;
	}
	return false;
}

/* A router hears advertisements only with 2; what it heard before it was one runs out. */
static void accept_ra(struct doctor *d)
{
	char name[96];
	unsigned int i;

	for (i = d->t->first_v6; i < d->t->devs; i++) {
		const struct doctor_dev *dev = &d->t->dev[i];

		if (!dev->there || dev->accept_ra != 1 || !dev->forwarding6 || !learnt_by_ra(d, dev->ifindex))
			continue;
		doctor_add(d, DOCTOR_WARN, "the IPv6 default route by %s was learnt from router advertisements, which a router no "
					   "longer hears: it will run out", dev->name);
		doctor_fix(d, "sysctl -w %s=2", doctor_sysctl_name("ipv6", dev->name, "accept_ra", name));
	}
}

/*
 * Strict, the kernel takes a datagram only by the device by which it would answer. XDP takes it before
 * that, but what begins a peer's life does not go that way. No IPv4 comes in by the TUN device.
 */
static void rp_filter(struct doctor *d)
{
	const struct doctor_dev *dev = underlay(d);
	long mode = dev->rp_filter > d->m->rp_filter ? dev->rp_filter : d->m->rp_filter;
	const struct look_route *r = best_default(d->t->default4, d->t->default4_count, 0);
	char name[96];

	if (mode != 1 || !r || r->oif == dev->ifindex)
		return;
	doctor_add(d, DOCTOR_FAIL, "rp_filter of %s is strict, but the IPv4 default route leaves by another device: datagrams of "
				   "strangers are dropped", dev->name);
	doctor_fix(d, "sysctl -w %s=2", doctor_sysctl_name("ipv4", dev->name, "rp_filter", name));
}

/* --- choice of addresses ------------------------------------------------------------------------- */

static void address_label(struct doctor *d)
{
	char prefix[INET6_ADDRSTRLEN];

	if (d->t->label < 0)
		doctor_add(d, DOCTOR_SKIP, "the kernel does not tell its address labels: %s", strerror(-d->t->label));
	if (d->t->label)
		return;
	doctor_add(d, DOCTOR_WARN, "the prefix has no address label of its own: native IPv6 may be given a tunnel source");
	doctor_fix(d, "ip addrlabel add prefix %s/64 label 25788", prefix_text(d, prefix));
}

/* glibc has its own table: it does not ask the kernel. */
static void gai_conf(struct doctor *d)
{
	char prefix[INET6_ADDRSTRLEN];
	struct gai g;

	if (!d->m->gai)
		return;
	gai_parse(d->m->gai, &d->t->show->self.own, &g);
	prefix_text(d, prefix);
	if (g.bad) {
		doctor_add(d, DOCTOR_NOTE, "/etc/gai.conf: getaddrinfo() cannot take line %u", g.bad);
		doctor_fix(d, "sed -i '%us/^/#/' /etc/gai.conf", g.bad);
	}
	if (g.precedences && g.precedence > g.precedence_any) {
		doctor_add(d, DOCTOR_WARN, "/etc/gai.conf puts addresses in %s/64 (%ld) before native ones (%ld)", prefix,
			   g.precedence, g.precedence_any);
		doctor_fix(d, "echo 'precedence %s/64 %ld' >>/etc/gai.conf", prefix, g.precedence_any > 0 ? g.precedence_any - 1 : 0);
	}
	if (g.labels && !g.own_label) {
		doctor_add(d, DOCTOR_NOTE, "/etc/gai.conf has labels, and the prefix none of its own: getaddrinfo() takes a tunnel "
					   "source to be as good as a native one");
		doctor_fix(d, "echo 'label %s/64 25788' >>/etc/gai.conf", prefix);
	}
}

const struct doctor_check doctor_net_checks[] = {
	{ "listen-address", "the address it listens on is this machine's", NULL, listen_address },
	{ "listen-port", "its UDP port is bound, or free to be", NULL, listen_port },
	{ "listen-private", "others see it at a public address, or private ones are permitted", router_at_work, listen_private },
	{ "tun-address", "the TUN device is up and has the address", doctor_is_loaded, tun_address },
	{ "tun-managed", "nobody else manages the TUN device", doctor_is_loaded, tun_managed },
	{ "tun-shared", "no other instance has the same TUN device", doctor_is_loaded, tun_shared },
	{ "route-default", "there is an IPv4 default route", NULL, route_default },
	{ "route-server", "datagrams to the router leave by the device", doctor_is_peer, route_server },
	{ "route-prefix", "the kernel routes the prefix to the TUN device", router_at_work, route_prefix },
	{ "default6", "IPv6 has a default route", has_prefix, default6 },
	{ "forwarding6", "IPv6 is forwarded on all devices that take part", doctor_is_router, forwarding6 },
	{ "forwarding4", "the fast path finds IPv4 next hops", router_at_work, forwarding4 },
	{ "disable-ipv6", "IPv6 is not disabled where it is needed", NULL, disable6 },
	{ "accept-ra", "the IPv6 default route will not run out", doctor_is_router, accept_ra },
	{ "rp-filter", "reverse path filtering drops no datagram of strangers", NULL, rp_filter },
	{ "address-label", "the prefix has an address label of its own", peer_at_work, address_label },
	{ "gai-conf", "getaddrinfo() does not prefer the tunnel to native IPv6", peer_at_work, gai_conf },
	{ .id = NULL },
};
