// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What only a peer's daemon does: its address and socket follow the router's advertisements and the
 * device, its neighbours go into the map, the operator's requests about them are served. Must not
 * decide anything about packets. Proved by selftests/net.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon_priv.h"
#include "io/rtnl.h"
#include "io/udp.h"
#include "log.h"
#include "opt.h"
#include "settle.h"

/* Native IPv6 beside the tunnel: a label of its own keeps our address for our prefix (RFC 6724). */
static void set_label(struct daemon *d, const struct bed4_in6 *addr)
{
	struct bed4_made *m = &d->info.made;
	int err;

	if (d->in.bare || (m->made_label && bed4_same_prefix(&m->prefix, addr)))
		return;
	if (m->made_label)
		rtnl_label_del(&m->prefix);
	m->prefix = *addr;
	m->prefix.w[2] = m->prefix.w[3] = 0;
	m->made_label = 1;
	daemon_publish_info(d);
	err = rtnl_label_add(addr);
	if (!err)
		return;
	m->made_label = 0;
	daemon_publish_info(d);
	if (err != -EEXIST)
		log_error("cannot label the prefix, native IPv6 may be given a tunnel source: %s",
			  strerror(-err));
}

static void log_as_root(struct daemon *d)
{
	const struct as_root *a = daemon_as_root(d);
	unsigned int i;

	for (i = 0; i < a->count; i++)
		log_info("as root: %s", a->command[i]);
}

#define ADDRESS_RETRY NSEC_PER_SEC

/* Onto the TUN device. What hinders it (no memory, no descriptors) may pass: it is tried again. */
static void put_address(struct daemon *d, const struct bed4_in6 *addr)
{
	bool again = d->address_at;
	int err;

	set_label(d, addr);
	err = daemon_set_address(d, addr);
	d->address_at = err ? daemon_now() + ADDRESS_RETRY : 0;
	if (err && !again)
		log_error("cannot set the address, trying on: %s", strerror(-err));
	else if (!err && again)
		log_info("the address is set after all");
}

void daemon_retry_address(struct daemon *d, __u64 now)
{
	if (d->address_at && now >= d->address_at)
		put_address(d, &d->tunnel.self.own);
}

static void set_address(struct daemon *d, const struct bed4_in6 *addr)
{
	char text[INET6_ADDRSTRLEN];

	d->address_at = 0;
	put_address(d, addr);
	daemon_publish_self(d);
	log_info("address %s", inet_ntop(AF_INET6, addr, text, sizeof(text)));
	if (!d->told.ready)
		log_as_root(d); /* else whoever started it is told */
}

static void del_address(struct daemon *d)
{
	d->address_at = 0;
	if (d->info.made.made_addr)
		rtnl_addr6_del(d->tun_index, &d->info.made.addr);
	d->info.made.made_addr = 0;
	daemon_publish_info(d);
	daemon_publish_self(d);
}

/* Another socket in place of the one in use; the core solicits from it. -errno: nothing changed. */
static int bind_anew(struct daemon *d, struct bed4_ep ep)
{
	struct err e = {};
	int fd = udp_open(ep, d->underlay, &e);

	if (fd < 0) {
		log_error("%s", e.text);
		return fd;
	}
	daemon_set_up_udp(d, fd);
	close(d->udp); /* leaves the epoll set with it */
	d->udp = fd;
	daemon_poll(d, fd, SRC_UDP);
	tunnel_rebound(&d->tunnel, daemon_now(), ep);
	daemon_publish_self(d);
	return 0;
}

/* A NAT that gave an odd port may give an even one to another local port. */
static void rebind(struct daemon *d)
{
	struct bed4_ep ep = d->tunnel.self.listen;
	unsigned int port = BED4_NTOHS(ep.port) + 2;

	if (port > BED4_PEER_PORT_MAX || port < BED4_PEER_PORT_MIN)
		port = BED4_PEER_PORT_MIN;
	ep.port = BED4_HTONS(port);
	if (bind_anew(d, ep))
		tunnel_rebound(&d->tunnel, daemon_now(), d->tunnel.self.listen);
}

static void follow_address(struct daemon *d)
{
	struct bed4_ep ep = d->tunnel.self.listen;

	if (!d->opt.listen_follows || rtnl_addr4_primary(d->underlay, &ep.addr) ||
	    ep.addr == d->tunnel.self.listen.addr || bind_anew(d, ep))
		return;
	d->opt.listen = ep.addr;
	settle_text(&d->opt, d->info.options);
	fastpath_set_info(d->fp, &d->info);
	if (policy_refresh(&d->policy, &d->tunnel.self, d->fp) > 0)
		daemon_publish_self(d);
	log_info("the IPv4 address of %s has changed", d->opt.iface);
}

void daemon_follow_link(struct daemon *d)
{
	bool was = d->running;
	struct rtnl_link link;

	if (rtnl_link_get(d->opt.iface, &link))
		return;
	d->running = link.running;
	if (!link.running)
		return;
	follow_address(d);
	if (was)
		return;
	/* Whatever was between us and the router may be another one now. */
	tunnel_rebound(&d->tunnel, daemon_now(), d->tunnel.self.listen);
	log_info("%s is up again", d->opt.iface);
}

void daemon_carry_peer(struct daemon *d, const struct action *act)
{
	int err = 0;

	switch (act->kind) {
	case ACTION_ADDR_SET:
		set_address(d, &act->in6);
		break;
	case ACTION_ADDR_DEL:
		del_address(d);
		break;
	case ACTION_REBIND:
		rebind(d);
		break;
	case ACTION_NEIGH_SET:
		daemon_watch_neigh(d, act);
		err = fastpath_neigh_set(d->fp, &act->in6, &act->neigh);
		break;
	case ACTION_NEIGH_DEL:
		daemon_watch_neigh(d, act);
		err = fastpath_neigh_del(d->fp, &act->in6);
		break;
	case ACTION_NEIGH_FLUSH:
		daemon_watch_neigh(d, act);
		err = fastpath_neigh_flush(d->fp);
		break;
	default:
		break;
	}
	if (err)
		log_error("cannot write map neigh: %s", strerror(-err));
}

static void stamp_one(void *arg, const struct bed4_in6 *in6, const struct bed4_neigh *n)
{
	struct daemon *d = arg;
	char text[INET6_ADDRSTRLEN] = "?";

	if (!tunnel_stamp(&d->tunnel, daemon_now(), in6, n, &d->actions)) {
		inet_ntop(AF_INET6, in6, text, sizeof(text));
		log_error("map neigh has been tampered with: what the cache knows of %s is written anew", text);
	}
	daemon_carry_out(d);
}

bool daemon_sweep_neighbours(struct daemon *d)
{
	int ret = fastpath_sweep(d->fp, stamp_one, d);

	if (ret < 0)
		log_error("cannot read map neigh: %s", strerror(-ret));
	return ret == 1;
}

static int add(struct daemon *d, const struct bed4_in6 *addr, struct bed4_ep at,
	       struct ctl_reply *reply)
{
	int err = tunnel_neigh_add(&d->tunnel, daemon_now(), addr, at, &d->actions);

	if (err == -EINVAL)
		snprintf(reply->text, sizeof(reply->text), "that is no neighbour: it must be another "
			 "address in our own prefix, with an even port");
	if (err == -ENOSPC)
		snprintf(reply->text, sizeof(reply->text), "the neighbour table is full: load with a "
			 "larger --neigh-max");
	return err;
}

static int del(struct daemon *d, const struct bed4_in6 *addr, struct ctl_reply *reply)
{
	int err = tunnel_neigh_del(&d->tunnel, addr, &d->actions);

	if (err == -ENOENT)
		snprintf(reply->text, sizeof(reply->text), "no such neighbour; see `6bed4ctl neigh`");
	return err;
}

/* "add IPV6 [IPV4:PORT]", "del IPV6", "flush": words that cmd_neigh.c has checked already. */
void daemon_neigh_request(struct daemon *d, const char *words, struct ctl_reply *reply)
{
	char verb[8] = "", addr[INET6_ADDRSTRLEN] = "", at[32] = "";
	struct bed4_ep ep = {};
	struct bed4_in6 in6;
	int err = -EPROTO, n = sscanf(words, "%7s %45s %31s", verb, addr, at);

	snprintf(reply->text, sizeof(reply->text), "unknown request");
	if (d->opt.role != BED4_ROLE_PEER) {
		err = -EOPNOTSUPP;
		snprintf(reply->text, sizeof(reply->text), "a router has no neighbour cache to change: "
			 "the address itself says where a peer is");
	} else if (!strcmp(verb, "flush") && n == 1) {
		tunnel_neigh_flush(&d->tunnel, &d->actions);
		err = 0;
	} else if (n >= 2 && !opt_ipv6(addr, &in6) && (n < 3 || !opt_endpoint(at, &ep))) {
		if (!strcmp(verb, "add"))
			err = add(d, &in6, ep, reply);
		else if (!strcmp(verb, "del"))
			err = del(d, &in6, reply);
	}
	daemon_carry_out(d);
	reply->code = err ? 1 : 0;
	if (!err)
		reply->text[0] = 0;
}
