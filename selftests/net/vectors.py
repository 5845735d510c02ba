#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""docs/vectors.md against the program: vectors.py addr DOC CTL compares its tables with `6bed4ctl addr`, vectors.py
wire DOC DIRECTORY NAME... its datagrams with the captures there, vectors.py payload DOC NAME prints one in hex.

Prints what differs, and fails. Computes nothing itself: the page says what is right, and a table or datagram that
is missing there is an error, too.
"""
import glob
import ipaddress
import json
import re
import struct
import subprocess
import sys


def page(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def table(text, *head):
    """Rows of the one table that has these columns."""
    lines = text.splitlines()
    at = lines.index("| " + " | ".join(head) + " |") + 2
    rows = []
    while at < len(lines) and lines[at].startswith("|"):
        rows.append([cell.strip() for cell in lines[at].strip("|").split("|")])
        at += 1
    if len(rows) < 2:
        raise ValueError(f"no rows below {head}")
    return rows


def datagrams(text):
    """name: (source, destination, bytes from the UDP header on)"""
    out = {}
    for name, body in re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", text, re.M | re.S):
        src, dst = re.search(r"^`(\S+) > (\S+)`$", body, re.M).groups()
        lines = re.search(r"^```\n(.*?)^```", body, re.M | re.S).group(1).splitlines()
        out[name] = src, dst, bytes.fromhex("".join(line.split(";")[0] for line in lines))
    return out


# --- addresses -----------------------------------------------------------------------------------------


class Addr:
    """`6bed4ctl addr`, and how often it did not say what it should."""

    def __init__(self, ctl):
        self.ctl, self.wrong, self.asked = ctl, 0, 0

    def ask(self, *words):
        run = subprocess.run([self.ctl, "-j", "addr", *words], capture_output=True, text=True)
        return json.loads(run.stdout) if run.returncode == 0 else run.returncode

    def same(self, what, got, want):
        self.asked += 1
        if got != want:
            self.wrong += 1
            print(f"{what}: the program says {got!r}, the page {want!r}")


def check_addresses(addr, text):
    for ep, lladdr, iid, local, below, special in table(
            text, "IPv4:port", "lladdr", "iid", "link-local address", "below 2001:db8:64::/64", "special-purpose"):
        told = {"version": 1, "endpoint": ep, "lladdr": lladdr}
        addr.same(f"encode {ep}", addr.ask("encode", ep), {**told, "address": local})
        addr.same(f"encode {ep} below a prefix", addr.ask("encode", ep, "--prefix", "2001:db8:64::/64"),
                  {**told, "address": below})
        for a in (local, below):
            addr.same(f"decode {a}", addr.ask("decode", a),
                      {**told, "address": a, "special_purpose": special == "yes"})
            words = ipaddress.IPv6Address(a).exploded.split(":")
            addr.same(f"iid of {ep}", ":".join(words[4:]), iid)
    for prefix, a in table(text, "prefix", "address of 192.0.2.1:50000"):
        got = addr.ask("encode", "192.0.2.1:50000", "--prefix", prefix)
        addr.same(f"below {prefix}", got if isinstance(got, int) else got["address"], a)


def check_plan(addr, text):
    for router, ep, plan, a in table(text, "router", "IPv4:port", "plan", "address"):
        words = ["--plan-prefix", plan]
        got = addr.ask("encode", ep, "--router", router, *words)
        addr.same(f"encode {ep} under {router}", got if isinstance(got, int) else got["address"], a)
        got = addr.ask("decode", a, *words)
        addr.same(f"decode {a}", got if isinstance(got, int) else [got["endpoint"], got.get("router")], [ep, router])
    for a, _ in table(text, "address without a router", "why"):
        got = addr.ask("decode", a)
        addr.same(f"router of {a}", got if isinstance(got, int) else got.get("router"), None)


def check_refused(addr, text):
    for a, _ in table(text, "IPv6", "why"):
        addr.same(f"decode {a}", addr.ask("decode", a), 1)
    for ep, _ in table(text, "IPv4:port", "why"):
        addr.same(f"encode {ep}", addr.ask("encode", ep), 1)


def check_special(addr, text):
    def is_special(v4):
        return addr.ask("decode", addr.ask("encode", v4 + ":50000")["address"])["special_purpose"]

    for _, first, last, before, after, permit in table(
            text, "range", "first", "last", "just before", "just after", "can be permitted"):
        for v4, want in ((first, True), (last, True), (before, False), (after, False)):
            if v4 != "-":
                addr.same(f"{v4} special-purpose", is_special(v4), want)
        # Without such a device nothing is loaded, but a range that cannot be permitted is refused before that.
        run = subprocess.run([addr.ctl, "load", "no-such-dev", "--permit-v4", first], capture_output=True, text=True)
        addr.same(f"--permit-v4 {first}", "cannot be lifted" not in run.stderr, permit == "yes")


def check_python(addr, text):
    """The page's own few lines of Python make its table."""
    names = {}
    exec(re.search(r"^```python\n(.*?)^```", text, re.M | re.S).group(1), names)
    for ep, lladdr, _, local, below, _ in table(
            text, "IPv4:port", "lladdr", "iid", "link-local address", "below 2001:db8:64::/64", "special-purpose"):
        ip, port = ep.split(":")
        addr.same(f"lladdr of {ep}", names["lladdr"](ip, int(port)).hex(":"), lladdr)
        for prefix, a in (("fe80::/64", local), ("2001:db8:64::/64", below)):
            addr.same(f"address of {ep}", str(names["address"](prefix, ip, int(port))), a)


# --- datagrams --------------------------------------------------------------------------------------------


def captured(path):
    """(source, destination, bytes from the UDP header on, TTL) of what a capture on Ethernet holds."""
    with open(path, "rb") as f:
        data = f.read()
    at = 24
    while at + 16 <= len(data):
        n = struct.unpack_from("<8xI4x", data, at)[0]
        frame, at = data[at + 16:at + 16 + n], at + 16 + n
        if len(frame) < 42 or frame[12:14] != b"\x08\x00" or frame[14] != 0x45 or frame[23] != 17:
            continue
        sport, dport, length = struct.unpack_from("!HHH", frame, 34)
        src, dst = (str(ipaddress.IPv4Address(frame[i:i + 4])) for i in (26, 30))
        yield f"{src}:{sport}", f"{dst}:{dport}", frame[34:34 + length], frame[22]


def check_wire(text, directory, names):
    seen = [what for path in glob.glob(directory + "/*.pcap") for what in captured(path)]
    wrong = 0
    for name in names:
        src, dst, want = datagrams(text)[name]
        if (src, dst, want, 3 if name == "keepalive" else 64) not in seen:
            wrong += 1
            near = [d.hex() for s, t, d, _ in seen if (s, t, len(d)) == (src, dst, len(want))]
            print(f"{name}: not seen: {want.hex()}", *sorted(set(near))[:5], sep="\n  ")
    return wrong


def main(argv):
    text = page(argv[2])
    if argv[1] == "addr":
        addr = Addr(argv[3])
        for fn in (check_addresses, check_plan, check_refused, check_special, check_python):
            fn(addr, text)
        print(f"{addr.asked} compared, {addr.wrong} differ")
        return addr.wrong > 0 or addr.asked < 300
    if argv[1] == "wire":
        return check_wire(text, argv[3], argv[4:]) > 0
    print(datagrams(text)[argv[3]][2][8:].hex())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
