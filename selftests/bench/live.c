// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets per second through real devices: live frames of BPF_PROG_RUN from this namespace through
 * what live.sh has put in their way, back to a counting sink here, all on one CPU.
 *
 *   live redirect|forward DEV DEV   attaches the bare redirect or the plain forward between two devices
 *   live run                        reads contenders from standard input, a line each:
 *                                   NAME GENERATOR-DEV SINK-DEV SIZE FRAME DESTINATION COUNT CHUNK
 *
 * FRAME: native, tunnel, tunnel0 (no UDP checksum), vxlan, relay. COUNT: so many destinations, from that
 * one on, take turns (live frames only). CHUNK: so many frames are sent
 * before what is under way has to arrive. Few (up to 256) go out by a packet socket, not as live
 * frames, whose set-up takes milliseconds: for contenders with queues that many would overflow. Must
 * not know what a contender is.
 */
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <json-c/json.h>

#include "bench_base.skel.h"
#include "bench_live.skel.h"
#include "cases.h"
#include "numbers.h"

#define ROUNDS 7
#define SLICE  150000000.0 /* ns of sending, a few at a time */
#define FEW    256
#define CALL   65536
#define QUIET  5000000ull /* ns without an arrival: the rest is lost */
#define VXLAN_PORT 4789
#define RELAY_PORT 7000
#define MAC_VXLAN  0x0301

struct contender {
	char name[64];
	unsigned int gen, sink, destinations, chunk;
	int packet; /* socket, for FEW */
	struct pkt pkt;
	double ns[ROUNDS]; /* per packet that arrived */
	double gross[ROUNDS]; /* the same with the set-up, in calls of CALL frames */
	unsigned long long sent, got;
};

static struct contender all[40];
static size_t count;
static struct bench_live_bpf *ends;
static volatile __u64 *arrived;

static int attach(int prog, unsigned int dev)
{
	return bpf_xdp_attach(dev, prog, XDP_FLAGS_DRV_MODE, NULL);
}

static int between(const char *what, const char *a, const char *b)
{
	struct bench_live_bpf *live = bench_live_bpf__open();
	struct bench_base_bpf *base = bench_base_bpf__open_and_load();
	unsigned int x = if_nametoindex(a), y = if_nametoindex(b);
	int prog;

	if (!live || !base || !x || !y)
		return 1;
	live->rodata->cfg_pair[0] = x;
	live->rodata->cfg_pair[1] = y;
	if (bench_live_bpf__load(live))
		return 1;
	prog = bpf_program__fd(strcmp(what, "forward") ? live->progs.live_redirect :
							 base->progs.plain_forward);
	return attach(prog, x) || attach(prog, y) ? 1 : 0;
}

/* --- frames -------------------------------------------------------------------------------------- */

static void vxlan(struct pkt *p)
{
	pkt_eth(p, MAC_VXLAN, MAC_PEER, 0x86dd);
	pkt_push(p, 8);
	p->b[0] = 0x08;
	p->b[6] = 7; /* the network's identifier */
	pkt_outer(p, PEER4, VXLAN_PORT, ROUTER4, VXLAN_PORT, 0, CSUM_ZERO);
}

static void make(struct pkt *p, const char *frame, const char *dst, size_t size)
{
	bool native = !strcmp(frame, "native");

	pkt_udp6(p, native ? HOST6 : PEER6, dst, 64, size - 48);
	if (!strcmp(frame, "vxlan"))
		vxlan(p);
	else if (!strcmp(frame, "relay"))
		pkt_outer(p, PEER4, RELAY_PORT, ROUTER4, RELAY_PORT, 0, CSUM_FULL);
	else if (!native)
		pkt_outer(p, PEER4, PPORT, ROUTER4, PORT, 0, strcmp(frame, "tunnel0") ? CSUM_FULL : CSUM_ZERO);
	pkt_eth(p, native ? MAC_V6 : MAC_UNDER, MAC_PEER, native ? 0x86dd : 0x0800);
}

static int open_packet(unsigned int dev)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_ifindex = (int)dev };
	int on = 1, fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (void *)&ll, sizeof(ll)))
		return -1;
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	return fd;
}

static int add(const char *line)
{
	struct contender *c = &all[count];
	char gen[32], sink[32], frame[16], dst[64];
	size_t size;

	if (count == sizeof(all) / sizeof(*all) ||
	    sscanf(line, "%63s %31s %31s %zu %15s %63s %u %u", c->name, gen, sink, &size, frame, dst,
		   &c->destinations, &c->chunk) != 8)
		return -1;
	c->gen = if_nametoindex(gen);
	c->sink = if_nametoindex(sink);
	if (!c->gen || !c->sink || size < 64 || size > 1400 || !c->chunk)
		return -1;
	c->packet = c->chunk <= FEW ? open_packet(c->gen) : 0;
	if (c->packet < 0)
		return -1;
	count++;
	make(&c->pkt, frame, dst, size);
	return 0;
}

/* --- measuring ----------------------------------------------------------------------------------- */

static int send_few(const struct contender *c, unsigned int n)
{
	struct iovec iov = { (void *)c->pkt.b, c->pkt.len };
	struct mmsghdr msg[FEW] = {};
	unsigned int i;

	for (i = 0; i < n; i++) {
		msg[i].msg_hdr.msg_iov = &iov;
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	return sendmmsg(c->packet, msg, n, 0) == (int)n ? 0 : -1;
}

static int send_live(const struct contender *c, unsigned int n)
{
	struct xdp_md md = { .data_end = c->pkt.len };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = c->pkt.b, .data_size_in = c->pkt.len,
		    .ctx_in = &md, .ctx_size_in = sizeof(md), .repeat = (int)n,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = 64);

	return bpf_prog_test_run_opts(bpf_program__fd(ends->progs.generate), &opts);
}

/* Until all of @want have arrived, or nothing has for a while. Returns when the last one did. */
static unsigned long long drain(__u64 want)
{
	const struct timespec nap = { .tv_nsec = 20000 };
	unsigned long long last = bench_now(), t = last;
	__u64 seen = *arrived;

	while (*arrived < want && t - last < QUIET) {
		nanosleep(&nap, NULL); /* yielding would take half the CPU from who has to work */
		t = bench_now();
		if (*arrived != seen) {
			seen = *arrived;
			last = t;
		}
	}
	return last;
}

/* Sends @n frames and waits for them: ns spent in @spent, arrivals in @got. */
static int push(const struct contender *c, unsigned int n, double *spent, __u64 *got)
{
	unsigned long long start = bench_now();
	__u64 before = *arrived;

	if (c->packet ? send_few(c, n) : send_live(c, n))
		return -1;
	*spent = (double)(drain(before + n) - start);
	*got = *arrived - before;
	return 0;
}

/*
 * Few at a time, as often as it takes; or all at once, less what setting up live frames costs, which
 * mostly is waiting for RCU.
 */
static int slice(struct contender *c, double *ns)
{
	double spent = 0, all = 0, set_up = 0;
	__u64 got, arrivals = 0;

	if (!c->packet && push(c, 64, &set_up, &got))
		return -1;
	do {
		if (push(c, c->chunk, &spent, &got))
			return -1;
		all += spent;
		arrivals += got;
		c->sent += c->chunk;
	} while (c->packet && all < SLICE && arrivals);
	c->got += arrivals;
	*ns = (all - set_up) / (double)arrivals;
	return arrivals ? 0 : -1;
}

/* One turn: what the one before has left in caches and allocators is run off first. */
static int turn(struct contender *c, double *ns, double *gross)
{
	struct { __u32 out, at, destinations, first, turn, pad; uint8_t head[128]; } f = {
		.out = c->gen, .at = c->pkt.b[12] == 0x86 ? 51 : 79, .destinations = c->destinations };
	double spent;
	__u32 zero = 0;
	__u64 got;

	memcpy(f.head, c->pkt.b, sizeof(f.head));
	f.first = f.head[f.at] << 16 | f.head[f.at + 1] << 8 | f.head[f.at + 2];
	if (bpf_map_update_elem(bpf_map__fd(ends->maps.frame), &zero, &f, BPF_ANY) ||
	    push(c, c->packet ? c->chunk : c->chunk / 8, &spent, &got) || slice(c, ns))
		return -1;
	*gross = *ns;
	if (c->packet)
		return 0;
	if (push(c, CALL, &spent, &got) || !got)
		return -1;
	*gross = spent / (double)got;
	return 0;
}

static int measure(void)
{
	double warm, gross;

	for (int round = -1; round < ROUNDS; round++) {
		for (size_t i = 0; i < count; i++) {
			if (turn(&all[i], round < 0 ? &warm : &all[i].ns[round],
				 round < 0 ? &gross : &all[i].gross[round])) {
				fprintf(stderr, "bench: nothing arrives of %s\n", all[i].name);
				return -1;
			}
		}
	}
	return 0;
}

/* The first contender is what the others are compared with. */
static void report(const char *file)
{
	struct json_object *root = json_object_new_object(), *o;

	printf("%-38s %8s %8s %8s %8s %7s %8s\n", "live, packets per second", "ratio", "kpps", "min",
	       "max", "lost", "gross");
	for (size_t i = 0; i < count; i++) {
		struct contender *c = &all[i];
		double kpps, ratio, gross;

		bench_sort(c->gross, ROUNDS);
		gross = all[0].gross[ROUNDS / 2] / c->gross[ROUNDS / 2];
		bench_sort(c->ns, ROUNDS);
		kpps = 1e6 / c->ns[ROUNDS / 2];
		ratio = all[0].ns[ROUNDS / 2] / c->ns[ROUNDS / 2];
		printf("%-38s %8.3f %8.0f %8.0f %8.0f %6.2f%% %8.3f\n", c->name, ratio, kpps,
		       1e6 / c->ns[ROUNDS - 1], 1e6 / c->ns[0], c->got < c->sent ? 100.0 - 100.0 * c->got / c->sent : 0.0,
		       gross);
		o = json_object_new_object();
		json_object_object_add(o, "ratio", json_object_new_double(ratio));
		json_object_object_add(o, "gross", json_object_new_double(gross));
		json_object_object_add(o, "kpps", json_object_new_double(kpps));
		json_object_object_add(o, "min", json_object_new_double(1e6 / c->ns[ROUNDS - 1]));
		json_object_object_add(o, "max", json_object_new_double(1e6 / c->ns[0]));
		json_object_object_add(root, c->name, o);
	}
	printf("Median of %d interleaved rounds; generator, router and sink share one CPU; ratio to %s.\n"
	       "Gross: with the kernel's set-up of live frames, in calls of %d frames.\n\n", ROUNDS,
	       all[0].name, CALL);
	if (file && *file && json_object_to_file_ext(file, root, JSON_C_TO_STRING_PRETTY))
		fprintf(stderr, "bench: cannot write %s\n", file);
	json_object_put(root);
}

static int run(const char *file)
{
	char line[512];

	ends = bench_live_bpf__open_and_load();
	if (!ends)
		return 1;
	arrived = mmap(NULL, sizeof(*arrived), PROT_READ, MAP_SHARED, bpf_map__fd(ends->maps.arrived), 0);
	while (fgets(line, sizeof(line), stdin)) {
		if (add(line)) {
			fprintf(stderr, "bench: cannot use: %s", line);
			return 1;
		}
	}
	for (size_t i = 0; i < count; i++) {
		attach(bpf_program__fd(ends->progs.sink), all[i].gen); /* again and again is fine */
		attach(bpf_program__fd(ends->progs.sink), all[i].sink);
	}
	if (arrived == MAP_FAILED || measure())
		return 1;
	report(file);
	return 0;
}

int main(int argc, char **argv)
{
	libbpf_set_print(NULL);
	if (argc == 4)
		return between(argv[1], argv[2], argv[3]);
	if (argc >= 2 && !strcmp(argv[1], "run"))
		return run(getenv("BENCH_JSON"));
	return 2;
}
