// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Floods the router or peer1 of the lab in selftests/net/topology.sh with live frames, while an established
 * flow of numbered datagrams between peer1 and host6 goes on, and says what became of both.
 *
 *   flood TAG rate                               the highest rate of frames that are decapsulated
 *                                                without loss by the router, packets per second
 *   flood TAG VICTIM PEER6 PPS SECONDS FLOOD...  a line for each FLOOD
 *
 * VICTIM is router or peer, which listens on port 25790. FLOOD is KIND:SOURCES:PORTS, so many of which take
 * turns at random; SOURCES "any" are 1.3 billion, "server" is none but the router's address and port.
 * A line has words NAME=NUMBER: frames and bytes (of IPv4 or IPv6) sent in so many ms, of how many that were
 * wanted; sent, lost and twice: datagrams of the flow, both ways together; answers and answered bytes.
 * Must not judge.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "flood.h"
#include "flood.skel.h"
#include "pkt.h"

#define ROUTER4 "145.136.0.1"
#define HOST6	"2001:db8:6::2"
#define NO_IID	"2001:67c:127c::" /* no endpoint, as destination; an identifier of zeroes, as source */
#define SINK6	"2001:db8:7777::1"
#define PORT	25788
#define SERVER	0 /* as number of sources */
#define MS	1000000ull
#define SETTLE	(3000 * MS) /* for what is under way to arrive */

static struct flood_bpf *bpf;
static struct flood *flood;
static volatile struct flood_seen *seen;
static const char *tag;

/* Who is flooded: the device that frames reach it by, and the far end that they leave from. */
static struct victim {
	const char *name, *ns, *far, *ip4;
	unsigned int port;
	const char *own6, *to6; /* its address, and what is beyond it or itself */
} victims[] = {
	{ "router", "router", "r0", ROUTER4, PORT, "2001:67c:127c:0:be64:91ff:fe88:1", HOST6 },
	{ "peer", "peer1", "p1", "131.1.0.2", 25790, NULL, NULL },
}, *victim = victims;

static void die(const char *what)
{
	fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
	exit(1);
}

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (__u64)t.tv_sec * 1000000000ull + (__u64)t.tv_nsec;
}

static void nap(__u64 ns)
{
	const struct timespec t = { .tv_nsec = (long)ns };

	nanosleep(&t, NULL);
}

/* This thread is in the lab's namespace @name from now on. */
static void enter(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s-%s", tag, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static void mac_of(const char *dev, uint8_t mac[6])
{
	struct ifreq r = {};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strncpy(r.ifr_name, dev, sizeof(r.ifr_name) - 1);
	if (fd < 0 || ioctl(fd, SIOCGIFHWADDR, &r))
		die(dev);
	memcpy(mac, r.ifr_hwaddr.sa_data, 6);
	close(fd);
}

/* --- frames --------------------------------------------------------------------------------------- */

struct kind {
	const char *name;
	void (*make)(struct pkt *p);
	unsigned int flags;
	unsigned int csum_at; /* VALID: in the frame */
};

static void nd(struct pkt *p, const char *src, const char *dst, unsigned int type, size_t n)
{
	pkt_ip6(p, src, dst, 58, 255, n, SIZE_MAX - 2);
	memset(p->b + 40, 0, n);
	p->b[40] = (uint8_t)type;
	if (type == 135)
		inet_pton(AF_INET6, victim->own6, p->b + 48);
	if (type == 133 && n > 8) {
		p->b[48] = 200; /* an option of no meaning to anybody */
		p->b[49] = (uint8_t)((n - 8) / 8);
	}
	pkt_put16(p->b + 42, pkt_csum6(p->b + 8, 58, p->b + 40, n));
}

static void rs(struct pkt *p)
{
	nd(p, "::", "ff02::2", 133, 16);
}

/* As near to a datagram of 160 bytes as options allow. */
static void rs_large(struct pkt *p)
{
	nd(p, "::", "ff02::2", 133, 88);
}

static void ns(struct pkt *p)
{
	nd(p, NO_IID, victim->own6, 135, 24);
}

static void garbage(struct pkt *p)
{
	nd(p, "fe80::1", victim->own6, 136, 40);
}

static void spoofed(struct pkt *p)
{
	pkt_udp6(p, "2001:67c:127c:0:52c3:83ff:fe02:2", victim->to6, 64, 132 - 48);
}

static void unknown(struct pkt *p)
{
	pkt_udp6(p, NO_IID, NO_IID "1", 64, 132 - 48);
}

static void keepalive(struct pkt *p)
{
	p->len = 0;
}

static void valid(struct pkt *p)
{
	pkt_udp6(p, NO_IID, SINK6, 64, 16);
}

static void native(struct pkt *p)
{
	pkt_udp6(p, "2001:db8::1", NO_IID "1", 64, 132 - 48);
}

/* What only the router may say, and nobody has asked it for. */
static void ra(struct pkt *p)
{
	nd(p, "fe80::", "ff02::1", 134, 48);
}

static void redirect(struct pkt *p)
{
	nd(p, "fe80::", victim->own6, 137, 40);
}

static const struct kind kinds[] = {
	{ "rs", rs, FLOOD_TUNNEL, 0 },
	{ "rs-large", rs_large, FLOOD_TUNNEL, 0 },
	{ "ns", ns, FLOOD_TUNNEL | FLOOD_VALID, 84 },
	{ "nd", garbage, FLOOD_TUNNEL | FLOOD_TYPES, 0 },
	{ "spoofed", spoofed, FLOOD_TUNNEL, 0 },
	{ "unknown", unknown, FLOOD_TUNNEL | FLOOD_VALID, 88 },
	{ "keepalive", keepalive, FLOOD_TUNNEL, 0 },
	{ "valid", valid, FLOOD_TUNNEL | FLOOD_VALID, 88 },
	{ "native", native, FLOOD_NATIVE, 0 },
	{ "ra", ra, FLOOD_TUNNEL, 0 },
	{ "redirect", redirect, FLOOD_TUNNEL, 0 },
};

static const struct kind *kind_of(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	}
	errno = EINVAL;
	die(name);
	return NULL;
}

/* The frame of @k in @p and in the generator's memory; this thread is where it goes out then. */
static void prepare(const struct kind *k, struct pkt *p, unsigned int sources, unsigned int ports)
{
	bool is_native = k->flags & FLOOD_NATIVE;
	uint8_t dst[6];

	k->make(p);
	if (!is_native)
		pkt_outer(p, sources == SERVER ? ROUTER4 : "20.0.0.0", sources == SERVER ? PORT : 1024, victim->ip4,
			  (uint16_t)victim->port, 0, CSUM_ZERO);
	flood->size = (__u32)p->len;
	pkt_eth(p, 0, 0, is_native ? 0x86dd : 0x0800);
	enter(victim->ns);
	mac_of(is_native ? "v6" : "eth0", dst);
	enter(is_native ? "host6" : "inet");
	mac_of(is_native ? "eth0" : victim->far, p->b + 6);
	memcpy(p->b, dst, 6);
	memcpy(flood->head, p->b, p->len < FLOOD_HEAD ? p->len : FLOOD_HEAD);
	flood->out = if_nametoindex(is_native ? "eth0" : victim->far);
	flood->flags = k->flags & (sources == SERVER ? ~(__u32)(FLOOD_TUNNEL | FLOOD_VALID) : ~0u);
	flood->csum_at = k->csum_at;
	flood->sources = sources;
	flood->ports = ports;
}

/* --- the generator's thread ----------------------------------------------------------------------- */

static bool generated; /* it has come back */

static void *generate(void *arg)
{
	struct pkt *p = arg;
	struct xdp_md md = { .data_end = (__u32)p->len };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->b, .data_size_in = (__u32)p->len, .ctx_in = &md,
		    .ctx_size_in = sizeof(md), .repeat = 0x7fffffff,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 16);
	while (bpf_prog_test_run_opts(bpf_program__fd(bpf->progs.generate), &opts) == -EAGAIN)
		;
	__atomic_store_n(&generated, true, __ATOMIC_RELEASE);
	return NULL;
}

static void woken(int sig)
{
	(void)sig;
}

/* --- the flow ------------------------------------------------------------------------------------- */

#define FLOW_GAP   MS /* ns between two datagrams of a direction */
#define FLOW_MAX   200000
#define FLOW_PORT  7200

static struct flow {
	int fd[2]; /* at peer1, at host6; -1: there is no flow */
	struct sockaddr_in6 to[2]; /* whom each sends to */
	__u32 sent[2];
	__u64 next, lost, twice;
	uint8_t got[2][FLOW_MAX];
} flow = { .fd = { -1, -1 } };

static void flow_open(const char *peer6)
{
	static const char *const names[] = { "peer1", "host6" };
	int size = 16 << 20;

	for (int i = 0; i < 2; i++) {
		struct sockaddr_in6 me = { .sin6_family = AF_INET6, .sin6_port = htons(FLOW_PORT) };

		inet_pton(AF_INET6, i ? HOST6 : peer6, &me.sin6_addr);
		flow.to[!i] = me;
		enter(names[i]);
		flow.fd[i] = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (flow.fd[i] < 0 || bind(flow.fd[i], (void *)&me, sizeof(me)))
			die("flow");
		setsockopt(flow.fd[i], SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	}
}

static void flow_receive(void)
{
	for (int i = 0; i < 2; i++) {
		__u32 data[16];

		while (recv(flow.fd[i], data, sizeof(data), 0) == sizeof(data)) {
			if (*data < FLOW_MAX)
				flow.twice += flow.got[i][*data]++ != 0;
		}
	}
}

static void flow_send(void)
{
	for (; flow.next <= now(); flow.next += FLOW_GAP) {
		for (int i = 0; i < 2; i++) {
			__u32 data[16] = { flow.sent[i] };

			if (flow.sent[i] < FLOW_MAX &&
			    sendto(flow.fd[i], data, sizeof(data), 0, (void *)&flow.to[i],
				   sizeof(flow.to[i])) == sizeof(data))
				flow.sent[i]++;
		}
	}
}

static __u64 flow_missing(void)
{
	__u64 n = 0;

	for (int i = 0; i < 2; i++) {
		for (__u32 k = 0; k < flow.sent[i]; k++)
			n += !flow.got[!i][k];
	}
	return n;
}

static void flow_begin(void)
{
	memset(flow.got, 0, sizeof(flow.got));
	memset(flow.sent, 0, sizeof(flow.sent));
	flow.twice = 0;
	flow.next = now();
}

static void flow_end(void)
{
	__u64 deadline = now() + SETTLE;

	do {
		nap(MS);
		flow_receive();
	} while (flow_missing() && now() < deadline);
	flow.lost = flow_missing();
}

/* --- one flood ------------------------------------------------------------------------------------ */

/* @count frames, one per @gap ns, with the flow going on if there is one; took so many ns. */
static __u64 run(struct pkt *p, __u64 count, __u64 gap)
{
	__u64 began, took = 0, deadline;
	pthread_t thread;

	flood->sent = 0;
	flood->gap = gap;
	flood->left = 0;
	generated = false;
	if (pthread_create(&thread, NULL, generate, p))
		die("thread");
	nap(20 * MS); /* setting live frames up */
	began = now();
	deadline = began + 3 * count * gap + 1000 * MS;
	flood->next = began;
	__atomic_store_n(&flood->left, count, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&generated, __ATOMIC_ACQUIRE)) {
		if (flow.fd[0] >= 0) {
			flow_send();
			flow_receive();
		}
		nap(MS / 4);
		if (*(volatile __u64 *)&flood->left && now() < deadline)
			continue;
		took = took ? took : now() - began;
		pthread_kill(thread, SIGUSR1);
	}
	pthread_join(thread, NULL);
	return took;
}

static __u64 drained(__u64 want)
{
	__u64 deadline = now() + SETTLE;

	while (seen->arrived < want && now() < deadline)
		nap(MS);
	return seen->arrived;
}

/* Higher and higher until a frame is lost, or the generator can do no more. */
static int find_rate(void)
{
	struct pkt p;
	double rate, best = 0;

	prepare(kind_of("valid"), &p, 1, 1);
	seen->arrived = 0;
	run(&p, 2000, 100000); /* next hops become known */
	drained(2000);
	for (rate = 20000; rate < 1e8; rate *= 1.25) {
		__u64 count = (__u64)(rate / 4), took;

		seen->arrived = 0;
		took = run(&p, count, (__u64)(1e9 / rate));
		if (flood->sent < count || drained(count) != count || (double)took > 1.15 * 250 * MS) {
			fprintf(stderr, "flood: at %.0f/s %llu of %llu sent, %llu arrived, %llu ms\n", rate, flood->sent,
				count, seen->arrived, took / MS);
			break;
		}
		best = (double)count * 1e9 / (double)took;
	}
	printf("%.0f\n", best);
	return best == 0;
}

static unsigned int sources_of(const char *s)
{
	return !strcmp(s, "any") ? FLOOD_NETS : !strcmp(s, "server") ? SERVER : (unsigned int)atoi(s);
}

static void one_flood(const char *what, double pps, double seconds)
{
	char name[32], sources[32];
	__u64 count = (__u64)(pps * seconds), took;
	unsigned int ports;
	struct pkt p;

	if (sscanf(what, "%31[^:]:%31[^:]:%u", name, sources, &ports) != 3)
		die(what);
	prepare(kind_of(name), &p, sources_of(sources), ports);
	flow_begin();
	seen->answers = seen->bytes = seen->arrived = 0;
	took = run(&p, count, (__u64)(1e9 / pps));
	flow_end();
	printf("flood=%s frames=%llu wanted=%llu bytes=%llu ms=%llu sent=%u lost=%llu twice=%llu answers=%llu "
	       "answered=%llu\n", what, flood->sent, count, flood->sent * flood->size, took / MS,
	       flow.sent[0] + flow.sent[1], flow.lost, flow.twice, seen->answers, seen->bytes);
	fflush(stdout);
}

static void *map_memory(const struct bpf_map *map, size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void attach(const char *where, const char *dev)
{
	enter(where);
	if (bpf_xdp_attach((int)if_nametoindex(dev), bpf_program__fd(bpf->progs.watch), XDP_FLAGS_DRV_MODE, NULL))
		die(dev);
}

/*
 * All on one CPU, the last one, where the scenario puts the daemons too: veth's queues of 256 frames are
 * emptied by whichever CPU has begun to, and overflow when that one is busy with something else. And ahead
 * of what else runs on this machine.
 */
static void be_alone(void)
{
	cpu_set_t last;

	CPU_ZERO(&last);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &last);
	sched_setaffinity(0, sizeof(last), &last);
	setpriority(PRIO_PROCESS, 0, -10);
}

int main(int argc, char **argv)
{
	const struct sigaction wake = { .sa_handler = woken };

	if (argc < 3)
		return 2;
	tag = argv[1];
	libbpf_set_print(NULL);
	be_alone();
	sigaction(SIGUSR1, &wake, NULL);
	bpf = flood_bpf__open_and_load();
	if (!bpf)
		die("programs");
	flood = map_memory(bpf->maps.flood, sizeof(*flood));
	seen = map_memory(bpf->maps.seen, sizeof(*seen));
	if (!strcmp(argv[2], "peer")) {
		victim++;
		victim->own6 = victim->to6 = argv[3];
	}
	attach("inet", victim->far);
	attach("host6", "eth0");
	if (!strcmp(argv[2], "rate"))
		return find_rate();
	if (argc < 7)
		return 2;
	flow_open(argv[3]);
	for (int i = 6; i < argc; i++)
		one_flood(argv[i], atof(argv[4]), atof(argv[5]));
	return 0;
}
