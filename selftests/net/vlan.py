# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Tagged frames on a router's devices: each gets where it was sent, as it was, and nothing comes of it.

vlan.py TAG CTL: TAG names the lab's namespaces. Prints TAP lines. A raw socket on the router's device sees
what its kernel gets, with the tag that the kernel may have taken off.
"""
import socket
import struct
import sys
import time

from lab import HOST, PEER, PORT, PREFIX, ROUTER4, stats
from pkt import Namespace, icmp6, ip4, ip6, sixbed4, udp4, udp6

TAG, CTL = sys.argv[1:3]
SOL_PACKET, PACKET_AUXDATA = 263, 8
VLAN_VALID, TPID_VALID = 1 << 4, 1 << 6


def far(n):
    return sixbed4(PREFIX, "131.2.0.2", 5000 + 2 * n)


class Tap(Namespace):
    """Frames as the kernel behind a device gets them, tags put back where they were."""

    def __init__(self, name, dev):
        super().__init__(name, dev)
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)

    def frames(self):
        self.sock.settimeout(0.05)
        try:
            while True:
                data, aux, _, where = self.sock.recvmsg(65536, 256)
                if where[2] == socket.PACKET_OUTGOING:
                    continue
                for level, kind, value in aux:
                    if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                        status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", value[:20])
                        if status & VLAN_VALID:
                            tag = struct.pack("!HH", tpid if status & TPID_VALID else 0x8100, tci)
                            data = data[:12] + tag + data[12:]
                yield data
        except TimeoutError:
            return


def cases():
    """(name, side, frame behind the MAC addresses)"""
    n = 0
    for tags_name, tags in (("802.1Q", [(0x8100, 7)]), ("802.1ad", [(0x88A8, 7)]), ("802.1Q, highest priority", [(0x8100, 0xE007)]),
                            ("802.1ad and 802.1Q", [(0x88A8, 7), (0x8100, 8)])):
        head = b"".join(struct.pack("!HH", *t) for t in tags)
        n += 1
        src = sixbed4(PREFIX, PEER, 4000 + 2 * n)
        for what, inner in (("peer to native", ip6(src, HOST, 17, udp6(src, HOST))),
                            ("peer to peer", ip6(src, far(n), 17, udp6(src, far(n)))),
                            ("too big", ip6(src, far(n), 17, udp6(src, far(n), bytes(1300)))),
                            ("router solicitation", ip6("::", "ff02::2", 58, icmp6("::", "ff02::2", 133, bytes(4)), 255))):
            outer = ip4(PEER, ROUTER4, udp4(PEER, 4000 + 2 * n, ROUTER4, PORT, inner))
            yield f"{tags_name}: {what}", "under", head + struct.pack("!H", 0x0800) + outer
        for what, size in (("native to peer", 100), ("native to peer, too big", 1400)):
            packet = ip6(HOST, far(n), 17, udp6(HOST, far(n), bytes(size)))
            yield f"{tags_name}: {what}", "native", head + struct.pack("!H", 0x86DD) + packet


def main():
    ends = {"under": (Namespace(f"{TAG}-inet", "r0"), Tap(f"{TAG}-router", "eth0")),
            "native": (Namespace(f"{TAG}-host6", "eth0"), Tap(f"{TAG}-router", "v6"))}
    number = failed = 0
    for name, side, rest in cases():
        near, tap = ends[side]
        before = stats(TAG, CTL)
        frame = tap.mac + near.mac + rest
        near.received()
        near.sock.send(frame)
        seen, deadline = [], time.monotonic() + 3
        while frame not in seen and time.monotonic() < deadline:
            seen += tap.frames()
        after = stats(TAG, CTL)
        acted = {k for k in after if after[k] != before.get(k, 0) and k[1] != "other" and not k[1].startswith("multicast")}
        back = [f for end, _ in ends.values() for f in end.received() if f[12:14] in (b"\x08\x00", b"\x86\xdd", rest[:2])
                and (f[26:30] == socket.inet_aton(ROUTER4) or f[20:21] == b"\x3a" and f[54] < 128)]
        wrong = [] if frame in seen else [f"not seen as it was; seen: {[f[:24].hex() for f in seen]}"]
        wrong += [f"the router acted on it: {acted}"] * bool(acted) + [f"{len(back)} packets came out"] * bool(back)
        number += 1
        failed += bool(wrong)
        print(f"{'not ' if wrong else ''}ok {number} - {name}")
        for w in wrong:
            print(f"# {w}")
    print(f"1..{number}")
    sys.exit(1 if failed else 0)


main()
