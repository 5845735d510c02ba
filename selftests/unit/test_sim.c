// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Two peers and a router, all of them the real core, on a simulated IPv4 internet: NATs of every
 * kind, loss of ND, delay, reordering, idle times, a path that is cut. Data may only be lost on a
 * path that has been cut, for 8 s; both ends settle on the path that their NATs allow; the tables
 * stay bounded. Deterministic: a seed per run, printed when it fails.
 */
#include "core.h"

enum nat { OPEN, FULL_CONE, ADDR_RESTRICTED, PORT_RESTRICTED, SYMMETRIC, NATS };

#define FLIGHTS	    512
#define MAPPINGS    64
#define NAT_TIMEOUT (30 * SEC)

/* Who a NAT's host has sent to from which external port, and when the mapping was last used. */
struct mapping {
	struct bed4_ep remote;
	__u16 port; /* external, host order */
	__u64 used;
};

struct node {
	struct tunnel t;
	struct limit limit;
	__u64 collisions;
	struct bed4_count slow[BED4_HOOK_DAEMON * BED4_OUTCOME_COUNT];
	enum nat nat;
	__be32 public;
	struct mapping map[MAPPINGS];
	unsigned int received;
};

struct flight {
	__u64 at; /* 0: free */
	int to;
	struct bed4_ep src;
	size_t len;
	uint8_t b[1500] __attribute__((aligned(8)));
};

enum { A, B, ROUTER, NODES };

static struct node node[NODES];
static struct flight flight[FLIGHTS];
static struct actions acts;
static __u64 now, seed, rng, cut_at, last_lost;
static unsigned int nd_loss, lost, refused; /* percent; packets of data */
static unsigned int runs = 400; /* per test; SIM_RUNS says otherwise */

static __u64 dice(__u64 n)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng % n;
}

static bool is_data(const uint8_t *p, size_t len)
{
	return len > BED4_IP6_LEN && p[6] == 17;
}

static void deliver(int to, struct bed4_ep src, const uint8_t *p, size_t len)
{
	for (struct flight *f = flight; f < flight + FLIGHTS; f++) {
		if (f->at)
			continue;
		*f = (struct flight){ .at = now + (1 + dice(60)) * MSEC, .to = to, .src = src,
				      .len = len };
		memcpy(f->b, p, len);
		return;
	}
	fail_msg("seed %llu: the air is full", seed);
}

static bool alive(const struct mapping *m)
{
	return m->used && now - m->used < NAT_TIMEOUT;
}

/* The source that the world sees; makes or refreshes the mapping. */
static struct bed4_ep translate(struct node *n, struct bed4_ep remote)
{
	struct mapping *free_slot = NULL;
	__u16 port = 40000;

	if (n->nat == OPEN)
		return n->t.self.listen;
	for (struct mapping *m = n->map; m < n->map + MAPPINGS; m++) {
		if (alive(m) && bed4_ep_eq(m->remote, remote)) {
			m->used = now;
			return bed4_ep(n->public, htons(m->port));
		}
		if (!alive(m) && !free_slot)
			free_slot = m;
	}
	assert_non_null(free_slot);
	if (n->nat == SYMMETRIC && !bed4_ep_eq(remote, n->t.self.server))
		port = 50001 + dice(10000);
	*free_slot = (struct mapping){ remote, port, now };
	return bed4_ep(n->public, htons(port));
}

static bool lets_in(struct node *n, struct bed4_ep src, __be16 to_port)
{
	if (n->nat == OPEN || (n->nat == FULL_CONE && to_port == htons(40000)))
		return true;
	for (struct mapping *m = n->map; m < n->map + MAPPINGS; m++) {
		bool same = m->remote.addr == src.addr &&
			    (n->nat == ADDR_RESTRICTED || m->remote.port == src.port);

		if (alive(m) && same && htons(m->port) == to_port) {
			m->used = now;
			return true;
		}
	}
	return false;
}

static void transmit(int from, const struct action *act)
{
	struct bed4_ep src = from == ROUTER ? node[ROUTER].t.self.listen :
					      translate(&node[from], act->to);
	bool data = is_data(act->data, act->len);
	int to;

	if (from != ROUTER && !bed4_ep_eq(act->to, node[from].t.self.server)) {
		if (cut_at && now >= cut_at) {
			lost += data;
			last_lost = data ? now : last_lost;
			return;
		}
		if (!data && dice(100) < nd_loss)
			return;
	}
	for (to = 0; to < NODES; to++) {
		__be32 addr = node[to].nat == OPEN ? node[to].t.self.listen.addr : node[to].public;

		if (addr == act->to.addr)
			break;
	}
	if (to == NODES)
		return;
	if (to != ROUTER && !lets_in(&node[to], src, act->to.port)) {
		if (data)
			refused++;
		return;
	}
	deliver(to, src, act->data, act->len);
}

static void carry_out(int n)
{
	for (unsigned int i = 0; i < acts.count; i++) {
		const struct action *act = &acts.list[i];

		if (act->kind == ACTION_UDP)
			transmit(n, act);
		if (act->kind == ACTION_TUN && is_data(act->data, act->len))
			node[n].received++;
		tunnel_done(&node[n].t, act, true);
	}
	actions_clear(&acts);
	assert_true(node[n].t.table.count <= 1);
}

/* Everything that happens until @until, in order. */
static void run(__u64 until)
{
	for (;;) {
		struct flight *next = NULL;
		__u64 at = until;
		int n = -1;

		for (struct flight *f = flight; f < flight + FLIGHTS; f++)
			if (f->at && f->at <= at) {
				at = f->at;
				next = f;
			}
		for (int i = 0; i < NODES; i++)
			if (tunnel_deadline(&node[i].t) < at) {
				at = tunnel_deadline(&node[i].t);
				n = i;
				next = NULL;
			}
		now = at > now ? at : now;
		if (n >= 0) {
			tunnel_tick(&node[n].t, now, &acts);
			carry_out(n);
		} else if (next) {
			next->at = UINT64_MAX; /* its bytes are borrowed by actions */
			tunnel_rx_udp(&node[next->to].t, now, next->src, 0, next->b, next->len, &acts);
			carry_out(next->to);
			next->at = 0;
		} else {
			return;
		}
	}
}

static void say(int from, int to)
{
	static uint8_t copy[512] __attribute__((aligned(8)));
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	struct pkt p;

	inet_ntop(AF_INET6, &node[from].t.self.own, src, sizeof(src));
	inet_ntop(AF_INET6, &node[to].t.self.own, dst, sizeof(dst));
	pkt_udp6(&p, src, dst, 64, 100);
	memcpy(copy, p.b, p.len);
	tunnel_rx_tun(&node[from].t, now, copy, p.len, &acts);
	carry_out(from);
}

static void begin(void)
{
	struct tunnel_config router = { .role = BED4_ROLE_ROUTER, .listen = ep(ROUTER4, PORT),
					.public = ep(ROUTER4, PORT), .mtu = BED4_MTU, .seed = 1,
					.prefix = in6("2001:67c:127c::") };

	rng = seed * 2654435761u + 1;
	now = 1000 * SEC;
	cut_at = last_lost = 0;
	lost = refused = 0;
	memset(flight, 0, sizeof(flight));
	for (int i = 0; i < NODES; i++) {
		struct node *n = &node[i];
		struct tunnel_config c = { .role = BED4_ROLE_PEER, .mtu = BED4_MTU, .seed = rng + i,
					   .server = ep(ROUTER4, PORT), .keepalive_sec = 25,
					   .keepalive_ttl = 64, .neigh_max = 4 };

		tunnel_exit(&n->t);
		memset(n, 0, sizeof(*n));
		limit_init(&n->limit, 1, &n->collisions);
		n->nat = i == ROUTER ? OPEN : dice(NATS);
		n->public = htonl(0x83010002 + 0x10000 * i);
		c.listen = n->nat == OPEN ? bed4_ep(n->public, htons(PPORT)) :
					    bed4_ep(htonl(0xc0a80702), htons(PPORT));
		assert_int_equal(tunnel_init(&n->t, i == ROUTER ? &router : &c, n->slow, &n->limit), 0);
		tunnel_start(&n->t, now);
	}
	run(now + SEC);
	assert_true(node[A].t.self.flags & node[B].t.self.flags & BED4_SELF_ADDR);
}

static bool is_direct(int from, int to)
{
	const struct neigh *n = table_find(&node[from].t.table, &node[to].t.self.own);

	return n && n->path == BED4_PATH_DIRECT;
}

/* Talks for @time, both ways; returns how many packets were said. */
static unsigned int talk(__u64 time)
{
	__u64 end = now + time;
	unsigned int said = 0;

	while (now < end) {
		say(A, B);
		run(now + (1 + dice(200)) * MSEC);
		if (dice(10)) {
			say(B, A);
			said++;
		}
		said++;
		run(now + (1 + dice(200)) * MSEC);
	}
	run(now + 500 * MSEC);
	return said;
}

static bool direct_possible(void)
{
	return node[A].nat != SYMMETRIC && node[B].nat != SYMMETRIC;
}

/* For a failure: what became of packets at each node. */
static void print_outcomes(void)
{
	for (int n = 0; n < NODES; n++)
		for (enum bed4_hook h = BED4_HOOK_UDP; h < BED4_HOOK_COUNT; h++)
			for (enum bed4_outcome o = 1; o < BED4_OUTCOME_COUNT; o++)
				if (node[n].slow[bed4_stat_row(h, o)].packets)
					print_message("# %c %s %s %llu\n", "ABR"[n], hook_name(h), outcome_name(o),
						      node[n].slow[bed4_stat_row(h, o)].packets);
}

static void settles_and_loses_nothing(void **state)
{
	(void)state;
	for (seed = 1; seed <= runs; seed++) {
		unsigned int said = 0;

		nd_loss = seed % 3 ? 0 : 20;
		begin();
		for (int turn = 0; turn < 3; turn++) {
			said += talk(20 * SEC + dice(60) * SEC);
			if (!nd_loss && (is_direct(A, B) != direct_possible() ||
					 is_direct(B, A) != direct_possible()))
				fail_msg("seed %llu turn %d: NATs %d and %d, direct %d %d", seed, turn,
					 node[A].nat, node[B].nat, is_direct(A, B), is_direct(B, A));
			if (!direct_possible() && (is_direct(A, B) || is_direct(B, A)))
				fail_msg("seed %llu: direct through NATs %d and %d", seed, node[A].nat,
					 node[B].nat);
			run(now + (turn ? 3 : dice(10)) * 60 * SEC); /* idle */
		}
		if (refused || node[A].received + node[B].received != said)
			print_outcomes();
		if (refused || node[A].received + node[B].received != said)
			fail_msg("seed %llu: NATs %d and %d, %u said, %u arrived, %u refused by NATs", seed,
				 node[A].nat, node[B].nat, said, node[A].received + node[B].received,
				 refused);
	}
}

static void goes_direct_within_a_second(void **state)
{
	(void)state;
	nd_loss = 0;
	for (seed = 1; seed <= runs; seed++) {
		begin();
		talk(SEC);
		if (is_direct(A, B) != direct_possible() || is_direct(B, A) != direct_possible())
			fail_msg("seed %llu: NATs %d and %d", seed, node[A].nat, node[B].nat);
	}
}

static void survives_a_cut(void **state)
{
	__u64 longest = 0;

	(void)state;
	nd_loss = 0;
	for (seed = 1; seed <= runs; seed++) {
		unsigned int said;

		begin();
		said = talk(SEC + dice(50) * SEC);
		cut_at = now;
		said += talk(60 * SEC);
		if (last_lost && last_lost - cut_at > longest)
			longest = last_lost - cut_at;
		if (last_lost > cut_at + 8 * SEC || is_direct(A, B) || is_direct(B, A) || refused ||
		    node[A].received + node[B].received + lost != said)
			fail_msg("seed %llu: NATs %d and %d, cut for %llu ms, %u lost, %u refused", seed,
				 node[A].nat, node[B].nat, (last_lost - cut_at) / MSEC, lost, refused);
	}
	print_message("longest loss after a cut: %llu ms\n", longest / MSEC);
	assert_true(longest > 2 * SEC); /* the cut was one */
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < NODES; i++)
		tunnel_exit(&node[i].t);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settles_and_loses_nothing),
		cmocka_unit_test(goes_direct_within_a_second),
		cmocka_unit_test(survives_a_cut),
	};

	if (getenv("SIM_RUNS"))
		runs = strtoul(getenv("SIM_RUNS"), NULL, 10);
	return cmocka_run_group_tests(tests, NULL, tear_down);
}
