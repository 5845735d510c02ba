#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""
seeds.py DIR: good inputs for the fuzzers whose input is more than bytes off the wire, written to
DIR/FUZZER/. What comes of them is kept in selftests/fuzz/corpus (tools/corpus.sh); this is where it began.
Each fuzzer's head says what its input is. Must not know what the code under test makes of it.
"""
import socket
import struct
import sys
from pathlib import Path

OUT = Path(sys.argv[1])


def write(fuzzer, name, data):
    (OUT / fuzzer).mkdir(parents=True, exist_ok=True)
    (OUT / fuzzer / name).write_bytes(data)


# --- options, configuration files -----------------------------------------------------------------

OPTIONS = [
    "role router", "role peer", "prefix 2001:67c:127c::/64", "listen 192.0.2.1", "v6-dev eth1",
    "server 145.136.0.1", "port 25788", "default-route", "tun 6bed4", "mtu 1400", "permit-v4 10.0.0.0/8",
    "deny-v4 198.51.100.7", "public-v4 203.0.113.9", "account all", "account off", "account 64",
    "fast-path native", "fast-path tc", "forward kernel", "udp-checksum always", "udp-checksum zero",
    "dscp copy", "dscp 46", "df", "clamp-mss", "keepalive 30,3", "keepalive 0", "radius 0",
    "neigh-max 65536", "nexthop-slots 32768", "eager-tcp", "wait 0", "foreground",
    "metrics off", "metrics unix:/run/6bed4/metrics", "metrics 127.0.0.1:9100", "metrics [::1]:9100",
]


def options():
    for o in OPTIONS:
        name, _, value = o.partition(" ")
        words = ["eth0", "--" + name] + ([value] if value else [])
        write("fuzz_opt", "one-" + o.replace("/", "_").replace(" ", "-"), "\n".join(words).encode())
    router = ["eth0", "--prefix=2001:67c:127c::/64", "--v6-dev", "eth1", "--v6-dev=eth2", "--forward", "xdp",
              "--permit-v4", "10.0.0.0/8", "--permit-v4=172.16.0.0/12", "--nexthop-slots=1024"]
    peer = ["--default-route", "--server", "145.136.0.1", "--keepalive=20,5", "--eager-tcp", "wlan0"]
    write("fuzz_opt", "router", "\n".join(router).encode())
    write("fuzz_opt", "peer", "\0".join(peer).encode())
    base = "\n".join(o + ("" if " " in o else " on") for o in OPTIONS if o.split()[0] not in ("wait", "foreground"))
    once = {o.split()[0]: o for o in base.split("\n") if o.split()[0] not in ("role", "prefix", "v6-dev")}
    peer_base = "\n".join(o for n, o in once.items() if n not in ("public-v4", "forward", "nexthop-slots")) + "\n"
    write("fuzz_opt", "reload", b"eth0\n--mtu\n1280\1" + peer_base.encode())
    write("fuzz_opt", "reload-damaged", b"eth0\1mtu\n")
    for name, word in (("help", "--help"), ("unknown", "--no-such"), ("twice", "--mtu=1280\n--mtu=1281")):
        write("fuzz_opt", name, b"eth0\n" + word.encode())


def conf():
    plain = "# a router\n\n" + "\n".join(OPTIONS) + "\n"
    write("fuzz_conf", "plain", b"\1" + plain.encode())
    write("fuzz_conf", "equals", b"\1" + plain.replace(" ", " = ").encode())
    write("fuzz_conf", "refused", b"\0" + b"df\nmtu=1400\nclamp-mss off # why\n")
    for name, text in (("long", "x" * 513), ("crlf", "mtu 1\r\n"), ("nul", "mtu\0 1"), ("dashes", "--df"),
                       ("two", "mtu 1 2"), ("empty-value", "mtu ="), ("tabs", "\tmtu\t=\t1\t#\t2"),
                       ("hash", "a=#b\na #b\na b#c"), ("utf8", "# \u00e4\na \u00e4")):
        write("fuzz_conf", name, b"\1" + text.encode())


# --- ICMPv4 errors --------------------------------------------------------------------------------

HERE = socket.inet_aton("145.136.0.1")
PEER = socket.inet_aton("131.2.3.4")


def inner(proto, src, dst, payload):
    head = struct.pack("!IHBB", 0x60000000, len(payload), proto, 64)
    return head + socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst) + payload


def error(kind, code, mtu, packet, words=0):
    outer = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(packet), 1, 0, 64, 17, 0, HERE, PEER)
    udp = struct.pack("!HHHH", 25788, 50000, 8 + len(packet), 0)
    return struct.pack("!BBHBBH", kind, code, 0, 0, words, mtu) + outer + udp + packet


def icmp4():
    src, peer = "2001:db8:6::2", "2001:67c:127c:0:52c3:83ff:fe02:304"
    udp = inner(17, src, peer, bytes(100))
    echo = inner(58, src, peer, b"\x80" + bytes(60))
    about_error = inner(58, src, peer, b"\x01" + bytes(60))
    hidden = inner(0, src, peer, b"\x3a" + bytes(7) + b"\x02" + bytes(40))
    fragment = inner(44, src, peer, b"\x3a\0\0\x08" + bytes(40))
    whole = inner(17, src, peer, bytes(1400))
    cases = {
        "unreach": error(3, 1, 0, udp), "port": error(3, 3, 0, echo), "big": error(3, 4, 1400, whole),
        "big-0": error(3, 4, 0, whole[:600]), "exceeded": error(11, 0, 0, udp), "problem": error(12, 0, 0, udp),
        "about-error": error(3, 1, 0, about_error), "hidden": error(3, 1, 0, hidden),
        "fragment": error(3, 1, 0, fragment), "short": error(3, 1, 0, udp[:20]), "none": error(3, 1, 0, b"")[:20],
        "extended": error(3, 1, 0, udp[:100], 32) + b"\x20\0\0\0" + bytes(8), "redirect": error(5, 1, 0, udp),
    }
    for role in range(8):
        for name, message in cases.items():
            repairs = 8 | (3 if role & 1 else 0)
            record = struct.pack("!BH", repairs, len(message)) + message
            write("fuzz_icmp4", f"{name}-{role}", bytes([role]) + record)
    many = b"".join(struct.pack("!BH", 11 | 4 * (i & 1), len(cases["unreach"])) + cases["unreach"]
                    for i in range(12))
    write("fuzz_icmp4", "many", b"\0" + many)
    write("fuzz_icmp4", "many-peer", b"\5" + many)


# --- netlink --------------------------------------------------------------------------------------

# Indexes of fuzz_netlink.c's table of types.
(NEWLINK, DELLINK, NEWADDR, DELADDR, NEWROUTE, DELROUTE, NEWRULE, DELRULE, NEWNEIGH, DELNEIGH, NEWTFILTER,
 NEWNEXTHOP, NEWQDISC, CTRL, FAMILY, DONE, ERROR, NOOP, OVERRUN) = range(19)
LINK, ADDRESSES, SUBNETS, DEFAULT, FILTERS, FEATURES, WATCH, DUMP = range(8)


def attr(kind, payload):
    return struct.pack("<HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def message(kind, body, flags=0):
    return struct.pack("<BBH", kind, flags, len(body)) + body


def u32(v):
    return struct.pack("<I", v)


def netlink():
    done = message(DONE, u32(0))
    ack = message(ERROR, u32(0) + bytes(16))
    refused = message(ERROR, struct.pack("<i", -19) + bytes(16))
    name = attr(3, b"eth0\0")
    link = struct.pack("<BxHiII", 0, 1, 2, 0x10043, 0)
    mtu, watched = attr(4, u32(1500)), attr(30, u32(1))
    addr4 = struct.pack("<BBBBI", 2, 24, 0x80, 0, 1)
    addrs = attr(1, b"\xc0\0\2\1") + attr(2, b"\xc0\0\2\1") + attr(4, b"\xc0\0\2\xff") + name
    route = struct.pack("<BBBBBBBBI", 10, 0, 0, 0, 254, 3, 0, 1, 0)
    route4 = struct.pack("<BBBBBBBBI", 2, 24, 0, 0, 254, 3, 0, 1, 0)
    via = attr(4, u32(3)) + attr(6, u32(1024)) + attr(5, bytes(16))
    rule = struct.pack("<BBBBBBBBI", 2, 0, 0, 0, 254, 0, 0, 1, 0)
    table = attr(15, u32(254)) + attr(6, u32(32766))
    neigh = struct.pack("<BxxxiHBB", 2, 1, 2, 0, 1)
    neigh_attrs = attr(1, b"\xc0\0\2\7") + attr(2, b"\2\0\0\0\1\7")
    genl = b"\1\1\0\0"
    cases = {
        "link": (LINK, message(NEWLINK, link + name + mtu + watched) + ack),
        "link-short-mtu": (LINK, message(NEWLINK, link + attr(4, b"\5\5") + attr(30, b"")) + ack),
        "link-short-head": (LINK, message(NEWLINK, link[:6]) + ack),
        "link-refused": (LINK, refused),
        "refused-least": (FILTERS, message(ERROR, struct.pack("<i", -2**31) + bytes(16))),
        "addresses": (ADDRESSES, message(NEWADDR, addr4 + addrs) * 6 + done + message(NEWADDR, addr4 + addrs, 1)
                      + done),
        "addresses-long": (ADDRESSES, message(NEWADDR, addr4 + attr(2, bytes(16))) + done),
        "subnets": (SUBNETS, message(NEWADDR, addr4 + addrs) * 6 + done),
        "subnets-33": (SUBNETS, message(NEWADDR, b"\2\x21" + addr4[2:] + addrs) + done),
        "default": (DEFAULT, message(NEWROUTE, route + via) * 2 + done),
        "filters": (FILTERS, message(NEWTFILTER, bytes(20)) * 3 + done + message(NEWQDISC, struct.pack("<iiIII", 0, 1, 0, 0, 0)
                    + attr(1, b"clsact\0"), 1) + done),
        "features": (FEATURES, message(CTRL, genl + attr(2, b"netdev\0") + attr(1, b"\x20\0")) + ack
                     + message(FAMILY, genl + attr(1, u32(1)) + attr(3, struct.pack("<Q", 0x7f)), 1) + ack),
        "features-none": (FEATURES, refused),
        "watch": (WATCH, message(NEWNEIGH, neigh + neigh_attrs) * 2 + message(DELNEIGH, neigh + neigh_attrs)
                  + message(NEWROUTE, route4 + attr(9, bytes(16))) + message(DELROUTE, route4)
                  + message(NEWRULE, rule + table) + message(DELRULE, rule + table) + message(NEWLINK, link)
                  + message(NEWNEXTHOP, bytes(8)) + b"\xff" + message(NEWROUTE, route[:5], 1)),
        "dump": (DUMP, (message(NEWRULE, rule + table) + done + message(NEWROUTE, route4 + via, 1) + done) * 2),
        "dump-special": (DUMP, message(NEWRULE, rule + table + attr(3, b"eth0\0")) + done
                         + message(NEWROUTE, route4 + attr(30, u32(1)), 1) + done),
        "huge-length": (WATCH, message(NEWROUTE, struct.pack("<IHHII", 0xfffffff0, 24, 0, 0, 0) + route, 2)),
        "nest-cut": (WATCH, message(NEWROUTE, route4 + struct.pack("<HH", 60, 9) + bytes(8))),
        "attr-0": (WATCH, message(NEWROUTE, route4 + bytes(8))),
    }
    for name_, (whom, data) in cases.items():
        write("fuzz_netlink", name_, bytes([whom]) + data)


# --- maps -----------------------------------------------------------------------------------------

def maps():
    info, own, entry = bytes(208 + 32 + 2 * 104), 128, 72
    for command in range(10):
        write("fuzz_maps", f"good-{command}", bytes([command, 0x12]))
        write("fuzz_maps", f"dead-{command}", bytes([command, 0x11]))
        write("fuzz_maps", f"abi-{command}", bytes([command, 0x12, 1]))
        write("fuzz_maps", f"wide-{command}", bytes([command, 0xff]))
        neighbours = b"".join(bytes(15) + bytes([0]) + b"\x83\1\2\3" + b"\xc3\x50" + bytes([s, 0x10 * s % 256])
                              + bytes([9]) * 48 for s in range(4))
        counters = b"".join(struct.pack("<Q", 1 << (i % 64)) for i in range(64))
        write("fuzz_maps", f"busy-{command}", bytes([command, 0x12]) + info + bytes(own) + neighbours
              + bytes(256) + counters)
    assert entry == len(neighbours) // 4


# --- HTTP -----------------------------------------------------------------------------------------

def http():
    host = b"\r\nHost: x\r\n\r\n"
    for number, line in enumerate([
            b"GET /metrics HTTP/1.1", b"HEAD /metrics HTTP/1.0", b"GET http://x/metrics?a=b HTTP/1.1", b"GET / HTTP/1.1",
            b"POST /metrics HTTP/1.1", b"GET /metrics HTTP/2.0", b"\r\nGET /metrics HTTP/1.1\r\nA: b"]):
        write("fuzz_http", f"line-{number}", bytes([number]) + line + host)
    write("fuzz_http", "bare", b"\5GET /metrics HTTP/1.1\nHost:x\n\n")
    write("fuzz_http", "folded", b"\1GET /metrics HTTP/1.1\r\nHost: x\r\n y\r\n\r\n")
    write("fuzz_http", "tls", b"\1\x16\x03\x01\x02\0")


RULES = [
    '{"match":{"op":"==","left":{"payload":{"protocol":"udp","field":"dport"}},"right":25788}},{"accept":null}',
    '{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":["established","related"]}},{"accept":null}',
    '{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":6}},{"return":null}',
    '{"vmap":{"key":{"meta":{"key":"iifname"}},"data":{"set":[["lo",{"accept":null}],["eth0",{"jump":{"target":"in"}}]]}}}',
    '{"match":{"op":"!=","left":{"meta":{"key":"l4proto"}},"right":{"set":["tcp",17]}}},{"drop":null}',
    '{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":{"prefix":{"addr":"10.0.0.0","len":8}}}},'
    '{"goto":{"target":"c"}}',
    '{"match":{"op":"==","left":{"payload":{"protocol":"udp","field":"sport"}},"right":{"range":[1000,30000]}}},{"xt":null}',
    '{"notrack":null}',
]


def doctor():
    for number, rule in enumerate(RULES):
        for hook in ("input", "prerouting"):
            chains = "".join(f'{{"chain":{{"family":"inet","table":"t","name":"{name}"{more}}}}},' for name, more in
                             (("in", f',"type":"filter","hook":"{hook}","policy":"drop"'), ("c", "")))
            text = (f'{{"nftables":[{{"metainfo":{{"json_schema_version":1}}}},{chains}'
                    f'{{"rule":{{"family":"inet","table":"t","chain":"in","expr":[{rule}]}}}}]}}')
            which = b"\2" if hook == "input" else b"\x26"
            write("fuzz_doctor", f"rule-{number}-{hook}", which + text.encode())
    write("fuzz_doctor", "gai", b"\10label ::1/128 0\nlabel ::/0 1\nlabel 2001:67c:127c::/64 9 # ours\nscopev4 ::/0 14\n")
    write("fuzz_doctor", "gai-bad", b"\10reload yes\nprecedence ::ffff:0:0/96 100\nprecedence ::/129 1\nlabel x\n")


for make in (options, conf, icmp4, netlink, maps, http, doctor):
    make()
