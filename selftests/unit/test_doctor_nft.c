// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What rulesets do to a tunnel datagram: "dropped" only where that is sure. The JSON is as libnftables 1.0.6
 * writes it, with numbers instead of names.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor_nft.h"

#define BASE(policy)                                                                               \
	"{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"in\",\"type\":\"filter\",\"hook\":\"input\",\"prio\":0," \
	"\"policy\":\"" policy "\"}}"
#define CHAIN(name) "{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"" name "\"}}"
#define COMMA1(a)	a
#define COMMA2(a, b)	a "," b
#define COMMA3(a, b, c) a "," b "," c
#define PICK(_1, _2, _3, name, ...) name
#define COMMAS(...)	PICK(__VA_ARGS__, COMMA3, COMMA2, COMMA1, )(__VA_ARGS__)
#define RULE(chain, ...)                                                                           \
	"{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"" chain "\",\"expr\":[" COMMAS(__VA_ARGS__) "]}}"
#define MATCH(op, left, right) "{\"match\":{\"op\":\"" op "\",\"left\":{" left "},\"right\":" right "}}"
#define UDP(field)	"\"payload\":{\"protocol\":\"udp\",\"field\":\"" field "\"}"
#define TCP(field)	"\"payload\":{\"protocol\":\"tcp\",\"field\":\"" field "\"}"
#define IP(field)	"\"payload\":{\"protocol\":\"ip\",\"field\":\"" field "\"}"
#define META(key)	"\"meta\":{\"key\":\"" key "\"}"
#define STATE		"\"ct\":{\"key\":\"state\"}"
#define ACCEPT		"{\"accept\":null}"
#define DROP		"{\"drop\":null}"
#define JUMP(to)	"{\"jump\":{\"target\":\"" to "\"}}"
#define GOTO(to)	"{\"goto\":{\"target\":\"" to "\"}}"
#define XT		"{\"xt\":null}"

static struct nft_rules *parse(const char *list)
{
	static char text[1 << 16];
	struct nft_rules *r;

	snprintf(text, sizeof(text), "{\"nftables\":[{\"metainfo\":{\"json_schema_version\":1}},%s]}", list);
	assert_int_equal(nft_parse(text, &r), 0);
	return r;
}

static struct nft_packet packet(enum nft_state state)
{
	return (struct nft_packet){ .dev = "eth0", .address = "198.51.100.1", .port = 25788, .state = state };
}

static unsigned int fate(const char *list, enum nft_state state)
{
	struct nft_packet p = packet(state);
	struct nft_rules *r = parse(list);
	struct nft_chain c = {};
	unsigned int f = nft_fate(r, "input", &p, &c);

	if (!(f & NFT_ACCEPTED))
		assert_string_equal(c.chain, "in");
	nft_free(r);
	return f;
}

/* What one rule with that match and "accept" makes of new datagrams, before a policy of drop. */
#define ADMITS(...) (fate(BASE("drop") "," RULE("in", __VA_ARGS__, ACCEPT), NFT_STATE_NEW))
#define BOTH (NFT_ACCEPTED | NFT_DROPPED)

static void test_policy(void **state)
{
	(void)state;
	assert_int_equal(fate(BASE("accept"), NFT_STATE_NEW), NFT_ACCEPTED);
	assert_int_equal(fate(BASE("drop"), NFT_STATE_NEW), NFT_DROPPED);
	assert_int_equal(fate(BASE("accept") "," RULE("in", DROP), NFT_STATE_NEW), NFT_DROPPED);
	assert_int_equal(fate(BASE("accept") "," RULE("in", "{\"reject\":{\"type\":\"icmp\",\"expr\":3}}"), NFT_STATE_NEW), NFT_DROPPED);
	assert_int_equal(fate(BASE("drop") "," RULE("in", "{\"counter\":null}", "{\"log\":{\"prefix\":\"x\"}}"), NFT_STATE_NEW),
			 NFT_DROPPED);
	/* All chains of a hook have to let it through. */
	assert_int_equal(fate("{\"chain\":{\"family\":\"ip\",\"table\":\"o\",\"name\":\"a\",\"type\":\"filter\",\"hook\":\"input\","
			      "\"prio\":0,\"policy\":\"accept\"}}," BASE("drop"), NFT_STATE_NEW), NFT_DROPPED);
	/* What IPv4 does not pass says nothing. */
	assert_int_equal(fate("{\"chain\":{\"family\":\"ip6\",\"table\":\"o\",\"name\":\"a\",\"type\":\"filter\",\"hook\":\"input\","
			      "\"prio\":0,\"policy\":\"drop\"}}," BASE("accept"), NFT_STATE_NEW), NFT_ACCEPTED);
}

static void test_ports(void **state)
{
	(void)state;
	assert_int_equal(ADMITS(MATCH("==", UDP("dport"), "25788")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", UDP("dport"), "25790")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("!=", UDP("dport"), "25788")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("!=", UDP("dport"), "53")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", UDP("dport"), "{\"set\":[53,{\"range\":[25000,26000]}]}")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", UDP("dport"), "{\"set\":[53,{\"range\":[25789,26000]}]}")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("==", UDP("dport"), "{\"range\":[25788,25788]}")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", UDP("dport"), "{\"set\":[{\"elem\":{\"val\":25788,\"counter\":null}}]}")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("<", UDP("dport"), "1024")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH(">=", UDP("dport"), "1024")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", UDP("dport"), "\"@open\"")), BOTH);
	assert_int_equal(ADMITS(MATCH("==", TCP("dport"), "25788")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("!=", TCP("dport"), "22")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("==", UDP("sport"), "53")), NFT_DROPPED); /* of a stranger, one of many */
	assert_int_equal(ADMITS(MATCH("==", UDP("sport"), "{\"range\":[1024,65535]}")), BOTH);
	assert_int_equal(ADMITS(MATCH("==", "\"&\":[1,2]", "25788")), BOTH);
}

static void test_matches(void **state)
{
	(void)state;
	assert_int_equal(ADMITS(MATCH("==", META("l4proto"), "17")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", META("l4proto"), "{\"set\":[6,58]}")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("==", META("nfproto"), "10")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("==", META("iifname"), "\"lo\"")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("==", META("iifname"), "\"eth*\"")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", META("iifname"), "{\"set\":[\"lo\",\"eth0\"]}")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("!=", META("iifname"), "\"eth0\"")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("==", META("mark"), "7")), BOTH);
	assert_int_equal(ADMITS(MATCH("==", IP("protocol"), "17")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", IP("daddr"), "\"198.51.100.1\"")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", IP("daddr"), "\"198.51.100.2\"")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("==", IP("saddr"), "{\"prefix\":{\"addr\":\"10.0.0.0\",\"len\":8}}")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("!=", IP("saddr"), "\"@bad\"")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("==", "\"fib\":{\"result\":\"type\",\"flags\":[\"daddr\"]}", "2")), BOTH);
	assert_int_equal(ADMITS("{\"limit\":{\"rate\":10,\"burst\":5,\"per\":\"second\"}}"), BOTH);
	assert_int_equal(ADMITS(XT), BOTH | NFT_UNREADABLE);
	assert_int_equal(fate(BASE("drop") "," RULE("in", XT), NFT_STATE_NEW), BOTH | NFT_UNREADABLE); /* a target */
}

static void test_states(void **state)
{
	static const char stateful[] = BASE("drop") "," RULE("in", MATCH("in", STATE, "[2,4]"), ACCEPT);
	static const char map[] = BASE("drop") "," RULE("in", "{\"vmap\":{\"key\":{" STATE "},\"data\":{\"set\":[[1," DROP "],[2," ACCEPT
							 "],[8," JUMP("new") "]]}}}") "," CHAIN("new") "," RULE("new",
							 MATCH("==", UDP("dport"), "53"), ACCEPT);
	/* A verdict that some later nft may write: neither surely dropped nor surely let through. */
	static const char later[] = BASE("drop") "," RULE("in", "{\"vmap\":{\"key\":{" STATE "},\"data\":{\"set\":[[2," ACCEPT
							   "],[8,{\"ponder\":null}]]}}}");

	(void)state;
	assert_int_equal(fate(later, NFT_STATE_NEW), BOTH);
	assert_int_equal(fate(later, NFT_STATE_ESTABLISHED), NFT_ACCEPTED);
	assert_int_equal(fate(stateful, NFT_STATE_NEW), NFT_DROPPED);
	assert_int_equal(fate(stateful, NFT_STATE_ESTABLISHED), NFT_ACCEPTED);
	assert_int_equal(fate(map, NFT_STATE_NEW), NFT_DROPPED);
	assert_int_equal(fate(map, NFT_STATE_ESTABLISHED), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("in", STATE, "\"new\"")), NFT_ACCEPTED);
	assert_int_equal(ADMITS(MATCH("in", STATE, "[\"established\",\"related\"]")), NFT_DROPPED);
	assert_int_equal(ADMITS(MATCH("!=", STATE, "2")), NFT_ACCEPTED);
}

static void test_jumps(void **state)
{
	char deep[8192] = BASE("drop") "," RULE("in", JUMP("c0")), *end = deep + strlen(deep);
	int i;

	(void)state;
	assert_int_equal(fate(BASE("drop") "," RULE("in", JUMP("a")) "," RULE("in", ACCEPT) "," RULE("a", "{\"return\":null}") ","
			      RULE("a", DROP), NFT_STATE_NEW), NFT_ACCEPTED);
	/* From a chain that was gone to, one comes back to the policy. */
	assert_int_equal(fate(BASE("drop") "," RULE("in", GOTO("a")) "," RULE("in", ACCEPT) "," RULE("a", "{\"counter\":null}"),
			      NFT_STATE_NEW), NFT_DROPPED);
	assert_int_equal(fate(BASE("drop") "," RULE("in", JUMP("nowhere")) "," RULE("in", ACCEPT), NFT_STATE_NEW), NFT_ACCEPTED);
	assert_int_equal(fate(BASE("drop") "," RULE("in", MATCH("==", META("mark"), "1"), JUMP("a")) "," RULE("a", ACCEPT),
			      NFT_STATE_NEW), BOTH);
	/* Rings cannot be in the kernel; in a text they can: then everything may be. */
	assert_int_equal(fate(BASE("drop") "," RULE("in", JUMP("in")), NFT_STATE_NEW) & BOTH, BOTH);
	for (i = 0; i < 40; i++)
		end += sprintf(end, ",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"c%d\",\"expr\":[" JUMP("c%d") "]}}", i, i + 1);
	assert_int_equal(fate(deep, NFT_STATE_NEW) & BOTH, BOTH);
}

/* Chains that call each other twice would take for ever: steps are bounded. */
static void test_bound(void **state)
{
	char *text = malloc(1 << 15), *end = text;
	int i;

	(void)state;
	assert_non_null(text);
	end += sprintf(end, BASE("drop") "," RULE("in", JUMP("c0")));
	for (i = 0; i < 14; i++) {
		int k;

		for (k = 0; k < 8; k++)
			end += sprintf(end, ",{\"rule\":{\"family\":\"inet\",\"table\":\"t\",\"chain\":\"c%d\",\"expr\":[" JUMP("c%d") "]}}",
				       i, i + 1);
	}
	assert_int_equal(fate(text, NFT_STATE_NEW) & BOTH, BOTH);
	free(text);
}

static void test_output(void **state)
{
	static const char list[] =
		"{\"chain\":{\"family\":\"ip\",\"table\":\"t\",\"name\":\"out\",\"type\":\"filter\",\"hook\":\"output\",\"prio\":0,"
		"\"policy\":\"drop\"}},{\"rule\":{\"family\":\"ip\",\"table\":\"t\",\"chain\":\"out\",\"expr\":["
		MATCH("==", META("oifname"), "\"eth0\"") "," MATCH("==", UDP("sport"), "%s") "," ACCEPT "]}}";
	struct nft_packet p = packet(NFT_STATE_NEW);
	struct nft_chain c;
	struct nft_rules *r;
	char text[1024];

	(void)state;
	p.out = true;
	snprintf(text, sizeof(text), list, "25788");
	r = parse(text);
	assert_int_equal(nft_fate(r, "output", &p, &c), NFT_ACCEPTED);
	nft_free(r);
	snprintf(text, sizeof(text), list, "53");
	r = parse(text);
	assert_int_equal(nft_fate(r, "output", &p, &c), NFT_DROPPED);
	assert_string_equal(c.family, "ip");
	nft_free(r);
}

static void test_rules(void **state)
{
	struct nft_packet p = packet(NFT_STATE_NEW);
	struct nft_chain c;
	struct nft_rules *r = parse("{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"f\",\"type\":\"filter\",\"hook\":"
				    "\"forward\",\"prio\":0,\"policy\":\"accept\"}}");

	(void)state;
	assert_false(nft_has_rules(r, "forward", true, &c)); /* a chain without rules */
	assert_false(nft_tracks(r));
	nft_free(r);
	r = parse("{\"chain\":{\"family\":\"inet\",\"table\":\"t\",\"name\":\"f\",\"type\":\"filter\",\"hook\":\"forward\",\"prio\":0,"
		  "\"policy\":\"accept\"}}," RULE("f", MATCH("in", STATE, "[2]"), ACCEPT));
	assert_true(nft_has_rules(r, "forward", true, &c));
	assert_string_equal(c.chain, "f");
	assert_true(nft_tracks(r));
	assert_false(nft_untracked(r, &p));
	assert_true(nft_has_chain(r, "f"));
	assert_false(nft_has_chain(r, "ufw-"));
	nft_free(r);
	r = parse("{\"chain\":{\"family\":\"ip\",\"table\":\"t\",\"name\":\"p\",\"type\":\"filter\",\"hook\":\"prerouting\",\"prio\":-300,"
		  "\"policy\":\"accept\"}},{\"rule\":{\"family\":\"ip\",\"table\":\"t\",\"chain\":\"p\",\"expr\":["
		  MATCH("==", UDP("dport"), "25788") ",{\"notrack\":null}]}}");
	assert_true(nft_untracked(r, &p));
	nft_free(r);
}

static void test_nonsense(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"nftables\":7}", "null", "{\"nftables\":{}}" };
	struct nft_rules *r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(nft_parse(texts[i], &r), -EINVAL);
		assert_null(r);
	}
	/* Members of other types than expected. */
	assert_int_equal(fate(BASE("drop") ",7,null,{\"rule\":7},{\"rule\":{\"family\":7,\"table\":[],\"chain\":null}},"
			      RULE("in", "7,null,[],{\"match\":7},{\"vmap\":null},{\"vmap\":{\"data\":{\"set\":[7]}}}"), NFT_STATE_NEW) &
				 NFT_DROPPED, NFT_DROPPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy), cmocka_unit_test(test_ports), cmocka_unit_test(test_matches),
		cmocka_unit_test(test_states), cmocka_unit_test(test_jumps), cmocka_unit_test(test_bound),
		cmocka_unit_test(test_output), cmocka_unit_test(test_rules), cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
