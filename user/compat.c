// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The command lines of the reference implementation of 2012: its options into those of `load`, and its habits,
 * which are that a peer goes to the background unless told not to, a router does not, and the tunnel goes
 * with the process. Must not know how something is loaded. Proved by selftests/net/test_compat.sh.
 */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "compat.h"
#include "io/caps.h"
#include "io/rtnl.h"
#include "load.h"
#include "log.h"


/* An option: the letter, the name that is told in messages, and what it is to `load` (NULL: handled here). */
struct letter {
	char letter;
	const char *name, *load;
	bool once; /* a second one is refused, as then; else the last one counts */
};

struct personality {
	const char *name, *letters;
	enum bed4_role role;
	const struct letter *table;
	const struct option *names;
	const char *help;
};

static const struct letter peer_letters[] = {
	{ 's', "v4server", "server", true },
	{ 't', "tundev", "tun", true },
	{ 'd', "default-route", "default-route", true },
	{ 'l', "listen", "listen", false },
	{ 'p', "port", "port", false },
	{ 'r', "radius", "radius", true },
	{ 'k', "keepalive", "keepalive", true },
	{ 'f', "foreground", NULL, true },
	{ 'e', "error-console", NULL, true },
	{ 0 },
};

static const struct letter router_letters[] = {
	{ 'l', "v4listen", "listen", true },
	{ 'L', "v6prefix", "prefix", true },
	{ 't', "tundev", "tun", true },
	{ 0 },
};

static const struct option peer_names[] = {
	{ "v4server", required_argument, NULL, 's' },
	{ "tundev", required_argument, NULL, 't' },
	{ "default-route", no_argument, NULL, 'd' },
	{ "listen", required_argument, NULL, 'l' },
	{ "port", required_argument, NULL, 'p' },
	{ "radius", required_argument, NULL, 'r' },
	{ "radius-multicast", required_argument, NULL, 'r' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "fork-not", no_argument, NULL, 'f' },
	{ "keepalive", required_argument, NULL, 'k' },
	{ "keepalive-period-ttl", required_argument, NULL, 'k' },
	{ "error-console", no_argument, NULL, 'e' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct option router_names[] = {
	{ "v4listen", required_argument, NULL, 'l' },
	{ "v6prefix", required_argument, NULL, 'L' },
	{ "tundev", required_argument, NULL, 't' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const struct personality peer = {
	.name = "6bed4peer", .letters = ":s:t:dl:p:r:k:feh", .role = BED4_ROLE_PEER, .table = peer_letters,
	.names = peer_names,
	.help = "Usage: 6bed4peer [-def] [-s IPV4] [-l IPV4] [-p PORT] [-t DEV] [-k SEC[,TTL]] [-r HOPS]\n\n"
		"Makes this machine a 6bed4 peer, with the options of the reference implementation. It goes to\n"
		"the background, and SIGTERM ends it; `6bed4ctl status` shows it.\n\n"
		"  -s, --v4server IPV4      the router; default: " BED4_SERVICE_V4 "\n"
		"  -l, --listen IPV4        address of this machine to use; default: that of the way to the router\n"
		"  -p, --port PORT          own UDP port, even; default: random, and kept\n"
		"  -d, --default-route      send all native IPv6 through the tunnel\n"
		"  -t, --tundev DEV         use this TUN device, which is there already; without root, too\n"
		"  -k, --keepalive SEC[,TTL]  how often to refresh the NAT's mapping; default: 30,3\n"
		"  -r, --radius HOPS        how far to look for LAN neighbours; default: 1, 0 is off\n"
		"  -f, --foreground, --fork-not\n"
		"                           stay in the foreground\n"
		"  -e, --error-console      messages to standard error, too\n"
		"  -h, --help               this\n",
};

static const struct personality router = {
	.name = "6bed4router", .letters = ":l:L:t:h", .role = BED4_ROLE_ROUTER, .table = router_letters,
	.names = router_names,
	.help = "Usage: 6bed4router -l IPV4 -L PREFIX/64 [-t DEV]\n\n"
		"Makes this machine a 6bed4 router, with the options of the reference implementation. It stays in\n"
		"the foreground, and SIGTERM ends it; `6bed4ctl status` shows it.\n\n"
		"  -l, --v4listen IPV4      address of this machine to listen on\n"
		"  -L, --v6prefix PREFIX/64 the prefix that this router serves\n"
		"  -t, --tundev DEV         use this TUN device, which is there already; without root, too\n"
		"  -h, --help               this\n",
};

static int complain(const struct personality *p, const struct err *e)
{
	fprintf(stderr, "%s: %s; see `%s --help`\n", p->name, e->text, p->name);
	return EXIT_USAGE;
}

/* "/dev/tun0", as then, or "tun0". The device is always opened by its name. */
static const char *device_name(const char *s)
{
	if (!strncmp(s, "/dev/net/", 9))
		return s + 9;
	return strncmp(s, "/dev/", 5) ? s : s + 5;
}

/* 0 meant: as if it was not given. */
static bool says_nothing(const struct letter *k, const char *value)
{
	return (!strcmp(k->name, "listen") && !strcmp(value, "0.0.0.0")) ||
	       (!strcmp(k->name, "port") && !strcmp(value, "0"));
}

/* Of an option that may come again the last one counts, so its value waits until all are known. */
static int check_again(const struct letter *k, unsigned int bit, unsigned int *seen, struct err *e)
{
	if (k->once && *seen & bit)
		return err_set(e, -EEXIST, "--%s is given twice", k->name);
	*seen |= bit;
	return 0;
}

struct words {
	struct opt_words opt;
	const char *last[16]; /* by place in the table */
	unsigned int seen;
};

static int take(struct words *w, const struct personality *p, int letter, const char *value, struct err *e)
{
	unsigned int i;
	int err;

	for (i = 0; p->table[i].letter != letter; i++)
		;
	err = check_again(&p->table[i], 1u << i, &w->seen, e);
	if (letter == 'f')
		w->opt.set.foreground = true;
	if (letter == 'e')
		w->opt.set.log = LOG_TO_SYSTEM | LOG_TO_STDERR;
	w->last[i] = value ? value : "on";
	return err;
}

/* The words of the command line. 0, 1 when help was asked for, or -errno. */
static int take_all(struct words *w, const struct personality *p, int argc, char **argv, struct err *e)
{
	int c, err = 0;

	opterr = 0;
	while (!err && (c = getopt_long(argc, argv, p->letters, p->names, NULL)) != -1) {
		if (c == 'h')
			return 1;
		if (c == ':')
			err = err_set(e, -EINVAL, "%.40s needs a value", argv[optind - 1]);
		else if (c == '?' && optopt)
			err = err_set(e, -EINVAL, "option -%c is unknown, or takes no value", optopt);
		else if (c == '?')
			err = err_set(e, -EINVAL, "unknown or ambiguous option %.40s", argv[optind - 1]);
		else
			err = take(w, p, c, optarg, e);
	}
	if (!err && optind < argc)
		err = err_set(e, -EINVAL, "%.40s belongs to no option", argv[optind]);
	return err;
}

/* Into the words of `load`. */
static int translate(struct words *w, const struct personality *p, struct err *e)
{
	const char *value;
	unsigned int i;
	int err = opt_word(&w->opt, "role", p->role == BED4_ROLE_PEER ? "peer" : "router", e);

	for (i = 0; !err && p->table[i].letter; i++) {
		const struct letter *k = &p->table[i];

		value = w->last[i];
		if (!value || !k->load || says_nothing(k, value))
			continue;
		if (!strcmp(k->load, "tun"))
			value = device_name(value);
		err = opt_word(&w->opt, k->load, value, e);
		if (err)
			err_set(e, err, "--%s %.60s: must be %s", k->name, value, opt_allowed(k->load));
	}
	return err;
}

static int check_tun(const char *name, struct err *e)
{
	if (!*name || if_nametoindex(name))
		return 0;
	if (!strcmp(name, "tun"))
		return err_set(e, -ENODEV, "no TUN device tun: say the name of one, not of the driver's file");
	return err_set(e, -ENODEV, "no TUN device %s: as root, `ip tuntap add dev %s mode tun user NAME`", name, name);
}

/* The device is that of our address, else of the way to the router. */
static int find_device(struct load_options *o, struct err *e)
{
	__be32 addr = o->listen ? o->listen : o->server;
	unsigned int ifindex = 0;
	char text[16];
	int err = o->listen ? rtnl_addr4_dev(addr, &ifindex) : rtnl_route4_dev(addr, &ifindex);

	snprintf(text, sizeof(text), "%u.%u.%u.%u", BED4_NTOHL(addr) >> 24, BED4_NTOHL(addr) >> 16 & 255,
		 BED4_NTOHL(addr) >> 8 & 255, BED4_NTOHL(addr) & 255);
	if (err && o->listen)
		return err_set(e, err, "%s is no address of this machine; see `ip -4 addr`", text);
	if (err || !if_indextoname(ifindex, o->iface))
		return err_set(e, err ? err : -errno, "no way to the router %s: %s; see `ip route get %s`, or choose an "
						      "address of this machine with --listen",
			       text, strerror(err ? -err : errno), text);
	return 0;
}

static int check_given(const struct words *w, const struct personality *p, struct err *e)
{
	if (p->role == BED4_ROLE_ROUTER && !w->opt.set.listen)
		return err_set(e, -EINVAL, "say on which address to listen: -l IPV4");
	if (p->role == BED4_ROLE_ROUTER && !w->opt.set.prefix_set)
		return err_set(e, -EINVAL, "say which prefix to serve: -L PREFIX/64");
	return 0;
}

/* Whoever may not load has a TUN device of its own, or the words to say that it should. */
static int fit_privileges(struct words *w, struct err *e)
{
	return !*w->opt.set.tun || !caps_check(NULL) ? 0 : opt_word(&w->opt, "fast-path", "off", e);
}

static int run(const struct personality *p, int argc, char **argv)
{
	struct words w = {};
	struct err e = {};
	int ret;

	opt_words_init(&w.opt);
	w.opt.set.log = LOG_TO_SYSTEM;
	w.opt.set.kept = true;
	w.opt.set.foreground = p->role == BED4_ROLE_ROUTER;
	ret = take_all(&w, p, argc, argv, &e);
	if (ret > 0) {
		fputs(p->help, stdout);
		return EXIT_DONE;
	}
	if (!ret)
		ret = translate(&w, p, &e);
	if (!ret)
		ret = check_given(&w, p, &e);
	if (ret)
		return complain(p, &e);
	ret = check_tun(w.opt.set.tun, &e);
	if (!ret)
		ret = fit_privileges(&w, &e);
	if (!ret)
		ret = find_device(&w.opt.set, &e);
	if (!ret)
		return load_words(&w.opt);
	fprintf(stderr, "%s: %s\n", p->name, e.text);
	return EXIT_FAILED;
}

static int run_peer(int argc, char **argv)
{
	return run(&peer, argc, argv);
}

static int run_router(int argc, char **argv)
{
	return run(&router, argc, argv);
}

int (*compat_find(const char *argv0))(int argc, char **argv)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;
	const char *name = slash ? slash + 1 : argv0;

	if (name && !strcmp(name, peer.name))
		return run_peer;
	return name && !strcmp(name, router.name) ? run_router : NULL;
}
