// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a peer's cache keeps elsewhere with every change, behind each of 200,000 random operations on a table that
 * is full now and then: the numbers of neighbours by path and state (struct bed4_tally) equal what a walk counts,
 * and the map holds what the cache would tell, so that a difference is somebody else's doing. How often each state
 * and path was met is checked too, so that the walk means something.
 */
#include "core.h"
#include "core/engine.h"
#include "core/neigh.h"

#define ENTRIES	 16
#define PEERS	 24
#define RUNS	 200000

static struct core core;
static struct bed4_tally tally, met;
static unsigned long seed = 4248;

static unsigned int dice(unsigned int n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned int)(seed >> 33) % n;
}

static bool onlink(const void *arg, __be32 addr)
{
	(void)arg;
	return (addr & htonl(0xffff0000)) == htonl(0xc0a80000);
}

/* Where peer @i is; one in six shares our public address, one in eight has none in its address. */
static struct bed4_ep place(unsigned int i)
{
	return i % 6 ? bed4_ep(htonl(0x83020000 + i), htons(50000)) :
		       bed4_ep(core.t.self.public.addr, htons(40000 + 2 * i));
}

static struct bed4_in6 address(unsigned int i)
{
	struct bed4_in6 a = core.t.self.own;

	bed4_iid_put(&a, place(i));
	if (i % 8 == 7)
		a.b[13] |= 0x40; /* nobody's endpoint */
	return a;
}

static void set_up_core(void)
{
	struct tunnel_config config = { .role = BED4_ROLE_PEER, .listen = ep("131.1.0.2", PPORT),
					.public = ep("131.1.0.2", PPORT), .server = ep(ROUTER4, PORT),
					.mtu = BED4_MTU, .seed = 7, .radius = 1, .neigh_max = ENTRIES,
					.onlink = onlink, .tally = &tally };

	memset(&tally, 0xff, sizeof(tally)); /* begins at 0 whatever was there */
	core.now = 1000 * SEC;
	limit_init(&core.limit, 7, &core.collisions);
	assert_int_equal(tunnel_init(&core.t, &config, core.slow, &core.limit), 0);
	core.t.self.own = in6("2001:67c:127c::");
	core.t.self.public = config.public;
	bed4_iid_put(&core.t.self.own, config.public);
	core.t.self.flags |= BED4_SELF_ADDR;
}

static void walk(void)
{
	struct bed4_tally counted = {};
	__u32 i;

	for (i = 1; i < core.t.table.fresh; i++) {
		const struct neigh *n = &core.t.table.node[i];
		struct bed4_in6 a = core.t.self.own;

		a.w[2] = n->iid[0];
		a.w[3] = n->iid[1];
		if (table_find(&core.t.table, &a) != n)
			continue; /* a free one */
		counted.path[n->path]++;
		counted.state[n->state]++;
		met.path[n->path]++;
		met.state[n->state]++;
	}
	assert_memory_equal(&counted, &tally, sizeof(tally));
}

static void adopt(const struct bed4_in6 *a, unsigned int i)
{
	struct bed4_ep at = dice(2) ? place(i) : bed4_ep(htonl(0xc0a80000 + i), htons(50000));
	struct bed4_neigh v = { .addr = at.addr, .port = at.port, .state = dice(BED4_NEIGH_STATES + 1) & 15,
				.path = dice(4) & 15, .since = (__u32)(core.now / SEC) - dice(20) };

	neigh_adopt(&core.t, core.now, a, &v, &core.a);
}

static void stamp(const struct bed4_in6 *a, __u32 used)
{
	const struct neigh *n = neigh_find(&core.t, a);
	struct bed4_neigh v = n ? neigh_value(n) : (struct bed4_neigh){};

	v.used = used;
	neigh_stamp(&core.t, core.now, a, &v, &core.a);
}

static void operate(void)
{
	unsigned int i = dice(PEERS);
	struct bed4_in6 a = address(i);
	struct pass p = { .t = &core.t, .now = core.now, .hook = BED4_HOOK_UDP, .a = &core.a,
			  .src = dice(3) ? place(i) : bed4_ep(htonl(0xc0a80000 + i), htons(50000)) };
	__u32 seconds = (__u32)(core.now / SEC);

	switch (dice(64)) {
	case 0:
		neigh_flush(&core.t, &core.a);
		break;
	case 1:
		neigh_add(&core.t, core.now, &a, dice(2) ? place(i) : bed4_ep(0, 0), &core.a);
		break;
	case 2 ... 4:
		neigh_del(&core.t, &a, &core.a);
		break;
	case 5 ... 8:
		stamp(&a, seconds - dice(1200));
		break;
	case 9 ... 12:
		adopt(&a, i);
		break;
	case 13 ... 20:
		neigh_solicited(&p, &a, dice(2));
		break;
	case 21 ... 36:
		neigh_advertised(&p, &a);
		break;
	case 37 ... 38:
		neigh_redirected(&p, &a);
		break;
	case 39 ... 40:
		neigh_doubt(&core.t, core.now, &a, place(i), &core.a);
		break;
	case 41 ... 48:
		neigh_tick(&core.t, core.now, &core.a);
		break;
	default:
		neigh_used(&core.t, core.now, &a, 0, dice(2) ? seconds : 0, &core.a);
	}
}

static void equals_a_walk(void **state)
{
	int i;

	(void)state;
	set_up_core();
	walk();
	for (i = 0; i < RUNS; i++) {
		core.now += dice(8) ? dice(50) * MSEC : dice(40) * SEC;
		operate();
		walk();
		if (dice(4)) /* now and then the list of actions is full */
			actions_clear(&core.a);
	}
	for (i = 0; i < BED4_PATHS; i++)
		assert_true(met.path[i] > 1000);
	for (i = BED4_NEIGH_INCOMPLETE; i < BED4_NEIGH_STATES; i++)
		assert_true(met.state[i] > 1000);
	tunnel_exit(&core.t);
}

static struct {
	bool there;
	struct bed4_neigh v;
} map[PEERS];

static unsigned int index_of(const struct bed4_in6 *in6)
{
	struct bed4_in6 a;
	unsigned int i = 0;

	for (a = address(i); !bed4_in6_eq(&a, in6); a = address(i))
		assert_true(++i < PEERS);
	return i;
}

static void tell_map(void)
{
	for (unsigned int i = 0; i < core.a.count; i++) {
		const struct action *act = &core.a.list[i];

		if (act->kind == ACTION_NEIGH_FLUSH)
			memset(map, 0, sizeof(map));
		if (act->kind == ACTION_NEIGH_DEL)
			map[index_of(&act->in6)].there = false;
		if (act->kind == ACTION_NEIGH_SET) {
			map[index_of(&act->in6)].there = true;
			map[index_of(&act->in6)].v = act->neigh;
		}
	}
	actions_clear(&core.a);
}

/* All that the map holds is as the cache told it, and nothing is missing. */
static void look_at_map(void)
{
	unsigned int there = 0;

	for (unsigned int i = 0; i < PEERS; i++) {
		struct bed4_in6 a = address(i);
		struct neigh *n = neigh_find(&core.t, &a);

		assert_int_equal(map[i].there, n != NULL);
		if (!n)
			continue;
		there++;
		n->used = n->heard = core.now / SEC; /* stays */
		map[i].v.used = map[i].v.heard = 0;
		assert_true(neigh_stamp(&core.t, core.now, &a, &map[i].v, &core.a));
		assert_int_equal(core.a.count, 0);
	}
	assert_int_equal(there, core.t.table.count);
}

static void map_holds_what_was_told(void **state)
{
	(void)state;
	set_up_core();
	for (int i = 0; i < RUNS; i++) {
		core.now += dice(8) ? dice(50) * MSEC : dice(40) * SEC;
		operate();
		tell_map();
		if (core.t.write_at && core.t.write_at <= core.now) { /* the daemon's timers come first */
			neigh_tick(&core.t, core.now, &core.a);
			tell_map();
		}
		look_at_map();
	}
	tunnel_exit(&core.t);
}

static void nobody_has_to_want_it(void **state)
{
	struct bed4_in6 a = address(1);

	(void)state;
	set_up_core();
	core.t.table.tally = NULL;
	actions_clear(&core.a);
	neigh_used(&core.t, core.now, &a, 0, 0, &core.a);
	assert_int_equal(core.t.table.count, 1);
	neigh_flush(&core.t, &core.a);
	assert_int_equal(core.t.table.count, 0);
	tunnel_exit(&core.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_a_walk),
		cmocka_unit_test(map_holds_what_was_told),
		cmocka_unit_test(nobody_has_to_want_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
