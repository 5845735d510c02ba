// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Gathering facts on instances and devices; see doctor_facts.h. Must not judge. Proved by
 * selftests/net/test_doctor.sh.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor_facts.h"
#include "io/attach.h"
#include "io/device.h"
#include "io/rtnl.h"
#include "optfile.h"

#define OWN_MAX 1024 /* IPv4 addresses of this machine that are looked at */

/* What is asked for every device. */
struct gather {
	const struct look_link *links;
	int count, fd;
	struct owner owner;
};

static const struct look_link *link_by_index(const struct gather *g, unsigned int ifindex)
{
	int i;

	for (i = 0; ifindex && i < g->count; i++) {
		if (g->links[i].ifindex == ifindex)
			return &g->links[i];
	}
	return NULL;
}

/* A device's name, or a word to fill in: it stands in commands for a shell. */
static void take_name(char name[16], const char *from)
{
	snprintf(name, 16, "%.15s", doctor_is_plain(from) ? from : "DEV");
}

/* --- one device ---------------------------------------------------------------------------------- */

static void gather_far(struct doctor_dev *dev, const struct gather *g, const struct look_link *l)
{
	const struct look_link *far = l->netnsid < 0 ? link_by_index(g, l->lower) : NULL;
	char name[16] = "";
	int fd = g->fd;

	if (strcmp(l->kind, "veth") || !l->lower)
		return;
	if (far)
		memcpy(name, far->name, sizeof(name));
	else
		fd = look_far(l->netnsid, dev->far_ns);
	if (fd < 0)
		return;
	if (doctor_is_plain(far ? "." : dev->far_ns) && (far || ethtool_name(fd, l->lower, name))) {
		ethtool_read(fd, name, &dev->far_eth);
		take_name(dev->far, name);
	}
	if (!far)
		close(fd);
}

static void gather_relatives(struct doctor_dev *dev, const struct gather *g, const struct look_link *l)
{
	const struct look_link *master = link_by_index(g, l->master);
	const struct look_link *lower = l->netnsid < 0 ? link_by_index(g, l->lower) : NULL;
	int i;

	if (master) {
		take_name(dev->master, master->name);
		snprintf(dev->master_kind, sizeof(dev->master_kind), "%s", master->kind);
	}
	if (lower && strcmp(l->kind, "veth"))
		take_name(dev->lower, lower->name);
	for (i = 0; i < g->count; i++)
		dev->vlans |= g->links[i].lower == l->ifindex && g->links[i].netnsid < 0 && !strcmp(g->links[i].kind, "vlan");
}

static void gather_sysctls(struct doctor_dev *dev, const char *name)
{
	dev->forwarding4 = look_sysctl("net/ipv4/conf/%s/forwarding", name);
	dev->forwarding6 = look_sysctl("net/ipv6/conf/%s/forwarding", name);
	dev->rp_filter = look_sysctl("net/ipv4/conf/%s/rp_filter", name);
	dev->accept_ra = look_sysctl("net/ipv6/conf/%s/accept_ra", name);
	dev->disable6 = look_sysctl("net/ipv6/conf/%s/disable_ipv6", name);
}

/* One interrupt: which CPUs may serve it, as the kernel writes that, into @cpus. */
static bool irq_cpus(const char *irq, char *cpus, size_t size)
{
	char path[96];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "/proc/irq/%.16s/effective_affinity_list", irq);
	f = fopen(path, "re");
	ok = f && fgets(cpus, (int)size, f);
	if (f)
		fclose(f);
	return ok && *cpus != '\n';
}

/* /sys shows the devices of the network namespace in which it was mounted: the machine's own. */
static void gather_irqs(struct doctor_dev *dev, const char *name)
{
	char path[96], first[64] = "", cpus[64];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device/msi_irqs", name);
	dir = look_is_initial() ? opendir(path) : NULL;
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !irq_cpus(entry->d_name, cpus, sizeof(cpus)))
			continue;
		if (!dev->irqs++)
			memcpy(first, cpus, sizeof(first));
		dev->irq_cpus = dev->irq_cpus > 1 || strcmp(first, cpus) || strpbrk(cpus, ",-") ? 2 : 1;
	}
	if (dir)
		closedir(dir);
}

static void gather_dev(struct doctor_dev *dev, const struct gather *g, unsigned int ifindex)
{
	const struct look_link *l = link_by_index(g, ifindex);

	dev->ifindex = ifindex;
	dev->redirects = dev->redirects_frags = dev->xdp_ours = dev->tc_ours = DOCTOR_UNKNOWN;
	ethtool_unknown(&dev->eth);
	ethtool_unknown(&dev->far_eth);
	if (!l)
		return;
	dev->there = true;
	dev->up = l->up;
	dev->running = l->running;
	dev->mtu = l->mtu;
	take_name(dev->name, l->name);
	memcpy(dev->kind, l->kind, sizeof(dev->kind));
	device_driver(ifindex, dev->driver);
	ethtool_read(g->fd, l->name, &dev->eth);
	gather_far(dev, g, l);
	gather_relatives(dev, g, l);
	gather_sysctls(dev, l->name);
	gather_irqs(dev, l->name);
	dev->redirects = device_takes_redirects(ifindex, false);
	dev->redirects_frags = device_takes_redirects(ifindex, true);
	xdp_count(ifindex, &g->owner, &dev->xdp_ours, &dev->xdp_others);
}

static void gather_tc(struct doctor_dev *dev, const struct gather *g, bool egress)
{
	if (!dev->there)
		return;
	dev->tc_ours = tc_is_ours(dev->ifindex, egress ? BPF_TC_EGRESS : BPF_TC_INGRESS, &g->owner);
	dev->tc_others = look_filters(dev->ifindex, TC_H_MAKE(TC_H_CLSACT, egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS),
				      TC_PRIORITY);
}

static int gather_begin(struct gather *g, struct look_link **links)
{
	g->count = look_links(links);
	g->links = *links;
	g->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return g->count < 0 ? g->count : g->fd < 0 ? -errno : 0;
}

static void gather_end(const struct gather *g, struct look_link *links)
{
	if (g->fd >= 0)
		close(g->fd);
	free(links);
}

/* --- routes and addresses ------------------------------------------------------------------------ */

static bool is_own(__be32 addr)
{
	__be32 own[OWN_MAX];
	int i, n = rtnl_addr4_own(own, OWN_MAX);

	for (i = 0; i < n; i++) {
		if (own[i] == addr)
			return true;
	}
	return n < 0 || n == OWN_MAX; /* not to be known */
}

static void gather_routes(struct doctor_target *t)
{
	t->default4_count = look_defaults(AF_INET, t->default4, DOCTOR_DEFAULTS);
	t->default6_count = look_defaults(AF_INET6, t->default6, DOCTOR_DEFAULTS);
	if (t->server)
		t->server_err = look_route4(t->server, &t->to_server);
	t->listen_own = t->listen && is_own(t->listen);
	t->port_bound = t->port ? look_udp_port(t->listen, t->port) : 0;
	t->port_bound = t->port_bound < 0 ? DOCTOR_UNKNOWN : t->port_bound;
}

/* An address in the prefix that nobody has: the prefix route is what it takes. */
static void gather_prefix(struct doctor_target *t)
{
	struct bed4_in6 addr = t->show->self.own;

	t->addr_on_tun = rtnl_addr6_is_on(t->dev[1].ifindex, &addr);
	t->label = look_label(&addr);
	addr.w[2] = BED4_HTONL(0x02c0cbff);
	addr.w[3] = BED4_HTONL(0xfe0071fe);
	t->prefix_err = look_route6(&addr, &t->to_prefix);
}

/* --- what was loaded ----------------------------------------------------------------------------- */

/* "--name=value", in quotes where a shell would not take it as it is; 0: it cannot be said. */
static size_t put_option(char *buf, size_t size, const char *line, size_t n)
{
	char option[BED4_OPTIONS_LEN];
	size_t name = strcspn(line, " \n");

	if (name >= n || memchr(line, '\'', n))
		return 0;
	snprintf(option, sizeof(option), "%.*s=%.*s", (int)name, line, (int)(n - name - 1), line + name + 1);
	if (strlen(option) + 8 >= size)
		return 0;
	return (size_t)snprintf(buf, size, doctor_is_plain(option) ? " --%s" : " '--%s'", option);
}

static void gather_command(struct doctor_target *t)
{
	size_t used = (size_t)snprintf(t->load, sizeof(t->load), "6bed4ctl load %s", t->iface), n;
	const char *p;

	for (p = t->show->info.given; *p; p += n + (p[n] == '\n')) {
		n = strcspn(p, "\n");
		used += put_option(t->load + used, sizeof(t->load) - used, p, n);
	}
}

static void gather_shared(struct doctor_target *t)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];
	int i, n = instance_list(names);
	struct instance_maps maps;
	struct bed4_info info;

	for (i = 0; i < n; i++) {
		if (!strcmp(names[i], t->show->iface) || instance_open_maps(&maps, names[i], NULL))
			continue;
		if (!instance_read_info(maps.info, &info) && !strcmp(info.made.tun_name, t->show->info.made.tun_name))
			take_name(t->tun_shared, names[i]);
		instance_maps_close(&maps);
	}
}

static bool file_says(const char *pattern, unsigned int ifindex, const char *words, bool says)
{
	char path[96], line[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%u", pattern, ifindex);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		found |= !strncmp(line, words, strlen(words));
	fclose(f);
	return found == says;
}

/* Their notes are about the machine's own network namespace. */
static void gather_manager(struct doctor_target *t)
{
	unsigned int ifindex = t->dev[1].ifindex;

	if (!look_is_initial())
		return;
	if (file_says("/run/systemd/netif/links", ifindex, "ADMIN_STATE=unmanaged", false))
		t->tun_manager = "systemd-networkd";
	else if (file_says("/run/NetworkManager/devices", ifindex, "managed=true", true))
		t->tun_manager = "NetworkManager";
}

/* The configuration file into @o. False: there is none, or it is wrong, which @t then says. */
static bool gather_config(struct doctor_target *t, const char *iface, struct load_options *o)
{
	struct opt_words words, file;
	struct err e = {};
	int err = optfile_read(&file, iface, &e);

	if (!err && !file.set.has_file)
		return false;
	opt_words_init(&words);
	if (!err) {
		snprintf(words.set.iface, sizeof(words.set.iface), "%s", iface);
		err = opt_finish(o, &words, NULL, &file, &e);
	}
	if (err && *e.text)
		snprintf(t->conf_error, sizeof(t->conf_error), "%.*s", (int)sizeof(t->conf_error) - 1, e.text);
	return !err;
}

/* What the maps say. */
static void take_loaded(struct doctor_target *t, const struct show *s)
{
	take_name(t->iface, s->iface);
	t->show = s;
	t->role = (int)s->self.role;
	t->mode = s->info.mode;
	t->forward = s->info.forward;
	t->mtu = s->self.mtu;
	t->port = BED4_NTOHS(s->self.listen.port);
	t->listen = s->self.listen.addr;
	t->server = s->self.server.addr;
	t->default_route = doctor_has_option(t, "default-route", "on");
	t->df = doctor_has_option(t, "df", "on");
	t->auto_mode = doctor_has_option(t, "fast-path", "auto");
}

/* Its devices: the underlay, the TUN device, the IPv6 side. */
static void gather_devs(struct doctor_target *t, const struct gather *g)
{
	const struct bed4_made *made = &t->show->info.made;
	unsigned int i;

	gather_dev(&t->dev[0], g, made->underlay);
	gather_dev(&t->dev[1], g, made->tun);
	gather_tc(&t->dev[0], g, false);
	gather_tc(&t->dev[1], g, true);
	t->first_v6 = 2;
	for (i = 0; i < made->v6_count && i < BED4_V6DEV_MAX; i++)
		gather_dev(&t->dev[2 + i], g, made->v6_dev[i]);
	t->devs = 2 + i;
}

int facts_loaded(struct doctor_target *t, const struct show *s, const struct instance_maps *maps)
{
	struct look_link *links = NULL;
	struct load_options ignored;
	struct gather g = {};
	int err;

	memset(t, 0, sizeof(*t));
	take_loaded(t, s);
	owner_init(&g.owner, maps->self, &s->info.made);
	err = gather_begin(&g, &links);
	if (!err) {
		gather_devs(t, &g);
		gather_routes(t);
		gather_prefix(t);
		gather_command(t);
		gather_shared(t);
		gather_manager(t);
		gather_config(t, s->iface, &ignored);
	}
	gather_end(&g, links);
	return err;
}

/* --- what might be loaded ------------------------------------------------------------------------ */

static enum bed4_mode likely_mode(enum bed4_mode asked, const struct doctor_dev *dev)
{
	if (asked != BED4_MODE_AUTO)
		return asked;
	return device_has_whole_packets(dev->kind) || device_has_whole_packets(dev->driver) ? BED4_MODE_TC :
											      BED4_MODE_NATIVE;
}

static void take_options(struct doctor_target *t, const struct load_options *o)
{
	t->role = (int)o->role;
	t->mode = o->mode;
	t->forward = o->forward;
	t->mtu = o->mtu;
	t->port = o->port ? o->port : o->role == BED4_ROLE_ROUTER ? BED4_PORT : 0;
	t->listen = o->listen;
	t->server = o->role == BED4_ROLE_PEER ? o->server : 0;
	t->default_route = o->default_route;
	t->df = o->df;
}

int facts_device(struct doctor_target *t, const char *iface)
{
	unsigned int i, ifindex = if_nametoindex(iface);
	struct load_options o = {};
	struct look_link *links = NULL;
	struct gather g = {};
	int err;

	if (!ifindex || strlen(iface) >= sizeof(t->iface))
		return -ENODEV;
	memset(t, 0, sizeof(*t));
	take_name(t->iface, iface);
	t->role = DOCTOR_NO_ROLE;
	t->mtu = BED4_MTU;
	if (gather_config(t, iface, &o))
		take_options(t, &o);
	err = gather_begin(&g, &links);
	if (!err) {
		gather_dev(&t->dev[0], &g, ifindex);
		t->auto_mode = t->mode == BED4_MODE_AUTO;
		t->mode = likely_mode(t->mode, &t->dev[0]);
		t->first_v6 = 1;
		for (i = 0; i < o.v6_count; i++)
			gather_dev(&t->dev[1 + i], &g, if_nametoindex(o.v6_dev[i]));
		t->devs = 1 + i;
		if (!t->listen && rtnl_addr4_primary(ifindex, &t->listen))
			t->listen = 0;
		gather_routes(t);
	}
	gather_end(&g, links);
	return err;
}
