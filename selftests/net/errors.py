# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Every ICMPv6 error that a router sends, by a table: cause, who answers, type, code, MTU, quote, checksum.

errors.py TAG CTL: TAG names the lab's namespaces; the router has a tunnel MTU of 1400 there and a narrow
native link of 1280 towards 2001:db8:5::/48. Prints TAP lines. The table does not know the mode.
"""
import struct
import sys
import time

from lab import HOST, PEER, PORT, PREFIX, ROUTER4, Lab
from pkt import csum, icmp6, ip4, ip4addr, ip6, ip6addr, sixbed4, udp4, udp6, upper_csum

TAG, CTL = sys.argv[1:3]
OWN = sixbed4(PREFIX, ROUTER4, PORT)
NATIVE_SIDE = "2001:db8:6::1"  # the router's address on the native link
FAR = sixbed4(PREFIX, "131.2.0.2", 5000)
NARROW = "2001:db8:5::1"
ANY = {ip6addr(OWN), ip6addr(NATIVE_SIDE)}
UNREACH, TOO_BIG, TIME = 1, 2, 3
QUOTE = 1280 - 48

_number = [0]


def port():
    _number[0] += 2
    return 40000 + _number[0]


def host():
    """A native host in a /64 of its own, for rate limits are per source."""
    _number[0] += 2
    return f"2001:db8:{_number[0]:x}::2"


def padded(src, dst, size, hops=64, sport=7000):
    """A UDP packet of `size` bytes in all."""
    return ip6(src, dst, 17, udp6(src, dst, bytes(i & 0xFF for i in range(size - 48)), sport=sport), hops)


class Errors(Lab):
    """The lab, and the errors that come out of its router."""

    def from_peer(self, inner, sport):
        self.send("under", ip4(PEER, ROUTER4, udp4(PEER, sport, ROUTER4, PORT, inner)))

    def from_native(self, packet):
        self.send("native", packet)

    def tunnelled(self):
        """(destination, port, frame's IPv4 packet) of tunnel datagrams that came out."""
        for f in self.under.received(0.05):
            if f[12:14] == b"\x08\x00" and f[23] == 17 and f[26:30] == ip4addr(ROUTER4):
                yield f[30:34], struct.unpack("!H", f[36:38])[0], f[14:]

    def errors(self, to):
        """ICMPv6 errors that came out to `to`: a port of the peer, or None for native."""
        if to is None:
            found = [f[14:] for f in self.native.received(0.05) if f[12:14] == b"\x86\xdd"]
        else:
            found = [p[28:] for addr, at, p in self.tunnelled() if at == to and addr == ip4addr(PEER)]
        return [p for p in found if p[6] == 58 and len(p) > 40 and p[40] < 128]


def check_error(p, want, about):
    """What is wrong with the ICMPv6 error in `p`; `want` is (who, type, code, param)."""
    who, kind, code, param = want
    wrong = []
    size = 40 + struct.unpack("!H", p[4:6])[0]
    body = p[40:size]
    quote = body[8:]
    if len(p) < size or size > 1280:
        wrong.append(f"{len(p)} bytes, of which {size} are meant")
    if upper_csum(p[8:24], p[24:40], 58, body):
        wrong.append("checksum")
    if p[8:24] not in who:
        wrong.append(f"from {p[8:24].hex()}")
    if p[24:40] != about[8:24]:
        wrong.append(f"to {p[24:40].hex()}")
    if (body[0], body[1], struct.unpack("!I", body[4:8])[0]) != (kind, code, param):
        wrong.append(f"type {body[0]} code {body[1]} parameter {body[4:8].hex()}")
    # Where the kernel has forwarded it first, the hop limit is less by one.
    if quote not in (about[:QUOTE], about[:7] + bytes([max(0, about[7] - 1)]) + about[8:QUOTE]):
        wrong.append(f"quotes {len(quote)} bytes, expected {min(len(about), QUOTE)} as they were sent")
    if p[7] < 32:
        wrong.append(f"hop limit {p[7]}")
    return wrong


class Table:
    """Runs cases and prints what becomes of them."""

    def __init__(self, lab):
        self.lab, self.number, self.failed = lab, 0, 0

    def result(self, name, wrong):
        self.number += 1
        self.failed += bool(wrong)
        print(f"{'not ' if wrong else ''}ok {self.number} - {name}")
        for w in wrong:
            print(f"# {w}")
        sys.stdout.flush()

    def one(self, name, send, to, want, about):
        """`send` draws exactly the error `want` about `about`, or none when `want` is None."""
        self.lab.errors(to)
        send()
        # What shall not come is waited for until what was sent after it has come.
        got, deadline = [], time.monotonic() + 3
        if want is None:
            marker = self.marker(to)
            while marker not in [p[56:72] for p in got]:
                got += self.lab.errors(to)
                if time.monotonic() > deadline:
                    self.result(name, ["the marker drew no answer"])
                    return
            got = [p for p in got if p[56:72] != marker]
            self.result(name, [f"drew type {p[40]} code {p[41]}" for p in got])
            return
        while not got and time.monotonic() < deadline:
            got = self.lab.errors(to)
        got += self.lab.errors(to)
        wrong = check_error(got[0], want, about) if got else ["no answer"]
        self.result(name, wrong + [f"{len(got)} answers"] * (len(got) > 1))

    def marker(self, to):
        """Sends what is always answered, the same way; returns the inner source that the answer quotes."""
        if to is None:
            src = host()
            self.lab.from_native(padded(src, f"{PREFIX}1", 100))
        else:
            src = sixbed4(PREFIX, PEER, to)
            self.lab.from_peer(padded(src, f"{PREFIX}1", 100), to)
        return ip6addr(src)

    def peer(self, name, make, want, sport=None):
        """A packet from a peer: make(its address)."""
        p = sport or port()
        inner = make(sixbed4(PREFIX, PEER, p))
        self.one(f"from a peer: {name}", lambda: self.lab.from_peer(inner, p), p, want, inner)

    def native(self, name, make, want):
        packet = make(host())
        self.one(f"from native: {name}", lambda: self.lab.from_native(packet), None, want, packet)


def too_big(t):
    for size in (1401, 1428, 1500):
        t.native(f"{size} bytes to a peer", lambda s, n=size: padded(s, FAR, n), (ANY, TOO_BIG, 0, 1400))
    for size in (1401, 1428, 1472):
        t.peer(f"{size} bytes to a peer", lambda s, n=size: padded(s, FAR, n), ({ip6addr(OWN)}, TOO_BIG, 0, 1400))
    t.peer("1400 bytes into a link of 1280", lambda s: padded(s, NARROW, 1400), (ANY, TOO_BIG, 0, 1280))
    t.native("1500 bytes behind destination options", lambda s: ip6(
        s, FAR, 60, bytes([17, 0, 1, 4]) + bytes(4) + udp6(s, FAR, bytes(1444))), (ANY, TOO_BIG, 0, 1400))
    t.native("an echo request of 1500 bytes", lambda s: ip6(s, FAR, 58, icmp6(s, FAR, 128, bytes(1456))),
             (ANY, TOO_BIG, 0, 1400))


def unreachable(t):
    for dst in (f"{PREFIX}1", sixbed4(PREFIX, "10.1.2.3", 5000), sixbed4(PREFIX, "131.2.0.2", 5001),
                sixbed4(PREFIX, ROUTER4, 5000)):
        for size in (60, 1280, 1400):
            make = lambda s, d=dst, n=size: padded(s, d, n)
            t.native(f"{size} bytes to {dst}", make, ({ip6addr(OWN)}, UNREACH, 3, 0))
            t.peer(f"{size} bytes to {dst}", make, ({ip6addr(OWN)}, UNREACH, 3, 0))
    t.peer("to where the native side has no route", lambda s: padded(s, "2001:db9::1", 100), (ANY, UNREACH, 0, 0))


def time_exceeded(t):
    for hops in (0, 1):
        t.native(f"hop limit {hops} to a peer", lambda s, h=hops: padded(s, FAR, 100, h), (ANY, TIME, 0, 0))
        t.peer(f"hop limit {hops} to a peer", lambda s, h=hops: padded(s, FAR, 100, h), ({ip6addr(OWN)}, TIME, 0, 0))
        t.peer(f"hop limit {hops} to native", lambda s, h=hops: padded(s, HOST, 100, h), (ANY, TIME, 0, 0))
    t.peer("hop limit 1, 1400 bytes, to a peer", lambda s: padded(s, FAR, 1400, 1), ({ip6addr(OWN)}, TIME, 0, 0))


def never(t):
    """RFC 4443 section 2.4 (e): no errors about these, whatever the cause."""
    causes = (("too big", FAR, 1444, 64), ("no endpoint", f"{PREFIX}1", 100, 64), ("hop limit 1", FAR, 100, 1))
    for name, dst, size, hops in causes:
        for kind in (1, 2, 3, 4, 127):
            make = lambda s, d=dst, n=size, h=hops, k=kind: ip6(s, d, 58, icmp6(s, d, k, bytes(n - 44)), h)
            t.native(f"{name}, but an ICMPv6 error of type {kind}: no answer", make, None)
            t.peer(f"{name}, but an ICMPv6 error of type {kind}: no answer", make, None)
        hidden = lambda s, d=dst, n=size, h=hops: ip6(
            s, d, 60, bytes([58, 0, 1, 4]) + bytes(4) + icmp6(s, d, 1, bytes(n - 52)), h)
        t.native(f"{name}, but an ICMPv6 error behind destination options: no answer", hidden, None)
        t.peer(f"{name}, but an ICMPv6 error behind destination options: no answer", hidden, None)
        for src in ("ff02::1", "::"):
            t.native(f"{name}, but from {src}: no answer", lambda s, d=dst, n=size, h=hops, a=src: padded(a, d, n, h), None)
            t.peer(f"{name}, but from {src}: no answer", lambda s, d=dst, n=size, h=hops, a=src: padded(a, d, n, h), None)
    t.native("too big, but to a group: no answer", lambda s: padded(s, "ff0e::1", 1444), None)
    t.peer("too big, but to a group: no answer", lambda s: padded(s, "ff0e::1", 1444), None)


def underlay_error(kind, code, rest, quote, bad=False):
    message = struct.pack("!BBH", kind, code, 0) + rest + quote
    c = csum(message) ^ (0x0101 if bad else 0)
    message = message[:2] + struct.pack("!H", c) + message[4:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 7, 0, 64, 1, 0) + ip4addr("145.136.0.254") + ip4addr(ROUTER4)
    return head[:10] + struct.pack("!H", csum(head)) + head[12:] + message


def datagram(t, size, src=None):
    """Has the router send a datagram of `size` inner bytes to FAR; returns it and the inner packet."""
    t.lab.errors(None)
    sport = port()
    if src == "peer":
        inner = padded(sixbed4(PREFIX, PEER, sport), FAR, size)
        t.lab.from_peer(inner, sport)
    else:
        inner = padded(host(), FAR, size)
        t.lab.from_native(inner)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        for addr, at, p in t.lab.tunnelled():
            if at == 5000 and p[28 + 8:28 + 24] == inner[8:24]:
                return p[:28 + size], p[28:28 + size], sport
    raise TimeoutError("the router has sent nothing")


def underlay(t):
    """ICMPv4 errors about what the router, or its fast path, has sent."""
    frag = lambda mtu: struct.pack("!HH", 0, mtu)
    causes = [(f"unreachable, code {c}", 3, c, bytes(4), (UNREACH, 3, 0)) for c in (0, 1, 3, 9, 13)]
    causes += [("time exceeded", 11, 0, bytes(4), (UNREACH, 3, 0)),
               ("fragmentation needed, 1350", 3, 4, frag(1350), (TOO_BIG, 0, 1322)),
               ("fragmentation needed, 1308", 3, 4, frag(1308), (TOO_BIG, 0, 1280)),
               ("fragmentation needed, 576", 3, 4, frag(576), (TOO_BIG, 0, 1280)),
               ("fragmentation needed, 0", 3, 4, frag(0), (TOO_BIG, 0, 1280))]
    for name, kind, code, rest, (k6, c6, param) in causes:
        for quoted in (548, 1400):
            for src in (None, "peer"):
                outer, inner, sport = datagram(t, 1300, src)
                p = underlay_error(kind, code, rest, outer[:quoted])
                t.one(f"ICMPv4 {name}, {quoted} bytes of it, for {src or 'native'}",
                      lambda q=p: t.lab.send("under", q), sport if src else None,
                      ({ip6addr(OWN)}, k6, c6, param), inner[:quoted - 28])
    forged(t)


def forged(t):
    """What is too short, or not about anything that was sent: nothing comes of it."""
    outer, inner, _ = datagram(t, 1300)
    other_port = outer[:22] + struct.pack("!H", 5002) + outer[24:]
    not_from_us = outer[:20] + struct.pack("!H", 4000) + outer[22:]
    other_inner = outer[:28 + 24] + ip6addr(sixbed4(PREFIX, "131.2.0.9", 5000)) + outer[28 + 40:]
    error = outer[:28] + ip6(host(), FAR, 58, icmp6(HOST, FAR, 1, bytes(500)))
    for name, quote, bad in (("8 bytes of UDP alone", outer[:28], False), ("39 bytes of IPv6", outer[:67], False),
                             ("another UDP destination port", other_port[:548], False),
                             ("another UDP source port", not_from_us[:548], False),
                             ("another inner destination", other_inner[:548], False),
                             ("an ICMPv6 error in it", error[:548], False), ("a bad checksum", outer[:548], True)):
        p = underlay_error(3, 1, bytes(4), quote, bad)
        t.one(f"ICMPv4 with {name}: no answer", lambda q=p: t.lab.send("under", q), None, None, inner)


def bounded(t):
    """Ten at once for one sender, and five a second from then on."""
    lab = t.lab
    for name, dst, size, hops in (("too big", FAR, 1444, 64), ("no endpoint", f"{PREFIX}1", 100, 64)):
        sport, got = port(), []
        src = sixbed4(PREFIX, PEER, sport)
        lab.errors(sport)
        start = time.monotonic()
        for _ in range(60):
            lab.from_peer(padded(src, dst, size, hops), sport)
        while time.monotonic() < start + 1:
            got += lab.errors(sport)
        lasted = time.monotonic() - start
        wrong = [] if 10 <= len(got) <= 11 + 5 * lasted else [f"{len(got)} answers in {lasted:.1f} s"]
        t.result(f"60 packets, {name}, draw 10 answers at once", wrong)


def main():
    t = Table(Errors(TAG))
    for part in (too_big, unreachable, time_exceeded, never, underlay, bounded):
        part(t)
    print(f"1..{t.number}")
    sys.exit(1 if t.failed else 0)


main()
