// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `addr`: 6bed4 addresses from and to IPv4:port. Pure arithmetic; nothing needs to be loaded. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "opt.h"
#include "show.h"

static const char help[] =
	"Usage: 6bed4ctl addr encode IPV4:PORT [--prefix P/64] [-j]\n"
	"       6bed4ctl addr encode IPV4:PORT --router IPV4:PORT [--plan-prefix P/16] [-j]\n"
	"       6bed4ctl addr decode IPV6 [--plan-prefix P/16] [-j]\n\n"
	"encode prints the 6bed4 address of an IPv4 address and UDP port (even, not 0), link-local\n"
	"unless a prefix is given, or the router whose prefix it is (--plan server-prefix). decode prints\n"
	"the IPv4 address, port and link-layer address inside, and the router if the prefix tells one.\n"
	"Such prefixes begin with fc64::/16 unless --plan-prefix says otherwise.\n";

/* What the words say beside the address. */
struct words {
	const char *prefix, *router, *plan;
	__u16 plan_prefix;
};

static int usage(const char *what)
{
	fprintf(stderr, "6bed4ctl addr: %s; see `6bed4ctl addr --help`\n", what);
	return EXIT_USAGE;
}

/* The upper half of an address to be made. */
static int take_prefix(const struct words *w, struct bed4_in6 *addr)
{
	struct bed4_ep router;

	if (w->prefix && opt_prefix64(w->prefix, addr))
		return usage("--prefix must be a unicast IPv6 prefix P/64 with no low bits set");
	if (!w->router)
		return w->plan ? usage("--plan-prefix goes with --router") : EXIT_DONE;
	if (w->prefix)
		return usage("--prefix and --router contradict each other");
	if (opt_endpoint(w->router, &router) || !bed4_port_ok(router.port) || bed4_v4_hard(router.addr))
		return usage("--router must be IPV4:PORT, with an even port");
	bed4_plan_put(addr, w->plan_prefix, router);
	return EXIT_DONE;
}

static int encode(const char *word, const struct words *w)
{
	struct bed4_in6 addr = { .b = { 0xfe, 0x80 } };
	char buf[SHOW_TEXT], ll[SHOW_TEXT];
	struct json_object *o;
	struct bed4_ep ep;
	int ret = take_prefix(w, &addr);

	if (ret)
		return ret;
	if (opt_endpoint(word, &ep))
		return usage("encode takes IPV4:PORT");
	if (!bed4_port_ok(ep.port)) {
		fprintf(stderr, "6bed4ctl: port %u cannot be told in an address: it must be even and not 0\n",
			BED4_NTOHS(ep.port));
		return EXIT_FAILED;
	}
	bed4_iid_put(&addr, ep);
	if (!cmd_json) {
		puts(show_ip6(&addr, buf));
		return EXIT_DONE;
	}
	o = show_json();
	json_object_object_add(o, "address", json_object_new_string(show_ip6(&addr, buf)));
	json_object_object_add(o, "endpoint", json_object_new_string(show_ep(ep, buf)));
	json_object_object_add(o, "lladdr", json_object_new_string(show_lladdr(ep, ll)));
	show_print(o);
	return EXIT_DONE;
}

static int decode(const char *word, const struct words *w)
{
	char buf[SHOW_TEXT], ll[SHOW_TEXT], at[SHOW_TEXT];
	struct json_object *o;
	struct bed4_in6 addr;
	struct bed4_ep ep, router;
	bool special, planned;

	if (opt_ipv6(word, &addr))
		return usage("decode takes an IPv6 address");
	if (!bed4_iid_get(&addr, &ep)) {
		fprintf(stderr, "6bed4ctl: %s is no 6bed4 address: %s\n", word,
			addr.b[11] == 0xff && addr.b[12] == 0xfe ? "its port is odd or 0" :
								   "bytes 11, 12 are not ff, fe");
		return EXIT_FAILED;
	}
	special = bed4_v4_special(ep.addr);
	planned = addr.h[0] == BED4_HTONS(w->plan_prefix) && bed4_plan_get(&addr, &router) &&
		  !bed4_v4_hard(router.addr);
	if (!cmd_json) {
		printf("%s lladdr %s%s%s%s\n", show_ep(ep, buf), show_lladdr(ep, ll),
		       special ? " special-purpose" : "", planned ? " router " : "",
		       planned ? show_ep(router, at) : "");
		return EXIT_DONE;
	}
	o = show_json();
	json_object_object_add(o, "address", json_object_new_string(show_ip6(&addr, buf)));
	json_object_object_add(o, "endpoint", json_object_new_string(show_ep(ep, buf)));
	json_object_object_add(o, "lladdr", json_object_new_string(show_lladdr(ep, ll)));
	show_put_bool(o, "special_purpose", special);
	if (planned)
		json_object_object_add(o, "router", json_object_new_string(show_ep(router, at)));
	show_print(o);
	return EXIT_DONE;
}

/* Is argv[*i] one of the options, not yet given? Moves *i over a separate value. */
static bool take_option(struct words *w, int argc, char **argv, int *i)
{
	const struct {
		const char *name, **value;
	} options[] = { { "--prefix", &w->prefix }, { "--router", &w->router }, { "--plan-prefix", &w->plan } };
	size_t k, len;

	for (k = 0; k < sizeof(options) / sizeof(*options); k++) {
		len = strlen(options[k].name);
		if (strncmp(argv[*i], options[k].name, len) || *options[k].value)
			continue;
		if (argv[*i][len] == '=')
			*options[k].value = argv[*i] + len + 1;
		else if (!argv[*i][len] && *i + 1 < argc)
			*options[k].value = argv[++*i];
		else
			continue;
		return true;
	}
	return false;
}

int cmd_addr(int argc, char **argv)
{
	static const char *const verbs[] = { "encode", "decode", NULL };
	struct words w = { .plan_prefix = BED4_PLAN_PREFIX };
	const char *verb = NULL, *word = NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			return EXIT_DONE;
		}
		if (cmd_json_word(argv[i]))
			continue;
		if (take_option(&w, argc, argv, &i))
			continue;
		if (argv[i][0] == '-' || word)
			return usage("unknown or repeated word");
		else
			*(verb ? &word : &verb) = argv[i];
	}
	if (w.plan && opt_plan_prefix(w.plan, &w.plan_prefix))
		return usage("--plan-prefix must be a unicast IPv6 prefix P/16 with no low bits set");
	i = verb ? cmd_abbrev(verb, verbs) : -1;
	if (word && i == 0)
		return encode(word, &w);
	if (word && i == 1 && !w.prefix && !w.router)
		return decode(word, &w);
	return usage("say `encode IPV4:PORT` or `decode IPV6`");
}
