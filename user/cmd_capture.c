// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `capture`: packets with what became of them, before and after, in the manner of tcpdump. The words of the
 * command, and the loop; records are put into words by packet.c and into files by pcapng.c. Must not know
 * how packets get into the ring. Proved by selftests/net/test_capture.sh.
 */
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "cmd.h"
#include "core/outcome.h"
#include "io/capture.h"
#include "io/privs.h"
#include "opt.h"
#include "packet.h"
#include "pcapng.h"
#include "show.h"

#define SNAPLEN	   256
#define RING_MAX   (1u << 20) /* KiB */
#define TICK	   500 /* ms between renewals of the lease */
#define FILTER_MAX 4096
#define ENOUGH	   (-ECANCELED) /* --count is reached, or nobody reads any more */

static const char help[] =
	"Usage: 6bed4ctl capture [IFACE] [OPTION]... [FILTER]\n\n"
	"Shows packets of the instance on IFACE: where they were seen, from whom to whom in both headers, and\n"
	"what became of them. FILTER is as for tcpdump, applied to the outer packet and to the inner one, before\n"
	"and after. Ends with SIGINT or SIGTERM.\n\n"
	"  -w, --write FILE      write pcapng, each packet before and after, to FILE; - is standard output\n"
	"  -c, --count N         end after N packets\n"
	"  -s, --snaplen BYTES   of each packet, from 1 to 2048; 0: as many as can be; default: 256\n"
	"  -d, --drops[=NAME]    only packets that were dropped, or those with this outcome\n"
	"  -o, --outcome NAME    only this outcome (repeatable); all: also what is no 6bed4 traffic\n"
	"  -B, --buffer KIB      size of the ring, to 1048576; default: 4096\n"
	"  -i, --interface IFACE the same as IFACE\n"
	"  -j, -p                an object of JSON for each packet\n\n"
	"Names of outcomes are those of `6bed4ctl stats --all`, and may be cut short.\n"
	"Exit codes: 0 done, 1 failed, 2 usage, 3 nothing loaded, or no longer.\n";

struct capturing {
	char iface[BED4_NAME_LEN];
	const char *file; /* NULL: text or JSON */
	char filter[FILTER_MAX];
	struct bpf_program program;
	bool filtered, alive;
	struct capture_config config;
	struct capture *capture;
	unsigned int count; /* 0: no end */
	FILE *out;
	__u64 captured[BED4_HOOK_COUNT], matched;
	__u64 damaged; /* records that nobody of ours has written */
	__u64 epoch; /* ns from boottime to 1970 */
};

/* --- words ----------------------------------------------------------------------------------------- */

static int wrong(const char *what, const char *word)
{
	fprintf(stderr, "6bed4ctl capture: %s%.60s; see `6bed4ctl capture --help`\n", what, word);
	return EXIT_USAGE;
}

static void want(struct capturing *g, __u32 o)
{
	g->config.outcomes[o >> 6] |= 1ull << (o & 63);
}

/* All of kind @kind, or (@kind negative) all. */
static void want_kind(struct capturing *g, int kind)
{
	__u32 o;

	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		if (kind < 0 || outcome_kind(o) == (enum bed4_kind)kind)
			want(g, o);
	}
}

static int wrong_outcome(const char *word, int why, bool drops)
{
	__u32 o;

	fprintf(stderr, "6bed4ctl capture: %.40s is %s outcome; there are", word,
		why == -EMLINK ? "more than one" : drops ? "no dropping" : "no");
	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		if ((!drops || outcome_kind(o) == BED4_KIND_DROP) &&
		    (why != -EMLINK || !strncmp(outcome_name(o), word, strlen(word))))
			fprintf(stderr, " %s", outcome_name(o));
	}
	fprintf(stderr, "\n");
	return EXIT_USAGE;
}

static int want_named(struct capturing *g, const char *word, bool drops)
{
	const char *names[BED4_OUTCOME_COUNT + 1];
	__u32 number[BED4_OUTCOME_COUNT], o, n = 0;
	int at;

	if (!drops && !strcmp(word, "all")) {
		want_kind(g, -1);
		return 0;
	}
	for (o = 1; o < BED4_OUTCOME_COUNT; o++) {
		if (drops && outcome_kind(o) != BED4_KIND_DROP)
			continue;
		number[n] = o;
		names[n++] = outcome_name(o);
	}
	names[n] = NULL;
	at = cmd_abbrev(word, names);
	if (at < 0)
		return wrong_outcome(word, at, drops);
	want(g, number[at]);
	return 0;
}

static int set_snaplen(struct capturing *g, const char *word)
{
	if (opt_uint(word, 0, BED4_SNAP_MAX, &g->config.snaplen))
		return wrong("-s takes a number from 0 to 2048, not ", word);
	if (!g->config.snaplen)
		g->config.snaplen = BED4_SNAP_MAX;
	return 0;
}

static int set_iface(struct capturing *g, const char *word)
{
	if (*g->iface || opt_iface(word))
		return wrong(*g->iface ? "one device at a time, not also " : "no name of a device: ", word);
	memcpy(g->iface, word, strlen(word) + 1);
	return 0;
}

static int take_option(struct capturing *g, int c, const char *word)
{
	switch (c) {
	case 'w':
		g->file = word;
		return 0;
	case 'c':
		return opt_uint(word, 1, 0xffffffffu, &g->count) ? wrong("-c takes a number from 1, not ", word) : 0;
	case 's':
		return set_snaplen(g, word);
	case 'd':
		if (word)
			return want_named(g, word, true);
		want_kind(g, BED4_KIND_DROP);
		return 0;
	case 'o':
		return want_named(g, word, false);
	case 'B':
		return opt_uint(word, 1, RING_MAX, &g->config.ring) ?
			       wrong("-B takes a number of KiB from 1 to 1048576, not ", word) : 0;
	case 'i':
		return set_iface(g, word);
	case 'p':
		cmd_pretty = true;
		/* fall through */
	case 'j':
		cmd_json = true;
		return 0;
	case 'n':
	case 'l':
	case 'U':
		return 0; /* what tcpdump wants to be told; it is so here */
	default:
		return wrong("what is that: ", word ? word : "an option without its value");
	}
}

/* The first word may be a device; without one there has to be just one instance. */
static int find_iface(struct capturing *g, int *at, int argc, char **argv)
{
	char names[INSTANCE_MAX][BED4_NAME_LEN];
	int i, n = instance_list(names);

	for (i = 0; !*g->iface && *at < argc && i < n; i++) {
		if (!strcmp(names[i], argv[*at]))
			return set_iface(g, argv[(*at)++]);
	}
	if (*g->iface)
		return 0;
	if (!n) {
		fprintf(stderr, "6bed4ctl: nothing loaded in this network namespace; see `6bed4ctl load --help`\n");
		return EXIT_NOTHING;
	}
	return n == 1 ? set_iface(g, names[0]) : wrong("several are loaded: say which device", "");
}

/* The rest of the words, in one line. */
static int take_filter(struct capturing *g, int argc, char **argv)
{
	size_t used = 0;
	pcap_t *dead;
	int i, n, err;

	for (i = 0; i < argc; i++) {
		n = snprintf(g->filter + used, sizeof(g->filter) - used, "%s%s", i ? " " : "", argv[i]);
		if (n < 0 || (size_t)n >= sizeof(g->filter) - used)
			return wrong("the filter is too long", "");
		used += (size_t)n;
	}
	if (!used)
		return 0;
	dead = pcap_open_dead(DLT_RAW, 65535);
	if (!dead)
		return wrong("out of memory", "");
	err = pcap_compile(dead, &g->program, g->filter, 1, PCAP_NETMASK_UNKNOWN);
	if (err)
		fprintf(stderr, "6bed4ctl capture: \"%.60s\" is neither a loaded device nor a filter: %.200s; see "
				"pcap-filter(7)\n", g->filter, pcap_geterr(dead));
	pcap_close(dead);
	g->filtered = !err;
	return err ? EXIT_USAGE : 0;
}

static int parse(struct capturing *g, int argc, char **argv)
{
	static const struct option options[] = {
		{ "write", required_argument, NULL, 'w' },   { "count", required_argument, NULL, 'c' },
		{ "snaplen", required_argument, NULL, 's' }, { "drops", optional_argument, NULL, 'd' },
		{ "outcome", required_argument, NULL, 'o' }, { "buffer", required_argument, NULL, 'B' },
		{ "interface", required_argument, NULL, 'i' }, { "json", no_argument, NULL, 'j' },
		{ "pretty", no_argument, NULL, 'p' },	     { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c, code, at;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "w:c:s:do:B:i:jphnlU", options, NULL)) >= 0) {
		if (c == 'h') {
			fputs(help, stdout);
			return -1;
		}
		code = take_option(g, c, c == '?' ? argv[optind - 1] : optarg);
		if (code)
			return code;
	}
	at = optind;
	code = find_iface(g, &at, argc, argv);
	if (!code)
		code = take_filter(g, argc - at, argv + at);
	if (!code && g->file && cmd_json)
		code = wrong("either -w or -j", "");
	if (!g->config.outcomes[0] && !g->config.outcomes[1]) {
		want_kind(g, -1);
		g->config.outcomes[0] &= ~(1ull << BED4_OTHER);
	}
	return code;
}

/* --- a record --------------------------------------------------------------------------------------- */

struct seen {
	const struct bed4_shot *shot;
	const __u8 *data[2]; /* before and after, NULL: nothing left */
	struct packet packet[2];
	__u64 time; /* ns since 1970 */
};

static bool offline(const struct capturing *g, const __u8 *data, size_t len)
{
	struct pcap_pkthdr h = { .caplen = (bpf_u_int32)len, .len = (bpf_u_int32)len };

	return data && len && pcap_offline_filter(&g->program, &h, data);
}

static bool matches(const struct capturing *g, const struct seen *s)
{
	int i;

	for (i = 0; g->filtered && i < 2; i++) {
		const struct packet *p = &s->packet[i];

		if (offline(g, p->ip, p->ip_len) || (p->ip6 != p->ip && offline(g, p->ip6, p->ip6_len)))
			return true;
	}
	return !g->filtered;
}

static void look(struct capturing *g, struct seen *s, const struct bed4_shot *shot)
{
	const struct bed4_shot_head *h = &shot->head;
	int i;

	memset(s, 0, sizeof(*s));
	s->shot = shot;
	s->time = h->at + g->epoch;
	s->data[0] = shot->data;
	s->data[1] = h->caplen[1] ? shot->data + h->caplen[0] : NULL;
	for (i = 0; i < 2; i++) {
		if (s->data[i])
			packet_read(&s->packet[i], s->data[i], h->caplen[i], packet_has_eth(h->hook, i == 1));
	}
}

static void print_time(FILE *f, __u64 ns)
{
	time_t t = (time_t)(ns / 1000000000);
	struct tm tm;
	char buf[16];

	localtime_r(&t, &tm);
	strftime(buf, sizeof(buf), "%H:%M:%S", &tm);
	fprintf(f, "%s.%06llu", buf, ns % 1000000000 / 1000);
}

static void print_text(struct capturing *g, const struct seen *s)
{
	const struct bed4_shot_head *h = &s->shot->head;
	char buf[PACKET_TEXT];

	print_time(g->out, s->time);
	fprintf(g->out, " %s %s %s", hook_name(h->hook), outcome_name(h->outcome), packet_text(&s->packet[0], buf));
	if (s->data[1])
		fprintf(g->out, " => %s", packet_text_after(&s->packet[1], &s->packet[0], buf));
	fprintf(g->out, " length %u: %s\n", h->len[0], outcome_text(h->outcome));
}

static struct json_object *json_packet(const struct packet *p, __u32 len, __u32 caplen)
{
	struct json_object *o = json_object_new_object();
	char buf[SHOW_TEXT], proto[16];

	show_put_number(o, "length", len);
	show_put_number(o, "captured", caplen);
	if (p->has_outer) {
		show_put(o, "outer_source", show_ep(p->outer_src, buf));
		show_put(o, "outer_destination", show_ep(p->outer_dst, buf));
	}
	if (p->has_inner) {
		show_put(o, "source", show_ip6(&p->src, buf));
		show_put(o, "destination", show_ip6(&p->dst, buf));
		show_put(o, "protocol", packet_proto(p->proto, proto));
		show_put_number(o, "hop_limit", p->hops);
	}
	if (p->has_ports) {
		show_put_number(o, "source_port", p->sport);
		show_put_number(o, "destination_port", p->dport);
	}
	if (p->has_type) {
		show_put_number(o, "icmp_type", p->type);
		show_put_number(o, "icmp_code", p->code);
	}
	return o;
}

static void print_json(struct capturing *g, const struct seen *s)
{
	const struct bed4_shot_head *h = &s->shot->head;
	int form = cmd_pretty ? JSON_C_TO_STRING_PRETTY : JSON_C_TO_STRING_PLAIN;
	struct json_object *o = show_json();

	show_put(o, "iface", g->iface);
	json_object_object_add(o, "time", json_object_new_double((double)s->time / 1e9));
	show_put_number(o, "ifindex", h->ifindex);
	show_put(o, "hook", hook_name(h->hook));
	show_put(o, "outcome", outcome_name(h->outcome));
	show_put(o, "kind", kind_name(outcome_kind(h->outcome)));
	show_put(o, "text", outcome_text(h->outcome));
	json_object_object_add(o, "before", json_packet(&s->packet[0], h->len[0], h->caplen[0]));
	if (s->data[1])
		json_object_object_add(o, "after", json_packet(&s->packet[1], h->len[1], h->caplen[1]));
	fprintf(g->out, "%s\n", json_object_to_json_string_ext(o, form | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static void write_one(struct capturing *g, const struct seen *s, bool after)
{
	const struct bed4_shot_head *h = &s->shot->head;
	/* That of the TUN device is empty: the kernel fills it in later. */
	__u32 skip = after && h->hook == BED4_HOOK_TC_OUT && h->caplen[1] >= BED4_ETH_LEN ? BED4_ETH_LEN : 0;
	char comment[256];
	struct pcapng_packet p = {
		.interface = 2u * h->hook + after, .time = s->time, .data = s->data[after] + skip,
		.caplen = h->caplen[after] - skip, .len = h->len[after] - skip, .outbound = after, .comment = comment,
	};

	snprintf(comment, sizeof(comment), "%s: %s, %s", after ? "after" : "before", outcome_name(h->outcome),
		 outcome_text(h->outcome));
	pcapng_packet(g->out, &p);
}

static int on_record(void *arg, const void *record, size_t size)
{
	struct capturing *g = arg;
	struct seen s;

	if (!packet_shot_sane(record, size)) {
		g->damaged++;
		return 0;
	}
	look(g, &s, record);
	g->captured[s.shot->head.hook]++;
	if (!matches(g, &s))
		return 0;
	g->matched++;
	if (g->file) {
		write_one(g, &s, false);
		if (s.data[1])
			write_one(g, &s, true);
	} else if (cmd_json) {
		print_json(g, &s);
	} else {
		print_text(g, &s);
	}
	return g->matched == g->count || ferror(g->out) ? ENOUGH : 0;
}

/* --- the loop --------------------------------------------------------------------------------------- */

static void begin_file(struct capturing *g)
{
	char name[64], text[128];
	unsigned int i;

	pcapng_begin(g->out, "6bed4ctl " BED4_VERSION);
	for (i = 0; i < 2 * BED4_HOOK_COUNT; i++) {
		bool eth = i / 2 == BED4_HOOK_XDP || i / 2 == BED4_HOOK_TC_IN;

		snprintf(name, sizeof(name), "%s %s %s", g->iface, hook_name(i / 2), i % 2 ? "after" : "before");
		snprintf(text, sizeof(text), "%s, %s", hook_text(i / 2),
			 i % 2 ? "packets as they left" : "packets as they came");
		pcapng_interface(g->out, eth ? PCAPNG_ETHERNET : PCAPNG_RAW, g->config.snaplen, name, text);
	}
}

static __u64 clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;
}

static void end_file(struct capturing *g)
{
	__u64 now = clock_ns(CLOCK_REALTIME), lost;
	unsigned int i;

	for (i = 0; i < BED4_HOOK_COUNT; i++) {
		lost = capture_lost(g->capture, i);
		pcapng_statistics(g->out, 2 * i, now, g->captured[i] + lost, lost);
	}
}

static int open_output(struct capturing *g)
{
	if (!g->file || !strcmp(g->file, "-")) {
		g->out = stdout;
		return g->file && isatty(1) ? wrong("-w - into a terminal: say a file, or | something", "") : 0;
	}
	g->out = fopen(g->file, "we");
	if (g->out)
		return 0;
	fprintf(stderr, "6bed4ctl capture: cannot write %s: %s\n", g->file, strerror(errno));
	return EXIT_FAILED;
}

/* Whoever sends packets chooses what is parsed here: so that is done without privileges. */
static int leave_privileges(struct err *e)
{
	int err;

	json_object_put(show_json()); /* its library gets its random numbers now */
	err = privs_drop(e);
	return err ? err : privs_confine(e);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* 0 when it has ended as it should, or -errno. */
static int run(struct capturing *g, int signals)
{
	struct pollfd on[] = { { .fd = signals, .events = POLLIN },
			       { .fd = capture_fd(g->capture), .events = POLLIN } };
	int err = 0;

	while (!err && !on[0].revents && !capture_ended(g->capture)) {
		err = capture_renew(g->capture);
		if (!err && poll(on, 2, TICK) < 0 && errno != EINTR)
			err = -errno;
		g->epoch = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
		if (!err)
			err = capture_read(g->capture);
		if (fflush(g->out) && !err)
			err = ENOUGH;
	}
	capture_stop(g->capture);
	if (!err)
		err = capture_read(g->capture);
	return err == ENOUGH ? 0 : err;
}

static int sum_up(struct capturing *g, int err)
{
	__u64 captured = 0, lost = 0;
	unsigned int i;

	for (i = 0; i < BED4_HOOK_COUNT; i++) {
		captured += g->captured[i];
		lost += capture_lost(g->capture, i);
	}
	if (g->file)
		end_file(g);
	if (fflush(g->out) || ferror(g->out)) {
		fprintf(stderr, "6bed4ctl capture: cannot write: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	fprintf(stderr, "%llu packets captured, %llu matched, %llu lost by the capture (ring full)\n", captured,
		g->matched, lost);
	if (capture_gaps(g->capture))
		fprintf(stderr, "this process was stopped %u times for so long that capturing ended meanwhile\n",
			capture_gaps(g->capture));
	if (g->damaged)
		fprintf(stderr, "%llu records were damaged\n", g->damaged);
	if (err) {
		fprintf(stderr, "6bed4ctl capture: %s\n", strerror(-err));
		return EXIT_FAILED;
	}
	if (!capture_ended(g->capture))
		return EXIT_DONE;
	fprintf(stderr, "6bed4ctl capture: %s has been unloaded\n", g->iface);
	return EXIT_NOTHING;
}

static int capture(struct capturing *g, struct err *e)
{
	int signals, err = capture_open(&g->capture, &g->config, &g->alive, e), code;

	if (err == -ENOENT) {
		fprintf(stderr, "6bed4ctl: nothing loaded on %s; see `6bed4ctl load --help`\n", g->iface);
		return EXIT_NOTHING;
	}
	if (err)
		return -1;
	code = open_output(g);
	if (code) {
		capture_close(g->capture);
		return code;
	}
	signals = open_signals();
	err = leave_privileges(e);
	if (!err) {
		if (!g->alive)
			fprintf(stderr, "6bed4ctl capture: the daemon of %s is dead: what only it sees is missing\n",
				g->iface);
		fprintf(stderr, "capturing on %s, up to %u bytes a packet\n", g->iface, g->config.snaplen);
		if (g->file)
			begin_file(g);
		code = sum_up(g, run(g, signals));
	}
	capture_close(g->capture);
	return err ? -1 : code;
}

int cmd_capture(int argc, char **argv)
{
	struct capturing g = { .config = { .snaplen = SNAPLEN, .ring = CAPTURE_RING, .fn = on_record } };
	struct err e = {};
	int code = parse(&g, argc, argv);

	if (code)
		return code < 0 ? EXIT_DONE : code;
	g.config.iface = g.iface;
	g.config.arg = &g;
	code = capture(&g, &e);
	if (g.filtered)
		pcap_freecode(&g.program);
	if (code >= 0)
		return code;
	fprintf(stderr, "6bed4ctl capture: %s\n", e.text);
	return EXIT_FAILED;
}
