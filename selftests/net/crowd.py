#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A crowd of 6bed4 peers in one process, and somebody who talks to all of them.

crowd.py be PREFIX PORT       answers NS with NA and echo requests with replies, as the peer at
                              whatever local IPv4 address the datagram came to
crowd.py ping FIRST COUNT ... one echo request to the peers at COUNT addresses from FIRST on, PORT
                              each, through this host's IPv6; prints how many answered in time

Must not know what the one under test should do with it.
"""
import ipaddress
import os
import select
import socket
import struct
import sys
import time


# From linux/in.h and socket.h; Python has no names for them.
IP_PKTINFO, SO_SNDBUFFORCE, SO_RCVBUFFORCE = 8, 32, 33


def six(prefix, v4, port):
    """The 6bed4 address of an endpoint."""
    a = v4.packed
    iid = bytes([(port & 0xFF) ^ 2, port >> 8, a[0], 0xFF, 0xFE, a[1], a[2], a[3]])
    return ipaddress.IPv6Address(prefix.packed[:8] + iid)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def icmp6(src, dst, hops, body):
    body = body[:2] + b"\0\0" + body[4:]
    padded = body + b"\0" * (len(body) & 1)
    pseudo = src + dst + struct.pack("!II", len(body), 58)
    body = body[:2] + struct.pack("!H", checksum(pseudo + padded)) + body[4:]
    return struct.pack("!IHBB", 6 << 28, len(body), 58, hops) + src + dst + body


def answer(packet, own):
    """What a peer at own says to packet, or None."""
    if len(packet) < 48 or packet[6] != 58:
        return None
    src, kind = packet[8:24], packet[40]
    if kind == 135 and packet[48:64] == own.packed:
        return icmp6(own.packed, src, 255, struct.pack("!BBHI", 136, 0, 0, 0x60000000) + own.packed)
    if kind == 128:
        return icmp6(own.packed, src, 64, b"\x81" + packet[41:])
    return None


def be(prefix, port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    sock.bind(("0.0.0.0", port))
    print("ready", flush=True)
    while True:
        packet, control, _, peer = sock.recvmsg(2048, 256)
        local = next(d[4:8] for level, kind, d in control if kind == IP_PKTINFO)
        own = six(prefix, ipaddress.IPv4Address(local), port)
        out = answer(packet, own)
        if out:
            info = struct.pack("I4s4s", 0, local, b"\0" * 4)
            sock.sendmsg([out], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, peer)


def ping(prefix, first, count, port, seconds):
    sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    sock.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 16 << 20)
    crowd = {six(prefix, first + i, port) for i in range(count)}
    waiting = set(crowd)
    tag = os.getpid() & 0xFFFF
    for n, peer in enumerate(crowd):
        sock.sendto(struct.pack("!BBHHH", 128, 0, 0, tag, n & 0xFFFF), (str(peer), 0))
        if n % 50 == 49:
            time.sleep(0.005)
    deadline = time.monotonic() + seconds
    while waiting and time.monotonic() < deadline:
        if not select.select([sock], [], [], deadline - time.monotonic())[0]:
            break
        data, peer = sock.recvfrom(2048)
        if data[0] == 129 and struct.unpack("!H", data[4:6])[0] == tag:
            waiting.discard(ipaddress.IPv6Address(peer[0].split("%")[0]))
    print(count - len(waiting))


def main():
    prefix = ipaddress.IPv6Address(sys.argv[2].split("/")[0])
    if sys.argv[1] == "be":
        be(prefix, int(sys.argv[3]))
    ping(prefix, ipaddress.IPv4Address(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), 20)


main()
