// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the showing commands share; see show.h. Proved by selftests/net. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cmd.h"
#include "io/counters.h"
#include "sane.h"
#include "show.h"

__u64 show_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;
}

bool show_rates(const struct show *s, struct gauges_rates *r)
{
	return s->alive && gauges_rates(&s->gauges, show_now(), r);
}

__u64 show_uptime(const struct show *s)
{
	__u64 now = show_now();

	return now > s->info.started ? now - s->info.started : 0;
}

int show_args(struct show_args *a, int argc, char **argv, const char *help, bool takes_all, int *code)
{
	int i;

	memset(a, 0, sizeof(*a));
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-h") || !strcmp(argv[i], "--help")) {
			fputs(help, stdout);
			*code = EXIT_DONE;
			return -1;
		}
		if (cmd_json_word(argv[i]))
			continue;
		if (takes_all && !strcmp(argv[i], "--all")) {
			a->all = true;
		} else if (argv[i][0] == '-' || a->iface) {
			fprintf(stderr, "6bed4ctl %s: unknown word %.40s; see `6bed4ctl %s --help`\n",
				argv[0], argv[i], argv[0]);
			*code = EXIT_USAGE;
			return -1;
		} else {
			a->iface = argv[i];
		}
	}
	return 0;
}

/* What full tables have cost, in BPF and in the daemon. */
static int read_losses(struct show *s, const struct instance_maps *m)
{
	int cpus = libbpf_num_possible_cpus(), cpu, err;
	struct bed4_cpu *c = cpus < 0 ? NULL : calloc((size_t)cpus, sizeof(*c));
	__u32 zero = 0;

	if (!c)
		return -ENOMEM;
	err = bpf_map_lookup_elem(m->losses, &zero, &s->losses) || bpf_map_lookup_elem(m->percpu, &zero, c) ?
		      -errno : 0;
	for (cpu = 0; !err && cpu < cpus; cpu++) {
		s->events_lost += c[cpu].events_lost;
		s->losses.collisions += c[cpu].collisions;
	}
	free(c);
	return err;
}

/* `info` and `self`, if they are what this build writes. */
static int read_head(struct show *s, const struct instance_maps *m, struct err *e)
{
	int err = instance_read_info(m->info, &s->info);
	__u32 zero = 0;

	if (!err && !s->info.made.abi)
		return err_set(e, -ENODATA, "a load of %s was cut short: load it again, or `6bed4ctl unload %s`",
			       s->iface, s->iface);
	if (!err) {
		err = info_sane(&s->info, s->iface, e);
		if (err)
			return err;
		err = instance_map_read(m->self, &zero, &s->self, sizeof(s->self));
	}
	if (err)
		return err_set(e, err, "cannot read the maps of %s: %s", s->iface, strerror(-err));
	return self_sane(&s->self, s->iface, e);
}

int show_read(struct show *s, const char *iface, const struct instance_maps *m, struct err *e)
{
	__u32 zero = 0;
	int err;

	memset(s, 0, sizeof(*s));
	snprintf(s->iface, sizeof(s->iface), "%s", iface);
	s->alive = m->alive;
	err = read_head(s, m, e);
	if (err)
		return err;
	err = counters_read_stats(m->stats, s->count);
	if (!err)
		err = counters_read_slow(m->slow, s->count);
	if (!err)
		err = read_losses(s, m);
	if (!err)
		err = instance_map_read(m->gauges, &zero, &s->gauges, sizeof(s->gauges));
	if (err)
		return err_set(e, err, "cannot read the maps of %s: %s", iface, strerror(-err));
	return gauges_sane(&s->gauges, iface, e);
}

static int one(const char *iface, int (*fn)(const struct show *s, struct instance_maps *m, void *arg),
	       void *arg)
{
	struct instance_maps maps;
	struct err e = {};
	struct show s;
	int err = instance_open_maps(&maps, iface, &e), code;

	if (err == -ENOENT) {
		fprintf(stderr, "6bed4ctl: nothing loaded on %s; see `6bed4ctl load --help`\n", iface);
		return EXIT_NOTHING;
	}
	if (!err) {
		err = show_read(&s, iface, &maps, &e);
		code = err ? EXIT_FAILED : fn(&s, &maps, arg);
		instance_maps_close(&maps);
		if (!err)
			return code;
	}
	fprintf(stderr, "6bed4ctl: %s\n", e.text);
	return EXIT_FAILED;
}

int show_open(struct show *s, const char *iface, struct instance_maps *m, struct err *e)
{
	int err = instance_open_maps(m, iface, e);

	if (!err) {
		err = show_read(s, iface, m, e);
		if (err)
			instance_maps_close(m);
	}
	return err;
}

int show_each(const struct show_args *a, int (*fn)(const struct show *s, struct instance_maps *m,
						   void *arg), void *arg)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];
	int n, i, code, worst = EXIT_DONE;

	if (a->iface)
		return one(a->iface, fn, arg);
	n = instance_list(names);
	if (!n) {
		fprintf(stderr, "6bed4ctl: nothing loaded in this network namespace; see `6bed4ctl load "
				"--help`\n");
		return EXIT_NOTHING;
	}
	for (i = 0; i < n; i++) {
		code = one(names[i], fn, arg);
		worst = code > worst ? code : worst;
	}
	return worst;
}

int show_instances(const struct show_args *a, int (*fn)(const struct show *s, struct instance_maps *m, void *arg))
{
	struct json_object *root, *list;
	int code;

	if (!cmd_json)
		return show_each(a, fn, NULL);
	root = show_json();
	list = json_object_new_array();
	code = show_each(a, fn, list);
	json_object_object_add(root, "instances", list);
	show_print(root);
	return code;
}

const char *show_ip6(const struct bed4_in6 *a, char buf[SHOW_TEXT])
{
	return inet_ntop(AF_INET6, a, buf, SHOW_TEXT);
}

const char *show_ep(struct bed4_ep ep, char buf[SHOW_TEXT])
{
	char addr[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &ep.addr, addr, sizeof(addr));
	snprintf(buf, SHOW_TEXT, "%s:%u", addr, BED4_NTOHS(ep.port));
	return buf;
}

const char *show_lladdr(struct bed4_ep ep, char buf[SHOW_TEXT])
{
	__u8 ll[6];

	bed4_lladdr_put(ll, ep);
	snprintf(buf, SHOW_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", ll[0], ll[1], ll[2], ll[3], ll[4],
		 ll[5]);
	return buf;
}

const char *show_age(__u64 ns, char buf[SHOW_TEXT])
{
	unsigned long long s = ns / 1000000000ull;

	if (s >= 86400)
		snprintf(buf, SHOW_TEXT, "%llud %lluh", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		snprintf(buf, SHOW_TEXT, "%lluh %llum", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(buf, SHOW_TEXT, "%llum %llus", s / 60, s % 60);
	else
		snprintf(buf, SHOW_TEXT, "%llus", s);
	return buf;
}

void show_put(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

void show_put_number(struct json_object *o, const char *key, __u64 value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

void show_put_bool(struct json_object *o, const char *key, bool value)
{
	json_object_object_add(o, key, json_object_new_boolean(value));
}

struct json_object *show_json(void)
{
	struct json_object *o = json_object_new_object();

	show_put_number(o, "version", SHOW_VERSION);
	return o;
}

void show_print_to(FILE *f, struct json_object *o)
{
	int form = cmd_pretty ? JSON_C_TO_STRING_PRETTY : JSON_C_TO_STRING_PLAIN;

	fprintf(f, "%s\n", json_object_to_json_string_ext(o, form | JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(f);
	json_object_put(o);
}

void show_print(struct json_object *o)
{
	show_print_to(stdout, o);
}
