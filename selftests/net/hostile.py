# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Sends each packet of hostile_cases.py to a loaded router and compares what becomes of it.

hostile.py TAG MODE CTL: TAG names the lab's namespaces. Prints TAP lines.
"""
import struct
import sys
import time

import hostile_cases as hc
from lab import Lab, stats
from pkt import ip4, ip6addr, udp4

TAG, MODE, CTL = sys.argv[1:4]
DEADLINE = 3.0
FIRST = {"native": {"native": "xdp", "generic": "xdp", "tc": "tc-out", "off": "tun"},
         "under": {"native": "xdp", "generic": "xdp", "tc": "tc-in", "off": "udp"}}
DAEMON = {"native": "tun", "under": "udp"}


def inner_of(frame):
    """What is in a tunnel datagram from the router, with its UDP destination port; or None."""
    if frame[12:14] != b"\x08\x00" or frame[26:30] != bytes([145, 136, 0, 1]) or frame[34:36] != struct.pack("!H", hc.PORT):
        return None
    return struct.unpack("!H", frame[36:38])[0], frame[42:]


def is_nd(packet):
    return packet[6] == 58 and len(packet) > 40 and 133 <= packet[40] <= 137


def describe_tunnel(frame):
    found = inner_of(frame)
    if not found:
        return None
    to, p = found
    if p[6] == 58 and p[40] == 134:
        return ("ra", to)
    if p[6] == 58 and p[40] == 136:
        return ("na", to)
    if p[6] == 58 and p[40] < 128:
        return ("icmp", to, p[40], p[41])
    return ("tunnel", to)


def describe_native(frame):
    p = frame[14:]
    if frame[12:14] != b"\x86\xdd" or len(p) < 40 or p[24] == 0xFF or is_nd(p):
        return None
    if p[6] == 58 and len(p) > 41 and p[40] < 128:
        return ("icmp-native", p[40], p[41])
    # The kernel of host6 answers what reaches it; only the router's packets are looked at here.
    return ("native",) if p[8:16] == ip6addr(hc.PREFIX)[:8] else None


class Hostile(Lab):
    """The lab, and the marker that tells that everything before it is through."""

    def outputs(self, wait=0.0):
        found = [describe_tunnel(f) for f in self.under.received(wait)]
        found += [describe_native(f) for f in self.native.received()]
        return [f for f in found if f]

    def settle(self, before):
        """Sends what the daemon counts and nobody answers, and waits until it has been counted."""
        self.send("under", ip4(hc.PEER, hc.ROUTER4, udp4(hc.PEER, 0, hc.ROUTER4, hc.PORT, b""), options=bytes([1, 1, 1, 0])))
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            after = stats(TAG, CTL)
            if after.get(("udp", "src-port"), 0) > before.get(("udp", "src-port"), 0):
                return after
        raise TimeoutError("the daemon does not count the marker")


# MLD reports, which the router's own kernel sends on the TUN device when it likes to.
KERNELS_OWN = {("tun", "multicast"), ("tc-out", "multicast")}


def difference(after, before):
    """What has been counted in between, without the marker's own way."""
    marker = {("xdp", "slow-options"), ("tc-in", "slow-options"), ("udp", "src-port")}
    delta = {k: n - before.get(k, 0) - (k in marker) for k, n in after.items()}
    return {k: n for k, n in delta.items() if n and k not in KERNELS_OWN}


def expected_first(side, fast, slow):
    """Outcome at the first place that sees the packet, in this mode."""
    if MODE == "off":
        return slow
    if MODE == "tc" and fast == "malformed":
        return "slow-mode"  # TC may not see all of a packet and leaves the verdict to the daemon
    if MODE == "tc" and side == "native" and slow is None:
        return None  # the kernel has dropped or answered it before it would reach the TUN device
    return fast


def judge(side, frames, fast, slow, out, delta, outputs):
    """Empty when all is as expected, else what is not."""
    wrong = []
    first, daemon = expected_first(side, fast, slow), slow
    if slow == "any":
        if MODE in ("native", "generic") and delta.get(("xdp", fast), 0) != 1:
            wrong.append(f"expected {fast} at xdp")
        return wrong if not outputs else wrong + [f"left the router: {outputs}"]
    if MODE != "off" and not (first or "").startswith("slow-"):
        daemon = None
    if side == "native" and MODE != "off" and fast.startswith("slow-") and slow is None:
        daemon = None
    # TC takes part where XDP passes; nothing but the first place and the daemon is pinned down here.
    if first and delta.get((FIRST[side][MODE], first), 0) != (len(frames) if MODE != "off" else 1):
        wrong.append(f"expected {first} at {FIRST[side][MODE]}")
    at_daemon = {o: n for (h, o), n in delta.items() if h == DAEMON[side]}
    tc_forwards = MODE in ("native", "generic") and daemon and (("tc-in", daemon) in delta)
    if at_daemon != ({daemon: 1} if daemon and not tc_forwards else {}):
        wrong.append(f"expected {daemon} at the daemon, not {at_daemon}")
    if outputs != ([out] if out else []):
        wrong.append(f"expected to leave: {out}, not {outputs}")
    return wrong


def run(lab, number, case):
    name, side, frames, fast, slow, out = case
    if isinstance(fast, tuple):
        fast = fast[MODE != "native"]
    lab.outputs()
    before = stats(TAG, CTL)
    for f in frames:
        lab.send(side, f)
    outputs = []
    deadline = time.monotonic() + DEADLINE
    while out and out not in outputs and time.monotonic() < deadline:
        outputs += lab.outputs(0.05)
    try:
        delta = difference(lab.settle(before), before)
        outputs += lab.outputs()
        wrong = judge(side, frames, fast, slow, out, delta, outputs)
    except TimeoutError as e:
        delta, wrong = {}, [str(e)]
    print(f"{'not ' if wrong else ''}ok {number} - {side}: {name}", flush=True)
    for w in wrong:
        print(f"# {w}; counted: { {f'{h} {o}': n for (h, o), n in delta.items()} }", flush=True)
    return bool(wrong)


def main():
    lab = Hostile(TAG)
    failed = sum(run(lab, i + 1, c) for i, c in enumerate(hc.cases))
    print(f"1..{len(hc.cases)}")
    sys.exit(1 if failed else 0)


main()
