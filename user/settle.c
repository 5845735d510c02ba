// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Effective options; see settle.h. Proved by selftests/net. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "io/device.h"
#include "io/pin.h"
#include "io/rtnl.h"
#include "settle.h"

static int port_path(const struct load_options *o, const struct instance *in, char *buf, size_t size)
{
	int n = snprintf(buf, size, "%s/%s.port", in->state_dir, o->iface);

	if (!*in->state_dir)
		return -ENOENT;
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* The port kept from an earlier load, or a random even one. */
static unsigned int peer_port(const struct load_options *o, const struct instance *in)
{
	unsigned int port = 0, random = 0;
	char path[INSTANCE_PATH + 32], line[16] = "";
	FILE *f;

	f = port_path(o, in, path, sizeof(path)) ? NULL : fopen(path, "re");
	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = 0;
		fclose(f);
		line[strcspn(line, "\n")] = 0;
		if (!opt_uint(line, BED4_PEER_PORT_MIN, BED4_PEER_PORT_MAX, &port) && !(port & 1))
			return port;
	}
	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		random = (unsigned int)getpid();
	return BED4_PEER_PORT_MIN + 2 * (random % ((BED4_PEER_PORT_MAX - BED4_PEER_PORT_MIN) / 2 + 1));
}

void settle_keep_port(const struct load_options *o, const struct instance *in)
{
	char path[INSTANCE_PATH + 32];
	FILE *f;

	if (port_path(o, in, path, sizeof(path)) || pin_mkdirs(in->state_dir))
		return;
	f = fopen(path, "we");
	if (!f)
		return; /* the address may change with the next load, no more */
	fprintf(f, "%u\n", o->port);
	fclose(f);
}

static int settle_underlay(struct load_options *o, struct rtnl_link *link, struct err *e)
{
	int err = rtnl_link_get(o->iface, link);
	unsigned int max;

	if (err)
		return err_set(e, err, "no such device: %s; see `ip link`", o->iface);
	o->listen_follows = !o->listen;
	if (!o->listen && rtnl_addr4_primary(link->ifindex, &o->listen))
		return err_set(e, -EADDRNOTAVAIL, "%s has no IPv4 address: give it one, or say --listen",
			       o->iface);
	max = link->mtu > BED4_MTU + BED4_OUTER_LEN ? link->mtu - BED4_OUTER_LEN : BED4_MTU;
	if (o->mtu > max)
		return err_set(e, -EINVAL, "--mtu %u is too large for %s (MTU %u): at most %u", o->mtu,
			       o->iface, link->mtu, max);
	return 0;
}

static int forwarding6(void)
{
	FILE *f = fopen("/proc/sys/net/ipv6/conf/all/forwarding", "re");
	int c = f ? fgetc(f) : '0';

	if (f)
		fclose(f);
	return c != '0';
}

/* With the plan `server-prefix` a router's prefix follows from where others see it. */
static int settle_prefix(struct load_options *o, struct err *e)
{
	char said[INET6_ADDRSTRLEN], due[INET6_ADDRSTRLEN];
	struct bed4_in6 derived = {};

	if (o->plan != BED4_PLAN_SERVER)
		return 0;
	bed4_plan_put(&derived, o->plan_prefix, bed4_ep(o->public_v4, BED4_HTONS(o->port)));
	if (o->prefix_set && !bed4_same_prefix(&o->prefix, &derived))
		return err_set(e, -EINVAL, "--prefix %s/64 contradicts --plan server-prefix, which makes it %s/64: "
					   "leave --prefix out",
			       inet_ntop(AF_INET6, &o->prefix, said, sizeof(said)),
			       inet_ntop(AF_INET6, &derived, due, sizeof(due)));
	o->prefix = derived;
	return 0;
}

static int settle_router(struct load_options *o, unsigned int tun, struct err *e)
{
	struct rtnl_link link;
	unsigned int i, dev;
	int err;

	if (!forwarding6())
		return err_set(e, -EPERM, "IPv6 forwarding is off, so this machine is no router: switch it on "
					  "with `sysctl -w net.ipv6.conf.all.forwarding=1`");
	if (!o->v6_count && !rtnl_default6_dev(tun, &dev) && if_indextoname(dev, o->v6_dev[0]))
		o->v6_count = 1;
	for (i = 0; i < o->v6_count; i++) {
		err = rtnl_link_get(o->v6_dev[i], &link);
		if (err)
			return err_set(e, err, "no such device: %s (--v6-dev); see `ip link`", o->v6_dev[i]);
	}
	if (!o->port)
		o->port = BED4_PORT;
	if (!o->public_v4)
		o->public_v4 = o->listen;
	return settle_prefix(o, e);
}

static bool free_or_ours(const char *name, const struct daemon_before *old)
{
	unsigned int ifindex;

	return (!device_index(name, &ifindex) && !ifindex) || (old && !strcmp(name, old->info.made.tun_name));
}

static int settle_tun(struct load_options *o, const struct daemon_before *old, struct err *e)
{
	if (*o->tun)
		return 0;
	if (old && *old->info.made.tun_name) {
		memcpy(o->tun, old->info.made.tun_name, sizeof(o->tun));
		return 0;
	}
	memcpy(o->tun, "6bed4", sizeof("6bed4"));
	if (free_or_ours(o->tun, old))
		return 0;
	if (snprintf(o->tun, sizeof(o->tun), "6bed4-%.9s", o->iface) < (int)sizeof(o->tun) &&
	    strlen(o->iface) <= 9 && free_or_ours(o->tun, old))
		return 0;
	return err_set(e, -EEXIST, "no free name for the TUN device: 6bed4 is taken; choose one with --tun");
}

int settle(struct load_options *o, const struct instance *in, const struct daemon_before *old,
	   struct err *e)
{
	struct rtnl_link link;
	int err = settle_underlay(o, &link, e);

	if (!err)
		err = settle_tun(o, old, e);
	if (err)
		return err;
	if (o->role == BED4_ROLE_ROUTER)
		return settle_router(o, if_nametoindex(o->tun), e);
	if (!o->port && old && old->self.role == BED4_ROLE_PEER)
		o->port = BED4_NTOHS(old->self.listen.port);
	if (!o->port)
		o->port = peer_port(o, in);
	return 0;
}

struct lines {
	char *line[19 + BED4_V6DEV_MAX + 2 * OPT_V4_MAX + 8];
	unsigned int count;
};

__attribute__((format(printf, 2, 3))) static void add(struct lines *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (l->count < sizeof(l->line) / sizeof(*l->line) && vasprintf(&l->line[l->count], fmt, ap) > 0)
		l->count++;
	va_end(ap);
}

static void add_v4(struct lines *l, const char *name, const struct opt_v4 *list, unsigned int count)
{
	char addr[INET_ADDRSTRLEN];
	unsigned int i;

	for (i = 0; i < count; i++) {
		inet_ntop(AF_INET, &list[i].addr, addr, sizeof(addr));
		add(l, "%s %s/%u", name, addr, list[i].len);
	}
}

static void add_ip4(struct lines *l, const char *name, __be32 addr)
{
	char text[INET_ADDRSTRLEN];

	add(l, "%s %s", name, inet_ntop(AF_INET, &addr, text, sizeof(text)));
}

static void add_router(struct lines *l, const struct load_options *o)
{
	char text[INET6_ADDRSTRLEN];
	unsigned int i;

	add(l, "prefix %s/64", inet_ntop(AF_INET6, &o->prefix, text, sizeof(text)));
	add(l, "forward %s", opt_forward_name(o->forward));
	add_ip4(l, "public-v4", o->public_v4);
	for (i = 0; i < o->v6_count; i++)
		add(l, "v6-dev %s", o->v6_dev[i]);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_all(struct lines *l, const struct load_options *o)
{
	char metrics[OPT_LISTEN_TEXT];

	add(l, "role %s", opt_role_name(o->role));
	add(l, "plan %s", opt_plan_name(o->plan));
	if (o->plan == BED4_PLAN_SERVER)
		add(l, "plan-prefix %x::/16", o->plan_prefix);
	add_ip4(l, "listen", o->listen);
	add(l, "port %u", o->port);
	add(l, "tun %s", o->tun);
	add(l, "mtu %u", o->mtu);
	add(l, "neigh-max %u", o->neigh_max);
	add(l, "fast-path %s", opt_mode_name(o->mode));
	add(l, "udp-checksum %s", opt_csum_name(o->csum));
	add(l, "df %s", o->df ? "on" : "off");
	add(l, "metrics %s", opt_listen_text(&o->metrics, metrics));
	add(l, "clamp-mss %s", o->clamp_mss ? "on" : "off");
	if (o->dscp == BED4_DSCP_COPY)
		add(l, "dscp copy");
	else
		add(l, "dscp %u", o->dscp);
	if (o->account > 1)
		add(l, "account %u", o->account);
	else
		add(l, "account %s", o->account ? "all" : "off");
	add_v4(l, "permit-v4", o->permit, o->permit_count);
	add_v4(l, "deny-v4", o->deny, o->deny_count);
	if (o->role == BED4_ROLE_ROUTER) {
		add(l, "nexthop-slots %u", o->hop_slots);
		add_router(l, o);
	} else {
		add_ip4(l, "server", o->server);
		add(l, "default-route %s", o->default_route ? "on" : "off");
		add(l, "keepalive %u,%u", o->keepalive, o->keepalive_ttl);
		add(l, "radius %u", o->radius);
		add(l, "eager-tcp %s", o->eager_tcp ? "on" : "off");
	}
}

void settle_list(const struct load_options *o, struct effective *list)
{
	struct lines l = {};
	unsigned int i;
	char *value;

	list->count = 0;
	add_all(&l, o);
	for (i = 0; i < l.count; i++) {
		value = l.line[i] + strcspn(l.line[i], " ");
		*value++ = 0; /* each line has its space */
		effective_add(list, o, l.line[i], value);
		free(l.line[i]);
	}
}

int settle_text(const struct load_options *o, char text[BED4_OPTIONS_LEN])
{
	struct lines l = {};
	size_t used = 0, n;
	unsigned int i;

	add_all(&l, o);
	qsort(l.line, l.count, sizeof(*l.line), compare);
	for (i = 0; i < l.count; i++) {
		n = strlen(l.line[i]);
		if (used + n + 2 <= BED4_OPTIONS_LEN) {
			memcpy(text + used, l.line[i], n);
			text[used + n] = '\n';
		}
		used += n + 1;
		free(l.line[i]);
	}
	if (used >= BED4_OPTIONS_LEN)
		return -ENOSPC;
	text[used] = 0;
	return 0;
}

/* Is the line at @line (up to its newline) one of @text? */
static bool has_line(const char *text, const char *line)
{
	size_t n = strcspn(line, "\n");

	while (*text) {
		if (strcspn(text, "\n") == n && !memcmp(text, line, n))
			return true;
		text += strcspn(text, "\n") + 1;
	}
	return false;
}

static void list_missing(const char *from, const char *in, const char *label, char *buf, size_t size)
{
	size_t used = strlen(buf);

	for (; *from; from += strcspn(from, "\n") + 1) {
		if (has_line(in, from) || used >= size)
			continue;
		snprintf(buf + used, size - used, "%s%s --%.*s", used ? "; " : "", label,
			 (int)strcspn(from, "\n"), from);
		used = strlen(buf);
	}
}

void settle_diff(const char *old, const char *new, char *buf, size_t size)
{
	buf[0] = 0;
	list_missing(old, new, "loaded:", buf, size);
	list_missing(new, old, "asked for:", buf, size);
}
