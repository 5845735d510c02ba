// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Advice on each outcome; see advice.h. In these texts IFACE, TUN and PORT stand for what the instance has.
 * An outcome without advice does not compile, nor does advice without an outcome. Proved by
 * selftests/unit/test_advice.c.
 */
#include <string.h>

#include "advice.h"

static const char advice_OTHER[] =
	"Traffic of this machine that is none of the tunnel's business; nothing to do.";
static const char advice_STRIPPED[] =
	"The second half of in-local: XDP took the outer header off, TC put the packet onto TUN. Nothing to do.";
static const char advice_IN_NATIVE[] =
	"Work done. Counted at xdp it bypassed netfilter, see --forward; at tc-in and "
	"udp it went on through TUN and the kernel's routing.";
static const char advice_IN_LOCAL[] = "Work done. They appear on TUN, so firewall rules and captures there see them.";
static const char advice_RELAY[] =
	"Work done. Peers that could talk straight to each other need it for "
	"their first packets only; much of it means NATs that allow no direct path, which `6bed4ctl neigh` on a "
	"peer shows with the reason.";
static const char advice_OUT[] = "Work done, without a detour. Nothing to do.";
static const char advice_OUT_ROUTER[] =
	"Work done. By way of the router goes what is for native IPv6, and what is for peers to which no direct "
	"path is known; `6bed4ctl neigh show IFACE` tells which, and why.";

static const char advice_SLOW_INVALID[] =
	"Happens for moments while an address or the options change. If it goes on growing the daemon is stuck or "
	"dead in the middle of a change: see `6bed4ctl status IFACE`, and `6bed4ctl reload IFACE`.";
static const char advice_SLOW_FRAGMENT[] =
	"The path to here is too narrow for the senders' datagrams and a router cuts them. That works, slowly. "
	"Find the narrow link with `tracepath` to the sender, raise its MTU, or lower --mtu on all of the tunnel.";
static const char advice_SLOW_OPTIONS[] =
	"Hardly any software sends IPv4 options; look who does with "
	"`tcpdump -ni IFACE 'udp port PORT and ip[0] > 0x45'`. Harmless in small numbers.";
static const char advice_SLOW_OUTER[] =
	"The kernel will drop it: the outer header is truncated or its checksum is wrong. See `ethtool -S IFACE` for "
	"receive errors; in numbers it is a bad link, or somebody who tries things out.";
static const char advice_SLOW_CSUM[] =
	"The checksum could not be verified or computed cheaply. On veth the sender has left it unfinished: "
	"`ethtool -K DEV tx off` there keeps such packets on the fast path. With --udp-checksum always it is what "
	"you asked for: auto is faster.";
static const char advice_SLOW_TRAILING[] =
	"The UDP length and that of the inner packet differ; the daemon leaves out the rest. Another "
	"implementation pads its datagrams: look with `tcpdump -nXi IFACE udp port PORT`. Harmless in small numbers.";
static const char advice_SLOW_ND[] =
	"Router and neighbour solicitations and advertisements: the daemon answers them, which is as it should be.";
static const char advice_SLOW_MISMATCH[] =
	"A peer's NAT has given it another port or address, so the address that it uses is no longer its own. The "
	"daemon tells it the new one (ra-mismatch). If it grows all the time, a NAT changes its mappings too soon: "
	"a smaller --keepalive on that peer helps.";
static const char advice_SLOW_UNREACH[] =
	"The destination names an endpoint that cannot be: an odd port, or a special-purpose IPv4 address. In a lab "
	"with private addresses lift them with --permit-v4. Else somebody scans the prefix, or uses an old address.";
static const char advice_SLOW_HOPS[] =
	"Mostly traceroute at work. In numbers it is a routing loop: look with `traceroute -n` at the way to one of "
	"the destinations, and at `ip -6 route get ADDRESS`.";
static const char advice_SLOW_BIG[] =
	"Senders hear of the MTU by Packet Too Big and adapt. If it grows all the time, something filters ICMPv6 on "
	"the way to them: --clamp-mss makes TCP fit without it.";
static const char advice_SLOW_NEXTHOP[] =
	"The first packets to a next hop wait until the kernel has found its link-layer address. If it grows all "
	"the time, the next hop does not answer or there is no route: see `ip neigh show`, `ip route get ADDRESS`, "
	"`ip -6 route get ADDRESS`; on a router, whether --v6-dev names the device that traffic leaves by.";
static const char advice_SLOW_LOCAL[] =
	"Packets for this machine's own addresses, which the kernel has to see anyway. Nothing to do.";
static const char advice_SLOW_MODE[] =
	"This fast path does not do that kind of packet: see `6bed4ctl status IFACE` for the mode in effect, and "
	"`6bed4ctl features` for what the kernel offers. On veth the receiving end needs GRO: `ethtool -K DEV gro on`.";
static const char advice_SLOW_ECHO[] =
	"Echo replies that may answer `6bed4ctl ping`: the daemon looks whether they do. Nothing to do; it ends with "
	"the ping.";
static const char advice_SLOW_WATCHED[] =
	"Somebody captures on TUN, and so that the capture sees what is sent, it takes the slow path. "
	"End it, or run `tcpdump -p`; `ip -d link show TUN` shows promiscuity 0 then.";
static const char advice_SLOW_SYN[] =
	"With --clamp-mss the daemon changes SYNs whose options the programs cannot reach. Once per connection, so "
	"nothing to do.";

static const char advice_RS_ANSWERED[] = "Peers ask this router for their address; as it should be.";
static const char advice_NS_ANSWERED[] = "Neighbours look for a direct path or confirm one; as it should be.";
static const char advice_RA_TAKEN[] =
	"The router has told this peer its address or confirmed it; as it should be. `6bed4ctl status IFACE` shows it.";
static const char advice_NA_TAKEN[] = "Neighbours have answered: a direct path was found or confirmed.";
static const char advice_ECHO_TAKEN[] = "Answers to `6bed4ctl ping`, which the kernel does not see. Nothing to do.";
static const char advice_REDIRECT_TAKEN[] =
	"A hint of the router that a direct path may exist; the daemon looks for it. `6bed4ctl neigh show IFACE` "
	"shows what it found.";
static const char advice_RA_MISMATCH[] =
	"The answer to slow-mismatch: peers were told that their NAT has given them another address. Connections "
	"of theirs break by that; a smaller --keepalive on them keeps the mapping.";
static const char advice_ICMP_UNREACH[] =
	"Senders were told that the destination can be no endpoint, see slow-unreach: an old address, a scan, or a "
	"private address that needs --permit-v4.";
static const char advice_ICMP_HOPS[] =
	"Senders were told that the hop limit ran out: traceroute, or in numbers a routing loop, see "
	"`ip -6 route get ADDRESS`.";
static const char advice_ICMP_BIG[] =
	"Senders were told the tunnel's MTU, and adapt. If it grows all the time they do not hear it, as a firewall "
	"filters ICMPv6: let packet-too-big pass there, or use --clamp-mss.";

static const char advice_KEEPALIVE[] =
	"Not a loss: peers behind NAT send an empty datagram now and then. Nothing to do.";
static const char advice_LIMITED[] =
	"One sender, or many together, caused more answers than are given per second, so this is a flood or a scan, "
	"and the limit is at work. Forwarding is not limited. See who it is with `tcpdump -ni IFACE udp port PORT`, "
	"and refuse them with --deny-v4 or in front of this machine.";
static const char advice_MALFORMED[] =
	"What was in the datagram is no IPv6 packet, or is cut short. Stray traffic to the port, a scan, or a broken "
	"implementation: look with `tcpdump -nXi IFACE udp port PORT`.";
static const char advice_MULTICAST[] =
	"The tunnel has no multicast but that of neighbour discovery. Usually mDNS, MLD or a routing protocol that "
	"is switched on for TUN: `tcpdump -pni TUN` shows which; switch it off there.";
static const char advice_ND_INVALID[] =
	"Neighbour discovery with a wrong hop limit, checksum, code or option (RFC 4861, 6.1 and 7.1): a broken "
	"implementation, or somebody who forges. It has had no effect. Look at the sender with "
	"`tcpdump -nXi IFACE udp port PORT`.";
static const char advice_ND_UNWANTED[] =
	"Answers that came too late or that nobody asked for: harmless in small numbers, also after a reload. In "
	"large ones somebody tries to move a neighbour or the address, which has no effect.";
static const char advice_ND_HIDDEN[] =
	"Neighbour discovery behind an extension header has no honest use, and is how filters are evaded. See who "
	"sends it with `tcpdump -nXi IFACE udp port PORT`, and refuse it with --deny-v4.";
static const char advice_ND_NATIVE[] =
	"Neighbour discovery from the native side that would enter the tunnel: a device there believes the prefix to "
	"be on its link. The prefix must be routed to this machine, not put on that link: see `ip -6 route` there.";
static const char advice_SRC_SPECIAL[] =
	"The datagram came from a private or otherwise special-purpose IPv4 address. Where such addresses are peers, "
	"as in a lab or within a company, lift them with --permit-v4; else it is a forgery or a NAT that leaks.";
static const char advice_SRC_OWN[] =
	"A datagram came in with this machine's own IPv4 address as its source: forged, or a NAT or mirror port "
	"brings our own back. Reverse-path filtering stops it earlier: `sysctl net.ipv4.conf.IFACE.rp_filter`.";
static const char advice_SRC_DENIED[] =
	"As you asked for by --deny-v4; `6bed4ctl config show IFACE` lists which.";
static const char advice_SRC_PORT[] = "UDP port 0 can be no sender: forged. Nothing to do.";
static const char advice_SRC_NEVER[] =
	"The inner source is multicast, unspecified, loopback or link-local beyond its link, and can never be "
	"answered: a host sends before it has an address, or a forgery. `tcpdump -pni TUN` shows its kind.";
static const char advice_SRC_FOREIGN[] =
	"The inner source does not belong to the sender. On a router: a peer sends from another prefix, as with a "
	"second uplink and no source routing, see `ip -6 rule` and `ip -6 route` there. On a peer: this machine "
	"sends into TUN from an address that is not its 6bed4 address; it owns that one only and routes for nobody.";
static const char advice_SRC_SPOOFED[] =
	"A source within the prefix came from where no owner of it can be: forged, or an application bound to an "
	"address that this machine had before its NAT changed. `6bed4ctl status IFACE` shows the present one.";
static const char advice_LOOP[] =
	"Another tunnel wraps our datagrams and is itself reached through this one. Give the other tunnel's far end "
	"a route outside: see `ip -6 route get ADDRESS` and `ip route get ADDRESS`.";
static const char advice_DST_NEVER[] =
	"The inner destination is link-local, loopback or the like and leads nowhere beyond its link: an application "
	"or route that ought not to use TUN; `tcpdump -pni TUN` shows which.";
static const char advice_DST_FOREIGN[] =
	"Packets that came here for an address that this machine does not have: senders still use an old address, "
	"from before the NAT or the port changed; --port keeps the address of a server. `6bed4ctl status IFACE` "
	"shows the present one.";
static const char advice_ECN[] =
	"A router on the IPv4 path marked congestion on a packet whose sender cannot read that; RFC 6040 demands "
	"that it is dropped. It is a loss by congestion: look for the full queue on the way.";
static const char advice_ICMP4_SHORT[] =
	"A router answered with an ICMPv4 error that quotes less than our headers, so nobody can be told. Old "
	"equipment; nothing to do unless a path MTU is not found, then try --clamp-mss or a smaller --mtu.";
static const char advice_ICMP4_FOREIGN[] =
	"An ICMPv4 error about a datagram that was not sent from here: forged or strayed. It has had no effect.";
static const char advice_NO_ADDRESS[] =
	"The router has not told this peer its address, so nothing goes out. `6bed4ctl status IFACE` shows the server; "
	"is UDP to its port 25788 let through, and its answer back in? `tcpdump -ni IFACE udp port 25788` shows both.";
static const char advice_FAILED[] =
	"The kernel refused to send: no IPv4 route, a firewall that rejects output, or a full queue. See "
	"`ip route get ADDRESS`, `nft list ruleset`, and drops in `ip -s link show IFACE` and `ip -s link show TUN`.";

static const char *const texts[BED4_OUTCOME_COUNT] = {
#define BED4_X(id, name, kind, text) [BED4_##id] = advice_##id,
	BED4_OUTCOMES(BED4_X)
#undef BED4_X
};

/* Longer than any text with everything put in. */
#define BED4_X(id, name, kind, text) _Static_assert(sizeof(advice_##id) < ADVICE_TEXT - 100, "ADVICE_TEXT");
BED4_OUTCOMES(BED4_X)
#undef BED4_X

/* As many characters of @p as stand for something of the instance; then *@value is it. */
static size_t placeholder(const char *p, const struct advice_for *f, const char **value)
{
	const struct {
		const char *word, *value;
	} words[] = { { "IFACE", f->iface }, { "TUN", f->tun }, { "PORT", f->port } };
	size_t i, n;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		n = strlen(words[i].word);
		*value = words[i].value;
		if (!strncmp(p, words[i].word, n))
			return n;
	}
	return 0;
}

const char *advice(enum bed4_outcome o, const struct advice_for *f, char buf[ADVICE_TEXT])
{
	const char *p = o > BED4_GO && o < BED4_OUTCOME_COUNT ? texts[o] : "", *value;
	size_t used = 0, skip, n;

	while (*p && used + 1 < ADVICE_TEXT) {
		skip = placeholder(p, f, &value);
		n = skip ? strlen(value) : 1;
		if (n > ADVICE_TEXT - 1 - used)
			n = ADVICE_TEXT - 1 - used;
		memcpy(buf + used, skip ? value : p, n);
		used += n;
		p += skip ? skip : 1;
	}
	buf[used] = 0;
	return buf;
}

void advice_wrap(const char *text, int width, void (*fn)(void *arg, const char *line, int len), void *arg)
{
	size_t n, max = (size_t)width;

	while (*text) {
		n = strlen(text);
		if (n > max) {
			for (n = max; n && text[n] != ' '; n--)
				;
			n = n ? n : strcspn(text, " ");
		}
		fn(arg, text, (int)n);
		text += n;
		text += strspn(text, " ");
	}
}
