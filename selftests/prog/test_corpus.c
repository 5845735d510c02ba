// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The fuzzers' kept corpora through the real BPF objects, as router and as peer, by the comparison of
 * diff.h: frames as they are and with their outer header made right; packets, ND messages and TCP alone,
 * from their senders and from others, and as native IPv6. Must not know what is in a file but where its
 * packets stand.
 */
#include <dirent.h>

#include "cases.h"
#include "diff.h"
#include "../fuzz/frame_repair.h"

#define CORPUS	 "selftests/fuzz/corpus/"
#define FILE_MAX 4096
#define GSO_HEAD 11 /* struct virtio_net_hdr and a byte, in front of fuzz_gso's packet */

static struct pkt pkt;
static unsigned int files, runs;

static void through(enum fx_dev from)
{
	if (pkt.len < 15)
		return; /* less than BPF_PROG_RUN takes for a frame */
	runs++;
	diff_xdp(&pkt, from);
	if (from == FX_UNDER)
		diff_tc(&pkt);
}

/* A datagram from @src to this instance, with @inner in it. */
static void tunnelled_from(struct bed4_ep src, const uint8_t *inner, size_t n)
{
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &src.addr, from, sizeof(from));
	inet_ntop(AF_INET, &diff.self->listen.addr, to, sizeof(to));
	memset(&pkt, 0, sizeof(pkt));
	memcpy(pkt.b, inner, n);
	pkt.len = n;
	pkt_outer(&pkt, from, ntohs(src.port), to, ntohs(diff.self->listen.port), 0,
		  n & 1 ? CSUM_ZERO : CSUM_FULL);
	pkt_eth(&pkt, MAC_UNDER, MAC_PEER, 0x0800);
	through(FX_UNDER);
}

/* From a stranger, from the router, from whom its source names, and natively. */
static void packet(const uint8_t *inner, size_t n)
{
	struct bed4_in6 src;
	struct bed4_ep ep;

	tunnelled_from(bed4_ep(htonl(0x83050607), htons(PPORT)), inner, n);
	tunnelled_from(fixture_self.listen, inner, n);
	if (n >= 24) {
		memcpy(&src, inner + 8, sizeof(src));
		if (bed4_iid_get(&src, &ep))
			tunnelled_from(ep, inner, n);
	}
	memset(&pkt, 0, sizeof(pkt));
	memcpy(pkt.b, inner, n);
	pkt.len = n;
	pkt_eth(&pkt, MAC_V6, MAC_HOST, 0x86dd);
	through(FX_V6);
}

/* --- what is in a file ---------------------------------------------------------------------------- */

static void frame_file(const uint8_t *data, size_t n)
{
	int dev, repaired;

	if (n < 1)
		return;
	for (dev = FX_UNDER; dev <= FX_V6; dev++) {
		for (repaired = 0; repaired < 2; repaired++) {
			memset(&pkt, 0, sizeof(pkt));
			memcpy(pkt.b, data + 1, n - 1);
			pkt.len = n - 1;
			if (repaired)
				frame_repair(pkt.b, pkt.len);
			through((enum fx_dev)dev);
		}
	}
}

/* Records: kind, length (2 bytes), body; the body may begin with its sender. */
static void packet_file(const uint8_t *data, size_t n)
{
	struct bed4_ep src = {};
	size_t len;

	if (n < 1)
		return;
	for (data++, n--; n >= 3; data += len, n -= len) {
		len = data[1] << 8 | data[2];
		data += 3;
		n -= 3;
		len = len < n ? len : n;
		packet(data, len);
		if (len < 6)
			continue;
		memcpy(&src.addr, data, 4);
		memcpy(&src.port, data + 4, 2);
		tunnelled_from(src, data + 6, len - 6);
		packet(data + 6, len - 6);
	}
}

static void nd_file(const uint8_t *data, size_t n)
{
	if (n > 1)
		packet(data + 1, n - 1);
}

static void gso_file(const uint8_t *data, size_t n)
{
	if (n > GSO_HEAD)
		packet(data + GSO_HEAD, n - GSO_HEAD);
}

/* --- files ---------------------------------------------------------------------------------------- */

static void run_file(const char *path, void (*take)(const uint8_t *data, size_t n))
{
	static uint8_t data[FILE_MAX];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		fail_msg("cannot read %s", path);
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	files++;
	take(data, n);
}

static void run_corpus(const char *name, void (*take)(const uint8_t *data, size_t n))
{
	char path[512];
	struct dirent *entry;
	unsigned int before = files;
	DIR *dir;

	snprintf(path, sizeof(path), "%s%s", CORPUS, name);
	dir = opendir(path);
	if (!dir)
		fail_msg("no corpus %s: tests run from the top of the tree", path);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s%s/%s", CORPUS, name, entry->d_name);
		if (entry->d_name[0] != '.')
			run_file(path, take);
	}
	closedir(dir);
	assert_true(files > before);
}

static void corpora_agree(void **state)
{
	__u64 forwarded;

	(void)state;
	files = runs = 0;
	run_corpus("fuzz_frame", frame_file);
	run_corpus("fuzz_packet", packet_file);
	run_corpus("fuzz_nd", nd_file);
	run_corpus("fuzz_gso", gso_file);
	assert_int_equal(diff_total(BED4_HOOK_XDP, &forwarded), runs);
	assert_true(diff.self->role == BED4_ROLE_PEER ? diff.counted[BED4_HOOK_XDP][BED4_IN_LOCAL] > 0 :
							forwarded > 0);
	diff_total(BED4_HOOK_TC_IN, &forwarded);
	print_message("# %u files, %u packets\n", files, runs);
}

static int as_router(void **state)
{
	(void)state;
	return diff_load(&fixture_self);
}

static int as_peer(void **state)
{
	(void)state;
	return diff_load(&fixture_peer);
}

static int tear_down(void **state)
{
	(void)state;
	diff_unload();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		{ "corpora_agree_on_a_router", corpora_agree, as_router, tear_down, NULL },
		{ "corpora_agree_on_a_peer", corpora_agree, as_peer, tear_down, NULL },
	};

	(void)argc;
	fixture_enter(argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
