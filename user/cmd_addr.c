// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* `addr`: 6bed4 addresses from and to IPv4:port. Pure arithmetic; nothing needs to be loaded. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "opt.h"
#include "show.h"

static const char help[] =
	"Usage: 6bed4ctl addr encode IPV4:PORT [--prefix P/64] [-j]\n"
	"       6bed4ctl addr decode IPV6 [-j]\n\n"
	"encode prints the 6bed4 address of an IPv4 address and UDP port (even, not 0), link-local\n"
	"unless a prefix is given. decode prints the IPv4 address, port and link-layer address inside.\n";

static int usage(const char *what)
{
	fprintf(stderr, "6bed4ctl addr: %s; see `6bed4ctl addr --help`\n", what);
	return EXIT_USAGE;
}

static int encode(const char *word, const char *prefix)
{
	struct bed4_in6 addr = { .b = { 0xfe, 0x80 } };
	char buf[SHOW_TEXT], ll[SHOW_TEXT];
	struct json_object *o;
	struct bed4_ep ep;

	if (prefix && opt_prefix64(prefix, &addr))
		return usage("--prefix must be an IPv6 prefix P/64 with no low bits set");
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

static int decode(const char *word)
{
	char buf[SHOW_TEXT], ll[SHOW_TEXT];
	struct json_object *o;
	struct bed4_in6 addr;
	struct bed4_ep ep;
	bool special;

	if (opt_ipv6(word, &addr))
		return usage("decode takes an IPv6 address");
	if (!bed4_iid_get(&addr, &ep)) {
		fprintf(stderr, "6bed4ctl: %s is no 6bed4 address: %s\n", word,
			addr.b[11] == 0xff && addr.b[12] == 0xfe ? "its port is odd or 0" :
								   "bytes 11, 12 are not ff, fe");
		return EXIT_FAILED;
	}
	special = bed4_v4_special(ep.addr);
	if (!cmd_json) {
		printf("%s lladdr %s%s\n", show_ep(ep, buf), show_lladdr(ep, ll),
		       special ? " special-purpose" : "");
		return EXIT_DONE;
	}
	o = show_json();
	json_object_object_add(o, "address", json_object_new_string(show_ip6(&addr, buf)));
	json_object_object_add(o, "endpoint", json_object_new_string(show_ep(ep, buf)));
	json_object_object_add(o, "lladdr", json_object_new_string(show_lladdr(ep, ll)));
	json_object_object_add(o, "special_purpose", json_object_new_boolean(special));
	show_print(o);
	return EXIT_DONE;
}

int cmd_addr(int argc, char **argv)
{
	static const char *const verbs[] = { "encode", "decode", NULL };
	const char *verb = NULL, *word = NULL, *prefix = NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			return EXIT_DONE;
		}
		if (cmd_json_word(argv[i]))
			continue;
		if (!strcmp(argv[i], "--prefix") && i + 1 < argc && !prefix)
			prefix = argv[++i];
		else if (!strncmp(argv[i], "--prefix=", 9) && !prefix)
			prefix = argv[i] + 9;
		else if (argv[i][0] == '-' || word)
			return usage("unknown or repeated word");
		else
			*(verb ? &word : &verb) = argv[i];
	}
	i = verb ? cmd_abbrev(verb, verbs) : -1;
	if (word && i == 0)
		return encode(word, prefix);
	if (word && i == 1 && !prefix)
		return decode(word);
	return usage("say `encode IPV4:PORT` or `decode IPV6`");
}
