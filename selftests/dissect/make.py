#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Captures for the dissector: make.py DIRECTORY writes those that are kept beside this file; make.py --mutants
FILE COUNT SEED writes COUNT damaged ones of their packets.

Every packet has a comment that says what it is. Knows the wire, and nothing of what the dissector should say of
it: that is in *.expected. Proved by selftests/net/test_dissect.sh, which makes the captures once more.
"""
import os
import random
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../net"))
from pkt import csum, icmp6, iid, ip4, ip4addr, ip6, ip6addr, sixbed4, udp4, udp6  # noqa: E402

ETHERNET, RAW = 1, 101
R, A, B = ("192.0.2.1", 25788), ("198.51.100.7", 50000), ("203.0.113.9", 50002)
NAT_A, NAT_B, NAT = ("192.168.7.2", 50000), ("192.168.7.3", 50002), "203.0.113.77"
PREFIX, LL = "2001:db8:64::", "fe80::"
HOST, HOST_EUI = "2001:db8:6::2", "2001:db8:6::211:22ff:fe33:4456"
R6, A6, B6 = (sixbed4(PREFIX, *ep) for ep in (R, A, B))
RS_OPTION = bytes.fromhex("0101000000000001")


# --- pcapng ------------------------------------------------------------------------------------------


def block(kind, body):
    n = 12 + len(body)
    return struct.pack("<II", kind, n) + body + struct.pack("<I", n)


def pad(data):
    return data + b"\0" * (-len(data) % 4)


def write(path, link, packets):
    """packets: (comment, packet from the IP header on[, bytes captured])."""
    with open(path, "wb") as f:
        f.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        f.write(block(1, struct.pack("<HHI", link, 0, 0)))
        for n, (comment, packet, *cut) in enumerate(packets):
            if link == ETHERNET:
                kind = 0x86DD if packet[0] >> 4 == 6 else 0x0800
                packet = bytes.fromhex("020000000002020000000001") + struct.pack("!H", kind) + packet
            have = packet[:cut[0]] if cut else packet
            option = struct.pack("<HH", 1, len(comment)) + pad(comment.encode()) + bytes(4)
            f.write(block(6, struct.pack("<IIIII", 0, 0, n * 1000, len(have), len(packet)) + pad(have) + option))


# --- packets -------------------------------------------------------------------------------------------


def dgram(src, dst, payload, **how):
    return ip4(src[0], dst[0], udp4(*src, *dst, payload), **how)


def nd(src, dst, kind, body, hops=255, **how):
    return ip6(src, dst, 58, icmp6(src, dst, kind, body, **how), hops=hops)


def lladdr(ep):
    return struct.pack("<H", ep[1]) + ip4addr(ep[0])


def rs(src="::", option=RS_OPTION, **how):
    return nd(src, "ff02::2", 133, bytes(4) + option, **how)


def ra(ep, **how):
    body = bytes([0, 0x18]) + b"\xff" * 10 + bytes([3, 4, 64, 0xC0]) + b"\xff" * 8 + bytes(4) + ip6addr(PREFIX)
    return nd(LL, sixbed4(LL, *ep), 134, body, **how)


def ns(src, dst, target=None, own=A, **how):
    return nd(src, dst, 135, bytes(4) + ip6addr(target or dst) + bytes([1, 1]) + lladdr(own), **how)


def na(src, dst, own, target=None, flags=0x60, option=True):
    body = bytes([flags, 0, 0, 0]) + ip6addr(target or src)
    return nd(src, dst, 136, body + (bytes([2, 1]) + lladdr(own) if option else b""))


def data(src, dst, text=b"hello, world"):
    return ip6(src, dst, 17, udp6(src, dst, text))


def icmp4(src, dst, kind, code, quote):
    body = struct.pack("!BBHI", kind, code, 0, 0) + quote
    body = body[:2] + struct.pack("!H", csum(body)) + body[4:]
    packet = bytearray(ip4(src, dst, body))
    packet[9], packet[10:12] = 1, b"\0\0"
    packet[10:12] = struct.pack("!H", csum(bytes(packet[:20])))
    return bytes(packet)


def fragments(packet, at):
    """Cut behind the IPv4 header and `at` bytes."""
    src, dst = (".".join(map(str, packet[i:i + 4])) for i in (12, 16))
    return (ip4(src, dst, packet[20:20 + at], frag=0x2000, ident=77),
            ip4(src, dst, packet[20 + at:], frag=at // 8, ident=77))


def spoof(src, sport):
    return (src[0], sport)


# --- captures --------------------------------------------------------------------------------------------


def classes():
    """Seen where nothing is translated, as on a router's link."""
    odd = spoof(A, 50001)
    first, second = fragments(dgram(A, R, data(A6, HOST, bytes(600))), 320)
    unreach = nd(R6, A6, 1, bytes(4) + data(A6, sixbed4(PREFIX, "10.0.0.1", 5000)), hops=64, code=3)
    error = icmp4("192.0.2.254", R[0], 3, 1, dgram(R, B, data(HOST, B6))[:76])
    return [
        ("rs", dgram(A, R, rs())),
        ("ra", dgram(R, A, ra(A))),
        ("rs from an odd port", dgram(odd, R, rs())),
        ("ra to an odd port", dgram(R, odd, ra(odd))),
        ("rs from an address", dgram(A, R, rs("fe80::1", b""))),
        ("keepalive", dgram(A, R, b"")),
        ("ns to the router", dgram(A, R, ns(sixbed4(LL, *A), LL))),
        ("na of the router", dgram(R, A, na(LL, sixbed4(LL, *A), R, R6, 0xC0))),
        ("to native", dgram(A, R, data(A6, HOST))),
        ("from native", dgram(R, A, data(HOST, A6))),
        ("to native with an EUI-64", dgram(A, R, data(A6, HOST_EUI))),
        ("from native with an EUI-64", dgram(R, A, data(HOST_EUI, A6))),
        ("to another peer", dgram(A, R, data(A6, B6))),
        ("relayed to it", dgram(R, B, data(A6, B6))),
        ("to the router's own address", dgram(A, R, data(A6, R6))),
        ("from the router's own address", dgram(R, A, data(R6, A6))),
        ("an error by the router", dgram(R, A, unreach)),
        ("ns between peers", dgram(A, B, ns(A6, B6))),
        ("na between peers", dgram(B, A, na(B6, A6, B))),
        ("na without option", dgram(B, A, na(B6, A6, B, option=False))),
        ("redirect", dgram(B, A, nd(B6, A6, 137, bytes(4) + ip6addr(R6) + ip6addr(B6)))),
        ("straight", dgram(A, B, data(A6, B6))),
        ("straight back", dgram(B, A, data(B6, A6))),
        ("to a private endpoint", dgram(A, R, data(A6, sixbed4(PREFIX, "10.0.0.1", 5000)))),
        ("to an odd port", dgram(A, R, data(A6, sixbed4(PREFIX, "203.0.113.9", 50003)))),
        ("to no endpoint in the prefix", dgram(A, R, data(A6, "2001:db8:64::1"))),
        ("multicast", dgram(A, R, data(A6, "ff05::1:3"))),
        ("source of another port", dgram(spoof(A, 50004), R, data(A6, HOST))),
        ("its ra", dgram(R, spoof(A, 50004), ra(spoof(A, 50004)))),
        ("source of another peer", dgram(("198.51.100.66", 50000), R, data(B6, A6))),
        ("source of another peer, straight", dgram(("198.51.100.66", 50000), A, data(B6, A6))),
        ("ns of another peer, straight", dgram(("198.51.100.66", 50000), A, ns(B6, A6, own=B))),
        ("source that is none of 6bed4", dgram(A, R, data(HOST, B6))),
        ("source ::, not rs", dgram(A, R, data("::", B6))),
        ("for somebody else", dgram(R, B, data(HOST, A6))),
        ("nd behind hop-by-hop options", dgram(A, R, ip6(
            A6, B6, 0, bytes([58, 0, 1, 4, 0, 0, 0, 0]) + icmp6(A6, B6, 135, bytes(4) + ip6addr(B6)), hops=255))),
        ("echo behind hop-by-hop options", dgram(A, R, ip6(
            A6, B6, 0, bytes([58, 0, 1, 4, 0, 0, 0, 0]) + icmp6(A6, B6, 128, bytes(4))))),
        ("bytes behind it", dgram(A, R, data(A6, HOST) + bytes(5))),
        ("three, merged", dgram(A, R, data(A6, HOST) + data(A6, HOST, b"twelve bytes") + data(A6, B6, b"short"))),
        ("first fragment", first),
        ("last fragment", second),
        ("quoted by ICMPv4", error),
        ("keepalive quoted by ICMPv4", icmp4("192.0.2.254", A[0], 11, 0, dgram(A, R, b""))),
        ("no 6bed4: DNS", dgram(A, ("192.0.2.53", 53), bytes.fromhex("123401000001000000000000000001") + bytes(4))),
        ("no 6bed4: IPv6 of others", dgram(("198.51.100.80", 4000), ("198.51.100.81", 4000), data(A6, B6))),
        ("no 6bed4: one byte too many", dgram(("198.51.100.80", 4000), A, data(HOST, A6) + b"\0")),
        ("no 6bed4: over IPv6", ip6(HOST, R6, 17, udp6(HOST, R6, data(A6, B6), 50000, 25788))),
    ]


def nested(depth):
    packet = dgram(A, R, b"")
    for _ in range(depth):
        packet = dgram(A, R, ip6(A6, HOST, 4, packet))
    return packet


def hostile():
    """What must not confuse anybody: damaged, cut, deep."""
    good = dgram(A, R, data(A6, HOST))
    solicit = dgram(R, A, ra(A))
    head = [("cut behind %d bytes" % n, good, n) for n in (19, 27, 28, 29, 35, 52, 60, 67, 68, 70, 87)]
    cut_ra = [("ra cut behind %d bytes" % n, solicit, n) for n in (68, 69, 70, 80, 84, 86, 100, 115)]
    ext = b"".join(bytes([60, 0, 1, 4, 0, 0, 0, 0]) for _ in range(12))
    return [("ra", solicit)] + head + cut_ra + [
        ("one byte", dgram(A, R, b"\x60")),
        ("39 bytes", dgram(A, R, data(A6, HOST)[:39])),
        ("IPv4", dgram(A, R, ip4(A[0], B[0], bytes(20)))),
        ("text", dgram(A, R, b"GET / HTTP/1.0\r\n\r\n")),
        ("shorter than it says", dgram(A, R, data(A6, HOST)[:-1])),
        ("only a header", dgram(A, R, ip6(A6, HOST, 59, b""))),
        ("no ICMPv6 header", dgram(A, R, ip6(A6, HOST, 58, b""))),
        ("rs of one byte", dgram(A, R, ip6(A6, HOST, 58, b"\x85"))),
        ("ra of 15 bytes", dgram(R, A, ip6(LL, sixbed4(LL, *A), 58, ra(A)[40:55], hops=255))),
        ("ra with hop limit 64", dgram(R, A, ra(A, hops=64))),
        ("ra with code 1", dgram(R, A, ra(A, code=1))),
        ("option without length", dgram(A, R, rs(option=bytes([1, 0, 0, 0, 0, 0, 0, 1])))),
        ("option too long", dgram(A, R, rs(option=bytes([1, 2, 0, 0, 0, 0, 0, 1])))),
        ("half an option", dgram(A, R, rs(option=b"\x01\x01\0\0"))),
        ("forty options", dgram(A, R, rs(option=RS_OPTION * 40))),
        ("12 extension headers", dgram(A, R, ip6(A6, HOST, 60, ext + bytes(8)))),
        ("extension header beyond the end", dgram(A, R, ip6(A6, HOST, 60, bytes([58, 200, 0, 0, 0, 0, 0, 0])))),
        ("later fragment", dgram(A, R, ip6(A6, HOST, 44, bytes([58, 0, 0, 16, 0, 0, 0, 1]) + b"\x87" + bytes(31)))),
        ("ns in a first fragment", dgram(A, R, ip6(A6, HOST, 44, bytes([58, 0, 0, 1, 0, 0, 0, 1]) + b"\x87" + bytes(31)))),
        ("twenty tunnels", nested(20)),
        ("200 packets", dgram(A, R, data(A6, HOST, b"") * 200)),
        ("both are routers", dgram(R, spoof(B, 25788), data(R6, B6))),
        ("ports 0", dgram(spoof(A, 0), spoof(B, 0), data(sixbed4(PREFIX, A[0], 0), sixbed4(PREFIX, B[0], 0)))),
    ]


def nat():
    """Seen inside of a NAT, on a LAN with two peers, whose public endpoints are at `NAT`."""
    pub_a, pub_b = (NAT, 40000), (NAT, 40002)
    a6, b6 = sixbed4(PREFIX, *pub_a), sixbed4(PREFIX, *pub_b)
    lan = ("224.0.0.1", 25788)
    return [
        ("early: to native", dgram(NAT_A, R, data(a6, HOST))),
        ("rs", dgram(NAT_A, R, rs())),
        ("ra", dgram(R, NAT_A, ra(pub_a))),
        ("keepalive", dgram(NAT_A, R, b"")),
        ("to native", dgram(NAT_A, R, data(a6, HOST))),
        ("from native", dgram(R, NAT_A, data(HOST, a6))),
        ("ns of another on the LAN", dgram(NAT_B, lan, ns(b6, a6, own=pub_b))),
        ("na to it", dgram(NAT_A, NAT_B, na(a6, b6, pub_a))),
        ("to the LAN", dgram(NAT_A, NAT_B, data(a6, b6))),
        ("from the LAN", dgram(NAT_B, NAT_A, data(b6, a6))),
        ("straight", dgram(NAT_A, B, data(a6, B6))),
        ("straight back", dgram(B, NAT_A, data(B6, a6))),
        ("somebody else's source", dgram(("198.51.100.66", 4000), NAT_A, data(B6, a6))),
        ("for somebody else", dgram(R, NAT_A, data(HOST, B6))),
        ("by another router", dgram(("198.51.100.99", 25788), NAT_A, data(HOST, a6))),
        ("no 6bed4: between strangers", dgram(("192.168.7.8", 4000), ("192.168.7.9", 4000), data(a6, b6))),
    ]


CAPTURES = {"classes": (ETHERNET, classes), "hostile": (RAW, hostile), "nat": (RAW, nat)}


def mutant(rng, packet):
    """A few bytes changed, bits turned, cut out, put in or repeated; IP and UDP length follow, more often than not."""
    p = bytearray(packet)
    low = rng.choice((0, 20, 28, 28, 68))
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(min(low, len(p) - 1), len(p))
        how = rng.randrange(5)
        if how == 0:
            p[at] = rng.choice((0, 1, 2, 6, 17, 43, 44, 50, 51, 58, 60, 0x60, 0x7F, 0x80, 133, 134, 135, 137, 254, 255))
        elif how == 1:
            p[at] ^= 1 << rng.randrange(8)
        elif how == 2 and len(p) > 30:
            del p[at:at + rng.randint(1, 40)]
        elif how == 3:
            p[at:at] = rng.randbytes(rng.randint(1, 40))
        else:
            p[at:at] = p[at:at + rng.randint(1, 80)]
        p = p or bytearray(b"\x45")
    if len(p) >= 28 and rng.random() < 0.9:
        p[2:4] = struct.pack("!H", len(p))
        if p[9] == 17:
            p[24:26] = struct.pack("!H", len(p) - 20)
    return bytes(p)


def mutants(path, count, seed):
    rng = random.Random(seed)
    seeds = [p[1] for _, fn in CAPTURES.values() for p in fn()]
    out = []
    for n in range(count):
        packet = mutant(rng, rng.choice(seeds))
        cut = (rng.randrange(len(packet)),) if rng.random() < 0.3 else ()
        out.append((f"mutant {n}", packet, *cut))
    write(path, RAW, out)


if __name__ == "__main__":
    if sys.argv[1] == "--mutants":
        mutants(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        for name, (linktype, fn) in CAPTURES.items():
            write(os.path.join(sys.argv[1], name + ".pcapng"), linktype, fn())
