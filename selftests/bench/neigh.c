// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a peer's neighbours cost: time to enter one, until a packet takes its path from the map, and
 * memory, the kernel's and the daemon's, for tables of 1,000 to 1,000,000. Runs in the namespace of
 * selftests/prog/env.sh with maps of its own, pinned on a bpffs of its own. Must not judge.
 */
#include <malloc.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <json-c/json.h>

#include "core/tunnel.h"
#include "fixture.h"
#include "io/fastpath.h"
#include "numbers.h"

#define ROUNDS 7

static char root[] = "/tmp/6bed4-bpffs-XXXXXX";
static struct actions todo;

struct result {
	double ns[ROUNDS]; /* for one neighbour */
	double kernel, daemon; /* bytes for one */
};

/* What the allocator has handed out. */
static long allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return (long)(m.uordblks + m.hblkhd);
}

/* What the kernel says that a map takes. */
static long map_bytes(int fd)
{
	char path[64], line[128];
	long bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "memlock: %ld", &bytes) == 1)
			break;
	}
	if (f)
		fclose(f);
	return bytes;
}

static struct fastpath *open_maps(const char *dir, unsigned int n)
{
	struct fastpath_config c = { .role = BED4_ROLE_PEER, .mode = BED4_MODE_TC, .neigh_max = n,
				     .underlay = if_nametoindex("under"),
				     .tun = if_nametoindex("tun"), .pin_dir = dir, .hop_slots = 1024 };
	struct fastpath *fp;
	struct err e = {};

	if (!fastpath_open(&fp, &c, &e) && !fastpath_load(fp, c.tun, NULL, &e))
		return fp;
	fprintf(stderr, "bench: %s\n", e.text);
	return NULL;
}

/* What the daemon would do with the core's wishes, but for sending. */
static int carry_out(struct fastpath *fp)
{
	int err = 0;

	for (unsigned int i = 0; i < todo.count; i++) {
		if (todo.list[i].kind == ACTION_NEIGH_SET)
			err |= fastpath_neigh_set(fp, &todo.list[i].in6, &todo.list[i].neigh);
	}
	actions_clear(&todo);
	return err;
}

static int enter_all(struct tunnel *t, struct fastpath *fp, unsigned int n)
{
	struct bed4_in6 a = t->self.own;
	int err = 0;

	for (unsigned int i = 0; i < n && !err; i++) {
		bed4_iid_put(&a, bed4_ep(htonl(0x83000000 + i), htons(PPORT)));
		tunnel_used(t, 1000 * NSEC_PER_SEC, &a, 0, 0, &todo);
		err = carry_out(fp);
	}
	return err || t->table.count != n ? -1 : 0;
}

static int round_of(unsigned int n, int round, struct result *r)
{
	static struct bed4_count slow[BED4_HOOK_DAEMON * BED4_OUTCOME_COUNT];
	static struct limit limit;
	static __u64 collisions;
	struct tunnel_config tc = { .role = BED4_ROLE_PEER, .listen = fixture_self.listen,
				    .server = bed4_ep(htonl(0x83ff0001), htons(PORT)),
				    .mtu = BED4_MTU, .neigh_max = n, .seed = 5 };
	struct tunnel t;
	struct fastpath *fp;
	unsigned long long start;
	long before;
	char dir[128];
	int err;

	if (mount("bpffs", root, "bpf", 0, NULL))
		return -1;
	snprintf(dir, sizeof(dir), "%s/6bed4/bench", root);
	fp = open_maps(dir, n);
	if (!fp)
		return -1;
	before = allocated();
	limit_init(&limit, 7, &collisions);
	if (tunnel_init(&t, &tc, slow, &limit))
		return -1;
	t.self.own = fixture_self.own;
	t.self.public = fixture_self.public;
	t.self.flags |= BED4_SELF_ADDR;
	start = bench_now();
	err = enter_all(&t, fp, n);
	r->ns[round] = (double)(bench_now() - start) / n;
	r->daemon = (double)(allocated() - before) / n;
	r->kernel = (double)map_bytes(fastpath_map_fd(fp, "neigh")) / n;
	table_free(&t.table);
	fastpath_close(fp);
	umount2(root, MNT_DETACH); /* and with it the pins */
	return err;
}

/* In a process of its own, whose memory has not been used and freed before. */
static int apart(unsigned int n, int round, struct result *r)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(round_of(n, round, r) ? 1 : 0);
	return pid < 0 || waitpid(pid, &status, 0) != pid || status ? -1 : 0;
}

static void report(unsigned int n, struct result *r, struct json_object *root_object)
{
	struct json_object *o = json_object_new_object();
	char name[32];

	bench_sort(r->ns, ROUNDS);
	printf("%-38u %8.0f %8.0f %8.0f %8.0f %8.0f %8.0f\n", n, r->ns[ROUNDS / 2], r->ns[0],
	       r->ns[ROUNDS - 1], r->kernel, r->daemon, r->kernel + r->daemon);
	snprintf(name, sizeof(name), "%u", n);
	json_object_object_add(o, "ns", json_object_new_double(r->ns[ROUNDS / 2]));
	json_object_object_add(o, "kernel", json_object_new_double(r->kernel));
	json_object_object_add(o, "daemon", json_object_new_double(r->daemon));
	json_object_object_add(root_object, name, o);
}

static int run(struct json_object *o)
{
	static const unsigned int sizes[] = { 1000, 100000, 1000000 };
	struct result *r = mmap(NULL, 3 * sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
				-1, 0);

	if (r == MAP_FAILED)
		return -1;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < 3; i++) {
			if (apart(sizes[i], round, &r[i]))
				return -1;
		}
	}
	printf("%-38s %8s %8s %8s %8s %8s %8s\n", "neighbours of a peer", "ns each", "min", "max",
	       "kernel B", "daemon B", "together");
	for (int i = 0; i < 3; i++)
		report(sizes[i], &r[i], o);
	printf("Bytes for each neighbour in a full table; time from the first packet to the map.\n\n");
	return 0;
}

int main(int argc, char **argv)
{
	struct json_object *o = json_object_new_object();
	const char *file = getenv("BENCH_JSON");
	int err;

	(void)argc;
	fixture_enter(argv);
	err = mkdtemp(root) ? run(o) : -1;
	if (err)
		fprintf(stderr, "bench: cannot measure neighbours; root is needed\n");
	if (!err && file && *file && json_object_to_file_ext(file, o, JSON_C_TO_STRING_PRETTY))
		fprintf(stderr, "bench: cannot write %s\n", file);
	json_object_put(o);
	umount2(root, MNT_DETACH);
	rmdir(root);
	return err ? 1 : 0;
}
