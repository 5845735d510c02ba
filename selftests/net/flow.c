// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Numbered packets at a steady rate, and exactly which of them never arrived. Runs until SIGTERM or
 * SIGINT, waits for what is under way, and prints one JSON object per flow.
 *
 *   flow RATE <<END
 *   NAME FROM TO
 *   END
 *
 * RATE is for each flow, per second. FROM, with network namespaces by name:
 *   tunnel NETNS DEV MAC SRC4 SPORT DST4 DPORT SRC6 DST6    a datagram as a frame, to the device's MAC
 *   native NETNS DEV MAC SRC6 DST6                          an IPv6 packet as a frame
 *   udp NETNS DST6 PORT                                     by a socket, so through that host's stack
 * TO:
 *   xdp NETNS DEV      taken off the device by XDP, native or in a tunnel
 *   udp NETNS PORT     received by a socket
 *
 * No more is under way at once than the queues between veth devices hold, so that no loss is the
 * lab's; what does not arrive within a few milliseconds no longer holds up the rest. Must not know
 * what is between the ends, nor how much loss is fine.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <json-c/json.h>

#include "flow.h"
#include "flow.skel.h"
#include "pkt.h"

#define WINDOW	  192 /* packets under way, of all flows; a veth queue holds 256 */
#define CHUNK	  32
#define GIVE_UP	  3000000ull /* ns without an arrival: what is under way is not waited for any longer */
#define LAST_CALL 1000000000ull /* ns without an arrival: what is missing at the end is lost */
#define TICK	  300000 /* ns */
#define RANGES	  20 /* of missing numbers that are shown */

struct flow {
	char name[32];
	unsigned int id, window;
	int out, in; /* in: -1 with XDP */
	size_t tag_at; /* where the tag is in what is sent */
	struct pkt pkt;
	unsigned long long sent, written_off, first, last, heard, longest;
	unsigned long long arrived; /* as it was when looked at last */
	unsigned long long refused;
	double due;
};

static struct flow flows[FLOW_MAX];
static unsigned int flow_count;
static volatile unsigned long long *seen;
static volatile struct flow_count *counts;
static struct flow_bpf *sink;
static struct { char netns[64]; unsigned int dev; } sinks[FLOW_MAX];
static unsigned int sink_count;
static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static unsigned long long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (unsigned long long)ts.tv_sec * 1000000000ull + (unsigned long long)ts.tv_nsec;
}

static int enter(const char *netns)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = setns(fd, CLONE_NEWNET);
	close(fd);
	return ret;
}

/* --- senders ------------------------------------------------------------------------------------ */

static void put_tag(struct flow *f, size_t at)
{
	struct flow_tag tag = { .magic = FLOW_MAGIC, .flow = f->id, .seq = 0, .inverse = ~0u };

	f->tag_at = at;
	memcpy(f->pkt.b + at, &tag, sizeof(tag));
}

/* The IPv6 packet with its tag; the checksum is right for every number. */
static void make_inner(struct flow *f, const char *src, const char *dst)
{
	unsigned int csum;

	pkt_udp6(&f->pkt, src, dst, 64, sizeof(struct flow_tag));
	pkt_put16(f->pkt.b + 40, 7000 + f->id);
	pkt_put16(f->pkt.b + 42, 7000 + f->id);
	put_tag(f, 48);
	pkt_put16(f->pkt.b + 46, 0);
	csum = pkt_csum6(f->pkt.b + 8, 17, f->pkt.b + 40, 8 + sizeof(struct flow_tag));
	pkt_put16(f->pkt.b + 46, csum ? csum : 0xffff);
}

static int frame_out(struct flow *f, const char *netns, const char *dev, const char *mac,
		     unsigned int type)
{
	struct sockaddr_ll ll = { .sll_family = AF_PACKET };
	unsigned char *eth;
	int on = 1;

	if (enter(netns))
		return -1;
	ll.sll_ifindex = (int)if_nametoindex(dev);
	f->out = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (f->out < 0 || bind(f->out, (void *)&ll, sizeof(ll)))
		return -1;
	setsockopt(f->out, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	pkt_eth(&f->pkt, 0, 0x77, type);
	eth = f->pkt.b;
	if (sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &eth[0], &eth[1], &eth[2], &eth[3], &eth[4],
		   &eth[5]) != 6)
		return -1;
	f->tag_at += type == 0x0800 ? 42 : 14;
	return 0;
}

static int udp_out(struct flow *f, const char *netns, const char *dst, unsigned int port)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (enter(netns) || inet_pton(AF_INET6, dst, &to.sin6_addr) != 1)
		return -1;
	f->out = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (f->out < 0 || connect(f->out, (void *)&to, sizeof(to)))
		return -1;
	f->pkt.len = sizeof(struct flow_tag);
	put_tag(f, 0);
	return 0;
}

/* --- receivers ---------------------------------------------------------------------------------- */

static int xdp_in(const char *netns, const char *dev)
{
	unsigned int i, ifindex;

	if (enter(netns))
		return -1;
	ifindex = if_nametoindex(dev);
	for (i = 0; i < sink_count; i++) {
		if (sinks[i].dev == ifindex && !strcmp(sinks[i].netns, netns))
			return 0;
	}
	if (!ifindex || bpf_xdp_attach((int)ifindex, bpf_program__fd(sink->progs.flow_sink),
				       XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL))
		return -1;
	snprintf(sinks[sink_count].netns, sizeof(sinks[0].netns), "%s", netns);
	sinks[sink_count++].dev = ifindex;
	return 0;
}

static int udp_in(struct flow *f, const char *netns, unsigned int port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int room = 64 << 20;

	if (enter(netns))
		return -1;
	f->in = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->in < 0 || setsockopt(f->in, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		return -1;
	return bind(f->in, (void *)&any, sizeof(any));
}

static void note(struct flow *f, const struct flow_tag *tag)
{
	volatile unsigned long long *word = &seen[f->id * FLOW_WORDS + tag->seq / 64];
	unsigned long long bit = 1ull << (tag->seq & 63);

	if (tag->magic != FLOW_MAGIC || tag->flow != f->id || tag->inverse != ~tag->seq ||
	    tag->seq / 64 >= FLOW_WORDS)
		return;
	if (*word & bit)
		counts[f->id].twice++;
	else
		counts[f->id].arrived++;
	*word |= bit;
}

static void receive(struct flow *f)
{
	struct flow_tag tag[CHUNK];
	struct mmsghdr msg[CHUNK];
	struct iovec iov[CHUNK];
	int i, n;

	if (f->in < 0)
		return;
	do {
		for (i = 0; i < CHUNK; i++) {
			iov[i] = (struct iovec){ &tag[i], sizeof(tag[i]) };
			msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &iov[i], .msg_iovlen = 1 } };
		}
		n = recvmmsg(f->in, msg, CHUNK, 0, NULL);
		for (i = 0; i < n; i++) {
			if (msg[i].msg_len == sizeof(*tag))
				note(f, &tag[i]);
		}
	} while (n == CHUNK);
}

/* --- flows -------------------------------------------------------------------------------------- */

static int parse_from(struct flow *f, char **w, unsigned int n)
{
	if (n == 10 && !strcmp(w[0], "tunnel")) {
		make_inner(f, w[8], w[9]);
		pkt_outer(&f->pkt, w[4], (unsigned int)atoi(w[5]), w[6], (unsigned int)atoi(w[7]), 0, CSUM_FULL);
		return frame_out(f, w[1], w[2], w[3], 0x0800);
	}
	if (n == 6 && !strcmp(w[0], "native")) {
		make_inner(f, w[4], w[5]);
		return frame_out(f, w[1], w[2], w[3], 0x86dd);
	}
	if (n == 4 && !strcmp(w[0], "udp"))
		return udp_out(f, w[1], w[2], (unsigned int)atoi(w[3]));
	return -1;
}

static int add(char *line)
{
	struct flow *f = &flows[flow_count];
	char *w[16], *p = strtok(line, " \n");
	unsigned int n = 0;

	for (; p && n < 16; p = strtok(NULL, " \n"))
		w[n++] = p;
	if (flow_count == FLOW_MAX || n < 7)
		return -1;
	snprintf(f->name, sizeof(f->name), "%s", w[0]);
	f->id = flow_count++;
	f->in = -1;
	if (!strcmp(w[n - 3], "xdp") ? xdp_in(w[n - 2], w[n - 1]) :
				       udp_in(f, w[n - 2], (unsigned int)atoi(w[n - 1])))
		return -1;
	return parse_from(f, w + 1, n - 4);
}

/* Returns how many went out. */
static unsigned int send_chunk(struct flow *f, unsigned int n)
{
	static unsigned char room[CHUNK][256];
	struct mmsghdr msg[CHUNK] = {};
	struct iovec iov[CHUNK];
	unsigned int i, seq;
	int done;

	for (i = 0; i < n; i++) {
		seq = (unsigned int)f->sent + i;
		memcpy(room[i], f->pkt.b, f->pkt.len);
		((struct flow_tag *)(void *)(room[i] + f->tag_at))->seq = seq;
		seq = ~seq;
		memcpy(room[i] + f->tag_at + 12, &seq, sizeof(seq));
		iov[i] = (struct iovec){ room[i], f->pkt.len };
		msg[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	}
	done = sendmmsg(f->out, msg, n, 0);
	if (done < 0) /* an ICMPv6 error told of earlier, or no route: what is not sent is no loss */
		f->refused++;
	return done < 0 ? 0 : (unsigned int)done;
}

/* What has arrived meanwhile; how long nothing had. */
static void look(struct flow *f, unsigned long long now)
{
	receive(f);
	if (counts[f->id].arrived == f->arrived)
		return;
	f->arrived = counts[f->id].arrived;
	if (f->heard && now - f->heard > f->longest)
		f->longest = now - f->heard;
	f->heard = now;
}

static unsigned int under_way(struct flow *f, unsigned long long now)
{
	unsigned long long done = f->arrived + f->written_off;

	if (done >= f->sent)
		return 0;
	if (now - f->last > GIVE_UP && now - f->heard > GIVE_UP) {
		f->written_off = f->sent - f->arrived;
		return 0;
	}
	return (unsigned int)(f->sent - done);
}

/* As much as is due and as there is room for. False when there was nothing to do. */
static bool serve(struct flow *f, unsigned long long now, double rate)
{
	unsigned int n, room, busy;

	look(f, now);
	f->due = (double)(now - f->first) * rate / 1e9 - (double)f->sent;
	busy = under_way(f, now);
	room = busy < f->window ? f->window - busy : 0;
	n = f->due > CHUNK ? CHUNK : f->due > 0 ? (unsigned int)f->due : 0;
	n = n < room ? n : room;
	if (!n || f->sent + n > FLOW_WORDS * 64ull)
		return false;
	n = send_chunk(f, n);
	f->sent += n;
	if (n)
		f->last = now;
	return n > 0;
}

static void run(double rate)
{
	const struct timespec nap = { .tv_nsec = TICK };
	unsigned int i;
	bool busy;

	for (i = 0; i < flow_count; i++)
		flows[i].first = flows[i].last = now_ns();
	while (!stop) {
		for (busy = false, i = 0; i < flow_count; i++)
			busy |= serve(&flows[i], now_ns(), rate);
		if (!busy)
			nanosleep(&nap, NULL);
	}
}

static void await_last(struct flow *f)
{
	const struct timespec nap = { .tv_nsec = 5000000 };
	unsigned long long start = now_ns(), now = start;

	if (f->heard > start)
		f->heard = start;
	while (f->arrived < f->sent && now - (f->heard > start ? f->heard : start) < LAST_CALL) {
		nanosleep(&nap, NULL);
		now = now_ns();
		look(f, now);
	}
}

static bool arrived(const struct flow *f, unsigned long long seq)
{
	return seen[f->id * FLOW_WORDS + seq / 64] >> (seq & 63) & 1;
}

static struct json_object *missing(const struct flow *f)
{
	struct json_object *list = json_object_new_array();
	unsigned long long seq = 0, from;
	unsigned int n = 0;
	char text[48];

	while (seq < f->sent && n < RANGES) {
		if (arrived(f, seq)) {
			seq++;
			continue;
		}
		for (from = seq; seq < f->sent && !arrived(f, seq);)
			seq++;
		snprintf(text, sizeof(text), "%llu-%llu", from, seq - 1);
		json_object_array_add(list, json_object_new_string(text));
		n++;
	}
	return list;
}

static void put(struct json_object *o, const char *key, unsigned long long n)
{
	json_object_object_add(o, key, json_object_new_int64((int64_t)n));
}

static void report(const struct flow *f, unsigned long long end)
{
	struct json_object *o = json_object_new_object();
	double seconds = (double)(end - f->first) / 1e9;

	json_object_object_add(o, "flow", json_object_new_string(f->name));
	put(o, "sent", f->sent);
	put(o, "arrived", f->arrived);
	put(o, "lost", f->sent - f->arrived);
	put(o, "twice", counts[f->id].twice);
	put(o, "refused", f->refused);
	put(o, "per_second", (unsigned long long)((double)f->sent / seconds));
	put(o, "longest_silence_us", f->longest / 1000);
	json_object_object_add(o, "missing", missing(f));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static void detach(void)
{
	for (unsigned int i = 0; i < sink_count; i++) {
		if (!enter(sinks[i].netns))
			bpf_xdp_detach((int)sinks[i].dev, XDP_FLAGS_DRV_MODE, NULL);
	}
}

static int open_all(void)
{
	char line[512];

	sink = flow_bpf__open_and_load();
	if (!sink)
		return -1;
	seen = mmap(NULL, FLOW_MAX * FLOW_WORDS * 8ul, PROT_READ | PROT_WRITE, MAP_SHARED,
		    bpf_map__fd(sink->maps.seen), 0);
	counts = mmap(NULL, FLOW_MAX * sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED,
		      bpf_map__fd(sink->maps.counts), 0);
	if (seen == MAP_FAILED || counts == MAP_FAILED)
		return -1;
	while (fgets(line, sizeof(line), stdin)) {
		if (add(line)) {
			fprintf(stderr, "flow: %s: %s\n", line, strerror(errno));
			return -1;
		}
	}
	for (unsigned int i = 0; i < flow_count; i++)
		flows[i].window = WINDOW / flow_count;
	return flow_count ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct sigaction act = { .sa_handler = on_signal };
	unsigned long long end;
	unsigned int i;

	if (argc != 2)
		return 2;
	sigaction(SIGTERM, &act, NULL);
	sigaction(SIGINT, &act, NULL);
	if (open_all()) {
		fprintf(stderr, "flow: cannot begin: %s\n", strerror(errno));
		detach();
		return 1;
	}
	fprintf(stderr, "ready\n");
	run(atof(argv[1]));
	end = now_ns();
	for (i = 0; i < flow_count; i++)
		await_last(&flows[i]);
	detach();
	for (i = 0; i < flow_count; i++)
		report(&flows[i], end);
	return 0;
}
