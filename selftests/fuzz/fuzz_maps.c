// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Maps with arbitrary contents through `status`, `stats`, `neigh` and `metrics`, in text and in JSON, as a user runs
 * them. What they print is bounded and printable ASCII in lines, or JSON that parses; what cannot be
 * shown is refused with exit code 1 and one line. Stands in for the kernel and the daemon.
 *
 * Input: command (1 byte), how many CPUs (1), then, one behind the other and as long as there is some,
 * what differs from well-formed values: `info` but its options, `self`, neighbours, options, counters,
 * gauges.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <json-c/json.h>

#include "cmd.h"
#include "io/ctl.h"
#include "io/instance.h"
#include "promise.h"
#include "show_privs.h"

#define NEIGHBOURS 8
#define COUNTERS   64 /* that the input sets; the others are 0 */

enum { SELF = 10000, INFO, NEIGH, STATS, SLOW, PERCPU, LOSSES, GAUGES, END }; /* "descriptors"; closing them fails */

struct neigh_entry {
	struct bed4_in6 key;
	struct bed4_neigh value;
};

static struct {
	struct bed4_info info;
	struct bed4_self self;
	struct bed4_gauges gauges;
	struct neigh_entry neigh[NEIGHBOURS];
	unsigned int neigh_count;
	__u64 count[COUNTERS];
	unsigned int cpus;
	unsigned int steps; /* of walks that are left; then the map stops changing */
	bool wide; /* the values of `info` are longer than ours */
} kernel;

/* --- the kernel ----------------------------------------------------------------------------------- */

int libbpf_num_possible_cpus(void)
{
	return (int)kernel.cpus;
}

int bpf_obj_get_info_by_fd(int fd, void *info, __u32 *len)
{
	struct bpf_map_info *m = info;

	promise(*len == sizeof(*m));
	m->value_size = fd == INFO   ? sizeof(kernel.info) + kernel.wide :
			fd == GAUGES ? sizeof(kernel.gauges) :
				       sizeof(kernel.self);
	return 0;
}

static void give_counts(struct bed4_count *c, __u32 row, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		c[i] = (struct bed4_count){ kernel.count[(row + i) % COUNTERS],
					    kernel.count[(row * 7 + i) % COUNTERS] };
}

static void give_losses(struct bed4_cpu *c)
{
	unsigned int i;

	memset(c, 0, kernel.cpus * sizeof(*c));
	for (i = 0; i < kernel.cpus; i++) {
		c[i].collisions = kernel.count[i % COUNTERS];
		c[i].events_lost = kernel.count[(i + 1) % COUNTERS];
	}
}

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	unsigned int i;

	switch (fd) {
	case INFO:
		memcpy(value, &kernel.info, sizeof(kernel.info));
		if (kernel.wide)
			((__u8 *)value)[sizeof(kernel.info)] = 0xff;
		return 0;
	case SELF:
		memcpy(value, &kernel.self, sizeof(kernel.self));
		return 0;
	case GAUGES:
		memcpy(value, &kernel.gauges, sizeof(kernel.gauges));
		return 0;
	case PERCPU:
		give_losses(value);
		return 0;
	case LOSSES:
		*(struct bed4_losses *)value = (struct bed4_losses){ kernel.count[0], kernel.count[1] };
		return 0;
	default:
		for (i = 0; i < kernel.neigh_count; i++) {
			if (!memcmp(key, &kernel.neigh[i].key, sizeof(struct bed4_in6))) {
				memcpy(value, &kernel.neigh[i].value, sizeof(struct bed4_neigh));
				return 0;
			}
		}
		errno = ENOENT;
		return -1;
	}
}

/* All rows of `stats` or `slow`, in order. */
int bpf_map_lookup_batch(int fd, void *in, void *out, void *keys, void *values, __u32 *count,
			 const struct bpf_map_batch_opts *opts)
{
	unsigned int cpus = fd == STATS ? kernel.cpus : 1;
	__u32 row;

	(void)opts;
	promise((fd == STATS || fd == SLOW) && !in && out && *count == BED4_HOOK_BPF * BED4_OUTCOME_COUNT);
	for (row = 0; row < *count; row++) {
		((__u32 *)keys)[row] = row;
		give_counts((struct bed4_count *)values + row * cpus, row, cpus);
	}
	return 0;
}

/* Duplicate keys make this go round and round, as a map does that changes while it is walked. */
int bpf_map_get_next_key(int fd, const void *key, void *next)
{
	unsigned int i;

	promise(fd == NEIGH);
	for (i = 0; key && i < kernel.neigh_count; i++) {
		if (!memcmp(key, &kernel.neigh[i].key, sizeof(struct bed4_in6)))
			break;
	}
	i = key ? i + 1 : 0;
	if (i >= kernel.neigh_count || !kernel.steps) {
		errno = ENOENT;
		return -1;
	}
	kernel.steps--;
	memcpy(next, &kernel.neigh[i].key, sizeof(struct bed4_in6));
	return 0;
}

/* What /proc says of the daemon. */
bool show_privs_read(struct show_privs *p, unsigned int pid)
{
	*p = (struct show_privs){ .caps = pid };
	return pid & 1;
}

const char *show_privs_user(const struct show_privs *p, char *buf, size_t size)
{
	snprintf(buf, size, "%u", p->uid);
	return buf;
}

bool show_privs_cap(const struct show_privs *p, int cap, char *buf, size_t size)
{
	snprintf(buf, size, "cap_%d", cap);
	return p->caps >> cap & 1;
}

/* --- the daemon ----------------------------------------------------------------------------------- */

int instance_list(char names[INSTANCE_MAX][BED4_NAME_LEN])
{
	memcpy(names[0], "eth0", sizeof("eth0"));
	memcpy(names[1], "abcdefghijklmno", BED4_NAME_LEN);
	return 2;
}

int instance_init(struct instance *in, const char *iface, bool mount, struct err *e)
{
	(void)e;
	promise(!mount);
	memset(in, 0, sizeof(*in));
	snprintf(in->iface, sizeof(in->iface), "%s", iface);
	snprintf(in->pin_dir, sizeof(in->pin_dir), "/pins");
	return 0;
}

bool instance_pinned(const struct instance *in)
{
	return *in->pin_dir;
}

int bpf_obj_get(const char *path)
{
	int i;

	promise(!strncmp(path, "/pins/", 6));
	for (i = 0; instance_map_names[i] && strcmp(path + 6, instance_map_names[i]); i++)
		;
	promise(SELF + i < END);
	return SELF + i;
}

/* Hands its maps over, unless it is dead. */
int cmd_neigh_monitor(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	promise(false); /* listens to a daemon: there is none */
	return 1;
}

int ctl_ask(const char *iface, const char *request, unsigned int seconds, struct ctl_reply *reply,
	    struct err *e)
{
	(void)iface;
	(void)seconds;
	(void)e;
	promise(!strcmp(request, "maps"));
	*reply = (struct ctl_reply){ .fd_count = END - SELF };
	for (int i = SELF; i < END; i++)
		reply->fds[i - SELF] = i;
	return kernel.cpus & 1 ? 0 : -ENOENT;
}

/* --- the input ------------------------------------------------------------------------------------ */

/* Lays the next bytes of the input over what is there. */
static void take(void *to, size_t n, const uint8_t **data, size_t *size)
{
	uint8_t *p = to;

	for (; n && *size; n--, (*size)--)
		*p++ ^= *(*data)++;
}

static void well_formed(void)
{
	static const char options[] = "fast-path tc\nmtu 1280\npermit-v4 10.0.0.0/8\n";
	unsigned int i;

	memset(&kernel, 0, sizeof(kernel));
	kernel.info = (struct bed4_info){
		.made = { .abi = BED4_ABI, .pid = 1, .underlay = 1, .tun = 1, .v6_count = 1, .v6_dev = { 1 },
			  .tun_name = "6bed4" },
		.mode = BED4_MODE_TC, .neigh_max = 16,
	};
	memcpy(kernel.info.options, options, sizeof(options));
	kernel.self = (struct bed4_self){ .abi = BED4_ABI, .flags = BED4_SELF_VALID | BED4_SELF_ADDR,
					  .role = BED4_ROLE_PEER, .mtu = BED4_MTU };
	for (i = 0; i < NEIGHBOURS; i++)
		kernel.neigh[i].key.b[15] = (__u8)i;
}

static void fill(const uint8_t *data, size_t size)
{
	unsigned int i;

	kernel.cpus = 1 + data[1] % 4;
	kernel.neigh_count = data[1] / 4 % (NEIGHBOURS + 1);
	kernel.steps = 8 * NEIGHBOURS;
	kernel.wide = data[1] == 0xff;
	data += 2;
	size -= 2;
	take(&kernel.info, offsetof(struct bed4_info, options), &data, &size);
	take(&kernel.self, sizeof(kernel.self), &data, &size);
	for (i = 0; i < kernel.neigh_count; i++)
		take(&kernel.neigh[i], sizeof(kernel.neigh[i]), &data, &size);
	take(kernel.info.options, 256, &data, &size);
	take(kernel.count, sizeof(kernel.count), &data, &size);
	take(&kernel.gauges, sizeof(kernel.gauges), &data, &size);
	take(kernel.info.options + 256, sizeof(kernel.info.options) - 256, &data, &size);
}

/* --- the commands --------------------------------------------------------------------------------- */

static void check_text(const char *out, size_t len)
{
	promise(len < 256 * 1024);
	for (; len--; out++)
		promise(*out == '\n' || (*out >= ' ' && *out <= '~'));
}

static void check_json(const char *out, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o;

	promise(tok && len && len < 256 * 1024 && out[len - 1] == '\n');
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, out, (int)len);
	promise(o && json_tokener_get_error(tok) == json_tokener_success);
	json_object_put(o);
	json_tokener_free(tok);
}

/* Swaps both streams for memory while @argv runs, and checks what has come. */
static void run(int (*cmd)(int argc, char **argv), int argc, char **argv, bool json)
{
	FILE *real[] = { stdout, stderr };
	char *out = NULL, *err = NULL;
	size_t out_len, err_len;
	int code;

	stdout = open_memstream(&out, &out_len);
	stderr = open_memstream(&err, &err_len);
	cmd_json = json;
	code = cmd(argc, argv);
	fclose(stdout);
	fclose(stderr);
	stdout = real[0];
	stderr = real[1];
	check_text(out, out_len);
	check_text(err, err_len);
	if (json)
		check_json(out, out_len);
	promise(code >= EXIT_DONE && code <= EXIT_DEGRADED);
	promise((code == EXIT_FAILED) == (err_len > 0));
	free(out);
	free(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		int (*cmd)(int argc, char **argv);
		const char *words[4];
	} commands[] = {
		{ cmd_status, { "status" } }, { cmd_neigh, { "neigh" } }, { cmd_stats, { "stats", "eth0" } },
		{ cmd_neigh, { "neigh", "get", "::3", "eth0" } }, { cmd_stats, { "stats", "--all" } },
		{ cmd_metrics, { "metrics" } },
	};
	char *argv[5];
	int argc = 0;
	size_t k;

	if (size < 2)
		return 0;
	k = data[0] / 2 % (sizeof(commands) / sizeof(*commands));
	well_formed();
	fill(data, size);
	while (argc < 4 && commands[k].words[argc]) {
		argv[argc] = (char *)commands[k].words[argc];
		argc++;
	}
	argv[argc] = NULL;
	run(commands[k].cmd, argc, argv, data[0] & 1 && commands[k].cmd != cmd_metrics);
	return 0;
}
