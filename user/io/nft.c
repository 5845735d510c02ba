// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The firewall as the kernel has it; see nft.h. Must not know what a rule means. Proved by selftests/net/test_doctor.sh. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "io/nft.h"

#define LIBRARY "libnftables.so.1"

/* What we use of the library. */
struct library {
	void *handle;
	__typeof__(&nft_ctx_new) new;
	__typeof__(&nft_ctx_free) free;
	__typeof__(&nft_ctx_output_set_flags) flags;
	__typeof__(&nft_ctx_buffer_output) buffer;
	__typeof__(&nft_ctx_buffer_error) buffer_error;
	__typeof__(&nft_run_cmd_from_buffer) run;
	__typeof__(&nft_ctx_get_output_buffer) output;
};

static int open_library(struct library *l)
{
	l->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!l->handle)
		return -ENOENT;
	l->new = (__typeof__(l->new))dlsym(l->handle, "nft_ctx_new");
	l->free = (__typeof__(l->free))dlsym(l->handle, "nft_ctx_free");
	l->flags = (__typeof__(l->flags))dlsym(l->handle, "nft_ctx_output_set_flags");
	l->buffer = (__typeof__(l->buffer))dlsym(l->handle, "nft_ctx_buffer_output");
	l->buffer_error = (__typeof__(l->buffer_error))dlsym(l->handle, "nft_ctx_buffer_error");
	l->run = (__typeof__(l->run))dlsym(l->handle, "nft_run_cmd_from_buffer");
	l->output = (__typeof__(l->output))dlsym(l->handle, "nft_ctx_get_output_buffer");
	if (l->new && l->free && l->flags && l->buffer && l->buffer_error && l->run && l->output)
		return 0;
	dlclose(l->handle);
	return -ENOENT;
}

static int list_ruleset(const struct library *l, struct nft_ctx *nft, char **text)
{
	const char *out;

	l->flags(nft, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_TERSE |
			      NFT_CTX_OUTPUT_NUMERIC_ALL);
	if (l->buffer(nft) || l->buffer_error(nft))
		return -ENOMEM;
	errno = 0;
	if (l->run(nft, "list ruleset"))
		return errno ? -errno : -EPERM;
	out = l->output(nft);
	if (!out || strlen(out) > NFT_TEXT_MAX)
		return -E2BIG;
	*text = strdup(out);
	return *text ? 0 : -ENOMEM;
}

int nft_read(char **text)
{
	struct library l = {};
	struct nft_ctx *nft;
	int err = open_library(&l);

	*text = NULL;
	if (err)
		return err;
	nft = l.new(NFT_CTX_DEFAULT);
	err = nft ? list_ruleset(&l, nft, text) : -ENOMEM;
	if (nft)
		l.free(nft);
	dlclose(l.handle);
	return err;
}

/* Asking about a table that is not there would make the kernel load it. */
static bool has_table(int family)
{
	FILE *f = fopen(family == AF_INET ? "/proc/net/ip_tables_names" : "/proc/net/ip6_tables_names", "re");
	char line[64];
	bool found = false;

	while (f && fgets(line, sizeof(line), f))
		found |= !strcmp(line, "filter\n");
	if (f)
		fclose(f);
	return found;
}

int nft_legacy_rules(int family, unsigned int hook)
{
	struct ipt_getinfo v4 = { .name = "filter" };
	struct ip6t_getinfo v6 = { .name = "filter" };
	socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
	int fd, err;

	if (hook >= NF_INET_NUMHOOKS || !has_table(family))
		return 0;
	fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd < 0)
		return -errno;
	if (family == AF_INET)
		err = getsockopt(fd, IPPROTO_IP, IPT_SO_GET_INFO, &v4, &len) ? -errno : 0;
	else
		err = getsockopt(fd, IPPROTO_IPV6, IP6T_SO_GET_INFO, &v6, &len) ? -errno : 0;
	close(fd);
	if (err)
		return err;
	/* The policy is the last entry of a chain: where it is not the first one too, there are rules. */
	return family == AF_INET ? v4.hook_entry[hook] != v4.underflow[hook] : v6.hook_entry[hook] != v6.underflow[hook];
}
