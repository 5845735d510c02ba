// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Words of a command line, separated by NUL or newline, through the options of `load`, and through those
 * of `reload` over what is behind a byte 1, as if map `info` had it; each word also through the strict
 * parsers. What is taken has to keep the promises of opt.h and can be read back, what is refused has to
 * say why in one line. Must not know the machine.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "opt.h"
#include "promise.h"

#define WORDS_MAX 256

static void check_v4(const struct opt_v4 *list, unsigned int count)
{
	unsigned int i;

	promise(count <= OPT_V4_MAX);
	for (i = 0; i < count; i++) {
		promise(list[i].len <= 32);
		promise(list[i].len == 32 || !(BED4_NTOHL(list[i].addr) & 0xffffffffu >> list[i].len));
	}
}

static void check_name(const char name[BED4_NAME_LEN])
{
	promise(memchr(name, 0, BED4_NAME_LEN) != NULL);
	promise(!strchr(name, '/') && !strchr(name, ' ') && name[0] != '-');
}

/* Said again as it is shown, it is the same. */
static void check_listen(const struct opt_listen *l)
{
	char text[OPT_LISTEN_TEXT];
	struct opt_listen again;

	promise(memchr(l->path, 0, sizeof(l->path)) != NULL);
	promise(!opt_listen(opt_listen_text(l, text), &again));
	promise(again.kind == l->kind && again.port == l->port && again.in4 == l->in4 &&
		bed4_in6_eq(&again.in6, &l->in6) && !strcmp(again.path, l->path));
}

static void check_taken(const struct load_options *o)
{
	unsigned int i;

	promise(*o->iface && o->v6_count <= BED4_V6DEV_MAX);
	check_name(o->iface);
	check_name(o->tun);
	for (i = 0; i < o->v6_count; i++)
		check_name(o->v6_dev[i]);
	promise(!(o->port & 1) && o->port <= 65534 && o->port_fixed == (o->port != 0));
	promise(o->mtu >= BED4_MTU && o->mtu <= BED4_MTU_MAX && o->wait <= 3600);
	promise(o->keepalive <= 3600 && o->keepalive_ttl >= 1 && o->keepalive_ttl <= 255);
	promise(o->hop_slots >= 1024 && o->hop_slots <= 1048576 && !(o->hop_slots & (o->hop_slots - 1)));
	promise(o->dscp <= BED4_DSCP_COPY);
	promise(o->radius <= 255 && o->neigh_max >= 16 && o->neigh_max <= 4194304);
	check_listen(&o->metrics);
	promise(o->csum <= BED4_CSUM_MODE_ZERO);
	promise(o->account <= 1000000 && o->mode <= BED4_MODE_OFF);
	promise((o->role == BED4_ROLE_ROUTER) == o->prefix_set);
	promise(!o->prefix.w[2] && !o->prefix.w[3]);
	promise(!o->prefix_set || !bed4_src_never(&o->prefix));
	check_v4(o->permit, o->permit_count);
	check_v4(o->deny, o->deny_count);
	for (i = 0; i < o->permit_count; i++)
		promise(!bed4_v4_hard(o->permit[i].addr) && o->permit[i].len);
}

static void parse_alone(const char *word)
{
	struct bed4_in6 in6;
	struct opt_v4 v4;
	struct bed4_ep ep;
	unsigned int v;
	__be32 addr;

	opt_ipv4(word, &addr);
	opt_ipv6(word, &in6);
	if (!opt_v4_prefix(word, &v4))
		check_v4(&v4, 1);
	if (!opt_uint(word, 2, 1000, &v))
		promise(v >= 2 && v <= 1000);
	opt_endpoint(word, &ep);
	if (!opt_prefix64(word, &in6))
		promise(!in6.w[2] && !in6.w[3]);
}

/* What is remembered says the same again, and so does a reload by it that changes nothing. */
static void check_remembered(const struct load_options *o)
{
	struct load_options again;
	struct opt_words w;

	promise(memchr(o->given, 0, sizeof(o->given)) != NULL);
	opt_words_init(&w);
	promise(!opt_finish(&again, &w, o->given, NULL, NULL));
	promise(!strcmp(again.given, o->given) && again.mtu == o->mtu && again.role == o->role &&
		again.permit_count == o->permit_count && again.deny_count == o->deny_count);
}

static void reload(int argc, char **argv, const char *base)
{
	struct load_options o;
	struct opt_words w;
	struct err e = {};
	int ret;

	opt_words_init(&w);
	ret = opt_parse_words(&w, argc, argv, &e);
	if (!ret)
		ret = opt_finish(&o, &w, base, NULL, &e);
	promise(ret == 0 || ret == 1 || (ret < 0 && *e.text));
	if (ret)
		return;
	check_taken(&o);
	check_remembered(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), *argv[WORDS_MAX + 1], *base;
	struct load_options o;
	struct err e = {};
	size_t i, start = 0;
	int argc = 0, ret;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	copy[size] = 0;
	base = memchr(copy, 1, size);
	if (base) {
		size = (size_t)(base - copy);
		base++;
	}
	copy[size] = '\n';
	for (i = 0; i <= size && argc < WORDS_MAX; i++) {
		if (copy[i] && copy[i] != '\n')
			continue;
		copy[i] = 0;
		argv[argc++] = copy + start;
		start = i + 1;
	}
	argv[argc] = NULL;
	for (i = 0; i < (size_t)argc; i++)
		parse_alone(argv[i]);
	ret = opt_parse_load(&o, argc, argv, &e);
	if (!ret) {
		check_taken(&o);
		check_remembered(&o);
	}
	if (base)
		reload(argc, argv, base);
	promise(ret == 0 || ret == 1 || (ret < 0 && *e.text));
	free(copy);
	return 0;
}
