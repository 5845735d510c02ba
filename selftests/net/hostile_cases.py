# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The hostile (and a few friendly) packets: one line each says what it is and what becomes of it.

A case is (name, side, frames, fast, slow, out):
  side   "under": onto the router's IPv4 link; "native": onto its IPv6 link
  frames list of payloads behind the Ethernet header
  fast   (native, elsewhere) or one for all: outcome at the first program that sees it (XDP, or TC where there is no XDP)
  slow   outcome at the daemon; None: it does not get there (the kernel drops or answers it); "any":
         some kernels let it get there
  out    what leaves the router: None, ("ra"|"na", to), ("icmp", to, type, code) through the tunnel,
         ("icmp-native", type, code), ("native",), ("tunnel", to)
"""
import struct

from lab import HOST, PEER, PORT, PREFIX, ROUTER4
from pkt import icmp6, ip4, ip6, ip6addr, sixbed4, udp4, udp6

OWN = sixbed4(PREFIX, ROUTER4, PORT)
SPECIAL = [
    "0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.254", "127.0.0.1", "169.254.1.1",
    "172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.7.1",
    "198.18.0.1", "198.19.255.254", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.2.3",
    "240.0.0.1", "255.255.255.255",
]
# The kernel never lets these through as a source, so the daemon does not see them.
MARTIAN = {"0.0.0.0", "127.0.0.1", "224.0.0.1", "239.1.2.3", "255.255.255.255"}
RA_SLLA = bytes([1, 1, 0, 0, 0, 0, 0, 1])

cases = []
_port = [40000]


def port():
    """An even source port of its own per case: rate limits are per IPv4 address and port."""
    _port[0] += 2
    return _port[0]


def a_host():
    """A native host in a /64 of its own, for the same reason."""
    _port[0] += 2
    return f"2001:db8:{_port[0]:x}::2"


def tunnel(inner, src=PEER, sport=None, checksum=0, **kw):
    p = port() if sport is None else sport
    return ip4(src, ROUTER4, udp4(src, p, ROUTER4, PORT, inner, checksum), **kw)


def under(name, packet, fast, slow="same", out=None):
    frames = packet if isinstance(packet, list) else [packet]
    cases.append((name, "under", frames, fast, fast if slow == "same" else slow, out))


def native(name, packet, fast, slow="same", out=None):
    cases.append((name, "native", [packet], fast, fast if slow == "same" else slow, out))


def plain(dst=HOST, src=None, sport=None, checksum=0, outer=None, data=b"hello", outer_src=PEER, **kw):
    """A datagram from outer_src:sport whose inner source is what it should be, unless given."""
    p = port() if sport is None else sport
    s = sixbed4(PREFIX, outer_src, p) if src is None else src
    return tunnel(ip6(s, dst, 17, udp6(s, dst, data), **kw), outer_src, p, checksum, **(outer or {}))


def nd(kind, body, src="::", dst="ff02::2", hops=255, code=0, bad_csum=False, sport=None, cut=None, **kw):
    message = icmp6(src, dst, kind, body, code, bad_csum)
    return tunnel(ip6(src, dst, 58, message[:cut], hops), sport=sport, **kw)


def add_solicitations():
    for src in ("::", "fe80::1", HOST):
        p = port()
        under(f"RS from {src}", nd(133, b"\0\0\0\0" + RA_SLLA, src, sport=p), "slow-nd", "rs-answered", ("ra", p))
    p = port()
    under("RS without option", nd(133, b"\0\0\0\0", sport=p), "slow-nd", "rs-answered", ("ra", p))
    p = port() + 1
    under("RS from an odd port", nd(133, b"\0\0\0\0" + RA_SLLA, sport=p), "slow-nd", "rs-answered", ("ra", p))
    p = port()
    under("RS with an unknown option", nd(133, b"\0\0\0\0" + bytes([200, 1]) + bytes(6), sport=p),
          "slow-nd", "rs-answered", ("ra", p))
    for name, kw in (("hop limit 254", {"hops": 254}), ("code 1", {"code": 1}), ("wrong checksum", {"bad_csum": True})):
        under(f"RS with {name}", nd(133, b"\0\0\0\0" + RA_SLLA, **kw), "slow-nd", "nd-invalid")
    under("RS cut short", nd(133, b"\0\0\0\0", cut=6), "slow-nd", "nd-invalid")
    under("RS with an option of length 0", nd(133, b"\0\0\0\0" + bytes([1, 0]) + bytes(6)), "slow-nd", "nd-invalid")
    under("RS with an option that overruns", nd(133, b"\0\0\0\0" + bytes([1, 2]) + bytes(6)), "slow-nd", "nd-invalid")
    under("RS with half an option", nd(133, b"\0\0\0\0" + bytes([1, 1, 0, 0])), "slow-nd", "nd-invalid")
    for target in ("fe80::", OWN, "fe80::" + OWN.split("127c:0:")[1]):
        for kind in ("global", "link-local"):
            p = port()
            src = sixbed4(PREFIX if kind == "global" else "fe80::", PEER, p)
            under(f"NS for {target}, {kind} source", nd(135, bytes(4) + ip6addr(target), src, OWN, sport=p),
                  "slow-nd", "ns-answered", ("na", p))
    p = port()
    under("NS for somebody else", nd(135, bytes(4) + ip6addr(sixbed4(PREFIX, "131.2.0.2", 5000)),
                                     sixbed4(PREFIX, PEER, p), OWN, sport=p), "slow-nd", "nd-unwanted")
    under("NS whose source is not the sender's", nd(135, bytes(4) + ip6addr(OWN), sixbed4(PREFIX, PEER, port()), OWN),
          "slow-nd", "nd-unwanted")
    under("NS from ::", nd(135, bytes(4) + ip6addr(OWN), "::", OWN), "slow-nd", "nd-unwanted")
    p = port()
    src = sixbed4(PREFIX, PEER, p)
    under("NS for a multicast target", nd(135, bytes(4) + ip6addr("ff02::1"), src, OWN, sport=p), "slow-nd", "nd-invalid")
    under("NS cut short", nd(135, bytes(4) + ip6addr(OWN)[:8], src, OWN, sport=p), "slow-nd", "nd-invalid")
    under("NS with hop limit 64", nd(135, bytes(4) + ip6addr(OWN), src, OWN, hops=64, sport=p), "slow-nd", "nd-invalid")
    under("RA", nd(134, bytes(12), "fe80::", "ff02::1"), "nd-unwanted")
    under("RA cut short", nd(134, bytes(4), "fe80::", "ff02::1"), "nd-unwanted", "nd-invalid")
    under("NA", nd(136, bytes(4) + ip6addr(OWN), src, OWN, sport=p), "nd-unwanted")
    under("NA to another peer", nd(136, bytes(4) + ip6addr(src), src, sixbed4(PREFIX, "131.2.0.2", 5000), sport=p),
          "nd-unwanted")
    under("Redirect", nd(137, bytes(4) + ip6addr(HOST) * 2, src, OWN, sport=p), "nd-unwanted")


def add_hidden_nd():
    for name, ext in (("hop-by-hop", 0), ("routing", 43), ("destination options", 60), ("fragment", 44)):
        for kind in (133, 135):
            p = port()
            src = sixbed4(PREFIX, PEER, p)
            message = bytes([58, 0]) + bytes(6) + icmp6(src, HOST, kind, bytes(20))
            under(f"ND {kind} behind {name}", tunnel(ip6(src, HOST, ext, message, 255), sport=p), "nd-hidden")
    p = port()
    src = sixbed4(PREFIX, PEER, p)
    chain = bytes([60, 0]) + bytes(6) + bytes([44, 0]) + bytes(6) + bytes([58, 0]) + bytes(6)
    under("ND behind three headers", tunnel(ip6(src, HOST, 0, chain + icmp6(src, HOST, 135, bytes(20)), 255), sport=p),
          "nd-hidden")
    under("extension header that overruns", tunnel(ip6(src, HOST, 0, bytes([17, 50]) + bytes(14)), sport=p), "malformed")
    under("nine extension headers", tunnel(ip6(src, HOST, 60, (bytes([60, 0]) + bytes(6)) * 9), sport=p), "malformed")
    body = bytes([17, 0, 1, 4]) + bytes(4)
    under("destination options before UDP go on", tunnel(ip6(src, HOST, 60, body + udp6(src, HOST)), sport=p),
          "in-native", out=("native",))
    under("inner fragment goes on", tunnel(ip6(src, HOST, 44, bytes([17, 0, 0, 1, 0, 0, 0, 9]) + udp6(src, HOST)), sport=p),
          "in-native", out=("native",))
    under("later inner fragment goes on", tunnel(ip6(src, HOST, 44, bytes([58, 0, 0, 8, 0, 0, 0, 9]) + bytes([135]) + bytes(7)), sport=p),
          "in-native", out=("native",))
    under("no next header goes on", tunnel(ip6(src, HOST, 59, b""), sport=p), "in-native", out=("native",))


def add_addresses():
    p = port()
    under("source of another port", plain(src=sixbed4(PREFIX, PEER, p + 2), sport=p), "slow-mismatch", "ra-mismatch", ("ra", p))
    p = port()
    under("source of another IPv4", plain(src=sixbed4(PREFIX, "131.2.0.2", p), sport=p), "slow-mismatch", "ra-mismatch", ("ra", p))
    p = port()
    under("source without endpoint in the prefix", plain(src="2001:67c:127c::1", sport=p), "slow-mismatch", "ra-mismatch", ("ra", p))
    p = port() + 1
    under("plain packet from an odd port", plain(sport=p), "slow-mismatch", "ra-mismatch", ("ra", p))
    under("the router's own source", plain(src=OWN), "slow-mismatch", "ra-mismatch", ("ra", _port[0]))
    for src in (HOST, "2001:db8::1", "fc64::1", "2002:0a00:0001::1"):
        under(f"foreign source {src}", plain(src=src), "src-foreign")
    for src in ("::", "::1", "fe80::1", "ff02::1", "::ffff:1.2.3.4"):
        under(f"source {src}", plain(src=src), "src-never")
    for dst in ("::", "::1", "fe80::1", "::ffff:1.2.3.4", "::1.2.3.4"):
        under(f"destination {dst}", plain(dst), "dst-never")
    for dst in ("ff02::1", "ff0e::1", "ff02::1:ff00:1"):
        under(f"multicast destination {dst}", plain(dst), "multicast")
    for addr in SPECIAL:
        what = "src-own" if addr == "127.0.0.1" else "src-special"
        under(f"outer source {addr}", plain(outer_src=addr), what, None if addr in MARTIAN else "same")
    under("outer source is the router", plain(outer_src=ROUTER4), "src-own", None)
    under("outer source is the router's broadcast", plain(outer_src="145.136.0.255"), "src-own")
    under("outer port 0", plain(sport=0, src=sixbed4(PREFIX, PEER, 0)), "src-port")
    for addr in SPECIAL + ["145.136.0.255", ROUTER4]:
        p = port()
        dst = sixbed4(PREFIX, addr, 50000)
        under(f"relay to {addr}", plain(dst, sport=p), "slow-unreach", "icmp-unreach", ("icmp", p, 1, 3))
        host = a_host()
        native(f"native to {addr}", ip6(host, dst, 17, udp6(host, dst)), "slow-unreach", "icmp-unreach", ("icmp-native", 1, 3))
    for dst in ("2001:67c:127c::1", "2001:67c:127c:0:53c3:83ff:fe01:2", "2001:67c:127c:0:200:83ff:fe01:2",
                "2001:67c:127c:0:52c3:83ff:ff01:2"):
        p = port()
        under(f"relay to {dst}", plain(dst, sport=p), "slow-unreach", "icmp-unreach", ("icmp", p, 1, 3))
        host = a_host()
        native(f"native to {dst}", ip6(host, dst, 17, udp6(host, dst)), "slow-unreach", "icmp-unreach", ("icmp-native", 1, 3))


def add_lengths():
    p = port()
    src = sixbed4(PREFIX, PEER, p)
    good = ip6(src, HOST, 17, udp6(src, HOST))
    for n in (1, 8, 20, 39):
        under(f"runt of {n} bytes", tunnel(good[:n], sport=p), "malformed")
    under("keepalive", tunnel(b"", sport=p), "keepalive")
    under("keepalive with a checksum", tunnel(b"", sport=p, checksum=None), "keepalive")
    under("keepalive from an odd port", tunnel(b"", sport=p + 1), "keepalive")
    under("version 4 inside", tunnel(ip6(src, HOST, 17, udp6(src, HOST), version=4), sport=p), "malformed")
    under("version 0 inside", tunnel(ip6(src, HOST, 17, udp6(src, HOST), version=0), sport=p), "malformed")
    under("IPv4 inside", tunnel(ip4(PEER, ROUTER4, bytes(30)), sport=p), "slow-trailing", "malformed")
    under("inner length too large by 1", tunnel(ip6(src, HOST, 17, udp6(src, HOST), plen=21), sport=p), "malformed")
    under("inner length 65535", tunnel(ip6(src, HOST, 17, udp6(src, HOST), plen=65535), sport=p), "malformed")
    under("bytes behind the inner packet", tunnel(good + b"trailing", sport=p), "slow-trailing", "in-native", ("native",))
    under("UDP length shorter than the IPv4 packet", ip4(PEER, ROUTER4, udp4(PEER, p, ROUTER4, PORT, good, 0) + b"xx"),
          "slow-trailing", "in-native", ("native",))
    under("UDP length longer than the IPv4 packet", ip4(PEER, ROUTER4, udp4(PEER, p, ROUTER4, PORT, good, 0, len(good) + 9)),
          "slow-outer", None)
    under("UDP length under 8", ip4(PEER, ROUTER4, udp4(PEER, p, ROUTER4, PORT, good, 0, 7)), "slow-outer", None)
    under("IPv4 length longer than the frame", tunnel(good, sport=p, length=500), "slow-outer", None)
    under("IPv4 header checksum wrong", tunnel(good, sport=p, bad_csum=True), "slow-outer", None)
    under("ICMPv6 without a type", tunnel(ip6(src, HOST, 58, b""), sport=p), "malformed")


def add_rest():
    p = port()
    src = sixbed4(PREFIX, PEER, p)
    good = ip6(src, HOST, 17, udp6(src, HOST))
    under("a good packet, checksum 0", tunnel(good, sport=p), "in-native", out=("native",))
    under("a good packet, checksum right", tunnel(good, sport=p, checksum=None), "in-native", out=("native",))
    under("checksum wrong", tunnel(good, sport=p, checksum=0x1234), "slow-csum", None)
    other = ip6(src, HOST, 132, b"0123456789ab")
    under("SCTP inside, checksum right", tunnel(other, sport=p, checksum=None), "slow-csum", "in-native", ("native",))
    under("SCTP inside, checksum wrong", tunnel(other, sport=p, checksum=0x1234), "slow-csum", None)
    under("CE on what is not ECT", tunnel(good, sport=p, tos=3), "ecn")
    under("CE on ECT goes on", tunnel(ip6(src, HOST, 17, udp6(src, HOST), tclass=2), sport=p, tos=3), "in-native", out=("native",))
    under("0xb8 as deployed peers shift it", tunnel(ip6(src, HOST, 17, udp6(src, HOST), tclass=0xB8), sport=p, tos=0x0B),
          "in-native", out=("native",))
    for hops in (0, 1):
        q = port()
        under(f"to native with hop limit {hops}", plain(sport=q, hops=hops), "slow-hops", "in-native", ("icmp", q, 3, 0))
        under(f"to a peer with hop limit {hops}", plain(sixbed4(PREFIX, "131.2.0.2", 5000), sport=q, hops=hops),
              "slow-hops", "icmp-hops", ("icmp", q, 3, 0))
    under("to native with hop limit 2", plain(hops=2), "in-native", out=("native",))
    q = port()
    under("to a peer", plain(sixbed4(PREFIX, "131.2.0.2", 5000), sport=q), "relay", out=("tunnel", 5000))
    options = bytes([1, 1, 1, 0])
    under("IPv4 options", tunnel(good, sport=p, options=options), "slow-options", "in-native", ("native",))
    whole = udp4(PEER, p, ROUTER4, PORT, good, 0)
    a, b = whole[:40], whole[40:]
    first = ip4(PEER, ROUTER4, a, frag=0x2000, ident=70)
    last = ip4(PEER, ROUTER4, b, frag=5, ident=70)
    under("fragments in order", [first, last], "slow-fragment", "in-native", ("native",))
    swap = [ip4(PEER, ROUTER4, b, frag=5, ident=71), ip4(PEER, ROUTER4, a, frag=0x2000, ident=71)]
    under("fragments out of order", swap, "slow-fragment", "in-native", ("native",))
    under("a first fragment alone", ip4(PEER, ROUTER4, a, frag=0x2000, ident=72), "slow-fragment", None)
    under("a last fragment alone", ip4(PEER, ROUTER4, b, frag=5, ident=73), "slow-fragment", None)
    under("overlapping fragments", [ip4(PEER, ROUTER4, a, frag=0x2000, ident=74),
                                    ip4(PEER, ROUTER4, whole[32:], frag=4, ident=74)], "slow-fragment", None)
    q = port()
    dst = sixbed4(PREFIX, "131.2.0.2", 5000)
    under("error about an error is not made", tunnel(ip6(sixbed4(PREFIX, PEER, q), "2001:67c:127c::1", 58,
          icmp6(sixbed4(PREFIX, PEER, q), "2001:67c:127c::1", 1, bytes(48))), sport=q), "slow-unreach", "icmp-unreach")

    native("native to a peer", ip6(HOST, dst, 17, udp6(HOST, dst)), "out", out=("tunnel", 5000))
    native("native source is the router's own", ip6(OWN, dst, 17, udp6(OWN, dst)), "src-spoofed", "any")
    native("native source is another of the prefix", ip6(sixbed4(PREFIX, PEER, 9000), dst, 17, udp6(sixbed4(PREFIX, PEER, 9000), dst)),
           "src-spoofed", "any")
    for s in ("fe80::1", "::", "::1", "ff02::1"):
        native(f"native source {s}", ip6(s, dst, 17, udp6(s, dst)), "src-never", None)
    native("native source ::ffff:1.2.3.4", ip6("::ffff:1.2.3.4", dst, 17, udp6("::ffff:1.2.3.4", dst)), "src-never", "any")
    for kind in (133, 134, 135, 136, 137):
        native(f"native ND {kind}", ip6(HOST, dst, 58, icmp6(HOST, dst, kind, bytes(40)), 255), "nd-native")
    native("native ND behind an extension header",
           ip6(HOST, dst, 60, bytes([58, 0, 1, 4]) + bytes(4) + icmp6(HOST, dst, 135, bytes(20)), 255), "nd-hidden")
    native("native with hop limit 1", ip6(HOST, dst, 17, udp6(HOST, dst), 1), "slow-hops", None, ("icmp-native", 3, 0))
    native("native larger than the tunnel", ip6(HOST, dst, 17, udp6(HOST, dst, bytes(1300))), ("icmp-big", "slow-big"), None, ("icmp-native", 2, 0))
    native("native fragment", ip6(HOST, dst, 44, bytes([17, 0, 0, 1, 0, 0, 0, 9]) + udp6(HOST, dst)), "out", out=("tunnel", 5000))


add_solicitations()
add_hidden_nd()
add_addresses()
add_lengths()
add_rest()
